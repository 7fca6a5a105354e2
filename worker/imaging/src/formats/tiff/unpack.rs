//! The compressions of strips and tiles that pack bytes, each into a buffer of the size that is due.

use std::io::Read;

use flate2::{Decompress, FlushDecompress};
use ruzstd::decoding::StreamingDecoder;
use weezl::BitOrder;
use weezl::decode::Configuration;

/// TIFF 6.0, section 13; files of before it have their bits the other way round, and codes that grow a
/// step later. Returns how many bytes came out.
pub(crate) fn lzw(bytes: &[u8], out: &mut [u8]) -> usize {
    let is_old = matches!(bytes, [0, second, ..] if second & 1 == 1);
    let mut decoder = if is_old {
        Configuration::new(BitOrder::Lsb, 8).build()
    } else {
        Configuration::with_tiff_size_switch(BitOrder::Msb, 8).build()
    };
    let (mut read, mut written) = (0, 0);
    while written < out.len() {
        let result = decoder.decode_bytes(&bytes[read..], &mut out[written..]);
        read += result.consumed_in;
        written += result.consumed_out;
        if result.status.is_err() || (result.consumed_in == 0 && result.consumed_out == 0) {
            break;
        }
    }
    written
}

/// TIFF supplement 2. Returns how many bytes came out.
pub(crate) fn deflate(bytes: &[u8], out: &mut [u8]) -> usize {
    let mut decoder = Decompress::new(true);
    // All at once: only so does the crate see a distance that reaches back beyond the first byte, which is damage. Whether the
    // stream ends well does not matter, but how far it went.
    let _ = decoder.decompress(bytes, out, FlushDecompress::Finish);
    decoder.total_out() as usize
}

/// RFC 8878: frame by frame. Returns how many bytes came out.
pub(crate) fn zstd(mut bytes: &[u8], out: &mut [u8]) -> usize {
    let mut written = 0;
    while written < out.len() {
        let Ok(mut decoder) = StreamingDecoder::new(&mut bytes) else { break };
        while let Ok(read @ 1..) = decoder.read(&mut out[written..]) {
            written += read;
        }
    }
    written
}

/// TIFF 6.0, section 9. Returns how many bytes came out.
pub(crate) fn pack_bits(mut bytes: &[u8], out: &mut [u8]) -> usize {
    let mut written = 0;
    while let [head, rest @ ..] = bytes {
        let room = out.len() - written;
        if room == 0 {
            break;
        }
        match *head as i8 {
            -128 => bytes = rest,
            count @ 0.. => {
                let len = (count as usize + 1).min(rest.len());
                let taken = len.min(room);
                out[written..written + taken].copy_from_slice(&rest[..taken]);
                written += taken;
                bytes = &rest[len..];
            }
            count => {
                let [value, rest @ ..] = rest else { break };
                let len = (1 - isize::from(count)) as usize;
                let len = len.min(room);
                out[written..written + len].fill(*value);
                written += len;
                bytes = rest;
            }
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pack_bits_of_the_specification() {
        // From the description of the format by its maker (TN1023).
        let packed = [
            0xfe, 0xaa, 0x02, 0x80, 0x00, 0x2a, 0xfd, 0xaa, 0x03, 0x80, 0x00, 0x2a, 0x22, 0xf7,
            0xaa,
        ];
        let expected = [
            0xaa, 0xaa, 0xaa, 0x80, 0x00, 0x2a, 0xaa, 0xaa, 0xaa, 0xaa, 0x80, 0x00, 0x2a, 0x22,
            0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa,
        ];
        let mut out = [0; 24];
        assert_eq!(pack_bits(&packed, &mut out), 24);
        assert_eq!(out, expected);
        assert_eq!(pack_bits(&packed, &mut out[..2]), 2);
        assert_eq!(pack_bits(&packed[..3], &mut out), 3);
    }

    #[test]
    fn what_ends_early_gives_what_there_was() {
        let mut out = [0; 10];
        // The stream of zlib for "abc", stored: cut before its end.
        assert_eq!(deflate(&[0x78, 1, 1, 3, 0, 0xfc, 0xff, b'a', b'b'], &mut out), 2);
        assert_eq!(&out[..2], b"ab");
        assert_eq!(lzw(&[], &mut out), 0);
        // A frame of one block of "abc", stored; two of them, and one that is cut.
        let frame = [0x28, 0xb5, 0x2f, 0xfd, 0x20, 3, 0x19, 0, 0, b'a', b'b', b'c'];
        assert_eq!(zstd(&[frame, frame].concat(), &mut out), 6);
        assert_eq!(&out[..6], b"abcabc");
        assert_eq!(zstd(&frame[..6], &mut out), 0);
        assert_eq!(zstd(&frame, &mut out[..2]), 2);
    }

    #[test]
    fn a_distance_that_reaches_back_beyond_the_first_byte_is_damage() {
        // An "a", and three bytes from two bytes ago.
        assert_eq!(deflate(&[0x78, 1, 0x4b, 4, 0x42, 0], &mut [0; 4]), 1);
    }
}

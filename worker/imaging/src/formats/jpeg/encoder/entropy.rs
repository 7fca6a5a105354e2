//! Huffman coding of quantised blocks (ITU-R T.81, F.1.2).

#![allow(clippy::inline_always, reason = "the callers are compiled for several processors")]

use multiversion::multiversion;

use super::blocks::{LANES, Strip};
use crate::formats::jpeg::standard::{build_huff_table, tables};

/// The bits of a scan.
#[derive(Debug)]
pub(crate) struct BitWriter {
    file: Vec<u8>,
    tail: Tail,
}

/// The bits that are not in the file yet: the lowest ones of `held`, which has room for `free` more.
/// Apart from the file so that they can be in registers.
#[derive(Debug, Clone, Copy)]
struct Tail {
    held: u64,
    free: u32,
}

impl BitWriter {
    pub(crate) fn after(file: Vec<u8>) -> Self {
        Self { file, tail: Tail { held: 0, free: u64::BITS } }
    }

    /// Fills the last byte up with ones and returns the file.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        let Tail { held, free } = self.tail;
        if free < u64::BITS {
            let bits = held << free | ((1 << free) - 1);
            let len = (u64::BITS - free).div_ceil(8) as usize;
            write_stuffed(&mut self.file, &bits.to_be_bytes()[..len]);
        }
        self.file
    }
}

impl Tail {
    /// Appends the lowest `count` bits, at most 32, of a number that has no more.
    #[inline(always)]
    fn put(&mut self, bits: u32, count: u32, file: &mut Vec<u8>) {
        let bits = u64::from(bits);
        if let Some(free) = self.free.checked_sub(count) {
            self.held = self.held << count | bits;
            self.free = free;
        } else {
            let beyond = count - self.free;
            write(self.held << self.free | bits >> beyond, file);
            // Those above have been written, and will be pushed out.
            self.held = bits;
            self.free = u64::BITS - beyond;
        }
    }
}

#[inline(always)]
fn write(bits: u64, file: &mut Vec<u8>) {
    // A byte of 0xff carries into the next one: what may be none is looked at again.
    if bits & !bits.wrapping_add(0x0101_0101_0101_0101) & 0x8080_8080_8080_8080 == 0 {
        file.extend_from_slice(&bits.to_be_bytes());
    } else {
        write_stuffed(file, &bits.to_be_bytes());
    }
}

/// A byte of 0xff is followed by 0, for it would begin a marker.
#[cold]
#[inline(never)]
fn write_stuffed(file: &mut Vec<u8>, bytes: &[u8]) {
    for &byte in bytes {
        file.push(byte);
        if byte == 0xff {
            file.push(0);
        }
    }
}

/// A code with room for the value that follows it, above five bits for the length of both.
type Code = u32;

/// The codes of a component, by symbol: a run of zeros, 0 for DC, and the bits of a value.
#[derive(Debug)]
pub(crate) struct Codes {
    dc: [Code; 16],
    ac: [Code; 256],
    /// Those of AC with the value itself, where it is small: `[run][value + SMALL]`.
    small: [[Code; 2 * SMALL]; 16],
}

/// Values from `-SMALL` up to this are looked up at once.
const SMALL: usize = 16;

/// Symbols of 16 zeros, and of nothing but zeros up to the block's end.
const ZEROS: usize = 0xf0;
const END: usize = 0;

impl Codes {
    pub(crate) fn luma() -> Self {
        Self::new(
            &codes(&tables::DC_LUMINANCE_BITS, &tables::DC_LUMINANCE_VALUES),
            &codes(&tables::AC_LUMINANCE_BITS, &tables::AC_LUMINANCE_VALUES),
        )
    }

    pub(crate) fn chroma() -> Self {
        Self::new(
            &codes(&tables::DC_CHROMINANCE_BITS, &tables::DC_CHROMINANCE_VALUES),
            &codes(&tables::AC_CHROMINANCE_BITS, &tables::AC_CHROMINANCE_VALUES),
        )
    }

    fn new(dc: &[Code; 16], ac: &[Code; 256]) -> Self {
        let small = |run| {
            std::array::from_fn(|i| {
                let (size, low) = size_and_bits(i as i32 - SMALL as i32);
                ac[run << 4 | size] + (low << 5)
            })
        };
        Self { dc: *dc, ac: *ac, small: std::array::from_fn(small) }
    }
}

fn codes<const N: usize>(bits: &[u8; 17], symbols: &[u8]) -> [Code; N] {
    let table = build_huff_table(bits, symbols);
    std::array::from_fn(|symbol| {
        let value_bits = symbol as u32 % 16;
        let len = u32::from(table.ehufsi[symbol]);
        (u32::from(table.ehufco[symbol]) << value_bits) << 5 | (len + value_bits)
    })
}

/// Where codes go.
struct Out<'a> {
    file: &'a mut Vec<u8>,
    tail: Tail,
}

impl Out<'_> {
    #[inline(always)]
    fn put(&mut self, code: Code, value: u32) {
        self.tail.put(code >> 5 | value, code & 31, self.file);
    }
}

/// How many bits a value takes, and which: those of a negative one are those of its size, inverted.
#[inline(always)]
fn size_and_bits(value: i32) -> (usize, u32) {
    let negative = value >> 31;
    let size = 32 - value.unsigned_abs().leading_zeros();
    (size as usize, (value + negative) as u32 & ((1 << size) - 1))
}

#[inline(always)]
fn write_block(strip: &Strip, lane: usize, codes: &Codes, dc: &mut i32, out: &mut Out<'_>) {
    let value = i32::from(strip.coefficients[0][lane]);
    let (size, low) = size_and_bits(value - *dc);
    *dc = value;
    out.put(codes.dc[size & 15], low);

    let mut left = strip.present[lane] & !1;
    let mut last = 0;
    while left != 0 {
        let i = left.trailing_zeros() as usize;
        left &= left - 1;
        let mut run = i - last - 1;
        last = i;
        let value = i32::from(strip.coefficients[i & 63][lane]);
        let small =
            codes.small.get(run).and_then(|codes| codes.get((value + SMALL as i32) as usize));
        if let Some(&code) = small {
            out.put(code, 0);
            continue;
        }
        while run >= 16 {
            out.put(codes.ac[ZEROS], 0);
            run -= 16;
        }
        let (size, low) = size_and_bits(value);
        out.put(codes.ac[(run << 4 | size) & 255], low);
    }
    if last != 63 {
        out.put(codes.ac[END], 0);
    }
}

/// A block that is beyond the picture: as dark as the one before, and empty.
#[inline(always)]
fn write_beyond(codes: &Codes, out: &mut Out<'_>) {
    out.put(codes.dc[0], 0);
    out.put(codes.ac[END], 0);
}

/// Writes units of six blocks: four of luminance, from the first two strips, of which so many
/// across and down belong to the picture; one of each chroma component, from the halves of the last.
#[multiversion(targets = "simd")]
pub(crate) fn write_units(
    [upper, lower, chroma]: &[Strip; 3],
    (across, down): (usize, usize),
    [luma_codes, chroma_codes]: [&Codes; 2],
    dc: &mut [i32; 3],
    bits: &mut BitWriter,
) {
    let out = &mut Out { file: &mut bits.file, tail: bits.tail };
    for unit in 0..across.div_ceil(2).min(LANES / 2) {
        let (left, right) = (2 * unit, 2 * unit + 1);
        let (is_right, is_lower) = (right < across, down > 1);
        let blocks = [
            (true, upper, left, 0),
            (is_right, upper, right, 0),
            (is_lower, lower, left, 0),
            (is_right && is_lower, lower, right, 0),
            (true, chroma, unit, 1),
            (true, chroma, unit + LANES / 2, 2),
        ];
        for (is_there, strip, lane, component) in blocks {
            let codes = if component == 0 { luma_codes } else { chroma_codes };
            if is_there {
                write_block(strip, lane, codes, &mut dc[component], out);
            } else {
                write_beyond(codes, out);
            }
        }
    }
    bits.tail = out.tail;
}

/// Writes the first `count` blocks of a strip.
#[multiversion(targets = "simd")]
pub(crate) fn write_blocks(
    strip: &Strip,
    count: usize,
    codes: &Codes,
    dc: &mut i32,
    bits: &mut BitWriter,
) {
    let out = &mut Out { file: &mut bits.file, tail: bits.tail };
    for lane in 0..count.min(LANES) {
        write_block(strip, lane, codes, dc, out);
    }
    bits.tail = out.tail;
}

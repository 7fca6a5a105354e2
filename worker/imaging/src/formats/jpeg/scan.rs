//! The bits of a scan (ITU-T T.81, B.1.1.5 and F.2.2.5).
//!
//! The bytes of a scan are brought into a window of a few KiB, where the zeros that were stuffed
//! behind each 0xff are left out. In there, eight bytes can be taken at any place without looking
//! at them.

#![allow(clippy::inline_always, reason = "the loop over units is compiled for several processors")]

/// Bytes of the window: a small part of the first cache.
const WINDOW: usize = 8192;

/// At least as many bytes are in the window before a unit is decoded, unless the segment ends:
/// more than six blocks of 64 coefficients of at most 27 bits can take.
const ENOUGH: usize = 1536;

/// A part of the scan without stuffed zeros.
pub(crate) type Window = [u8; WINDOW];

const RST0: u8 = 0xd0;

/// The next bits of the scan. They live in registers while a block is decoded.
#[derive(Clone, Copy, Default)]
pub(crate) struct ScanBits {
    /// The next bits, from the highest bit down. Below `count` of them there may be some more.
    pub(crate) buffer: u64,
    /// Bits in `buffer` that have been taken from the window, 0..=63.
    count: u32,
    /// Where in the window the bytes behind them are.
    at: usize,
}

impl ScanBits {
    /// Fills the buffer up to at least 56 bits.
    #[inline(always)]
    pub(crate) fn refill(&mut self, window: &Window) {
        let bytes = window.get(self.at..).and_then(<[u8]>::first_chunk);
        // Beyond the window nothing is read that is believed: see `Scan::advance`.
        let next = bytes.map_or(0, |&bytes| u64::from_be_bytes(bytes));
        self.buffer |= next >> self.count;
        self.at += (63 - self.count as usize) >> 3;
        self.count |= 0b11_1000;
    }

    /// Goes over `bits`, of which there are at most as many as `count`.
    #[inline(always)]
    pub(crate) fn skip(&mut self, bits: u32) {
        self.buffer <<= bits;
        self.count = self.count.wrapping_sub(bits);
    }

    /// Bits of the window that have been gone over.
    fn used(self) -> usize {
        (8 * self.at).saturating_sub(self.count as usize)
    }
}

/// A scan while it is read.
pub(crate) struct Scan<'a> {
    /// What has not been brought into the window.
    rest: &'a [u8],
    window: Box<Window>,
    /// Bytes of the window that belong to the scan; behind them lies what was there before.
    len: usize,
    /// Whether the window holds all up to the next marker, or to the end of the file.
    ends: bool,
    /// The number of the next restart marker, 0..=7.
    restart: u8,
    bits: ScanBits,
}

impl<'a> Scan<'a> {
    /// The scan at the start of `data`.
    pub(crate) fn new(data: &'a [u8]) -> Self {
        Self {
            rest: data,
            window: Box::new([0; WINDOW]),
            len: 0,
            ends: false,
            restart: 0,
            bits: ScanBits::default(),
        }
    }

    /// The window and the next bits in it, for one unit. The bits are to be given back with
    /// `advance`.
    #[inline(always)]
    pub(crate) fn unit(&mut self) -> (&Window, ScanBits) {
        if !self.ends && self.len < self.bits.at + ENOUGH {
            self.fill();
        }
        (&self.window, self.bits)
    }

    /// Goes on behind a unit. `None` if it took more bits than there were.
    #[inline(always)]
    pub(crate) fn advance(&mut self, bits: ScanBits) -> Option<()> {
        self.bits = bits;
        (bits.used() <= 8 * self.len).then_some(())
    }

    /// Goes over the restart marker that must come now.
    pub(crate) fn restart(&mut self) -> Option<()> {
        if !self.ends {
            self.fill();
        }
        let padding = (8 * self.len).checked_sub(self.bits.used())?;
        let (&[0xff, marker], rest) = self.rest.split_first_chunk()? else { return None };
        if !self.ends || padding >= 8 || marker != RST0 + self.restart {
            return None;
        }
        self.rest = rest;
        self.restart = (self.restart + 1) % 8;
        self.bits = ScanBits::default();
        (self.len, self.ends) = (0, false);
        Some(())
    }

    /// What follows the scan: the next marker, if there is one.
    pub(crate) fn finish(mut self) -> &'a [u8] {
        while !self.ends {
            self.bits.at = self.len;
            self.fill();
        }
        self.rest
    }

    /// Moves what is left to the front of the window, and fills the rest of it.
    #[cold]
    #[inline(never)]
    fn fill(&mut self) {
        let done = self.bits.at.min(self.len);
        self.window.copy_within(done..self.len, 0);
        self.len -= done;
        self.bits.at -= done;
        while let Some(to) = self.window[self.len..].first_chunk_mut::<8>() {
            let Some(from) = self.rest.first_chunk::<8>() else {
                return self.fill_last();
            };
            *to = *from;
            let clear = bytes_before_ff(u64::from_le_bytes(*from));
            self.len += clear;
            self.rest = &self.rest[clear..];
            if clear < 8 && !self.step() {
                return;
            }
        }
    }

    /// The last bytes of the file, one by one.
    fn fill_last(&mut self) {
        while let Some(&byte) = self.rest.first() {
            if self.len == WINDOW {
                return;
            }
            if byte == 0xff {
                if !self.step() {
                    return;
                }
            } else {
                self.window[self.len] = byte;
                self.len += 1;
                self.rest = &self.rest[1..];
            }
        }
        self.ends = true;
    }

    /// Takes a 0xff, for which there is room. `false` if a marker begins there.
    fn step(&mut self) -> bool {
        match self.rest {
            [0xff, 0, rest @ ..] => {
                self.window[self.len] = 0xff;
                self.len += 1;
                self.rest = rest;
                true
            }
            // Any number of them may stand before a marker, and decoders allow it elsewhere.
            [0xff, 0xff, ..] => {
                self.rest = &self.rest[1..];
                true
            }
            _ => {
                self.ends = true;
                false
            }
        }
    }
}

/// Bytes before the first 0xff of eight, which are in `word` from its lowest byte up.
#[inline(always)]
fn bytes_before_ff(word: u64) -> usize {
    const LOW: u64 = 0x0101_0101_0101_0101;
    let inverse = !word;
    // The highest bit of each byte that is 0; borrows only disturb what lies above the first one.
    let zeros = inverse.wrapping_sub(LOW) & word & (LOW << 7);
    (zeros.trailing_zeros() / 8) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes of a segment, read with steps of some bits.
    fn bytes_of(scan: &mut Scan<'_>, count: usize) -> Option<Vec<u8>> {
        (0..count)
            .map(|_| {
                let (window, mut bits) = scan.unit();
                bits.refill(window);
                let high = bits.buffer >> 61;
                bits.skip(3);
                bits.refill(window);
                let low = bits.buffer >> 59;
                bits.skip(5);
                scan.advance(bits)?;
                Some((high << 5 | low) as u8)
            })
            .collect()
    }

    #[test]
    fn stuffed_zeros_and_fill_bytes_are_left_out() {
        for len in 0..40 {
            let mut data = vec![7; len];
            data.extend([0xff, 0, 1, 0xff, 0xff, 0, 2, 0xff, 0xd9]);
            let wanted = [vec![7; len], vec![0xff, 1, 0xff, 2]].concat();
            let mut scan = Scan::new(&data);
            assert_eq!(bytes_of(&mut scan, wanted.len()), Some(wanted), "{len}");
            assert_eq!(bytes_of(&mut scan, 1), None, "{len}");
        }
    }

    #[test]
    fn a_scan_of_many_windows_is_read_to_its_end() {
        let plain: Vec<u8> = (0..100_000_u32).map(|i| (i.wrapping_mul(i) >> 7) as u8 | 1).collect();
        let stuffed: Vec<u8> = plain
            .iter()
            .flat_map(|&byte| [Some(byte), (byte == 0xff).then_some(0)])
            .flatten()
            .collect();
        let mut scan = Scan::new(&stuffed);
        assert_eq!(bytes_of(&mut scan, plain.len()), Some(plain));
        assert_eq!(bytes_of(&mut scan, 1), None);
    }

    #[test]
    fn restart_markers_come_in_their_order_and_behind_the_last_byte() {
        let mut scan = Scan::new(&[1, 0xff, 0xd0, 2, 0xff, 0xd1, 3, 4, 0xff, 0xd2]);
        assert_eq!(bytes_of(&mut scan, 1), Some(vec![1]));
        assert_eq!(scan.restart(), Some(()));
        assert_eq!(bytes_of(&mut scan, 1), Some(vec![2]));
        assert_eq!(scan.restart(), Some(()));
        assert_eq!(bytes_of(&mut scan, 1), Some(vec![3]));
        assert_eq!(scan.restart(), None);
        assert_eq!(Scan::new(&[0xff, 0xd1]).restart(), None);
        assert_eq!(Scan::new(&[0xff]).restart(), None);
        assert_eq!(Scan::new(&[]).restart(), None);
    }

    #[test]
    fn the_first_ff_of_eight_bytes_is_found() {
        for place in 0..8 {
            for other in [0, 1, 0x7f, 0x80, 0xfe, 0xff] {
                let mut bytes = [other; 8];
                bytes[..place].fill(0xfe);
                bytes[place] = 0xff;
                assert_eq!(bytes_before_ff(u64::from_le_bytes(bytes)), place);
            }
        }
        assert_eq!(bytes_before_ff(0xfefe_8000_7f01_00fe), 8);
    }
}

//! The bits of a scan, up to the next marker.

#![allow(clippy::inline_always, reason = "called for every code of a scan")]

use super::marks::{EOI, Marks};

/// The next bits. Beyond the last one there are zeros.
pub(super) struct BitReader<'a> {
    pub(super) marks: Marks<'a>,
    /// The next bits, from the highest bit down. Below `count` of them there may be some more, as
    /// they are in the file.
    buffer: u64,
    /// Bits in `buffer` that have been taken from the file.
    count: u32,
    /// Whether more bits were asked for than there are before the marker.
    pub(super) short: bool,
}

impl<'a> BitReader<'a> {
    pub(super) fn new(marks: Marks<'a>) -> Self {
        Self { marks, buffer: 0, count: 0, short: false }
    }

    /// Forgets the bits that are left: a marker is next.
    pub(super) fn clear(&mut self) {
        self.marks.skipped |= self.count >= 8;
        (self.buffer, self.count) = (0, 0);
    }

    /// Fills the buffer up to at least 56 bits, or with all that there are.
    #[inline(always)]
    fn refill(&mut self) {
        if self.marks.unread.is_none()
            && let Some(&bytes) = self.marks.data.get(self.marks.at..).and_then(<[u8]>::first_chunk)
        {
            let next = u64::from_be_bytes(bytes);
            if !has_ff(next) {
                self.buffer |= next >> self.count;
                let taken = (63 - self.count) >> 3;
                self.marks.at += taken as usize;
                self.count += taken * 8;
                return;
            }
        }
        self.refill_by_bytes();
    }

    #[inline(never)]
    fn refill_by_bytes(&mut self) {
        let marks = &mut self.marks;
        while self.count <= 56 && marks.unread.is_none() {
            let byte = match marks.data.get(marks.at..) {
                Some(&[0xff, 0, ..]) => {
                    marks.at += 2;
                    0xff
                }
                // Any number of them may stand before a marker, or before the zero behind one.
                Some(&[0xff, 0xff, ..]) => {
                    marks.at += 1;
                    continue;
                }
                Some(&[0xff, marker, ..]) => {
                    marks.at += 2;
                    marks.unread = Some(marker);
                    break;
                }
                None | Some([] | [0xff]) => {
                    marks.at = marks.data.len();
                    marks.cut = true;
                    marks.unread = Some(EOI);
                    break;
                }
                Some(&[byte, ..]) => {
                    marks.at += 1;
                    byte
                }
            };
            self.buffer =
                self.buffer & !(u64::MAX >> self.count) | u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
        if marks.unread.is_some() {
            // What lies below was not taken and is none.
            self.buffer &= !u64::MAX.checked_shr(self.count).unwrap_or(0);
        }
    }

    /// The next bits from the highest bit down, at least 33 of them.
    #[inline(always)]
    pub(super) fn peek(&mut self) -> u64 {
        if self.count < 33 {
            self.refill();
        }
        self.buffer
    }

    /// Goes over at most 33 bits behind a `peek`.
    #[inline(always)]
    pub(super) fn skip(&mut self, bits: u32) {
        self.buffer <<= bits;
        if bits <= self.count {
            self.count -= bits;
        } else {
            self.count = 0;
            self.short = true;
        }
    }

    /// The next bit.
    #[inline(always)]
    pub(super) fn bit(&mut self) -> bool {
        if self.count == 0 {
            self.refill();
            if self.count == 0 {
                self.short = true;
                return false;
            }
        }
        let bit = self.buffer >> 63 == 1;
        self.buffer <<= 1;
        self.count -= 1;
        bit
    }

    /// The next bits as a number; at most 16.
    #[inline(always)]
    pub(super) fn take(&mut self, bits: u32) -> u32 {
        let value = (self.peek() >> 32) as u32;
        self.skip(bits);
        value.checked_shr(32 - bits).unwrap_or(0)
    }
}

/// Whether a byte of eight is 0xff.
#[inline(always)]
fn has_ff(word: u64) -> bool {
    const LOW: u64 = 0x0101_0101_0101_0101;
    (!word).wrapping_sub(LOW) & word & (LOW << 7) != 0
}

#[cfg(test)]
mod tests {
    use super::super::marks::SOI;
    use super::*;

    #[test]
    fn bits_end_at_a_marker_and_zeros_follow() {
        for front in 0..20 {
            let mut data = vec![0xa5; front];
            data.extend([0xff, 0, 0xff, 0xff, 0, 1, 0xff, SOI, 9, 9, 9, 9, 9, 9, 9, 9]);
            let mut bits = BitReader::new(Marks::new(&data));
            for _ in 0..front {
                assert_eq!((bits.take(3), bits.take(5)), (5, 5));
            }
            assert_eq!((bits.take(16), bits.take(8), bits.short), (0xffff, 1, false));
            assert_eq!((bits.take(9), bits.short, bits.marks.unread), (0, true, Some(SOI)));
            assert_eq!((bits.take(16), bits.bit(), bits.marks.cut), (0, false, false));
        }
    }

    #[test]
    fn a_file_that_ends_is_cut() {
        let mut bits = BitReader::new(Marks::new(&[0x80, 0xff]));
        assert_eq!((bits.bit(), bits.take(7), bits.short), (true, 0, false));
        assert_eq!((bits.bit(), bits.short, bits.marks.cut), (false, true, true));
    }
}

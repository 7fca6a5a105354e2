//! Facsimile coding of bilevel rows: ITU-T T.4 (one-dimensional and two-dimensional) and T.6, and the
//! variants of TIFF 6.0, section 10. The code words are those of the crate `fax`.

use std::sync::LazyLock;

use fax::maps::{black, white};

/// How the rows of a strip are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    /// Runs alone; each row begins at a whole number of so many bits (8 or 16).
    Runs(usize),
    /// T.4: rows end with a mark; whether a row may be coded by the one above.
    Group3 {
        /// By the row above, where a bit behind the mark says so.
        two_dimensional: bool,
    },
    /// T.6: every row by the one above, without marks.
    Group4,
}

/// What code words of runs mean, by the next [`LONGEST`] bits: a length in pixels, and in bits; 0 bits is
/// no code word.
type Runs = Vec<(u16, u8)>;

/// Bits of the longest code word of a run.
const LONGEST: usize = 13;

static WHITE: LazyLock<Runs> =
    LazyLock::new(|| table(white::ENTRIES.iter().map(|&(run, code)| (run, code.data, code.len))));
static BLACK: LazyLock<Runs> =
    LazyLock::new(|| table(black::ENTRIES.iter().map(|&(run, code)| (run, code.data, code.len))));

fn table(words: impl Iterator<Item = (u16, u16, u8)>) -> Runs {
    let mut table = vec![(0, 0); 1 << LONGEST];
    for (run, code, len) in words {
        let free = LONGEST - usize::from(len);
        let first = usize::from(code) << free;
        table[first..first + (1 << free)].fill((run, len));
    }
    table
}

/// A row that cannot be read.
struct Bad;

/// The bits of a strip, the highest of a byte first; zeros behind its end.
struct FaxBits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl FaxBits<'_> {
    /// The next `count` bits, at most 16.
    fn peek(&self, count: usize) -> usize {
        let byte = |i: usize| self.bytes.get(self.at / 8 + i).copied().unwrap_or(0) as usize;
        let window = byte(0) << 16 | byte(1) << 8 | byte(2);
        window >> (24 - self.at % 8 - count) & ((1 << count) - 1)
    }

    fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len() * 8
    }

    /// Goes past the next mark of a row's end: eleven zeros or more, and a one.
    fn skip_mark(&mut self) -> bool {
        let mut zeros = 0;
        while !self.is_at_end() {
            let bit = self.peek(1);
            self.at += 1;
            match bit {
                0 => zeros += 1,
                _ if zeros >= 11 => return true,
                _ => zeros = 0,
            }
        }
        false
    }

    /// The length of a run, px: code words for multiples of 64, and one for the rest.
    fn run(&mut self, is_black: bool) -> Result<u32, Bad> {
        let table = if is_black { &BLACK } else { &WHITE };
        let mut length = 0;
        loop {
            let (run, bits) = table[self.peek(LONGEST)];
            if bits == 0 || self.at + usize::from(bits) > self.bytes.len() * 8 {
                return Err(Bad);
            }
            self.at += usize::from(bits);
            length += u32::from(run);
            if run < 64 {
                return Ok(length);
            }
        }
    }
}

/// Decodes rows of `width` px into `out`, of which every row has a whole number of bytes; a bit of 1
/// is black. Returns how many rows were read whole, one after the other or, where marks allow to go
/// on behind a bad row, in all.
pub(crate) fn decode(coding: Coding, bytes: &[u8], width: u32, out: &mut [u8]) -> usize {
    out.fill(0);
    let mut bits = FaxBits { bytes, at: 0 };
    // Where the colour changes, to black first; a row ends with its width, twice.
    let (mut above, mut row) = (vec![width; 2], Vec::new());
    let mut whole = 0;
    for target in out.chunks_exact_mut((width as usize).div_ceil(8).max(1)) {
        row.clear();
        let result = match coding {
            Coding::Runs(alignment) => {
                bits.at = bits.at.next_multiple_of(alignment);
                one_dimensional(&mut bits, width, &mut row)
            }
            Coding::Group4 => by_the_row_above(&mut bits, width, &above, &mut row),
            Coding::Group3 { two_dimensional } => {
                // Zeros may fill up the bytes before a mark; some writers leave the first one out.
                if bits.peek(11) == 0 && !bits.skip_mark() {
                    break;
                }
                let by_runs = !two_dimensional || bits.peek(1) == 1;
                bits.at += usize::from(two_dimensional);
                if bits.peek(11) == 0 {
                    // One mark behind another is the end.
                    break;
                }
                if by_runs {
                    one_dimensional(&mut bits, width, &mut row)
                } else {
                    by_the_row_above(&mut bits, width, &above, &mut row)
                }
            }
        };
        row.extend([width; 2]);
        paint(&row, width, target);
        std::mem::swap(&mut above, &mut row);
        match (result, coding) {
            (Ok(()), _) => whole += 1,
            (Err(Bad), Coding::Group3 { .. }) if !bits.is_at_end() => {
                // Up to the mark, but not past it.
                while !bits.is_at_end() && bits.peek(11) != 0 {
                    bits.at += 1;
                }
            }
            (Err(Bad), _) => {
                target.fill(0);
                break;
            }
        }
    }
    whole
}

fn one_dimensional(bits: &mut FaxBits<'_>, width: u32, row: &mut Vec<u32>) -> Result<(), Bad> {
    let (mut at, mut is_black) = (0, false);
    while at < width {
        at = (at + bits.run(is_black)?).min(width);
        row.push(at);
        is_black = !is_black;
    }
    Ok(())
}

/// The first change behind `a0` from the colour of there to the other one, not before the place `from`
/// less one: changes to black and to white take turns, and `a0` only grows.
fn change(row: &[u32], from: usize, a0: u32, is_start: bool, is_black: bool) -> usize {
    let mut at = from.saturating_sub(1);
    while at < row.len() && (at % 2 != usize::from(is_black) || (row[at] <= a0 && !is_start)) {
        at += 1;
    }
    at
}

/// T.4, section 4.2, and T.6, section 2.2; the names are theirs.
fn by_the_row_above(
    bits: &mut FaxBits<'_>,
    width: u32,
    above: &[u32],
    row: &mut Vec<u32>,
) -> Result<(), Bad> {
    let (mut a0, mut is_start, mut is_black, mut next) = (0, true, false, 0);
    while a0 < width {
        next = change(above, next, a0, is_start, is_black);
        let b1 = above.get(next).copied().unwrap_or(width);
        let b2 = above.get(next + 1).copied().unwrap_or(width);
        let code = bits.peek(7);
        let (len, shift) = match code {
            64.. => (1, 0),
            0b011_0000..=0b011_1111 => (3, 1),
            0b010_0000..=0b010_1111 => (3, -1),
            0b000_0110 | 0b000_0111 => (6, 2),
            0b000_0100 | 0b000_0101 => (6, -2),
            0b000_0011 => (7, 3),
            0b000_0010 => (7, -3),
            0b001_0000..=0b001_1111 => {
                bits.at += 3;
                for _ in 0..2 {
                    a0 = (a0 + bits.run(is_black)?).min(width);
                    row.push(a0);
                    is_black = !is_black;
                }
                is_start = false;
                continue;
            }
            0b000_1000..=0b000_1111 => {
                bits.at += 4;
                a0 = b2;
                is_start = false;
                continue;
            }
            _ => return Err(Bad),
        };
        if bits.at + len > bits.bytes.len() * 8 {
            return Err(Bad);
        }
        bits.at += len;
        let a1 = b1.checked_add_signed(shift).filter(|&a1| a1 >= a0 && a1 <= width).ok_or(Bad)?;
        row.push(a1);
        is_black = !is_black;
        (a0, is_start) = (a1, false);
    }
    Ok(())
}

/// Sets the bits of the black runs.
fn paint(changes: &[u32], width: u32, target: &mut [u8]) {
    for run in changes.chunks_exact(2) {
        let (start, end) = (run[0] as usize, run[1].min(width) as usize);
        if start >= end {
            continue;
        }
        let (first, last) = (start / 8, (end - 1) / 8);
        let head = 0xffu8 >> (start % 8);
        let tail = 0xffu8 << (7 - (end - 1) % 8);
        if first == last {
            target[first] |= head & tail;
        } else {
            target[first] |= head;
            target[first + 1..last].fill(0xff);
            target[last] |= tail;
        }
    }
}

/// Encodes rows of `width` px by T.6; in `rows`, each of a whole number of bytes, a bit of 1 is black.
pub(crate) fn encode(rows: &[u8], width: u32) -> Vec<u8> {
    let mut out = Written { bytes: Vec::new(), bits: 0, count: 0 };
    let (mut above, mut row) = (vec![width; 2], Vec::new());
    for bytes in rows.chunks_exact((width as usize).div_ceil(8).max(1)) {
        row.clear();
        changes(bytes, width, &mut row);
        encode_row(&above, &row, width, &mut out);
        std::mem::swap(&mut above, &mut row);
    }
    // The end: two marks.
    out.put(1, 12);
    out.put(1, 12);
    out.put(0, 7);
    out.bytes
}

/// Where the colour changes in a row, to black first, and its width, twice.
fn changes(bytes: &[u8], width: u32, row: &mut Vec<u32>) {
    let mut x = 0;
    let mut before = 0u8;
    while x < width {
        let byte = bytes[x as usize / 8];
        if x % 8 == 0 && byte == before {
            x += 8;
            continue;
        }
        let bit = if byte >> (7 - x % 8) & 1 == 1 { 0xff } else { 0 };
        if bit != before {
            row.push(x);
            before = bit;
        }
        x += 1;
    }
    row.extend([width; 2]);
}

fn encode_row(above: &[u32], row: &[u32], width: u32, out: &mut Written) {
    let get = |row: &[u32], i: usize| row.get(i).copied().unwrap_or(width);
    let (mut a0, mut is_start, mut is_black) = (0, true, false);
    let (mut in_above, mut in_row) = (0, 0);
    while a0 < width {
        in_above = change(above, in_above, a0, is_start, is_black);
        in_row = change(row, in_row, a0, is_start, is_black);
        let (b1, b2) = (get(above, in_above), get(above, in_above + 1));
        let (a1, a2) = (get(row, in_row), get(row, in_row + 1));
        if b2 < a1 {
            out.put(1, 4);
            a0 = b2;
        } else if let shift @ -3..=3 = i64::from(a1) - i64::from(b1) {
            let (code, len) = match shift {
                0 => (1, 1),
                1 => (0b011, 3),
                -1 => (0b010, 3),
                2 => (0b00_0011, 6),
                -2 => (0b00_0010, 6),
                3 => (0b000_0011, 7),
                _ => (0b000_0010, 7),
            };
            out.put(code, len);
            a0 = a1;
            is_black = !is_black;
        } else {
            out.put(1, 3);
            out.run(a1 - a0, is_black);
            out.run(a2 - a1, !is_black);
            a0 = a2;
        }
        is_start = false;
    }
}

/// Bits that are put together to bytes.
struct Written {
    bytes: Vec<u8>,
    bits: u32,
    count: u8,
}

impl Written {
    fn put(&mut self, code: u16, len: u8) {
        self.bits = self.bits << len | u32::from(code);
        self.count += len;
        while self.count >= 8 {
            self.count -= 8;
            self.bytes.push((self.bits >> self.count) as u8);
        }
    }

    fn run(&mut self, mut length: u32, is_black: bool) {
        let words = if is_black { &black::ENTRIES } else { &white::ENTRIES };
        let mut put = |index: usize| {
            if let Some((_, code)) = words.get(index) {
                self.put(code.data, code.len);
            }
        };
        while length >= 2560 {
            put(63 + 40);
            length -= 2560;
        }
        if length >= 64 {
            put(63 + length as usize / 64);
        }
        put(length as usize % 64);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded_again(
            width in 1..300_u32,
            noise in prop::collection::vec(any::<u8>(), 1..400),
            calm in prop::sample::select(vec![0u8, 0xff, 0x0f]),
        ) {
            let row = (width as usize).div_ceil(8);
            let mut rows: Vec<u8> = noise.iter().flat_map(|&b| [b, calm, calm]).collect();
            rows.truncate(rows.len() / row * row);
            // Bits behind the width say nothing.
            for bytes in rows.chunks_exact_mut(row) {
                bytes[row - 1] &= 0xffu8 << (row * 8 - width as usize);
            }
            let coded = encode(&rows, width);
            let mut back = vec![7; rows.len()];
            prop_assert_eq!(decode(Coding::Group4, &coded, width, &mut back), rows.len() / row);
            prop_assert_eq!(back, rows);
        }

        #[test]
        fn no_bytes_make_it_fail_or_go_on_for_ever(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            width in 1..100_u32,
        ) {
            let mut out = vec![0; (width as usize).div_ceil(8) * 20];
            for coding in [
                Coding::Runs(8),
                Coding::Runs(16),
                Coding::Group3 { two_dimensional: true },
                Coding::Group3 { two_dimensional: false },
                Coding::Group4,
            ] {
                prop_assert!(decode(coding, &bytes, width, &mut out) <= 20);
            }
        }
    }
}

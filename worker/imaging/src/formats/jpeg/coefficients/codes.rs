//! Huffman tables as they are defined in a file, whatever a file of the common kind would hold.

#![allow(clippy::inline_always, reason = "called for every code of a scan")]

use super::bits::BitReader;
use super::damaged;
use crate::formats::jpeg::standard::tables;
use lote_protocol::outcome::Failure;
use lote_protocol::text;

/// A table as it stands in the file.
#[derive(Clone)]
pub(super) struct Definition {
    /// Codes of 1 to 16 bits.
    counts: [u8; 16],
    symbols: Vec<u8>,
}

/// Tables by their numbers.
pub(super) type Tables = [Option<Definition>; 4];

/// Bits that are looked up at once.
const LOOKUP_BITS: u32 = 9;
/// Bits that are gone over where no code is found, as in libjpeg.
const NO_CODE: u32 = 17;

/// A table ready for decoding.
pub(super) struct Codes {
    /// Length and symbol by the next bits; 0 where a longer code begins.
    lookup: [u16; 1 << LOOKUP_BITS],
    /// By length: codes of it and shorter ones end before these 16 bits.
    ends: [u32; 17],
    /// By length: what to add to a code for the place of its symbol.
    offsets: [i32; 17],
    symbols: Vec<u8>,
}

impl Definition {
    /// The table at the start of a segment behind its number, and what follows it.
    pub(super) fn read(segment: &[u8]) -> Result<(Self, &[u8]), Failure> {
        let Some((&counts, rest)) = segment.split_first_chunk() else {
            return Err(damaged(text!("a Huffman table is cut off")));
        };
        let len = counts.iter().map(|&count| usize::from(count)).sum();
        if len > 256 || len > rest.len() {
            return Err(damaged(text!("a Huffman table does not fit")));
        }
        let (symbols, rest) = rest.split_at(len);
        Ok((Self { counts, symbols: symbols.to_vec() }, rest))
    }

    /// The tables of T.81, annex K, which films leave out: for DC and for AC.
    pub(super) fn standard() -> [[Self; 2]; 2] {
        let table = |bits: &[u8; 17], symbols: &[u8]| {
            let mut counts = [0; 16];
            counts.copy_from_slice(&bits[1..]);
            Self { counts, symbols: symbols.to_vec() }
        };
        [
            [
                table(&tables::DC_LUMINANCE_BITS, &tables::DC_LUMINANCE_VALUES),
                table(&tables::DC_CHROMINANCE_BITS, &tables::DC_CHROMINANCE_VALUES),
            ],
            [
                table(&tables::AC_LUMINANCE_BITS, &tables::AC_LUMINANCE_VALUES),
                table(&tables::AC_CHROMINANCE_BITS, &tables::AC_CHROMINANCE_VALUES),
            ],
        ]
    }
}

impl Codes {
    pub(super) fn for_dc(tables: &Tables, number: u8) -> Result<Self, Failure> {
        let codes = Self::for_ac(tables, number)?;
        if codes.symbols.iter().any(|&bits| bits > 15) {
            return Err(damaged(text!("a Huffman table for DC has symbols that mean nothing")));
        }
        Ok(codes)
    }

    pub(super) fn for_ac(tables: &Tables, number: u8) -> Result<Self, Failure> {
        let definition = tables.get(usize::from(number)).and_then(Option::as_ref);
        let definition =
            definition.ok_or_else(|| damaged(text!("Huffman table {} is missing", number)))?;
        Self::new(definition)
            .ok_or_else(|| damaged(text!("the codes of a Huffman table do not fit")))
    }

    fn new(definition: &Definition) -> Option<Self> {
        let symbols = definition.symbols.clone();
        let mut codes =
            Self { lookup: [0; 1 << LOOKUP_BITS], ends: [0; 17], offsets: [0; 17], symbols };
        // The first 16 bits that no code has taken, and the symbols that have a code.
        let (mut next, mut done) = (0_u32, 0_usize);
        for (bits, &count) in (1..=16_u32).zip(&definition.counts) {
            let first = next >> (16 - bits);
            codes.offsets[bits as usize] = done as i32 - first as i32;
            for &symbol in codes.symbols.iter().skip(done).take(count.into()) {
                let end = next + (1 << (16 - bits));
                if end > 1 << 16 {
                    return None;
                }
                if bits <= LOOKUP_BITS {
                    let shift = 16 - LOOKUP_BITS;
                    codes.lookup[(next >> shift) as usize..(end >> shift) as usize]
                        .fill((bits << 8) as u16 | u16::from(symbol));
                }
                next = end;
                done += 1;
            }
            codes.ends[bits as usize] = next;
        }
        Some(codes)
    }

    /// The next symbol; 0 if the bits are no code.
    #[inline(always)]
    pub(super) fn next(&self, bits: &mut BitReader<'_>, irregular: &mut bool) -> u8 {
        let ahead = bits.peek();
        let found = self.lookup[(ahead >> (64 - LOOKUP_BITS)) as usize];
        if found > 0xff {
            bits.skip((found >> 8).into());
            return found as u8;
        }
        self.search((ahead >> 48) as u32, bits, irregular)
    }

    #[inline(never)]
    fn search(&self, ahead: u32, bits: &mut BitReader<'_>, irregular: &mut bool) -> u8 {
        for len in LOOKUP_BITS + 1..=16 {
            if ahead < self.ends[len as usize] {
                bits.skip(len);
                let at = (ahead >> (16 - len)) as i32 + self.offsets[len as usize];
                return self.symbols.get(at as usize).copied().unwrap_or(0);
            }
        }
        bits.skip(NO_CODE);
        *irregular = true;
        0
    }
}

/// The value of so many bits (T.81, figure F.12): negative ones begin with a 0 bit.
#[inline(always)]
pub(super) fn value(bits: &mut BitReader<'_>, count: u8) -> i32 {
    let count = u32::from(count);
    let value = bits.take(count) as i32;
    if count > 0 && value < 1 << (count - 1) { value + 1 - (1 << count) } else { value }
}

#[cfg(test)]
mod tests {
    use super::super::marks::Marks;
    use super::*;

    #[test]
    fn codes_of_all_lengths_are_found() {
        // One code of each length: 0, 10, 110 and so on.
        let definition = Definition { counts: [1; 16], symbols: (0..16).collect() };
        let codes = Codes::new(&definition).unwrap();
        for ones in 0..=16_u8 {
            let word = !(u32::MAX.checked_shr(ones.into()).unwrap_or(0));
            let data = word.to_be_bytes().map(|byte| if byte == 0xff { 0xfe } else { byte });
            let same = u32::from_be_bytes(data) == word;
            let mut bits = BitReader::new(Marks::new(&data));
            let mut irregular = false;
            if same {
                assert_eq!(codes.next(&mut bits, &mut irregular), ones);
            }
        }
        let mut irregular = false;
        let stuffed = [0xff, 0, 0xff, 0, 0x80];
        let mut bits = BitReader::new(Marks::new(&stuffed));
        assert_eq!(codes.next(&mut bits, &mut irregular), 0);
        assert!(irregular);
        assert_eq!(bits.take(7), 0);
        assert!(!bits.short);
    }

    #[test]
    fn values_are_as_figure_f_12_says() {
        let mut bits = BitReader::new(Marks::new(&[0b0101_1000, 0]));
        assert_eq!([0, 1, 2, 2].map(|count| value(&mut bits, count)), [0, -1, 2, 3]);
        assert_eq!(value(&mut bits, 3), -7);
    }
}

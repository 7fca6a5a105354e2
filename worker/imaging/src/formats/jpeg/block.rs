//! Coefficients of one block (ITU-T T.81, F.2.2).

#![allow(clippy::inline_always, reason = "the loop over units is compiled for several processors")]

use super::header::NATURAL;
use super::huffman::{LookupEntry, Table};
use super::scan::{ScanBits, Window};

/// Coefficients of a block, row by row.
pub(crate) type Block = [i16; 64];

/// Decodes a block into `block`, which holds zeros. `dc` is the DC coefficient of the component's
/// last block, and then of this one. Says whether the block has other coefficients; `None` if its
/// bits are no code.
#[inline(always)]
pub(crate) fn decode(
    bits: &mut ScanBits,
    window: &Window,
    (dc_table, ac_table): (&Table, &Table),
    dc: &mut i16,
    block: &mut Block,
) -> Option<bool> {
    bits.refill(window);
    let entry = dc_table.look_up(bits.buffer)?;
    *dc = dc.wrapping_add(value(bits, entry));
    block[0] = *dc;

    // One refill is enough for two symbols: 56 bits for at most 27 and 26.
    let mut k = 1;
    let mut entry = ac_table.look_up(bits.buffer)?;
    loop {
        if !put(bits, entry, &mut k, block) {
            break;
        }
        bits.refill(window);
        entry = ac_table.look_up(bits.buffer)?;
        if !put(bits, entry, &mut k, block) {
            break;
        }
        entry = ac_table.look_up(bits.buffer)?;
    }
    Some(k > 1)
}

/// Takes a symbol of an AC coefficient, and its value, to place `k` or behind it. `false` if the
/// block is complete.
#[inline(always)]
fn put(bits: &mut ScanBits, entry: LookupEntry, k: &mut usize, block: &mut Block) -> bool {
    if entry.value_bits() == 0 {
        bits.skip(entry.bits());
        // Sixteen zeros, or the end of the block. Symbols that mean neither end it, as in libjpeg.
        if entry.run() < 15 {
            return false;
        }
        *k += 16;
        return *k < 64;
    }
    *k += entry.run();
    block[usize::from(NATURAL[*k & 127] & 63)] = value(bits, entry);
    *k += 1;
    *k < 64
}

/// Goes over a symbol and the value behind it (T.81, figure F.12). Values of no bits are 0.
#[inline(always)]
fn value(bits: &mut ScanBits, entry: LookupEntry) -> i16 {
    let behind = bits.buffer << (entry.bits() - entry.value_bits());
    // Negative values begin with a 0 bit, and are stored as their magnitude with all bits inverted.
    let negative = !((behind as i64) >> 63);
    let magnitude = (behind ^ negative as u64) >> 1 >> (63 - entry.value_bits());
    bits.skip(entry.bits());
    ((magnitude as i64 ^ negative) - negative) as i16
}

#[cfg(test)]
mod tests {
    use super::super::scan::Scan;
    use super::*;

    /// Decodes one block. DC has the code 0 for differences of two bits. AC has 00 for the end, 01
    /// for a value of one bit, 10 for sixteen zeros and 110 for a value of one bit behind fifteen.
    fn decoded(data: &[u8]) -> Option<(bool, Block)> {
        let mut counts = [0; 16];
        counts[0] = 1;
        let dc_table = Table::for_dc(&counts, &[2])?;
        (counts[0], counts[1], counts[2]) = (0, 3, 1);
        let ac_table = Table::for_ac(&counts, &[0x00, 0x01, 0xf0, 0xf1])?;
        let (mut dc, mut block) = (10, [0; 64]);
        let mut scan = Scan::new(data);
        let (window, mut bits) = scan.unit();
        let detailed = decode(&mut bits, window, (&dc_table, &ac_table), &mut dc, &mut block)?;
        scan.advance(bits)?;
        assert_eq!(dc, block[0]);
        Some((detailed, block))
    }

    #[test]
    fn values_go_to_their_places_behind_runs_of_zeros() {
        // 0 11, 01 1, 10, 01 0, 00
        let mut wanted = [0; 64];
        (wanted[0], wanted[1], wanted[26]) = (13, 1, -1);
        assert_eq!(decoded(&[0b0110_1110, 0b0100_0000]), Some((true, wanted)));
    }

    #[test]
    fn a_block_without_ac_coefficients_is_told() {
        // 0 00, 00
        let mut wanted = [0; 64];
        wanted[0] = 7;
        assert_eq!(decoded(&[0]), Some((false, wanted)));
    }

    #[test]
    fn a_run_beyond_the_end_ends_on_the_last_coefficient() {
        // 0 11, 10, 10, 10, 110 1
        let mut wanted = [0; 64];
        (wanted[0], wanted[63]) = (13, 1);
        assert_eq!(decoded(&[0b0111_0101, 0b0110_1000]), Some((true, wanted)));
    }

    #[test]
    fn bits_that_are_no_code_and_missing_bits_are_refused() {
        // 0 11, 111
        assert_eq!(decoded(&[0b0111_1111]), None);
        // 0 11, and 00 behind the end
        assert_eq!(decoded(&[0b0110_1101]), None);
    }
}

//! Coefficients of one block (ITU-T T.81, F.2.2).

use super::header::NATURAL;
use super::huffman::{Entry, Table};
use super::scan::{Bits, Window};

/// Coefficients of a block, row by row.
pub(super) type Block = [i16; 64];

/// Decodes a block into `block`, which holds zeros. `dc` is the DC coefficient of the component's
/// last block, and then of this one. Says whether the block has other coefficients; `None` if its
/// bits are no code.
#[inline(always)]
pub(super) fn decode(
    bits: &mut Bits,
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
fn put(bits: &mut Bits, entry: Entry, k: &mut usize, block: &mut Block) -> bool {
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
fn value(bits: &mut Bits, entry: Entry) -> i16 {
    let behind = bits.buffer << (entry.bits() - entry.value_bits());
    // Negative values begin with a 0 bit, and are stored as their magnitude with all bits inverted.
    let negative = !((behind as i64) >> 63);
    let magnitude = (behind ^ negative as u64) >> 1 >> (63 - entry.value_bits());
    bits.skip(entry.bits());
    ((magnitude as i64 ^ negative) - negative) as i16
}

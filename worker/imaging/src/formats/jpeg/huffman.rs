//! Huffman tables made for decoding (ITU-T T.81, annex C and F.2.2.3).
//!
//! A symbol stands for a run of coefficients that are 0, and the number of bits of the value that
//! follows the symbol. The table is asked with the next bits of the scan and says both at once,
//! together with how many bits symbol and value take: the next symbol can be looked up while the
//! value of this one is still being put together.

#![allow(clippy::inline_always, reason = "the loop over units is compiled for several processors")]

/// Bits that are looked up at once. Longer codes are rare, and searched for.
const LOOKUP_BITS: u32 = 11;

/// Most bits of a value: differences of DC have up to 11, AC coefficients up to 10 (T.81, F.1.2).
const MOST_DC_BITS: u8 = 11;
const MOST_AC_BITS: u8 = 10;

/// A symbol and its length, in 16 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LookupEntry(u16);

impl LookupEntry {
    /// No code begins with these bits, or a long one does.
    const NONE: Self = Self(0);

    fn new(code_bits: u32, run: u8, value_bits: u8) -> Self {
        let all = code_bits as u16 + u16::from(value_bits);
        Self(all | u16::from(value_bits) << 5 | u16::from(run) << 9)
    }

    /// Bits of code and value, 1..=27.
    #[inline(always)]
    pub(crate) fn bits(self) -> u32 {
        u32::from(self.0 & 31)
    }

    /// Bits of the value alone, 0..=11.
    #[inline(always)]
    pub(crate) fn value_bits(self) -> u32 {
        u32::from(self.0 >> 5 & 15)
    }

    /// Coefficients that are 0 before the value, 0..=15.
    #[inline(always)]
    pub(crate) fn run(self) -> usize {
        usize::from(self.0 >> 9)
    }
}

/// A table for decoding.
pub(crate) struct Table {
    lookup: [LookupEntry; 1 << LOOKUP_BITS],
    /// Codes that are too long for `lookup`, in their order.
    long: Vec<Long>,
}

/// A code of more than `LOOKUP_BITS` bits.
struct Long {
    /// The 16 bits after the last that begin with this code; they lie above those of earlier ones.
    end: u32,
    entry: LookupEntry,
}

impl Table {
    /// A table for differences of DC. `counts[i]` is the number of codes of `i + 1` bits.
    pub(crate) fn for_dc(counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        Self::new(counts, symbols, |symbol| (symbol <= MOST_DC_BITS).then_some((0, symbol)))
    }

    /// A table for AC coefficients. `counts[i]` is the number of codes of `i + 1` bits.
    pub(crate) fn for_ac(counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        Self::new(counts, symbols, |symbol| {
            (symbol & 15 <= MOST_AC_BITS).then_some((symbol >> 4, symbol & 15))
        })
    }

    /// `None` if the codes do not fit into their lengths, or a symbol does not belong here.
    fn new(
        counts: &[u8; 16],
        symbols: &[u8],
        meaning: impl Fn(u8) -> Option<(u8, u8)>,
    ) -> Option<Self> {
        let mut table = Self { lookup: [LookupEntry::NONE; 1 << LOOKUP_BITS], long: Vec::new() };
        let mut symbols = symbols.iter();
        // The first 16 bits that no code has taken yet.
        let mut next = 0_u32;
        for (bits, &count) in (1..=16).zip(counts) {
            for &symbol in symbols.by_ref().take(count.into()) {
                let (run, value_bits) = meaning(symbol)?;
                let entry = LookupEntry::new(bits, run, value_bits);
                let end = next + (1 << (16 - bits));
                if end > 1 << 16 {
                    return None;
                }
                if bits <= LOOKUP_BITS {
                    let shift = 16 - LOOKUP_BITS;
                    table.lookup[(next >> shift) as usize..(end >> shift) as usize].fill(entry);
                } else {
                    table.long.push(Long { end, entry });
                }
                next = end;
            }
        }
        Some(table)
    }

    /// The symbol that stands first in `bits`, of which at least 16 are needed; `None` if there is
    /// none.
    #[inline(always)]
    pub(crate) fn look_up(&self, bits: u64) -> Option<LookupEntry> {
        let entry = self.lookup[(bits >> (64 - LOOKUP_BITS)) as usize];
        if entry == LookupEntry::NONE { self.search(bits >> 48) } else { Some(entry) }
    }

    #[cold]
    #[inline(never)]
    fn search(&self, bits: u64) -> Option<LookupEntry> {
        let at = self.long.partition_point(|long| u64::from(long.end) <= bits);
        self.long.get(at).map(|long| long.entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The codes that a table finds, tried with all 16 bits.
    fn found(table: &Table) -> Vec<Option<LookupEntry>> {
        (0..1 << 16).map(|bits: u64| table.look_up(bits << 48)).collect()
    }

    #[test]
    fn codes_are_numbered_in_their_order_at_every_length() {
        // One code of each length: 0, 10, 110 and so on.
        let symbols: Vec<u8> = (0..16).map(|i| i << 4 | 1).collect();
        let table = Table::for_ac(&[1; 16], &symbols).unwrap();
        for (bits, entry) in found(&table).into_iter().enumerate() {
            let ones = (bits as u16).leading_ones();
            let wanted = (ones < 16).then(|| LookupEntry::new(ones + 1, ones as u8, 1));
            assert_eq!(entry, wanted, "{bits:016b}");
        }
    }

    #[test]
    fn an_entry_says_run_and_bits() {
        let entry = LookupEntry::new(16, 15, 10);
        assert_eq!((entry.bits(), entry.value_bits(), entry.run()), (26, 10, 15));
    }

    #[test]
    fn codes_that_do_not_fit_are_refused() {
        let mut counts = [0; 16];
        counts[0] = 2;
        assert!(Table::for_dc(&counts, &[0, 1]).is_some());
        counts[15] = 1;
        assert!(Table::for_dc(&counts, &[0, 1, 2]).is_none());
    }

    #[test]
    fn values_of_more_bits_than_a_picture_of_8_has_are_refused() {
        let mut counts = [0; 16];
        counts[3] = 1;
        assert!(Table::for_dc(&counts, &[11]).is_some() && Table::for_dc(&counts, &[12]).is_none());
        assert!(Table::for_ac(&counts, &[0xfa]).is_some());
        assert!(Table::for_ac(&counts, &[0xfb]).is_none());
    }
}

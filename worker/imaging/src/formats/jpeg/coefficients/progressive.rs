//! Blocks of the scans of a progressive file (jdphuff; ITU-T T.81, annex G).

use super::bits::BitReader;
use super::codes::{Codes, value};
use super::frame::Block;
use super::scan::{Blocks, Part};
use crate::formats::jpeg::header::NATURAL;

/// The first bits of DC coefficients.
pub(super) struct FirstDc {
    pub(super) codes: Vec<Codes>,
    /// The last DC coefficient of each component of the scan.
    pub(super) dc: [i32; 4],
    pub(super) low: u8,
    pub(super) irregular: bool,
}

impl Blocks for FirstDc {
    fn restart(&mut self) {
        self.dc = [0; 4];
    }

    fn decode(&mut self, bits: &mut BitReader<'_>, component: usize, block: &mut Block) {
        let count = self.codes[component].next(bits, &mut self.irregular);
        let dc = &mut self.dc[component];
        *dc = dc.wrapping_add(value(bits, count));
        block[0] = (*dc << self.low) as i16;
    }

    fn is_short(&self, bits: &BitReader<'_>) -> bool {
        bits.short
    }

    fn is_irregular(&self) -> bool {
        self.irregular
    }
}

/// One more bit of DC coefficients.
pub(super) struct MoreDc {
    pub(super) low: u8,
}

impl Blocks for MoreDc {
    fn restart(&mut self) {}

    fn decode(&mut self, bits: &mut BitReader<'_>, _: usize, block: &mut Block) {
        if bits.bit() {
            block[0] |= 1 << self.low;
        }
    }

    fn is_short(&self, bits: &BitReader<'_>) -> bool {
        bits.short
    }

    fn is_irregular(&self) -> bool {
        false
    }
}

/// AC coefficients of one component: their first bits, or one more.
pub(super) struct Ac {
    pub(super) codes: Codes,
    pub(super) part: Part,
    /// Blocks that follow without more coefficients.
    pub(super) empty: u32,
    pub(super) irregular: bool,
}

impl Blocks for Ac {
    fn restart(&mut self) {
        self.empty = 0;
    }

    fn decode(&mut self, bits: &mut BitReader<'_>, _: usize, block: &mut Block) {
        if self.part.refines() {
            self.refine(bits, block);
        } else {
            self.begin(bits, block);
        }
    }

    fn is_short(&self, bits: &BitReader<'_>) -> bool {
        bits.short
    }

    fn is_irregular(&self) -> bool {
        self.irregular
    }
}

impl Ac {
    fn begin(&mut self, bits: &mut BitReader<'_>, block: &mut Block) {
        if self.empty > 0 {
            self.empty -= 1;
            return;
        }
        let Part { start, end, low, .. } = self.part;
        let mut k = start;
        while k <= end {
            let symbol = self.codes.next(bits, &mut self.irregular);
            let (run, count) = (symbol >> 4, symbol & 15);
            if count > 0 {
                k += usize::from(run);
                block[usize::from(NATURAL[k] & 63)] = (value(bits, count) << low) as i16;
            } else if run == 15 {
                k += 15;
            } else {
                // This block is one of them.
                self.empty = (1 << run) + bits.take(run.into()) - 1;
                break;
            }
            k += 1;
        }
    }

    fn refine(&mut self, bits: &mut BitReader<'_>, block: &mut Block) {
        let Part { start, end, low, .. } = self.part;
        let one = 1_i16 << low;
        let mut k = start;
        if self.empty == 0 {
            while k <= end {
                let symbol = self.codes.next(bits, &mut self.irregular);
                let (mut run, count) = (symbol >> 4, symbol & 15);
                let mut new = 0;
                if count > 0 {
                    self.irregular |= count != 1;
                    new = if bits.bit() { one } else { -one };
                } else if run < 15 {
                    self.empty = (1 << run) + bits.take(run.into());
                    break;
                }
                // Coefficients that have bits already do not count for the run, and get one more.
                while k <= end {
                    let coefficient = &mut block[usize::from(NATURAL[k] & 63)];
                    if *coefficient != 0 {
                        one_more(bits, coefficient, one);
                    } else if run == 0 {
                        break;
                    } else {
                        run -= 1;
                    }
                    k += 1;
                }
                if new != 0 {
                    block[usize::from(NATURAL[k] & 63)] = new;
                }
                k += 1;
            }
        }
        if self.empty > 0 {
            self.empty -= 1;
            // As most blocks are; looking at each coefficient takes longer.
            if block[1..].iter().fold(0, |any, coefficient| any | coefficient) == 0 {
                return;
            }
            for &place in NATURAL.iter().take(end + 1).skip(k) {
                let coefficient = &mut block[usize::from(place & 63)];
                if *coefficient != 0 {
                    one_more(bits, coefficient, one);
                }
            }
        }
    }
}

/// One more bit of a coefficient that is not 0.
#[inline]
fn one_more(bits: &mut BitReader<'_>, coefficient: &mut i16, one: i16) {
    if bits.bit() && *coefficient & one == 0 {
        *coefficient = coefficient.wrapping_add(if *coefficient >= 0 { one } else { -one });
    }
}

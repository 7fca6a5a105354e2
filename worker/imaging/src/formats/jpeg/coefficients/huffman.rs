//! Blocks of sequential files (jdhuff).

use super::bits::BitReader;
use super::codes::{Codes, value};
use super::frame::Block;
use super::scan::Blocks;
use crate::formats::jpeg::header::NATURAL;

/// The state of a scan.
pub(super) struct Sequential {
    /// The DC and the AC table of each component of the scan.
    pub(super) codes: Vec<(Codes, Codes)>,
    /// The last DC coefficient of each.
    pub(super) dc: [i32; 4],
    pub(super) irregular: bool,
}

impl Blocks for Sequential {
    fn restart(&mut self) {
        self.dc = [0; 4];
    }

    fn decode(&mut self, bits: &mut BitReader<'_>, component: usize, block: &mut Block) {
        let (dc_codes, ac_codes) = &self.codes[component];
        let count = dc_codes.next(bits, &mut self.irregular);
        let dc = &mut self.dc[component];
        *dc = dc.wrapping_add(value(bits, count));
        block[0] = *dc as i16;
        let mut k = 1;
        while k < 64 {
            let symbol = ac_codes.next(bits, &mut self.irregular);
            let (run, count) = (usize::from(symbol >> 4), symbol & 15);
            if count > 0 {
                k += run;
                block[usize::from(NATURAL[k] & 63)] = value(bits, count) as i16;
            } else if run == 15 {
                k += 15;
            } else {
                break;
            }
            k += 1;
        }
    }

    fn is_short(&self, bits: &BitReader<'_>) -> bool {
        bits.short
    }

    fn is_irregular(&self) -> bool {
        self.irregular
    }
}

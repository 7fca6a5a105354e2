//! Blocks of files with arithmetic coding (jdarith; ITU-T T.81, annexes D, F.2.4 and G.2).

use super::bits::BitReader;
use super::frame::Block;
use super::marks::{EOI, Marks};
use super::scan::{Blocks, Part};
use crate::formats::jpeg::header::NATURAL;
use crate::formats::jpeg::standard::ARITHMETIC_STATES;

/// Estimates for a table of DC coefficients (T.81, table F.4).
const DC_BINS: usize = 64;
/// Estimates for a table of AC coefficients (T.81, table F.5).
const AC_BINS: usize = 256;
/// The state whose two decisions are equally likely, and stay so.
const EVEN: u8 = 113;
/// Encoders leave out zeros at the end of a segment, by chance. More than so many mean that data
/// are missing.
const ZERO_BYTES: u32 = 8;

/// Conditioning of the tables (T.81, F.1.4.4.1.4 and F.1.4.4.2.1).
#[derive(Clone, Copy)]
pub(super) struct Conditioning {
    /// Lower and upper bound of small DC differences, as powers of 2, by table.
    pub(super) dc: [(u8, u8); 16],
    /// The last AC coefficient of the low ones, by table.
    pub(super) ac: [u8; 16],
}

impl Default for Conditioning {
    fn default() -> Self {
        Self { dc: [(0, 1); 16], ac: [5; 16] }
    }
}

/// The state of a scan.
pub(super) struct Arithmetic {
    /// What the scan holds; all coefficients in all their bits in a sequential file.
    part: Part,
    conditioning: Conditioning,
    /// Numbers of the tables of each component of the scan.
    tables: Vec<(u8, u8)>,
    dc: [i32; 4],
    contexts: [usize; 4],
    dc_bins: Vec<[u8; DC_BINS]>,
    ac_bins: Vec<[u8; AC_BINS]>,
    decoder: Decoder,
}

/// The decoder of single decisions.
#[derive(Default)]
struct Decoder {
    code: i64,
    interval: i64,
    /// Bits until the next byte; below 0 until the first two are there.
    bits: i32,
    /// Zeros that were taken from behind the end.
    beyond: u32,
    /// Whether the data made no sense; nothing is decoded up to the next restart then.
    broken: bool,
}

impl Decoder {
    fn new() -> Self {
        Self { bits: -16, ..Self::default() }
    }

    fn byte(&mut self, marks: &mut Marks<'_>) -> u8 {
        if marks.unread.is_some() {
            self.beyond = self.beyond.saturating_add(1);
            return 0;
        }
        let Some(&byte) = marks.data.get(marks.at) else {
            marks.cut = true;
            marks.unread = Some(EOI);
            return self.byte(marks);
        };
        marks.at += 1;
        if byte != 0xff {
            return byte;
        }
        while marks.data.get(marks.at) == Some(&0xff) {
            marks.at += 1;
        }
        let marker = marks.data.get(marks.at).copied();
        marks.at += 1;
        if marker == Some(0) {
            return 0xff;
        }
        marks.cut |= marker.is_none();
        marks.unread = Some(marker.unwrap_or(EOI));
        self.byte(marks)
    }

    /// The next decision, for which `state` is the estimate (T.81, figures D.14 to D.19).
    fn decide(&mut self, marks: &mut Marks<'_>, state: &mut u8) -> bool {
        while self.interval < 0x8000 {
            self.bits -= 1;
            if self.bits < 0 {
                self.code = self.code << 8 | i64::from(self.byte(marks));
                self.bits += 8;
                if self.bits < 0 {
                    self.bits += 1;
                    if self.bits == 0 {
                        // Both bytes are there.
                        self.interval = 0x8000;
                    }
                }
            }
            self.interval <<= 1;
        }
        let entry = ARITHMETIC_STATES[usize::from(*state & 0x7f).min(113)];
        let less_likely = entry as u8;
        let more_likely = (entry >> 8) as u8;
        let size = i64::from(entry >> 16);
        let likely = *state & 0x80;
        self.interval -= size;
        let limit = self.interval << self.bits;
        let mut decision = likely;
        if self.code >= limit {
            self.code -= limit;
            if self.interval < size {
                *state = likely ^ more_likely;
            } else {
                *state = likely ^ less_likely;
                decision ^= 0x80;
            }
            self.interval = size;
        } else if self.interval < 0x8000 {
            if self.interval < size {
                *state = likely ^ less_likely;
                decision ^= 0x80;
            } else {
                *state = likely ^ more_likely;
            }
        }
        decision != 0
    }

    fn even(&mut self, marks: &mut Marks<'_>) -> bool {
        let mut state = EVEN;
        self.decide(marks, &mut state)
    }
}

impl Arithmetic {
    pub(super) fn new(part: Part, conditioning: Conditioning, tables: Vec<(u8, u8)>) -> Self {
        Self {
            part,
            conditioning,
            tables,
            dc: [0; 4],
            contexts: [0; 4],
            dc_bins: vec![[0; DC_BINS]; 16],
            ac_bins: vec![[0; AC_BINS]; 16],
            decoder: Decoder::new(),
        }
    }

    /// `None` if the value has more bits than any.
    fn dc(&mut self, marks: &mut Marks<'_>, component: usize) -> Option<i32> {
        let table = usize::from(self.tables[component].0);
        let (lower, upper) = self.conditioning.dc[table];
        let (bins, decoder) = (&mut self.dc_bins[table], &mut self.decoder);
        let context = &mut self.contexts[component];
        if !decoder.decide(marks, &mut bins[*context]) {
            *context = 0;
            return Some(self.dc[component]);
        }
        let negative = decoder.decide(marks, &mut bins[*context + 1]);
        let mut bin = *context + 2 + usize::from(negative);
        let mut magnitude = i32::from(decoder.decide(marks, &mut bins[bin]));
        if magnitude != 0 {
            bin = 20;
            while decoder.decide(marks, &mut bins[bin]) {
                magnitude <<= 1;
                if magnitude == 0x8000 {
                    return None;
                }
                bin += 1;
            }
        }
        *context = if magnitude < 1 << lower >> 1 {
            0
        } else if magnitude > 1 << upper >> 1 {
            12 + 4 * usize::from(negative)
        } else {
            4 + 4 * usize::from(negative)
        };
        let value = low_bits(decoder, marks, &mut bins[bin + 14], magnitude) + 1;
        let value = if negative { -value } else { value };
        self.dc[component] = (self.dc[component] + value) & 0xffff;
        Some(self.dc[component])
    }

    /// AC coefficients in all the bits that this scan has.
    fn ac(&mut self, marks: &mut Marks<'_>, component: usize, block: &mut Block) -> Option<()> {
        let Part { start, end, low, .. } = self.part;
        let table = usize::from(self.tables[component].1);
        let (bins, decoder) = (&mut self.ac_bins[table], &mut self.decoder);
        let low_ones = usize::from(self.conditioning.ac[table]);
        let mut k = start.max(1);
        while k <= end {
            if decoder.decide(marks, &mut bins[3 * (k - 1)]) {
                break;
            }
            while !decoder.decide(marks, &mut bins[3 * (k - 1) + 1]) {
                k += 1;
                if k > end {
                    return None;
                }
            }
            let negative = decoder.even(marks);
            let mut bin = 3 * (k - 1) + 2;
            let mut magnitude = i32::from(decoder.decide(marks, &mut bins[bin]));
            if magnitude != 0 && decoder.decide(marks, &mut bins[bin]) {
                magnitude <<= 1;
                bin = if k <= low_ones { 189 } else { 217 };
                while decoder.decide(marks, &mut bins[bin]) {
                    magnitude <<= 1;
                    if magnitude == 0x8000 {
                        return None;
                    }
                    bin += 1;
                }
            }
            let value = low_bits(decoder, marks, &mut bins[bin + 14], magnitude) + 1;
            let value = if negative { -value } else { value };
            block[usize::from(NATURAL[k])] = (value << low) as i16;
            k += 1;
        }
        Some(())
    }

    /// One more bit of AC coefficients.
    fn refine(&mut self, marks: &mut Marks<'_>, component: usize, block: &mut Block) -> Option<()> {
        let Part { start, end, low, .. } = self.part;
        let one = 1_i16 << low;
        let table = usize::from(self.tables[component].1);
        let (bins, decoder) = (&mut self.ac_bins[table], &mut self.decoder);
        // Where the coefficients that have bits already end.
        let last = (1..=end).rev().find(|&k| block[usize::from(NATURAL[k])] != 0).unwrap_or(0);
        let mut k = start;
        while k <= end {
            if k > last && decoder.decide(marks, &mut bins[3 * (k - 1)]) {
                break;
            }
            loop {
                let coefficient = &mut block[usize::from(NATURAL[k])];
                if *coefficient != 0 {
                    if decoder.decide(marks, &mut bins[3 * (k - 1) + 2]) {
                        let more = if *coefficient < 0 { -one } else { one };
                        *coefficient = coefficient.wrapping_add(more);
                    }
                    break;
                }
                if decoder.decide(marks, &mut bins[3 * (k - 1) + 1]) {
                    *coefficient = if decoder.even(marks) { -one } else { one };
                    break;
                }
                k += 1;
                if k > end {
                    return None;
                }
            }
            k += 1;
        }
        Some(())
    }
}

/// The bits of a value below its highest (T.81, figure F.24).
fn low_bits(decoder: &mut Decoder, marks: &mut Marks<'_>, state: &mut u8, magnitude: i32) -> i32 {
    let (mut value, mut bit) = (magnitude, magnitude >> 1);
    while bit != 0 {
        if decoder.decide(marks, state) {
            value |= bit;
        }
        bit >>= 1;
    }
    value
}

impl Blocks for Arithmetic {
    fn restart(&mut self) {
        self.dc = [0; 4];
        self.contexts = [0; 4];
        self.dc_bins.fill([0; DC_BINS]);
        self.ac_bins.fill([0; AC_BINS]);
        self.decoder = Decoder::new();
    }

    fn decode(&mut self, bits: &mut BitReader<'_>, component: usize, block: &mut Block) {
        if self.decoder.broken {
            return;
        }
        let Part { start, end, low, .. } = self.part;
        let refines = self.part.refines();
        let marks = &mut bits.marks;
        if start == 0 {
            if refines {
                if self.decoder.even(marks) {
                    block[0] |= 1 << low;
                }
            } else if let Some(dc) = self.dc(marks, component) {
                block[0] = (dc << low) as i16;
            } else {
                self.decoder.broken = true;
                return;
            }
        }
        if end > 0 {
            let done = if refines {
                self.refine(marks, component, block)
            } else {
                self.ac(marks, component, block)
            };
            self.decoder.broken = done.is_none();
        }
    }

    fn is_short(&self, _: &BitReader<'_>) -> bool {
        self.decoder.broken || self.decoder.beyond > ZERO_BYTES
    }

    fn is_irregular(&self) -> bool {
        self.decoder.broken
    }
}

//! One scan from its first unit to its last: where blocks go, restart markers, what is missing.

use super::bits::BitReader;
use super::frame::{Block, Frame};
use super::marks::{Marks, RST0, RST7, SOF0};

/// Which coefficients of blocks a scan holds, in the order of the file, and which of their bits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub(super) start: usize,
    pub(super) end: usize,
    /// The bit above the ones that this scan holds, 0 if they are the first.
    pub(super) high: u8,
    /// The lowest bit that it holds.
    pub(super) low: u8,
}

impl Part {
    /// All of them.
    pub(super) const WHOLE: Self = Self { start: 0, end: 63, high: 0, low: 0 };

    /// Whether it adds a bit to coefficients that have some.
    pub(super) fn refines(self) -> bool {
        self.high > 0
    }
}

/// Decodes the blocks of a scan.
pub(super) trait Blocks {
    /// Begins anew behind a restart marker.
    fn restart(&mut self);

    /// Decodes the next block, of the component of the scan with this number.
    fn decode(&mut self, bits: &mut BitReader<'_>, component: usize, block: &mut Block);

    /// Whether there were too few data up to the next marker.
    fn is_short(&self, bits: &BitReader<'_>) -> bool;

    /// Whether there were data that mean nothing.
    fn is_irregular(&self) -> bool;
}

/// What became of a scan.
pub(super) struct Outcome {
    /// Units that could not be read, and all of them.
    pub(super) missing: (usize, usize),
    pub(super) irregular: bool,
}

/// Decodes a scan of the components with the numbers `members`.
pub(super) fn run(
    frame: &mut Frame,
    members: &[usize],
    restart_interval: usize,
    bits: &mut BitReader<'_>,
    blocks: &mut impl Blocks,
) -> Outcome {
    // The blocks of a lone component come one by one, whatever its sampling (T.81, A.2.2).
    let alone = if let &[only] = members { Some(only) } else { None };
    let (across, down) = alone.map_or(frame.units, |only| frame.components[only].blocks);
    let total = across * down;
    let mut outcome = Outcome { missing: (0, total), irregular: false };
    let mut until_restart = restart_interval;
    let mut number = 0;
    let (mut x, mut y) = (0, 0);
    for unit in 0..total {
        if restart_interval > 0 {
            if until_restart == 0 {
                bits.clear();
                outcome.irregular |= !restart(&mut bits.marks, number);
                number = (number + 1) % 8;
                blocks.restart();
                bits.short &= bits.marks.unread.is_some();
                until_restart = restart_interval;
            }
            until_restart -= 1;
        } else if blocks.is_short(bits) {
            outcome.missing.0 += total - unit;
            break;
        }
        if !blocks.is_short(bits) {
            if let Some(only) = alone {
                let component = &mut frame.components[only];
                let at = y * component.stride + x;
                blocks.decode(bits, 0, &mut component.coefficients[at]);
            } else {
                for (number, &member) in members.iter().enumerate() {
                    let component = &mut frame.components[member];
                    let (wide, high) = component.factors;
                    for row in y * high..(y + 1) * high {
                        let at = row * component.stride + x * wide;
                        for block in &mut component.coefficients[at..at + wide] {
                            blocks.decode(bits, number, block);
                        }
                    }
                }
            }
        }
        outcome.missing.0 += usize::from(blocks.is_short(bits));
        x += 1;
        if x == across {
            (x, y) = (0, y + 1);
        }
    }
    outcome.irregular |= blocks.is_irregular();
    bits.clear();
    outcome
}

/// Goes over the restart marker with this number. If there is another marker, it is guessed which
/// of them got lost (jdmarker, `jpeg_resync_to_restart`): the decoder goes on, or the marker stays
/// unread and there is nothing to decode before it. `false` if it was not the right one.
fn restart(marks: &mut Marks<'_>, number: u8) -> bool {
    if marks.peek() == RST0 + number {
        marks.unread = None;
        return true;
    }
    loop {
        let marker = marks.peek();
        let ahead = marker.wrapping_sub(RST0 + number) % 8;
        let earlier = marker < SOF0;
        if !earlier && (!(RST0..=RST7).contains(&marker) || matches!(ahead, 1 | 2)) {
            return false;
        }
        marks.unread = None;
        if !earlier && !matches!(ahead, 6 | 7) {
            return false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::marks::EOI;
    use super::*;

    /// Where a decoder goes on that expects marker 3 and finds these: the marker that stays unread,
    /// and the bytes that were read.
    fn goes_on(markers: &[u8]) -> (Option<u8>, usize) {
        let data: Vec<u8> = markers.iter().flat_map(|&marker| [0xff, marker, 7]).collect();
        let mut marks = Marks::new(&data);
        let expected = markers[0] == RST0 + 3;
        assert_eq!(restart(&mut marks, 3), expected);
        (marks.unread, marks.at)
    }

    #[test]
    fn a_wrong_restart_marker_is_taken_for_what_it_most_likely_is() {
        assert_eq!(goes_on(&[RST0 + 3]), (None, 2));
        // One that comes later: the data before it are lost.
        assert_eq!(goes_on(&[RST0 + 4]), (Some(RST0 + 4), 2));
        assert_eq!(goes_on(&[RST0 + 5]), (Some(RST0 + 5), 2));
        // One of before, which is there twice.
        assert_eq!(goes_on(&[RST0 + 2, RST0 + 1, RST0 + 3]), (None, 8));
        // One that has nothing to do with it.
        assert_eq!(goes_on(&[RST0 + 7]), (None, 2));
        // No restart marker.
        assert_eq!(goes_on(&[EOI]), (Some(EOI), 2));
        assert_eq!(goes_on(&[2, RST0 + 3]), (None, 5));
    }
}

//! A table of three dimensions for samples of a byte: in whole numbers, and with the three channels of a
//! colour in one.

use crate::filters::kernels::planes::{LANES, Recolor};

/// Colours that 16 bits can name.
const ENTRIES: usize = 1 << 16;
/// Most values along an axis.
const MAX_SIZE: usize = 40;
/// Binary places of a colour whose channels are 0..=1. Weights are of 255 in all.
const PLACES: u32 = 13;
/// Bits of a channel in a sum of weighted colours, which is `255 << PLACES` at most.
const CHANNEL: u32 = 21;
/// Half a level in each channel, so that cutting off rounds.
const HALVES: u64 = (1 << (PLACES - 1)) * (1 | 1 << CHANNEL | 1 << (2 * CHANNEL));

/// Such a table.
#[derive(Debug)]
pub(super) struct ByteCube {
    /// Values along an axis.
    size: u16,
    /// Red in the lowest bits, then green, then blue; nothing in those that the size does not reach.
    colors: Box<[u64; ENTRIES]>,
}

impl ByteCube {
    /// That of a table whose domain is 0..=1; none if it has too many colours, or some outside of 0..=1.
    pub(super) fn new(size: usize, colors: &[[f32; 4]]) -> Option<Self> {
        let fits = |color: &[f32; 4]| color.iter().all(|value| (0.0..=1.0).contains(value));
        if size > MAX_SIZE || !colors.iter().all(fits) {
            return None;
        }
        let place = |value: f32| (value * (1 << PLACES) as f32).round() as u64;
        let packed = |&[red, green, blue, _]: &[f32; 4]| {
            place(red) | place(green) << CHANNEL | place(blue) << (2 * CHANNEL)
        };
        let mut all: Vec<u64> = colors.iter().map(packed).collect();
        all.resize(ENTRIES, 0);
        let colors = all.into_boxed_slice().try_into().ok()?;
        Some(Self { size: size as u16, colors })
    }
}

/// Between the four corners of a tetrahedron, as in [`super::Cube::tetrahedral`].
impl Recolor for &ByteCube {
    #[inline(always)]
    fn recolor(self, colors: [&[u8; LANES]; 3], [red, green, blue]: [&mut [u8; LANES]; 3]) {
        let steps = [1, self.size, self.size * self.size];
        let white = steps[0] + steps[1] + steps[2];
        let (mut corners, mut weights) = ([[0_u16; LANES]; 4], [[0_u16; LANES]; 4]);
        for lane in 0..LANES {
            let (mut base, mut parts) = (0_u16, [0; 3]);
            for channel in 0..3 {
                let place = u16::from(colors[channel][lane]).wrapping_mul(self.size - 1);
                // Divided by 255, which is exact up to 2^16.
                let first = ((u32::from(place.wrapping_add(1)) * 257) >> 16) as u16;
                let first = first.min(self.size - 2);
                let part = place.wrapping_sub(first.wrapping_mul(255));
                base = base.wrapping_add(first.wrapping_mul(steps[channel]));
                // In the order of the parts, each with its axis.
                parts[channel] = part << 2 | channel as u16;
            }
            let [r, g, b] = parts;
            let (more, less) = (r.max(g), r.min(g));
            let (high, middle, low) = (more.max(b), less.max(more.min(b)), less.min(b));
            let step = |part: u16| match part & 3 {
                0 => steps[0],
                1 => steps[1],
                _ => steps[2],
            };
            let last = base.wrapping_add(white);
            corners[0][lane] = base;
            corners[1][lane] = base.wrapping_add(step(high));
            corners[2][lane] = last.wrapping_sub(step(low));
            corners[3][lane] = last;
            let [high, middle, low] = [high >> 2, middle >> 2, low >> 2];
            weights[0][lane] = 255_u16.wrapping_sub(high);
            weights[1][lane] = high.wrapping_sub(middle);
            weights[2][lane] = middle.wrapping_sub(low);
            weights[3][lane] = low;
        }
        for lane in 0..LANES {
            let mut sum = HALVES;
            for corner in 0..4 {
                let color = self.colors[usize::from(corners[corner][lane])];
                sum = sum.wrapping_add(color.wrapping_mul(weights[corner][lane].into()));
            }
            red[lane] = (sum >> PLACES) as u8;
            green[lane] = (sum >> (CHANNEL + PLACES)) as u8;
            blue[lane] = (sum >> (2 * CHANNEL + PLACES)) as u8;
        }
    }
}

//! The canvas of an animation: parts are drawn on it, and it is what is seen.

use super::Frame;
use crate::picture::{Channels, Picture, Samples};
use crate::pool::Pool;

/// Where something is drawn at once, px on the canvas; it may reach beyond it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) width: u32,
    pub(super) height: u32,
    /// What follows.
    pub(super) leave: Leave,
}

/// What becomes of a part before the next one is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leave {
    /// It stays.
    Drawn,
    /// Its place becomes transparent.
    Cleared,
    /// What it covered comes back.
    Restored,
}

/// The canvas: RGBA, transparent at first. Background colours that files state are ignored, as
/// browsers do (`GIF89a`, sections 18 and 23; RFC 9649, section 2.7.1.1).
pub(super) struct Canvas {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
    saved: Vec<u8>,
}

impl Canvas {
    pub(super) fn new((width, height): (u32, u32), pool: &mut Pool) -> Self {
        let mut pixels = pool.bytes(width as usize * height as usize * 4);
        pixels.fill(0);
        Self { width, height, pixels, saved: Vec::new() }
    }

    /// Calls `draw` with every pixel of a part that is on the canvas, and its number in the part; returns
    /// what is seen then. Afterwards the canvas is as the part wants it left.
    pub(super) fn show(
        &mut self,
        part: Part,
        pool: &mut Pool,
        mut draw: impl FnMut(&mut [u8; 4], usize),
    ) -> Picture {
        if part.leave == Leave::Restored {
            self.saved.clone_from(&self.pixels);
        }
        for (y, row) in self.rows(part).enumerate() {
            let first = y * part.width as usize;
            for (x, pixel) in self.pixels[row].as_chunks_mut::<4>().0.iter_mut().enumerate() {
                draw(pixel, first + x);
            }
        }
        let mut seen = pool.bytes(self.pixels.len());
        seen.copy_from_slice(&self.pixels);
        match part.leave {
            Leave::Drawn => {}
            Leave::Cleared => {
                for row in self.rows(part) {
                    self.pixels[row].fill(0);
                }
            }
            Leave::Restored => std::mem::swap(&mut self.pixels, &mut self.saved),
        }
        Picture {
            width: self.width,
            height: self.height,
            channels: Channels::Rgba,
            samples: Samples::U8(seen),
        }
    }

    /// Gives its buffer back, and takes alpha from the frames where none of them hides anything.
    pub(super) fn finish(self, frames: &mut [Frame], pool: &mut Pool) {
        pool.give_bytes(self.pixels);
        if !frames.iter().any(|frame| frame.picture.hides_something()) {
            for frame in frames {
                frame.picture.drop_alpha();
            }
        }
    }

    /// Where the rows of a part are among the pixels, cut to the canvas.
    fn rows(&self, part: Part) -> impl Iterator<Item = std::ops::Range<usize>> + use<> {
        let right = part.left.saturating_add(part.width).min(self.width) as usize;
        let bottom = part.top.saturating_add(part.height).min(self.height) as usize;
        let width = self.width as usize;
        let left = (part.left as usize).min(right);
        (part.top as usize..bottom).map(move |y| (y * width + left) * 4..(y * width + right) * 4)
    }
}

/// Lays a pixel over another, of which is seen what it lets through.
pub(super) fn over(below: &mut [u8; 4], above: [u8; 4]) {
    let (over, under) = (u32::from(above[3]), u32::from(below[3]));
    if over == 255 || under == 0 {
        *below = above;
        return;
    }
    if over == 0 {
        return;
    }
    // What is above, and what of that below is seen through it, in parts of 255 * 255.
    let seen = under * (255 - over);
    let alpha = over * 255 + seen;
    for (below, above) in below[..3].iter_mut().zip(above) {
        let sum = u32::from(above) * over * 255 + u32::from(*below) * seen;
        *below = ((sum + alpha / 2) / alpha) as u8;
    }
    below[3] = ((alpha + 127) / 255) as u8;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(canvas: &mut Canvas, part: Part, letters: &[u8]) -> Vec<u8> {
        let picture = canvas.show(part, &mut Pool::new(), |pixel, at| {
            *pixel = [letters[at], 0, 0, 255];
        });
        let Samples::U8(samples) = picture.samples else { unreachable!() };
        // One letter a pixel.
        samples
            .chunks(4)
            .map(|pixel| match pixel {
                [letter, 0, 0, 255] => *letter,
                [0, 0, 0, 0] => b'.',
                _ => b'?',
            })
            .collect()
    }

    fn part(left: u32, top: u32, width: u32, height: u32, leave: Leave) -> Part {
        Part { left, top, width, height, leave }
    }

    #[test]
    fn parts_are_left_as_they_want_it() {
        let mut canvas = Canvas::new((2, 2), &mut Pool::new());
        let whole = part(0, 0, 2, 2, Leave::Drawn);
        assert_eq!(shown(&mut canvas, whole, b"rrrr"), b"rrrr");
        let corner = part(1, 1, 1, 1, Leave::Restored);
        assert_eq!(shown(&mut canvas, corner, b"b"), b"rrrb");
        let row = part(0, 0, 2, 1, Leave::Cleared);
        assert_eq!(shown(&mut canvas, row, b"bb"), b"bbrr");
        let corner = part(0, 1, 1, 1, Leave::Drawn);
        assert_eq!(shown(&mut canvas, corner, b"b"), b"..br");
    }

    #[test]
    fn what_is_beside_the_canvas_is_not_drawn() {
        let mut canvas = Canvas::new((2, 2), &mut Pool::new());
        let far = part(60_000, u32::MAX, 3, 3, Leave::Cleared);
        assert_eq!(shown(&mut canvas, far, &[b'r'; 9]), b"....");
        let over = part(1, 1, 2, 2, Leave::Drawn);
        assert_eq!(shown(&mut canvas, over, b"rbbb"), b"...r");
    }

    #[test]
    fn what_is_above_covers_what_is_below() {
        let mixed = |mut below: [u8; 4], above| {
            over(&mut below, above);
            below
        };
        assert_eq!(mixed([0, 0, 0, 255], [255, 255, 255, 128]), [128, 128, 128, 255]);
        assert_eq!(mixed([9, 9, 9, 0], [200, 1, 2, 3]), [200, 1, 2, 3]);
        assert_eq!(mixed([9, 9, 9, 77], [200, 1, 2, 0]), [9, 9, 9, 77]);
        assert_eq!(mixed([0, 0, 255, 128], [255, 0, 0, 128]), [170, 0, 85, 192]);
        assert_eq!(mixed([9, 9, 9, 77], [200, 1, 2, 255]), [200, 1, 2, 255]);
    }
}

//! What of a picture is not its background, as libvips' `find_trim` finds it: pixels whose 3x3
//! median is further from the background than a tolerance. The median is what makes a lone speck,
//! or the noise that JPEG leaves, no part of the subject.

use super::remake::View;
use super::sample::Sample;
use crate::picture::Picture;

/// Pixels along either edge of a corner whose median is the background's colour.
const CORNER: usize = 8;

/// A rectangle: its first column and row, and those after its last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) columns: (u32, u32),
    pub(crate) rows: (u32, u32),
}

impl Bounds {
    /// All of a picture of that size.
    pub(crate) const fn of(width: u32, height: u32) -> Self {
        Self { columns: (0, width), rows: (0, height) }
    }

    /// The smallest rectangle that holds both.
    pub(crate) fn hull(self, other: Self) -> Self {
        let hull = |a: (u32, u32), b: (u32, u32)| (a.0.min(b.0), a.1.max(b.1));
        Self { columns: hull(self.columns, other.columns), rows: hull(self.rows, other.rows) }
    }
}

/// The smallest rectangle that holds all that is not background; `None` if nothing is.
pub(crate) fn bounds<T: Sample>(
    picture: &Picture,
    samples: &[T],
    tolerance: u32,
) -> Option<Bounds> {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let view = View { width, height, channels: picture.channels, samples };
    let background = Background::new(view, tolerance);
    let is_subject = |x: usize, y: usize| background.is_subject(x, y);
    let top = (0..height).find(|&y| (0..width).any(|x| is_subject(x, y)))?;
    let bottom = (top..height).rfind(|&y| (0..width).any(|x| is_subject(x, y))).unwrap_or(top);
    // Each row is searched only beyond what is known of the subject already.
    let (mut left, mut right) = (width, 0);
    for y in top..=bottom {
        left = (0..left).find(|&x| is_subject(x, y)).unwrap_or(left);
        right = (right..width).rfind(|&x| is_subject(x, y)).map_or(right, |x| x + 1);
    }
    Some(Bounds { columns: (left as u32, right as u32), rows: (top as u32, bottom as u32 + 1) })
}

struct Background<'a, T> {
    view: View<'a, T>,
    /// Its samples, alpha included.
    color: [i64; 4],
    tolerance: i64,
}

impl<'a, T: Sample> Background<'a, T> {
    fn new(view: View<'a, T>, tolerance: u32) -> Self {
        let count = view.channels.count();
        let along_row = (0..CORNER.min(view.width)).map(|x| (x, 0));
        let along_column = (1..CORNER.min(view.height)).map(|y| (0, y));
        let corner: Vec<_> = along_row.chain(along_column).collect();
        let mut color = [0; 4];
        for (channel, color) in color.iter_mut().enumerate().take(count) {
            let at = |&(x, y): &(usize, usize)| {
                i64::from(view.samples[(y * view.width + x) * count + channel].get())
            };
            let mut values: Vec<_> = corner.iter().map(at).collect();
            values.sort_unstable();
            *color = values[values.len() / 2];
        }
        Self { view, color, tolerance: i64::from(tolerance) }
    }

    /// Whether the median of a pixel and its neighbours is too far from the background, in any
    /// channel: if it is for most of them, to the same side.
    fn is_subject(&self, x: usize, y: usize) -> bool {
        let View { width, height, channels, samples } = self.view;
        let count = channels.count();
        let max = i64::from(T::MAX);
        let alpha = channels.has_alpha().then(|| self.color[count - 1]);
        // Nothing at all as a background has no colour.
        let first = if alpha == Some(0) { count - 1 } else { 0 };
        (first..count).any(|channel| {
            let (mut above, mut below) = (0, 0);
            for dy in [y.saturating_sub(1), y, (y + 1).min(height - 1)] {
                for dx in [x.saturating_sub(1), x, (x + 1).min(width - 1)] {
                    let pixel = &samples[(dy * width + dx) * count..][..count];
                    let mut far = i64::from(pixel[channel].get()) - self.color[channel];
                    if alpha.is_some() && channel < count - 1 {
                        // As it is seen over the background.
                        far = far * i64::from(pixel[count - 1].get()) / max;
                    }
                    above += usize::from(far > self.tolerance);
                    below += usize::from(far < -self.tolerance);
                }
            }
            above >= 5 || below >= 5
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::{Channels, Samples};

    fn picture(color: impl Fn(u32, u32) -> u8) -> Picture {
        let samples = (0..60).flat_map(|y| (0..80).map(move |x| (x, y)));
        let samples = samples.map(|(x, y)| color(x, y)).collect();
        Picture { width: 80, height: 60, channels: Channels::Gray, samples: Samples::U8(samples) }
    }

    fn found(picture: &Picture, tolerance: u32) -> Option<Bounds> {
        let Samples::U8(samples) = &picture.samples else { panic!("8 bits") };
        bounds(picture, samples, tolerance)
    }

    #[test]
    fn noise_and_lone_specks_are_background_on_all_four_sides() {
        let noise = |x: u32, y: u32| 245 + ((x * 7 + y * 13) % 11) as u8;
        let speck = |x: u32, y: u32| (x, y) == (3, 30) || (x, y) == (70, 50);
        let subject = |x: u32, y: u32| (20..60).contains(&x) && (10..45).contains(&y);
        let noisy = picture(|x, y| if subject(x, y) || speck(x, y) { 90 } else { noise(x, y) });
        let expected = Bounds { columns: (20, 60), rows: (10, 45) };
        assert_eq!(found(&noisy, 10), Some(expected));
    }

    #[test]
    fn a_border_on_one_side_is_found() {
        let banner = picture(|x, _| if x < 12 { 0 } else { 200 });
        assert_eq!(found(&banner, 10), Some(Bounds { columns: (12, 80), rows: (0, 60) }));
    }

    #[test]
    fn a_picture_of_one_colour_has_no_subject() {
        assert_eq!(found(&picture(|_, _| 7), 0), None);
    }
}

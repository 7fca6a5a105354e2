//! What changes from one picture of an animation to the next, so that only that is written.

use crate::formats::palette::Color;

/// A part of a picture, px.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) left: usize,
    pub(crate) top: usize,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

impl Area {
    /// The pixels of a picture in this part, row by row.
    pub(crate) fn pixels<T: Copy>(self, picture: &[T], picture_width: usize) -> Vec<T> {
        (self.top..self.top + self.height)
            .flat_map(|y| &picture[y * picture_width + self.left..][..self.width])
            .copied()
            .collect()
    }
}

/// Whether each picture can be drawn over the one before it: GIF cannot draw transparency.
pub(crate) fn only_adds(before: &[Color], after: &[Color]) -> bool {
    before.iter().zip(after).all(|(before, after)| after.is_some() || before.is_none())
}

/// The smallest part that holds all that differs; one pixel when nothing does.
pub(crate) fn changed<T: PartialEq>(before: &[T], after: &[T], width: usize) -> Area {
    let differs = |row: &usize| {
        let row = row * width..(row + 1) * width;
        before[row.clone()] != after[row]
    };
    let height = after.len() / width;
    let (Some(top), Some(last)) = ((0..height).find(differs), (0..height).rfind(differs)) else {
        return Area { left: 0, top: 0, width: 1, height: 1 };
    };
    let (mut left, mut right) = (width, 0);
    for y in top..=last {
        let row = y * width..(y + 1) * width;
        let mut columns = before[row.clone()].iter().zip(&after[row]);
        if let Some(first) = columns.clone().position(|(a, b)| a != b) {
            left = left.min(first);
        }
        if let Some(behind) = columns.rposition(|(a, b)| a != b) {
            right = right.max(behind + 1);
        }
    }
    Area { left, top, width: right - left, height: last + 1 - top }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(text: &str) -> Vec<Color> {
        text.bytes().map(|byte| (byte != b'.').then_some([byte; 3])).collect()
    }

    #[test]
    fn the_changed_part_is_as_small_as_can_be() {
        let before = picture("aaaaaaaaaaaa");
        let after = picture("aaaaabaaabaa");
        let area = changed(&before, &after, 4);
        assert_eq!(area, Area { left: 1, top: 1, width: 1, height: 2 });
        assert_eq!(area.pixels(&after, 4), picture("bb"));
    }

    #[test]
    fn nothing_changed_is_one_pixel() {
        let same = picture("abcd");
        let area = changed(&same, &same, 2);
        assert_eq!((area.width, area.height), (1, 1));
    }

    #[test]
    fn what_becomes_transparent_cannot_be_drawn() {
        assert!(only_adds(&picture("a.b"), &picture("acb")));
        assert!(!only_adds(&picture("acb"), &picture("a.b")));
    }
}

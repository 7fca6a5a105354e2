//! Gray pictures that are to get a colour.

use super::sample::Sample;
use crate::filters::Source;
use crate::picture::{Channels, Picture, Samples};
use crate::pool::Pool;

/// The picture with red, green and blue: unchanged if it has them.
pub(crate) fn with_color<'a>(source: Source<'a>, pool: &mut Pool) -> Source<'a> {
    let picture = source.picture();
    if picture.channels.is_color() {
        return source;
    }
    let samples = match &picture.samples {
        Samples::U8(gray) => expand(gray, picture.channels, pool),
        Samples::U16(gray) => expand(gray, picture.channels, pool),
    };
    let channels = match picture.channels {
        Channels::Gray | Channels::Rgb => Channels::Rgb,
        Channels::GrayAlpha | Channels::Rgba => Channels::Rgba,
    };
    let colored = Picture { channels, samples, ..*picture };
    source.recycle(pool);
    Source::Owned(colored)
}

fn expand<T: Sample>(gray: &[T], channels: Channels, pool: &mut Pool) -> Samples {
    if channels.has_alpha() {
        let mut to = T::take(pool, gray.len() * 2);
        let (pixels, _) = gray.as_chunks::<2>();
        for (to, &[v, a]) in to.as_chunks_mut().0.iter_mut().zip(pixels) {
            *to = [v, v, v, a];
        }
        T::wrap(to)
    } else {
        let mut to = T::take(pool, gray.len() * 3);
        for (to, &v) in to.as_chunks_mut().0.iter_mut().zip(gray) {
            *to = [v; 3];
        }
        T::wrap(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gray_becomes_three_equal_channels_and_alpha_stays() {
        let gray = Picture {
            width: 2,
            height: 1,
            channels: Channels::GrayAlpha,
            samples: Samples::U8(vec![10, 20, 30, 40]),
        };
        let colored = with_color(Source::Shared(&gray), &mut Pool::new());
        let expected = Samples::U8(vec![10, 10, 10, 20, 30, 30, 30, 40]);
        assert_eq!(colored.picture().samples, expected);
        assert_eq!(colored.picture().channels, Channels::Rgba);
    }
}

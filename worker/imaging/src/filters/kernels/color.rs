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

/// What is where a picture has no pixels: a colour, or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fill(pub(crate) Option<[u8; 3]>);

impl Fill {
    /// A pixel of it, of as many samples as the channels have.
    pub(crate) fn pixel<T: Sample>(self, channels: Channels) -> [T; 4] {
        let wide = |value: u8| T::new(u32::from(value) * (T::MAX / 255));
        let alpha = T::new(if self.0.is_some() { T::MAX } else { 0 });
        let [red, green, blue] = self.0.unwrap_or_default().map(wide);
        match channels {
            Channels::Gray | Channels::GrayAlpha => [red, alpha, alpha, alpha],
            Channels::Rgb | Channels::Rgba => [red, green, blue, alpha],
        }
    }

    /// The picture with the channels that it takes to hold this colour, or nothing.
    pub(crate) fn make_room<'a>(self, source: Source<'a>, pool: &mut Pool) -> Source<'a> {
        match self.0 {
            None => with_alpha(source, pool),
            Some([red, green, blue]) if red == green && green == blue => source,
            Some(_) => with_color(source, pool),
        }
    }
}

/// The picture with alpha: unchanged if it has it, or else opaque.
pub(crate) fn with_alpha<'a>(source: Source<'a>, pool: &mut Pool) -> Source<'a> {
    let picture = source.picture();
    let channels = match picture.channels {
        Channels::Gray => Channels::GrayAlpha,
        Channels::Rgb => Channels::Rgba,
        Channels::GrayAlpha | Channels::Rgba => return source,
    };
    let samples = match &picture.samples {
        Samples::U8(opaque) => add_alpha(opaque, channels, pool),
        Samples::U16(opaque) => add_alpha(opaque, channels, pool),
    };
    let with_alpha = Picture { channels, samples, ..*picture };
    source.recycle(pool);
    Source::Owned(with_alpha)
}

fn add_alpha<T: Sample>(opaque: &[T], channels: Channels, pool: &mut Pool) -> Samples {
    let (from, to) = (channels.count() - 1, channels.count());
    let mut with_alpha = T::take(pool, opaque.len() / from * to);
    for (to, from) in with_alpha.chunks_exact_mut(to).zip(opaque.chunks_exact(from)) {
        to[..from.len()].copy_from_slice(from);
        to[from.len()] = T::new(T::MAX);
    }
    T::wrap(with_alpha)
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

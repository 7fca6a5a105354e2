//! The picture in memory.

/// Channels of a pixel, in the order in which they are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channels {
    /// Luminance.
    Gray,
    /// Luminance, alpha (not premultiplied).
    GrayAlpha,
    /// Red, green, blue.
    Rgb,
    /// Red, green, blue, alpha (not premultiplied).
    Rgba,
}

impl Channels {
    /// Samples per pixel, 1..=4.
    pub const fn count(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::GrayAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba => 4,
        }
    }

    /// Whether the last sample of a pixel is its alpha.
    pub const fn has_alpha(self) -> bool {
        matches!(self, Self::GrayAlpha | Self::Rgba)
    }

    /// Whether the samples before alpha are red, green and blue.
    pub const fn is_color(self) -> bool {
        matches!(self, Self::Rgb | Self::Rgba)
    }
}

/// The samples of a picture: rows from top to bottom without padding, pixels from left to right,
/// the channels of a pixel next to one another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Samples {
    /// 8 bits a sample, 0..=255.
    U8(Vec<u8>),
    /// 16 bits a sample, 0..=65535.
    U16(Vec<u16>),
}

impl Samples {
    /// Number of samples.
    pub fn len(&self) -> usize {
        match self {
            Self::U8(samples) => samples.len(),
            Self::U16(samples) => samples.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A picture. `samples.len() == width * height * channels.count()`, and neither side is 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Columns, px.
    pub width: u32,
    /// Rows, px.
    pub height: u32,
    /// What a pixel consists of.
    pub channels: Channels,
    /// The pixels.
    pub samples: Samples,
}

impl Picture {
    /// Samples in one row.
    pub fn row_len(&self) -> usize {
        self.width as usize * self.channels.count()
    }

    /// Takes the alpha channel from 8-bit RGBA.
    pub(crate) fn drop_alpha(&mut self) {
        if let Samples::U8(samples) = &mut self.samples
            && self.channels == Channels::Rgba
        {
            let pixels = samples.len() / 4;
            for i in 0..pixels {
                samples.copy_within(i * 4..i * 4 + 3, i * 3);
            }
            samples.truncate(pixels * 3);
            self.channels = Channels::Rgb;
        }
    }

    /// Whether any pixel is not opaque.
    pub(crate) fn hides_something(&self) -> bool {
        let count = self.channels.count();
        self.channels.has_alpha()
            && match &self.samples {
                Samples::U8(samples) => samples.chunks_exact(count).any(|p| p[count - 1] < 255),
                Samples::U16(samples) => {
                    samples.chunks_exact(count).any(|p| p[count - 1] < u16::MAX)
                }
            }
    }
}

/// The nearest of 256 levels to one of 65,536: `round(v / 257)`.
pub(crate) const fn rounded(sample: u16) -> u8 {
    ((sample as u32 * 255 + 32_895) >> 16) as u8
}

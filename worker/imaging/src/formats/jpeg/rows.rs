//! A JPEG file that is encoded a few rows at a time: the picture need not be there as a whole.

use lote_protocol::lang::Text;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::text;

use crate::formats::Metadata;
use crate::formats::jpeg::encoder::{self, Encoder, UNIT};
use crate::formats::jpeg::segments;
use crate::picture::Channels;

/// Largest side that the format can state, px.
pub(crate) const MAX_SIDE: u32 = 65_535;
/// Pixels in a band: it stays in the second-level cache between filter and encoder.
const BAND: usize = 64 << 10;

const EOI: [u8; 2] = [0xff, 0xd9];

/// A file that is being written.
#[derive(Debug)]
pub struct JpegRows {
    rows_at_a_time: usize,
    encoder: Encoder,
    notes: Vec<Text>,
}

impl JpegRows {
    /// A file for a picture of that size in gray or RGB, which is appended to `file`: 4:2:0 and
    /// standard Huffman tables, as Pillow writes by default. `notes` are about what has been left
    /// out of it.
    ///
    /// # Errors
    /// `Encode` if a side is longer than the format can state, or there is alpha.
    pub(crate) fn new(
        (width, height): (u32, u32),
        channels: Channels,
        quality: u8,
        metadata: &Metadata,
        mut notes: Vec<Text>,
        mut file: Vec<u8>,
    ) -> Result<Self, Failure> {
        check((width, height), channels)?;
        let quality = quality.clamp(1, 100);
        let head = encoder::head(width as u16, height as u16, channels, quality);
        notes.extend(segments::write(&head, metadata, &mut file));
        let width = width as usize;
        Ok(Self {
            rows_at_a_time: (BAND / width / UNIT * UNIT).max(UNIT),
            encoder: Encoder::new(width, channels, quality, file),
            notes,
        })
    }

    /// How many rows [`Self::push`] takes: all bands but the last have so many. Files of equal
    /// width have bands of equal height.
    pub fn rows_at_a_time(&self) -> usize {
        self.rows_at_a_time
    }

    /// Encodes the next rows: 8 bits a channel, pixel by pixel, so many rows as
    /// [`Self::rows_at_a_time`] says or a multiple of that; the last ones may be fewer.
    pub fn push(&mut self, samples: &[u8]) {
        self.encoder.push(samples);
    }

    /// The file, and what was left out of it and the user should know.
    pub fn finish(self) -> (Vec<u8>, Vec<Text>) {
        let mut file = self.encoder.finish();
        file.extend(EOI);
        (file, self.notes)
    }
}

/// Refuses a side that is longer than the format can state, and alpha.
pub(crate) fn check((width, height): (u32, u32), channels: Channels) -> Result<(), Failure> {
    if width > MAX_SIDE || height > MAX_SIDE {
        return Err(Failure::new(
            FailureKind::Encode,
            text!("JPEG holds at most {} px a side; choose another format or resize", MAX_SIDE),
        ));
    }
    if channels.has_alpha() {
        return Err(Failure::new(FailureKind::Encode, text!("JPEG holds no alpha")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun(size: (u32, u32), channels: Channels) -> Result<JpegRows, Failure> {
        JpegRows::new(size, channels, 75, &Metadata::default(), Vec::new(), Vec::new())
    }

    #[test]
    fn a_side_that_the_format_cannot_state_is_refused() {
        let failure = begun((70_000, 10), Channels::Rgb).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Encode);
    }

    #[test]
    fn alpha_is_refused() {
        let failure = begun((10, 10), Channels::Rgba).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Encode);
    }

    #[test]
    fn a_band_is_a_whole_number_of_units() {
        for width in [1, 640, 4000, 65_535] {
            let rows = begun((width, 9), Channels::Rgb).unwrap().rows_at_a_time();
            assert!(rows > 0 && rows.is_multiple_of(UNIT), "{width}: {rows}");
        }
    }
}

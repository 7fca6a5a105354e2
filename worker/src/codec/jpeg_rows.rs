//! A JPEG file that is encoded a few rows at a time: the picture need not be there as a whole.
//!
//! To the encoder each band of rows is a file of its own. A scan between two restart markers
//! depends on nothing before it (ITU-T T.81, E.1.4), so that the scans of the bands, with such
//! markers between them, are the scan of the whole picture: the pixels are those of a picture
//! encoded at once. One that is a single band has no restart markers.

use std::borrow::Cow;

use lote_protocol::outcome::{Failure, FailureKind};

use super::{Metadata, jpeg, jpeg_segments};
use crate::picture::Channels;

/// Largest side that the format can state, px.
pub(super) const MAX_SIDE: u32 = 65_535;
/// Pixels in a band: it stays in the second-level cache between filter and encoder.
const BAND: usize = 64 << 10;
/// Rows that are encoded together at 4:2:0.
const MCU_ROWS: usize = 16;

const EOI: [u8; 2] = [0xff, 0xd9];
const SOS: u8 = 0xda;
const DRI: u8 = 0xdd;
const RST0: u8 = 0xd0;

/// A file that is being written.
#[derive(Debug)]
pub struct JpegRows<'a> {
    width: usize,
    height: usize,
    channels: Channels,
    quality: u8,
    metadata: Cow<'a, Metadata>,
    rows_at_a_time: usize,
    bands: usize,
    file: Vec<u8>,
    notes: Vec<String>,
}

impl<'a> JpegRows<'a> {
    /// A file for a picture of that size, which is appended to `file`; `notes` are about what has
    /// been left out of it.
    ///
    /// # Errors
    /// `Encode` if a side is longer than the format can state.
    pub(super) fn new(
        (width, height): (u32, u32),
        channels: Channels,
        quality: u8,
        metadata: Cow<'a, Metadata>,
        notes: Vec<String>,
        file: Vec<u8>,
    ) -> Result<Self, Failure> {
        if width > MAX_SIDE || height > MAX_SIDE {
            return Err(Failure::new(
                FailureKind::Encode,
                format!("JPEG holds at most {MAX_SIDE} px a side; choose another format or resize"),
            ));
        }
        let (width, height) = (width as usize, height as usize);
        let rows = BAND / width / MCU_ROWS * MCU_ROWS;
        Ok(Self {
            width,
            height,
            channels,
            quality: quality.clamp(1, 100),
            metadata,
            rows_at_a_time: rows.max(MCU_ROWS),
            bands: 0,
            file,
            notes,
        })
    }

    /// How many rows [`Self::push`] takes: all bands but the last have so many. Files of equal
    /// width have bands of equal height.
    pub fn rows_at_a_time(&self) -> usize {
        self.rows_at_a_time
    }

    /// Encodes the next rows.
    ///
    /// # Errors
    /// `Encode` if there is alpha in them.
    pub fn push(&mut self, samples: &[u8]) -> Result<(), Failure> {
        let rows = samples.len() / (self.width * self.channels.count());
        let band = jpeg::encode_alone(samples, (self.width, rows), self.channels, self.quality)?;
        let parts = Parts::of(&band).ok_or_else(|| {
            Failure::new(
                FailureKind::Encode,
                "defect in Lote: the JPEG encoder left out its header",
            )
        })?;
        if self.bands == 0 {
            self.begin(&band, &parts);
        } else {
            self.file.extend([0xff, RST0 + (self.bands - 1) as u8 % 8]);
        }
        self.file.extend_from_slice(&band[parts.data..band.len() - EOI.len()]);
        self.bands += 1;
        Ok(())
    }

    /// Writes what stands before the data, which is what stands there in the first band.
    fn begin(&mut self, band: &[u8], parts: &Parts) {
        let mut head = band[..parts.scan].to_vec();
        let height = (self.height as u16).to_be_bytes();
        head[parts.frame + 5..][..height.len()].copy_from_slice(&height);
        if self.height > self.rows_at_a_time {
            let block = if self.channels.is_color() { MCU_ROWS } else { MCU_ROWS / 2 };
            // At most 4096 blocks of 16 x 16 px in 16 rows, or 8192 of 8 x 8 px in twice 8.
            let interval = self.width.div_ceil(block) * (self.rows_at_a_time / block);
            let [high, low] = (interval as u16).to_be_bytes();
            head.extend([0xff, DRI, 0, 4, high, low]);
        }
        head.extend_from_slice(&band[parts.scan..parts.data]);
        let Metadata { exif, icc } = &*self.metadata;
        let left_out = jpeg_segments::write(&head, exif.as_deref(), icc.as_deref(), &mut self.file);
        self.notes.extend(left_out);
    }

    /// The file, and what was left out of it and the user should know.
    pub fn finish(mut self) -> (Vec<u8>, Vec<String>) {
        self.file.extend(EOI);
        (self.file, self.notes)
    }
}

/// Where the parts of a file with one scan begin.
struct Parts {
    /// The frame header.
    frame: usize,
    /// The scan header.
    scan: usize,
    /// The data of the scan.
    data: usize,
}

impl Parts {
    fn of(file: &[u8]) -> Option<Self> {
        let (mut at, mut frame) = (2, None);
        loop {
            let &[0xff, marker, high, low] = file.get(at..at + 4)? else { return None };
            let next = at + 2 + usize::from(u16::from_be_bytes([high, low]));
            match marker {
                0xc0 => frame = Some(at),
                SOS => {
                    let is_whole = next + EOI.len() <= file.len() && file.ends_with(&EOI);
                    return Some(Self { frame: frame.filter(|_| is_whole)?, scan: at, data: next });
                }
                _ => {}
            }
            at = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use lote_protocol::task::Limits;

    use super::*;
    use crate::picture::Samples;
    use crate::pool::Pool;

    fn noise(len: usize) -> Vec<u8> {
        let mut state = 5_u32;
        let next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8 / 4 + 90
        };
        std::iter::repeat_with(next).take(len).collect()
    }

    fn begun(size: (u32, u32), channels: Channels) -> Result<JpegRows<'static>, Failure> {
        JpegRows::new(size, channels, 75, Cow::Owned(Metadata::default()), Vec::new(), Vec::new())
    }

    fn in_rows(size: (u32, u32), channels: Channels, samples: &[u8]) -> (Vec<u8>, usize) {
        let mut file = begun(size, channels).unwrap();
        let len = file.rows_at_a_time() * size.0 as usize * channels.count();
        for rows in samples.chunks(len) {
            file.push(rows).unwrap();
        }
        (file.finish().0, samples.len().div_ceil(len))
    }

    fn pixels(file: &[u8]) -> Vec<u8> {
        let mut source = jpeg::decode(file, &Limits::default(), &mut Pool::new()).unwrap();
        assert!(source.notes.is_empty(), "{:?}", source.notes);
        match source.frames.remove(0).picture.samples {
            Samples::U8(samples) => samples,
            Samples::U16(_) => unreachable!(),
        }
    }

    #[test]
    fn bands_decode_to_what_the_picture_encoded_at_once_does() {
        for channels in [Channels::Gray, Channels::Rgb] {
            for (width, height) in [(9, 9000), (700, 401), (4001, 33), (20_000, 50), (65_535, 17)] {
                let samples = noise((width * height) as usize * channels.count());
                let size = (width as usize, height as usize);
                let whole = jpeg::encode_alone(&samples, size, channels, 75).unwrap();
                let (file, bands) = in_rows((width, height), channels, &samples);
                assert!(bands > 1 || width < 10, "{width}x{height}");
                assert!(pixels(&file) == pixels(&whole), "{width}x{height} {channels:?}");
            }
        }
    }

    #[test]
    fn a_single_band_is_the_file_of_the_encoder() {
        let samples = noise(200 * 150 * 3);
        let whole = jpeg::encode_alone(&samples, (200, 150), Channels::Rgb, 75).unwrap();
        assert_eq!(in_rows((200, 150), Channels::Rgb, &samples), (whole, 1));
    }

    #[test]
    fn a_side_that_the_format_cannot_state_is_refused() {
        let failure = begun((70_000, 10), Channels::Rgb).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Encode);
    }
}

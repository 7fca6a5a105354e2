//! What a file is, without decoding it.

use std::io::{BufRead, Read, Seek, SeekFrom};

use lote_protocol::format::{Format, SNIFF_BYTES};
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::Limits;

use crate::formats::bmp;
use crate::formats::gif;
use crate::formats::jpeg::segments;
use crate::formats::limit;
use crate::formats::png;
use crate::formats::recognise;
use crate::formats::tiff;
use crate::formats::webp;
use crate::metadata::exif;
use crate::metadata::orientation::Orientation;

/// What the header of a file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// The format, by content.
    pub format: Format,
    /// Columns once it is upright, px.
    pub width: u32,
    /// Rows once it is upright, px.
    pub height: u32,
}

/// The header as it is stored.
pub(crate) struct Stored {
    /// Columns and rows before they are turned upright, px.
    pub(crate) size: (u32, u32),
    /// EXIF block.
    pub(crate) exif: Option<Vec<u8>>,
}

/// Reads the header, and no more of the file than that takes. The size is checked against the
/// limits as when decoding, for one frame of 8 bits a sample.
///
/// # Errors
/// As [`super::decode`], for what the header shows; `Read` when the file cannot be read.
pub fn probe(file: &mut (impl BufRead + Seek), limits: &Limits) -> Result<Probe, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::new(FailureKind::Read, format!("could not be read: {error}"))
    };
    let mut head = Vec::with_capacity(SNIFF_BYTES);
    Read::take(&mut *file, SNIFF_BYTES as u64).read_to_end(&mut head).map_err(unreadable)?;
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let format = recognise(&head)?;
    let without_exif = |size| Stored { size, exif: None };
    let stored = match format {
        Format::Jpeg => {
            let header = segments::read(file, limits.max_metadata_bytes)?;
            Stored { size: (header.width, header.height), exif: header.metadata.exif }
        }
        Format::Png => png::probe(file, limits)?,
        Format::Bmp => without_exif(bmp::probe(file, limits)?),
        Format::Gif => without_exif(gif::probe(file)?),
        Format::Tiff => tiff::probe(file, limits)?,
        Format::WebP => webp::probe(file, limits)?,
    };
    limit::check(limits, format, stored.size, 1, 1)?;
    let orientation = stored.exif.map_or(Orientation::Upright, |block| exif::orientation(&block));
    let (width, height) = orientation.upright_size(stored.size.0, stored.size.1);
    Ok(Probe { format, width, height })
}

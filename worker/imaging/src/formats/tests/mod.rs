//! Files of every format, made here, through the whole of the codecs.

mod animation;
mod metadata;
mod refusals;
mod round_trips;
mod tiff_kinds;

use lote_protocol::encoding::Encoding;
use lote_protocol::lang::Text;
use lote_protocol::task::Limits;

use super::avif::FORMAT as AVIF;
use super::jxl::FORMAT as JXL;
use super::{
    ALL, BMP, Document, Format, GIF, Gives, JPEG, Metadata, PNG, TIFF, WEBP, decode, encode,
};
use crate::picture::{Channels, Picture, Samples};
use crate::pool::Pool;

const CHANNELS: [Channels; 4] =
    [Channels::Gray, Channels::GrayAlpha, Channels::Rgb, Channels::Rgba];

/// A picture in which neighbours are close, no two channels are alike, and alpha takes all values.
fn picture(width: u32, height: u32, channels: Channels, deep: bool) -> Picture {
    let n = channels.count() as u32;
    let sample = move |x: u32, y: u32, c: u32| -> u32 {
        let level = match c {
            0 => x * 200 / width + y * 55 / height,
            1 => y * 255 / height,
            2 => 255 - x * 255 / width,
            _ => (x + y) * 255 / (width + height),
        };
        if deep { level * 257 - level % 7 * u32::from(level > 0) } else { level }
    };
    let values = (0..height)
        .flat_map(|y| (0..width).flat_map(move |x| (0..n).map(move |c| sample(x, y, c))));
    Picture {
        width,
        height,
        channels,
        samples: if deep {
            Samples::U16(values.map(|v| v as u16).collect())
        } else {
            Samples::U8(values.map(|v| v as u8).collect())
        },
    }
}

fn to(format: &'static Format) -> Encoding {
    Encoding { format: Some(format.id), ..Encoding::default() }
}

fn written(document: &Document, encoding: &Encoding) -> (Vec<u8>, Vec<String>) {
    let mut file = Vec::new();
    let notes = encode(document, encoding, &mut Pool::new(), &mut file).unwrap();
    (file, english(&notes))
}

fn read(file: &[u8]) -> Document {
    decode(file, &Limits::default(), &mut Pool::new()).unwrap()
}

/// Notes as they are said in English.
fn english(notes: &[Text]) -> Vec<String> {
    notes.iter().map(ToString::to_string).collect()
}

/// Written in a format and read again; the notes of both.
fn through(document: &Document, format: &'static Format) -> (Document, Vec<String>) {
    let (file, mut notes) = written(document, &to(format));
    let back = read(&file);
    assert_eq!(back.format, format);
    notes.extend(english(&back.notes));
    (back, notes)
}

/// A picture with metadata, as if read from a file of that format.
fn document(format: &'static Format, picture: Picture, metadata: Metadata) -> Document {
    Document { metadata, ..Document::still(format, picture) }
}

/// The formats whose files give files of the same format.
fn own_files() -> impl Iterator<Item = &'static Format> {
    ALL.iter().copied().filter(|format| format.gives == Gives::Itself && format.is_written())
}

/// The formats that are written.
fn written_formats() -> impl Iterator<Item = &'static Format> {
    ALL.iter().copied().filter(|format| format.is_written())
}

/// A small file of a format.
fn small_file(format: &'static Format) -> Vec<u8> {
    let picture = picture(40, 30, Channels::Rgb, false);
    written(&Document::still(format, picture), &to(format)).0
}

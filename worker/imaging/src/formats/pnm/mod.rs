//! Portable anymaps: PBM, PGM, PPM and PAM.

use std::io::Cursor;

use image::codecs::pnm::PnmDecoder;
use lote_protocol::lang::Text;
use lote_protocol::outcome::Failure;
use lote_protocol::task::Limits;
use lote_protocol::text;

use crate::formats::by_image;
use crate::formats::extent::{Declared, HeaderReader};
use crate::formats::table::{Content, Format, Gives, QUICK, id};
use crate::formats::{Source, Stored};
use crate::holds::Holds;
use crate::picture::Samples;
use crate::pool::Pool;

/// Gray and colour of 8 and 16 bits are written, as PGM and PPM.
pub(super) static FORMAT: Format = Format {
    id: id("pnm"),
    name: "PNM",
    endings: &["pnm", "pbm", "pgm", "ppm", "pam"],
    mime: "image/x-portable-anymap",
    in_browsers: false,
    options: &[],
    gives: Gives::Png,
    holds: Holds { gray: true, deep: true, ..Holds::NOTHING },
    magic: is_pnm,
    header: declared,
    together: None,
    decode,
    encode: Some(encode),
    patience: QUICK,
};

/// `P` and a digit also begin many a text; what follows is a number, a comment or a keyword.
fn is_pnm(head: &[u8]) -> bool {
    let &[b'P', kind @ b'1'..=b'7', space, ref rest @ ..] = head else { return false };
    let next = rest.iter().find(|byte| !byte.is_ascii_whitespace());
    space.is_ascii_whitespace()
        && next.is_some_and(|&next| {
            next == b'#'
                || if kind == b'7' { next.is_ascii_uppercase() } else { next.is_ascii_digit() }
        })
}

/// How long a header may be, comments included, where its size is looked for.
const HEADER_BYTES: u64 = 2048;

fn declared(header: &mut HeaderReader<'_>) -> Declared {
    let [_, kind] = header.at(0)?;
    let mut words = Words { header, at: 2 };
    if kind != b'7' {
        let (width, height) = (words.number()?, words.number()?);
        let deep = !matches!(kind, b'1' | b'4') && words.number()? > 255;
        let channels = if matches!(kind, b'3' | b'6') { 3 } else { 1 };
        return Some((width, height, if deep { channels * 2 } else { channels }));
    }
    let (mut width, mut height, mut channels, mut deep) = (None, None, 4, false);
    loop {
        match words.next()?.as_str() {
            "WIDTH" => width = Some(words.number()?),
            "HEIGHT" => height = Some(words.number()?),
            "DEPTH" => channels = u64::from(words.number()?.clamp(1, 4)),
            "MAXVAL" => deep = words.number()? > 255,
            "ENDHDR" => return Some((width?, height?, if deep { channels * 2 } else { channels })),
            _ => {}
        }
    }
}

/// The words of a header; comments are none.
struct Words<'a, 'b> {
    header: &'a mut HeaderReader<'b>,
    at: u64,
}

impl Words<'_, '_> {
    fn byte(&mut self) -> Option<u8> {
        let [byte] = self.header.at(self.at).filter(|_| self.at < HEADER_BYTES)?;
        self.at += 1;
        Some(byte)
    }

    fn next(&mut self) -> Option<String> {
        let mut word = String::new();
        loop {
            match self.byte()? {
                b'#' => while self.byte()? != b'\n' {},
                space if space.is_ascii_whitespace() => {
                    if !word.is_empty() {
                        return Some(word);
                    }
                }
                byte => word.push(byte.into()),
            }
        }
    }

    fn number(&mut self) -> Option<u32> {
        self.next()?.parse().ok()
    }
}

fn decode(bytes: &[u8], limits: &Limits, pool: &mut Pool) -> Result<Source, Failure> {
    let mut file = Cursor::new(bytes);
    let picture = by_image::read(&FORMAT, PnmDecoder::new(&mut file), limits, pool)?;
    let behind = bytes.get(file.position() as usize..).unwrap_or_default().trim_ascii_start();
    let mut notes = Vec::new();
    if is_pnm(behind) {
        notes.push(text!("several pictures: only the first is kept"));
    }
    let is_bilevel = matches!(bytes[1], b'1' | b'4');
    let stored = if is_bilevel { Stored::Bilevel } else { Stored::Full };
    Ok(Source { stored, notes, ..Source::still(picture) })
}

#[expect(clippy::unnecessary_wraps, reason = "the table's encoders may fail")]
fn encode(
    content: &Content<'_>,
    _pool: &mut Pool,
    out: &mut Vec<u8>,
) -> Result<Vec<Text>, Failure> {
    let picture = content.first();
    let kind = if picture.channels.is_color() { 6 } else { 5 };
    let (width, height) = (picture.width, picture.height);
    let max = if matches!(picture.samples, Samples::U16(_)) { 65_535 } else { 255 };
    out.extend(format!("P{kind}\n{width} {height}\n{max}\n").bytes());
    match &picture.samples {
        Samples::U8(samples) => out.extend(samples),
        Samples::U16(samples) => out.extend(samples.iter().flat_map(|word| word.to_be_bytes())),
    }
    Ok(Vec::new())
}

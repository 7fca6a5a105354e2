//! Icons of Windows: several pictures, each a PNG or a bitmap with a mask.

use lote_protocol::lang::Text;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::Limits;
use lote_protocol::text;

use crate::formats::extent::{Declared, HeaderReader};
use crate::formats::table::{Content, Format, Gives, QUICK, id};
use crate::formats::{PNG, Source, bmp};
use crate::holds::Holds;
use crate::picture::Picture;
use crate::pool::Pool;

/// Icons are written as one PNG.
pub(super) static FORMAT: Format = Format {
    id: id("ico"),
    name: "ICO",
    endings: &["ico"],
    mime: "image/x-icon",
    in_browsers: true,
    options: &[],
    gives: Gives::Png,
    holds: Holds { gray: true, alpha: true, ..Holds::NOTHING },
    magic: is_ico,
    header: declared,
    together: None,
    decode,
    encode: Some(encode),
    patience: QUICK,
};

const PNG_SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";

/// Length of the header, and of an entry for a picture.
const HEADER: usize = 6;
const ENTRY: usize = 16;

/// Largest side, px: 0 stands for it.
const MAX_SIDE: u32 = 256;

/// Four bytes are few; the first entry has to make sense, too.
fn is_ico(head: &[u8]) -> bool {
    let &[0, 0, 1, 0, count_0, count_1, _, _, _, reserved, planes, 0, bits, 0, ..] = head else {
        return false;
    };
    [count_0, count_1] != [0; 2] && matches!(reserved, 0 | 255) && planes <= 1 && bits <= 32
}

/// An entry of the directory.
#[derive(Debug, Clone, Copy)]
struct IcoEntry {
    width: u32,
    height: u32,
    bits: u8,
    len: u32,
    start: u32,
}

impl IcoEntry {
    fn of(bytes: [u8; ENTRY]) -> Self {
        let [width, height, _, _, _, _, bits, _, a, b, c, d, e, f, g, h] = bytes;
        let side = |side: u8| if side == 0 { MAX_SIDE } else { side.into() };
        Self {
            width: side(width),
            height: side(height),
            bits,
            len: u32::from_le_bytes([a, b, c, d]),
            start: u32::from_le_bytes([e, f, g, h]),
        }
    }

    /// The largest picture is the best, of those the one of most colours.
    fn rank(&self) -> (u32, u8) {
        (self.width * self.height, self.bits)
    }
}

/// How many entries are looked at before a file is read.
const LOOKED_AT: u32 = 64;

fn declared(header: &mut HeaderReader<'_>) -> Declared {
    let count = header.le16(4)?.min(LOOKED_AT);
    let entries = (0..count).filter_map(|number| {
        header.at((HEADER + number as usize * ENTRY) as u64).map(IcoEntry::of)
    });
    let best = entries.max_by_key(IcoEntry::rank)?;
    if header.at(best.start.into()) == Some(PNG_SIGNATURE) {
        let at = u64::from(best.start);
        return Some((header.be32(at + 16)?, header.be32(at + 20)?, 4));
    }
    Some((best.width, best.height, 4))
}

fn decode(bytes: &[u8], limits: &Limits, pool: &mut Pool) -> Result<Source, Failure> {
    let damaged =
        |why: Text| Failure::new(FailureKind::Damaged, text!("the {} is damaged: {}", "ICO", why));
    let directory = bytes.get(HEADER..).unwrap_or_default();
    let count = bytes.get(4..HEADER).map_or(0, |c| usize::from(c[0]) | usize::from(c[1]) << 8);
    let entries = directory.as_chunks::<ENTRY>().0.iter().take(count);
    // The last of equal ones is found, the first is meant.
    let best = entries.rev().map(|entry| IcoEntry::of(*entry)).max_by_key(IcoEntry::rank);
    let best = best.ok_or_else(|| damaged(text!("it is cut off")))?;
    let part = bytes.get(best.start as usize..).unwrap_or_default();
    let part = part.get(..best.len as usize).unwrap_or(part);
    let mut source = if part.starts_with(&PNG_SIGNATURE) {
        let source = (PNG.decode)(part, limits, pool)?;
        if source.frames.len() > 1 {
            return Err(damaged(text!("a picture of it is an animation")));
        }
        source
    } else {
        bmp::icon(part, (best.width, best.height), limits, pool).map_err(|failure| Failure {
            message: text!("the largest picture of the ICO: {}", failure.message),
            ..failure
        })?
    };
    if count > 1 {
        let Picture { width, height, .. } = source.frames[0].picture;
        source.notes.push(text!(
            "several pictures: only the largest of {} is kept, {} x {} px",
            count,
            width,
            height
        ));
    }
    Ok(source)
}

/// The header and the directory of an icon of one picture.
fn header(width: u32, height: u32, bits: u8, len: usize) -> Vec<u8> {
    let mut header = vec![0, 0, 1, 0, 1, 0, width as u8, height as u8, 0, 0, 1, 0, bits, 0];
    header.extend((len as u32).to_le_bytes());
    header.extend(((HEADER + ENTRY) as u32).to_le_bytes());
    header
}

fn encode(content: &Content<'_>, pool: &mut Pool, out: &mut Vec<u8>) -> Result<Vec<Text>, Failure> {
    let &Picture { width, height, .. } = content.first();
    if width > MAX_SIDE || height > MAX_SIDE {
        return Err(Failure::new(
            FailureKind::Encode,
            text!("ICO holds at most {} px a side; resize, or choose another format", MAX_SIDE),
        ));
    }
    let Some(write) = PNG.encode else { return Ok(Vec::new()) };
    let mut png = pool.file();
    let notes = write(content, pool, &mut png);
    if notes.is_ok() {
        out.extend(header(width, height, 32, png.len()));
        out.extend(&png);
    }
    pool.give_file(png);
    notes
}

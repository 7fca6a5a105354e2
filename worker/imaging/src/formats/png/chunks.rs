//! The chunks of a PNG that are no pixels (PNG 3rd edition, 11.3): colours, EXIF, XMP, texts,
//! resolution, and the profiles that `ImageMagick` keeps in texts.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use lote_protocol::{lang, text};

use crate::metadata::Metadata;
use crate::metadata::resolution::{LengthUnit, Resolution};
use crate::metadata::text::Text;

const SIGNATURE: usize = 8;
/// The keyword of XMP.
const XMP: &str = "XML:com.adobe.xmp";
/// What the keywords of blocks begin with that are written in hexadecimal.
const RAW_PROFILE: &str = "Raw profile type ";
const EXIF_PREFIX: &[u8] = b"Exif\0\0";

/// What stands beside the pixels. What inflates to more than `max_bytes` or is damaged is left out,
/// with a note.
pub(crate) fn read(file: &[u8], max_bytes: u64, notes: &mut Vec<lang::Text>) -> Metadata {
    let mut metadata = Metadata::default();
    for chunk in chunks(file) {
        let Chunk { kind, data, .. } = chunk;
        if !METADATA.contains(&kind) {
            continue;
        }
        if !chunk.is_sound() {
            notes.push(text!(
                "{} left out: its checksum is wrong",
                &*String::from_utf8_lossy(&kind)
            ));
            continue;
        }
        match &kind {
            b"eXIf" => {
                let block = data.strip_prefix(EXIF_PREFIX).unwrap_or(data);
                metadata.exif.get_or_insert_with(|| block.to_vec());
            }
            b"iCCP" if metadata.icc.is_none() => {
                let profile = split(data).and_then(|(_, rest)| {
                    let (&method, deflated) = rest.split_first()?;
                    (method == 0).then(|| inflate(deflated, max_bytes))?
                });
                metadata.icc = profile;
                if metadata.icc.is_none() {
                    notes.push(text!("ICC profile left out: it is damaged or too large"));
                }
            }
            b"tEXt" | b"zTXt" | b"iTXt" => match text(kind, data, max_bytes) {
                Some(text) => take_text(text, &mut metadata),
                None => notes.push(text!("texts left out: they are damaged or too large")),
            },
            b"pHYs" => {
                if let &[a, b, c, d, e, f, g, h, unit] = data {
                    metadata.resolution = Some(Resolution::whole(
                        u32::from_be_bytes([a, b, c, d]),
                        u32::from_be_bytes([e, f, g, h]),
                        if unit == 1 { LengthUnit::Metre } else { LengthUnit::None },
                    ));
                }
            }
            _ => metadata.signal.read_chunk(kind, data),
        }
    }
    metadata
}

/// Chunks that are read here.
const METADATA: [[u8; 4]; 10] = [
    *b"eXIf", *b"iCCP", *b"tEXt", *b"zTXt", *b"iTXt", *b"pHYs", *b"gAMA", *b"cHRM", *b"sRGB",
    *b"cICP",
];

/// Appends an encoded file with metadata in front of its pixels.
pub(crate) fn with_metadata(encoded: &[u8], metadata: &Metadata, out: &mut Vec<u8>) {
    // The header always has the same length.
    let head = (SIGNATURE + 12 + 13).min(encoded.len());
    out.extend_from_slice(&encoded[..head]);
    metadata.signal.write_chunks(&mut |kind, data| push(out, kind, data));
    if let Some(icc) = &metadata.icc {
        push(out, *b"iCCP", &[b"ICC profile\0\0", &*deflate(icc)].concat());
    }
    if let Some((x, y, unit)) = physical(metadata) {
        push(out, *b"pHYs", &[&x.to_be_bytes()[..], &y.to_be_bytes(), &[unit]].concat());
    }
    if let Some(exif) = &metadata.exif {
        push(out, *b"eXIf", exif);
    }
    if let Some(xmp) = &metadata.xmp {
        push(out, *b"iTXt", &[XMP.as_bytes(), &[0; 5], xmp].concat());
    }
    if let Some(block) = metadata.photoshop_block() {
        let keyword = if metadata.iptc.is_some() { "iptc" } else { "8bim" };
        push_compressed(out, &format!("{RAW_PROFILE}{keyword}"), &raw_profile(keyword, &block));
    }
    for Text { keyword, content } in &metadata.texts {
        let is_text = std::str::from_utf8(content).is_ok() && !content.contains(&0);
        if content.is_ascii() || !is_text {
            if content.len() > 1024 {
                push_compressed(out, keyword, content);
            } else {
                push(out, *b"tEXt", &[keyword.as_bytes(), &[0], content].concat());
            }
        } else {
            push(out, *b"iTXt", &[keyword.as_bytes(), &[0; 5], content].concat());
        }
    }
    out.extend_from_slice(&encoded[head..]);
}

fn physical(metadata: &Metadata) -> Option<(u32, u32, u8)> {
    let resolution = metadata.resolution?;
    if let Some((x, y)) = resolution.by_metre() {
        return Some((x, y, 1));
    }
    let ((x, 1), (y, 1)) = (resolution.x, resolution.y) else { return None };
    (!resolution.has_a_unit()).then_some((x, y, 0))
}

struct Chunk<'a> {
    kind: [u8; 4],
    data: &'a [u8],
    checksum: u32,
}

impl Chunk<'_> {
    fn is_sound(&self) -> bool {
        let mut checksum = crc32fast::Hasher::new();
        checksum.update(&self.kind);
        checksum.update(self.data);
        checksum.finalize() == self.checksum
    }
}

/// The chunks of a file; ends where one is cut off.
fn chunks(file: &[u8]) -> impl Iterator<Item = Chunk<'_>> {
    let mut rest = file.get(SIGNATURE..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (head, body) = rest.split_first_chunk::<8>()?;
        let [a, b, c, d, kind @ ..] = *head;
        let (data, after) = body.split_at_checked(u32::from_be_bytes([a, b, c, d]) as usize)?;
        let (checksum, after) = after.split_first_chunk::<4>()?;
        rest = after;
        Some(Chunk { kind, data, checksum: u32::from_be_bytes(*checksum) })
    })
}

/// What stands before the first zero, and what behind it.
fn split(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = data.iter().position(|&byte| byte == 0)?;
    Some((&data[..at], &data[at + 1..]))
}

fn text(kind: [u8; 4], data: &[u8], max_bytes: u64) -> Option<Text> {
    let (keyword, rest) = split(data)?;
    let latin = |bytes: &[u8]| bytes.iter().map(|&byte| char::from(byte)).collect::<String>();
    let keyword = latin(keyword);
    let content = match &kind {
        b"tEXt" => latin(rest).into_bytes(),
        b"zTXt" => {
            let content = inflate(rest.strip_prefix(&[0])?, max_bytes)?;
            if keyword.starts_with(RAW_PROFILE) { content } else { latin(&content).into_bytes() }
        }
        _ => {
            let (&[is_deflated, _], rest) = rest.split_first_chunk()?;
            let (_language, rest) = split(rest)?;
            let (_translated, rest) = split(rest)?;
            if is_deflated == 0 { rest.to_vec() } else { inflate(rest, max_bytes)? }
        }
    };
    Some(Text { keyword, content })
}

/// Puts a text where it belongs: some are blocks.
fn take_text(text: Text, metadata: &mut Metadata) {
    if text.keyword == XMP {
        metadata.xmp.get_or_insert(text.content);
        return;
    }
    let Some(profile) = text.keyword.strip_prefix(RAW_PROFILE) else {
        metadata.texts.push(text);
        return;
    };
    let Some(block) = from_raw_profile(&text.content) else { return };
    match profile {
        "exif" | "APP1" => {
            if let Some(exif) = block.strip_prefix(EXIF_PREFIX) {
                metadata.exif.get_or_insert_with(|| exif.to_vec());
            } else if let Some(at) = find(&block, b"http://ns.adobe.com/xap/1.0/\0") {
                metadata.xmp.get_or_insert_with(|| block[at..].to_vec());
            }
        }
        "xmp" => {
            metadata.xmp.get_or_insert(block);
        }
        "iptc" | "8bim" if metadata.iptc.is_none() => {
            if block.first() == Some(&0x1c) {
                metadata.iptc = Some(block);
            } else {
                metadata.add_photoshop(block.strip_prefix(b"Photoshop 3.0\0").unwrap_or(&block));
            }
        }
        "icc" | "icm" => {
            metadata.icc.get_or_insert(block);
        }
        _ => {}
    }
}

/// Where something ends.
fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what).map(|at| at + what.len())
}

/// The bytes that `ImageMagick` writes as a line with a name, one with a length, and hexadecimal ones.
fn from_raw_profile(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.strip_prefix(b"\n")?;
    let at = text.iter().position(|&byte| byte == b'\n')?;
    let rest = text[at + 1..].trim_ascii_start();
    let at = rest.iter().position(|&byte| byte == b'\n')?;
    let len: usize = std::str::from_utf8(&rest[..at]).ok()?.trim().parse().ok()?;
    let digits = rest[at..].iter().filter_map(|&byte| char::from(byte).to_digit(16));
    let digits: Vec<u32> = digits.collect();
    let bytes: Vec<u8> =
        digits.as_chunks::<2>().0.iter().map(|&[a, b]| (a << 4 | b) as u8).collect();
    (bytes.len() == len).then_some(bytes)
}

fn raw_profile(name: &str, block: &[u8]) -> Vec<u8> {
    let mut text = format!("\n{name}\n{:8}\n", block.len());
    for line in block.chunks(36) {
        for byte in line {
            text.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
            text.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
        }
        text.push('\n');
    }
    text.into_bytes()
}

fn push(out: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    out.extend((data.len() as u32).to_be_bytes());
    let start = out.len();
    out.extend(kind);
    out.extend_from_slice(data);
    let checksum = crc32fast::hash(&out[start..]);
    out.extend(checksum.to_be_bytes());
}

fn push_compressed(out: &mut Vec<u8>, keyword: &str, content: &[u8]) {
    push(out, *b"zTXt", &[keyword.as_bytes(), &[0, 0], &deflate(content)].concat());
}

fn inflate(deflated: &[u8], max_bytes: u64) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut decoder = ZlibDecoder::new(deflated).take(max_bytes.saturating_add(1));
    decoder.read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= max_bytes).then_some(bytes)
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    // Nothing fails in memory.
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::color::Signal;

    fn bare() -> Vec<u8> {
        let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
        push(&mut file, *b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0]);
        push(&mut file, *b"IEND", &[]);
        file
    }

    fn full() -> Metadata {
        let mut signal = Signal::default();
        signal.read_chunk(*b"gAMA", &100_000u32.to_be_bytes());
        signal.read_chunk(*b"cICP", &[12, 13, 0, 1]);
        let text = |keyword: &str, content: &[u8]| Text {
            keyword: keyword.into(),
            content: content.to_vec(),
        };
        let mut metadata = Metadata {
            icc: Some(vec![9; 3000]),
            signal,
            exif: Some(b"II*\0\x08\0\0\0\0\0\0\0\0\0".to_vec()),
            xmp: Some("<x:xmpmeta>ñ</x:xmpmeta>".as_bytes().to_vec()),
            iptc: Some(b"\x1c\x02\x19\0\x07harbour".to_vec()),
            texts: vec![
                text("Comment", b"from the archive"),
                text("Title", "Año".as_bytes()),
                text("parameters", &[b'x'; 5000]),
            ],
            resolution: Some(Resolution::whole(11_811, 11_811, LengthUnit::Metre)),
            ..Metadata::default()
        };
        metadata.add_photoshop(b"8BIM\x04\x0b\0\0\0\0\0\x08http://x");
        metadata
    }

    #[test]
    fn what_is_written_is_read_again() {
        let (mut file, mut notes) = (Vec::new(), Vec::new());
        with_metadata(&bare(), &full(), &mut file);
        assert_eq!(read(&file, 1 << 20, &mut notes), full());
        assert!(notes.is_empty(), "{notes:?}");
        assert!(file.ends_with(&bare()[33..]));
    }

    #[test]
    fn what_is_too_long_or_damaged_is_left_out_with_a_note() {
        let mut file = Vec::new();
        with_metadata(&bare(), &full(), &mut file);
        let mut notes = Vec::new();
        let metadata = read(&file, 1000, &mut notes);
        assert_eq!((metadata.icc, metadata.texts.len()), (None, 2));
        assert_eq!(notes.len(), 2);
        for at in 33..file.len() {
            let mut broken = file.clone();
            broken[at] ^= 0x55;
            let _ = read(&broken, 1 << 20, &mut Vec::new());
            let _ = read(&file[..at], 1 << 20, &mut Vec::new());
        }
    }

    #[test]
    fn profiles_in_texts_of_imagemagick_are_read() {
        let mut file = bare();
        let exif = [EXIF_PREFIX, b"II*\0\x08\0\0\0\0\0\0\0\0\0"].concat();
        push_compressed(&mut file, "Raw profile type exif", &raw_profile("exif", &exif));
        let metadata = read(&file, 1 << 20, &mut Vec::new());
        assert_eq!(metadata.exif.as_deref(), Some(&exif[6..]));
    }
}

//! The container of a WebP file (RFC 9649, section 2): chunks, found and put together.

use lote_protocol::lang::Text;
use lote_protocol::text;

use crate::formats::canvas::{Leave, Part};
use crate::formats::gif::delta::Area;
use crate::metadata::Metadata;

/// Put before an EXIF block by some writers, as in JPEG.
const EXIF_PREFIX: &[u8] = b"Exif\0\0";

/// Bit in the flags of the extended header: an ICC profile is there.
const FLAG_ICC: u8 = 1 << 5;
/// Bit in the flags of the extended header: it is an animation.
pub(super) const FLAG_ANIMATION: u8 = 1 << 1;
/// Bit in the flags of the extended header: some pixels may be transparent.
const FLAG_ALPHA: u8 = 1 << 4;
/// Bit in the flags of the extended header: an EXIF block is there.
const FLAG_EXIF: u8 = 1 << 3;
/// Bit in the flags of the extended header: an XMP packet is there.
const FLAG_XMP: u8 = 1 << 2;

/// Bit in the flags of a frame: its place becomes transparent behind it.
const FRAME_IS_CLEARED: u8 = 1;
/// Bit in the flags of a frame: it is not blended with what is below.
const FRAME_REPLACES: u8 = 1 << 1;

/// Whether a file ends before it says; the last padding may be missing.
pub(crate) fn is_cut(file: &[u8]) -> bool {
    let stated = file.get(4..8).and_then(|len| <[u8; 4]>::try_from(len).ok());
    stated.is_some_and(|len| u64::from(u32::from_le_bytes(len)) + 8 > file.len() as u64 + 1)
}

/// The chunks of a file, as names and contents; ends where a chunk is cut off.
pub(crate) fn chunks(file: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    chunks_of(file.get(12..).unwrap_or_default())
}

/// The chunks that stand one behind another.
fn chunks_of(mut rest: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let (head, body) = rest.split_first_chunk::<8>()?;
        let [a, b, c, d, len @ ..] = *head;
        let len = u32::from_le_bytes(len) as usize;
        let content = body.get(..len)?;
        rest = body.get(len.next_multiple_of(2)..).unwrap_or_default();
        Some(([a, b, c, d], content))
    })
}

/// What stands beside the picture, no more than `max_bytes` each.
pub(crate) fn read(file: &[u8], max_bytes: u64, notes: &mut Vec<Text>) -> Metadata {
    let mut metadata = Metadata::default();
    for (name, content) in chunks(file) {
        let (block, what) = match &name {
            b"ICCP" => (&mut metadata.icc, text!("ICC profile")),
            b"EXIF" => (&mut metadata.exif, "EXIF".into()),
            b"XMP " => (&mut metadata.xmp, "XMP".into()),
            _ => continue,
        };
        if content.len() as u64 > max_bytes {
            notes.push(text!("{} left out: it is too large", what));
        } else if block.is_none() {
            *block = Some(content.strip_prefix(EXIF_PREFIX).unwrap_or(content).to_vec());
        }
    }
    metadata
}

/// The size that the bitstream of a picture states, px: it decides what a decoder allocates, and
/// may differ from what the container says.
pub(crate) fn bitstream_size(name: [u8; 4], content: &[u8]) -> Option<(u32, u32)> {
    match &name {
        b"VP8 " => {
            let [w0, w1, h0, h1] = *content.get(6..10)?.first_chunk()?;
            let side = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
            Some((side(w0, w1), side(h0, h1)))
        }
        b"VP8L" => {
            let bits = u32::from_le_bytes(*content.get(1..5)?.first_chunk()?);
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        // A frame of an animation: 16 bytes, then chunks.
        b"ANMF" => {
            let (head, content) = content.get(16..)?.split_first_chunk::<8>()?;
            let [a, b, c, d, ..] = *head;
            match &[a, b, c, d] {
                b"ALPH" => {
                    let [.., l0, l1, l2, l3] = *head;
                    let len = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
                    let next = content.get(len.next_multiple_of(2)..)?;
                    let (head, content) = next.split_first_chunk::<8>()?;
                    bitstream_size(*head.first_chunk()?, content)
                }
                inner => bitstream_size(*inner, content),
            }
        }
        _ => None,
    }
}

/// A frame of an animation (RFC 9649, section 2.7.1.1).
pub(super) struct Drawn<'a> {
    /// Where it is drawn, and what follows.
    pub(super) part: Part,
    pub(super) delay_ms: u32,
    /// Whether what is below is seen through it.
    pub(super) blends: bool,
    /// The chunks of its picture.
    chunks: &'a [u8],
}

/// The frames of an animation; ends where one is cut off.
pub(super) fn frames(file: &[u8]) -> impl Iterator<Item = Drawn<'_>> {
    let frames = chunks(file).filter(|(name, _)| name == b"ANMF");
    frames.map_while(|(_, content)| {
        let (head, chunks) = content.split_first_chunk::<16>()?;
        let [numbers @ .., flags] = head;
        let [left, top, width, height, delay_ms] = [0, 3, 6, 9, 12]
            .map(|at| u32::from_le_bytes([numbers[at], numbers[at + 1], numbers[at + 2], 0]));
        let leave = if flags & FRAME_IS_CLEARED == 0 { Leave::Drawn } else { Leave::Cleared };
        let part =
            Part { left: left * 2, top: top * 2, width: width + 1, height: height + 1, leave };
        Some(Drawn { part, delay_ms, blends: flags & FRAME_REPLACES == 0, chunks })
    })
}

impl Drawn<'_> {
    /// A file of its picture alone.
    pub(super) fn file(&self) -> Vec<u8> {
        let has_alpha =
            chunks_of(self.chunks).any(|(name, _)| name == *b"ALPH" || name == *b"VP8L");
        let flags = if has_alpha { FLAG_ALPHA } else { 0 };
        let mut file = Vec::new();
        extended(
            flags,
            (self.part.width, self.part.height),
            &Metadata::default(),
            &mut file,
            |out| {
                push_bitstreams(out, self.chunks);
            },
        );
        file
    }
}

/// Appends a still picture with metadata: the extended form of `encoded`, which has none.
pub(crate) fn with_metadata(
    encoded: &[u8],
    (width, height): (u32, u32),
    metadata: &Metadata,
    out: &mut Vec<u8>,
) {
    let Metadata { icc, exif, xmp, .. } = metadata;
    if icc.is_none() && exif.is_none() && xmp.is_none() {
        out.extend_from_slice(encoded);
        return;
    }
    let alpha = chunks(encoded).any(|(name, content)| match &name {
        b"ALPH" => true,
        b"VP8L" => content.get(4).is_some_and(|byte| byte & 0x10 != 0),
        _ => false,
    });
    let flags = if alpha { FLAG_ALPHA } else { 0 };
    extended(flags, (width, height), metadata, out, |out| {
        push_bitstreams(out, encoded.get(12..).unwrap_or_default());
    });
}

/// Appends those of the chunks that a picture consists of.
fn push_bitstreams(out: &mut Vec<u8>, chunks: &[u8]) {
    for (name, content) in chunks_of(chunks) {
        if matches!(&name, b"ALPH" | b"VP8 " | b"VP8L") {
            push_chunk(out, name, content);
        }
    }
}

/// Appends a file of the extended form: what `pictures` appends, and metadata.
fn extended(
    flags: u8,
    (width, height): (u32, u32),
    metadata: &Metadata,
    out: &mut Vec<u8>,
    pictures: impl FnOnce(&mut Vec<u8>),
) {
    let Metadata { icc, exif, xmp, .. } = metadata;
    let start = out.len();
    out.extend_from_slice(b"RIFF\0\0\0\0WEBP");
    let mut header = [0; 10];
    header[0] = flags
        | if icc.is_some() { FLAG_ICC } else { 0 }
        | if exif.is_some() { FLAG_EXIF } else { 0 }
        | if xmp.is_some() { FLAG_XMP } else { 0 };
    header[4..7].copy_from_slice(&(width - 1).to_le_bytes()[..3]);
    header[7..10].copy_from_slice(&(height - 1).to_le_bytes()[..3]);
    push_chunk(out, *b"VP8X", &header);
    if let Some(icc) = icc {
        push_chunk(out, *b"ICCP", icc);
    }
    pictures(out);
    if let Some(exif) = exif {
        push_chunk(out, *b"EXIF", exif);
    }
    if let Some(xmp) = xmp {
        push_chunk(out, *b"XMP ", xmp);
    }
    let len = (out.len() - start - 8) as u32;
    out[start + 4..start + 8].copy_from_slice(&len.to_le_bytes());
}

/// An animation that is put together.
pub(crate) struct Animation {
    chunks: Vec<u8>,
}

impl Animation {
    /// One that is played so often; 0 is for ever.
    pub(crate) fn new(loops: u32) -> Self {
        let mut chunks = Vec::new();
        // A background that nobody draws, and the loops.
        let [low, high] = u16::try_from(loops).unwrap_or(u16::MAX).to_le_bytes();
        push_chunk(&mut chunks, *b"ANIM", &[0, 0, 0, 0, low, high]);
        Self { chunks }
    }

    /// Appends a picture that takes the place of a part, whose left and top are even.
    pub(crate) fn push(&mut self, encoded: &[u8], area: Area, delay_ms: u32) {
        let places = [
            area.left / 2,
            area.top / 2,
            area.width - 1,
            area.height - 1,
            delay_ms.min((1 << 24) - 1) as usize,
        ];
        let mut frame: Vec<u8> =
            places.iter().flat_map(|v| (*v as u32).to_le_bytes().into_iter().take(3)).collect();
        frame.push(FRAME_REPLACES);
        push_bitstreams(&mut frame, encoded.get(12..).unwrap_or_default());
        push_chunk(&mut self.chunks, *b"ANMF", &frame);
    }

    /// Gives the last frame other flags.
    #[cfg(test)]
    pub(super) fn set_last_flags(&mut self, flags: u8) {
        let start = self.chunks.windows(4).rposition(|name| name == b"ANMF").unwrap();
        self.chunks[start + 8 + 15] = flags;
    }

    /// Appends the file.
    pub(crate) fn with_metadata(
        self,
        size: (u32, u32),
        has_alpha: bool,
        metadata: &Metadata,
        out: &mut Vec<u8>,
    ) {
        let flags = FLAG_ANIMATION | if has_alpha { FLAG_ALPHA } else { 0 };
        extended(flags, size, metadata, out, |out| out.extend(self.chunks));
    }
}

fn push_chunk(out: &mut Vec<u8>, name: [u8; 4], content: &[u8]) {
    out.extend_from_slice(&name);
    out.extend((content.len() as u32).to_le_bytes());
    out.extend_from_slice(content);
    if content.len() % 2 == 1 {
        out.push(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A lossless bitstream of 3 x 2 px with alpha, as far as its header goes.
    fn bare() -> Vec<u8> {
        let mut file = b"RIFF\0\0\0\0WEBP".to_vec();
        let mut content = vec![0x2f];
        content.extend((2u32 | 1 << 14 | 1 << 28).to_le_bytes());
        push_chunk(&mut file, *b"VP8L", &content);
        file
    }

    #[test]
    fn metadata_stand_where_they_belong() {
        let mut file = Vec::new();
        let metadata = Metadata {
            icc: Some(b"icc".to_vec()),
            exif: Some(b"exif".to_vec()),
            xmp: Some(b"xmp".to_vec()),
            ..Metadata::default()
        };
        with_metadata(&bare(), (3, 2), &metadata, &mut file);
        assert_eq!(read(&file, 100, &mut Vec::new()), metadata);
        let names: Vec<[u8; 4]> = chunks(&file).map(|(name, _)| name).collect();
        assert_eq!(names, [*b"VP8X", *b"ICCP", *b"VP8L", *b"EXIF", *b"XMP "]);
        let contents: Vec<&[u8]> = chunks(&file).map(|(_, content)| content).collect();
        let flags = FLAG_ICC | FLAG_ALPHA | FLAG_EXIF | FLAG_XMP;
        assert_eq!(contents[0], [flags, 0, 0, 0, 2, 0, 0, 1, 0, 0]);
        assert_eq!(contents[1], b"icc");
        let len = u32::from_le_bytes(file[4..8].try_into().unwrap()) as usize;
        assert_eq!(len + 8, file.len());
    }

    #[test]
    fn the_size_is_read_from_the_bitstream() {
        let file = bare();
        let (name, content) = chunks(&file).next().unwrap();
        assert_eq!(bitstream_size(name, content), Some((3, 2)));
        let mut frame = vec![0; 16];
        push_chunk(&mut frame, *b"ALPH", &[1, 2, 3]);
        push_chunk(&mut frame, *b"VP8 ", &[0, 0, 0, 0x9d, 1, 0x2a, 5, 0x40, 7, 0]);
        assert_eq!(bitstream_size(*b"ANMF", &frame), Some((5, 7)));
        assert_eq!(bitstream_size(*b"ANMF", &frame[..20]), None);
    }

    #[test]
    fn chunks_that_are_cut_off_end_the_walk() {
        let file = bare();
        for len in 0..file.len() - 1 {
            assert_eq!(chunks(&file[..len]).count(), 0, "cut at {len}");
        }
    }
}

//! The blocks of a GIF that are no pictures (`GIF89a`, sections 18 to 27; XMP specification part 3,
//! 1.1.2): comments, XMP and the profile.

use crate::formats::extent::{HeaderReader, MOST_FRAMES, Together};
use crate::metadata::Metadata;
use crate::metadata::text::Text;

const EXTENSION: u8 = 0x21;
const PICTURE: u8 = 0x2c;
/// The end of the file.
const END: u8 = 0x3b;
const APPLICATION: u8 = 0xff;
const COMMENT: u8 = 0xfe;
const LOOPS: &[u8] = b"NETSCAPE2.0";
/// Names and authentication codes of extensions.
const ICC: &[u8] = b"ICCRGBG1012";
const XMP: &[u8] = b"XMP DataXMP";
/// What stands behind XMP: read as lengths of blocks it leads to the end from wherever one comes.
const XMP_TRAILER: usize = 258;

/// So much of a file is gone through to count its frames, bytes; what is behind is taken to be alike.
const COUNTED_BYTES: u64 = 16 << 20;

/// The frames, by going from block to block; as in browsers, the canvas grows to the first one.
pub(super) fn together(header: &mut HeaderReader<'_>) -> Together {
    let (mut width, mut height) = (header.le16(6)?, header.le16(8)?);
    let table_len = |flags: u8| if flags & 0x80 == 0 { 0 } else { 6_u64 << (flags & 7) };
    let [flags] = header.at(10)?;
    let (mut frames, mut place) = (0, 13 + table_len(flags));
    let most = if header.thorough { u64::MAX } else { COUNTED_BYTES };
    while frames < MOST_FRAMES
        && place < most
        && let Some([kind]) = header.at(place)
    {
        match kind {
            EXTENSION => place += 2,
            PICTURE => {
                let Some([l0, l1, t0, t1, w0, w1, h0, h1, flags]) = header.at(place + 1) else {
                    break;
                };
                if frames == 0 {
                    let edge = |start, len| {
                        u32::from(u16::from_le_bytes(start)) + u32::from(u16::from_le_bytes(len))
                    };
                    width = width.max(edge([l0, l1], [w0, w1]));
                    height = height.max(edge([t0, t1], [h0, h1]));
                }
                frames += 1;
                place += 11 + table_len(flags);
            }
            _ => break,
        }
        while place < most
            && let Some([len]) = header.at(place)
            && len > 0
        {
            place += 1 + u64::from(len);
        }
        place += 1;
    }
    if place >= most {
        frames = frames.saturating_mul(header.len()?) / place;
    }
    Some((frames, u64::from(width) * u64::from(height) * frames))
}

/// What stands beside the pictures.
pub(crate) fn read(file: &[u8]) -> Metadata {
    let mut metadata = Metadata::default();
    let mut at = head_len(file);
    while let Some((&kind, rest)) = file.get(at..).and_then(<[u8]>::split_first) {
        match (kind, rest) {
            (EXTENSION, [label, rest @ ..]) => {
                let Some(len) = blocks_len(rest) else { break };
                let content = &rest[..len];
                if *label == COMMENT {
                    metadata.texts.push(Text::comment(joined(content)));
                } else if *label == APPLICATION
                    && let Some(packet) =
                        content.get(12..).filter(|_| content[1..].starts_with(XMP))
                {
                    metadata.xmp =
                        packet.len().checked_sub(XMP_TRAILER).map(|len| packet[..len].to_vec());
                } else if *label == APPLICATION
                    && content.len() > 12
                    && content[1..].starts_with(ICC)
                {
                    metadata.icc = Some(joined(&content[12..]));
                }
                at += 2 + len;
            }
            (PICTURE, [_, _, _, _, _, _, _, _, flags, rest @ ..]) => {
                let table = table_len(*flags);
                // One byte says how long the codes are.
                let Some(len) = rest.get(table + 1..).and_then(blocks_len) else { break };
                at += 10 + table + 1 + len;
            }
            _ => break,
        }
    }
    metadata
}

/// Appends an encoded file with metadata in front of its pictures.
pub(crate) fn with_metadata(encoded: &[u8], metadata: &Metadata, out: &mut Vec<u8>) {
    let mut at = head_len(encoded).min(encoded.len());
    // Many programs know how often to play by what stands first only.
    if let Some([EXTENSION, APPLICATION, rest @ ..]) = encoded.get(at..)
        && rest.get(1..).is_some_and(|name| name.starts_with(LOOPS))
    {
        at += 2 + blocks_len(rest).unwrap_or(0);
    }
    out.extend_from_slice(&encoded[..at]);
    if let Some(icc) = &metadata.icc {
        out.extend([EXTENSION, APPLICATION, ICC.len() as u8]);
        out.extend_from_slice(ICC);
        push_blocks(out, icc);
    }
    if let Some(xmp) = &metadata.xmp {
        out.extend([EXTENSION, APPLICATION, XMP.len() as u8]);
        out.extend_from_slice(XMP);
        out.extend_from_slice(xmp);
        out.push(1);
        out.extend((0..=255u8).rev());
        out.push(0);
    }
    for text in &metadata.texts {
        out.extend([EXTENSION, COMMENT]);
        push_blocks(out, &text.content);
    }
    out.extend_from_slice(&encoded[at..]);
}

/// Bytes in front of the first block.
fn head_len(file: &[u8]) -> usize {
    13 + file.get(10).map_or(0, |flags| table_len(*flags))
}

/// The file without what stands between its blocks and is none, and how many bytes that is: what follows
/// is looked for, as a `GIF87a` decoder does (section "Image Descriptor"), and as other programs do. Taken
/// for a block, it would swallow the frame behind it. `None` where all are blocks.
pub(crate) fn without_strays(file: &[u8]) -> Option<(Vec<u8>, usize)> {
    let (mut whole, mut kept, mut strays) = (Vec::new(), 0, 0);
    let mut at = head_len(file);
    while let Some(&kind) = file.get(at) {
        let before = match kind {
            EXTENSION => 2,
            // A descriptor of ten bytes, a table of colours, and the bits of the shortest code.
            PICTURE => 11 + file.get(at + 9).map_or(0, |flags| table_len(*flags)),
            END => break,
            _ => {
                let is_known = |byte: &u8| matches!(*byte, EXTENSION | PICTURE | END);
                let Some(len) = file[at..].iter().position(is_known) else { break };
                whole.extend_from_slice(&file[kept..at]);
                strays += len;
                at += len;
                kept = at;
                continue;
            }
        };
        let Some(len) = file.get(at + before..).and_then(blocks_len) else { break };
        at += before + len;
    }
    whole.extend_from_slice(&file[kept..]);
    (strays > 0).then_some((whole, strays))
}

/// Bytes of a table of colours, by the flags that announce it.
fn table_len(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// Bytes of a row of blocks, with its end.
fn blocks_len(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let len = usize::from(*bytes.get(at)?);
        at += 1 + len;
        if len == 0 {
            return Some(at);
        }
    }
}

/// What a row of blocks holds.
fn joined(mut blocks: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    while let Some((&len, rest)) = blocks.split_first() {
        let Some((block, rest)) = rest.split_at_checked(usize::from(len)) else { break };
        content.extend_from_slice(block);
        blocks = rest;
    }
    content
}

fn push_blocks(out: &mut Vec<u8>, content: &[u8]) {
    for block in content.chunks(255) {
        out.push(block.len() as u8);
        out.extend_from_slice(block);
    }
    out.push(0);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of 1 x 1 px that is played for ever.
    fn bare() -> Vec<u8> {
        let mut file = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff".to_vec();
        file.extend(b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0");
        file.extend(b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x3b");
        file
    }

    #[test]
    fn what_is_written_is_read_again() {
        let metadata = Metadata {
            icc: Some((0..1000).map(|i| i as u8).collect()),
            xmp: Some(b"<x:xmpmeta/>".to_vec()),
            texts: vec![Text::comment(vec![b'a'; 700]), Text::comment(b"b".to_vec())],
            ..Metadata::default()
        };
        let mut file = Vec::new();
        with_metadata(&bare(), &metadata, &mut file);
        assert_eq!(read(&file), metadata);
        assert!(file[13 + 6..].starts_with(b"\x21\xff\x0bNETSCAPE2.0"));
        for len in 0..file.len() {
            let _ = read(&file[..len]);
        }
    }
}

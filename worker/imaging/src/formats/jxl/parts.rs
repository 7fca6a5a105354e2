//! The container of JPEG XL (ISO/IEC 18181-2): a file without it has pixels only.

use std::io::Read;

use brotli_decompressor::Decompressor;
use lote_protocol::lang::Text;
use lote_protocol::text;

use crate::metadata::{Metadata, exif};

/// How a file in the container begins.
pub(super) const SIGNATURE: &[u8] = b"\0\0\0\x0cJXL \r\n\x87\n";

/// Takes EXIF or XMP, which may be compressed. The picture is turned by what is coded, never by EXIF.
pub(super) fn take(
    metadata: &mut Metadata,
    kind: [u8; 4],
    block: &[u8],
    compressed: bool,
    max_bytes: u64,
    notes: &mut Vec<Text>,
) {
    let mut plain = Vec::new();
    let block = if compressed {
        let mut inflated = Decompressor::new(block, 4096).take(max_bytes);
        if inflated.read_to_end(&mut plain).is_err() {
            notes.push(text!("metadata left out: they are damaged"));
            return;
        }
        plain.as_slice()
    } else {
        block
    };
    if block.len() as u64 >= max_bytes {
        notes.push(text!("metadata left out: they are longer than the limit"));
    } else if &kind == b"xml " {
        metadata.xmp = Some(block.to_vec());
    } else {
        let start = block.first_chunk().map_or(u32::MAX, |start| u32::from_be_bytes(*start));
        let block = block.get(4..).and_then(|block| block.get(start as usize..));
        match exif::clean(block.unwrap_or_default().to_vec()) {
            Ok(cleaned) => metadata.exif = Some(cleaned.exif),
            Err(why) => notes.push(text!("EXIF left out: {}", why)),
        }
    }
}

/// Appends a file of what is coded and its metadata.
pub(super) fn write(coded: &[u8], metadata: &Metadata, out: &mut Vec<u8>) {
    let (exif, xmp) = (metadata.exif.as_deref(), metadata.xmp.as_deref());
    if exif.is_none() && xmp.is_none() {
        out.extend(coded);
        return;
    }
    out.extend(SIGNATURE);
    let mut push = |kind: &[u8; 4], parts: &[&[u8]]| {
        let len: usize = parts.iter().map(|part| part.len()).sum();
        // Of a length that 32 bits do not hold it is the last one: 0 says so.
        let len = u32::try_from(len + 8).unwrap_or(0);
        out.extend(len.to_be_bytes());
        out.extend(kind);
        for part in parts {
            out.extend(*part);
        }
    };
    push(b"ftyp", &[b"jxl \0\0\0\0jxl "]);
    if let Some(exif) = exif {
        push(b"Exif", &[&[0; 4], exif]);
    }
    if let Some(xmp) = xmp {
        push(b"xml ", &[xmp]);
    }
    push(b"jxlc", &[coded]);
}

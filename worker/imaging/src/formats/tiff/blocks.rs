//! The metadata of a TIFF that other formats hold in blocks of their own.

use super::tag;
use crate::metadata::Metadata;
use crate::metadata::exif_block::Block;

/// Blocks of the first page that have a place of their own in other formats.
pub(in crate::formats) fn of_first(file: &[u8]) -> Metadata {
    let Some(block) = Block::open(file) else { return Metadata::default() };
    of(&block, block.u32(4).unwrap_or(0) as usize)
}

/// Those of the page of a directory.
pub(super) fn of(block: &Block<'_>, directory: usize) -> Metadata {
    let mut metadata = Metadata::default();
    let value = |tag| {
        let value = block.bytes(block.value(block.find(directory, tag)?)?)?;
        Some(value.to_vec())
    };
    metadata.xmp = value(tag::XMP);
    metadata.iptc = value(tag::IPTC).map(iptc_in_order);
    if let Some(resources) = value(tag::PHOTOSHOP) {
        metadata.add_photoshop(&resources);
    }
    metadata
}

/// IPTC, which some writers take for numbers of 4 bytes and turn them.
fn iptc_in_order(mut iptc: Vec<u8>) -> Vec<u8> {
    if iptc.first() != Some(&0x1c) && iptc.get(3) == Some(&0x1c) {
        iptc.chunks_exact_mut(4).for_each(<[u8]>::reverse);
    }
    iptc
}

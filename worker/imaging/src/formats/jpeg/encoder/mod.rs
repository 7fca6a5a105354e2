//! Encodes JPEG a few rows at a time: baseline, standard Huffman tables, 4:2:0 or gray; to the byte
//! what libjpeg-turbo writes with its accurate integer DCT (ITU-R T.81; JFIF).
//!
//! Blocks are transformed sixteen at a time, side by side, so that each step is plain arithmetic
//! on sixteen neighbours in memory, which compilers turn into vector instructions on any processor.

mod blocks;
mod components;
mod entropy;
mod forward_dct;

use blocks::{LANES, Quantization, Strip};
use components::Components;
use entropy::{BitWriter, Codes};

use crate::formats::jpeg::standard::{markers, tables};
use crate::picture::Channels;

/// Side of a block, px.
const BLOCK: usize = 8;
/// Rows of a unit of six blocks at 4:2:0: four of luminance, two of chroma.
pub(crate) const UNIT: usize = 2 * BLOCK;

/// A scan that is being written.
#[derive(Debug)]
pub(crate) struct Encoder {
    width: usize,
    is_color: bool,
    luma: Quantization,
    chroma: Quantization,
    luma_codes: Codes,
    chroma_codes: Codes,
    /// The last DC coefficient of each component.
    dc: [i32; 3],
    bits: BitWriter,
}

/// What stands before the scan: a whole number of segments, the first of them JFIF's.
pub(crate) fn head(width: u16, height: u16, channels: Channels, quality: u8) -> Vec<u8> {
    let mut head = Vec::with_capacity(700);
    let [luma, chroma] = quantization(quality);
    markers::write_soi(&mut head);
    markers::write_app0_jfif(&mut head);
    markers::write_dqt(&mut head, 0, &luma);
    if channels.is_color() {
        markers::write_dqt(&mut head, 1, &chroma);
        let components = [(1, 2, 2, 0), (2, 1, 1, 1), (3, 1, 1, 1)];
        markers::write_sof0(&mut head, width, height, &components);
    } else {
        markers::write_sof0(&mut head, width, height, &[(1, 1, 1, 0)]);
    }
    let (bits, values) = (&tables::DC_LUMINANCE_BITS, &tables::DC_LUMINANCE_VALUES);
    markers::write_dht(&mut head, 0, 0, bits, values);
    let (bits, values) = (&tables::AC_LUMINANCE_BITS, &tables::AC_LUMINANCE_VALUES);
    markers::write_dht(&mut head, 1, 0, bits, values);
    if channels.is_color() {
        let (bits, values) = (&tables::DC_CHROMINANCE_BITS, &tables::DC_CHROMINANCE_VALUES);
        markers::write_dht(&mut head, 0, 1, bits, values);
        let (bits, values) = (&tables::AC_CHROMINANCE_BITS, &tables::AC_CHROMINANCE_VALUES);
        markers::write_dht(&mut head, 1, 1, bits, values);
        markers::write_sos(&mut head, &[(1, 0, 0), (2, 1, 1), (3, 1, 1)]);
    } else {
        markers::write_sos(&mut head, &[(1, 0, 0)]);
    }
    head
}

fn quantization(quality: u8) -> [[u16; 64]; 2] {
    [&tables::STD_LUMINANCE_QUANT_TABLE, &tables::STD_CHROMINANCE_QUANT_TABLE]
        .map(|table| tables::quality_scale_quant_table(table, quality))
}

impl Encoder {
    /// A scan for rows of `width` px in gray or RGB, which is appended to `file`.
    pub(crate) fn new(width: usize, channels: Channels, quality: u8, file: Vec<u8>) -> Self {
        let [luma, chroma] = quantization(quality);
        Self {
            width,
            is_color: channels.is_color(),
            luma: Quantization::new(&luma),
            chroma: Quantization::new(&chroma),
            luma_codes: Codes::luma(),
            chroma_codes: Codes::chroma(),
            dc: [0; 3],
            bits: BitWriter::after(file),
        }
    }

    /// Encodes the next rows; a multiple of [`UNIT`] of them unless they are the last.
    pub(crate) fn push(&mut self, samples: &[u8]) {
        if self.is_color {
            for rows in samples.chunks(UNIT * self.width * 3) {
                self.push_color(rows);
            }
        } else {
            for rows in samples.chunks(BLOCK * self.width) {
                self.push_gray(rows);
            }
        }
    }

    /// The file with the whole scan.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.bits.finish()
    }

    fn push_color(&mut self, rows: &[u8]) {
        let (rows, _) = rows.as_chunks::<3>();
        let mut components = Components::new();
        let mut strips = [const { Strip::new() }; 3];
        for left in (0..self.width).step_by(components::WIDTH) {
            let width = (self.width - left).min(components::WIDTH);
            let height = components.fill(rows, self.width, left..left + width);
            let [upper, lower, chroma] = &mut strips;
            upper.transform(components.luma(0), &self.luma);
            if height > BLOCK {
                lower.transform(components.luma(1), &self.luma);
            }
            chroma.transform(components.chroma(), &self.chroma);
            let size = (width.div_ceil(BLOCK), height.div_ceil(BLOCK));
            let codes = [&self.luma_codes, &self.chroma_codes];
            entropy::write_units(&strips, size, codes, &mut self.dc, &mut self.bits);
        }
    }

    fn push_gray(&mut self, rows: &[u8]) {
        let mut strip = Strip::new();
        let mut padded = [[0; BLOCK * LANES]; BLOCK];
        let height = rows.len() / self.width;
        for left in (0..self.width).step_by(BLOCK * LANES) {
            let width = (self.width - left).min(BLOCK * LANES);
            for (y, padded) in padded.iter_mut().enumerate() {
                let row = &rows[y.min(height - 1) * self.width + left..][..width];
                padded[..width].copy_from_slice(row);
                padded[width..].fill(row[width - 1]);
            }
            strip.transform(padded.each_ref(), &self.luma);
            let count = width.div_ceil(BLOCK);
            entropy::write_blocks(&strip, count, &self.luma_codes, &mut self.dc[0], &mut self.bits);
        }
    }
}

#[cfg(test)]
mod tests;

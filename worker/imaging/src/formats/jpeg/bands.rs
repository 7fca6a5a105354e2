//! Decoding in bands: one row of units (MCU) after the other from the scan to pixels.
//!
//! The samples of a band stay in the cache, and no component is ever held as a whole. Results are
//! bit for bit those of libjpeg's accurate integer methods. Files of an uncommon kind, and damaged
//! ones, are left to another decoder.

#![allow(clippy::inline_always, reason = "the loop over units is compiled for several processors")]

use multiversion::multiversion;

use super::block;
use super::coefficients::Color;
use super::header::{self, Component, Header};
use super::huffman::Table;
use super::plane::Plane;
use super::scan::Scan;
use super::transforms::{Samples, Transforms};
use super::upsample;

/// Decodes a whole file to gray or RGB; `pixels` has the length of its picture. `None` if it is
/// not of the common kind or irregular in any way; `pixels` are in no particular state then. Returns
/// where in the file the scan ends.
pub(crate) fn decode(
    file: &[u8],
    color: Color,
    transforms: &impl Transforms,
    pixels: &mut [u8],
) -> Option<usize> {
    let header = header::read(file)?;
    let (width, height) = header.size;
    let sampling = Sampling::of(&header.components, color, width)?;
    let row_len = width * header.components.len();
    if pixels.len() != row_len * height {
        return None;
    }
    let blocks = header.components[0].blocks;
    let (units, band) = (width.div_ceil(8 * blocks.0), 8 * blocks.1);
    let keeps = sampling == Sampling::Rows || sampling == Sampling::Both;
    let mut planes: Vec<_> =
        header.components.iter().map(|component| Plane::new(component, units, keeps)).collect();
    let mut units = Units::new(&header, units)?;
    let mut rows = PixelRows::new(color, sampling, header.size);

    let mut done = 0;
    let mut pixels = pixels.chunks_exact_mut(row_len);
    for start in (0..height).step_by(band) {
        units.decode_row(&mut planes, transforms)?;
        let end = (start + band).min(height);
        // The last row of a band waits for the chroma below it.
        let complete = if keeps && end < height { end - 1 } else { end };
        for (y, pixels) in (done..complete).zip(pixels.by_ref()) {
            rows.convert(&planes, start, y, transforms, pixels);
        }
        done = complete;
        planes.iter_mut().for_each(Plane::go_on);
    }
    Some(file.len() - units.scan.finish().len())
}

/// In which direction chroma has half the samples of luminance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sampling {
    /// In none: 4:4:4, or one component only.
    Full,
    /// Half the columns: 4:2:2.
    Columns,
    /// Half the rows: 4:4:0.
    Rows,
    /// Half of both: 4:2:0.
    Both,
}

impl Sampling {
    fn of(components: &[Component], color: Color, width: usize) -> Option<Self> {
        let sampling = match (color, components) {
            (Color::Gray, [_]) => Self::Full,
            (_, [first, second, third]) if second.blocks == (1, 1) && third.blocks == (1, 1) => {
                match (first.blocks, color) {
                    ((1, 1), Color::YCbCr | Color::Rgb) => Self::Full,
                    ((2, 1), Color::YCbCr) => Self::Columns,
                    ((1, 2), Color::YCbCr) => Self::Rows,
                    ((2, 2), Color::YCbCr) => Self::Both,
                    _ => return None,
                }
            }
            _ => return None,
        };
        // Up to two columns of chroma are not mixed.
        let narrow = matches!(sampling, Self::Columns | Self::Both) && width <= 4;
        (!narrow).then_some(sampling)
    }
}

/// The units of a scan, and the state between them.
struct Units<'a> {
    scan: Scan<'a>,
    components: &'a [Component],
    /// The DC and the AC table of each component.
    tables: Vec<(&'a Table, &'a Table)>,
    /// The DC coefficient of the last block of each component.
    dc: [i16; 3],
    /// Units in a row.
    count: usize,
    restart_interval: usize,
    /// Units until the next restart marker.
    until_restart: usize,
}

impl<'a> Units<'a> {
    fn new(header: &'a Header<'a>, count: usize) -> Option<Self> {
        let tables = header.components.iter().map(|component| {
            let (dc, ac) = component.tables;
            Some((header.dc[dc].as_deref()?, header.ac[ac].as_deref()?))
        });
        Some(Self {
            scan: Scan::new(header.data),
            components: &header.components,
            tables: tables.collect::<Option<_>>()?,
            dc: [0; 3],
            count,
            restart_interval: header.restart_interval,
            until_restart: header.restart_interval,
        })
    }

    /// Decodes the units of one row into the planes.
    fn decode_row(&mut self, planes: &mut [Plane], transforms: &impl Transforms) -> Option<()> {
        decode_units(self, planes, transforms)
    }

    fn restart(&mut self) -> Option<()> {
        self.scan.restart()?;
        self.dc = [0; 3];
        self.until_restart = self.restart_interval;
        Some(())
    }
}

// Not for vectors, but for the shifts of BMI2, which need no fixed register and set no flags.
#[multiversion(targets("x86_64+avx2+bmi1+bmi2+lzcnt+movbe"))]
fn decode_units<T: Transforms>(
    units: &mut Units<'_>,
    planes: &mut [Plane],
    transforms: &T,
) -> Option<()> {
    for unit in 0..units.count {
        if units.restart_interval > 0 {
            if units.until_restart == 0 {
                units.restart()?;
            }
            units.until_restart -= 1;
        }
        let (window, mut bits) = units.scan.unit();
        let components = units.components.iter().zip(&units.tables).zip(&mut units.dc);
        for (((component, &tables), dc), plane) in components.zip(&mut *planes) {
            let (across, down) = component.blocks;
            for y in 0..down {
                for x in unit * across..(unit + 1) * across {
                    let mut block = [0; 64];
                    let detailed = block::decode(&mut bits, window, tables, dc, &mut block)?;
                    let mut samples: Samples = [0; 64];
                    match even(*dc, component.quantization[0]) {
                        Some(value) if !detailed => samples = [value; 64],
                        _ => transforms.inverse_dct(&block, &component.quantization, &mut samples),
                    }
                    plane.put(x, y, &samples);
                }
            }
        }
        units.scan.advance(bits)?;
    }
    Some(())
}

/// The value of all samples of a block without other coefficients than DC. `None` for a value
/// that no encoder writes, and for which implementations of the inverse DCT differ.
#[inline(always)]
fn even(dc: i16, step: u16) -> Option<u8> {
    let value = i32::from(dc) * i32::from(step);
    (value.abs() < 1 << 13).then(|| (((value + 4) >> 3) + 128).clamp(0, 255) as u8)
}

/// Turns rows of samples into rows of pixels.
struct PixelRows {
    color: Color,
    sampling: Sampling,
    /// Columns, px.
    width: usize,
    /// Columns and rows of chroma.
    chroma: (usize, usize),
    /// Rows of chroma in the width of the picture.
    cb: Vec<u8>,
    cr: Vec<u8>,
    sums: Vec<u16>,
}

impl PixelRows {
    fn new(color: Color, sampling: Sampling, (width, height): (usize, usize)) -> Self {
        let chroma = match sampling {
            Sampling::Full => (width, height),
            Sampling::Columns => (width.div_ceil(2), height),
            Sampling::Rows => (width, height.div_ceil(2)),
            Sampling::Both => (width.div_ceil(2), height.div_ceil(2)),
        };
        Self {
            color,
            sampling,
            width,
            chroma,
            cb: vec![0; 2 * chroma.0],
            cr: vec![0; 2 * chroma.0],
            sums: vec![0; chroma.0],
        }
    }

    /// Makes row `y` of the picture from a band that begins at row `start`.
    fn convert(
        &mut self,
        planes: &[Plane],
        start: usize,
        y: usize,
        transforms: &impl Transforms,
        pixels: &mut [u8],
    ) {
        let row = y as isize - start as isize;
        let [first, second, third] = planes else {
            if let [gray] = planes {
                pixels.copy_from_slice(&gray.row(row)[..self.width]);
            }
            return;
        };
        let y_row = &first.row(row)[..self.width];
        match self.sampling {
            Sampling::Full if self.color == Color::Rgb => {
                interleave(y_row, second.row(row), third.row(row), pixels);
                return;
            }
            Sampling::Full => {
                transforms.to_rgb(y_row, second.row(row), third.row(row), pixels);
                return;
            }
            Sampling::Columns => {
                for (plane, to) in [(second, &mut self.cb), (third, &mut self.cr)] {
                    transforms.double_columns(&plane.row(row)[..self.chroma.0], to);
                }
            }
            Sampling::Rows | Sampling::Both => {
                let own = y / 2;
                let above = y.is_multiple_of(2);
                let other = if above { own.saturating_sub(1) } else { own + 1 };
                let other = other.min(self.chroma.1 - 1);
                // Both in rows of the band.
                let own = own as isize - (start / 2) as isize;
                let other = other as isize - (start / 2) as isize;
                let width = self.chroma.0;
                for (plane, to) in [(second, &mut self.cb), (third, &mut self.cr)] {
                    let (own, other) = (&plane.row(own)[..width], &plane.row(other)[..width]);
                    if self.sampling == Sampling::Rows {
                        upsample::between_rows(own, other, if above { 1 } else { 2 }, to);
                    } else {
                        upsample::between_rows_and_columns(own, other, &mut self.sums, to);
                    }
                }
            }
        }
        transforms.to_rgb(y_row, &self.cb, &self.cr, pixels);
    }
}

/// Puts the samples of three rows next to one another.
fn interleave(red: &[u8], green: &[u8], blue: &[u8], pixels: &mut [u8]) {
    let (pixels, _) = pixels.as_chunks_mut::<3>();
    for (((pixel, &r), &g), &b) in pixels.iter_mut().zip(red).zip(green).zip(blue) {
        *pixel = [r, g, b];
    }
}

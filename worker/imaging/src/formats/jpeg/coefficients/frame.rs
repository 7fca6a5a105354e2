//! What a file says about its picture: size, components, colours.

use lote_protocol::outcome::Failure;
use lote_protocol::text;

use super::{damaged, unsupported};

/// Coefficients of a block, row by row.
pub(super) type Block = [i16; 64];

/// Samples of a block in a row, and its rows.
pub(super) const SIDE: usize = 8;
/// Largest sampling factor (T.81, B.2.2).
const MAX_FACTOR: u8 = 4;

/// What the components of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Color {
    /// Luminance alone.
    Gray,
    /// Luminance and chroma.
    YCbCr,
    /// Red, green and blue.
    Rgb,
    /// Cyan, magenta, yellow and black.
    Cmyk,
    /// The same, with the first three as luminance and chroma.
    Ycck,
}

/// How the coefficients of a file are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Coding {
    pub(super) progressive: bool,
    pub(super) arithmetic: bool,
}

/// One component of the picture.
pub(super) struct Component {
    pub(super) id: u8,
    /// Blocks in a unit (MCU), across and down.
    pub(super) factors: (usize, usize),
    /// Number of its quantisation table.
    pub(super) table: u8,
    /// Quantisation steps row by row, as they were when its first scan began.
    pub(super) quantization: Option<[u16; 64]>,
    /// Samples across and down.
    pub(super) size: (usize, usize),
    /// Blocks across and down that hold those.
    pub(super) blocks: (usize, usize),
    /// Blocks across in whole units: those of a row in `coefficients`.
    pub(super) stride: usize,
    /// Blocks, row by row.
    pub(super) coefficients: Vec<Block>,
    /// Bits that are still to come of each coefficient, in the order of the file; -1 if all are.
    pub(super) to_come: [i8; 64],
}

/// The picture.
pub(super) struct Frame {
    pub(super) coding: Coding,
    /// Columns and rows, px.
    pub(super) size: (usize, usize),
    /// Largest sampling factors.
    pub(super) most: (usize, usize),
    /// Units across and down.
    pub(super) units: (usize, usize),
    pub(super) components: Vec<Component>,
}

impl Frame {
    /// Reads the segment behind the marker `SOF0 + kind`.
    pub(super) fn read(kind: u8, segment: &[u8]) -> Result<Self, Failure> {
        let coding = match kind {
            0 | 1 => Coding { progressive: false, arithmetic: false },
            2 => Coding { progressive: true, arithmetic: false },
            9 => Coding { progressive: false, arithmetic: true },
            10 => Coding { progressive: true, arithmetic: true },
            3 | 11 => return Err(unsupported(text!("lossless"))),
            _ => return Err(unsupported(text!("hierarchical"))),
        };
        let Some((&[precision, h1, h0, w1, w0, count], rest)) = segment.split_first_chunk() else {
            return Err(damaged(text!("its picture header is cut off")));
        };
        if precision != 8 {
            return Err(unsupported(text!("{} bits a sample", precision)));
        }
        let width = usize::from(u16::from_be_bytes([w1, w0]));
        let height = usize::from(u16::from_be_bytes([h1, h0]));
        if width == 0 || height == 0 {
            return Err(damaged(text!("its width or height is 0")));
        }
        let (components, []) = rest.as_chunks::<3>() else {
            return Err(damaged(text!("its picture header does not fit")));
        };
        if components.len() != usize::from(count) {
            return Err(damaged(text!("its picture header does not fit")));
        }
        if !matches!(count, 1 | 3 | 4) {
            return Err(unsupported(text!("{} components", count)));
        }
        let factors = |sampling: u8| (usize::from(sampling >> 4), usize::from(sampling & 15));
        let allowed = 1..=MAX_FACTOR;
        if components
            .iter()
            .any(|&[_, s, _]| !allowed.contains(&(s >> 4)) || !allowed.contains(&(s & 15)))
        {
            return Err(damaged(text!("its sampling factors are not 1 to 4")));
        }
        let most = components.iter().fold((1, 1), |(across, down), &[_, sampling, _]| {
            let (x, y) = factors(sampling);
            (across.max(x), down.max(y))
        });
        let units = (width.div_ceil(SIDE * most.0), height.div_ceil(SIDE * most.1));
        let components = components
            .iter()
            .map(|&[id, sampling, table]| {
                let factors = factors(sampling);
                let size =
                    ((width * factors.0).div_ceil(most.0), (height * factors.1).div_ceil(most.1));
                Component {
                    id,
                    factors,
                    table,
                    quantization: None,
                    size,
                    blocks: (size.0.div_ceil(SIDE), size.1.div_ceil(SIDE)),
                    stride: units.0 * factors.0,
                    coefficients: Vec::new(),
                    to_come: [-1; 64],
                }
            })
            .collect();
        Ok(Self { coding, size: (width, height), most, units, components })
    }

    /// Bytes of all coefficients.
    pub(super) fn bytes(&self) -> u64 {
        let blocks = |c: &Component| (c.stride * self.units.1 * c.factors.1) as u64;
        self.components.iter().map(blocks).sum::<u64>() * size_of::<Block>() as u64
    }

    /// Makes room for all coefficients, which are 0.
    pub(super) fn allocate(&mut self) {
        for component in &mut self.components {
            let count = component.stride * self.units.1 * component.factors.1;
            component.coefficients = vec![[0; 64]; count];
        }
    }

    /// Whether no scan has brought the last bits of some coefficient.
    pub(super) fn is_coarse(&self) -> bool {
        self.components.iter().any(|component| component.to_come != [0; 64])
    }

    /// What the components are, by what libjpeg goes by (jdapimin, `default_decompress_parms`):
    /// whether there is a JFIF segment, the transform that an Adobe segment names, the names of the
    /// components.
    pub(super) fn color(&self, jfif: bool, adobe: Option<u8>) -> Color {
        let ids: Vec<u8> = self.components.iter().map(|component| component.id).collect();
        match (ids.as_slice(), adobe) {
            ([_], _) => Color::Gray,
            ([_, _, _], _) if jfif => Color::YCbCr,
            ([_, _, _], Some(0)) | (b"RGB", None) => Color::Rgb,
            ([_, _, _], _) => Color::YCbCr,
            (_, Some(0) | None) => Color::Cmyk,
            (_, Some(_)) => Color::Ycck,
        }
    }
}

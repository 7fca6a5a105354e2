//! What the headers of a BMP say: Windows' of all ages, and those of OS/2.

use lote_protocol::lang::Text;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::text;

/// Bytes of the file's header, which icons leave out.
pub(super) const FILE_HEADER: usize = 14;

/// Where the header behind the file's begins.
const INFO: usize = FILE_HEADER;

/// Bytes of the header of Windows 3; what is shorter is of OS/2.
pub(super) const WINDOWS: usize = 40;

/// How the pixels are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    /// Rows of pixels.
    Rows,
    /// Run lengths.
    Runs,
}

/// Where a channel is in a pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    shift: u32,
    largest: u32,
}

impl Field {
    pub(super) fn new(mask: u32) -> Self {
        let shift = mask.trailing_zeros() % 32;
        Self { shift, largest: mask >> shift }
    }

    pub(super) fn is_empty(self) -> bool {
        self.largest == 0
    }

    /// The channel of a pixel, spread over 0..=255; 0 of a field of no bits.
    pub(super) fn of(self, pixel: u32) -> u8 {
        let value = u64::from(pixel >> self.shift & self.largest);
        let largest = u64::from(self.largest.max(1));
        ((value * 255 + largest / 2) / largest) as u8
    }
}

/// The headers.
#[derive(Debug)]
pub(super) struct Info {
    pub(super) width: u32,
    pub(super) height: u32,
    /// Whether the first row is the uppermost.
    pub(super) top_down: bool,
    /// Bits a pixel: 1, 2, 4, 8, 16, 24 or 32.
    pub(super) bits: u32,
    pub(super) coding: Coding,
    /// Red, green, blue, alpha of pixels of 16 or 32 bits.
    pub(super) fields: [Field; 4],
    /// The palette of pixels of at most 8 bits.
    pub(super) colors: Vec<[u8; 3]>,
    /// Where the pixels begin.
    pub(super) pixels: usize,
    pub(super) icc: Option<Vec<u8>>,
}

impl Info {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Failure> {
        let cut = || damaged(text!("it is cut off"));
        let u16 = |at: usize| {
            let bytes = bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
            Some(u32::from(u16::from_le_bytes(bytes)))
        };
        let u32 = |at: usize| {
            Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
        };
        let size = u32(INFO).ok_or_else(cut)? as usize;
        // A shorter header means 0 by what it leaves out.
        let word = |at: usize| if at + 4 <= size { u32(INFO + at) } else { Some(0) };
        let (width, height, bits, compression, color_count) = if size == 12 {
            let (width, height) = (u16(INFO + 4), u16(INFO + 6));
            (width, height.map(|height| height as i32), u16(INFO + 10), Some(0), Some(0))
        } else {
            let height = u32(INFO + 8).map(|height| height as i32);
            (u32(INFO + 4), height, u16(INFO + 14), word(16), word(32))
        };
        let (Some(width), Some(height), Some(bits), Some(compression), Some(color_count)) =
            (width, height, bits, compression, color_count)
        else {
            return Err(cut());
        };
        if i32::try_from(width).is_err() || width == 0 || height == 0 {
            return Err(damaged(text!("it has a size of {} x {} px", width as i32, height)));
        }
        let is_os2 = size < WINDOWS || size == 64;
        let coding = match (compression, bits) {
            (0, 1 | 2 | 4 | 8 | 16 | 24 | 32) | (3 | 6, 16 | 32) => Coding::Rows,
            (1, 8) | (2, 4) => Coding::Runs,
            (4, 24) if is_os2 => Coding::Runs,
            _ => return Err(unsupported(compression, bits, is_os2)),
        };
        let has_fields = matches!(compression, 3 | 6);
        // Older headers have the fields behind them.
        let behind = match (compression, size) {
            (3, WINDOWS) => 12,
            (6, WINDOWS) => 16,
            _ => 0,
        };
        let header = size + behind;
        let fields = if has_fields {
            let masks =
                [40, 44, 48, 52].map(|at| if at + 4 <= header { u32(INFO + at) } else { Some(0) });
            let masks = masks.map(|mask| mask.unwrap_or(0));
            // Of such bits no two programs make the same number.
            if masks.into_iter().any(has_gaps) {
                return Err(damaged(text!("the bits of a field do not stand together")));
            }
            masks.map(Field::new)
        } else if bits == 16 {
            [0x7c00, 0x03e0, 0x001f, 0].map(Field::new)
        } else {
            [0xff_0000, 0xff00, 0xff, 0].map(Field::new)
        };
        let start = u32(10).ok_or_else(cut)? as usize;
        // There they are not, wherever else they may be; 0 is not said.
        if (1..INFO + size).contains(&start) {
            return Err(damaged(text!("its pixels would begin within its header")));
        }
        let mut palette_end = INFO + header;
        let mut colors = Vec::new();
        if bits <= 8 {
            let len = if size == 12 { 3 } else { 4 };
            let most = 1usize << bits;
            let stated = if color_count == 0 { most } else { color_count as usize };
            // OS/2 counts no colours, and has as many as there is room for.
            let is_short = size == 12 && start > palette_end;
            let room = bytes.len().min(if is_short { start } else { usize::MAX });
            let palette = bytes.get(palette_end..room).unwrap_or_default();
            colors = palette
                .chunks_exact(len)
                .take(stated.min(most))
                .map(|color| [color[2], color[1], color[0]])
                .collect();
            palette_end = palette_end.saturating_add(stated.saturating_mul(len));
        }
        let icc = profile(bytes, size);
        Ok(Self {
            width,
            height: height.unsigned_abs(),
            top_down: height < 0,
            bits,
            coding,
            fields,
            colors,
            // Some writers do not count the palette, or leave it at 0.
            pixels: if start <= INFO + header && bits <= 8 || start == 0 {
                palette_end
            } else {
                start
            },
            icc,
        })
    }
}

/// Whether the bits of a field do not stand together.
fn has_gaps(mask: u32) -> bool {
    let bits = mask.checked_shr(mask.trailing_zeros()).unwrap_or(0);
    bits & bits.wrapping_add(1) != 0
}

/// The ICC profile that a header of version 5 says is embedded.
fn profile(bytes: &[u8], size: usize) -> Option<Vec<u8>> {
    let word =
        |at: usize| Some(u32::from_le_bytes(bytes.get(INFO + at..INFO + at + 4)?.try_into().ok()?));
    if size < 124 || word(56)? != u32::from_be_bytes(*b"MBED") {
        return None;
    }
    let start = INFO.checked_add(word(112)? as usize)?;
    let end = start.checked_add(word(116)? as usize)?;
    bytes.get(start..end).filter(|profile| !profile.is_empty()).map(<[u8]>::to_vec)
}

fn unsupported(compression: u32, bits: u32, is_os2: bool) -> Failure {
    let what = match compression {
        3 if is_os2 => text!("Huffman coding"),
        4 => text!("a JPEG inside of it"),
        5 => text!("a PNG inside of it"),
        _ => text!("compression {} of {} bits a pixel", compression, bits),
    };
    Failure::new(FailureKind::Unsupported, text!("a kind of {} that is not read: {}", "BMP", what))
}

pub(super) fn damaged(what: impl Into<Text>) -> Failure {
    Failure::new(FailureKind::Damaged, text!("the {} is damaged: {}", "BMP", what))
}

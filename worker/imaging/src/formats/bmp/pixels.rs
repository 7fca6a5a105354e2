//! The pixels of a BMP, from rows or from run lengths.

use super::info::{Field, Info};

/// Rows of so many bits a pixel, each filled up to four bytes, to three or four samples a pixel. The
/// padding of the last row may be missing. Returns how many rows there were.
pub(super) fn rows(info: &Info, data: &[u8], has_alpha: bool, out: &mut [u8]) -> usize {
    let width = info.width as usize;
    let samples = if has_alpha { 4 } else { 3 };
    let needed = (width * info.bits as usize).div_ceil(8);
    let stored = needed.next_multiple_of(4);
    let mut whole = 0;
    for (y, target) in in_order(info, out, width * samples) {
        let Some(row) = data.get(y * stored..y * stored + needed) else { break };
        match info.bits {
            bits @ 1..=8 => {
                let per_byte = 8 / bits as usize;
                let mask = (1u16 << bits) - 1;
                for (x, pixel) in target.as_chunks_mut::<3>().0.iter_mut().enumerate() {
                    let shift = 8 - bits as usize * (x % per_byte + 1);
                    let index = u16::from(row[x / per_byte]) >> shift & mask;
                    *pixel = info.color(index.into());
                }
            }
            16 => {
                let pixels = row.as_chunks::<2>().0.iter().map(|&v| u16::from_le_bytes(v).into());
                fields(pixels, info.fields, samples, target);
            }
            24 => {
                for (target, &[b, g, r]) in
                    target.as_chunks_mut::<3>().0.iter_mut().zip(row.as_chunks::<3>().0)
                {
                    *target = [r, g, b];
                }
            }
            _ => {
                let pixels = row.as_chunks::<4>().0.iter().map(|&v| u32::from_le_bytes(v));
                fields(pixels, info.fields, samples, target);
            }
        }
        whole += 1;
    }
    whole
}

impl Info {
    /// A colour of the palette; black where it has none.
    fn color(&self, index: usize) -> [u8; 3] {
        self.colors.get(index).copied().unwrap_or_default()
    }
}

fn fields(
    pixels: impl Iterator<Item = u32>,
    fields: [Field; 4],
    samples: usize,
    target: &mut [u8],
) {
    for (target, pixel) in target.chunks_exact_mut(samples).zip(pixels) {
        for (sample, field) in target.iter_mut().zip(fields) {
            *sample = field.of(pixel);
        }
    }
}

/// The rows of a picture in the order in which the file has them, and their numbers in it.
fn in_order<'a>(
    info: &Info,
    out: &'a mut [u8],
    row: usize,
) -> impl Iterator<Item = (usize, &'a mut [u8])> {
    let (top_down, height) = (info.top_down, info.height as usize);
    let rows = out.chunks_exact_mut(row);
    let mut rows: Box<dyn Iterator<Item = &'a mut [u8]>> =
        if top_down { Box::new(rows) } else { Box::new(rows.rev()) };
    (0..height).map_while(move |y| Some((y, rows.next()?)))
}

/// Run lengths of pixels of 4, 8 or 24 bits, to three samples a pixel, which begin as 0: what they pass over, which the format
/// does not define, is black as in Chromium. Returns how many rows were come to; all if the end is marked.
pub(super) fn runs(info: &Info, data: &[u8], out: &mut [u8]) -> usize {
    let (width, height) = (info.width as usize, info.height as usize);
    let (mut x, mut y, mut beyond) = (0usize, 0, 0);
    let mut put = |x: usize, y: usize, color: [u8; 3]| {
        if x < width && y < height {
            let row = if info.top_down { y } else { height - 1 - y };
            let at = (row * width + x) * 3;
            out[at..at + 3].copy_from_slice(&color);
        }
    };
    let mut data = data.iter().copied();
    let mut next = || data.next();
    while y < height {
        let (Some(count), Some(value)) = (next(), next()) else { return y };
        match (count, value) {
            (0, 0) => {
                // Some writers fill up rows beyond their end; more than that is damage.
                beyond += x.saturating_sub(width);
                if beyond > height + width * height / 100 {
                    return 0;
                }
                (x, y) = (0, y + 1);
            }
            (0, 1) => return height,
            (0, 2) => {
                let (Some(dx), Some(dy)) = (next(), next()) else { return y };
                x += usize::from(dx);
                y += usize::from(dy);
            }
            (0, count) => {
                // So many pixels, filled up to an even number of bytes.
                let count = usize::from(count);
                let bytes = (count * info.bits as usize).div_ceil(8);
                match info.bits {
                    4 => {
                        for i in 0..bytes {
                            let Some(pair) = next() else { return y };
                            put(x, y, info.color((pair >> 4).into()));
                            if i * 2 + 1 < count {
                                put(x + 1, y, info.color((pair & 15).into()));
                            }
                            x += 2;
                        }
                        x -= count % 2;
                    }
                    8 => {
                        for _ in 0..count {
                            let Some(index) = next() else { return y };
                            put(x, y, info.color(index.into()));
                            x += 1;
                        }
                    }
                    _ => {
                        for _ in 0..count {
                            let (Some(b), Some(g), Some(r)) = (next(), next(), next()) else {
                                return y;
                            };
                            put(x, y, [r, g, b]);
                            x += 1;
                        }
                    }
                }
                if bytes % 2 == 1 {
                    next();
                }
            }
            (count, value) => {
                let colors = match info.bits {
                    4 => [info.color((value >> 4).into()), info.color((value & 15).into())],
                    8 => [info.color(value.into()); 2],
                    _ => {
                        let (Some(g), Some(r)) = (next(), next()) else { return y };
                        [[r, g, value]; 2]
                    }
                };
                for i in 0..usize::from(count) {
                    put(x + i, y, colors[i % 2]);
                }
                x += usize::from(count);
            }
        }
    }
    height
}

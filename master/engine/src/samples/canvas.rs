//! A drawing: smooth-edged figures, one over the other.

use lote_imaging::picture::{Channels, Picture, Samples};
use lote_imaging::pool::Pool;

use super::color::Color;

/// Pixels to draw on. It begins transparent.
#[derive(Debug)]
pub(super) struct Drawing {
    width: u32,
    height: u32,
    /// Red, green, blue (multiplied by alpha) and alpha, 0.0..=1.0.
    pixels: Vec<[f32; 4]>,
}

/// A point, or the way from one to another, px.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    /// To the right.
    pub(super) x: f32,
    /// Down.
    pub(super) y: f32,
}

impl Point {
    /// The distance from the origin, px.
    pub(super) fn length(self) -> f32 {
        (self.x * self.x + self.y * self.y).sqrt()
    }

    /// The point turned about the origin by an angle whose sine and cosine these are.
    pub(super) fn turned(self, (sin, cos): (f32, f32)) -> Self {
        Self { x: self.x * cos + self.y * sin, y: self.y * cos - self.x * sin }
    }
}

impl Drawing {
    /// An empty canvas of that size, px.
    pub(super) fn new(width: u32, height: u32) -> Self {
        Self { width, height, pixels: vec![[0.0; 4]; width as usize * height as usize] }
    }

    /// Width, px.
    pub(super) const fn width(&self) -> f32 {
        self.width as f32
    }

    /// Height, px.
    pub(super) const fn height(&self) -> f32 {
        self.height as f32
    }

    /// The shorter side, px: what figures are measured by.
    pub(super) const fn unit(&self) -> f32 {
        self.width().min(self.height())
    }

    /// Gives every pixel a colour, by its middle.
    pub(super) fn fill(&mut self, color: impl Fn(Point) -> Color) {
        for (y, row) in self.pixels.chunks_mut(self.width as usize).enumerate() {
            for (x, pixel) in row.iter_mut().enumerate() {
                let [r, g, b] = color(middle(x, y));
                *pixel = [r, g, b, 1.0];
            }
        }
    }

    /// Draws a figure around a point. `distance` says how far a point (from that centre, px) lies
    /// outside of the figure's edge, or inside if negative; nothing is farther than `reach` from
    /// the centre. The edge is as wide as `soft`, px. `opacity` is 0.0..=1.0.
    pub(super) fn draw(
        &mut self,
        centre: Point,
        reach: f32,
        (color, opacity, soft): (Color, f32, f32),
        distance: impl Fn(Point) -> f32,
    ) {
        let reach = reach + soft;
        let columns = span(centre.x, reach, self.width);
        for y in span(centre.y, reach, self.height) {
            let row = y * self.width as usize;
            for x in columns.clone() {
                let at = middle(x, y);
                let from_centre = Point { x: at.x - centre.x, y: at.y - centre.y };
                let cover = opacity * (0.5 - distance(from_centre) / soft).clamp(0.0, 1.0);
                if cover > 0.0 {
                    let pixel = &mut self.pixels[row + x];
                    for (channel, new) in pixel.iter_mut().zip([color[0], color[1], color[2], 1.0])
                    {
                        *channel += (new - *channel) * cover;
                    }
                }
            }
        }
    }

    /// The finished picture: RGB if every pixel is opaque, otherwise RGBA, 8 bits a sample. A
    /// fixed grain of half a step keeps slow gradients from showing bands.
    pub(super) fn into_picture(self, pool: &mut Pool) -> Picture {
        let opaque = self.pixels.iter().all(|pixel| pixel[3] > 0.999);
        let channels = if opaque { Channels::Rgb } else { Channels::Rgba };
        let mut samples = pool.bytes(self.pixels.len() * channels.count());
        let rows = samples.chunks_mut(self.width as usize * channels.count());
        for (y, (row, pixels)) in rows.zip(self.pixels.chunks(self.width as usize)).enumerate() {
            let targets = row.chunks_mut(channels.count());
            for (x, (target, pixel)) in targets.zip(pixels).enumerate() {
                let alpha = pixel[3].max(f32::EPSILON);
                let grain = grain(x, y);
                for (sample, value) in target.iter_mut().zip(pixel) {
                    *sample = (value / alpha * 255.0 + grain).clamp(0.0, 255.0) as u8;
                }
                if let Some(sample) = target.get_mut(3) {
                    *sample = (pixel[3] * 255.0 + 0.5) as u8;
                }
            }
        }
        Picture { width: self.width, height: self.height, channels, samples: Samples::U8(samples) }
    }
}

fn middle(x: usize, y: usize) -> Point {
    Point { x: x as f32 + 0.5, y: y as f32 + 0.5 }
}

/// The columns or rows that are no farther than `reach` from `centre`.
fn span(centre: f32, reach: f32, size: u32) -> std::ops::Range<usize> {
    // Casts from floating point stop at the ends of the range.
    let start = (centre - reach).floor() as usize;
    let end = (centre + reach).ceil() as usize;
    start.min(size as usize)..end.min(size as usize)
}

/// A number in 0.0..1.0 that differs between neighbours without a visible pattern: interleaved
/// gradient noise (Jimenez, "Next Generation Post Processing in Call of Duty", 2014).
fn grain(x: usize, y: usize) -> f32 {
    (52.982_918 * (0.067_110_56 * x as f32 + 0.005_837_15 * y as f32).fract()).fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(canvas: Drawing) -> (Channels, Vec<u8>) {
        let picture = canvas.into_picture(&mut Pool::new());
        let Samples::U8(samples) = picture.samples else {
            panic!("16 bits");
        };
        (picture.channels, samples)
    }

    #[test]
    fn a_filled_canvas_is_opaque() {
        let mut canvas = Drawing::new(3, 2);
        canvas.fill(|_| [1.0, 0.0, 0.0]);
        let (channels, samples) = samples(canvas);
        assert_eq!(channels, Channels::Rgb);
        assert_eq!(samples, [255, 0, 0].repeat(6));
    }

    #[test]
    fn a_figure_covers_its_inside_only_even_at_the_canvas_edge() {
        let mut canvas = Drawing::new(9, 9);
        let centre = Point { x: 0.0, y: 4.5 };
        let pen = ([0.0, 0.0, 1.0], 1.0, 1.0);
        canvas.draw(centre, 3.0, pen, |at| at.length() - 3.0);
        let (channels, samples) = samples(canvas);
        assert_eq!(channels, Channels::Rgba);
        assert_eq!(samples[4 * 9 * 4..][..4], [0, 0, 255, 255]);
        assert_eq!(samples[(4 * 9 + 5) * 4..][..4], [0, 0, 0, 0]);
        assert_eq!(samples[..4], [0, 0, 0, 0]);
    }
}

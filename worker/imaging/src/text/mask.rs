//! A line of text as a mask of how much of each pixel its ink covers.

use std::sync::LazyLock;

use ab_glyph::{Font as _, FontRef, OutlinedGlyph, Point, PxScale, ScaleFont, point};
use ab_glyph_rasterizer::Rasterizer;
use harfrust::font::glyph::outline::PathSink;

use super::{Fonts, shape};
use crate::pool::Pool;

/// The ink of a text, cut to the smallest rectangle that holds it.
pub(crate) struct Mask {
    /// Columns, px.
    pub(crate) width: usize,
    /// Rows, px.
    pub(crate) height: usize,
    /// Row by row, 0 (nothing) to 255 (all of the pixel). A buffer of the pool.
    pub(crate) coverage: Vec<u8>,
}

/// The embedded font as it is drawn with where there is nothing to shape.
static PLAIN: LazyLock<Option<FontRef<'static>>> =
    LazyLock::new(|| FontRef::try_from_slice(super::EMBEDDED).ok());

/// Width and height of the text's ink, px, at `size` px per em.
pub(crate) fn extent(fonts: &Fonts<'_>, text: &str, size: f32) -> (f32, f32) {
    if let Some(font) = plain_font(fonts, text) {
        let bounds = ink(&outlines(font, text, size));
        return bounds.map_or((0.0, 0.0), |bounds| (bounds.width(), bounds.height()));
    }
    let path = Path::of(fonts, text, size);
    path.bounds().map_or((0.0, 0.0), |(min, max)| (max.x - min.x, max.y - min.y))
}

/// Draws the text at `size` px per em; `None` if it has no ink.
pub(crate) fn draw(fonts: &Fonts<'_>, text: &str, size: f32, pool: &mut Pool) -> Option<Mask> {
    match plain_font(fonts, text) {
        Some(font) => draw_plain(font, text, size, pool),
        None => Path::of(fonts, text, size).fill(pool),
    }
}

fn plain_font(fonts: &Fonts<'_>, text: &str) -> Option<&'static FontRef<'static>> {
    PLAIN.as_ref().filter(|_| fonts.is_plain(text))
}

fn draw_plain(font: &FontRef<'_>, text: &str, size: f32, pool: &mut Pool) -> Option<Mask> {
    let glyphs = outlines(font, text, size);
    let bounds = ink(&glyphs)?;
    // Outlines are bounded by whole pixels.
    let (width, height) = (bounds.width() as usize, bounds.height() as usize);
    let mut coverage = pool.bytes(width * height);
    coverage.fill(0);
    for glyph in &glyphs {
        let corner = glyph.px_bounds().min - bounds.min;
        let (left, top) = (corner.x as usize, corner.y as usize);
        glyph.draw(|x, y, covered| {
            let at = (top + y as usize) * width + left + x as usize;
            let ink = (covered.clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
            if let Some(pixel) = coverage.get_mut(at) {
                // Where two letters touch, each covers its own part of the pixel.
                *pixel = pixel.saturating_add(ink);
            }
        });
    }
    Some(Mask { width, height, coverage })
}

/// The outlines of a line of glyphs, px, downwards.
struct Path {
    lines: Vec<Stroke>,
    /// The glyph that is being drawn: its origin, and px per unit of its font.
    origin: Point,
    scale: f32,
    /// Where the contour began, and where it is.
    start: Point,
    at: Point,
}

/// A piece of an outline.
enum Stroke {
    Line([Point; 2]),
    Quad([Point; 3]),
    Cubic([Point; 4]),
}

impl Stroke {
    fn points(&self) -> &[Point] {
        match self {
            Self::Line(points) => points,
            Self::Quad(points) => points,
            Self::Cubic(points) => points,
        }
    }
}

impl Path {
    fn of(fonts: &Fonts<'_>, text: &str, size: f32) -> Self {
        let zero = point(0.0, 0.0);
        let mut path = Self { lines: Vec::new(), origin: zero, scale: 1.0, start: zero, at: zero };
        for placed in shape::line(fonts, text, size) {
            if let Some(face) = fonts.faces.get(placed.face) {
                path.origin = point(placed.x, -placed.y);
                path.scale = placed.scale;
                face.outline(placed.glyph, &mut path);
            }
        }
        path
    }

    fn point(&self, x: f32, y: f32) -> Point {
        point(self.origin.x + x * self.scale, self.origin.y - y * self.scale)
    }

    /// The corners of what holds it, in whole px.
    fn bounds(&self) -> Option<(Point, Point)> {
        let points = self.lines.iter().flat_map(Stroke::points);
        let (min, max) = points.fold(None, |bounds: Option<(Point, Point)>, at| {
            let (min, max) = bounds.unwrap_or((*at, *at));
            Some((point(min.x.min(at.x), min.y.min(at.y)), point(max.x.max(at.x), max.y.max(at.y))))
        })?;
        Some((point(min.x.floor(), min.y.floor()), point(max.x.ceil(), max.y.ceil())))
    }

    fn fill(&self, pool: &mut Pool) -> Option<Mask> {
        /// Longer than any text on any picture, px.
        const MOST: f32 = 200_000.0;
        let (min, max) = self.bounds()?;
        let (width, height) = ((max.x - min.x).max(1.0), (max.y - min.y).max(1.0));
        if !(width <= MOST && height <= MOST) {
            return None;
        }
        let (width, height) = (width as usize, height as usize);
        let mut rasterizer = Rasterizer::new(width, height);
        for stroke in &self.lines {
            match stroke {
                Stroke::Line(points) => {
                    let [a, b] = points.map(|at| at - min);
                    rasterizer.draw_line(a, b);
                }
                Stroke::Quad(points) => {
                    let [a, b, c] = points.map(|at| at - min);
                    rasterizer.draw_quad(a, b, c);
                }
                Stroke::Cubic(points) => {
                    let [a, b, c, d] = points.map(|at| at - min);
                    rasterizer.draw_cubic(a, b, c, d);
                }
            }
        }
        let mut coverage = pool.bytes(width * height);
        rasterizer.for_each_pixel(|at, covered| {
            if let Some(pixel) = coverage.get_mut(at) {
                *pixel = (covered.clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
            }
        });
        cut(Mask { width, height, coverage })
    }
}

impl PathSink for Path {
    fn move_to(&mut self, x: f32, y: f32) {
        self.close();
        self.at = self.point(x, y);
        self.start = self.at;
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let to = self.point(x, y);
        self.lines.push(Stroke::Line([self.at, to]));
        self.at = to;
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        let to = self.point(x, y);
        self.lines.push(Stroke::Quad([self.at, self.point(cx, cy), to]));
        self.at = to;
    }

    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        let to = self.point(x, y);
        self.lines.push(Stroke::Cubic([self.at, self.point(ax, ay), self.point(bx, by), to]));
        self.at = to;
    }

    fn close(&mut self) {
        if self.at != self.start {
            self.lines.push(Stroke::Line([self.at, self.start]));
            self.at = self.start;
        }
    }
}

/// The mask without the rows and columns at its edges that have no ink; `None` if none has.
fn cut(mask: Mask) -> Option<Mask> {
    let Mask { width, height, coverage } = mask;
    let is_inked = |x: usize, y: usize| coverage[y * width + x] > 0;
    let has_row = |y: &usize| (0..width).any(|x| is_inked(x, *y));
    let (top, bottom) = ((0..height).find(has_row)?, (0..height).rfind(has_row)?);
    let has_column = |x: &usize| (top..=bottom).any(|y| is_inked(*x, y));
    let (left, right) = ((0..width).find(has_column)?, (0..width).rfind(has_column)?);
    let rows = coverage.chunks_exact(width).take(bottom + 1).skip(top);
    let inked: Vec<u8> = rows.flat_map(|row| &row[left..=right]).copied().collect();
    Some(Mask { width: right - left + 1, height: bottom - top + 1, coverage: inked })
}

/// The glyphs that have ink, laid out from left to right with kerning.
fn outlines(font: &FontRef<'_>, text: &str, size: f32) -> Vec<OutlinedGlyph> {
    let units_per_em = font.units_per_em().unwrap_or(1000.0);
    let font = font.as_scaled(PxScale::from(size * font.height_unscaled() / units_per_em));
    let mut glyphs = Vec::new();
    let (mut caret, mut previous) = (0.0, None);
    for character in text.chars() {
        let id = font.glyph_id(if character.is_control() { ' ' } else { character });
        if let Some(previous) = previous {
            caret += font.kern(previous, id);
        }
        previous = Some(id);
        let glyph = id.with_scale_and_position(font.scale(), point(caret, 0.0));
        caret += font.h_advance(id);
        glyphs.extend(font.outline_glyph(glyph));
    }
    glyphs
}

/// The smallest rectangle that holds all glyphs.
fn ink(glyphs: &[OutlinedGlyph]) -> Option<ab_glyph::Rect> {
    glyphs.iter().map(OutlinedGlyph::px_bounds).reduce(|a, b| ab_glyph::Rect {
        min: point(a.min.x.min(b.min.x), a.min.y.min(b.min.y)),
        max: point(a.max.x.max(b.max.x), a.max.y.max(b.max.y)),
    })
}

/// What lies within `reach` px of the mask's ink, around it: a mask that is larger by `reach` on each
/// side, without the ink itself.
pub(crate) fn outlined(mask: &Mask, reach: usize, pool: &mut Pool) -> Mask {
    let (width, height) = (mask.width + 2 * reach, mask.height + 2 * reach);
    let mut coverage = pool.bytes(width * height);
    coverage.fill(0);
    // Circles, close enough to one another to leave no gap in the thinnest stroke.
    let circles = (1..=4).map(|quarter| reach as f32 * quarter as f32 / 4.0);
    let mut shifts = Vec::new();
    for radius in circles {
        let steps = (radius * std::f32::consts::TAU).ceil().max(8.0) as usize;
        for step in 0..steps {
            let (sin, cos) = (step as f32 / steps as f32 * std::f32::consts::TAU).sin_cos();
            let shift = ((radius * cos).round() as isize, (radius * sin).round() as isize);
            if !shifts.contains(&shift) {
                shifts.push(shift);
            }
        }
    }
    for (x, y) in shifts {
        let (left, top) = (reach.saturating_add_signed(x), reach.saturating_add_signed(y));
        for (row, ink) in mask.coverage.chunks_exact(mask.width).enumerate() {
            let to = &mut coverage[(top + row) * width + left..][..mask.width];
            for (to, &ink) in to.iter_mut().zip(ink) {
                *to = ink.max(*to);
            }
        }
    }
    for (row, ink) in mask.coverage.chunks_exact(mask.width).enumerate() {
        let to = &mut coverage[(reach + row) * width + reach..][..mask.width];
        for (to, &ink) in to.iter_mut().zip(ink) {
            *to = (u16::from(*to) * u16::from(255 - ink) / 255) as u8;
        }
    }
    Mask { width, height, coverage }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_are_about_seven_tenths_of_an_em_high() {
        let (_, height) = extent(&Fonts::new(None, []), "H", 1000.0);
        assert!((700.0..730.0).contains(&height), "{height}");
    }

    #[test]
    fn ink_touches_all_four_sides_of_its_mask() {
        let mask = draw(&Fonts::new(None, []), "PROCESADO", 60.0, &mut Pool::new()).unwrap();
        assert_eq!(mask.coverage.len(), mask.width * mask.height);
        let rows: Vec<&[u8]> = mask.coverage.chunks(mask.width).collect();
        assert!(rows[0].iter().any(|&ink| ink > 0));
        assert!(rows[mask.height - 1].iter().any(|&ink| ink > 0));
        assert!(rows.iter().any(|row| row[0] > 0));
        assert!(rows.iter().any(|row| row[mask.width - 1] > 0));
        assert!(mask.coverage.contains(&255));
    }

    #[test]
    fn blanks_have_no_ink() {
        assert!(draw(&Fonts::new(None, []), " \t ", 60.0, &mut Pool::new()).is_none());
    }
}

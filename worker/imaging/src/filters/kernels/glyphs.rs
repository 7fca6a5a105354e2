//! A line of text as a mask of how much of each pixel its ink covers.

use ab_glyph::{Font, FontRef, OutlinedGlyph, PxScale, ScaleFont, point};

use crate::pool::Pool;

/// Open Sans Bold; see `assets/README.md`.
static FONT: &[u8] = include_bytes!("../../../assets/OpenSans-Bold.ttf");

/// The ink of a text, cut to the smallest rectangle that holds it.
pub(crate) struct Mask {
    /// Columns, px.
    pub(crate) width: usize,
    /// Rows, px.
    pub(crate) height: usize,
    /// Row by row, 0 (nothing) to 255 (all of the pixel). A buffer of the pool.
    pub(crate) coverage: Vec<u8>,
}

/// The embedded font; `None` if it is damaged.
pub(crate) fn font() -> Option<FontRef<'static>> {
    FontRef::try_from_slice(FONT).ok()
}

/// Width and height of the text's ink, px, at `size` px per em.
pub(crate) fn extent(font: &FontRef<'_>, text: &str, size: f32) -> (f32, f32) {
    let bounds = ink(&outlines(font, text, size));
    bounds.map_or((0.0, 0.0), |bounds| (bounds.width(), bounds.height()))
}

/// Draws the text at `size` px per em; `None` if it has no ink.
pub(crate) fn draw(font: &FontRef<'_>, text: &str, size: f32, pool: &mut Pool) -> Option<Mask> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_are_about_seven_tenths_of_an_em_high() {
        let (_, height) = extent(&font().unwrap(), "H", 1000.0);
        assert!((700.0..730.0).contains(&height), "{height}");
    }

    #[test]
    fn ink_touches_all_four_sides_of_its_mask() {
        let mask = draw(&font().unwrap(), "PROCESADO", 60.0, &mut Pool::new()).unwrap();
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
        assert!(draw(&font().unwrap(), " \t ", 60.0, &mut Pool::new()).is_none());
    }

    #[test]
    fn spanish_letters_are_in_the_font() {
        let font = font().unwrap();
        for letter in "áéíóúüñÁÉÍÓÚÜÑ¿¡©€".chars() {
            assert_ne!(font.glyph_id(letter).0, 0, "{letter}");
        }
    }
}

//! Text as ink: which font can write it, where its glyphs go, and what they cover.

mod fields;
mod mask;
mod shape;

use std::fmt;
use std::sync::{Arc, LazyLock};

use harfrust::font::glyph::outline::{DrawMemory, DrawOptions, PathSink};
use harfrust::font::name::NameId;
use harfrust::{Font, GlyphId};
use unicode_normalization::UnicodeNormalization as _;

pub use fields::{Facts, fill_in};
pub(crate) use mask::{Mask, draw, extent, outlined};

/// Open Sans Bold; see `assets/README.md`.
static EMBEDDED: &[u8] = include_bytes!("../../assets/OpenSans-Bold.ttf");

/// The font that is part of the program.
static OPEN_SANS: LazyLock<Option<Face>> = LazyLock::new(|| Face::new(EMBEDDED.to_vec(), 0));

/// One of the fonts in a file.
pub struct Face(Font);

impl Face {
    /// The font of that index in the content of a file; `None` if it cannot be read.
    pub fn new(bytes: impl Into<Arc<Vec<u8>>>, index: u32) -> Option<Self> {
        let bytes: Arc<dyn AsRef<[u8]> + Send + Sync> = bytes.into();
        let font = Font::new(bytes, index)?;
        (font.num_glyphs() > 0 && font.units_per_em() > 0).then_some(Self(font))
    }

    /// The names of its family and of itself, in English: `Noto Serif`, `Noto Serif Bold`.
    pub fn names(&self) -> Vec<String> {
        let ids = [
            NameId::FAMILY_NAME,
            NameId::TYPOGRAPHIC_FAMILY_NAME,
            NameId::FULL_NAME,
            NameId::POSTSCRIPT_NAME,
        ];
        let named = ids.into_iter().filter_map(|id| self.0.names().get(id)?.english_or_first());
        named.map(|name| name.name().to_string()).collect()
    }

    /// How heavy it is: 400 is regular, 700 bold.
    pub fn weight(&self) -> f32 {
        self.0.default_attributes().weight.value()
    }

    /// Whether it stands upright.
    pub fn is_upright(&self) -> bool {
        self.0.default_attributes().style == harfrust::font::attribute::Style::Normal
    }

    /// Whether it has ink for the character, or the character needs none.
    pub fn writes(&self, character: char) -> bool {
        shape::needs_no_ink(character)
            || self.0.charmap().map_unicode(character).is_some_and(|id| self.has_ink(id))
    }

    /// Whether it can write a letter with the marks on it, be it composed or in parts.
    fn writes_all(&self, cluster: &str) -> bool {
        let writes = |character| self.writes(character);
        cluster.chars().all(writes) || cluster.nfc().all(writes) || cluster.nfd().all(writes)
    }

    /// Whether the glyph has an outline. One that is a coloured picture has none.
    fn has_ink(&self, id: GlyphId) -> bool {
        let mut sink = Ink(false);
        self.outline(id, &mut sink);
        id.to_u32() != 0 && sink.0
    }

    /// Draws the outline of a glyph in units of the font, upwards.
    fn outline(&self, id: GlyphId, sink: &mut dyn PathSink) {
        if let Some(glyph) = self.0.outline_glyphs().get(id) {
            // What is damaged ends where it is.
            let _ = glyph.draw(&DrawOptions::new(), DrawMemory::Scratch, sink);
        }
    }
}

impl fmt::Debug for Face {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Face").field(&self.names().first()).finish()
    }
}

/// Whether anything was drawn.
struct Ink(bool);

impl PathSink for Ink {
    fn move_to(&mut self, _: f32, _: f32) {}

    fn line_to(&mut self, _: f32, _: f32) {
        self.0 = true;
    }

    fn quad_to(&mut self, _: f32, _: f32, _: f32, _: f32) {
        self.0 = true;
    }

    fn curve_to(&mut self, _: f32, _: f32, _: f32, _: f32, _: f32, _: f32) {
        self.0 = true;
    }

    fn close(&mut self) {}
}

/// Fonts to write a text with: each character is written with the first one that has it.
#[derive(Debug, Clone, Default)]
pub struct Fonts<'a> {
    faces: Vec<&'a Face>,
}

impl<'a> Fonts<'a> {
    /// The font that is given, if one is, then the one that is part of the program, then others.
    pub fn new(given: Option<&'a Face>, others: impl IntoIterator<Item = &'a Face>) -> Self {
        let embedded = OPEN_SANS.as_ref();
        Self { faces: given.into_iter().chain(embedded).chain(others).collect() }
    }

    /// The characters of the text that none of them can write, each once. A letter and the marks on
    /// it have to be in one font.
    pub fn missing(&self, text: &str) -> Vec<char> {
        let mut missing: Vec<char> = Vec::new();
        let mut add = |character: char| {
            if !missing.contains(&character) {
                missing.push(character);
            }
        };
        for (_, cluster) in shape::clusters(text) {
            if self.face_of(cluster).is_some() {
                continue;
            }
            let nobody = |c: &char| !self.faces.iter().any(|face| face.writes(*c));
            let lacking = cluster.chars().filter(nobody);
            let inked = cluster.chars().filter(|c| !shape::needs_no_ink(*c));
            let is_in_parts = lacking.clone().next().is_none();
            lacking.chain(inked.filter(|_| is_in_parts)).for_each(&mut add);
        }
        if missing.is_empty() && !self.is_plain(text) {
            return shape::boxes(self, text);
        }
        missing
    }

    /// The index of the first font that can write a letter with its marks.
    fn face_of(&self, cluster: &str) -> Option<usize> {
        self.faces.iter().position(|face| face.writes_all(cluster))
    }

    /// Whether the text is a plain line in the font that is part of the program: one glyph after the
    /// other, with kerning.
    fn is_plain(&self, text: &str) -> bool {
        let embedded = OPEN_SANS.as_ref();
        let first = self.faces.first().copied();
        let is_first = first.zip(embedded).is_some_and(|(first, face)| std::ptr::eq(first, face));
        is_first
            && text.chars().all(|c| {
                shape::is_plain(c) && self.faces.first().is_some_and(|face| face.writes(c))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spanish_greek_and_cyrillic_letters_are_in_the_embedded_font() {
        let fonts = Fonts::new(None, []);
        let text = "áéíóúüñÁÉÍÓÚÜÑ¿¡©€ αβγΩ Жя";
        assert_eq!(fonts.missing(text), []);
        assert!(fonts.is_plain(text));
    }

    #[test]
    fn characters_that_no_font_has_are_named_once() {
        let fonts = Fonts::new(None, []);
        assert_eq!(fonts.missing("foto 写真写 😀"), ['写', '真', '😀']);
        assert_eq!(fonts.missing("a\u{200d}b\u{fe0f}\n"), []);
        // A whole family, and a letter with a mark that is in none of its fonts.
        assert_eq!(fonts.missing("👨\u{200d}👩"), ['👨', '👩']);
        assert_eq!(fonts.missing("x\u{1abe}"), ['\u{1abe}']);
    }

    #[test]
    fn a_letter_in_parts_is_written_as_the_composed_one() {
        let fonts = Fonts::new(None, []);
        assert_eq!(fonts.missing("cafe\u{301} n\u{303}"), []);
        let ink = |text: &str| {
            let mask = draw(&fonts, text, 40.0, &mut crate::pool::Pool::new()).unwrap();
            (mask.width, mask.height, mask.coverage)
        };
        // Both are shaped, for the joiner that has no ink.
        assert_eq!(ink("e\u{301}\u{34f}"), ink("é\u{34f}"));
    }
}

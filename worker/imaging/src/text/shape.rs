//! Where the glyphs of a line go: runs from right to left, ligatures, marks above and below.

use std::ops::Range;

use harfrust::{Buffer, Direction, GlyphId, ShapeOptions, ShaperFont, shape};
use unicode_bidi::{BidiInfo, Level};
use unicode_normalization::char::is_combining_mark;
use unicode_script::{Script, UnicodeScript};

use super::Fonts;

/// A glyph of one of the fonts, at its place.
#[derive(Debug)]
pub(super) struct Placed {
    /// Index of the font.
    pub(super) face: usize,
    pub(super) glyph: GlyphId,
    /// Where its origin is, px from the line's beginning and above it.
    pub(super) x: f32,
    pub(super) y: f32,
    /// px per unit of the font.
    pub(super) scale: f32,
    /// Where in the line its text begins, bytes.
    at: usize,
}

/// Whether one glyph after the other is all that the character's script asks for.
pub(super) fn is_plain(character: char) -> bool {
    use Script::{Common, Cyrillic, Greek, Latin};
    character.is_control() || matches!(character.script(), Common | Cyrillic | Greek | Latin)
}

/// Whether the character is seen by what it does to others, or not at all.
pub(super) fn needs_no_ink(character: char) -> bool {
    let is_ignored = matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{e0000}'..='\u{e0fff}');
    is_ignored || character.is_whitespace() || character.is_control()
}

/// Letters with the marks on them, and where each begins, bytes.
pub(super) fn clusters(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let rest = text.get(start..).filter(|rest| !rest.is_empty())?;
        let mut last = '\0';
        let end = rest.char_indices().skip(1).find(|(at, character)| {
            last = rest[..*at].chars().next_back().unwrap_or(last);
            !continues(last, *character)
        });
        let cluster = &rest[..end.map_or(rest.len(), |(at, _)| at)];
        let at = start;
        start += cluster.len();
        Some((at, cluster))
    })
}

/// Whether a character belongs to the one before it.
fn continues(before: char, character: char) -> bool {
    const JOINER: char = '\u{200d}';
    let is_selector = matches!(character, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}');
    let is_tone = matches!(character, '\u{1f3fb}'..='\u{1f3ff}');
    let is_blank = before.is_whitespace() || before.is_control();
    let is_mark = is_combining_mark(character) || character == JOINER || is_selector || is_tone;
    is_mark && !is_blank || before == JOINER && !character.is_whitespace()
}

/// The characters that the fonts would write as boxes, each once, though they seem to have them.
pub(super) fn boxes(fonts: &Fonts<'_>, text: &str) -> Vec<char> {
    let line = spaced(text);
    let mut boxed = Vec::new();
    for placed in shaped(fonts, &line, 1.0) {
        let character = line.get(placed.at..).and_then(|rest| rest.chars().next());
        if let Some(character) = character.filter(|_| placed.glyph.to_u32() == 0)
            && !boxed.contains(&character)
        {
            boxed.push(character);
        }
    }
    boxed
}

/// The text with blanks for what controls lines and terminals.
fn spaced(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The glyphs of a line at `size` px per em, from left to right; its first one begins at 0.
pub(super) fn line(fonts: &Fonts<'_>, text: &str, size: f32) -> Vec<Placed> {
    shaped(fonts, &spaced(text), size)
}

fn shaped(fonts: &Fonts<'_>, text: &str, size: f32) -> Vec<Placed> {
    let bidi = BidiInfo::new(text, None);
    let mut placed = Vec::new();
    let mut caret = 0.0;
    for paragraph in &bidi.paragraphs {
        let (levels, runs) = bidi.visual_runs(paragraph, paragraph.range.clone());
        for run in runs {
            let level = levels.get(run.start).copied().unwrap_or(Level::ltr());
            let mut segments = segments(fonts, text, run);
            if level.is_rtl() {
                segments.reverse();
            }
            for (face, range) in segments {
                let first = placed.len();
                let part = &text[range.clone()];
                caret = shape_part(fonts, face, part, level.is_rtl(), size, caret, &mut placed);
                placed[first..].iter_mut().for_each(|placed| placed.at += range.start);
            }
        }
    }
    placed
}

/// Pieces of a run that have one script and one font each, in the order of the text.
fn segments(fonts: &Fonts<'_>, text: &str, run: Range<usize>) -> Vec<(usize, Range<usize>)> {
    let mut segments: Vec<(usize, Script, Range<usize>)> = Vec::new();
    for (at, cluster) in clusters(&text[run.clone()]) {
        let range = run.start + at..run.start + at + cluster.len();
        let script = cluster.chars().next().map_or(Script::Common, |first| first.script());
        let shared = matches!(script, Script::Common | Script::Inherited | Script::Unknown);
        if let Some((face, of, last)) = segments.last_mut() {
            let has = fonts.faces.get(*face).is_some_and(|face| face.writes_all(cluster));
            if has && (shared || *of == script || *of == Script::Common) {
                if *of == Script::Common && !shared {
                    *of = script;
                }
                last.end = range.end;
                continue;
            }
        }
        let face = fonts.face_of(cluster).unwrap_or_default();
        segments.push((face, if shared { Script::Common } else { script }, range));
    }
    segments.into_iter().map(|(face, _, range)| (face, range)).collect()
}

/// Adds the glyphs of a piece that begins at `caret`; returns where the next one does, px.
fn shape_part(
    fonts: &Fonts<'_>,
    index: usize,
    part: &str,
    right_to_left: bool,
    size: f32,
    mut caret: f32,
    placed: &mut Vec<Placed>,
) -> f32 {
    let Some(face) = fonts.faces.get(index) else { return caret };
    let mut buffer = Buffer::new();
    buffer.push_str(part);
    buffer.guess_segment_properties();
    buffer.set_direction(if right_to_left {
        Direction::RightToLeft
    } else {
        Direction::LeftToRight
    });
    if shape(&ShaperFont::new(&face.0), &mut buffer, ShapeOptions::new()).is_err() {
        return caret;
    }
    let scale = size / f32::from(face.0.units_per_em());
    for (info, position) in buffer.glyph_infos().iter().zip(buffer.glyph_positions()) {
        placed.push(Placed {
            face: index,
            glyph: GlyphId::new(info.glyph_id),
            x: caret + position.x_offset as f32 * scale,
            y: position.y_offset as f32 * scale,
            scale,
            at: info.cluster as usize,
        });
        caret += position.x_advance as f32 * scale;
    }
    caret
}

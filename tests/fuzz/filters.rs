//! Filter calls, as users type them.

use lote_protocol::filter::VariantSpec;

use crate::fuzz;

const CALLS: [&str; 9] = [
    "grises",
    "blur:radius=8",
    "web=resize:percent=50+watermark:text=Hola",
    "watermark:text=\"a, b\",opacity=0.5,position=top_left,color=#ff00aa",
    "redimensionar:ancho=100,alto=50,ajuste=cubrir,ampliar=true",
    "posterizar:bits=4+nitidez:factor=2.5+brillo:factor=0.1",
    "x y=invertir",
    "marca_agua:texto=\"ñandú \\\" 日本\",tamano=12",
    "contraste:factor=1e3+relieve+bordes+sepia",
];

/// What the grammar is made of.
const PIECES: [&str; 24] = [
    ":",
    ",",
    "=",
    "+",
    "\"",
    "\\",
    "'",
    " ",
    "",
    "\u{202e}",
    "\0",
    "../",
    "/",
    "é",
    "-1",
    "1e999",
    "NaN",
    "inf",
    "0x10",
    "9223372036854775808",
    "true",
    "radius",
    "blur",
    "🎨",
];

#[test]
fn no_text_makes_the_parser_of_filter_calls_panic() {
    let specs = lote_engine::catalogue::all();
    fuzz("filter calls", 40_000, |chance| {
        let mut text = (*chance.one_of(&CALLS)).to_owned();
        for _ in 0..chance.below(5) {
            let ends: Vec<_> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let (from, to) = (*chance.one_of(&ends), *chance.one_of(&ends));
            let cut = from.min(to)..if chance.below(2) == 0 { from.min(to) } else { from.max(to) };
            let piece = *chance.one_of(&PIECES);
            text.replace_range(cut, piece);
        }
        match VariantSpec::parse_all(&[&text], &specs) {
            Ok(variants) => {
                let variant = &variants[0];
                // What is understood makes a folder, and can be said again.
                assert!(!variant.name.contains(['/', '\\', '\0']), "{text}: {}", variant.name);
                assert!(!variant.steps.is_empty(), "{text}");
                true
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                let _ = error.hint();
                false
            }
        }
    });
}

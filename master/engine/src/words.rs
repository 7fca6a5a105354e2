//! Words for the states and figures of a run.

use std::fmt::Write as _;

use lote_protocol::outcome::FailureKind;

use crate::lang::Lang;

/// A kind of failure in a few words.
pub fn failure_kind(kind: FailureKind, lang: Lang) -> &'static str {
    let (en, es) = match kind {
        FailureKind::NotFound => ("not found", "no existe"),
        FailureKind::Permission => ("permission denied", "permiso denegado"),
        FailureKind::NotAFile => ("not a file", "no es un archivo"),
        FailureKind::NotAnImage => ("not an image", "no es una imagen"),
        FailureKind::Unsupported => ("unsupported", "no compatible"),
        FailureKind::Damaged => ("damaged", "dañada"),
        FailureKind::TooLarge => ("too large", "demasiado grande"),
        FailureKind::Filter => ("filter", "filtro"),
        FailureKind::Encode => ("encoding", "codificación"),
        FailureKind::Exists => ("exists already", "ya existe"),
        FailureKind::Write => ("writing", "escritura"),
        FailureKind::NoSpace => ("disk full", "disco lleno"),
        FailureKind::Read => ("reading", "lectura"),
        FailureKind::Panic => ("defect", "defecto"),
        FailureKind::Crash => ("crash", "caída"),
        FailureKind::Timeout => ("timeout", "tiempo agotado"),
        FailureKind::Cancelled => ("interrupted", "interrumpida"),
    };
    lang.pick(en, es)
}

/// A time in the unit that suits it: `0.42 s`, `12.3 s`, `4:05 min`, `1:02:03 h`.
pub fn duration(seconds: f64, lang: Lang) -> String {
    let whole = seconds.round() as u64;
    match whole {
        0..10 => format!("{} s", lang.number(seconds, 2)),
        10..60 => format!("{} s", lang.number(seconds, 1)),
        60..3600 => format!("{}:{:02} min", whole / 60, whole % 60),
        _ => format!("{}:{:02}:{:02} h", whole / 3600, whole / 60 % 60, whole % 60),
    }
}

/// An estimated time, in whole seconds.
pub fn estimate(seconds: f64, lang: Lang) -> String {
    if seconds < 59.5 { format!("{} s", seconds.ceil()) } else { duration(seconds, lang) }
}

/// A size in the unit that suits it: `512 B`, `1.4 MB`.
pub fn bytes(bytes: u64, lang: Lang) -> String {
    let mut value = bytes as f64;
    let mut units = ["B", "kB", "MB", "GB", "TB"].into_iter();
    let mut unit = units.next().unwrap_or_default();
    while value >= 999.5 {
        let Some(larger) = units.next() else { break };
        value /= 1000.0;
        unit = larger;
    }
    let decimals = usize::from(unit != "B" && value < 99.95);
    format!("{} {unit}", lang.number(value, decimals))
}

/// The text with everything that could steer a terminal made visible: a file name may hold line
/// breaks and escape sequences.
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        // Marks that reverse the direction of writing disguise an ending.
        let disguise = matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if c.is_control() || disguise {
            // Writing to a string cannot fail.
            let _ = write!(shown, "{}", c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_have_the_unit_that_suits_them() {
        let shown = [0.034, 9.4, 59.4, 245.0, 3723.0].map(|s| duration(s, Lang::En));
        assert_eq!(shown, ["0.03 s", "9.40 s", "59.4 s", "4:05 min", "1:02:03 h"]);
        let shown = [0, 999, 1000, 1_449_000, 999_999_999].map(|b| bytes(b, Lang::Es));
        assert_eq!(shown, ["0 B", "999 B", "1,0 kB", "1,4 MB", "1,0 GB"]);
    }

    #[test]
    fn a_file_name_cannot_steer_the_terminal() {
        assert_eq!(printable("\x1b[31mred\n\u{202e}gnp"), "\\u{1b}[31mred\\u{a}\\u{202e}gnp");
        assert_eq!(printable("日本語 é 🎨.png"), "日本語 é 🎨.png");
    }
}

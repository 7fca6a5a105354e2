//! The figures at the end of a run, for people.

use std::fmt::Write as _;

use crate::event::{Mode, NoteCount, Quarantined, Summary};
use crate::lang::Lang;
use crate::words::{bytes, duration, printable};

/// The summary as a table by variant, and a line for the whole.
pub fn render(summary: &Summary, lang: Lang) -> String {
    let mut text = String::new();
    let width = summary.variants.iter().map(|v| v.label().chars().count()).max().unwrap_or(0);
    for figures in &summary.variants {
        let label = figures.label();
        let name = printable(&label);
        let per_image = figures.ms_per_image.map_or_else(
            || "–".to_owned(),
            |ms| format!("{} ms", lang.number(ms, usize::from(ms < 100.0))),
        );
        let failed = lang.pick("failed", "fallidas");
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "  {name:<width$}  {:>6} ok  {:>4} {failed}  {:>10}  {per_image:>9}/{}  {} {}",
            figures.ok,
            figures.failed,
            duration(figures.seconds, lang),
            lang.pick("image", "imagen"),
            figures.cores,
            cores(figures.cores, lang),
        );
    }
    let _ = writeln!(text, "{}", last_line(summary, lang));
    text.push_str(&notes(&summary.notes, lang));
    text
}

/// What was noted of outputs, a line a kind.
fn notes(notes: &[NoteCount], lang: Lang) -> String {
    const SHOWN: usize = 12;
    let mut text = String::new();
    for NoteCount { note, outputs } in notes.iter().take(SHOWN) {
        let count = match (lang, outputs) {
            (Lang::En, 1) => "1 output".into(),
            (Lang::En, count) => format!("{count} outputs"),
            (Lang::Es, 1) => "1 salida".into(),
            (Lang::Es, count) => format!("{count} salidas"),
        };
        let _ = writeln!(text, "  {count}: {}", printable(&note.say(lang)));
    }
    if notes.len() > SHOWN {
        let _ = writeln!(text, "  … {}", lang.pick("--json has the others", "--json da las demás"));
    }
    text
}

/// What is to be known of outputs that were given up: the last words of their workers, and how to
/// look into each alone. Empty if there are none.
pub fn quarantine(outputs: &[Quarantined], lang: Lang) -> String {
    const SHOWN: usize = 10;
    const LINES: usize = 5;
    let mut text = String::new();
    if !outputs.is_empty() {
        let en = "given up; each of these commands makes one output alone:";
        let es = "abandonadas; cada una de estas órdenes hace una sola salida:";
        let _ = writeln!(text, "{}", lang.pick(en, es));
    }
    for output in outputs.iter().take(SHOWN) {
        let words = &output.stderr[output.stderr.len().saturating_sub(LINES)..];
        for line in words {
            let _ = writeln!(text, "    {}", printable(line));
        }
        let _ = writeln!(text, "  {}", printable(&output.reproduce));
    }
    if outputs.len() > SHOWN {
        let en = "--json has the others";
        let es = "--json da las demás";
        let _ = writeln!(text, "  … {}", lang.pick(en, es));
    }
    text
}

fn last_line(summary: &Summary, lang: Lang) -> String {
    let workers = summary.workers;
    let spread = match (summary.mode, lang) {
        (Mode::Processes, Lang::En) => format!("{workers} process{}", plural(workers, "es")),
        (Mode::Threads, Lang::En) => format!("{workers} thread{}", plural(workers, "s")),
        (Mode::Processes, Lang::Es) => format!("{workers} proceso{}", plural(workers, "s")),
        (Mode::Threads, Lang::Es) => format!("{workers} hilo{}", plural(workers, "s")),
    };
    let time = duration(summary.seconds, lang);
    let rate = lang.number(summary.images_per_s, 1);
    let size = bytes(summary.bytes, lang);
    let mut line = match lang {
        Lang::En => format!("{} ok", summary.counts.ok),
        Lang::Es => format!("{} correctas", summary.counts.ok),
    };
    if summary.counts.repeated > 0 {
        let what = lang.pick("of them at a later attempt", "de ellas en otro intento");
        let _ = write!(line, " ({} {what})", summary.counts.repeated);
    }
    let mut add = |count: usize, en: &str, es: &str| {
        if count > 0 {
            let _ = write!(line, ", {count} {}", lang.pick(en, es));
        }
    };
    add(summary.counts.failed, "failed", "fallidas");
    add(summary.counts.skipped - summary.counts.cancelled, "there already", "ya estaban");
    add(summary.counts.cancelled, "not started", "sin empezar");
    let _ = match lang {
        Lang::En => write!(line, " in {time} ({rate} images/s, {size}) with {spread}"),
        Lang::Es => write!(line, " en {time} ({rate} imágenes/s, {size}) con {spread}"),
    };
    if summary.lost_workers > 0 {
        let lost = summary.lost_workers as u32;
        let _ = match lang {
            Lang::En => write!(line, "; {lost} worker{} died", plural(lost, "s")),
            Lang::Es if lost == 1 => write!(line, "; cayó 1 proceso"),
            Lang::Es => write!(line, "; cayeron {lost} procesos"),
        };
    }
    line
}

const fn plural(count: u32, ending: &str) -> &str {
    if count == 1 { "" } else { ending }
}

const fn cores(count: u32, lang: Lang) -> &'static str {
    match (lang, count) {
        (Lang::En, 1) => "core",
        (Lang::En, _) => "cores",
        (Lang::Es, 1) => "núcleo",
        (Lang::Es, _) => "núcleos",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{OutputCounts, VariantSummary};

    #[test]
    fn the_summary_reads_well_in_both_languages() {
        let variant = |name: &str, ok, failed, ms_per_image| VariantSummary {
            variant: name.into(),
            format: None,
            ok,
            failed,
            seconds: 12.345,
            ms_per_image,
            cores: 2,
        };
        let summary = Summary {
            counts: OutputCounts {
                ok: 17,
                failed: 1,
                skipped: 3,
                quarantined: 1,
                repeated: 1,
                cancelled: 2,
                ..OutputCounts::default()
            },
            seconds: 12.3,
            mode: Mode::Processes,
            workers: 2,
            images_per_s: 1.382,
            lost_workers: 2,
            busy: 0.98,
            bytes: 12_345_678,
            master_peak_bytes: None,
            workers_peak_bytes: None,
            sandbox: None,
            notes: vec![
                NoteCount { note: "EXIF left out: GIF holds none".into(), outputs: 17 },
                NoteCount { note: "XMP is damaged".into(), outputs: 1 },
            ],
            quarantine: Vec::new(),
            variants: vec![variant("grises", 17, 1, Some(68.2)), variant("marca_agua", 0, 0, None)],
        };
        insta::assert_snapshot!("en", render(&summary, Lang::En));
        insta::assert_snapshot!("es", render(&summary, Lang::Es));
    }
}

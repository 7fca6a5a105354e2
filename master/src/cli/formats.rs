//! `lote formats`: the table of formats, for people, programs and the README.

use std::fmt::Write as _;

use lote_imaging::formats::{ALL, Format, Gives, Texts};
use serde_json::{Value, json};

use super::args::FilterArgs;
use crate::exit::Exit;
use crate::ui::Ui;
use lote_engine::lang::Lang;

pub(super) fn execute(args: &FilterArgs, ui: Ui) -> Exit {
    let text = if args.json {
        serde_json::to_string_pretty(&ALL.iter().map(|f| as_json(f)).collect::<Vec<_>>())
            .unwrap_or_default()
    } else if args.markdown {
        markdown()
    } else {
        list(ui.lang)
    };
    ui.print(&format!("{}\n", text.trim_end()))
}

fn as_json(format: &Format) -> Value {
    let holds = format.holds;
    json!({
        "id": format.id,
        "name": format.name,
        "endings": format.endings,
        "mime": format.mime,
        "written": format.is_written(),
        "options": format.options.iter().map(|option| option.names()[0]).collect::<Vec<_>>(),
        "holds": {
            "gray": holds.gray, "alpha": holds.alpha, "deep": holds.deep,
            "frames": holds.frames, "icc": holds.icc, "exif": holds.exif, "xmp": holds.xmp,
            "iptc": holds.iptc, "comments": holds.texts != Texts::None,
            "resolution": holds.resolution || holds.exif,
        },
    })
}

/// The formats for a person: name, endings, what becomes of them.
fn list(lang: Lang) -> String {
    let mut text = String::new();
    for format in ALL {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}  .{}", format.name, format.endings.join(" ."));
        let _ = writeln!(text, "    {}", becomes(format, lang));
        for option in format.options {
            let names = option.names().join(" / ");
            let _ = writeln!(text, "    {names}  ({})", option.expected().say(lang));
        }
    }
    text
}

/// The formats as a table in Markdown, for the README.
fn markdown() -> String {
    let mut text = "| format | endings | without `--format` | holds | options |\n\
                    | --- | --- | --- | --- | --- |\n"
        .to_owned();
    for format in ALL {
        let endings: Vec<_> = format.endings.iter().map(|ending| format!("`{ending}`")).collect();
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            format.name,
            endings.join(" "),
            becomes(format, Lang::En),
            holds(format),
            options(format)
        );
    }
    text
}

fn becomes(format: &Format, lang: Lang) -> String {
    let becomes = match format.gives {
        Gives::Itself => lang.pick("stays what it is", "sigue siendo lo que es"),
        Gives::Png => lang.pick("becomes PNG", "pasa a PNG"),
        Gives::Photo => {
            lang.pick("becomes JPEG, or PNG with alpha", "pasa a JPEG, o a PNG si hay alfa")
        }
    };
    let only_read = lang.pick("; only read", "; solo se lee");
    format!("{becomes}{}", if format.is_written() { "" } else { only_read })
}

/// What its files can be asked for with.
fn options(format: &Format) -> String {
    let options = format.options.iter().map(|option| {
        let [es, en] = option.names();
        format!("`{es} / {en}`")
    });
    let options: Vec<_> = options.collect();
    if options.is_empty() { "–".to_owned() } else { options.join(" ") }
}

/// What files that are written hold.
fn holds(format: &Format) -> String {
    if !format.is_written() {
        return "–".to_owned();
    }
    let holds = format.holds;
    let parts = [
        (holds.gray, "gray"),
        (holds.alpha, "alpha"),
        (holds.deep, "16 bits"),
        (holds.frames, "frames"),
        (holds.icc, "ICC"),
        (holds.exif, "EXIF"),
        (holds.xmp, "XMP"),
        (holds.iptc, "IPTC"),
        (holds.texts != Texts::None, "comments"),
        (holds.resolution || holds.exif, "resolution"),
    ];
    let held: Vec<_> = parts.iter().filter(|part| part.0).map(|part| part.1).collect();
    if held.is_empty() { "–".to_owned() } else { held.join(", ") }
}

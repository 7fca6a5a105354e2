//! `lote filters`, and the filters as the master knows them.

use std::fmt::Write as _;

use lote_protocol::filter::{Choice, FilterSpec, ParamKind, ParamSpec};

use super::args::FilterArgs;
use crate::exit::Exit;
use crate::ui::Ui;
pub(super) use lote_engine::catalogue::{all, specs};
use lote_engine::lang::Lang;

pub(super) fn filters(args: &FilterArgs, ui: Ui) -> Exit {
    let text = if args.json {
        serde_json::to_string_pretty(specs()).unwrap_or_default()
    } else if args.markdown {
        markdown(specs())
    } else {
        list(specs(), ui.lang)
    };
    ui.print(&format!("{}\n", text.trim_end()))
}

/// The filters for a person: names in both languages, then the parameters.
fn list(specs: &[&FilterSpec], lang: Lang) -> String {
    let mut text = String::new();
    for spec in specs {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", names(spec.id, spec.id_en));
        let _ = writeln!(text, "    {}", lang.pick(spec.help.en, spec.help.es));
        for param in spec.params {
            let help = lang.pick(param.help.en, param.help.es);
            let name = names(param.id, param.id_en);
            let _ = writeln!(text, "    {name}  {}  {help}", range(param, lang));
        }
    }
    text
}

/// The filters as a table in Markdown, for the README.
fn markdown(specs: &[&FilterSpec]) -> String {
    let mut text = "| filter | what it does | parameters |\n| --- | --- | --- |\n".to_owned();
    for spec in specs {
        let params: Vec<_> = spec
            .params
            .iter()
            .map(|param| {
                let name = names(param.id, param.id_en);
                format!("`{name}` {}", range(param, Lang::En))
            })
            .collect();
        let name = names(spec.id, spec.id_en);
        let params = if params.is_empty() { "–".to_owned() } else { params.join("; ") };
        let _ = writeln!(text, "| `{name}` | {} | {params} |", spec.help.en);
    }
    text
}

fn names(es: &str, en: &str) -> String {
    if es == en { es.to_owned() } else { format!("{es} / {en}") }
}

fn words(options: &[Choice]) -> String {
    let words: Vec<_> = options.iter().map(|choice| names(choice.id, choice.id_en)).collect();
    words.join(", ")
}

/// Type, range and default of a parameter.
fn range(param: &ParamSpec, lang: Lang) -> String {
    let unit = param.unit.suffix();
    let (range, default) = match param.kind {
        ParamKind::Float { min, max, default, .. } => {
            (format!("{min}–{max}{unit}"), default.map(|value| value.to_string()))
        }
        ParamKind::Integer { min, max, default } => {
            (format!("{min}–{max}{unit}"), default.map(|value| value.to_string()))
        }
        ParamKind::Text { max_chars, default } => {
            let chars = lang.pick("characters", "caracteres");
            (format!("1–{max_chars} {chars}"), Some(format!("\"{default}\"")))
        }
        ParamKind::Color { default, transparent } => {
            let none = lang.pick("transparent", "transparente");
            let range = if transparent { format!("#rrggbb, {none}") } else { "#rrggbb".to_owned() };
            (range, Some(default.to_owned()))
        }
        ParamKind::Length { min, max, max_percent, default } => {
            let or = lang.pick("or to", "o hasta");
            (format!("{min}–{max} px {or} {max_percent} %"), Some(default.to_owned()))
        }
        ParamKind::Ratio { default } => {
            (lang.pick("width:height", "ancho:alto").to_owned(), Some(default.to_owned()))
        }
        ParamKind::Level { min, max, options, default } => {
            (format!("{min}–{max}{unit}, {}", words(options)), Some(default.to_owned()))
        }
        ParamKind::File { endings } => {
            (format!("{}: {}", lang.pick("file", "archivo"), endings.join(", ")), None)
        }
        ParamKind::Font => (lang.pick("file or family", "archivo o familia").to_owned(), None),
        ParamKind::Choice { options, default } => (words(options), Some(default.to_owned())),
        ParamKind::Bool { default } => ("true, false".to_owned(), Some(default.to_string())),
    };
    let default = default.filter(|default| !default.is_empty());
    default.map_or_else(|| format!("({range})"), |default| format!("({range}; {default})"))
}

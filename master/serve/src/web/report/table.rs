//! A job's outputs as a table for spreadsheets: one line an output. Pure.

use std::borrow::Cow;
use std::path::Path;

use crate::jobs::OutputRecord;
use lote_engine::event::Status;
use lote_engine::lang::Lang;
use lote_engine::words::failure_kind;

/// CSV after RFC 4180, in UTF-8 with a mark that says so, as spreadsheets guess otherwise.
pub(super) fn table(
    outputs: &[OutputRecord],
    variants: &[String],
    folder: &Path,
    lang: Lang,
) -> String {
    let head = lang.pick(
        ["image", "filter", "status", "file", "bytes", "failure", "reason"],
        ["imagen", "filtro", "estado", "archivo", "bytes", "fallo", "motivo"],
    );
    let mut rows = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        // A spreadsheet that parts cells at `;` may not take half a name for a formula.
        .quote_style(csv::QuoteStyle::NonNumeric)
        .from_writer("\u{feff}".as_bytes().to_vec());
    let mut line = |cells: [&str; 7]| {
        // Writing to memory cannot fail, and all rows are as long.
        let _ = rows.write_record(cells.map(|cell| text_only(cell).into_owned()));
    };
    line(head);
    for output in outputs {
        let is_there = output.status == Status::Ok;
        let below = output.path.strip_prefix(folder).unwrap_or(&output.path).to_string_lossy();
        line([
            &output.image_name,
            variants.get(output.variant).map_or("", String::as_str),
            status(output.status, lang),
            if is_there { &below } else { "" },
            &if is_there { output.bytes.to_string() } else { String::new() },
            output.kind.map_or("", |kind| failure_kind(kind, lang)),
            output.message.as_ref().map(|text| text.say(lang)).as_deref().unwrap_or_default(),
        ]);
    }
    String::from_utf8(rows.into_inner().unwrap_or_default()).unwrap_or_default()
}

fn status(status: Status, lang: Lang) -> &'static str {
    let (en, es) = match status {
        Status::Ok => ("ok", "bien"),
        Status::Failed => ("failed", "fallida"),
        Status::Quarantined => ("quarantined", "en cuarentena"),
        Status::Skipped => ("skipped", "omitida"),
    };
    lang.pick(en, es)
}

/// A cell that holds nothing but text: a file may be called `=HYPERLINK(…)`, which a spreadsheet
/// would run.
fn text_only(cell: &str) -> Cow<'_, str> {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula { format!("'{cell}").into() } else { cell.into() }
}

#[cfg(test)]
mod tests {
    use lote_protocol::outcome::FailureKind;

    use super::*;

    fn output(image: &str, status: Status) -> OutputRecord {
        let failed = status != Status::Ok;
        OutputRecord {
            id: "o1".into(),
            image: "i1".into(),
            image_name: image.into(),
            name: "x".into(),
            photo: 0,
            variant: 0,
            status,
            bytes: 12,
            path: "/out/grises/x_grises.jpg".into(),
            folder: "/out".into(),
            kind: failed.then_some(FailureKind::Damaged),
            message: failed.then(|| "cut off, \"half\"".into()),
        }
    }

    #[test]
    fn each_output_has_a_line_and_no_name_is_a_formula() {
        let outputs =
            [output("sub/a;ñ.jpg", Status::Ok), output("=1+1;ñ.jpg", Status::Quarantined)];
        let text = table(&outputs, &["grises".into()], Path::new("/out"), Lang::En);
        insta::assert_snapshot!(text.trim_start_matches('\u{feff}').replace('\r', ""), @r#"
        "image","filter","status","file","bytes","failure","reason"
        "sub/a;ñ.jpg","grises","ok","grises/x_grises.jpg",12,"",""
        "'=1+1;ñ.jpg","grises","quarantined","","","damaged","cut off, ""half"""
        "#);
    }
}

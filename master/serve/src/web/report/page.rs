//! The report as a page of its own, which needs nothing from anywhere. Pure.

use std::fmt::Write as _;

use lote_protocol::outcome::FailureKind;
use serde::Deserialize;
use serde_json::Value;

use lote_engine::lang::Lang;
use lote_engine::report::text::{bytes, duration, failure_kind};

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c1b1a;background:#fff}h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #ddd;overflow-wrap:anywhere}th{font-weight:600}.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}pre{white-space:pre-wrap}@media(prefers-color-scheme:dark){body{color:#eee;background:#191817}th,td{border-color:#444}}";

/// What of a job's figures is shown.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Figures {
    ok: u64,
    failed: u64,
    skipped: u64,
    work_ms: f64,
    decode_ms: f64,
    read_bytes: u64,
    written_bytes: u64,
}

/// The report `{"job", "seconds", "failures"}` as HTML.
pub(super) fn page(report: &Value, lang: Lang) -> String {
    let job = &report["job"];
    let name = job["name"].as_str().filter(|name| !name.is_empty());
    let title = escaped(&name.map_or_else(|| "Lote".to_owned(), |name| format!("{name} · Lote")));
    let name = escaped(name.unwrap_or("Lote"));
    let tag = lang.pick("en", "es");
    let mut html = String::new();
    // Writing to a string cannot fail, here and below.
    let _ = write!(
        html,
        "<!doctype html>\n<html lang=\"{tag}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title}</title><style>{STYLE}</style></head><body>\n<h1>{name}</h1>\n"
    );
    if let Some(started) = report["started"].as_str() {
        let _ = writeln!(html, "<p>{}</p>", escaped(started));
    }
    let _ = writeln!(html, "<p>{}</p>", escaped(&summary(report, lang)));
    variants(&mut html, report, lang);
    failures(&mut html, report, lang);
    html.push_str("</body></html>\n");
    html
}

/// The job in a sentence or two.
fn summary(report: &Value, lang: Lang) -> String {
    let job = &report["job"];
    let all = figures(&job["progress"]);
    let number = |value: &Value| value.as_u64().unwrap_or(0);
    let time = duration(report["seconds"].as_f64().unwrap_or(0.0), lang);
    let (images, outputs, workers) =
        (number(&job["images"]), number(&job["outputs"]), number(&job["workers"]));
    let threads = job["mode"] == "threads";
    let who = match (lang, threads) {
        (Lang::En, false) => format!("{workers} processes"),
        (Lang::En, true) => format!("{workers} threads"),
        (Lang::Es, false) => format!("{workers} procesos"),
        (Lang::Es, true) => format!("{workers} hilos"),
    };
    let (read, written) = (bytes(all.read_bytes, lang), bytes(all.written_bytes, lang));
    let Figures { ok, failed, skipped, .. } = all;
    match lang {
        Lang::En => format!(
            "{images} images, {outputs} files: {ok} ready, {failed} failed, {skipped} skipped. \
             {time} with {who}; {read} read, {written} written."
        ),
        Lang::Es => format!(
            "{images} imágenes, {outputs} archivos: {ok} listos, {failed} con fallo, {skipped} \
             omitidos. {time} con {who}; {read} leídos, {written} escritos."
        ),
    }
}

fn variants(html: &mut String, report: &Value, lang: Lang) {
    let job = &report["job"];
    let head = lang.pick(
        ["Filter", "Ready", "Failed", "Skipped", "Work", "Per image", "Written"],
        ["Filtro", "Listos", "Fallos", "Omitidos", "Trabajo", "Por imagen", "Escrito"],
    );
    let _ = writeln!(html, "<h2>{}</h2>\n<table><thead><tr>", lang.pick("Filters", "Filtros"));
    for (index, name) in head.iter().enumerate() {
        let class = if index == 0 { "" } else { " class=\"n\"" };
        let _ = write!(html, "<th{class}>{name}</th>");
    }
    html.push_str("</tr></thead><tbody>\n");
    let counts = &job["progress"]["variants"];
    let (mut all, mut photos) = (Figures::default(), 0);
    for (index, variant) in job["variants"].as_array().into_iter().flatten().enumerate() {
        let one = figures(&counts[index]);
        let settings = report["settings"][index].as_str().unwrap_or_default();
        let name = variant["name"].as_str().unwrap_or_default();
        let mut what = escaped(name);
        if settings != name {
            let _ = write!(what, "<br><small>{}</small>", escaped(settings));
        }
        html.push_str(&row(&what, &one, lang));
        all.ok += one.ok;
        all.failed += one.failed;
        all.skipped += one.skipped;
        all.work_ms += one.work_ms;
        all.decode_ms += one.decode_ms;
        all.written_bytes += one.written_bytes;
        photos = photos.max(one.ok);
    }
    if all.decode_ms > 0.0 {
        let once = Figures { ok: photos, work_ms: all.decode_ms, ..Figures::default() };
        html.push_str(&row(lang.pick("Decoding", "Decodificar"), &once, lang));
    }
    html.push_str("</tbody><tfoot>");
    all.work_ms += all.decode_ms;
    html.push_str(&row(lang.pick("Total", "Total"), &all, lang));
    html.push_str("</tfoot></table>\n");
}

/// A row of figures; `what` is markup.
fn row(what: &str, one: &Figures, lang: Lang) -> String {
    let made = one.ok + one.failed;
    let each = match made {
        0 => "–".to_owned(),
        _ => format!("{} ms", lang.number(one.work_ms / made as f64, 0)),
    };
    let cells = [
        one.ok.to_string(),
        one.failed.to_string(),
        one.skipped.to_string(),
        duration(one.work_ms / 1000.0, lang),
        each,
        bytes(one.written_bytes, lang),
    ];
    let cells = cells.map(|cell| format!("<td class=\"n\">{cell}</td>")).concat();
    format!("<tr><td>{what}</td>{cells}</tr>\n")
}

fn failures(html: &mut String, report: &Value, lang: Lang) {
    let Some(failures) = report["failures"].as_array().filter(|list| !list.is_empty()) else {
        return;
    };
    let head = lang.pick(
        "<th>Image</th><th>Filter</th><th>Failure</th><th>Reason</th>",
        "<th>Imagen</th><th>Filtro</th><th>Fallo</th><th>Motivo</th>",
    );
    let title = lang.pick("Failures", "Fallos");
    let _ = writeln!(html, "<h2>{title}</h2>\n<table><thead><tr>{head}</tr></thead><tbody>");
    for failure in failures {
        let text = |key: &str| escaped(failure[key].as_str().unwrap_or_default());
        let variant = failure["variant"].as_u64().unwrap_or(0) as usize;
        let variant = report["job"]["variants"][variant]["name"].as_str().unwrap_or_default();
        let kind = FailureKind::deserialize(&failure["kind"]);
        let kind = kind.map_or("", |kind| failure_kind(kind, lang));
        let _ = writeln!(
            html,
            "<tr><td>{}</td><td>{}</td><td>{kind}</td><td>{}{}</td></tr>",
            text("name"),
            escaped(variant),
            text("message"),
            details(&text("detail"), &text("reproduce"), lang),
        );
    }
    html.push_str("</tbody></table>\n");
}

/// What the worker said last, and the command that makes the output alone; both are escaped.
fn details(said: &str, reproduce: &str, lang: Lang) -> String {
    if said.is_empty() && reproduce.is_empty() {
        return String::new();
    }
    let title = lang.pick("Details", "Detalles");
    let mut html = format!("<details><summary>{title}</summary>");
    if !said.is_empty() {
        let _ = write!(html, "<pre>{said}</pre>");
    }
    if !reproduce.is_empty() {
        let how = lang.pick(
            "Makes it alone, where the files are:",
            "La hace sola, donde están los archivos:",
        );
        let _ = write!(html, "{how}<pre>{reproduce}</pre>");
    }
    html.push_str("</details>");
    html
}

fn figures(value: &Value) -> Figures {
    Figures::deserialize(value).unwrap_or_default()
}

/// Text as text: a file may be called like markup.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn report() -> Value {
        let counts = json!({"ok": 3, "failed": 1, "skipped": 0, "work_ms": 800.0,
                            "read_bytes": 4000, "written_bytes": 2000});
        let mut progress = counts.clone();
        progress["variants"] = json!([counts]);
        json!({
            "seconds": 1.5,
            "started": "2026-11-29 06:20 UTC",
            "settings": ["grises<b>"],
            "job": {"name": "<script>alert(1)</script>", "mode": "processes", "workers": 2,
                    "images": 4, "outputs": 4, "variants": [{"name": "grises"}],
                    "progress": progress},
            "failures": [{"name": "a\"><img>.jpg", "variant": 0, "kind": "damaged",
                          "message": "cut off & gone", "detail": "panic <at> x",
                          "reproduce": "lote worker apply 'a\"><img>.jpg' b.jpg -f grises"}],
        })
    }

    #[test]
    fn the_page_has_the_figures_in_either_language() {
        let spanish = page(&report(), Lang::Es);
        assert!(spanish.contains(
            "4 imágenes, 4 archivos: 3 listos, 1 con fallo, 0 omitidos. 1,50 s con 2 procesos"
        ));
        assert!(spanish.contains("<td class=\"n\">200 ms</td>"));
        assert!(spanish.contains("<td>dañada</td>"));
        assert!(spanish.contains("<p>2026-11-29 06:20 UTC</p>"));
        assert!(spanish.contains("grises<br><small>grises&lt;b&gt;</small>"));
        assert!(spanish.contains("<tfoot><tr><td>Total</td><td class=\"n\">3</td>"));
        assert!(
            page(&report(), Lang::En)
                .contains("3 ready, 1 failed, 0 skipped. 1.50 s with 2 processes")
        );
    }

    #[test]
    fn names_are_text_and_never_markup() {
        let html = page(&report(), Lang::En);
        assert!(!html.contains("<script") && !html.contains("<img"));
        assert!(html.contains("<pre>panic &lt;at&gt; x</pre>"));
        assert!(html.contains("apply &#39;a&quot;&gt;&lt;img&gt;.jpg&#39; b.jpg -f grises</pre>"));
        assert!(html.contains("a&quot;&gt;&lt;img&gt;.jpg") && html.contains("cut off &amp; gone"));
    }

    #[test]
    fn a_report_without_figures_is_a_page_all_the_same() {
        assert!(page(&json!({"job": {"name": "x"}}), Lang::En).ends_with("</body></html>\n"));
    }
}

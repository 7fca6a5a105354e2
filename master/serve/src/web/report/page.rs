//! The report as a page of its own, which needs nothing from anywhere. Pure.

use data_encoding::BASE64;
use lote_protocol::outcome::FailureKind;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::Deserialize;
use serde_json::Value;

use lote_engine::lang::Lang;
use lote_engine::words::{bytes, duration, failure_kind};

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c1b1a;background:#fff}h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #ddd;overflow-wrap:anywhere}th{font-weight:600}.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}pre{white-space:pre-wrap}.p{display:grid;grid-template-columns:repeat(auto-fill,minmax(8rem,1fr));gap:1rem;margin-top:2rem}figure{margin:0}img{display:block;width:100%;height:8rem;object-fit:contain}figcaption{font-size:.75rem;overflow-wrap:anywhere}@media(prefers-color-scheme:dark){body{color:#eee;background:#191817}th,td{border-color:#444}}";

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

/// An output as it is shown.
pub(super) struct Picture {
    /// What its file is called.
    pub(super) name: String,
    /// A small picture of it.
    pub(super) jpeg: Vec<u8>,
}

/// The report `{"job", "seconds", "failures"}` as HTML, with pictures in it.
pub(super) fn page(report: &Value, pictures: &[Picture], lang: Lang) -> String {
    let name = report["job"]["name"].as_str().filter(|name| !name.is_empty());
    let page = html! {
        (DOCTYPE)
        html lang=(lang.pick("en", "es")) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { @if let Some(name) = name { (name) " · " } "Lote" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (name.unwrap_or("Lote")) }
                @if let Some(started) = report["started"].as_str() { p { (started) } }
                p { (summary(report, lang)) }
                (variants(report, lang))
                (shown(pictures))
                (failures(report, lang))
            }
        }
    };
    page.into_string()
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

fn variants(report: &Value, lang: Lang) -> Markup {
    let job = &report["job"];
    let head = lang.pick(
        ["Ready", "Failed", "Skipped", "Work", "Per image", "Written"],
        ["Listos", "Fallos", "Omitidos", "Trabajo", "Por imagen", "Escrito"],
    );
    let counts = &job["progress"]["variants"];
    let (mut all, mut photos) = (Figures::default(), 0);
    let mut rows = Vec::new();
    for (index, variant) in job["variants"].as_array().into_iter().flatten().enumerate() {
        let one = figures(&counts[index]);
        let settings = report["settings"][index].as_str().unwrap_or_default();
        let name = variant["name"].as_str().unwrap_or_default();
        let what = html! { (name) @if settings != name { br; small { (settings) } } };
        rows.push(row(&what, &one, lang));
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
        let what = html! { (lang.pick("Decoding", "Decodificar")) };
        rows.push(row(&what, &once, lang));
    }
    all.work_ms += all.decode_ms;
    html! {
        h2 { (lang.pick("Outputs", "Salidas")) }
        table {
            thead {
                tr {
                    th { (lang.pick("Output", "Salida")) }
                    @for name in head { th.n { (name) } }
                }
            }
            tbody { @for row in rows { (row) } }
            tfoot { (row(&html! { "Total" }, &all, lang)) }
        }
    }
}

/// A row of figures.
fn row(what: &Markup, one: &Figures, lang: Lang) -> Markup {
    let each = match one.ok + one.failed {
        0 => "–".to_owned(),
        made => format!("{} ms", lang.number(one.work_ms / made as f64, 0)),
    };
    html! {
        tr {
            td { (what) }
            td.n { (one.ok) }
            td.n { (one.failed) }
            td.n { (one.skipped) }
            td.n { (duration(one.work_ms / 1000.0, lang)) }
            td.n { (each) }
            td.n { (bytes(one.written_bytes, lang)) }
        }
    }
}

fn shown(pictures: &[Picture]) -> Markup {
    html! {
        @if !pictures.is_empty() {
            div.p {
                @for Picture { name, jpeg } in pictures {
                    figure {
                        img alt="" src={ "data:image/jpeg;base64," (BASE64.encode(jpeg)) };
                        figcaption { (name) }
                    }
                }
            }
        }
    }
}

fn failures(report: &Value, lang: Lang) -> Markup {
    let Some(failures) = report["failures"].as_array().filter(|list| !list.is_empty()) else {
        return Markup::default();
    };
    let head = lang
        .pick(["Image", "Output", "Failure", "Reason"], ["Imagen", "Salida", "Fallo", "Motivo"]);
    let rows = failures.iter().map(|failure| {
        let text = |key: &str| failure[key].as_str().unwrap_or_default();
        let variant = failure["variant"].as_u64().unwrap_or(0) as usize;
        let kind = FailureKind::deserialize(&failure["kind"]);
        html! {
            tr {
                td { (text("name")) }
                td { (report["job"]["variants"][variant]["name"].as_str().unwrap_or_default()) }
                td { (kind.map_or("", |kind| failure_kind(kind, lang))) }
                td { (text("message")) (details(text("detail"), text("reproduce"), lang)) }
            }
        }
    });
    html! {
        h2 { (lang.pick("Failures", "Fallos")) }
        table {
            thead { tr { @for name in head { th { (name) } } } }
            tbody { @for row in rows { (row) } }
        }
    }
}

/// What the worker said last, and the command that makes the output alone.
fn details(said: &str, reproduce: &str, lang: Lang) -> Markup {
    html! {
        @if !said.is_empty() || !reproduce.is_empty() {
            details {
                summary { (lang.pick("Details", "Detalles")) }
                @if !said.is_empty() { pre { (said) } }
                @if !reproduce.is_empty() {
                    (lang.pick(
                        "Makes it alone, where the files are:",
                        "La hace sola, donde están los archivos:",
                    ))
                    pre { (reproduce) }
                }
            }
        }
    }
}

fn figures(value: &Value) -> Figures {
    Figures::deserialize(value).unwrap_or_default()
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
        let spanish = page(&report(), &[], Lang::Es);
        assert!(spanish.contains(
            "4 imágenes, 4 archivos: 3 listos, 1 con fallo, 0 omitidos. 1,50 s con 2 procesos"
        ));
        assert!(spanish.contains("<td class=\"n\">200 ms</td>"));
        assert!(spanish.contains("<td>dañada</td>"));
        assert!(spanish.contains("<p>2026-11-29 06:20 UTC</p>"));
        assert!(spanish.contains("grises<br><small>grises&lt;b&gt;</small>"));
        assert!(spanish.contains("<tfoot><tr><td>Total</td><td class=\"n\">3</td>"));
        assert!(
            page(&report(), &[], Lang::En)
                .contains("3 ready, 1 failed, 0 skipped. 1.50 s with 2 processes")
        );
    }

    #[test]
    fn names_are_text_and_never_markup() {
        let html = page(&report(), &[], Lang::En);
        assert!(!html.contains("<script") && !html.contains("<img"));
        assert!(html.contains("<pre>panic &lt;at&gt; x</pre>"));
        assert!(html.contains("apply 'a&quot;&gt;&lt;img&gt;.jpg' b.jpg -f grises</pre>"));
        assert!(html.contains("a&quot;&gt;&lt;img&gt;.jpg") && html.contains("cut off &amp; gone"));
    }

    #[test]
    fn pictures_are_in_the_page_itself_with_their_names() {
        let picture = Picture { name: "<b>.jpg".into(), jpeg: vec![0xff, 0xd8, 0xff] };
        let html = page(&report(), &[picture], Lang::En);
        assert!(html.contains(
            "<img alt=\"\" src=\"data:image/jpeg;base64,/9j/\"><figcaption>&lt;b&gt;.jpg</figcaption>"
        ));
    }

    #[test]
    fn a_report_without_figures_is_a_page_all_the_same() {
        assert!(page(&json!({"job": {"name": "x"}}), &[], Lang::En).ends_with("</body></html>"));
    }
}

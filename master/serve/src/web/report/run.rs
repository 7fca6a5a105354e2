//! The report of a run of the command line: the same page, table and data as the server's.

use std::path::Path;

use lote_engine::event::{OutputEnded, Status, Summary};
use lote_engine::lang::Lang;
use lote_engine::plan::LeftOut;
use serde_json::{Value, json};

use super::{page, table};
use crate::jobs::OutputRecord;

/// A kind of report, by the ending of its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportFormat {
    /// A page.
    Html,
    /// A table.
    Csv,
    /// Data.
    Json,
}

impl ReportFormat {
    /// The kind that a file's ending stands for.
    pub fn of(file: &Path) -> Option<Self> {
        match file.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "html" | "htm" => Some(Self::Html),
            "csv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// A run that is over.
#[derive(Debug)]
pub struct Finished<'a> {
    /// What it is called.
    pub name: String,
    /// How many images there were.
    pub images: usize,
    /// What they take, bytes.
    pub read_bytes: u64,
    /// What was left out.
    pub left_out: &'a LeftOut,
    /// The end of every output.
    pub outputs: &'a [OutputEnded],
    /// The figures.
    pub summary: &'a Summary,
    /// The folder of the outputs.
    pub folder: &'a Path,
}

/// The report as the text of a file.
pub fn written(run: &Finished<'_>, kind: ReportFormat, lang: Lang) -> String {
    match kind {
        ReportFormat::Html => page::page(&figures(run, lang), &[], lang),
        ReportFormat::Csv => csv(run, lang),
        ReportFormat::Json => {
            let report = json!({
                "summary": run.summary,
                "left_out": run.left_out,
                "outputs": run.outputs,
            });
            serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
        }
    }
}

fn csv(run: &Finished<'_>, lang: Lang) -> String {
    let records: Vec<_> = run
        .outputs
        .iter()
        .map(|ended| OutputRecord {
            id: String::new(),
            image: String::new(),
            image_name: ended.image.clone(),
            name: String::new(),
            photo: ended.place.image,
            variant: ended.place.variant,
            status: ended.status,
            bytes: ended.bytes.unwrap_or(0),
            folder: run.folder.to_owned(),
            path: ended.path.as_deref().unwrap_or_default().into(),
            kind: ended.kind,
            message: ended.reason.clone(),
        })
        .collect();
    let variants: Vec<_> = run.summary.variants.iter().map(|one| one.variant.to_string()).collect();
    table::table(&records, &variants, run.folder, lang)
}

/// The figures as the page reads them.
fn figures(run: &Finished<'_>, lang: Lang) -> Value {
    let summary = run.summary;
    let skipped = |variant: usize| {
        let of_it = run.outputs.iter().filter(|ended| ended.place.variant == variant);
        of_it.filter(|ended| ended.status == Status::Skipped).count()
    };
    let bytes = |variant: usize| -> u64 {
        let of_it = run.outputs.iter().filter(|ended| ended.place.variant == variant);
        of_it.filter_map(|ended| ended.bytes).sum()
    };
    let variants: Vec<_> = summary
        .variants
        .iter()
        .enumerate()
        .map(|(index, one)| {
            json!({
                "ok": one.ok, "failed": one.failed, "skipped": skipped(index),
                "work_ms": one.seconds * 1000.0, "read_bytes": 0, "written_bytes": bytes(index),
            })
        })
        .collect();
    let names: Vec<_> = summary.variants.iter().map(|one| json!({"name": &*one.variant})).collect();
    let failures: Vec<_> = run
        .outputs
        .iter()
        .filter(|ended| ended.status.is_failure())
        .map(|ended| {
            json!({
                "name": ended.image, "variant": ended.place.variant, "kind": ended.kind,
                "message": ended.reason.as_ref().map(|reason| reason.say(lang)), "detail": ended.last_words.join("\n"),
                "reproduce": ended.reproduce,
            })
        })
        .collect();
    json!({
        "seconds": summary.seconds,
        "job": {
            "name": run.name, "mode": summary.mode, "workers": summary.workers,
            "images": run.images, "outputs": run.outputs.len(), "variants": names,
            "progress": {
                "ok": summary.counts.ok, "failed": summary.counts.failed, "skipped": summary.counts.skipped,
                "work_ms": 0, "read_bytes": run.read_bytes, "written_bytes": summary.bytes,
                "variants": variants,
            },
        },
        "failures": failures,
    })
}

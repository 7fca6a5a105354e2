//! `--report FILE`: how a run has ended, in a file to keep.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use super::Exit;
use super::ui::Ui;
use lote_engine::event::{Event, OutputEnded, Summary};
use lote_engine::plan::{Plan, error::reason};
use lote_engine::report::Reporter;
use lote_protocol::text;
use lote_serve::web::report::{Finished, Kind, written};

/// Collects what is to be reported, and writes it when the run is over.
pub(super) struct Report {
    file: PathBuf,
    kind: Kind,
    plan: Arc<Plan>,
    outputs: Vec<OutputEnded>,
    ui: Ui,
}

impl Report {
    pub(super) fn new(file: PathBuf, kind: Kind, plan: Arc<Plan>, ui: Ui) -> Self {
        Self { file, kind, plan, outputs: Vec::new(), ui }
    }

    fn write(&mut self, summary: &Summary) {
        self.outputs.sort_by_key(|ended| ended.place);
        let folder = self.plan.output_folder();
        let text = written(
            &Finished {
                name: folder.display().to_string(),
                images: self.plan.images.len(),
                read_bytes: self.plan.images.iter().map(|image| image.bytes).sum(),
                left_out: &self.plan.left_out,
                outputs: &self.outputs,
                summary,
                folder,
            },
            self.kind,
            self.ui.lang,
        );
        if let Err(error) = fs::write(&self.file, text) {
            let file = self.file.display().to_string();
            self.ui.warn(text!("the report {} could not be written: {}", file, reason(&error)));
        }
    }
}

impl Reporter for Report {
    fn show(&mut self, event: &Event) {
        match event {
            Event::Output(ended) => self.outputs.push(ended.clone()),
            Event::Finished(summary) => self.write(summary),
            _ => {}
        }
    }
}

/// The kind of report that a file is to be. An error has been told already.
pub(super) fn kind(file: &std::path::Path, ui: Ui) -> Result<Kind, Exit> {
    Kind::of(file).ok_or_else(|| {
        let what = text!("there is no report of the kind of {}", file.display());
        ui.error(what, text!("reports are .html, .csv and .json"));
        Exit::Usage
    })
}

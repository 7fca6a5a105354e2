//! `--report FILE`: how a run has ended, in a file to keep.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::exit::Exit;
use crate::ui::Ui;
use lote_engine::event::{Event, OutputEnded, Summary};
use lote_engine::plan::{Plan, error::reason};
use lote_engine::report::Reporter;
use lote_engine::system::files::write_regular;
use lote_protocol::text;
use lote_serve::web::report::{Finished, ReportFormat, written};

/// Collects what is to be reported, and writes it when the run is over.
pub(super) struct Report {
    file: PathBuf,
    kind: ReportFormat,
    plan: Arc<Plan>,
    outputs: Vec<OutputEnded>,
    ui: Ui,
}

impl Report {
    pub(super) fn new(file: PathBuf, kind: ReportFormat, plan: Arc<Plan>, ui: Ui) -> Self {
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
        if let Err(error) = write_regular(&self.file, text.as_bytes()) {
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

/// The kind of report that a file is to be. An error has been told already; what is there and is no regular file, such as a
/// pipe that nobody may ever read, is one.
pub(super) fn kind(file: &Path, ui: Ui) -> Result<ReportFormat, Exit> {
    let refuse = |what| {
        ui.error(what, text!("reports are .html, .csv and .json"));
        Exit::Usage
    };
    if file.metadata().is_ok_and(|metadata| !metadata.is_file()) {
        return Err(refuse(text!("the report {} is not a regular file", file.display())));
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    if folder.is_some_and(|folder| !folder.is_dir()) {
        let why = text!("no such file or folder");
        let what = text!("the report {} could not be written: {}", file.display(), why);
        ui.error(what, text!("make its folder first"));
        return Err(Exit::Usage);
    }
    ReportFormat::of(file)
        .ok_or_else(|| refuse(text!("there is no report of the kind of {}", file.display())))
}

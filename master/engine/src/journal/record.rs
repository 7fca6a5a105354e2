//! Writing a journal.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::files;
use super::header::{FleetJob, Header};
use super::line::{Entry, How, Line, Outcome};
use super::name::Name;
use super::seal;
use crate::event::{Event, OutputEnded, Status};
use crate::plan::{Done, Number, OutputState, Plan};

/// The journal of a job at work. Lines are kept until [`Journal::flush`]; what the disk does not
/// take then is kept until the next one.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    pending: Vec<u8>,
    durable: bool,
    /// Whether what was made before is on record here.
    has_past: bool,
}

impl Journal {
    /// Begins a journal in that output folder, which exists. If it is `durable`, lines are forced
    /// to the disk.
    pub fn create(output: &Path, header: &Header) -> io::Result<Self> {
        let (path, file) =
            files::create(output, header.started_ms, header.part.as_ref().map(|part| part.shard))?;
        let durable = header.options.durable.unwrap_or_default();
        let pending = Vec::new();
        let mut journal = Self { path, file, pending, durable, has_past: false };
        journal.line(&Line::Job(Box::new(header.clone())));
        let first = journal.pending.strip_suffix(b"\n");
        if let Some(seal) = first.and_then(seal::of) {
            journal.line(&Line::Seal { seal });
        }
        if durable {
            sync_folders(&journal.path)?;
        }
        // A disk that is full now may have room later.
        let _ = journal.flush();
        Ok(journal)
    }

    /// Goes on with a journal that broke off.
    pub fn reopen(path: &Path, durable: bool) -> io::Result<Self> {
        let mut file = files::reopen(path)?;
        let mut pending = Vec::new();
        if file.seek(SeekFrom::End(0))? > 0 {
            file.seek(SeekFrom::End(-1))?;
            let mut last = [0];
            file.read_exact(&mut last)?;
            // What was torn off must not spoil the next line.
            if last != [b'\n'] {
                pending.push(b'\n');
            }
        }
        Ok(Self { path: path.to_owned(), file, pending, durable, has_past: true })
    }

    /// Its file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A run begins of that plan: what was made before is on record from here on, too.
    pub fn begin(&mut self, plan: &Plan) {
        if std::mem::replace(&mut self.has_past, true) {
            return;
        }
        for image in 0..plan.images.len() {
            for variant in 0..plan.variants.len() {
                if let OutputState::Done(done) = plan.state(image, variant) {
                    let output = plan.output(image, variant);
                    let tag = plan.in_store(&output).and_then(|(_, tag)| tag.map(str::to_owned));
                    self.made(plan, image, variant, *done, tag);
                }
            }
        }
    }

    /// Takes down what happened in a run of that plan.
    pub fn event(&mut self, event: &Event, plan: &Plan) {
        let Event::Output(ended) = event else { return };
        let (image, variant) = (ended.place.image, ended.place.variant);
        match ended.status {
            Status::Ok => {
                let number = match plan.state(image, variant) {
                    OutputState::Planned { number } => *number,
                    _ => 1,
                };
                let bytes = ended.bytes.unwrap_or(0);
                let (modified_ns, sha256) = (ended.modified_ns, ended.sha256);
                let done = Done { number, bytes, modified_ns, sha256 };
                self.made(plan, image, variant, done, ended.tag.clone());
            }
            Status::Failed | Status::Quarantined => self.entry(plan, image, variant, failed(ended)),
            // What is not tried is not on record.
            Status::Skipped => {}
        }
    }

    /// Takes down that the job was given to a fleet.
    pub fn given_to(&mut self, fleet: &FleetJob) {
        self.line(&Line::Fleet(fleet.clone()));
    }

    /// Takes down how the job has ended.
    pub fn end(&mut self, how: How) {
        self.line(&Line::End { how });
    }

    /// Hands all lines to the system. Those that it does not take are kept.
    pub fn flush(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let mut written = 0;
        let result = loop {
            match self.file.write(&self.pending[written..]) {
                Ok(0) => break Err(io::ErrorKind::WriteZero.into()),
                Ok(bytes) => written += bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
            if written == self.pending.len() {
                break Ok(());
            }
        };
        self.pending.drain(..written);
        result?;
        if self.durable { self.file.sync_data() } else { Ok(()) }
    }

    fn made(&mut self, plan: &Plan, image: usize, variant: usize, done: Done, tag: Option<String>) {
        let path = plan.output(image, variant);
        let output = path.strip_prefix(plan.output_folder()).unwrap_or(&path).into();
        let Done { number, bytes, modified_ns, sha256 } = done;
        let outcome = Outcome::Ok { output, number, bytes, modified_ns, sha256, tag };
        self.entry(plan, image, variant, outcome);
    }

    fn entry(&mut self, plan: &Plan, image: usize, variant: usize, outcome: Outcome) {
        self.line(&Line::Output(Box::new(entry(plan, image, variant, outcome))));
    }

    fn line(&mut self, line: &Line) {
        let before = self.pending.len();
        if let Err(error) = serde_json::to_writer(&mut self.pending, line) {
            tracing::error!(%error, "a defect in Lote: a line of the journal cannot be written");
            self.pending.truncate(before);
            return;
        }
        self.pending.push(b'\n');
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        if let Err(error) = self.flush() {
            tracing::warn!(%error, "the journal is not complete");
        }
    }
}

/// What is on record of an output of a plan.
///
/// # Panics
/// If there is no such image or variant.
pub fn entry(plan: &Plan, image: usize, variant: usize, outcome: Outcome) -> Entry {
    let input = &plan.images[image];
    Entry {
        image: Name(plan.origin(image)),
        image_bytes: input.bytes,
        image_modified_ns: input.modified_ns,
        image_tag: plan.tag(image).map(str::to_owned),
        page: input.page.map(|page| page.number),
        n: plan.number(image).map(|Number { value, digits }| format!("{value:0digits$}")),
        variant,
        steps: plan
            .has_exception(image, variant)
            .then(|| plan.variant(image, variant).steps.clone()),
        assets: plan.assets_digest(image, variant),
        outcome,
    }
}

fn failed(ended: &OutputEnded) -> Outcome {
    Outcome::Failed {
        quarantined: ended.status == Status::Quarantined,
        kind: ended.kind,
        reason: ended.reason.as_ref().map(ToString::to_string),
        text: ended.reason.clone(),
    }
}

/// Forces the names of the journal, its folder and the output folder to the disk.
#[cfg(unix)]
fn sync_folders(path: &Path) -> io::Result<()> {
    path.ancestors().skip(1).take(3).try_for_each(|folder| {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        File::open(folder)?.sync_all()
    })
}

#[cfg(not(unix))]
fn sync_folders(_path: &Path) -> io::Result<()> {
    Ok(())
}

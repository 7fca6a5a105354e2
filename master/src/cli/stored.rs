//! Jobs whose images or outputs are in a store: `s3://…`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lote_protocol::text;

use super::args::StoreArgs;
use crate::exit::Exit;
use crate::s3;
use crate::ui::Ui;
use lote_engine::journal::FOLDER;
use lote_engine::journal::fetch_records;
use lote_engine::lang::{Lang, Text, reason};
use lote_engine::plan::Spool;
use lote_engine::plan::{IfExists, Plan, PlanError, Request};
use lote_engine::run::Transfer;
use lote_engine::store::{
    Address, Error, Put, Store, is_address, probe, record_folder, spool_folder,
};
use lote_engine::words::bytes;

/// What the spool takes at most by itself, bytes.
const SPOOL_BYTES: u64 = 2 << 30;

/// How many keys that cannot be used are told of.
const SHOWN: usize = 10;

/// The store of a job.
#[derive(Debug)]
pub(super) struct Stored {
    store: Arc<dyn Store>,
    /// The folder that the spool is made in, and what it may take, bytes.
    folder: PathBuf,
    max_bytes: u64,
    /// Where outputs go, if to the store, and the folder of their records.
    output: Option<(Address, PathBuf)>,
}

impl Stored {
    /// The store that a job needs, if any. An error has been told already.
    pub(super) fn open<'a>(
        args: &StoreArgs,
        output: &Path,
        paths: impl IntoIterator<Item = &'a PathBuf>,
        ui: Ui,
    ) -> Result<Option<Self>, Exit> {
        let usage = |what: Text| {
            ui.error(what, None);
            Exit::Usage
        };
        let mut is_needed = is_address(output);
        for path in paths {
            if is_address(path) {
                Address::of(path).map_err(usage)?;
                is_needed = true;
            }
        }
        if !is_needed {
            return Ok(None);
        }
        let store = s3::open().map_err(|(what, hint)| {
            ui.error(what, hint);
            Exit::Usage
        })?;
        let no_folder =
            |what, option| usage(text!("no folder for {}: name one with {}", what, option));
        let folder = args.spool.clone().or_else(spool_folder);
        let folder = folder.ok_or_else(|| no_folder(text!("the spool"), "--spool"))?;
        let output = if is_address(output) {
            let address = Address::of(output).map_err(usage)?;
            let record = args.record.clone().or_else(|| record_folder(&address));
            let record = record.ok_or_else(|| no_folder(text!("the record"), "--record"))?;
            Some((address, record))
        } else {
            None
        };
        let max_bytes = args.spool_max.unwrap_or(SPOOL_BYTES);
        Ok(Some(Self { store, folder, max_bytes, output }))
    }

    /// The folder that records are in, if outputs go to the store.
    pub(super) fn record(&self) -> Option<&Path> {
        self.output.as_ref().map(|(_, record)| record.as_path())
    }

    /// Gets the records of earlier jobs that other machines have done. An error has been told already.
    pub(super) fn fetch_records(&self, ui: Ui) -> Result<(), Exit> {
        let Some((address, record)) = &self.output else { return Ok(()) };
        fetch_records(&*self.store, address, record).map_err(|error| refuse(&error, ui))
    }

    /// A spool with what a plan of that request looks at; with the outputs that are there if it asks for
    /// them. An error has been told already.
    pub(super) fn spool(
        &self,
        request: &Request,
        outputs: bool,
        ui: Ui,
    ) -> Result<Arc<Spool>, Exit> {
        let mut spool = Spool::new(&self.folder).map_err(|error| {
            let folder = self.folder.display().to_string();
            ui.error(text!("cannot use {} as the spool: {}", folder, reason(&error)), None);
            Exit::Refused
        })?;
        let refuse = |error: Error| refuse(&error, ui);
        spool.take_images(&*self.store, request).map_err(refuse)?;
        if let Some((address, _)) = self.output.as_ref().filter(|_| outputs) {
            spool.take_outputs(&*self.store, address).map_err(refuse)?;
        }
        Ok(Arc::new(spool))
    }

    /// Makes sure that outputs can go there as they are to, and says where what is. An error has been told
    /// already.
    pub(super) fn prepare(&self, if_exists: IfExists, ui: Ui) -> Result<(), Exit> {
        let spool = format!("{} ({})", self.folder.display(), bytes(self.max_bytes, ui.lang));
        let Some((address, record)) = &self.output else {
            ui.say(&match ui.lang {
                Lang::En => format!("spool: {spool}"),
                Lang::Es => format!("carpeta de paso: {spool}"),
            });
            return Ok(());
        };
        let only_new = if_exists != IfExists::Overwrite;
        probe(&*self.store, address, only_new).map_err(|error| {
            let is_replacing = only_new && matches!(error, Error::Refused(_));
            let hint = text!("--if-exists overwrite lets it; or take another store");
            ui.error(error.text(), is_replacing.then_some(hint));
            Exit::Refused
        })?;
        let record = record.join(FOLDER);
        let record = record.display();
        ui.say(&match ui.lang {
            Lang::En => format!("spool: {spool}; record: {record}"),
            Lang::Es => format!("carpeta de paso: {spool}; registro: {record}"),
        });
        Ok(())
    }

    /// The work of a plan on that spool. An error has been told already.
    pub(super) fn transfer<'a>(
        &self,
        plan: &'a Plan,
        spool: &Arc<Spool>,
        ui: Ui,
    ) -> Result<Transfer<'a>, Exit> {
        let store = Arc::clone(&self.store);
        Transfer::new(plan, Arc::clone(spool), store, self.max_bytes).map_err(|error| {
            ui.error(text!("no thread can be started: {}", error), text!("see `ulimit -u`"));
            Exit::NoWorkers
        })
    }

    /// Brings the record of a job to its outputs.
    pub(super) fn keep_record(&self, journal: &Path, ui: Ui) {
        let Some((address, _)) = &self.output else { return };
        let name = journal.file_name().unwrap_or_default().to_string_lossy();
        let to = address.join(&format!("{FOLDER}/{name}"));
        if let Err(error) = self.store.publish(journal, &to, Put::Over, "application/x-ndjson") {
            let (here, there) = (journal.display().to_string(), to.to_string());
            ui.warn(text!(
                "the record is in {} alone, as it could not be brought to {}: {}",
                here,
                there,
                error.text()
            ));
        }
    }
}

/// Says why a store cannot be used.
fn refuse(error: &Error, ui: Ui) -> Exit {
    ui.error(error.text(), None);
    match error {
        Error::Missing(_) => Exit::NothingMatched,
        _ => Exit::Refused,
    }
}

/// Says why a plan cannot be made, and what of the store could not be used for it.
pub(super) fn refuse_plan(error: &PlanError, spool: &Spool, ui: Ui) -> Exit {
    for problem in spool.problems().iter().take(SHOWN) {
        ui.warn(text!("{}: {}", problem.path.display(), problem.failure.message.clone()));
    }
    let said = |text: Text| text.map(|words| spool.said(words));
    ui.error(said(error.text()), said(error.hint()));
    Exit::from(error)
}

/// Refuses places in a store where folders are asked for. An error has been told already.
pub(super) fn only_folders<'a>(
    command: &str,
    paths: impl IntoIterator<Item = &'a PathBuf>,
    ui: Ui,
) -> Result<(), Exit> {
    if paths.into_iter().any(|path| is_address(path)) {
        let what = text!("{} takes folders; s3://… is for `lote run` and `lote rerun`", command);
        ui.error(what, None);
        return Err(Exit::Usage);
    }
    Ok(())
}

//! What a server that starts takes over from the one before: its uploads, its list of images, the jobs
//! that waited, and the one that broke off. What is gone is said by name.

use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};

use lote_engine::journal::{Name, Past};
use lote_engine::lang::Lang;
use lote_protocol::text;
use serde_json::json;

use super::App;
use super::error::Refusal;
use crate::images::folders::label;
use crate::images::{ImagePlace, Selection, Source};
use crate::kept::{self, Kept, Manifest};
use crate::live::shapes::Level;

impl App {
    /// Writes down what outlives this server. Blocks.
    pub fn keep(&self) {
        if let Some(kept) = &self.kept {
            kept.write(|| self.record());
        }
    }

    fn record(&self) -> Manifest {
        let list = self.images.place().map(|place| {
            let exclude = self.images.excluded();
            self.list(&place.root, place.recursive, exclude.iter())
        });
        let waiting = self.jobs.waiting().into_iter().map(|(request, selection)| {
            let Selection { root, recursive, exclude, label, .. } = selection;
            let list = self.list(&root, recursive, exclude.iter());
            kept::Waiting { name: label, request, list }
        });
        let waiting = waiting.collect();
        Manifest::new(&self.places.input, list, waiting)
    }

    fn list<'a>(
        &self,
        root: &Path,
        recursive: bool,
        exclude: impl Iterator<Item = &'a PathBuf>,
    ) -> kept::List {
        let name = root.file_name().unwrap_or_default().to_string_lossy();
        let place = if root.parent() == Some(&self.uploads.folder()) {
            kept::ListSource::Upload(name.into_owned())
        } else if root.parent() == Some(&self.places.samples) {
            kept::ListSource::Samples(name.parse().unwrap_or(1))
        } else {
            kept::ListSource::Folder { path: root.into(), recursive }
        };
        let exclude = exclude.filter_map(|path| path.strip_prefix(root).ok());
        kept::List { place, exclude: exclude.map(Name::from).collect() }
    }

    /// Lists the images of the server before, or those of the input folder, and takes over its jobs.
    /// Blocks.
    pub fn take_over(&self) {
        let record = self.kept.as_ref().map(Kept::read).unwrap_or_default();
        self.uploads.keep_only(&uploads_of(&record), self.jobs.broken_off().as_ref());
        // Who names another input folder wants that one.
        let list = record.list.filter(|_| record.input.0 == self.places.input);
        if list.is_none() {
            self.list_input();
        }
        if let Err(refusal) = self.restore_job() {
            tracing::warn!(message = %refusal.message, "the job that broke off cannot be continued");
        }
        if let Some(list) = list
            && let Err(refusal) = self.load_kept(&list)
        {
            if let kept::ListSource::Upload(_) = list.place {
                self.tell_loss("uploads_lost", "", &refusal);
            }
            self.list_input();
        }
        for kept::Waiting { name, request, list } in record.waiting {
            let queued = self.selection_of(&list).and_then(|selection| {
                self.jobs.wait_again(request, selection).map_err(Refusal::from)
            });
            if let Err(refusal) = queued {
                self.tell_loss("job_lost", &name, &refusal);
            }
        }
        if let Some(kept) = &self.kept {
            kept.begin();
        }
        self.keep();
    }

    fn list_input(&self) {
        if let Err(refusal) = self.load_input() {
            tracing::warn!(message = %refusal.message, "the input folder cannot be listed");
        }
    }

    fn tell_loss(&self, code: &'static str, name: &str, refusal: &Refusal) {
        let why = &refusal.message;
        let message = format!("{name} did not outlive the restart: {why}");
        let args =
            json!({ "name": name, "reason": why.to_string(), "reason_es": why.say(Lang::Es) });
        self.live.with(|model, t| model.notice(Level::Error, code, args, message, t));
    }

    /// A place that is on record, if it may be chosen now. Blocks.
    fn place_of(&self, place: &kept::ListSource) -> Result<ImagePlace, Refusal> {
        match place {
            kept::ListSource::Folder { path, recursive } => {
                self.folder_of(&path.0, *recursive).ok_or_else(|| {
                    Refusal::unprocessable(
                        "no_folder",
                        text!("its folder cannot be chosen any more"),
                    )
                })
            }
            kept::ListSource::Upload(id) => {
                let gone = || Refusal::unprocessable("no_uploads", text!("its photos are gone"));
                let root = self.uploads.kept(id).ok_or_else(gone)?;
                let (source, label) = (Source::Upload, Self::upload_label(&root));
                Ok(ImagePlace { source, label, root, recursive: true })
            }
            kept::ListSource::Samples(count) => self.samples(*count),
        }
    }

    /// The input folder, a folder that may be chosen, samples, or files which pages have sent.
    pub(super) fn folder_of(&self, root: &Path, recursive: bool) -> Option<ImagePlace> {
        if root == self.places.input {
            let (source, label) = (Source::Input, label(root));
            return Some(ImagePlace { source, label, root: root.to_owned(), recursive });
        }
        if root.parent() == Some(&self.uploads.folder()) {
            let root = self.uploads.kept(root.file_name()?.to_str()?)?;
            let (source, label) = (Source::Upload, Self::upload_label(&root));
            return Some(ImagePlace { source, label, root, recursive: true });
        }
        if root.parent() == Some(&self.places.samples) {
            return self.samples(root.file_name()?.to_str()?.parse().ok()?).ok();
        }
        let root = self.folders.allowed(root)?;
        let (source, label) = (Source::Folder, label(&root));
        Some(ImagePlace { source, label, root, recursive })
    }

    fn load_kept(&self, list: &kept::List) -> Result<(), Refusal> {
        let place = self.place_of(&list.place)?;
        let root = place.root.clone();
        self.images.load(place).map_err(|error| Refusal::from(&error))?;
        self.leave_out(below(&root, &list.exclude).iter());
        Ok(())
    }

    /// Leaves these out, and no others.
    fn leave_out<'a>(&self, paths: impl Iterator<Item = &'a PathBuf>) {
        let _ = self.images.exclude(None, false);
        // One that is not in the list any more needs no exclusion.
        let ids: Vec<_> = paths.filter_map(|path| self.images.id_of(path)).collect();
        let _ = self.images.exclude(Some(&ids), true);
    }

    fn selection_of(&self, list: &kept::List) -> Result<Selection, Refusal> {
        let place = self.place_of(&list.place)?;
        let exclude = below(&place.root, &list.exclude);
        Ok(self.images.selection_in(place, exclude))
    }

    /// Offers the job that broke off when a server last ended here, on the images of then, if they
    /// may be chosen now. Blocks.
    fn restore_job(&self) -> Result<(), Refusal> {
        let Some(past) = self.jobs.broken_off() else { return Ok(()) };
        let Some(place) = self.place_of_past(&past) else { return Ok(()) };
        let exclude = past.header.exclude.iter().map(|name| &name.0);
        let Some(images) = self.list_again(place, exclude)? else { return Ok(()) };
        self.jobs.restore(past, images).map_err(Refusal::from)
    }

    /// Where the images of a job of former days are, if they may be chosen now. Blocks.
    pub(super) fn place_of_past(&self, past: &Past) -> Option<ImagePlace> {
        let root = &past.header.paths.first()?.0;
        self.folder_of(root, past.header.options.recursive == Some(true))
    }

    /// Lists the images of a place but for those, and tells what a job would run on. Blocks.
    pub(super) fn list_again<'a>(
        &self,
        place: ImagePlace,
        exclude: impl Iterator<Item = &'a PathBuf>,
    ) -> Result<Option<Selection>, Refusal> {
        if self.images.place().is_none_or(|now| now.root != place.root) {
            self.images.load(place).map_err(|error| Refusal::from(&error))?;
        }
        self.leave_out(exclude);
        Ok(self.images.selection())
    }
}

/// The uploads that a record speaks of.
fn uploads_of(record: &Manifest) -> HashSet<String> {
    let waiting = record.waiting.iter().map(|waiting| &waiting.list);
    record
        .list
        .iter()
        .chain(waiting)
        .filter_map(|list| match &list.place {
            kept::ListSource::Upload(id) => Some(id.clone()),
            _ => None,
        })
        .collect()
}

/// Paths below a folder, without those that would lead out of it.
fn below(root: &Path, paths: &[Name]) -> HashSet<PathBuf> {
    let stays = |path: &&Name| path.0.components().all(|part| matches!(part, Component::Normal(_)));
    paths.iter().filter(stays).map(|path| root.join(&path.0)).collect()
}

//! The first line of a journal: what is needed to ask for the job again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use lote_protocol::filter::{CallError, VariantSpec};
use lote_protocol::time::nanoseconds;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::before::Before;
use super::name::Name;
use crate::catalogue;
use crate::job::{Options, Unusable};
use crate::plan::Exception;
use crate::plan::{IfExists, Request, Shard, named_files};
use crate::store::from;

/// The version of the form of journals.
pub(super) const FORMAT: u32 = 2;

/// Who ran a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// The command line.
    Run,
    /// The server, for a page.
    Serve,
}

/// What a job was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Header {
    /// The version of the journal's form.
    pub format: u32,
    /// The version of the program.
    pub lote: String,
    /// When the job began, ms since 1970.
    pub started_ms: i64,
    /// Who ran it.
    pub by: By,
    /// The folder that paths begin at unless they are absolute.
    pub base: Name,
    /// As in [`Request`], and so are the next ones.
    pub paths: Vec<Name>,
    /// Files that were left out.
    pub exclude: Vec<Name>,
    /// Where links may lead.
    pub within: Vec<Name>,
    /// The output folder, absolute: where it was, for people.
    pub output: Name,
    /// What was made of every image.
    pub variants: Vec<VariantSpec>,
    /// The folder that files begin in which parameters name; none is that of other paths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assets: Option<Name>,
    /// What single images had otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<Exception>,
    /// How, but for the folder, which is part of `output`.
    #[serde(default)]
    pub options: Options,
    /// Which part of a job it was, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<SharedPart>,
    /// The job of a fleet that it was, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fleet: Option<FleetJob>,
    /// What the server needs to show it again.
    #[serde(default)]
    pub page: Option<ServedJob>,
}

impl Serialize for Header {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Read {
            #[serde(flatten, with = "Header")]
            header: Header,
            #[serde(flatten)]
            before: Option<Before>,
        }
        let Read { header, before } = Read::deserialize(deserializer)?;
        Ok(match before {
            Some(before) if header.format < FORMAT => {
                Self { format: FORMAT, options: before.options(), ..header }
            }
            _ => header,
        })
    }
}

/// What a job was to a fleet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FleetJob {
    /// Its name there.
    pub job: String,
    /// Where the roots of its images and outputs were on the machine that asked for it, by their names.
    pub roots: BTreeMap<String, Name>,
}

impl FleetJob {
    /// Where a path is on a machine that has roots elsewhere: `here` tells where.
    fn moved(&self, path: &Path, here: &impl Fn(&str) -> Option<PathBuf>) -> PathBuf {
        let moved = |(name, there): (&String, &Name)| {
            let below = path.strip_prefix(&there.0).ok()?;
            let here = here(name)?;
            Some(if below.as_os_str().is_empty() { here } else { here.join(below) })
        };
        self.roots.iter().find_map(moved).unwrap_or_else(|| path.to_owned())
    }
}

/// A part of a job that several machines share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedPart {
    /// Which one.
    pub shard: Shard,
    /// The job's name, if it has one.
    pub job: Option<String>,
    /// What all parts have to agree on: [`crate::plan::Plan::digest`].
    pub plan: String,
}

/// What the server needs to show a job again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServedJob {
    /// The name of the images' folder, for people.
    pub label: String,
    /// The folder in the server's output folder, if it was not that itself.
    pub folder: Option<String>,
}

impl Header {
    /// What was done about outputs that existed.
    pub fn if_exists(&self) -> IfExists {
        self.options.if_exists.unwrap_or_default()
    }

    /// The variants by their files: what the entries of the journal count.
    pub fn variants_by_file(&self) -> Vec<VariantSpec> {
        VariantSpec::by_file(&self.variants)
    }

    /// For a job that begins now, with paths from the current folder on.
    pub fn new(request: &Request, options: Options, by: By) -> Self {
        let base = std::env::current_dir().unwrap_or_default();
        let names = |paths: &mut dyn Iterator<Item = &PathBuf>| -> Vec<Name> {
            paths.map(|path| Name(path.clone())).collect()
        };
        Self {
            format: FORMAT,
            lote: env!("CARGO_PKG_VERSION").to_owned(),
            started_ms: now_ms(),
            by,
            output: Name(from(&base, &request.output)),
            assets: Some(&request.assets)
                .filter(|folder| !folder.as_os_str().is_empty())
                .map(|folder| Name(base.join(folder))),
            base: Name(base),
            paths: names(&mut request.paths.iter()),
            exclude: names(&mut request.exclude.iter()),
            within: names(&mut request.within.iter()),
            variants: request.variants.clone(),
            exceptions: request.exceptions.clone(),
            options: Options { folder: None, ..options },
            part: None,
            fleet: None,
            page: None,
        }
    }

    /// The same of a job of a fleet, with paths as this machine has its roots; `images` are those that are
    /// on record of it.
    pub(super) fn at_roots<'a>(
        &mut self,
        images: impl Iterator<Item = &'a mut Name>,
        here: &impl Fn(&str) -> Option<PathBuf>,
    ) {
        let Some(fleet) = self.fleet.clone() else { return };
        let base = std::mem::take(&mut self.base.0);
        let moved = |name: &mut Name| name.0 = fleet.moved(&base.join(&name.0), here);
        let lists = [&mut self.paths, &mut self.exclude, &mut self.within];
        lists.into_iter().flatten().for_each(moved);
        images.for_each(moved);
        self.assets.iter_mut().for_each(moved);
        moved(&mut self.output);
        self.base.0 = fleet.moved(&base, here);
    }

    /// For a job of the command line that repeats this one now, with outputs to that folder.
    #[must_use]
    pub fn again(&self, output: &Path) -> Self {
        let lote = env!("CARGO_PKG_VERSION").to_owned();
        let output = Name(from(&std::env::current_dir().unwrap_or_default(), output));
        let again = Self { lote, started_ms: now_ms(), output, by: By::Run, ..self.clone() };
        Self { part: None, fleet: None, page: None, ..again }
    }

    /// The inputs of the job, and the files that its filters name, that are in none of these folders,
    /// wherever links lead: a record that somebody has put there could name any file.
    pub fn outside(&self, folders: &[PathBuf]) -> Vec<PathBuf> {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let folders: Vec<_> = folders.iter().map(|folder| real(folder)).collect();
        let inputs = self.paths.iter().map(|name| from(&self.base.0, &name.0));
        let is_outside = |path: &PathBuf| {
            let path = real(path);
            !folders.iter().any(|folder| path.starts_with(folder))
        };
        // Where a plan looks for them.
        let begin = &self.assets.as_ref().unwrap_or(&self.base).0;
        let special =
            |exception: &Exception| exception.variant(&mut self.variants.clone()).ok().cloned();
        let special: Vec<_> = self.exceptions.iter().filter_map(special).collect();
        let files = named_files(&self.variants, begin).into_iter();
        let files = files.chain(named_files(&special, begin));
        inputs.chain(files).filter(is_outside).collect()
    }

    /// The same request once more, with outputs to that folder. Everything is checked as if the
    /// user had typed it.
    pub fn request(&self, output: &Path, slots: usize) -> Result<Request, Unusable> {
        let here = std::env::current_dir().is_ok_and(|here| here == self.base.0);
        let path = |name: &Name| if here { name.0.clone() } else { from(&self.base.0, &name.0) };
        let variants = self.variants.iter().map(|variant| {
            let checked =
                |step: &lote_protocol::filter::FilterCall| step.clone().checked(&catalogue::all());
            let steps = variant.steps.iter().map(checked).collect::<Result<_, _>>()?;
            Ok(VariantSpec { steps, ..variant.clone() })
        });
        let request = Request {
            exclude: self.exclude.iter().map(path).collect(),
            within: self.within.iter().map(|name| name.0.clone()).collect(),
            assets: match &self.assets {
                Some(folder) => folder.0.clone(),
                None if here => PathBuf::new(),
                None => self.base.0.clone(),
            },
            exceptions: self.exceptions.clone(),
            slots,
            ..Request::new(
                self.paths.iter().map(path).collect(),
                output.to_owned(),
                variants.collect::<Result<_, CallError>>()?,
            )
        };
        self.options.apply(request)
    }
}

fn now_ms() -> i64 {
    nanoseconds(SystemTime::now()).unwrap_or_default() / 1_000_000
}

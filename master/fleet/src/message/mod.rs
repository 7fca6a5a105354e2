//! What travels: jobs, parcels, records, and what agents say of themselves. JSON, `"v":1` first.
//!
//! Whoever may write to the engine may write anything: length and depth are checked before a message is
//! read, counts and paths after it. Fields are added in later versions, never renamed.

mod live;

use std::collections::{BTreeMap, HashSet};

use lote_engine::event::Status;
use lote_engine::journal::{Header, Name};
use lote_protocol::digest::Digest;
use lote_protocol::filter::FilterCall;
use lote_protocol::format::FormatId;
use lote_protocol::lang::Text;
use lote_protocol::outcome::FailureKind;
use lote_protocol::task::{Asset, Limits, Page};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::names::{Build, FleetName, JobId, ParcelId};
use crate::parcel::{MAX_OUTPUTS, MAX_UNITS};

pub use live::{Happening, Live, MAX_HAPPENED, What};

/// The version of the messages' form.
const VERSION: u32 = 1;

/// Arrays and objects stand in each other so deep, at most: a recipe's curve in a job does ten deep.
const MAX_DEPTH: usize = 16;

/// Longest path, bytes.
const MAX_PATH: usize = 4096;

/// Most roots that an agent or a job names, and longest text of theirs, bytes.
const MAX_ROOTS: usize = 64;
const MAX_TEXT: usize = 4096;

/// Most files that the filters of a variant need.
const MAX_ASSETS: usize = 256;

/// Most images that an agent works on at a time.
const MAX_SLOTS: u32 = 1024;

/// Most lines that an output has, of notes and of last words.
const MAX_LINES: usize = 64;

/// Why a message is not understood.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// It is too long to be looked at.
    #[error("it has {bytes} bytes, and {most} are the most")]
    Long {
        /// Its length.
        bytes: usize,
        /// The limit.
        most: usize,
    },
    /// Arrays and objects stand in each other too deep.
    #[error("it is nested too deep")]
    Deep,
    /// It is of another version.
    #[error("it has version {0}, and this program knows {VERSION}")]
    Version(u64),
    /// It is not JSON, or lacks something.
    #[error("it cannot be read: {0}")]
    Form(#[from] serde_json::Error),
    /// Something in it is not as it may be.
    #[error("{0}")]
    Content(&'static str),
}

/// What travels.
pub trait Message: Serialize + DeserializeOwned {
    /// Its greatest length, bytes.
    const MAX_BYTES: usize = 64 << 10;

    /// Checks what its type does not say.
    fn check(&self) -> Result<(), MessageError> {
        Ok(())
    }

    /// The message as it travels.
    fn to_bytes(&self) -> Result<Vec<u8>, MessageError> {
        let bytes = serde_json::to_vec(&Versioned { v: VERSION, message: self })?;
        limit(bytes.len(), Self::MAX_BYTES)?;
        Ok(bytes)
    }

    /// Reads what has come.
    fn from_bytes(bytes: &[u8]) -> Result<Self, MessageError> {
        limit(bytes.len(), Self::MAX_BYTES)?;
        if depth(bytes) > MAX_DEPTH {
            return Err(MessageError::Deep);
        }
        let Version { v } = serde_json::from_slice(bytes)?;
        if v != u64::from(VERSION) {
            return Err(MessageError::Version(v));
        }
        let message: Self = serde_json::from_slice(bytes)?;
        message.check()?;
        Ok(message)
    }
}

#[derive(Serialize)]
struct Versioned<'a, T> {
    v: u32,
    #[serde(flatten)]
    message: &'a T,
}

#[derive(Deserialize)]
struct Version {
    v: u64,
}

fn limit(bytes: usize, most: usize) -> Result<(), MessageError> {
    if bytes > most { Err(MessageError::Long { bytes, most }) } else { Ok(()) }
}

/// How deep arrays and objects stand in each other, without reading them.
fn depth(bytes: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_text, mut is_escaped) = (false, false);
    for byte in bytes {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_text => is_escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn demand(holds: bool, what: &'static str) -> Result<(), MessageError> {
    if holds { Ok(()) } else { Err(MessageError::Content(what)) }
}

/// Whether a path leads from a folder to something below it, by its text alone.
pub fn is_below(name: &Name) -> bool {
    let bytes = name.0.as_os_str().as_encoded_bytes();
    let mut parts = bytes.split(|byte| *byte == b'/' || cfg!(windows) && *byte == b'\\');
    bytes.len() <= MAX_PATH
        && !bytes.contains(&0)
        && !(cfg!(windows) && bytes.contains(&b':'))
        && parts.all(|part| !matches!(part, b"" | b"." | b".."))
}

/// The same for what is written: never into the folder of journals.
fn is_output(name: &Name) -> bool {
    let bytes = name.0.as_os_str().as_encoded_bytes();
    let mut parts = bytes.split(|byte| *byte == b'/');
    is_below(name) && parts.all(|part| part != b".lote" && part != b".lote-root")
}

fn are_distinct(mut numbers: impl Iterator<Item = u32>) -> bool {
    let mut seen = HashSet::new();
    numbers.all(|number| seen.insert(number))
}

/// A place below a root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Below {
    /// The root's name.
    pub root: FleetName,
    /// The way from there; empty for the root itself.
    pub path: Name,
}

impl Below {
    fn is_fine(&self) -> bool {
        self.path.0.as_os_str().is_empty() || is_below(&self.path)
    }
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Its parcels are to be done.
    Open,
    /// Nobody wants the rest.
    Cancelled,
    /// All is done.
    Ended,
}

/// What all parcels of a job have in common.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its name.
    pub job: JobId,
    /// Who is to work on it.
    pub pool: FleetName,
    /// The build that is to work on it.
    pub build: Build,
    /// How far it is.
    pub state: State,
    /// What it was asked for, without the paths: recipe, encoding, how to work.
    pub header: Header,
    /// The root that all images are below.
    pub input: FleetName,
    /// The folder that all outputs are below.
    pub output: Below,
    /// Where files that filters name begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assets: Option<Below>,
    /// What the filters of each variant need beside the image, by file as outputs count variants.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Vec<Asset>>,
    /// The marks that the roots bear, by the roots' names.
    pub roots: BTreeMap<FleetName, String>,
    /// What workers refuse to load.
    pub limits: Limits,
    /// How many images it has.
    pub images: u64,
    /// How many outputs are to be made.
    pub outputs: u64,
    /// When it began, ms since 1970.
    pub started_ms: i64,
}

impl Message for Job {
    const MAX_BYTES: usize = 1 << 20;

    fn check(&self) -> Result<(), MessageError> {
        demand(self.output.is_fine(), "the output folder is not below its root")?;
        let assets = self.assets.as_ref().is_none_or(Below::is_fine);
        demand(assets, "the folder of the filters' files is not below its root")?;
        check_roots(&self.roots)?;
        let mut needs = self.needs.iter();
        let is_little = self.needs.len() <= MAX_OUTPUTS && needs.all(|of| of.len() <= MAX_ASSETS);
        demand(is_little, "its filters need too many files")?;
        let mut needed = [&self.input, &self.output.root].into_iter();
        demand(needed.all(|root| self.roots.contains_key(root)), "a root has no mark")?;
        demand(self.header.paths.is_empty(), "it names paths of the machine that asked for it")
    }
}

fn check_roots(roots: &BTreeMap<FleetName, String>) -> Result<(), MessageError> {
    demand(roots.len() <= MAX_ROOTS, "it has too many roots")?;
    demand(roots.values().all(|mark| mark.len() <= MAX_TEXT), "a root's mark is too long")
}

/// An image, and what is to be made of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unit {
    /// Its number in the job, from 0.
    pub unit: u32,
    /// The image, below the job's input root.
    pub image: Name,
    /// Its size, bytes.
    pub bytes: u64,
    /// When it was last changed, ns since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified_ns: Option<i64>,
    /// How many pixels it has, as its header declares or its size suggests.
    pub pixels: u64,
    /// Its place among the images of the job, from 1.
    pub number: u64,
    /// The frame or page that it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<Page>,
    /// What is to be made of it.
    pub outputs: Vec<Output>,
}

/// An output to be made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Output {
    /// The variant, as its place among those of the job by file.
    pub variant: u32,
    /// Where it goes, below the root of the job's output folder.
    pub output: Name,
    /// Whether a file that is there may be replaced.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replace: bool,
    /// The format, where it is known before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<FormatId>,
    /// The filters, where they are others than the variant's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<Vec<FilterCall>>,
    /// What these need beside the image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assets: Option<Vec<Asset>>,
}

/// Units that travel together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Parcel {
    /// Their job.
    pub job: JobId,
    /// The parcel's name.
    pub parcel: ParcelId,
    /// The units, at least one.
    pub units: Vec<Unit>,
}

impl Message for Parcel {
    fn check(&self) -> Result<(), MessageError> {
        demand((1..=MAX_UNITS).contains(&self.units.len()), "it has too few or too many images")?;
        let outputs = || self.units.iter().flat_map(|unit| &unit.outputs);
        demand(outputs().count() <= MAX_OUTPUTS, "it has too many outputs")?;
        let is_whole = self.units.iter().all(|unit| !unit.outputs.is_empty());
        demand(is_whole, "an image has no output")?;
        // Whoever works on it has to tell them apart.
        let units = are_distinct(self.units.iter().map(|unit| unit.unit));
        demand(units, "an image is there twice")?;
        let variants = |unit: &Unit| are_distinct(unit.outputs.iter().map(|output| output.variant));
        demand(self.units.iter().all(variants), "a variant is there twice")?;
        let images = self.units.iter().all(|unit| is_below(&unit.image));
        demand(images, "an image is not below its root")?;
        demand(outputs().all(|output| is_output(&output.output)), "an output is not below its root")
    }
}

/// What became of an output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    /// Its unit, by its number in the job.
    pub unit: u32,
    /// Its place among the unit's outputs, from 0.
    pub place: u32,
    /// Where it went, as in [`Output::output`].
    pub output: Name,
    /// What became of it: not [`Status::Skipped`].
    pub status: Status,
    /// Its size.
    pub bytes: u64,
    /// When it was written, as its file says, ns since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified_ns: Option<i64>,
    /// Its SHA-256.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
    /// The time that it took, with its share of decoding, ms.
    pub ms: f64,
    /// That share, ms.
    pub decode_ms: f64,
    /// How often its unit had been given to a worker of the agent, from 1.
    pub attempt: u32,
    /// The class of the failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<FailureKind>,
    /// What went wrong, one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
    /// What was left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Text>,
    /// What its worker wrote before it died.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub last_words: Vec<String>,
    /// The command that makes it alone, on the agent's machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reproduce: Option<String>,
}

/// What became of a parcel. There is one for each, whoever has done it how often.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The parcel.
    pub parcel: ParcelId,
    /// Who did it.
    pub agent: FleetName,
    /// The build of that agent.
    pub build: Build,
    /// How often it had been handed out, from 1.
    pub delivery: u32,
    /// How long the agent had it in hand, ms.
    pub ms: u64,
    /// What became of all of its outputs.
    pub outputs: Vec<Ended>,
}

impl Message for Record {
    const MAX_BYTES: usize = 256 << 10;

    fn check(&self) -> Result<(), MessageError> {
        demand(self.outputs.len() <= MAX_OUTPUTS, "it has too many outputs")?;
        for ended in &self.outputs {
            demand(ended.status != Status::Skipped, "an output was skipped")?;
            demand(is_output(&ended.output), "an output is not below its root")?;
            let lines = ended.notes.len().max(ended.last_words.len());
            demand(lines <= MAX_LINES, "an output has too many notes")?;
        }
        Ok(())
    }
}

impl Record {
    /// The same, short enough to travel: what is least needed is left out if it must be.
    pub fn fitting(mut self) -> Result<Vec<u8>, MessageError> {
        for ended in &mut self.outputs {
            ended.notes.truncate(MAX_LINES);
            ended.last_words.truncate(MAX_LINES);
        }
        for shorten in [|_: &mut Ended| {}, without_words, without_texts] {
            self.outputs.iter_mut().for_each(shorten);
            match self.to_bytes() {
                Err(MessageError::Long { .. }) => {}
                result => return result,
            }
        }
        self.to_bytes()
    }
}

fn without_words(ended: &mut Ended) {
    (ended.notes, ended.last_words, ended.reproduce) = (Vec::new(), Vec::new(), None);
}

fn without_texts(ended: &mut Ended) {
    ended.reason = None;
}

/// What is known of agents that had a parcel in hand before: on record before it is begun anew.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Marks {
    /// How often it was begun after it had been handed out before. That it came back alone says nothing: it
    /// may have been given back.
    #[serde(default)]
    pub tried: u32,
    /// The units that were begun alone and did not come to their end, by their place, and how often.
    pub begun: BTreeMap<u32, u32>,
}

impl Message for Marks {}

/// What an agent is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// It works, or waits for work.
    Working,
    /// It was told to rest, or cannot write.
    Paused,
    /// It finishes what it has.
    Draining,
    /// It cannot take part in the job that is there.
    Refusing,
    /// It has left: its last word.
    Left,
}

/// An agent that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Here {
    /// Its name.
    pub agent: FleetName,
    /// Its pool.
    pub pool: FleetName,
    /// Its build.
    pub build: Build,
    /// The version of the program, for people.
    pub version: String,
    /// How many images it works on at a time.
    pub slots: u32,
    /// How many it has in hand.
    pub busy: u32,
    /// The job that it works on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
    /// What it is doing.
    pub state: Presence,
    /// Why it rests or refuses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The marks of its roots, by their names.
    pub roots: BTreeMap<FleetName, String>,
    /// How the names of its temporary files begin.
    #[serde(default)]
    pub owner: String,
}

impl Message for Here {
    fn check(&self) -> Result<(), MessageError> {
        let texts = [Some(&self.version), Some(&self.owner), self.reason.as_ref()];
        let is_short = texts.into_iter().flatten().all(|text| text.len() <= MAX_TEXT);
        demand(is_short, "a text is too long")?;
        demand(self.slots <= MAX_SLOTS, "it works on more images at a time than any does")?;
        check_roots(&self.roots)
    }
}

/// What an agent can be told. There is nothing else: no program, no path, no environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "lowercase")]
pub enum Control {
    /// Begin nothing more.
    Pause,
    /// Go on.
    Resume,
    /// Finish what has been begun, and end.
    Drain,
    /// Kill a worker.
    Kill {
        /// Its number.
        worker: u32,
    },
    /// Look whether the jobs in hand are open.
    Look,
    /// Say for a while what the workers do.
    Watch {
        /// How often, ms.
        every_ms: u32,
    },
}

impl Message for Control {}

/// That everybody who hears it is to say who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {}

impl Message for Who {}

#[cfg(test)]
mod tests;

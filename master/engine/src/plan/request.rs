//! What a run is asked to do.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use lote_protocol::encoding::Encoding;
use lote_protocol::filter::VariantSpec;
use lote_protocol::task::Limits;
use serde::{Deserialize, Serialize};

use super::{Exception, Globs, Pattern, PatternError, Shard, Spool};

/// What a run is asked to do. The command line and the page both end in one of these.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Files and folders with images, at least one.
    pub paths: Vec<PathBuf>,
    /// Whether folders are searched with everything below them.
    pub recursive: bool,
    /// Files in those folders that are left out, each as its folder was named, and its path below.
    pub exclude: HashSet<PathBuf>,
    /// Which files and folders are taken, by patterns.
    pub globs: Globs,
    /// Whether raw files in those folders are taken that are beside another image of their stem.
    pub raw: bool,
    /// Unless empty, links lead nowhere but into these folders, which have none in their own paths.
    /// A link to elsewhere comes back as an image that may not be read.
    pub within: Vec<PathBuf>,
    /// The folder that outputs go to; it need not exist.
    pub output: PathBuf,
    /// What to make of every image, at least one.
    pub variants: Vec<VariantSpec>,
    /// The folder that files begin in which parameters name; empty for the working folder.
    pub assets: PathBuf,
    /// What single images have otherwise; of several of one image each adds to the one before.
    pub exceptions: Vec<Exception>,
    /// What outputs are called whose variants do not say it.
    pub pattern: Pattern,
    /// How outputs are encoded.
    pub encoding: Encoding,
    /// What to do about outputs that exist already.
    pub if_exists: IfExists,
    /// What to do about images whose outputs would have the same path.
    pub if_collides: IfCollides,
    /// The most frames or pages of which each becomes an output of its own, where a pattern has `{page}`.
    pub max_frames: u64,
    /// Which part of the images is to be processed, if not all.
    pub shard: Option<Shard>,
    /// How many tasks can run side by side; 0 counts as 1.
    pub slots: usize,
    /// Where the twins of what is in a store are, if any of it is.
    pub spool: Option<Arc<Spool>>,
}

impl Request {
    /// To make these variants of what is in these files and folders, one image at a time and with
    /// nothing that has a default set otherwise.
    pub fn new(paths: Vec<PathBuf>, output: PathBuf, variants: Vec<VariantSpec>) -> Self {
        Self {
            paths,
            recursive: false,
            exclude: HashSet::new(),
            globs: Globs::default(),
            raw: false,
            within: Vec::new(),
            output,
            variants,
            assets: PathBuf::new(),
            exceptions: Vec::new(),
            pattern: Pattern::default(),
            encoding: Encoding::default(),
            if_exists: IfExists::default(),
            if_collides: IfCollides::default(),
            max_frames: Limits::default().max_frames,
            shard: None,
            slots: 1,
            spool: None,
        }
    }

    /// What the outputs of a variant are called.
    ///
    /// # Errors
    /// It says so itself, and what cannot be.
    pub fn pattern_of(&self, variant: &VariantSpec) -> Result<Pattern, PatternError> {
        variant.pattern.as_deref().map_or_else(|| Ok(self.pattern.clone()), str::parse)
    }

    /// The same on the twins of what is in a store.
    pub(super) fn on(&self, spool: &Spool) -> Self {
        let mut request = self.clone();
        for path in &mut request.paths {
            *path = spool.place(path);
        }
        request.output = spool.place(&request.output);
        if !request.within.is_empty() {
            request.within.push(spool.root().to_owned());
        }
        request
    }
}

/// What to do about an output that exists already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IfExists {
    /// Replace it.
    #[default]
    #[serde(alias = "sobrescribir")]
    Overwrite,
    /// Leave it, and do not make it again.
    #[serde(alias = "saltar")]
    Skip,
    /// Leave it, and number the new one: `a_grises-2.jpg`.
    #[serde(alias = "renombrar")]
    Rename,
    /// Refuse the run.
    #[serde(alias = "fallar")]
    Fail,
}

/// What to do about images whose outputs would have the same path: `x/a.jpg` and `y/a.jpg`, or
/// names that differ only in case or in how their accents are encoded, as some file systems take
/// those for the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IfCollides {
    /// Refuse the run.
    #[default]
    #[serde(alias = "fallar")]
    Fail,
    /// Number all but the first: `a-2_grises.jpg`.
    #[serde(alias = "renombrar")]
    Rename,
}

//! Options as journals had them before they were those of recipes.

use std::time::Duration;

use lote_protocol::encoding::Encoding;
use lote_protocol::sandbox::Policy;
use serde::Deserialize;

use crate::event::Mode;
use crate::job::{IfLarger, Options};
use crate::plan::{IfCollides, IfExists};

/// Options as the first version of a journal's form has them.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Before {
    recursive: bool,
    #[serde(default)]
    include_globs: Vec<String>,
    #[serde(default)]
    exclude_globs: Vec<String>,
    #[serde(default)]
    raw: bool,
    pattern: String,
    encoding: Encoding,
    if_exists: IfExists,
    if_collides: IfCollides,
    work: WorkBefore,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct WorkBefore {
    mode: Mode,
    jobs: Option<u32>,
    timeout: Option<Duration>,
    max_memory: Option<u64>,
    max_pixels: Option<u64>,
    #[serde(default)]
    max_frames: Option<u64>,
    durable: bool,
    #[serde(default)]
    sandbox: Policy,
}

impl Before {
    /// The same as they are now.
    pub(super) fn options(self) -> Options {
        let Self { encoding, work, .. } = self;
        let some = |list: Vec<String>| (!list.is_empty()).then_some(list);
        Options {
            recursive: Some(self.recursive),
            include: some(self.include_globs),
            exclude: some(self.exclude_globs),
            raw: Some(self.raw),
            pattern: Some(self.pattern),
            format: encoding.format,
            quality: encoding.quality,
            subsampling: encoding.subsampling,
            progressive: encoding.progressive,
            background: Some(encoding.background),
            if_larger: encoding.keep_original.then_some(IfLarger::KeepOriginal),
            if_exists: Some(self.if_exists),
            if_collides: Some(self.if_collides),
            mode: Some(work.mode),
            jobs: work.jobs,
            timeout: work.timeout,
            max_memory: work.max_memory,
            max_pixels: work.max_pixels,
            max_frames: work.max_frames,
            durable: Some(work.durable),
            sandbox: Some(work.sandbox),
            ..Options::of_carry(&encoding.carry)
        }
    }
}

//! What is known of earlier runs, for whoever knows of any.

use std::path::{Path, PathBuf};

use lote_protocol::digest::Digest;

use super::{Number, Plan};

/// An output that was made before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    /// Its number, if above 1, among files of that name.
    pub number: u32,
    /// Its size, bytes.
    pub bytes: u64,
    /// When it was written, ns since 1970.
    pub modified_ns: Option<i64>,
    /// Its SHA-256, if that is known.
    pub sha256: Option<Digest>,
}

/// Tells what is known of earlier runs.
pub trait Past {
    /// The output of an image (its absolute path is given, too) in a variant of that plan, and where
    /// it is below the output folder: if it was made so, with the same encoding and files beside it
    /// ([`Plan::assets_digest`]), and is as it was, and so is the image.
    fn done(&self, input: &Path, plan: &Plan, place: (usize, usize)) -> Option<(Done, PathBuf)>;

    /// The number that an image (its absolute path) has in names, if it was given one.
    fn number(&self, _input: &Path) -> Option<Number> {
        None
    }

    /// The highest number that any image was given, 0 if none was.
    fn highest_number(&self) -> u32 {
        0
    }

    /// The outputs, by their paths below the output folder, whose names are kept for their images
    /// (absolute, and which page of it), be those in the plan or not; none where names are given anew.
    fn kept_names(&self) -> Vec<(&Path, &Path, Option<u32>)> {
        Vec::new()
    }
}

/// No run before.
#[derive(Debug, Clone, Copy)]
pub struct NoPast;

impl Past for NoPast {
    fn done(&self, _: &Path, _: &Plan, _: (usize, usize)) -> Option<(Done, PathBuf)> {
        None
    }
}

//! Whether two runs of the same images have made the same outputs, byte for byte.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::plan::Plan;
use crate::system::files::read_regular;
use data_encoding::HEXLOWER;

/// Largest output that is looked at, bytes.
const MAX_BYTES: u64 = 4 << 30;

/// The outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Comparison {
    /// Outputs planned.
    pub outputs: usize,
    /// Outputs that are equal in both runs.
    pub equal: usize,
    /// Outputs that are missing in either.
    pub missing: usize,
    /// Outputs that differ.
    pub different: usize,
}

impl Comparison {
    /// Whether every output is there twice, and equal.
    pub const fn holds(&self) -> bool {
        self.outputs > 0 && self.equal == self.outputs
    }
}

/// Compares the outputs of two plans of the same images and variants.
pub fn compare(one: &Plan, other: &Plan) -> Comparison {
    let mut result = Comparison::default();
    for image in 0..one.images.len() {
        for variant in 0..one.variants.len() {
            result.outputs += 1;
            let read = |plan: &Plan| read_regular(&plan.output(image, variant), MAX_BYTES).ok();
            match (read(one), read(other)) {
                (Some(a), Some(b)) if a == b => result.equal += 1,
                (Some(_), Some(_)) => result.different += 1,
                _ => result.missing += 1,
            }
        }
    }
    result
}

/// One number for all outputs of a plan that are there, with their names: what
/// `LC_ALL=C sha256sum */* | sha256sum` says in the output folder, as long as each variant has a
/// folder of its own and nothing else is in it.
pub fn digest(plan: &Plan) -> String {
    let places = (0..plan.images.len())
        .flat_map(|image| (0..plan.variants.len()).map(move |variant| (image, variant)));
    digest_of(places.map(|(image, variant)| {
        let path = plan.output(image, variant);
        (name(plan, &path), path)
    }))
}

/// What the digest calls an output: its path below the output folder.
pub fn name(plan: &Plan, output: &Path) -> String {
    output.strip_prefix(plan.output_folder()).unwrap_or(output).to_string_lossy().into_owned()
}

/// The same of any files, each with the name that it goes by.
pub fn digest_of(files: impl IntoIterator<Item = (String, PathBuf)>) -> String {
    let hashed = files.into_iter().filter_map(|(name, path)| {
        let bytes = read_regular(&path, MAX_BYTES).ok()?;
        Some((name, HEXLOWER.encode(&Sha256::digest(bytes))))
    });
    let mut lines: Vec<(String, String)> = hashed.collect();
    lines.sort();
    let mut all = Sha256::new();
    for (name, hash) in lines {
        all.update(format!("{hash}  {name}\n"));
    }
    HEXLOWER.encode(&all.finalize())
}

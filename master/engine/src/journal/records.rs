//! What journals say, as far as it is still true.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lote_protocol::filter::VariantSpec;
use lote_protocol::task::Encoding;
use lote_protocol::time::nanoseconds;

use super::Past as Journal;
use super::line::{Entry, Outcome};
use crate::plan::{Done, Number, Past, Plan};

/// What is on record in an output folder.
#[derive(Debug, Default)]
pub struct Records {
    output: PathBuf,
    /// By image, absolute; the last word on each variant.
    entries: HashMap<PathBuf, Vec<(Arc<Recipe>, Entry)>>,
}

/// By what an output was made.
#[derive(Debug, PartialEq)]
struct Recipe {
    variant: VariantSpec,
    encoding: Encoding,
}

impl Records {
    /// What those journals of an output folder say, the oldest first.
    pub fn new(output: &Path, journals: Vec<Journal>) -> Self {
        let mut records = Self { output: output.to_owned(), entries: HashMap::new() };
        for journal in journals {
            let variants = journal.header.variants_by_file();
            let recipe = |variant: VariantSpec| Recipe {
                encoding: variant.encoding(&journal.header.encoding),
                variant,
            };
            let recipes: Vec<_> =
                variants.into_iter().map(|variant| Arc::new(recipe(variant))).collect();
            for entry in journal.entries {
                if let Some(recipe) = recipes.get(entry.variant) {
                    records.add(Arc::clone(recipe), entry);
                }
            }
        }
        records
    }

    fn add(&mut self, recipe: Arc<Recipe>, entry: Entry) {
        let of_image = match self.entries.get_mut(&entry.image.0) {
            Some(of_image) => of_image,
            None => self.entries.entry(entry.image.0.clone()).or_default(),
        };
        let same = |(before, _): &&mut (Arc<Recipe>, Entry)| {
            before.variant.label() == recipe.variant.label()
        };
        match of_image.iter_mut().find(same) {
            Some(before) => *before = (recipe, entry),
            None => of_image.push((recipe, entry)),
        }
    }
}

impl Past for Records {
    fn done(&self, input: &Path, plan: &Plan, place: (usize, usize)) -> Option<(Done, PathBuf)> {
        let image = &plan.images[place.0];
        let variant = plan.variant(place.0, place.1);
        let of_image = self.entries.get(input)?;
        let (recipe, entry) =
            of_image.iter().find(|(recipe, _)| recipe.variant.label() == variant.label())?;
        let same_recipe = *entry.steps.as_ref().unwrap_or(&recipe.variant.steps) == variant.steps
            && recipe.encoding == plan.encoding(place.1)
            && entry.assets == plan.assets_digest(place.0, place.1);
        // A time that is not known is no evidence.
        let same_image = entry.image_bytes == image.bytes
            && image.modified_ns.is_some()
            && entry.image_modified_ns == image.modified_ns;
        let Outcome::Ok { output, number, bytes, modified_ns } = &entry.outcome else {
            return None;
        };
        let is_there = || {
            let metadata = fs::symlink_metadata(self.output.join(&output.0)).ok()?;
            let now = metadata.modified().ok().and_then(nanoseconds)?;
            (metadata.is_file() && metadata.len() == *bytes && Some(now) == *modified_ns)
                .then_some(())
        };
        (same_recipe && same_image).then(is_there)??;
        let done = Done { number: *number, bytes: *bytes, modified_ns: *modified_ns };
        Some((done, output.0.clone()))
    }

    fn number(&self, input: &Path) -> Option<Number> {
        let mut texts = self.entries.get(input)?.iter().rev();
        let text = texts.find_map(|(_, entry)| entry.n.as_deref())?;
        Some(Number { value: text.parse().ok().filter(|value| *value > 0)?, digits: text.len() })
    }
}

/// The outputs of a journal that ended as `wanted`, by image (absolute) and label of the variant.
pub fn wanted(journal: &Journal, wanted: impl Fn(&Outcome) -> bool) -> HashSet<(PathBuf, String)> {
    let mut outputs = HashSet::new();
    let variants = journal.header.variants_by_file();
    for entry in &journal.entries {
        let Some(variant) = variants.get(entry.variant) else { continue };
        let output = (entry.image.0.clone(), variant.label());
        if wanted(&entry.outcome) {
            outputs.insert(output);
        } else {
            outputs.remove(&output);
        }
    }
    outputs
}

//! What journals say, as far as it is still true.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lote_protocol::digest::Digest;
use lote_protocol::encoding::Encoding;
use lote_protocol::filter::VariantSpec;
use lote_protocol::outcome::FailureKind;
use lote_protocol::time::{is_same, nanoseconds};
use sha2::{Digest as _, Sha256};

use super::Past as Journal;
use super::header::Header;
use super::line::{Entry, Outcome};
use crate::plan::{Done, MAX_DIGITS, Number, Past, Plan};
use crate::system::files::open_regular;

/// What is on record in an output folder.
#[derive(Debug, Default)]
pub struct Records {
    output: PathBuf,
    /// By image, absolute; the last word on each variant.
    entries: HashMap<PathBuf, Vec<(Arc<Recipe>, Entry)>>,
    /// Whether the names of outputs are kept for their images.
    last: bool,
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
        let mut records = Self { output: output.to_owned(), entries: HashMap::new(), last: false };
        for journal in journals {
            records.add_all(&journal.header, journal.entries);
        }
        records
    }

    /// Whether nothing is on record.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The same, with the names of outputs kept for their images, whether those are still there or
    /// not.
    #[must_use]
    pub fn that_last(self) -> Self {
        Self { last: true, ..self }
    }

    /// Adds entries of a journal with that header.
    pub fn add_all(&mut self, header: &Header, entries: Vec<Entry>) {
        let encoding = header.options.encoding();
        let recipe =
            |variant: VariantSpec| Recipe { encoding: variant.encoding(&encoding), variant };
        let variants = header.variants_by_file().into_iter();
        let recipes: Vec<_> = variants.map(|variant| Arc::new(recipe(variant))).collect();
        for entry in entries {
            if let Some(recipe) = recipes.get(entry.variant) {
                self.add(Arc::clone(recipe), entry);
            }
        }
    }

    /// Whether an output has failed through its image, which has not changed since: it would again.
    pub fn has_failed(&self, plan: &Plan, image: usize, variant: usize) -> bool {
        let entry = self.entry(&plan.origin(image), plan, (image, variant));
        entry.is_some_and(|entry| match entry.outcome {
            Outcome::Failed { kind, .. } => kind.is_none_or(|kind| !is_of_the_moment(kind)),
            Outcome::Ok { .. } => false,
        })
    }

    /// What is on record of an output, if it was made as now and the image is as it was.
    fn entry(&self, input: &Path, plan: &Plan, place: (usize, usize)) -> Option<&Entry> {
        let (image, variant) = (&plan.images[place.0], plan.variant(place.0, place.1));
        let of_image = self.entries.get(input)?;
        let page = image.page.map(|page| page.number);
        let (recipe, entry) = of_image.iter().find(|(recipe, entry)| {
            entry.page == page && recipe.variant.label() == variant.label()
        })?;
        let same_recipe = *entry.steps.as_ref().unwrap_or(&recipe.variant.steps) == variant.steps
            && recipe.encoding == plan.encoding(place.1)
            && entry.assets == plan.assets_digest(place.0, place.1);
        // A time that is not known is no evidence.
        let same_time = || {
            let times = image.modified_ns.zip(entry.image_modified_ns);
            times.is_some_and(|(now, then)| is_same(now, then))
        };
        let same_image = entry.image_bytes == image.bytes
            && match plan.tag(place.0) {
                Some(tag) => entry.image_tag.as_deref() == Some(tag),
                None => same_time(),
            };
        (same_recipe && same_image).then_some(entry)
    }

    fn add(&mut self, recipe: Arc<Recipe>, entry: Entry) {
        let of_image = match self.entries.get_mut(&entry.image.0) {
            Some(of_image) => of_image,
            None => self.entries.entry(entry.image.0.clone()).or_default(),
        };
        let same = |(before, old): &&mut (Arc<Recipe>, Entry)| {
            old.page == entry.page && before.variant.label() == recipe.variant.label()
        };
        match of_image.iter_mut().find(same) {
            Some(before) => *before = (recipe, entry),
            None => of_image.push((recipe, entry)),
        }
    }
}

impl Past for Records {
    fn done(&self, input: &Path, plan: &Plan, place: (usize, usize)) -> Option<(Done, PathBuf)> {
        let entry = self.entry(input, plan, place)?;
        let Outcome::Ok { output, number, bytes, modified_ns, sha256, tag } = &entry.outcome else {
            return None;
        };
        let is_there = || {
            if plan.is_stored() {
                let (size, now) = plan.in_store(&plan.output_folder().join(&output.0))?;
                return (size == *bytes && now.is_some() && now == tag.as_deref()).then_some(());
            }
            let path = self.output.join(&output.0);
            let metadata = fs::symlink_metadata(&path).ok()?;
            let (now, then) = (metadata.modified().ok().and_then(nanoseconds)?, (*modified_ns)?);
            // The folder may be seen by another way, which keeps times less exactly, and several machines
            // may have made the same.
            let is_as_it_was =
                || is_same(now, then) || sha256.is_some_and(|digest| has(&path, digest));
            (metadata.is_file() && metadata.len() == *bytes && is_as_it_was()).then_some(())
        };
        is_there()?;
        let (number, bytes) = (*number, *bytes);
        let done = Done { number, bytes, modified_ns: *modified_ns, sha256: *sha256 };
        Some((done, output.0.clone()))
    }

    fn number(&self, input: &Path) -> Option<Number> {
        let mut texts = self.entries.get(input)?.iter().rev();
        let text = texts.find_map(|(_, entry)| entry.n.as_deref())?;
        Some(Number { value: number(text)?, digits: text.len() })
    }

    fn highest_number(&self) -> u32 {
        let all = self.entries.values().flatten().filter(|_| self.last);
        all.filter_map(|(_, entry)| number(entry.n.as_deref()?)).max().unwrap_or(0)
    }

    fn kept_names(&self) -> Vec<(&Path, &Path, Option<u32>)> {
        let all = self.entries.values().flatten().filter(|_| self.last);
        all.filter_map(|(_, entry)| match &entry.outcome {
            Outcome::Ok { output, .. } => Some((&*output.0, &*entry.image.0, entry.page)),
            Outcome::Failed { .. } => None,
        })
        .collect()
    }
}

/// Whether a file has that content.
fn has(path: &Path, digest: Digest) -> bool {
    let hash = || -> io::Result<[u8; 32]> {
        let (mut file, mut hash, mut bytes) =
            (open_regular(path)?, Sha256::new(), vec![0; 1 << 16]);
        loop {
            match file.read(&mut bytes)? {
                0 => return Ok(hash.finalize().into()),
                read => hash.update(&bytes[..read]),
            }
        }
    };
    hash().is_ok_and(|found| Digest(found) == digest)
}

/// A number of a name: no more digits than a pattern may ask for, and none that others could not follow.
fn number(text: &str) -> Option<u32> {
    let value = text.parse().ok()?;
    (text.len() <= MAX_DIGITS && (1..=u32::MAX / 2).contains(&value)).then_some(value)
}

/// Whether a failure has a cause that may be gone by now, and is not the image's own.
const fn is_of_the_moment(kind: FailureKind) -> bool {
    use FailureKind as Kind;
    matches!(
        kind,
        Kind::NotFound
            | Kind::Permission
            | Kind::Read
            | Kind::Exists
            | Kind::Write
            | Kind::NoSpace
            | Kind::Cancelled
    )
}

/// An output on record: its image (absolute), which page of it, and the label of the variant.
pub type Output = (PathBuf, Option<u32>, String);

/// The output of a plan that is on record so.
pub fn output(plan: &Plan, image: usize, variant: usize) -> Output {
    let page = plan.images[image].page.map(|page| page.number);
    (plan.origin(image), page, plan.variants[variant].label())
}

/// The outputs of a journal that ended as `wanted`.
pub fn wanted(journal: &Journal, wanted: impl Fn(&Outcome) -> bool) -> HashSet<Output> {
    let mut outputs = HashSet::new();
    let variants = journal.header.variants_by_file();
    for entry in &journal.entries {
        let Some(variant) = variants.get(entry.variant) else { continue };
        let output = (entry.image.0.clone(), entry.page, variant.label());
        if wanted(&entry.outcome) {
            outputs.insert(output);
        } else {
            outputs.remove(&output);
        }
    }
    outputs
}

//! From a request to a plan: which images, which outputs, which names. Every check that can fail
//! early fails here, before anything is written.
//!
//! Planning reads folders and the first bytes of files; it never decodes, and it changes nothing
//! on the disk. [`prepare`] makes the output folders. Naming, collisions, and the cutting into
//! tasks are pure and live in files of their own.

mod assets;
mod assignment;
mod collide;
pub mod error;
mod exception;
mod existing;
mod fonts;
mod globs;
mod grow;
mod inputs;
mod left_out;
mod list;
mod memory;
mod names;
mod naming;
mod pages;
mod past;
mod pattern;
mod place;
mod prepare;
mod request;
mod scan;
mod settle;
mod shard;
mod sniff;
mod special;
mod split;
mod spool;
mod taken;
mod volume;

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::iter::repeat_n;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lote_imaging::formats::{Format, Sniffed, by_ending, find};
use lote_protocol::encoding::Encoding;
use lote_protocol::filter::{VariantSpec, check_all};
use lote_protocol::format::FormatId;
use lote_protocol::outcome::Failure;
use lote_protocol::task::{Order, Page, Task};
use lote_protocol::time::nanoseconds;

pub use assets::{KEPT_ASSETS, assets, is_like, named_files};
pub use assignment::{Access, AssetFile, Assignment, Gate, Unfetched};
pub use error::{ErrorClass, PlanError, Problem};
pub use exception::{Exception, ExceptionError, Which, value as exception_value};
pub use globs::{GlobError, Globs};
pub use grow::{Arrival, Given, Rules, Seen};
pub use left_out::{LeftOut, Tally};
pub use list::{Listed, Listing, is_image_name, list};
pub use lote_imaging::formats::Extent;
use naming::Naming;
pub use pages::count as count_pages;
pub use past::{Done, NoPast, Past};
pub use pattern::{MAX_DIGITS, Number, Pattern, PatternError};
pub use prepare::{folders, prepare, prepared, sync_folders};
pub use request::{IfCollides, IfExists, Request};
pub(crate) use scan::is_of_the_system;
pub use shard::{Shard, ShardError};
pub use sniff::declared;
pub(crate) use sniff::look_through;
use special::Exceptions;
pub use split::Unit;
pub use spool::Spool;

use crate::output::Target;
use crate::store::is_address;
use crate::system::files::FileId;

/// What a run is going to do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What is made of every image: one file each, so that a variant of several stands there several
    /// times.
    pub variants: Vec<VariantSpec>,
    /// All images that were found or named, also those that cannot be used; where a pattern has
    /// `{page}`, each of their frames and pages.
    pub images: Vec<Image>,
    /// The work, costliest first. A unit's index is the id of its task.
    pub units: Vec<Unit>,
    /// What could not be searched; a run with such a problem has not done all that was asked.
    pub problems: Vec<Problem>,
    /// What was found and is not worked on.
    pub left_out: LeftOut,
    /// Every image's outputs, one per variant, image by image.
    states: Vec<OutputState>,
    output: PathBuf,
    naming: Naming,
    encoding: Encoding,
    replace: bool,
    base: PathBuf,
    /// What the filters of each variant need beside the image.
    assets: Vec<Vec<AssetFile>>,
    exceptions: Exceptions,
    /// Unless empty, links lead nowhere but into these folders.
    within: Vec<PathBuf>,
    /// Where the files of it are that are in a store.
    spool: Option<Arc<Spool>>,
}

/// An image that was found or named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Its path as the user would write it.
    pub path: PathBuf,
    /// Its path below the folder that was named, or its file name: what reports call it.
    pub name: PathBuf,
    /// Its size, bytes.
    pub bytes: u64,
    /// How large its picture is, as far as the header tells.
    pub extent: Option<Extent>,
    /// When it was last changed, ns since 1970, where the system tells.
    pub modified_ns: Option<i64>,
    /// The frame or page that it is, where a pattern has `{page}` and its file has several.
    pub page: Option<Page>,
    /// The place of its file among all, from 0.
    file: usize,
    /// Which file it is, whatever its path.
    id: Option<FileId>,
    /// Why it cannot be used, if that is known already. All its outputs have failed then.
    pub failure: Option<Failure>,
    /// Whether it is a symbolic link.
    link: bool,
    /// What it is by its content, where that is a format that is read.
    source: Option<&'static Format>,
    /// What its outputs are written as by themselves, where that is known.
    format: Option<&'static Format>,
    stem: OsString,
    ending: OsString,
}

impl Image {
    /// What its outputs are written as by themselves, where that is known.
    pub fn content(&self) -> Option<FormatId> {
        self.format.map(|format| format.id)
    }
}

/// What is known about an output before the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutputState {
    /// It is to be made.
    Planned {
        /// Its number, if above 1, among files of that name (`--if-exists rename`).
        number: u32,
    },
    /// It was made before, and nothing has changed since.
    Done(Done),
    /// It exists and is left as it is.
    Skipped,
    /// It cannot be made.
    Failed(Failure),
}

impl OutputState {
    /// Its number among files of that name.
    fn number(&self) -> u32 {
        match self {
            Self::Planned { number } | Self::Done(Done { number, .. }) => *number,
            Self::Skipped | Self::Failed(_) => 1,
        }
    }
}

/// How many images and outputs there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Images found or named.
    pub images: usize,
    /// Outputs in all: images times variants, and the sum of the three below.
    pub outputs: usize,
    /// Outputs to be made.
    pub planned: usize,
    /// Outputs that exist and are left as they are, those that were made before included.
    pub skipped: usize,
    /// Outputs that are known to fail.
    pub failed: usize,
}

/// Makes a plan. Nothing on the disk is changed.
pub fn plan(request: &Request) -> Result<Plan, PlanError> {
    resume(request, &NoPast)
}

/// Makes a plan of what earlier runs have not done. Nothing on the disk is changed.
pub fn resume(request: &Request, past: &impl Past) -> Result<Plan, PlanError> {
    if request.paths.is_empty() {
        return Err(PlanError::NoPaths);
    }
    if request.variants.is_empty() {
        return Err(PlanError::NoVariants);
    }
    check_all(&request.variants)?;
    match &request.spool {
        Some(spool) => make(&request.on(spool), past).map(|plan| plan.named(spool)),
        None => make(request, past),
    }
}

/// Makes a plan of files.
fn make(request: &Request, past: &impl Past) -> Result<Plan, PlanError> {
    let variants = VariantSpec::by_file(&request.variants);
    let patterns = variants.iter().map(|variant| request.pattern_of(variant));
    let patterns: Vec<_> = patterns.collect::<Result<_, _>>()?;
    let places = place::Places::new(&request.output, &variants, &patterns);
    let scan = scan::scan(request, &places)?;
    let mut inputs = inputs::Inputs::new(&scan.images);
    let mut images: Vec<_> =
        scan.images.into_iter().enumerate().map(|(file, found)| image(file, found)).collect();
    if patterns.iter().any(Pattern::parts_pages) {
        images = pages::by_page(images, request.max_frames);
    }
    let base = std::env::current_dir().unwrap_or_default();
    // Where files of parameters begin.
    let begin = base.join(&request.assets);
    let exceptions = Exceptions::new(request, &variants, &images, &begin)?;
    let variants_as = (&variants[..], &exceptions);
    let naming = Naming::new(request, patterns, variants_as, &images, past, &base)?;
    let names: Vec<_> = images.iter().filter_map(|image| image.stem.to_str()).collect();
    let found = assets(&request.variants, &begin, &request.within, &names)?;
    let assets = request.variants.iter().zip(found);
    // Each file of a variant needs the same.
    let assets = assets.flat_map(|(one, needed)| repeat_n(needed, one.files.len().max(1)));
    let assets = assets.collect();
    let mut plan = Plan {
        variants,
        images,
        units: Vec::new(),
        problems: scan.problems,
        left_out: scan.left_out,
        states: Vec::new(),
        output: request.output.clone(),
        naming,
        encoding: request.encoding.clone(),
        replace: request.if_exists == IfExists::Overwrite,
        base,
        assets,
        exceptions,
        within: request.within.clone(),
        spool: request.spool.clone(),
    };
    let mine = request.shard.map(|shard| shard.share(&plan.images));
    plan.states = settle::states(&plan, request.if_exists, past, &mut inputs, mine.as_deref())?;
    plan.units = split::split(plan.work(), request.slots);
    Ok(plan)
}

fn image(file: usize, found: scan::Found) -> Image {
    let (id, bytes, modified, extent, content, failure) = match found.look {
        Ok(look) => (look.id, look.bytes, look.modified, look.extent, look.content, None),
        Err(failure) => (None, 0, None, None, Sniffed::Unknown, Some(failure)),
    };
    let modified_ns = modified.and_then(nanoseconds);
    let source = match content {
        Sniffed::Known(format) => Some(format),
        Sniffed::Unsupported(_) | Sniffed::Unknown => None,
    };
    let has_alpha = extent.is_some_and(Extent::may_have_alpha);
    let format = source.map(|source| source.gives(has_alpha));
    let (stem, ending) = names::stem_and_ending(&found.name);
    let (path, name, link) = (found.path, found.name, found.link);
    Image {
        path,
        name,
        bytes,
        extent,
        modified_ns,
        page: None,
        file,
        id,
        failure,
        link,
        source,
        format,
        stem,
        ending,
    }
}

impl Plan {
    /// What is known about an output.
    ///
    /// # Panics
    /// If there is no such image or variant.
    pub fn state(&self, image: usize, variant: usize) -> &OutputState {
        &self.states[image * self.variants.len() + variant]
    }

    /// Where an output goes (or, if it is skipped, is), as the user would write it.
    ///
    /// # Panics
    /// If there is no such image or variant.
    pub fn output(&self, image: usize, variant: usize) -> PathBuf {
        self.output.join(self.below(image, variant, self.state(image, variant).number()))
    }

    /// Where an output of that number goes, below the output folder.
    fn below(&self, image: usize, variant: usize, number: u32) -> PathBuf {
        let (place, variants) = ((image, variant), self.variants.len());
        let variant = (&self.variants[variant], self.encoding(variant).format);
        self.naming.path(&self.images[image], place, variant, variants, number)
    }

    /// What is made of an image in a variant: the variant, or what an exception makes of it.
    ///
    /// # Panics
    /// If there is no such variant.
    pub fn variant(&self, image: usize, variant: usize) -> &VariantSpec {
        let special = self.exceptions.of(image, variant).map(|special| &special.variant);
        special.unwrap_or(&self.variants[variant])
    }

    /// Whether an image has something otherwise in a variant.
    pub fn has_exception(&self, image: usize, variant: usize) -> bool {
        self.exceptions.of(image, variant).is_some()
    }

    /// The images that exceptions name and that are not there.
    pub fn unmatched(&self) -> &[String] {
        &self.exceptions.unmatched
    }

    /// The number that an image has in names, if they ask for one.
    pub fn number(&self, image: usize) -> Option<Number> {
        self.naming.number(image)
    }

    /// The format of an output, where that is known.
    ///
    /// # Panics
    /// If there is no such image or variant.
    pub fn format(&self, image: usize, variant: usize) -> Option<FormatId> {
        let wanted = self.encoding(variant).format;
        wanted.or_else(|| self.images[image].format.map(|format| format.id))
    }

    /// Which frame or page of its image an output shows, from 1, where there are several and it shows
    /// one.
    ///
    /// # Panics
    /// If there is no such image or variant.
    pub fn page(&self, image: usize, variant: usize) -> Option<u32> {
        let Image { extent, source, page, .. } = &self.images[image];
        if let Some(page) = page {
            return Some(page.number);
        }
        let has_several = extent.is_some_and(|extent| extent.frames > 1);
        let format = find(self.format(image, variant)?)?;
        (has_several && !format.holds_all_of((*source)?)).then_some(1)
    }

    /// The same plan for only those outputs that are `wanted`, those of images that could not be
    /// used before included: all others are skipped, or stay done. Images and variants keep their places.
    #[must_use]
    pub fn only(&self, wanted: impl Fn(usize, usize) -> bool, slots: usize) -> Self {
        let mut plan = self.clone();
        let variants = self.variants.len();
        for (index, state) in plan.states.iter_mut().enumerate() {
            let wanted = wanted(index / variants, index % variants);
            match state {
                OutputState::Planned { .. } if wanted => {}
                OutputState::Done(_) if !wanted => {}
                _ if wanted => *state = OutputState::Planned { number: state.number() },
                _ => *state = OutputState::Skipped,
            }
        }
        plan.units = split::split(plan.work(), slots);
        plan
    }

    /// The same plan with outputs to that folder, where nothing else is.
    #[must_use]
    pub fn to(self, output: PathBuf) -> Self {
        Self { output, replace: true, ..self }
    }

    /// How the outputs of a variant are encoded.
    ///
    /// # Panics
    /// If there is no such variant.
    pub fn encoding(&self, variant: usize) -> Encoding {
        self.variants[variant].encoding(&self.encoding)
    }

    /// How outputs are encoded where their variants do not say it.
    pub fn job_encoding(&self) -> &Encoding {
        &self.encoding
    }

    /// The path of an image, absolute.
    ///
    /// # Panics
    /// If there is no such image.
    pub fn input(&self, image: usize) -> PathBuf {
        self.base.join(self.place(&self.images[image].path))
    }

    /// The folder that outputs go to.
    pub fn output_folder(&self) -> &Path {
        &self.output
    }

    /// Whether outputs go to a store in the end.
    pub fn is_stored(&self) -> bool {
        self.spool.as_ref().is_some_and(|spool| is_address(&spool.name(&self.output)))
    }

    /// Whether what is in an output's place may be replaced.
    pub fn may_replace(&self, image: usize, variant: usize) -> bool {
        self.naming.replaces(image, variant, self.variants.len(), self.replace)
    }

    /// The same plan, with what is in a store called by its name there.
    fn named(mut self, spool: &Spool) -> Self {
        for image in &mut self.images {
            image.path = spool.name(&image.path);
        }
        for problem in &mut self.problems {
            problem.path = spool.name(&problem.path);
        }
        self.problems.extend_from_slice(spool.problems());
        self.output = spool.name(&self.output);
        self
    }

    /// The file that a path of this plan stands for.
    fn place(&self, path: &Path) -> PathBuf {
        self.spool.as_ref().map_or_else(|| path.to_owned(), |spool| spool.place(path))
    }

    /// What a file is called.
    pub fn shown(&self, file: &Path) -> PathBuf {
        self.spool.as_ref().map_or_else(|| file.to_owned(), |spool| spool.name(file))
    }

    /// The file that an output is written to.
    ///
    /// # Panics
    /// If there is no such image or variant.
    pub fn output_file(&self, image: usize, variant: usize) -> PathBuf {
        self.place(&self.output(image, variant))
    }

    /// The folder that outputs are written to.
    pub fn folder(&self) -> PathBuf {
        self.place(&self.output)
    }

    /// An image as it goes on record: its absolute path, or its address.
    ///
    /// # Panics
    /// If there is no such image.
    pub fn origin(&self, image: usize) -> PathBuf {
        self.shown(&self.input(image))
    }

    /// What changes when an image does that is in a store, if that says so.
    pub fn tag(&self, image: usize) -> Option<&str> {
        let object = self.spool.as_ref()?.image(&self.origin(image))?;
        object.tag.as_deref()
    }

    /// What is in an output's place in a store: its size (bytes) and its tag.
    pub fn in_store(&self, output: &Path) -> Option<(u64, Option<&str>)> {
        let object = self.spool.as_ref()?.output(&self.shown(output))?;
        Some((object.bytes, object.tag.as_deref()))
    }

    /// What a unit stands for; `None` if there is no such unit.
    pub fn assignment(&self, unit: usize) -> Option<Assignment> {
        let Unit { image, variants, .. } = self.units.get(unit)?;
        let order = |variant: &u32| Order {
            variant: *variant,
            steps: self.variant(*image, *variant as usize).steps.clone(),
            durable: false,
            sha256: false,
            encoding: Encoding {
                format: self.format(*image, *variant as usize),
                ..self.encoding(*variant as usize)
            },
        };
        let target = |variant: &u32| Target {
            path: self.absolute(&self.output(*image, *variant as usize)),
            replace: self.may_replace(*image, *variant as usize),
            durable: false,
        };
        let path = &self.images[*image].path;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let assets = self.assets_of(*image, variants);
        let task = Task {
            id: unit as u64,
            name,
            orders: variants.iter().map(order).collect(),
            assets: assets.iter().map(|asset| asset.asset.clone()).collect(),
            number: self.images[*image].file as u64 + 1,
            page: self.images[*image].page,
        };
        Some(Assignment {
            task,
            input: self.absolute(path),
            targets: variants.iter().map(target).collect(),
            assets: assets.into_iter().map(|asset| asset.path).collect(),
        })
    }

    /// How many images and outputs there are.
    pub fn counts(&self) -> Counts {
        let mut counts =
            Counts { images: self.images.len(), outputs: self.states.len(), ..Counts::default() };
        for state in &self.states {
            match state {
                OutputState::Planned { .. } => counts.planned += 1,
                OutputState::Skipped | OutputState::Done(_) => counts.skipped += 1,
                OutputState::Failed(_) => counts.failed += 1,
            }
        }
        counts
    }

    /// What there is to do, image by image.
    fn work(&self) -> Vec<split::ImageWork> {
        let all = (0..self.images.len()).map(|image| self.work_on(image));
        all.filter(|work| !work.variants.is_empty()).collect()
    }

    /// What there is to do on an image.
    fn work_on(&self, place: usize) -> split::ImageWork {
        let planned = |state: &OutputState| matches!(state, OutputState::Planned { .. });
        let (image, variants) = (&self.images[place], self.variants.len());
        let states = &self.states[place * variants..(place + 1) * variants];
        split::ImageWork {
            image: place,
            bytes: image.bytes,
            extent: image.extent,
            more_bytes: self.more_bytes(place),
            patience: self.patience(image),
            variants: self.of_one_picture(states, planned),
        }
    }

    /// What an image takes more where filters enlarge it or results are scored, bytes.
    fn more_bytes(&self, image: usize) -> u64 {
        let extent = self.images[image].extent;
        let chain = |variant: usize| &self.variant(image, variant).steps[..];
        let all = 0..self.variants.len();
        let scored = all.clone().filter(|&variant| self.encoding(variant).min_score.is_some());
        memory::enlarged(extent, all.map(chain))
            .saturating_add(memory::scored(extent, scored.map(chain)))
    }

    /// How long each variant of an image may take, as the format that it is written in wants it.
    fn patience(&self, image: &Image) -> Vec<u32> {
        let ending = image.path.extension().and_then(|ending| ending.to_str());
        let own = ending.and_then(by_ending).map(|format| format.gives(false));
        let patience = |variant| {
            let encoding: Encoding = self.encoding(variant);
            let format = encoding.format.map_or(own, find);
            format.map_or(1, |format| format.patience(&encoding))
        };
        (0..self.variants.len()).map(patience).collect()
    }

    /// The variants of an image that are to be made; those that are files of the same picture
    /// together.
    fn of_one_picture(
        &self,
        states: &[OutputState],
        planned: impl Fn(&OutputState) -> bool,
    ) -> Vec<Vec<u32>> {
        let variants = (0..).zip(states).filter(|(_, state)| planned(state));
        let variants: Vec<u32> = variants.map(|(variant, _)| variant).collect();
        let name = |variant: &u32| &self.variants[*variant as usize].name;
        variants.chunk_by(|one, other| name(one) == name(other)).map(<[u32]>::to_vec).collect()
    }

    /// Who copies the command that makes an output again may be in another folder, so paths are
    /// absolute; one that becomes too long by that stays as it is.
    fn absolute(&self, path: &Path) -> PathBuf {
        let absolute = self.base.join(self.place(path));
        if absolute.as_os_str().len() > MAX_PATH_BYTES { path.into() } else { absolute }
    }
}

/// Longest path, in bytes, that the system takes (`PATH_MAX` without the final NUL).
const MAX_PATH_BYTES: usize = if cfg!(target_os = "linux") { 4095 } else { 1023 };

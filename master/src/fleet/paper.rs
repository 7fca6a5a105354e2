//! A plan as agents get it: the paper of a job, and units with paths below roots.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use data_encoding::HEXLOWER;
use lote_engine::job::Options;
use lote_engine::journal::{Header, Name};
use lote_engine::lang::{Text, reason};
use lote_engine::plan::{AssetFile, IfExists, Plan};
use lote_engine::roots::can_keep;
use lote_engine::run::Settings;
use lote_engine::system::files::open_regular;
use lote_fleet::message::{Below, Job, Output, State, Unit};
use lote_fleet::names::{Build, FleetName, JobId};
use lote_fleet::submit::Units;
use lote_protocol::text;
use lote_protocol::time::nanoseconds;

use super::Places;

/// The folder for what filters need, in the output folder: a folder for each job, files by their SHA-256.
const ASSETS: &str = ".lote/fleet";

/// The units of a plan, as they travel.
#[derive(Debug)]
pub(super) struct Paper<'a> {
    plan: &'a Plan,
    /// The folders of the images, and where they are below the root.
    folders: HashMap<PathBuf, PathBuf>,
    /// The output folder below its root.
    output: PathBuf,
    /// Whether what is in the place of an output may be replaced in any case: it may be its own.
    replace: AtomicBool,
}

/// Where a plan's images and outputs are, below roots.
#[derive(Debug)]
pub(super) struct Lie {
    /// The folders of the images, and where they are below their root.
    folders: HashMap<PathBuf, PathBuf>,
    /// The root of the images.
    input: FleetName,
    /// The output folder.
    output: Below,
}

/// Finds out where a plan's images and outputs are; why agents could not find them.
pub(super) fn lie(plan: &Plan, places: &Places) -> Result<Lie, Text> {
    let mut folders = HashMap::new();
    let mut input: Option<FleetName> = None;
    for unit in &plan.units {
        let path = plan.input(unit.image);
        let folder = path.parent().unwrap_or(Path::new("/"));
        if folders.contains_key(folder) {
            continue;
        }
        let Some((place, below)) = places.find(&real(folder)) else { return Err(outside(folder)) };
        if *input.get_or_insert_with(|| place.name.clone()) != place.name {
            return Err(text!("the images are below several roots; name one that holds them all"));
        }
        folders.insert(folder.to_owned(), below.path.0);
    }
    let folder = plan.output_folder();
    let Some((place, output)) = places.find(&real(folder)) else { return Err(outside(folder)) };
    if place.read_only {
        return Err(text!("the root {} takes no outputs", place.name.to_string()));
    }
    let input = input.unwrap_or_else(|| place.name.clone());
    Ok(Lie { folders, input, output })
}

/// Why a job that is to replace nothing cannot write to a folder.
pub(super) fn keeps_nothing(folder: &Path) -> Text {
    text!(
        "files in {} can be renamed only so that they replace what is there: --if-exists overwrite is needed",
        folder.display()
    )
}

/// A path without links, as far as it exists.
fn real(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for existing in absolute.ancestors() {
        if let Ok(real) = existing.canonicalize() {
            let rest = absolute.strip_prefix(existing).unwrap_or(Path::new(""));
            return if rest.as_os_str().is_empty() { real } else { real.join(rest) };
        }
    }
    absolute
}

/// Makes the paper of a plan whose folders are there, with its roots marked and what its filters need
/// put beside the outputs.
pub(super) fn paper<'a>(
    plan: &'a Plan,
    (header, settings): (&Header, &Settings),
    (places, pool): (&Places, &FleetName),
) -> Result<(Job, Paper<'a>), Text> {
    let Lie { folders, input, output } = lie(plan, places)?;
    let folder = plan.output_folder();
    if header.if_exists() != IfExists::Overwrite && can_keep(folder).is_ok_and(|can| !can) {
        return Err(keeps_nothing(folder));
    }
    let roots = places.marked([&input, &output.root])?;
    let mut random = [0; 11];
    getrandom::fill(&mut random).map_err(|error| Text::from(error.to_string()))?;
    let now_ns = nanoseconds(SystemTime::now()).unwrap_or_default();
    let id = JobId::new(now_ns.cast_unsigned() / 1_000_000, random);
    let needs = plan.assets_by_variant();
    let assets = put_assets(&kept(plan.output_folder(), &id.to_string()), plan)?.then(|| Below {
        root: output.root.clone(),
        path: Name(kept(&output.path.0, &id.to_string())),
    });
    let job = Job {
        job: id,
        pool: pool.clone(),
        build: Build::this(),
        state: State::Open,
        header: without_paths(header),
        input,
        output: output.clone(),
        assets,
        needs: needs.iter().map(|of| of.iter().map(|one| one.asset.clone()).collect()).collect(),
        roots,
        limits: settings.workers.limits,
        images: plan.units.len() as u64,
        outputs: plan.counts().planned as u64,
        started_ms: now_ns / 1_000_000,
    };
    let replace = AtomicBool::new(false);
    Ok((job, Paper { plan, folders, output: output.path.0, replace }))
}

/// Where files that the filters of a job need are put for agents, below the output folder.
fn kept(output: &Path, job: &str) -> PathBuf {
    output.join(ASSETS).join(job)
}

/// Removes what was put there for a job that is over.
pub(super) fn remove_assets(output: &Path, job: &str) {
    // There is none as a rule; and the folder above is left to other jobs.
    let _ = fs::remove_dir_all(kept(output, job));
    let _ = fs::remove_dir(output.join(ASSETS));
}

fn outside(folder: &Path) -> Text {
    text!("{} is below no root: name one with --root NAME=DIR", folder.display())
}

/// What was asked for, without what only this machine knows.
fn without_paths(header: &Header) -> Header {
    Header {
        base: Name::default(),
        paths: Vec::new(),
        exclude: Vec::new(),
        within: Vec::new(),
        output: Name::default(),
        assets: None,
        // They come with the units that have any.
        exceptions: Vec::new(),
        part: None,
        page: None,
        fleet: None,
        options: Options { include: None, exclude: None, ..header.options.clone() },
        ..header.clone()
    }
}

/// Puts files that filters need where agents find them; whether there are any.
fn put_assets(folder: &Path, plan: &Plan) -> Result<bool, Text> {
    let mut all: BTreeMap<[u8; 32], &Path> = BTreeMap::new();
    for unit in &plan.units {
        for variant in &unit.variants {
            let needed = plan.needs(unit.image, *variant as usize);
            all.extend(needed.iter().map(|one| (one.asset.sha256, one.path.as_path())));
        }
    }
    for (sha256, path) in &all {
        let put = || -> io::Result<()> {
            let target = folder.join(HEXLOWER.encode(sha256));
            fs::create_dir_all(folder)?;
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            io::copy(&mut open_regular(path)?, &mut file)?;
            file.flush()?;
            #[cfg(unix)]
            {
                // Agents may be other users.
                use std::os::unix::fs::PermissionsExt;
                file.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
            }
            file.persist(&target).map(drop).map_err(|error| error.error)
        };
        put().map_err(|error| text!("cannot pass on {}: {}", path.display(), reason(&error)))?;
    }
    Ok(!all.is_empty())
}

impl Paper<'_> {
    /// From now on units travel that may have travelled before.
    pub(super) fn is_repeated(&self) {
        self.replace.store(true, Ordering::Relaxed);
    }

    /// Where an output goes, below the root of outputs.
    fn output(&self, image: usize, variant: usize) -> PathBuf {
        let path = self.plan.output(image, variant);
        let below = path.strip_prefix(self.plan.output_folder()).unwrap_or(&path);
        self.output.join(below)
    }
}

impl Units for Paper<'_> {
    fn len(&self) -> u32 {
        self.plan.units.len() as u32
    }

    fn unit(&self, place: u32) -> Unit {
        let unit = &self.plan.units[place as usize];
        let image = &self.plan.images[unit.image];
        let assignment = self.plan.assignment(place as usize).unwrap_or_default();
        let path = self.plan.input(unit.image);
        let folder = path.parent().and_then(|folder| self.folders.get(folder));
        let orders = assignment.task.orders.iter().zip(&assignment.targets);
        let outputs = orders.map(|(order, target)| {
            let variant = order.variant as usize;
            let special = self.plan.has_exception(unit.image, variant).then(|| {
                let needs = self.plan.needs(unit.image, variant).iter();
                (order.steps.clone(), needs.map(|one: &AssetFile| one.asset.clone()).collect())
            });
            let (steps, assets) = special.unzip();
            Output {
                variant: order.variant,
                output: Name(self.output(unit.image, variant)),
                replace: target.replace || self.replace.load(Ordering::Relaxed),
                format: order.encoding.format,
                steps,
                assets,
            }
        });
        Unit {
            unit: place,
            image: Name(
                folder.cloned().unwrap_or_default().join(path.file_name().unwrap_or_default()),
            ),
            bytes: image.bytes,
            modified_ns: image.modified_ns,
            pixels: unit.pixels,
            number: assignment.task.number,
            page: image.page,
            outputs: outputs.collect(),
        }
    }
}

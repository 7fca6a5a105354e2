//! `lote worker`: a worker by hand.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use lote_imaging::formats::by_ending;
use lote_protocol::encoding::Encoding;
use lote_protocol::filter::VariantSpec;
use lote_protocol::outcome::Failure;
use lote_protocol::sandbox::{Policy, Sandbox};
use lote_protocol::task::{self, Files, Limits, Page, Task};
use lote_protocol::temporary::Owner;
use lote_protocol::text;
use lote_worker::assets::Shelf;
use lote_worker::bench::{Bench, Progress};
use lote_worker::input::unreadable;
use lote_worker::process_limits;
use lote_worker::sandbox::{self, Needs, Publishes, Unenforced};
use lote_worker::task::run;

use super::args::{WorkerArgs, WorkerSub};
use super::catalogue;
use super::session::refuse;
use crate::exit::Exit;
use crate::ui::Ui;
use lote_engine::job::Options;
use lote_engine::output::{Target, Temporaries, publish};
use lote_engine::plan;
use lote_engine::run::sweep_orphans;
use lote_engine::system::files::{open_image, open_regular};
use lote_engine::words::printable;

pub(super) fn execute(args: &WorkerArgs, ui: Ui) -> Exit {
    match &args.command {
        WorkerSub::Connect { socket } => {
            // The supervisor looks at the worker's own exit codes, not at the master's.
            let code = lote_worker::entry::connect(socket);
            std::process::exit(i32::from(code != std::process::ExitCode::SUCCESS))
        }
        WorkerSub::Apply {
            input,
            output,
            filter,
            page,
            encoding: told,
            background,
            carry,
            max_memory,
            max_pixels,
            max_frames,
            sandbox: policy,
        } => {
            if let Some(bytes) = max_memory
                && let Err(error) = process_limits::bound_memory(*bytes)
            {
                ui.error(text!("the memory could not be limited: {}", error), None);
                return Exit::NoWorkers;
            }
            let variant = match VariantSpec::parse(filter, &catalogue::all()) {
                Ok(variant) => variant,
                Err(error) => {
                    ui.error(error.text(), error.hint());
                    return Exit::Usage;
                }
            };
            let ending = output.extension().unwrap_or_default().to_string_lossy();
            let defaults = Encoding {
                format: by_ending(&ending).map(|format| format.id),
                background: *background,
                carry: carry.options().carry(),
                ..told.encoding()
            };
            if variant.files.len() > 1 {
                ui.error(text!("only one file is made"), text!("name one format after @"));
                return Exit::Usage;
            }
            let encoding = variant.encoding(&defaults);
            let steps = variant.steps;
            let order = task::Order { variant: 0, steps, durable: false, sha256: false, encoding };
            let base = std::env::current_dir().unwrap_or_default();
            let name = input.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let steps = order.steps.clone();
            let variant = VariantSpec { steps, files: Vec::new(), ..variant };
            let assets = match plan::assets(&[variant], &base, &[], &[&name]) {
                Ok(assets) => assets.concat(),
                Err(error) => return refuse(&error, ui),
            };
            let target = Target { path: output.clone(), replace: true, durable: false };
            // An attempt before may have died in the middle.
            sweep_orphans(&BTreeSet::from([target.folder().to_owned()]));
            // All that it needs is open before it confines itself.
            let (file, unfinished) = match Temporaries::new(Owner::this()).create(&target) {
                Ok((file, path)) => (Ok(file), Some(path)),
                Err(failure) => (Err(failure), None),
            };
            let date = file.as_ref().ok().filter(|_| carry.keep_dates == Some(true)).map(|file| {
                let time = input.metadata().and_then(|metadata| metadata.modified());
                (file.try_clone(), time)
            });
            let asset = |asset: &plan::AssetFile| {
                (asset.asset.sha256, open_regular(&asset.path).map_err(|error| unreadable(&error)))
            };
            let files = Files {
                input: open_image(input, &[]).map_err(|error| unreadable(&error)),
                outputs: vec![file],
                assets: assets.iter().map(asset).collect(),
            };
            let page = page.map(|number| {
                let of = plan::count_pages(input).ok().and_then(|count| u32::try_from(count).ok());
                Page { number, of: of.unwrap_or(1) }
            });
            if let Err(error) = confine(input, &target, assets.len(), *policy) {
                ui.error(error.text(), super::probe::hint());
                return Exit::Refused;
            }
            let (max_pixels, max_frames, max_memory) = (*max_pixels, *max_frames, *max_memory);
            let options = Options { max_pixels, max_frames, max_memory, ..Options::default() };
            let limits = options.limits();
            let task = Task {
                name,
                orders: vec![order],
                assets: assets.into_iter().map(|asset| asset.asset).collect(),
                number: 1,
                page,
                ..Task::default()
            };
            let name = printable(&input.to_string_lossy());
            let publish = || {
                if let Some(Err(error)) = date.map(|(made, time)| made?.set_modified(time?)) {
                    ui.warn(text!("the date could not be kept: {}", error));
                }
                unfinished.map_or(Ok(()), |file| publish(file, &target, &HashSet::new(), None))
            };
            apply(&name, &task, files, publish, limits, ui)
        }
    }
}

/// Confines this process to what it has open, and to names in the folder of its output.
fn confine(
    input: &Path,
    target: &Target,
    assets: usize,
    policy: Policy,
) -> Result<Sandbox, Unenforced> {
    let folder = target.folder();
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    let overlap = real(input).zip(real(folder)).is_some_and(|(file, dir)| file.starts_with(dir));
    let publishes = Some(Publishes { folder, overlap });
    sandbox::enter(policy, &Needs { files: assets as u32, max_output_bytes: None, publishes })
}

/// Runs a task in this process, as a worker would, and publishes what it has made.
fn apply(
    name: &str,
    task: &Task,
    files: Files,
    publish: impl FnOnce() -> Result<(), Failure>,
    limits: Limits,
    ui: Ui,
) -> Exit {
    let shelf = Shelf::default();
    let mut bench = Bench::new(limits, &shelf);
    let mut end = None;
    run(task, files, &mut bench, &mut |progress| {
        if let Progress::Ended { result, elapsed, .. } = progress {
            end = Some((result, elapsed));
        }
    });
    let Some((result, elapsed)) = end else { return Exit::SomeFailed };
    match result.and_then(|written| publish().map(|()| written)) {
        Ok(written) => {
            let ms = ui.lang.number(elapsed.as_secs_f64() * 1000.0, 1);
            ui.say(&format!("{name}: {} bytes, {ms} ms", written.bytes));
            for note in written.notes {
                ui.warn(note);
            }
            Exit::Ok
        }
        Err(failure) => {
            ui.error(text!("{}: {}", name, failure.message), None);
            Exit::SomeFailed
        }
    }
}

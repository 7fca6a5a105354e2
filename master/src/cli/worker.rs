//! `lote worker`: a worker by hand.

use std::path::Path;

use lote_imaging::formats::by_ending;
use lote_protocol::filter::VariantSpec;
use lote_protocol::sandbox::{Grants, Order, Policy, Sandbox};
use lote_protocol::task::{self, Asset, Encoding, Limits, Task};
use lote_protocol::temporary::Owner;
use lote_worker::assets::Shelf;
use lote_worker::output::Temporaries;
use lote_worker::process_limits;
use lote_worker::sandbox::{self, Needs, Unenforced};
use lote_worker::task::{Bench, Progress, run};

use super::args::{WorkerArgs, WorkerSub};
use super::job::refuse;
use super::session::limits;
use super::ui::Ui;
use super::{Exit, catalogue};
use lote_engine::plan;
use lote_engine::report::text::printable;
use lote_engine::run::dates;

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
                ui.error(&format!("the memory could not be limited: {error}"), None);
                return Exit::NoWorkers;
            }
            let variant = match VariantSpec::parse(filter, &catalogue::all()) {
                Ok(variant) => variant,
                Err(error) => {
                    ui.error(&error.to_string(), Some(&error.hint()));
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
                ui.error("only one file is made", Some("name one format after @"));
                return Exit::Usage;
            }
            let encoding = variant.encoding(&defaults);
            let order = task::Order {
                variant: 0,
                steps: variant.steps,
                output: output.into(),
                replace: true,
                durable: false,
                encoding,
            };
            let base = std::env::current_dir().unwrap_or_default();
            let name = input.file_stem().unwrap_or_default().to_string_lossy();
            let steps = order.steps.clone();
            let variant = VariantSpec { name: variant.name, steps, files: Vec::new() };
            let assets = match plan::assets(&[variant], &base, &[&name]) {
                Ok(assets) => assets.concat(),
                Err(error) => return refuse(&error, ui),
            };
            if let Err(error) = confine(input, output, &assets, (*policy).into()) {
                ui.error(&error.to_string(), Some(super::probe::HINT));
                return Exit::Refused;
            }
            let limits = limits(*max_pixels, *max_frames, *max_memory);
            let task = Task {
                input: input.into(),
                orders: vec![order],
                assets,
                number: 1,
                ..Task::default()
            };
            let exit = apply(&task, limits, ui);
            if carry.keep_dates && exit == Exit::Ok {
                let modified = input.metadata().and_then(|metadata| metadata.modified());
                if let Err(error) = modified.and_then(|time| dates::set(output, time)) {
                    ui.warn(&format!("the date could not be kept: {error}"));
                }
            }
            exit
        }
    }
}

/// Confines this process to its input and the folder of its output.
fn confine(
    input: &Path,
    output: &Path,
    assets: &[Asset],
    policy: Policy,
) -> Result<Sandbox, Unenforced> {
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    let overlap = real(input).zip(real(folder)).is_some_and(|(file, dir)| file.starts_with(dir));
    let read = std::iter::once(input.into()).chain(assets.iter().map(|asset| asset.path.clone()));
    let grants = Grants { read: read.collect(), write: vec![folder.into()], overlap };
    sandbox::enter(&Order { policy, grants }, Needs { slots: 1, memory_bytes: None })
}

/// Runs a task in this process, as a worker would.
fn apply(task: &Task, limits: Limits, ui: Ui) -> Exit {
    let temporaries = Temporaries::new(Owner::this());
    let shelf = Shelf::default();
    let mut bench = Bench::new(limits, &temporaries, &shelf);
    let mut exit = Exit::Ok;
    let name = printable(&task.input.to_string_lossy());
    run(task, &mut bench, &mut |progress| {
        if let Progress::Ended { result, elapsed, .. } = progress {
            match result {
                Ok(written) => {
                    let ms = ui.lang.number(elapsed.as_secs_f64() * 1000.0, 1);
                    ui.say(&format!("{name}: {} bytes, {ms} ms", written.bytes));
                    for note in written.notes {
                        ui.warn(&note);
                    }
                }
                Err(failure) => {
                    ui.error(&format!("{name}: {}", failure.message), None);
                    exit = Exit::SomeFailed;
                }
            }
        }
    });
    exit
}

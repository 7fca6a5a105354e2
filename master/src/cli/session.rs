//! A run with reporters and signals around it.

use std::io;
use std::path::PathBuf;
use std::thread::JoinHandle;
use std::time::Duration;

use lote_engine::lang::Text;
use lote_engine::lang::reason;
use lote_protocol::filter::VariantSpec;
use lote_protocol::text;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use super::args::InputArgs;
use super::catalogue;
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::ui::Ui;
use lote_engine::event::Bus;
use lote_engine::job::Options;
use lote_engine::lang::Lang;
use lote_engine::plan::{self, IfCollides, Plan, PlanError, Request};
use lote_engine::report::{self, Reporter};
use lote_engine::run::{self, Ended, Feed, RunOrder, Settings};
use lote_engine::supervisor::Program;

/// The settings that these options ask for, with workers that are started by this command, if it is one.
pub(super) fn settings(
    options: &Options,
    worker_command: Option<&str>,
    external: bool,
) -> Result<Settings, Text> {
    let program = match worker_command {
        None => Program::Own,
        Some(command) => match shlex::split(command) {
            Some(words) if !words.is_empty() => {
                Program::Command(words.into_iter().map(Into::into).collect())
            }
            _ => return Err(text!("--worker-command holds no command, or an open quote")),
        },
    };
    Ok(options.settings(program, external))
}

/// What waits for workers, on this thread.
pub(super) fn runtime() -> Result<Runtime, Text> {
    lasting().map_err(|error| text!("the program could not be set up: {}", reason(&error)))
}

/// A runtime whose threads for what blocks stay, of which one is there from the beginning: should the
/// system let no more begin, work waits for that one. (Without any, tokio panics.)
pub(super) fn lasting() -> io::Result<Runtime> {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().thread_keep_alive(YEAR).build()?;
    // Whether one may begin.
    let _ = std::thread::Builder::new().spawn(|| ())?.join();
    drop(runtime.spawn_blocking(|| ()));
    Ok(runtime)
}

/// A plan that is not kept on record, with its folders. An error has been told already.
pub(super) fn prepared(
    input: &InputArgs,
    output: PathBuf,
    slots: u32,
    ui: Ui,
) -> Result<Plan, Exit> {
    let make = || {
        let variants = VariantSpec::parse_all(&input.filters, &catalogue::all())?;
        plan::prepared(&Request {
            recursive: input.recursive,
            if_collides: IfCollides::Rename,
            slots: slots as usize,
            ..Request::new(input.paths.clone(), output, variants)
        })
    };
    make().map_err(|error| refuse(&error, ui))
}

/// Runs a plan, or what a feed gives of one, whose folders are prepared; what happens is shown by `reporters`. An error has been
/// told already.
pub(super) fn run(
    feed: impl Feed,
    settings: &Settings,
    reporters: Vec<Box<dyn Reporter>>,
    ui: Ui,
) -> Result<(Ended, Option<Exit>), Exit> {
    // One thread: it is the one that starts workers, and they are told to die with it.
    let runtime = runtime().map_err(|problem| {
        ui.error(problem, None);
        Exit::NoWorkers
    })?;
    runtime.block_on(async {
        let (orders, mut inbox) = mpsc::channel(16);
        let interrupt = Interrupt::listen(orders, ui);
        let ended = perform(feed, settings, reporters, &mut inbox, ui).await?;
        Ok((ended, interrupt.exit()))
    })
}

/// As [`run`], within a runtime of the main thread, and with orders from elsewhere.
pub(super) async fn perform(
    feed: impl Feed,
    settings: &Settings,
    reporters: Vec<Box<dyn Reporter>>,
    orders: &mut mpsc::Receiver<RunOrder>,
    ui: Ui,
) -> Result<Ended, Exit> {
    let run = async |bus: &mut Bus| run::run(feed, settings, bus, orders).await;
    shown(reporters, ui, run).await?.map_err(|error| {
        ui.error(error.text(), None);
        Exit::NoWorkers
    })
}

/// Shows what happens in a run by `reporters`. An error has been told already.
pub(super) async fn shown<T>(
    reporters: Vec<Box<dyn Reporter>>,
    ui: Ui,
    run: impl AsyncFnOnce(&mut Bus) -> T,
) -> Result<T, Exit> {
    let mut bus = Bus::new();
    let shown = reporters.into_iter().map(|reporter| report::listen(bus.listen(), reporter));
    let shown: Vec<JoinHandle<()>> = shown.collect::<io::Result<_>>().map_err(|error| {
        ui.error(text!("no thread can be started: {}", error), text!("see `ulimit -u`"));
        Exit::NoWorkers
    })?;
    let result = run(&mut bus).await;
    drop(bus);
    for thread in shown {
        if thread.join().is_err() {
            ui.error(text!("a defect in Lote: a report broke off"), None);
        }
    }
    Ok(result)
}

/// The exit code of a run, with a word to the user where one is due. `rest` is the command that
/// makes what is missing, if there is one.
pub(super) fn conclude(
    plan: &Plan,
    ended: &Ended,
    interrupt: Option<Exit>,
    rest: Option<&str>,
    ui: Ui,
) -> Exit {
    let rest = rest.map(|command| match ui.lang {
        Lang::En => format!("`{command}` makes the rest"),
        Lang::Es => format!("`{command}` hace el resto"),
    });
    if let Some(exit) = interrupt.filter(|_| ended.cancelled) {
        let (ok, total) = (ended.summary.counts.ok + skipped(ended), plan.counts().outputs);
        let said = match ui.lang {
            Lang::En => format!("interrupted: {ok} of {total} outputs are there"),
            Lang::Es => format!("interrumpido: están {ok} de {total} salidas"),
        };
        ui.error(said, rest.map(Text::from));
        return exit;
    }
    if let Some(why) = &ended.halted {
        let said = text!("the run was stopped: {}", why.clone());
        let hint = rest.map(|rest| match ui.lang {
            Lang::En => format!("put that right; then {rest}"),
            Lang::Es => format!("hay que arreglarlo; después {rest}"),
        });
        ui.error(said, hint.map(Text::from));
        return Exit::SomeFailed;
    }
    if let Some(reason) = &ended.no_workers {
        let what = text!("no worker is left: {}", reason.clone());
        ui.error(what, text!("`lote doctor` looks for the cause"));
        return Exit::NoWorkers;
    }
    if ended.summary.counts.failed > 0 || !plan.problems.is_empty() {
        Exit::SomeFailed
    } else {
        Exit::Ok
    }
}

fn skipped(ended: &Ended) -> usize {
    ended.summary.counts.skipped - ended.summary.counts.cancelled
}

/// Says why a plan cannot be made or started.
pub(super) fn refuse(error: &PlanError, ui: Ui) -> Exit {
    ui.error(error.text(), error.hint());
    Exit::from(error)
}

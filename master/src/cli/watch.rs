//! `lote watch`: makes what appears or changes in folders, until it is told to end.

use lote_protocol::text;
use tokio::sync::mpsc;

use super::args::WatchArgs;
use super::job::{self, Trouble};
use super::stored::only_folders;
use super::{probe, session};
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::terminal::Terminal;
use crate::ui::Ui;
use lote_engine::job::Config;
use lote_engine::journal::{By, Header};
use lote_engine::lang::Lang;
use lote_engine::plan::Request;
use lote_engine::pool::Reserve;
use lote_engine::report::Reporter;
use lote_engine::report::ndjson::{Lost, Ndjson};
use lote_engine::run::{RunOrder, Settings};
use lote_engine::watch::{Round, Watching};

pub(super) fn execute(args: &WatchArgs, config: &Config, ui: Ui) -> Exit {
    match watch(args, config, ui) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn watch(args: &WatchArgs, config: &Config, ui: Ui) -> Result<Exit, Exit> {
    only_folders("lote watch", args.folders.iter().chain([&args.make.output]), ui)?;
    let asked = args.make.asked(config, ui)?;
    let request = asked.request(args.folders.clone(), ui)?;
    for folder in &args.folders {
        if !folder.is_dir() {
            ui.error(text!("{} is no folder", folder.display()), text!("name folders to watch"));
            return Err(Exit::NothingMatched);
        }
    }
    let worker = args.make.work.worker_command.as_deref();
    let settings = session::settings(&asked.options, worker, false);
    let settings = settings.map_err(|what| {
        ui.error(what, None);
        Exit::Usage
    })?;
    let settings = Settings { reserve: Some(Reserve::default()), ..settings };
    probe::insist(&settings, ui)?;
    let header = Header::new(&request, asked.options, By::Run);
    let request = Request { slots: settings.slots as usize, ..request };
    let watching = Watching::start(request, header, args.settle).map_err(|error| {
        ui.error(text!("no thread can be started: {}", error), text!("see `ulimit -u`"));
        Exit::NoWorkers
    })?;
    let folders = args.folders.iter().map(|folder| folder.display().to_string());
    let folders = folders.collect::<Vec<_>>().join(", ");
    ui.say(&match ui.lang {
        Lang::En => format!("watching {folders} (Ctrl-C ends it)"),
        Lang::Es => format!("vigilando {folders} (Ctrl-C lo termina)"),
    });
    // One thread: it is the one that starts workers, and they are told to die with it.
    let runtime = session::runtime().map_err(|problem| {
        ui.error(problem, None);
        Exit::NoWorkers
    })?;
    runtime.block_on(until_told(watching, &settings, args.ndjson, ui))
}

/// Runs what is found, until a signal comes or nothing can be made.
async fn until_told(
    mut watching: Watching,
    settings: &Settings,
    ndjson: bool,
    ui: Ui,
) -> Result<Exit, Exit> {
    let (orders, mut inbox) = mpsc::channel(16);
    let interrupt = Interrupt::listen(orders, ui);
    let mut refused = Exit::Refused;
    loop {
        let found = tokio::select! {
            found = watching.next() => found,
            _ = inbox.recv() => return Ok(interrupt.exit().unwrap_or(Exit::Interrupted)),
        };
        match found {
            None => return Ok(refused),
            Some(Err(error)) => refused = session::refuse(&error, ui),
            Some(Ok(round)) => {
                let over = run(round, settings, ndjson, &mut inbox, &interrupt, ui).await?;
                if let Some(exit) = over {
                    return Ok(exit);
                }
            }
        }
    }
}

/// Runs what was found; returns how the program ends, if it does.
async fn run(
    Round { plan, journal, over }: Round,
    settings: &Settings,
    ndjson: bool,
    inbox: &mut mpsc::Receiver<RunOrder>,
    interrupt: &Interrupt,
    ui: Ui,
) -> Result<Option<Exit>, Exit> {
    let mut reporters: Vec<Box<dyn Reporter>> =
        vec![Box::new(Terminal::new(ui.lang, ui.verbosity))];
    if ndjson {
        reporters.push(Box::new(Ndjson::new(Lost::default())));
    }
    let trouble = Trouble::default();
    match journal {
        Ok(journal) => reporters.push(job::recorder(journal, &plan, &trouble)),
        Err(error) => trouble.note(&error),
    }
    let ended = session::perform(&*plan, settings, reporters, inbox, ui).await?;
    trouble.tell(ui);
    let signal = interrupt.exit();
    let exit = session::conclude(&plan, &ended, signal, None, ui);
    over.tell(&ended);
    // A signal ends the watch also if it came too late to interrupt anything.
    Ok(signal.or_else(|| ended.no_workers.is_some().then_some(exit)))
}

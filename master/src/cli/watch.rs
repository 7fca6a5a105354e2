//! `lote watch`: makes what appears or changes in folders, until it is told to end.
//!
//! A file is taken once its size and time have stood still between two looks. What has been made
//! is on record in the output folder, as of any run, so that a restart goes on where it ended.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use lote_protocol::time::nanoseconds;
use notify::{RecursiveMode, Watcher as _};
use tokio::sync::watch;
use walkdir::WalkDir;

use super::args::WatchArgs;
use super::interrupt::Shutdown;
use super::job::{self, Trouble};
use super::ui::Ui;
use super::{Exit, probe, session};
use crate::terminal::Terminal;
use lote_engine::job::Config;
use lote_engine::journal::{By, Header, Journal, Outcome, Records, read_all};
use lote_engine::lang::Lang;
use lote_engine::plan::{self, IfCollides, OutputState, Plan, PlanError, Request};
use lote_engine::report::Reporter;
use lote_engine::report::ndjson::{Lost, Ndjson};
use lote_engine::run::{Settings, sweep_orphans};

/// How often folders are looked at that tell of no changes, as those of other machines.
const SLOW: Duration = Duration::from_secs(10);

/// Size and time of a file.
type Stamp = (u64, Option<i64>);

pub(super) fn execute(args: &WatchArgs, config: &Config, ui: Ui) -> Exit {
    match watch(args, config, ui) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn watch(args: &WatchArgs, config: &Config, ui: Ui) -> Result<Exit, Exit> {
    let asked = args.make.asked(config, ui)?;
    let request = asked.request(args.folders.clone(), ui)?;
    for folder in &args.folders {
        if !folder.is_dir() {
            ui.error(&format!("{} is no folder", folder.display()), Some("name folders to watch"));
            return Err(Exit::NothingMatched);
        }
    }
    // Nobody is there to be asked about names.
    let if_collides = asked.options.if_collides.unwrap_or(IfCollides::Rename);
    let request = Request { recursive: true, if_collides, ..request };
    let work = asked.work();
    let worker = args.make.work.worker_command.clone();
    let settings = session::settings(&job::work_args(&work, worker), work.mode, false);
    let settings = settings.map_err(|what| {
        ui.error(&what, None);
        Exit::Usage
    })?;
    let settings = Settings { durable: work.durable, ..settings };
    probe::insist(&settings, ui)?;
    let (news, changes) = channel();
    let stopped = listen(news.clone(), ui)?;
    let _watcher = follow(&args.folders, news, ui);
    let mut watch = Watch {
        header: Header::new(&request, By::Run, work),
        request,
        settings,
        ndjson: args.ndjson,
        journal: None,
        seen: HashMap::new(),
        ui,
    };
    watch.remember();
    let folders = args.folders.iter().map(|folder| folder.display().to_string());
    let folders = folders.collect::<Vec<_>>().join(", ");
    ui.say(&match ui.lang {
        Lang::En => format!("watching {folders} (Ctrl-C ends it)"),
        Lang::Es => format!("vigilando {folders} (Ctrl-C lo termina)"),
    });
    watch.until(&stopped, &changes, args.settle)
}

/// Listens for signals, on a thread of its own; whoever waits for changes is told.
fn listen(news: Sender<()>, ui: Ui) -> Result<watch::Receiver<Option<Exit>>, Exit> {
    let (told, stopped) = watch::channel(None);
    let runtime = session::runtime().map_err(|problem| {
        ui.error(&problem, None);
        Exit::NoWorkers
    })?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            let (stop, mut signalled) = watch::channel(false);
            let shutdown = Shutdown::listen(stop, ui);
            // The sender lives as long as the program listens for signals.
            let _ = signalled.wait_for(|stop| *stop).await;
            told.send_replace(Some(shutdown.exit().unwrap_or(Exit::Interrupted)));
            let _ = news.send(());
            std::future::pending::<()>().await;
        });
    });
    Ok(stopped)
}

/// Has the system tell of changes, as far as it can; the rest is found by looking.
fn follow(folders: &[PathBuf], news: Sender<()>, ui: Ui) -> Option<notify::RecommendedWatcher> {
    let tell = move |event: notify::Result<notify::Event>| {
        // Reading a file is no change, and would go on for ever.
        if event.is_ok_and(|event| !event.kind.is_access() || is_closed(event.kind)) {
            let _ = news.send(());
        }
    };
    let made = notify::recommended_watcher(tell).and_then(|mut watcher| {
        for folder in folders {
            watcher.watch(folder, RecursiveMode::Recursive)?;
        }
        Ok(watcher)
    });
    made.inspect_err(|error| {
        let seconds = SLOW.as_secs();
        ui.warn(&match ui.lang {
            Lang::En => {
                format!("the system tells of no changes ({error}): looking every {seconds} s")
            }
            Lang::Es => {
                format!("el sistema no avisa de los cambios ({error}): se mira cada {seconds} s")
            }
        });
    })
    .ok()
}

fn is_closed(kind: notify::EventKind) -> bool {
    use notify::event::{AccessKind, AccessMode};
    kind == notify::EventKind::Access(AccessKind::Close(AccessMode::Write))
}

struct Watch {
    header: Header,
    request: Request,
    settings: Settings,
    ndjson: bool,
    /// The file of the journal, once there is one.
    journal: Option<PathBuf>,
    /// What has been made or has failed, as it was then.
    seen: HashMap<PathBuf, Stamp>,
    ui: Ui,
}

impl Watch {
    /// Takes over what failed before and has not changed: it is not tried again by itself.
    fn remember(&mut self) {
        let base = std::env::current_dir().unwrap_or_default();
        let journals = read_all(&self.request.output);
        for entry in journals.iter().flat_map(|journal| &journal.entries) {
            let stamp = (entry.image_bytes, entry.image_modified_ns);
            match entry.outcome {
                Outcome::Failed { .. } => self.seen.insert(base.join(&entry.image.0), stamp),
                Outcome::Ok { .. } => self.seen.remove(&entry.image.0),
            };
        }
    }

    /// Looks, makes what is new, and waits, until a signal comes.
    fn until(
        &mut self,
        stopped: &watch::Receiver<Option<Exit>>,
        changes: &Receiver<()>,
        settle: Duration,
    ) -> Result<Exit, Exit> {
        let mut before = BTreeMap::new();
        let mut made = BTreeMap::new();
        loop {
            if let Some(exit) = *stopped.borrow() {
                return Ok(exit);
            }
            let now = look(&self.request);
            let rests = |path: &Path| now.get(path).is_some_and(|it| before.get(path) == Some(it));
            if made != now && now.keys().any(|path| rests(path)) {
                let exit = self.make(&now, rests)?;
                if let Some(exit) = exit {
                    return Ok(exit);
                }
                if now == before {
                    made.clone_from(&now);
                }
            }
            let is_still = now == before;
            before = now;
            // What is about to stand still is looked at again soon, and nothing else is.
            let until = Instant::now() + if is_still { SLOW } else { settle };
            let left = || until.saturating_duration_since(Instant::now());
            while changes.recv_timeout(left()).is_ok() {
                // Changes come in crowds; those of one moment are one.
                while changes.try_recv().is_ok() {}
                if is_still || stopped.borrow().is_some() {
                    break;
                }
            }
        }
    }

    /// Makes what stands still and has not been made as it is now.
    fn make(
        &mut self,
        now: &BTreeMap<PathBuf, Stamp>,
        rests: impl Fn(&Path) -> bool,
    ) -> Result<Option<Exit>, Exit> {
        let past = Records::new(&self.request.output, read_all(&self.request.output));
        let slots = self.settings.slots as usize;
        let request = Request { slots, ..self.request.clone() };
        let plan = match plan::resume(&request, &past) {
            Ok(plan) => plan,
            Err(PlanError::NothingFound { .. } | PlanError::Unreadable { .. }) => return Ok(None),
            Err(error) => return Err(job::refuse(&error, self.ui)),
        };
        let stamp = |image: usize| now.get(&plan.images[image].path).copied();
        let wanted: Vec<_> = (0..plan.images.len())
            .map(|image| {
                rests(&plan.images[image].path)
                    && stamp(image) != self.seen.get(&plan.input(image)).copied()
            })
            .collect();
        let is_open = |state: &OutputState| {
            matches!(state, OutputState::Planned { .. } | OutputState::Failed(_))
        };
        let open = |image: usize| {
            wanted[image] && (0..plan.variants.len()).any(|v| is_open(plan.state(image, v)))
        };
        let images: Vec<_> = (0..plan.images.len()).filter(|image| open(*image)).collect();
        let (paths, stamps): (Vec<_>, Vec<_>) =
            images.iter().map(|image| (plan.input(*image), stamp(*image))).unzip();
        if images.is_empty() {
            return Ok(None);
        }
        let plan =
            plan.only(|image, variant| wanted[image] && is_open(plan.state(image, variant)), slots);
        let exit = self.run(&Arc::new(plan))?;
        for (path, stamp) in paths.into_iter().zip(stamps) {
            if let Some(stamp) = stamp {
                self.seen.insert(path, stamp);
            }
        }
        Ok(exit)
    }

    /// Runs a plan; returns how the program ends if it was interrupted.
    fn run(&mut self, plan: &Arc<Plan>) -> Result<Option<Exit>, Exit> {
        let ui = self.ui;
        plan::prepare(plan).map_err(|error| job::refuse(&error, ui))?;
        sweep_orphans(&plan::folders(plan));
        let mut reporters: Vec<Box<dyn Reporter>> =
            vec![Box::new(Terminal::new(ui.lang, ui.verbosity))];
        if self.ndjson {
            reporters.push(Box::new(Ndjson::new(Lost::default())));
        }
        let trouble = Trouble::default();
        let journal = match &self.journal {
            Some(path) => Journal::reopen(path, self.settings.durable),
            None => Journal::create(&self.request.output, &self.header),
        };
        match journal {
            Ok(mut journal) => {
                self.journal = Some(journal.path().to_owned());
                journal.begin(plan);
                reporters.push(job::recorder(journal, plan, &trouble));
            }
            Err(error) => trouble.note(&error),
        }
        let (ended, interrupt) = session::run(plan, &self.settings, reporters, ui)?;
        trouble.tell(ui);
        let exit = session::conclude(plan, &ended, interrupt, None, ui);
        let is_over = interrupt.is_some() || ended.halted.is_some() || ended.no_workers.is_some();
        Ok(is_over.then_some(exit))
    }
}

/// Size and time of every file in the folders.
fn look(request: &Request) -> BTreeMap<PathBuf, Stamp> {
    let output = std::fs::canonicalize(&request.output).ok();
    let mut files = BTreeMap::new();
    for folder in &request.paths {
        let entries = WalkDir::new(folder).min_depth(1).follow_links(true).into_iter();
        let entries = entries.filter_entry(|entry| {
            let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            let is_output =
                || output.is_some() && std::fs::canonicalize(entry.path()).ok() == output;
            !(entry.file_type().is_dir() && (is_hidden || is_output()))
        });
        for entry in entries.flatten().filter(|entry| entry.file_type().is_file()) {
            if let Ok(metadata) = entry.metadata() {
                let modified = metadata.modified().ok().and_then(nanoseconds);
                files.insert(entry.into_path(), (metadata.len(), modified));
            }
        }
    }
    files
}

//! A job of the command line: planned from what it was asked for, run, and kept on record.

use std::collections::HashSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::args::ShowArgs;
use super::report::Report;
use super::stored::{Stored, refuse_plan};
use super::{dry_run, probe, room, session};
use crate::exit::Exit;
use crate::fleet::{Fleet, Submitted, Submitter, check};
use crate::interrupt::Interrupt;
use crate::terminal::{Terminal, Unsaid};
use crate::ui::Ui;
use lote_engine::event::{Bus, Event};
use lote_engine::job::Unusable;
use lote_engine::journal::{self, Header, How, Journal, Records, SharedPart};
use lote_engine::lang::Lang;
use lote_engine::lang::Text;
use lote_engine::plan::Spool;
use lote_engine::plan::{self, IfExists, Plan, PlanError, Request, Shard};
use lote_engine::report::Reporter;
use lote_engine::report::ndjson::{Lost, Ndjson};
use lote_engine::run::{Ended, Settings, sweep_orphans};
use lote_engine::store::from;
use lote_engine::system;
use lote_protocol::text;
use lote_serve::web::report::ReportFormat;
use tokio::sync::mpsc;

/// What a job is asked for.
pub(super) struct ReadyJob {
    /// What goes on record.
    pub(super) header: Header,
    /// The folder that outputs go to.
    pub(super) output: PathBuf,
    /// What to do about outputs that exist, which need not be what goes on record.
    pub(super) if_exists: IfExists,
    /// What need not be made again.
    pub(super) past: Records,
    /// The outputs that are wanted; `None` is all.
    pub(super) only: Option<HashSet<journal::Output>>,
    /// The part that is wanted, and the name of the job that it is one of.
    pub(super) part: Option<(Shard, Option<String>)>,
    /// The fleet that does it, if one does, and the job of the fleet that it goes on with.
    pub(super) fleet: Option<(Fleet, Option<String>)>,
    /// The store that images come from or outputs go to, if any do.
    pub(super) stored: Option<Stored>,
    /// The folder of its record, if one was named.
    pub(super) record: Option<PathBuf>,
    /// What is not recorded.
    pub(super) here: Here,
}

/// How a job is shown, and by whom it is done.
#[derive(Debug, Clone)]
pub(super) struct Here {
    pub(super) worker_command: Option<String>,
    pub(super) external: bool,
    pub(super) show: ShowArgs,
    /// The file of the report, if one is wanted.
    pub(super) report: Option<(PathBuf, ReportFormat)>,
}

impl ReadyJob {
    /// The folder that its record goes to.
    fn record(&self) -> &Path {
        self.stored.as_ref().and_then(Stored::record).unwrap_or(&self.output)
    }
}

/// Plans a job and runs it to its end.
pub(super) fn execute(mut job: ReadyJob, ui: Ui) -> Exit {
    let (options, worker) = (&job.header.options, job.here.worker_command.as_deref());
    let settings = match session::settings(options, worker, job.here.external) {
        Ok(settings) => settings,
        Err(what) => {
            ui.error(what, text!("write it as for a shell: \"valgrind -q ./lote-worker\""));
            return Exit::Usage;
        }
    };
    let settings = if job.fleet.is_some() {
        // An image is decoded once, on one machine.
        Settings { slots: 1, ..settings }
    } else {
        settings
    };
    let submitter = match job.fleet.as_ref().filter(|_| !job.here.show.dry_run) {
        Some((fleet, _)) => match submitter(fleet, ui) {
            Ok(submitter) => Some(submitter),
            Err(exit) => return exit,
        },
        None => None,
    };
    if let Some(submitter) = &submitter
        && let Err(exit) = take_over(&mut job, submitter, &settings, ui)
    {
        return exit;
    }
    let spool = match spool(&job, ui) {
        Ok(spool) => spool,
        Err(exit) => return exit,
    };
    let plan = match make_plan(&job, spool.as_ref(), settings.slots as usize) {
        Ok(Ok(plan)) => plan,
        Ok(Err(error)) => {
            return match &spool {
                Some(spool) => refuse_plan(&error, spool, ui),
                None => session::refuse(&error, ui),
            };
        }
        Err(error) => return unusable(&error, ui),
    };
    if let Some(spool) = &spool {
        spool.empty();
    }
    let job = &job;
    let (plan, part) = match &job.part {
        None => (plan, None),
        Some((shard, name)) => match this_part(job, &plan, *shard, name.as_ref(), ui) {
            Ok(part) => (plan, Some(part)),
            Err(exit) => return exit,
        },
    };
    for problem in &plan.problems {
        ui.warn(text!("{}: {}", problem.path.display(), problem.failure.message.clone()));
    }
    for image in plan.unmatched() {
        let what = text!("there is an exception for {}, which is not among the images", image);
        let named = Path::new(image).file_name();
        let below = plan.images.iter().find(|one| one.name.file_name() == named);
        ui.warn(match below.map(|one| one.name.display().to_string()) {
            Some(below) => text!("{}; {}", what, text!("did you mean {}?", below)),
            None => what,
        });
    }
    room::warn_if_short(&plan, &job.output, ui);
    if let Some(shortcoming) = system::shortcomings(ui.lang) {
        ui.warn(shortcoming);
    }
    if let Err(exit) = probe::look_at_files(&plan, &settings, ui) {
        return exit;
    }
    if let Some((fleet, _)) = &job.fleet
        && let Err((what, exit)) = check(fleet, &plan)
    {
        ui.error(what, None);
        return exit;
    }
    if job.here.show.dry_run {
        tell_left_out(&plan, ui);
        return dry_run::show(&plan, &settings, &job.here.show, ui);
    }
    if submitter.is_none()
        && let Err(exit) = probe::insist(&settings, ui)
    {
        return exit;
    }
    if let Some(stored) = job.stored.as_ref().filter(|_| !plan.units.is_empty())
        && let Err(exit) = stored.prepare(job.if_exists, ui)
    {
        return exit;
    }
    let prepared = plan::prepare(&plan)
        .and_then(|()| if settings.durable { plan::sync_folders(&plan) } else { Ok(()) });
    if let Err(error) = prepared {
        return session::refuse(&error, ui);
    }
    sweep_orphans(&plan::folders(&plan));
    perform(job, (part, submitter.as_ref(), spool.as_ref()), &Arc::new(plan), &settings, ui)
}

/// The way to a fleet. An error has been told already.
fn submitter(fleet: &Fleet, ui: Ui) -> Result<Submitter, Exit> {
    let begin = || {
        let runtime = session::runtime().map_err(|what| (what, Exit::NoWorkers))?;
        Submitter::new(fleet, runtime)
    };
    begin().map_err(|(what, exit)| {
        ui.error(what, None);
        exit
    })
}

/// Takes down what agents have made of a job that broke off. An error has been told already.
fn take_over(
    job: &mut ReadyJob,
    submitter: &Submitter,
    settings: &Settings,
    ui: Ui,
) -> Result<(), Exit> {
    let Some((_, Some(before))) = &job.fleet else { return Ok(()) };
    let records = submitter.take_over(before, &job.output).map_err(|(what, exit)| {
        ui.error(what, None);
        exit
    })?;
    let Ok(Ok(plan)) = make_plan(job, None, settings.slots as usize) else { return Ok(()) };
    let made = submitter.made(&plan, &records);
    let entries = made
        .into_iter()
        .map(|(image, variant, outcome)| journal::entry(&plan, image, variant, outcome));
    job.past.add_all(&job.header, entries.collect());
    Ok(())
}

/// What goes on record of a part; refuses one that has found other images than another part.
fn this_part(
    job: &ReadyJob,
    plan: &Plan,
    shard: Shard,
    name: Option<&String>,
    ui: Ui,
) -> Result<SharedPart, Exit> {
    let part = SharedPart { shard, job: name.cloned(), plan: plan.digest() };
    let others = journal::read_all(job.record()).into_iter().filter_map(|past| past.header.part);
    let disagrees = |other: &SharedPart| {
        other.job.is_some() && other.job == part.job && other.plan != part.plan
    };
    if let Some(other) = others.into_iter().find(disagrees) {
        let (ours, theirs) = (shard.number, other.shard.number);
        let what = text!("part {} has found other images or outputs than part {}", ours, theirs);
        let hint =
            text!("let all machines see the same folders, or give the new job another --job");
        ui.error(what, hint);
        return Err(Exit::Refused);
    }
    let Shard { number, count } = shard;
    ui.say(&match ui.lang {
        Lang::En => format!("part {number} of {count}; what other parts make counts as skipped"),
        Lang::Es => format!("parte {number} de {count}; lo de otras partes cuenta como omitido"),
    });
    Ok(part)
}

/// The twins of what the job names in a store, if it does. An error has been told already.
fn spool(job: &ReadyJob, ui: Ui) -> Result<Option<Arc<Spool>>, Exit> {
    let Some(stored) = &job.stored else { return Ok(None) };
    let request = job.header.request(&job.output, 1).map_err(|error| unusable(&error, ui))?;
    let outputs = job.if_exists != IfExists::Overwrite || !job.past.is_empty();
    stored.spool(&request, outputs, ui).map(Some)
}

fn make_plan(
    job: &ReadyJob,
    spool: Option<&Arc<Spool>>,
    slots: usize,
) -> Result<Result<Plan, PlanError>, Unusable> {
    let request = Request {
        if_exists: job.if_exists,
        shard: job.part.as_ref().map(|part| part.0),
        spool: spool.cloned(),
        ..job.header.request(&job.output, slots)?
    };
    Ok(plan::resume(&request, &job.past).map(|plan| {
        let Some(only) = &job.only else { return plan };
        plan.only(|image, variant| only.contains(&journal::output(&plan, image, variant)), slots)
    }))
}

/// Says why a job on record cannot be asked for again.
fn unusable(error: &Unusable, ui: Ui) -> Exit {
    let what = text!("the job on record cannot be repeated: {}", error.text());
    ui.error(what, text!("another version of lote has made it; name paths and filters again"));
    Exit::Usage
}

fn perform(
    job: &ReadyJob,
    (part, submitter, spool): (Option<SharedPart>, Option<&Submitter>, Option<&Arc<Spool>>),
    plan: &Arc<Plan>,
    settings: &Settings,
    ui: Ui,
) -> Exit {
    // What is there already, nobody needs to be asked for.
    let submitter = submitter.filter(|_| !plan.units.is_empty());
    let submitted = submitter.map(|submitter| submitter.job(plan, &job.header, settings));
    let submitted = match submitted.transpose() {
        Ok(submitted) => submitted,
        Err(what) => {
            ui.error(what, None);
            return Exit::Refused;
        }
    };
    let (lost, unsaid) = (Lost::default(), Unsaid::default());
    let terminal = Terminal::new(ui.lang, ui.verbosity).that_tells(unsaid.clone());
    let mut reporters: Vec<Box<dyn Reporter>> = vec![Box::new(terminal)];
    if job.here.show.ndjson {
        reporters.push(Box::new(Ndjson::new(lost.clone())));
    }
    if let Some((file, kind)) = &job.here.report {
        reporters.push(Box::new(Report::new(file.clone(), *kind, Arc::clone(plan), ui)));
    }
    let trouble = Trouble::default();
    let fleet = submitted.as_ref().map(Submitted::on_record);
    let header = Header { part, fleet, ..job.header.clone() };
    let mut record = None;
    match Journal::create(job.record(), &header) {
        Ok(mut journal) => {
            journal.begin(plan);
            record = Some(journal.path().to_owned());
            reporters.push(recorder(journal, plan, &trouble));
        }
        Err(error) => trouble.note(&error),
    }
    let run = match submitter.zip(submitted.as_ref()) {
        None => match job.stored.as_ref().zip(spool) {
            None => session::run(&**plan, settings, reporters, ui),
            Some((stored, spool)) => stored
                .transfer(plan, spool, ui)
                .and_then(|transfer| session::run(transfer, settings, reporters, ui)),
        },
        Some((submitter, submitted)) => {
            let run = elsewhere(submitter, submitted, reporters, ui);
            let is_over = run.as_ref().is_ok_and(|(ended, _)| !ended.cancelled);
            if let Ok((Ended { summary, cancelled: true, .. }, _)) = &run {
                ui.say(&match ui.lang {
                    Lang::En => format!(
                        "{} outputs are left to the fleet as job {}; `lote fleet status` shows how far it is",
                        summary.counts.cancelled,
                        submitted.id()
                    ),
                    Lang::Es => format!(
                        "{} salidas quedan a cargo de la flota en el trabajo {}; `lote fleet status` muestra cómo va",
                        summary.counts.cancelled,
                        submitted.id()
                    ),
                });
            }
            if is_over && let Err(why) = submitter.finish(submitted) {
                ui.warn(text!("the fleet keeps what it has of this job: {}", why));
            }
            run
        }
    };
    let (ended, interrupt) = match run {
        Ok(end) => end,
        Err(exit) => return exit,
    };
    if job.here.show.json {
        let summary = serde_json::to_string_pretty(&ended.summary).unwrap_or_default();
        let written = system::standard_output().and_then(|mut out| writeln!(out, "{summary}"));
        if let Err(error) = written {
            lost.note(&error);
        }
    }
    trouble.tell(ui);
    if let Some((stored, record)) = job.stored.as_ref().zip(record) {
        stored.keep_record(&record, ui);
    }
    tell_left_out(plan, ui);
    let rest = resume_command(job);
    let rest = if submitter.is_some() { format!("{rest} --fleet …") } else { rest };
    let exit = session::conclude(plan, &ended, interrupt, Some(&rest), ui);
    if let Some(why) = lost.reason() {
        ui.unwritten(why.clone());
        return exit.or(Exit::SomeFailed);
    }
    if unsaid.reason().is_some() { exit.or(Exit::SomeFailed) } else { exit }
}

/// Has a fleet do a job. An error has been told already.
fn elsewhere(
    submitter: &Submitter,
    submitted: &Submitted<'_>,
    reporters: Vec<Box<dyn Reporter>>,
    ui: Ui,
) -> Result<(Ended, Option<Exit>), Exit> {
    submitter.runtime.block_on(async {
        let (orders, mut inbox) = mpsc::channel(16);
        let interrupt = Interrupt::leaving(orders, ui);
        let run = async |bus: &mut Bus| Box::pin(submitter.run(submitted, bus, &mut inbox)).await;
        let ended = session::shown(reporters, ui, run).await?;
        Ok((ended, interrupt.exit()))
    })
}

/// Says what was found and not worked on, and why.
fn tell_left_out(plan: &Plan, ui: Ui) {
    if !plan.left_out.is_empty() {
        let says = ui.lang.pick("left out", "sin tocar");
        ui.say(&format!("{says}: {}", plan.left_out.line(ui.lang)));
    }
}

/// The folders that this user's own record of this output folder may name without being asked about:
/// that itself, what lies beside it, and the current folder.
pub(super) fn own_folders(output: &Path) -> Vec<PathBuf> {
    let here = std::env::current_dir().unwrap_or_default();
    let output = from(&here, output);
    let beside = output.parent().map(Path::to_owned);
    beside.into_iter().chain([output, here]).collect()
}

/// The command that goes on with the last job of an output folder, with inputs that lie elsewhere.
fn resume_command(job: &ReadyJob) -> String {
    let output = &job.output;
    let outside = job.header.outside(&own_folders(output));
    let words = outside.iter().map(PathBuf::as_path).chain([Path::new("-o"), output]);
    let record = job.record.iter().flat_map(|record| [Path::new("--record"), record]);
    let words = words.chain(record);
    let quoted = words.map(|word| {
        let word = word.to_string_lossy();
        shlex::try_quote(&word).map_or_else(|_| word.to_string(), std::borrow::Cow::into_owned)
    });
    format!("lote run --resume {}", quoted.collect::<Vec<_>>().join(" "))
}

/// What happened in so long is lost to the record if the program is killed, and made again.
const PATIENCE: Duration = Duration::from_millis(5);

/// Takes a run of that plan down in its journal.
pub(super) fn recorder(journal: Journal, plan: &Arc<Plan>, trouble: &Trouble) -> Box<dyn Reporter> {
    Box::new(Recorder { journal, plan: Arc::clone(plan), trouble: trouble.clone() })
}

/// Takes a run down in its journal.
struct Recorder {
    journal: Journal,
    plan: Arc<Plan>,
    trouble: Trouble,
}

impl Reporter for Recorder {
    fn show(&mut self, event: &Event) {
        self.journal.event(event, &self.plan);
        if let Event::Finished(summary) = event {
            let how = if summary.counts.cancelled > 0 { How::Interrupted } else { How::Finished };
            self.journal.end(how);
        }
    }

    fn patience(&self) -> Duration {
        PATIENCE
    }

    fn rest(&mut self) {
        match self.journal.flush() {
            Ok(()) => self.trouble.forget(),
            Err(error) => self.trouble.note(&error),
        }
    }
}

/// What keeps the journal from being written, if anything does.
#[derive(Clone, Default)]
pub(super) struct Trouble(Arc<Mutex<Option<Text>>>);

impl Trouble {
    fn set(&self, what: Option<Text>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = what;
    }

    pub(super) fn note(&self, error: &io::Error) {
        self.set(Some(plan::error::reason(error)));
    }

    fn forget(&self) {
        self.set(None);
    }

    /// Says so, if something does.
    pub(super) fn tell(&self, ui: Ui) {
        if let Some(why) = self.get() {
            ui.warn(text!("not all is on record, so that --resume would make it again: {}", why));
        }
    }

    fn get(&self) -> Option<Text> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

//! A run in the terminal: a bar, what each worker does, and a line for everything that goes wrong.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};
use std::sync::Arc;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use lote_protocol::lang::Text;
use lote_protocol::sandbox::Sandbox;

use lote_protocol::outcome::FailureKind;

use lote_engine::event::{
    Afar, AgentState, Event, FleetState, Mode, OutputEnded, Progress, Status, StoreState,
    WorkerState,
};
use lote_engine::lang::Lang;
use lote_engine::report::Reporter;
use lote_engine::report::ndjson::Lost;
use lote_engine::report::summary;
use lote_engine::state::RunState;
use lote_engine::words::{estimate, failure_kind, printable};

/// The most lines of workers below the bar.
const WORKER_LINES: u32 = 16;

/// The most lines about one kind of trouble, of which a broken disk may give thousands.
const MAX_LINES: usize = 50;

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum Verbosity {
    /// What went wrong, and nothing else.
    Quiet,
    /// Also how far the run is, and its figures.
    #[default]
    Normal,
    /// Also every output and every state of a worker.
    Verbose,
}

/// Writes to standard error. Whether anybody can read it makes no difference to a run.
fn print(text: std::fmt::Arguments<'_>) {
    let _ = anstream::stderr().write_fmt(text);
}

/// What could not be written of how a run has ended; clones are the same.
pub(crate) type Unsaid = Lost;

/// Shows a run on standard error.
#[derive(Debug)]
pub(crate) struct Terminal {
    lang: Lang,
    verbosity: Verbosity,
    bars: Option<Bars>,
    /// Images whose failure has been shown: one line is enough for all its variants.
    shown: HashSet<(String, Option<String>)>,
    lines: usize,
    state: RunState,
    unsaid: Unsaid,
}

#[derive(Debug)]
struct Bars {
    all: MultiProgress,
    total: ProgressBar,
    workers: BTreeMap<(Name, u32), ProgressBar>,
    mode: Mode,
}

/// A worker: of an agent, if it is another machine's, and its number there.
type Name = (Option<Arc<str>>, u32);

/// A worker as people read of it.
fn named((agent, worker): &Name, lang: Lang) -> String {
    match (agent, lang) {
        (None, _) => worker.to_string(),
        (Some(agent), Lang::En) => format!("{worker} of {agent}"),
        (Some(agent), Lang::Es) => format!("{worker} de {agent}"),
    }
}

impl Bars {
    /// Removes the lines of this machine's workers: others work in their place.
    fn forget_own(&mut self) {
        self.workers.retain(|((agent, _), _), line| {
            if agent.is_none() {
                self.all.remove(line);
            }
            agent.is_some()
        });
    }

    /// Adds the line of a worker's thread, if there is room.
    fn add_line(&mut self, key: (Name, u32), prefix: String) {
        if self.workers.len() < WORKER_LINES as usize {
            let line = self.all.add(ProgressBar::new_spinner());
            line.set_style(style("  {prefix:>3} {msg:.dim}"));
            line.set_prefix(prefix);
            self.workers.insert(key, line);
        }
    }
}

impl Terminal {
    /// For standard error; without a bar where that is no terminal.
    pub(crate) fn new(lang: Lang, verbosity: Verbosity) -> Self {
        let live = verbosity > Verbosity::Quiet && io::stderr().is_terminal();
        let bars = live.then(|| {
            let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(10));
            let total = all.add(ProgressBar::new(0));
            total.set_style(style("{bar:28.green} {pos}/{len} · {percent} % · {msg}"));
            Bars { all, total, workers: BTreeMap::new(), mode: Mode::Processes }
        });
        Self {
            lang,
            verbosity,
            bars,
            shown: HashSet::new(),
            lines: 0,
            state: RunState::default(),
            unsaid: Unsaid::default(),
        }
    }

    /// The same, with a note of a summary that could not be written.
    pub(crate) fn that_tells(self, unsaid: Unsaid) -> Self {
        Self { unsaid, ..self }
    }

    fn line(&self, text: &str) {
        match &self.bars {
            // The bar is only drawn there where colours are understood, or asked not to be.
            Some(bars) => bars.all.suspend(|| print(format_args!("{text}\n"))),
            None => print(format_args!("{text}\n")),
        }
    }

    fn output(&mut self, output: &OutputEnded) {
        let bad = output.status.is_failure();
        let name = printable(&output.image);
        if bad {
            // What cannot be written cannot be for one reason, as a rule; it is said once.
            let of = match output.kind {
                Some(FailureKind::Write) => String::new(),
                _ => output.image.clone(),
            };
            if !self.shown.insert((of, output.reason.as_ref().map(ToString::to_string))) {
                return;
            }
            self.lines += 1;
            match self.lines.cmp(&MAX_LINES) {
                std::cmp::Ordering::Less => {}
                std::cmp::Ordering::Equal => {
                    let en = "further failures are counted, and listed by --ndjson";
                    let es = "los demás fallos se cuentan, y --ndjson los detalla";
                    return self.line(self.lang.pick(en, es));
                }
                std::cmp::Ordering::Greater => return,
            }
            let kind = output.kind.map_or("", |kind| failure_kind(kind, self.lang));
            let reason = output.reason.as_ref().map(|reason| reason.say(self.lang));
            let reason = printable(&reason.unwrap_or_default());
            self.line(&format!("{ERROR}✗ {name}{ERROR:#}: {kind}: {reason}"));
        }
        for note in &output.notes {
            if self.shown.insert((output.image.clone(), Some(note.to_string()))) {
                self.line(&format!("{WARN}! {name}{WARN:#}: {}", printable(&note.say(self.lang))));
            }
        }
        if self.verbosity >= Verbosity::Verbose && output.status == Status::Ok {
            let ms = self.lang.number(output.ms.unwrap_or_default(), 0);
            self.line(&format!("{GOOD}✓{GOOD:#} {name} → {} ({ms} ms)", output.variant));
        }
    }

    fn worker(&self, name: &Name, pid: u32, state: WorkerState, reason: Option<&Text>) {
        let lang = self.lang;
        let worker = named(name, lang);
        let reason = printable(&reason.map(|reason| reason.say(lang)).unwrap_or_default());
        match state {
            WorkerState::Lost => {
                let text = match lang {
                    Lang::En => format!("worker {worker} (pid {pid}) died: {reason}"),
                    Lang::Es => format!("el proceso {worker} (pid {pid}) cayó: {reason}"),
                };
                self.line(&format!("{WARN}☠ {text}{WARN:#}"));
            }
            WorkerState::Stopped if !reason.is_empty() => {
                let text = match lang {
                    Lang::En => format!("worker {worker} is not replaced any more: {reason}"),
                    Lang::Es => format!("el proceso {worker} ya no se sustituye: {reason}"),
                };
                self.line(&format!("{ERROR}✗ {text}{ERROR:#}"));
            }
            WorkerState::Restarted
                if !reason.is_empty() && self.verbosity >= Verbosity::Verbose =>
            {
                let text = match lang {
                    Lang::En => format!("worker {worker} is replaced: {reason}"),
                    Lang::Es => format!("el proceso {worker} se sustituye: {reason}"),
                };
                self.line(&format!("{GOOD}↻{GOOD:#} {text}"));
            }
            _ => {}
        }
    }

    fn ready(
        &mut self,
        (name, again): (&Name, bool),
        pid: u32,
        ms: Option<f64>,
        sandbox: Option<&Sandbox>,
    ) {
        if again || self.verbosity >= Verbosity::Verbose {
            let worker = named(name, self.lang);
            let ms = ms.map(|ms| format!(", {} ms", self.lang.number(ms, 0))).unwrap_or_default();
            let text = match (self.lang, again) {
                (Lang::En, true) => format!("worker {worker} was replaced (pid {pid}{ms})"),
                (Lang::En, false) => format!("worker {worker} is ready (pid {pid}{ms})"),
                (Lang::Es, true) => {
                    format!("el proceso {worker} ya tiene sustituto (pid {pid}{ms})")
                }
                (Lang::Es, false) => format!("el proceso {worker} está listo (pid {pid}{ms})"),
            };
            self.line(&format!("{GOOD}↻{GOOD:#} {text}"));
        }
        if let Some(sandbox) = sandbox.filter(|_| self.verbosity >= Verbosity::Verbose && !again) {
            let says = self.lang.pick("its sandbox", "su aislamiento");
            self.line(&format!("  {says}: {}", printable(&sandbox.text().say(self.lang))));
        }
    }

    fn task(&mut self, of: Name, slot: u32, image: &str, attempt: u32) {
        let name = printable(image);
        if attempt > 1 {
            let worker = named(&of, self.lang);
            let text = match self.lang {
                Lang::En => format!("{name} is repeated by worker {worker} (attempt {attempt})"),
                Lang::Es => format!("el proceso {worker} repite {name} (intento {attempt})"),
            };
            self.line(&format!("{GOOD}↻{GOOD:#} {text}"));
        }
        if let Some(bars) = &mut self.bars {
            if of.0.is_some() && !bars.workers.contains_key(&(of.clone(), slot)) {
                bars.forget_own();
                bars.add_line((of.clone(), slot), named(&of, self.lang));
            }
            if let Some(line) = bars.workers.get(&(of, slot)) {
                line.set_message(name);
            }
        }
    }

    /// The disk is full.
    fn paused(&self, free_bytes: u64) {
        let free = free_bytes >> 10;
        let text = match self.lang {
            Lang::En => format!(
                "the disk is full ({free} KiB free): paused until there is room; Ctrl-C ends the run"
            ),
            Lang::Es => format!(
                "el disco está lleno ({free} KiB libres): en pausa hasta que haya sitio; \
                 Ctrl-C termina"
            ),
        };
        self.line(&format!("{WARN}⏸ {text}{WARN:#}"));
    }

    /// A machine that helps, or could.
    fn agent(&self, agent: &str, state: AgentState, slots: u32, reason: Option<&Text>) {
        let lang = self.lang;
        let reason = printable(&reason.map(|reason| reason.say(lang)).unwrap_or_default());
        let text = match (state, lang) {
            (AgentState::Joined, Lang::En) => format!("{agent} helps ({slots} at a time)"),
            (AgentState::Joined, Lang::Es) => format!("{agent} ayuda ({slots} a la vez)"),
            (AgentState::Left, Lang::En) => format!("{agent} has left"),
            (AgentState::Left, Lang::Es) => format!("{agent} se ha ido"),
            (AgentState::Lost, Lang::En) => {
                format!("{agent} is not heard of any more; others do what it had")
            }
            (AgentState::Lost, Lang::Es) => {
                format!("no se sabe nada de {agent}; lo que tenía lo hacen otros")
            }
            (AgentState::Refused, Lang::En) => format!("{agent} cannot help: {reason}"),
            (AgentState::Refused, Lang::Es) => format!("{agent} no puede ayudar: {reason}"),
        };
        let is_bad = matches!(state, AgentState::Lost | AgentState::Refused);
        let (sign, style) = if is_bad { ("☠", WARN) } else { ("◆", GOOD) };
        if is_bad || self.verbosity >= Verbosity::Normal {
            self.line(&format!("{style}{sign}{style:#} {text}"));
        }
    }

    /// Something is the matter with the fleet as a whole.
    fn fleet(&self, state: FleetState, open: usize, reason: Option<&Text>) {
        let lang = self.lang;
        let reason = printable(&reason.map(|reason| reason.say(lang)).unwrap_or_default());
        let (text, style) = match (state, lang) {
            (FleetState::Waiting, _) => (format!("⏸ {reason}"), WARN),
            (FleetState::Back, Lang::En) => ("▶ it goes on".to_owned(), GOOD),
            (FleetState::Back, Lang::Es) => ("▶ se continúa".to_owned(), GOOD),
            (FleetState::Repaired, Lang::En) => {
                (format!("↻ the fleet was told again what is to be done ({open} outputs)"), WARN)
            }
            (FleetState::Repaired, Lang::Es) => {
                (format!("↻ se ha repetido a la flota lo que hay que hacer ({open} salidas)"), WARN)
            }
        };
        self.line(&format!("{style}{text}{style:#}"));
    }

    /// Something is the matter with a store.
    fn store(&mut self, state: StoreState, reason: Option<&Text>) {
        let reason = printable(&reason.map(|why| why.say(self.lang)).unwrap_or_default());
        let (text, style) = match (state, self.lang) {
            (StoreState::Waiting, Lang::En) => (format!("⏸ waiting: {reason}"), WARN),
            (StoreState::Waiting, Lang::Es) => (format!("⏸ a la espera: {reason}"), WARN),
            (StoreState::Back, Lang::En) => ("▶ it goes on".to_owned(), GOOD),
            (StoreState::Back, Lang::Es) => ("▶ se continúa".to_owned(), GOOD),
        };
        self.line(&format!("{style}{text}{style:#}"));
    }

    fn planned(&mut self, outputs: usize, mode: Mode, workers: u32) {
        let Some(bars) = &mut self.bars else { return };
        bars.mode = mode;
        bars.total.set_length(outputs as u64);
        for index in 0..workers.min(WORKER_LINES) {
            let (worker, slot) = if mode == Mode::Processes { (index + 1, 0) } else { (1, index) };
            bars.add_line(((None, worker), slot), (index + 1).to_string());
        }
        bars.total.enable_steady_tick(Duration::from_millis(200));
    }

    fn progress(&self, progress: &Progress) {
        let Some(bars) = &self.bars else { return };
        let lang = self.lang;
        bars.total.set_position(progress.done as u64);
        let rate = lang.number(progress.images_per_s, 1);
        let mut message = format!("{rate} {}", lang.pick("images/s", "imágenes/s"));
        if let Some(eta) = progress.eta_s {
            let to_go = lang.pick("to go", "restantes");
            // Writing to a string cannot fail.
            let _ = write!(message, " · {} {to_go}", estimate(eta, lang));
        }
        if self.state.counts.failed > 0 {
            let failed = lang.pick("failed", "fallidas");
            let _ = write!(message, " · {} {failed}", self.state.counts.failed);
        }
        bars.total.set_message(message);
    }

    fn clear(&mut self) {
        if let Some(bars) = self.bars.take() {
            for line in bars.workers.values() {
                line.finish_and_clear();
            }
            bars.total.finish_and_clear();
        }
    }
}

impl Reporter for Terminal {
    fn show(&mut self, event: &Event) {
        let is_waited_for = self.state.is_waited_for(event);
        self.state.event(event, 0.0);
        match event {
            Event::Planned { outputs, mode, workers, .. } => {
                self.planned(*outputs, *mode, *workers);
            }
            Event::Listening { socket } => {
                let says = self.lang.pick("more workers join by", "más procesos se unen con");
                let socket = printable(&socket.display().to_string());
                self.line(&format!("{says}: lote worker connect {socket}"));
            }
            Event::Worker {
                agent, worker, pid, state: WorkerState::Ready, ms, sandbox, ..
            } => {
                let name = name(agent.as_ref(), *worker);
                self.ready((&name, is_waited_for), *pid, *ms, sandbox.as_ref());
            }
            Event::Worker { agent, worker, pid, state, reason, .. } => {
                self.worker(&name(agent.as_ref(), *worker), *pid, *state, reason.as_ref());
            }
            Event::Task { agent, worker, slot, image, attempt, .. } => {
                self.task(name(agent.as_ref(), *worker), *slot, image, *attempt);
            }
            Event::Output(output) => self.output(output),
            Event::Decoded { .. } | Event::Claimed { .. } | Event::PutOff { .. } => {}
            Event::Paused { free_bytes, .. } => self.paused(*free_bytes),
            Event::Resumed => {
                let en = "there is room again: it goes on";
                let es = "vuelve a haber sitio: se continúa";
                self.line(&format!("{GOOD}▶{GOOD:#} {}", self.lang.pick(en, es)));
            }
            Event::Agent { agent, state, slots, reason, .. } => {
                self.agent(agent, *state, *slots, reason.as_ref());
            }
            Event::Fleet { state, open, reason } => self.fleet(*state, *open, reason.as_ref()),
            Event::Store { state, reason } => self.store(*state, reason.as_ref()),
            Event::Progress(progress) => self.progress(progress),
            Event::Finished(summary) => {
                self.clear();
                if self.verbosity >= Verbosity::Normal {
                    let text = summary::render(summary, self.lang);
                    if let Err(error) = anstream::stderr().write_all(text.as_bytes()) {
                        self.unsaid.note(&error);
                    }
                }
                let given_up = summary::quarantine(&summary.quarantine, self.lang);
                print(format_args!("{given_up}"));
            }
        }
    }
}

fn name(agent: Option<&Afar>, worker: u32) -> Name {
    (agent.map(|afar| Arc::clone(&afar.agent)), worker)
}

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARN: Style = AnsiColor::Yellow.on_default();
const GOOD: Style = AnsiColor::Green.on_default();

/// The template is ours: if it were wrong, a plain bar would be drawn.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

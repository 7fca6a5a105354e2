//! `lote demo`: strikes its own workers in mid-job, as processes and as threads, and proves that
//! nothing is lost.
//!
//! The blows are signals from outside. Nothing in the program knows how to crash.

mod verdict;

use std::path::Path;
use std::time::Duration;

use self::verdict::Verdict;
use super::args::{DemoArgs, InputArgs};
use super::{probe, session};
use crate::exit::Exit;
use crate::terminal::{Terminal, Verbosity};
use crate::ui::Ui;
use lote_engine::event::Mode;
use lote_engine::lang::Lang;
use lote_engine::plan::Plan;
use lote_engine::report::Reporter;
use lote_engine::run::{Settings, Timeout};
use lote_engine::samples;
use lote_engine::showcase::{self, Blow, Comparison, Live, Observer, Strike, Striker};
use lote_engine::state::RunState;
use lote_engine::words::{duration, printable};
use lote_protocol::text;

/// What is made of every sample.
const FILTERS: [&str; 4] = ["grises", "sepia", "blur", "marca_agua"];

/// What befalls the workers, in turn. The hang comes last: while it is waited for, the other
/// processes would do all the rest.
const BLOWS: [Blow; 6] = [
    Blow::Kill,
    Blow::SegmentationFault,
    Blow::Kill,
    Blow::SegmentationFault,
    Blow::Kill,
    Blow::Hang,
];

/// A worker that hangs is killed after this time at the earliest.
const SHORTEST_DEADLINE: Duration = Duration::from_secs(2);

/// A run and what was seen of it.
struct Act {
    plan: Plan,
    seen: RunState,
    seconds: f64,
    digest: String,
}

/// The same work in one mode, undisturbed and under fire.
struct Half {
    mode: Mode,
    slots: u32,
    calm: Act,
    struck: Act,
    /// The outputs of both runs against those of undisturbed processes.
    comparisons: [Comparison; 2],
}

pub(super) fn execute(args: &DemoArgs, ui: Ui) -> Exit {
    if !showcase::HAS_SIGNALS {
        let what =
            "the demonstration strikes processes by signals, which this system does not have";
        ui.error(what, None);
        return Exit::Refused;
    }
    let temporary;
    let stage: &Path = if let Some(folder) = &args.keep {
        folder
    } else {
        temporary = match tempfile::Builder::new().prefix("lote-demo-").tempdir() {
            Ok(folder) => folder,
            Err(error) => {
                ui.error(text!("no folder for the demonstration: {}", error), None);
                return Exit::Refused;
            }
        };
        temporary.path()
    };
    match perform(args, stage, ui) {
        Ok(exit) | Err(exit) => exit,
    }
}

/// The whole play; an error has been told already.
fn perform(args: &DemoArgs, stage: &Path, ui: Ui) -> Result<Exit, Exit> {
    let processes =
        session::settings(&args.work.options(), args.work.worker_command.as_deref(), false)
            .map_err(|what| {
                ui.error(what, None);
                Exit::Usage
            })?;
    probe::insist(&processes, ui)?;
    let count = args.images as usize;
    let input = stage.join("samples");
    ui.say(&match ui.lang {
        Lang::En => format!("drawing {count} sample images …"),
        Lang::Es => format!("dibujando {count} imágenes de muestra …"),
    });
    samples::write(&input, count).map_err(|error| {
        ui.error(error.text(), None);
        Exit::Refused
    })?;
    let filters = FILTERS.map(str::to_owned).to_vec();
    let input = InputArgs { paths: vec![input], filters, recursive: false };
    let play = Play { input, stage, ui };
    let threads = Settings { mode: Mode::Threads, ..processes.clone() };

    let calm = [
        play.calm("undisturbed-processes", &processes, 1)?,
        play.calm("undisturbed-threads", &threads, 2)?,
    ];
    let slowest = calm.iter().map(|act| act.seen.slowest_ms).fold(0.0, f64::max);
    let timeout = args.work.timeout.unwrap_or_else(|| deadline(slowest));
    let [processes, threads] = [processes, threads]
        .map(|settings| Settings { timeout: Timeout::Exactly(timeout), ..settings });
    let struck = [play.struck("processes", &processes, 3)?, play.struck("threads", &threads, 4)?];

    let [first, second] = calm;
    let [third, fourth] = struck;
    let reference = first.plan.clone();
    let half = |settings: &Settings, calm: Act, struck: Act| Half {
        mode: settings.mode,
        slots: settings.slots,
        comparisons: [&calm, &struck].map(|act| showcase::compare(&reference, &act.plan)),
        calm,
        struck,
    };
    let halves = [half(&processes, first, third), half(&threads, second, fourth)];
    let verdict = Verdict { halves: &halves, filters: FILTERS.len(), timeout, lang: ui.lang };
    verdict.print();
    if let Some(folder) = &args.keep {
        let folder = printable(&folder.display().to_string());
        ui.say(&match ui.lang {
            Lang::En => format!("all of it is in {folder}"),
            Lang::Es => format!("todo queda en {folder}"),
        });
    }
    Ok(if verdict.is_proved() { Exit::Ok } else { Exit::SomeFailed })
}

/// When a worker counts as hung: four times what an image would take if all its outputs were as
/// slow as the slowest of all (ms) when nothing was disturbed.
fn deadline(slowest_ms: f64) -> Duration {
    let most = Duration::try_from_secs_f64(slowest_ms / 1000.0 * FILTERS.len() as f64 * 4.0);
    most.unwrap_or_default().max(SHORTEST_DEADLINE)
}

/// What all acts have in common.
struct Play<'a> {
    input: InputArgs,
    stage: &'a Path,
    ui: Ui,
}

impl Play<'_> {
    /// A run that is left in peace.
    fn calm(&self, folder: &str, settings: &Settings, number: usize) -> Result<Act, Exit> {
        let plan = self.prepared(folder, settings)?;
        let what = match (self.ui.lang, settings.mode) {
            (Lang::En, Mode::Processes) => "processes, undisturbed",
            (Lang::En, Mode::Threads) => "threads of one process, undisturbed",
            (Lang::Es, Mode::Processes) => "procesos, sin molestar",
            (Lang::Es, Mode::Threads) => "hilos de un único proceso, sin molestar",
        };
        self.title(number, settings, what);
        self.perform(plan, settings, None)
    }

    /// A run in which workers are struck.
    fn struck(&self, folder: &str, settings: &Settings, number: usize) -> Result<Act, Exit> {
        let plan = self.prepared(folder, settings)?;
        let what = match (self.ui.lang, settings.mode) {
            (Lang::En, Mode::Processes) => "processes; one after another is struck",
            (Lang::En, Mode::Threads) => "threads of one process, which is struck as often",
            (Lang::Es, Mode::Processes) => "procesos, que van cayendo uno tras otro",
            (Lang::Es, Mode::Threads) => "hilos de un único proceso, que cae las mismas veces",
        };
        self.title(number, settings, what);
        let gap = plan.counts().planned / (BLOWS.len() + 2);
        self.perform(plan, settings, Some(Striker::new(BLOWS, gap)))
    }

    /// Runs a plan to its end, and shows it.
    fn perform(
        &self,
        plan: Plan,
        settings: &Settings,
        striker: Option<Striker>,
    ) -> Result<Act, Exit> {
        let ui = self.ui;
        let observer = Observer::default();
        let mut reporters: Vec<Box<dyn Reporter>> = vec![Box::new(observer.clone())];
        let is_live = ui.verbosity == Verbosity::Normal && showcase::live::is_possible();
        let live = is_live.then(|| Live::new(ui.lang));
        if let Some(striker) = striker {
            let shown = live.as_ref().map(Live::shared);
            reporters.push(Box::new(striker.watched(move |strike| match &shown {
                Some(picture) => picture.strike(strike),
                None => ui.say(&told(strike, ui.lang)),
            })));
        }
        match live {
            Some(live) => reporters.push(Box::new(live)),
            // Deaths and replacements, a line each; everything if everything is asked for.
            None if ui.verbosity == Verbosity::Verbose => {
                reporters.push(Box::new(Terminal::new(ui.lang, ui.verbosity)));
            }
            None => reporters.push(Box::new(Terminal::new(ui.lang, Verbosity::Quiet))),
        }
        // A line of somebody else's would end up in the picture.
        let quiet = Ui { verbosity: Verbosity::Quiet, ..ui };
        let says = if is_live { quiet } else { ui };
        let (ended, interrupt) = session::run(&plan, settings, reporters, says)?;
        if let Some(exit) = interrupt.filter(|_| ended.cancelled) {
            let en = "the demonstration was interrupted";
            ui.error(ui.lang.pick(en, "la demostración se ha interrumpido"), None);
            return Err(exit);
        }
        match session::conclude(&plan, &ended, None, None, ui) {
            Exit::Ok | Exit::SomeFailed => {}
            exit => return Err(exit),
        }
        let seconds = ended.summary.seconds;
        if !is_live {
            let time = duration(seconds, ui.lang);
            ui.say(&match ui.lang {
                Lang::En => format!("{} outputs in {time}", ended.summary.counts.ok),
                Lang::Es => format!("{} salidas en {time}", ended.summary.counts.ok),
            });
        }
        let digest = showcase::digest(&plan);
        Ok(Act { plan, seen: observer.seen(), seconds, digest })
    }

    fn prepared(&self, folder: &str, settings: &Settings) -> Result<Plan, Exit> {
        session::prepared(&self.input, self.stage.join(folder), settings.slots, self.ui)
    }

    fn title(&self, number: usize, settings: &Settings, what: &str) {
        let slots = settings.slots;
        self.ui.say(&format!("\n{}", self.ui.strong(&format!("{number}/4  {slots} {what}"))));
    }
}

/// A blow, as a line.
fn told(strike: &Strike, lang: Lang) -> String {
    let Strike { worker, pid, blow, image } = strike;
    let (signal, image) = (blow.signal(), printable(image));
    match lang {
        Lang::En => format!("⚡ {signal} to worker {worker} (pid {pid}), which is at {image}"),
        Lang::Es => format!("⚡ {signal} al proceso {worker} (pid {pid}), que está con {image}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deadline_of_a_hang_leaves_a_slow_machine_its_time() {
        assert_eq!(deadline(12.0), SHORTEST_DEADLINE);
        assert_eq!(deadline(500.0), Duration::from_secs(8));
        assert_eq!(deadline(f64::NAN), SHORTEST_DEADLINE);
    }
}

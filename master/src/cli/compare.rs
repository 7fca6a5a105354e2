//! `lote compare`: processes against threads, as measured.

use std::fmt::Write as _;
use std::path::Path;

use lote_protocol::text;
use serde::Serialize;

use super::args::CompareArgs;
use super::stored::only_folders;
use super::{probe, session};
use crate::exit::Exit;
use crate::terminal::{Terminal, Verbosity};
use crate::ui::Ui;
use lote_engine::event::{Mode, Summary};
use lote_engine::lang::Lang;
use lote_engine::plan::Plan;
use lote_engine::report::Reporter;
use lote_engine::run::Settings;
use lote_engine::showcase::{self, median};
use lote_engine::words::bytes;

/// What was measured of a mode.
#[derive(Debug, Serialize)]
struct Figures {
    mode: Mode,
    workers: u32,
    /// Wall time of each round, s.
    seconds: Vec<f64>,
    images_per_s: f64,
    /// Most memory of master and workers together in any round, bytes.
    peak_bytes: Option<u64>,
    crash: Option<CrashFigures>,
}

/// What one crash in the middle of the work cost.
#[derive(Debug, Serialize)]
struct CrashFigures {
    /// Images that were in work and had to be repeated.
    repeated: usize,
    /// Outputs missing or different at the end.
    lost: usize,
    /// From the death to a worker that takes tasks, ms.
    replaced_ms: f64,
    /// Wall time of the run with the crash, s.
    seconds: f64,
}

/// A comparison at work.
struct Comparing<'a> {
    args: &'a CompareArgs,
    folder: &'a Path,
    processes: Settings,
    threads: Settings,
    ui: Ui,
}

pub(super) fn execute(args: &CompareArgs, ui: Ui) -> Exit {
    if let Err(exit) = only_folders("lote compare", &args.input.paths, ui) {
        return exit;
    }
    let settings =
        session::settings(&args.work.options(), args.work.worker_command.as_deref(), false);
    let folder = tempfile::Builder::new().prefix("lote-compare-").tempdir();
    let (settings, folder) = match (settings, folder) {
        (Ok(settings), Ok(folder)) => (settings, folder),
        (Err(what), _) => {
            ui.error(what, None);
            return Exit::Usage;
        }
        (_, Err(error)) => {
            ui.error(text!("no folder for the outputs: {}", error), None);
            return Exit::Refused;
        }
    };
    if let Err(exit) = probe::insist(&settings, ui) {
        return exit;
    }
    let threads = Settings { mode: Mode::Threads, ..settings.clone() };
    let comparing = Comparing { args, folder: folder.path(), processes: settings, threads, ui };
    match comparing.measure() {
        Ok((figures, exit)) => {
            let text = if args.json {
                serde_json::to_string_pretty(&figures).unwrap_or_default() + "\n"
            } else {
                table(&figures, ui.lang)
            };
            match ui.print(&text) {
                Exit::Ok => exit,
                unwritten => unwritten,
            }
        }
        Err(exit) => exit,
    }
}

impl Comparing<'_> {
    fn measure(&self) -> Result<([Figures; 2], Exit), Exit> {
        let lang = self.ui.lang;
        self.ui.say(lang.pick("warming up …", "calentando …"));
        let (reference, summary) = self.run("warm-up", &self.processes, Vec::new())?;
        let exit = if summary.counts.failed > 0 { Exit::SomeFailed } else { Exit::Ok };
        let mut rounds = [Vec::new(), Vec::new()];
        for round in 1..=self.args.rounds {
            // In turn, so that a machine that slows down does so for both.
            for (summaries, settings) in rounds.iter_mut().zip([&self.processes, &self.threads]) {
                self.ui.say(&match lang {
                    Lang::En => {
                        format!(
                            "round {round} of {}: {}",
                            self.args.rounds,
                            name(settings.mode, lang)
                        )
                    }
                    Lang::Es => {
                        format!(
                            "ronda {round} de {}: {}",
                            self.args.rounds,
                            name(settings.mode, lang)
                        )
                    }
                });
                summaries.push(self.run("timed", settings, Vec::new())?.1);
            }
        }
        self.ui.say(lang.pick("one crash in each …", "una caída en cada modo …"));
        let [processes, threads] = rounds;
        let figures = [
            self.figures(&self.processes, &processes, &reference)?,
            self.figures(&self.threads, &threads, &reference)?,
        ];
        Ok((figures, exit))
    }

    /// Runs everything once, into a folder of that name.
    fn run(
        &self,
        name: &str,
        settings: &Settings,
        mut reporters: Vec<Box<dyn Reporter>>,
    ) -> Result<(Plan, Summary), Exit> {
        let output = self.folder.join(name);
        let plan = session::prepared(&self.args.input, output, settings.slots, self.ui)?;
        if self.ui.verbosity >= Verbosity::Verbose {
            reporters.push(Box::new(Terminal::new(self.ui.lang, Verbosity::Quiet)));
        }
        let (ended, interrupt) = session::run(&plan, settings, reporters, self.ui)?;
        match session::conclude(&plan, &ended, interrupt, None, self.ui) {
            Exit::Ok | Exit::SomeFailed => Ok((plan, ended.summary)),
            exit => Err(exit),
        }
    }

    fn figures(
        &self,
        settings: &Settings,
        rounds: &[Summary],
        reference: &Plan,
    ) -> Result<Figures, Exit> {
        let seconds: Vec<_> = rounds.iter().map(|round| round.seconds).collect();
        let ok = rounds.first().map_or(0, |round| round.counts.ok);
        Ok(Figures {
            mode: settings.mode,
            workers: rounds.first().map_or(settings.slots, |round| round.workers),
            images_per_s: showcase::images_per_s(ok, &seconds),
            seconds,
            peak_bytes: rounds.iter().filter_map(Summary::peak_bytes).max(),
            crash: if showcase::HAS_SIGNALS { self.crash(settings, reference)? } else { None },
        })
    }

    fn crash(&self, settings: &Settings, reference: &Plan) -> Result<Option<CrashFigures>, Exit> {
        let (crash, reporters) = showcase::Crash::new(reference.counts().planned);
        let (plan, summary) = self.run("crashed", settings, reporters)?;
        let cost = crash.cost(reference, &plan, &summary);
        Ok(cost.map(|cost| CrashFigures {
            repeated: cost.repeated,
            lost: cost.lost,
            replaced_ms: cost.replaced_ms,
            seconds: summary.seconds,
        }))
    }
}

fn name(mode: Mode, lang: Lang) -> &'static str {
    match mode {
        Mode::Processes => lang.pick("processes", "procesos"),
        Mode::Threads => lang.pick("threads", "hilos"),
    }
}

fn table(figures: &[Figures; 2], lang: Lang) -> String {
    let mut text = String::new();
    for figure in figures {
        let time = median(&figure.seconds);
        let mode = name(figure.mode, lang);
        let memory = figure.peak_bytes.map_or_else(|| "–".to_owned(), |peak| bytes(peak, lang));
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{mode:<10} x{}  {:>8} s  {:>8} {}  {memory:>8} {}",
            figure.workers,
            lang.number(time, 2),
            lang.number(figure.images_per_s, 1),
            lang.pick("images/s", "imágenes/s"),
            lang.pick("of memory", "de memoria"),
        );
        if let Some(crash) = &figure.crash {
            let (repeated, lost) = (crash.repeated, crash.lost);
            let replaced = lang.number(crash.replaced_ms, 0);
            let extra = lang.number((crash.seconds - time).max(0.0), 2);
            let _ = match lang {
                Lang::En => writeln!(
                    text,
                    "    one crash: {repeated} {} repeated, {lost} lost, replaced in \
                     {replaced} ms, {extra} s longer",
                    if repeated == 1 { "image" } else { "images" },
                ),
                Lang::Es => writeln!(
                    text,
                    "    una caída: {repeated} {}, {lost} {}, sustituido en {replaced} ms, \
                     {extra} s más",
                    if repeated == 1 { "imagen repetida" } else { "imágenes repetidas" },
                    if lost == 1 { "perdida" } else { "perdidas" },
                ),
            };
        }
    }
    let [processes, threads] = figures.each_ref().map(|figure| median(&figure.seconds));
    if processes > 0.0 {
        let change = threads / processes - 1.0;
        let percent = lang.number(change.abs() * 100.0, 1);
        let _ = match (lang, change < 0.0) {
            (Lang::En, false) => writeln!(text, "threads took {percent} % longer than processes"),
            (Lang::En, true) => writeln!(text, "threads took {percent} % less than processes"),
            (Lang::Es, false) => writeln!(text, "los hilos tardaron un {percent} % más"),
            (Lang::Es, true) => writeln!(text, "los hilos tardaron un {percent} % menos"),
        };
    }
    text
}

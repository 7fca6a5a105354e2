//! `lote demo`: kills its own workers in mid-job and proves that nothing is lost.

use std::collections::HashSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use lote_protocol::filter::VariantSpec;
use lote_protocol::task::Encoding;

use super::args::DemoArgs;
use super::ui::Ui;
use super::{Exit, catalogue, job, probe, session};
use crate::event::Mode;
use crate::lang::Lang;
use crate::plan::{self, IfCollides, IfExists, Plan, Request};
use crate::report::Reporter;
use crate::report::terminal::Terminal;
use crate::run::Settings;
use crate::samples;
use crate::trial::{self, Assassin, Blow, Comparison, Facts, Witness};

/// What is made of every sample.
const FILTERS: [&str; 4] = ["grises", "sepia", "blur", "marca_agua"];

/// How the workers die.
const BLOWS: [Blow; 5] = [Blow::Kill, Blow::SegmentationFault, Blow::Kill, Blow::Abort, Blow::Kill];

/// A disturbed run and what became of it.
struct Act {
    mode: Mode,
    slots: u32,
    facts: Facts,
    seconds: f64,
    comparison: Comparison,
}

pub(super) fn execute(args: &DemoArgs, ui: Ui) -> Exit {
    if !trial::HAS_SIGNALS {
        let what = "the demonstration kills processes by signals, which this system does not have";
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
                ui.error(&format!("no folder for the demonstration: {error}"), None);
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
    let lang = ui.lang;
    let settings = session::settings(&args.work, Mode::Processes, false).map_err(|what| {
        ui.error(&what, None);
        Exit::Usage
    })?;
    probe::insist(&settings, ui)?;
    let count = args.images as usize;
    let input = stage.join("samples");
    samples::write(&input, count).map_err(|error| {
        ui.error(&error.to_string(), None);
        Exit::Refused
    })?;
    title(
        ui,
        &match lang {
            Lang::En => format!("1. {count} sample images, {} filters, undisturbed", FILTERS.len()),
            Lang::Es => {
                format!("1. {count} imágenes de muestra, {} filtros, sin molestar", FILTERS.len())
            }
        },
    );
    let reference = prepared(&input, stage.join("undisturbed"), &settings, ui)?;
    finish(&reference, &settings, Vec::new(), ui)?;

    title(
        ui,
        lang.pick(
            "2. The same in processes, while they are killed one after another",
            "2. Lo mismo con procesos, que van cayendo uno tras otro",
        ),
    );
    let processes = act(&reference, &input, stage.join("processes"), &settings, ui)?;
    title(
        ui,
        lang.pick(
            "3. The same in threads of one process, which is killed as often",
            "3. Lo mismo con hilos de un único proceso, que cae las mismas veces",
        ),
    );
    let threads = Settings { mode: Mode::Threads, ..settings };
    let threads = act(&reference, &input, stage.join("threads"), &threads, ui)?;

    let acts = [processes, threads];
    // The reader may have left.
    let _ = write!(io::stdout(), "{}", verdict(&acts, lang));
    let proved = acts.iter().all(|act| act.comparison.holds() && !act.facts.deaths.is_empty());
    Ok(if proved { Exit::Ok } else { Exit::SomeFailed })
}

/// A run in which workers are killed.
fn act(
    reference: &Plan,
    input: &Path,
    output: PathBuf,
    settings: &Settings,
    ui: Ui,
) -> Result<Act, Exit> {
    let plan = prepared(input, output, settings, ui)?;
    let witness = Witness::new();
    let gap = plan.counts().planned / (BLOWS.len() + 1);
    let assassin = Assassin::new(BLOWS, gap);
    let reporters: Vec<Box<dyn Reporter>> = vec![Box::new(witness.clone()), Box::new(assassin)];
    let seconds = finish(&plan, settings, reporters, ui)?;
    Ok(Act {
        mode: settings.mode,
        slots: settings.slots,
        facts: witness.facts(),
        seconds,
        comparison: trial::compare(reference, &plan),
    })
}

fn prepared(input: &Path, output: PathBuf, settings: &Settings, ui: Ui) -> Result<Plan, Exit> {
    let make = || {
        let plan = plan::plan(&Request {
            paths: vec![input.to_owned()],
            recursive: false,
            exclude: HashSet::new(),
            within: Vec::new(),
            output,
            variants: VariantSpec::parse_all(&FILTERS, &catalogue::specs())?,
            pattern: plan::Pattern::default(),
            encoding: Encoding::default(),
            if_exists: IfExists::Overwrite,
            if_collides: IfCollides::Fail,
            slots: settings.slots as usize,
        })?;
        plan::prepare(&plan)?;
        Ok(plan)
    };
    make().map_err(|error| job::refuse(&error, ui))
}

/// Runs a plan to its end; returns its wall time in seconds.
fn finish(
    plan: &Plan,
    settings: &Settings,
    mut reporters: Vec<Box<dyn Reporter>>,
    ui: Ui,
) -> Result<f64, Exit> {
    reporters.push(Box::new(Terminal::new(ui.lang, ui.verbosity)));
    let (ended, interrupt) = session::run(plan, settings, reporters, ui)?;
    match session::conclude(plan, &ended, interrupt, None, ui) {
        Exit::Ok | Exit::SomeFailed => Ok(ended.summary.seconds),
        exit => Err(exit),
    }
}

fn title(ui: Ui, text: &str) {
    ui.say(&format!("\n{}", ui.strong(text)));
}

/// What has been shown, from what was counted.
fn verdict(acts: &[Act], lang: Lang) -> String {
    use std::fmt::Write as _;
    let mut text = format!("\n{}\n", lang.pick("Verdict", "Veredicto"));
    for act in acts {
        let name = match (act.mode, lang) {
            (Mode::Processes, Lang::En) => format!("{} processes", act.slots),
            (Mode::Processes, Lang::Es) => format!("{} procesos", act.slots),
            (Mode::Threads, Lang::En) => format!("{} threads in one process", act.slots),
            (Mode::Threads, Lang::Es) => format!("{} hilos de un proceso", act.slots),
        };
        let (deaths, repeated) = (act.facts.deaths.len(), act.facts.repeated.len());
        let by = act.facts.deaths.join(", ");
        let slowest = act.facts.replaced_ms.iter().copied().fold(0.0, f64::max);
        let slowest = lang.number(slowest, 0);
        let time = lang.number(act.seconds, 2);
        let Comparison { outputs, equal, missing, different } = act.comparison;
        // Writing to a string cannot fail.
        let _ = match lang {
            Lang::En => writeln!(
                text,
                "  {name}: deaths: {deaths} ({by}), replaced within {slowest} ms; \
                 images repeated: {repeated}; {time} s\n    \
                 {equal} of {outputs} outputs equal those of the undisturbed run, \
                 {missing} missing, {different} different",
            ),
            Lang::Es => writeln!(
                text,
                "  {name}: caídas: {deaths} ({by}), sustituidas en {slowest} ms como mucho; \
                 imágenes repetidas: {repeated}; {time} s\n    \
                 {equal} de {outputs} salidas son idénticas a las de la pasada sin molestar, \
                 faltan {missing}, difieren {different}",
            ),
        };
    }
    let holds = acts.iter().all(|act| act.comparison.holds());
    let died = acts.iter().all(|act| !act.facts.deaths.is_empty());
    let conclusion = match (holds, died) {
        (true, true) => lang.pick(
            "Nothing was lost. A death costs what was in work: one image for a process, \
             all of them for threads.",
            "No se perdió nada. Una caída cuesta lo que estaba en marcha: una imagen con un \
             proceso, todas con hilos.",
        ),
        (true, false) => lang.pick(
            "Nothing was proved: no worker died. Try more --images.",
            "No se ha demostrado nada: no cayó ningún proceso. Prueba con más --images.",
        ),
        (false, _) => lang.pick("Outputs are missing or differ.", "Faltan salidas o difieren."),
    };
    text.push_str(conclusion);
    text.push('\n');
    text
}

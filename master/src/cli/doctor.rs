//! `lote doctor`: what this machine offers, whether workers start, and what files can do in shared folders.

use std::fmt::Write as _;

use lote_imaging::formats::ALL;
use lote_protocol::sandbox::{Policy, Sandbox};
use lote_protocol::text;
use lote_protocol::version::{BUILD_ID, PROTOCOL_VERSION};
use serde::{Serialize, Serializer};

use super::args::DoctorArgs;
use super::{probe, session};
use crate::exit::Exit;
use crate::ui::Ui;
use lote_engine::lang::{Lang, Text, reason};
use lote_engine::roots::{Abilities, Root};
use lote_engine::system;
use lote_engine::words::bytes;

/// How many workers are started to see how long that takes.
const STARTS: usize = 5;

/// What was found.
#[derive(Debug, Serialize)]
struct Findings {
    version: &'static str,
    protocol: u32,
    build: String,
    system: String,
    cores: u32,
    memory_bytes: Option<u64>,
    memory_available_bytes: Option<u64>,
    socket: Option<String>,
    /// From the start of a process until it takes tasks, ms, the median of a few.
    worker_start_ms: Option<f64>,
    /// What workers are held to.
    sandbox: Option<Sandbox>,
    formats: Vec<&'static str>,
    filters: usize,
    /// The roots that were tried.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    roots: Vec<Tried>,
    /// Whether `s3://…` is understood.
    s3: bool,
    /// What is wrong, one line each.
    #[serde(serialize_with = "in_english")]
    problems: Vec<Text>,
}

/// A root, and what files can do there.
#[derive(Debug, Serialize)]
struct Tried {
    root: String,
    /// `None` for one that takes no outputs.
    #[serde(flatten)]
    abilities: Option<Abilities>,
}

fn in_english<S: Serializer>(texts: &[Text], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(texts.iter().map(ToString::to_string))
}

pub(super) fn execute(args: &DoctorArgs, ui: Ui) -> Exit {
    let mut findings = Findings {
        version: env!("CARGO_PKG_VERSION"),
        protocol: PROTOCOL_VERSION,
        build: format!("{BUILD_ID:016x}"),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        cores: system::cores(),
        memory_bytes: system::total_memory(),
        memory_available_bytes: system::free_memory(),
        socket: None,
        worker_start_ms: None,
        sandbox: None,
        formats: ALL.iter().map(|format| format.name).collect(),
        filters: super::catalogue::specs().len(),
        roots: Vec::new(),
        s3: crate::s3::IS_HERE,
        problems: Vec::new(),
    };
    start_workers(args, &mut findings);
    let bad = if findings.problems.is_empty() { Exit::Refused } else { Exit::NoWorkers };
    try_roots(&args.roots, &mut findings);
    let text = if args.json {
        serde_json::to_string_pretty(&findings).unwrap_or_default() + "\n"
    } else {
        describe(&findings, ui)
    };
    let printed = ui.print(&text);
    if let Some(shortcoming) = system::shortcomings(ui.lang) {
        ui.warn(shortcoming);
    }
    for problem in findings.problems.clone() {
        ui.error(problem, None);
    }
    if findings.problems.is_empty() { printed } else { bad }
}

/// Starts workers one after another, as a run would.
fn start_workers(args: &DoctorArgs, findings: &mut Findings) {
    let settings =
        match session::settings(&args.work.options(), args.work.worker_command.as_deref(), false) {
            Ok(settings) => settings,
            Err(problem) => return findings.problems.push(problem),
        };
    let mut config = settings.workers;
    // What is missing is a finding, and no reason for workers not to start.
    let is_required = config.sandbox == Policy::Require;
    if is_required {
        config.sandbox = Policy::Auto;
    }
    let mut times = Vec::new();
    for _ in 0..STARTS {
        match probe::block_on(probe::probe(&config)) {
            Ok(found) => {
                findings.socket = Some(found.socket.display().to_string());
                findings.sandbox = Some(found.sandbox);
                times.push(found.took.as_secs_f64() * 1000.0);
            }
            Err(problem) => return findings.problems.push(problem),
        }
    }
    if is_required && let Some(Err(problem)) = findings.sandbox.as_ref().map(probe::check) {
        findings.problems.push(problem);
    }
    times.sort_by(f64::total_cmp);
    findings.worker_start_ms = times.get(times.len() / 2).copied();
}

/// Tries what files can do in these folders.
fn try_roots(roots: &[Root], findings: &mut Findings) {
    for root in roots {
        let abilities = if root.read_only {
            root.folder.read_dir().map(|_| None)
        } else {
            Abilities::of(&root.folder).map(Some)
        };
        match abilities {
            Ok(abilities) => findings.roots.push(Tried { root: root.to_string(), abilities }),
            Err(error) => {
                let shown = root.folder.display();
                let problem = text!("the root {} cannot be used: {}", shown, reason(&error));
                findings.problems.push(problem);
            }
        }
    }
}

/// What files can do in a root, a line for each thing, and what follows from it.
fn describe_root(Tried { root, abilities }: &Tried, lang: Lang) -> String {
    let mut lines = format!("\n{root}\n");
    let Some(of) = abilities else {
        let says = lang.pick("takes no outputs: not tried", "no admite salidas: no se prueba");
        return lines + "  " + says + "\n";
    };
    let mut line = |name: &str, can: bool, follows: (&str, &str)| {
        let answer = if can { lang.pick("yes", "sí") } else { lang.pick("no", "no") };
        let follows = if can { "" } else { lang.pick(follows.0, follows.1) };
        let colon = if follows.is_empty() { "" } else { ": " };
        // Writing to a string cannot fail.
        let _ = writeln!(lines, "  {name:<34} {answer}{colon}{follows}");
    };
    line(lang.pick("make files", "crear archivos"), true, ("", ""));
    line(
        lang.pick("rename over a file", "renombrar sobre otro"),
        of.rename,
        (
            "outputs cannot be replaced, so choose another folder",
            "las salidas no se pueden sustituir: elige otra carpeta",
        ),
    );
    line(
        lang.pick("rename and replace nothing", "renombrar sin sustituir nada"),
        of.no_replace,
        (
            "a fleet takes jobs with --if-exists overwrite only",
            "una flota solo admite trabajos con --si-existe sobrescribir",
        ),
    );
    line(lang.pick("hard links", "enlaces duros"), of.link, ("not needed", "no hacen falta"));
    line(
        lang.pick("locks", "bloqueos"),
        of.lock,
        (
            "see to it that one run at a time goes on with a job there",
            "procura que un trabajo de allí lo siga una sola ejecución a la vez",
        ),
    );
    line(
        lang.pick("a.jpg beside A.jpg", "a.jpg junto a A.jpg"),
        of.case,
        ("they are one file", "son el mismo archivo"),
    );
    line(
        lang.pick("é as one and as two characters", "é como uno y como dos caracteres"),
        of.accents,
        ("they are one file", "son el mismo archivo"),
    );
    let (name, none) = (lang.pick("times", "fechas"), lang.pick("not kept", "no se guardan"));
    let grain = of.grain_ns.map_or_else(
        || none.to_owned(),
        |ns| match ns {
            1..1_000 => format!("{ns} ns"),
            1_000..1_000_000 => format!("{} µs", ns / 1_000),
            1_000_000..1_000_000_000 => format!("{} ms", ns / 1_000_000),
            _ => format!("{} s", ns / 1_000_000_000),
        },
    );
    let follows = match of.grain_ns {
        Some(..=1_000) => "",
        Some(_) => lang.pick(
            ": --resume compares contents where a fleet has told them, and makes other outputs again",
            ": --reanudar compara contenidos donde la flota los ha dicho, y repite las demás salidas",
        ),
        None => lang.pick(
            ": --resume makes all outputs again, and --keep-dates keeps none",
            ": --reanudar repite todas las salidas, y --conservar-fechas no conserva ninguna",
        ),
    };
    lines + &format!("  {name:<34} {grain}{follows}\n")
}

fn describe(findings: &Findings, ui: Ui) -> String {
    let lang = ui.lang;
    let size = |size: Option<u64>| size.map_or_else(|| "?".to_owned(), |size| bytes(size, lang));
    let start = findings.worker_start_ms.map_or_else(|| "–".to_owned(), |ms| lang.number(ms, 1));
    let row = |name: &str, value: &str| format!("{name:<16} {value}\n");
    [
        row("lote", &format!("{} ({})", findings.version, findings.system)),
        row(
            lang.pick("protocol", "protocolo"),
            &format!("{}, build {}", findings.protocol, findings.build),
        ),
        row(lang.pick("cores", "núcleos"), &findings.cores.to_string()),
        row(
            lang.pick("memory", "memoria"),
            &format!(
                "{} ({} {})",
                size(findings.memory_bytes),
                size(findings.memory_available_bytes),
                lang.pick("available", "disponible"),
            ),
        ),
        row("socket", findings.socket.as_deref().unwrap_or("–")),
        row(lang.pick("worker start", "arranque"), &format!("{start} ms")),
        row(
            lang.pick("sandbox", "aislamiento"),
            &findings
                .sandbox
                .as_ref()
                .map_or_else(|| "–".to_owned(), |found| found.in_full().say(lang)),
        ),
        row(lang.pick("formats", "formatos"), &findings.formats.join(", ")),
        row(lang.pick("filters", "filtros"), &findings.filters.to_string()),
        row("s3://…", if findings.s3 { lang.pick("yes", "sí") } else { "no" }),
        findings.roots.iter().map(|root| describe_root(root, lang)).collect(),
    ]
    .concat()
}

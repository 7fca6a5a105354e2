//! `lote doctor`: what this machine offers, and whether workers start.

use lote_imaging::formats::ALL;
use lote_protocol::sandbox::{Policy, Sandbox};
use lote_protocol::version::{BUILD_ID, PROTOCOL_VERSION};
use serde::{Serialize, Serializer};

use super::args::DoctorArgs;
use super::ui::Ui;
use super::{Exit, probe, session};
use lote_engine::event::Mode;
use lote_engine::lang::Text;
use lote_engine::report::text::bytes;
use lote_engine::system;

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
    /// Whether `s3://…` is understood.
    s3: bool,
    /// What is wrong, one line each.
    #[serde(serialize_with = "in_english")]
    problems: Vec<Text>,
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
        s3: crate::s3::IS_HERE,
        problems: Vec::new(),
    };
    start_workers(args, &mut findings);
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
    if findings.problems.is_empty() { printed } else { Exit::NoWorkers }
}

/// Starts workers one after another, as a run would.
fn start_workers(args: &DoctorArgs, findings: &mut Findings) {
    let settings = match session::settings(&args.work, Mode::Processes, false) {
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
    ]
    .concat()
}

//! `lote doctor`: what this machine offers, and whether workers start.

use std::io::{self, Write as _};
use std::time::Duration;

use lote_protocol::format::Format;
use lote_protocol::version::{BUILD_ID, PROTOCOL_VERSION};
use serde::Serialize;

use super::args::DoctorArgs;
use super::ui::Ui;
use super::{Exit, session};
use crate::event::Mode;
use crate::report::text::bytes;
use crate::supervisor::{Config, Supervisor, WorkerEvent};

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
    /// From the start of a process to its Hello, ms, the median of a few.
    worker_start_ms: Option<f64>,
    formats: Vec<&'static str>,
    filters: usize,
    /// What is wrong, one line each.
    problems: Vec<String>,
}

pub(super) fn execute(args: &DoctorArgs, ui: Ui) -> Exit {
    let mut findings = Findings {
        version: env!("CARGO_PKG_VERSION"),
        protocol: PROTOCOL_VERSION,
        build: format!("{BUILD_ID:016x}"),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        cores: session::slots(None),
        memory_bytes: memory("MemTotal:"),
        memory_available_bytes: memory("MemAvailable:"),
        socket: None,
        worker_start_ms: None,
        formats: Format::ALL.map(Format::name).to_vec(),
        filters: super::catalogue::specs().len(),
        problems: Vec::new(),
    };
    start_workers(args, &mut findings);
    let text = if args.json {
        serde_json::to_string_pretty(&findings).unwrap_or_default() + "\n"
    } else {
        describe(&findings, ui)
    };
    // The reader may have left.
    let _ = write!(io::stdout(), "{text}");
    for problem in &findings.problems {
        ui.error(problem, None);
    }
    if findings.problems.is_empty() { Exit::Ok } else { Exit::NoWorkers }
}

/// Starts workers one after another, as a run would.
fn start_workers(args: &DoctorArgs, findings: &mut Findings) {
    let settings = match session::settings(&args.work, Mode::Processes, false) {
        Ok(settings) => settings,
        Err(problem) => return findings.problems.push(problem),
    };
    let config = Config { workers: 1, slots: 1, ..settings.workers };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return findings.problems.push(error.to_string()),
    };
    let mut times = Vec::new();
    for _ in 0..STARTS {
        match runtime.block_on(start_one(&config)) {
            Ok((socket, took)) => {
                findings.socket = Some(socket);
                times.push(took.as_secs_f64() * 1000.0);
            }
            Err(problem) => return findings.problems.push(problem),
        }
    }
    times.sort_by(f64::total_cmp);
    findings.worker_start_ms = times.get(times.len() / 2).copied();
}

/// Starts a worker and has it leave again; returns the socket and the time to its Hello.
async fn start_one(config: &Config) -> Result<(String, Duration), String> {
    let mut supervisor = Supervisor::start(config).map_err(|error| error.to_string())?;
    let socket = supervisor.socket().display().to_string();
    let mut took = None;
    loop {
        match supervisor.next().await {
            WorkerEvent::Ready { took: time, .. } => {
                took = Some(time);
                supervisor.stop();
            }
            WorkerEvent::Stopped { .. } => {
                return took.map(|took| (socket, took)).ok_or("the worker left".to_owned());
            }
            WorkerEvent::Off { reason, .. } => {
                return Err(format!("workers do not start: {reason}"));
            }
            _ => {}
        }
    }
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
        row(lang.pick("formats", "formatos"), &findings.formats.join(", ")),
        row(lang.pick("filters", "filtros"), &findings.filters.to_string()),
    ]
    .concat()
}

/// A figure of the system's memory, bytes; `None` where it does not tell.
fn memory(field: &str) -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(field))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

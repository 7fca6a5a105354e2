//! A fleet: `lote agent` and `lote run --fleet` as users start them, with real servers between.
//!
//! Short forms are part of the tests; `tests/long fleet` does the long ones.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "all of it is tests"
)]

#[path = "serve/client.rs"]
#[allow(dead_code, reason = "other tests need the rest")]
mod client;
#[path = "support/nats.rs"]
#[allow(dead_code, reason = "other tests need the rest")]
mod nats;
#[allow(dead_code, unused_imports, reason = "other tests need the rest")]
mod support;

#[path = "fleet/chaos.rs"]
mod chaos;
#[path = "fleet/forgets.rs"]
mod forgets;
#[path = "fleet/hostile.rs"]
mod hostile;
#[path = "fleet/lanes.rs"]
mod lanes;
#[path = "fleet/life.rs"]
mod life;
#[path = "fleet/made.rs"]
mod made;
#[path = "fleet/measures.rs"]
mod measures;
#[path = "fleet/papers.rs"]
mod papers;
#[path = "fleet/places.rs"]
mod places;
#[path = "fleet/poison.rs"]
mod poison;
#[path = "fleet/serve.rs"]
mod serve;
#[path = "support/wire.rs"]
mod wire;

use std::path::Path;
use std::time::{Duration, Instant};

use made::Made;
use nats::Nats;
use rustix::process::Signal;
use serde_json::Value;
use support::patience::{PATIENCE, wait_for, wait_until};
use support::processes::signal;
use support::{Lote, Outcome, Running, Workspace, patience};

/// What every job here makes of its images.
const RECIPE: [&str; 4] =
    ["-f", "web=resize:long_edge=64", "-f", "gris=resize:long_edge=48+grayscale"];

/// A server, and a folder that all machines see.
struct Fleet {
    server: Nats,
    workspace: Workspace,
}

impl Fleet {
    /// With so many pictures in the folder `in`.
    fn new(program: &Path, pictures: u32) -> Self {
        let workspace = Workspace::with_pictures(pictures, 240, 160);
        Self { server: Nats::start(program), workspace }
    }

    /// The program with what every machine of the fleet says.
    fn lote(&self, arguments: &str) -> Lote {
        self.lote_at(&self.server.url(), arguments)
    }

    /// The same, with another address of the server.
    fn lote_at(&self, url: &str, arguments: &str) -> Lote {
        let root = format!("fotos={}", self.workspace.path("").display());
        self.workspace.lote(arguments).arg("--fleet").arg(url).arg("--root").arg(root)
    }

    /// An agent that works on two images at a time.
    fn agent(&self, name: &str) -> Running {
        self.lote("agent -j 2").arg("--name").arg(name).start()
    }

    /// A run on the fleet, with outputs to that folder.
    fn run(&self, output: &str) -> Lote {
        let mut lote = self.lote("run in --ndjson").arg("-o").arg(output);
        for word in RECIPE {
            lote = lote.arg(word);
        }
        lote
    }

    /// The same on this machine alone.
    fn alone(&self, output: &str) -> Outcome {
        let mut lote = self.workspace.lote("run in --ndjson -j 2 -o").arg(output);
        for word in RECIPE {
            lote = lote.arg(word);
        }
        lote.run().code(0)
    }

    /// Waits until so many agents are there.
    #[track_caller]
    fn until_there(&self, agents: usize) {
        wait_until("agents", || {
            let status = self.lote("fleet status --json").run().code(0).json();
            status["agents"].as_array().unwrap().len() >= agents
        });
    }

    /// Asserts that two folders have the same files, and that nothing unfinished is left.
    #[track_caller]
    fn assert_same(&self, alone: &str, together: &str) {
        let (alone, together) = (self.workspace.files(alone), self.workspace.files(together));
        support::workspace::assert_same(&alone, &together);
    }
}

/// Does something that takes its time, such as speaking to a server.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Whether the long forms are wanted.
fn is_long() -> bool {
    std::env::var_os("LOTE_LONG").is_some()
}

/// Whether a line of NDJSON is the end of an output.
fn is_output(event: &Value) -> bool {
    event["event"] == "output"
}

/// The first server that there is; a test that finds none has said so.
fn server() -> Option<std::path::PathBuf> {
    nats::servers().into_iter().next()
}

/// How often each output was made by the journals of a folder, at least and at most, and how many there are.
/// A journal repeats what its job took over from those before: that is the same output, of the same time.
fn journalled(workspace: &Workspace, output: &str) -> (usize, usize, usize) {
    let mut times = std::collections::BTreeMap::<_, std::collections::BTreeSet<_>>::new();
    for past in lote_engine::journal::read_all(&workspace.path(output)) {
        for entry in past.entries {
            if let lote_engine::journal::Outcome::Ok { modified_ns, .. } = entry.outcome {
                times.entry((entry.image.0, entry.variant)).or_default().insert(modified_ns);
            }
        }
    }
    let counts = || times.values().map(std::collections::BTreeSet::len);
    (counts().min().unwrap_or(0), counts().max().unwrap_or(0), times.len())
}

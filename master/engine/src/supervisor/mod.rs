//! Worker processes: started, watched, killed and replaced.
//!
//! Each worker has a lane, which lives as long as the run and replaces its process when that dies.
//! Lanes decide nothing about tasks: they say what happened and pass on what they are given.
//! Only [`launcher`] starts processes.

mod death;
mod handshake;
mod lane;
mod launcher;
mod open_files;
mod restart;
mod service;
mod stderr;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lote_protocol::endpoint::Endpoint;
use lote_protocol::lang::{Text, reason};
use lote_protocol::message::{Command, Report};
use lote_protocol::sandbox::{Policy, Sandbox};
use lote_protocol::task::Limits;
use lote_protocol::text;
use lote_protocol::transport::Listener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

pub use death::{Cause, Death, Killer};
use handshake::Handshakes;
use lane::{Control, Lane};
use launcher::Launcher;
pub use launcher::Program;

use crate::plan::{Access, Assignment};
use crate::scheduler::{AHEAD_OUTPUTS, AHEAD_TASKS, WorkerId};
use crate::system;

/// How many events may wait before the lanes do.
const EVENT_QUEUE: usize = 1024;

/// Which workers a run has.
#[derive(Debug, Clone)]
pub struct WorkerConfig {
    /// Processes to start.
    pub workers: u32,
    /// Threads in each.
    pub slots: u32,
    /// What workers refuse to load.
    pub limits: Limits,
    /// How much memory each process may use, bytes.
    pub max_memory_bytes: Option<u64>,
    /// What is opened and replaced for them.
    pub access: Access,
    /// How much they insist on their sandbox.
    pub sandbox: Policy,
    /// What is started as a worker.
    pub program: Program,
    /// Whether workers that were started by hand may join.
    pub external: bool,
}

impl WorkerConfig {
    /// The most files that a worker's tasks bring with them, those that wait counted.
    fn files(&self) -> u32 {
        let Access { outputs, assets, .. } = self.access;
        let ahead = AHEAD_TASKS as u32 + AHEAD_OUTPUTS + 2 * outputs;
        self.slots.saturating_mul(ahead).saturating_add(assets)
    }
}

/// Where to send a worker's tasks. What is sent to a dead worker goes nowhere.
#[derive(Debug, Clone)]
pub struct Mailbox(mpsc::UnboundedSender<Word>);

/// What is sent to a worker.
#[derive(Debug)]
enum Word {
    /// As it is.
    Say(Command),
    /// With its files open.
    Run { slot: u32, report_stages: bool, access: Arc<Access>, assignment: Box<Assignment> },
}

impl Mailbox {
    /// Has a slot do a task after those that it has. Its files are opened on the way, as far as `access`
    /// allows.
    pub fn run(&self, slot: u32, report_stages: bool, access: Arc<Access>, assignment: Assignment) {
        let assignment = Box::new(assignment);
        self.send(Word::Run { slot, report_stages, access, assignment });
    }

    fn say(&self, command: Command) {
        self.send(Word::Say(command));
    }

    fn send(&self, word: Word) {
        // The receiver is gone when the process is: its `Lost` is on its way.
        drop(self.0.send(word));
    }
}

/// What happened to a worker.
#[derive(Debug)]
pub enum WorkerEvent {
    /// Its process exists.
    Started {
        /// The worker.
        worker: WorkerId,
        /// Its process.
        pid: u32,
    },
    /// It has set itself up as it was told, and takes commands.
    Ready {
        /// The worker.
        worker: WorkerId,
        /// Its process.
        pid: u32,
        /// Its threads.
        slots: u32,
        /// From the start of the process to here; zero for a worker started by hand.
        took: Duration,
        /// The sandbox that it is in.
        sandbox: Sandbox,
        /// Where to send its commands.
        mailbox: Mailbox,
    },
    /// It reported about what it is running. An output that has ended well has its name.
    Reported {
        /// The worker.
        worker: WorkerId,
        /// What.
        report: Report,
    },
    /// Its process is dead. All that it had reported has come before this.
    Lost {
        /// The worker.
        worker: WorkerId,
        /// Its process.
        pid: u32,
        /// How it died.
        death: Death,
    },
    /// Its process has left to be replaced, as it was told to.
    Retired {
        /// The worker.
        worker: WorkerId,
    },
    /// It will not be replaced any more.
    Off {
        /// The worker.
        worker: WorkerId,
        /// Why, in one line.
        reason: Text,
    },
    /// It has left because it was told to.
    Stopped {
        /// The worker.
        worker: WorkerId,
        /// Its process.
        pid: u32,
    },
}

/// Why there are no workers.
#[derive(Debug, thiserror::Error)]
pub enum SupervisorError {
    /// No socket to talk to them.
    Socket {
        /// Where it was to be.
        folder: String,
        /// What the system said.
        source: io::Error,
    },
}

impl SupervisorError {
    /// What is wrong, one line.
    pub fn text(&self) -> Text {
        match self {
            Self::Socket { folder, source } => text!(
                "the socket for the workers could not be made in {}: {}",
                folder,
                reason(source)
            ),
        }
    }
}

impl fmt::Display for SupervisorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}

/// All lanes of a run. Dropping it kills what is left of them.
#[derive(Debug)]
pub struct Supervisor {
    controls: Vec<(WorkerId, mpsc::UnboundedSender<Control>)>,
    events: mpsc::Receiver<WorkerEvent>,
    tasks: JoinSet<()>,
    endpoint: Endpoint,
    externals: mpsc::UnboundedReceiver<handshake::Visitor>,
    lane: Lane,
    next_id: u32,
}

impl Supervisor {
    /// Opens the socket and starts the workers. It must be called on a thread that lives until
    /// the program ends: workers are told to die with the thread that started them.
    pub fn start(config: &WorkerConfig) -> Result<Self, SupervisorError> {
        let endpoint = Endpoint::create().map_err(|source| SupervisorError::Socket {
            folder: std::env::temp_dir().display().to_string(),
            source,
        })?;
        let refused = |source| SupervisorError::Socket {
            folder: endpoint.folder().display().to_string(),
            source,
        };
        let listener = Listener::bind(endpoint.socket()).map_err(refused)?;
        let (handshakes, externals, listening) =
            Handshakes::open(listener, config.external.then(|| endpoint.folder()))
                .map_err(refused)?;
        let (sender, events) = mpsc::channel(EVENT_QUEUE);
        // Files on their way to a worker that has been stopped count, too.
        system::allow_many_files();
        let launcher = Launcher::new(config.program.clone(), endpoint.socket().to_owned());
        let lane = Lane {
            slots: config.slots,
            limits: config.limits,
            max_memory_bytes: config.max_memory_bytes,
            files: config.files(),
            max_output_bytes: config.access.max_output_bytes,
            sandbox: config.sandbox,
            launcher,
            handshakes,
            events: sender,
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(listening);
        let mut supervisor =
            Self { controls: Vec::new(), events, tasks, endpoint, externals, lane, next_id: 1 };
        for _ in 0..config.workers {
            supervisor.grow();
        }
        Ok(supervisor)
    }

    /// Whether its workers are as that configuration wants them, or may do more than they have to.
    pub(crate) fn suits(&self, config: &WorkerConfig) -> bool {
        let Lane { slots, limits, max_memory_bytes, sandbox, files, max_output_bytes, .. } =
            self.lane;
        let largest = |bytes: Option<u64>| bytes.unwrap_or(u64::MAX);
        (slots, limits, max_memory_bytes, sandbox)
            == (config.slots, config.limits, config.max_memory_bytes, config.sandbox)
            && *self.lane.launcher.program() == config.program
            && files >= config.files()
            && largest(max_output_bytes) >= largest(config.access.max_output_bytes)
            && !config.external
    }

    /// Has all but the first so many leave, which have nothing to do; `false` if something else happened
    /// meanwhile.
    pub(crate) async fn shrink_to(&mut self, workers: u32) -> bool {
        let stays = |worker: WorkerId| worker.0 <= workers;
        let leaving: Vec<_> = self.controls.extract_if(.., |(id, _)| !stays(*id)).collect();
        for (_, control) in &leaving {
            let _ = control.send(Control::Stop);
        }
        let mut left = leaving.len();
        while left > 0 {
            match self.next().await {
                WorkerEvent::Stopped { worker, .. } if !stays(worker) => left -= 1,
                WorkerEvent::Lost { worker, .. } if !stays(worker) => {}
                _ => return false,
            }
        }
        self.next_id = self.next_id.min(workers + 1);
        true
    }

    /// Starts another worker.
    pub fn grow(&mut self) {
        let (worker, control) = self.new_lane();
        let lane = self.lane.clone();
        self.tasks.spawn(lane.live(worker, control));
    }

    /// The address for workers that are started by hand.
    pub fn socket(&self) -> PathBuf {
        self.endpoint.socket().to_owned()
    }

    /// Waits for what happens next. Nothing is lost when the future is dropped before it is ready.
    pub async fn next(&mut self) -> WorkerEvent {
        loop {
            tokio::select! {
                event = self.events.recv() => if let Some(event) = event {
                    return event;
                },
                Some(visitor) = self.externals.recv() => {
                    let (worker, control) = self.new_lane();
                    let lane = self.lane.clone();
                    self.tasks.spawn(lane.host(worker, visitor, control));
                }
            }
        }
    }

    /// Has a worker that has nothing to do leave, and be replaced.
    pub fn retire(&self, worker: WorkerId) {
        self.control(worker, Control::Retire);
    }

    /// Kills a worker: at once, or by SIGABRT first if it may still have something to say.
    pub fn kill(&self, worker: WorkerId, killer: Killer) {
        self.control(worker, Control::Kill(killer));
    }

    /// Has every worker finish what it has and leave; each ends with `Stopped`, `Lost` or `Off`.
    pub fn stop(&self) {
        for (_, control) in &self.controls {
            let _ = control.send(Control::Stop);
        }
    }

    fn control(&self, worker: WorkerId, control: Control) {
        if let Some((_, lane)) = self.controls.iter().find(|(id, _)| *id == worker) {
            let _ = lane.send(control);
        }
    }

    fn new_lane(&mut self) -> (WorkerId, mpsc::UnboundedReceiver<Control>) {
        let worker = WorkerId(self.next_id);
        self.next_id += 1;
        let (sender, receiver) = mpsc::unbounded_channel();
        self.controls.push((worker, sender));
        (worker, receiver)
    }
}

/// A mailbox that nobody reads.
#[cfg(all(test, unix))]
pub(crate) fn unread_mailbox() -> Mailbox {
    Mailbox(mpsc::unbounded_channel().0)
}

#[cfg(all(test, unix))]
impl Supervisor {
    /// Tells that, as if it had happened.
    pub(crate) async fn pretend(&self, event: WorkerEvent) {
        self.lane.tell(event).await;
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn config(script: &str) -> WorkerConfig {
        let words = ["sh", "-c", script].map(Into::into).into();
        WorkerConfig {
            workers: 1,
            slots: 1,
            limits: Limits::default(),
            max_memory_bytes: None,
            access: Access::default(),
            sandbox: Policy::default(),
            program: Program::Command(words),
            external: false,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_worker_that_never_connects_is_given_up_after_three_starts() {
        let mut supervisor = Supervisor::start(&config("exec sleep 1000")).unwrap();
        let (mut starts, mut deaths) = (0, Vec::new());
        let reason = loop {
            match supervisor.next().await {
                WorkerEvent::Started { .. } => starts += 1,
                WorkerEvent::Lost { death, .. } => deaths.push(death.to_string()),
                WorkerEvent::Off { reason, .. } => break reason,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!((starts, deaths), (3, vec!["no sign of life in 20 s".to_owned(); 3]));
        assert_eq!(reason, "it kept dying (no sign of life in 20 s)");
    }

    #[tokio::test]
    async fn what_a_worker_command_has_started_goes_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pid");
        let script = format!("sleep 1000 & echo $! > '{}'; exit 3", file.display());
        let mut supervisor = Supervisor::start(&config(&script)).unwrap();
        while !matches!(supervisor.next().await, WorkerEvent::Lost { .. }) {}
        let pid = std::fs::read_to_string(file).unwrap().trim().parse().unwrap();
        while crate::system::is_alive(pid) {
            tokio::task::yield_now().await;
        }
    }
}

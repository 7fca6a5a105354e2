//! What happens in a run, as it is told to whoever listens.
//!
//! Serialised, an event is a line of `--ndjson`: a contract with scripts, so fields are added but
//! never renamed.

mod bus;
mod counts;
mod output;
mod summary;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lote_protocol::lang::Text;
use lote_protocol::sandbox::Sandbox;
use serde::{Deserialize, Serialize, Serializer};

use crate::plan::LeftOut;

pub use bus::Bus;
pub use counts::OutputCounts;
pub use output::{OutputEnded, Place, Status, exact};
pub use summary::{NoteCount, Progress, Quarantined, Summary, VariantSummary};

/// How work is spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Many processes with one thread each.
    #[default]
    #[serde(alias = "procesos")]
    Processes,
    /// One process with many threads.
    #[serde(alias = "hilos")]
    Threads,
}

/// The state of a worker process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WorkerState {
    /// The first process of its lane exists.
    Started,
    /// It takes tasks.
    Ready,
    /// It is dead.
    Lost,
    /// A process exists in its place.
    Restarted,
    /// It is gone and will not be replaced.
    Stopped,
}

/// What is the matter with an agent of a fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AgentState {
    /// It is there.
    Joined,
    /// It has left.
    Left,
    /// Nothing has been heard of it for a while.
    Lost,
    /// It cannot take part.
    Refused,
}

/// What is the matter with a fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FleetState {
    /// The run waits for its server, or for agents.
    Waiting,
    /// It is there again.
    Back,
    /// It had forgotten something, and was told again.
    Repaired,
}

/// Who tells of something that happened on another machine. For programs, its name alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Afar {
    /// The agent of a fleet.
    pub agent: Arc<str>,
    /// How long ago it was.
    pub ago: Duration,
}

impl Serialize for Afar {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.agent.serialize(serializer)
    }
}

/// How an output has ended, as the agent says that makes it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Claim {
    /// The output.
    pub place: Place,
    /// How.
    pub status: Status,
    /// Time that it took, without decoding, ms.
    pub ms: f64,
}

/// What is the matter with a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StoreState {
    /// The run waits for it.
    Waiting,
    /// It is there again.
    Back,
}

/// An event of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// What will be done.
    Planned {
        /// Images found.
        images: usize,
        /// Outputs in all.
        outputs: usize,
        /// Outputs that are there already.
        skipped: usize,
        /// How work is spread.
        mode: Mode,
        /// Processes (or, in mode threads, threads).
        workers: u32,
        /// What was found and is not worked on.
        #[serde(skip_serializing_if = "LeftOut::is_empty")]
        left_out: Box<LeftOut>,
    },
    /// Workers that are started by hand may join.
    Listening {
        /// What to give to `lote worker connect`.
        socket: PathBuf,
    },
    /// A worker changed its state.
    Worker {
        /// The agent of a fleet that it works for; each has workers from 1 on.
        #[serde(skip_serializing_if = "Option::is_none")]
        agent: Option<Afar>,
        /// Its lane, from 1.
        worker: u32,
        /// Its process.
        pid: u32,
        /// Its threads, once it is ready; else 0.
        #[serde(skip)]
        slots: u32,
        /// What it is now.
        state: WorkerState,
        /// Why.
        #[serde(skip_serializing_if = "Option::is_none", serialize_with = "output::in_english")]
        reason: Option<Text>,
        /// For `ready`: from the start of the process; for `ready` after a loss: from the death of
        /// the one before.
        #[serde(skip_serializing_if = "Option::is_none")]
        ms: Option<f64>,
        /// For `ready`: the sandbox that it is in.
        #[serde(skip_serializing_if = "Option::is_none")]
        sandbox: Option<Sandbox>,
    },
    /// A thread of a worker began with a task.
    Task {
        /// The agent of a fleet that it works for.
        #[serde(skip_serializing_if = "Option::is_none")]
        agent: Option<Afar>,
        /// The worker.
        worker: u32,
        /// Its thread, from 0.
        slot: u32,
        /// The unit of the plan.
        #[serde(skip)]
        unit: usize,
        /// The variants that it will make, in turn.
        #[serde(skip)]
        variants: Vec<u32>,
        /// The image.
        image: String,
        /// Its bytes, in base64, where they are not UTF-8.
        #[serde(skip_serializing_if = "Option::is_none")]
        image_bytes: Option<String>,
        /// How often the task has been started, from 1.
        attempt: u32,
    },
    /// A thread of a worker has its task's image decoded, and goes on with the outputs. Scripts
    /// find the time in them.
    #[serde(skip)]
    Decoded {
        /// The agent of a fleet that it works for.
        agent: Option<Afar>,
        /// The worker.
        worker: u32,
        /// Its thread, from 0.
        slot: u32,
    },
    /// An agent says what has become of an output that a worker of its had in hand, or that this one has
    /// nothing in hand. It is drawn and never counted: what counts is the record, which comes as an
    /// `Output`.
    #[serde(skip)]
    Claimed {
        /// The agent.
        agent: Afar,
        /// The worker.
        worker: u32,
        /// What has become of it; `None` if there is none.
        claim: Option<Claim>,
    },
    /// An output could not be written for a reason that all share; it is still to be made.
    PutOff {
        /// The worker.
        worker: u32,
        /// Its thread, from 0.
        slot: u32,
        /// The image.
        image: String,
        /// Its bytes, in base64, where they are not UTF-8.
        #[serde(skip_serializing_if = "Option::is_none")]
        image_bytes: Option<String>,
        /// The name of the variant.
        variant: Arc<str>,
    },
    /// The disk is full: nothing is started until there is room.
    Paused {
        /// About what is left to be written.
        needed_bytes: u64,
        /// What there is.
        free_bytes: u64,
    },
    /// There is room again.
    Resumed,
    /// A machine that helps, or could.
    Agent {
        /// Its name.
        agent: Arc<str>,
        /// What is the matter with it.
        state: AgentState,
        /// How many images it works on at a time.
        slots: u32,
        /// Its version of the program.
        version: String,
        /// Why.
        #[serde(skip_serializing_if = "Option::is_none", serialize_with = "output::in_english")]
        reason: Option<Text>,
    },
    /// Something is the matter with the fleet as a whole.
    Fleet {
        /// What.
        state: FleetState,
        /// How many outputs have not ended.
        open: usize,
        /// Why.
        #[serde(skip_serializing_if = "Option::is_none", serialize_with = "output::in_english")]
        reason: Option<Text>,
    },
    /// Something is the matter with the store that images come from or outputs go to.
    Store {
        /// What.
        state: StoreState,
        /// Why.
        #[serde(skip_serializing_if = "Option::is_none", serialize_with = "output::in_english")]
        reason: Option<Text>,
    },
    /// An output came to its end.
    Output(OutputEnded),
    /// How far the run is; at most ten a second.
    Progress(Progress),
    /// The run is over.
    Finished(Summary),
}

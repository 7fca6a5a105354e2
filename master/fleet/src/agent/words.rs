//! Who an agent is, what it has its workers do, and what it hears of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::oneshot;

use crate::message::{Ended, Job, Unit, What};
use crate::names::{Build, FleetName, JobId, ParcelId};

/// Who an agent is.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Its name.
    pub agent: FleetName,
    /// Its pool.
    pub pool: FleetName,
    /// Its build.
    pub build: Build,
    /// The version of the program, for people.
    pub version: String,
    /// How many images it works on at a time.
    pub slots: u32,
    /// The marks of its roots, by their names.
    pub roots: BTreeMap<FleetName, String>,
    /// How the names of its temporary files begin: others may sweep them when it is lost.
    pub owner: String,
}

/// What an agent is to do.
#[derive(Debug)]
pub enum Work {
    /// Work on a unit: one [`Report::Ended`] is due for each of its outputs. What is begun between two
    /// changes of the job is of one job.
    Begin {
        /// The job.
        job: Arc<Job>,
        /// The unit's parcel.
        parcel: ParcelId,
        /// The unit.
        unit: Arc<Unit>,
        /// Whether nothing else is worked on meanwhile.
        alone: bool,
        /// Whether somebody may have made some of its outputs already: they may be replaced.
        again: bool,
    },
    /// Begin nothing more of a parcel; what is reported of it does not matter.
    Withdraw {
        /// The parcel.
        parcel: ParcelId,
    },
    /// Begin nothing more until [`Work::Resume`].
    Pause,
    /// Go on.
    Resume,
    /// Kill a worker.
    Kill(u32),
    /// The engine does not answer.
    Away(String),
    /// It does again.
    Back,
    /// Nothing is in hand, and nothing will come.
    Leave,
}

/// What becomes of it.
#[derive(Debug)]
pub enum Report {
    /// A worker has begun with a unit, by its number.
    Begun {
        /// The unit's parcel.
        parcel: ParcelId,
        /// The unit.
        unit: u32,
    },
    /// An output is written, but for its name: may it have it?
    Written {
        /// The unit's parcel.
        parcel: ParcelId,
        /// The answer; after a long silence it may take as long as the engine is away.
        answer: oneshot::Sender<bool>,
    },
    /// An output has ended.
    Ended {
        /// Its parcel.
        parcel: ParcelId,
        /// What became of it.
        ended: Ended,
    },
    /// Something happened to a worker, for whoever watches.
    Happened {
        /// The worker.
        worker: u32,
        /// What.
        what: What,
    },
    /// The agent cannot take part in a job: others are to have its parcels.
    Refuse {
        /// The job.
        job: JobId,
        /// Why.
        why: String,
    },
    /// Nothing can be written for now, and why; `None`: it can again.
    Blocked(Option<String>),
    /// Give back what has not begun, finish what has, leave.
    Drain,
}

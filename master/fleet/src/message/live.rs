//! What agents say of their workers while they work. It is not stored, may be missed, and no figure is made
//! of it: whoever lies here has wrong lanes drawn, and nothing else.

use lote_engine::event::{Status, WorkerState};
use lote_protocol::lang::Text;
use serde::{Deserialize, Serialize};

use super::{MAX_TEXT, Message, MessageError, demand};
use crate::parcel::MAX_OUTPUTS;

/// Most that an agent says at a time.
pub const MAX_HAPPENED: usize = 512;

/// What has happened to the workers of an agent since it last said so, in order. Whoever has missed some
/// is told again: what is as it was is no news.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Live {
    /// It.
    pub happened: Vec<Happening>,
}

/// Something that happened to a worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Happening {
    /// The worker, from 1.
    pub worker: u32,
    /// How long ago when it was said, ms: machines need not agree on the time.
    pub ago_ms: u32,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What can happen to a worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "lowercase")]
pub enum What {
    /// Its state is another.
    Worker {
        /// Which.
        state: WorkerState,
        /// Its process.
        pid: u32,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Text>,
    },
    /// It began with a unit.
    Task {
        /// The unit, by its number in the job.
        unit: u32,
        /// The outputs that it makes, in turn, by their places in the unit.
        places: Vec<u32>,
        /// How often the agent has begun with it, from 1.
        attempt: u32,
    },
    /// It has the image of its unit decoded.
    Decoded,
    /// An output of its unit has ended.
    Output {
        /// Its place in the unit.
        place: u32,
        /// How.
        status: Status,
        /// Time that it took, without decoding, ms.
        ms: f64,
    },
    /// It has nothing in hand.
    Idle,
}

impl Message for Live {
    fn check(&self) -> Result<(), MessageError> {
        demand(self.happened.len() <= MAX_HAPPENED, "too much has happened at a time")?;
        for happening in &self.happened {
            let is_fine = match &happening.what {
                What::Worker { reason, .. } => {
                    reason.as_ref().is_none_or(|reason| reason.to_string().len() <= MAX_TEXT)
                }
                What::Task { places, .. } => places.len() <= MAX_OUTPUTS,
                What::Output { ms, .. } => ms.is_finite() && *ms >= 0.0,
                What::Decoded | What::Idle => true,
            };
            demand(is_fine, "what has happened cannot be")?;
        }
        Ok(())
    }
}

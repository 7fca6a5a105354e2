//! Counts of outputs that have ended.

use std::iter::Sum;
use std::time::Duration;

use lote_protocol::outcome::FailureKind;
use serde::Serialize;

use super::{OutputEnded, Status};

/// Counts of outputs that have ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct OutputCounts {
    /// Those that are there.
    pub ok: usize,
    /// Those that could not be made, quarantined ones included.
    pub failed: usize,
    /// Those that were there before, or were not started.
    pub skipped: usize,
    /// Those of `failed` whose image cost two workers their lives.
    pub quarantined: usize,
    /// Those of `ok` that a first attempt did not make, as its worker died.
    pub repeated: usize,
    /// Those of `skipped` that were not started.
    pub cancelled: usize,
    /// Time that workers spent on them, with their share of reading and decoding.
    #[serde(skip)]
    pub work: Duration,
    /// That share.
    #[serde(skip)]
    pub decode: Duration,
    /// Size of the inputs of `ok`, where that is known: [`crate::state::Outputs::end`].
    #[serde(skip)]
    pub read_bytes: u64,
    /// Size of the outputs.
    #[serde(skip)]
    pub written_bytes: u64,
}

impl OutputCounts {
    /// Counts an output that has ended.
    pub fn add(&mut self, ended: &OutputEnded) {
        self.shift(ended.status, |count| *count += 1);
        let is_again = ended.attempt.is_some_and(|attempt| attempt > 1);
        self.repeated += usize::from(ended.status == Status::Ok && is_again);
        let is_cancelled = ended.kind == Some(FailureKind::Cancelled);
        self.cancelled += usize::from(ended.status == Status::Skipped && is_cancelled);
        self.written_bytes += ended.bytes.unwrap_or(0);
        // Other machines may tell anything.
        let time = |ms: Option<f64>| {
            let ms = ms.unwrap_or(0.0).clamp(0.0, 1e12);
            Duration::try_from_secs_f64(ms / 1000.0).unwrap_or_default()
        };
        self.work += time(ended.ms);
        self.decode += time(ended.decode_ms);
    }

    /// Changes the counts of a status.
    pub(crate) fn shift(&mut self, status: Status, by: impl Fn(&mut usize)) {
        match status {
            Status::Ok => by(&mut self.ok),
            Status::Skipped => by(&mut self.skipped),
            Status::Failed => by(&mut self.failed),
            Status::Quarantined => {
                by(&mut self.failed);
                by(&mut self.quarantined);
            }
        }
    }

    /// How many have ended.
    pub fn done(&self) -> usize {
        self.ok + self.failed + self.skipped
    }
}

impl<'a> Sum<&'a Self> for OutputCounts {
    fn sum<I: Iterator<Item = &'a Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            ok: sum.ok + one.ok,
            failed: sum.failed + one.failed,
            skipped: sum.skipped + one.skipped,
            quarantined: sum.quarantined + one.quarantined,
            repeated: sum.repeated + one.repeated,
            cancelled: sum.cancelled + one.cancelled,
            work: sum.work + one.work,
            decode: sum.decode + one.decode,
            read_bytes: sum.read_bytes + one.read_bytes,
            written_bytes: sum.written_bytes + one.written_bytes,
        })
    }
}

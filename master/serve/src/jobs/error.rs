//! Why a job is refused.

use lote_protocol::filter::CallError;

use lote_engine::plan::{PatternError, PlanError};

/// Why a job, or something to be done about one, is refused.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The request makes no sense.
    #[error("{0}")]
    Bad(String),
    /// A variant of it does not.
    #[error(transparent)]
    Variant(#[from] CallError),
    /// The names of its outputs do not.
    #[error(transparent)]
    Pattern(#[from] PatternError),
    /// There is no image to work on.
    #[error("there is no image to process")]
    NoImages,
    /// The request cannot become a plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The disk is full.
    #[error("the disk has only {free_mib} MiB left")]
    NoSpace {
        /// What is left, MiB.
        free_mib: u64,
    },
    /// There is no such job, output or worker.
    #[error("nothing of that id")]
    NotFound,
    /// It is not possible in this state.
    #[error("{message}")]
    NotNow {
        /// What the page can tell cases apart by.
        code: &'static str,
        /// Why not.
        message: &'static str,
    },
    /// Something failed that should not.
    #[error("{0}")]
    Internal(String),
}

impl JobError {
    pub(crate) const fn not_now(code: &'static str, message: &'static str) -> Self {
        Self::NotNow { code, message }
    }
}

//! Why a job is refused.

use std::fmt;

use lote_protocol::filter::CallError;
use lote_protocol::text;

use lote_engine::job::Unusable;
use lote_engine::lang::Text;
use lote_engine::plan::{PatternError, PlanError};

/// Why a job, or something to be done about one, is refused.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The request makes no sense.
    Bad(Text),
    /// A variant of it does not.
    Variant(#[from] CallError),
    /// The names of its outputs do not.
    Pattern(#[from] PatternError),
    /// There is no image to work on.
    NoImages,
    /// The request cannot become a plan.
    Plan(#[from] PlanError),
    /// The disk is full.
    NoSpace {
        /// What is left, MiB.
        free_mib: u64,
    },
    /// There is no such job, output or worker.
    NotFound,
    /// It is not possible in this state.
    NotNow {
        /// What the page can tell cases apart by.
        code: &'static str,
        /// Why not.
        message: Text,
    },
    /// Something failed that should not.
    Internal(Text),
}

impl From<Unusable> for JobError {
    fn from(error: Unusable) -> Self {
        match error {
            Unusable::Filter(error) => error.into(),
            Unusable::Pattern(error) => error.into(),
            Unusable::Glob(error) => Self::Bad(error.text()),
        }
    }
}

impl JobError {
    pub(crate) const fn not_now(code: &'static str, message: Text) -> Self {
        Self::NotNow { code, message }
    }

    /// What is wrong, one line.
    pub fn text(&self) -> Text {
        match self {
            Self::Bad(text) | Self::Internal(text) | Self::NotNow { message: text, .. } => {
                text.clone()
            }
            Self::Variant(error) => error.text(),
            Self::Pattern(error) => error.text(),
            Self::Plan(error) => error.text(),
            Self::NoImages => text!("there is no image to process"),
            Self::NoSpace { free_mib } => text!("the disk has only {} MiB left", *free_mib),
            Self::NotFound => text!("nothing of that id"),
        }
    }
}

impl fmt::Display for JobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}

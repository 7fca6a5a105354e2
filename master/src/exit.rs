//! What the program's exit code says. A contract with scripts.

use std::process::ExitCode;

use lote_engine::plan::{ErrorClass, PlanError};

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All that was asked is done, or was there already.
    Ok,
    /// Some images failed.
    SomeFailed,
    /// The request makes no sense.
    Usage,
    /// There was nothing to work on.
    NothingMatched,
    /// It was refused before it started.
    Refused,
    /// Workers could not start, or kept dying.
    NoWorkers,
    /// Interrupted by Ctrl-C.
    Interrupted,
    /// Asked to end by SIGTERM.
    Terminated,
}

impl Exit {
    /// This one, or the other if all went well.
    pub(crate) fn or(self, other: Self) -> Self {
        if self == Self::Ok { other } else { self }
    }

    /// The number.
    pub const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::SomeFailed => 1,
            Self::Usage => 2,
            Self::NothingMatched => 3,
            Self::Refused => 4,
            Self::NoWorkers => 5,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

impl From<&PlanError> for Exit {
    fn from(error: &PlanError) -> Self {
        match error.class() {
            ErrorClass::Usage => Self::Usage,
            ErrorClass::NothingMatched => Self::NothingMatched,
            ErrorClass::Refused => Self::Refused,
        }
    }
}

//! What pages are told, as it is serialised: the shapes of `frontend/CONTRACT.md`.
//!
//! Times (`t_ms`, `start_ms`, …) are milliseconds of the server's monotonic clock since it started.

mod change;
mod job;
mod lane;
mod machine;
mod output;
mod trial;
mod watch;

pub use change::{Change, Level, Notice, WorkerChange};
pub use job::{AnyJob, Job, JobState, Pause, Progress, QueuedJob, Step, Variant, VariantCounts};
pub use lane::{Bar, Crash, Lane, LaneState, Lanes, TaskRef};
pub use machine::{Fleet, Machine, MachineState};
pub use output::{Failure, OutputEnd, Recent};
pub use trial::{Compare, CompareRun, CrashCost, CrashCosts, Isolation, Proof, TrialState};
pub use watch::{Watch, WatchState};

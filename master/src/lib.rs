//! Lote's master: plans a job, dispatches it to worker processes and reports what became of it.

pub mod event;
pub mod run;
pub mod scheduler;
pub mod supervisor;

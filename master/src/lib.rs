//! Lote's master: plans a job, dispatches it to worker processes and reports what became of it.

pub mod plan;
pub mod samples;

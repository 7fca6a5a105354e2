//! Lote's master: plans a job, dispatches it to worker processes and reports what became of it.
//!
//! The master never decodes a pixel: that is what workers are for, and why their deaths are cheap.

pub mod catalogue;
pub mod cli;
pub mod darkroom;
pub mod event;
pub mod images;
pub mod jobs;
pub mod journal;
pub mod lang;
pub mod live;
pub mod machine;
pub mod plan;
pub mod redact;
pub mod report;
pub mod reproduce;
pub mod run;
pub mod samples;
pub mod scheduler;
pub mod supervisor;
pub mod trial;
pub mod web;

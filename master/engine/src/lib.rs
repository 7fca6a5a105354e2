//! The engine: plans a job, dispatches it to worker processes, and says what became of it.
//!
//! It never decodes a pixel: that is what workers are for, and why their deaths are cheap. It knows
//! no terminal and no page.

pub mod catalogue;
pub mod event;
pub mod forecast;
pub mod job;
pub mod journal;
pub mod output;
pub mod plan;
pub mod pool;
pub mod quantity;
pub mod report;
pub mod reproduce;
pub mod roots;
pub mod run;
pub mod samples;
pub mod scheduler;
pub mod showcase;
pub mod state;
pub mod store;
pub mod supervisor;
pub mod system;
pub mod watch;
pub mod words;

pub use lote_protocol::lang;

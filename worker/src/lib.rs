//! The worker: turns one image file into its outputs, task by task.
//!
//! A worker knows no path, no network, no terminal and no policy. It reads, decodes, filters, encodes
//! and writes; what is to be done comes over a local socket with open files, and what became of it goes
//! back.

pub mod assets;
pub mod bench;
pub mod entry;
pub mod input;
pub mod output;
pub mod process_limits;
pub mod sandbox;
pub mod session;
mod sweep;
pub mod task;

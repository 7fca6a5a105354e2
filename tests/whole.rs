//! Tests of the whole program: `lote` as a user starts it, on folders made for each test.
//!
//! One theme a file. No test sleeps: they wait for an event of the program, or for its end.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "all of it is tests"
)]

mod assets;
mod bad_files;
mod commands;
mod contract;
mod crashes;
mod deny;
mod disks;
mod endings;
mod errors;
mod external;
mod feed;
mod inputs;
mod layering;
mod machines;
mod measures;
mod metadata;
mod misbehaviour;
mod names;
mod pack;
mod pages;
mod papers;
mod pipes;
mod recipes;
mod reports;
mod resume;
mod runs;
mod sandbox;
mod shards;
mod slurm;
mod spanish;
mod supervision;
mod supply;
mod support;
mod texts;
mod threads;
mod watch;

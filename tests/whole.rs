//! Tests of the whole program: `lote` as a user starts it, on folders made for each test.
//!
//! One theme a file. No test sleeps: they wait for an event of the program, or for its end.

mod bad_files;
mod commands;
mod contract;
mod crashes;
mod endings;
mod errors;
mod external;
mod layering;
mod misbehaviour;
mod papers;
mod runs;
mod support;
mod threads;

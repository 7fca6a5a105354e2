//! A worker as a program of its own, for debuggers and profilers.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    lote_worker::entry::main(&arguments)
}

//! The `lote` program: a worker if it is started as one, else the master.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    // Workers start often and must start fast, so nothing comes before this.
    if let [_, role, rest @ ..] = arguments.as_slice()
        && role == "worker"
        && rest.first().is_some_and(|command| command == "connect")
        && rest.len() == 2
        && rest[1] != "--help"
        && rest[1] != "-h"
    {
        return lote_worker::entry::main(rest);
    }
    lote::cli::main(arguments).into()
}

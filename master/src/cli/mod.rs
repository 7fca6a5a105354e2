//! The command line: from arguments to a request, and from its end to an exit code.

mod args;
mod catalogue;
mod exit;
mod interrupt;
mod quantity;
mod run;
mod session;
mod ui;
mod worker;

use std::ffi::OsString;

use clap::{CommandFactory, Parser};

pub use args::Cli;
use args::Sub;
pub use exit::Exit;
use ui::Ui;

/// Runs the program with these arguments, the program's own name first.
pub fn main(arguments: Vec<OsString>) -> Exit {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let code = error.exit_code();
            // Standard output or error may be closed; there is nothing else to say it to.
            let _ = error.print();
            return if code == 0 { Exit::Ok } else { Exit::Usage };
        }
    };
    let ui = Ui::new(&cli.global);
    match cli.command {
        Sub::Run(args) => run::execute(&args, ui),
        Sub::Filters(args) => catalogue::filters(&args, ui),
        Sub::Completions { shell } => {
            let mut out = std::io::stdout();
            clap_complete::generate(shell, &mut Cli::command(), "lote", &mut out);
            Exit::Ok
        }
        Sub::Worker(args) => worker::execute(&args, ui),
    }
}

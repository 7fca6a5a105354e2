//! The command line: from arguments to a request, and from its end to an exit code.

mod args;
mod catalogue;
mod choice;
mod compare;
mod demo;
mod doctor;
mod exit;
mod formats;
mod interrupt;
mod job;
mod probe;
mod quantity;
mod rerun;
mod room;
mod run;
mod serve;
mod session;
mod ui;
mod worker;

use std::ffi::OsString;

use clap::{CommandFactory, Parser};

pub use args::Cli;
use args::{SamplesArgs, Sub};
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
        Sub::Serve(args) => serve::execute(&args, ui),
        Sub::Run(args) => run::execute(&args, ui),
        Sub::Rerun(args) => rerun::execute(&args, ui),
        Sub::Compare(args) => compare::execute(&args, ui),
        Sub::Demo(args) => demo::execute(&args, ui),
        Sub::Samples(args) => samples(&args, ui),
        Sub::Doctor(args) => doctor::execute(&args, ui),
        Sub::Filters(args) => catalogue::filters(&args, ui),
        Sub::Formats(args) => formats::execute(&args, ui),
        Sub::Completions { shell } => {
            let mut out = std::io::stdout();
            clap_complete::generate(shell, &mut Cli::command(), "lote", &mut out);
            Exit::Ok
        }
        Sub::Worker(args) => worker::execute(&args, ui),
    }
}

fn samples(args: &SamplesArgs, ui: Ui) -> Exit {
    match lote_engine::samples::write(&args.dir, args.count as usize) {
        Ok(files) => {
            let what = ui.lang.pick("images in", "imágenes en");
            ui.say(&format!("{} {what} {}", files.len(), args.dir.display()));
            Exit::Ok
        }
        Err(error) => {
            ui.error(&error.to_string(), None);
            Exit::Refused
        }
    }
}

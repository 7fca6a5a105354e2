//! The command line: from arguments to a request, and from its end to an exit code.

mod agent;
mod args;
mod catalogue;
mod choice;
mod compare;
mod demo;
mod doctor;
mod dry_run;
mod fleet;
mod formats;
mod job;
mod list;
mod make;
mod pipe;
mod probe;
mod recipes;
mod report;
mod rerun;
mod room;
mod run;
mod serve;
mod session;
mod spanish;
mod stored;
mod usage;
mod watch;
mod worker;

use std::borrow::Cow;
use std::ffi::OsString;

use std::io::Write as _;
use std::path::Path;

use clap::{CommandFactory as _, FromArgMatches as _};
use lote_protocol::text;

use crate::exit::Exit;
use crate::ui::Ui;
pub use args::Cli;
use args::{SamplesArgs, Sub};
use lote_engine::job::Config;
use lote_engine::lang::Lang;
use lote_engine::plan::error::reason;
use lote_engine::system::standard_output;

use crate::terminal::Verbosity;

/// Runs the program with these arguments, the program's own name first.
pub fn main(arguments: Vec<OsString>) -> Exit {
    let lang = language(&arguments);
    let matches = command(lang).try_get_matches_from(arguments);
    let cli = match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => return refuse(&error, lang),
    };
    let config = Config::load(cli.global.config.as_deref());
    let global = &cli.global;
    let ui = Ui::new(
        global.color,
        (global.quiet, global.verbose),
        config.as_ref().ok().and_then(|it| it.language.as_deref()),
    );
    let config = match config {
        Ok(config) => config,
        Err(error) => return make::refuse(&error, ui),
    };
    match cli.command {
        Sub::Serve(args) => serve::execute(&args, &config, ui),
        Sub::Run(args) => run::execute(&args, &config, ui),
        Sub::Watch(args) => watch::execute(&args, &config, ui),
        Sub::Manual { dir } => manual(&dir, ui),
        Sub::Recipes(args) => recipes::execute(&args, ui),
        Sub::Rerun(args) => rerun::execute(&args, ui),
        Sub::Agent(args) => agent::execute(&args, ui),
        Sub::Fleet(args) => fleet::execute(&args.command, ui),
        Sub::Compare(args) => compare::execute(&args, ui),
        Sub::Demo(args) => demo::execute(&args, ui),
        Sub::Samples(args) => samples(&args, ui),
        Sub::Doctor(args) => doctor::execute(&args, ui),
        Sub::Filters(args) => catalogue::filters(&args, ui),
        Sub::Formats(args) => formats::execute(&args, ui),
        Sub::Completions { shell } => {
            let mut out = Vec::new();
            clap_complete::generate(shell, &mut command(ui.lang), "lote", &mut out);
            ui.print(&String::from_utf8_lossy(&out))
        }
        Sub::Worker(args) => worker::execute(&args, ui),
    }
}

/// The language to read the arguments in, and to say what is wrong with them: that of the environment, or
/// else of `lote.toml`.
fn language(arguments: &[OsString]) -> Lang {
    let names = ["--config", "--configuracion"];
    let mut words = arguments.iter().map(|word| word.to_string_lossy());
    let named = words
        .find_map(|word| names.iter().find_map(|name| Some(word.strip_prefix(name)?.to_owned())));
    let file = match named {
        None => None,
        Some(rest) if rest.is_empty() => words.next().map(Cow::into_owned),
        Some(rest) => rest.strip_prefix('=').map(str::to_owned),
    };
    // What is wrong with it is told when the arguments are known.
    let config = Config::load(file.as_deref().map(Path::new)).unwrap_or_default();
    Lang::chosen(config.language.as_deref())
}

/// The command line, in that language.
fn command(lang: Lang) -> clap::Command {
    spanish::command(Cli::command(), lang)
}

/// Says what is wrong with the arguments, or the help that they ask for.
fn refuse(error: &clap::Error, lang: Lang) -> Exit {
    if let Some((what, hint)) = usage::text(error, lang) {
        Ui { lang, verbosity: Verbosity::Normal }.error(what, hint);
        return Exit::Usage;
    }
    let text = spanish::help(&error.render().ansi().to_string(), lang);
    if error.use_stderr() {
        // It may be closed; there is nothing else to say it to.
        let _ = anstream::stderr().write_all(text.as_bytes());
    } else {
        let written = standard_output().and_then(|_| {
            let mut out = anstream::stdout();
            out.write_all(text.as_bytes()).and_then(|()| out.flush())
        });
        return Ui { lang, verbosity: Verbosity::Normal }.printed(written);
    }
    if error.exit_code() == 0 { Exit::Ok } else { Exit::Usage }
}

/// Writes a page for each command.
fn manual(dir: &Path, ui: Ui) -> Exit {
    let write = || {
        std::fs::create_dir_all(dir)?;
        clap_mangen::generate_to(command(ui.lang), dir)?;
        if ui.lang == Lang::Es {
            spanish::name_sections(dir)?;
        }
        Ok(())
    };
    match write() {
        Ok(()) => Exit::Ok,
        Err(error) => {
            ui.error(text!("cannot write to {}: {}", dir.display(), reason(&error)), None);
            Exit::Refused
        }
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
            ui.error(error.text(), None);
            Exit::Refused
        }
    }
}

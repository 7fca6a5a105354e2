//! `lote run - -o - -f grises < a.jpg > b.jpg`: one image from standard input or a file to standard
//! output.
//!
//! It takes the way of every image: through files in a private folder, a worker and its sandbox.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::make::{Asked, is_standard};
use super::{probe, session};
use crate::exit::Exit;
use crate::terminal::{Terminal, Verbosity};
use crate::ui::Ui;
use lote_engine::plan::{self, OutputState, Request};
use lote_engine::run::Settings;
use lote_engine::system::standard_output;
use lote_protocol::filter::VariantSpec;
use lote_protocol::task::Limits;
use lote_protocol::text;

pub(super) fn execute(asked: &Asked, paths: &[PathBuf], worker: Option<&str>, ui: Ui) -> Exit {
    let [path] = paths else {
        ui.error(
            text!("one image at a time goes to standard output"),
            text!("name one image, or -"),
        );
        return Exit::Usage;
    };
    match convert(asked, path, worker, ui) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn convert(asked: &Asked, path: &Path, worker: Option<&str>, ui: Ui) -> Result<Exit, Exit> {
    let told = |error: &io::Error| {
        ui.error(text!("{}: {}", path.display(), plan::error::reason(error)), None);
        Exit::Refused
    };
    let folder =
        tempfile::Builder::new().prefix("lote-").tempdir().map_err(|error| told(&error))?;
    let input = if is_standard(path) {
        receive(folder.path()).map_err(|error| told(&error))?
    } else {
        path.to_owned()
    };
    let request = asked.request(vec![input], ui)?;
    if VariantSpec::by_file(&request.variants).len() != 1 {
        ui.error(
            text!("one output goes to standard output, and more are asked for"),
            text!("use one -f"),
        );
        return Err(Exit::Usage);
    }
    let request = Request { output: folder.path().join("out"), recursive: false, ..request };
    let settings = session::settings(&asked.options, worker, false);
    let settings = settings.map_err(|what| {
        ui.error(what, None);
        Exit::Usage
    })?;
    let settings = Settings { slots: 1, durable: false, ..settings };
    probe::insist(&settings, ui)?;
    let plan = plan::prepared(&request).map_err(|error| session::refuse(&error, ui))?;
    if plan.images.len() != 1 {
        ui.error(text!("a folder cannot go to standard output"), text!("name one image, or -"));
        return Err(Exit::Usage);
    }
    // Only what went wrong is said, and nothing but the image goes to standard output.
    let quiet = Box::new(Terminal::new(ui.lang, ui.verbosity.min(Verbosity::Quiet)));
    let (ended, interrupt) = session::run(&plan, &settings, vec![quiet], ui)?;
    let exit = session::conclude(&plan, &ended, interrupt, None, ui);
    if exit == Exit::Ok && matches!(plan.state(0, 0), OutputState::Planned { .. }) {
        send(&plan.output(0, 0)).map_err(|error| told(&error))?;
    }
    Ok(exit)
}

/// Stores standard input.
fn receive(folder: &Path) -> io::Result<PathBuf> {
    let path = folder.join("stdin");
    // A worker says that it is too large.
    let most = Limits::default().max_file_bytes + 1;
    io::copy(&mut io::stdin().lock().take(most), &mut File::create(&path)?)?;
    Ok(path)
}

/// Sends a file to standard output.
fn send(path: &Path) -> io::Result<()> {
    let mut out = standard_output()?.lock();
    io::copy(&mut File::open(path)?, &mut out)?;
    out.flush()
}

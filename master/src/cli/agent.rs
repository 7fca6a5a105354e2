//! `lote agent`: works for the jobs of other machines.

use super::args::AgentArgs;
use super::{probe, session};
use crate::exit::Exit;
use crate::fleet::{Fleet, work};
use crate::ui::Ui;
use lote_engine::job::Options;

pub(super) fn execute(args: &AgentArgs, ui: Ui) -> Exit {
    let said = |what, exit| {
        ui.error(what, None);
        exit
    };
    let fleet = match Fleet::new(&args.fleet) {
        Ok(fleet) => fleet,
        Err(what) => return said(what, Exit::Usage),
    };
    let (jobs, sandbox) = (args.jobs, args.sandbox);
    let options = Options { jobs, sandbox, ..Options::default() };
    let settings = match session::settings(&options, args.worker_command.as_deref(), false) {
        Ok(settings) => settings,
        Err(what) => return said(what, Exit::Usage),
    };
    if let Err(exit) = probe::insist(&settings, ui) {
        return exit;
    }
    // One thread: it is the one that starts workers, and they are told to die with it.
    let runtime = match session::runtime() {
        Ok(runtime) => runtime,
        Err(what) => return said(what, Exit::NoWorkers),
    };
    let exit = work(&fleet, args.name.as_deref(), settings, &runtime, ui);
    // What waits for a folder that does not answer may do so for ever: nothing waits for that.
    std::mem::forget(runtime);
    exit
}

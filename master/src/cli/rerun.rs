//! `lote rerun`: the last job of an output folder once more, from its journal alone.

use std::path::{Path, PathBuf};

use lote_protocol::sandbox::Policy;

use super::Exit;
use super::args::{RerunArgs, WorkArgs};
use super::choice::SandboxArg;
use super::job::{self, Here, Job};
use super::ui::Ui;
use lote_engine::journal::{Header, Outcome, Records, newest, read_all, wanted};
use lote_engine::lang::Lang;
use lote_engine::plan::IfExists;
use lote_protocol::text;

pub(super) fn execute(args: &RerunArgs, ui: Ui) -> Exit {
    let Some(last) = newest(&args.output) else { return nothing(&args.output, ui) };
    if let Err(exit) = trust(&last.header, &args.output, &args.paths, args.trust_record, ui) {
        return exit;
    }
    let mut header = last.header.again();
    apply(&args.work, &mut header);
    let (only, past) = if args.failed {
        let failed = wanted(&last, |outcome| matches!(outcome, Outcome::Failed { .. }));
        if failed.is_empty() {
            ui.say(match ui.lang {
                Lang::En => "nothing failed in the last job",
                Lang::Es => "nada falló en el último trabajo",
            });
            return Exit::Ok;
        }
        (Some(failed), Records::new(&args.output, read_all(&args.output)))
    } else if header.if_exists == IfExists::Skip {
        // What it has left as it was stays so.
        (Some(wanted(&last, |_| true)), Records::default())
    } else {
        (None, Records::default())
    };
    // What is in the way now, the job has made itself. Only where it put numbers to names, what it
    // found there is still there.
    let if_exists = match header.if_exists {
        IfExists::Rename => IfExists::Rename,
        IfExists::Overwrite | IfExists::Skip | IfExists::Fail => IfExists::Overwrite,
    };
    let job = Job {
        header,
        output: args.output.clone(),
        if_exists,
        past,
        only,
        part: None,
        here: Here {
            worker_command: args.work.worker_command.clone(),
            external: false,
            show: args.show.clone(),
            report: None,
        },
    };
    job::execute(&job, ui)
}

/// Has a job on record work as these arguments say, where they say anything.
pub(super) fn apply(args: &WorkArgs, header: &mut Header) {
    let work = &mut header.work;
    work.jobs = args.jobs.or(work.jobs);
    work.timeout = args.timeout.or(work.timeout);
    work.max_memory = args.max_memory.or(work.max_memory);
    work.max_pixels = args.max_pixels.or(work.max_pixels);
    work.max_frames = args.max_frames.or(work.max_frames);
    // A record never lowers the sandbox: whoever may write to the folder could have written it.
    work.sandbox = match (args.sandbox, work.sandbox) {
        (None | Some(SandboxArg::Auto), Policy::Off | Policy::Auto) => Policy::Auto,
        (None | Some(SandboxArg::Auto), Policy::Require) => Policy::Require,
        (Some(asked), _) => asked.into(),
    };
}

/// The folders that a record of this output folder may name without being asked about: that
/// itself, what lies beside it, and the current folder.
pub(super) fn own_folders(output: &Path) -> Vec<PathBuf> {
    let here = std::env::current_dir().unwrap_or_default();
    let output = here.join(output);
    let beside = output.parent().map(Path::to_owned);
    beside.into_iter().chain([output, here]).collect()
}

/// Whether a record may be done as it stands: its files are where the command line points to. Says
/// so if they are not.
pub(super) fn trust(
    header: &Header,
    output: &Path,
    paths: &[PathBuf],
    trusted: bool,
    ui: Ui,
) -> Result<(), Exit> {
    if trusted {
        return Ok(());
    }
    let outside = header.outside(&[own_folders(output), paths.to_vec()].concat());
    if outside.is_empty() {
        return Ok(());
    }
    let shown = outside.iter().take(10).map(|path| path.display().to_string());
    let listed = shown.collect::<Vec<_>>().join(", ");
    let hint =
        text!("name their folder beside --resume, or say --trust-record if the record is yours");
    ui.error(text!("the job on record names files elsewhere: {}", listed), hint);
    Err(Exit::Refused)
}

/// Says that there is no job on record.
pub(super) fn nothing(output: &Path, ui: Ui) -> Exit {
    let what = text!("no job is on record in {}", output.display());
    ui.error(what, text!("name its folder with -o"));
    Exit::NothingMatched
}

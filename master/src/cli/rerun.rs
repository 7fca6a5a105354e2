//! `lote rerun`: the last job of an output folder once more, from its journal alone.

use std::path::Path;

use super::Exit;
use super::args::{RerunArgs, WorkArgs};
use super::job::{self, Here, Job};
use super::ui::Ui;
use lote_engine::journal::{Header, Outcome, Records, newest, read_all, wanted};
use lote_engine::lang::Lang;
use lote_engine::plan::IfExists;

pub(super) fn execute(args: &RerunArgs, ui: Ui) -> Exit {
    let Some(last) = newest(&args.output) else { return nothing(&args.output, ui) };
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
    work.sandbox = args.sandbox.map_or(work.sandbox, Into::into);
}

/// Says that there is no job on record.
pub(super) fn nothing(output: &Path, ui: Ui) -> Exit {
    let what = match ui.lang {
        Lang::En => format!("no job is on record in {}", output.display()),
        Lang::Es => format!("no hay ningún trabajo registrado en {}", output.display()),
    };
    ui.error(&what, Some(ui.lang.pick("name its folder with -o", "su carpeta se indica con -o")));
    Exit::NothingMatched
}

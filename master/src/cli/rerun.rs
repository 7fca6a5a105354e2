//! `lote rerun`: the last job of an output folder once more, from its journal alone.

use std::path::{Path, PathBuf};

use lote_protocol::sandbox::Policy;

use super::args::{RerunArgs, WorkArgs};
use super::job::{self, Here, ReadyJob};
use super::stored::Stored;
use crate::exit::Exit;
use crate::ui::Ui;
use lote_engine::job::Options;
use lote_engine::journal::{Header, Name, Outcome, Past, Records, newest, read_all, wanted};
use lote_engine::lang::Lang;
use lote_engine::plan::IfExists;
use lote_engine::store::is_address;
use lote_engine::system::files::FileId;
use lote_protocol::text;

pub(super) fn execute(args: &RerunArgs, ui: Ui) -> Exit {
    match rerun(args, ui) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn rerun(args: &RerunArgs, ui: Ui) -> Result<Exit, Exit> {
    let stored = Stored::open(&args.store, &args.output, [], ui)?;
    if let Some(stored) = &stored {
        stored.fetch_records(ui)?;
    }
    let record = stored.as_ref().and_then(Stored::record).unwrap_or(&args.output).to_owned();
    let Some(last) = newest(&record) else { return Err(nothing(&args.output, ui)) };
    let mut header = trusted(&last, &args.output, &args.paths, args.trust_record, ui)?;
    let stored = match stored {
        None => {
            Stored::open(&args.store, &args.output, header.paths.iter().map(|name| &name.0), ui)?
        }
        stored => stored,
    };
    apply(&args.work, &mut header);
    let (only, past) = if args.failed {
        let failed = wanted(&last, |outcome| matches!(outcome, Outcome::Failed { .. }));
        if failed.is_empty() {
            ui.say(match ui.lang {
                Lang::En => "nothing failed in the last job",
                Lang::Es => "nada falló en el último trabajo",
            });
            return Ok(Exit::Ok);
        }
        (Some(failed), Records::new(&args.output, read_all(&record)))
    } else if header.if_exists() == IfExists::Skip {
        // What it has left as it was stays so.
        (Some(wanted(&last, |_| true)), Records::default())
    } else {
        (None, Records::default())
    };
    // What is in the way now, the job has made itself. Only where it put numbers to names, what it
    // found there is still there.
    let if_exists = match header.if_exists() {
        IfExists::Rename => IfExists::Rename,
        IfExists::Overwrite | IfExists::Skip | IfExists::Fail => IfExists::Overwrite,
    };
    let job = ReadyJob {
        header,
        output: args.output.clone(),
        if_exists,
        past,
        only,
        part: None,
        fleet: None,
        stored,
        record: args.store.record.clone(),
        here: Here {
            worker_command: args.work.worker_command.clone(),
            external: false,
            show: args.show.clone(),
            report: None,
        },
    };
    Ok(job::execute(job, ui))
}

/// Has a job on record work as these arguments say, where they say anything.
pub(super) fn apply(args: &WorkArgs, header: &mut Header) {
    let recorded = std::mem::take(&mut header.options);
    // A record never lowers the sandbox: whoever may write to the folder could have written it.
    let sandbox = match (args.sandbox, recorded.sandbox) {
        (None | Some(Policy::Auto), Some(Policy::Require)) => Policy::Require,
        (None | Some(Policy::Auto), _) => Policy::Auto,
        (Some(asked), _) => asked,
    };
    header.options = Options { sandbox: Some(sandbox), ..args.options().over(recorded) };
}

/// What a job on record was asked for, to be done once more. Its files have to be in the folders of
/// the command line, of which `-o` is one; if this user's own run has left the record in that very
/// folder, [`job::own_folders`] count as well. Says so if they are elsewhere.
pub(super) fn trusted(
    last: &Past,
    output: &Path,
    paths: &[PathBuf],
    trusted: bool,
    ui: Ui,
) -> Result<Header, Exit> {
    let header = last.header.again(output);
    if trusted {
        return Ok(header);
    }
    let is_here = || {
        if is_address(output) {
            return Some(last.header.output.0 == *output);
        }
        Some(FileId::at(&last.header.output.0)? == FileId::at(output)?)
    };
    let is_own = last.is_own && is_here() == Some(true);
    let own = if is_own { job::own_folders(output) } else { vec![output.to_owned()] };
    let folders = [own, paths.to_vec()].concat();
    let outside = header.outside(&folders);
    if outside.is_empty() {
        // Nor do links lead out of them where somebody else may have put both.
        let real = |folder: &PathBuf| folder.canonicalize().ok().map(Name);
        let within = if is_own { header.within } else { folders.iter().filter_map(real).collect() };
        return Ok(Header { within, ..header });
    }
    let shown = outside.iter().take(SHOWN).map(|path| path.display().to_string());
    let listed = shown.collect::<Vec<_>>().join(", ");
    let what = match outside.len().saturating_sub(SHOWN) {
        0 => text!("the job on record names files elsewhere: {}", listed),
        more => text!("the job on record names files elsewhere: {}, and {} more", listed, more),
    };
    let hint =
        text!("name their folder beside --resume, or say --trust-record if the record is yours");
    ui.error(what, hint);
    Err(Exit::Refused)
}

/// How many files elsewhere are listed.
const SHOWN: usize = 10;

/// Says that there is no job on record.
pub(super) fn nothing(output: &Path, ui: Ui) -> Exit {
    let what = text!("no job is on record in {}", output.display());
    ui.error(what, text!("name its folder with -o"));
    Exit::NothingMatched
}

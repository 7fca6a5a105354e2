//! `lote run`.

use std::path::PathBuf;

use lote_protocol::filter::VariantSpec;
use lote_protocol::task::Encoding;

use super::args::RunArgs;
use super::job::{self, Here, Job};
use super::ui::Ui;
use super::{Exit, catalogue, rerun};
use lote_engine::journal::{By, Header, How, Past, Records, read_all};
use lote_engine::plan::error::reason;
use lote_engine::plan::{Globs, IfExists, PlanError, Request};

pub(super) fn execute(args: &RunArgs, ui: Ui) -> Exit {
    let journals = if args.resume { read_all(&args.output) } else { Vec::new() };
    let header = if args.paths.is_empty() && args.files_from.is_none() {
        let Some(last) = journals.last() else { return rerun::nothing(&args.output, ui) };
        let mut header = last.header.again();
        rerun::apply(&args.work, &mut header);
        header.work.durable |= args.durable;
        header
    } else {
        let request = inputs(args, ui).and_then(|(paths, globs)| {
            request(args, paths, globs).map_err(|error| job::refuse(&error, ui))
        });
        match request {
            Ok(request) => {
                let work = job::work(&args.work, args.mode.into(), args.durable);
                Header::new(&request, By::Run, work)
            }
            Err(exit) => return exit,
        }
    };
    let goes_on = journals.last().is_some_and(|last| goes_on(&header, last));
    let job = Job {
        if_exists: if goes_on { IfExists::Overwrite } else { header.if_exists },
        header,
        output: args.output.clone(),
        past: Records::new(&args.output, journals),
        only: None,
        here: Here {
            worker_command: args.work.worker_command.clone(),
            external: args.external_workers,
            show: args.show.clone(),
        },
    };
    job::execute(&job, ui)
}

/// Whether a job that refuses to replace outputs may replace those that exist, as it goes on with
/// one of the kind that broke off: that may have made an output that it could not put on record any
/// more, and there was none before, as was seen to when it began.
fn goes_on(header: &Header, last: &Past) -> bool {
    let known = |variant: &VariantSpec| {
        last.header.variants.iter().any(|before| before.name == variant.name)
    };
    header.if_exists == IfExists::Fail
        && last.header.if_exists == IfExists::Fail
        && last.end != Some(How::Finished)
        && header.variants.iter().all(known)
}

/// What was named, by the arguments and by a list. An error has been told already.
fn inputs(args: &RunArgs, ui: Ui) -> Result<(Vec<PathBuf>, Globs), Exit> {
    let mut paths = args.paths.clone();
    if let Some(list) = &args.files_from {
        let listed = super::list::read(list, args.null).map_err(|error| {
            let what = format!("cannot read {}: {}", list.display(), reason(&error));
            ui.error(&what, Some("--files-from takes a file with one path a line, or -"));
            Exit::Usage
        })?;
        if listed.is_empty() && paths.is_empty() {
            ui.error(&format!("no path is listed in {}", list.display()), None);
            return Err(Exit::NothingMatched);
        }
        paths.extend(listed);
    }
    let globs = Globs::new(args.include.clone(), args.exclude.clone()).map_err(|error| {
        ui.error(&error.to_string(), Some("write it as for a shell, in quotes: '*.jpg'"));
        Exit::Usage
    })?;
    Ok((paths, globs))
}

fn request(args: &RunArgs, paths: Vec<PathBuf>, globs: Globs) -> Result<Request, PlanError> {
    let variants = VariantSpec::parse_all(&args.filters, &catalogue::specs())?;
    Ok(Request {
        recursive: args.recursive,
        globs,
        pattern: args.pattern.clone(),
        encoding: Encoding {
            format: args.format,
            quality: args.quality,
            background: args.background,
        },
        if_exists: args.if_exists.into(),
        if_collides: args.if_collides.into(),
        ..Request::new(paths, args.output.clone(), variants)
    })
}

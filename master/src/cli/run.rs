//! `lote run`.

use lote_protocol::filter::VariantSpec;
use lote_protocol::task::Encoding;

use super::args::RunArgs;
use super::job::{self, Here, Job};
use super::ui::Ui;
use super::{Exit, catalogue, rerun};
use lote_engine::journal::{By, Header, How, Past, Records, read_all};
use lote_engine::plan::{IfExists, PlanError, Request};

pub(super) fn execute(args: &RunArgs, ui: Ui) -> Exit {
    let journals = if args.resume { read_all(&args.output) } else { Vec::new() };
    let header = if args.filters.is_empty() {
        let Some(last) = journals.last() else { return rerun::nothing(&args.output, ui) };
        if let Err(exit) =
            rerun::trust(&last.header, &args.output, &args.paths, args.trust_record, ui)
        {
            return exit;
        }
        let mut header = last.header.again();
        rerun::apply(&args.work, &mut header);
        header.work.durable |= args.durable;
        header
    } else {
        match request(args) {
            Ok(request) => {
                let work = job::work(&args.work, args.mode.into(), args.durable);
                Header::new(&request, By::Run, work)
            }
            Err(error) => return job::refuse(&error, ui),
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

fn request(args: &RunArgs) -> Result<Request, PlanError> {
    let variants = VariantSpec::parse_all(&args.filters, &catalogue::specs())?;
    Ok(Request {
        recursive: args.recursive,
        encoding: Encoding {
            format: args.format,
            quality: args.quality,
            background: args.background,
        },
        if_exists: args.if_exists.into(),
        if_collides: args.if_collides.into(),
        ..Request::new(args.paths.clone(), args.output.clone(), variants)
    })
}

//! `lote run`.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use lote_protocol::filter::VariantSpec;
use lote_protocol::text;

use super::args::RunArgs;
use super::job::{self, Here, ReadyJob};
use super::make::is_standard;
use super::stored::Stored;
use super::{pipe, recipes, report, rerun};
use crate::exit::Exit;
use crate::fleet::Fleet;
use crate::ui::Ui;
use lote_engine::job::Config;
use lote_engine::journal::{By, Header, How, Past, Records, read_all};
use lote_engine::plan::error::reason;
use lote_engine::plan::{IfExists, Shard};

pub(super) fn execute(args: &RunArgs, config: &Config, ui: Ui) -> Exit {
    match run(args, config, ui) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn run(args: &RunArgs, config: &Config, ui: Ui) -> Result<Exit, Exit> {
    let asked = args.make.asked(config, ui)?;
    if args.print_recipe {
        let text = asked.recipe(ui)?.to_toml();
        return Ok(ui.print(&text));
    }
    let kind = args.report.as_ref().map(|file| report::kind(file, ui)).transpose()?;
    let goes_on_alone = args.resume && args.files_from.is_none() && asked.is_empty();
    if asked.is_empty() && !goes_on_alone && io::stderr().is_terminal() {
        ui.say(ui.lang.pick("recipes, for --recipe:", "recetas, para --receta:"));
        ui.say(recipes::overview(ui.lang).trim_end());
    }
    let worker_command = args.make.work.worker_command.clone();
    if is_standard(&args.make.output) || args.paths.iter().any(|path| is_standard(path)) {
        if !is_standard(&args.make.output) {
            ui.error(
                text!("an image from standard input goes to standard output"),
                text!("add -o -"),
            );
            return Err(Exit::Usage);
        }
        let show = &args.show;
        let others = [
            ("--report", args.report.is_some()),
            ("-n", show.dry_run),
            ("--json", show.json),
            ("--ndjson", show.ndjson),
            ("--resume", args.resume),
            ("--shard", args.shard.is_some()),
            ("--fleet", args.fleet.fleet.is_some()),
            ("--files-from", args.files_from.is_some()),
        ];
        if let Some((other, _)) = others.into_iter().find(|(_, given)| *given) {
            let what = text!("{} and {} exclude one another", "-o -", other);
            ui.error(what, text!("nothing but the image goes to standard output"));
            return Err(Exit::Usage);
        }
        return Ok(pipe::execute(&asked, &args.paths, worker_command.as_deref(), ui));
    }
    let output = asked.output();
    let fleet = args.fleet.fleet.is_some().then(|| fleet(args, ui)).transpose()?;
    let stored = Stored::open(&args.store, &output, &args.paths, ui)?;
    if let Some(stored) = stored.as_ref().filter(|_| args.resume || args.shard.is_some()) {
        stored.fetch_records(ui)?;
    }
    let record = stored.as_ref().and_then(Stored::record).unwrap_or(&output);
    let journals = if args.resume { read_all(record) } else { Vec::new() };
    // Another machine may have asked for it.
    let here = |past: Past| match &fleet {
        Some(fleet) => past.at_roots(|root| fleet.folder(root)),
        None => past,
    };
    let journals: Vec<_> = journals.into_iter().map(here).collect();
    let header = if goes_on_alone {
        let Some(last) = journals.last() else { return Err(rerun::nothing(&output, ui)) };
        let mut header = rerun::trusted(last, &output, &args.paths, args.trust_record, ui)?;
        rerun::apply(&args.make.work, &mut header);
        header.options.durable = args.make.durable.or(header.options.durable);
        header
    } else {
        let request = asked.request(inputs(args, ui)?, ui)?;
        Header::new(&request, asked.options, By::Run)
    };
    let stored = match stored {
        None => Stored::open(&args.store, &output, header.paths.iter().map(|name| &name.0), ui)?,
        stored => stored,
    };
    if stored.is_some() && (fleet.is_some() || args.show.forecast) {
        let other = if fleet.is_some() { "--fleet" } else { "--forecast" };
        ui.error(text!("{} and {} exclude one another", other, "s3://…"), None);
        return Err(Exit::Usage);
    }
    let last = journals.last().filter(|last| last.end != Some(How::Finished));
    let before = last.and_then(|last| Some(last.header.fleet.as_ref()?.job.clone()));
    let part = args.shard.as_deref().map(|text| part(text, args.job.as_deref(), ui)).transpose()?;
    let goes_on = journals.last().is_some_and(|last| goes_on(&header, last));
    let job = ReadyJob {
        if_exists: if goes_on { IfExists::Overwrite } else { header.if_exists() },
        header,
        past: Records::new(&output, journals),
        output,
        only: None,
        part,
        fleet: fleet.map(|fleet| (fleet, before)),
        stored,
        record: args.store.record.clone(),
        here: Here {
            worker_command,
            external: args.external_workers,
            show: args.show.clone(),
            report: args.report.clone().zip(kind),
        },
    };
    Ok(job::execute(job, ui))
}

/// The fleet that is to do it. An error has been told already.
fn fleet(args: &RunArgs, ui: Ui) -> Result<Fleet, Exit> {
    let own = [
        ("--shard", args.shard.is_some()),
        ("--external-workers", args.external_workers),
        ("--worker-command", args.make.work.worker_command.is_some()),
    ];
    if let Some((other, _)) = own.into_iter().find(|(_, given)| *given) {
        ui.error(text!("{} and {} exclude one another", "--fleet", other), None);
        return Err(Exit::Usage);
    }
    Fleet::new(&args.fleet).map_err(|what| {
        ui.error(what, None);
        Exit::Usage
    })
}

/// Whether a job that refuses to replace outputs may replace those that exist, as it goes on with
/// one of the kind that broke off: that may have made an output that it could not put on record any
/// more, and there was none before, as was seen to when it began.
fn goes_on(header: &Header, last: &Past) -> bool {
    let known = |variant: &VariantSpec| {
        last.header.variants.iter().any(|before| before.name == variant.name)
    };
    header.if_exists() == IfExists::Fail
        && last.header.if_exists() == IfExists::Fail
        && last.end != Some(How::Finished)
        && header.variants.iter().all(known)
}

/// Which part of which job is asked for. An error has been told already.
fn part(text: &str, job: Option<&str>, ui: Ui) -> Result<(Shard, Option<String>), Exit> {
    let get = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let shard = if text == "auto" { Shard::from_environment(get) } else { text.parse() };
    let shard = shard.map_err(|error| {
        ui.error(error.text(), None);
        Exit::Usage
    })?;
    let array = || get("SLURM_ARRAY_JOB_ID").filter(|_| text == "auto");
    Ok((shard, job.map(str::to_owned).or_else(array)))
}

/// What was named, by the arguments and by a list. An error has been told already.
fn inputs(args: &RunArgs, ui: Ui) -> Result<Vec<PathBuf>, Exit> {
    let mut paths = args.paths.clone();
    if let Some(list) = &args.files_from {
        let listed = super::list::read(list, args.null).map_err(|error| {
            let what = text!("cannot read {}: {}", list.display(), reason(&error));
            ui.error(what, text!("--files-from takes a file with one path a line, or -"));
            Exit::Usage
        })?;
        let has_nul = |path: &PathBuf| path.as_os_str().as_encoded_bytes().contains(&0);
        if listed.iter().any(has_nul) {
            let hint = text!("add -0, as the list is separated by NUL characters");
            ui.error(text!("a path has a NUL character in it"), hint);
            return Err(Exit::Usage);
        }
        if listed.is_empty() && paths.is_empty() {
            ui.error(text!("no path is listed in {}", list.display()), None);
            return Err(Exit::NothingMatched);
        }
        paths.extend(listed);
    }
    Ok(paths)
}

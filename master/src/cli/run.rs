//! `lote run`.

use std::collections::HashSet;
use std::io::{self, Write};

use lote_protocol::filter::VariantSpec;
use lote_protocol::task::Encoding;

use super::args::RunArgs;
use super::ui::Ui;
use super::{Exit, catalogue, probe, session};
use crate::event::Mode;
use crate::plan::{self, OutputState, Plan, PlanError, Request};
use crate::report::Reporter;
use crate::report::ndjson::Ndjson;
use crate::report::terminal::Terminal;
use crate::report::text::printable;
use crate::run::{Settings, sweep_orphans};

pub(super) fn execute(args: &RunArgs, ui: Ui) -> Exit {
    let settings = match session::settings(&args.work, args.mode.into(), args.external_workers) {
        Ok(settings) => settings,
        Err(what) => {
            ui.error(&what, Some("write it as for a shell: \"valgrind -q ./lote-worker\""));
            return Exit::Usage;
        }
    };
    let plan = match make_plan(args, &settings) {
        Ok(plan) => plan,
        Err(error) => return refuse(&error, ui),
    };
    for problem in &plan.problems {
        ui.warn(&format!("{}: {}", problem.path.display(), problem.failure.message));
    }
    if args.dry_run {
        return show(&plan);
    }
    if let Err(exit) = probe::insist(&settings, ui) {
        return exit;
    }
    if let Err(error) = plan::prepare(&plan) {
        return refuse(&error, ui);
    }
    sweep_orphans(&plan::folders(&plan));
    perform(args, &plan, &settings, ui)
}

fn make_plan(args: &RunArgs, settings: &Settings) -> Result<Plan, PlanError> {
    let slots = match Mode::from(args.mode) {
        Mode::Processes | Mode::Threads => settings.slots as usize,
    };
    plan::plan(&Request {
        paths: args.input.paths.clone(),
        recursive: args.input.recursive,
        exclude: HashSet::new(),
        within: Vec::new(),
        output: args.output.clone(),
        variants: VariantSpec::parse_all(&args.input.filters, &catalogue::specs())?,
        pattern: plan::Pattern::default(),
        encoding: Encoding {
            format: args.format,
            quality: args.quality,
            background: args.background,
        },
        if_exists: args.if_exists.into(),
        if_collides: args.if_collides.into(),
        slots,
    })
}

/// Says why a plan cannot be made or started.
pub(super) fn refuse(error: &PlanError, ui: Ui) -> Exit {
    ui.error(&error.to_string(), Some(&error.hint()));
    Exit::from(error)
}

fn perform(args: &RunArgs, plan: &Plan, settings: &Settings, ui: Ui) -> Exit {
    let mut reporters: Vec<Box<dyn Reporter>> =
        vec![Box::new(Terminal::new(ui.lang, ui.verbosity))];
    if args.ndjson {
        reporters.push(Box::new(Ndjson::new()));
    }
    let (ended, interrupt) = match session::run(plan, settings, reporters, ui) {
        Ok(end) => end,
        Err(exit) => return exit,
    };
    if args.json {
        let summary = serde_json::to_string_pretty(&ended.summary).unwrap_or_default();
        // The reader may have left.
        let _ = writeln!(io::stdout(), "{summary}");
    }
    session::conclude(plan, &ended, interrupt, ui)
}

/// Lists what would be done.
fn show(plan: &Plan) -> Exit {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut exit = if plan.problems.is_empty() { Exit::Ok } else { Exit::SomeFailed };
    for (index, image) in plan.images.iter().enumerate() {
        for variant in 0..plan.variants.len() {
            let input = printable(&image.path.display().to_string());
            let output = printable(&plan.output(index, variant).display().to_string());
            let written = match plan.state(index, variant) {
                OutputState::Planned { .. } => writeln!(out, "{input} -> {output}"),
                OutputState::Skipped => writeln!(out, "{input} -> {output} (there already)"),
                OutputState::Failed(failure) => {
                    exit = Exit::SomeFailed;
                    writeln!(out, "{input}: {}", printable(&failure.message))
                }
            };
            if written.is_err() {
                return exit;
            }
        }
    }
    exit
}

//! `lote run -n`: what would be done, and with `--forecast` what it would take.

use std::io::{self, Write};
use std::sync::Arc;

use lote_protocol::text;
use serde::Serialize;

use super::args::ShowArgs;
use super::{probe, session};
use crate::exit::Exit;
use crate::terminal::{Terminal, Verbosity};
use crate::ui::Ui;
use lote_engine::event::{Event, OutputEnded, Place, exact};
use lote_engine::forecast::{Forecast, Sample};
use lote_engine::lang::Lang;
use lote_engine::plan::{self, OutputState, Plan};
use lote_engine::run::Settings;
use lote_engine::system::standard_output;
use lote_engine::words::{bytes, duration, printable};

/// An output that would be made, as a line of `--ndjson`.
#[derive(Serialize)]
#[serde(tag = "event", rename = "would_make")]
struct WouldMake {
    image: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_bytes: Option<String>,
    variant: Arc<str>,
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<u32>,
    /// `planned`, `skipped` where it is there already, or `failed`.
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Shows what a plan would do; with `--forecast` some of it is done, in a folder that goes again.
pub(super) fn show(plan: &Plan, settings: &Settings, args: &ShowArgs, ui: Ui) -> Exit {
    let failed = (0..plan.images.len()).any(|image| {
        let mut states = (0..plan.variants.len()).map(|variant| plan.state(image, variant));
        states.any(|state| matches!(state, OutputState::Failed(_)))
    });
    let exit = if failed || !plan.problems.is_empty() { Exit::SomeFailed } else { Exit::Ok };
    let mut out = match standard_output() {
        Ok(out) => io::BufWriter::new(out.lock()),
        Err(error) => return exit.or(ui.printed(Err(error))),
    };
    // Whoever reads may have left, and wants no more.
    let listed = match (args.ndjson, args.json) {
        (true, _) => lines(&mut out, plan, settings),
        (false, true) => Ok(()),
        (false, false) => list(&mut out, plan, ui.lang),
    };
    let listed = listed.and_then(|()| out.flush());
    if listed.is_err() || !args.forecast {
        return exit.or(ui.printed(listed));
    }
    let forecast = match forecast(plan, settings, ui) {
        Ok(forecast) => forecast,
        Err(exit) => return exit,
    };
    let told = match (args.ndjson, args.json) {
        (true, _) => line(&mut out, &forecast),
        (false, true) => serde_json::to_writer_pretty(&mut out, &forecast)
            .map_err(io::Error::from)
            .and_then(|()| writeln!(out)),
        (false, false) => tell(&mut out, &forecast, ui.lang),
    }
    .and_then(|()| out.flush());
    let exit = if forecast.failed > 0 { Exit::SomeFailed } else { exit };
    exit.or(ui.printed(told))
}

/// What a plan will take, by a sample of it. An error has been told already.
fn forecast(plan: &Plan, settings: &Settings, ui: Ui) -> Result<Forecast, Exit> {
    let sample = Sample::new(plan, settings.slots as usize).map_err(|error| {
        let what = text!("no folder for the sample: {}", plan::error::reason(&error));
        ui.error(what, text!("TMPDIR names the folder for temporary files"));
        Exit::Refused
    })?;
    probe::insist(settings, ui)?;
    plan::prepare(sample.plan()).map_err(|error| session::refuse(&error, ui))?;
    // Only what went wrong is said.
    let quiet = Box::new(Terminal::new(ui.lang, ui.verbosity.min(Verbosity::Quiet)));
    let reporters: Vec<Box<dyn lote_engine::report::Reporter>> = vec![quiet, sample.reporter()];
    let (ended, interrupt) = session::run(sample.plan(), settings, reporters, ui)?;
    if ended.cancelled || ended.no_workers.is_some() || ended.halted.is_some() {
        return Err(session::conclude(sample.plan(), &ended, interrupt, None, ui));
    }
    Ok(sample.forecast(plan, &ended.summary))
}

/// Lists what would be done.
fn list(out: &mut impl Write, plan: &Plan, lang: Lang) -> io::Result<()> {
    for (index, image) in plan.images.iter().enumerate() {
        for variant in 0..plan.variants.len() {
            let input = printable(&image.path.display().to_string());
            let output = printable(&plan.output(index, variant).display().to_string());
            match plan.state(index, variant) {
                OutputState::Planned { .. } => writeln!(out, "{input} -> {output}"),
                OutputState::Skipped | OutputState::Done(_) => {
                    writeln!(out, "{input} -> {output} ({})", lang.pick("there already", "ya está"))
                }
                OutputState::Failed(failure) => {
                    writeln!(out, "{input}: {}", printable(&failure.message.say(lang)))
                }
            }?;
        }
    }
    Ok(())
}

/// The same for programs.
fn lines(out: &mut impl Write, plan: &Plan, settings: &Settings) -> io::Result<()> {
    let counts = plan.counts();
    line(
        out,
        &Event::Planned {
            images: counts.images,
            outputs: counts.outputs,
            skipped: counts.skipped,
            mode: settings.mode,
            workers: settings.slots.min(plan.units.len() as u32),
            left_out: Box::new(plan.left_out.clone()),
        },
    )?;
    for (index, image) in plan.images.iter().enumerate() {
        for (variant, spec) in plan.variants.iter().enumerate() {
            let (status, reason) = match plan.state(index, variant) {
                OutputState::Planned { .. } => ("planned", None),
                OutputState::Skipped | OutputState::Done(_) => ("skipped", None),
                OutputState::Failed(failure) => ("failed", Some(failure.message.to_string())),
            };
            let (place, name) = (Place { image: index, variant }, spec.name.as_str());
            let (image, image_bytes) = (image.name.display().to_string(), exact(&image.name));
            let open = OutputEnded::open(place, image, name.into());
            let OutputEnded { image, variant, path, path_bytes, .. } =
                open.at(&plan.output(index, variant));
            let page = plan.page(index, place.variant);
            line(
                out,
                &WouldMake { image, image_bytes, variant, path, path_bytes, page, status, reason },
            )?;
        }
    }
    Ok(())
}

fn line(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value).map_err(io::Error::from)?;
    writeln!(out)
}

/// Says what a job will take.
fn tell(out: &mut impl Write, forecast: &Forecast, lang: Lang) -> io::Result<()> {
    let Forecast { images, sampled, outputs, failed, workers, .. } = forecast;
    for variant in forecast.variants.iter().filter(|variant| variant.outputs > 0) {
        let label = match variant.format {
            Some(format) => format!("{}@{format}", variant.variant),
            None => variant.variant.clone(),
        };
        let size = bytes(variant.bytes, lang);
        writeln!(out, "{}: {} -> {size}", printable(&label), variant.outputs)?;
    }
    let (size, time) = (bytes(forecast.bytes, lang), duration(forecast.seconds, lang));
    // Images that stand for others tell about what those will be.
    let how = match (sampled < images, lang) {
        (true, Lang::En) => "an estimate from",
        (true, Lang::Es) => "una estimación por",
        (false, Lang::En) => "from",
        (false, Lang::Es) => "por",
    };
    match lang {
        Lang::En => writeln!(
            out,
            "forecast: {outputs} outputs, {size}, {time} with {workers} at a time ({how} {sampled} of \
             {images} images made to find out)"
        ),
        Lang::Es => writeln!(
            out,
            "pronóstico: {outputs} salidas, {size}, {time} de {workers} en {workers} ({how} {sampled} \
             de {images} imágenes que se hicieron para saberlo)"
        ),
    }?;
    if *failed > 0 {
        match lang {
            Lang::En => writeln!(out, "about {failed} of the outputs will fail"),
            Lang::Es => writeln!(out, "fallarán unas {failed} de las salidas"),
        }?;
    }
    Ok(())
}

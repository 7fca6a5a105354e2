//! What a page asks for as a recipe, and the other way round.

use lote_engine::catalogue;
use lote_engine::job::{IfLarger, Options, Recipe, Variant};
use lote_protocol::filter::VariantSpec;

use super::JobError;
use super::request::{JobRequest, OutputRequest, VariantRequest, check_steps};
use crate::live::shapes::Step;

/// The quality that pages begin with.
const QUALITY: u8 = 75;

impl JobRequest {
    /// As a recipe that makes the same, once everything in it has been checked.
    pub fn to_recipe(&self) -> Result<Recipe, JobError> {
        self.check(u32::MAX)?;
        let output = &self.output;
        let variants = self.variants.iter().map(|variant| {
            Ok(Variant {
                name: Some(variant.name.clone()),
                steps: check_steps(&variant.steps)?.iter().map(ToString::to_string).collect(),
                files: variant.files.clone(),
            })
        });
        Ok(Recipe {
            job: Options {
                mode: Some(self.mode),
                jobs: Some(self.workers),
                format: output.format,
                quality: Some(output.quality),
                pattern: Some(output.pattern.clone()),
                folder: output.folder.clone(),
                if_exists: Some(output.if_exists),
                if_collides: Some(output.if_collides),
                ..Options::of_carry(&output.carry)
            },
            variants: variants.collect::<Result<_, JobError>>()?,
            exceptions: self.exceptions.clone(),
        })
    }

    /// What a page asks for by a recipe: options that pages do not have are left to the server. One
    /// that names files of the machine is refused.
    pub fn from_recipe(recipe: &Recipe, max_workers: u32) -> Result<Self, JobError> {
        let Recipe { job, exceptions, .. } = recipe;
        let variants = VariantSpec::parse_all(&recipe.filters(), &catalogue::all())?;
        let variants = variants.into_iter().map(|variant| VariantRequest {
            name: variant.name,
            steps: variant.steps.iter().map(Step::from).collect(),
            files: variant.files.iter().map(VariantSpec::file_text).collect(),
        });
        let request = Self {
            mode: job.mode.unwrap_or_default(),
            workers: job.jobs.unwrap_or(max_workers).clamp(1, max_workers),
            variants: variants.collect(),
            exceptions: exceptions.clone(),
            output: OutputRequest {
                folder: job.folder.clone(),
                format: job.format,
                quality: job.quality.unwrap_or(QUALITY),
                pattern: job
                    .pattern
                    .clone()
                    .unwrap_or_else(|| lote_engine::plan::Pattern::default().to_string()),
                if_exists: job.if_exists.unwrap_or_default(),
                if_collides: job.if_collides.unwrap_or_default(),
                carry: job.carry(),
            },
        };
        request.check(max_workers)?;
        Ok(request)
    }
}

/// The options of a recipe that pages do not have.
pub fn beyond_pages(recipe: &Recipe) -> Vec<String> {
    let Options {
        subsampling,
        progressive,
        if_larger,
        background,
        include,
        exclude,
        raw,
        recursive,
        timeout,
        max_memory,
        max_pixels,
        max_frames,
        sandbox,
        durable,
        ..
    } = &recipe.job;
    let options = [
        ("subsampling", subsampling.is_some()),
        ("progressive", progressive.is_some()),
        ("if_larger", *if_larger == Some(IfLarger::KeepOriginal)),
        ("background", background.is_some()),
        ("include", include.is_some()),
        ("exclude", exclude.is_some()),
        ("raw", raw.is_some()),
        ("recursive", recursive.is_some()),
        ("timeout", timeout.is_some()),
        ("max_memory", max_memory.is_some()),
        ("max_pixels", max_pixels.is_some()),
        ("max_frames", max_frames.is_some()),
        ("sandbox", sandbox.is_some()),
        ("durable", durable.is_some()),
    ];
    options.into_iter().filter(|(_, given)| *given).map(|(name, _)| name.to_owned()).collect()
}

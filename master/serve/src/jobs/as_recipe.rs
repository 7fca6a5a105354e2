//! What a page asks for as a recipe, and the other way round.

use lote_engine::job::{IfLarger, Options, Recipe, Variant};
use lote_engine::plan::Exception;
use lote_engine::plan::Pattern;
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
        let variants = self.variants.iter().map(|variant| {
            Ok(Variant {
                name: Some(variant.name.clone()),
                pattern: variant.pattern.clone(),
                steps: check_steps(&variant.steps)?.iter().map(ToString::to_string).collect(),
                files: variant.files.clone(),
            })
        });
        Ok(Recipe {
            job: self.options(),
            variants: variants.collect::<Result<_, JobError>>()?,
            exceptions: self.exceptions.clone(),
        })
    }

    /// What a page asks for by a recipe: options that pages do not have are left to the server. One
    /// that names files of the machine is refused.
    pub fn from_recipe(recipe: &Recipe, max_workers: u32) -> Result<Self, JobError> {
        let Recipe { job, exceptions, .. } = recipe;
        let variants = recipe.specs(&[])?;
        let request = Self::of(&variants, exceptions, job, max_workers);
        request.check(max_workers)?;
        Ok(request)
    }

    /// What a page asks for that makes these variants: options that pages do not have are left to the
    /// server.
    pub(super) fn of(
        variants: &[VariantSpec],
        exceptions: &[Exception],
        options: &Options,
        max_workers: u32,
    ) -> Self {
        let variants = variants.iter().map(|variant| VariantRequest {
            name: variant.name.clone(),
            steps: variant.steps.iter().map(Step::from).collect(),
            files: variant.files.iter().map(VariantSpec::file_text).collect(),
            pattern: variant.pattern.clone(),
        });
        let pattern = options.pattern.clone();
        Self {
            mode: options.mode.unwrap_or_default(),
            workers: options.jobs.unwrap_or(max_workers).clamp(1, max_workers),
            variants: variants.collect(),
            exceptions: exceptions.to_vec(),
            output: OutputRequest {
                folder: options.folder.clone(),
                format: options.format,
                quality: options.quality.unwrap_or(QUALITY),
                pattern: pattern.unwrap_or_else(|| Pattern::default().to_string()),
                if_exists: options.if_exists.unwrap_or_default(),
                if_collides: options.if_collides.unwrap_or_default(),
                carry: options.carry(),
            },
        }
    }

    /// The options that a page has set, which are all that it has.
    pub(super) fn options(&self) -> Options {
        let output = &self.output;
        Options {
            mode: Some(self.mode),
            jobs: Some(self.workers),
            format: output.format,
            quality: Some(output.quality),
            pattern: Some(output.pattern.clone()),
            folder: output.folder.clone(),
            if_exists: Some(output.if_exists),
            if_collides: Some(output.if_collides),
            ..Options::of_carry(&output.carry)
        }
    }
}

/// The options of a recipe that pages do not have.
pub fn beyond_pages(recipe: &Recipe) -> Vec<String> {
    // What is written in any case is no option that is missed.
    let if_larger = recipe.job.if_larger.filter(|what| *what == IfLarger::KeepOriginal);
    let options = Options { if_larger, ..recipe.job.clone() };
    let is_beyond = |name: &&&str| !OF_PAGES.contains(name);
    options.given().iter().filter(is_beyond).map(|name| (*name).to_owned()).collect()
}

/// The options that pages have.
const OF_PAGES: [&str; 12] = [
    "mode",
    "jobs",
    "format",
    "quality",
    "pattern",
    "folder",
    "if_exists",
    "if_collides",
    "metadata",
    "set",
    "profile",
    "keep_dates",
];

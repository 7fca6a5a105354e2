//! What is asked for: from arguments, recipe and `lote.toml` to a request.

use std::path::{Path, PathBuf};

use lote_imaging::formats::ALL;
use lote_protocol::encoding::Encoding;
use lote_protocol::filter::{CallError, EncodingOption, VariantSpec};
use lote_protocol::text;

use super::args::{MakeArgs, WorkArgs};
use super::session;
use crate::exit::Exit;
use crate::ui::Ui;
use lote_engine::job::{Config, Options, Recipe, RecipeError, Unusable, Variant, find};
use lote_engine::plan::{PlanError, Request};

/// What is asked for, wherever it was said.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// The options, those of `lote.toml` included.
    pub(super) options: Options,
    /// The options without those of `lote.toml`.
    own: Options,
    /// The options that were typed.
    typed: Options,
    /// What was typed after `-f`, each.
    filters: Vec<String>,
    /// The recipe; its options are among the others.
    recipe: Recipe,
    output: PathBuf,
}

impl MakeArgs {
    /// Together with the recipe that they name, and the defaults. An error has been told already.
    pub(super) fn asked(&self, config: &Config, ui: Ui) -> Result<Asked, Exit> {
        let recipe = match &self.recipe {
            Some(name) => {
                let found = find(name).and_then(|found| found.recipe());
                found.map_err(|error| refuse(&error, ui))?
            }
            None => Recipe::default(),
        };
        let (filters, output) = (self.filters.clone(), self.output.clone());
        let typed = self.options();
        let own = typed.clone().over(recipe.job.clone());
        let options = own.clone().over(config.job.clone());
        Ok(Asked { options, own, typed, filters, recipe, output })
    }

    fn options(&self) -> Options {
        let some = |list: &[String]| (!list.is_empty()).then(|| list.to_vec());
        Options {
            format: self.format,
            quality: self.encoding.quality,
            subsampling: self.encoding.subsampling,
            progressive: self.encoding.progressive,
            if_larger: self.if_larger,
            background: self.background,
            pattern: self.pattern.as_ref().map(ToString::to_string),
            folder: None,
            if_exists: self.if_exists,
            if_collides: self.if_collides,
            recursive: self.recursive,
            include: some(&self.include),
            exclude: some(&self.exclude),
            raw: self.raw,
            mode: self.mode,
            durable: self.durable,
            ..self.work.options().over(self.carry.options())
        }
    }
}

impl WorkArgs {
    /// As options of a job.
    pub(super) fn options(&self) -> Options {
        Options {
            jobs: self.jobs,
            timeout: self.timeout,
            max_memory: self.max_memory,
            max_pixels: self.max_pixels,
            max_frames: self.max_frames,
            sandbox: self.sandbox,
            ..Options::default()
        }
    }
}

impl Asked {
    /// Whether anything is to be made.
    pub(super) fn is_empty(&self) -> bool {
        self.filters.is_empty() && self.recipe.variants.is_empty()
    }

    /// The outputs of every image. What is typed comes before what the recipe says of a file or a
    /// name, and not before what is typed after `-f`.
    fn variants(&self) -> Result<Vec<VariantSpec>, CallError> {
        let mut variants = self.recipe.specs(&self.filters)?;
        let Options { format, quality, subsampling, progressive, pattern, .. } = &self.typed;
        for variant in &mut variants[..self.recipe.variants.len()] {
            if pattern.is_some() {
                variant.pattern = None;
            }
            if format.is_some() && !variant.files.is_empty() {
                variant.files = vec![Encoding { format: *format, ..Encoding::default() }];
            }
            for file in &mut variant.files {
                file.quality = quality.or(file.quality);
                file.subsampling = subsampling.or(file.subsampling);
                file.progressive = progressive.or(file.progressive);
            }
        }
        Ok(variants)
    }

    /// The folder of the outputs.
    pub(super) fn output(&self) -> PathBuf {
        self.options
            .folder
            .as_ref()
            .map_or_else(|| self.output.clone(), |one| self.output.join(one))
    }

    /// What is to be planned. An error has been told already.
    pub(super) fn request(&self, paths: Vec<PathBuf>, ui: Ui) -> Result<Request, Exit> {
        let make = || -> Result<Request, PlanError> {
            if paths.is_empty() {
                return Err(PlanError::NoPaths);
            }
            if self.is_empty() {
                return Err(PlanError::NoVariants);
            }
            let variants = self.variants()?;
            Ok(Request::new(paths, self.output(), variants))
        };
        let request = make().map_err(|error| session::refuse(&error, ui))?;
        let request = Request { exceptions: self.recipe.exceptions.clone(), ..request };
        let request = self.options.apply(request).map_err(|error| {
            let in_quotes = text!("write it as for a shell, in quotes: '*.jpg'");
            ui.error(error.text(), matches!(error, Unusable::Glob(_)).then_some(in_quotes));
            Exit::Usage
        })?;
        if let Some(option) = unknown(&request.encoding) {
            let what = text!("no format takes --{} yet", option.names()[1]);
            ui.error(what, text!("`lote formats` lists what each format takes"));
            return Err(Exit::Usage);
        }
        Ok(request)
    }

    /// The same as a recipe. An error has been told already.
    pub(super) fn recipe(&self, ui: Ui) -> Result<Recipe, Exit> {
        let variants = self.variants().map_err(|error| session::refuse(&error.into(), ui))?;
        let variant = |spec: VariantSpec| Variant {
            name: Some(spec.name),
            pattern: spec.pattern,
            steps: spec.steps.iter().map(ToString::to_string).collect(),
            files: spec.files.iter().map(VariantSpec::file_text).collect(),
        };
        let mut recipe = Recipe {
            job: self.own.clone(),
            variants: variants.into_iter().map(variant).collect(),
            exceptions: self.recipe.exceptions.clone(),
        };
        // Nobody knows which folder it will be kept in.
        recipe.place_files(&std::env::current_dir().unwrap_or_default());
        Ok(recipe)
    }
}

/// The first option of an encoding that no format honours.
pub(super) fn unknown(encoding: &Encoding) -> Option<EncodingOption> {
    let honoured = |option| ALL.iter().any(|format| format.options.contains(&option));
    EncodingOption::ALL.into_iter().find(|option| option.is_set(encoding) && !honoured(*option))
}

/// Says why a recipe or the defaults cannot be used.
pub(super) fn refuse(error: &RecipeError, ui: Ui) -> Exit {
    ui.error(error.text(), error.hint.clone());
    Exit::Usage
}

/// Whether that stands for standard input or output.
pub(super) fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

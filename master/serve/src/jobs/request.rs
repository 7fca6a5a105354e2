//! What a page asks for, checked.

use std::path::{Path, PathBuf};

use lote_imaging::formats::find;
use lote_protocol::carry::Carry;
use lote_protocol::encoding::Encoding;
use lote_protocol::filter::{FilterCall, VariantSpec, check_all, check_name};
use lote_protocol::format::FormatId;
use serde::{Deserialize, Deserializer, Serialize};

use super::JobError;
use super::asset::check_assets;
use crate::images::Selection;
use crate::live::shapes::Step;
use lote_engine::catalogue;
use lote_engine::event::Mode;
use lote_engine::job::Options;
use lote_engine::plan::{Exception, exception_value};
use lote_engine::plan::{IfCollides, IfExists, Pattern, PlanError, Request};
use lote_protocol::text;

/// Most variants of a job.
pub const MAX_VARIANTS: usize = 64;
/// Most steps of a variant.
pub const MAX_STEPS: usize = 16;
/// Most exceptions of a job.
const MAX_EXCEPTIONS: usize = 10_000;
/// Longest name of a variant, in characters.
const MAX_NAME_CHARS: usize = 64;

/// What a page asks for; without images it is also what a recipe holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobRequest {
    /// How work is spread.
    pub mode: Mode,
    /// Slots.
    pub workers: u32,
    /// What is made of every image.
    pub variants: Vec<VariantRequest>,
    /// What single images have otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<Exception>,
    /// What becomes of the results.
    pub output: OutputRequest,
}

/// What is made of every image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VariantRequest {
    /// Its name, which is also its folder's.
    pub name: String,
    /// Its filters, in turn.
    pub steps: Vec<Step>,
    /// Its files, as in `avif:calidad=55`; none is one as the output has it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// How its files are called, if not as those of the job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
}

/// What becomes of the results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutputRequest {
    /// A folder in the output folder; `None` is that folder itself.
    #[serde(default)]
    pub folder: Option<String>,
    /// The format; `None` is that of each image.
    #[serde(default)]
    pub format: Option<FormatId>,
    /// JPEG and WebP quality, 1..=100.
    #[serde(deserialize_with = "quality")]
    pub quality: u8,
    /// How files are called whose variants do not say it.
    pub pattern: String,
    /// What becomes of files that exist.
    pub if_exists: IfExists,
    /// What becomes of images whose outputs would have the same name.
    #[serde(default)]
    pub if_collides: IfCollides,
    /// What goes with the pixels.
    #[serde(default)]
    pub carry: Carry,
}

/// Reads a quality. A number that is none becomes 0, which is refused by its name.
pub fn quality<'de, D: Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
    i64::deserialize(from).map(|quality| u8::try_from(quality).unwrap_or(0))
}

/// A filter call of a page, checked against the filter's description.
fn check_step(step: &Step) -> Result<FilterCall, JobError> {
    let mut params = std::collections::BTreeMap::new();
    for (id, value) in &step.params {
        let refused = || JobError::Bad(text!("{} must be a number, a text, true or false", id));
        let value = exception_value(value).ok_or_else(refused)?;
        params.insert(id.clone(), value);
    }
    let call = FilterCall { filter: step.filter.clone(), params }.checked(&catalogue::all())?;
    check_assets(&call)?;
    Ok(call)
}

/// The steps of a variant, checked.
pub fn check_steps(steps: &[Step]) -> Result<Vec<FilterCall>, JobError> {
    if steps.len() > MAX_STEPS {
        return Err(JobError::Bad(text!("a chain has at most {} filters", MAX_STEPS)));
    }
    steps.iter().map(check_step).collect()
}

/// The files of a variant, checked.
pub fn check_files(files: &[String]) -> Result<Vec<Encoding>, JobError> {
    let files = files.iter().map(|file| VariantSpec::parse_file(file, &catalogue::all()));
    Ok(files.collect::<Result<_, _>>()?)
}

/// How an output is to be encoded, checked.
pub fn check_encoding(format: Option<FormatId>, quality: u8) -> Result<Encoding, JobError> {
    if !(1..=100).contains(&quality) {
        return Err(JobError::Bad(text!("quality is a number from 1 to 100")));
    }
    if format.is_some_and(|id| find(id).is_none_or(|format| !format.is_written())) {
        return Err(JobError::Bad(text!("format is none that is written")));
    }
    Ok(Encoding { format, quality: Some(quality), ..Encoding::default() })
}

impl JobRequest {
    /// The variants, checked.
    pub fn variants(&self) -> Result<Vec<VariantSpec>, JobError> {
        if self.variants.is_empty() {
            return Err(JobError::Bad(text!("at least one filter is needed")));
        }
        if self.variants.len() > MAX_VARIANTS {
            return Err(JobError::Bad(text!("a job has at most {} variants", MAX_VARIANTS)));
        }
        let variants = self.variants.iter().map(|variant| {
            if variant.name.chars().count() > MAX_NAME_CHARS {
                let message = text!("a name has at most {} characters", MAX_NAME_CHARS);
                return Err(JobError::Bad(message));
            }
            if let Some(pattern) = &variant.pattern {
                pattern.parse::<Pattern>()?;
            }
            Ok(VariantSpec {
                name: variant.name.clone(),
                steps: check_steps(&variant.steps)?,
                files: check_files(&variant.files)?,
                pattern: variant.pattern.clone(),
            })
        });
        let variants: Vec<_> = variants.collect::<Result<_, _>>()?;
        check_all(&variants)?;
        if self.exceptions.len() > MAX_EXCEPTIONS {
            return Err(JobError::Bad(text!("a job has at most {} exceptions", MAX_EXCEPTIONS)));
        }
        for exception in &self.exceptions {
            let mut variants = variants.clone();
            exception
                .variant(&mut variants)
                .map_err(PlanError::from)?
                .steps
                .iter()
                .try_for_each(check_assets)?;
        }
        Ok(variants)
    }

    /// Checks everything that can be checked without looking at the disk.
    pub fn check(&self, max_workers: u32) -> Result<(), JobError> {
        if !(1..=max_workers).contains(&self.workers) {
            return Err(JobError::Bad(text!("workers is a number from 1 to {}", max_workers)));
        }
        self.variants()?;
        check_encoding(self.output.format, self.output.quality)?;
        self.output.carry.set.check().map_err(JobError::Bad)?;
        self.output.pattern.parse::<Pattern>()?;
        if let Some(folder) = &self.output.folder {
            check_name(folder)?;
        }
        Ok(())
    }

    /// The folder that outputs go to.
    pub fn output_folder(&self, output: &Path) -> PathBuf {
        self.output.folder.as_ref().map_or_else(|| output.to_owned(), |folder| output.join(folder))
    }

    /// What is to be planned, with files of parameters from that folder.
    pub fn plan_request(
        &self,
        images: &Selection,
        output: &Path,
        assets: &Path,
    ) -> Result<Request, JobError> {
        check_encoding(self.output.format, self.output.quality)?;
        let request = Request {
            exclude: images.exclude.clone(),
            within: images.within.clone(),
            assets: assets.to_owned(),
            exceptions: self.exceptions.clone(),
            slots: self.workers as usize,
            ..Request::new(vec![images.root.clone()], self.output_folder(output), self.variants()?)
        };
        Ok(self.options_for(images).apply(request)?)
    }

    /// The options of a job on these images.
    pub(crate) fn options_for(&self, images: &Selection) -> Options {
        let options = self.options();
        // Who has files that exist numbered wants no other answer for those that come twice.
        let if_collides = match self.output.if_exists {
            IfExists::Rename => Some(IfCollides::Rename),
            _ => options.if_collides,
        };
        Options { recursive: Some(images.recursive), if_collides, ..options }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn request(change: impl FnOnce(&mut Value)) -> Result<(), JobError> {
        let mut value = json!({
            "mode": "processes",
            "workers": 2,
            "variants": [{"name": "grises", "steps": [{"filter": "grises", "params": {}}]}],
            "output": {
                "folder": null, "format": null, "quality": 75,
                "pattern": "{name}_{variant}", "if_exists": "overwrite",
            },
        });
        change(&mut value);
        let request: JobRequest = serde_json::from_value(value)
            .map_err(|error| JobError::Bad(error.to_string().into()))?;
        request.check(4)
    }

    #[test]
    fn what_the_page_sends_is_understood() {
        assert!(request(|_| {}).is_ok());
        let chain = json!([
            {"filter": "blur", "params": {"radio": 8}},
            {"filter": "marca_agua", "params": {"texto": "Hola", "opacidad": 0.5}},
        ]);
        assert!(request(|value| value["variants"][0]["steps"] = chain).is_ok());
        assert!(request(|value| value["output"]["folder"] = json!("Boda")).is_ok());
        assert!(request(|value| value["variants"][0]["pattern"] = json!("{n}-{name}")).is_ok());
        assert!(request(|value| value["output"]["format"] = json!("webp")).is_ok());
        let carry = json!({"metadata": "no-location", "set": {"artist": "Ana"}, "profile": "srgb"});
        assert!(request(|value| value["output"]["carry"] = carry).is_ok());
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let steps = |steps: Value| request(|value| value["variants"][0]["steps"] = steps);
        assert!(steps(json!([])).is_err());
        assert!(steps(json!([{"filter": "nothing", "params": {}}])).is_err());
        assert!(steps(json!([{"filter": "blur", "params": {"radio": -1}}])).is_err());
        assert!(steps(json!([{"filter": "blur", "params": {"radio": [1]}}])).is_err());
        assert!(steps(json!([{"filter": "blur", "params": {"size": 1}}])).is_err());
        for name in ["..", "a/b", "", "x\u{0}"] {
            assert!(request(|value| value["variants"][0]["name"] = json!(name)).is_err());
            assert!(request(|value| value["output"]["folder"] = json!(name)).is_err());
        }
        assert!(request(|value| value["workers"] = json!(0)).is_err());
        assert!(request(|value| value["workers"] = json!(5)).is_err());
        assert!(request(|value| value["mode"] = json!("magic")).is_err());
        let long = json!({"set": {"artist": "x".repeat(3000)}});
        for carry in [json!({"metadata": "some"}), json!({"profile": "cmyk"}), long] {
            assert!(request(|value| value["output"]["carry"] = carry).is_err());
        }
        for quality in [-1, 0, 101, 800] {
            let refused = request(|value| value["output"]["quality"] = json!(quality)).unwrap_err();
            assert_eq!(refused.to_string(), "quality is a number from 1 to 100", "{quality}");
        }
        assert!(request(|value| value["output"]["pattern"] = json!("../{name}")).is_err());
        assert!(request(|value| value["variants"][0]["pattern"] = json!("../{name}")).is_err());
        assert!(
            request(|value| {
                let twice = value["variants"][0].clone();
                value["variants"] = json!([twice, twice]);
            })
            .is_err()
        );
    }

    #[test]
    fn outputs_stay_in_the_output_folder() {
        let output = OutputRequest {
            folder: Some("Boda".into()),
            format: None,
            quality: 75,
            pattern: "{name}".into(),
            if_exists: IfExists::Skip,
            if_collides: IfCollides::Fail,
            carry: Carry::default(),
        };
        let request = JobRequest {
            mode: Mode::Threads,
            workers: 1,
            variants: Vec::new(),
            exceptions: Vec::new(),
            output,
        };
        assert_eq!(request.output_folder(Path::new("out")), Path::new("out/Boda"));
    }
}

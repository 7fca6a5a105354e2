//! Variants: the outputs that a job makes of every image, each in a folder of its name.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::parse::{ParsedVariant, WrittenStep, parse, parse_file, parse_step};
use super::{CallError, Catalogue, EncodingOption, FilterCall, Value, check, encoding};
use crate::encoding::Encoding;
use crate::text;

/// Longest name of a variant, in bytes: it is part of a file's name too.
pub const MAX_NAME_BYTES: usize = 100;

/// What a job makes of every image: one filter, or several in turn, written as one file or several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VariantSpec {
    /// Names the output folder and is part of every output's name; see [`check_name`].
    pub name: String,
    /// The filters, applied in turn; none only where there are files.
    pub steps: Vec<FilterCall>,
    /// What the picture is written as, each in a format of its own; none is one file as the job has
    /// it.
    #[serde(default)]
    pub files: Vec<Encoding>,
    /// What its outputs are called, if not what those of the job are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
}

impl VariantSpec {
    /// Reads one variant. Without `name=` it is named as its filters were written, without their
    /// parameters: `blur:radius=8+grayscale` is named `blur+grayscale`.
    pub fn parse(text: &str, catalogue: &Catalogue<'_>) -> Result<Self, CallError> {
        Ok(read(text, catalogue)?.1)
    }

    /// Reads one file of a variant: `avif:calidad=55`.
    pub fn parse_file(text: &str, catalogue: &Catalogue<'_>) -> Result<Encoding, CallError> {
        encoding::check(&parse_file(text, catalogue.formats)?, catalogue)
    }

    /// Takes one step apart into its filter, and names and values of parameters. Nothing of it is
    /// checked.
    pub fn parse_step(text: &str, catalogue: &Catalogue<'_>) -> Result<WrittenStep, CallError> {
        parse_step(text, catalogue.formats)
    }

    /// A file as [`VariantSpec::parse_file`] reads it.
    pub fn file_text(file: &Encoding) -> String {
        let mut text = file.format.map(|format| format.to_string()).unwrap_or_default();
        let values = EncodingOption::ALL
            .iter()
            .filter_map(|option| Some(format!("{}={}", option.names()[0], option.value(file)?)));
        for (index, value) in values.enumerate() {
            text.push(if index == 0 { ':' } else { ',' });
            text.push_str(&value);
        }
        text
    }

    /// These variants, each once for each of its files, which it has alone then.
    pub fn by_file(variants: &[Self]) -> Vec<Self> {
        let with = |variant: &Self, files| Self { files, ..variant.clone() };
        let mut all = Vec::new();
        for variant in variants {
            match &variant.files[..] {
                [] => all.push(variant.clone()),
                files => all.extend(files.iter().map(|file| with(variant, vec![file.clone()]))),
            }
        }
        all
    }

    /// How its only file is encoded, with what the job has for all.
    #[must_use]
    pub fn encoding(&self, job: &Encoding) -> Encoding {
        self.files.first().map_or_else(|| job.clone(), |file| file.with_defaults(job))
    }

    /// What tells its only file from those of other variants and formats: `web`, `web@avif`.
    pub fn label(&self) -> String {
        match self.files.first().and_then(|file| file.format) {
            Some(format) => format!("{}@{format}", self.name),
            None => self.name.clone(),
        }
    }

    /// The name that its filters, or else its formats, give it by themselves.
    pub(super) fn own_name<'a>(
        filters: impl Iterator<Item = &'a str>,
        files: &[Encoding],
    ) -> String {
        let filters: Vec<_> = filters.collect();
        if !filters.is_empty() {
            return filters.join("+");
        }
        let formats = files.iter().filter_map(|file| file.format);
        formats.map(|format| format.to_string()).collect::<Vec<_>>().join("+")
    }

    /// Reads the variants of a job; each gets a name of its own (names that differ in case only
    /// are the same, as some file systems see it). Variants that were not named by hand and have
    /// the same filters are told apart by those of their parameters that differ:
    /// `blur:radius=2` and `blur:radius=8` become `blur-2` and `blur-8`, `blur` and
    /// `blur:radius=8` become `blur` and `blur-8`.
    pub fn parse_all<S: AsRef<str>>(
        texts: &[S],
        catalogue: &Catalogue<'_>,
    ) -> Result<Vec<Self>, CallError> {
        let mut named = Vec::new();
        let mut variants = Vec::new();
        for text in texts {
            let (by_hand, variant) = read(text.as_ref(), catalogue)?;
            named.push(by_hand);
            variants.push(variant);
        }
        let mut groups: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, variant) in variants.iter().enumerate() {
            if !named[index] {
                let group = groups.entry(variant.name.to_lowercase()).or_default();
                group.push(index);
            }
        }
        for group in groups.into_values().filter(|group| group.len() > 1) {
            let suffixes = differences(&group, &variants);
            for (index, suffix) in group.into_iter().zip(suffixes) {
                variants[index].name.push_str(&suffix);
            }
        }
        check_all(&variants)?;
        Ok(variants)
    }
}

/// Checks that every name is safe and that no two variants share a folder.
pub fn check_all(variants: &[VariantSpec]) -> Result<(), CallError> {
    let mut seen = HashSet::new();
    for variant in variants {
        check_name(&variant.name)?;
        if variant.steps.is_empty() && variant.files.is_empty() {
            return Err(CallError::Empty);
        }
        let mut formats = HashSet::new();
        for format in variant.files.iter().filter_map(|file| file.format) {
            if !formats.insert(format) {
                return Err(CallError::SameFormat { format: format.to_string() });
            }
        }
        if !seen.insert(variant.name.to_lowercase()) {
            return Err(CallError::SameName { name: variant.name.clone() });
        }
    }
    Ok(())
}

/// Checks that a name can name a folder on every system: at most [`MAX_NAME_BYTES`] bytes, no
/// path separator, no control character, nothing that Windows reserves, and none of ours.
pub fn check_name(name: &str) -> Result<(), CallError> {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let why = if name.is_empty() {
        text!("it is empty")
    } else if name.len() > MAX_NAME_BYTES {
        text!("it is longer than 100 bytes")
    } else if name.contains(['/', '\\']) {
        text!("it contains a path separator")
    } else if name.chars().any(char::is_control) {
        text!("it contains a control character")
    } else if name.contains(['<', '>', ':', '"', '|', '?', '*']) {
        text!("it contains one of < > : \" | ? *")
    } else if name.chars().all(|c| c == '.') {
        text!("it is a relative path")
    } else if name.ends_with(['.', ' ']) || name.starts_with(' ') {
        text!("it starts or ends with a space, or ends with a point")
    } else if is_device(stem) {
        text!("Windows reserves it")
    } else if name.starts_with(".lote") {
        text!("names that start with .lote are for Lote's own files")
    } else {
        return Ok(());
    };
    Err(CallError::Name { name: name.into(), why })
}

/// Whether Windows takes it for a device.
fn is_device(stem: &str) -> bool {
    let upper = stem.to_ascii_uppercase();
    if ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].contains(&upper.as_str()) {
        return true;
    }
    let number = upper.strip_prefix("COM").or_else(|| upper.strip_prefix("LPT"));
    number.is_some_and(|number| {
        let mut chars = number.chars();
        matches!(chars.next(), Some('1'..='9' | '¹' | '²' | '³')) && chars.next().is_none()
    })
}

/// The variant, and whether it was named by hand.
fn read(text: &str, catalogue: &Catalogue<'_>) -> Result<(bool, VariantSpec), CallError> {
    let ParsedVariant { name, steps, files } = parse(text, catalogue.formats)?;
    let by_hand = name.is_some();
    let mut calls = Vec::new();
    for step in &steps {
        let given =
            step.params.iter().map(|(name, value)| (name.as_str(), value.clone().map(Value::Text)));
        calls.push(check::check(&step.filter, given, catalogue)?);
    }
    let files = files.iter().map(|file| encoding::check(file, catalogue));
    let files = files.collect::<Result<Vec<_>, _>>()?;
    let name = name.unwrap_or_else(|| {
        VariantSpec::own_name(steps.iter().map(|step| step.filter.as_str()), &files)
    });
    check_name(&name)?;
    let variant = VariantSpec { name, steps: calls, files, pattern: None };
    Ok((by_hand, variant))
}

/// For each variant of a group with the same filters, the values that not all of them have.
fn differences(group: &[usize], variants: &[VariantSpec]) -> Vec<String> {
    let suffix = |index: usize| {
        let mut suffix = String::new();
        for (at, step) in variants[index].steps.iter().enumerate() {
            for (id, value) in &step.params {
                let common = group.iter().all(|other| {
                    let step = variants[*other].steps.get(at);
                    step.and_then(|step| step.params.get(id)) == Some(value)
                });
                if !common {
                    suffix.push('-');
                    suffix.extend(value.to_string().chars().take(24).map(|c| {
                        let safe = c.is_alphanumeric() || ".-_".contains(c);
                        if safe { c } else { '_' }
                    }));
                }
            }
        }
        for (at, file) in variants[index].files.iter().enumerate() {
            let others = |differs: &dyn Fn(Option<&Encoding>) -> bool| {
                group.iter().any(|other| differs(variants[*other].files.get(at)))
            };
            let format = file.format.map(|format| format.to_string()).unwrap_or_default();
            if others(&|other| other.and_then(|other| other.format) != file.format)
                && !variants[index].name.split('+').any(|part| part == format)
            {
                suffix.push('-');
                suffix.push_str(&format);
            }
            for option in EncodingOption::ALL {
                let value = option.value(file);
                if let Some(value) = &value
                    && others(&|other| other.and_then(|o| option.value(o)).as_ref() != Some(value))
                {
                    suffix.push('-');
                    suffix.push_str(value);
                }
            }
        }
        suffix
    };
    group.iter().map(|index| suffix(*index)).collect()
}

//! Recipes: what is made of every image, and options, in a file of TOML.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::ops::Range;
use std::path::Path;

use lote_imaging::formats::ALL;
use lote_protocol::filter::{CallError, ParamKind, Value, VariantSpec, most_similar};
use lote_protocol::lang::Text;
use lote_protocol::lang::catalogue::spanish;
use lote_protocol::text;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::options::Options;
use crate::catalogue;
use crate::plan::{Exception, ExceptionError, Pattern};

/// Largest file that is read, bytes.
pub(super) const MAX_BYTES: u64 = 1 << 20;

/// What is made of every image, and how.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Recipe {
    /// The options.
    #[serde(skip_serializing_if = "is_default")]
    pub job: Options,
    /// The outputs of every image.
    #[serde(rename = "variant", skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<Variant>,
    /// What single images have otherwise.
    #[serde(rename = "exception", skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<Exception>,
}

fn is_default(options: &Options) -> bool {
    *options == Options::default()
}

/// One output of every image.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Variant {
    /// Its name; `None` is what its filters give by themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What its outputs are called; `None` is as the options say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// Filters in turn, as after `-f`: `redimensionar:lado_largo=1600`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<String>,
    /// Formats with their options, as after `@`: `jpeg:calidad=82`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
}

/// What is wrong with a recipe, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct RecipeError {
    /// The file, as it was named.
    pub file: String,
    /// From 1; 0 where the whole file is meant.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: Text,
    /// What to do about it.
    pub hint: Text,
}

impl RecipeError {
    /// What is wrong, and where.
    pub fn text(&self) -> Text {
        match self.line {
            0 => text!("{}: {}", &self.file, self.message.clone()),
            line => {
                let place = format!("{}:{line}:{}", self.file, self.column);
                text!("{}: {}", place, self.message.clone())
            }
        }
    }
}

impl fmt::Display for RecipeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRecipe {
    #[serde(default, alias = "trabajo")]
    job: Option<Spanned<Options>>,
    #[serde(default, rename = "variant", alias = "variante")]
    variants: Vec<Spanned<WrittenVariant>>,
    #[serde(default, rename = "exception", alias = "excepcion")]
    exceptions: Vec<Spanned<WrittenException>>,
}

/// What an exception has besides `image`, `variant` and `step` are values of the step.
type WrittenException = BTreeMap<String, Spanned<toml::Value>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenVariant {
    #[serde(default, alias = "nombre")]
    name: Option<Spanned<String>>,
    #[serde(default, alias = "patron")]
    pattern: Option<Spanned<String>>,
    #[serde(default, alias = "pasos")]
    steps: Vec<Spanned<String>>,
    #[serde(default, alias = "archivos")]
    files: Vec<Spanned<String>>,
}

/// The words that a recipe may have besides the names of options.
const WORDS: &[&str] = &[
    "job",
    "trabajo",
    "variant",
    "variante",
    "exception",
    "excepcion",
    "name",
    "nombre",
    "steps",
    "pasos",
    "files",
    "archivos",
];

impl Variant {
    /// As it would be typed after `-f`.
    pub fn text(&self) -> String {
        let mut text = String::new();
        if let Some(name) = &self.name {
            // Writing to a string cannot fail.
            let _ = write!(text, "\"{}\"=", name.replace('\\', "\\\\").replace('"', "\\\""));
        }
        text.push_str(&self.steps.join("+"));
        for file in &self.files {
            text.push('@');
            text.push_str(file);
        }
        text
    }
}

impl Recipe {
    /// Reads a recipe; `file` is what errors call it. Everything in it is checked.
    pub fn parse(text: &str, file: &str) -> Result<Self, RecipeError> {
        Self::parse_in(text, file, None)
    }

    /// The same; files that filters need have to be there, from that folder on.
    fn parse_in(text: &str, file: &str, folder: Option<&Path>) -> Result<Self, RecipeError> {
        let at = |range: Option<Range<usize>>, message: Text, hint: Text| {
            let (line, column) = place(text, range.map_or(0, |range| range.start));
            RecipeError { file: file.to_owned(), line, column, message, hint }
        };
        let written: WrittenRecipe = toml::from_str(text).map_err(|error| {
            let message = error.message().lines().next().unwrap_or_default();
            let (message, hint) = unknown(message, WORDS);
            at(error.span(), message, hint)
        })?;
        let mut recipe = Self::default();
        if let Some(job) = written.job {
            let span = job.span();
            recipe.job = job.into_inner();
            if let Some((names, fault)) = recipe.job.fault() {
                let place = place_in_job(text, &names).unwrap_or(span);
                return Err(at(Some(place), fault, Text::default()));
            }
        }
        let specs = catalogue::all();
        for variant in written.variants {
            let span = variant.span();
            let refused = |error: &CallError, span| at(Some(span), error.text(), error.hint());
            let WrittenVariant { name, pattern, steps, files } = variant.into_inner();
            let name_span = name.as_ref().map(Spanned::span);
            for step in &steps {
                let text = step.get_ref();
                let parsed = VariantSpec::parse(&format!("x={text}"), &specs);
                let parsed = parsed.map_err(|error| refused(&error, step.span()))?;
                if let Some(lost) = folder.and_then(|folder| lost_file(&parsed, folder)) {
                    let what = text!("cannot use {}: {}", lost, text!("no such file or folder"));
                    return Err(at(Some(step.span()), what, Text::default()));
                }
            }
            if let Some(pattern) = &pattern
                && let Err(error) = pattern.get_ref().parse::<Pattern>()
            {
                return Err(at(Some(pattern.span()), error.text(), Text::default()));
            }
            let inner = |texts: Vec<Spanned<String>>| -> Vec<String> {
                texts.into_iter().map(Spanned::into_inner).collect()
            };
            let files_span = files.first().map(Spanned::span);
            let variant = Variant {
                name: name.map(Spanned::into_inner),
                pattern: pattern.map(Spanned::into_inner),
                steps: inner(steps),
                files: inner(files),
            };
            VariantSpec::parse(&variant.text(), &specs).map_err(|error| {
                let named = matches!(error, CallError::Name { .. });
                let span_of = if named { name_span.clone() } else { files_span };
                refused(&error, span_of.unwrap_or(span.clone()))
            })?;
            recipe.variants.push(variant);
            recipe.specs(&[]).map_err(|error| refused(&error, name_span.unwrap_or(span)))?;
        }
        let mut specs_of = Vec::new();
        if !written.exceptions.is_empty() {
            specs_of = recipe.specs(&[]).map_err(|error| at(None, error.text(), error.hint()))?;
        }
        for exception in written.exceptions {
            let (span, fields) = (exception.span(), exception.into_inner());
            let spans: BTreeMap<String, Range<usize>> =
                fields.iter().map(|(name, value)| (name.clone(), value.span())).collect();
            let table: toml::Table =
                fields.into_iter().map(|(name, value)| (name, value.into_inner())).collect();
            let exception: Exception = table.try_into().map_err(|error: toml::de::Error| {
                let hint = text!("an exception has image, variant, step and values of the step");
                at(Some(span.clone()), unknown(error.message(), WORDS).0, hint)
            })?;
            exception.variant(&mut specs_of.clone()).map_err(|error| {
                let named = match &error {
                    ExceptionError::NoVariant { .. } => ["variant", "variante"],
                    ExceptionError::Call(
                        CallError::UnknownParam { param, .. } | CallError::Value { param, .. },
                    )
                    | ExceptionError::Kind { name: param } => [param.as_str(); 2],
                    _ => ["step", "paso"],
                };
                let place = named.iter().find_map(|name| spans.get(*name));
                at(Some(place.unwrap_or(&span).clone()), error.text(), error.hint())
            })?;
            recipe.exceptions.push(exception.by_values(&specs));
        }
        Ok(recipe)
    }

    /// Reads a recipe from a file.
    pub fn read(path: &Path) -> Result<Self, RecipeError> {
        let file = path.display().to_string();
        let whole = |message: Text| RecipeError {
            file: file.clone(),
            line: 0,
            column: 0,
            message,
            hint: text!("`lote recipes` lists the recipes that there are"),
        };
        let text = crate::system::files::read_text(path, MAX_BYTES)
            .map_err(|error| whole(crate::plan::error::reason(&error)))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut recipe = Self::parse_in(&text, &file, Some(folder))?;
        recipe.place_files(folder);
        Ok(recipe)
    }

    /// Has the paths of files that filters need begin in that folder, unless they are absolute.
    pub fn place_files(&mut self, folder: &Path) {
        if folder.as_os_str().is_empty() {
            return;
        }
        let specs = catalogue::all();
        for text in self.variants.iter_mut().flat_map(|variant| &mut variant.steps) {
            let Ok(parsed) = VariantSpec::parse(&format!("x={text}"), &specs) else { continue };
            let mut changed = false;
            let steps = parsed.steps.into_iter().map(|mut step| {
                for (name, value) in &mut step.params {
                    let Value::Text(path) = value else { continue };
                    if let Some(placed) = placed(name, path, folder) {
                        (*value, changed) = (Value::Text(placed), true);
                    }
                }
                step.to_string()
            });
            let steps = steps.collect::<Vec<_>>().join("+");
            if changed {
                *text = steps;
            }
        }
        for (name, value) in self.exceptions.iter_mut().flat_map(|one| &mut one.values) {
            if let Some(placed) = value.as_str().and_then(|path| placed(name, path, folder)) {
                *value = placed.into();
            }
        }
    }

    /// The recipe as a file.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).unwrap_or_default()
    }

    /// Its variants, and those that would be typed so after `-f`.
    pub fn specs(&self, more: &[String]) -> Result<Vec<VariantSpec>, CallError> {
        let texts = self.variants.iter().map(Variant::text).chain(more.iter().cloned());
        let mut specs = VariantSpec::parse_all(&texts.collect::<Vec<_>>(), &catalogue::all())?;
        for (spec, variant) in specs.iter_mut().zip(&self.variants) {
            spec.pattern.clone_from(&variant.pattern);
        }
        Ok(specs)
    }
}

/// The path of a file below that folder, if that is what a parameter of that name says.
fn placed(name: &str, path: &str, folder: &Path) -> Option<String> {
    let is_of = |kind: fn(&ParamKind) -> bool| {
        let params = catalogue::specs().iter().flat_map(|spec| spec.params);
        let mut named = params.filter(|param| param.id == name || param.id_en == name);
        named.any(|param| kind(&param.kind))
    };
    let below = folder.join(path);
    // What is no file is the family of a font.
    let is_path = is_of(|kind| matches!(kind, ParamKind::File { .. }))
        || is_of(|kind| matches!(kind, ParamKind::Font)) && below.is_file();
    let is_relative = !path.is_empty() && Path::new(path).is_relative();
    (is_path && is_relative).then(|| below.to_str().map(str::to_owned))?
}

/// The first of the files that filters need that is not there.
fn lost_file(variant: &VariantSpec, folder: &Path) -> Option<String> {
    let named = variant.steps.iter().flat_map(catalogue::files);
    let files = named.filter(|(param, _)| matches!(param.kind, ParamKind::File { .. }));
    let mut files = files.map(|(_, name)| folder.join(name));
    files.find(|path| !path.exists()).map(|path| path.display().to_string())
}

/// A table's values, and where they stand.
type Places = BTreeMap<String, Spanned<toml::Value>>;

/// Where the value of an option in `[job]` stands, by any of its names.
pub(super) fn place_in_job(text: &str, names: &[&str]) -> Option<Range<usize>> {
    #[derive(Deserialize)]
    struct Job {
        #[serde(alias = "trabajo")]
        job: Places,
    }
    place_of(&toml::from_str::<Job>(text).ok()?.job, names)
}

/// Where the value of a key outside of any table stands, by any of its names.
pub(super) fn place_of_key(text: &str, names: &[&str]) -> Option<Range<usize>> {
    place_of(&toml::from_str(text).ok()?, names)
}

fn place_of(table: &Places, names: &[&str]) -> Option<Range<usize>> {
    names.iter().find_map(|name| table.get(*name)).map(Spanned::span)
}

/// Line and column of a byte.
pub(super) fn place(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

/// An error of the parser, and what may have been meant where a word or value is unknown.
pub(super) fn unknown(message: &str, words: &[&'static str]) -> (Text, Text) {
    misread(message, words)
        .unwrap_or_else(|| (text!("this is not TOML: {}", said(message)), Text::default()))
}

/// What a reader of TOML or JSON misses in it or does not expect there, and what may have been meant;
/// `None` where what it says is of another kind. `words` are those that there are besides the names of
/// options.
pub fn misread(message: &str, words: &[&'static str]) -> Option<(Text, Text)> {
    let quoted: Vec<_> = message.split('`').skip(1).step_by(2).collect();
    let is_field = message.starts_with("unknown field");
    if let Some(word) = message.strip_prefix("there is no format ") {
        let written = ALL.iter().filter(|format| format.is_written());
        let names = written.flat_map(|format| [&[format.id.name()], format.endings].concat());
        let near = most_similar(word, names);
        let hint = near.map(|near| text!("did you mean {}?", near));
        let hint = hint.unwrap_or_else(|| text!("`lote formats` lists the formats"));
        return Some((text!("there is no format {}", word), hint));
    }
    Some(match quoted.split_first() {
        Some((word, known)) if is_field || message.starts_with("unknown variant") => {
            let others = if is_field { &[words, Options::NAMES][..] } else { &[] };
            let all = known.iter().chain(others.iter().copied().flatten());
            let hint = most_similar(word, all.copied()).map(|near| text!("did you mean {}?", near));
            let hint = hint.unwrap_or_else(|| text!("there are {}", known.join(", ")));
            let what = if is_field {
                text!("there is no option {}", *word)
            } else {
                text!("there is no value {}", *word)
            };
            (what, hint)
        }
        Some((word, _)) if message.starts_with("duplicate field") => {
            let what = text!("{} is there by its English and by its Spanish name", *word);
            (what, text!("write it by one of them"))
        }
        Some((word, _)) if message.starts_with("missing field") => {
            (text!("{} is missing", *word), Text::default())
        }
        _ if spanish(message).is_some() => (Text::known(message), Text::default()),
        _ => (misfit(message)?, Text::default()),
    })
}

/// What the reader of TOML says of a value that is of another kind than it has to be.
fn misfit(message: &str) -> Option<Text> {
    let rest = message.strip_prefix("invalid type: ").or(message.strip_prefix("invalid value: "))?;
    let (found, wanted) = rest.split_once(", expected ")?;
    let found: Text = match found.split_once(['`', '"']) {
        Some((_, value)) => value.trim_end_matches(['`', '"']).into(),
        None if found == "sequence" => text!("a list"),
        None => text!("a table"),
    };
    let wanted = match wanted {
        "a boolean" => text!("true or false"),
        "a string" | "string or map" => text!("a text in quotes"),
        "a sequence" => text!("a list"),
        "f32" | "f64" => text!("a number"),
        whole if whole.starts_with(['u', 'i']) => text!("a whole number"),
        _ => text!("a table"),
    };
    Some(text!("{} does not fit here; it takes {}", found, wanted))
}

/// What the reader of TOML says else; of what it expects, the characters.
fn said(message: &str) -> Text {
    let (what, wanted) = message.split_once(", expected ").unwrap_or((message, ""));
    let what = if spanish(what).is_some() {
        Text::known(what)
    } else {
        text!("what stands here cannot be understood")
    };
    let wanted: Vec<_> = wanted.split(", ").filter(|one| one.starts_with('`')).collect();
    if wanted.is_empty() { what } else { text!("{}, expected {}", what, wanted.join(" ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipe_survives_being_written_and_read() {
        let text = r#"
            [job]
            quality = 82
            [[variant]]
            name = "web"
            steps = ["redimensionar:lado_largo=1600", "marca_agua:texto=\"a, b\""]
            [[variant]]
            pasos = ["grises"]
            patron = "{dir}/{name}-gris"
        "#;
        let recipe = Recipe::parse(text, "x.toml").unwrap();
        assert_eq!(recipe.variants[1].text(), "grises");
        assert_eq!(Recipe::parse(&recipe.to_toml(), "y").unwrap(), recipe);
        let variants = recipe.specs(&["sepia".into()]).unwrap();
        let patterns: Vec<_> = variants.iter().map(|v| v.pattern.as_deref()).collect();
        assert_eq!(patterns, [None, Some("{dir}/{name}-gris"), None]);
        assert_eq!(
            variants[..2].iter().map(|v| v.name.as_str()).collect::<Vec<_>>(),
            ["web", "grises"]
        );
    }

    #[test]
    fn errors_say_where_and_what_may_have_been_meant() {
        let error = |text: &str| {
            let error = Recipe::parse(text, "x.toml").unwrap_err();
            format!("{error}\n{}", error.hint)
        };
        let said = [
            "[job]\nqualiti = 3",
            "[job]\nquality = 101",
            "[job]\nif_exists = \"skipp\"",
            "[[variant]]\nname = \"web\"\nsteps = [\n  \"grises\",\n  \"grisess\"]",
            "[[variant]]\nsteps = [\"blur:radios=2\"]",
            "[[variant]]\nname = \"a/b\"\nsteps = [\"blur\"]",
            "[[variants]]\nsteps = [\"blur\"]",
            "[job",
            "[[exception]]\nimage = \"a.jpg\"\n[[excepcion]]\nimage = \"b.jpg\"",
            "[job]\nquality = \"much\"",
            "[job]\nmax_memory = \"much\"",
            "[job]\nformat = \"webp\"\npattern = \"{nme}\"",
            "[job]\nquality = 800",
            "[[variant]]\nsteps = [\"blur\"]\npattern = \"../{name}\"",
            "[job]\nrecursive = 3",
            "[[variant]]\nsteps = [\"voltear:direccion=horizontl\"]",
            "[[variant]]\nname = \"a\"\nsteps = [\"blur\"]\n[[variant]]\nname = \"a\"\nsteps = [\"sepia\"]",
        ]
        .map(error)
        .join("\n\n");
        insta::assert_snapshot!(said);
    }
}

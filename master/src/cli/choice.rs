//! Settings that are chosen by name: their words on the command line, in both languages.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use lote_engine::lang::Text;
use lote_imaging::formats::{ALL, by_name};
use lote_protocol::carry::{Keep, Profile};
use lote_protocol::encoding::Subsampling;
use lote_protocol::filter::{self, EncodingOption};
use lote_protocol::format::FormatId;
use lote_protocol::sandbox::Policy;
use lote_protocol::text;
use serde::de::value::Error;
use serde::de::{DeserializeOwned, IntoDeserializer};

use lote_engine::event::Mode;
use lote_engine::job::IfLarger;
use lote_engine::plan::{IfCollides, IfExists};

/// What recipes write as one of these words, each in English and, if it has another, in Spanish.
fn one_of<T: DeserializeOwned + Clone + Send + Sync + 'static>(
    words: &'static [[&'static str; 2]],
) -> impl TypedValueParser<Value = T> {
    let value = |[en, es]: &[&'static str; 2]| {
        let alias = (es != en).then_some(*es);
        PossibleValue::new(*en).aliases(alias)
    };
    PossibleValuesParser::new(words.iter().map(value)).try_map(|typed| {
        let known = words.iter().find(|names| names.contains(&typed.as_str()));
        let word: &str = known.map_or(&typed, |[en, _]| en);
        let deserializer: serde::de::value::StrDeserializer<'_, Error> = word.into_deserializer();
        T::deserialize(deserializer)
    })
}

/// See [`Mode`].
pub(super) fn mode() -> impl TypedValueParser<Value = Mode> {
    one_of(&[["processes", "procesos"], ["threads", "hilos"]])
}

/// See [`Policy`].
pub(super) fn sandbox() -> impl TypedValueParser<Value = Policy> {
    one_of(&[["auto", "auto"], ["require", "exigir"], ["off", "no"]])
}

/// See [`Keep`].
pub(super) fn metadata() -> impl TypedValueParser<Value = Keep> {
    one_of(&[
        ["keep", "todo"],
        ["no-location", "sin-lugar"],
        ["copyright", "derechos"],
        ["none", "nada"],
    ])
}

/// See [`Profile`].
pub(super) fn profile() -> impl TypedValueParser<Value = Profile> {
    one_of(&[["keep", "mantener"], ["srgb", "srgb"]])
}

/// See [`IfExists`].
pub(super) fn if_exists() -> impl TypedValueParser<Value = IfExists> {
    one_of(&[
        ["overwrite", "sobrescribir"],
        ["skip", "saltar"],
        ["rename", "renombrar"],
        ["fail", "fallar"],
    ])
}

/// See [`IfCollides`].
pub(super) fn if_collides() -> impl TypedValueParser<Value = IfCollides> {
    one_of(&[["fail", "fallar"], ["rename", "renombrar"]])
}

/// See [`IfLarger`].
pub(super) fn if_larger() -> impl TypedValueParser<Value = IfLarger> {
    one_of(&[["write", "escribir"], ["keep-original", "conservar-original"]])
}

/// How coarse colour is.
pub(super) fn subsampling(text: &str) -> Result<Subsampling, Text> {
    let expected = || text!("it must be {}", EncodingOption::Subsampling.expected());
    filter::subsampling(text).ok_or_else(expected)
}

/// Yes or no, in either language.
pub(super) fn yes_or_no(text: &str) -> Result<bool, Text> {
    match text.to_lowercase().as_str() {
        "si" | "sí" | "yes" | "true" => Ok(true),
        "no" | "false" => Ok(false),
        _ => Err(text!("it must be {}", text!("yes or no"))),
    }
}

/// A format that is written, by its name or one of its file name endings.
pub(super) fn format(text: &str) -> Result<FormatId, Text> {
    let format = by_name(text.trim_start_matches('.')).filter(|format| format.is_written());
    format.map(|format| format.id).ok_or_else(|| {
        let written = ALL.iter().filter(|format| format.is_written());
        let names: Vec<_> = written.map(|format| format.endings[0]).collect();
        text!("the formats are {}", names.join(", "))
    })
}

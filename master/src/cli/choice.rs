//! Settings that are chosen by name: their words on the command line, in both languages.

use clap::ValueEnum;
use lote_engine::lang::Text;
use lote_imaging::formats::{ALL, by_name};
use lote_protocol::carry::{Keep, Profile};
use lote_protocol::filter::{self, EncodingOption};
use lote_protocol::format::FormatId;
use lote_protocol::sandbox::Policy;
use lote_protocol::task::Subsampling;
use lote_protocol::text;

use lote_engine::event::Mode;
use lote_engine::job::IfLarger;
use lote_engine::plan::{IfCollides, IfExists};
use lote_engine::roots::{Root, RootError};

/// See [`Mode`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ModeArg {
    #[value(alias = "procesos")]
    Processes,
    #[value(alias = "hilos")]
    Threads,
}

impl From<ModeArg> for Mode {
    fn from(mode: ModeArg) -> Self {
        match mode {
            ModeArg::Processes => Self::Processes,
            ModeArg::Threads => Self::Threads,
        }
    }
}

/// See [`Policy`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SandboxArg {
    Auto,
    #[value(alias = "exigir")]
    Require,
    #[value(alias = "no")]
    Off,
}

impl From<Policy> for SandboxArg {
    fn from(policy: Policy) -> Self {
        match policy {
            Policy::Auto => Self::Auto,
            Policy::Require => Self::Require,
            Policy::Off => Self::Off,
        }
    }
}

impl From<SandboxArg> for Policy {
    fn from(sandbox: SandboxArg) -> Self {
        match sandbox {
            SandboxArg::Auto => Self::Auto,
            SandboxArg::Require => Self::Require,
            SandboxArg::Off => Self::Off,
        }
    }
}

/// See [`Keep`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum KeepArg {
    #[value(alias = "todo")]
    Keep,
    #[value(alias = "sin-lugar")]
    NoLocation,
    #[value(alias = "derechos")]
    Copyright,
    #[value(alias = "nada")]
    None,
}

impl From<KeepArg> for Keep {
    fn from(keep: KeepArg) -> Self {
        match keep {
            KeepArg::Keep => Self::All,
            KeepArg::NoLocation => Self::NoLocation,
            KeepArg::Copyright => Self::Copyright,
            KeepArg::None => Self::None,
        }
    }
}

/// See [`Profile`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ProfileArg {
    #[value(alias = "mantener")]
    Keep,
    Srgb,
}

impl From<ProfileArg> for Profile {
    fn from(profile: ProfileArg) -> Self {
        match profile {
            ProfileArg::Keep => Self::Keep,
            ProfileArg::Srgb => Self::Srgb,
        }
    }
}

/// See [`IfExists`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum IfExistsArg {
    #[value(alias = "sobrescribir")]
    Overwrite,
    #[value(alias = "saltar")]
    Skip,
    #[value(alias = "renombrar")]
    Rename,
    #[value(alias = "fallar")]
    Fail,
}

impl From<IfExistsArg> for IfExists {
    fn from(policy: IfExistsArg) -> Self {
        match policy {
            IfExistsArg::Overwrite => Self::Overwrite,
            IfExistsArg::Skip => Self::Skip,
            IfExistsArg::Rename => Self::Rename,
            IfExistsArg::Fail => Self::Fail,
        }
    }
}

/// See [`IfCollides`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum IfCollidesArg {
    #[value(alias = "fallar")]
    Fail,
    #[value(alias = "renombrar")]
    Rename,
}

impl From<IfCollidesArg> for IfCollides {
    fn from(policy: IfCollidesArg) -> Self {
        match policy {
            IfCollidesArg::Fail => Self::Fail,
            IfCollidesArg::Rename => Self::Rename,
        }
    }
}

/// What to write where nothing is changed and the result is larger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum IfLargerArg {
    #[value(alias = "escribir")]
    Write,
    #[value(alias = "conservar-original")]
    KeepOriginal,
}

impl From<IfLargerArg> for IfLarger {
    fn from(what: IfLargerArg) -> Self {
        match what {
            IfLargerArg::Write => Self::Write,
            IfLargerArg::KeepOriginal => Self::KeepOriginal,
        }
    }
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
/// A folder with the name that it goes by.
pub(super) fn root(text: &str) -> Result<Root, RootError> {
    Root::parse(text)
}

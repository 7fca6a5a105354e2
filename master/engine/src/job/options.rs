//! The options of a job: the same names on the command line, in recipes and in `lote.toml`.

use std::time::Duration;

use lote_imaging::formats::by_name;
use lote_protocol::carry::{Carry, Keep, Profile, Statements};
use lote_protocol::format::FormatId;
use lote_protocol::lang::Text;
use lote_protocol::sandbox::Policy;
use lote_protocol::task::{Encoding, Subsampling};
use lote_protocol::text;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::event::Mode;
use crate::plan::{IfCollides, IfExists};
use crate::quantity;

/// What may be chosen for a job. What is `None` is as the next one below says: the command line
/// comes first, then the recipe, then `lote.toml`, then the program itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// Format of the outputs.
    #[serde(alias = "formato", skip_serializing_if = "Option::is_none", with = "format")]
    pub format: Option<FormatId>,
    /// JPEG and WebP quality, 1..=100.
    #[serde(
        alias = "calidad",
        skip_serializing_if = "Option::is_none",
        deserialize_with = "up_to_255"
    )]
    pub quality: Option<u8>,
    /// How coarse colour is in JPEG.
    #[serde(alias = "submuestreo", skip_serializing_if = "Option::is_none")]
    pub subsampling: Option<Subsampling>,
    /// Whether JPEGs are progressive.
    #[serde(alias = "progresivo", skip_serializing_if = "Option::is_none")]
    pub progressive: Option<bool>,
    /// What to write where nothing has changed and the result is larger.
    #[serde(alias = "si_mayor", skip_serializing_if = "Option::is_none")]
    pub if_larger: Option<IfLarger>,
    /// What shows through where there is no alpha, sRGB: `#rrggbb`.
    #[serde(alias = "fondo", skip_serializing_if = "Option::is_none", with = "color")]
    pub background: Option<[u8; 3]>,
    /// Which metadata are kept.
    #[serde(alias = "metadatos", skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Keep>,
    /// What is stated in metadata: artist, copyright, description, keywords.
    #[serde(alias = "poner", skip_serializing_if = "Option::is_none")]
    pub set: Option<Statements>,
    /// Which colours outputs are in.
    #[serde(alias = "perfil", skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// Whether outputs get the times of their images.
    #[serde(alias = "conservar_fechas", skip_serializing_if = "Option::is_none")]
    pub keep_dates: Option<bool>,
    /// What outputs are called.
    #[serde(alias = "patron", skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// A folder below the output folder.
    #[serde(alias = "carpeta", skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// What to do about outputs that exist.
    #[serde(alias = "si_existe", skip_serializing_if = "Option::is_none")]
    pub if_exists: Option<IfExists>,
    /// What to do about outputs of the same name.
    #[serde(alias = "si_coincide", skip_serializing_if = "Option::is_none")]
    pub if_collides: Option<IfCollides>,
    /// Whether folders are searched with everything below them.
    #[serde(alias = "recursivo", skip_serializing_if = "Option::is_none")]
    pub recursive: Option<bool>,
    /// Patterns of files that are taken.
    #[serde(alias = "incluir", skip_serializing_if = "Option::is_none")]
    pub include: Option<Vec<String>>,
    /// Patterns of files and folders that are left out.
    #[serde(alias = "excluir", skip_serializing_if = "Option::is_none")]
    pub exclude: Option<Vec<String>>,
    /// Whether raw files are taken that are beside another image of their stem.
    #[serde(alias = "crudos", skip_serializing_if = "Option::is_none")]
    pub raw: Option<bool>,
    /// How work is spread.
    #[serde(alias = "modo", skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// How many images at a time.
    #[serde(alias = "trabajos", skip_serializing_if = "Option::is_none")]
    pub jobs: Option<u32>,
    /// How long an image may take: seconds.
    #[serde(alias = "limite_tiempo", skip_serializing_if = "Option::is_none", with = "seconds")]
    pub timeout: Option<Duration>,
    /// Memory of a worker, bytes: a number, or a text such as `800M`.
    #[serde(alias = "memoria_max", skip_serializing_if = "Option::is_none", with = "bytes")]
    pub max_memory: Option<u64>,
    /// Largest image, pixels: a number, or a text such as `250M`.
    #[serde(alias = "pixeles_max", skip_serializing_if = "Option::is_none", with = "count")]
    pub max_pixels: Option<u64>,
    /// Most frames or pages of an image: a number, or a text such as `5k`.
    #[serde(alias = "fotogramas_max", skip_serializing_if = "Option::is_none", with = "count")]
    pub max_frames: Option<u64>,
    /// How much workers insist on their sandbox.
    #[serde(alias = "aislamiento", skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<Policy>,
    /// Whether outputs are forced to the disk.
    #[serde(alias = "duradero", skip_serializing_if = "Option::is_none")]
    pub durable: Option<bool>,
}

/// What to write where nothing has changed a picture and the result is larger than its input.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IfLarger {
    /// The result.
    #[default]
    Write,
    /// The input as it is.
    KeepOriginal,
}

impl Options {
    /// Its fields' names, in both languages.
    pub(super) const NAMES: [&str; 52] = [
        "subsampling",
        "submuestreo",
        "progressive",
        "progresivo",
        "if_larger",
        "si_mayor",
        "format",
        "formato",
        "quality",
        "calidad",
        "background",
        "fondo",
        "pattern",
        "patron",
        "folder",
        "carpeta",
        "if_exists",
        "si_existe",
        "if_collides",
        "si_coincide",
        "recursive",
        "recursivo",
        "include",
        "incluir",
        "exclude",
        "excluir",
        "raw",
        "crudos",
        "mode",
        "modo",
        "jobs",
        "trabajos",
        "timeout",
        "limite_tiempo",
        "max_memory",
        "memoria_max",
        "max_pixels",
        "pixeles_max",
        "max_frames",
        "fotogramas_max",
        "sandbox",
        "aislamiento",
        "durable",
        "duradero",
        "metadata",
        "metadatos",
        "set",
        "poner",
        "profile",
        "perfil",
        "keep_dates",
        "conservar_fechas",
    ];

    /// These, and what they leave open as `below` says.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        Self {
            format: self.format.or(below.format),
            quality: self.quality.or(below.quality),
            subsampling: self.subsampling.or(below.subsampling),
            progressive: self.progressive.or(below.progressive),
            if_larger: self.if_larger.or(below.if_larger),
            background: self.background.or(below.background),
            metadata: self.metadata.or(below.metadata),
            set: self.set.or(below.set),
            profile: self.profile.or(below.profile),
            keep_dates: self.keep_dates.or(below.keep_dates),
            pattern: self.pattern.or(below.pattern),
            folder: self.folder.or(below.folder),
            if_exists: self.if_exists.or(below.if_exists),
            if_collides: self.if_collides.or(below.if_collides),
            recursive: self.recursive.or(below.recursive),
            include: self.include.or(below.include),
            exclude: self.exclude.or(below.exclude),
            raw: self.raw.or(below.raw),
            mode: self.mode.or(below.mode),
            jobs: self.jobs.or(below.jobs),
            timeout: self.timeout.or(below.timeout),
            max_memory: self.max_memory.or(below.max_memory),
            max_pixels: self.max_pixels.or(below.max_pixels),
            max_frames: self.max_frames.or(below.max_frames),
            sandbox: self.sandbox.or(below.sandbox),
            durable: self.durable.or(below.durable),
        }
    }

    /// How files are encoded that do not say it themselves.
    pub fn encoding(&self) -> Encoding {
        let usual = Encoding::default();
        Encoding {
            format: self.format,
            quality: self.quality,
            subsampling: self.subsampling,
            progressive: self.progressive,
            background: self.background.unwrap_or(usual.background),
            keep_original: self.if_larger == Some(IfLarger::KeepOriginal),
            carry: self.carry(),
            ..usual
        }
    }

    /// What goes with the pixels, and nothing else.
    pub fn of_carry(carry: &Carry) -> Self {
        Self {
            metadata: Some(carry.metadata),
            set: (carry.set != Statements::default()).then(|| carry.set.clone()),
            profile: Some(carry.profile),
            keep_dates: Some(carry.keep_dates),
            ..Self::default()
        }
    }

    /// What goes with the pixels.
    pub fn carry(&self) -> Carry {
        Carry {
            metadata: self.metadata.unwrap_or_default(),
            set: self.set.clone().unwrap_or_default(),
            profile: self.profile.unwrap_or_default(),
            keep_dates: self.keep_dates.unwrap_or_default(),
        }
    }

    /// The option that is out of range, by its names, and what is wrong with it.
    pub(super) fn fault(&self) -> Option<([&'static str; 2], Text)> {
        let out = |names: [&'static str; 2], value: u64, most: u64| {
            let text = || (names, text!("{} is a number from {} to {}", names[0], 1, most));
            (!(1..=most).contains(&value)).then(text)
        };
        let quality = || out(["quality", "calidad"], self.quality?.into(), 100);
        let jobs = || out(["jobs", "trabajos"], self.jobs?.into(), 1024);
        let pattern = || {
            let pattern = self.pattern.as_ref()?.parse::<crate::plan::Pattern>();
            Some((["pattern", "patron"], pattern.err()?.text()))
        };
        let folder = || {
            let name = lote_protocol::filter::check_name(self.folder.as_ref()?);
            Some((["folder", "carpeta"], name.err()?.text()))
        };
        quality().or_else(jobs).or_else(pattern).or_else(folder)
    }
}

/// A whole number; what is too large for a byte is out of any range that it may have.
fn up_to_255<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u8>, D::Error> {
    let number = Option::<u64>::deserialize(deserializer)?;
    Ok(number.map(|number| u8::try_from(number).unwrap_or(u8::MAX)))
}

/// A number, or a text that people type for one.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Typed {
    Whole(u64),
    Number(f64),
    Text(String),
}

impl Typed {
    fn read<T>(self, text: impl Fn(&str) -> Result<T, Text>) -> Result<T, Text> {
        match self {
            Self::Whole(number) => text(&number.to_string()),
            Self::Number(number) => text(&number.to_string()),
            Self::Text(typed) => text(&typed),
        }
    }
}

fn known_format(text: &str) -> Result<FormatId, Text> {
    let known = by_name(text.trim_start_matches('.')).filter(|format| format.is_written());
    known.map(|format| format.id).ok_or_else(|| text!("there is no format {}", text))
}

/// Reads and writes an optional value as it is typed.
macro_rules! typed {
    ($name:ident, $type:ty, $read:expr, $write:expr) => {
        #[allow(clippy::ref_option, reason = "serde calls it so")]
        mod $name {
            use super::*;

            pub(super) fn serialize<S: Serializer>(
                value: &Option<$type>,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                let write: fn(&$type) -> Typed = $write;
                value.as_ref().map(write).serialize(serializer)
            }

            pub(super) fn deserialize<'de, D: Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Option<$type>, D::Error> {
                let typed = Option::<Typed>::deserialize(deserializer)?;
                let value = typed.map(|typed| typed.read($read)).transpose();
                value.map_err(serde::de::Error::custom)
            }
        }
    };
}

typed!(bytes, u64, quantity::bytes, |bytes| Typed::Whole(*bytes));
typed!(count, u64, quantity::count, |count| Typed::Whole(*count));
typed!(seconds, Duration, quantity::seconds, |time| Typed::Number(time.as_secs_f64()));
typed!(color, [u8; 3], quantity::color, |[r, g, b]| Typed::Text(format!("#{r:02x}{g:02x}{b:02x}")));
typed!(format, FormatId, known_format, |format| Typed::Text(format.name().to_owned()));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_in_both_languages_and_as_people_type_them() {
        let english = r##"
            format = "webp"
            quality = 82
            background = "#102030"
            max_memory = "2G"
            max_pixels = 250
            max_frames = 9
            timeout = 0.5
            if_exists = "skip"
            recursive = true
        "##;
        let spanish = r#"
            formato = ".WEBP"
            calidad = 82
            fondo = "102030"
            memoria_max = 2147483648
            pixeles_max = "250"
            fotogramas_max = "9"
            limite_tiempo = "0.5s"
            si_existe = "saltar"
            recursivo = true
        "#;
        let read = |text: &str| toml::from_str::<Options>(text).unwrap();
        assert_eq!(read(english), read(spanish));
        assert_eq!(read(english).timeout, Some(Duration::from_millis(500)));
        let written = toml::to_string(&read(english)).unwrap();
        assert_eq!(read(&written), read(english));
        assert!(toml::from_str::<Options>("max_memory = \"much\"").is_err());
    }

    #[test]
    fn every_field_has_its_names() {
        let text = toml::from_str::<Options>("nonsense = 1").unwrap_err().to_string();
        let named = text.matches('`').count() / 2 - 1;
        assert!(named > 0, "{text}");
        for name in Options::NAMES {
            let error = toml::from_str::<Options>(&format!("{name} = []"));
            let unknown = error.is_err_and(|error| error.to_string().contains("unknown field"));
            assert!(!unknown, "{name}");
        }
    }

    #[test]
    fn what_is_typed_comes_before_what_is_kept() {
        let typed = Options { quality: Some(90), ..Options::default() };
        let kept = Options { quality: Some(50), jobs: Some(3), ..Options::default() };
        let both = typed.over(kept);
        assert_eq!((both.quality, both.jobs, both.format), (Some(90), Some(3), None));
    }
}

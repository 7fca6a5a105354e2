//! The options of a job: the same names on the command line, in recipes and in `lote.toml`.

use std::fmt;
use std::time::Duration;

use lote_imaging::formats::by_name;
use lote_protocol::carry::{Carry, Keep, Profile, Statements};
use lote_protocol::encoding::{Encoding, Subsampling};
use lote_protocol::filter::CallError;
use lote_protocol::format::FormatId;
use lote_protocol::lang::Text;
use lote_protocol::sandbox::Policy;
use lote_protocol::task::Limits;
use lote_protocol::text;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::event::Mode;
use crate::plan::{Access, GlobError, Globs, IfCollides, IfExists, Pattern, PatternError, Request};
use crate::quantity;
use crate::run::{Settings, Timeout};
use crate::supervisor::{Program, WorkerConfig};
use crate::system;

/// Makes a struct of options of which each has a name in English and one in Spanish.
macro_rules! options {
    (
        $(#[$about:meta])*
        $struct:ident { $($(#[$meta:meta])* $name:ident / $spanish:literal: $type:ty,)* }
    ) => {
        $(#[$about])*
        pub struct $struct {
            $(
                $(#[$meta])*
                #[serde(alias = $spanish, skip_serializing_if = "Option::is_none")]
                pub $name: Option<$type>,
            )*
        }

        impl $struct {
            /// Its fields' names, in both languages.
            pub(super) const NAMES: &[&str] = &[$(stringify!($name), $spanish),*];

            /// These, and what they leave open as `below` says.
            #[must_use]
            pub fn over(self, below: Self) -> Self {
                Self { $($name: self.$name.or(below.$name)),* }
            }

            /// The English names of those that say something.
            pub fn given(&self) -> Vec<&'static str> {
                let all = [$((stringify!($name), self.$name.is_some())),*];
                all.into_iter().filter(|(_, given)| *given).map(|(name, _)| name).collect()
            }
        }
    };
}

options! {
    /// What may be chosen for a job. What is `None` is as the next one below says: the command line
    /// comes first, then the recipe, then `lote.toml`, then the program itself.
    #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    Options {
        /// Format of the outputs.
        #[serde(with = "format")]
        format / "formato": FormatId,
        /// JPEG and WebP quality, 1..=100.
        #[serde(deserialize_with = "up_to_255")]
        quality / "calidad": u8,
        /// How coarse colour is in JPEG.
        subsampling / "submuestreo": Subsampling,
        /// Whether JPEGs are progressive.
        progressive / "progresivo": bool,
        /// What to write where nothing has changed and the result is larger.
        if_larger / "si_mayor": IfLarger,
        /// What shows through where there is no alpha, sRGB: `#rrggbb`.
        #[serde(with = "color")]
        background / "fondo": [u8; 3],
        /// Which metadata are kept.
        metadata / "metadatos": Keep,
        /// What is stated in metadata: artist, copyright, description, keywords.
        set / "poner": Statements,
        /// Which colours outputs are in.
        profile / "perfil": Profile,
        /// Whether outputs get the times of their images.
        keep_dates / "conservar_fechas": bool,
        /// What outputs are called.
        pattern / "patron": String,
        /// A folder below the output folder.
        folder / "carpeta": String,
        /// What to do about outputs that exist.
        if_exists / "si_existe": IfExists,
        /// What to do about outputs of the same name.
        if_collides / "si_coincide": IfCollides,
        /// Whether folders are searched with everything below them.
        recursive / "recursivo": bool,
        /// Patterns of files that are taken.
        include / "incluir": Vec<String>,
        /// Patterns of files and folders that are left out.
        exclude / "excluir": Vec<String>,
        /// Whether raw files are taken that are beside another image of their stem.
        raw / "crudos": bool,
        /// How work is spread.
        mode / "modo": Mode,
        /// How many images at a time.
        jobs / "trabajos": u32,
        /// How long an image may take: seconds.
        #[serde(with = "seconds")]
        timeout / "limite_tiempo": Duration,
        /// Memory of a worker, bytes: a number, or a text such as `800M`.
        #[serde(with = "bytes")]
        max_memory / "memoria_max": u64,
        /// Largest image, pixels: a number, or a text such as `250M`.
        #[serde(with = "count")]
        max_pixels / "pixeles_max": u64,
        /// Most frames or pages of an image: a number, or a text such as `5k`.
        #[serde(with = "count")]
        max_frames / "fotogramas_max": u64,
        /// How much workers insist on their sandbox.
        sandbox / "aislamiento": Policy,
        /// Whether outputs are forced to the disk.
        durable / "duradero": bool,
    }
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

    /// The request with what these say of it.
    ///
    /// # Errors
    /// A pattern cannot be used.
    pub fn apply(&self, request: Request) -> Result<Request, Unusable> {
        let list = |patterns: &Option<Vec<String>>| patterns.clone().unwrap_or_default();
        Ok(Request {
            recursive: self.recursive.unwrap_or_default(),
            globs: Globs::new(list(&self.include), list(&self.exclude))?,
            raw: self.raw.unwrap_or_default(),
            pattern: self.pattern.as_deref().map(str::parse).transpose()?.unwrap_or_default(),
            encoding: self.encoding(),
            if_exists: self.if_exists.unwrap_or_default(),
            if_collides: self.if_collides.unwrap_or_default(),
            max_frames: self.limits().max_frames,
            ..request
        })
    }

    /// What workers refuse to load.
    pub fn limits(&self) -> Limits {
        let mut limits = Limits::default();
        limits.max_frames = self.max_frames.unwrap_or(limits.max_frames);
        if let Some(pixels) = self.max_pixels {
            limits.max_pixels = pixels;
            // The widest pixel has four samples of 16 bits.
            limits.max_alloc_bytes = limits.max_alloc_bytes.max(pixels.saturating_mul(8));
        }
        if let Some(memory) = self.max_memory {
            limits.max_alloc_bytes = limits.max_alloc_bytes.min(memory / 2);
        }
        limits
    }

    /// How a job runs in workers that are started so.
    pub fn settings(&self, program: Program, external: bool) -> Settings {
        Settings {
            mode: self.mode.unwrap_or_default(),
            slots: self.jobs.unwrap_or_else(system::cores),
            timeout: self.timeout.map_or(Timeout::Generous, Timeout::Exactly),
            durable: self.durable.unwrap_or_default(),
            sha256: false,
            reserve: None,
            workers: WorkerConfig {
                workers: 0,
                slots: 0,
                limits: self.limits(),
                max_memory_bytes: self.max_memory,
                access: Access::default(),
                sandbox: self.sandbox.unwrap_or_default(),
                program,
                external,
            },
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
            let pattern = self.pattern.as_ref()?.parse::<Pattern>();
            Some((["pattern", "patron"], pattern.err()?.text()))
        };
        let folder = || {
            let name = lote_protocol::filter::check_name(self.folder.as_ref()?);
            Some((["folder", "carpeta"], name.err()?.text()))
        };
        quality().or_else(jobs).or_else(pattern).or_else(folder)
    }
}

/// Why what a job is asked for cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// A filter that there is not, or not so.
    Filter(#[from] CallError),
    /// A name pattern that cannot be used.
    Pattern(#[from] PatternError),
    /// A pattern of files that cannot be used.
    Glob(#[from] GlobError),
}

impl Unusable {
    /// What is wrong, one line.
    pub fn text(&self) -> Text {
        match self {
            Self::Filter(error) => error.text(),
            Self::Pattern(error) => error.text(),
            Self::Glob(error) => error.text(),
        }
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
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

//! The options of a file, as they are written after `@FORMAT:`.

use super::names::{both, list, most_similar, same_name};
use super::{CallError, Catalogue};
use crate::encoding::{Colours, Encoding, Subsampling};
use crate::format::FormatId;
use crate::lang::Text;
use crate::text;

/// A format, as far as it is named on the command line.
#[derive(Debug, Clone, Copy)]
pub struct FormatSpec {
    /// Its id.
    pub id: FormatId,
    /// What else it is called.
    pub endings: &'static [&'static str],
    /// Whether it is written.
    pub is_written: bool,
    /// The options that it knows.
    pub options: &'static [EncodingOption],
}

/// A file as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WrittenFile {
    /// Name of the format.
    pub(super) format: String,
    /// Names and values of options.
    pub(super) options: Vec<(String, Option<String>)>,
}

/// An option of a file: a field of [`Encoding`], by its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncodingOption {
    /// `calidad`.
    Quality,
    /// `sin_perdida`.
    Lossless,
    /// `casi_sin_perdida`.
    NearLossless,
    /// `submuestreo`.
    Subsampling,
    /// `progresivo`.
    Progressive,
    /// `esfuerzo`.
    Effort,
    /// `colores`.
    Colours,
    /// `tamano_max`.
    MaxSize,
    /// `puntuacion_min`.
    MinScore,
}

use EncodingOption as O;

/// Words for yes and no.
const YES: [&str; 4] = ["si", "sí", "yes", "true"];
const NO: [&str; 2] = ["no", "false"];

impl EncodingOption {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Quality,
        Self::Lossless,
        Self::NearLossless,
        Self::Subsampling,
        Self::Progressive,
        Self::Effort,
        Self::Colours,
        Self::MaxSize,
        Self::MinScore,
    ];

    /// Its names, in Spanish and in English.
    pub const fn names(self) -> [&'static str; 2] {
        match self {
            Self::Quality => ["calidad", "quality"],
            Self::Lossless => ["sin_perdida", "lossless"],
            Self::NearLossless => ["casi_sin_perdida", "near_lossless"],
            Self::Subsampling => ["submuestreo", "subsampling"],
            Self::Progressive => ["progresivo", "progressive"],
            Self::Effort => ["esfuerzo", "effort"],
            Self::Colours => ["colores", "colours"],
            Self::MaxSize => ["tamano_max", "max_size"],
            Self::MinScore => ["puntuacion_min", "min_score"],
        }
    }

    /// What a value must be, as it is written after "must be".
    pub fn expected(self) -> Text {
        match self {
            Self::Quality => text!("a whole number from {} to {}", 1, 100),
            Self::Lossless | Self::Progressive => text!("si/yes or no"),
            Self::Subsampling => text!("one of {}", "auto, entrada/input, 420, 422, 444"),
            Self::Effort => text!("a whole number from {} to {}", 0, 10),
            Self::NearLossless => text!("a whole number from {} to {}", 0, 100),
            Self::Colours => text!("auto or a whole number from 2 to 256"),
            Self::MaxSize => text!("a size, as in 200kB or 1.5MB"),
            Self::MinScore => text!("a number from {} to {}", 1, 100),
        }
    }

    /// Whether an encoding says something about it.
    pub const fn is_set(self, encoding: &Encoding) -> bool {
        match self {
            Self::Quality => encoding.quality.is_some(),
            Self::Lossless => encoding.lossless.is_some(),
            Self::NearLossless => encoding.near_lossless.is_some(),
            Self::Subsampling => encoding.subsampling.is_some(),
            Self::Progressive => encoding.progressive.is_some(),
            Self::Effort => encoding.effort.is_some(),
            Self::Colours => encoding.colours.is_some(),
            Self::MaxSize => encoding.max_size_bytes.is_some(),
            Self::MinScore => encoding.min_score.is_some(),
        }
    }

    /// Its value as it is written; `None` if nothing is said about it.
    pub fn value(self, encoding: &Encoding) -> Option<String> {
        let yes_no = |yes: bool| if yes { "si" } else { "no" }.to_owned();
        match self {
            Self::Quality => encoding.quality.map(|quality| quality.to_string()),
            Self::Lossless => encoding.lossless.map(yes_no),
            Self::NearLossless => encoding.near_lossless.map(|near| near.to_string()),
            Self::Subsampling => encoding.subsampling.map(|how| {
                let word = match how {
                    Subsampling::Auto => "auto",
                    Subsampling::Input => "entrada",
                    Subsampling::S420 => "420",
                    Subsampling::S422 => "422",
                    Subsampling::S444 => "444",
                };
                word.to_owned()
            }),
            Self::Progressive => encoding.progressive.map(yes_no),
            Self::Effort => encoding.effort.map(|effort| effort.to_string()),
            Self::Colours => encoding.colours.map(|colours| match colours {
                Colours::Auto => "auto".to_owned(),
                Colours::AtMost(count) => count.to_string(),
            }),
            Self::MaxSize => encoding.max_size_bytes.map(|bytes| bytes.to_string()),
            Self::MinScore => encoding.min_score.map(|score| score.to_string()),
        }
    }

    /// Puts a value where it belongs; `None` if it is none.
    fn set(self, encoding: &mut Encoding, text: &str) -> Option<()> {
        let among = |words: &[&str]| words.iter().any(|word| same_name(text, word));
        let yes_no = || match (among(&YES), among(&NO)) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        };
        let whole = |range: std::ops::RangeInclusive<u16>| {
            text.parse().ok().filter(|number| range.contains(number))
        };
        match self {
            Self::Quality => encoding.quality = Some(whole(1..=100)? as u8),
            Self::Lossless => encoding.lossless = Some(yes_no()?),
            Self::NearLossless => encoding.near_lossless = Some(whole(0..=100)? as u8),
            Self::Subsampling => encoding.subsampling = Some(subsampling(text)?),
            Self::Progressive => encoding.progressive = Some(yes_no()?),
            Self::Effort => encoding.effort = Some(whole(0..=10)? as u8),
            Self::Colours => {
                let auto = same_name(text, "auto").then_some(Colours::Auto);
                encoding.colours = Some(auto.or_else(|| whole(2..=256).map(Colours::AtMost))?);
            }
            Self::MaxSize => encoding.max_size_bytes = Some(size(text)?),
            Self::MinScore => {
                let score = text.parse::<f64>().ok();
                encoding.min_score = Some(score.filter(|score| (1.0..=100.0).contains(score))?);
            }
        }
        Some(())
    }
}

/// The subsampling that a word stands for.
pub fn subsampling(text: &str) -> Option<Subsampling> {
    let all = [
        ("auto", Subsampling::Auto),
        ("entrada", Subsampling::Input),
        ("input", Subsampling::Input),
        ("420", Subsampling::S420),
        ("422", Subsampling::S422),
        ("444", Subsampling::S444),
    ];
    let plain = text.replace(':', "");
    all.into_iter().find(|(word, _)| same_name(&plain, word)).map(|(_, how)| how)
}

/// A size in bytes: a number, and perhaps `B`, `kB`, `MB` (thousands) or `KiB`, `MiB`.
fn size(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic()).trim_end();
    let unit = text[digits.len()..].trim().to_ascii_lowercase();
    let factor = match unit.as_str() {
        "" | "b" => 1.0,
        "k" | "kb" => 1e3,
        "m" | "mb" => 1e6,
        "kib" => 1024.0,
        "mib" => 1024.0 * 1024.0,
        _ => return None,
    };
    let bytes = digits.parse::<f64>().ok()? * factor;
    (1.0..=1e15).contains(&bytes).then_some(bytes as u64)
}

/// The format that is called so.
pub(super) fn find_format<'a>(written: &str, formats: &'a [FormatSpec]) -> Option<&'a FormatSpec> {
    let called = |spec: &&FormatSpec| {
        same_name(written, spec.id.name()) || spec.endings.iter().any(|e| same_name(written, e))
    };
    formats.iter().find(called)
}

/// That there is no format called so.
pub(super) fn unknown_format(written: &str, formats: &[FormatSpec]) -> CallError {
    let names = formats.iter().flat_map(|spec| spec.endings.iter().copied());
    let ids = formats.iter().map(|spec| spec.id.name());
    CallError::UnknownFormat {
        name: written.into(),
        similar: most_similar(written, ids.chain(names)),
        known: written_formats(formats),
    }
}

fn written_formats(formats: &[FormatSpec]) -> String {
    list(formats.iter().filter(|spec| spec.is_written).map(|spec| spec.id.name().to_owned()))
}

/// Makes an encoding of what was written.
pub(super) fn check(file: &WrittenFile, catalogue: &Catalogue<'_>) -> Result<Encoding, CallError> {
    let formats = catalogue.formats;
    let format = &file.format;
    let spec = find_format(format, formats).ok_or_else(|| unknown_format(format, formats))?;
    if !spec.is_written {
        let known = written_formats(formats);
        return Err(CallError::OnlyRead { format: spec.id.name().into(), known });
    }
    let mut encoding = Encoding { format: Some(spec.id), ..Encoding::default() };
    for (name, value) in &file.options {
        let all = EncodingOption::ALL.into_iter();
        let named = all.clone().find(|o| o.names().iter().any(|n| same_name(name, n)));
        let Some(option) = named.filter(|option| spec.options.contains(option)) else {
            let own = spec.options.iter().map(|o| both(o.names()[0], o.names()[1]));
            return Err(CallError::UnknownOption {
                format: spec.id.name().into(),
                option: name.clone(),
                // The name of an option that other formats have is no mistake in writing.
                similar: named
                    .is_none()
                    .then(|| most_similar(name, all.flat_map(O::names)))
                    .flatten(),
                known: list(own),
            });
        };
        if option.is_set(&encoding) {
            return Err(CallError::Twice { filter: format.clone(), param: name.clone() });
        }
        let value = value.as_deref();
        let flag = matches!(option, O::Lossless | O::Progressive).then_some("si");
        let Some(value) = value.or(flag) else {
            return Err(CallError::NoValue { filter: format.clone(), param: name.clone() });
        };
        option.set(&mut encoding, value).ok_or_else(|| CallError::Value {
            filter: format.clone(),
            param: name.clone(),
            value: value.to_owned(),
            expected: option.expected(),
            example: Some(text!("`lote formats` shows every option with its range")),
        })?;
    }
    Ok(encoding)
}

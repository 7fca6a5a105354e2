//! The description of a filter and of its parameters.

use serde::Serialize;

/// A text in both of the product's languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Bilingual {
    /// Spanish.
    pub es: &'static str,
    /// English.
    pub en: &'static str,
}

/// A filter: its names, what it does, what it can be told.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FilterSpec {
    /// The name in Spanish, which is also the stable id (`grises`).
    pub id: &'static str,
    /// The name in English (`grayscale`).
    pub id_en: &'static str,
    /// What a form shows as its title.
    pub label: Bilingual,
    /// One sentence on what it does.
    pub help: Bilingual,
    /// Its parameters, in the order in which forms show them.
    pub params: &'static [ParamSpec],
    /// Ids of parameters that contradict one another: of each set not all may be given.
    pub conflicts: &'static [&'static [&'static str]],
}

/// One parameter of a filter.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ParamSpec {
    /// The name in Spanish, which is also the stable id (`radio`).
    pub id: &'static str,
    /// The name in English (`radius`).
    pub id_en: &'static str,
    /// What a form shows beside the field.
    pub label: Bilingual,
    /// One sentence on what it changes.
    pub help: Bilingual,
    /// The unit of its number.
    pub unit: Unit,
    /// Its type, range and default.
    #[serde(flatten)]
    pub kind: ParamKind,
}

/// The unit of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// None: a factor, a count, a text.
    None,
    /// Pixels.
    Px,
    /// Per cent.
    Percent,
    /// Bits.
    Bits,
    /// Degrees of an angle.
    Degrees,
    /// Kelvin, of a light's colour temperature.
    Kelvin,
    /// Millions of pixels.
    Megapixels,
}

impl Unit {
    /// How it is written after a number, with the space before it.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Px => " px",
            Self::Percent => " %",
            Self::Bits => " bits",
            Self::Degrees => "°",
            Self::Kelvin => " K",
            Self::Megapixels => " MP",
        }
    }
}

/// Type, range (both ends included) and default of a parameter. A default of `None` means that
/// the parameter has no effect unless it is given.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum ParamKind {
    /// A number with decimals.
    Float {
        /// Smallest value.
        min: f64,
        /// Largest value.
        max: f64,
        /// Where a slider ends: what is beyond is for those who type it.
        slider_max: f64,
        /// Step of a slider.
        step: f64,
        /// Value when not given.
        default: Option<f64>,
    },
    /// A whole number.
    Integer {
        /// Smallest value.
        min: i64,
        /// Largest value.
        max: i64,
        /// Value when not given.
        default: Option<i64>,
    },
    /// A text of 1 to `max_chars` characters.
    Text {
        /// Longest text, in characters.
        max_chars: usize,
        /// Value when not given.
        default: &'static str,
    },
    /// An sRGB colour, `#rrggbb`.
    Color {
        /// Value when not given; empty for none.
        default: &'static str,
        /// Whether it may be `transparente`, that is, none at all.
        transparent: bool,
    },
    /// A length in whole px, or in per cent of a length of the picture.
    Length {
        /// Shortest, px.
        min: i64,
        /// Longest, px.
        max: i64,
        /// Longest, per cent.
        max_percent: f64,
        /// Value when not given, as it is written; empty for none.
        default: &'static str,
    },
    /// Proportions, width to height, as `4:5`.
    Ratio {
        /// Value when not given; empty for none.
        default: &'static str,
    },
    /// A whole number, or one of a few words.
    Level {
        /// Smallest number.
        min: i64,
        /// Largest number.
        max: i64,
        /// The words.
        options: &'static [Choice],
        /// Value when not given, as it is written.
        default: &'static str,
    },
    /// A file, by its path. It is needed: there is no default.
    File {
        /// Endings of its name, lower case, without the point.
        endings: &'static [&'static str],
    },
    /// A font: a file, or a family that the system has.
    Font,
    /// One of a few words.
    Choice {
        /// The words.
        options: &'static [Choice],
        /// Id of the one taken when not given.
        default: &'static str,
    },
    /// Yes or no.
    Bool {
        /// Value when not given.
        default: bool,
    },
}

impl ParamKind {
    /// A number with decimals, whose slider has all of its range.
    pub const fn float(min: f64, max: f64, step: f64, default: f64) -> Self {
        Self::Float { min, max, slider_max: max, step, default: Some(default) }
    }
}

/// The value of a colour that is none.
pub const TRANSPARENT: &str = "transparente";

/// One word of a [`ParamKind::Choice`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// The name in Spanish, which is also the stable id.
    pub id: &'static str,
    /// The name in English.
    pub id_en: &'static str,
    /// What a form shows.
    pub label: Bilingual,
}

impl FilterSpec {
    /// The parameter of that name, in either language.
    pub fn param(&self, name: &str) -> Option<&'static ParamSpec> {
        self.params.iter().find(|p| p.id == name || p.id_en == name)
    }
}

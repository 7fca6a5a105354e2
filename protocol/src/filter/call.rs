//! A filter with the values of its parameters, as it travels to a worker.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{FilterSpec, ParamKind};

/// The value of a parameter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// A number with decimals.
    Float(f64),
    /// A whole number.
    Integer(i64),
    /// A text, a colour (`#rrggbb`) or the id of a choice.
    Text(String),
    /// Yes or no.
    Bool(bool),
}

/// A length on a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Length {
    /// In px.
    Px(i64),
    /// In per cent of a length of the picture.
    Percent(f64),
}

impl Length {
    /// Reads `120`, `120px` or `12.5%`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(percent) = text.strip_suffix('%') {
            return percent.trim_end().parse().ok().map(Self::Percent);
        }
        text.strip_suffix("px").unwrap_or(text).trim_end().parse().ok().map(Self::Px)
    }

    /// In px, on something that is `whole` px long.
    pub fn px(self, whole: f64) -> f64 {
        match self {
            Self::Px(px) => px as f64,
            Self::Percent(percent) => whole * percent / 100.0,
        }
    }

    /// In whole px, rounded.
    pub fn whole_px(self, whole: u32) -> u32 {
        self.px(f64::from(whole)).round() as u32
    }
}

/// A filter to apply: its id and the parameters that were given, by id. It is made by
/// checking what a user wrote against the filter's [`FilterSpec`], so that every value in it has
/// the type that the spec asks for and lies in its range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FilterCall {
    /// Id of the filter ([`FilterSpec::id`]).
    pub filter: String,
    /// Values by parameter id; what is missing has its default.
    pub params: BTreeMap<String, Value>,
}

/// The parameters of a call, read by id with the spec's defaults filled in.
#[derive(Debug, Clone, Copy)]
pub struct Params<'a> {
    spec: &'a FilterSpec,
    given: &'a BTreeMap<String, Value>,
}

impl<'a> Params<'a> {
    /// Reads the parameters `given` for the filter that `spec` describes.
    pub const fn new(spec: &'a FilterSpec, given: &'a BTreeMap<String, Value>) -> Self {
        Self { spec, given }
    }

    fn kind(&self, id: &str) -> Option<ParamKind> {
        self.spec.params.iter().find(|p| p.id == id).map(|p| p.kind)
    }

    /// The number of that parameter; `None` if it was not given and has no default.
    pub fn float(&self, id: &str) -> Option<f64> {
        match (self.given.get(id), self.kind(id)?) {
            (Some(Value::Float(value)), _) => Some(*value),
            (Some(Value::Integer(value)), _) => Some(*value as f64),
            (_, ParamKind::Float { default, .. }) => default,
            (_, ParamKind::Integer { default, .. }) => default.map(|value| value as f64),
            _ => None,
        }
    }

    /// The whole number of that parameter; `None` if it was not given and has no default.
    pub fn integer(&self, id: &str) -> Option<i64> {
        match (self.given.get(id), self.kind(id)?) {
            (Some(Value::Integer(value)), _) => Some(*value),
            (_, ParamKind::Integer { default, .. }) => default,
            _ => None,
        }
    }

    /// The text, colour or choice of that parameter; empty if it has none.
    pub fn text(&self, id: &str) -> &'a str {
        match (self.given.get(id), self.kind(id)) {
            (Some(Value::Text(value)), _) => value,
            (
                _,
                Some(
                    ParamKind::Text { default, .. }
                    | ParamKind::Color { default, .. }
                    | ParamKind::Choice { default, .. }
                    | ParamKind::Length { default, .. }
                    | ParamKind::Level { default, .. }
                    | ParamKind::Ratio { default },
                ),
            ) => default,
            _ => "",
        }
    }

    /// Whether that parameter was given.
    pub fn is_given(&self, id: &str) -> bool {
        self.given.contains_key(id)
    }

    /// The length of that parameter; `None` if it was not given and has no default.
    pub fn length(&self, id: &str) -> Option<Length> {
        match self.given.get(id) {
            Some(Value::Integer(px)) => Some(Length::Px(*px)),
            _ => Length::parse(self.text(id)),
        }
    }

    /// Width divided by height, of that parameter; `None` if it was not given and has no default.
    pub fn ratio(&self, id: &str) -> Option<f64> {
        let (width, height) = self.text(id).split_once(':')?;
        Some(width.parse::<f64>().ok()? / height.parse::<f64>().ok()?)
    }

    /// The number of a parameter that may also be a word; `None` for a word.
    pub fn level(&self, id: &str) -> Option<i64> {
        match self.given.get(id) {
            Some(Value::Integer(level)) => Some(*level),
            _ => self.text(id).parse().ok(),
        }
    }

    /// Red, green and blue of that parameter; `None` if it is no colour: empty or `transparente`.
    pub fn color(&self, id: &str) -> Option<[u8; 3]> {
        let digits = self.text(id).strip_prefix('#')?;
        if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let [_, color @ ..] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
        Some(color)
    }

    /// The yes or no of that parameter.
    pub fn flag(&self, id: &str) -> bool {
        match (self.given.get(id), self.kind(id)) {
            (Some(Value::Bool(value)), _) => *value,
            (_, Some(ParamKind::Bool { default })) => default,
            _ => false,
        }
    }
}

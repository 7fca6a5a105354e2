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
                    | ParamKind::Color { default }
                    | ParamKind::Choice { default, .. },
                ),
            ) => default,
            _ => "",
        }
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

//! Exceptions: what one image has otherwise in a variant, as a crop or a logo that was placed by
//! hand.

use std::collections::BTreeMap;
use std::fmt;

use lote_protocol::filter::{
    CallError, Catalogue, FilterCall, Value, VariantSpec, WrittenStep, most_similar,
};
use lote_protocol::lang::Text;
use lote_protocol::text;
use serde::{Deserialize, Serialize};

use crate::catalogue;

/// What one image has otherwise in a variant. The same in recipes, in journals and in what pages
/// ask for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exception {
    /// The image, as reports call it: its path below the folder that was named, with `/`.
    #[serde(alias = "imagen")]
    pub image: String,
    /// The name of the variant.
    #[serde(alias = "variante")]
    pub variant: String,
    /// Which of the variant's steps.
    #[serde(alias = "paso")]
    pub step: Which,
    /// The values that take the place of the step's; those that contradict them are dropped.
    #[serde(flatten)]
    pub values: BTreeMap<String, serde_json::Value>,
}

/// A step of a variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Which {
    /// By its place, from 1.
    Place(usize),
    /// By its filter, which may be called as a step is (`recortar:x=10`). A variant that does not
    /// have the filter gets it as its first step.
    Filter(String),
}

/// Why an exception cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExceptionError {
    /// There is no variant of that name.
    NoVariant {
        /// The name.
        name: String,
        /// What may have been meant, or what there is.
        hint: Text,
    },
    /// The variant has fewer steps.
    NoStep {
        /// The variant.
        variant: String,
        /// From 1.
        place: usize,
    },
    /// The variant has the filter several times.
    Several {
        /// The variant.
        variant: String,
        /// The filter.
        filter: String,
    },
    /// A value that is neither a number nor a text nor a yes or no.
    Kind {
        /// The parameter.
        name: String,
    },
    /// A filter, a parameter or a value that there is not.
    Call(#[from] CallError),
}

impl ExceptionError {
    /// What is wrong, one line.
    pub fn text(&self) -> Text {
        match self {
            Self::NoVariant { name, .. } => text!("there is no variant {}", name),
            Self::NoStep { variant, place } => text!("{} has no step {}", variant, *place),
            Self::Several { variant, filter } => {
                text!("{} has {} more than once", variant, filter)
            }
            Self::Kind { name } => text!("{} must be a number, a text, true or false", name),
            Self::Call(error) => error.text(),
        }
    }

    /// What to do about it, one line.
    pub fn hint(&self) -> Text {
        match self {
            Self::NoVariant { hint, .. } => hint.clone(),
            Self::NoStep { .. } => text!("steps are counted from 1"),
            Self::Several { .. } => text!("give the step by its place: step = 2"),
            Self::Kind { .. } => Text::default(),
            Self::Call(error) => error.hint(),
        }
    }
}

impl fmt::Display for ExceptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}

impl Exception {
    /// The variant with this exception made; `variants` are those of the job.
    pub fn variant<'a>(
        &self,
        variants: &'a mut [VariantSpec],
    ) -> Result<&'a mut VariantSpec, ExceptionError> {
        let Some(place) = variants.iter().position(|one| one.name == self.variant) else {
            let names: Vec<_> = variants.iter().map(|one| one.name.as_str()).collect();
            let similar = most_similar(&self.variant, names.iter().copied());
            let hint = similar.map(|near| text!("did you mean {}?", near));
            let hint = hint.unwrap_or_else(|| text!("there are {}", names.join(", ")));
            return Err(ExceptionError::NoVariant { name: self.variant.clone(), hint });
        };
        let variant = &mut variants[place];
        self.apply(variant)?;
        Ok(variant)
    }

    /// The same with what its step is called with among the values.
    #[must_use]
    pub fn by_values(mut self, specs: &Catalogue<'_>) -> Self {
        if let Which::Filter(text) = &self.step
            && let Ok(WrittenStep { filter, params }) = VariantSpec::parse_step(text, specs)
        {
            let value = |text: Option<String>| text.map_or(true.into(), Into::into);
            self.values.extend(params.into_iter().map(|(name, text)| (name, value(text))));
            self.step = Which::Filter(filter);
        }
        self
    }

    /// Makes this exception in the steps of its variant; tells which step has changed.
    pub fn apply(&self, variant: &mut VariantSpec) -> Result<usize, ExceptionError> {
        let specs = catalogue::all();
        let (place, written) = match &self.step {
            Which::Place(place) => {
                let index = place.wrapping_sub(1);
                if index >= variant.steps.len() {
                    let variant = variant.name.clone();
                    return Err(ExceptionError::NoStep { variant, place: *place });
                }
                (index, Vec::new())
            }
            Which::Filter(text) => {
                let WrittenStep { filter, params: written } =
                    VariantSpec::parse_step(text, &specs)?;
                let id = FilterCall::id_of(&filter, &specs)?;
                let mut of_it = (0..).zip(&variant.steps).filter(|(_, step)| step.filter == id);
                let place = match (of_it.next(), of_it.next()) {
                    (Some((place, _)), None) => place,
                    (Some(_), Some(_)) => {
                        let variant = variant.name.clone();
                        return Err(ExceptionError::Several { variant, filter });
                    }
                    (None, _) => {
                        let bare = FilterCall { filter: id.to_owned(), params: BTreeMap::new() };
                        variant.steps.insert(0, bare);
                        0
                    }
                };
                (place, written)
            }
        };
        let written = written.into_iter().map(|(name, text)| Ok((name, text.map(Value::Text))));
        let values = self.values.iter().map(|(name, json)| {
            let value = value(json);
            let refused = || ExceptionError::Kind { name: name.clone() };
            Ok((name.clone(), Some(value.ok_or_else(refused)?)))
        });
        let given: Vec<(String, Option<Value>)> =
            written.chain(values).collect::<Result<_, ExceptionError>>()?;
        let given = given.iter().map(|(name, value)| (name.as_str(), value.clone()));
        variant.steps[place] = variant.steps[place].with(given, &specs)?;
        Ok(place)
    }
}

/// The value of a parameter, if it is of a kind that parameters have.
pub fn value(json: &serde_json::Value) -> Option<Value> {
    use serde_json::Value as Json;
    Some(match json {
        Json::Bool(flag) => Value::Bool(*flag),
        Json::String(text) => Value::Text(text.clone()),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::Integer(whole),
            None => Value::Float(number.as_f64()?),
        },
        Json::Null | Json::Array(_) | Json::Object(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(exception: &str, variant: &str) -> Result<String, ExceptionError> {
        let exception: Exception = toml::from_str(exception).unwrap();
        let variant = VariantSpec::parse(variant, &catalogue::all()).unwrap();
        let mut all = [variant];
        Ok(exception.variant(&mut all)?.to_string())
    }

    #[test]
    fn values_take_the_place_of_those_of_the_step_and_of_what_contradicts_them() {
        let crop = "image = 'a.jpg'\nvariant = 'web'\nstep = 'crop'\nx = 10\ny = '5%'\nwidth = 300";
        let made = steps(crop, "web=recortar:aspecto=4:5,gravedad=interes+grises").unwrap();
        assert_eq!(made, "web=recortar:ancho=300,aspecto=\"4:5\",x=10,y=5%+grises");
        let called = "imagen = 'a.jpg'\nvariante = 'web'\npaso = 'recortar:alto=20,ancho=30'";
        let made = steps(called, "web=recortar:aspecto=4:5").unwrap();
        assert_eq!(made, "web=recortar:alto=20,ancho=30");
    }

    #[test]
    fn a_step_is_named_by_its_place_or_comes_first_where_there_is_none() {
        let second = "image = 'a.jpg'\nvariant = 'web'\nstep = 2\nradius = 3";
        assert_eq!(steps(second, "web=grises+blur:radius=8").unwrap(), "web=grises+blur:radio=3");
        let new = "image = 'a.jpg'\nvariant = 'web'\nstep = 'crop'\nwidth = 3";
        assert_eq!(steps(new, "web=grises").unwrap(), "web=recortar:ancho=3+grises");
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let of = |rest: &str| format!("image = 'a.jpg'\nvariant = 'web'\n{rest}");
        let told = |rest: &str| {
            let error = steps(&of(rest), "web=blur+sepia+blur").unwrap_err();
            format!("{error}: {}", error.hint())
        };
        assert_eq!(told("step = 4"), "web has no step 4: steps are counted from 1");
        assert!(told("step = 'blur'").starts_with("web has blur more than once: give the step"));
        assert!(told("step = 'crpo'").contains("did you mean crop?"));
        assert!(told("step = 'sepia'\nstrenght = 1").contains("has no parameter"));
        assert!(told("step = 1\nradius = [3]").starts_with("radius must be a number"));
        let other = "image = 'a'\nvariant = 'webb'\nstep = 1";
        let error = steps(other, "web=blur").unwrap_err();
        assert_eq!(error.hint(), "did you mean web?");
    }
}

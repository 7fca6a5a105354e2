//! Checks filter calls against the descriptions of the filters.

use std::collections::BTreeMap;

use super::call::Length;
use super::encoding::{find_format, unknown_format};
use super::names::{both, list, most_similar, same_name};
use super::{
    CallError, Catalogue, Choice, FilterCall, FilterSpec, ParamKind, ParamSpec, TRANSPARENT, Unit,
    Value,
};
use crate::lang::Text;
use crate::text;

/// The English name of [`TRANSPARENT`].
const TRANSPARENT_EN: &str = "transparent";

/// Longest path or family, in characters.
const MAX_PATH_CHARS: usize = 4096;

impl FilterCall {
    /// The same call with every name made canonical and every value checked and converted to the
    /// type that the filter in `catalogue` asks for. Names may be in either language, and a value
    /// may be a text that stands for a number.
    pub fn checked(&self, catalogue: &Catalogue<'_>) -> Result<Self, CallError> {
        let given = self.params.iter().map(|(name, value)| (name.as_str(), Some(value.clone())));
        check(&self.filter, given, catalogue)
    }

    /// The same call with these values in place of its own. Those of its own that contradict a new
    /// one are dropped.
    pub fn with<'a>(
        &self,
        given: impl IntoIterator<Item = (&'a str, Option<Value>)>,
        catalogue: &Catalogue<'_>,
    ) -> Result<Self, CallError> {
        let spec = find_filter(&self.filter, catalogue)?;
        let new = convert_all(spec, &self.filter, given)?;
        let mut params = self.params.clone();
        for set in spec.conflicts {
            let is_given = |id: &&str| new.contains_key(*id);
            let contradicts = set.iter().all(|id| is_given(id) || params.contains_key(*id));
            if contradicts && set.iter().any(is_given) {
                params.retain(|id, _| !set.contains(&id.as_str()));
            }
        }
        params.extend(new);
        complete(spec, &self.filter, params)
    }

    /// The id of a filter that was named in either language.
    pub fn id_of(written: &str, catalogue: &Catalogue<'_>) -> Result<&'static str, CallError> {
        Ok(find_filter(written, catalogue)?.id)
    }
}

/// Makes a call of what was written. A value of `None` stands for yes.
pub(super) fn check<'a>(
    filter: &str,
    given: impl IntoIterator<Item = (&'a str, Option<Value>)>,
    catalogue: &Catalogue<'_>,
) -> Result<FilterCall, CallError> {
    let spec = find_filter(filter, catalogue)?;
    complete(spec, filter, convert_all(spec, filter, given)?)
}

/// The values that were written, by the ids of their parameters.
fn convert_all<'a>(
    spec: &FilterSpec,
    filter: &str,
    given: impl IntoIterator<Item = (&'a str, Option<Value>)>,
) -> Result<BTreeMap<String, Value>, CallError> {
    let mut params = BTreeMap::new();
    let mut after_number = false;
    for (name, value) in given {
        let param = find_param(spec, filter, name, after_number)?;
        let value = match value {
            Some(value) => convert(param, filter, name, &value)?,
            None if matches!(param.kind, ParamKind::Bool { .. }) => Value::Bool(true),
            None => {
                return Err(CallError::NoValue { filter: filter.into(), param: name.into() });
            }
        };
        after_number = matches!(value, Value::Float(_) | Value::Integer(_));
        if params.insert(param.id.to_owned(), value).is_some() {
            return Err(CallError::Twice { filter: filter.into(), param: name.into() });
        }
    }
    Ok(params)
}

/// A call with these values, if they do not contradict one another and no file is missing.
fn complete(
    spec: &FilterSpec,
    filter: &str,
    params: BTreeMap<String, Value>,
) -> Result<FilterCall, CallError> {
    let is_given = |id: &&str| params.contains_key(*id);
    if let Some(set) = spec.conflicts.iter().find(|set| set.iter().all(is_given)) {
        return Err(CallError::Conflict { filter: filter.into(), params: list_ids(spec, set) });
    }
    let is_file = |param: &&ParamSpec| matches!(param.kind, ParamKind::File { .. });
    if let Some(param) = spec.params.iter().filter(is_file).find(|param| !is_given(&param.id)) {
        return Err(CallError::NoValue {
            filter: filter.into(),
            param: both(param.id, param.id_en),
        });
    }
    Ok(FilterCall { filter: spec.id.to_owned(), params })
}

/// Those parameters, by their names in both languages.
fn list_ids(spec: &FilterSpec, ids: &[&str]) -> String {
    let named = ids.iter().filter_map(|id| spec.param(id));
    list(named.map(|param| both(param.id, param.id_en)))
}

fn find_filter<'a>(written: &str, catalogue: &Catalogue<'a>) -> Result<&'a FilterSpec, CallError> {
    let filters = catalogue.filters;
    let names = |spec: &FilterSpec| [spec.id, spec.id_en];
    let find = |written: &str| {
        let called = |spec: &&&FilterSpec| names(spec).iter().any(|name| same_name(written, name));
        filters.iter().find(called).copied()
    };
    if let Some(spec) = find(written) {
        return Ok(spec);
    }
    // `grises@wepb` is a filter and a format that there is not.
    if let Some((filter, format)) = written.split_once('@')
        && find(filter.trim()).is_some()
        && find_format(format, catalogue.formats).is_none()
    {
        return Err(unknown_format(format, catalogue.formats));
    }
    Err(CallError::UnknownFilter {
        name: written.into(),
        similar: most_similar(written, filters.iter().flat_map(|spec| names(spec))),
        known: list(filters.iter().map(|spec| both(spec.id, spec.id_en))),
    })
}

/// The parameter of that name. A number where a name should be, right after the value of a number,
/// shows that a decimal comma was written.
fn find_param(
    spec: &FilterSpec,
    filter: &str,
    written: &str,
    after_number: bool,
) -> Result<&'static ParamSpec, CallError> {
    let names = |param: &ParamSpec| [param.id, param.id_en];
    let found =
        spec.params.iter().find(|param| names(param).iter().any(|name| same_name(written, name)));
    if let Some(param) = found {
        return Ok(param);
    }
    let is_number = |text: &str| text.parse::<f64>().is_ok();
    let advice = match (spec.params, after_number) {
        ([], _) => text!("{} takes no parameters", both(spec.id, spec.id_en)),
        (_, true) if is_number(written) => text!("decimals are written with a point, as in 1.5"),
        ([first, ..], _) if is_number(written) => {
            text!("write it as in {}", format!("{}:{}={written}", spec.id, first.id))
        }
        (params, _) => {
            let each = params
                .iter()
                .map(|param| text!("{} ({})", both(param.id, param.id_en), expected(param)));
            text!("parameters of {}: {}", both(spec.id, spec.id_en), Text::list(each))
        }
    };
    Err(CallError::UnknownParam {
        filter: filter.into(),
        param: written.into(),
        similar: most_similar(written, spec.params.iter().flat_map(names)),
        advice,
    })
}

fn convert(param: &ParamSpec, filter: &str, name: &str, value: &Value) -> Result<Value, CallError> {
    let converted = match param.kind {
        ParamKind::Float { min, max, .. } => {
            number(value, param.unit).filter(|n| (min..=max).contains(n)).map(Value::Float)
        }
        ParamKind::Integer { min, max, .. } => {
            whole(value, param.unit).filter(|n| (min..=max).contains(n)).map(Value::Integer)
        }
        ParamKind::Text { max_chars, .. } => text(value, max_chars),
        ParamKind::Color { transparent, .. } => {
            color(value).or_else(|| transparent.then(|| no_color(value)).flatten())
        }
        ParamKind::Choice { options, .. } => choice(value, options),
        ParamKind::Level { min, max, options, .. } => whole(value, param.unit)
            .filter(|n| (min..=max).contains(n))
            .map(Value::Integer)
            .or_else(|| choice(value, options)),
        ParamKind::Length { min, max, max_percent, .. } => {
            length(value).and_then(|length| match length {
                Length::Px(px) => (min..=max).contains(&px).then_some(Value::Integer(px)),
                // The shortest length in px is the shortest in per cent, too: none, or more than none.
                Length::Percent(percent) => {
                    let fits =
                        percent <= max_percent && (percent > 0.0 || percent == 0.0 && min == 0);
                    fits.then(|| Value::Text(format!("{percent}%")))
                }
            })
        }
        ParamKind::Ratio { .. } => ratio(value),
        ParamKind::File { .. } | ParamKind::Font => text(value, MAX_PATH_CHARS),
        ParamKind::Bool { .. } => yes_or_no(value).map(Value::Bool),
    };
    converted.ok_or_else(|| CallError::Value {
        filter: filter.into(),
        param: name.into(),
        value: value.to_string(),
        expected: expected(param),
        example: match param.kind {
            ParamKind::Color { .. } => Some(text!("write it as in {}", "#ff8800, #f80")),
            ParamKind::Length { .. } => Some(text!("write it as in {}", "120, 120px, 12.5%")),
            ParamKind::Ratio { .. } => Some(text!("write it as in {}", "4:5")),
            ParamKind::Choice { options, .. } | ParamKind::Level { options, .. } => {
                let words = options.iter().flat_map(|one| [one.id, one.id_en]);
                let written = value.to_string();
                most_similar(&written, words).map(|near| text!("did you mean {}?", near))
            }
            _ => None,
        },
    })
}

/// What a value must be, as it is written after "must be".
fn expected(param: &ParamSpec) -> Text {
    let unit = param.unit.suffix();
    match param.kind {
        ParamKind::Length { min, max, max_percent, .. } => {
            text!("a length from {} to {} px, or up to {} %", min, max, max_percent)
        }
        ParamKind::Ratio { .. } => text!("proportions, width to height, from 1:100 to 100:1"),
        ParamKind::Level { min, max, options, .. } => {
            let words = list(options.iter().map(|option| both(option.id, option.id_en)));
            text!("a whole number from {} to {}, or {}", min, max, words)
        }
        ParamKind::File { endings } => {
            let endings = list(endings.iter().map(|ending| (*ending).to_owned()));
            text!("the path of a file ({})", endings)
        }
        ParamKind::Font => text!("the path of a font, or a family that the system has"),
        ParamKind::Color { transparent: true, .. } => {
            text!("a colour, #rrggbb, or {}", both(TRANSPARENT, TRANSPARENT_EN))
        }
        ParamKind::Float { min, max, .. } => {
            text!("a number from {} to {}", min, format!("{max}{unit}"))
        }
        ParamKind::Integer { min, max, .. } => {
            text!("a whole number from {} to {}", min, format!("{max}{unit}"))
        }
        ParamKind::Text { max_chars, .. } => text!("a text of 1 to {} characters", max_chars),
        ParamKind::Color { .. } => text!("a colour, #rrggbb"),
        ParamKind::Choice { options, .. } => {
            let words = list(options.iter().map(|option| both(option.id, option.id_en)));
            text!("one of {}", words)
        }
        ParamKind::Bool { .. } => text!("yes or no"),
    }
}

/// The digits of a number that may be followed by its unit.
fn digits(text: &str, unit: Unit) -> &str {
    let text = text.trim();
    text.strip_suffix(unit.suffix().trim_start()).unwrap_or(text).trim_end()
}

fn number(value: &Value, unit: Unit) -> Option<f64> {
    match value {
        Value::Float(n) => Some(*n),
        Value::Integer(n) => Some(*n as f64),
        Value::Text(text) => digits(text, unit).parse().ok(),
        Value::Bool(_) => None,
    }
}

fn whole(value: &Value, unit: Unit) -> Option<i64> {
    // Every whole number up to here is exact in both types.
    const EXACT: f64 = (1_i64 << 53) as f64;
    match value {
        Value::Integer(n) => Some(*n),
        Value::Float(n) if n.fract() == 0.0 && n.abs() <= EXACT => Some(*n as i64),
        Value::Text(text) => digits(text, unit).parse().ok(),
        Value::Float(_) | Value::Bool(_) => None,
    }
}

fn text(value: &Value, max_chars: usize) -> Option<Value> {
    match value {
        Value::Text(text) => {
            let fits = (1..=max_chars).contains(&text.chars().count());
            let drawable = text.chars().all(|c| c == '\n' || !c.is_control());
            (fits && drawable).then(|| Value::Text(text.clone()))
        }
        _ => None,
    }
}

/// `#rrggbb`, `#rgb`, or either without the `#`, made `#rrggbb` in lower case.
fn color(value: &Value) -> Option<Value> {
    let Value::Text(text) = value else {
        return None;
    };
    let hex = text.strip_prefix('#').unwrap_or(text).to_ascii_lowercase();
    if !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    match hex.len() {
        6 => Some(Value::Text(format!("#{hex}"))),
        3 => {
            let doubled: String = hex.chars().flat_map(|c| [c, c]).collect();
            Some(Value::Text(format!("#{doubled}")))
        }
        _ => None,
    }
}

/// `transparente`, in either language.
fn no_color(value: &Value) -> Option<Value> {
    let Value::Text(text) = value else { return None };
    let named = [TRANSPARENT, TRANSPARENT_EN].iter().any(|name| same_name(text, name));
    named.then(|| Value::Text(TRANSPARENT.into()))
}

/// The id of the word.
fn choice(value: &Value, options: &[Choice]) -> Option<Value> {
    let Value::Text(written) = value else { return None };
    options
        .iter()
        .find(|option| [option.id, option.id_en].iter().any(|name| same_name(written, name)))
        .map(|option| Value::Text(option.id.to_owned()))
}

fn length(value: &Value) -> Option<Length> {
    match value {
        Value::Text(text) => Length::parse(text),
        _ => whole(value, Unit::Px).map(Length::Px),
    }
}

/// `4:5`, `4/5` or `1.91`, made `4:5`, `4:5` or `1.91:1`.
fn ratio(value: &Value) -> Option<Value> {
    let (width, height) = match value {
        Value::Text(text) => {
            let side = |text: &str| text.trim().parse::<f64>().ok();
            match text.split_once([':', '/']) {
                Some((width, height)) => (side(width)?, side(height)?),
                None => (side(text)?, 1.0),
            }
        }
        other => (number(other, Unit::None)?, 1.0),
    };
    let sides = 0.001..=100_000.0;
    let fits = sides.contains(&width) && sides.contains(&height);
    (fits && (0.01..=100.0).contains(&(width / height)))
        .then(|| Value::Text(format!("{width}:{height}")))
}

fn yes_or_no(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(yes) => Some(*yes),
        Value::Text(text) => match text.to_lowercase().as_str() {
            "true" | "yes" | "on" | "1" | "sí" | "si" => Some(true),
            "false" | "no" | "off" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

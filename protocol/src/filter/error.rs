//! Why a filter call is refused.

use std::fmt::Write as _;

/// Why a filter call is refused. Its text is one line; [`CallError::hint`] is the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Nothing but spaces.
    #[error("no filter given")]
    Empty,
    /// `=blur`.
    #[error("the name before = is empty")]
    EmptyName,
    /// `blur++sepia`, `blur+`.
    #[error("a filter is missing before or after +")]
    EmptyStep,
    /// `blur:`, `blur:radius=2,,`.
    #[error("a parameter is missing after : or , in {}", shown(filter))]
    EmptyParam {
        /// The filter as written.
        filter: String,
    },
    /// `grises,sepia`, `a=b=blur`.
    #[error("{found} is not expected after {}", shown(after))]
    Unexpected {
        /// The character.
        found: char,
        /// The filter before it.
        after: String,
    },
    /// `text="Hello`.
    #[error("the quotation that {quote} opens is not closed")]
    OpenQuote {
        /// The quotation mark.
        quote: char,
    },
    /// `text="Hello"world`.
    #[error("after the closing {quote} only , or + or @FORMAT or the end can follow")]
    AfterQuote {
        /// The quotation mark.
        quote: char,
    },
    /// `text=Hello\`.
    #[error("a backslash at the end stands for nothing")]
    LoneBackslash,
    /// There is no such filter.
    #[error("unknown filter: {}{}", shown(name), did_you_mean(similar.as_deref()))]
    UnknownFilter {
        /// What was written.
        name: String,
        /// The most similar name.
        similar: Option<String>,
        /// All filters, for the hint.
        known: String,
    },
    /// There is no such format.
    #[error("unknown format: {}{}", shown(name), did_you_mean(similar.as_deref()))]
    UnknownFormat {
        /// What was written.
        name: String,
        /// The most similar name.
        similar: Option<String>,
        /// All formats that are written, for the hint.
        known: String,
    },
    /// The format is not written.
    #[error("{format} is only read")]
    OnlyRead {
        /// The format.
        format: String,
        /// All formats that are written, for the hint.
        known: String,
    },
    /// The format has no such option.
    #[error("{format} has no option {}{}", shown(option), did_you_mean(similar.as_deref()))]
    UnknownOption {
        /// The format.
        format: String,
        /// The option as written.
        option: String,
        /// The most similar name.
        similar: Option<String>,
        /// Those that it has, for the hint.
        known: String,
    },
    /// `grises@webp@jpeg@webp`.
    #[error("{format} is given twice")]
    SameFormat {
        /// The format.
        format: String,
    },
    /// `@webp+grises`.
    #[error("no filter can follow after @{}", shown(format))]
    StepAfterFormat {
        /// The format as written.
        format: String,
    },
    /// The filter has no such parameter.
    #[error(
        "{} has no parameter {}{}", shown(filter), shown(param), did_you_mean(similar.as_deref())
    )]
    UnknownParam {
        /// The filter as written.
        filter: String,
        /// The parameter as written.
        param: String,
        /// The most similar name.
        similar: Option<String>,
        /// What its parameters are, or how to write what was probably meant.
        advice: String,
    },
    /// `radius=2,radio=8`.
    #[error("{} of {} is given twice", shown(param), shown(filter))]
    Twice {
        /// The filter as written.
        filter: String,
        /// The parameter as written the second time.
        param: String,
    },
    /// `blur:radius`.
    #[error("{} of {} needs a value", shown(param), shown(filter))]
    NoValue {
        /// The filter as written.
        filter: String,
        /// The parameter as written.
        param: String,
    },
    /// A value of the wrong type or out of range.
    #[error("{} of {} must be {expected}, not {}", shown(param), shown(filter), shown(value))]
    Value {
        /// The filter as written.
        filter: String,
        /// The parameter as written.
        param: String,
        /// The value as written.
        value: String,
        /// What it must be: type, range, unit.
        expected: String,
        /// An example that is right, if one helps.
        example: Option<String>,
    },
    /// Parameters that contradict one another.
    #[error("{params} of {} contradict one another", shown(filter))]
    Conflict {
        /// The filter as written.
        filter: String,
        /// The parameters, in both languages.
        params: String,
    },
    /// The variant's name cannot name a folder on every system.
    #[error("{} cannot be a variant's name: {why}", shown(name))]
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Two variants would share a folder.
    #[error("two variants are named {}", shown(name))]
    SameName {
        /// The name.
        name: String,
    },
}

impl CallError {
    /// What to do about it, one line.
    pub fn hint(&self) -> String {
        match self {
            Self::Empty => "name a filter, as in -f grises; `lote filters` lists them".into(),
            Self::EmptyName => "write a name, as in web=grises, or leave the = out".into(),
            Self::EmptyStep => "join filters by one +, as in grises+blur".into(),
            Self::EmptyParam { .. } => "parameters are written as in blur:radio=8".into(),
            Self::Unexpected { found: ',', .. } => {
                "give one -f for each output, or join filters by + to apply them in turn".into()
            }
            Self::Unexpected { .. } => {
                "a variant is written as in web=blur:radio=8+grises; the name comes first".into()
            }
            Self::OpenQuote { quote } => {
                format!("close it with {quote}, or write \\{quote} for the character itself")
            }
            Self::AfterQuote { quote } => {
                format!("quote the whole text, and write \\{quote} for a {quote} inside it")
            }
            Self::LoneBackslash => "write \\\\ for the character itself".into(),
            Self::UnknownFilter { known, .. } => format!("filters: {known}"),
            Self::UnknownFormat { known, .. } | Self::OnlyRead { known, .. } => {
                format!("formats: {known}")
            }
            Self::UnknownOption { format, known, .. } if known.is_empty() => {
                format!("{format} has no options")
            }
            Self::UnknownOption { format, known, .. } => format!("options of {format}: {known}"),
            Self::SameFormat { .. } => {
                "both would be the same file; give two -f with names of their own".into()
            }
            Self::StepAfterFormat { format } => {
                format!(
                    "filters come first, as in grises@{0}; write \\@ for the character",
                    shown(format)
                )
            }
            Self::UnknownParam { advice, .. } => advice.clone(),
            Self::Twice { .. } => {
                "give it once; its Spanish and English names are the same parameter".into()
            }
            Self::NoValue { filter, param } => {
                format!("write it as in {}:{}=…", shown(filter), shown(param))
            }
            Self::Value { example, .. } => example.clone().unwrap_or_else(|| {
                "`lote filters` shows every parameter with its range and default".into()
            }),
            Self::Conflict { .. } => "leave one of them out".into(),
            Self::Name { .. } => {
                "it names the output folder; choose another, as in web=blur:radio=8+grises".into()
            }
            Self::SameName { .. } => {
                "each has its own folder; name them, as in -f soft=blur:radio=2 -f strong=blur"
                    .into()
            }
        }
    }
}

/// What a user wrote, safe to print on one line: control characters are escaped, and what is long
/// is cut.
fn shown(text: &str) -> String {
    const MOST_CHARS: usize = 60;
    if text.trim().is_empty() {
        return format!("{text:?}");
    }
    let mut out = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == MOST_CHARS {
            out.push('…');
            break;
        }
        if c.is_control() {
            // Writing to a String cannot fail.
            let _ = write!(out, "{}", c.escape_debug());
        } else {
            out.push(c);
        }
    }
    out
}

fn did_you_mean(similar: Option<&str>) -> String {
    similar.map_or_else(String::new, |name| format!("; did you mean {name}?"))
}

//! Why a filter call is refused.

use std::fmt::{self, Write as _};

use crate::lang::Text;
use crate::text;

/// Why a filter call is refused: [`CallError::text`] is one line, [`CallError::hint`] the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Nothing but spaces.
    Empty,
    /// `=blur`.
    EmptyName,
    /// `blur++sepia`, `blur+`.
    EmptyStep,
    /// `blur:`, `blur:radius=2,,`.
    EmptyParam {
        /// The filter as written.
        filter: String,
    },
    /// `grises,sepia`, `a=b=blur`.
    Unexpected {
        /// The character.
        found: char,
        /// The filter before it.
        after: String,
    },
    /// `text="Hello`.
    OpenQuote {
        /// The quotation mark.
        quote: char,
    },
    /// `text="Hello"world`.
    AfterQuote {
        /// The quotation mark.
        quote: char,
    },
    /// `text=Hello\`.
    LoneBackslash,
    /// There is no such filter.
    UnknownFilter {
        /// What was written.
        name: String,
        /// The most similar name.
        similar: Option<String>,
        /// All filters, for the hint.
        known: String,
    },
    /// There is no such format.
    UnknownFormat {
        /// What was written.
        name: String,
        /// The most similar name.
        similar: Option<String>,
        /// All formats that are written, for the hint.
        known: String,
    },
    /// The format is not written.
    OnlyRead {
        /// The format.
        format: String,
        /// All formats that are written, for the hint.
        known: String,
    },
    /// The format has no such option.
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
    SameFormat {
        /// The format.
        format: String,
    },
    /// `@webp+grises`.
    StepAfterFormat {
        /// The format as written.
        format: String,
    },
    /// The filter has no such parameter.
    UnknownParam {
        /// The filter as written.
        filter: String,
        /// The parameter as written.
        param: String,
        /// The most similar name.
        similar: Option<String>,
        /// What its parameters are, or how to write what was probably meant.
        advice: Text,
    },
    /// `radius=2,radio=8`.
    Twice {
        /// The filter as written.
        filter: String,
        /// The parameter as written the second time.
        param: String,
    },
    /// `blur:radius`.
    NoValue {
        /// The filter as written.
        filter: String,
        /// The parameter as written.
        param: String,
    },
    /// A value of the wrong type or out of range.
    Value {
        /// The filter as written.
        filter: String,
        /// The parameter as written.
        param: String,
        /// The value as written.
        value: String,
        /// What it must be: type, range, unit.
        expected: Text,
        /// An example that is right, or what may have been meant, if one helps.
        example: Option<Text>,
    },
    /// Parameters that contradict one another.
    Conflict {
        /// The filter as written.
        filter: String,
        /// The parameters, in both languages.
        params: String,
    },
    /// The variant's name cannot name a folder on every system.
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        why: Text,
    },
    /// Two variants would share a folder.
    SameName {
        /// The name.
        name: String,
    },
}

impl CallError {
    /// What is wrong, one line.
    pub fn text(&self) -> Text {
        match self {
            Self::Empty => text!("no filter given"),
            Self::EmptyName => text!("the name before = is empty"),
            Self::EmptyStep => text!("a filter is missing before or after +"),
            Self::EmptyParam { filter } => {
                text!("a parameter is missing after : or , in {}", shown(filter))
            }
            Self::Unexpected { found, after } => {
                text!("{} is not expected after {}", *found, shown(after))
            }
            Self::OpenQuote { quote } => {
                text!("the quotation that {} opens is not closed", *quote)
            }
            Self::AfterQuote { quote } => {
                text!("after the closing {} only , or + or @FORMAT or the end can follow", *quote)
            }
            Self::LoneBackslash => text!("a backslash at the end stands for nothing"),
            Self::UnknownFilter { name, similar: Some(similar), .. } => {
                text!("unknown filter: {}; did you mean {}?", shown(name), similar)
            }
            Self::UnknownFilter { name, .. } => text!("unknown filter: {}", shown(name)),
            Self::UnknownFormat { name, similar: Some(similar), .. } => {
                text!("unknown format: {}; did you mean {}?", shown(name), similar)
            }
            Self::UnknownFormat { name, .. } => text!("unknown format: {}", shown(name)),
            Self::OnlyRead { format, .. } => text!("{} is only read", format),
            Self::UnknownOption { format, option, similar: Some(similar), .. } => {
                text!("{} has no option {}; did you mean {}?", format, shown(option), similar)
            }
            Self::UnknownOption { format, option, .. } => {
                text!("{} has no option {}", format, shown(option))
            }
            Self::SameFormat { format } => text!("{} is given twice", format),
            Self::StepAfterFormat { format } => {
                text!("no filter can follow after @{}", shown(format))
            }
            Self::UnknownParam { filter, param, similar: Some(similar), .. } => text!(
                "{} has no parameter {}; did you mean {}?",
                shown(filter),
                shown(param),
                similar
            ),
            Self::UnknownParam { filter, param, .. } => {
                text!("{} has no parameter {}", shown(filter), shown(param))
            }
            Self::Twice { filter, param } => {
                text!("{} of {} is given twice", shown(param), shown(filter))
            }
            Self::NoValue { filter, param } => {
                text!("{} of {} needs a value", shown(param), shown(filter))
            }
            Self::Value { filter, param, value, expected, .. } => text!(
                "{} of {} must be {}, not {}",
                shown(param),
                shown(filter),
                expected.clone(),
                shown(value)
            ),
            Self::Conflict { filter, params } => {
                text!("{} of {} contradict one another", params, shown(filter))
            }
            Self::Name { name, why } => {
                text!("{} cannot be a variant's name: {}", shown(name), why.clone())
            }
            Self::SameName { name } => text!("two variants are named {}", shown(name)),
        }
    }

    /// What to do about it, one line.
    pub fn hint(&self) -> Text {
        match self {
            Self::Empty => text!("name a filter, as in -f grises; `lote filters` lists them"),
            Self::EmptyName => text!("write a name, as in web=grises, or leave the = out"),
            Self::EmptyStep => text!("join filters by one +, as in grises+blur"),
            Self::EmptyParam { .. } => text!("parameters are written as in blur:radio=8"),
            Self::Unexpected { found: ',', .. } => {
                text!("give one -f for each output, or join filters by + to apply them in turn")
            }
            Self::Unexpected { .. } => {
                text!("a variant is written as in web=blur:radio=8+grises; the name comes first")
            }
            Self::OpenQuote { quote } => {
                text!("close it with {}, or write \\{} for the character itself", *quote, *quote)
            }
            Self::AfterQuote { quote } => {
                text!("quote the whole text, and write \\{} for a {} inside it", *quote, *quote)
            }
            Self::LoneBackslash => text!("write \\\\ for the character itself"),
            Self::UnknownFilter { known, .. } => text!("filters: {}", known),
            Self::UnknownFormat { known, .. } | Self::OnlyRead { known, .. } => {
                text!("formats: {}", known)
            }
            Self::UnknownOption { format, known, .. } if known.is_empty() => {
                text!("{} has no options", format)
            }
            Self::UnknownOption { format, known, .. } => {
                text!("options of {}: {}", format, known)
            }
            Self::SameFormat { .. } => {
                text!("both would be the same file; give two -f with names of their own")
            }
            Self::StepAfterFormat { format } => text!(
                "filters come first, as in grises@{}; write \\@ for the character",
                shown(format)
            ),
            Self::UnknownParam { advice, .. } => advice.clone(),
            Self::Twice { .. } => {
                text!("give it once; its Spanish and English names are the same parameter")
            }
            Self::NoValue { filter, param } => {
                // Either of its names will do.
                let name = param.split('/').next().unwrap_or_default();
                text!("write it as in {}", format!("{}:{}=…", shown(filter), shown(name)))
            }
            Self::Value { example, .. } => example.clone().unwrap_or_else(|| {
                text!("`lote filters` shows every parameter with its range and default")
            }),
            Self::Conflict { .. } => text!("leave one of them out"),
            Self::Name { .. } => {
                text!("it names the output folder; choose another, as in web=blur:radio=8+grises")
            }
            Self::SameName { .. } => text!(
                "each has its own folder; name them, as in -f soft=blur:radio=2 -f strong=blur"
            ),
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
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

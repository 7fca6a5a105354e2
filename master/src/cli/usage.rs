//! What is wrong with a command line: a sentence of ours for each kind of error that the parser
//! knows, filled in with what it found.

use std::error::Error as _;

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};
use lote_engine::lang::{Lang, Text};
use lote_engine::plan::PatternError;
use lote_protocol::text;
use strsim::damerau_levenshtein;

use super::spanish;

/// Letters of a value that are shown.
const MOST_SHOWN: usize = 200;

/// What is wrong, and what to do about it. `None` for help and the version, which were asked for.
pub(super) fn text(error: &Error, lang: Lang) -> Option<(Text, Text)> {
    let found = Found(error);
    let arg = || found.first(ContextKind::InvalidArg).unwrap_or_default();
    let value = || short(found.first(ContextKind::InvalidValue).unwrap_or_default());
    let what = match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => return None,
        ErrorKind::UnknownArgument if arg().starts_with('-') => {
            text!("there is no option {}", arg())
        }
        ErrorKind::UnknownArgument => text!("{} is one word too many", arg()),
        ErrorKind::InvalidSubcommand => {
            let name = found.first(ContextKind::InvalidSubcommand).unwrap_or_default();
            text!("there is no command {}", name)
        }
        ErrorKind::InvalidValue if value().is_empty() => text!("{} needs a value", arg()),
        ErrorKind::InvalidValue => text!("{} cannot be {}", arg(), value()),
        ErrorKind::ValueValidation => {
            text!("{} cannot be {}: {}", arg(), value(), reason(error))
        }
        ErrorKind::ArgumentConflict => {
            let others = found.all(ContextKind::PriorArg);
            if others.is_empty() || others == [arg()] {
                text!("{} is given twice", arg())
            } else {
                text!("{} and {} exclude one another", arg(), others.join(", "))
            }
        }
        ErrorKind::MissingRequiredArgument => {
            text!("{} is missing", found.all(ContextKind::InvalidArg).join(", "))
        }
        ErrorKind::MissingSubcommand => text!("a command is missing"),
        ErrorKind::NoEquals => text!("{} needs a value", arg()),
        ErrorKind::TooManyValues => text!("{} is one word too many", value()),
        ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            text!("{} needs other values than it has", arg())
        }
        ErrorKind::InvalidUtf8 => text!("an argument is not UTF-8"),
        // Nothing else can be wrong with a command line; what it says is better than nothing.
        _ => error.to_string().trim_start_matches("error: ").trim_end().into(),
    };
    Some((what, hint(&found, lang)))
}

/// As much of a value as a line has room for.
fn short(mut value: String) -> String {
    if let Some((end, _)) = value.char_indices().nth(MOST_SHOWN) {
        value.replace_range(end.., "…");
    }
    value
}

/// What may have been meant; else what there is, or where that is to be read.
fn hint(found: &Found<'_>, lang: Lang) -> Text {
    let near =
        [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
    let typed = found.first(ContextKind::InvalidArg).unwrap_or_default();
    // A Spanish name helps who reads English only if it was as good as typed.
    let fits = |near: &String| {
        lang == Lang::Es || !spanish::is_name(near) || damerau_levenshtein(&typed, near) == 1
    };
    if let Some(near) = near.into_iter().find_map(|kind| found.first(kind)).filter(fits) {
        return text!("did you mean {}?", near);
    }
    let known = [ContextKind::ValidValue, ContextKind::ValidSubcommand].map(|kind| found.all(kind));
    if let Some(known) = known.into_iter().find(|known| !known.is_empty()) {
        return text!("there are {}", known.join(", "));
    }
    match found.command() {
        Some(command) => text!("`{} --help` shows how it is used", command),
        None => Text::default(),
    }
}

/// Why a value was refused: reasons of this program's own are texts.
fn reason(error: &Error) -> Text {
    let Some(reason) = error.source() else { return Text::default() };
    let pattern = reason.downcast_ref().map(PatternError::text);
    let own = pattern.or_else(|| reason.downcast_ref::<Text>().cloned());
    own.unwrap_or_else(|| reason.to_string().into())
}

/// What the parser found.
struct Found<'a>(&'a Error);

impl Found<'_> {
    fn all(&self, kind: ContextKind) -> Vec<String> {
        let all = match self.0.get(kind) {
            Some(ContextValue::String(one)) => std::slice::from_ref(one),
            Some(ContextValue::Strings(all)) => all,
            _ => &[],
        };
        // An option that may be repeated has points behind it.
        all.iter().map(|one| one.trim_end_matches("...").to_owned()).collect()
    }

    fn first(&self, kind: ContextKind) -> Option<String> {
        self.all(kind).into_iter().next()
    }

    /// The command that was asked for, as far as it was understood: `lote run`. `None` where its
    /// usage is not what is wrong.
    fn command(&self) -> Option<String> {
        let Some(ContextValue::StyledStr(usage)) = self.0.get(ContextKind::Usage) else {
            return None;
        };
        let usage = usage.to_string();
        let words = usage.split_whitespace().skip_while(|word| *word != "lote");
        let words = words.take_while(|word| word.chars().all(|c| c.is_ascii_lowercase()));
        Some(words.collect::<Vec<_>>().join(" "))
    }
}

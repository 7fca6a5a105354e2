//! The grammar of filter calls, without any knowledge of the filters:
//!
//! ```text
//! variant = [ name "=" ] [ step { "+" step } ] { file }
//! step    = filter [ ":" param { "," param } ]
//! param   = parameter [ "=" value ]
//! file    = "@" format [ ":" param { "," param } ]
//! ```
//!
//! An `@` begins a file only where the name of a format follows and then `:`, `@` or the end (or,
//! after the name of a filter, a `+` that is wrong there): `texto=foto@lote.es` is a text. Where no
//! step has come yet it always does.
//!
//! A word may stand between `"…"` or `'…'`, and a backslash takes the character after it as it is,
//! inside quotes too: that is how a text holds `,` and `+`, and a name `=` and `:`. A quote inside
//! a word is an ordinary character, and so are `:` and `=` inside a value. Spaces around words do
//! not count. Only a yes-or-no parameter can do without a value.

use std::iter::Peekable;
use std::str::Chars;

use super::CallError;
use super::encoding::{FormatSpec, WrittenFile, find_format};

/// A variant as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ParsedVariant {
    /// The name before `=`.
    pub(super) name: Option<String>,
    /// The filter calls; none only where there are files.
    pub(super) steps: Vec<WrittenStep>,
    /// What the picture is written as.
    pub(super) files: Vec<WrittenFile>,
}

/// What ends a name.
const NAME: [char; 4] = ['=', ':', '+', ','];

/// A filter call as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenStep {
    /// Name of the filter.
    pub filter: String,
    /// Names and values of parameters.
    pub params: Vec<(String, Option<String>)>,
}

/// Takes a variant apart.
pub(super) fn parse(text: &str, formats: &[FormatSpec]) -> Result<ParsedVariant, CallError> {
    let mut words = Words { rest: text.chars().peekable(), formats };
    if text.trim().is_empty() {
        return Err(CallError::Empty);
    }
    let (mut name, mut steps) = (None, Vec::new());
    words.skip_spaces();
    if words.rest.peek() != Some(&'@') {
        let mut first = Some(words.next(&NAME)?);
        if words.skip('=') {
            name = first.take();
            words.skip_spaces();
            if name.as_deref() == Some("") {
                return Err(CallError::EmptyName);
            }
            if words.rest.peek() != Some(&'@') {
                first = Some(words.next(&NAME)?);
            }
        }
        if let Some(first) = first {
            steps.push(step(first, &mut words)?);
            while words.skip('+') {
                let filter = words.next(&NAME)?;
                steps.push(step(filter, &mut words)?);
            }
        }
    }
    let mut files = Vec::new();
    while words.skip('@') {
        files.push(file(&mut words)?);
    }
    Ok(ParsedVariant { name, steps, files })
}

/// Takes a single step apart.
pub(super) fn parse_step(text: &str, formats: &[FormatSpec]) -> Result<WrittenStep, CallError> {
    let mut words = Words { rest: text.chars().peekable(), formats };
    let filter = words.next(&NAME)?;
    let step = step(filter, &mut words)?;
    match words.rest.peek() {
        None => Ok(step),
        Some(found) => Err(CallError::Unexpected { found: *found, after: step.filter }),
    }
}

/// Takes a file apart that is written without its `@`.
pub(super) fn parse_file(text: &str, formats: &[FormatSpec]) -> Result<WrittenFile, CallError> {
    let mut words = Words { rest: text.chars().peekable(), formats };
    let file = file(&mut words)?;
    match words.rest.peek() {
        None => Ok(file),
        Some(found) => Err(CallError::Unexpected { found: *found, after: file.format }),
    }
}

/// The rest of a step whose filter has been read.
fn step(filter: String, words: &mut Words<'_>) -> Result<WrittenStep, CallError> {
    if filter.is_empty() {
        return Err(CallError::EmptyStep);
    }
    let params = params(&filter, words)?;
    match words.rest.peek() {
        None | Some('+' | '@') => Ok(WrittenStep { filter, params }),
        Some(found) => Err(CallError::Unexpected { found: *found, after: filter }),
    }
}

/// A file whose `@` has been read.
fn file(words: &mut Words<'_>) -> Result<WrittenFile, CallError> {
    words.skip_spaces();
    let mut format = String::new();
    while let Some(c) = words.rest.next_if(|c| !NAME.contains(c) && *c != '@') {
        format.push(c);
    }
    format.truncate(format.trim_end().len());
    let options = params(&format, words)?;
    match words.rest.peek() {
        None | Some('@') => Ok(WrittenFile { format, options }),
        Some('+') => Err(CallError::StepAfterFormat { format }),
        Some(found) => Err(CallError::Unexpected { found: *found, after: format }),
    }
}

/// What `owner` is told, if anything.
fn params(owner: &str, words: &mut Words<'_>) -> Result<Vec<(String, Option<String>)>, CallError> {
    let mut params = Vec::new();
    if words.skip(':') {
        loop {
            let filter = owner.to_owned();
            let param = words.next(&NAME)?;
            if param.is_empty() {
                return Err(CallError::EmptyParam { filter });
            }
            if words.rest.peek() == Some(&':') {
                return Err(CallError::NoValue { filter, param });
            }
            let value = if words.skip('=') { Some(words.next(&[',', '+'])?) } else { None };
            params.push((param, value));
            if !words.skip(',') {
                break;
            }
        }
    }
    Ok(params)
}

/// Longer names than this are no format's.
const MAX_FORMAT_CHARS: usize = 24;

struct Words<'a> {
    rest: Peekable<Chars<'a>>,
    formats: &'a [FormatSpec],
}

impl Words<'_> {
    /// Goes past that character if it is the next one.
    fn skip(&mut self, expected: char) -> bool {
        self.rest.next_if_eq(&expected).is_some()
    }

    fn skip_spaces(&mut self) {
        while self.rest.next_if(|c| c.is_whitespace()).is_some() {}
    }

    /// Whether a file begins here.
    fn is_file(&self, stops: &[char]) -> bool {
        let mut rest = self.rest.clone();
        if rest.next() != Some('@') {
            return false;
        }
        let ends = |c: &char| matches!(c, ':' | '@') || (stops == NAME && *c == '+');
        let name: String = rest.take_while(|c| !ends(c)).take(MAX_FORMAT_CHARS).collect();
        find_format(name.trim(), self.formats).is_some()
    }

    /// Reads the word up to one of the `stops`, which stays, or to the end.
    fn next(&mut self, stops: &[char]) -> Result<String, CallError> {
        self.skip_spaces();
        match self.rest.next_if(|c| matches!(c, '"' | '\'')) {
            Some(quote) => self.quoted(quote, stops),
            None => self.bare(stops),
        }
    }

    fn bare(&mut self, stops: &[char]) -> Result<String, CallError> {
        let mut word = String::new();
        let mut kept = 0;
        while !self.is_file(stops)
            && let Some(c) = self.rest.next_if(|c| !stops.contains(c))
        {
            if c == '\\' {
                word.push(self.rest.next().ok_or(CallError::LoneBackslash)?);
                kept = word.len();
            } else {
                word.push(c);
                if !c.is_whitespace() {
                    kept = word.len();
                }
            }
        }
        word.truncate(kept);
        Ok(word)
    }

    fn quoted(&mut self, quote: char, stops: &[char]) -> Result<String, CallError> {
        let mut word = String::new();
        loop {
            match self.rest.next() {
                None => return Err(CallError::OpenQuote { quote }),
                Some('\\') => word.push(self.rest.next().ok_or(CallError::LoneBackslash)?),
                Some(c) if c == quote => break,
                Some(c) => word.push(c),
            }
        }
        self.skip_spaces();
        match self.rest.peek().copied() {
            Some(c) if !stops.contains(&c) && !self.is_file(stops) => {
                Err(CallError::AfterQuote { quote })
            }
            _ => Ok(word),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<Option<String>> {
        let steps = parse(text, &[]).unwrap().steps;
        steps.into_iter().flat_map(|step| step.params.into_iter().map(|(_, value)| value)).collect()
    }

    fn value(text: &str) -> String {
        values(text).pop().flatten().unwrap()
    }

    #[test]
    fn a_chain_with_a_name_is_taken_apart() {
        let written = parse(" web = a : x=1 , y = 2 + b ", &[]).unwrap();
        assert_eq!(written.name.as_deref(), Some("web"));
        assert_eq!(written.steps.len(), 2);
        assert_eq!(written.steps[0].filter, "a");
        assert_eq!(written.steps[0].params[1].0, "y");
        assert_eq!(written.steps[0].params[1].1.as_deref(), Some("2"));
        assert_eq!(written.steps[1].filter, "b");
    }

    #[test]
    fn quotes_and_backslashes_keep_what_would_separate() {
        assert_eq!(value(r#"a:t="x, y + z""#), "x, y + z");
        assert_eq!(value("a:t='say \"hi\"'"), "say \"hi\"");
        assert_eq!(value(r#"a:t="a \"b\" \\ c""#), r#"a "b" \ c"#);
        assert_eq!(value(r"a:t=1\,5\+2"), "1,5+2");
        assert_eq!(value(r"a:t=\ x\ "), " x ");
    }

    #[test]
    fn values_hold_colons_equals_signs_and_inner_quotes() {
        assert_eq!(value("a:t=12:30=x"), "12:30=x");
        assert_eq!(value("a:t=it's 5\" wide"), "it's 5\" wide");
    }

    #[test]
    fn a_quoted_word_can_name_a_variant() {
        assert_eq!(parse("'a+b:c'=x", &[]).unwrap().name.unwrap(), "a+b:c");
    }

    #[test]
    fn a_parameter_may_lack_a_value() {
        assert_eq!(values("a:x,y=,z"), [None, Some(String::new()), None]);
    }
}

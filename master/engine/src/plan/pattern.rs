//! How the user wants outputs to be named: `{variant}/{dir}/{name}_{variant}`, and the like. Pure:
//! no disk is touched.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use jiff::civil::DateTime;
use jiff::fmt::strtime;
use lote_protocol::lang::Text;
use lote_protocol::task::Page;
use lote_protocol::text;

use super::names::{MAX_NAME_BYTES, fit};

/// Longest text of a pattern, in bytes, besides what stands in braces.
const MAX_TEXT_BYTES: usize = 80;

/// What may stand in braces.
const FIELDS: [&str; 10] =
    ["name", "variant", "dir", "n", "page", "date", "time", "width", "height", "format"];

/// How dates and times are written unless the pattern says otherwise.
const DATE: &str = "%Y-%m-%d";
const TIME: &str = "%H-%M-%S";

/// Where an output goes below the output folder, and what it is called, without its ending.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// As it was written.
    text: String,
    /// The folders, and last the file.
    components: Vec<Vec<PathPart>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum PathPart {
    Text(String),
    Name,
    Variant,
    Dir,
    /// With at least so many digits; `None` is as many as the last image's number has.
    Number(Option<usize>),
    /// The frame or page; likewise.
    Page(Option<usize>),
    /// A date or time, as strftime writes it.
    Moment(String),
    Width,
    Height,
    Format,
}

/// Why a pattern cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Something in braces that stands for nothing.
    Unknown {
        /// What stands there.
        field: String,
        /// What may have been meant.
        near: Option<&'static str>,
    },
    /// A brace that is not closed, or not opened.
    Brace,
    /// Images would share their names.
    Constant,
    /// A character that a file name cannot have everywhere.
    Character(char),
    /// Too long.
    TooLong,
    /// Reserved.
    Reserved,
    /// An empty folder, or one that leads out of the output folder.
    Leaves,
    /// What follows the colon in braces.
    Style(String),
}

impl PatternError {
    /// What is wrong, one line.
    pub fn text(&self) -> Text {
        match self {
            Self::Unknown { field, near: Some(near) } => text!(
                "{} stands for nothing in a name; did you mean {}?",
                format!("{{{field}}}"),
                format!("{{{near}}}")
            ),
            Self::Unknown { field, near: None } => text!(
                "{} stands for nothing in a name; {} do",
                format!("{{{field}}}"),
                format!("{{{}}}", FIELDS.join("} {"))
            ),
            Self::Brace => {
                text!("a brace of the name pattern has no partner; {{ and }} stand for braces")
            }
            Self::Constant => text!(
                "the name pattern needs {name}, {n}, {date} or {time}, or all images would have the same name"
            ),
            Self::Character(c) => text!("a name cannot contain {}", format!("{c:?}")),
            Self::TooLong => {
                text!("the text of the name pattern is longer than {} bytes", MAX_TEXT_BYTES)
            }
            Self::Reserved => {
                text!("names that start with .lote are for the program's own files")
            }
            Self::Leaves => text!(
                "the name pattern leads out of the output folder, or has a folder without a name"
            ),
            Self::Style(field) => text!(
                "{} cannot be written so; {n:04} and {date:%Y-%m} can",
                format!("{{{field}}}")
            ),
        }
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.components == other.components
    }
}

impl Eq for Pattern {}

impl Default for Pattern {
    /// `{variant}/{dir}/{name}_{variant}`.
    fn default() -> Self {
        Self {
            text: "{name}_{variant}".to_owned(),
            components: vec![
                vec![PathPart::Variant],
                vec![PathPart::Dir],
                vec![PathPart::Name, PathPart::Text("_".into()), PathPart::Variant],
            ],
        }
    }
}

impl fmt::Display for Pattern {
    /// As it can be read again.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let mut components = vec![Vec::new()];
        if !outside_braces(text).any(|c| c == '/') {
            components = vec![vec![PathPart::Variant], vec![PathPart::Dir], Vec::new()];
        }
        let (mut rest, mut text_bytes) = (text, 0);
        while let Some(first) = rest.chars().next() {
            let Some(component) = components.last_mut() else { return Err(PatternError::Leaves) };
            let part = match first {
                '/' => {
                    components.push(Vec::new());
                    rest = &rest[1..];
                    continue;
                }
                '{' if !rest.starts_with("{{") => {
                    let (field, after) = rest[1..].split_once('}').ok_or(PatternError::Brace)?;
                    rest = after;
                    field_part(field)?
                }
                '}' if !rest.starts_with("}}") => return Err(PatternError::Brace),
                c if c.is_control() || FORBIDDEN.contains(c) => {
                    return Err(PatternError::Character(c));
                }
                c => {
                    rest = &rest[c.len_utf8() * if "{}".contains(c) { 2 } else { 1 }..];
                    text_bytes += c.len_utf8();
                    if let Some(PathPart::Text(text)) = component.last_mut() {
                        text.push(c);
                        continue;
                    }
                    PathPart::Text(c.to_string())
                }
            };
            component.push(part);
        }
        let varies = |part: &PathPart| {
            matches!(part, PathPart::Name | PathPart::Number(_) | PathPart::Moment(_))
        };
        if !components.iter().flatten().any(varies) {
            return Err(PatternError::Constant);
        }
        for component in &components {
            match component.as_slice() {
                [] => return Err(PatternError::Leaves),
                [PathPart::Text(text)] if text.chars().all(|c| c == '.') => {
                    return Err(PatternError::Leaves);
                }
                [PathPart::Text(text), ..] if text.starts_with(".lote") => {
                    return Err(PatternError::Reserved);
                }
                _ => {}
            }
        }
        if text_bytes > MAX_TEXT_BYTES {
            return Err(PatternError::TooLong);
        }
        Ok(Self { text: text.to_owned(), components })
    }
}

/// What no file name can have on every system.
const FORBIDDEN: &str = "\\<>:\"|?*";

fn outside_braces(text: &str) -> impl Iterator<Item = char> {
    let mut inside = false;
    text.chars().filter(move |c| {
        inside = (inside || *c == '{') && *c != '}';
        !inside
    })
}

fn field_part(field: &str) -> Result<PathPart, PatternError> {
    let (name, style) = match field.split_once(':') {
        Some((name, style)) => (name, Some(style)),
        None => (field, None),
    };
    let short = || field.chars().take(30).collect::<String>();
    let moment = |style: &str| {
        let sample = DateTime::constant(2024, 12, 31, 23, 59, 58, 0);
        match strtime::format(style, sample) {
            Ok(text) if !text.is_empty() => Ok(PathPart::Moment(style.to_owned())),
            _ => Err(PatternError::Style(short())),
        }
    };
    let part = match (name, style) {
        ("n" | "page", Some(digits)) => match digits.trim_start_matches('0').parse() {
            Ok(count @ 1..=MAX_DIGITS) if name == "n" => PathPart::Number(Some(count)),
            Ok(count @ 1..=MAX_DIGITS) => PathPart::Page(Some(count)),
            _ => return Err(PatternError::Style(short())),
        },
        ("date", style) => moment(style.unwrap_or(DATE))?,
        ("time", style) => moment(style.unwrap_or(TIME))?,
        ("name", None) => PathPart::Name,
        ("variant", None) => PathPart::Variant,
        ("dir", None) => PathPart::Dir,
        ("n", None) => PathPart::Number(None),
        ("width", None) => PathPart::Width,
        ("height", None) => PathPart::Height,
        ("format", None) => PathPart::Format,
        ("page", None) => PathPart::Page(None),
        (name, Some(_)) if FIELDS.contains(&name) => return Err(PatternError::Style(short())),
        _ => {
            let close = |known: &&str| (strsim::jaro_winkler(name, known) * 1000.0) as u32;
            let near = FIELDS.into_iter().max_by_key(close).filter(|known| close(known) >= 750);
            return Err(PatternError::Unknown { field: short(), near });
        }
    };
    Ok(part)
}

/// Most digits of a number in a name.
pub const MAX_DIGITS: usize = 12;

/// The number of an image, and how many digits `{n}` has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    /// From 1.
    pub value: u32,
    /// At least so many.
    pub digits: usize,
}

/// What the name of an output is made from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts<'a> {
    /// The name of the image, without its ending.
    pub(super) stem: &'a OsStr,
    /// The image's folder below the one that was named.
    pub(super) dir: &'a Path,
    /// The name of the variant.
    pub(super) variant: &'a str,
    /// The image's number.
    pub(super) number: Number,
    /// Which frame or page it shows; 1 of 1 where there is one.
    pub(super) page: Page,
    /// When the photo was taken.
    pub(super) moment: DateTime,
    /// The width and height of the result, px; known if the pattern asks for them.
    pub(super) size: (u32, u32),
    /// The format of the result.
    pub(super) format: &'a str,
    /// Its ending, without the point.
    pub(super) extension: &'a OsStr,
    /// Above 1, its number among images that would have the same output.
    pub(super) copy: u32,
    /// Above 1, its number among files of that name which exist.
    pub(super) again: u32,
}

impl Pattern {
    /// Whether images are counted.
    pub(super) fn counts(&self) -> bool {
        self.parts().any(|part| matches!(part, PathPart::Number(_)))
    }

    /// Whether each frame or page is an output of its own.
    pub(crate) fn parts_pages(&self) -> bool {
        self.parts().any(|part| matches!(part, PathPart::Page(_)))
    }

    /// Whether the time of the photo is asked for.
    pub(super) fn asks_when(&self) -> bool {
        self.parts().any(|part| matches!(part, PathPart::Moment(_)))
    }

    /// Whether the size of the result is asked for.
    pub(super) fn asks_size(&self) -> bool {
        self.parts().any(|part| matches!(part, PathPart::Width | PathPart::Height))
    }

    /// Whether every variant has a folder of its own.
    pub(super) fn parts_variants(&self) -> bool {
        let folders = self.components.split_last().map_or(&[][..], |(_, folders)| folders);
        folders.iter().any(|component| *component == [PathPart::Variant])
    }

    /// The uppermost folder of a variant's outputs; `None` if it depends on the image.
    pub fn top(&self, variant: &str) -> Option<OsString> {
        let (first, rest) = self.components.split_first()?;
        let mut top = OsString::new();
        for part in first {
            match part {
                PathPart::Text(text) => top.push(text),
                PathPart::Variant => top.push(variant),
                _ => return None,
            }
        }
        (!rest.is_empty()).then_some(top)
    }

    fn parts(&self) -> impl Iterator<Item = &PathPart> {
        self.components.iter().flatten()
    }

    /// Where an output goes, below the output folder.
    pub(super) fn path(&self, facts: &Facts<'_>) -> PathBuf {
        let mut path = PathBuf::new();
        let Some((file, folders)) = self.components.split_last() else { return path };
        for folder in folders {
            if *folder == [PathPart::Dir] {
                path.extend(normal(facts.dir));
            } else {
                path.push(component(folder, facts, None, OsStr::new("")));
            }
        }
        let mut tail = OsString::new();
        let in_stem = file.contains(&PathPart::Name);
        for number in [facts.copy * u32::from(!in_stem), facts.again] {
            if number > 1 {
                tail.push(format!("-{number}"));
            }
        }
        if !facts.extension.is_empty() {
            tail.push(".");
            tail.push(facts.extension);
        }
        path.push(component(file, facts, Some(facts.copy), &tail));
        path
    }
}

fn normal(dir: &Path) -> impl Iterator<Item = &OsStr> {
    dir.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name),
        _ => None,
    })
}

/// One folder's or file's name. A stem that makes it too long is shortened as by [`fit`].
fn component(parts: &[PathPart], facts: &Facts<'_>, copy: Option<u32>, tail: &OsStr) -> OsString {
    let mut stem = facts.stem.to_owned();
    if let Some(copy) = copy.filter(|copy| *copy > 1) {
        stem.push(format!("-{copy}"));
    }
    let others: Vec<_> = parts.iter().map(|part| value(part, facts)).collect();
    let taken: usize = others.iter().flatten().map(|value| value.len()).sum();
    let stem = fit(&stem, taken + tail.len());
    let mut name = OsString::new();
    for value in &others {
        name.push(value.as_ref().unwrap_or(&stem));
    }
    let bytes = name.as_encoded_bytes();
    let is_relative = tail.is_empty() && bytes.iter().all(|byte| *byte == b'.');
    if is_relative || bytes.starts_with(b".lote") {
        let plain = std::mem::replace(&mut name, OsString::from("_"));
        name.push(plain);
    }
    let mut name = fit(&name, tail.len());
    name.push(tail);
    debug_assert!(name.len() <= MAX_NAME_BYTES);
    name
}

/// What a part stands for; `None` is the stem.
fn value(part: &PathPart, facts: &Facts<'_>) -> Option<OsString> {
    Some(match part {
        PathPart::Name => return None,
        PathPart::Text(text) => text.into(),
        PathPart::Variant => facts.variant.into(),
        PathPart::Dir => normal(facts.dir).collect::<Vec<_>>().join(OsStr::new("_")),
        PathPart::Number(digits) => {
            let Number { value, digits: usual } = facts.number;
            format!("{value:00$}", digits.unwrap_or(usual)).into()
        }
        PathPart::Page(digits) => {
            let usual = facts.page.of.max(1).ilog10() as usize + 1;
            format!("{:01$}", facts.page.number, digits.unwrap_or(usual)).into()
        }
        // The style was tried out when the pattern was read.
        PathPart::Moment(style) => {
            let text = strtime::format(style, facts.moment).unwrap_or_default();
            let safe =
                |c: char| if c.is_control() || c == '/' || FORBIDDEN.contains(c) { '_' } else { c };
            text.chars().map(safe).collect::<String>().into()
        }
        PathPart::Width => facts.size.0.to_string().into(),
        PathPart::Height => facts.size.1.to_string().into(),
        PathPart::Format => facts.format.into(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn facts<'a>() -> Facts<'a> {
        Facts {
            stem: OsStr::new("foto"),
            dir: Path::new("2024/boda"),
            variant: "web",
            number: Number { value: 7, digits: 3 },
            page: Page { number: 3, of: 12 },
            moment: DateTime::constant(2023, 5, 9, 17, 4, 5, 0),
            size: (1600, 1067),
            format: "jpeg",
            extension: OsStr::new("jpg"),
            copy: 1,
            again: 1,
        }
    }

    fn named(pattern: &str) -> String {
        let pattern: Pattern = pattern.parse().unwrap();
        pattern.path(&facts()).to_str().unwrap().to_owned()
    }

    #[test]
    fn every_field_stands_for_something_of_the_image_or_its_output() {
        for (pattern, path) in [
            ("{name}_{variant}", "web/2024/boda/foto_web.jpg"),
            ("{variant}/{dir}/{name}_{variant}", "web/2024/boda/foto_web.jpg"),
            ("boda {n} ({name})", "web/2024/boda/boda 007 (foto).jpg"),
            ("{variant}/{n:05}-{n:01}", "web/00007-7.jpg"),
            ("{dir}/{name}", "2024/boda/foto.jpg"),
            ("x/{dir}_{name}", "x/2024_boda_foto.jpg"),
            ("{date}/{time}-{name}", "2023-05-09/17-04-05-foto.jpg"),
            ("{date:%Y}/{date:%m}/{name}", "2023/05/foto.jpg"),
            ("{date:%Y/%m}/{time:%H:%M}_{n}", "2023_05/17_04_007.jpg"),
            ("{format}/{name}_{width}x{height}", "jpeg/foto_1600x1067.jpg"),
            ("{{{name}}}", "web/2024/boda/{foto}.jpg"),
            ("{name}-{page}-{page:04}", "web/2024/boda/foto-03-0003.jpg"),
        ] {
            assert_eq!(named(pattern), path, "{pattern}");
            assert_eq!(pattern.parse::<Pattern>().unwrap().to_string(), pattern);
        }
        assert_eq!("{name}_{variant}".parse(), Ok(Pattern::default()));
        assert_eq!("{variant}/{dir}/{name}_{variant}".parse(), Ok(Pattern::default()));
    }

    #[test]
    fn what_cannot_name_files_is_refused() {
        let error = |text: &str| text.parse::<Pattern>().unwrap_err();
        for text in ["all", "", "{variant}", "{variant}/{dir}/x", "{width}", "{page}"] {
            assert_eq!(error(text), PatternError::Constant, "{text}");
        }
        for text in ["../{name}", "/{name}", "a//{name}", "{name}/", "x/./{name}", "{name}/.."] {
            assert_eq!(error(text), PatternError::Leaves, "{text}");
        }
        assert_eq!(error("{name}\\x"), PatternError::Character('\\'));
        for text in ["{name", "name}{n}", "{name}}", "{{name}"] {
            assert_eq!(error(text), PatternError::Brace, "{text}");
        }
        assert_eq!(error(".lote-{n}"), PatternError::Reserved);
        assert_eq!(error(&format!("{{n}}{}", "x".repeat(81))), PatternError::TooLong);
        for text in ["{n:x}", "{n:099}", "{date:%!}", "{name:04}", "{date:}"] {
            assert!(matches!(error(text), PatternError::Style(_)), "{text}");
        }
        let said = error("{nam}_{variant}").to_string();
        assert_eq!(said, "{nam} stands for nothing in a name; did you mean {name}?");
        assert!(error("{xyz}").to_string().ends_with("{width} {height} {format} do"));
    }

    #[test]
    fn numbers_go_to_the_name_where_there_is_one_and_else_to_the_end() {
        let path = |pattern: &str, copy, again| {
            let facts = Facts { copy, again, ..facts() };
            pattern.parse::<Pattern>().unwrap().path(&facts).to_str().unwrap().to_owned()
        };
        assert_eq!(path("x/{name}_{variant}", 2, 3), "x/foto-2_web-3.jpg");
        assert_eq!(path("{name}/{date}", 2, 1), "foto/2023-05-09-2.jpg");
    }

    proptest! {
        #[test]
        fn nothing_leaves_the_output_folder_and_every_name_fits(
            pattern in "(\\{(name|dir|date|variant|n)\\}|[a-z./ ]){1,8}",
            stem in "[./a-zñ]{1,3}|\\.lote|[ñx]{200,300}",
            dir in "[a-z]{0,3}|\\.\\./x|/etc|\\.lote/y",
        ) {
            if let Ok(pattern) = pattern.parse::<Pattern>() {
                let stem = stem.replace('/', "");
                let facts = Facts { stem: OsStr::new(&stem), dir: Path::new(&dir), ..facts() };
                let path = pattern.path(&facts);
                for component in path.components() {
                    let Component::Normal(name) = component else {
                        return Err(TestCaseError::fail(path.display().to_string()));
                    };
                    prop_assert!(name.len() <= MAX_NAME_BYTES);
                }
                prop_assert!(path.file_name().is_some());
            }
        }
    }
}

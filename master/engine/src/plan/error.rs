//! Why a request cannot become a plan.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::{ExceptionError, LeftOut, PatternError};
use lote_imaging::filters::list as characters;
use lote_protocol::filter::CallError;
use lote_protocol::lang::Text;
pub use lote_protocol::lang::reason;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::text;

/// Why a request cannot become a plan, or a plan cannot start. Nothing has been written then,
/// except perhaps empty output folders.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// No path was given.
    NoPaths,
    /// No variant was given.
    NoVariants,
    /// A variant cannot be used.
    Variant(#[from] CallError),
    /// What one image is to have otherwise cannot be.
    Exception(Box<ExceptionError>),
    /// What outputs of a variant are to be called.
    Pattern(#[from] PatternError),
    /// A file that a filter needs cannot be used.
    Asset {
        /// The file.
        path: PathBuf,
        /// What stands in the way.
        reason: Text,
    },
    /// There is no such font.
    NoFont {
        /// What was asked for.
        name: String,
    },
    /// There is no font for some of a text.
    Unwritable {
        /// The text.
        text: String,
        /// The characters that no font has.
        missing: Vec<char>,
    },
    /// There is no image to work on.
    NothingFound {
        /// Where they were looked for.
        paths: Vec<PathBuf>,
        /// Whether there are subfolders that were not searched.
        subfolders: bool,
        /// What was there, and why it was left out.
        left_out: Box<LeftOut>,
    },
    /// None of the paths could be read; this is the first.
    Unreadable {
        /// The path.
        path: PathBuf,
        /// What stands in the way.
        reason: Text,
    },
    /// Outputs would be written among the inputs.
    InputIsOutput {
        /// The folder.
        path: PathBuf,
    },
    /// An output would replace an input.
    WouldReplaceInput {
        /// The output, which is also an input.
        output: PathBuf,
    },
    /// Images would have outputs of the same path.
    Collision {
        /// How many images collide with an earlier one.
        count: usize,
        /// The first few of them: the earlier image and the one that collides with it.
        first: Vec<(PathBuf, PathBuf)>,
    },
    /// Variants would write the same file.
    VariantsCollide {
        /// How many outputs collide with an earlier one.
        count: usize,
        /// A variant.
        one: String,
        /// And another.
        other: String,
        /// An image of theirs.
        image: PathBuf,
    },
    /// Pages of an image would have the same output in a variant.
    PagesCollide {
        /// The variant.
        variant: String,
        /// The image.
        image: PathBuf,
    },
    /// A name asks for a size that only the finished picture has.
    SizeUnknown {
        /// The variant.
        variant: String,
        /// The filter whose result depends on more than the size.
        filter: String,
    },
    /// The size of what has `{width}` or `{height}` in its name is that of a page, which may be another
    /// one than the first page's.
    PageSizeUnknown {
        /// The image.
        image: PathBuf,
    },
    /// Outputs exist and may not be replaced.
    Exists {
        /// How many.
        count: usize,
        /// The first few of them.
        first: Vec<PathBuf>,
    },
    /// An output folder cannot be made or written to.
    CannotWrite {
        /// The folder.
        path: PathBuf,
        /// What stands in the way.
        reason: Text,
    },
}

impl From<ExceptionError> for PlanError {
    fn from(error: ExceptionError) -> Self {
        Self::Exception(Box::new(error))
    }
}

/// What an error means for the program's exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorClass {
    /// The request makes no sense as it stands: exit code 2.
    Usage,
    /// There is nothing to work on: exit code 3.
    NothingMatched,
    /// Starting would do harm: exit code 4.
    Refused,
}

impl PlanError {
    /// What it means for the exit code.
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::NoPaths
            | Self::NoVariants
            | Self::Variant(_)
            | Self::Exception(_)
            | Self::Pattern(_)
            | Self::SizeUnknown { .. }
            | Self::PageSizeUnknown { .. }
            | Self::Asset { .. }
            | Self::NoFont { .. }
            | Self::Unwritable { .. } => ErrorClass::Usage,
            Self::NothingFound { .. } | Self::Unreadable { .. } => ErrorClass::NothingMatched,
            Self::InputIsOutput { .. }
            | Self::WouldReplaceInput { .. }
            | Self::Collision { .. }
            | Self::VariantsCollide { .. }
            | Self::PagesCollide { .. }
            | Self::Exists { .. }
            | Self::CannotWrite { .. } => ErrorClass::Refused,
        }
    }

    /// The same error with its paths as `told` says them.
    #[must_use]
    pub fn with_paths(self, told: impl Fn(&Path) -> PathBuf) -> Self {
        let all = |paths: Vec<PathBuf>| paths.iter().map(|path| told(path)).collect();
        match self {
            Self::NoPaths
            | Self::NoVariants
            | Self::Variant(_)
            | Self::Exception(_)
            | Self::Pattern(_)
            | Self::SizeUnknown { .. }
            | Self::NoFont { .. }
            | Self::Unwritable { .. } => self,
            Self::Asset { path, reason } => Self::Asset { path: told(&path), reason },
            Self::PageSizeUnknown { image } => Self::PageSizeUnknown { image: told(&image) },
            Self::VariantsCollide { count, one, other, image } => {
                Self::VariantsCollide { count, one, other, image: told(&image) }
            }
            Self::PagesCollide { variant, image } => {
                Self::PagesCollide { variant, image: told(&image) }
            }
            Self::NothingFound { paths, subfolders, left_out } => {
                Self::NothingFound { paths: all(paths), subfolders, left_out }
            }
            Self::Unreadable { path, reason } => Self::Unreadable { path: told(&path), reason },
            Self::InputIsOutput { path } => Self::InputIsOutput { path: told(&path) },
            Self::WouldReplaceInput { output } => Self::WouldReplaceInput { output: told(&output) },
            Self::Collision { count, first } => {
                let both = |(earlier, later): &(PathBuf, PathBuf)| (told(earlier), told(later));
                Self::Collision { count, first: first.iter().map(both).collect() }
            }
            Self::Exists { count, first } => Self::Exists { count, first: all(first) },
            Self::CannotWrite { path, reason } => Self::CannotWrite { path: told(&path), reason },
        }
    }

    /// What stands in the way, one line.
    pub fn text(&self) -> Text {
        match self {
            Self::NoPaths => text!("no input given"),
            Self::NoVariants => text!("no filter given"),
            Self::Variant(error) => error.text(),
            Self::Exception(error) => error.text(),
            Self::Pattern(error) => error.text(),
            Self::Asset { path, reason } => text!("cannot use {}: {}", shown(path), reason.clone()),
            Self::NoFont { name } => text!("no font is called {}, and no file", name),
            Self::Unwritable { text, missing } => text!(
                "the text {} cannot be written: no font here has {}",
                format!("\"{}\"", text.escape_debug()),
                characters(missing)
            ),
            Self::NothingFound { paths, .. } => text!("no images found in {}", list(paths)),
            Self::Unreadable { path, reason } => {
                text!("cannot read {}: {}", shown(path), reason.clone())
            }
            Self::InputIsOutput { path } => {
                text!("{} is an input folder and would be written to", shown(path))
            }
            Self::WouldReplaceInput { output } => {
                text!("the output {} would replace an input", shown(output))
            }
            Self::Collision { count: 1, first } => {
                text!("1 image would have the same output as another: {}", pairs(first))
            }
            Self::Collision { count, first } => {
                text!("{} images would have the same output as another: {}", *count, pairs(first))
            }
            Self::VariantsCollide { one, other, image, .. } => text!(
                "the variants {} and {} would have the same output of {}",
                one,
                other,
                shown(image)
            ),
            Self::PagesCollide { variant, image } => {
                text!("the pages of {} would have the same output in {}", shown(image), variant)
            }
            Self::SizeUnknown { variant, filter } => {
                text!("{width} and {height} are not known before {} of {} is done", filter, variant)
            }
            Self::PageSizeUnknown { image } => {
                text!("{width} and {height} are not known of each page of {}", shown(image))
            }
            Self::Exists { count: 1, first } => {
                text!("1 of the outputs exists: {}", list(first))
            }
            Self::Exists { count, first } => {
                text!("{} of the outputs exist: {}", *count, list(first))
            }
            Self::CannotWrite { path, reason } => {
                text!("cannot write to {}: {}", shown(path), reason.clone())
            }
        }
    }

    /// What to do about it, one line.
    pub fn hint(&self) -> Text {
        match self {
            Self::NoPaths => text!("name files or folders with images"),
            Self::NoVariants => text!("name a filter, as in -f grises; `lote filters` lists them"),
            Self::Variant(error) => error.hint(),
            Self::Exception(error) => error.hint(),
            Self::Pattern(_) => Text::default(),
            Self::NoFont { .. } => {
                text!("give the path of a font file, or a family as in fc-list")
            }
            Self::Unwritable { .. } => text!(
                "install a font that has them (Noto has one for every script), or give it by fuente; coloured emoji are not drawn"
            ),
            Self::NothingFound { left_out, .. } if left_out.filtered.count > 0 => {
                text!("--include and --exclude leave everything out")
            }
            Self::NothingFound { subfolders: true, .. } => text!("-R searches subfolders too"),
            Self::NothingFound { left_out, .. } if left_out.misnamed.count > 0 => text!(
                "{} is an image by its content; name it, or give it an ending that says so",
                left_out.misnamed.first.first().map_or("?", String::as_str)
            ),
            Self::NothingFound { .. } => text!(
                "`lote formats` lists the endings of images; a file given by its own name is taken whatever it is called"
            ),
            Self::Unreadable { .. } => text!("check the path and its permissions"),
            Self::Asset { .. } => text!("name another file, or check its path and permissions"),
            Self::InputIsOutput { .. } | Self::WouldReplaceInput { .. } => {
                text!("originals are never touched; choose another folder with -o")
            }
            Self::VariantsCollide { .. } => text!("put {variant} into the name pattern"),
            Self::PagesCollide { .. } => text!("put {page} into the name pattern"),
            Self::SizeUnknown { .. } | Self::PageSizeUnknown { .. } => {
                text!("take {width} and {height} out of the name pattern")
            }
            Self::Collision { .. } => {
                text!("--if-collides rename numbers them; or process the folders one by one")
            }
            Self::Exists { .. } => {
                text!("--if-exists overwrite, skip or rename goes on in spite of them")
            }
            Self::CannotWrite { .. } => text!("choose another folder with -o"),
        }
    }
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| shown(path)).collect::<Vec<_>>().join(", ")
}

fn pairs(pairs: &[(PathBuf, PathBuf)]) -> Text {
    Text::list(
        pairs.iter().map(|(earlier, later)| text!("{} and {}", shown(earlier), shown(later))),
    )
}

/// Why an input cannot be read.
pub(super) fn read_failure(error: &io::Error) -> Failure {
    let kind = match error.kind() {
        io::ErrorKind::NotFound => FailureKind::NotFound,
        io::ErrorKind::PermissionDenied => FailureKind::Permission,
        _ => FailureKind::Read,
    };
    Failure::new(kind, reason(error))
}

/// A folder that could not be searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The folder.
    pub path: PathBuf,
    /// Why not.
    pub failure: Failure,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_quoted_with_its_combining_marks() {
        let text = "नमस्ते \u{202e}\n".to_owned();
        let error = PlanError::Unwritable { text, missing: vec!['न'] };
        let said = r#"the text "नमस्ते \u{202e}\n" cannot be written: no font here has न"#;
        assert_eq!(error.to_string(), said);
    }
}

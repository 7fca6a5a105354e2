//! Why a request cannot become a plan.

use std::io;
use std::path::{Path, PathBuf};

use super::LeftOut;
use crate::job::ExceptionError;
use lote_imaging::filters::list as characters;
use lote_protocol::filter::CallError;
use lote_protocol::outcome::{Failure, FailureKind};

/// Why a request cannot become a plan, or a plan cannot start. Nothing has been written then,
/// except perhaps empty output folders.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// No path was given.
    #[error("no input given")]
    NoPaths,
    /// No variant was given.
    #[error("no filter given")]
    NoVariants,
    /// A variant cannot be used.
    #[error(transparent)]
    Variant(#[from] CallError),
    /// What one image is to have otherwise cannot be.
    #[error(transparent)]
    Exception(Box<ExceptionError>),
    /// A file that a filter needs cannot be used.
    #[error("cannot use {}: {reason}", path.display())]
    Asset {
        /// The file.
        path: PathBuf,
        /// What stands in the way.
        reason: String,
    },
    /// There is no such font.
    #[error("no font is called {name}, and no file")]
    NoFont {
        /// What was asked for.
        name: String,
    },
    /// There is no font for some of a text.
    #[error("the text {text:?} cannot be written: no font here has {}", characters(missing))]
    Unwritable {
        /// The text.
        text: String,
        /// The characters that no font has.
        missing: Vec<char>,
    },
    /// There is no image to work on.
    #[error("no images found in {}", list(paths))]
    NothingFound {
        /// Where they were looked for.
        paths: Vec<PathBuf>,
        /// Whether there are subfolders that were not searched.
        subfolders: bool,
        /// What was there, and why it was left out.
        left_out: Box<LeftOut>,
    },
    /// None of the paths could be read; this is the first.
    #[error("cannot read {}: {reason}", path.display())]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// What stands in the way.
        reason: String,
    },
    /// Outputs would be written among the inputs.
    #[error("{} is an input folder and would be written to", path.display())]
    InputIsOutput {
        /// The folder.
        path: PathBuf,
    },
    /// An output would replace an input.
    #[error("the output {} would replace an input", output.display())]
    WouldReplaceInput {
        /// The output, which is also an input.
        output: PathBuf,
    },
    /// Images would have outputs of the same path.
    #[error("{count} {} would have the same output as another: {}", images(*count), pairs(first))]
    Collision {
        /// How many images collide with an earlier one.
        count: usize,
        /// The first few of them: the earlier image and the one that collides with it.
        first: Vec<(PathBuf, PathBuf)>,
    },
    /// Variants would write the same file.
    #[error(
        "the variants {one} and {other} would have the same output of {}",
        image.display()
    )]
    VariantsCollide {
        /// A variant.
        one: String,
        /// And another.
        other: String,
        /// An image of theirs.
        image: PathBuf,
    },
    /// A name asks for a size that only the finished picture has.
    #[error("{{width}} and {{height}} are not known before {filter} of {variant} is done")]
    SizeUnknown {
        /// The variant.
        variant: String,
        /// The filter whose result depends on more than the size.
        filter: String,
    },
    /// Outputs exist and may not be replaced.
    #[error("{count} of the outputs {}: {}", exist(*count), list(first))]
    Exists {
        /// How many.
        count: usize,
        /// The first few of them.
        first: Vec<PathBuf>,
    },
    /// An output folder cannot be made or written to.
    #[error("cannot write to {}: {reason}", path.display())]
    CannotWrite {
        /// The folder.
        path: PathBuf,
        /// What stands in the way.
        reason: String,
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
            | Self::SizeUnknown { .. }
            | Self::Asset { .. }
            | Self::NoFont { .. }
            | Self::Unwritable { .. } => ErrorClass::Usage,
            Self::NothingFound { .. } | Self::Unreadable { .. } => ErrorClass::NothingMatched,
            Self::InputIsOutput { .. }
            | Self::WouldReplaceInput { .. }
            | Self::Collision { .. }
            | Self::VariantsCollide { .. }
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
            | Self::SizeUnknown { .. }
            | Self::NoFont { .. }
            | Self::Unwritable { .. } => self,
            Self::Asset { path, reason } => Self::Asset { path: told(&path), reason },
            Self::VariantsCollide { one, other, image } => {
                Self::VariantsCollide { one, other, image: told(&image) }
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

    /// What to do about it, one line.
    pub fn hint(&self) -> String {
        match self {
            Self::NoPaths => "name files or folders with images".into(),
            Self::NoVariants => "name a filter, as in -f grises; `lote filters` lists them".into(),
            Self::Variant(error) => error.hint(),
            Self::Exception(error) => error.hint(),
            Self::NoFont { .. } => "give the path of a font file, or a family as in fc-list".into(),
            Self::Unwritable { .. } => {
                "install a font that has them (Noto has one for every script), or give it by fuente; \
                 coloured emoji are not drawn"
                    .into()
            }
            Self::NothingFound { left_out, .. } if left_out.filtered.count > 0 => {
                "--include and --exclude leave everything out".into()
            }
            Self::NothingFound { subfolders: true, .. } => "-R searches subfolders too".into(),
            Self::NothingFound { left_out, .. } if left_out.misnamed.count > 0 => format!(
                "{} is an image by its content; name it, or give it an ending that says so",
                left_out.misnamed.first.first().map_or("a file", String::as_str)
            ),
            Self::NothingFound { .. } => {
                "`lote formats` lists the endings of images; a file given by its own name is taken \
                 whatever it is called"
                    .into()
            }
            Self::Unreadable { .. } | Self::Asset { .. } => {
                "check the path and its permissions".into()
            }
            Self::InputIsOutput { .. } | Self::WouldReplaceInput { .. } => {
                "originals are never touched; choose another folder with -o".into()
            }
            Self::VariantsCollide { .. } => "put {variant} into the name pattern".into(),
            Self::SizeUnknown { .. } => "take {width} and {height} out of the name pattern".into(),
            Self::Collision { .. } => {
                "--if-collides rename numbers them; or process the folders one by one".into()
            }
            Self::Exists { .. } => {
                "--if-exists overwrite, skip or rename goes on in spite of them".into()
            }
            Self::CannotWrite { .. } => "choose another folder with -o".into(),
        }
    }
}

const fn images(count: usize) -> &'static str {
    if count == 1 { "image" } else { "images" }
}

const fn exist(count: usize) -> &'static str {
    if count == 1 { "exists" } else { "exist" }
}

fn list(paths: &[PathBuf]) -> String {
    let shown = paths.iter().map(|path| path.display().to_string());
    shown.collect::<Vec<_>>().join(", ")
}

fn pairs(pairs: &[(PathBuf, PathBuf)]) -> String {
    let shown = pairs
        .iter()
        .map(|(earlier, later)| format!("{} and {}", earlier.display(), later.display()));
    shown.collect::<Vec<_>>().join("; ")
}

/// An I/O error in words, without its number.
pub fn reason(error: &io::Error) -> String {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::NotFound => "no such file or folder".into(),
        Kind::PermissionDenied => "permission denied".into(),
        Kind::NotADirectory | Kind::AlreadyExists => "a file stands where a folder should".into(),
        Kind::ReadOnlyFilesystem => "the file system is read-only".into(),
        Kind::StorageFull | Kind::QuotaExceeded => "no space left on the disk".into(),
        Kind::InvalidFilename => "its name is too long".into(),
        _ => {
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or_default();
            text.to_lowercase()
        }
    }
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

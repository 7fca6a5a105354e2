//! The filters: one file each, described once, listed once.
//!
//! What a filter does on 8-bit samples without alpha is what Pillow 13 does, to the last bit;
//! 16-bit samples get the same formula at their own scale. Filters that change colours leave alpha
//! alone, those that move pixels weigh them by it.
//!
//! To add one: its file, with a `pub static` of type [`Registered`], and its line in [`REGISTRY`].

// The operations of a pixel have to end up inside the loops that were compiled for AVX2 and
// AVX-512; left as calls they would be compiled for the baseline.
#![allow(clippy::inline_always)]

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use lote_protocol::filter::{FilterCall, FilterSpec, Params};
use lote_protocol::lang::Text;
use lote_protocol::message::Size;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::Limits;
use lote_protocol::text;

use crate::picture::{Channels, Picture};
use crate::pool::Pool;
use crate::text::Facts;

mod assets;
pub mod autocontrast;
pub mod blur;
pub mod border;
pub mod brightness;
mod chain;
pub mod contrast;
pub mod crop;
pub mod duotone;
pub mod edges;
pub mod emboss;
pub mod equalize;
pub mod flip;
pub mod grayscale;
pub mod hue;
pub mod invert;
mod kernels;
pub mod levels;
pub mod logo;
pub mod lut;
pub mod median;
pub mod pad;
pub mod pixelate;
mod place;
pub mod posterize;
pub mod resize;
pub mod rotate;
pub mod saturation;
pub mod sepia;
pub mod sharpen;
pub mod solarize;
pub mod temperature;
pub mod threshold;
pub mod trim;
pub mod unsharp;
pub mod vignette;
pub mod watermark;

use assets::Emblem;
pub use assets::{Asset, Assets};
pub use chain::apply_all;

/// Why a filter could not be applied.
#[derive(Debug, thiserror::Error)]
pub enum FilterError {
    /// The result would be larger than allowed.
    TooLarge {
        /// Columns, px.
        width: u64,
        /// Rows, px.
        height: u64,
        /// The limit, px.
        max_pixels: u64,
    },
    /// The result would take more memory than allowed.
    TooMuch {
        /// Columns, px.
        width: u32,
        /// Rows, px.
        height: u32,
        /// What it would take, bytes.
        bytes: u64,
        /// The limit, bytes.
        max_bytes: u64,
    },
    /// A call names a filter that this build does not have.
    Unknown(String),
    /// A file that a parameter names cannot be used.
    Asset {
        /// The file, as the parameter has it.
        name: String,
        /// What is wrong with it.
        what: Text,
    },
    /// No font has some of the characters.
    Unwritable {
        /// The characters, each once.
        characters: Vec<char>,
    },
}

impl FilterError {
    /// What is wrong, one line.
    pub fn text(&self) -> Text {
        match self {
            Self::TooLarge { width, height, max_pixels } => text!(
                "the result would have {} x {} px, more than the limit of {} px",
                *width,
                *height,
                *max_pixels
            ),
            Self::TooMuch { width, height, bytes, max_bytes } => text!(
                "the result would have {} x {} px and take {} MiB, more than the limit of {} MiB",
                *width,
                *height,
                bytes.div_ceil(1 << 20),
                max_bytes >> 20
            ),
            Self::Unknown(name) => text!("defect in Lote: there is no filter {}", name),
            Self::Asset { name, what } => text!("{} cannot be used: {}", name, what.clone()),
            Self::Unwritable { characters } => text!("no font has {}", list(characters)),
        }
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}

/// Characters for a message, a few of them, with the codes of those that are no letters.
pub fn list(characters: &[char]) -> String {
    const MOST: usize = 12;
    let name = |c: &char| {
        if c.is_alphanumeric() { c.to_string() } else { format!("{c} (U+{:04X})", u32::from(*c)) }
    };
    let names: Vec<_> = characters.iter().take(MOST).map(name).collect();
    let more = if characters.len() > MOST { " …" } else { "" };
    format!("{}{more}", names.join(" "))
}

/// The picture that a filter works on.
#[derive(Debug)]
pub enum Source<'a> {
    /// Others need it too: it stays as it is.
    Shared(&'a Picture),
    /// Nobody else needs it: it may be changed in place or given to the pool.
    Owned(Picture),
}

impl Source<'_> {
    /// The picture, to be read.
    pub fn picture(&self) -> &Picture {
        match self {
            Self::Shared(picture) => picture,
            Self::Owned(picture) => picture,
        }
    }

    /// Gives an owned picture that is no longer needed back to the pool.
    pub fn recycle(self, pool: &mut Pool) {
        if let Self::Owned(picture) = self {
            pool.give(picture);
        }
    }

    /// The picture, to be kept: copied into a buffer of the pool if others need it too.
    pub fn into_owned(self, pool: &mut Pool) -> Picture {
        match self {
            Self::Shared(_) => kernels::canvas::copy(self, pool),
            Self::Owned(picture) => picture,
        }
    }
}

/// A filter with its parameters, ready to be applied to any number of pictures.
pub trait Filter: Send + Sync + std::fmt::Debug {
    /// Applies the filter. The buffers it needs come from `pool`, and an owned source that is
    /// not part of the result goes back there.
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError>;

    /// What it decides from the content of pictures, decided from all frames of an animation, so
    /// that they are treated alike. `None` for a filter that decides nothing.
    fn decide(&self, _frames: &[&Picture]) -> Option<Box<dyn Filter>> {
        None
    }

    /// Whether what was across is down afterwards: a turn by a quarter.
    fn swaps_sides(&self) -> bool {
        false
    }

    /// Whether an owned picture is changed in place, without a buffer of its size.
    fn is_in_place(&self) -> bool {
        true
    }

    /// The same for those who do not need all of the result at once: a few rows at a time. `None`
    /// where that cannot be done, or is of no use.
    fn by_rows<'a>(&self, _picture: &'a Picture, _pool: &mut Pool) -> Option<Box<dyn Rows + 'a>> {
        None
    }
}

/// A filter at work on one picture, a few rows at a time. The result has the picture's size, and 8
/// bits a sample.
pub trait Rows {
    /// What a pixel of the result consists of.
    fn channels(&self) -> Channels;

    /// Puts these rows of the result into `to`, which has just the room for them.
    fn draw(&mut self, rows: Range<usize>, to: &mut [u8], pool: &mut Pool);
}

/// What filters may know beside their parameters.
#[derive(Debug)]
pub struct Context<'a> {
    /// What is too large to make.
    pub limits: &'a Limits,
    /// Files that parameters name.
    pub assets: &'a Assets,
    /// What is known of the image.
    pub facts: &'a Facts,
}

static NOTHING: LazyLock<(Assets, Facts)> = LazyLock::new(Default::default);

impl<'a> Context<'a> {
    /// A context without files, of an image of which nothing is known.
    pub fn new(limits: &'a Limits) -> Self {
        let (assets, facts) = &*NOTHING;
        Self { limits, assets, facts }
    }

    /// What `read` makes of the file of that name.
    fn asset<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Arc<Asset>) -> Result<T, Text>,
    ) -> Result<T, FilterError> {
        let error = |what: Text| FilterError::Asset { name: name.to_owned(), what };
        let asset = self.assets.get(name).map_err(error)?;
        read(asset).map_err(error)
    }
}

/// Makes a filter ready.
pub type Build = fn(&Params<'_>, &Context<'_>) -> Result<Box<dyn Filter>, FilterError>;

/// A filter as the registry lists it.
#[derive(Debug)]
pub struct Registered {
    /// What users see of it.
    pub spec: FilterSpec,
    /// The size of its result.
    pub size: Measure,
    /// Makes it ready with those parameters, which have been checked against `spec`.
    pub build: Build,
}

/// What size, px, a picture of some size becomes with those parameters.
pub type Measure = fn(&Params<'_>, Size) -> ResultSize;

/// The size of a filter's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResultSize {
    /// It is known beforehand.
    Exactly(Size),
    /// What is in the picture decides, but it is no larger than this.
    AtMost(Size),
}

impl ResultSize {
    /// The size, or the largest that it can be.
    pub const fn largest(self) -> Size {
        match self {
            Self::Exactly(size) | Self::AtMost(size) => size,
        }
    }

    /// The size, if it is known beforehand.
    pub const fn exact(self) -> Option<Size> {
        match self {
            Self::Exactly(size) => Some(size),
            Self::AtMost(_) => None,
        }
    }
}

/// Of filters that do not change the size.
const fn same_size(_: &Params<'_>, size: Size) -> ResultSize {
    ResultSize::Exactly(size)
}

/// The size of what the called filters, applied in turn, make of a picture of that size, or the
/// first step's that is more than the limit.
///
/// # Errors
/// A result, be it one in between, is larger than allowed.
pub fn result_size(
    steps: &[FilterCall],
    size: Size,
    limits: &Limits,
) -> Result<ResultSize, FilterError> {
    let mut result = ResultSize::Exactly(size);
    for call in steps {
        let registered = find(call)?;
        let next =
            (registered.size)(&Params::new(&registered.spec, &call.params), result.largest());
        result = match (result, next) {
            (ResultSize::AtMost(_), next) => ResultSize::AtMost(next.largest()),
            (ResultSize::Exactly(_), next) => next,
        };
        let Size { width, height } = result.largest();
        let (width, height) = (u64::from(width), u64::from(height));
        if width * height > limits.max_pixels && result.largest() != size {
            return Err(FilterError::TooLarge { width, height, max_pixels: limits.max_pixels });
        }
    }
    Ok(result)
}

/// Width and height, px, of a picture of that size after these steps; or the first filter whose
/// result depends on more than the size.
pub fn exact_size(steps: &[FilterCall], size: (u32, u32)) -> Result<(u32, u32), &str> {
    steps.iter().try_fold(size, |(width, height), call| {
        let registered = find(call).map_err(|_| call.filter.as_str())?;
        let params = Params::new(&registered.spec, &call.params);
        let result = (registered.size)(&params, Size { width, height }).exact();
        result.map(|size| (size.width, size.height)).ok_or(call.filter.as_str())
    })
}

fn find(call: &FilterCall) -> Result<&'static Registered, FilterError> {
    REGISTRY
        .iter()
        .find(|registered| registered.spec.id == call.filter)
        .copied()
        .ok_or_else(|| FilterError::Unknown(call.filter.clone()))
}

/// All filters, in the order in which they are listed.
pub static REGISTRY: &[&Registered] = &[
    &invert::INVERT,
    &grayscale::GRAYSCALE,
    &blur::BLUR,
    &sharpen::SHARPEN,
    &brightness::BRIGHTNESS,
    &contrast::CONTRAST,
    &sepia::SEPIA,
    &edges::EDGES,
    &emboss::EMBOSS,
    &posterize::POSTERIZE,
    &resize::RESIZE,
    &watermark::WATERMARK,
    &crop::CROP,
    &pad::PAD,
    &border::BORDER,
    &rotate::ROTATE,
    &flip::FLIP,
    &trim::TRIM,
    &autocontrast::AUTOCONTRAST,
    &equalize::EQUALIZE,
    &solarize::SOLARIZE,
    &levels::LEVELS,
    &saturation::SATURATION,
    &hue::HUE,
    &temperature::TEMPERATURE,
    &lut::LUT,
    &vignette::VIGNETTE,
    &duotone::DUOTONE,
    &pixelate::PIXELATE,
    &unsharp::UNSHARP,
    &median::MEDIAN,
    &threshold::THRESHOLD,
    &logo::LOGO,
];

/// Makes a called filter ready. The master has checked the call; a worker of the same build knows
/// the same filters.
///
/// # Errors
/// What the filter says of its parameters in this context.
pub fn build(call: &FilterCall, context: &Context<'_>) -> Result<Box<dyn Filter>, FilterError> {
    let registered = find(call)?;
    (registered.build)(&Params::new(&registered.spec, &call.params), context)
}

impl From<FilterError> for Failure {
    fn from(error: FilterError) -> Self {
        let kind = match error {
            FilterError::Unknown(_) => FailureKind::Panic,
            FilterError::TooLarge { .. }
            | FilterError::TooMuch { .. }
            | FilterError::Unwritable { .. }
            | FilterError::Asset { .. } => FailureKind::Filter,
        };
        Self::new(kind, error.text())
    }
}

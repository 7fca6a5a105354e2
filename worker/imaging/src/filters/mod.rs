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

use std::ops::Range;

use lote_protocol::filter::{FilterCall, FilterSpec, Params};
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::Limits;

use crate::picture::{Channels, Picture};
use crate::pool::Pool;

pub mod blur;
pub mod brightness;
pub mod contrast;
pub mod edges;
pub mod emboss;
pub mod grayscale;
pub mod invert;
mod kernels;
pub mod posterize;
pub mod resize;
pub mod sepia;
pub mod sharpen;
pub mod watermark;

pub use resize::result_size;

/// Why a filter could not be applied.
#[derive(Debug, thiserror::Error)]
pub enum FilterError {
    /// The result would be larger than allowed.
    #[error("the result would have {width} x {height} px, more than the limit of {max_pixels} px")]
    TooLarge {
        /// Columns, px.
        width: u64,
        /// Rows, px.
        height: u64,
        /// The limit, px.
        max_pixels: u64,
    },
    /// A call names a filter that this build does not have.
    #[error("defect in Lote: there is no filter {0}")]
    Unknown(String),
    /// The embedded font is damaged.
    #[error("the built-in font cannot be read; install the program again")]
    Font,
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
}

/// Makes a filter ready.
pub type Build = fn(&Params<'_>, &Context<'_>) -> Result<Box<dyn Filter>, FilterError>;

/// A filter as the registry lists it.
#[derive(Debug)]
pub struct Registered {
    /// What users see of it.
    pub spec: FilterSpec,
    /// Makes it ready with those parameters, which have been checked against `spec`.
    pub build: Build,
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
];

/// Makes a called filter ready. The master has checked the call; a worker of the same build knows
/// the same filters.
///
/// # Errors
/// What the filter says of its parameters in this context.
pub fn build(call: &FilterCall, context: &Context<'_>) -> Result<Box<dyn Filter>, FilterError> {
    let registered = REGISTRY
        .iter()
        .find(|registered| registered.spec.id == call.filter)
        .ok_or_else(|| FilterError::Unknown(call.filter.clone()))?;
    (registered.build)(&Params::new(&registered.spec, &call.params), context)
}

impl From<FilterError> for Failure {
    fn from(error: FilterError) -> Self {
        let kind = match error {
            FilterError::Unknown(_) => FailureKind::Panic,
            FilterError::TooLarge { .. } | FilterError::Font => FailureKind::Filter,
        };
        Self::new(kind, error.to_string())
    }
}

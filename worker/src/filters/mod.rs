//! The filters: one file each, described once, listed once.

use lote_protocol::filter::{FilterSpec, Params};

use crate::picture::Picture;
use crate::pool::Pool;

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
}

/// The picture that a filter works on.
#[derive(Debug)]
pub enum Source<'a> {
    /// Others need it too: it stays as it is.
    Shared(&'a Picture),
    /// Nobody else needs it: it may be changed in place or given to the pool.
    Owned(Picture),
}

/// A filter with its parameters, ready to be applied to any number of pictures.
pub trait Filter: Send + Sync + std::fmt::Debug {
    /// Applies the filter. The buffers it needs come from `pool`, and an owned source that is
    /// not part of the result goes back there.
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError>;
}

/// A filter as the registry lists it.
#[derive(Debug)]
pub struct Registered {
    /// What users see of it.
    pub spec: FilterSpec,
    /// Makes it ready with those parameters, which have been checked against `spec`.
    pub build: fn(&Params<'_>) -> Box<dyn Filter>,
}

/// All filters, in the order in which they are listed.
pub static REGISTRY: &[&Registered] = &[];

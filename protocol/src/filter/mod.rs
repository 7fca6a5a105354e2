//! How filters are described ([`FilterSpec`]) and called ([`FilterCall`]).
//!
//! A filter is described once. The command line, `lote filters`, the page's forms, the README's
//! table and the registry-wide tests are all made from that description.

mod call;
mod check;
mod display;
mod encoding;
mod error;
mod names;
mod parse;
mod spec;
mod variant;

#[cfg(test)]
mod tests;

pub use call::{FilterCall, Length, Params, Value};
pub use encoding::{EncodingOption, FormatSpec, subsampling};
pub use error::CallError;
pub use names::most_similar;
pub use parse::WrittenStep;
pub use spec::{Bilingual, Choice, FilterSpec, ParamKind, ParamSpec, TRANSPARENT, Unit};
pub use variant::{MAX_NAME_BYTES, VariantSpec, check_all, check_name};

/// What can be named in a call: the filters, and the formats.
#[derive(Debug, Clone, Copy)]
pub struct Catalogue<'a> {
    /// The filters.
    pub filters: &'a [&'a FilterSpec],
    /// The formats, those that are only read too.
    pub formats: &'a [FormatSpec],
}

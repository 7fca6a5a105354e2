//! How filters are described ([`FilterSpec`]) and called ([`FilterCall`]).
//!
//! A filter is described once. The command line, `lote filters`, the page's forms, the README's
//! table and the registry-wide tests are all made from that description.

mod call;
mod check;
mod display;
mod error;
mod parse;
mod spec;
mod variant;

#[cfg(test)]
mod tests;

pub use call::{FilterCall, Length, Params, Value};
pub use error::CallError;
pub use spec::{Choice, FilterSpec, ParamKind, ParamSpec, TRANSPARENT, Text, Unit};
pub use variant::{MAX_NAME_BYTES, VariantSpec, check_all, check_name};

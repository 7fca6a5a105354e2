//! How filters are described ([`FilterSpec`]) and called ([`FilterCall`]).
//!
//! A filter is described once. The command line, `lote filters`, the page's forms, the README's
//! table and the registry-wide tests are all made from that description.

mod call;
mod spec;

pub use call::{FilterCall, Params, Value};
pub use spec::{Choice, FilterSpec, ParamKind, ParamSpec, Text, Unit};

//! The filters that there are.

use lote_imaging::filters::REGISTRY;
use lote_protocol::filter::FilterSpec;

/// Their descriptions, in the order in which they are listed. Apart from a worker's entry point
/// this is all that the master wants of the worker's code.
pub fn specs() -> Vec<&'static FilterSpec> {
    REGISTRY.iter().map(|registered| &registered.spec).collect()
}

//! The filters and the formats that there are.

use std::sync::LazyLock;

use lote_imaging::filters::REGISTRY;
use lote_imaging::formats::ALL;
use lote_protocol::filter::{Catalogue, FilterSpec, FormatSpec};

static FILTERS: LazyLock<Vec<&FilterSpec>> =
    LazyLock::new(|| REGISTRY.iter().map(|registered| &registered.spec).collect());

static FORMATS: LazyLock<Vec<FormatSpec>> = LazyLock::new(|| {
    let spec = |format: &&lote_imaging::formats::Format| FormatSpec {
        id: format.id,
        endings: format.endings,
        is_written: format.is_written(),
        options: format.options,
    };
    ALL.iter().map(spec).collect()
});

/// The descriptions of the filters, in the order in which they are listed.
pub fn specs() -> &'static [&'static FilterSpec] {
    &FILTERS
}

/// What can be named in a filter call.
pub fn all() -> Catalogue<'static> {
    Catalogue { filters: &FILTERS, formats: &FORMATS }
}

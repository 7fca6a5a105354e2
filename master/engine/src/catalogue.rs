//! The filters and the formats that there are.

use std::sync::LazyLock;

use lote_imaging::filters::REGISTRY;
use lote_imaging::formats::ALL;
use lote_protocol::filter::{
    Catalogue, FilterCall, FilterSpec, FormatSpec, ParamKind, ParamSpec, Value,
};

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

/// The parameters of a call that name files, with what they name; a font may be a family instead.
pub fn files(call: &FilterCall) -> impl Iterator<Item = (&'static ParamSpec, &str)> {
    let spec = specs().iter().find(|spec| spec.id == call.filter);
    let is_file =
        |param: &&ParamSpec| matches!(param.kind, ParamKind::File { .. } | ParamKind::Font);
    let params = spec.into_iter().flat_map(|spec| spec.params).filter(is_file);
    params.filter_map(|param| match call.params.get(param.id)? {
        Value::Text(name) => Some((param, name.as_str())),
        _ => None,
    })
}

/// What can be named in a filter call.
pub fn all() -> Catalogue<'static> {
    Catalogue { filters: &FILTERS, formats: &FORMATS }
}

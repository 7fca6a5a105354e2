//! Files that filters take: logos, tables of colours, fonts.

use std::sync::Arc;

use lote_imaging::filters::{Asset, Assets, Context, REGISTRY, Source, apply_all};
use lote_imaging::picture::{Channels, Picture, Samples};
use lote_imaging::pool::Pool;
use lote_imaging::text::{Face, Facts};
use lote_protocol::filter::{Catalogue, FilterCall, Value};

use crate::limits;

/// A drawing as a logo.
pub(crate) fn logo(bytes: &[u8]) -> bool {
    apply("logo", &[("archivo", "file")], bytes);
    true
}

/// A table of colours.
pub(crate) fn table(bytes: &[u8]) -> bool {
    apply("lut", &[("archivo", "file")], bytes);
    true
}

/// A font, and a text in it. What the master asks of it when it looks for fonts is asked, too.
pub(crate) fn font(bytes: &[u8]) -> bool {
    let Some(face) = Face::new(bytes.to_vec(), 0) else {
        return false;
    };
    (face.names(), face.weight(), face.is_upright());
    apply("marca_agua", &[("fuente", "file"), ("texto", "Año 7 fi ÁÉ مر")], bytes);
    true
}

/// Applies a filter that takes the file to a picture of 48 x 40 px, which keeps its size if it comes out.
fn apply(filter: &str, params: &[(&str, &str)], bytes: &[u8]) {
    let text = |&(id, value): &(&str, &str)| (id.to_owned(), Value::Text(value.to_owned()));
    let call = FilterCall { filter: filter.to_owned(), params: params.iter().map(text).collect() };
    let filters: Vec<_> = REGISTRY.iter().map(|filter| &filter.spec).collect();
    let call = call.checked(&Catalogue { filters: &filters, formats: &[] }).expect("a call as it is typed");
    let mut assets = Assets::default();
    assets.add("file", Ok(Arc::new(Asset::new(bytes.to_vec(), 0))));
    let (limits, facts) = (limits(), Facts::default());
    let context = Context { limits: &limits, assets: &assets, facts: &facts };
    let samples = Samples::U8((0..48 * 40 * 3).map(|at| (at * 7 % 256) as u8).collect());
    let picture = Picture { width: 48, height: 40, channels: Channels::Rgb, samples };
    if let Ok(pictures) = apply_all(vec![Source::Owned(picture)], &[call], &context, &mut Pool::new()) {
        assert_eq!((pictures[0].width, pictures[0].height), (48, 40));
    }
}

//! In place of `s3`, where this program is built without it.

use std::sync::Arc;

use lote_engine::lang::Text;
use lote_engine::store::Store;
use lote_protocol::text;

/// Whether this program has it.
pub(crate) const IS_HERE: bool = false;

pub(crate) fn open() -> Result<Arc<dyn Store>, (Text, Option<Text>)> {
    Err((
        text!("this lote was built without the feature {}", "s3"),
        Some(text!("`cargo build --release --features s3` builds one that takes s3://…")),
    ))
}

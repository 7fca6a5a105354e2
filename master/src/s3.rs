//! The store behind `s3://…`.

use std::sync::Arc;

use lote_engine::lang::Text;
use lote_engine::store::Store;

/// Whether this program has it.
pub(crate) const IS_HERE: bool = true;

/// As the environment says. An error comes with what can be done about it.
pub(crate) fn open() -> Result<Arc<dyn Store>, (Text, Option<Text>)> {
    lote_s3::S3::open().map(|store| Arc::new(store) as Arc<dyn Store>).map_err(|what| (what, None))
}

//! Writing an output into the file that came for it. It has no name that matters until the master
//! gives it one.

use std::fs::File;
use std::io::{self, Write as _};

use lote_protocol::lang::reason;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::text;
use lote_protocol::time;

/// Writes `bytes`, and forces them to the disk if they are to be durable; returns when that was, as
/// the file says, ns since 1970.
///
/// # Errors
/// What is to be told of an output that could not be written.
pub fn write(mut file: File, bytes: &[u8], durable: bool) -> Result<Option<i64>, Failure> {
    file.write_all(bytes).map_err(|error| unwritable(&error))?;
    if durable {
        file.sync_all().map_err(|error| unwritable(&error))?;
    }
    // Renaming does not change it.
    let modified = file.metadata().and_then(|metadata| metadata.modified()).ok();
    Ok(modified.and_then(time::nanoseconds))
}

/// Why an output could not be written.
pub fn unwritable(error: &io::Error) -> Failure {
    let kind = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => FailureKind::NoSpace,
        _ => FailureKind::Write,
    };
    // `tempfile` names the path, which is its own and nobody's business.
    let why = reason(error);
    let why = why.map(|why| why.split(" at path \"").next().unwrap_or_default().to_owned());
    Failure::new(kind, text!("the output could not be written: {}", why))
}

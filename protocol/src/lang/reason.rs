//! What the system says.

use std::io;

use super::Text;
use crate::text;

/// An I/O error in words, without its number.
pub fn reason(error: &io::Error) -> Text {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::NotFound => text!("no such file or folder"),
        Kind::PermissionDenied => text!("permission denied"),
        Kind::NotADirectory | Kind::AlreadyExists => {
            text!("a file stands where a folder should")
        }
        Kind::IsADirectory => text!("a folder stands where a file should"),
        Kind::ReadOnlyFilesystem => text!("the file system is read-only"),
        Kind::StorageFull | Kind::QuotaExceeded => text!("no space left on the disk"),
        Kind::ConnectionRefused => text!("nobody listens there"),
        Kind::ConnectionReset | Kind::ConnectionAborted => text!("the connection was cut"),
        Kind::InvalidFilename => text!("its name is too long"),
        _ if error.to_string().starts_with("failed to lookup address information") => {
            text!("the name is known to no server")
        }
        _ => {
            let text = error.to_string();
            text.split(" (os error").next().unwrap_or_default().to_lowercase().into()
        }
    }
}

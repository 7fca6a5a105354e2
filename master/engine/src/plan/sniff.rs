//! A first look at an input: is it a regular file, how large is it, how does it begin.

use std::fs;
use std::io::{self, Read, Seek};
use std::path::Path;
use std::time::SystemTime;

use lote_imaging::formats::{Extent, Format, HEAD_BYTES, Sniffed, sniff};
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::text;

use super::error::read_failure;
use super::memory;
use super::taken::taken;
use crate::system::files::{FileId, open_regular};

/// What the first look showed.
#[derive(Debug, Clone)]
pub(super) struct Look {
    /// Which file it is.
    pub(super) id: Option<FileId>,
    /// Size, bytes.
    pub(super) bytes: u64,
    /// When it was last changed, where the system tells.
    pub(super) modified: Option<SystemTime>,
    /// What the content is.
    pub(super) content: Sniffed,
    /// How large its picture is, as far as the header tells.
    pub(super) extent: Option<Extent>,
    /// Whether it is the file that macOS puts beside another on foreign file systems.
    pub(super) apple_double: bool,
}

/// Looks at a file, following symbolic links. Whatever is not a regular file is never opened, as
/// opening a FIFO would wait for its writer, and opening a device can do anything.
pub(super) fn look(path: &Path) -> Result<Look, Failure> {
    let metadata = fs::metadata(path).map_err(|error| dangling(path, &error))?;
    if !metadata.is_file() {
        return Err(Failure::new(FailureKind::NotAFile, text!("not a regular file")));
    }
    let mut head = [0; HEAD_BYTES];
    let (mut file, read) = open_regular(path)
        .and_then(|mut file| read_head(&mut file, &mut head).map(|read| (file, read)))
        .map_err(|error| read_failure(&error))?;
    let head = &head[..read];
    let content = sniff(head);
    let extent = match content {
        Sniffed::Known(format) => format.extent(head, &mut file),
        Sniffed::Unsupported(_) | Sniffed::Unknown => None,
    };
    Ok(Look {
        id: FileId::of(path, &metadata),
        bytes: metadata.len(),
        modified: metadata.modified().ok(),
        content,
        extent,
        apple_double: head.starts_with(b"\0\x05\x16\x07"),
    })
}

/// Reads all that a plan may ask of an image, for whoever keeps what was read; also the frames and pages if
/// they are counted.
pub(crate) fn look_through(file: &mut (impl Read + Seek), pages: bool) {
    let mut head = [0; HEAD_BYTES];
    let Ok(read) = read_head(file, &mut head) else { return };
    let head = &head[..read];
    let Sniffed::Known(format) = sniff(head) else { return };
    format.extent(head, file);
    taken(format, file);
    if pages {
        format.count(head, file);
    }
}

/// The format of an image, and the pixels that its header declares, or a guess if it does not tell.
/// `None` if it cannot be read.
pub fn declared(path: &Path) -> Option<(Option<&'static Format>, u64)> {
    let look = look(path).ok()?;
    let format = match look.content {
        Sniffed::Known(format) => Some(format),
        Sniffed::Unsupported(_) | Sniffed::Unknown => None,
    };
    Some((format, memory::pixels(look.bytes, look.extent)))
}

fn dangling(path: &Path, error: &io::Error) -> Failure {
    let mut failure = read_failure(error);
    if error.kind() == io::ErrorKind::NotFound && path.is_symlink() {
        failure.message = text!("the symbolic link points nowhere");
    }
    failure
}

/// Reads the first bytes.
pub(super) fn read_head(file: &mut impl Read, head: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < head.len() {
        match file.read(&mut head[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

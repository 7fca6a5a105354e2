//! Reading an input: regular files only, never more than the limit.

use std::fs::File;
use std::io::{self, Read};
use std::time::SystemTime;

use lote_imaging::formats::{SNIFF_BYTES, recognise};
use lote_protocol::lang::reason;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::Limits;
use lote_protocol::text;

/// Reads a file to the end of `bytes`, which is empty; returns when it was last changed, where the
/// system tells. A file whose first bytes are no image's is not read any further, and one that is too
/// large not at all.
pub fn read(
    mut file: File,
    limits: &Limits,
    bytes: &mut Vec<u8>,
) -> Result<Option<SystemTime>, Failure> {
    let metadata = file.metadata().map_err(|error| unreadable(&error))?;
    if !metadata.is_file() {
        return Err(Failure::new(FailureKind::NotAFile, text!("not a regular file")));
    }
    if metadata.len() == 0 {
        return Err(Failure::new(FailureKind::NotAnImage, text!("the file is empty")));
    }
    let mut head = [0; SNIFF_BYTES];
    let filled = fill(&mut file, &mut head).map_err(|error| unreadable(&error))?;
    let head = &head[..filled];
    recognise(head)?;
    if metadata.len() > limits.max_file_bytes {
        let (size, limit) = (mebibytes(metadata.len()), mebibytes(limits.max_file_bytes));
        return Err(Failure::new(
            FailureKind::TooLarge,
            text!("the file has {} MiB, more than the limit of {} MiB", size, limit),
        ));
    }
    bytes.reserve(metadata.len() as usize + 1);
    bytes.extend_from_slice(head);
    // The file may grow while it is read.
    let rest = limits.max_file_bytes.saturating_sub(filled as u64);
    file.take(rest).read_to_end(bytes).map_err(|error| unreadable(&error))?;
    Ok(metadata.modified().ok())
}

/// Which file it is, and in what state: device, inode, bytes, and when it was last changed, s and ns.
pub(crate) type FileState = [i64; 5];

/// The state of an open file; `None` where the system tells too little to tell two files apart.
#[cfg(unix)]
pub(crate) fn state(file: &File) -> Option<FileState> {
    use std::os::unix::fs::MetadataExt;
    let metadata = file.metadata().ok()?;
    let [device, inode, bytes] = [metadata.dev(), metadata.ino(), metadata.len()];
    let [device, inode, bytes] = [device, inode, bytes].map(u64::cast_signed);
    Some([device, inode, bytes, metadata.mtime(), metadata.mtime_nsec()])
}

#[cfg(not(unix))]
pub(crate) fn state(_file: &File) -> Option<FileState> {
    None
}

/// Reads until `buffer` is full or the file ends; returns how much that was.
fn fill(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Why a file could not be opened or read.
pub fn unreadable(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::NotFound => {
            Failure::new(FailureKind::NotFound, text!("the file does not exist (any more)"))
        }
        io::ErrorKind::PermissionDenied => Failure::new(
            FailureKind::Permission,
            text!("the file may not be read: permission denied"),
        ),
        io::ErrorKind::IsADirectory => Failure::new(FailureKind::NotAFile, text!("it is a folder")),
        _ if is_socket(error) => Failure::new(FailureKind::NotAFile, text!("not a regular file")),
        _ => {
            Failure::new(FailureKind::Read, text!("the file could not be read: {}", reason(error)))
        }
    }
}

/// A socket in the file system cannot be opened at all.
fn is_socket(error: &io::Error) -> bool {
    cfg!(unix) && error.raw_os_error() == Some(6) // ENXIO
}

const fn mebibytes(bytes: u64) -> u64 {
    bytes.div_ceil(1 << 20)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn kind(path: &Path) -> FailureKind {
        let file = File::open(path).unwrap();
        read(file, &Limits::default(), &mut Vec::new()).unwrap_err().kind
    }

    #[test]
    fn what_is_no_image_file_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("empty.jpg"), b"").unwrap();
        fs::write(at("text.jpg"), b"hello, this is no image").unwrap();
        fs::write(at("photo.jpg"), b"8BPS\0\x01").unwrap();
        assert_eq!(kind(&at("empty.jpg")), FailureKind::NotAnImage);
        assert_eq!(kind(&at("text.jpg")), FailureKind::NotAnImage);
        assert_eq!(kind(&at("photo.jpg")), FailureKind::Unsupported);
        assert_eq!(kind(folder.path()), FailureKind::NotAFile);
    }

    #[test]
    fn a_file_above_the_limit_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large.jpg");
        let file = File::create(&path).unwrap();
        fs::write(&path, b"\xff\xd8\xff\xe0").unwrap();
        file.set_len(1 << 40).unwrap();
        let mut bytes = Vec::new();
        let file = File::open(&path).unwrap();
        let failure = read(file, &Limits::default(), &mut bytes).unwrap_err();
        assert_eq!(failure.kind, FailureKind::TooLarge);
        assert_eq!(bytes.capacity(), 0);
    }
}

//! Reading an input file: regular files only, never a hang, never more than the limit.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use lote_imaging::formats::{SNIFF_BYTES, recognise};
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::Limits;

/// Reads the file at `path` to the end of `bytes`, which is empty. A file whose first bytes are no
/// image's is not read any further, and one that is too large not at all.
pub fn read(path: &Path, limits: &Limits, bytes: &mut Vec<u8>) -> Result<(), Failure> {
    let mut file = open(path).map_err(|error| unreadable(&error))?;
    let metadata = file.metadata().map_err(|error| unreadable(&error))?;
    if !metadata.is_file() {
        return Err(not_a_file(&metadata));
    }
    if metadata.len() == 0 {
        return Err(Failure::new(FailureKind::NotAnImage, "the file is empty"));
    }
    let mut head = [0; SNIFF_BYTES];
    let filled = fill(&mut file, &mut head).map_err(|error| unreadable(&error))?;
    let head = &head[..filled];
    recognise(head)?;
    if metadata.len() > limits.max_file_bytes {
        let (size, limit) = (mebibytes(metadata.len()), mebibytes(limits.max_file_bytes));
        return Err(Failure::new(
            FailureKind::TooLarge,
            format!("the file has {size} MiB, more than the limit of {limit} MiB"),
        ));
    }
    bytes.reserve(metadata.len() as usize + 1);
    bytes.extend_from_slice(head);
    // The file may grow while it is read.
    let rest = limits.max_file_bytes.saturating_sub(filled as u64);
    file.take(rest).read_to_end(bytes).map_err(|error| unreadable(&error))?;
    Ok(())
}

/// Opens without waiting: a FIFO without a writer would otherwise block for ever.
#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
    OpenOptions::new().read(true).custom_flags(flags.bits() as i32).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).open(path)
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

fn unreadable(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::NotFound => {
            Failure::new(FailureKind::NotFound, "the file does not exist (any more)")
        }
        io::ErrorKind::PermissionDenied => {
            Failure::new(FailureKind::Permission, "the file may not be read: permission denied")
        }
        io::ErrorKind::IsADirectory => Failure::new(FailureKind::NotAFile, "it is a folder"),
        _ if is_socket(error) => Failure::new(FailureKind::NotAFile, "it is no regular file"),
        _ => Failure::new(FailureKind::Read, format!("the file could not be read: {error}")),
    }
}

/// A socket in the file system cannot be opened at all.
fn is_socket(error: &io::Error) -> bool {
    cfg!(unix) && error.raw_os_error() == Some(6) // ENXIO
}

fn not_a_file(metadata: &std::fs::Metadata) -> Failure {
    let what = if metadata.is_dir() { "it is a folder" } else { "it is no regular file" };
    Failure::new(FailureKind::NotAFile, what)
}

const fn mebibytes(bytes: u64) -> u64 {
    bytes.div_ceil(1 << 20)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn kind(path: &Path) -> FailureKind {
        read(path, &Limits::default(), &mut Vec::new()).unwrap_err().kind
    }

    #[test]
    fn what_is_no_image_file_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("empty.jpg"), b"").unwrap();
        fs::write(at("text.jpg"), b"hello, this is no image").unwrap();
        fs::write(at("photo.jpg"), b"8BPS\0\x01\0\0").unwrap();
        assert_eq!(kind(&at("none.jpg")), FailureKind::NotFound);
        assert_eq!(kind(&at("empty.jpg")), FailureKind::NotAnImage);
        assert_eq!(kind(&at("text.jpg")), FailureKind::NotAnImage);
        assert_eq!(kind(&at("photo.jpg")), FailureKind::Unsupported);
        assert_eq!(kind(folder.path()), FailureKind::NotAFile);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_fifo_a_socket_and_a_device_are_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("fifo.jpg");
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        let socket = folder.path().join("socket.jpg");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        assert_eq!(kind(&fifo), FailureKind::NotAFile);
        assert_eq!(kind(&socket), FailureKind::NotAFile);
        assert_eq!(kind(Path::new("/dev/zero")), FailureKind::NotAFile);
    }

    #[test]
    fn a_file_above_the_limit_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large.jpg");
        let file = File::create(&path).unwrap();
        fs::write(&path, b"\xff\xd8\xff\xe0").unwrap();
        file.set_len(1 << 40).unwrap();
        let mut bytes = Vec::new();
        let failure = read(&path, &Limits::default(), &mut bytes).unwrap_err();
        assert_eq!(failure.kind, FailureKind::TooLarge);
        assert_eq!(bytes.capacity(), 0);
    }
}

//! Opening files that somebody else may have put there: never waiting, never beyond a folder.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

/// A file or folder itself, whatever its path: by device and number, or elsewhere by its real path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FileId(#[cfg(unix)] (u64, u64), #[cfg(not(unix))] PathBuf);

impl FileId {
    /// That of what is at a path, of which these are the metadata.
    #[cfg(unix)]
    pub fn of(_path: &Path, metadata: &Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        Some(Self((metadata.dev(), metadata.ino())))
    }

    /// That of what is at a path.
    #[cfg(not(unix))]
    pub fn of(path: &Path, _metadata: &Metadata) -> Option<Self> {
        path.canonicalize().ok().map(Self)
    }

    /// That of what a path leads to, links followed.
    pub fn at(path: &Path) -> Option<Self> {
        Self::of(path, &path.metadata().ok()?)
    }
}

/// Opens an image for a worker, to be read: a regular file, without ever waiting for it. Unless there
/// are none, it is really in one of the folders `within`; otherwise links lead wherever they do, but
/// for those that lead to what a process has open (`/proc/self/fd/3`).
///
/// # Errors
/// Those of [`open_inside`].
pub fn open_image(path: &Path, within: &[PathBuf]) -> io::Result<File> {
    if !within.is_empty() {
        return open_inside(within, path);
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, Mode, ResolveFlags, openat2};
        use rustix::io::Errno;
        match openat2(CWD, path, FLAGS, Mode::empty(), ResolveFlags::NO_MAGICLINKS) {
            // A kernel before 5.6, or a container that knows the call no more than that.
            Err(Errno::NOSYS | Errno::PERM) => {}
            opened => return regular(opened?.into()),
        }
    }
    open_regular(path)
}

/// Opens a regular file without ever waiting for it, as a FIFO would make one.
///
/// # Errors
/// Those of opening; `InvalidInput` for what is no regular file.
pub fn open_regular(path: &Path) -> io::Result<File> {
    regular(without_waiting().read(true).open(path)?)
}

/// Writes a regular file, new or in place of what it holds, without ever waiting for it.
///
/// # Errors
/// Those of opening and writing; `InvalidInput` for what is no regular file.
pub fn write_regular(path: &Path, content: &[u8]) -> io::Result<()> {
    // Emptied when it is known to be a file.
    let mut file = regular(without_waiting().write(true).create(true).truncate(false).open(path)?)?;
    file.set_len(0)?;
    file.write_all(content)
}

/// Opens a regular file to be read and added to, without ever waiting for it; a link is refused.
///
/// # Errors
/// Those of opening; `InvalidInput` for what is no regular file.
pub fn open_to_append(path: &Path) -> io::Result<File> {
    regular(without_links().read(true).append(true).open(path)?)
}

/// Opens a file that is locked and holds nothing, and makes it if need be. What a link leads to is
/// not opened, and what is there is left as it is.
///
/// # Errors
/// Those of opening; `InvalidInput` for what is no regular file.
pub fn open_lock(path: &Path) -> io::Result<File> {
    regular(without_links().write(true).create(true).truncate(false).open(path)?)
}

/// Makes a folder for Lote's own files, unless it is there. A link in its place is refused, as what is
/// made and removed there would be somebody else's.
///
/// # Errors
/// Those of making it; `NotADirectory` for what is no folder itself.
pub fn make_own_folder(path: &Path) -> io::Result<()> {
    std::fs::create_dir_all(path)?;
    if path.symlink_metadata()?.is_dir() {
        return Ok(());
    }
    let why = format!("{} is a link, and has to be a folder itself", path.display());
    Err(io::Error::new(io::ErrorKind::NotADirectory, why))
}

#[cfg(unix)]
fn without_waiting() -> OpenOptions {
    with(rustix::fs::OFlags::empty())
}

#[cfg(unix)]
fn without_links() -> OpenOptions {
    with(rustix::fs::OFlags::NOFOLLOW)
}

#[cfg(unix)]
fn with(more: rustix::fs::OFlags) -> OpenOptions {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = File::options();
    options.custom_flags((OFlags::NONBLOCK | OFlags::NOCTTY | more).bits().cast_signed());
    options
}

#[cfg(not(unix))]
fn without_waiting() -> OpenOptions {
    File::options()
}

#[cfg(not(unix))]
fn without_links() -> OpenOptions {
    File::options()
}

/// Reads a regular file of at most `max_bytes`.
///
/// # Errors
/// Those of [`open_regular`]; `FileTooLarge` where it is larger.
pub fn read_regular(path: &Path, max_bytes: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    open_regular(path)?.take(max_bytes + 1).read_to_end(&mut content)?;
    if content.len() as u64 > max_bytes {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(content)
}

/// Reads a regular file of text of at most `max_bytes`.
///
/// # Errors
/// Those of [`read_regular`]; `InvalidData` for what is no UTF-8.
pub fn read_text(path: &Path, max_bytes: u64) -> io::Result<String> {
    String::from_utf8(read_regular(path, max_bytes)?)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is no text in UTF-8"))
}

/// Opens a regular file that is really in one of these folders, links followed. What is opened is
/// what was looked at: a link that takes a file's or a folder's place in between is refused.
///
/// # Errors
/// Those of [`open_regular`]; `PermissionDenied` for a path that leads out of the folders.
pub fn open_inside(folders: &[PathBuf], path: &Path) -> io::Result<File> {
    let real = path.canonicalize()?;
    let is_inside =
        |folder: &PathBuf| folder.canonicalize().is_ok_and(|folder| real.starts_with(folder));
    if !folders.iter().any(is_inside) {
        let why = "a link leads out of the folder";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
    }
    regular(open_without_links(&real)?)
}

/// Opens a file or folder below a folder, to be looked at, without ever waiting for it. No link leads out;
/// where the system cannot see to that, none is followed.
///
/// # Errors
/// Those of opening; `PermissionDenied` for a path that leads out of the folder.
#[cfg(target_os = "linux")]
pub fn open_beneath(folder: &Path, path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};
    use rustix::io::Errno;

    let folder_fd = File::open(folder)?;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    match openat2(&folder_fd, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty(), resolve) {
        Err(Errno::XDEV) => {
            let why = "a link leads out of the folder";
            Err(io::Error::new(io::ErrorKind::PermissionDenied, why))
        }
        // A kernel before 5.6, or a container that knows the call no more than that.
        Err(Errno::NOSYS | Errno::PERM) => open_part_by_part(&folder.canonicalize()?.join(path)),
        opened => Ok(opened?.into()),
    }
}

/// Opens a file or folder below a folder, to be looked at; no link on the way is followed.
///
/// # Errors
/// Those of opening.
#[cfg(not(target_os = "linux"))]
pub fn open_beneath(folder: &Path, path: &Path) -> io::Result<File> {
    open_without_links(&folder.canonicalize()?.join(path))
}

/// Opens a path of which no part is a link.
#[cfg(target_os = "linux")]
fn open_without_links(path: &Path) -> io::Result<File> {
    use rustix::fs::{CWD, Mode, ResolveFlags, openat2};
    use rustix::io::Errno;

    let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    match openat2(CWD, path, FLAGS, Mode::empty(), resolve) {
        // A kernel before 5.6, or a container that knows the call no more than that.
        Err(Errno::NOSYS | Errno::PERM) => open_part_by_part(path),
        opened => Ok(opened?.into()),
    }
}

#[cfg(all(unix, not(target_os = "linux")))]
fn open_without_links(path: &Path) -> io::Result<File> {
    open_part_by_part(path)
}

#[cfg(not(unix))]
fn open_without_links(path: &Path) -> io::Result<File> {
    File::open(path)
}

#[cfg(unix)]
const FLAGS: rustix::fs::OFlags = rustix::fs::OFlags::RDONLY
    .union(rustix::fs::OFlags::CLOEXEC)
    .union(rustix::fs::OFlags::NONBLOCK)
    .union(rustix::fs::OFlags::NOCTTY);

#[cfg(unix)]
fn open_part_by_part(path: &Path) -> io::Result<File> {
    use rustix::fs::{CWD, Mode, OFlags, openat};
    use std::path::Component;

    let mut parts = path.components().peekable();
    let mut at: Option<rustix::fd::OwnedFd> = None;
    while let Some(part) = parts.next() {
        let name = match part {
            Component::RootDir => "/".as_ref(),
            Component::Normal(name) => name,
            Component::Prefix(_) | Component::CurDir | Component::ParentDir => {
                return Err(io::ErrorKind::InvalidInput.into());
            }
        };
        let folder = if parts.peek().is_some() { OFlags::DIRECTORY } else { OFlags::empty() };
        let flags = FLAGS | OFlags::NOFOLLOW | folder;
        at = Some(match &at {
            Some(at) => openat(at, name, flags, Mode::empty())?,
            None => openat(CWD, name, flags, Mode::empty())?,
        });
    }
    at.map(File::from).ok_or_else(|| io::ErrorKind::NotFound.into())
}

fn regular(file: File) -> io::Result<File> {
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"))
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn what_is_no_regular_file_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("x.jpg");
        let mode = rustix::fs::Mode::RUSR;
        rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        for path in [fifo.as_path(), folder.path(), Path::new("/dev/zero")] {
            let kind = open_regular(path).unwrap_err().kind();
            assert_eq!(kind, io::ErrorKind::InvalidInput, "{}", path.display());
        }
        for path in [fifo.as_path(), folder.path(), Path::new("/dev/zero")] {
            assert!(write_regular(path, b"1").is_err(), "{}", path.display());
        }
        let file = folder.path().join("report.csv");
        for content in ["new and long", "short"] {
            write_regular(&file, content.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), content);
        }
    }

    #[test]
    fn links_stand_in_for_none_of_our_own_files_and_folders() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("theirs")).unwrap();
        fs::write(at("theirs/photo"), b"precious").unwrap();
        symlink("theirs", at("folder")).unwrap();
        symlink("theirs/photo", at("file")).unwrap();
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        let fifo = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(rustix::fs::CWD, at("fifo"), fifo, mode, 0).unwrap();
        for name in ["file", "fifo", "theirs"] {
            assert!(open_lock(&at(name)).is_err() && open_to_append(&at(name)).is_err(), "{name}");
        }
        open_lock(&at("theirs/photo")).unwrap();
        assert_eq!(fs::read(at("theirs/photo")).unwrap(), b"precious");
        assert!(open_lock(&at("new")).is_ok() && at("new").is_file());
        let refused = make_own_folder(&at("folder")).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::NotADirectory);
        make_own_folder(&at("theirs")).unwrap();
        make_own_folder(&at("some/deep")).unwrap();
    }

    #[test]
    fn a_file_above_the_limit_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, b"12345").unwrap();
        assert_eq!(read_regular(&path, 5).unwrap(), b"12345");
        assert_eq!(read_regular(&path, 4).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }

    #[test]
    fn links_lead_into_the_folders_and_nowhere_else() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        for folder in ["in/sub", "out"] {
            fs::create_dir_all(at(folder)).unwrap();
        }
        fs::write(at("in/sub/a"), b"mine").unwrap();
        fs::write(at("out/secret"), b"not mine").unwrap();
        symlink("sub/a", at("in/near")).unwrap();
        symlink("../out/secret", at("in/far")).unwrap();
        symlink("../out", at("in/folder")).unwrap();
        let open = |name: &str| {
            open_inside(&[at("in")], &at(name)).map(|mut file| {
                let mut text = String::new();
                file.read_to_string(&mut text).map(|_| text).unwrap()
            })
        };
        assert_eq!(open("in/sub/a").unwrap(), "mine");
        assert_eq!(open("in/near").unwrap(), "mine");
        for name in ["in/far", "in/folder/secret", "in/../out/secret"] {
            assert_eq!(open(name).unwrap_err().kind(), io::ErrorKind::PermissionDenied, "{name}");
        }
        // Whatever has become a link since it was looked at is not followed.
        for open in [open_without_links, open_part_by_part] {
            assert!(open(&at("in/near").canonicalize().unwrap()).is_ok());
            assert!(open(&root.path().canonicalize().unwrap().join("in/near")).is_err());
            assert!(open(&root.path().canonicalize().unwrap().join("in/folder/secret")).is_err());
        }
    }
}

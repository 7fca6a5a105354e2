//! Where the master listens: a socket in a folder that only its owner may enter.

use std::io;
use std::path::{Path, PathBuf};

use interprocess::local_socket::{GenericFilePath, Name, ToFsName};
use tempfile::TempDir;

const PREFIX: &str = "lote-";
const SOCKET: &str = "master.sock";

/// The address of a master's socket. The folder around it goes away with this value.
#[derive(Debug)]
pub struct Endpoint {
    folder: TempDir,
    socket: PathBuf,
}

impl Endpoint {
    /// Makes a new private folder (mode 0700) and chooses the address of the socket in it.
    pub fn create() -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(std::fs::Permissions::from_mode(0o700));
        }
        let parent = parent();
        remove_abandoned(&parent);
        let folder = builder.tempdir_in(parent)?;
        let socket = if cfg!(windows) {
            let name = folder.path().file_name().unwrap_or_default();
            Path::new(r"\\.\pipe").join(name)
        } else {
            folder.path().join(SOCKET)
        };
        Ok(Self { folder, socket })
    }

    /// The address to give to workers.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The private folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// The user's run-time folder where there is one: it is private, in memory, and empty after a
/// restart. The address of a socket may have no more than about 100 bytes, so a long one is not
/// taken.
fn parent() -> PathBuf {
    std::env::var_os("XDG_RUNTIME_DIR")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute() && path.as_os_str().len() < 60 && path.is_dir())
        .unwrap_or_else(|| {
            let temporary = std::env::temp_dir();
            let fits = !cfg!(unix) || temporary.as_os_str().len() < 60;
            if fits { temporary } else { PathBuf::from("/tmp") }
        })
}

/// Removes the folders of masters that were killed: nobody answers at their sockets. A young one
/// is left alone, as its master may be about to listen.
#[cfg(unix)]
fn remove_abandoned(parent: &Path) {
    use std::os::unix::fs::MetadataExt;
    use std::time::Duration;
    const YOUNG: Duration = Duration::from_secs(60);
    let mine = rustix::process::geteuid().as_raw();
    for entry in std::fs::read_dir(parent).into_iter().flatten().flatten() {
        let ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        let socket = entry.path().join(SOCKET);
        let age = |path: &Path| path.symlink_metadata().ok()?.modified().ok()?.elapsed().ok();
        if ours
            && socket.symlink_metadata().is_ok_and(|metadata| metadata.uid() == mine)
            && age(&entry.path()).is_some_and(|age| age > YOUNG)
            && nobody_listens(&socket)
        {
            // It may belong to another user, or be gone.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// Whether a connection is refused. Nothing is waited for: whoever has more callers than it takes
/// is there.
#[cfg(unix)]
fn nobody_listens(socket: &Path) -> bool {
    use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
    let refused = || -> rustix::io::Result<()> {
        let address = SocketAddrUnix::new(socket)?;
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let caller =
            rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        rustix::net::connect(&caller, &address)
    };
    refused() == Err(rustix::io::Errno::CONNREFUSED)
}

/// Sockets are no files here: they go away with their master.
#[cfg(not(unix))]
fn remove_abandoned(_parent: &Path) {}

/// The name by which the operating system knows the socket at `path`.
pub(crate) fn name(path: &Path) -> io::Result<Name<'_>> {
    path.to_fs_name::<GenericFilePath>()
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn only_old_sockets_that_nobody_answers_are_removed() {
        use std::fs::{self, File, FileTimes};
        use std::os::unix::net::UnixListener;
        use std::time::{Duration, SystemTime};

        let parent = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            let folder = parent.path().join(name);
            fs::create_dir(&folder).unwrap();
            folder
        };
        let [dead, young, other] = ["lote-dead", "lote-young", "other-dead"].map(folder);
        let alive = folder("lote-alive");
        let _listener = UnixListener::bind(alive.join(SOCKET)).unwrap();
        for folder in [&dead, &young, &other] {
            drop(UnixListener::bind(folder.join(SOCKET)).unwrap());
        }
        let old = SystemTime::now() - Duration::from_secs(600);
        for folder in [&dead, &alive, &other] {
            File::open(folder).unwrap().set_times(FileTimes::new().set_modified(old)).unwrap();
        }
        remove_abandoned(parent.path());
        let left = [&dead, &alive, &young, &other].map(|folder| folder.exists());
        assert_eq!(left, [false, true, true, true]);
    }

    #[test]
    fn the_folder_is_private_and_goes_away() {
        let endpoint = Endpoint::create().unwrap();
        let folder = endpoint.folder().to_owned();
        assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        drop(endpoint);
        assert!(!folder.exists());
    }
}

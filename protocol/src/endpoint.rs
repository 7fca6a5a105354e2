//! Where the master listens: a socket in a folder that only its owner may enter.

use std::io;
use std::path::{Path, PathBuf};

use interprocess::local_socket::{GenericFilePath, Name, ToFsName};
use tempfile::TempDir;

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
        builder.prefix("lote-");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(std::fs::Permissions::from_mode(0o700));
        }
        let folder = builder.tempdir_in(parent())?;
        let socket = if cfg!(windows) {
            let name = folder.path().file_name().unwrap_or_default();
            Path::new(r"\\.\pipe").join(name)
        } else {
            folder.path().join("master.sock")
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

/// The name by which the operating system knows the socket at `path`.
pub(crate) fn name(path: &Path) -> io::Result<Name<'_>> {
    path.to_fs_name::<GenericFilePath>()
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_folder_is_private_and_goes_away() {
        let endpoint = Endpoint::create().unwrap();
        let folder = endpoint.folder().to_owned();
        assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        drop(endpoint);
        assert!(!folder.exists());
    }
}

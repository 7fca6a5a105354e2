//! What tells a record that Lote wrote for this user from one that somebody else put there.
//!
//! A key of 32 random bytes lies in the user's folder of state, and nowhere else. The second line of
//! a journal is the HMAC-SHA-256 of the first one under that key: whoever may write to an output
//! folder, or packs an archive, cannot make it. The first line names its output folder, so that it
//! cannot be moved to another one either.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::system::files::open_regular;

/// A key, bytes.
const BYTES: usize = 32;

/// The seal of a line, which is without its end; `None` where no key can be kept.
pub(super) fn of(line: &[u8]) -> Option<String> {
    let key = key(&file()?).inspect_err(|error| tracing::debug!(%error, "records are not sealed"));
    Some(STANDARD.encode(mac(&key.ok()?, line)?.finalize().into_bytes()))
}

/// Whether that is the seal of a line under this user's key.
pub(super) fn holds(seal: &str, line: &[u8]) -> bool {
    let mac = || mac(&read(&file()?).ok()?, line);
    STANDARD.decode(seal).is_ok_and(|seal| mac().is_some_and(|mac| mac.verify_slice(&seal).is_ok()))
}

fn mac(key: &[u8], line: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(line);
    Some(mac)
}

/// The file of this user's key.
fn file() -> Option<PathBuf> {
    // A relative `HOME` would lead into whatever folder this is, which may be anybody's.
    state().filter(|folder| folder.is_absolute()).map(|folder| folder.join("lote/record-key"))
}

/// The user's folder of state.
#[cfg(not(test))]
fn state() -> Option<PathBuf> {
    use etcetera::{BaseStrategy as _, choose_base_strategy};
    choose_base_strategy().ok()?.state_dir()
}

/// Unit tests leave the user's own alone.
#[cfg(test)]
fn state() -> Option<PathBuf> {
    Some(std::env::current_exe().ok()?.with_file_name("state-of-tests"))
}

/// The key in that file, which is made if it is not there, or was cut or read by others.
fn key(path: &Path) -> io::Result<Vec<u8>> {
    match read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(path)?,
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            fs::remove_file(path)?;
            make(path)?;
        }
        read => return read,
    }
    read(path)
}

/// The key in that file: `InvalidData` if it is none, or others may know it; `PermissionDenied` if
/// it is another user's, who may know what this one has run, but not say it.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = open_regular(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let metadata = file.metadata()?;
        if metadata.uid() != rustix::process::geteuid().as_raw() {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        if metadata.mode() & 0o077 != 0 {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    let mut key = Vec::with_capacity(BYTES + 1);
    (&mut file).take(BYTES as u64 + 1).read_to_end(&mut key)?;
    if key.len() == BYTES { Ok(key) } else { Err(io::ErrorKind::InvalidData.into()) }
}

/// Makes a key that nobody else can read. It gets its name when it is whole, and only if no other
/// process was faster.
fn make(path: &Path) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(&bytes)?;
    File::sync_all(file.as_file())?;
    match file.persist_noclobber(path) {
        Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => Err(error.error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_holds_for_its_line_and_for_no_other() {
        let seal = of(b"what was asked for").unwrap();
        assert!(holds(&seal, b"what was asked for"));
        assert!(!holds(&seal, b"what was asked for."));
        assert!(!holds("", b"what was asked for") && !holds("?", b"what was asked for"));
    }

    #[test]
    fn a_key_is_made_once_and_for_its_user_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/lote/record-key");
        let first = key(&path).unwrap();
        assert_eq!(key(&path).unwrap(), first);
        make(&path).unwrap();
        assert_eq!(key(&path).unwrap(), first, "another process is not overtaken");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        for spoilt in [&b"cut"[..], &[7; BYTES + 1]] {
            fs::write(&path, spoilt).unwrap();
            assert_ne!(key(&path).unwrap(), first, "one that was spoilt is replaced");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_may_read_or_that_is_no_file_is_none() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("record-key");
        let first = key(&path).unwrap();
        for mode in [0o640, 0o604, 0o620] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert!(read(&path).is_err(), "{mode:o}");
            assert_ne!(key(&path).unwrap(), first, "{mode:o}");
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::remove_file(&path).unwrap();
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        let fifo = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(rustix::fs::CWD, &path, fifo, mode, 0).unwrap();
        assert!(key(&path).is_err());
    }
}

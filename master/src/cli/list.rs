//! `--files-from`: the paths that a file or another program lists.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// The paths that a file lists, or standard input if that is `-`: one a line, or separated by NUL
/// characters. Any bytes are a path; blank lines are none.
pub(super) fn read(list: &Path, by_nul: bool) -> io::Result<Vec<PathBuf>> {
    let mut bytes = Vec::new();
    if list.as_os_str() == "-" {
        io::stdin().lock().read_to_end(&mut bytes)?;
    } else {
        bytes = fs::read(list)?;
    }
    Ok(paths(&bytes, by_nul))
}

fn paths(bytes: &[u8], by_nul: bool) -> Vec<PathBuf> {
    let end = if by_nul { 0 } else { b'\n' };
    let lines = bytes.split(|byte| *byte == end);
    let names = lines.map(|line| match line.strip_suffix(b"\r") {
        Some(line) if !by_nul => line,
        _ => line,
    });
    names.filter(|name| !name.is_empty()).map(|name| PathBuf::from(path(name))).collect()
}

#[cfg(unix)]
fn path(bytes: &[u8]) -> OsString {
    use std::os::unix::ffi::OsStringExt as _;
    OsString::from_vec(bytes.to_vec())
}

#[cfg(not(unix))]
fn path(bytes: &[u8]) -> OsString {
    String::from_utf8_lossy(bytes).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_any_system_are_paths_and_blank_ones_are_not() {
        let read = |text: &str, by_nul| {
            let paths = paths(text.as_bytes(), by_nul);
            paths.iter().map(|path| path.to_string_lossy().into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(read("a b.jpg\n\nsub/c.png\r\nd", false), ["a b.jpg", "sub/c.png", "d"]);
        assert_eq!(read("a\nb.jpg\0c\r\0", true), ["a\nb.jpg", "c\r"]);
        assert!(read("", false).is_empty());
    }
}

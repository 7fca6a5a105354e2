//! How unfinished outputs are named, so that the master can sweep those of a worker that died.

/// What the name of every temporary file starts with.
pub const PREFIX: &str = ".lote-";

/// What the name of every temporary file ends with.
pub const SUFFIX: &str = ".tmp";

/// What the name of a temporary file of that process starts with.
pub fn prefix(pid: u32) -> String {
    format!("{PREFIX}{pid}-")
}

/// The process that made the temporary file of that name; `None` if it is no such name.
pub fn owner(name: &str) -> Option<u32> {
    let (pid, _) = name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?.split_once('-')?;
    pid.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_is_read_from_the_name() {
        assert_eq!(owner(&format!("{}x7Gh2k{SUFFIX}", prefix(4711))), Some(4711));
        assert_eq!(owner(".lote-x-a.tmp"), None);
        assert_eq!(owner("photo.jpg"), None);
    }
}

//! A small disk that only the program under test sees.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A script that mounts a disk at the folder that it is called by, and becomes its arguments but for
/// the first, which is the size. 800 kB of it are taken up by the file `ballast`.
const SCRIPT: &str = "mkdir -p $0 && mount -t tmpfs -o size=$1 tmpfs $0 && shift && \
                      head -c 800000 /dev/zero > $0/ballast && exec \"$@\"";

/// Says, past the harness, which shows nothing of tests that pass, that something was not tested.
pub(crate) fn not_tested(what: &str) {
    let _ = writeln!(std::io::stderr(), "\n*** NOT TESTED on this machine: {what} ***\n");
}

/// Whether this user may mount a disk in a namespace of its own; says so if not.
pub(crate) fn may_mount() -> bool {
    let mounted = Command::new("unshare")
        .args(["-rm", "mount", "-t", "tmpfs", "tmpfs", "/tmp"])
        .stderr(Stdio::null())
        .status();
    let may = mounted.is_ok_and(|status| status.success());
    if !may {
        not_tested("full disks, as no disk can be mounted (unshare -rm mount -t tmpfs)");
    }
    may
}

/// The words before a command that is to have a disk of that size (`1m` is 1 MiB) at that folder.
pub(crate) const fn mounted_at<'a>(folder: &'a str, size: &'a str) -> [&'a str; 7] {
    ["unshare", "-rm", "sh", "-c", SCRIPT, folder, size]
}

/// An absolute path as that process sees it.
pub(crate) fn seen_by(pid: u32, path: &Path) -> PathBuf {
    Path::new(&format!("/proc/{pid}/root")).join(path.strip_prefix("/").unwrap())
}

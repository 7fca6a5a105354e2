//! Removes the unfinished files of workers that died.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use lote_protocol::temporary;
use tokio::task::JoinSet;

use crate::plan::Plan;
use crate::scheduler::TaskId;

/// Sweeps beside the run, as a folder may hold many thousand files.
#[derive(Debug, Default)]
pub(super) struct Sweeper(JoinSet<()>);

impl Sweeper {
    /// Removes what the process `pid` has left in the output folders of the tasks it was given.
    pub(super) fn sweep(&mut self, pid: u32, given: &[TaskId], plan: &Plan) {
        let mut folders = BTreeSet::new();
        for task in given {
            let unit = &plan.units[task.0 as usize];
            for variant in &unit.variants {
                let output = plan.output(unit.image, *variant as usize);
                folders.extend(output.parent().map(Path::to_owned));
            }
        }
        if !folders.is_empty() {
            self.0.spawn_blocking(move || remove(&folders, |owner| owner == pid));
        }
    }

    /// Waits until all is swept.
    pub(super) async fn finish(&mut self) {
        while self.0.join_next().await.is_some() {}
    }
}

/// Removes from these folders what processes have left there that are not alive any more: the
/// machine may have lost its power in the middle of a run.
pub fn sweep_orphans(folders: &BTreeSet<PathBuf>) {
    remove(folders, |owner| !is_alive(owner));
}

fn remove(folders: &BTreeSet<PathBuf>, is_dead: impl Fn(u32) -> bool) {
    for folder in folders {
        let Ok(entries) = fs::read_dir(folder) else { continue };
        for entry in entries.flatten() {
            let owner = entry.file_name().to_str().and_then(temporary::owner);
            if owner.is_some_and(&is_dead) {
                // Somebody else may have been faster.
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// A process that has ended and that nobody has asked about yet still has its number.
#[cfg(target_os = "linux")]
fn is_alive(pid: u32) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
    // After the name, which may hold anything, comes the state: proc_pid_stat(5).
    let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    !matches!(state, Some('Z' | 'X'))
}

#[cfg(all(unix, not(target_os = "linux")))]
fn is_alive(pid: u32) -> bool {
    use rustix::process::{Pid, test_kill_process};
    i32::try_from(pid)
        .ok()
        .and_then(Pid::from_raw)
        .is_some_and(|pid| test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
}

/// Without a way to tell, nothing is taken for dead.
#[cfg(not(unix))]
fn is_alive(_pid: u32) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_that_has_ended_is_dead_even_before_its_parent_knows() {
        let mut child = std::process::Command::new("true")
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        assert!(is_alive(std::process::id()));
        // Its end of the pipe is closed when it ends, and its exit follows at once.
        let mut nothing = Vec::new();
        std::io::Read::read_to_end(&mut child.stdout.take().unwrap(), &mut nothing).unwrap();
        while is_alive(child.id()) {
            std::thread::yield_now();
        }
        child.wait().unwrap();
    }

    #[test]
    fn only_what_the_dead_have_left_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let alive = format!("{}abc{}", temporary::prefix(std::process::id()), temporary::SUFFIX);
        let dead = format!("{}abc{}", temporary::prefix(i32::MAX as u32), temporary::SUFFIX);
        for name in [alive.as_str(), dead.as_str(), "photo.jpg"] {
            fs::write(folder.path().join(name), b"").unwrap();
        }
        sweep_orphans(&BTreeSet::from([folder.path().to_owned()]));
        assert!(!folder.path().join(dead).exists());
        assert!(folder.path().join(alive).exists());
        assert!(folder.path().join("photo.jpg").exists());
    }
}

//! Which files can be reached by path: none, but for the folder of who has no master.
//!
//! What is not granted is refused with `EACCES`, and a rename or link out of its folder with
//! `EXDEV`. What is open already, or comes open, is nothing that a path leads to.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetError, RulesetStatus, Scope, make_bitflags, path_beneath_rules,
};

use super::{Publishes, tells_backtraces};

/// The newest version that the rules have been tried with. Of what it can forbid, older kernels
/// forbid what they know.
const NEWEST: ABI = ABI::V7;

/// What giving a file its name takes.
const PUBLISH: BitFlags<AccessFs> = make_bitflags!(AccessFs::{ MakeReg | RemoveFile });

/// Confines the calling thread, and those that it will start.
pub(super) fn apply(publishes: Option<&Publishes<'_>>) -> Result<(), String> {
    // A directory has two links, and one more for each that is in it.
    let threads = std::fs::metadata("/proc/self/task").map_or(1, |task| task.nlink() - 2);
    if threads > 1 {
        return Err("other threads were there before it".to_owned());
    }
    match confine(publishes.map(|publishes| publishes.folder)) {
        Ok(RulesetStatus::NotEnforced) => Err("this kernel has none".to_owned()),
        Ok(_) if publishes.is_some_and(|publishes| publishes.overlap) => {
            Err("an input lies in a folder for outputs".to_owned())
        }
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

fn confine(folder: Option<&Path>) -> Result<RulesetStatus, RulesetError> {
    let program = ["/proc/self/maps", "/proc/self/exe"];
    let read = if tells_backtraces() { &program[..] } else { &[] };
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?
        .add_rules(path_beneath_rules(read, AccessFs::ReadFile))?
        .add_rules(path_beneath_rules(folder, PUBLISH))?
        .restrict_self()?;
    Ok(status.ruleset)
}

//! Which files a worker can reach.
//!
//! What is not granted is refused with `EACCES`, and a rename or link out of its folder with
//! `EXDEV`. Rules are about the files and folders that were there when the sandbox was entered:
//! a file that takes the place of one that was granted by itself cannot be read.

use std::env;
use std::ffi::OsString;
use std::os::unix::fs::MetadataExt;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetError, RulesetStatus, Scope, make_bitflags, path_beneath_rules,
};
use lote_protocol::sandbox::Grants;

/// The newest version that the rules have been tried with. Of what it can forbid, older kernels
/// forbid what they know.
const NEWEST: ABI = ABI::V7;

/// What can be done in a folder for outputs. Listing is for those who want its names on the disk
/// (`fsync` of the folder). Moving files between folders is granted nowhere, nor is making folders,
/// links, pipes, sockets or devices, or running programs.
const WRITE: BitFlags<AccessFs> = make_bitflags!(AccessFs::{
    ReadFile | WriteFile | MakeReg | RemoveFile | ReadDir
});

/// Confines the calling thread, and those that it will start, to what is granted. What is not there
/// is left out.
pub(super) fn apply(grants: &Grants) -> Result<(), String> {
    // A directory has two links, and one more for each that is in it.
    let threads = std::fs::metadata("/proc/self/task").map_or(1, |task| task.nlink() - 2);
    if threads > 1 {
        return Err(format!("{} threads were there before it", threads - 1));
    }
    match confine(grants) {
        Ok(RulesetStatus::NotEnforced) => Err("this kernel has none".to_owned()),
        Ok(_) if grants.overlap => Err("an input lies in a folder for outputs".to_owned()),
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

fn confine(grants: &Grants) -> Result<RulesetStatus, RulesetError> {
    let backtrace = for_backtraces();
    let read = grants.read.iter().chain(&backtrace);
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?
        .add_rules(path_beneath_rules(read, AccessFs::ReadFile))?
        .add_rules(path_beneath_rules(&grants.write, WRITE))?
        .restrict_self()?;
    Ok(status.ruleset)
}

/// What a panic reads to say where it was, if the user wants to know.
fn for_backtraces() -> Vec<OsString> {
    let wanted = ["RUST_BACKTRACE", "RUST_LIB_BACKTRACE"]
        .into_iter()
        .any(|variable| env::var_os(variable).is_some_and(|value| value != "0"));
    let files = ["/proc/self/maps", "/proc/self/exe"].map(OsString::from);
    if wanted { files.into() } else { Vec::new() }
}

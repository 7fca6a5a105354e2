//! Makes the output folders, and finds out whether they can be written to.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::error::reason;
use super::{OutputState, Plan, PlanError, folder};

/// Makes the folders of all outputs that are to be made, and checks that files can be written
/// there.
pub fn prepare(plan: &Plan) -> Result<(), PlanError> {
    let mut ready = HashSet::new();
    for (index, image) in plan.images.iter().enumerate() {
        for (at, variant) in plan.variants.iter().enumerate() {
            if !matches!(plan.state(index, at), OutputState::Planned { .. }) {
                continue;
            }
            let folder = folder(&plan.output, &variant.name, image);
            if !ready.contains(&folder) {
                make(&folder).map_err(|error| PlanError::CannotWrite {
                    path: folder.clone(),
                    reason: reason(&error),
                })?;
                ready.insert(folder);
            }
        }
    }
    Ok(())
}

/// The folders of all outputs that are to be made.
pub fn folders(plan: &Plan) -> BTreeSet<PathBuf> {
    let mut folders = BTreeSet::new();
    for (index, image) in plan.images.iter().enumerate() {
        for (at, variant) in plan.variants.iter().enumerate() {
            if matches!(plan.state(index, at), OutputState::Planned { .. }) {
                folders.insert(folder(&plan.output, &variant.name, image));
            }
        }
    }
    folders
}

fn make(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    #[cfg(unix)]
    {
        use rustix::fs::{Access, access};
        access(folder, Access::WRITE_OK | Access::EXEC_OK)?;
    }
    Ok(())
}

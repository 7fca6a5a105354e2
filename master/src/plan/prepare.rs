//! Makes the output folders, and finds out whether they can be written to.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::error::reason;
use super::{OutputState, Plan, PlanError, Request, folder, plan};

/// Makes a plan, and prepares its folders.
pub fn prepared(request: &Request) -> Result<Plan, PlanError> {
    let plan = plan(request)?;
    prepare(&plan)?;
    Ok(plan)
}

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

/// Forces the names of those folders, and of those above them up to that of the output folder, to
/// the disk.
pub fn sync_folders(plan: &Plan) -> Result<(), PlanError> {
    let above = plan.output.parent().filter(|parent| !parent.as_os_str().is_empty());
    let above = above.unwrap_or(Path::new("."));
    let mut all = BTreeSet::from([above.to_owned(), plan.output.clone()]);
    for folder in folders(plan) {
        let below = folder.ancestors().take_while(|folder| **folder != *plan.output);
        all.extend(below.map(Path::to_owned));
    }
    for folder in all {
        sync(&folder).map_err(|error| PlanError::CannotWrite {
            path: folder.clone(),
            reason: reason(&error),
        })?;
    }
    Ok(())
}

#[cfg(unix)]
fn sync(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync(_folder: &Path) -> io::Result<()> {
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

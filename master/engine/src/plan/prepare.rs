//! Makes the output folders, and finds out whether they can be written to.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::error::reason;
use super::{OutputState, Plan, PlanError, Request, plan};

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
    for folder in each_folder(plan) {
        if !ready.contains(&folder) {
            make(&folder).map_err(|error| cannot_write(&folder, &error))?;
            ready.insert(folder);
        }
    }
    Ok(())
}

/// Forces the names of those folders, and of those above them up to that of the output folder, to
/// the disk.
pub fn sync_folders(plan: &Plan) -> Result<(), PlanError> {
    if plan.is_stored() {
        return Ok(());
    }
    let above = plan.output.parent().filter(|parent| !parent.as_os_str().is_empty());
    let above = above.unwrap_or(Path::new("."));
    let mut all = BTreeSet::from([above.to_owned(), plan.output.clone()]);
    for folder in folders(plan) {
        let below = folder.ancestors().take_while(|folder| **folder != *plan.output);
        all.extend(below.map(Path::to_owned));
    }
    for folder in all {
        sync(&folder).map_err(|error| cannot_write(&folder, &error))?;
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

fn cannot_write(folder: &Path, error: &io::Error) -> PlanError {
    PlanError::CannotWrite { path: folder.to_owned(), reason: reason(error) }
}

/// The folders of all outputs that are to be made.
pub fn folders(plan: &Plan) -> BTreeSet<PathBuf> {
    each_folder(plan).collect()
}

/// The folder of each output that is to be made, image by image.
fn each_folder(plan: &Plan) -> impl Iterator<Item = PathBuf> {
    (0..plan.images.len()).flat_map(move |place| {
        let variants = plan.variants.iter().enumerate();
        let planned = variants.filter(move |(variant, _)| {
            matches!(plan.state(place, *variant), OutputState::Planned { .. })
        });
        planned.map(move |(variant, _)| {
            let output = plan.output_file(place, variant);
            output.parent().unwrap_or(&plan.output).to_owned()
        })
    })
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

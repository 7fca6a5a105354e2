//! Decides what becomes of every output, before the run.

use std::ffi::OsStr;
use std::path::Path;

use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::text;

use super::existing::{Folders, list};
use super::inputs::Inputs;
use super::{IfExists, MAX_PATH_BYTES, OutputState, Past, Plan, PlanError};
use crate::store::Address;

/// The length of the temporary name of an output, in bytes.
const TEMPORARY_NAME_BYTES: usize = 48;

/// How many of the outputs that are in the way are named.
const SHOWN: usize = 3;

/// The states of all outputs of a plan that has none yet: image by image, one per variant. Those of
/// images that are not `mine` are skipped, whatever is there.
pub(super) fn states(
    plan: &Plan,
    policy: IfExists,
    past: &impl Past,
    inputs: &mut Inputs,
    mine: Option<&[bool]>,
) -> Result<Vec<OutputState>, PlanError> {
    let mut folders = Folders::new(list);
    let mut refused = Vec::new();
    let mut states = Vec::with_capacity(plan.images.len() * plan.variants.len());
    for (place, image) in plan.images.iter().enumerate() {
        if mine.is_some_and(|mine| !mine[place]) {
            states.extend(plan.variants.iter().map(|_| OutputState::Skipped));
            continue;
        }
        let input = plan.origin(place);
        for index in 0..plan.variants.len() {
            let failure = image.failure.clone();
            let unnamed = || plan.naming.failure(place, index, plan.variants.len());
            if let Some(failure) = failure.or_else(unnamed) {
                states.push(OutputState::Failed(failure));
                continue;
            }
            let below = plan.output.join(plan.below(place, index, 1));
            let folder = below.parent().unwrap_or(&plan.output);
            let name = |number: u32| {
                let path = if number > 1 { &plan.below(place, index, number) } else { &below };
                path.file_name().unwrap_or_default().to_owned()
            };
            if let Some((done, output)) = past.done(&input, plan, (place, index))
                && plan.output.join(output) == folder.join(name(done.number))
            {
                states.push(OutputState::Done(done));
                continue;
            }
            let state = match policy {
                // Folders need not be listed for that.
                IfExists::Overwrite => OutputState::Planned { number: 1 },
                _ => folders.settle(policy, folder, name, &mut refused),
            };
            let name = name(state.number());
            inputs.check(folder, &name)?;
            let unwritable = too_long(folder, &name).or_else(|| no_key(plan, folder, &name));
            states.push(unwritable.map_or(state, OutputState::Failed));
        }
    }
    if refused.is_empty() {
        return Ok(states);
    }
    let count = refused.len();
    refused.truncate(SHOWN);
    Err(PlanError::Exists { count, first: refused })
}

/// Why an output cannot be made, if it is to go to a store and its name can be no key there.
fn no_key(plan: &Plan, folder: &Path, name: &OsStr) -> Option<Failure> {
    let key = plan.is_stored().then(|| Address::of(&plan.shown(&folder.join(name))))?;
    Some(Failure::new(FailureKind::Write, key.err()?))
}

/// Why an output cannot be made, if its path or that of its temporary file is too long.
fn too_long(folder: &Path, name: &OsStr) -> Option<Failure> {
    let bytes = folder.as_os_str().len() + 1 + name.len().max(TEMPORARY_NAME_BYTES);
    (bytes > MAX_PATH_BYTES).then(|| {
        let message = text!("the output's path is too long ({} bytes)", bytes);
        Failure::new(FailureKind::Write, message)
    })
}

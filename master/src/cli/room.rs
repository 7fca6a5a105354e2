//! A word about a disk that is too small, before a run begins.

use std::path::Path;

use crate::ui::Ui;
use lote_engine::lang::Lang;
use lote_engine::plan::Plan;
use lote_engine::system;
use lote_engine::words::bytes;

/// Warns if the outputs clearly do not fit in that folder's file system. The run is not refused:
/// it waits when the disk is full, and goes on when there is room.
pub(super) fn warn_if_short(plan: &Plan, output: &Path, ui: Ui) {
    let Some(free) = system::free_bytes(output) else { return };
    let least = plan.least_bytes();
    // The files to be replaced are looked at only if it matters.
    if least <= free || least.saturating_sub(plan.replaced_bytes()) <= free {
        return;
    }
    let outputs = plan.counts().planned;
    let inputs = plan.images.iter().map(|image| image.bytes).fold(0, u64::saturating_add);
    let (free, inputs) = (bytes(free, ui.lang), bytes(inputs, ui.lang));
    let folder = output.display();
    ui.warn(&match ui.lang {
        Lang::En => format!(
            "only {free} are free in {folder} for {outputs} outputs of images that take {inputs}: \
             the run will pause when there is no room left"
        ),
        Lang::Es => format!(
            "en {folder} solo quedan {free} para {outputs} salidas de imágenes que ocupan {inputs}: \
             el trabajo hará una pausa cuando no quede sitio"
        ),
    });
}

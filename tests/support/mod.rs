//! What the tests share: folders of images made by code, the program under test, and its events.

pub(crate) mod cycle;
#[allow(dead_code, reason = "only servers and fleets are asked again and again")]
pub(crate) mod patience;
pub(crate) mod pictures;
pub(crate) mod processes;
pub(crate) mod program;
pub(crate) mod small_disk;
pub(crate) mod workspace;

pub(crate) use program::{LOTE, Lote, Outcome, Running};
pub(crate) use workspace::Workspace;

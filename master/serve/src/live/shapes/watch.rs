//! Folders that are watched.

use serde::Serialize;

use crate::said::Trouble;

/// What a watch does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum WatchState {
    /// It waits for images.
    Waiting,
    /// It makes what it has found.
    Working,
    /// What has been started is finished, then it ends.
    Stopping,
    /// It cannot go on; it stays on the list until it is stopped.
    Failed,
}

/// A folder that is watched.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Watch {
    /// Opaque.
    pub id: String,
    /// The folder, for people.
    pub name: String,
    /// Where outputs go, for people.
    pub output_label: String,
    /// The names of what is made of each image.
    pub variants: Vec<String>,
    /// What it does.
    pub state: WatchState,
    /// Outputs that were made.
    pub ok: usize,
    /// Outputs that could not be.
    pub failed: usize,
    /// The image of the output that ended last.
    pub last: Option<String>,
    /// What stands in its way, one line in English.
    #[serde(flatten)]
    pub error: Trouble,
    /// When it began.
    pub started_ms: f64,
}

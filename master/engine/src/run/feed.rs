//! Where a run has its work from.

use std::future::Future;

use crate::plan::{Gate, Plan};

/// Where a run has its work from: a plan, which may grow while the run works.
pub trait Feed {
    /// What there is so far. Images and units are added to it at its end, and nothing else changes.
    fn plan(&self) -> &Plan;

    /// Whether nothing will ever be added.
    fn is_whole(&self) -> bool;

    /// Waits until something has been added; `false` if nothing will be any more. Nothing is lost when
    /// the future is dropped before it is ready.
    fn more(&mut self) -> impl Future<Output = bool>;

    /// Who is asked before outputs get their names, if anybody is.
    fn gate(&self) -> Option<Gate> {
        None
    }
}

/// All is there from the start.
impl Feed for &Plan {
    fn plan(&self) -> &Plan {
        self
    }

    fn is_whole(&self) -> bool {
        true
    }

    async fn more(&mut self) -> bool {
        false
    }
}

//! Where a run has its work from.

use std::future::Future;
use std::pin::Pin;

use lote_protocol::outcome::Failure;
use tokio::sync::mpsc;

use crate::event::{Event, Place};
use crate::plan::{Gate, Plan, Unfetched};

/// The way of an output from its folder to where it belongs; its tag there, if it gets one.
pub type Carrying = Pin<Box<dyn Future<Output = Result<Option<String>, Failure>> + Send>>;

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

    /// How many of the plan's units can be begun, from the first on: the images of others are on their way.
    fn released(&self) -> usize {
        self.plan().units.len()
    }

    /// The images that were on their way and did not arrive.
    fn unfetched(&self) -> Unfetched {
        Unfetched::default()
    }

    /// Has an output of so many bytes brought to where it belongs, if its folder is not that; it has not
    /// ended before.
    fn carry(&mut self, _place: Place, _bytes: u64) -> Option<Carrying> {
        None
    }

    /// Workers have no more to do with an output.
    fn over(&mut self, _place: Place) {}

    /// What is told by the feed itself.
    fn news(&mut self) -> Option<mpsc::UnboundedReceiver<Event>> {
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

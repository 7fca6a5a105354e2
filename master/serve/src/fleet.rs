//! Other machines that can make jobs in this one's place. What they are and how they are spoken to is no
//! matter here.

use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;

use lote_engine::event::{Bus, OutputEnded};
use lote_engine::journal::{self, Header};
use lote_engine::lang::Text;
use lote_engine::plan::Plan;
use lote_engine::run::{RunOrder, Settings};
use tokio::sync::mpsc;

/// Something that is waited for on the thread that runs jobs.
pub type Doing<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// What a fleet is to make.
#[derive(Debug)]
pub struct Asked<'a> {
    /// It; the folders of its outputs are there.
    pub plan: &'a Arc<Plan>,
    /// What goes on record.
    pub header: &'a Header,
    /// How outputs are made.
    pub settings: &'a Settings,
}

/// A fleet.
pub trait Fleet: Debug + Send + Sync {
    /// Why its machines could not find what a plan reads and writes. This looks at disks.
    fn check(&self, plan: &Plan) -> Result<(), Text>;

    /// Has it make a plan, waiting for machines as long as it takes; why it could not go on. `given` is told
    /// before anything is made. [`RunOrder::Cancel`] ends it, [`RunOrder::Abort`] leaves it to the fleet: whether
    /// it was left.
    fn run<'a>(
        &'a self,
        asked: Asked<'a>,
        given: &'a dyn Fn(&journal::FleetJob),
        bus: &'a mut Bus,
        orders: &'a mut mpsc::Receiver<RunOrder>,
    ) -> Doing<'a, Result<bool, Text>>;

    /// Takes a job away from the fleet that was left to it: what it has made of a plan meanwhile. `None` if
    /// the server could not be asked before another order came.
    fn take_over<'a>(
        &'a self,
        job: &'a str,
        plan: &'a Plan,
        orders: &'a mut mpsc::Receiver<RunOrder>,
    ) -> Doing<'a, Option<Vec<OutputEnded>>>;

    /// Kills a worker of a machine.
    fn kill(&self, machine: &str, worker: u32);

    /// Has a machine finish what it has begun, and leave.
    fn drain(&self, machine: &str);
}

//! The isolation test, as pages see it: a worker is killed, and all that it was at is made again.

use std::collections::HashMap;

use super::model::Model;
use super::shapes::{Change, Isolation, TrialState};

impl Model {
    /// The isolation test kills this worker.
    pub fn begin_isolation(&mut self, worker: u32) {
        let (state, reason) = (TrialState::Running, "SIGKILL".to_owned());
        self.isolation = Isolation { state, worker, reason, ..Isolation::default() };
        self.interrupted = None;
        self.tell_isolation();
    }

    /// A worker died while it was at these tasks.
    pub(super) fn isolation_lost(&mut self, worker: u32, reason: &str, tasks: &[u32]) {
        if self.is_tested(worker) && self.interrupted.is_none() {
            reason.clone_into(&mut self.isolation.reason);
            let image = |task: &u32| Some((*task, self.image_of_task(*task)?));
            self.interrupted = Some(tasks.iter().filter_map(image).collect());
            self.tell_isolation();
        }
    }

    /// A worker that had died takes tasks again, so long after its death (ms).
    pub(super) fn isolation_replaced(&mut self, worker: u32, ms: f64) {
        if self.is_tested(worker) {
            self.isolation.replaced_ms = ms;
            self.follow_isolation();
        }
    }

    /// A task is done that had been lost with a worker.
    pub(super) fn isolation_redone(&mut self, task: u32) {
        if self.interrupted.as_mut().is_some_and(|tasks| tasks.remove(&task).is_some()) {
            self.isolation.redone += 1;
            self.follow_isolation();
        }
    }

    /// An image is given up.
    pub(super) fn isolation_gave_up(&mut self, place: usize) {
        if let Some(tasks) = &mut self.interrupted
            && self.isolation.state == TrialState::Running
            && tasks.values().any(|image| *image == place)
        {
            tasks.retain(|_, image| *image != place);
            self.isolation.lost += 1;
            self.follow_isolation();
        }
    }

    /// The job is over, and with it the test.
    pub(super) fn end_isolation(&mut self) {
        if self.isolation.state == TrialState::Running {
            self.isolation.state = TrialState::Finished;
            self.interrupted = None;
            self.tell_isolation();
        }
    }

    fn is_tested(&self, worker: u32) -> bool {
        self.isolation.state == TrialState::Running && self.isolation.worker == worker
    }

    /// The image that a task of the run is about.
    fn image_of_task(&self, task: u32) -> Option<usize> {
        let run = self.run.as_ref()?;
        let unit = task.checked_sub(run.first_task)?;
        Some(run.plan.units.get(unit as usize)?.image)
    }

    /// Tells how the test is, and ends it when all that it broke is whole again.
    fn follow_isolation(&mut self) {
        let is_whole = self.interrupted.as_ref().is_some_and(HashMap::is_empty)
            && !self.dead.contains_key(&self.isolation.worker);
        if is_whole && self.isolation.state == TrialState::Running {
            self.isolation.state = TrialState::Finished;
            self.interrupted = None;
        }
        self.tell_isolation();
    }

    fn tell_isolation(&mut self) {
        self.change(Change::Isolation { isolation: self.isolation.clone() });
    }
}

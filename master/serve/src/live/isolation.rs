//! The isolation test: a busy worker is killed in mid-job, what it was at is done again elsewhere,
//! and the outputs are compared with the same made undisturbed.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use super::lanes::short;
use super::model::{Model, ProofState, Repeated};
use super::shapes::{Change, Isolation, JobState, Proof, TrialState};
use crate::said::Said;
use lote_engine::event::{Place, Status};
use lote_engine::lang::Text;
use lote_engine::plan::{Plan, Unit};

/// The outputs of interrupted images.
#[derive(Debug, Clone)]
pub struct Evidence {
    number: u64,
    /// The plan that they are of.
    pub plan: Arc<Plan>,
    /// Those that ended well.
    pub places: Vec<Place>,
}

impl Model {
    /// The worker that an isolation test is to kill: one of those that have something to do in the
    /// job, if there is any. The test begins with it.
    pub fn pick_isolation(&mut self) -> Option<u32> {
        let is_running = self.job().is_some_and(|job| job.state == JobState::Running);
        let busy = if is_running { self.busy_workers() } else { Vec::new() };
        // How random it is does not matter.
        let chance = RandomState::new().hash_one(0) as usize;
        let worker = busy.get(chance % busy.len().max(1)).copied();
        if let Some(worker) = worker {
            self.begin_isolation(worker);
        }
        worker
    }

    /// Another worker to kill, where the one before had just ended its task when it died.
    pub fn pick_isolation_again(&mut self) -> Option<u32> {
        let is_open = self.isolation.state == TrialState::Running;
        let has_missed = is_open && self.repeated.proof == ProofState::Missed;
        has_missed.then(|| self.pick_isolation()).flatten()
    }

    /// The isolation test kills this worker.
    pub(super) fn begin_isolation(&mut self, worker: u32) {
        let (state, reason) = (TrialState::Running, "SIGKILL".to_owned());
        self.isolation = Isolation { state, worker, reason, ..Isolation::default() };
        self.interrupted = None;
        let number = self.repeated.number + 1;
        self.repeated = Repeated { number, ..Repeated::default() };
        self.tell_isolation();
    }

    /// A worker died while it was at these tasks.
    pub(super) fn isolation_lost(&mut self, worker: u32, reason: &Text, tasks: &[u32]) {
        if self.is_tested(worker) && self.interrupted.is_none() {
            self.isolation.reason = short(reason);
            self.isolation.reason_es = Said::new(reason.clone()).spanish();
            let image = |task: &u32| Some((*task, self.unit_of_task(*task)?.image));
            let interrupted: HashMap<_, _> = tasks.iter().filter_map(image).collect();
            if interrupted.is_empty() {
                self.repeated.proof = ProofState::Missed;
            }
            self.interrupted = Some(interrupted);
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
            if let Some(unit) = self.unit_of_task(task) {
                let variants = unit.variants.iter().map(|variant| *variant as usize);
                let places: Vec<_> =
                    variants.map(|variant| Place { image: unit.image, variant }).collect();
                self.repeated.places.extend(places);
                self.repeated.job = self.books.back().map(|book| book.job.clone());
            }
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

    /// The job ends: what is not whole by now will not be. A proof does not need the job.
    pub(super) fn end_isolation(&mut self) {
        let is_open = self.isolation.state == TrialState::Running;
        if is_open && matches!(self.repeated.proof, ProofState::NotYet | ProofState::Missed) {
            self.isolation.state = TrialState::Finished;
            self.interrupted = None;
            self.tell_isolation();
        }
    }

    /// Whether a test waits for its proof.
    pub fn wants_proof(&self) -> bool {
        self.repeated.proof == ProofState::Wanted
    }

    /// What a test is to be proved by, once; whoever takes it owes a
    /// [`Self::conclude_isolation`].
    pub fn take_evidence(&mut self) -> Option<Evidence> {
        if !self.wants_proof() {
            return None;
        }
        self.repeated.proof = ProofState::Taken;
        let places = std::mem::take(&mut self.repeated.places);
        let number = self.repeated.number;
        let job = self.repeated.job.take();
        // Another job may have begun meanwhile.
        let Some(book) = job.and_then(|job| self.book(&job)) else {
            self.prove_isolation(number, None);
            return None;
        };
        let is_ok = |place: &Place| book.end_of(*place).is_some_and(|end| end.status == Status::Ok);
        let places = places.into_iter().filter(is_ok).collect();
        Some(Evidence { number, plan: Arc::clone(&book.plan), places })
    }

    /// Ends the test that this evidence is of, with what was found if anything could be.
    pub fn conclude_isolation(&mut self, evidence: &Evidence, proof: Option<Proof>) {
        self.prove_isolation(evidence.number, proof);
    }

    fn prove_isolation(&mut self, number: u64, proof: Option<Proof>) {
        if number == self.repeated.number && self.isolation.state == TrialState::Running {
            self.isolation.state = TrialState::Finished;
            self.isolation.proof = proof;
            self.tell_isolation();
        }
    }

    fn is_tested(&self, worker: u32) -> bool {
        // While the proof is made, a death has nothing to do with the test any more.
        self.isolation.state == TrialState::Running
            && self.isolation.worker == worker
            && self.repeated.proof == ProofState::NotYet
    }

    /// What a task of the run is about.
    fn unit_of_task(&self, task: u32) -> Option<&Unit> {
        let run = self.run.as_ref()?;
        let unit = task.checked_sub(run.first_task)?;
        run.plan.units.get(unit as usize)
    }

    /// Tells how the isolation test is. When all that it broke is whole again, it waits for the
    /// proof, or ends if there is nothing to be proved.
    fn follow_isolation(&mut self) {
        let is_whole = self.interrupted.as_ref().is_some_and(HashMap::is_empty)
            && !self.dead.contains_key(&self.isolation.worker);
        if is_whole && self.isolation.state == TrialState::Running {
            self.interrupted = None;
            if self.repeated.places.is_empty() {
                self.isolation.state = TrialState::Finished;
            } else {
                self.repeated.proof = ProofState::Wanted;
            }
        }
        self.tell_isolation();
    }

    fn tell_isolation(&mut self) {
        self.change(Change::Isolation { isolation: self.isolation.clone() });
    }
}

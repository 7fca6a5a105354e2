//! What has become of a job, reduced from its events: counts, outputs, lanes.
//!
//! Nobody else counts. The figures of a run, the terminal, the page, the demonstration and the comparison
//! each hold as much of this as they show, and hand in what they are told.

mod lanes;
mod outputs;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use lote_protocol::lang::Text;

pub use lanes::{Advanced, Lane, LaneState, Lanes, TaskInHand};
pub use outputs::{Outputs, Remembered};

use crate::event::{Event, Mode, OutputCounts, Status, WorkerState};

/// The unit that a lane works on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitInHand {
    /// Its number in the plan.
    pub number: usize,
    /// Whether a worker died of it, or beside it, and it was begun again for that.
    pub is_again: bool,
}

/// The death of a worker.
#[derive(Debug, Clone, PartialEq)]
pub struct Loss {
    /// The agent of a fleet that it worked for.
    pub agent: Option<Arc<str>>,
    /// The worker.
    pub worker: u32,
    /// What it died of.
    pub reason: Text,
    /// Images that it interrupted and that were begun again.
    pub interrupted: usize,
    /// From the death to a replacement that takes tasks, ms.
    pub replaced_ms: Option<f64>,
}

/// A run on this machine, as its events tell it. Times are ms, of any clock.
#[derive(Debug, Clone, Default)]
pub struct RunState {
    /// How work is spread.
    pub mode: Mode,
    /// Outputs in all.
    pub total: usize,
    /// Those that have ended.
    pub counts: OutputCounts,
    /// What workers do.
    pub lanes: Lanes<UnitInHand>,
    /// Workers that died, in turn.
    pub losses: Vec<Loss>,
    /// Images that had to be begun again.
    pub repeated: BTreeSet<String>,
    /// What had been spent on them when they were interrupted.
    pub thrown_away_ms: f64,
    /// The longest that an output took, with its share of decoding.
    pub slowest_ms: f64,
    /// Units that workers died over and that have not been begun again: in which death, and how long they
    /// had run.
    cut: HashMap<usize, (usize, f64)>,
}

impl RunState {
    /// Takes in what has happened at `t`.
    pub fn event(&mut self, event: &Event, t: f64) {
        match event {
            Event::Planned { outputs, mode, workers, .. } => {
                (self.total, self.mode) = (*outputs, *mode);
                self.lanes = Lanes::new(*mode, *workers);
            }
            Event::Worker { agent, worker, pid, state, reason, ms, .. } => {
                let agent = agent.as_ref().map(|afar| &afar.agent);
                self.worker(agent, *worker, *pid, (*state, reason.as_ref(), *ms), t);
            }
            Event::Task { agent: None, worker, slot, unit, variants, image, attempt, .. } => {
                // What was only waiting in a worker that died is given out again too.
                let cut = self.cut.remove(unit).filter(|_| *attempt > 1);
                if let Some((death, spent_ms)) = cut {
                    self.losses[death].interrupted += 1;
                    self.thrown_away_ms += spent_ms;
                    self.repeated.insert(image.clone());
                }
                if let Some(lane) = self.lanes.at(*worker, *slot) {
                    let unit = UnitInHand { number: *unit, is_again: cut.is_some() };
                    lane.redone += usize::from(unit.is_again);
                    lane.begin(unit, *attempt, variants.clone(), t);
                }
            }
            Event::Decoded { agent: None, worker, slot } => {
                if let Some(lane) = self.lanes.at(*worker, *slot) {
                    lane.decoded(t);
                }
            }
            Event::PutOff { worker, slot, .. } => self.advance(*worker, *slot, false, t),
            Event::Output(ended) => {
                self.counts.add(ended);
                self.slowest_ms = self.slowest_ms.max(ended.ms.unwrap_or_default());
                if let (None, Some((worker, slot))) = (&ended.agent, ended.worker.zip(ended.slot)) {
                    self.advance(worker, slot, ended.status == Status::Ok, t);
                }
            }
            Event::Listening { .. }
            | Event::Agent { .. }
            | Event::Fleet { .. }
            | Event::Store { .. }
            | Event::Task { .. }
            | Event::Decoded { .. }
            | Event::Claimed { .. }
            | Event::Progress(_)
            | Event::Paused { .. }
            | Event::Resumed
            | Event::Finished(_) => {}
        }
    }

    fn advance(&mut self, worker: u32, slot: u32, is_made: bool, t: f64) {
        if let Some(lane) = self.lanes.at(worker, slot) {
            lane.done += usize::from(is_made);
            lane.advance(None, t);
        }
    }

    fn worker(
        &mut self,
        agent: Option<&Arc<str>>,
        worker: u32,
        pid: u32,
        (state, reason, ms): (WorkerState, Option<&Text>, Option<f64>),
        t: f64,
    ) {
        // Workers of other machines have no lanes here.
        let is_own = agent.is_none();
        let shown = match state {
            WorkerState::Started | WorkerState::Restarted => LaneState::Starting,
            WorkerState::Ready => {
                if let Some(loss) = self.waited_for(agent, worker) {
                    self.losses[loss].replaced_ms = Some(ms.unwrap_or_default());
                }
                LaneState::Ready
            }
            WorkerState::Lost => {
                let death = self.losses.len();
                let lanes = if is_own { self.lanes.lost(worker) } else { Vec::new() };
                for task in lanes.into_iter().filter_map(|(_, task)| task) {
                    self.cut.insert(task.what.number, (death, t - task.start_ms));
                }
                let (agent, reason) = (agent.cloned(), reason.cloned().unwrap_or_default());
                let (interrupted, replaced_ms) = (0, None);
                self.losses.push(Loss { agent, worker, reason, interrupted, replaced_ms });
                LaneState::Lost
            }
            WorkerState::Stopped => LaneState::Stopped,
        };
        if is_own {
            self.lanes.show(worker, shown, Some(pid));
        }
    }

    /// The last death of a worker, if its replacement does not take tasks yet.
    fn waited_for(&self, agent: Option<&Arc<str>>, worker: u32) -> Option<usize> {
        let is_it = |loss: &Loss| loss.worker == worker && loss.agent.as_ref() == agent;
        let last = self.losses.iter().rposition(is_it)?;
        self.losses[last].replaced_ms.is_none().then_some(last)
    }

    /// Whether an event tells of a worker whose replacement does not take tasks yet.
    pub fn is_waited_for(&self, event: &Event) -> bool {
        let Event::Worker { agent, worker, .. } = event else { return false };
        self.waited_for(agent.as_ref().map(|afar| &afar.agent), *worker).is_some()
    }

    /// Images that were interrupted and begun again.
    pub fn redone(&self) -> usize {
        self.losses.iter().map(|loss| loss.interrupted).sum()
    }

    /// Whether all that was interrupted has been repeated to its end.
    pub fn is_whole(&self) -> bool {
        let is_again =
            |lane: &Lane<UnitInHand>| lane.task.as_ref().is_some_and(|task| task.what.is_again);
        self.cut.is_empty() && !self.lanes.iter().any(is_again)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worker(worker: u32, state: WorkerState) -> Event {
        let reason = (state == WorkerState::Lost).then(|| "SIGSEGV".into());
        let (agent, pid, slots, ms, sandbox) = (None, 9, 1, Some(31.0), None);
        Event::Worker { agent, worker, pid, slots, state, reason, ms, sandbox }
    }

    fn begun(worker: u32, slot: u32, unit: usize, image: &str, attempt: u32) -> Event {
        let (agent, variants, image, image_bytes) = (None, vec![0], image.to_owned(), None);
        Event::Task { agent, worker, slot, unit, variants, image, image_bytes, attempt }
    }

    #[test]
    fn only_what_ran_in_a_dead_worker_and_was_begun_again_is_counted_as_interrupted() {
        let mut state = RunState::default();
        let lanes =
            |worker| (0..2).map(move |slot| Lane { worker, ..Lane::new(slot, Mode::Processes) });
        state.lanes.extend([1, 2].into_iter().flat_map(lanes));
        state.event(&begun(1, 0, 7, "a", 1), 0.0);
        state.event(&begun(1, 1, 8, "b", 1), 0.0);
        state.event(&begun(2, 0, 9, "c", 1), 0.0);
        state.event(&worker(1, WorkerState::Lost), 1000.0);
        assert!(!state.is_whole());
        // "b" had ended and is not given out again; "d" had only been waiting.
        state.event(&worker(1, WorkerState::Ready), 1500.0);
        state.event(&begun(2, 0, 7, "a", 2), 2000.0);
        state.event(&begun(2, 1, 5, "d", 2), 3000.0);
        assert_eq!((state.redone(), state.thrown_away_ms), (1, 1000.0));
        assert_eq!(state.repeated, BTreeSet::from(["a".to_owned()]));
        assert_eq!(state.losses[0].replaced_ms, Some(31.0));
        assert_eq!(state.lanes.iter().map(|lane| lane.redone).collect::<Vec<_>>(), [0, 0, 1, 0]);
    }
}

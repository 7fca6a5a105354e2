//! What every worker of a run does, and what has befallen it. [`super::table`] shows it.

use std::collections::HashSet;
use std::time::Instant;

use lote_protocol::lang::Text;

use super::{Blow, Strike};
use crate::event::{Event, Mode, Status, WorkerState};
use crate::lang::Lang;
use crate::report::text::printable;

/// What a lane's thread does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Starting,
    Idle,
    Works,
    Dead,
    Ended,
}

/// One thread of one worker.
#[derive(Debug)]
pub(super) struct Lane {
    worker: u32,
    slot: u32,
    pub(super) pid: u32,
    pub(super) state: State,
    unit: Option<usize>,
    pub(super) image: String,
    pub(super) attempt: u32,
    pub(super) done: usize,
    pub(super) deaths: usize,
    pub(super) redone: usize,
    /// What happened last to its worker.
    pub(super) note: String,
    /// What has befallen its worker, and when.
    pub(super) struck: Option<(Blow, Instant)>,
}

/// The lanes of a run and its bar.
#[derive(Debug)]
pub struct Lanes {
    pub(super) lang: Lang,
    pub(super) mode: Mode,
    pub(super) rows: Vec<Lane>,
    pub(super) total: usize,
    pub(super) done: usize,
    pub(super) failed: usize,
    pub(super) deaths: usize,
    pub(super) redone: usize,
    pub(super) start: Instant,
    /// When the run was over.
    pub(super) end: Option<Instant>,
    /// Units that ran in workers that died and have not been begun again.
    cut: HashSet<usize>,
}

impl Lanes {
    /// Of a run that begins now.
    pub fn new(lang: Lang, now: Instant) -> Self {
        Self {
            lang,
            mode: Mode::Processes,
            rows: Vec::new(),
            total: 0,
            done: 0,
            failed: 0,
            deaths: 0,
            redone: 0,
            start: now,
            end: None,
            cut: HashSet::new(),
        }
    }

    /// Takes in what has happened.
    pub fn event(&mut self, event: &Event, now: Instant) {
        match event {
            Event::Planned { outputs, mode, workers, .. } => {
                self.planned(*outputs, *mode, *workers);
            }
            Event::Worker { worker, pid, state, reason, ms, .. } => {
                self.worker(*worker, *pid, *state, reason.as_ref(), *ms);
            }
            Event::Task { worker, slot, unit, image, attempt, .. } => {
                let again = *attempt > 1 && self.cut.remove(unit);
                self.redone += usize::from(again);
                if let Some(lane) = self.lane(*worker, *slot) {
                    lane.state = State::Works;
                    lane.unit = Some(*unit);
                    lane.image.clone_from(image);
                    lane.attempt = *attempt;
                    lane.redone += usize::from(again);
                }
            }
            Event::Output(output) => {
                self.done += 1;
                self.failed += usize::from(output.status.is_failure());
                if let (Some(worker), Some(slot)) = (output.worker, output.slot)
                    && let Some(lane) = self.lane(worker, slot)
                {
                    lane.done += usize::from(output.status == Status::Ok);
                }
            }
            Event::Finished(_) => self.end = Some(now),
            Event::Listening { .. }
            | Event::Agent { .. }
            | Event::Fleet { .. }
            | Event::Store { .. }
            | Event::Decoded { .. }
            | Event::Claimed { .. }
            | Event::Progress(_)
            | Event::PutOff { .. }
            | Event::Paused { .. }
            | Event::Resumed => {}
        }
    }

    /// Takes in that a worker is struck.
    pub fn strike(&mut self, strike: &Strike, now: Instant) {
        for lane in self.lanes_of(strike.worker) {
            lane.struck = Some((strike.blow, now));
        }
    }

    /// The run is to make so many outputs, with so many lanes.
    pub(super) fn planned(&mut self, outputs: usize, mode: Mode, workers: u32) {
        (self.total, self.mode) = (outputs, mode);
        let lane = |index| Lane {
            worker: if mode == Mode::Processes { index + 1 } else { 1 },
            slot: if mode == Mode::Processes { 0 } else { index },
            pid: 0,
            state: State::Starting,
            unit: None,
            image: String::new(),
            attempt: 1,
            done: 0,
            deaths: 0,
            redone: 0,
            note: String::new(),
            struck: None,
        };
        self.rows = (0..workers).map(lane).collect();
    }

    fn worker(
        &mut self,
        worker: u32,
        pid: u32,
        state: WorkerState,
        reason: Option<&Text>,
        ms: Option<f64>,
    ) {
        let lang = self.lang;
        let mut cut = Vec::new();
        for lane in self.lanes_of(worker) {
            lane.pid = pid;
            match state {
                WorkerState::Started | WorkerState::Restarted => lane.state = State::Starting,
                WorkerState::Ready => {
                    lane.state = State::Idle;
                    if lane.deaths > 0 {
                        lane.note = format!(
                            "{} → {} ms",
                            lane.note,
                            lang.number(ms.unwrap_or_default(), 0)
                        );
                    }
                }
                WorkerState::Lost => {
                    cut.extend(lane.unit.take());
                    lane.state = State::Dead;
                    lane.deaths += 1;
                    lane.note =
                        printable(&reason.map(|reason| reason.say(lang)).unwrap_or_default());
                    lane.struck = None;
                }
                WorkerState::Stopped => {
                    lane.state = State::Ended;
                    lane.image.clear();
                    lane.attempt = 1;
                }
            }
        }
        self.deaths += usize::from(state == WorkerState::Lost);
        self.cut.extend(cut);
    }

    fn lanes_of(&mut self, worker: u32) -> impl Iterator<Item = &mut Lane> {
        self.rows.iter_mut().filter(move |lane| lane.worker == worker)
    }

    fn lane(&mut self, worker: u32, slot: u32) -> Option<&mut Lane> {
        self.lanes_of(worker).find(|lane| lane.slot == slot)
    }
}

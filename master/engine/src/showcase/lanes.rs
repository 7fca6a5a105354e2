//! What every worker of a run does, and what has befallen it. [`super::table`] shows it.

use std::time::Instant;

use super::{Blow, Strike};
use crate::event::{Event, WorkerState};
use crate::lang::Lang;
use crate::state::RunState;
use crate::words::printable;

/// What is shown of one thread of one worker beside what it does.
#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    /// The image that it began with last, and in which attempt.
    pub(super) image: String,
    pub(super) attempt: u32,
    /// What happened last to its worker.
    pub(super) note: String,
    /// What has befallen its worker, and when.
    pub(super) struck: Option<(Blow, Instant)>,
}

/// A run as it is shown: its lanes and its bar.
#[derive(Debug)]
pub struct Scene {
    pub(super) lang: Lang,
    pub(super) state: RunState,
    /// One a lane.
    pub(super) rows: Vec<Row>,
    pub(super) start: Instant,
    /// When the run was over.
    pub(super) end: Option<Instant>,
}

impl Scene {
    /// Of a run that begins now.
    pub fn new(lang: Lang, now: Instant) -> Self {
        Self { lang, state: RunState::default(), rows: Vec::new(), start: now, end: None }
    }

    /// Takes in what has happened.
    pub fn event(&mut self, event: &Event, now: Instant) {
        let t = now.saturating_duration_since(self.start).as_secs_f64() * 1000.0;
        self.state.event(event, t);
        self.rows.resize_with(self.state.lanes.len(), Row::default);
        let lang = self.lang;
        match event {
            Event::Task { worker, slot, image, attempt, .. } => {
                if let Some(row) = self.rows_of(*worker).nth(*slot as usize) {
                    row.image.clone_from(image);
                    row.attempt = *attempt;
                }
            }
            Event::Worker { worker, state: WorkerState::Ready, ms, .. } => {
                let ms = lang.number(ms.unwrap_or_default(), 0);
                for row in self.rows_of(*worker).filter(|row| !row.note.is_empty()) {
                    row.note = format!("{} → {ms} ms", row.note);
                }
            }
            Event::Worker { worker, state: WorkerState::Lost, reason, .. } => {
                let note = reason.as_ref().map(|reason| reason.say(lang)).unwrap_or_default();
                for row in self.rows_of(*worker) {
                    row.note = printable(&note);
                    row.struck = None;
                }
            }
            Event::Worker { worker, state: WorkerState::Stopped, .. } => {
                for row in self.rows_of(*worker) {
                    row.image.clear();
                    row.attempt = 1;
                }
            }
            Event::Finished(_) => self.end = Some(now),
            _ => {}
        }
    }

    /// Takes in that a worker is struck.
    pub fn strike(&mut self, strike: &Strike, now: Instant) {
        for row in self.rows_of(strike.worker) {
            row.struck = Some((strike.blow, now));
        }
    }

    fn rows_of(&mut self, worker: u32) -> impl Iterator<Item = &mut Row> {
        let lanes = self.state.lanes.iter().zip(&mut self.rows);
        lanes.filter(move |(lane, _)| lane.worker == worker).map(|(_, row)| row)
    }
}

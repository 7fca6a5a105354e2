//! What an agent's workers do, told to whoever watches: state, and what has happened since it was last
//! told. Nobody watching, nothing is said.

use std::collections::BTreeMap;
use std::time::Duration;

use lote_engine::event::WorkerState;
use tokio::time::{Instant, sleep_until};

use crate::message::{Happening, Live, MAX_HAPPENED, Message, What};

/// Who watches says so more often than this.
const WATCHED: Duration = Duration::from_secs(15);

/// How often may be asked for, ms.
const EVERY_MS: (u32, u32) = (100, 60_000);

/// What a worker does.
#[derive(Debug, Default)]
struct Lane {
    state: Option<(Instant, What)>,
    /// What it has in hand, and whether that is decoded.
    task: Option<(Instant, What)>,
    decoded: Option<Instant>,
}

/// What the workers do, and who wants to know.
#[derive(Debug)]
pub(crate) struct Board {
    lanes: BTreeMap<u32, Lane>,
    happened: Vec<(Instant, u32, What)>,
    /// Whether all is to be told, as somebody may have missed some.
    is_whole_due: bool,
    watched_until: Option<Instant>,
    every: Duration,
    said: Instant,
}

impl Board {
    pub(crate) fn new() -> Self {
        Self {
            lanes: BTreeMap::new(),
            happened: Vec::new(),
            is_whole_due: false,
            watched_until: None,
            every: Duration::ZERO,
            said: Instant::now(),
        }
    }

    /// Somebody watches.
    pub(crate) fn watch(&mut self, every_ms: u32) {
        self.every = Duration::from_millis(every_ms.clamp(EVERY_MS.0, EVERY_MS.1).into());
        self.watched_until = Some(Instant::now() + WATCHED);
        self.is_whole_due = true;
    }

    /// Takes down what happened to a worker.
    pub(crate) fn note(&mut self, worker: u32, what: What) {
        let now = Instant::now();
        let lane = self.lanes.entry(worker).or_default();
        match &what {
            What::Worker { state, .. } => {
                if !matches!(state, WorkerState::Ready | WorkerState::Started) {
                    (lane.task, lane.decoded) = (None, None);
                }
                lane.state = Some((now, what.clone()));
            }
            What::Task { .. } => (lane.task, lane.decoded) = (Some((now, what.clone())), None),
            What::Decoded => lane.decoded = Some(now),
            What::Output { place, .. } => {
                if let Some((_, What::Task { places, .. })) = &mut lane.task {
                    places.retain(|of| of != place);
                    if places.is_empty() {
                        lane.task = None;
                    }
                }
            }
            What::Idle => lane.task = None,
        }
        if self.watched_until.is_none() {
            return;
        }
        if self.happened.len() < MAX_HAPPENED {
            self.happened.push((now, worker, what));
        } else {
            self.is_whole_due = true;
        }
    }

    /// Waits until there is something to be said.
    pub(crate) async fn due(&self) {
        let is_news = self.is_whole_due || !self.happened.is_empty();
        match self.watched_until {
            Some(_) if is_news => sleep_until(self.said + self.every).await,
            _ => std::future::pending().await,
        }
    }

    /// What is to be said now, as it travels. Less of it, where that is too much.
    pub(crate) fn say(&mut self) -> Vec<Vec<u8>> {
        let now = Instant::now();
        self.said = now;
        let mut happened: Vec<_> = self.happened.drain(..).collect();
        if self.watched_until.is_none_or(|until| until < now) {
            self.watched_until = None;
            return Vec::new();
        }
        if std::mem::take(&mut self.is_whole_due) {
            happened.extend(self.whole(now));
        }
        let happened: Vec<_> = happened
            .into_iter()
            .map(|(when, worker, what)| {
                let ago_ms = now.duration_since(when).as_millis().try_into().unwrap_or(u32::MAX);
                Happening { worker, ago_ms, what }
            })
            .collect();
        let parts = happened.chunks(MAX_HAPPENED).filter_map(|part| {
            let live = Live { happened: part.to_vec() };
            // What is too long is told of when all is told anew, or not at all.
            live.to_bytes().ok()
        });
        parts.collect()
    }

    /// How all workers are.
    fn whole(&self, now: Instant) -> Vec<(Instant, u32, What)> {
        let mut all = Vec::new();
        for (worker, lane) in &self.lanes {
            all.extend(lane.state.clone().map(|(when, what)| (when, *worker, what)));
            match &lane.task {
                Some((when, task)) => {
                    all.push((*when, *worker, task.clone()));
                    all.extend(lane.decoded.map(|when| (when, *worker, What::Decoded)));
                }
                None => all.push((now, *worker, What::Idle)),
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(places: Vec<u32>) -> What {
        What::Task { unit: 7, places, attempt: 1 }
    }

    fn ready() -> What {
        What::Worker { state: WorkerState::Ready, pid: 5, reason: None }
    }

    fn said(board: &mut Board) -> Vec<(u32, u32, What)> {
        let said = board.say();
        let live = said.iter().flat_map(|bytes| Live::from_bytes(bytes).unwrap().happened);
        live.map(|happening| (happening.worker, happening.ago_ms, happening.what)).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_said_unless_somebody_watches_and_all_is_told_to_who_begins_to() {
        let mut board = Board::new();
        board.note(1, ready());
        board.note(1, task(vec![0, 1]));
        assert!(board.say().is_empty());
        tokio::time::advance(Duration::from_millis(40)).await;
        board.watch(1);
        board.due().await;
        assert_eq!(board.every, Duration::from_millis(100));
        let first = said(&mut board);
        assert_eq!(
            first.iter().map(|(_, _, what)| what.clone()).collect::<Vec<_>>(),
            [ready(), task(vec![0, 1])]
        );
        board.note(1, What::Decoded);
        board.note(1, What::Output { place: 0, status: lote_engine::event::Status::Ok, ms: 3.0 });
        tokio::time::advance(Duration::from_millis(30)).await;
        let next = said(&mut board);
        assert_eq!(next.len(), 2);
        assert!(next.iter().all(|(worker, ago, _)| (*worker, *ago) == (1, 30)));
        board.watch(100);
        let again = said(&mut board);
        assert_eq!(again.iter().filter(|(_, _, what)| *what == task(vec![1])).count(), 1);
        tokio::time::advance(WATCHED * 2).await;
        board.note(2, ready());
        assert!(board.say().is_empty());
        board.note(2, ready());
        assert!(board.happened.is_empty(), "nobody watches any more");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_too_much_becomes_how_things_are() {
        let mut board = Board::new();
        board.watch(100);
        for _ in 0..10 * MAX_HAPPENED {
            board.note(3, task(vec![0]));
            board.note(3, What::Decoded);
        }
        let said = said(&mut board);
        assert!(said.len() <= MAX_HAPPENED + 3);
        assert_eq!(said[said.len() - 2].2, task(vec![0]));
    }
}

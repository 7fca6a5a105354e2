//! Workers between two pools: whoever has done with them leaves them here, and whoever begins next takes
//! them. Those that nobody takes end after a while, as they hold memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::workers::Known;
use super::{Happened, Pool};
use crate::event::WorkerState;
use crate::scheduler::WorkerId;
use crate::supervisor::{Supervisor, SupervisorError, WorkerConfig, WorkerEvent};

/// Workers that had nothing to do for so long are ended.
const IDLE: Duration = Duration::from_secs(60);
/// Workers that are told to leave have so long.
const LEAVE_TIME: Duration = Duration::from_secs(5);

/// Where workers wait for the next pool; clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Reserve(Arc<Mutex<Option<Resting>>>);

/// Workers that wait.
#[derive(Debug)]
struct Resting {
    /// Dropped without a word it sends them away.
    call: oneshot::Sender<()>,
    rest: JoinHandle<Option<Team>>,
}

/// Workers that are ready and have nothing to do: those numbered from 1 on.
#[derive(Debug)]
pub(super) struct Team {
    supervisor: Supervisor,
    workers: HashMap<WorkerId, Known>,
}

impl Reserve {
    /// Workers as `config` wants them, of which there will be at most `most`: those that wait here, if they
    /// are such, and new ones. See [`Pool::start`].
    ///
    /// # Errors
    /// Those of [`Pool::start`].
    pub async fn pool(&self, config: &WorkerConfig, most: u32) -> Result<Pool, SupervisorError> {
        match self.take(config).await {
            Some(team) => Ok(Pool::of(team, config, most)),
            None => Pool::start(config, most),
        }
    }

    /// Takes the workers that wait, if they are as wanted, and no more than that.
    async fn take(&self, config: &WorkerConfig) -> Option<Team> {
        let resting = self.resting().take()?;
        resting.call.send(()).ok()?;
        let mut team = resting.rest.await.ok()??;
        if !team.supervisor.suits(config) {
            tokio::spawn(team.end());
            return None;
        }
        team.workers.retain(|worker, _| worker.0 <= config.workers);
        if !team.supervisor.shrink_to(config.workers).await {
            tokio::spawn(team.end());
            return None;
        }
        Some(team)
    }

    /// Keeps the workers of a pool that is over. They take the place of those that wait already.
    pub(super) fn keep(&self, team: Team) {
        let (call, called) = oneshot::channel();
        let rest = tokio::spawn(team.rest(called));
        *self.resting() = Some(Resting { call, rest });
    }

    fn resting(&self) -> MutexGuard<'_, Option<Resting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Team {
    /// Waits to be called, and ends if nobody calls.
    async fn rest(mut self, called: oneshot::Receiver<()>) -> Option<Self> {
        tokio::select! {
            called = called => if called.is_ok() {
                return Some(self);
            },
            // Whatever befalls one of them, the next pool had better start its own.
            event = self.supervisor.next() => {
                tracing::debug!(?event, "workers that wait are sent away");
            }
            () = sleep(IDLE) => {}
        }
        self.end().await;
        None
    }

    /// Has all of them leave. Dropping the supervisor kills what is left.
    async fn end(mut self) {
        self.supervisor.stop();
        let left = async {
            while !self.workers.is_empty() {
                if let WorkerEvent::Stopped { worker, .. } | WorkerEvent::Off { worker, .. } =
                    self.supervisor.next().await
                {
                    self.workers.remove(&worker);
                }
            }
        };
        let _ = timeout(LEAVE_TIME, left).await;
    }
}

impl Pool {
    /// A pool of workers that are there, and of new ones where these are too few.
    fn of(team: Team, config: &WorkerConfig, most: u32) -> Self {
        let Team { supervisor, workers } = team;
        let mut pool = Self::new(config, most, supervisor);
        let mut workers: Vec<_> = workers.into_iter().collect();
        workers.sort_by_key(|(worker, _)| *worker);
        pool.lanes = workers.len() as u32;
        for (worker, known) in workers {
            pool.take_over(worker, known);
        }
        pool.grow_to(config.workers);
        pool
    }

    /// Whether the workers can be left to another pool: all are there, ready, and have nothing to do. One
    /// that has had assets keeps them.
    pub fn can_be_left(&self) -> bool {
        let is_ready = |(worker, known): (&WorkerId, &Known)| {
            known.is_ready() && self.scheduler.is_at_rest(*worker)
        };
        let is_whole = self.workers.len() == self.lanes as usize;
        is_whole && self.workers.iter().all(is_ready) && self.access.assets == 0 && !self.external
    }

    /// Leaves the workers to the next pool; returns what there is to be told of them.
    pub fn leave_to(mut self, reserve: &Reserve) -> impl Iterator<Item = Happened> {
        let mut workers: Vec<_> = self.workers.iter().map(|(id, known)| (*id, known.pid)).collect();
        workers.sort();
        for (worker, pid) in workers {
            self.tell_worker(worker, pid, WorkerState::Stopped, None);
        }
        reserve.keep(Team { supervisor: self.supervisor, workers: self.workers });
        self.happened.into_iter()
    }
}

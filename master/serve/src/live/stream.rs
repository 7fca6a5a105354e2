//! Sends the state to pages: snapshots and numbered batches.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::{broadcast, oneshot};
use tokio::time::{Instant, sleep, timeout};

use super::origin::Translator;
use super::shapes::{Change, Job, Progress};
use super::{Live, Message};
use lote_engine::system;

/// Between batches: at most thirty a second.
const PAUSE: Duration = Duration::from_millis(34);
/// Pages take a longer silence for a lost connection.
const SILENCE: Duration = Duration::from_secs(5);
/// How often memory is looked at.
const MEMORY_EVERY: Duration = Duration::from_secs(1);

/// A snapshot, and the batches that follow it.
#[derive(Debug)]
pub struct Subscription {
    /// The whole state.
    pub snapshot: Message,
    /// The batches after it. One that lags behind has missed some for good.
    pub batches: broadcast::Receiver<Message>,
}

/// Who waits for a snapshot.
pub(super) type Waiting = Vec<oneshot::Sender<Subscription>>;

impl Live {
    /// A snapshot, and the batches that follow it; `None` when the server is about to end. All who
    /// ask within the same moment get the same snapshot, so asking costs little.
    pub async fn subscribe(&self) -> Option<Subscription> {
        let (sender, receiver) = oneshot::channel();
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        self.0.news.notify_one();
        receiver.await.ok()
    }

    /// What happens from now on, in the origin's vocabulary.
    pub fn subscribe_origin(&self) -> broadcast::Receiver<Arc<[Message]>> {
        self.0.origin.subscribe()
    }

    /// The last word about the job, if it has ended: for those who have missed it.
    pub fn origin_end(&self) -> Option<Message> {
        self.0.origin_end.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends what happens, for ever.
    pub async fn send(self) {
        let mut sender = Sender { live: self, number: 0, translator: Translator::default() };
        let (mut told, mut looked) = (Instant::now(), Instant::now());
        loop {
            let silence = SILENCE.saturating_sub(told.elapsed());
            let is_silent = timeout(silence, sender.live.0.news.notified()).await.is_err();
            if looked.elapsed() >= MEMORY_EVERY {
                looked = Instant::now();
                sender.look_at_memory();
                let t = sender.live.now_ms();
                sender.live.model().look_at_machines(t);
            }
            if sender.flush(is_silent) {
                told = Instant::now();
            }
            sleep(PAUSE).await;
        }
    }
}

/// What has happened since the batch before.
#[derive(Debug, Serialize)]
struct Batch<'a> {
    tipo: &'static str,
    n: u64,
    t_ms: f64,
    progress: Option<&'a Progress>,
    events: &'a [Change],
}

/// Who numbers the batches: there is only one.
#[derive(Debug)]
struct Sender {
    live: Live,
    number: u64,
    translator: Translator,
}

impl Sender {
    fn look_at_memory(&self) {
        let processes = self.live.model().processes();
        let workers: Vec<_> = processes
            .into_iter()
            .filter_map(|(worker, pid)| Some((worker, system::resident_memory(pid)?)))
            .collect();
        if !workers.is_empty() {
            self.live.model().set_memory(workers);
        }
    }

    /// Sends what has changed, or an empty batch if `even_if_empty`; whether something was sent.
    fn flush(&mut self, even_if_empty: bool) -> bool {
        let shared = &self.live.0;
        let waiting =
            std::mem::take(&mut *shared.queue.lock().unwrap_or_else(PoisonError::into_inner));
        // Changes are taken and the snapshot is made without anything happening in between.
        let (changes, snapshot, t, job) = {
            let mut model = self.live.model();
            let t = self.live.now_ms();
            let changes = model.take_changes(t);
            if changes.is_some() || even_if_empty {
                self.number += 1;
            }
            let snapshot = (!waiting.is_empty())
                .then(|| serde_json::to_string(&model.snapshot(self.number, t)));
            let job = changes.as_ref().and_then(|_| model.job_at(t));
            (changes, snapshot, t, job)
        };
        let send = changes.is_some() || even_if_empty;
        if send {
            let changes = changes.unwrap_or_default();
            let batch = Batch {
                tipo: "cambios",
                n: self.number,
                t_ms: t,
                progress: changes.progress.as_ref(),
                events: &changes.events,
            };
            let text = serde_json::to_string(&batch).unwrap_or_default();
            // Nobody may listen.
            let _ = shared.batches.send(text.into());
            self.tell_origin(&changes.events, job.as_ref());
        }
        if let Some(Ok(snapshot)) = snapshot {
            let snapshot: Message = snapshot.into();
            for asker in waiting {
                let batches = self.live.0.batches.subscribe();
                // It may have gone away.
                let _ = asker.send(Subscription { snapshot: Arc::clone(&snapshot), batches });
            }
        }
        send
    }

    fn tell_origin(&mut self, events: &[Change], job: Option<&Job>) {
        let shared = &self.live.0;
        let wanted = shared.origin.receiver_count() > 0;
        let messages = self.translator.translate(events, job, wanted);
        let mut end = shared.origin_end.lock().unwrap_or_else(PoisonError::into_inner);
        end.clone_from(&self.translator.end);
        if !messages.is_empty() {
            let _ = shared.origin.send(messages.into());
        }
    }
}

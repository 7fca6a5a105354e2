//! An engine in memory, which can be made to forget: for tests and the simulation.
//!
//! [`Store`] is the engine without a clock and without waiting, [`Memory`] what drivers can be given.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{Instant, timeout};

use crate::engine::{Delivery, Engine, Error, Facts, Heard, Recorded, Settle, Subject};
use crate::names::{Build, FleetName, JobId, ParcelId};

/// A parcel that nobody has spoken of for so long is handed out again, ms.
pub const ACK_WAIT: u64 = 30_000;

/// One that was put off is handed out again after that, ms.
const LATER: u64 = 60_000;

/// How long a pull waits for something to come.
const WAIT: Duration = Duration::from_secs(2);

#[derive(Debug, Clone)]
struct Queued {
    job: JobId,
    parcel: ParcelId,
    bytes: Arc<[u8]>,
    times: u32,
    /// Until when somebody has it.
    until: Option<u64>,
}

/// What an engine stores, for one pool and build. A copy that is put back later is a store that has
/// forgotten what came between.
#[derive(Debug, Clone, Default)]
pub struct Store {
    created: u64,
    work: BTreeMap<u64, Queued>,
    by_name: HashMap<ParcelId, u64>,
    waiting: BTreeSet<u64>,
    in_hand: BTreeSet<(u64, u64)>,
    last_work: u64,
    done: BTreeMap<u64, (JobId, ParcelId, Arc<[u8]>)>,
    recorded: HashMap<(JobId, ParcelId), u64>,
    last_done: u64,
    marks: HashMap<ParcelId, Vec<u8>>,
    jobs: BTreeMap<JobId, Vec<u8>>,
}

impl Store {
    /// An empty one, made at that time.
    pub fn new(created: u64) -> Self {
        Self { created, ..Self::default() }
    }

    /// Queues a parcel unless it is queued.
    pub fn publish(&mut self, job: JobId, parcel: ParcelId, bytes: Vec<u8>) -> Option<u64> {
        if self.by_name.contains_key(&parcel) {
            return None;
        }
        self.last_work += 1;
        let bytes = bytes.into();
        self.work.insert(self.last_work, Queued { job, parcel, bytes, times: 0, until: None });
        self.by_name.insert(parcel, self.last_work);
        self.waiting.insert(self.last_work);
        Some(self.last_work)
    }

    /// Hands out up to so many parcels.
    pub fn pull(&mut self, most: usize, now: u64) -> Vec<Delivery> {
        while let Some((until, place)) = self.in_hand.first().copied()
            && until <= now
        {
            self.release(place);
        }
        let mut pulled = Vec::new();
        while pulled.len() < most
            && let Some(place) = self.waiting.pop_first()
        {
            let Some(queued) = self.work.get_mut(&place) else { continue };
            queued.times += 1;
            queued.until = Some(now + ACK_WAIT);
            self.in_hand.insert((now + ACK_WAIT, place));
            let (job, parcel, times) = (queued.job, queued.parcel, queued.times);
            let (bytes, receipt) = (queued.bytes.to_vec(), place.to_string());
            pulled.push(Delivery { job, parcel, times, bytes, receipt });
        }
        pulled
    }

    fn release(&mut self, place: u64) {
        let Some(queued) = self.work.get_mut(&place) else { return };
        if let Some(until) = queued.until.take() {
            self.in_hand.remove(&(until, place));
            self.waiting.insert(place);
        }
    }

    fn remove(&mut self, place: u64) {
        let Some(queued) = self.work.remove(&place) else { return };
        self.by_name.remove(&queued.parcel);
        self.waiting.remove(&place);
        if let Some(until) = queued.until {
            self.in_hand.remove(&(until, place));
        }
    }

    /// Says what becomes of a delivery.
    pub fn settle(&mut self, delivery: &Delivery, settle: Settle, now: u64) {
        let Ok(place) = delivery.receipt.parse() else { return };
        // A store that forgot may have given the place to another parcel.
        let Some(queued) = self.work.get_mut(&place) else { return };
        if queued.parcel != delivery.parcel {
            return;
        }
        match settle {
            Settle::Done => self.remove(place),
            Settle::Back => self.release(place),
            Settle::Working | Settle::Later => {
                let wait = if settle == Settle::Later { LATER } else { ACK_WAIT };
                if let Some(until) = queued.until.as_mut() {
                    self.in_hand.remove(&(*until, place));
                    *until = now + wait;
                    self.in_hand.insert((*until, place));
                }
            }
        }
    }

    /// Puts a parcel on record unless it is; whether it was not.
    pub fn record(&mut self, job: JobId, parcel: ParcelId, bytes: Vec<u8>) -> bool {
        if self.recorded.contains_key(&(job, parcel)) {
            return false;
        }
        self.last_done += 1;
        self.done.insert(self.last_done, (job, parcel, bytes.into()));
        self.recorded.insert((job, parcel), self.last_done);
        true
    }

    /// Whether a parcel is on record.
    pub fn is_recorded(&self, job: JobId, parcel: ParcelId) -> bool {
        self.recorded.contains_key(&(job, parcel))
    }

    /// The records of a job from a place on.
    pub fn records(&self, job: JobId, from: u64, most: usize) -> Vec<Recorded> {
        let all = self.done.range(from..).filter(|(_, (of, _, _))| *of == job).take(most);
        all.map(|(sequence, (_, parcel, bytes))| Recorded {
            sequence: *sequence,
            parcel: *parcel,
            bytes: bytes.to_vec(),
        })
        .collect()
    }

    /// Takes a job out of the queue.
    pub fn purge(&mut self, job: JobId) {
        let those = self.work.iter().filter(|(_, queued)| queued.job == job);
        for place in those.map(|(place, _)| *place).collect::<Vec<_>>() {
            self.remove(place);
        }
    }

    /// Forgets a job's records.
    pub fn forget(&mut self, job: JobId) {
        self.done.retain(|_, (of, _, _)| *of != job);
        self.recorded.retain(|(of, _), _| *of != job);
    }

    /// Remembers marks.
    pub fn mark(&mut self, parcel: ParcelId, bytes: Vec<u8>) {
        self.marks.insert(parcel, bytes);
    }

    /// What was marked.
    pub fn marks(&self, parcel: ParcelId) -> Option<Vec<u8>> {
        self.marks.get(&parcel).cloned()
    }

    /// How many parcels are queued or in hand.
    pub fn queued(&self) -> u64 {
        self.work.len() as u64
    }

    /// What it says of itself.
    pub fn facts(&self) -> Facts {
        Facts {
            created: (self.created.to_string(), self.created.to_string()),
            last: (self.last_work, self.last_done),
            waiting: self.waiting.len() as u64,
            in_hand: self.in_hand.len() as u64,
        }
    }
}

#[derive(Debug, Default)]
struct SharedMemory {
    store: Store,
    is_away: bool,
    listeners: Vec<(Subject, mpsc::Sender<Heard>)>,
}

/// A store that several tasks share, as an engine. All pools and builds are one.
#[derive(Debug, Clone)]
pub struct Memory {
    shared: Arc<Mutex<SharedMemory>>,
    changed: Arc<Notify>,
    connected: watch::Sender<u64>,
    began: Instant,
}

impl Default for Memory {
    fn default() -> Self {
        let (shared, changed, connected) =
            (Arc::default(), Arc::default(), watch::Sender::default());
        Self { shared, changed, connected, began: Instant::now() }
    }
}

impl Memory {
    /// Changes what is stored.
    pub fn store<T>(&self, change: impl FnOnce(&mut Store) -> T) -> T {
        let result = change(&mut self.shared().store);
        self.changed.notify_waiters();
        result
    }

    /// Answers nothing for now, or again.
    pub fn be_away(&self, is_away: bool) {
        self.shared().is_away = is_away;
        self.changed.notify_waiters();
    }

    fn shared(&self) -> MutexGuard<'_, SharedMemory> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }

    fn there(&self) -> Result<(), Error> {
        if self.shared().is_away { Err(Error::Away("memory: away".into())) } else { Ok(()) }
    }

    fn with<T>(&self, change: impl FnOnce(&mut Store) -> T) -> Result<T, Error> {
        self.there()?;
        Ok(self.store(change))
    }

    /// What there is, or what comes in a while.
    async fn wait_for<T>(
        &self,
        wait: Duration,
        mut look: impl FnMut(&mut Store) -> Vec<T>,
    ) -> Result<Vec<T>, Error> {
        let end = Instant::now() + wait;
        loop {
            let changed = self.changed.notified();
            self.there()?;
            let found = look(&mut self.shared().store);
            let rest = end.saturating_duration_since(Instant::now());
            if !found.is_empty() || rest.is_zero() {
                return Ok(found);
            }
            let _ = timeout(rest.min(Duration::from_millis(500)), changed).await;
        }
    }
}

impl Subject {
    /// Whether who hears this hears what is said to that, and what stands last in it.
    fn hears(&self, said: &Self) -> Option<String> {
        match (self, said) {
            (Self::AllHere(None), Self::Here(_, agent)) => Some(agent.to_string()),
            (Self::AllHere(Some(pool)), Self::Here(of, agent)) if pool == of => {
                Some(agent.to_string())
            }
            (Self::AllLive(job), Self::Live(of, agent)) if job == of => Some(agent.to_string()),
            (Self::Control(agent), Self::Control(of)) if agent == of => Some(of.to_string()),
            (Self::Who(pool), Self::Who(of)) if pool == of => Some(of.to_string()),
            (Self::Reply(to), Self::Reply(of)) if to == of => Some(of.clone()),
            _ => None,
        }
    }
}

impl Engine for Memory {
    async fn open(&self, _: &FleetName, _: &Build) -> Result<(), Error> {
        self.there()
    }

    async fn put_job(&self, job: JobId, bytes: Vec<u8>) -> Result<(), Error> {
        self.with(|store| store.jobs.insert(job, bytes)).map(drop)
    }

    async fn job(&self, job: JobId) -> Result<Option<Vec<u8>>, Error> {
        self.with(|store| store.jobs.get(&job).cloned())
    }

    async fn jobs(&self) -> Result<Vec<Vec<u8>>, Error> {
        self.with(|store| store.jobs.values().cloned().collect())
    }

    async fn publish(
        &self,
        _: &FleetName,
        _: &Build,
        job: JobId,
        parcel: ParcelId,
        bytes: Vec<u8>,
    ) -> Result<Option<u64>, Error> {
        self.with(|store| store.publish(job, parcel, bytes))
    }

    async fn pull(&self, _: &FleetName, _: &Build, most: usize) -> Result<Vec<Delivery>, Error> {
        self.wait_for(WAIT, |store| store.pull(most, self.now())).await
    }

    async fn settle(&self, delivery: &Delivery, settle: Settle) -> Result<(), Error> {
        self.with(|store| store.settle(delivery, settle, self.now()))
    }

    async fn record(&self, job: JobId, parcel: ParcelId, bytes: Vec<u8>) -> Result<bool, Error> {
        self.with(|store| store.record(job, parcel, bytes))
    }

    async fn is_recorded(&self, job: JobId, parcel: ParcelId) -> Result<bool, Error> {
        self.with(|store| store.is_recorded(job, parcel))
    }

    async fn records(&self, job: JobId, from: u64, wait: Duration) -> Result<Vec<Recorded>, Error> {
        self.wait_for(wait, |store| store.records(job, from, 256)).await
    }

    async fn mark(&self, _: JobId, parcel: ParcelId, bytes: Vec<u8>) -> Result<(), Error> {
        self.with(|store| store.mark(parcel, bytes))
    }

    async fn marks(&self, _: JobId, parcel: ParcelId) -> Result<Option<Vec<u8>>, Error> {
        self.with(|store| store.marks(parcel))
    }

    async fn purge(&self, job: JobId) -> Result<(), Error> {
        self.with(|store| store.purge(job))
    }

    async fn forget(&self, job: JobId) -> Result<(), Error> {
        self.with(|store| store.forget(job))
    }

    async fn facts(&self, _: &FleetName, _: &Build) -> Result<Facts, Error> {
        self.with(|store| store.facts())
    }

    async fn say(&self, subject: &Subject, bytes: Vec<u8>) -> Result<(), Error> {
        self.there()?;
        tell(&self.shared().listeners, subject, &bytes, None);
        Ok(())
    }

    fn connections(&self) -> watch::Receiver<u64> {
        self.connected.subscribe()
    }

    async fn hear(&self, subject: &Subject) -> Result<mpsc::Receiver<Heard>, Error> {
        let (sender, receiver) = mpsc::channel(1024);
        self.shared().listeners.push((subject.clone(), sender));
        Ok(receiver)
    }

    async fn ask(
        &self,
        subject: &Subject,
        bytes: Vec<u8>,
        wait: Duration,
    ) -> Result<Vec<Vec<u8>>, Error> {
        self.there()?;
        let reply = format!("reply-{}", self.shared().listeners.len());
        let mut answers = self.hear(&Subject::Reply(reply.clone())).await?;
        tell(&self.shared().listeners, subject, &bytes, Some(&reply));
        let (end, mut all) = (Instant::now() + wait, Vec::new());
        while let Ok(Some(heard)) = tokio::time::timeout_at(end, answers.recv()).await {
            all.push(heard.bytes);
        }
        Ok(all)
    }
}

fn tell(
    listeners: &[(Subject, mpsc::Sender<Heard>)],
    subject: &Subject,
    bytes: &[u8],
    reply: Option<&str>,
) {
    for (listens, sender) in listeners {
        if let Some(about) = listens.hears(subject) {
            let (bytes, reply) = (bytes.to_vec(), reply.map(str::to_owned));
            let _ = sender.try_send(Heard { about, bytes, reply });
        }
    }
}

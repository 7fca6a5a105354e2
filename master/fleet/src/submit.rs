//! Drives a job: what the coordinator says is done, and what happens is told to it.

use std::collections::BTreeMap;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant, MissedTickBehavior, interval};

use crate::coordinator::{Coordinator, Effect, Input};
use crate::engine::{Engine, Error, Facts, Heard, Recorded, Subject};
use crate::link::{Link, News, Watch};
use crate::message::{
    Control, Ended, Here, Job, Live, Message, MessageError, Parcel, Presence, Record, State, Unit,
};
use crate::names::{FleetName, JobId, ParcelId};
use crate::parcel::{MAX_OUTPUTS, Weight};
use crate::presence::{LOST_AFTER, close, paper, tell, who};

/// So long a question for records waits for one to come.
const WAIT: Duration = Duration::from_secs(2);

/// The units of a job, made as they are needed.
pub trait Units {
    /// How many there are.
    fn len(&self) -> u32;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One of them; its number is its place.
    fn unit(&self, place: u32) -> Unit;
}

impl Units for Vec<Unit> {
    fn len(&self) -> u32 {
        Self::len(self) as u32
    }

    fn unit(&self, place: u32) -> Unit {
        self[place as usize].clone()
    }
}

/// What a submitter can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubmitOrder {
    /// Nobody wants the rest.
    Cancel,
    /// Leave: agents go on.
    Leave,
    /// Hand nothing more out for now: agents finish what they have.
    Pause,
    /// Go on.
    Resume,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// All outputs have ended.
    Ended,
    /// It was cancelled: nothing of it is in the queue.
    Cancelled,
    /// It goes on without this submitter.
    Left,
}

/// What a submitter tells.
#[derive(Debug)]
pub enum Told {
    /// Outputs have ended: each is told of once.
    Ended {
        /// Who made them.
        agent: FleetName,
        /// What became of them.
        outputs: Vec<Ended>,
    },
    /// The engine does not answer.
    Waiting(String),
    /// It does again.
    Back,
    /// It had forgotten something; so many units are published anew.
    Repaired {
        /// How many units are open.
        open: u32,
    },
    /// Who is there, of all builds: whenever that changes.
    Agents(Vec<Here>),
    /// An agent has come.
    Joined(Here),
    /// An agent has left.
    Left(FleetName),
    /// An agent has not been heard of for a while.
    Lost(FleetName),
    /// What workers of an agent that is there do, as it says. It is for looking at.
    Live(FleetName, Live),
}

/// How often agents are told that somebody watches.
const WATCH_EVERY: Duration = Duration::from_secs(5);

/// How often an agent says what its workers do, ms, where so many of them are there that all of them
/// together do not say more than that. More agents say it less often.
const LIVE_MS: usize = 100;
const LIVE_AGENTS: usize = 20;

/// What an agent says more often than this between two ticks is not listened to.
const MAX_LIVE: u32 = 16;

/// So many agents are looked at.
const MAX_AGENTS: usize = 4096;

/// What came of what was asked of the engine.
enum Done {
    Published(ParcelId, Option<u64>),
    /// Records from a place on, and for which of the coordinator's reads.
    Read(u64, Vec<Recorded>),
    Purged,
    /// What the store says, and whether somebody has cancelled the job.
    Facts(Facts, bool),
}

/// Publishes a job's units and tells what becomes of them, until all have come to an end. The paper is
/// put up here; [`finish`] takes it down.
pub async fn submit<E: Engine>(
    engine: &E,
    job: &Job,
    units: &impl Units,
    told: mpsc::Sender<Told>,
    mut orders: mpsc::Receiver<SubmitOrder>,
) -> Result<Over, Error> {
    let weights = weigh(units)?;
    engine.open(&job.pool, &job.build).await?;
    engine.put_job(job.job, job.to_bytes()?).await?;
    let mut heard = engine.hear(&Subject::AllHere(Some(job.pool.clone()))).await?;
    // Whoever cancels the job from elsewhere says so there.
    let own = Subject::Control(FleetName::like(&job.job.to_string()));
    let mut orders_of_others = engine.hear(&own).await?;
    let mut live = engine.hear(&Subject::AllLive(job.job)).await?;
    let mut connections = engine.connections();
    let (link, mut answers) = Link::new();
    let mut submitter = Submitter {
        engine,
        job,
        units,
        told,
        link,
        coordinator: Coordinator::new(job.job, weights),
        tasks: JoinSet::new(),
        read: 0,
        agents: BTreeMap::new(),
        talk: BTreeMap::new(),
        watched: None,
        cancelled: false,
        is_over: false,
    };
    let (mut watch, mut is_sure, began) = (Watch::new(), true, Instant::now());
    let mut tick = interval(Duration::from_millis(500));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut effects = Vec::new();
    submitter.coordinator.begin(&mut effects);
    submitter.follow(effects).await?;
    submitter.look_around().await;
    let mut listening = true;
    while !submitter.is_over {
        tokio::select! {
            Some(done) = submitter.tasks.join_next(), if !submitter.tasks.is_empty() => match done {
                Ok(done) => submitter.done(done?).await?,
                Err(panic) => return Err(Error::Defect(panic.to_string())),
            },
            Some(answered) = answers.recv() => match watch.note(answered) {
                Some(News::Away(why)) => submitter.tell(Told::Waiting(why)).await,
                Some(News::Back) => {
                    submitter.tell(Told::Back).await;
                    submitter.input(Input::Back).await?;
                }
                None => {}
            },
            Some(heard) = heard.recv() => {
                if let Ok(here) = Here::from_bytes(&heard.bytes) {
                    submitter.meet(here).await;
                }
            },
            Some(_) = orders_of_others.recv() => submitter.input(Input::Back).await?,
            Ok(()) = connections.changed() => submitter.input(Input::Back).await?,
            order = orders.recv(), if listening => match order {
                Some(SubmitOrder::Cancel) => submitter.cancel().await?,
                Some(SubmitOrder::Leave) => return Ok(Over::Left),
                Some(SubmitOrder::Pause) => submitter.input(Input::Pause).await?,
                Some(SubmitOrder::Resume) => submitter.input(Input::Resume).await?,
                None => listening = false,
            },
            Some(heard) = live.recv() => submitter.see(&heard).await,
            _ = tick.tick() => {
                submitter.talk.clear();
                submitter.watch();
                // Without the engine nobody is heard, which is held against nobody.
                let was_sure = std::mem::replace(&mut is_sure, watch.is_sure());
                if is_sure && !was_sure {
                    submitter.hear_all_anew();
                }
                if is_sure {
                    submitter.miss().await;
                }
                submitter.input(Input::Tick(began.elapsed().as_millis() as u64)).await?;
            },
        }
    }
    Ok(if submitter.cancelled { Over::Cancelled } else { Over::Ended })
}

/// Takes down what the engine has of a job that has ended.
pub async fn finish<E: Engine>(engine: &E, job: &Job) -> Result<(), Error> {
    let now = paper(engine, job.job).await?.map_or(State::Open, |paper| paper.state);
    let state = if now == State::Cancelled { now } else { State::Ended };
    engine.put_job(job.job, Job { state, ..job.clone() }.to_bytes()?).await?;
    engine.purge(job.job).await?;
    engine.forget(job.job).await
}

/// Takes a job away from a submitter that is gone: it is cancelled, and these are its records.
pub async fn take_over<E: Engine>(engine: &E, job: JobId) -> Result<Vec<Record>, Error> {
    match paper(engine, job).await? {
        Some(paper) if paper.state == State::Open => close(engine, paper).await?,
        _ => engine.purge(job).await?,
    }
    let (mut records, mut from) = (Vec::new(), 1);
    loop {
        let read = engine.records(job, from, Duration::ZERO).await?;
        let Some(last) = read.last() else { return Ok(records) };
        from = last.sequence + 1;
        records.extend(read.iter().filter_map(|read| Record::from_bytes(&read.bytes).ok()));
    }
}

/// What each unit adds to its parcel; what does not fit into one alone is refused.
fn weigh(units: &impl Units) -> Result<Vec<Weight>, Error> {
    let weight = |place| {
        let unit = units.unit(place);
        let bytes = serde_json::to_vec(&unit).map_err(MessageError::from)?.len();
        let (outputs, most) = (unit.outputs.len(), Parcel::MAX_BYTES - 256);
        if bytes > most {
            return Err(MessageError::Long { bytes, most });
        }
        if outputs > MAX_OUTPUTS {
            return Err(MessageError::Content("an image has more than 256 outputs"));
        }
        let work = unit.pixels.saturating_mul(outputs as u64);
        Ok(Weight { outputs: outputs as u16, bytes: bytes as u32, work })
    };
    Ok((0..units.len()).map(weight).collect::<Result<_, _>>()?)
}

struct Submitter<'a, E, U> {
    engine: &'a E,
    job: &'a Job,
    units: &'a U,
    told: mpsc::Sender<Told>,
    link: Link,
    coordinator: Coordinator,
    tasks: JoinSet<Result<Done, Error>>,
    /// Which of the coordinator's reads is going on: what an earlier one brings is too late.
    read: u64,
    agents: BTreeMap<FleetName, (Here, Instant)>,
    /// How often agents have said since the last tick what their workers do.
    talk: BTreeMap<FleetName, u32>,
    /// When agents were last told that somebody watches.
    watched: Option<Instant>,
    cancelled: bool,
    is_over: bool,
}

impl<E: Engine, U: Units> Submitter<'_, E, U> {
    async fn tell(&self, told: Told) {
        // Who does not listen does not mind.
        let _ = self.told.send(told).await;
    }

    async fn input(&mut self, input: Input<'_>) -> Result<(), Error> {
        let mut effects = Vec::new();
        self.coordinator.handle(input, &mut effects);
        self.follow(effects).await
    }

    async fn follow(&mut self, effects: Vec<Effect>) -> Result<(), Error> {
        for effect in effects {
            match effect {
                Effect::Publish { parcel, units } => self.publish(parcel, &units)?,
                Effect::Read { from } => {
                    self.read += 1;
                    self.read(from);
                }
                Effect::Purge => self.purge()?,
                Effect::Look => self.ask(|engine, job| async move {
                    let facts = engine.facts(&job.pool, &job.build).await?;
                    let paper = paper(&engine, job.job).await?;
                    let is_cancelled = paper.is_some_and(|paper| paper.state == State::Cancelled);
                    Ok(Done::Facts(facts, is_cancelled))
                }),
                Effect::Repaired { open } => self.tell(Told::Repaired { open }).await,
                Effect::Finish => self.is_over = true,
                // Told where the record is at hand.
                Effect::Book(_) => {}
            }
        }
        Ok(())
    }

    /// Asks the engine something, as often as it takes.
    fn ask<A>(&mut self, ask: impl Fn(E, Job) -> A + Send + Sync + 'static)
    where
        A: Future<Output = Result<Done, Error>> + Send,
    {
        let (engine, job, link) = (self.engine.clone(), self.job.clone(), self.link.clone());
        self.tasks.spawn(async move {
            let open = || async {
                engine.open(&job.pool, &job.build).await?;
                engine.put_job(job.job, job.to_bytes()?).await
            };
            link.persist(|| ask(engine.clone(), job.clone()), open).await
        });
    }

    fn publish(&mut self, parcel: ParcelId, units: &[u32]) -> Result<(), Error> {
        let units = units.iter().map(|place| self.units.unit(*place)).collect();
        let bytes = Parcel { job: self.job.job, parcel, units }.to_bytes()?;
        self.ask(move |engine, job| {
            let bytes = bytes.clone();
            async move {
                let (pool, build) = (&job.pool, &job.build);
                let place = engine.publish(pool, build, job.job, parcel, bytes).await?;
                Ok(Done::Published(parcel, place))
            }
        });
        Ok(())
    }

    fn read(&mut self, from: u64) {
        let read = self.read;
        self.ask(move |engine, job| async move {
            Ok(Done::Read(read, engine.records(job.job, from, WAIT).await?))
        });
    }

    /// The paper is put up once more: a store that forgot parcels may have forgotten it, too.
    fn purge(&mut self) -> Result<(), Error> {
        let (paper, is_cancelled) = (self.job.to_bytes()?, self.cancelled);
        self.ask(move |engine, job| {
            let paper = paper.clone();
            async move {
                if is_cancelled {
                    close(&engine, job).await?;
                } else {
                    engine.put_job(job.job, paper).await?;
                    engine.purge(job.job).await?;
                }
                Ok(Done::Purged)
            }
        });
        Ok(())
    }

    async fn cancel(&mut self) -> Result<(), Error> {
        self.cancelled = true;
        self.input(Input::Cancel).await
    }

    async fn done(&mut self, done: Done) -> Result<(), Error> {
        match done {
            Done::Published(parcel, sequence) => {
                self.input(Input::Published { parcel, sequence }).await
            }
            Done::Purged => self.input(Input::Purged).await,
            Done::Facts(_, true) if !self.cancelled => self.cancel().await,
            Done::Facts(facts, _) => self.input(Input::Facts(facts)).await,
            Done::Read(read, _) if read != self.read => Ok(()),
            Done::Read(read, records) => {
                let next = records.last().map(|last| last.sequence + 1);
                if records.is_empty() {
                    self.input(Input::CaughtUp).await?;
                }
                for record in records {
                    self.book(&record).await?;
                }
                if read == self.read {
                    self.go_on_reading(next);
                }
                Ok(())
            }
        }
    }

    fn go_on_reading(&mut self, next: Option<u64>) {
        let from = next.unwrap_or(self.coordinator.read() + 1);
        self.read(from);
    }

    async fn book(&mut self, recorded: &Recorded) -> Result<(), Error> {
        let Recorded { sequence, parcel, bytes } = recorded;
        let record = Record::from_bytes(bytes);
        if let Err(error) = &record {
            tracing::warn!(%parcel, "a record of the fleet is of no use: {error}");
        }
        let record = record.ok().filter(|record| record.parcel == *parcel);
        let (agent, ended) = match record {
            Some(record) => (Some(record.agent), record.outputs),
            None => (None, Vec::new()),
        };
        let outputs: Vec<_> = ended.iter().map(|ended| (ended.unit, ended.place)).collect();
        let mut effects = Vec::new();
        let input = Input::Record { sequence: *sequence, parcel: *parcel, outputs: &outputs };
        self.coordinator.handle(input, &mut effects);
        if let Some(agent) = agent
            && let Some(Effect::Book(new)) =
                effects.iter().find(|effect| matches!(effect, Effect::Book(_)))
        {
            let mut ended: Vec<_> = ended.into_iter().map(Some).collect();
            let outputs = new.iter().filter_map(|place| ended[*place].take()).collect();
            self.tell(Told::Ended { agent, outputs }).await;
        }
        self.follow(effects).await
    }

    /// Asks who is there at the start.
    async fn look_around(&mut self) {
        let here = who(self.engine, &self.job.pool, Duration::from_millis(500)).await;
        for here in here.unwrap_or_default() {
            self.meet(here).await;
        }
        self.tell_agents().await;
    }

    async fn tell_agents(&self) {
        let here = self.agents.values().map(|(here, _)| here.clone()).collect();
        self.tell(Told::Agents(here)).await;
    }

    /// Takes note of an agent that says something of itself.
    async fn meet(&mut self, here: Here) {
        let agent = here.agent.clone();
        if here.state == Presence::Left {
            if self.agents.remove(&agent).is_some() {
                self.tell(Told::Left(agent)).await;
                self.tell_agents().await;
            }
            return;
        }
        if self.agents.len() >= MAX_AGENTS && !self.agents.contains_key(&agent) {
            return;
        }
        let before = self.agents.insert(agent, (here.clone(), Instant::now()));
        match before {
            None => self.tell(Told::Joined(here)).await,
            Some((before, _)) if (before.state, &before.reason) == (here.state, &here.reason) => {
                return;
            }
            Some(_) => {}
        }
        self.tell_agents().await;
    }

    /// Has agents say what their workers do.
    fn watch(&mut self) {
        if self.watched.is_some_and(|told| told.elapsed() < WATCH_EVERY) {
            return;
        }
        self.watched = Some(Instant::now());
        let ours = self.agents.values().map(|(here, _)| here);
        let ours: Vec<_> = ours.filter(|here| here.build == self.job.build).collect();
        let every_ms = (LIVE_MS * (ours.len() / LIVE_AGENTS).max(1)) as u32;
        for here in ours {
            let (engine, agent) = (self.engine.clone(), here.agent.clone());
            // It is said again; who does not hear it is not seen at work.
            tokio::spawn(async move {
                drop(tell(&engine, &agent, Control::Watch { every_ms }).await);
            });
        }
    }

    /// Tells what an agent says of its workers: only one that is there, not too often, and of no more
    /// workers than it has.
    async fn see(&mut self, heard: &Heard) {
        let known = heard.about.parse().ok().and_then(|agent: FleetName| self.agents.get(&agent));
        let Some((here, _)) = known.filter(|(here, _)| here.build == self.job.build) else {
            return;
        };
        let (agent, slots) = (here.agent.clone(), here.slots);
        let talk = self.talk.entry(agent.clone()).or_default();
        *talk += 1;
        if *talk > MAX_LIVE {
            return;
        }
        let Ok(mut live) = Live::from_bytes(&heard.bytes) else { return };
        live.happened.retain(|happening| (1..=slots).contains(&happening.worker));
        self.tell(Told::Live(agent, live)).await;
    }

    /// Whoever is there has time again to say so.
    fn hear_all_anew(&mut self) {
        self.agents.values_mut().for_each(|(_, said)| *said = Instant::now());
    }

    /// Takes note of agents that have not said anything.
    async fn miss(&mut self) {
        let lost = self.agents.iter().filter(|(_, (_, said))| said.elapsed() > LOST_AFTER);
        let lost: Vec<_> = lost.map(|(agent, _)| agent.clone()).collect();
        for agent in &lost {
            self.agents.remove(agent);
            self.tell(Told::Lost(agent.clone())).await;
        }
        if !lost.is_empty() {
            self.tell_agents().await;
        }
    }
}

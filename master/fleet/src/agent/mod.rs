//! Drives an agent: what the holder says is done, and what happens is told to it.

mod words;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lote_engine::event::Status;
use lote_protocol::outcome::FailureKind;
use lote_protocol::text;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use crate::engine::{Delivery, Engine, Error, Heard, Settle, Subject};
use crate::holder::{Effect, Holder, Input, LOST};
use crate::link::{Link, News, Watch};
use crate::live::Board;
use crate::message::{
    Control, Ended, Here, Job, Marks, Message, Parcel, Presence, Record, State, Unit,
};
use crate::names::{FleetName, JobId, ParcelId};
use crate::presence;

pub use self::words::{Identity, Report, Work};

/// How often the time is looked at.
const TICK: Duration = Duration::from_millis(500);

/// Before a pull that went wrong is repeated.
const PAUSE: Duration = Duration::from_secs(1);

/// Papers of jobs that are kept.
const MAX_JOBS: usize = 32;

/// Parcels of a job that nobody who is there can do are put off for so long, unseen.
const PUT_OFF: Duration = Duration::from_secs(60);

/// So long the others have to say that they are there.
const ANSWERS: Duration = Duration::from_millis(500);

/// What has to be settled when an agent leaves is settled by then, or redelivered.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What came of what was asked of the engine.
enum Done {
    Pulled(Result<Vec<Delivery>, Error>),
    Paper(JobId, Option<Vec<u8>>),
    Checked(ParcelId, bool),
    Looked(JobId, Option<bool>),
    /// Whether somebody else who is there may be able to take part in a job.
    Able(JobId, bool),
    Marks(ParcelId, Marks),
    Marked(ParcelId),
    Recorded(ParcelId),
    Settled,
}

/// A parcel in hand.
struct InHand {
    delivery: Delivery,
    job: Arc<Job>,
    units: Vec<Arc<Unit>>,
    ended: Vec<Ended>,
    known: HashSet<(u32, u32)>,
    since: Instant,
}

/// The time by a clock that counts sleep, ms.
fn now() -> u64 {
    #[cfg(target_os = "linux")]
    {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        now.tv_sec as u64 * 1000 + now.tv_nsec as u64 / 1_000_000
    }
    #[cfg(not(target_os = "linux"))]
    {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.unwrap_or_default().as_millis() as u64
    }
}

/// Takes parcels and hands their units out as `work`, until it is told to leave.
pub async fn serve<E: Engine>(
    engine: &E,
    me: Identity,
    work: mpsc::UnboundedSender<Work>,
    mut reports: mpsc::Receiver<Report>,
) -> Result<(), Error> {
    let mut orders = engine.hear(&Subject::Control(me.agent.clone())).await?;
    let mut questions = engine.hear(&Subject::Who(me.pool.clone())).await?;
    let (link, mut answers) = Link::new();
    let mut agent = Agent {
        engine,
        holder: Holder::new(me.slots.max(1) as usize, now()),
        me,
        work,
        link,
        held: HashMap::new(),
        jobs: HashMap::new(),
        unopened: Vec::new(),
        tickets: HashMap::new(),
        asked: 0,
        tasks: JoinSet::new(),
        board: Board::new(),
        refused: None,
        asking: HashMap::new(),
        hopeless: HashMap::new(),
        blocked: None,
        is_paused: false,
        is_leaving: false,
        has_left: false,
    };
    let mut watch = Watch::new();
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut presence = interval(presence::EVERY);
    presence.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut listening = true;
    while !agent.has_left {
        tokio::select! {
            report = reports.recv(), if listening => {
                listening = report.is_some();
                agent.report(report.unwrap_or(Report::Drain));
            }
            Some(done) = agent.tasks.join_next(), if !agent.tasks.is_empty() => match done {
                Ok(done) => agent.done(done?),
                Err(panic) => return Err(Error::Defect(panic.to_string())),
            },
            Some(answered) = answers.recv() => match watch.note(answered) {
                Some(News::Away(why)) => agent.hand_out(Work::Away(why)),
                Some(News::Back) => agent.hand_out(Work::Back),
                None => {}
            },
            Some(heard) = orders.recv() => agent.order(&heard),
            Some(heard) = questions.recv() => {
                if let Some(reply) = heard.reply {
                    agent.say(Subject::Reply(reply));
                }
            }
            _ = tick.tick() => agent.input(Input::Tick(now())),
            _ = presence.tick() => agent.say_here(),
            () = agent.board.due() => agent.say_live(),
        }
    }
    agent.say_here();
    let settle = async { while agent.tasks.join_next().await.is_some() {} };
    // What is not settled by then is handed out again.
    let _ = timeout(LAST_WORDS, settle).await;
    Ok(())
}

struct Agent<'a, E> {
    engine: &'a E,
    me: Identity,
    work: mpsc::UnboundedSender<Work>,
    link: Link,
    holder: Holder,
    held: HashMap<ParcelId, InHand>,
    jobs: HashMap<JobId, Arc<Job>>,
    /// Deliveries whose job's paper is being asked for.
    unopened: Vec<Delivery>,
    tickets: HashMap<u64, oneshot::Sender<bool>>,
    asked: u64,
    tasks: JoinSet<Result<Done, Error>>,
    board: Board,
    refused: Option<String>,
    /// Jobs of which it is being asked whether somebody else can do them, and what came of them meanwhile.
    asking: HashMap<JobId, Vec<Delivery>>,
    /// Jobs that nobody who is there can do, and since when.
    hopeless: HashMap<JobId, Instant>,
    blocked: Option<String>,
    is_paused: bool,
    is_leaving: bool,
    has_left: bool,
}

impl<E: Engine> Agent<'_, E> {
    fn hand_out(&self, work: Work) {
        // Who is not there any more does not need it.
        let _ = self.work.send(work);
    }

    fn input(&mut self, input: Input) {
        let mut effects = Vec::new();
        self.holder.handle(input, &mut effects);
        for effect in effects {
            self.follow(effect);
        }
    }

    fn follow(&mut self, effect: Effect) {
        match effect {
            Effect::Pull(most) => self.pull(most),
            Effect::Check(parcel) => self.check(parcel),
            Effect::Look(job) => self.look(job),
            Effect::ReadMarks(parcel) => self.read_marks(parcel),
            Effect::Mark(parcel, marks) => self.mark(parcel, marks),
            Effect::Begin { parcel, unit, alone } => {
                let Some(held) = self.held.get(&parcel) else { return };
                let (job, unit) = (Arc::clone(&held.job), Arc::clone(&held.units[unit as usize]));
                let again = held.delivery.times > 1;
                self.refused = None;
                self.hand_out(Work::Begin { job, parcel, unit, alone, again });
            }
            Effect::GiveUp(parcel, unit) => self.give_up(parcel, unit),
            Effect::Answer(ticket, is_wanted) => {
                if let Some(answer) = self.tickets.remove(&ticket) {
                    let _ = answer.send(is_wanted);
                }
            }
            Effect::Record(parcel) => self.record(parcel),
            Effect::Done(parcel) => self.settle(parcel, Settle::Done),
            Effect::Back(parcel) => self.settle(parcel, Settle::Back),
            Effect::Working(parcel) => self.settle(parcel, Settle::Working),
            Effect::Withdraw(parcel) => self.hand_out(Work::Withdraw { parcel }),
            Effect::Leave => {
                self.has_left = true;
                self.hand_out(Work::Leave);
            }
        }
    }

    /// Asks the engine something, as often as it takes.
    fn ask<A>(&mut self, ask: impl Fn(E) -> A + Send + Sync + 'static)
    where
        A: Future<Output = Result<Done, Error>> + Send,
    {
        let (engine, link) = (self.engine.clone(), self.link.clone());
        self.tasks.spawn(async move {
            // Streams are made by submitters.
            link.persist(|| ask(engine.clone()), || std::future::ready(Ok(()))).await
        });
    }

    fn pull(&mut self, most: usize) {
        let (engine, link) = (self.engine.clone(), self.link.clone());
        let (pool, build) = (self.me.pool.clone(), self.me.build.clone());
        self.tasks.spawn(async move {
            let pulled = engine.pull(&pool, &build, most).await;
            link.note(&pulled);
            if pulled.is_err() {
                sleep(PAUSE).await;
            }
            Ok(Done::Pulled(pulled))
        });
    }

    fn check(&mut self, parcel: ParcelId) {
        let Some(job) = self.held.get(&parcel).map(|held| held.job.job) else { return };
        self.ask(move |engine| async move {
            let is_open = engine.job(job).await?.is_none_or(|paper| is_open(&paper));
            let is_wanted = is_open && !engine.is_recorded(job, parcel).await?;
            Ok(Done::Checked(parcel, is_wanted))
        });
    }

    fn look(&mut self, job: JobId) {
        let (engine, link) = (self.engine.clone(), self.link.clone());
        self.tasks.spawn(async move {
            let paper = engine.job(job).await;
            link.note(&paper);
            let is_open = paper.ok().map(|paper| paper.is_none_or(|paper| is_open(&paper)));
            Ok(Done::Looked(job, is_open))
        });
    }

    fn read_marks(&mut self, parcel: ParcelId) {
        let Some(job) = self.held.get(&parcel).map(|held| held.job.job) else { return };
        self.ask(move |engine| async move {
            let marks = engine.marks(job, parcel).await?;
            let marks = marks.and_then(|bytes| Marks::from_bytes(&bytes).ok());
            Ok(Done::Marks(parcel, marks.unwrap_or_default()))
        });
    }

    fn mark(&mut self, parcel: ParcelId, marks: Marks) {
        let Some(job) = self.held.get(&parcel).map(|held| held.job.job) else { return };
        self.ask(move |engine| {
            let marks = marks.to_bytes();
            async move {
                engine.mark(job, parcel, marks?).await?;
                Ok(Done::Marked(parcel))
            }
        });
    }

    fn record(&mut self, parcel: ParcelId) {
        let Some(held) = self.held.get_mut(&parcel) else { return };
        let record = Record {
            parcel,
            agent: self.me.agent.clone(),
            build: self.me.build.clone(),
            delivery: held.delivery.times,
            ms: held.since.elapsed().as_millis() as u64,
            outputs: std::mem::take(&mut held.ended),
        };
        let job = held.job.job;
        match record.fitting() {
            Ok(bytes) => self.ask(move |engine| {
                let bytes = bytes.clone();
                async move {
                    engine.record(job, parcel, bytes).await?;
                    Ok(Done::Recorded(parcel))
                }
            }),
            Err(error) => tracing::error!(%parcel, "a record cannot be sent: {error}"),
        }
    }

    /// Settles a parcel. Only that it is being worked on leaves it in hand.
    fn settle(&mut self, parcel: ParcelId, settle: Settle) {
        let delivery = if settle == Settle::Working {
            self.held.get(&parcel).map(|held| held.delivery.clone())
        } else {
            self.held.remove(&parcel).map(|held| held.delivery)
        };
        if let Some(delivery) = delivery {
            self.settle_delivery(delivery, settle);
        }
    }

    fn settle_delivery(&mut self, delivery: Delivery, settle: Settle) {
        let engine = self.engine.clone();
        self.tasks.spawn(async move {
            // What is not heard is handed out again, and meets its record.
            let _ = engine.settle(&delivery, settle).await;
            Ok(Done::Settled)
        });
    }

    /// Ends what is open of a unit that agents were lost with.
    fn give_up(&mut self, parcel: ParcelId, unit: u32) {
        let Some(held) = self.held.get_mut(&parcel) else { return };
        let unit = Arc::clone(&held.units[unit as usize]);
        let lost = u64::from(LOST);
        for (place, output) in (0..).zip(&unit.outputs) {
            if !held.known.insert((unit.unit, place)) {
                continue;
            }
            held.ended.push(Ended {
                unit: unit.unit,
                place,
                output: output.output.clone(),
                status: Status::Quarantined,
                bytes: 0,
                modified_ns: None,
                sha256: None,
                ms: 0.0,
                decode_ms: 0.0,
                attempt: LOST,
                kind: Some(FailureKind::Crash),
                reason: Some(text!("{} agents were lost while they had it", lost)),
                notes: Vec::new(),
                last_words: Vec::new(),
                reproduce: None,
            });
        }
    }

    fn report(&mut self, report: Report) {
        match report {
            Report::Begun { parcel, unit } => {
                if let Some(place) = self.place(parcel, unit) {
                    self.input(Input::Begun(parcel, place));
                }
            }
            Report::Written { parcel, answer } => {
                // The machine may have slept since the clock was last looked at.
                self.input(Input::Tick(now()));
                self.asked += 1;
                self.tickets.insert(self.asked, answer);
                self.input(Input::Write(parcel, self.asked));
            }
            Report::Ended { parcel, ended } => {
                let Some(place) = self.place(parcel, ended.unit) else { return };
                let Some(held) = self.held.get_mut(&parcel) else { return };
                if held.known.insert((ended.unit, ended.place)) {
                    held.ended.push(ended);
                    self.input(Input::Ended(parcel, place));
                }
            }
            Report::Happened { worker, what } => self.board.note(worker, what),
            Report::Refuse { job, why } => {
                tracing::info!(%job, "not taking part: {why}");
                self.refused = Some(why);
                let paper = self.jobs.remove(&job);
                self.input(Input::Refuse(job));
                self.say_here();
                if let Some(paper) = paper {
                    self.look_for_others(paper);
                }
            }
            Report::Blocked(why) => {
                self.blocked = why;
                self.rest();
            }
            Report::Drain => {
                self.is_leaving = true;
                self.input(Input::Drain);
                self.say_here();
            }
        }
    }

    /// Finds out whether a job that this agent cannot do can be left to others.
    fn look_for_others(&mut self, job: Arc<Job>) {
        if self.asking.contains_key(&job.job) {
            return;
        }
        self.asking.insert(job.job, Vec::new());
        let (engine, me) = (self.engine.clone(), self.me.agent.clone());
        self.tasks.spawn(async move {
            let here = presence::who(&engine, &job.pool, ANSWERS).await;
            // Nobody knows whether somebody is there if the engine does not say it.
            let is_any = here.map_or(true, |here| {
                here.iter().any(|here| here.agent != me && may_do(here, &job))
            });
            Ok(Done::Able(job.job, is_any))
        });
    }

    /// A unit's place in its parcel.
    fn place(&self, parcel: ParcelId, unit: u32) -> Option<u32> {
        let units = &self.held.get(&parcel)?.units;
        units.iter().position(|of| of.unit == unit).map(|place| place as u32)
    }

    fn rest(&mut self) {
        self.input(Input::Rest(self.is_paused || self.blocked.is_some()));
        self.say_here();
    }

    fn order(&mut self, heard: &Heard) {
        let control = match Control::from_bytes(&heard.bytes) {
            Ok(control) => control,
            Err(error) => return tracing::warn!("an order is of no use: {error}"),
        };
        if !matches!(control, Control::Watch { .. }) {
            tracing::info!(?control, "told");
        }
        match control {
            Control::Pause | Control::Resume => {
                self.is_paused = control == Control::Pause;
                self.hand_out(if self.is_paused { Work::Pause } else { Work::Resume });
                self.rest();
            }
            Control::Drain => self.report(Report::Drain),
            Control::Kill { worker } => self.hand_out(Work::Kill(worker)),
            Control::Watch { every_ms } => self.board.watch(every_ms),
            Control::Look => {
                let jobs: HashSet<_> = self.held.values().map(|held| held.job.job).collect();
                for job in jobs {
                    self.look(job);
                }
            }
        }
    }

    fn done(&mut self, done: Done) {
        match done {
            Done::Pulled(pulled) => {
                let is_answered = !matches!(pulled, Err(Error::Away(_) | Error::Denied(_)));
                for delivery in pulled.unwrap_or_default() {
                    self.open(delivery);
                }
                self.input(Input::Pulled(is_answered));
            }
            Done::Paper(job, paper) => self.opened(job, paper.as_deref()),
            Done::Checked(parcel, is_wanted) => self.input(Input::Checked(parcel, is_wanted)),
            Done::Looked(job, Some(is_open)) => {
                if !is_open {
                    self.jobs.remove(&job);
                }
                self.input(Input::Looked(job, is_open));
            }
            Done::Marks(parcel, marks) => self.input(Input::Marks(parcel, marks)),
            Done::Marked(parcel) => self.input(Input::Marked(parcel)),
            Done::Recorded(parcel) => self.input(Input::Recorded(parcel)),
            Done::Able(job, is_any) => {
                let settle = if is_any { Settle::Back } else { Settle::Later };
                for delivery in self.asking.remove(&job).unwrap_or_default() {
                    self.settle_delivery(delivery, settle);
                }
                if !is_any {
                    self.hopeless.retain(|_, since| since.elapsed() < PUT_OFF);
                    self.hopeless.insert(job, Instant::now());
                    self.input(Input::Alone);
                }
            }
            Done::Looked(_, None) | Done::Settled => {}
        }
    }

    /// Takes in a delivery, once the paper of its job is at hand.
    fn open(&mut self, delivery: Delivery) {
        let job = delivery.job;
        if let Some(meanwhile) = self.asking.get_mut(&job) {
            return meanwhile.push(delivery);
        }
        // What comes behind it is not held up by what nobody can do.
        if self.hopeless.get(&job).is_some_and(|since| since.elapsed() < PUT_OFF) {
            return self.settle_delivery(delivery, Settle::Later);
        }
        if let Some(paper) = self.jobs.get(&job) {
            self.take(delivery, Arc::clone(paper));
            return;
        }
        let is_asked = self.unopened.iter().any(|other| other.job == job);
        self.unopened.push(delivery);
        if !is_asked {
            self.ask(move |engine| async move { Ok(Done::Paper(job, engine.job(job).await?)) });
        }
    }

    fn opened(&mut self, job: JobId, paper: Option<&[u8]>) {
        let (mine, others) = self.unopened.drain(..).partition(|delivery| delivery.job == job);
        self.unopened = others;
        let mine: Vec<Delivery> = mine;
        let Some(paper) = paper else {
            // The store has forgotten it; its submitter will put it up again.
            for delivery in mine {
                self.settle_delivery(delivery, Settle::Back);
            }
            self.input(Input::Refuse(job));
            return;
        };
        let paper = match Job::from_bytes(paper) {
            Ok(paper) if paper.job == job => Some(paper),
            Ok(_) => {
                tracing::warn!(%job, "the paper of a job is of no use: it is of another job");
                None
            }
            Err(error) => {
                tracing::warn!(%job, "the paper of a job is of no use: {error}");
                None
            }
        };
        let (pool, build) = (&self.me.pool, &self.me.build);
        let paper = paper.filter(|paper| {
            let is_mine = paper.pool == *pool && paper.build == *build;
            if !is_mine {
                tracing::warn!(%job, "the paper of a job is of another pool or build");
            }
            is_mine && paper.state == State::Open
        });
        let Some(paper) = paper.map(Arc::new) else {
            for delivery in mine {
                self.settle_delivery(delivery, Settle::Done);
            }
            return;
        };
        if self.jobs.len() >= MAX_JOBS {
            self.jobs.clear();
        }
        self.jobs.insert(job, Arc::clone(&paper));
        for delivery in mine {
            self.take(delivery, Arc::clone(&paper));
        }
    }

    fn take(&mut self, delivery: Delivery, job: Arc<Job>) {
        let name = delivery.parcel;
        let parcel = match Parcel::from_bytes(&delivery.bytes) {
            Ok(parcel) if is_of(&parcel, &job, name) => parcel,
            wrong => {
                let why = wrong.err().map(|error| error.to_string());
                let why = why.unwrap_or_else(|| "it does not fit its name or its job".to_owned());
                tracing::warn!(parcel = %name, "a parcel is of no use: {why}");
                return self.settle_delivery(delivery, Settle::Done);
            }
        };
        let outputs = parcel.units.iter().map(|unit| unit.outputs.len() as u32).collect();
        let (times, units) = (delivery.times, parcel.units.into_iter().map(Arc::new).collect());
        if let Some(held) = self.held.get_mut(&name) {
            held.delivery = delivery;
        } else {
            let (ended, known, since) = (Vec::new(), HashSet::new(), Instant::now());
            self.held.insert(name, InHand { delivery, job, units, ended, known, since });
        }
        let job = self.held[&name].job.job;
        self.input(Input::Received { job, parcel: name, times, outputs });
    }

    fn here(&self) -> Here {
        let state = if self.has_left {
            Presence::Left
        } else if self.is_leaving {
            Presence::Draining
        } else if self.refused.is_some() {
            Presence::Refusing
        } else if self.is_paused || self.blocked.is_some() {
            Presence::Paused
        } else {
            Presence::Working
        };
        let me = self.me.clone();
        Here {
            agent: me.agent,
            pool: me.pool,
            build: me.build,
            version: me.version,
            slots: me.slots,
            busy: self.holder.busy() as u32,
            job: self.holder.job().filter(|_| !self.held.is_empty()),
            state,
            reason: self.refused.clone().or_else(|| self.blocked.clone()),
            roots: me.roots,
            owner: me.owner,
        }
    }

    fn say_here(&mut self) {
        self.say(Subject::Here(self.me.pool.clone(), self.me.agent.clone()));
    }

    /// Says what the workers do, for the job that is in hand.
    fn say_live(&mut self) {
        let said = self.board.say();
        let Some(job) = self.holder.job() else { return };
        for bytes in said {
            self.say_bytes(Subject::Live(job, self.me.agent.clone()), bytes);
        }
    }

    /// Says who is there.
    fn say(&mut self, subject: Subject) {
        if let Ok(bytes) = self.here().to_bytes() {
            self.say_bytes(subject, bytes);
        }
    }

    /// Says something; nobody waits for it to be heard.
    fn say_bytes(&mut self, subject: Subject, bytes: Vec<u8>) {
        let engine = self.engine.clone();
        self.tasks.spawn(async move {
            let _ = engine.say(&subject, bytes).await;
            Ok(Done::Settled)
        });
    }
}

/// Whether a parcel is the one that it is called, and knows no variants but those of its job.
fn is_of(parcel: &Parcel, job: &Job, name: ParcelId) -> bool {
    let variants = job.header.variants_by_file().len();
    let mut outputs = parcel.units.iter().flat_map(|unit| &unit.outputs);
    (parcel.job, parcel.parcel) == (job.job, name)
        && outputs.all(|output| (output.variant as usize) < variants)
}

/// Whether an agent may be able to take part in a job: a root that had no mark when it began may have been
/// given one since.
fn may_do(here: &Here, job: &Job) -> bool {
    let has = |(name, mark): (&FleetName, &String)| {
        here.roots.get(name).is_some_and(|here| here == mark || here.is_empty())
    };
    let takes_part = matches!(here.state, Presence::Working | Presence::Paused);
    takes_part && here.build == job.build && job.roots.iter().all(has)
}

fn is_open(paper: &[u8]) -> bool {
    Job::from_bytes(paper).is_ok_and(|paper| paper.state == State::Open)
}

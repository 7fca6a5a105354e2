//! A plan that agents carry out: what they report is booked as if workers of this machine had.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lote_engine::event::{
    Afar, AgentState, Bus, Claim, Event, FleetState, Mode, OutputEnded, Place, Status, WorkerState,
    exact,
};
use lote_engine::journal::{self, Header, Name, Outcome};
use lote_engine::lang::Text;
use lote_engine::plan::{self, Plan};
use lote_engine::run::{self, Books, Ended, Settings, sweep_after, sweep_orphans};
use lote_fleet::message::{self, Happening, Here, Job, Live, Presence, What};
use lote_fleet::names::{Build, FleetName, JobId};
use lote_fleet::nats::Nats;
use lote_fleet::submit::{Over, SubmitOrder, Told, finish, submit, take_over};
use lote_protocol::text;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use super::paper::{Paper, lie, paper, remove_assets};
use super::{Fleet, Places, connect};
use crate::exit::Exit;

/// How often it is told how far it is.
const TICK: Duration = Duration::from_millis(100);

/// So long outputs may take to be seen here that others have written.
const UNSEEN: Duration = Duration::from_secs(60);

/// What stands between plans and a fleet.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    pub(super) nats: Nats,
    pub(super) places: Places,
    pub(super) pool: FleetName,
}

impl Desk {
    /// Takes a job that broke off away from whoever has it; what became of its outputs that are there, by
    /// their paths below the root of outputs.
    pub(super) async fn take_over(
        &self,
        job: &str,
        output: &Path,
    ) -> Result<HashMap<PathBuf, message::Ended>, lote_fleet::engine::Error> {
        let Ok(job) = job.parse::<JobId>() else { return Ok(HashMap::new()) };
        let records = take_over(&self.nats, job).await?;
        remove_assets(output, &job.to_string());
        let ended = records.into_iter().flat_map(|record| record.outputs);
        let good = ended.filter(|ended| ended.status == Status::Ok);
        Ok(good.map(|ended| (ended.output.0.clone(), ended)).collect())
    }

    /// The outputs of a plan that such records say are there: image, variant, and what is on record.
    pub(super) fn made<'a>(
        &self,
        plan: &Plan,
        records: &'a HashMap<PathBuf, message::Ended>,
    ) -> Vec<(usize, usize, &'a message::Ended)> {
        let folder = plan.output_folder().canonicalize().ok();
        let Some(below) = folder.and_then(|folder| Some(self.places.find(&folder)?.1.path.0))
        else {
            return Vec::new();
        };
        let mut made = Vec::new();
        for image in 0..plan.images.len() {
            for variant in 0..plan.variants.len() {
                let path = plan.output(image, variant);
                let output = path.strip_prefix(plan.output_folder()).unwrap_or(&path);
                let ended = records.get(&below.join(output));
                made.extend(ended.map(|ended| (image, variant, ended)));
            }
        }
        made
    }

    /// The job that a plan becomes, whose folders are there.
    pub(super) fn job<'a>(
        &self,
        plan: &'a Plan,
        header: &Header,
        settings: &Settings,
    ) -> Result<Submitted<'a>, Text> {
        let (job, paper) = paper(plan, (header, settings), (&self.places, &self.pool))?;
        let used = [&job.input, &job.output.root];
        let roots = used.into_iter().filter_map(|name| {
            let place = self.places.get(name)?;
            Some((name.to_string(), Name(place.folder.clone())))
        });
        let roots = roots.collect();
        Ok(Submitted { job, paper, plan, roots })
    }

    /// Has the fleet make what is to be made, and whether it was left to it: a job that is aborted is.
    pub(super) async fn run(
        &self,
        submitted: &Submitted<'_>,
        bus: &mut Bus,
        orders: &mut mpsc::Receiver<run::RunOrder>,
    ) -> (Ended, bool) {
        let Submitted { job, paper, plan, .. } = submitted;
        let (told, mut tells) = mpsc::channel(256);
        let (order, ordered) = mpsc::channel(16);
        let mut booking = Booking {
            books: Books::new(*plan, bus),
            plan,
            paper,
            host: self.nats.host().to_owned(),
            pool: &self.pool,
            early: Some(Vec::new()),
            waits: None,
            owners: HashMap::new(),
            slots: HashMap::new(),
            lost: HashSet::new(),
            refusals: HashMap::new(),
            lanes: HashMap::new(),
        };
        let submitting = submit(&self.nats, job, paper, told, ordered);
        tokio::pin!(submitting);
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut listening, mut is_unwanted) = (true, false);
        let over = loop {
            tokio::select! {
                biased;
                Some(told) = tells.recv() => booking.hear(told).await,
                over = &mut submitting => break over,
                told = orders.recv(), if listening => {
                    let passed = match told {
                        Some(run::RunOrder::Cancel) => Some(SubmitOrder::Cancel),
                        Some(run::RunOrder::Abort) => Some(SubmitOrder::Leave),
                        Some(run::RunOrder::Pause) => Some(SubmitOrder::Pause),
                        Some(run::RunOrder::Resume) => Some(SubmitOrder::Resume),
                        Some(run::RunOrder::Kill(_) | run::RunOrder::Withdraw(_)) => None,
                        None => {
                            listening = false;
                            None
                        }
                    };
                    is_unwanted |= passed == Some(SubmitOrder::Cancel);
                    if let Some(passed) = passed {
                        let _ = order.try_send(passed);
                    }
                }
                _ = tick.tick() => booking.tell_progress().await,
            }
        };
        while let Ok(told) = tells.try_recv() {
            booking.hear(told).await;
        }
        let is_left = matches!(over, Ok(Over::Left));
        (booking.end(over, is_unwanted).await, is_left)
    }

    /// Takes down what the fleet has of a job that has ended.
    pub(super) async fn finish(&self, submitted: &Submitted<'_>) -> Result<(), Text> {
        remove_assets(submitted.plan.output_folder(), &submitted.id());
        finish(&self.nats, &submitted.job).await.map_err(|error| error.text())
    }
}

/// A desk of the command line, which waits for what it asks.
#[derive(Debug)]
pub(crate) struct Submitter {
    /// The connection lives in it.
    pub(crate) runtime: Runtime,
    desk: Desk,
}

impl Submitter {
    /// Speaks to the fleet.
    pub(crate) fn new(fleet: &Fleet, runtime: Runtime) -> Result<Self, (Text, Exit)> {
        let places = Places::new(&fleet.roots).map_err(|what| (what, Exit::Refused))?;
        let pool = fleet.pool()?;
        let nats = runtime.block_on(connect(&fleet.server, "lote run"))?;
        Ok(Self { runtime, desk: Desk { nats, places, pool } })
    }

    /// As [`Desk::take_over`].
    pub(crate) fn take_over(
        &self,
        job: &str,
        output: &Path,
    ) -> Result<HashMap<PathBuf, message::Ended>, (Text, Exit)> {
        let records = self.runtime.block_on(self.desk.take_over(job, output));
        records.map_err(|error| (error.text(), Exit::NoWorkers))
    }

    /// As [`Desk::made`], as it goes on record.
    pub(crate) fn made(
        &self,
        plan: &Plan,
        records: &HashMap<PathBuf, message::Ended>,
    ) -> Vec<(usize, usize, Outcome)> {
        let made = self.desk.made(plan, records).into_iter().map(|(image, variant, ended)| {
            let path = plan.output(image, variant);
            let output = path.strip_prefix(plan.output_folder()).unwrap_or(&path).into();
            let (bytes, modified_ns, sha256) = (ended.bytes, ended.modified_ns, ended.sha256);
            (
                image,
                variant,
                Outcome::Ok { output, number: 1, tag: None, bytes, modified_ns, sha256 },
            )
        });
        made.collect()
    }

    /// As [`Desk::job`].
    pub(crate) fn job<'a>(
        &self,
        plan: &'a Plan,
        header: &Header,
        settings: &Settings,
    ) -> Result<Submitted<'a>, Text> {
        self.desk.job(plan, header, settings)
    }

    /// As [`Desk::run`].
    pub(crate) async fn run(
        &self,
        submitted: &Submitted<'_>,
        bus: &mut Bus,
        orders: &mut mpsc::Receiver<run::RunOrder>,
    ) -> Ended {
        Box::pin(self.desk.run(submitted, bus, orders)).await.0
    }

    /// As [`Desk::finish`].
    pub(crate) fn finish(&self, submitted: &Submitted<'_>) -> Result<(), Text> {
        self.runtime.block_on(self.desk.finish(submitted))
    }
}

/// Whether agents could find what a plan reads and writes.
pub(crate) fn check(fleet: &Fleet, plan: &Plan) -> Result<(), (Text, Exit)> {
    let refused = |what| (what, Exit::Refused);
    let places = Places::new(&fleet.roots).map_err(refused)?;
    lie(plan, &places).map(drop).map_err(refused)
}

/// A plan as a job of the fleet.
#[derive(Debug)]
pub(crate) struct Submitted<'a> {
    job: Job,
    paper: Paper<'a>,
    plan: &'a Plan,
    /// Where its roots are here.
    roots: BTreeMap<String, Name>,
}

impl Submitted<'_> {
    /// Its name.
    pub(crate) fn id(&self) -> String {
        self.job.job.to_string()
    }

    /// What goes on record of it.
    pub(crate) fn on_record(&self) -> journal::FleetJob {
        journal::FleetJob { job: self.id(), roots: self.roots.clone() }
    }
}

/// What agents report, on its way into the books.
struct Booking<'a> {
    books: Books<'a, &'a Plan>,
    plan: &'a Plan,
    paper: &'a Paper<'a>,
    host: String,
    pool: &'a FleetName,
    /// What was told before it was known who is there, with which the run begins.
    early: Option<Vec<Told>>,
    /// What was last said to be waited for, so that it is said once.
    waits: Option<Text>,
    /// How names of temporary files begin, by the agents that were there, and who of them is gone: one that
    /// has left may have had to leave something, as its folder did not answer.
    owners: HashMap<FleetName, String>,
    /// How many images they work on at a time.
    slots: HashMap<FleetName, u32>,
    lost: HashSet<FleetName>,
    /// Why agents cannot help, as that was last said.
    refusals: HashMap<FleetName, String>,
    /// What agents have last said of their workers.
    lanes: HashMap<(FleetName, u32), Seen>,
}

/// What an agent has last said of a worker.
#[derive(Debug, Default)]
struct Seen {
    state: Option<(WorkerState, u32)>,
    task: Option<TaskAfar>,
}

/// What a worker has in hand.
#[derive(Debug)]
struct TaskAfar {
    unit: u32,
    attempt: u32,
    /// The outputs that have not ended.
    places: Vec<u32>,
    is_decoded: bool,
}

impl Booking<'_> {
    async fn hear(&mut self, told: Told) {
        if let Some(mut early) = self.early.take() {
            let Told::Agents(here) = &told else {
                early.push(told);
                self.early = Some(early);
                return;
            };
            self.announce(here, early).await;
        }
        self.take_in(told).await;
    }

    /// Begins, with what these agents can do.
    async fn announce(&mut self, here: &[Here], early: Vec<Told>) {
        let slots = here.iter().filter(|here| is_ours(here)).map(|here| here.slots);
        let slots = slots.fold(0_u32, u32::saturating_add);
        self.books.announce(Mode::Processes, slots).await;
        self.books.enter().await;
        for told in early {
            self.take_in(told).await;
        }
    }

    async fn tell_progress(&mut self) {
        if self.early.is_none() {
            self.books.tell_progress().await;
        }
    }

    async fn take_in(&mut self, told: Told) {
        match told {
            Told::Ended { agent, outputs } => {
                let agent: Arc<str> = agent.to_string().into();
                for ended in outputs {
                    self.book(&agent, ended).await;
                }
            }
            Told::Waiting(_) => {
                let reason = text!("waiting for {}", self.host.clone());
                self.fleet(FleetState::Waiting, Some(reason)).await;
            }
            Told::Back => self.fleet(FleetState::Back, None).await,
            Told::Repaired { .. } => {
                self.paper.is_repeated();
                self.fleet(FleetState::Repaired, None).await;
            }
            Told::Agents(here) => self.look_for_help(&here).await,
            Told::Joined(here) => {
                self.lost.remove(&here.agent);
                self.owners.insert(here.agent.clone(), here.owner.clone());
                if is_ours(&here) {
                    self.slots.insert(here.agent.clone(), here.slots);
                    self.agent(&here, AgentState::Joined).await;
                }
            }
            Told::Live(agent, live) => self.see(&agent, live).await,
            Told::Left(agent) => {
                self.gone(&agent, AgentState::Left).await;
                self.lost.insert(agent);
            }
            Told::Lost(agent) => {
                self.gone(&agent, AgentState::Lost).await;
                self.lost.insert(agent);
            }
        }
    }

    async fn book(&mut self, agent: &Arc<str>, ended: message::Ended) {
        let Some(unit) = self.plan.units.get(ended.unit as usize) else { return };
        let Some(variant) = unit.variants.get(ended.place as usize) else { return };
        let (image, variant) = (unit.image, *variant as usize);
        let blank = OutputEnded {
            agent: Some(Arc::clone(agent)),
            status: ended.status,
            attempt: Some(ended.attempt),
            ms: Some(ended.ms),
            decode_ms: Some(ended.decode_ms),
            ..self.books.blank(image, variant)
        };
        let booked = if ended.status == Status::Ok {
            OutputEnded {
                bytes: Some(ended.bytes),
                modified_ns: ended.modified_ns,
                sha256: ended.sha256,
                notes: ended.notes,
                ..blank.at(&self.plan.output(image, variant))
            }
        } else {
            OutputEnded {
                kind: ended.kind,
                reason: ended.reason,
                last_words: ended.last_words,
                reproduce: ended.reproduce,
                ..blank
            }
        };
        self.books.end(booked).await;
    }

    async fn fleet(&mut self, state: FleetState, reason: Option<Text>) {
        let open = self.books.open();
        self.books.tell(Event::Fleet { state, open, reason }).await;
    }

    async fn agent(&mut self, here: &Here, state: AgentState) {
        let event = Event::Agent {
            agent: here.agent.to_string().into(),
            state,
            slots: here.slots,
            version: format!("{} {}", here.version, here.build),
            reason: here.reason.clone().map(Into::into),
        };
        self.books.tell(event).await;
    }

    /// Tells of what is new in what an agent says of its workers.
    async fn see(&mut self, agent: &FleetName, live: Live) {
        if self.lost.contains(agent) {
            return;
        }
        let name: Arc<str> = agent.to_string().into();
        for Happening { worker, ago_ms, what } in live.happened {
            let ago = Duration::from_millis(ago_ms.into());
            let afar = Afar { agent: Arc::clone(&name), ago };
            let seen = self.lanes.entry((agent.clone(), worker)).or_default();
            if let Some(event) = seen.news(self.plan, afar, worker, what) {
                self.books.tell(event).await;
            }
        }
    }

    async fn gone(&mut self, agent: &FleetName, state: AgentState) {
        self.lanes.retain(|(of, _), _| of != agent);
        let event = Event::Agent {
            agent: agent.to_string().into(),
            state,
            slots: 0,
            version: String::new(),
            reason: None,
        };
        self.books.tell(event).await;
    }

    /// Says it, once, if nobody is there who could help.
    async fn look_for_help(&mut self, here: &[Here]) {
        let mut is_anybody_there = false;
        for agent in here.iter().filter(|here| is_ours(here)) {
            is_anybody_there = true;
            let refuses = matches!(agent.state, Presence::Refusing | Presence::Paused);
            let Some(reason) = agent.reason.as_ref().filter(|_| refuses) else {
                self.refusals.remove(&agent.agent);
                continue;
            };
            if self.refusals.insert(agent.agent.clone(), reason.clone()).as_ref() != Some(reason) {
                self.agent(agent, AgentState::Refused).await;
            }
        }
        if is_anybody_there {
            self.waits = None;
            return;
        }
        let pool = self.pool.to_string();
        let reason = if here.is_empty() {
            text!("no agent of pool {} with this build is there; waiting", format!("{pool:?}"))
        } else {
            let mut builds: Vec<_> =
                here.iter().map(|here| format!("{} {}", here.version, here.build)).collect();
            builds.sort();
            builds.dedup();
            text!(
                "no agent of pool {} with this build is there ({} have another: {}); waiting",
                format!("{pool:?}"),
                here.len(),
                builds.join(", ")
            )
        };
        if self.waits.as_ref() != Some(&reason) {
            self.waits = Some(reason.clone());
            self.fleet(FleetState::Waiting, Some(reason)).await;
        }
    }

    /// Removes what agents have left unfinished that are gone.
    fn sweep(&self) {
        if self.lost.is_empty() {
            return;
        }
        let folders = plan::folders(self.plan);
        sweep_orphans(&folders);
        let (gone, there): (Vec<_>, Vec<_>) =
            self.owners.iter().partition(|(agent, _)| self.lost.contains(*agent));
        for (_, prefix) in gone {
            if !there.iter().any(|(_, other)| *other == prefix) {
                sweep_after(prefix, &folders);
            }
        }
    }

    async fn end(
        mut self,
        over: Result<Over, lote_fleet::engine::Error>,
        is_unwanted: bool,
    ) -> Ended {
        if let Some(early) = self.early.take() {
            self.announce(&[], early).await;
        }
        let halted = match &over {
            Ok(Over::Cancelled) if is_unwanted => None,
            Ok(Over::Cancelled) => Some(text!("the job was cancelled in the fleet")),
            Ok(_) => None,
            Err(error) => Some(error.text()),
        };
        if !matches!(over, Ok(Over::Ended)) {
            self.books.interrupt().await;
        }
        self.books.tell_progress().await;
        self.books.check(UNSEEN).await;
        self.sweep();
        let slots = self.slots.values().fold(0_u32, |all, slots| all.saturating_add(*slots));
        let summary = self.books.summary(Mode::Processes, slots);
        self.books.tell(Event::Finished(summary.clone())).await;
        let cancelled = is_unwanted || matches!(over, Ok(Over::Left));
        Ended { summary, cancelled, no_workers: None, halted }
    }
}

impl Seen {
    /// What is new in that, if anything is.
    fn news(&mut self, plan: &Plan, agent: Afar, worker: u32, what: What) -> Option<Event> {
        let planned = |unit: u32| plan.units.get(unit as usize);
        match what {
            What::Worker { state, pid, reason } => {
                if self.state.replace((state, pid)) == Some((state, pid)) {
                    return None;
                }
                if !matches!(state, WorkerState::Started | WorkerState::Ready) {
                    self.task = None;
                }
                let (agent, ms, sandbox) = (Some(agent), None, None);
                Some(Event::Worker { agent, worker, pid, slots: 1, state, reason, ms, sandbox })
            }
            What::Task { unit, places, attempt } => {
                let is_known = |task: &TaskAfar| (task.unit, task.attempt) == (unit, attempt);
                if self.task.as_ref().is_some_and(is_known) {
                    return None;
                }
                let of = planned(unit)?;
                let variants = places.iter().map(|place| of.variants.get(*place as usize).copied());
                let variants = variants.collect::<Option<Vec<_>>>()?;
                if variants.is_empty() {
                    return None;
                }
                self.task = Some(TaskAfar { unit, attempt, places, is_decoded: false });
                let name = &plan.images[of.image].name;
                Some(Event::Task {
                    agent: Some(agent),
                    worker,
                    slot: 0,
                    unit: unit as usize,
                    variants,
                    image: name.display().to_string(),
                    image_bytes: exact(name),
                    attempt,
                })
            }
            What::Decoded => {
                let task = self.task.as_mut().filter(|task| !task.is_decoded)?;
                task.is_decoded = true;
                Some(Event::Decoded { agent: Some(agent), worker, slot: 0 })
            }
            What::Output { place, status, ms } => {
                let task = self.task.as_mut()?;
                let at = task.places.iter().position(|of| *of == place)?;
                task.places.remove(at);
                let unit = planned(task.unit)?;
                if task.places.is_empty() {
                    self.task = None;
                }
                let variant = *unit.variants.get(place as usize)? as usize;
                let claim = Claim { place: Place { image: unit.image, variant }, status, ms };
                Some(Event::Claimed { agent, worker, claim: Some(claim) })
            }
            What::Idle => {
                self.task.take()?;
                Some(Event::Claimed { agent, worker, claim: None })
            }
        }
    }
}

fn is_ours(here: &Here) -> bool {
    here.build == Build::this()
}

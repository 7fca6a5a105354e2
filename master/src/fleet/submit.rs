//! A plan that agents carry out: what they report is booked as if workers of this machine had.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lote_engine::event::{AgentState, Bus, Event, FleetState, Mode, OutputEnded, Status};
use lote_engine::journal::{self, Header, Name, Outcome};
use lote_engine::lang::Text;
use lote_engine::plan::{self, Plan};
use lote_engine::run::{self, Books, Ended, Settings, sweep_after, sweep_orphans};
use lote_fleet::message::{self, Here, Job, Presence};
use lote_fleet::names::{Build, JobId, Token};
use lote_fleet::nats::Nats;
use lote_fleet::submit::{Order, Over, Told, finish, submit, take_over};
use lote_protocol::text;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use super::paper::{Paper, lie, paper, remove_assets};
use super::{Fleet, Places, connect};
use crate::cli::Exit;

/// How often it is told how far it is.
const TICK: Duration = Duration::from_millis(100);

/// So long outputs may take to be seen here that others have written.
const UNSEEN: Duration = Duration::from_secs(60);

/// What stands between a plan and a fleet.
#[derive(Debug)]
pub(crate) struct Submitter {
    /// The connection lives in it.
    pub(crate) runtime: Runtime,
    nats: Nats,
    places: Places,
    pool: Token,
}

impl Submitter {
    /// Speaks to the fleet.
    pub(crate) fn new(fleet: &Fleet, runtime: Runtime) -> Result<Self, (Text, Exit)> {
        let places = Places::new(&fleet.roots).map_err(|what| (what, Exit::Refused))?;
        let pool = fleet.pool()?;
        let nats = runtime.block_on(connect(&fleet.server, "lote run"))?;
        Ok(Self { runtime, nats, places, pool })
    }

    /// Takes a job that broke off away from whoever has it; what became of its outputs that are there, by
    /// their paths below the root of outputs.
    pub(crate) fn take_over(
        &self,
        job: &str,
        output: &Path,
    ) -> Result<HashMap<PathBuf, message::Ended>, (Text, Exit)> {
        let Ok(job) = job.parse::<JobId>() else { return Ok(HashMap::new()) };
        let records = self.runtime.block_on(take_over(&self.nats, job));
        let records = records.map_err(|error| (error.text(), Exit::NoWorkers))?;
        remove_assets(output, &job.to_string());
        let ended = records.into_iter().flat_map(|record| record.outputs);
        let good = ended.filter(|ended| ended.status == Status::Ok);
        Ok(good.map(|ended| (ended.output.0.clone(), ended)).collect())
    }

    /// The outputs of a plan that such records say are there.
    pub(crate) fn made(
        &self,
        plan: &Plan,
        records: &HashMap<PathBuf, message::Ended>,
    ) -> Vec<(usize, usize, Outcome)> {
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
                let Some(ended) = records.get(&below.join(output)) else { continue };
                let outcome = Outcome::Ok {
                    output: output.into(),
                    number: 1,
                    tag: None,
                    bytes: ended.bytes,
                    modified_ns: ended.modified_ns,
                    sha256: ended.sha256,
                };
                made.push((image, variant, outcome));
            }
        }
        made
    }

    /// The job that a plan becomes, whose folders are there.
    pub(crate) fn job<'a>(
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

    /// Has the fleet make what is to be made.
    pub(crate) async fn run(
        &self,
        submitted: &Submitted<'_>,
        bus: &mut Bus,
        orders: &mut mpsc::Receiver<run::Order>,
    ) -> Ended {
        let Submitted { job, paper, plan, .. } = submitted;
        let (told, mut tells) = mpsc::channel(256);
        let (order, ordered) = mpsc::channel(4);
        let mut booking = Booking {
            books: Books::new(*plan, bus),
            plan,
            paper,
            host: self.nats.host().to_owned(),
            pool: &self.pool,
            waits: None,
            owners: HashMap::new(),
            slots: HashMap::new(),
            lost: HashSet::new(),
            refusals: HashMap::new(),
        };
        booking.books.announce(Mode::Processes, 0).await;
        booking.books.enter().await;
        let submitting = submit(&self.nats, job, paper, told, ordered);
        tokio::pin!(submitting);
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut listening = true;
        let over = loop {
            tokio::select! {
                biased;
                Some(told) = tells.recv() => booking.hear(told).await,
                over = &mut submitting => break over,
                told = orders.recv(), if listening => match told {
                    Some(run::Order::Cancel | run::Order::Abort) => {
                        let _ = order.try_send(Order::Leave);
                    }
                    Some(_) => {}
                    None => listening = false,
                },
                _ = tick.tick() => booking.books.tell_progress().await,
            }
        };
        while let Ok(told) = tells.try_recv() {
            booking.hear(told).await;
        }
        booking.end(over).await
    }

    /// Takes down what the fleet has of a job that has ended.
    pub(crate) fn finish(&self, submitted: &Submitted<'_>) -> Result<(), Text> {
        remove_assets(submitted.plan.output_folder(), &submitted.id());
        let finished = self.runtime.block_on(finish(&self.nats, &submitted.job));
        finished.map_err(|error| error.text())
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
    pub(crate) fn on_record(&self) -> journal::Fleet {
        journal::Fleet { job: self.id(), roots: self.roots.clone() }
    }
}

/// What agents report, on its way into the books.
struct Booking<'a> {
    books: Books<'a, &'a Plan>,
    plan: &'a Plan,
    paper: &'a Paper<'a>,
    host: String,
    pool: &'a Token,
    /// What was last said to be waited for, so that it is said once.
    waits: Option<Text>,
    /// How names of temporary files begin, by the agents that were there, and who of them is gone: one that
    /// has left may have had to leave something, as its folder did not answer.
    owners: HashMap<Token, String>,
    /// How many images they work on at a time.
    slots: HashMap<Token, u32>,
    lost: HashSet<Token>,
    /// Why agents cannot help, as that was last said.
    refusals: HashMap<Token, String>,
}

impl Booking<'_> {
    async fn hear(&mut self, told: Told) {
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
        let ms = if ended.ms.is_finite() { ended.ms.clamp(0.0, 1e12) } else { 0.0 };
        self.books.end(booked, Duration::from_secs_f64(ms / 1000.0)).await;
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

    async fn gone(&mut self, agent: &Token, state: AgentState) {
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

    async fn end(mut self, over: Result<Over, lote_fleet::engine::Error>) -> Ended {
        let halted = match &over {
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
        Ended { summary, cancelled: matches!(over, Ok(Over::Left)), no_workers: None, halted }
    }
}

fn is_ours(here: &Here) -> bool {
    here.build == Build::this()
}

//! An agent: takes what a fleet hands out, and works on it as a run of this machine does.

use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lote_engine::event::{Bus, Event, OutputCounts};
use lote_engine::lang::{Lang, Text};
use lote_engine::plan::Rules;
use lote_engine::run::{self, Ended, RunOrder, Settings};
use lote_engine::scheduler::WorkerId;
use lote_engine::supervisor::{SupervisorError, WorkerConfig};
use lote_fleet::agent::{self, Identity, Report, Work};
use lote_fleet::message::Job;
use lote_fleet::names::{Build, FleetName, JobId, ParcelId};
use lote_fleet::nats::Nats;
use lote_protocol::sandbox::Policy;
use lote_protocol::temporary::Owner;
use lote_protocol::text;
use tokio::runtime::Runtime;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::session::{Arrivals, Ground, Held, Ledger};
use super::{Fleet, Places, bad_name, connect};
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::ui::Ui;

/// Workers that have nothing to do for so long end, as does their run.
const IDLE: Duration = Duration::from_secs(30);

/// After what kept outputs from being written it is tried again so much later.
const RETRY: Duration = Duration::from_secs(10);

/// So many images are looked at at a time: a folder that does not answer holds up no more threads.
const LOOKS: usize = 32;

/// How long workers have to leave.
const LAST: Duration = Duration::from_secs(1);

/// What an agent is, before it is asked for anything.
struct Agent {
    name: FleetName,
    pool: FleetName,
    places: Places,
    /// How this machine works; what a job says comes on top.
    settings: Settings,
}

/// Works for a fleet, under that name or one of its own, until it is told to end. An error has been told
/// already.
pub(crate) fn work(
    fleet: &Fleet,
    name: Option<&str>,
    settings: Settings,
    runtime: &Runtime,
    ui: Ui,
) -> Exit {
    let begin = || {
        let name = match name {
            Some(name) => name.parse().map_err(|_| (bad_name(name), Exit::Usage))?,
            None => own_name().map_err(|error| (error.to_string().into(), Exit::NoWorkers))?,
        };
        let places = Places::new(&fleet.roots).map_err(|what| (what, Exit::Refused))?;
        if places.all().is_empty() {
            let what = text!("an agent needs a root: --root NAME=DIR");
            return Err((what, Exit::Usage));
        }
        Ok(Agent { name, pool: fleet.pool()?, places, settings })
    };
    let work = async |agent: Agent| {
        let nats = connect(&fleet.server, agent.name.as_str()).await?;
        let (sender, mut orders) = mpsc::channel(16);
        let _interrupt = Interrupt::listen(sender, ui);
        ui.say(&introduction(&agent, nats.host(), ui.lang));
        Ok(serve(agent, &nats, &mut orders, ui).await)
    };
    let worked = begin().and_then(|agent| runtime.block_on(work(agent)));
    worked.unwrap_or_else(|(what, exit): (Text, Exit)| {
        ui.error(what, None);
        exit
    })
}

/// The machine's name and four random characters: several agents may be on a machine.
fn own_name() -> std::io::Result<FleetName> {
    #[cfg(unix)]
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    #[cfg(not(unix))]
    let host = std::env::var("COMPUTERNAME").unwrap_or_default();
    let mut random = [0; 4];
    getrandom::fill(&mut random).map_err(std::io::Error::other)?;
    let letters = b"abcdefghijkmnpqrstuvwxyz23456789";
    let random = random.map(|byte| char::from(letters[usize::from(byte) % letters.len()]));
    let host: String = host.split('.').next().unwrap_or_default().chars().take(24).collect();
    let host = FleetName::like(&host);
    Ok(FleetName::like(&format!("{host}-{}", random.iter().collect::<String>())))
}

fn introduction(agent: &Agent, host: &str, lang: Lang) -> String {
    let (name, pool, slots) = (&agent.name, &agent.pool, agent.settings.slots);
    let roots: Vec<_> = agent.places.all().iter().map(|place| place.name.to_string()).collect();
    let roots = roots.join(", ");
    match lang {
        Lang::En => format!(
            "agent {name} of pool {pool} at {host}: {slots} images at a time, roots {roots} (Ctrl-C ends it)"
        ),
        Lang::Es => format!(
            "agente {name} del grupo {pool} en {host}: {slots} imágenes a la vez, raíces {roots} (Ctrl-C lo termina)"
        ),
    }
}

async fn serve(agent: Agent, nats: &Nats, orders: &mut mpsc::Receiver<RunOrder>, ui: Ui) -> Exit {
    let me = Identity {
        agent: agent.name.clone(),
        pool: agent.pool.clone(),
        build: Build::this(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        slots: agent.settings.slots,
        roots: agent.places.marks(),
        owner: Owner::this().prefix(),
    };
    let (handed, mut work) = mpsc::unbounded_channel();
    let (reports, reported) = mpsc::channel(256);
    let serving = agent::serve(nats, me, handed, reported);
    tokio::pin!(serving);
    let mut bench = Bench {
        agent,
        reports,
        ui,
        stage: Stage::Idle,
        next: None,
        blocked: None,
        exit: Exit::Ok,
        host: nats.host().to_owned(),
    };
    let mut tick = interval(Duration::from_secs(1));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut listening = true;
    let served = loop {
        tokio::select! {
            served = &mut serving => break served,
            Some(work) = work.recv() => bench.hear(work),
            happened = bench.stage.happens() => bench.follow(happened),
            order = orders.recv(), if listening => match order {
                Some(RunOrder::Cancel) => bench.report(Report::Drain),
                Some(RunOrder::Abort) => break Ok(()),
                Some(_) => {}
                None => listening = false,
            },
            _ = tick.tick() => bench.look_around(),
        }
    };
    if let Err(error) = served {
        ui.error(text!("the fleet cannot be served: {}", error.text()), None);
        bench.exit = Exit::NoWorkers;
    }
    bench.leave().await;
    bench.exit
}

/// A run that goes on.
struct Session {
    job: Arc<Job>,
    ground: Arc<Ground>,
    ledger: Ledger,
    /// Where images arrive; `None` once no more will.
    feed: Option<mpsc::UnboundedSender<(Held, lote_engine::plan::Seen)>>,
    orders: mpsc::Sender<RunOrder>,
    run: Pin<Box<dyn Future<Output = Result<Ended, SupervisorError>>>>,
    /// Counts what is made and what fails.
    told: JoinHandle<OutputCounts>,
    idle_since: Option<Instant>,
    looks: Arc<Semaphore>,
}

/// Units, and whether they have been tried before.
type Waiting = Vec<(Held, bool)>;

type Opened = Result<(Ground, Rules), Text>;

enum Stage {
    Idle,
    /// It is found out whether this machine can take part in a job.
    Opening(Arc<Job>, Waiting, JoinHandle<Opened>),
    Running(Box<Session>),
}

enum Happened {
    Opened(Opened),
    Over(Result<Ended, SupervisorError>),
}

impl Stage {
    async fn happens(&mut self) -> Happened {
        match self {
            Self::Idle => pending().await,
            Self::Opening(_, _, opening) => Happened::Opened(
                opening.await.unwrap_or_else(|error| Err(error.to_string().into())),
            ),
            Self::Running(session) => Happened::Over((&mut session.run).await),
        }
    }
}

/// Where the work is done.
struct Bench {
    agent: Agent,
    reports: mpsc::Sender<Report>,
    ui: Ui,
    stage: Stage,
    /// What waits for the end of the run that goes on.
    next: Option<(Arc<Job>, Waiting)>,
    /// Since when nothing can be written.
    blocked: Option<Instant>,
    exit: Exit,
    host: String,
}

impl Bench {
    /// Reports, without waiting for whoever listens.
    fn report(&self, report: Report) {
        let reports = self.reports.clone();
        tokio::spawn(async move {
            // Who does not listen any more does not need it.
            let _ = reports.send(report).await;
        });
    }

    fn hear(&mut self, work: Work) {
        match work {
            Work::Begin { job, parcel, unit, again, .. } => {
                self.begin(job, Held { parcel, unit }, again);
            }
            Work::Withdraw { parcel } => self.withdraw(parcel),
            Work::Pause => self.order(RunOrder::Pause),
            Work::Resume => self.order(RunOrder::Resume),
            Work::Kill(worker) => self.order(RunOrder::Kill(WorkerId(worker))),
            Work::Away(_) => self.ui.warn(text!("waiting for {}", self.host.clone())),
            Work::Back => self.say("the fleet is there again", "la flota vuelve a estar"),
            Work::Leave => {}
        }
    }

    fn say(&self, en: &str, es: &str) {
        self.ui.say(self.ui.lang.pick(en, es));
    }

    fn order(&self, order: RunOrder) {
        if let Stage::Running(session) = &self.stage {
            // A run that is closing needs none.
            let _ = session.orders.try_send(order);
        }
    }

    fn begin(&mut self, job: Arc<Job>, held: Held, again: bool) {
        match &mut self.stage {
            Stage::Opening(opening, waiting, _) if opening.job == job.job => {
                return waiting.push((held, again));
            }
            Stage::Running(session) if session.job.job == job.job && session.feed.is_some() => {
                return session.feed(held, again);
            }
            Stage::Running(session) => session.feed = None,
            Stage::Opening(..) | Stage::Idle => {}
        }
        match &mut self.next {
            Some((next, waiting)) if next.job == job.job => waiting.push((held, again)),
            next => *next = Some((job, vec![(held, again)])),
        }
        self.open_next();
    }

    /// Begins with what waits, if nothing is in its way.
    fn open_next(&mut self) {
        if !matches!(self.stage, Stage::Idle) || self.blocked.is_some() {
            return;
        }
        let Some((job, waiting)) = self.next.take() else { return };
        let (places, paper) = (self.agent.places.clone(), Arc::clone(&job));
        let opening = tokio::task::spawn_blocking(move || Ground::new(&paper, places));
        self.stage = Stage::Opening(job, waiting, opening);
    }

    fn withdraw(&mut self, parcel: ParcelId) {
        let keep = |(held, _): &(Held, bool)| held.parcel != parcel;
        if let Some((_, waiting)) = &mut self.next {
            waiting.retain(keep);
        }
        match &mut self.stage {
            Stage::Opening(_, waiting, _) => waiting.retain(keep),
            Stage::Running(session) => {
                for task in session.ledger.withdraw(parcel) {
                    let _ = session.orders.try_send(RunOrder::Withdraw(task));
                }
            }
            Stage::Idle => {}
        }
    }

    fn follow(&mut self, happened: Happened) {
        match (std::mem::replace(&mut self.stage, Stage::Idle), happened) {
            (Stage::Opening(job, waiting, _), Happened::Opened(opened)) => match opened {
                Ok((ground, rules)) => {
                    let mut session = self.session(ground, rules);
                    for (held, again) in waiting {
                        session.feed(held, again);
                    }
                    self.stage = Stage::Running(Box::new(session));
                }
                Err(why) => {
                    self.ui.warn(text!("job {}: {}", job.job.to_string(), why.clone()));
                    self.report(Report::Refuse { job: job.job, why: why.to_string() });
                }
            },
            (Stage::Running(session), Happened::Over(ended)) => self.close(*session, ended),
            (stage, _) => self.stage = stage,
        }
        self.open_next();
    }

    fn session(&self, ground: Ground, rules: Rules) -> Session {
        let job = Arc::clone(&ground.job);
        self.tell(job.job, "working", "trabajando");
        let settings = self.settings(&job);
        let ledger = Ledger::new(self.reports.clone());
        let (feed, inbox) = mpsc::unbounded_channel();
        let (orders, mut ordered) = mpsc::channel(1024);
        let mut bus = Bus::new();
        let mut events = bus.listen();
        let noted = ledger.clone();
        let told = tokio::spawn(async move {
            let mut counts = OutputCounts::default();
            while let Some(event) = events.recv().await {
                let is_told = noted.report(&event).await.is_some();
                if let (true, Event::Output(ended)) = (is_told, &*event) {
                    counts.add(ended);
                }
            }
            counts
        });
        let arrivals = Arrivals::new(rules, ledger.clone(), inbox);
        let run = async move { run::run(arrivals, &settings, &mut bus, &mut ordered).await };
        Session {
            job,
            ground: Arc::new(ground),
            ledger,
            feed: Some(feed),
            orders,
            run: Box::pin(run),
            told,
            idle_since: None,
            looks: Arc::new(Semaphore::new(LOOKS)),
        }
    }

    fn tell(&self, job: JobId, en: &str, es: &str) {
        self.ui.say(&match self.ui.lang {
            Lang::En => format!("job {job}: {en}"),
            Lang::Es => format!("trabajo {job}: {es}"),
        });
    }

    /// How a job is worked on here.
    fn settings(&self, job: &Job) -> Settings {
        let own = &self.agent.settings;
        let asked = job.header.options.settings(own.workers.program.clone(), own.workers.external);
        // A job never lowers the sandbox of another machine.
        let sandbox = match asked.workers.sandbox {
            Policy::Require => Policy::Require,
            Policy::Auto | Policy::Off => own.workers.sandbox,
        };
        let workers = WorkerConfig { limits: job.limits, sandbox, ..asked.workers };
        Settings { mode: own.mode, slots: own.slots, sha256: true, workers, ..asked }
    }

    /// A run is over.
    fn close(&mut self, session: Session, ended: Result<Ended, SupervisorError>) {
        let Session { job, ledger, told, .. } = session;
        let (id, ui) = (job.job, self.ui);
        tokio::spawn(async move {
            let OutputCounts { ok: made, failed, .. } = told.await.unwrap_or_default();
            ui.say(&match ui.lang {
                Lang::En => format!("job {id}: {made} outputs made, {failed} failed"),
                Lang::Es => format!("trabajo {id}: {made} salidas hechas, {failed} fallidas"),
            });
        });
        match ended {
            Err(error) => self.give_up(&error.text()),
            Ok(Ended { no_workers: Some(why), .. }) => {
                self.give_up(&text!("no worker is left: {}", why));
            }
            Ok(Ended { halted: Some(why), .. }) => {
                self.ui.warn(text!("job {}: {}", id.to_string(), why.clone()));
                self.report(Report::Blocked(Some(why.to_string())));
                self.blocked = Some(Instant::now());
                self.come_back_to(job, &ledger);
            }
            Ok(_) => self.come_back_to(job, &ledger),
        }
    }

    /// What a run has left open is done by the next one.
    fn come_back_to(&mut self, job: Arc<Job>, ledger: &Ledger) {
        let open = ledger.open();
        if open.is_empty() {
            return;
        }
        let mut waiting: Vec<_> = open.into_iter().map(|held| (held, true)).collect();
        if let Some((next, more)) = self.next.take()
            && next.job == job.job
        {
            waiting.extend(more);
        }
        self.next = Some((job, waiting));
    }

    /// Nothing can be done here any more.
    fn give_up(&mut self, why: &Text) {
        self.ui.error(why.clone(), text!("`lote doctor` looks for the cause"));
        self.exit = Exit::NoWorkers;
        self.report(Report::Drain);
    }

    /// Ends what has had nothing to do for long, and tries again what could not be written.
    fn look_around(&mut self) {
        if self.blocked.is_some_and(|since| since.elapsed() >= RETRY) {
            self.blocked = None;
            self.report(Report::Blocked(None));
            self.open_next();
        }
        if let Stage::Running(session) = &mut self.stage {
            if !session.is_idle() {
                session.idle_since = None;
            } else if session.idle_since.get_or_insert_with(Instant::now).elapsed() >= IDLE {
                session.feed = None;
            }
        }
    }

    /// Lets workers go.
    async fn leave(&mut self) {
        if let Stage::Running(session) = &mut self.stage {
            session.feed = None;
            // What has not ended by now is somebody else's.
            let _ = session.orders.try_send(RunOrder::Abort);
            if timeout(LAST, &mut session.run).await.is_err() {
                // A folder does not answer, and would have to for what is unfinished to be removed.
                std::mem::forget(std::mem::replace(&mut self.stage, Stage::Idle));
            }
        }
    }
}

impl Session {
    /// Has an image looked at, and worked on.
    fn feed(&mut self, held: Held, again: bool) {
        let Some(feed) = self.feed.clone() else { return };
        self.ledger.begin(held.parcel);
        let (ground, unit) = (Arc::clone(&self.ground), Arc::clone(&held.unit));
        let looks = Arc::clone(&self.looks);
        self.idle_since = None;
        tokio::spawn(async move {
            // It is never closed.
            let _one = looks.acquire().await;
            let seen = tokio::task::spawn_blocking(move || ground.look(&unit, again)).await;
            if let Ok(seen) = seen {
                // A run that has ended gives it back.
                let _ = feed.send((held, seen));
            }
        });
    }

    /// Whether it has nothing to do.
    fn is_idle(&self) -> bool {
        let is_looked_at = self.feed.as_ref().is_some_and(|feed| feed.strong_count() > 1);
        self.ledger.is_idle() && !is_looked_at
    }
}

//! The fleet of `lote serve`: pages are told who is there, and jobs are given to it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lote_engine::event::{Bus, OutputEnded, Place};
use lote_engine::journal;
use lote_engine::lang::Text;
use lote_engine::plan::Plan;
use lote_engine::run::RunOrder;
use lote_fleet::engine::{Engine, Error, Subject};
use lote_fleet::message::{Control, Here, Message, Presence, Who};
use lote_fleet::names::{Build, FleetName};
use lote_fleet::nats::{Nats, Server};
use lote_fleet::presence::{EVERY, LOST_AFTER, tell, who};
use lote_protocol::text;
use lote_serve::fleet::{self as page, Asked, Doing};
use lote_serve::live::Live;
use lote_serve::live::shapes::{Machine, MachineState};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::paper::lie;
use super::submit::Desk;
use super::{Fleet, Places, connect};
use crate::exit::Exit;
use crate::ui::Ui;

/// Before a server that does not answer is tried again.
const RETRY: Duration = Duration::from_secs(2);

/// How often pages are told who is there, if that has changed.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// A machine that is lost is shown for so long.
const SHOWN_LOST: Duration = Duration::from_secs(600);

/// So many machines are shown.
const MAX_SHOWN: usize = 4096;

/// A fleet, as pages use it.
#[derive(Debug)]
pub(crate) struct Service {
    server: Server,
    places: Places,
    pool: FleetName,
    connected: watch::Sender<Option<Nats>>,
    orders: mpsc::UnboundedSender<(FleetName, Control)>,
    ordered: Mutex<Option<mpsc::UnboundedReceiver<(FleetName, Control)>>>,
}

impl Service {
    /// Of what this machine knows of the fleet. Nothing is connected yet.
    pub(crate) fn new(fleet: Fleet) -> Result<Arc<Self>, (Text, Exit)> {
        let places = Places::new(&fleet.roots).map_err(|what| (what, Exit::Refused))?;
        if places.all().is_empty() {
            return Err((text!("a fleet needs a root: --root NAME=DIR"), Exit::Usage));
        }
        let pool = fleet.pool()?;
        let (orders, ordered) = mpsc::unbounded_channel();
        Ok(Arc::new(Self {
            server: fleet.server,
            places,
            pool,
            connected: watch::Sender::new(None),
            orders,
            ordered: Mutex::new(Some(ordered)),
        }))
    }

    /// Speaks to the fleet and tells pages who is there, for ever.
    pub(crate) async fn follow(&self, live: &Live, ui: Ui) {
        let mut has_said = false;
        let nats = loop {
            live.with(|model, _| model.set_fleet(true, Vec::new()));
            match connect(&self.server, "lote serve").await {
                Ok(nats) => break nats,
                Err((what, _)) if !has_said => {
                    has_said = true;
                    ui.warn(what);
                }
                Err(_) => {}
            }
            sleep(RETRY).await;
        };
        self.connected.send_replace(Some(nats.clone()));
        let ordered = self.ordered.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut ordered) = ordered else { return };
        let mut heard = loop {
            match nats.hear(&Subject::AllHere(Some(self.pool.clone()))).await {
                Ok(heard) => break heard,
                Err(_) => sleep(RETRY).await,
            }
        };
        let mut roster = Roster::default();
        for here in who(&nats, &self.pool, Duration::from_millis(500)).await.unwrap_or_default() {
            roster.meet(here);
        }
        let mut away = answers(nats.clone(), self.pool.clone());
        let mut tick = interval(TELL_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                Some(heard) = heard.recv() => {
                    if let Ok(here) = Here::from_bytes(&heard.bytes) {
                        roster.meet(here);
                    }
                }
                Some((agent, control)) = ordered.recv() => {
                    let nats = nats.clone();
                    // Who has asked sees whether it came to pass.
                    tokio::spawn(async move { drop(tell(&nats, &agent, control).await) });
                }
                Ok(()) = away.changed() => roster.forgive(),
                _ = tick.tick() => {
                    let is_away = *away.borrow();
                    let machines = roster.machines(is_away);
                    live.with(|model, _| model.set_fleet(is_away, machines));
                }
            }
        }
    }

    /// The way to the fleet, once there is one and nothing is paused; `None` if an order ends that: whether
    /// the job is only left.
    async fn desk(&self, orders: &mut mpsc::Receiver<RunOrder>) -> Result<Desk, bool> {
        let (mut connected, mut is_paused) = (self.connected.subscribe(), false);
        loop {
            tokio::select! {
                nats = connected.wait_for(Option::is_some), if !is_paused => {
                    if let Some(nats) = nats.ok().and_then(|nats| nats.clone()) {
                        let (places, pool) = (self.places.clone(), self.pool.clone());
                        return Ok(Desk { nats, places, pool });
                    }
                }
                order = orders.recv() => match order {
                    Some(RunOrder::Cancel) => return Err(false),
                    Some(RunOrder::Abort) | None => return Err(true),
                    Some(RunOrder::Pause) => is_paused = true,
                    Some(RunOrder::Resume) => is_paused = false,
                    Some(RunOrder::Kill(_) | RunOrder::Withdraw(_)) => {}
                },
            }
        }
    }

    fn order(&self, machine: &str, control: Control) {
        if let Ok(agent) = machine.parse() {
            // Whoever would pass it on has ended.
            let _ = self.orders.send((agent, control));
        }
    }
}

/// Whether the server does not answer, for ever.
fn answers(nats: Nats, pool: FleetName) -> watch::Receiver<bool> {
    let (sender, away) = watch::channel(false);
    tokio::spawn(async move {
        let question = Who {}.to_bytes().unwrap_or_default();
        while !sender.is_closed() {
            let said = nats.say(&Subject::Who(pool.clone()), question.clone()).await;
            sender.send_if_modified(|away| std::mem::replace(away, said.is_err()) != said.is_err());
            sleep(EVERY).await;
        }
    });
    away
}

impl page::Fleet for Service {
    fn check(&self, plan: &Plan) -> Result<(), Text> {
        lie(plan, &self.places).map(drop)
    }

    fn run<'a>(
        &'a self,
        asked: Asked<'a>,
        given: &'a dyn Fn(&journal::FleetJob),
        bus: &'a mut Bus,
        orders: &'a mut mpsc::Receiver<RunOrder>,
    ) -> Doing<'a, Result<bool, Text>> {
        Box::pin(async move {
            let desk = match self.desk(orders).await {
                Ok(desk) => desk,
                Err(is_left) => return Ok(is_left),
            };
            let submitted = desk.job(asked.plan, asked.header, asked.settings)?;
            given(&submitted.on_record());
            let (ended, is_left) = Box::pin(desk.run(&submitted, bus, orders)).await;
            if !is_left && let Err(why) = desk.finish(&submitted).await {
                tracing::warn!("the fleet keeps what it has of this job: {why}");
            }
            ended.halted.map_or(Ok(is_left), Err)
        })
    }

    fn take_over<'a>(
        &'a self,
        job: &'a str,
        plan: &'a Plan,
        orders: &'a mut mpsc::Receiver<RunOrder>,
    ) -> Doing<'a, Option<Vec<OutputEnded>>> {
        Box::pin(async move {
            let desk = self.desk(orders).await.ok()?;
            let records = loop {
                match desk.take_over(job, plan.output_folder()).await {
                    Ok(records) => break records,
                    Err(Error::Away(_) | Error::Denied(_)) => {}
                    Err(error) => {
                        tracing::warn!("the fleet's job {job} cannot be taken over: {error}");
                        return Some(Vec::new());
                    }
                }
                sleep(RETRY).await;
                while let Ok(order) = orders.try_recv() {
                    if matches!(order, RunOrder::Cancel | RunOrder::Abort) {
                        return None;
                    }
                }
            };
            let made =
                desk.made(plan, &records).into_iter().filter_map(|(image, variant, ended)| {
                    let path = plan.output(image, variant);
                    let is_there = path
                        .metadata()
                        .is_ok_and(|file| file.is_file() && file.len() == ended.bytes);
                    let name = plan.images[image].name.display().to_string();
                    let label = plan.variants[variant].name.as_str().into();
                    let open = OutputEnded::open(Place { image, variant }, name, label);
                    is_there.then(|| OutputEnded {
                        status: ended.status,
                        bytes: Some(ended.bytes),
                        modified_ns: ended.modified_ns,
                        sha256: ended.sha256,
                        ms: Some(ended.ms),
                        decode_ms: Some(ended.decode_ms),
                        attempt: Some(ended.attempt),
                        ..open.at(&path)
                    })
                });
            Some(made.collect())
        })
    }

    fn kill(&self, machine: &str, worker: u32) {
        self.order(machine, Control::Kill { worker });
    }

    fn drain(&self, machine: &str) {
        self.order(machine, Control::Drain);
    }
}

/// Who is there, and since when nothing has been heard of them.
#[derive(Debug, Default)]
struct Roster(BTreeMap<FleetName, (Here, Instant)>);

impl Roster {
    fn meet(&mut self, here: Here) {
        if here.state == Presence::Left {
            self.0.remove(&here.agent);
        } else if self.0.len() < MAX_SHOWN || self.0.contains_key(&here.agent) {
            self.0.insert(here.agent.clone(), (here, Instant::now()));
        }
    }

    /// Nobody could say anything while the server was away.
    fn forgive(&mut self) {
        for (_, said) in self.0.values_mut() {
            *said = Instant::now();
        }
    }

    /// The machines as pages see them.
    fn machines(&mut self, is_away: bool) -> Vec<Machine> {
        if !is_away {
            self.0.retain(|_, (_, said)| said.elapsed() < SHOWN_LOST);
        }
        let machines = self.0.values().map(|(here, said)| {
            let is_lost = !is_away && said.elapsed() > LOST_AFTER;
            let is_ours = here.build == Build::this();
            let state = match here.state {
                _ if is_lost => MachineState::Lost,
                _ if !is_ours => MachineState::Other,
                Presence::Working => MachineState::Working,
                Presence::Paused => MachineState::Paused,
                Presence::Draining | Presence::Left => MachineState::Leaving,
                Presence::Refusing => MachineState::Refusing,
            };
            let version = if is_ours {
                here.version.clone()
            } else {
                format!("{} {}", here.version, here.build)
            };
            let reason = here.reason.clone().map(Text::from);
            Machine::new(here.agent.to_string(), here.slots, version, state, reason)
        });
        machines.collect()
    }
}

//! The machines of a fleet, and the lanes of their workers.
//!
//! Lanes show what machines say of themselves; figures are made of records alone. Where there are very
//! many lanes pages are not told of each: they see what each machine does, and ask for the lanes of one.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use serde_json::{Value, json};

use super::model::Model;
use super::shapes::{Bar, Change, Fleet, Lane, LaneState, Lanes, Level, Machine};
use lote_engine::event::{Afar, AgentState, Claim, Mode};
use lote_protocol::text;

/// With more lanes than this pages are not told of each.
pub const MAX_LANES: usize = 64;

/// So many lanes are kept at all, of a thousand machines.
const MAX_KEPT: usize = 65_536;

/// Rates are those of so many looks, one a second.
const LOOKS: usize = 10;

impl Model {
    /// Whether there are too many lanes to tell of each.
    pub(super) fn is_crowded(&self) -> bool {
        self.lanes.len() > MAX_LANES && self.lanes.iter().any(|lane| lane.machine.is_some())
    }

    /// Tells of a change to a lane, unless there are too many.
    pub(super) fn lane_change(&mut self, change: Change) {
        if !self.is_crowded() {
            self.change(change);
        }
    }

    /// The lanes are others.
    fn lanes_changed(&mut self) {
        let lanes = if self.is_crowded() { Lanes::default() } else { self.lanes.clone() };
        self.change(Change::Lanes { lanes });
    }

    /// Whether the job is made by other machines.
    pub(super) fn is_elsewhere(&self) -> bool {
        self.job().is_some_and(|job| job.fleet)
    }

    /// The machines that are there now. What they do is known here.
    pub fn set_fleet(&mut self, away: bool, mut machines: Vec<Machine>) {
        let known = self.machines.get_or_insert_default();
        for machine in &mut machines {
            let before = known.fleet.machines.iter().find(|one| one.name == machine.name);
            (machine.busy, machine.rate) = before.map_or((0, 0.0), |one| (one.busy, one.rate));
        }
        let fleet = Fleet { away, machines };
        if known.fleet != fleet {
            known.fleet = fleet.clone();
            self.change(Change::Fleet { fleet });
        }
    }

    /// A machine has put an output on record.
    pub(super) fn machine_made(&mut self, machine: &str) {
        let Some(machines) = &mut self.machines else { return };
        if let Some((made, _)) = machines.made.get_mut(machine) {
            *made += 1;
        } else if machines.fleet.machines.iter().any(|one| one.name == machine) {
            machines.made.insert(machine.to_owned(), (1, VecDeque::new()));
        }
    }

    /// Looks at what machines do. To be called about once a second.
    pub fn look_at_machines(&mut self, t: f64) {
        let Some(machines) = &mut self.machines else { return };
        let mut busy: HashMap<&str, u32> = HashMap::new();
        for lane in self.lanes.iter().filter(|lane| lane.task.is_some()) {
            if let Some(machine) = &lane.machine {
                *busy.entry(machine).or_default() += 1;
            }
        }
        let mut news = Vec::new();
        for (place, machine) in machines.fleet.machines.iter_mut().enumerate() {
            let busy = busy.get(machine.name.as_str()).copied().unwrap_or(0);
            let rate = machines.made.get_mut(&machine.name).map_or(0.0, |(made, looks)| {
                looks.push_back((t, *made));
                if looks.len() > LOOKS {
                    looks.pop_front();
                }
                let (since, before) = looks[0];
                let seconds = (t - since) / 1000.0;
                if seconds > 0.0 {
                    ((*made - before) as f64 / seconds * 10.0).round() / 10.0
                } else {
                    0.0
                }
            });
            if (machine.busy, machine.rate.to_bits()) != (busy, rate.to_bits()) {
                (machine.busy, machine.rate) = (busy, rate);
                news.push((place, busy, rate));
            }
        }
        if !news.is_empty() {
            self.change(Change::Rates { machines: news });
        }
    }

    /// The lane of a worker of a machine, and when it did what is told at `t`: not before what it did last.
    pub(super) fn lane_afar(&mut self, afar: &Afar, worker: u32, t: f64) -> Option<(u32, f64)> {
        let is_it = |lane: &&Lane| {
            lane.number == Some(worker) && lane.machine.as_ref() == Some(&afar.agent)
        };
        let worker = self.lanes.iter().find(is_it)?.worker;
        let then = t - afar.ago.as_secs_f64() * 1000.0;
        let last = self.told.entry(worker).or_insert(0.0);
        *last = last.max(then).min(t);
        Some((worker, *last))
    }

    /// The machine of a worker, and its number there.
    pub fn worker_afar(&self, worker: u32) -> Option<(Arc<str>, u32)> {
        let lane = self.lanes.iter().find(|lane| lane.worker == worker)?;
        Some((lane.machine.clone()?, lane.number?))
    }

    /// A worker as people know it: of another machine with its name.
    pub(super) fn worker_name(&self, worker: u32) -> Value {
        match self.worker_afar(worker) {
            Some((machine, number)) => json!(format!("{machine} P{number}")),
            None => json!(worker),
        }
    }

    /// A run on other machines begins: their lanes come with them.
    pub(super) fn set_no_lanes(&mut self, slots: u32) {
        self.lanes.clear();
        self.dead.clear();
        self.told.clear();
        self.set_workers(slots);
        self.change(Change::Lanes { lanes: Lanes::default() });
    }

    /// A machine of the job came, left, or was lost.
    pub(super) fn machine(&mut self, name: &Arc<str>, state: AgentState, slots: u32, t: f64) {
        match state {
            AgentState::Joined => self.machine_came(name, slots, t),
            AgentState::Left => {
                for worker in self.workers_of(name) {
                    self.lanes.show(worker, LaneState::Stopped, None);
                    self.tell_worker(worker, "stopped", None, t);
                }
            }
            AgentState::Lost => {
                let reason = text!("not heard of any more");
                for worker in self.workers_of(name) {
                    self.lost(worker, &reason, t);
                    // Nothing takes the place of a process that is only not heard of.
                    self.dead.remove(&worker);
                }
                let message = format!("{name} is not heard of any more; others do what it had");
                self.notice(Level::Warn, "machine_lost", json!({ "name": **name }), message, t);
            }
            AgentState::Refused => {}
        }
    }

    fn workers_of(&self, name: &Arc<str>) -> Vec<u32> {
        let own = self.lanes.iter().filter(|lane| lane.machine.as_ref() == Some(name));
        own.map(|lane| lane.worker).collect()
    }

    fn machine_came(&mut self, name: &Arc<str>, slots: u32, t: f64) {
        let own = self.workers_of(name);
        for worker in &own {
            // It may have been lost before.
            self.lanes.show(*worker, LaneState::Starting, None);
            self.history.replaced(*worker, t);
        }
        for number in own.len() as u32 + 1..=slots {
            let slot = self.lanes.len() as u32 + 1;
            if slot as usize > MAX_KEPT {
                break;
            }
            let (machine, number) = (Some(Arc::clone(name)), Some(number));
            self.lanes.push(Lane { machine, number, ..Lane::new(slot, Mode::Processes) });
        }
        self.set_workers(self.lanes.len() as u32);
        self.lanes_changed();
        self.tell_job(t);
        self.begin_running(t);
    }

    /// The job is over: nothing that machines say of it any more is heard.
    pub(super) fn rest_elsewhere(&mut self) {
        let lanes = self.lanes.iter_mut().filter(|lane| lane.machine.is_some());
        if lanes.filter_map(|lane| lane.task.take()).count() > 0 {
            self.lanes_changed();
        }
    }

    /// A machine says that a worker of its has ended an output.
    pub(super) fn claimed(&mut self, afar: &Afar, worker: u32, claim: Option<Claim>, t: f64) {
        let Some((worker, t)) = self.lane_afar(afar, worker, t) else { return };
        let Some(Claim { place, status, ms }) = claim else {
            if let Some(lane) = self.lanes.at(worker, 0)
                && lane.task.take().is_some()
            {
                let slot = lane.slot;
                self.lane_change(Change::Idle { slot });
            }
            return;
        };
        let made = self.lanes.at(worker, 0).and_then(|lane| lane.advance(Some(ms), t));
        let Some(made) = made else { return };
        if made.is_last && made.attempt > 1 {
            self.isolation_redone(made.what.task);
        }
        let bar = Bar::of(&made, place.variant, made.what.name.clone(), status);
        self.history.add_bar(bar.clone());
        self.lane_change(Change::Bar(bar));
    }

    /// Whether there is a machine of that name.
    pub fn has_machine(&self, name: &str) -> bool {
        let machines = self.machines.iter().flat_map(|known| &known.fleet.machines);
        machines.into_iter().any(|machine| machine.name == name)
    }

    /// The lanes of a machine, what they did since then, and what they lost; `None` if there is none.
    pub fn machine_lanes(&self, name: &str, since: f64, t: f64) -> Option<Value> {
        let is_own = |lane: &&Lane| lane.machine.as_deref() == Some(name);
        let lanes: Vec<_> = self.lanes.iter().filter(is_own).collect();
        if lanes.is_empty() && !self.has_machine(name) {
            return None;
        }
        let is_of = |slot: u32| lanes.iter().any(|lane| lane.slot == slot);
        let bars = self.history.bars(t).into_iter();
        let bars: Vec<_> = bars.filter(|bar| bar.end_ms > since && is_of(bar.slot)).collect();
        let crashes = self.history.crashes(t).into_iter();
        let crashes: Vec<_> = crashes.filter(|crash| is_of(crash.slot)).collect();
        Some(json!({ "t_ms": t, "lanes": lanes, "bars": bars, "crashes": crashes }))
    }
}

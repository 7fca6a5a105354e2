//! A fleet in virtual time: one coordinator, many holders, an engine that forgets, links that break,
//! agents that die or sleep. For the property tests and the example `fleet_simulation`.
//!
//! Everything follows from the seed. Messages take time, and may be lost, repeated and reordered; what a
//! driver asks for again until it is answered is asked for again here.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use crate::coordinator::{self, Coordinator};
use crate::engine::{Delivery, Facts, Settle};
use crate::holder::{self, Holder};
use crate::memory::Store;
use crate::message::Marks;
use crate::names::{JobId, ParcelId};
use crate::parcel::Weight;

/// What goes wrong.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    /// Of a thousand answers, how many are lost on the way back: what was asked has happened.
    pub lost: u64,
    /// How many agents die, at random times; a new one comes in their place.
    pub deaths: u64,
    /// How many agents sleep for two minutes.
    pub sleeps: u64,
    /// How often the engine is away for 30 s.
    pub outages: u64,
    /// How often it goes back to what it had stored some seconds before.
    pub rollbacks: u64,
    /// How often it forgets everything.
    pub losses: u64,
    /// A unit that kills every agent that begins it.
    pub poison: Option<u32>,
}

/// A job and its fleet.
#[derive(Debug, Clone)]
pub struct Setup {
    /// How much each unit is, and how long it takes, ms.
    pub units: Vec<(Weight, u64)>,
    /// How many agents there are.
    pub agents: usize,
    /// How many units each works on at a time.
    pub slots: usize,
    /// What goes wrong, within `span` ms.
    pub faults: Faults,
    /// While things go wrong, ms.
    pub span: u64,
    /// What everything follows from.
    pub seed: u64,
}

/// What became of it.
#[derive(Debug, Default)]
pub struct Outcome {
    /// How long it took, ms.
    pub makespan: u64,
    /// How often an output was booked, most and least.
    pub booked: (u32, u32),
    /// Units that agents began.
    pub begun: u64,
    /// Units that were given up.
    pub given_up: Vec<u32>,
    /// How often the poison was begun.
    pub poisoned: u64,
    /// How often the coordinator repaired.
    pub repairs: u64,
    /// Parcels that were never settled, although agents went on for a quarter of an hour.
    pub unsettled: u64,
}

/// A message takes so long, ms.
const LATENCY: u64 = 2;

/// A question that is not answered is asked again after that, ms.
const AGAIN: u64 = 4_000;

/// An empty pull ends after that, ms.
const PULL: u64 = 10_000;

/// So long after the end of a job agents may settle what they have, ms.
const SETTLING: u64 = 900_000;

/// No simulation lasts longer, ms.
const MOST: u64 = 30 * 24 * 3_600_000;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// An agent's life goes on: one of an earlier life is void.
    Agent(usize, u32, Step),
    Publish(ParcelId, Vec<u32>),
    Read(u32, u64),
    Purge,
    Look,
    Facts(Facts),
    Tick,
    Die,
    Sleep,
    Outage(bool),
    Save,
    Restore,
    Lose,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Tick,
    Pull { most: usize, until: u64 },
    Check(ParcelId),
    Look,
    ReadMarks(ParcelId),
    Mark(ParcelId, Marks),
    Work,
    Worked { parcel: ParcelId, unit: u32 },
    Record(ParcelId),
}

struct Agent {
    holder: Holder,
    life: u32,
    wakes: u64,
    held: HashMap<ParcelId, (Delivery, Vec<u32>)>,
    /// Units that wait for a slot.
    queue: std::collections::VecDeque<(ParcelId, u32)>,
    working: usize,
    given_up: HashMap<ParcelId, Vec<u32>>,
}

impl Agent {
    fn new(slots: usize, now: u64, life: u32) -> Self {
        Self {
            holder: Holder::new(slots, now),
            life,
            wakes: now,
            held: HashMap::new(),
            queue: std::collections::VecDeque::new(),
            working: 0,
            given_up: HashMap::new(),
        }
    }
}

/// xorshift: chance that is the same everywhere.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most.max(1)
    }
}

struct Simulation<'a> {
    setup: &'a Setup,
    job: JobId,
    store: Store,
    saved: Option<Store>,
    is_away: bool,
    now: u64,
    events: BinaryHeap<Reverse<(u64, u64, Event)>>,
    count: u64,
    chance: Chance,
    coordinator: Coordinator,
    reading: u32,
    agents: Vec<Agent>,
    first: Vec<u32>,
    booked: Vec<u8>,
    is_over: bool,
    outcome: Outcome,
}

/// Plays a job to its end.
pub fn play(setup: &Setup) -> Outcome {
    let job = JobId::new(setup.seed, [0; 11]);
    let weights: Vec<_> = setup.units.iter().map(|(weight, _)| *weight).collect();
    let mut first = vec![0];
    for weight in &weights {
        first.push(first[first.len() - 1] + u32::from(weight.outputs));
    }
    let agents = (0..setup.agents).map(|_| Agent::new(setup.slots, 0, 0)).collect();
    let mut simulation = Simulation {
        setup,
        job,
        store: Store::new(0),
        saved: None,
        is_away: false,
        now: 0,
        events: BinaryHeap::new(),
        count: 0,
        chance: Chance(setup.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1),
        coordinator: Coordinator::new(job, weights),
        reading: 0,
        agents,
        booked: vec![0; first[first.len() - 1] as usize],
        first,
        is_over: false,
        outcome: Outcome::default(),
    };
    simulation.plan_faults();
    let mut effects = Vec::new();
    simulation.coordinator.begin(&mut effects);
    simulation.coordinate(effects);
    simulation.after(500, Event::Tick);
    for agent in 0..setup.agents {
        simulation.step(agent, 0, Step::Tick);
    }
    while !simulation.is_over && simulation.now < MOST {
        let Some(Reverse((at, _, event))) = simulation.events.pop() else { break };
        simulation.now = at;
        simulation.happen(event);
    }
    let makespan = simulation.now;
    // What is in the queue is on record by now, and who has it or gets it finds that out.
    let end = makespan + SETTLING;
    while simulation.store.queued() > 0 && simulation.now < end {
        let Some(Reverse((at, _, event))) = simulation.events.pop() else { break };
        simulation.now = at;
        simulation.happen(event);
    }
    let Simulation { mut outcome, booked, store, .. } = simulation;
    outcome.makespan = makespan;
    outcome.unsettled = store.queued();
    let (least, most) = (booked.iter().min(), booked.iter().max());
    outcome.booked = (most.copied().unwrap_or(0).into(), least.copied().unwrap_or(0).into());
    outcome
}

impl Simulation<'_> {
    fn after(&mut self, ms: u64, event: Event) {
        self.count += 1;
        self.events.push(Reverse((self.now + ms, self.count, event)));
    }

    fn step(&mut self, agent: usize, ms: u64, step: Step) {
        let life = self.agents[agent].life;
        self.after(ms, Event::Agent(agent, life, step));
    }

    fn plan_faults(&mut self) {
        let Faults { deaths, sleeps, outages, rollbacks, losses, .. } = self.setup.faults;
        let span = self.setup.span;
        for _ in 0..deaths {
            let at = self.chance.below(span);
            self.after(at, Event::Die);
        }
        for _ in 0..sleeps {
            let at = self.chance.below(span);
            self.after(at, Event::Sleep);
        }
        for _ in 0..outages {
            let at = self.chance.below(span);
            self.after(at, Event::Outage(true));
            self.after(at + 30_000, Event::Outage(false));
        }
        for _ in 0..rollbacks {
            let at = self.chance.below(span);
            self.after(at, Event::Save);
            self.after(at + 20_000, Event::Restore);
        }
        for _ in 0..losses {
            let at = self.chance.below(span);
            self.after(at, Event::Lose);
        }
    }

    /// How long an answer takes; `None` if it never comes.
    fn answer(&mut self) -> Option<u64> {
        let is_lost = self.chance.below(1000) < self.setup.faults.lost;
        (!is_lost).then(|| LATENCY + self.chance.below(3))
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Agent(agent, life, step) => self.agent(agent, life, step),
            Event::Tick => {
                self.after(500, Event::Tick);
                self.tell(coordinator::Input::Tick(self.now));
            }
            Event::Die => {
                let agent = self.chance.below(self.agents.len() as u64) as usize;
                self.die(agent);
            }
            Event::Sleep => {
                let agent = self.chance.below(self.agents.len() as u64) as usize;
                self.agents[agent].wakes = self.now + 120_000;
            }
            Event::Outage(is_away) => {
                self.is_away = is_away;
                if !is_away {
                    self.tell(coordinator::Input::Back);
                }
            }
            Event::Save => self.saved = Some(self.store.clone()),
            Event::Restore => {
                if let Some(saved) = self.saved.take() {
                    self.store = saved;
                }
            }
            Event::Lose => self.store = Store::new(self.now),
            other if self.is_away => self.after(AGAIN, other),
            Event::Publish(parcel, units) => {
                let bytes = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
                let sequence = self.store.publish(self.job, parcel, bytes);
                if self.answer().is_some() {
                    self.tell(coordinator::Input::Published { parcel, sequence });
                } else {
                    self.after(AGAIN, Event::Publish(parcel, units));
                }
            }
            Event::Purge => {
                self.store.purge(self.job);
                self.tell(coordinator::Input::Purged);
            }
            Event::Look => {
                let facts = self.store.facts();
                let later = LATENCY + self.chance.below(50);
                self.after(later, Event::Facts(facts));
            }
            Event::Facts(facts) => self.tell(coordinator::Input::Facts(facts)),
            Event::Read(reading, from) => self.read(reading, from),
        }
    }

    fn tell(&mut self, input: coordinator::Input<'_>) {
        let mut effects = Vec::new();
        self.coordinator.handle(input, &mut effects);
        self.coordinate(effects);
    }

    fn coordinate(&mut self, effects: Vec<coordinator::Effect>) {
        use coordinator::Effect;
        for effect in effects {
            match effect {
                Effect::Publish { parcel, units } => {
                    self.after(LATENCY, Event::Publish(parcel, units));
                }
                Effect::Read { from } => {
                    self.reading += 1;
                    self.after(LATENCY, Event::Read(self.reading, from));
                }
                Effect::Purge => self.after(LATENCY, Event::Purge),
                Effect::Look => self.after(LATENCY, Event::Look),
                Effect::Book(_) => {}
                Effect::Repaired { .. } => self.outcome.repairs += 1,
                Effect::Finish => self.is_over = true,
            }
        }
    }

    fn read(&mut self, reading: u32, from: u64) {
        if reading != self.reading {
            return;
        }
        let records = self.store.records(self.job, from, 256);
        let (is_empty, mut next) = (records.is_empty(), from);
        if is_empty {
            self.tell(coordinator::Input::CaughtUp);
        }
        for record in records {
            next = record.sequence + 1;
            let units = record.bytes.chunks_exact(4);
            let units = units.filter_map(|unit| Some(u32::from_le_bytes(unit.try_into().ok()?)));
            let of = |unit: u32| (0..self.outputs(unit)).map(move |place| (unit, place));
            let outputs: Vec<_> = units.flat_map(of).collect();
            let (sequence, parcel) = (record.sequence, record.parcel);
            let mut effects = Vec::new();
            let input = coordinator::Input::Record { sequence, parcel, outputs: &outputs };
            self.coordinator.handle(input, &mut effects);
            for effect in &effects {
                let coordinator::Effect::Book(new) = effect else { continue };
                for index in new {
                    let (unit, place) = outputs[*index];
                    self.booked[(self.first[unit as usize] + place) as usize] += 1;
                }
            }
            self.coordinate(effects);
        }
        if reading == self.reading {
            self.after(if is_empty { 100 } else { LATENCY }, Event::Read(reading, next));
        }
    }

    fn outputs(&self, unit: u32) -> u32 {
        self.setup.units[unit as usize].0.outputs.into()
    }

    /// An agent is gone, and another comes in its place.
    fn die(&mut self, agent: usize) {
        let life = self.agents[agent].life + 1;
        self.agents[agent] = Agent::new(self.setup.slots, self.now, life);
        self.step(agent, 1_000, Step::Tick);
    }

    fn agent(&mut self, agent: usize, life: u32, step: Step) {
        let Agent { life: current, wakes, .. } = self.agents[agent];
        if life != current {
            return;
        }
        if self.now < wakes {
            self.count += 1;
            self.events.push(Reverse((wakes, self.count, Event::Agent(agent, life, step))));
            return;
        }
        match step {
            Step::Tick => {
                self.step(agent, 2_000, Step::Tick);
                self.hand(agent, holder::Input::Tick(self.now));
            }
            Step::Work => self.work(agent),
            Step::Worked { parcel, unit } => self.worked(agent, parcel, unit),
            step if self.is_away => self.step(agent, AGAIN, step),
            Step::Pull { most, until } => self.pull(agent, most, until),
            Step::Look => self.hand(agent, holder::Input::Looked(self.job, true)),
            Step::Check(parcel) => {
                let is_recorded = self.store.is_recorded(self.job, parcel);
                self.hand(agent, holder::Input::Checked(parcel, !is_recorded));
            }
            Step::ReadMarks(parcel) => {
                let bytes = self.store.marks(parcel).unwrap_or_default();
                let marks = serde_json::from_slice(&bytes).unwrap_or_default();
                self.hand(agent, holder::Input::Marks(parcel, marks));
            }
            Step::Mark(parcel, marks) => {
                self.store.mark(parcel, serde_json::to_vec(&marks).unwrap_or_default());
                self.hand(agent, holder::Input::Marked(parcel));
            }
            Step::Record(parcel) => {
                let Some((delivery, _)) = self.agents[agent].held.get(&parcel) else { return };
                let bytes = delivery.bytes.clone();
                if self.store.record(self.job, parcel, bytes) {
                    let given_up = self.agents[agent].given_up.remove(&parcel);
                    self.outcome.given_up.extend(given_up.unwrap_or_default());
                }
                match self.answer() {
                    Some(_) => self.hand(agent, holder::Input::Recorded(parcel)),
                    None => self.step(agent, AGAIN, Step::Record(parcel)),
                }
            }
        }
    }

    fn pull(&mut self, agent: usize, most: usize, until: u64) {
        let pulled = self.store.pull(most, self.now);
        if pulled.is_empty() && self.now < until {
            return self.step(agent, 200, Step::Pull { most, until });
        }
        let is_answered = self.answer().is_some();
        for delivery in pulled.into_iter().filter(|_| is_answered) {
            let units = delivery.bytes.chunks_exact(4);
            let units = units.filter_map(|unit| Some(u32::from_le_bytes(unit.try_into().ok()?)));
            let units: Vec<_> = units.collect();
            let outputs = units.iter().map(|unit| self.outputs(*unit)).collect();
            let (job, parcel, times) = (delivery.job, delivery.parcel, delivery.times);
            self.agents[agent].held.insert(parcel, (delivery, units));
            self.hand(agent, holder::Input::Received { job, parcel, times, outputs });
        }
        self.hand(agent, holder::Input::Pulled(is_answered));
    }

    fn hand(&mut self, agent: usize, input: holder::Input) {
        use holder::Effect;
        let mut effects = Vec::new();
        self.agents[agent].holder.handle(input, &mut effects);
        for effect in effects {
            match effect {
                Effect::Pull(most) => {
                    let until = self.now + PULL;
                    self.step(agent, LATENCY, Step::Pull { most, until });
                }
                Effect::Check(parcel) => self.step(agent, LATENCY, Step::Check(parcel)),
                Effect::Look(_) => self.step(agent, LATENCY, Step::Look),
                Effect::ReadMarks(parcel) => self.step(agent, LATENCY, Step::ReadMarks(parcel)),
                Effect::Mark(parcel, marks) => {
                    self.step(agent, LATENCY, Step::Mark(parcel, marks));
                }
                Effect::Begin { parcel, unit, .. } => {
                    self.agents[agent].queue.push_back((parcel, unit));
                    self.step(agent, 0, Step::Work);
                }
                Effect::GiveUp(parcel, unit) => {
                    let unit = self.agents[agent].held[&parcel].1[unit as usize];
                    self.agents[agent].given_up.entry(parcel).or_default().push(unit);
                }
                Effect::Record(parcel) => self.step(agent, LATENCY, Step::Record(parcel)),
                Effect::Done(parcel) => self.settle(agent, parcel, Settle::Done),
                Effect::Back(parcel) => self.settle(agent, parcel, Settle::Back),
                Effect::Working(parcel) => self.settle(agent, parcel, Settle::Working),
                Effect::Withdraw(parcel) => {
                    self.agents[agent].queue.retain(|(of, _)| *of != parcel);
                }
                Effect::Answer(..) | Effect::Leave => {}
            }
        }
    }

    /// Settles a parcel, unless that is lost on its way.
    fn settle(&mut self, agent: usize, parcel: ParcelId, settle: Settle) {
        let held = &mut self.agents[agent].held;
        let delivery = match settle {
            Settle::Working => held.get(&parcel).map(|(delivery, _)| delivery.clone()),
            Settle::Done | Settle::Back | Settle::Later => {
                held.remove(&parcel).map(|(delivery, _)| delivery)
            }
        };
        if let Some(delivery) = delivery
            && !self.is_away
            && self.answer().is_some()
        {
            self.store.settle(&delivery, settle, self.now);
        }
    }

    /// Has a slot that is free begin with what waits.
    fn work(&mut self, agent: usize) {
        let Agent { working, queue, held, .. } = &mut self.agents[agent];
        if *working >= self.setup.slots {
            return;
        }
        let Some((parcel, place)) = queue.pop_front() else { return };
        let Some(unit) = held.get(&parcel).map(|(_, units)| units[place as usize]) else {
            return self.step(agent, 0, Step::Work);
        };
        *working += 1;
        self.outcome.begun += 1;
        self.hand(agent, holder::Input::Begun(parcel, place));
        if self.setup.faults.poison == Some(unit) {
            self.outcome.poisoned += 1;
            return self.die(agent);
        }
        let ms = self.setup.units[unit as usize].1;
        self.step(agent, ms, Step::Worked { parcel, unit: place });
    }

    fn worked(&mut self, agent: usize, parcel: ParcelId, unit: u32) {
        self.agents[agent].working -= 1;
        let held = self.agents[agent].held.get(&parcel);
        if let Some(of) = held.map(|(_, units)| units[unit as usize]) {
            for _ in 0..self.outputs(of) {
                self.hand(agent, holder::Input::Ended(parcel, unit));
            }
        }
        self.step(agent, 0, Step::Work);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn thumbnails(units: usize) -> Vec<(Weight, u64)> {
        let weight = Weight { outputs: 2, bytes: 300, work: 4_000_000 };
        (0..units).map(|unit| (weight, 50 + unit as u64 % 7 * 10)).collect()
    }

    fn setup(units: usize, agents: usize, faults: Faults, seed: u64) -> Setup {
        Setup { units: thumbnails(units), agents, slots: 2, faults, span: 60_000, seed }
    }

    #[test]
    fn without_faults_every_unit_is_begun_once() {
        let outcome = play(&setup(500, 4, Faults::default(), 1));
        assert_eq!((outcome.booked, outcome.begun, outcome.repairs), ((1, 1), 500, 0));
    }

    #[test]
    fn what_kills_agents_is_given_up_after_five_and_its_neighbours_are_made() {
        let faults = Faults { poison: Some(77), ..Faults::default() };
        let outcome = play(&setup(300, 3, faults, 1));
        assert_eq!((outcome.booked, outcome.poisoned), ((1, 1), 5));
        assert_eq!(outcome.given_up, [77]);
    }

    #[test]
    fn a_store_that_forgets_everything_is_filled_again() {
        let faults = Faults { losses: 3, ..Faults::default() };
        let outcome = play(&setup(6_000, 4, faults, 3));
        assert_eq!(outcome.booked, (1, 1));
        assert!(outcome.repairs >= 1 && outcome.repairs <= 3, "{outcome:?}");
    }

    /// `LOTE_CASES` of them, or 300.
    fn cases() -> u32 {
        std::env::var("LOTE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(300)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(cases()))]

        #[test]
        fn whatever_is_lost_every_output_is_booked_once(
            seed in 1_u64..1_000_000,
            units in 1_usize..1_500,
            agents in 1_usize..8,
            lost in 0_u64..100,
            deaths in 0_u64..20,
            sleeps in 0_u64..4,
            outages in 0_u64..3,
            rollbacks in 0_u64..3,
            losses in 0_u64..3,
        ) {
            let poison = None;
            let faults = Faults { lost, deaths, sleeps, outages, rollbacks, losses, poison };
            let outcome = play(&setup(units, agents, faults, seed));
            prop_assert_eq!(outcome.booked, (1, 1), "{:?}", outcome);
            prop_assert!(outcome.given_up.len() <= units, "{:?}", outcome);
            prop_assert_eq!(outcome.unsettled, 0, "{:?}", outcome);
        }
    }
}

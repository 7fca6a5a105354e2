//! What the submitter of a job does: pure, told what happened, answers what is to be done.
//!
//! It knows which outputs are open, which parcels are out, and how far the records have been read. There
//! is one repair for all troubles: read all records, take the job out of the queue, publish what is open.

#![deny(clippy::disallowed_methods)]

use std::collections::{BTreeMap, VecDeque};

use super::engine::Facts;
use super::names::{JobId, ParcelId};
use super::parcel::{Filling, Weight, most_units};

/// Parcels that are out at a time, at most: what waits in the engine's store.
pub const WINDOW: usize = 100_000;

/// Parcels that are being published at a time: an answer that is lost holds up one of them for seconds.
const FLIGHTS: usize = 256;

/// How often the store is looked at, ms.
const LOOK_EVERY: u64 = 10_000;

/// Without a record for so long, and nothing waiting or in hand, parcels have been lost, ms.
const STALLED: u64 = 60_000;

/// What happened.
#[derive(Debug)]
pub enum Input<'a> {
    /// A parcel is in the queue: at that place, or it was there before.
    Published {
        /// The parcel.
        parcel: ParcelId,
        /// Its place.
        sequence: Option<u64>,
    },
    /// A record was read.
    Record {
        /// Its place.
        sequence: u64,
        /// Its parcel.
        parcel: ParcelId,
        /// The outputs that it tells of, by unit and place; none if it cannot be read.
        outputs: &'a [(u32, u32)],
    },
    /// There are no further records now.
    CaughtUp,
    /// What the store says of itself.
    Facts(Facts),
    /// The job's parcels have been taken out of the queue.
    Purged,
    /// The engine answers again after it did not.
    Back,
    /// The time, ms from any beginning.
    Tick(u64),
    /// Nobody wants the rest.
    Cancel,
    /// Nothing more is to be begun for now.
    Pause,
    /// It is to go on.
    Resume,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Publish these units as a parcel, however long it takes.
    Publish {
        /// The parcel.
        parcel: ParcelId,
        /// Its units.
        units: Vec<u32>,
    },
    /// Read records from that place on, in the place of what is being read.
    Read {
        /// The place.
        from: u64,
    },
    /// Take the job's parcels out of the queue, however long it takes; if it was cancelled, have agents let
    /// go of it as well.
    Purge,
    /// Ask the store for facts.
    Look,
    /// These of the outputs that the record tells of are new, by their places in it.
    Book(Vec<usize>),
    /// The store had forgotten something, and so many units are published anew.
    Repaired {
        /// How many units are open.
        open: u32,
    },
    /// All outputs have ended, or nothing of the job is in the queue any more.
    Finish,
}

/// Where a repair has got to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Working,
    Reading,
    Purging,
    Cancelling,
    /// Nobody works on it any more; what has ended is being read.
    Closing,
    Over,
}

/// A parcel that is not on record.
#[derive(Debug)]
struct Out {
    units: Vec<u32>,
    /// How many records of these units were of no use.
    round: u32,
}

/// The submitter's side of a job.
#[derive(Debug)]
pub struct Coordinator {
    job: JobId,
    weights: Vec<Weight>,
    /// The first output of each unit, and how many there are.
    first: Vec<u32>,
    /// Which outputs have ended.
    ended: Vec<u64>,
    open: u32,
    /// The first unit that has not been in a parcel.
    next: u32,
    out: BTreeMap<ParcelId, Out>,
    /// Those of them that are to be published.
    queue: VecDeque<ParcelId>,
    flights: usize,
    phase: Phase,
    is_paused: bool,
    /// The furthest record that was read, and the furthest parcel that was published.
    read: u64,
    published: u64,
    created: Option<(String, String)>,
    /// The same two when the store was asked, until it answers: what it says is as of then.
    asked: Option<(u64, u64)>,
    now: u64,
    last_record: u64,
    last_look: u64,
}

impl Coordinator {
    /// For a job of units of these weights.
    pub fn new(job: JobId, weights: Vec<Weight>) -> Self {
        let mut first = Vec::with_capacity(weights.len() + 1);
        let mut outputs = 0_u32;
        for weight in &weights {
            first.push(outputs);
            outputs += u32::from(weight.outputs);
        }
        first.push(outputs);
        Self {
            job,
            weights,
            first,
            ended: vec![0; outputs.div_ceil(64) as usize],
            open: outputs,
            next: 0,
            out: BTreeMap::new(),
            queue: VecDeque::new(),
            flights: 0,
            phase: Phase::Working,
            is_paused: false,
            read: 0,
            published: 0,
            created: None,
            asked: None,
            now: 0,
            last_record: 0,
            last_look: 0,
        }
    }

    /// How many outputs have not ended.
    pub fn open(&self) -> u32 {
        self.open
    }

    /// The furthest record that was read.
    pub fn read(&self) -> u64 {
        self.read
    }

    /// What is done first.
    pub fn begin(&mut self, effects: &mut Vec<Effect>) {
        effects.push(Effect::Read { from: 1 });
        self.look(effects);
        self.go_on(effects);
    }

    /// Takes in what happened, and says what follows from it.
    pub fn handle(&mut self, input: Input<'_>, effects: &mut Vec<Effect>) {
        if self.phase == Phase::Over {
            return;
        }
        match input {
            Input::Published { sequence, .. } => {
                self.flights = self.flights.saturating_sub(1);
                self.published = self.published.max(sequence.unwrap_or(0));
                if self.is_paused && self.flights == 0 {
                    // It was on its way when the queue was emptied.
                    effects.push(Effect::Purge);
                }
            }
            Input::Record { sequence, parcel, outputs } => {
                self.read = self.read.max(sequence);
                self.last_record = self.now;
                self.book(parcel, outputs, effects);
            }
            Input::CaughtUp => self.caught_up(effects),
            Input::Facts(facts) => self.judge(facts, effects),
            Input::Purged => self.purged(effects),
            Input::Back => self.look(effects),
            Input::Tick(now) => {
                self.now = now;
                if now >= self.last_look + LOOK_EVERY {
                    self.look(effects);
                }
            }
            Input::Cancel => {
                self.phase = Phase::Cancelling;
                effects.push(Effect::Purge);
            }
            Input::Pause if !self.is_paused => {
                self.is_paused = true;
                effects.push(Effect::Purge);
            }
            Input::Resume if self.is_paused => {
                self.is_paused = false;
                if self.phase == Phase::Working {
                    self.repair(effects);
                }
            }
            Input::Pause | Input::Resume => {}
        }
        self.go_on(effects);
    }

    fn look(&mut self, effects: &mut Vec<Effect>) {
        self.last_look = self.now;
        if self.asked.is_none() {
            self.asked = Some((self.read, self.published));
            effects.push(Effect::Look);
        }
    }

    /// Books what is new in a record; what it should have told of and did not is sent out anew.
    fn book(&mut self, parcel: ParcelId, outputs: &[(u32, u32)], effects: &mut Vec<Effect>) {
        let Some(Out { units, round }) = self.out.remove(&parcel) else { return };
        let mut new = Vec::new();
        for (index, (unit, place)) in outputs.iter().enumerate() {
            let known = units.contains(unit) && *place < self.outputs(*unit);
            if known && self.end(*unit, *place) {
                new.push(index);
            }
        }
        if !new.is_empty() {
            effects.push(Effect::Book(new));
        }
        let units: Vec<_> = units.into_iter().filter(|unit| self.is_open(*unit)).collect();
        if !units.is_empty() {
            self.add(units, round + 1);
        }
    }

    fn outputs(&self, unit: u32) -> u32 {
        self.weights[unit as usize].outputs.into()
    }

    /// Ends an output; whether it was open.
    fn end(&mut self, unit: u32, place: u32) -> bool {
        let output = self.first[unit as usize] + place;
        let word = &mut self.ended[output as usize / 64];
        let was_open = *word & 1 << (output % 64) == 0;
        *word |= 1 << (output % 64);
        self.open -= u32::from(was_open);
        was_open
    }

    fn is_open(&self, unit: u32) -> bool {
        let mut outputs = self.first[unit as usize]..self.first[unit as usize + 1];
        outputs.any(|output| self.ended[output as usize / 64] & 1 << (output % 64) == 0)
    }

    fn add(&mut self, units: Vec<u32>, round: u32) {
        let parcel = ParcelId::of(self.job, round, &units);
        self.out.insert(parcel, Out { units, round });
        self.queue.push_back(parcel);
    }

    /// Repairs what the facts show to be lost.
    fn judge(&mut self, facts: Facts, effects: &mut Vec<Effect>) {
        let (read, published) = self.asked.take().unwrap_or_default();
        if self.phase != Phase::Working || self.is_paused {
            return;
        }
        let is_another = self.created.as_ref().is_some_and(|created| *created != facts.created);
        let went_back = facts.last.0 < published || facts.last.1 < read;
        let is_idle = facts.waiting == 0 && facts.in_hand == 0 && self.flights == 0;
        let is_stalled = is_idle && self.now >= self.last_record + STALLED;
        if is_another || went_back || is_stalled {
            self.repair(effects);
        }
        self.created = Some(facts.created);
    }

    fn repair(&mut self, effects: &mut Vec<Effect>) {
        self.phase = Phase::Reading;
        (self.read, self.published, self.last_record) = (0, 0, self.now);
        effects.push(Effect::Read { from: 1 });
    }

    fn caught_up(&mut self, effects: &mut Vec<Effect>) {
        match self.phase {
            Phase::Reading => {
                self.phase = Phase::Purging;
                effects.push(Effect::Purge);
            }
            Phase::Closing => {
                self.phase = Phase::Over;
                effects.push(Effect::Finish);
            }
            Phase::Working | Phase::Purging | Phase::Cancelling | Phase::Over => {}
        }
    }

    fn purged(&mut self, effects: &mut Vec<Effect>) {
        match self.phase {
            Phase::Purging => {
                self.phase = Phase::Working;
                self.queue = self.out.keys().copied().collect();
                let out = self.out.values().map(|out| out.units.len() as u32).sum::<u32>();
                let open = out + self.weights.len() as u32 - self.next;
                effects.push(Effect::Repaired { open });
            }
            Phase::Cancelling => {
                self.phase = Phase::Closing;
                effects.push(Effect::Read { from: self.read + 1 });
            }
            Phase::Working | Phase::Reading | Phase::Closing | Phase::Over => {}
        }
    }

    /// Publishes what may be, and sees whether all is done.
    fn go_on(&mut self, effects: &mut Vec<Effect>) {
        let is_closing = matches!(self.phase, Phase::Cancelling | Phase::Closing | Phase::Over);
        if self.open == 0 && !is_closing {
            self.phase = Phase::Over;
            effects.push(Effect::Finish);
        }
        if self.phase != Phase::Working || self.is_paused {
            return;
        }
        while self.flights < FLIGHTS {
            let Some(parcel) = self.queue.pop_front() else {
                if !self.pack() {
                    return;
                }
                continue;
            };
            // It may have come to be on record meanwhile.
            if let Some(Out { units, .. }) = self.out.get(&parcel) {
                self.flights += 1;
                effects.push(Effect::Publish { parcel, units: units.clone() });
            }
        }
    }

    /// Packs the next parcel; `false` if there is none to be packed now.
    fn pack(&mut self) -> bool {
        let most = most_units(self.weights.len());
        let (mut filling, mut units) = (Filling::new(most), Vec::new());
        if self.out.len() >= WINDOW {
            return false;
        }
        while let Some(weight) = self.weights.get(self.next as usize) {
            if !filling.add(*weight) {
                break;
            }
            units.push(self.next);
            self.next += 1;
        }
        let is_one = !units.is_empty();
        if is_one {
            self.add(units, 0);
        }
        is_one
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job() -> JobId {
        JobId::new(1, [0; 11])
    }

    fn photos(units: usize) -> Vec<Weight> {
        vec![Weight { outputs: 2, bytes: 300, work: 48_000_000 }; units]
    }

    /// What is published, read and booked when that happens.
    fn told(coordinator: &mut Coordinator, input: Input<'_>) -> Vec<Effect> {
        let mut effects = Vec::new();
        coordinator.handle(input, &mut effects);
        effects
    }

    fn begun(units: usize) -> (Coordinator, Vec<ParcelId>) {
        let mut coordinator = Coordinator::new(job(), photos(units));
        let mut effects = Vec::new();
        coordinator.begin(&mut effects);
        let parcels = effects.iter().filter_map(|effect| match effect {
            Effect::Publish { parcel, .. } => Some(*parcel),
            _ => None,
        });
        let parcels = parcels.collect();
        // The store has nothing yet when it is asked first, and says so after parcels are in it.
        assert!(effects.contains(&Effect::Look));
        (coordinator, parcels)
    }

    /// What follows when the store is asked and says that.
    fn looked(
        coordinator: &mut Coordinator,
        created: &str,
        last: (u64, u64),
        waiting: u64,
    ) -> Vec<Effect> {
        told(coordinator, Input::Back);
        let created = (created.to_owned(), created.to_owned());
        let facts = Facts { created, last, waiting, in_hand: 0 };
        told(coordinator, Input::Facts(facts))
    }

    #[test]
    fn a_record_is_booked_once_and_the_last_one_ends_the_job() {
        let (mut coordinator, parcels) = begun(2);
        let (first, second) = ([(0, 0), (0, 1)], [(1, 0), (1, 1)]);
        let record = |sequence, parcel: usize, outputs| Input::Record {
            sequence,
            parcel: parcels[parcel],
            outputs,
        };
        assert_eq!(told(&mut coordinator, record(1, 0, &first)), [Effect::Book(vec![0, 1])]);
        assert_eq!(told(&mut coordinator, record(2, 0, &first)), []);
        let last = told(&mut coordinator, record(3, 1, &second));
        assert_eq!(last, [Effect::Book(vec![0, 1]), Effect::Finish]);
        assert_eq!(told(&mut coordinator, Input::Tick(100_000)), []);
    }

    #[test]
    fn what_a_record_leaves_out_or_makes_up_is_sent_out_anew() {
        let (mut coordinator, parcels) = begun(1);
        let made_up = [(0, 0), (0, 7), (9, 0), (0, 0)];
        let record = Input::Record { sequence: 1, parcel: parcels[0], outputs: &made_up };
        let effects = told(&mut coordinator, record);
        assert_eq!(effects[0], Effect::Book(vec![0]));
        let Effect::Publish { parcel, units } = &effects[1] else { panic!("{effects:?}") };
        assert_eq!((units.as_slice(), *parcel == parcels[0]), (&[0][..], false));
    }

    #[test]
    fn a_store_that_went_back_is_read_emptied_and_filled_again() {
        let (mut coordinator, parcels) = begun(3);
        for (sequence, parcel) in (10..).zip(&parcels) {
            let sequence = Some(sequence);
            told(&mut coordinator, Input::Published { parcel: *parcel, sequence });
        }
        assert_eq!(looked(&mut coordinator, "a", (12, 0), 3), []);
        let outputs = [(0, 0), (0, 1)];
        let record = || Input::Record { sequence: 5, parcel: parcels[0], outputs: &outputs };
        told(&mut coordinator, record());
        let effects = looked(&mut coordinator, "a", (12, 4), 3);
        assert_eq!(effects, [Effect::Read { from: 1 }]);
        assert_eq!(told(&mut coordinator, record()), [], "booked before");
        assert_eq!(told(&mut coordinator, Input::CaughtUp), [Effect::Purge]);
        let effects = told(&mut coordinator, Input::Purged);
        assert_eq!(effects[0], Effect::Repaired { open: 2 });
        assert_eq!(effects.len(), 3, "{effects:?}");
        // And once more, for a store that was made anew.
        for parcel in &parcels[1..] {
            told(&mut coordinator, Input::Published { parcel: *parcel, sequence: Some(1) });
        }
        let effects = looked(&mut coordinator, "b", (9, 9), 3);
        assert_eq!(effects, [Effect::Read { from: 1 }]);
    }

    #[test]
    fn what_the_store_said_before_it_took_a_parcel_is_no_sign_of_loss() {
        let (mut coordinator, parcels) = begun(2);
        told(&mut coordinator, Input::Published { parcel: parcels[0], sequence: Some(1) });
        let created = ("a".to_owned(), "a".to_owned());
        let facts = Facts { created, last: (0, 0), waiting: 0, in_hand: 0 };
        assert_eq!(told(&mut coordinator, Input::Facts(facts)), []);
    }

    #[test]
    fn a_queue_that_is_empty_for_a_minute_without_a_record_has_lost_parcels() {
        let (mut coordinator, parcels) = begun(1);
        told(&mut coordinator, Input::Published { parcel: parcels[0], sequence: Some(1) });
        told(&mut coordinator, Input::Tick(59_000));
        assert_eq!(looked(&mut coordinator, "a", (1, 0), 0), []);
        told(&mut coordinator, Input::Tick(60_000));
        assert_eq!(looked(&mut coordinator, "a", (1, 0), 1), [], "waiting");
        let effects = looked(&mut coordinator, "a", (1, 0), 0);
        assert_eq!(effects, [Effect::Read { from: 1 }]);
    }

    #[test]
    fn a_paused_job_leaves_the_queue_and_is_handed_out_again_when_it_goes_on() {
        let (mut coordinator, parcels) = begun(3);
        assert_eq!(told(&mut coordinator, Input::Pause), [Effect::Purge]);
        assert_eq!(told(&mut coordinator, Input::Pause), []);
        assert_eq!(told(&mut coordinator, Input::Purged), []);
        for parcel in &parcels {
            told(&mut coordinator, Input::Published { parcel: *parcel, sequence: Some(1) });
        }
        told(&mut coordinator, Input::Tick(3 * STALLED));
        assert_eq!(looked(&mut coordinator, "a", (0, 0), 0), [], "nothing is missed meanwhile");
        let outputs = [(0, 0), (0, 1)];
        let record = Input::Record { sequence: 1, parcel: parcels[0], outputs: &outputs };
        assert_eq!(told(&mut coordinator, record), [Effect::Book(vec![0, 1])], "it was in hand");
        assert_eq!(told(&mut coordinator, Input::Resume), [Effect::Read { from: 1 }]);
        assert_eq!(told(&mut coordinator, Input::CaughtUp), [Effect::Purge]);
        let effects = told(&mut coordinator, Input::Purged);
        let published =
            effects.iter().filter(|effect| matches!(effect, Effect::Publish { .. })).count();
        assert_eq!((published, &effects[0]), (2, &Effect::Repaired { open: 2 }));
    }

    #[test]
    fn a_cancelled_job_ends_when_nobody_has_it_and_what_was_made_is_booked() {
        let (mut coordinator, parcels) = begun(40);
        assert_eq!(told(&mut coordinator, Input::Cancel), [Effect::Purge]);
        assert_eq!(told(&mut coordinator, Input::Purged), [Effect::Read { from: 1 }]);
        let outputs = [(0, 0)];
        let record = Input::Record { sequence: 1, parcel: parcels[0], outputs: &outputs };
        assert_eq!(told(&mut coordinator, record), [Effect::Book(vec![0])], "it was made");
        assert_eq!(told(&mut coordinator, Input::CaughtUp), [Effect::Finish]);
    }
}

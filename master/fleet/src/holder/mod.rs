//! What an agent does with parcels: pure, told what happened, answers what is to be done.
//!
//! It pulls while little waits, has one job worked on at a time, puts a parcel on record when all of its
//! outputs have ended, and settles it then. Before an output gets its name after a silence, it asks
//! whether anybody still wants it: a machine may have slept.

#![deny(clippy::disallowed_methods)]

use std::collections::BTreeMap;

use super::message::Marks;
use super::names::{JobId, ParcelId};

/// A unit that was begun alone so often without coming to an end is given up.
const MAX_MARKS: u32 = 3;

/// So many agents were lost then while they had it: one that nothing was known of, one that was on record
/// as having tried the parcel, and after that it was done alone.
pub const LOST: u32 = 2 + MAX_MARKS;

/// The engine is told so often that parcels are being worked on, and asked whether they are wanted, ms.
const PROGRESS_EVERY: u64 = 10_000;

/// The time is looked at far more often than that, unless the machine sleeps, ms.
const ASLEEP: u64 = 2_000;

/// After such a silence nothing gets its name unasked, ms.
const SILENCE: u64 = 20_000;

/// An agent that cannot take part in a job lets others have its parcels for so long, ms.
const REST: u64 = 10_000;

/// What has been begun may take so long when the agent leaves, ms.
const GRACE: u64 = 10_000;

/// What happened.
#[derive(Debug)]
pub enum Input {
    /// A parcel has come: its units' outputs, in turn.
    Received {
        /// The job.
        job: JobId,
        /// The parcel.
        parcel: ParcelId,
        /// How often it has been handed out, from 1.
        times: u32,
        /// How many outputs each unit has.
        outputs: Vec<u32>,
    },
    /// A pull has brought all that it will; whether the engine answered at all.
    Pulled(bool),
    /// Whether anybody wants a parcel: its job is open, and it is not on record.
    Checked(ParcelId, bool),
    /// Whether a job is open.
    Looked(JobId, bool),
    /// The marks of a parcel.
    Marks(ParcelId, Marks),
    /// They are stored.
    Marked(ParcelId),
    /// A worker has begun with a unit, by its place in the parcel.
    Begun(ParcelId, u32),
    /// An output of a unit has ended.
    Ended(ParcelId, u32),
    /// A parcel is on record.
    Recorded(ParcelId),
    /// Whether an output may get its name, asked under that number.
    Write(ParcelId, u64),
    /// The agent cannot take part in a job.
    Refuse(JobId),
    /// Nor can anybody else who is there: nothing is to be left to them.
    Alone,
    /// Nothing is to be begun for now, or again.
    Rest(bool),
    /// Begin nothing more, and leave.
    Drain,
    /// The time, ms, by a clock that counts sleep.
    Tick(u64),
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Ask for up to so many parcels.
    Pull(usize),
    /// Ask whether a parcel is wanted, however long it takes.
    Check(ParcelId),
    /// Ask whether a job is open.
    Look(JobId),
    /// Ask for the marks of a parcel, however long it takes.
    ReadMarks(ParcelId),
    /// Store these, however long it takes.
    Mark(ParcelId, Marks),
    /// Have a unit worked on, by its place in the parcel.
    Begin {
        /// The parcel.
        parcel: ParcelId,
        /// The unit.
        unit: u32,
        /// Whether nothing else may be worked on.
        alone: bool,
    },
    /// End a unit: agents were lost while they had it.
    GiveUp(ParcelId, u32),
    /// Whether the output that was asked about may get its name.
    Answer(u64, bool),
    /// Put a parcel on record, however long it takes.
    Record(ParcelId),
    /// It is on record, or nobody wants it.
    Done(ParcelId),
    /// Somebody else is to have it.
    Back(ParcelId),
    /// Say that it is being worked on.
    Working(ParcelId),
    /// Begin nothing more of it; what is reported of it does not matter.
    Withdraw(ParcelId),
    /// Nothing is in hand, and nothing will come.
    Leave,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// It is not known whether it is wanted, or what became of those who had it before.
    Checking,
    /// It waits for its turn.
    Waiting,
    /// Its marks are being stored.
    Marking,
    /// Its units have been given to workers, and none has begun.
    Given,
    /// Some have.
    Begun,
    /// All have ended.
    Recording,
}

#[derive(Debug)]
struct Held {
    job: JobId,
    /// Whether somebody may have had it before.
    again: bool,
    /// It may be what brings agents down: it is done alone, image by image.
    is_suspect: bool,
    phase: Phase,
    /// Outputs that are open, by unit.
    open: Vec<u32>,
    /// For one that somebody may have had before.
    marks: Marks,
    /// Whether an output of it has ended.
    has_ended: bool,
    came: u64,
    /// The machine has slept while it had this: whether it is still wanted is asked before each output.
    is_doubtful: bool,
}

impl Held {
    /// Whether workers may have it.
    fn is_given(&self) -> bool {
        matches!(self.phase, Phase::Marking | Phase::Given | Phase::Begun)
    }

    fn is_begun(&self) -> bool {
        matches!(self.phase, Phase::Begun | Phase::Recording)
    }
}

/// The agent's side.
#[derive(Debug)]
pub struct Holder {
    slots: usize,
    held: BTreeMap<ParcelId, Held>,
    /// What came, in turn.
    came: u64,
    job: Option<JobId>,
    pulling: bool,
    asking: Vec<(u64, ParcelId)>,
    is_resting: bool,
    rest_until: u64,
    /// When it was told to leave.
    leaving: Option<u64>,
    is_gone: bool,
    now: u64,
    heard: u64,
    progressed: u64,
}

impl Holder {
    /// For an agent that works on so many images at a time, from that time on, ms.
    pub fn new(slots: usize, now: u64) -> Self {
        Self {
            slots,
            held: BTreeMap::new(),
            came: 0,
            job: None,
            pulling: false,
            asking: Vec::new(),
            is_resting: false,
            rest_until: 0,
            leaving: None,
            is_gone: false,
            now,
            heard: now,
            progressed: now,
        }
    }

    /// How many units are in hand and open.
    pub fn busy(&self) -> usize {
        self.held.values().map(|held| held.open.iter().filter(|open| **open > 0).count()).sum()
    }

    /// The job that is worked on.
    pub fn job(&self) -> Option<JobId> {
        self.job
    }

    /// Takes in what happened, and says what follows from it.
    pub fn handle(&mut self, input: Input, effects: &mut Vec<Effect>) {
        if self.is_gone {
            if let Input::Write(_, ticket) = input {
                effects.push(Effect::Answer(ticket, false));
            }
            return;
        }
        match input {
            Input::Received { job, parcel, times, outputs } => {
                self.heard = self.now;
                self.receive(job, parcel, times, outputs, effects);
            }
            Input::Pulled(is_answered) => {
                self.pulling = false;
                if is_answered {
                    self.heard = self.now;
                }
            }
            Input::Checked(parcel, is_wanted) => {
                self.heard = self.now;
                self.checked(parcel, is_wanted, effects);
            }
            Input::Looked(job, is_open) => {
                self.heard = self.now;
                if !is_open {
                    self.close(job, effects);
                }
            }
            Input::Marks(parcel, marks) => {
                if let Some(held) = self.held.get_mut(&parcel)
                    && held.phase == Phase::Checking
                {
                    held.is_suspect = marks.tried > 0;
                    held.marks = marks;
                    held.phase = Phase::Waiting;
                }
            }
            Input::Marked(parcel) => self.begin_marked(parcel, effects),
            Input::Begun(parcel, _) => {
                if let Some(held) = self.held.get_mut(&parcel)
                    && held.phase == Phase::Given
                {
                    held.phase = Phase::Begun;
                }
            }
            Input::Ended(parcel, unit) => self.ended(parcel, unit, effects),
            Input::Recorded(parcel) => {
                self.heard = self.now;
                if self.held.remove(&parcel).is_some() {
                    effects.push(Effect::Done(parcel));
                }
            }
            Input::Write(parcel, ticket) => self.write(parcel, ticket, effects),
            Input::Refuse(job) => {
                self.rest_until = self.now + REST;
                self.drop_all(|held| held.job == job, Effect::Back, effects);
            }
            Input::Alone => self.rest_until = self.now,
            Input::Rest(is_resting) => {
                self.is_resting = is_resting;
                if is_resting {
                    self.drop_all(|held| !held.is_begun(), Effect::Back, effects);
                }
            }
            Input::Drain => {
                self.leaving.get_or_insert(self.now);
                self.drop_all(|held| !held.is_begun(), Effect::Back, effects);
            }
            Input::Tick(now) => self.tick(now, effects),
        }
        self.go_on(effects);
    }

    fn receive(
        &mut self,
        job: JobId,
        parcel: ParcelId,
        times: u32,
        outputs: Vec<u32>,
        effects: &mut Vec<Effect>,
    ) {
        // The engine took it for lost; that is held against nobody.
        if self.held.contains_key(&parcel) {
            return;
        }
        if self.is_resting || self.leaving.is_some() {
            effects.push(Effect::Back(parcel));
            return;
        }
        self.came += 1;
        let again = times > 1;
        if again {
            effects.push(Effect::Check(parcel));
        }
        let held = Held {
            job,
            again,
            is_suspect: false,
            phase: if again { Phase::Checking } else { Phase::Waiting },
            open: outputs,
            marks: Marks::default(),
            has_ended: false,
            came: self.came,
            is_doubtful: false,
        };
        self.held.insert(parcel, held);
    }

    fn checked(&mut self, parcel: ParcelId, is_wanted: bool, effects: &mut Vec<Effect>) {
        if !is_wanted {
            self.drop_all_of(parcel, Effect::Done, effects);
        } else if self.held.get(&parcel).is_some_and(|held| held.phase == Phase::Checking) {
            effects.push(Effect::ReadMarks(parcel));
        }
        if self.asking.iter().any(|(_, of)| *of == parcel)
            && let Some(held) = self.held.get_mut(&parcel)
        {
            held.is_doubtful = false;
        }
        let is_held = self.held.contains_key(&parcel);
        self.asking.retain(|(ticket, of)| {
            if *of == parcel {
                effects.push(Effect::Answer(*ticket, is_held));
            }
            *of != parcel
        });
    }

    fn drop_all_of(
        &mut self,
        parcel: ParcelId,
        how: fn(ParcelId) -> Effect,
        effects: &mut Vec<Effect>,
    ) {
        if let Some(held) = self.held.remove(&parcel) {
            if held.is_given() {
                effects.push(Effect::Withdraw(parcel));
            }
            effects.push(how(parcel));
        }
        self.asking.retain(|(ticket, of)| {
            if *of == parcel {
                effects.push(Effect::Answer(*ticket, false));
            }
            *of != parcel
        });
    }

    fn drop_all(
        &mut self,
        which: impl Fn(&Held) -> bool,
        how: fn(ParcelId) -> Effect,
        effects: &mut Vec<Effect>,
    ) {
        let those = self.held.iter().filter(|(_, held)| which(held)).map(|(parcel, _)| *parcel);
        for parcel in those.collect::<Vec<_>>() {
            self.drop_all_of(parcel, how, effects);
        }
    }

    /// Lets go of a job that is not open any more: what has ended goes on record, the rest gets no name.
    fn close(&mut self, job: JobId, effects: &mut Vec<Effect>) {
        self.drop_all(|held| held.job == job && !held.has_ended, Effect::Done, effects);
        let begun = self.held.iter_mut().filter(|(_, held)| held.job == job);
        for (parcel, held) in begun.filter(|(_, held)| held.phase != Phase::Recording) {
            held.phase = Phase::Recording;
            effects.extend([Effect::Withdraw(*parcel), Effect::Record(*parcel)]);
        }
    }

    fn ended(&mut self, parcel: ParcelId, unit: u32, effects: &mut Vec<Effect>) {
        let Some(held) = self.held.get_mut(&parcel) else { return };
        let Some(open) = held.open.get_mut(unit as usize).filter(|open| **open > 0) else { return };
        if held.phase == Phase::Recording {
            return;
        }
        held.has_ended = true;
        *open -= 1;
        let has_ended = *open == 0;
        if held.phase == Phase::Given {
            held.phase = Phase::Begun;
        }
        if has_ended && held.open.iter().all(|open| *open == 0) {
            held.phase = Phase::Recording;
            effects.push(Effect::Record(parcel));
        } else if has_ended && held.is_suspect {
            held.marks.begun.remove(&unit);
            self.next_alone(parcel, effects);
        }
    }

    /// Marks the next unit of a parcel that is done alone, or gives it up.
    fn next_alone(&mut self, parcel: ParcelId, effects: &mut Vec<Effect>) {
        let Some(held) = self.held.get_mut(&parcel) else { return };
        for (unit, open) in (0..).zip(held.open.iter_mut()).filter(|(_, open)| **open > 0) {
            let begun = held.marks.begun.entry(unit).or_default();
            if *begun < MAX_MARKS {
                *begun += 1;
                held.phase = Phase::Marking;
                effects.push(Effect::Mark(parcel, held.marks.clone()));
                return;
            }
            *open = 0;
            effects.push(Effect::GiveUp(parcel, unit));
        }
        held.phase = Phase::Recording;
        effects.push(Effect::Record(parcel));
    }

    /// Begins what is on record as tried: of a suspect the next unit, else all of them.
    fn begin_marked(&mut self, parcel: ParcelId, effects: &mut Vec<Effect>) {
        let Some(held) = self.held.get_mut(&parcel) else { return };
        if held.phase != Phase::Marking {
            return;
        }
        held.phase = Phase::Given;
        let alone = held.is_suspect;
        let open = (0..).zip(&held.open).filter(|(_, open)| **open > 0);
        let units = open.take(if alone { 1 } else { usize::MAX });
        effects.extend(units.map(|(unit, _)| Effect::Begin { parcel, unit, alone }));
    }

    fn write(&mut self, parcel: ParcelId, ticket: u64, effects: &mut Vec<Effect>) {
        let held = self.held.get(&parcel).filter(|held| held.phase != Phase::Recording);
        let Some(held) = held else { return effects.push(Effect::Answer(ticket, false)) };
        if !held.is_doubtful && self.now < self.heard + SILENCE {
            effects.push(Effect::Answer(ticket, true));
        } else {
            let is_asked = self.asking.iter().any(|(_, of)| *of == parcel);
            self.asking.push((ticket, parcel));
            if !is_asked {
                effects.push(Effect::Check(parcel));
            }
        }
    }

    fn tick(&mut self, now: u64, effects: &mut Vec<Effect>) {
        // What is heard after a sleep may have been said before it.
        if now > self.now + ASLEEP {
            self.held.values_mut().for_each(|held| held.is_doubtful = true);
        }
        self.now = now;
        if now >= self.progressed + PROGRESS_EVERY {
            self.progressed = now;
            effects.extend(self.held.keys().map(|parcel| Effect::Working(*parcel)));
            effects.extend(self.job.filter(|_| !self.held.is_empty()).map(Effect::Look));
        }
        if self.leaving.is_some_and(|since| now >= since + GRACE) {
            self.drop_all(|_| true, Effect::Back, effects);
        }
    }

    /// Begins what may be begun, pulls what there is room for, leaves if that is due.
    fn go_on(&mut self, effects: &mut Vec<Effect>) {
        if self.leaving.is_some() {
            if self.held.is_empty() {
                self.is_gone = true;
                effects.push(Effect::Leave);
            }
            return;
        }
        if self.is_resting {
            return;
        }
        self.begin(effects);
        let waiting = self.held.values().filter(|held| !held.is_begun()).count();
        if !self.pulling && waiting < self.slots && self.now >= self.rest_until {
            self.pulling = true;
            effects.push(Effect::Pull(self.slots - waiting));
        }
    }

    /// Gives workers what is next, in turn: of one job at a time, and suspects when nothing else is in
    /// hand. What cannot begin yet holds up what came after it, so that nothing waits for ever.
    fn begin(&mut self, effects: &mut Vec<Effect>) {
        let of_phase = |(_, held): &(&ParcelId, &Held)| held.phase == Phase::Waiting;
        let mut waiting: Vec<_> = self.held.iter().filter(of_phase).collect();
        waiting.sort_unstable_by_key(|(_, held)| held.came);
        let waiting: Vec<_> = waiting.into_iter().map(|(parcel, _)| *parcel).collect();
        for parcel in waiting {
            let is_idle = !self.held.values().any(Held::is_given);
            let is_alone = self.held.values().any(|held| held.is_given() && held.is_suspect);
            let Some(held) = self.held.get_mut(&parcel) else { return };
            let is_next = !is_alone && !held.is_suspect && self.job == Some(held.job);
            if !is_idle && !is_next {
                return;
            }
            self.job = Some(held.job);
            if held.is_suspect {
                self.next_alone(parcel, effects);
                return;
            }
            if held.again {
                held.phase = Phase::Marking;
                held.marks.tried = held.marks.tried.saturating_add(1);
                effects.push(Effect::Mark(parcel, held.marks.clone()));
                continue;
            }
            held.phase = Phase::Given;
            let units = 0..held.open.len() as u32;
            effects.extend(units.map(|unit| Effect::Begin { parcel, unit, alone: false }));
        }
    }
}

#[cfg(test)]
mod tests;

//! The machines of a fleet.

use lote_engine::lang::Text;
use serde::Serialize;

use crate::said::Said;

/// What a machine does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MachineState {
    /// It works, or waits for work.
    Working,
    /// It was told to rest, or cannot write.
    Paused,
    /// It finishes what it has.
    Leaving,
    /// It cannot take part in the job that is there.
    Refusing,
    /// It has another build of the program, and gets nothing.
    Other,
    /// Nothing has been heard of it for a while.
    Lost,
}

/// A machine of a fleet.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Machine {
    /// Its name.
    pub name: String,
    /// How many images it works on at a time.
    pub slots: u32,
    /// Its version of the program.
    pub version: String,
    /// What it does.
    pub state: MachineState,
    /// Why it rests or refuses.
    #[serde(flatten)]
    pub reason: Option<Said>,
    /// How many of its workers have something in hand.
    pub busy: u32,
    /// Outputs a second, by its records of the last ten seconds.
    pub rate: f64,
}

impl Machine {
    /// One that is there, of which it is not known yet what it does.
    pub fn new(
        name: String,
        slots: u32,
        version: String,
        state: MachineState,
        reason: Option<Text>,
    ) -> Self {
        let reason = reason.map(Said::new);
        Self { name, slots, version, state, reason, busy: 0, rate: 0.0 }
    }
}

/// A fleet.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Fleet {
    /// Whether its server does not answer.
    pub away: bool,
    /// Its machines, by name.
    pub machines: Vec<Machine>,
}

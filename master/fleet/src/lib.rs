//! Many machines: a job's units travel to agents and come back as records.
//!
//! The engine between them is a queue that may forget everything; truth is the plan and the journal. Work
//! may be done twice, and gives the same bytes at the same place. Done is counted by records, never by an
//! empty queue.
//!
//! [`coordinator`] and [`holder`] decide, and know no clock, no disk and no engine; [`submit`] and
//! [`agent`] carry out what they say. Only `nats` names the engine's client.

pub mod agent;
pub mod coordinator;
pub mod engine;
pub mod holder;
pub mod kit;
mod link;
mod live;
pub mod memory;
pub mod message;
pub mod names;
pub mod nats;
pub mod parcel;
pub mod presence;
pub mod simulation;
pub mod submit;

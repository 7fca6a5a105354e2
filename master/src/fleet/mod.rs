//! Work on many machines: what `lote run --fleet` has others do, and what `lote agent` does for others.
//!
//! `lote-fleet` carries parcels and knows no plan; here plans become papers and units, and units become a
//! plan again that grows while it is run.

mod agent;
mod control;
mod paper;
mod places;
mod serve;
mod session;
mod settings;
mod submit;

pub(crate) use agent::work;
pub(crate) use control::{cancel, drain, kit, status};
use places::Places;
pub(crate) use serve::Service;
pub(crate) use settings::Fleet;
use settings::{bad_name, connect};
pub(crate) use submit::{Submitted, Submitter, check};

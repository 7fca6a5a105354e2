//! Trials: runs that are disturbed on purpose, and what is measured of them.

mod assassin;
mod identical;
mod witness;

pub use assassin::{Assassin, Blow, HAS_SIGNALS};
pub use identical::{Comparison, compare};
pub use witness::{Facts, Witness};

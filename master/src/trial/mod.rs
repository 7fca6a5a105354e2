//! Trials: runs that are disturbed on purpose, what they look like, and what is measured of them.

mod assassin;
mod identical;
mod lanes;
pub mod live;
mod witness;

pub use assassin::{Assassin, Blow, HAS_SIGNALS, Strike};
pub use identical::{Comparison, compare, digest, digest_of, name};
pub use lanes::{Lanes, Line};
pub use live::Live;
pub use witness::{Facts, Witness};

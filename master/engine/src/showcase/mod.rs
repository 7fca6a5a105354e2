//! Trials: runs that are disturbed on purpose, what they look like, and what is measured of them.

mod assassin;
mod crash;
mod identical;
mod lanes;
pub mod live;
mod rounds;
mod table;
mod witness;

pub use assassin::{Assassin, Blow, HAS_SIGNALS, Strike};
pub use crash::{Crash, CrashCost};
pub use identical::{Comparison, compare, digest, digest_of, name};
pub use lanes::Lanes;
pub use live::Live;
pub use rounds::{images_per_s, median};
pub use table::Line;
pub use witness::{Facts, Witness};

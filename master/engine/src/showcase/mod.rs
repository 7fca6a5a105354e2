//! Trials: runs that are disturbed on purpose, what they look like, and what is measured of them.

mod crash;
mod identical;
mod lanes;
pub mod live;
mod observer;
mod rounds;
mod striker;
mod table;

pub use crash::{Crash, CrashCost};
pub use identical::{Comparison, compare, digest, digest_of, name};
pub use lanes::Scene;
pub use live::Live;
pub use observer::Observer;
pub use rounds::{images_per_s, median};
pub use striker::{Blow, HAS_SIGNALS, Strike, Striker};
pub use table::Line;

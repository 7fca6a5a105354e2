//! What the machine has.

pub mod files;

use std::thread;

/// How many threads it runs at the same time, as far as the system tells; at least 1.
pub fn cores() -> u32 {
    thread::available_parallelism().map_or(1, |cores| cores.get() as u32)
}

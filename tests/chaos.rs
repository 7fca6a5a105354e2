//! Chaos: what is in the way of a run comes often and at random, and nothing is lost.
//!
//! Each test prints a line with its figures. Their short forms are part of the tests;
//! `tests/long chaos` does the long ones, which take minutes.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "all of it is tests")]

#[path = "chaos/hostile.rs"]
mod hostile;
#[path = "chaos/kills.rs"]
mod kills;
#[path = "chaos/soak.rs"]
mod soak;
#[path = "chaos/states.rs"]
mod states;
#[allow(dead_code, unused_imports, reason = "other tests need the rest")]
mod support;
#[path = "chaos/watched.rs"]
mod watched;

/// The first number, or the second one in the long form.
fn size<T>(short: T, long: T) -> T {
    if is_long() { long } else { short }
}

fn is_long() -> bool {
    std::env::var_os("LOTE_LONG").is_some()
}

/// Numbers that are the same for the same seed: Steele, Lea and Flood, "Fast splittable
/// pseudorandom number generators", 2014.
struct Chance(u64);

impl Chance {
    /// From `LOTE_SEED`, or always the same.
    fn new() -> Self {
        let seed = std::env::var("LOTE_SEED").map_or(1, |seed| seed.parse().unwrap());
        Self(seed)
    }

    /// A number below `end`.
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end as u64) as usize
    }
}

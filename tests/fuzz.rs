//! Fuzzing on stable Rust: what comes from outside is changed at random, and nothing of ours panics.
//!
//! By default each target does a fixed number of cases, always the same. `LOTE_FUZZ_SECONDS` has
//! each work for so long (or `LOTE_FUZZ_CASES` for so many cases) from a new seed, which is
//! printed; `LOTE_SEED` repeats one. `LOTE_SEEDS` names a folder of images to be changed instead of those made
//! here. `tests/long fuzz` does it for an hour.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "all of it is tests")]

#[path = "fuzz/agree.rs"]
mod agree;
#[path = "fuzz/chance.rs"]
mod chance;
#[path = "fuzz/filters.rs"]
mod filters;
#[path = "fuzz/frames.rs"]
mod frames;
#[path = "fuzz/images.rs"]
mod images;
#[path = "fuzz/recipes.rs"]
mod recipes;

use std::time::{Duration, Instant, SystemTime};

use chance::Chance;

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap())
}

/// Runs `case` as often as wanted, and prints how often that was. `case` gets chance, and tells
/// whether its input was understood.
fn fuzz(what: &str, cases: u64, mut case: impl FnMut(&mut Chance) -> bool) {
    let seconds = setting("LOTE_FUZZ_SECONDS").map(Duration::from_secs);
    let cases = setting("LOTE_FUZZ_CASES").unwrap_or(cases);
    let now = || SystemTime::UNIX_EPOCH.elapsed().map_or(1, |since| since.as_nanos() as u64);
    let is_long = seconds.is_some() || setting("LOTE_FUZZ_CASES").is_some();
    let seed = setting("LOTE_SEED").unwrap_or_else(|| if is_long { now() } else { 1 });
    // Before anything else, so that it is known if the process itself ends.
    println!("fuzz {what}: LOTE_SEED={seed}");
    let start = Instant::now();
    let (mut done, mut understood, mut slowest) = (0_u64, 0_u64, (Duration::ZERO, 0));
    // The clock is looked at now and then only: some cases take less time than that.
    while seconds.map_or(done < cases, |time| done % 64 != 0 || start.elapsed() < time) {
        let mut chance = Chance::of_case(seed, done);
        let begun = Instant::now();
        understood += u64::from(case(&mut chance));
        slowest = slowest.max((begun.elapsed(), done));
        done += 1;
    }
    let rate = done as f64 / start.elapsed().as_secs_f64();
    println!("fuzz {what}: {done} cases, {understood} understood, 0 panics, {rate:.0} a second");
    println!("fuzz {what}: slowest is case {} in {:.1?}", slowest.1, slowest.0);
    assert!(understood > 0, "no case of {what} got through: the fuzzing reaches nothing");
    assert!(understood < done, "all cases of {what} got through: nothing is changed");
}

//! A job of many units on many agents, with faults, in virtual time:
//! `cargo run --release -p lote-fleet --example fleet_simulation -- --units 1000000 --agents 1000 [--slots 8] [--faults]`.

use std::process::ExitCode;
use std::time::Instant;

use lote_fleet::parcel::Weight;
use lote_fleet::simulation::{Faults, Setup, play};

#[allow(clippy::print_stdout, reason = "it is there to be read")]
fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().collect();
    let number = |name: &str, default: usize| {
        let place = arguments.iter().position(|argument| argument == name);
        place.and_then(|place| arguments.get(place + 1)?.parse().ok()).unwrap_or(default)
    };
    let (units, agents) = (number("--units", 1_000_000), number("--agents", 1_000).max(1));
    let slots = number("--slots", 8).max(1);
    // Thumbnails and photographs, of 0.4 to 24 megapixels.
    let unit = |unit: usize| {
        let pixels = 400_000 + (unit as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) % 23_600_000;
        (Weight { outputs: 2, bytes: 300, work: pixels * 2 }, 20 + pixels / 24_000)
    };
    let mut all: Vec<_> = (0..units).map(unit).collect();
    // As a plan has them.
    all.sort_by_key(|(weight, _)| std::cmp::Reverse(weight.work));
    let work: u64 = all.iter().map(|(_, ms)| ms).sum();
    let longest = all.iter().map(|(_, ms)| *ms).max().unwrap_or(0);
    let bound = (work / (agents * slots) as u64).max(longest);
    let mut setup =
        Setup { units: all, agents, slots, faults: Faults::default(), span: bound, seed: 1 };
    if arguments.iter().any(|argument| argument == "--faults") {
        setup.faults = Faults {
            lost: 5,
            deaths: agents as u64 / 20,
            sleeps: 5,
            outages: 1,
            rollbacks: 1,
            losses: 1,
            poison: None,
        };
    }
    let began = Instant::now();
    let outcome = play(&setup);
    let (most, least) = outcome.booked;
    println!("{units} units on {agents} agents of {slots} slots, {:?}", setup.faults);
    println!(
        "makespan {:.1} s, bound without faults {:.1} s: {:.3} times",
        outcome.makespan as f64 / 1000.0,
        bound as f64 / 1000.0,
        outcome.makespan as f64 / bound as f64
    );
    println!(
        "booked {least} to {most} times each, begun {}, repaired {} times, {} parcels unsettled, {:.1} s",
        outcome.begun,
        outcome.repairs,
        outcome.unsettled,
        began.elapsed().as_secs_f64()
    );
    if (most, least) == (1, 1) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

//! Figures that are measured rather than asserted in passing: they depend on the machine. Each is
//! run by hand, alone:
//!
//! ```sh
//! cargo test --release -p lote-tests --test whole -- --ignored --nocapture --test-threads 1 measures
//! ```
//!
//! The bounds that they assert at their end are those of the project's reliability figures.

#![allow(clippy::print_stdout, reason = "the figures are what they are for")]

use std::collections::HashMap;
use std::time::{Duration, Instant};

use image::ImageFormat;
use rustix::process::Signal;

use crate::support::processes::{crash, signal};
use crate::support::workspace::assert_same;
use crate::support::{Running, Workspace, pictures};

/// The value below which so many per cent of them are.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    sorted[(sorted.len() * percent).div_ceil(100).max(1) - 1]
}

#[test]
#[ignore = "measures; to be run by hand"]
fn from_a_kill_to_the_replacement() {
    const KILLS: usize = 300;
    let workspace = Workspace::with_pictures(900, 160, 120);
    let mut run = workspace.lote("run in -f blur -f sepia -j 2 -o out --ndjson").start();
    let (mut pids, mut killed) = (HashMap::new(), HashMap::new());
    let (mut times, mut kills) = (Vec::new(), 0);
    while let Some(event) = run.next() {
        let worker = event["worker"].as_u64();
        if event["state"] == "started" || event["state"] == "restarted" {
            pids.insert(worker, event["pid"].as_u64().unwrap() as u32);
        } else if event["state"] == "ready" {
            times.extend(killed.remove(&worker).map(|at: Instant| at.elapsed()));
        } else if event["event"] == "output"
            && kills < KILLS
            && let Some(pid) = pids.get(&worker)
            && !killed.contains_key(&worker)
        {
            let now = Instant::now();
            if crash(*pid, Signal::KILL) {
                killed.insert(worker, now);
                kills += 1;
            }
        }
    }
    let outcome = run.finish().code(0);
    outcome.assert_books();
    workspace.lote("run in -f blur -f sepia -j 2 -o calm").run().code(0);
    assert_same(&workspace.files("calm"), &workspace.files("out"));
    times.sort_unstable();
    println!(
        "kill to replacement ready: {} kills, p50 {:.1?}, p90 {:.1?}, p99 {:.1?}, longest {:.1?}",
        times.len(),
        percentile(&times, 50),
        percentile(&times, 90),
        percentile(&times, 99),
        percentile(&times, 100),
    );
    assert!(times.len() >= 200, "{}", times.len());
    assert!(percentile(&times, 99) < Duration::from_millis(150));
}

/// From the first event that is as wanted to the next death, which comes after so long a wait.
fn until_lost(run: &mut Running, from: &str, wait: Duration) -> Duration {
    run.until(|event| event["event"] == from);
    let begun = Instant::now();
    run.until(|event| event["state"] == "lost");
    begun.elapsed().saturating_sub(wait)
}

#[test]
#[ignore = "measures; to be run by hand"]
fn from_a_deadline_to_the_death_of_what_hangs() {
    let timeout = Duration::from_secs(2);
    let workspace = Workspace::with_pictures(1, 60, 40);
    let command = "run in -f sepia -j 1 --timeout 2 -o out --ndjson";

    let mut run = workspace.lote(command).start();
    let worker = run.until(|event| event["state"] == "ready")["pid"].as_u64().unwrap() as u32;
    signal(worker, Signal::STOP);
    let stopped = until_lost(&mut run, "task", timeout);
    run.finish().code(0);

    let workspace = Workspace::new();
    workspace.add("in/spin.png", &pictures::png(60, 40, 1));
    let mut run = workspace.lote(command).misbehaving("").start();
    let spinning = until_lost(&mut run, "task", timeout);
    run.finish().code(1);
    println!("dead after the deadline: stopped {stopped:.2?}, busy in a loop {spinning:.2?}");
    assert!(stopped.max(spinning) < Duration::from_secs(2));
}

#[test]
#[ignore = "measures; to be run by hand"]
fn from_a_stop_to_the_death_of_what_stands_still() {
    let workspace = Workspace::with_pictures(1, 60, 40);
    let mut run = workspace.lote("run in -f sepia -j 1 -o out --ndjson").start();
    let worker = run.until(|event| event["state"] == "ready")["pid"].as_u64().unwrap() as u32;
    signal(worker, Signal::STOP);
    let frozen = until_lost(&mut run, "task", Duration::ZERO);
    run.finish().code(0);
    println!("stopped worker dead after {frozen:.2?}, without any time limit");
    assert!(frozen < Duration::from_secs(13));
}

#[test]
#[ignore = "measures; to be run by hand"]
fn until_a_crash_loop_is_given_up() {
    for (manners, slots) in [("exit-0", 1), ("exit-3", 2), ("exit-3", 8)] {
        let workspace = Workspace::with_pictures(10, 30, 20);
        let command = format!("run in -f sepia -j {slots} -o out --ndjson");
        let begun = Instant::now();
        let outcome = workspace.lote(&command).misbehaving(manners).run().code(5);
        let took = begun.elapsed();
        let errors = outcome.stderr.lines().filter(|line| line.starts_with("error: ")).count();
        println!("{manners}, {slots} workers: stopped after {took:.2?} with {errors} message");
        assert!(took < Duration::from_secs(10) && errors == 1);
    }
}

#[test]
#[ignore = "measures; to be run by hand"]
fn giants_and_the_memory_that_they_take() {
    let side = |megapixels: u32| f64::from(megapixels * 1_000_000).sqrt() as u32;
    for (megapixels, format, filters) in [
        (24, ImageFormat::Jpeg, "-f blur"),
        (100, ImageFormat::Jpeg, "-f blur"),
        (100, ImageFormat::Jpeg, "-f grises -f blur -f bordes"),
        (100, ImageFormat::Png, "-f nitidez"),
    ] {
        let workspace = Workspace::new();
        let side = side(megapixels);
        workspace.add("in/giant", &pictures::encoded(format, side, side, 1));
        let bytes = std::fs::metadata(workspace.path("in/giant")).unwrap().len();
        let outcome = workspace.lote(&format!("run in/giant {filters} -j 1 -o out --json")).run();
        let summary = outcome.code(0).json();
        let peak = summary["workers_peak_bytes"].as_u64().unwrap();
        let decoded = u64::from(side) * u64::from(side) * 3;
        println!(
            "{megapixels} MP {format:?} {filters}: {} MiB = {} MiB of file + {:.2} x decoded, {:.1} s",
            peak >> 20,
            bytes >> 20,
            (peak - bytes) as f64 / decoded as f64,
            summary["seconds"].as_f64().unwrap(),
        );
    }
}

/// Of an odd number of values: the median, and both quartiles.
fn quartiles(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    let last = values.len() - 1;
    [values[last / 4], values[last / 2], values[last - last / 4]]
}

#[test]
#[ignore = "measures; to be run by hand"]
fn what_it_costs_to_have_every_output_on_the_disk() {
    const ROUNDS: usize = 11;
    for (count, width, height) in [(300, 300, 200), (16, 3000, 2000)] {
        let workspace = Workspace::new();
        for number in 0..count {
            workspace.add(&format!("in/{number}.jpg"), &pictures::jpeg(width, height, number));
        }
        let seconds = |durable: bool| {
            let flag = if durable { "--durable" } else { "" };
            let command = format!("run in -f blur -f sepia -o out --json {flag}");
            let summary = workspace.lote(&command).run().code(0).json();
            std::fs::remove_dir_all(workspace.path("out")).unwrap();
            // Nothing of one run is left to be written in the next.
            rustix::fs::sync();
            summary["seconds"].as_f64().unwrap()
        };
        seconds(false);
        let (mut more, mut each) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let first = seconds(round % 2 == 0);
            let second = seconds(round % 2 == 1);
            let (plain, durable) = if round % 2 == 0 { (second, first) } else { (first, second) };
            more.push((durable / plain - 1.0) * 100.0);
            each.push((durable - plain) * 1000.0 / f64::from(2 * count));
        }
        let ([low, median, high], [_, each, _]) = (quartiles(more), quartiles(each));
        println!(
            "--durable, {count} images of {width} x {height}, {ROUNDS} pairs: {median:.1} % more time \
             (quartiles {low:.1} and {high:.1}), {each:.2} ms an output"
        );
    }
}

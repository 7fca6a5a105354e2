//! Workers that die in mid-run: nothing is lost, nothing is half-written, no bit differs.

use std::collections::{HashMap, HashSet};

use rustix::process::Signal;

use crate::support::processes::{crash, signal};
use crate::support::workspace::{Files, assert_same};
use crate::support::{Running, Workspace};

const FILTERS: &str = "-f blur -f bordes -f redimensionar:porcentaje=50";

/// What an undisturbed run makes.
fn undisturbed(workspace: &Workspace) -> Files {
    let calm = workspace.lote(&format!("run in {FILTERS} -o calm --ndjson")).run().code(0);
    assert_eq!(calm.deaths(), 0);
    workspace.files("calm")
}

/// Has workers crash in turn by these signals, when one begins with an image or has made the first
/// output of one. Returns how many did.
fn crash_some(run: &mut Running, signals: &[Signal]) -> usize {
    let mut pids = HashMap::new();
    let (mut images, mut crashed) = (HashSet::new(), HashSet::new());
    while let Some(event) = run.next() {
        let Some(signal) = signals.get(crashed.len()) else { break };
        let worker = event["worker"].as_u64();
        let moment = if crashed.len() % 2 == 0 { "task" } else { "output" };
        if event["event"] == "worker" {
            pids.insert(worker, event["pid"].as_u64().unwrap() as u32);
        } else if event["event"] == moment && event["attempt"] == 1 {
            // An image that is hit twice would be taken for the cause.
            let new = images.insert(event["image"].to_string());
            if new && !crashed.contains(&pids[&worker]) && crash(pids[&worker], *signal) {
                crashed.insert(pids[&worker]);
            }
        }
    }
    crashed.len()
}

#[test]
fn workers_that_die_of_any_signal_are_replaced_and_no_output_differs() {
    let workspace = Workspace::with_pictures(16, 500, 400);
    let calm = undisturbed(&workspace);
    let mut run = workspace.lote(&format!("run in {FILTERS} -j 3 -o out --ndjson")).start();
    let signals = [
        (Signal::KILL, "SIGKILL"),
        (Signal::SEGV, "SIGSEGV"),
        (Signal::ABORT, "SIGABRT"),
        (Signal::BUS, "SIGBUS"),
        (Signal::TERM, "SIGTERM"),
        (Signal::KILL, "SIGKILL"),
        (Signal::ILL, "SIGILL"),
        (Signal::KILL, "SIGKILL"),
    ];
    let crashed = crash_some(&mut run, &signals.map(|(signal, _)| signal));
    assert!(crashed >= 3, "the run was over after {crashed} deaths");
    let outcome = run.finish().code(0);
    outcome.assert_books();
    assert_eq!(outcome.event("finished")["lost_workers"], crashed);
    let workers = outcome.events("worker");
    let lost = workers.iter().filter(|worker| worker["state"] == "lost");
    let mut reasons: Vec<_> = lost.map(|worker| worker["reason"].as_str().unwrap()).collect();
    reasons.sort_unstable();
    let mut expected: Vec<_> = signals[..crashed].iter().map(|(_, name)| *name).collect();
    expected.sort_unstable();
    assert_eq!(reasons, expected);
    // All that is there: no temporary file is among it.
    assert_same(&calm, &workspace.files("out"));
}

#[test]
fn in_processes_mode_a_crash_costs_one_image() {
    let workspace = Workspace::with_pictures(6, 500, 400);
    let mut run = workspace.lote(&format!("run in {FILTERS} -j 3 -o out --ndjson")).start();
    assert_eq!(crash_some(&mut run, &[Signal::SEGV]), 1);
    let outcome = run.finish().code(0);
    let repeated: Vec<_> =
        outcome.events("task").into_iter().filter(|task| task["attempt"] == 2).collect();
    assert!(repeated.len() <= 1, "{repeated:#?}");
    assert_eq!(outcome.deaths(), 1);
}

#[test]
fn an_image_is_not_blamed_for_kills_from_outside() {
    let workspace = Workspace::with_pictures(3, 300, 200);
    let calm = undisturbed(&workspace);
    let mut run = workspace.lote(&format!("run in {FILTERS} -j 1 -o out --ndjson")).start();
    for _ in 0..3 {
        let worker = run.until(|event| event["state"] == "ready")["pid"].as_u64().unwrap() as u32;
        // Stopped, it cannot get on to another image before it is killed.
        signal(worker, Signal::STOP);
        run.until_event("task");
        signal(worker, Signal::KILL);
    }
    run.finish().code(0).assert_books();
    assert_same(&calm, &workspace.files("out"));
}

#[test]
fn a_worker_that_hangs_is_killed_by_its_deadline_and_its_image_repeated() {
    let workspace = Workspace::with_pictures(4, 200, 150);
    let calm = undisturbed(&workspace);
    let mut run =
        workspace.lote(&format!("run in {FILTERS} -j 1 --timeout 3 -o out --ndjson")).start();
    let worker = run.until(|event| event["state"] == "ready")["pid"].as_u64().unwrap() as u32;
    signal(worker, Signal::STOP);
    let outcome = run.finish().code(0);
    outcome.assert_books();
    let lost = outcome.events("worker").into_iter().find(|w| w["state"] == "lost").unwrap();
    assert_eq!(
        (lost["pid"].as_u64(), lost["reason"].as_str()),
        (Some(worker.into()), Some("timeout"))
    );
    assert_same(&calm, &workspace.files("out"));
}

//! Workers that die in mid-run: nothing is lost, nothing is half-written, no bit differs.

use std::collections::HashMap;

use rustix::process::Signal;

use crate::support::processes::{crash, signal};
use crate::support::workspace::{Files, assert_same};
use crate::support::{Outcome, Running, Workspace};

const FILTERS: &str = "-f blur -f bordes -f redimensionar:porcentaje=50";

/// What an undisturbed run makes.
fn undisturbed(workspace: &Workspace) -> Files {
    let calm = workspace.lote(&format!("run in {FILTERS} -o calm --ndjson")).run().code(0);
    assert_eq!(calm.deaths(), 0);
    workspace.files("calm")
}

/// How often an image may be hit from outside before that is held against it, less one to spare.
const MOST_HITS: usize = 3;

/// Has workers die in turn by these signals, by turns when they begin with an image and when they
/// have made the first output of one. Returns how many the program has lost by that: a worker that
/// was struck when nothing was left to do has only left.
///
/// What a worker has gone on to by the time of the blow is known when its loss is told. So there is
/// one blow at a time, and none any more when an image could be given up for it.
fn crash_some(run: &mut Running, signals: &[Signal]) -> usize {
    let (mut pids, mut running, mut hits) = (HashMap::new(), HashMap::new(), HashMap::new());
    let (mut struck, mut lost) = (None, 0);
    while let Some(event) = run.next() {
        let worker = event["worker"].as_u64();
        let moment = if lost % 2 == 0 { "task" } else { "output" };
        if event["state"] == "lost" {
            assert_eq!(struck.take(), pids.remove(&worker), "nobody struck it");
            lost += 1;
            *hits.entry(running.remove(&worker)).or_insert(0) += 1;
        } else if event["event"] == "worker" {
            pids.insert(worker, event["pid"].as_u64().unwrap() as u32);
        } else if event["event"] == "task" {
            running.insert(worker, event["image"].clone());
        }
        if event["event"] == moment
            && struck.is_none()
            && hits.values().all(|hits| *hits < MOST_HITS)
            // An output that was given up has no worker; why is in what the program says.
            && let (Some(pid), Some(signal)) = (pids.get(&worker), signals.get(lost))
            && crash(*pid, *signal)
        {
            struck = Some(*pid);
        }
        if lost == signals.len() {
            break;
        }
    }
    lost
}

/// Starts the command, which writes to `out`, and has workers of it die. A run that was faster than
/// `least` blows shows nothing: it is made again.
fn crashed(
    workspace: &Workspace,
    command: &str,
    out: &str,
    signals: &[Signal],
    least: usize,
) -> (Outcome, usize) {
    loop {
        let mut run = workspace.lote(command).start();
        let lost = crash_some(&mut run, signals);
        let outcome = run.finish().code(0);
        if lost >= least {
            return (outcome, lost);
        }
        std::fs::remove_dir_all(workspace.path(out)).unwrap();
    }
}

/// The reasons of all deaths, sorted.
fn reasons(outcome: &Outcome) -> Vec<String> {
    let workers = outcome.events("worker").into_iter();
    let lost = workers.filter(|worker| worker["state"] == "lost");
    let mut reasons: Vec<_> = lost.map(|w| w["reason"].as_str().unwrap().to_owned()).collect();
    reasons.sort();
    reasons
}

#[test]
fn workers_that_are_killed_again_and_again_are_replaced_and_no_output_differs() {
    let workspace = Workspace::with_pictures(16, 500, 400);
    let calm = undisturbed(&workspace);
    let signals = [
        (Signal::KILL, "SIGKILL"),
        (Signal::KILL, "SIGKILL"),
        (Signal::TERM, "SIGTERM"),
        (Signal::KILL, "SIGKILL"),
        (Signal::HUP, "SIGHUP"),
        (Signal::INT, "SIGINT"),
        (Signal::QUIT, "SIGQUIT"),
        (Signal::KILL, "SIGKILL"),
        (Signal::KILL, "SIGKILL"),
        (Signal::KILL, "SIGKILL"),
    ];
    let command = format!("run in {FILTERS} -j 3 -o out --ndjson");
    let blows = signals.map(|(signal, _)| signal);
    let (outcome, lost) = crashed(&workspace, &command, "out", &blows, 3);
    outcome.assert_books();
    assert_eq!(outcome.event("finished")["lost_workers"], lost);
    let mut expected: Vec<_> = signals[..lost].iter().map(|(_, name)| *name).collect();
    expected.sort_unstable();
    assert_eq!(reasons(&outcome), expected);
    // All that is there: no temporary file is among it.
    assert_same(&calm, &workspace.files("out"));
}

#[test]
fn a_crash_of_any_kind_is_told_by_its_signal_and_no_output_differs() {
    let workspace = Workspace::with_pictures(6, 300, 200);
    let calm = undisturbed(&workspace);
    for (signal, name) in [
        (Signal::SEGV, "SIGSEGV"),
        (Signal::ABORT, "SIGABRT"),
        (Signal::BUS, "SIGBUS"),
        (Signal::ILL, "SIGILL"),
    ] {
        let command = format!("run in {FILTERS} -j 2 -o {name} --ndjson");
        let (outcome, _) = crashed(&workspace, &command, name, &[signal], 1);
        outcome.assert_books();
        assert_eq!(reasons(&outcome), [name]);
        assert_same(&calm, &workspace.files(name));
    }
}

#[test]
fn in_processes_mode_a_crash_costs_one_image() {
    let workspace = Workspace::with_pictures(6, 500, 400);
    let command = format!("run in {FILTERS} -j 3 -o out --ndjson");
    let (outcome, _) = crashed(&workspace, &command, "out", &[Signal::SEGV], 1);
    let repeated: Vec<_> =
        outcome.events("task").into_iter().filter(|task| task["attempt"] == 2).collect();
    assert!(repeated.len() <= 1, "{repeated:#?}");
    assert_eq!(outcome.deaths(), 1);
}

#[test]
fn an_image_is_not_blamed_for_kills_from_outside() {
    let workspace = Workspace::with_pictures(3, 1500, 1000);
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
    let workspace = Workspace::with_pictures(4, 600, 500);
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

//! Workers that were started by hand.

use std::time::Duration;

use rustix::process::Signal;

use crate::support::processes::{Watched, signal};
use crate::support::{Running, Workspace};

/// A run whose only worker has been stopped, and a worker that is started by hand.
struct Guest {
    run: Running,
    socket: String,
    /// The process of the run's own worker: what it does not make is left to the other one.
    own: u32,
    hand_started: Running,
}

impl Guest {
    fn of(workspace: &Workspace) -> Self {
        let run = "run in -f blur -j 1 -o out --ndjson --external-workers";
        let mut run = workspace.lote(run).start();
        let socket = run.until_event("listening")["socket"].as_str().unwrap().to_owned();
        let own = run.until(|event| event["state"] == "ready")["pid"].as_u64().unwrap() as u32;
        signal(own, Signal::STOP);
        let hand_started = workspace.lote("worker connect").arg(&socket).start();
        Self { run, socket, own, hand_started }
    }
}

#[test]
fn a_worker_started_by_hand_takes_part_and_leaves_with_the_run() {
    let workspace = Workspace::with_pictures(8, 1000, 800);
    let Guest { mut run, socket, own, hand_started: guest } = Guest::of(&workspace);
    let ready = run.until(|event| event["state"] == "ready");
    assert_eq!(ready["pid"], guest.pid());
    let worker = ready["worker"].clone();
    assert_ne!(worker, 1);
    run.until(|event| event["event"] == "output" && event["worker"] == worker);
    signal(own, Signal::CONT);
    let outcome = run.finish().code(0);
    outcome.assert_books();
    guest.finish().code(0);
    assert_eq!(workspace.names("out").len(), 8);
    let stopped = outcome.events("worker").into_iter().filter(|w| w["state"] == "stopped").count();
    assert_eq!(stopped, 2);
    let told = workspace.redact(&outcome.stderr);
    let line = told.lines().next().unwrap();
    let name = socket.rsplit('/').nth(1).unwrap();
    let line = line.replace(name, "[SOCKET]");
    insta::assert_snapshot!(line, @"more workers join by: lote worker connect [DIR]/tmp/[SOCKET]/master.sock");
}

#[test]
fn a_worker_started_by_hand_that_dies_costs_one_image_a_repetition() {
    let workspace = Workspace::with_pictures(6, 1000, 800);
    let Guest { mut run, own, hand_started: guest, .. } = Guest::of(&workspace);
    let worker = run.until(|event| event["state"] == "ready")["worker"].clone();
    run.until(|event| event["event"] == "task" && event["worker"] == worker);
    signal(guest.pid(), Signal::KILL);
    let lost = run.until(|event| event["state"] == "lost");
    assert_eq!((&lost["worker"], lost["reason"].as_str()), (&worker, Some("hung up")));
    signal(own, Signal::CONT);
    let outcome = run.finish().code(0);
    outcome.assert_books();
    assert_eq!(workspace.names("out").len(), 6);
}

#[test]
fn a_worker_started_by_hand_leaves_when_the_master_is_killed() {
    let workspace = Workspace::with_pictures(4, 1500, 1000);
    let Guest { mut run, hand_started: guest, .. } = Guest::of(&workspace);
    run.until(|event| event["state"] == "ready" && event["pid"] == guest.pid());
    let watched = Watched::new(guest.pid());
    signal(run.pid(), Signal::KILL);
    watched.wait(Duration::from_secs(20));
}

#[test]
fn a_worker_that_finds_no_master_says_so() {
    let workspace = Workspace::new();
    let outcome = workspace.lote("worker connect ./nobody.sock").run().code(2);
    insta::assert_snapshot!(outcome.stderr, @r"
    lote-worker: no token: the socket's folder holds none for workers started by hand
    lote-worker: hint: start the master with --external-workers and use the SOCKET it prints
    ");
    workspace.add("token", b"00112233445566778899aabbccddeeff");
    let outcome = workspace.lote("worker connect ./nobody.sock").run().code(1);
    insta::assert_snapshot!(outcome.stderr, @"lote-worker: no master answers at ./nobody.sock: no such file or folder");
}

//! Watchdog, memory and quarantine: who stands still is noticed, giants take turns, and what is
//! given up comes with all that is needed to look into it.

use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use rustix::process::Signal;
use serde_json::Value;

use crate::support::processes::signal;
use crate::support::program::LOTE;
use crate::support::workspace::assert_same;
use crate::support::{Outcome, Workspace, pictures};

/// With six small pictures, and so many large ones: `giant0.png`, `giant1.png`. Blurring one of
/// these takes about 55 MiB.
fn with_giants(giants: u32) -> Workspace {
    let workspace = Workspace::with_pictures(6, 80, 60);
    for seed in 0..giants {
        let name = format!("in/giant{seed}.png");
        workspace.add(&name, &pictures::translucent_png(2000, 1500, seed));
    }
    workspace
}

/// What a worker's death, or its restart, was put down to.
fn reasons(outcome: &Outcome, state: &str) -> Vec<String> {
    let workers = outcome.events("worker").into_iter();
    let reasons = workers.filter(|worker| worker["state"] == state);
    reasons.filter_map(|worker| worker["reason"].as_str().map(str::to_owned)).collect()
}

#[test]
fn a_worker_that_stands_still_is_replaced_long_before_its_deadline_and_nobody_is_blamed() {
    let workspace = Workspace::with_pictures(4, 1500, 1000);
    workspace.lote("run in -f blur -o calm").run().code(0);
    let mut run = workspace.lote("run in -f blur -j 1 -o out --ndjson").start();
    let worker = run.until(|event| event["state"] == "ready")["pid"].as_u64().unwrap() as u32;
    signal(worker, Signal::STOP);
    let outcome = run.finish().code(0);
    outcome.assert_books();
    assert_eq!(reasons(&outcome, "lost"), ["frozen"]);
    assert_same(&workspace.files("calm"), &workspace.files("out"));
}

#[test]
fn giants_take_turns_and_a_worker_that_keeps_their_memory_is_replaced() {
    let workspace = with_giants(2);
    workspace.lote("run in -f blur -o calm").run().code(0);
    let outcome = workspace.lote("run in -f blur -j 2 --max-memory 70M -o out --ndjson").run();
    let outcome = outcome.code(0);
    outcome.assert_books();
    assert_eq!(outcome.deaths(), 0);
    let recycled = reasons(&outcome, "restarted");
    assert_eq!(recycled.len(), 1, "after the last giant nothing is left to do: {recycled:?}");
    assert!(recycled[0].starts_with("recycled: held "), "{recycled:?}");
    assert_eq!(outcome.event("finished")["lost_workers"], 0);
    // Begin and end of each, in the order in which they happened.
    let of_giants: Vec<_> = outcome
        .all_events()
        .filter(|event| event["image"].as_str().is_some_and(|image| image.starts_with("giant")))
        .map(|event| event["event"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(of_giants, ["task", "output", "task", "output"]);
    assert_same(&workspace.files("calm"), &workspace.files("out"));
}

/// The one output that was given up.
fn quarantined(outcome: &Outcome) -> Value {
    let outputs = outcome.events("output").into_iter();
    let mut given_up: Vec<_> = outputs.filter(|o| o["status"] == "quarantined").collect();
    assert_eq!(given_up.len(), 1, "{given_up:#?}");
    given_up.remove(0)
}

#[test]
fn an_image_that_needs_more_memory_than_allowed_says_so_and_costs_nobody_else_anything() {
    let workspace = with_giants(1);
    let outcome = workspace.lote("run in -f blur -j 2 --max-memory 30M -o out --ndjson").run();
    let outcome = outcome.code(1);
    outcome.assert_books();
    let given_up = quarantined(&outcome);
    assert_eq!(
        (&given_up["image"], &given_up["kind"]),
        (&"giant0.png".into(), &"too-large".into())
    );
    insta::assert_snapshot!(given_up["reason"].as_str().unwrap(), @"it needs more memory than --max-memory allows (30 MiB): its worker process died 2 times while encoding (SIGABRT)");
    assert_eq!(outcome.event("finished")["ok"], 6);
    assert_eq!(outcome.deaths(), 2, "it is repeated once, on a fresh worker");
}

#[test]
fn the_command_that_comes_with_a_quarantine_fails_as_the_worker_did() {
    let workspace = with_giants(1);
    // A name that has to be quoted, and one that has to be kept from steering a terminal.
    for name in ["it's $HOME \"quoted\".png", "two\nlines \u{1b}[31m.png"] {
        let folder = Workspace::new();
        let picture = std::fs::read(workspace.path("in/giant0.png")).unwrap();
        folder.add(&format!("in/{name}"), &picture);
        let run =
            "run in -j 1 --max-memory 30M --quality 90 --background #000010 -o out --format jpg";
        let outcome = folder.lote(run).arg("--ndjson").arg("-f").arg("my blur=blur:radius=3").run();
        let outcome = outcome.code(1);
        let given_up = quarantined(&outcome);
        let command = given_up["reproduce"].as_str().unwrap();
        assert!(outcome.stderr.contains(command), "{}\n{command}", outcome.stderr);
        assert_eq!(outcome.event("finished")["quarantine"][0]["reproduce"], command);
        let rest = command.strip_prefix("lote worker apply ").unwrap();
        assert!(!rest.contains(char::is_control), "{rest:?}");
        assert!(rest.contains("--quality 90 --background '#000010' --max-memory 30M"), "{rest}");
        let shell = |memory: &str| {
            let script = format!("{LOTE} worker apply {}", rest.replace("30M", memory));
            Command::new("bash").arg("-c").arg(script).env("LOTE_LANG", "en").output().unwrap()
        };
        let failed = shell("30M");
        let signal = failed.status.signal().or(failed.status.code().map(|code| code - 128));
        let said = String::from_utf8_lossy(&failed.stderr).into_owned();
        assert_eq!(signal, Some(6), "SIGABRT: {said}");
        assert!(said.contains("memory allocation of "), "{said}");
        // With memory enough the same command makes the output.
        let made = shell("300M");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        assert_eq!(folder.names("out").len(), 1);
    }
}

#[test]
fn the_summary_lists_what_was_given_up_with_the_last_words_and_the_command() {
    let workspace = Workspace::with_pictures(2, 40, 30);
    workspace.add("in/poison.png", &pictures::png(40, 30, 9));
    let outcome = workspace.lote("run in -f sepia -f blur -j 1 -o out").misbehaving("").run();
    let outcome = outcome.code(1);
    let (_, summary) = outcome.stderr.split_once("given up").unwrap();
    insta::assert_snapshot!(workspace.redact(summary), @"
    ; each of these commands makes one output alone:
        poison: this image is more than I can take
      lote worker apply [DIR]/in/poison.png [DIR]/out/sepia/poison_sepia.png -f sepia
        poison: this image is more than I can take
      lote worker apply [DIR]/in/poison.png [DIR]/out/blur/poison_blur.png -f blur
    ");
    let json = workspace.lote("run in -f sepia -j 1 -o out --json").misbehaving("").run().code(1);
    let given_up = &json.json()["quarantine"][0];
    assert_eq!(given_up["image"], "poison.png");
    assert_eq!(
        given_up["stderr"],
        serde_json::json!(["poison: this image is more than I can take"])
    );
}

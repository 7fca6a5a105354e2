//! A worker that misbehaves on command: what it does is its image's failure, or ends the run with
//! one clear message, and costs nobody else anything.

use std::collections::HashMap;
use std::fs;

use crate::support::workspace::assert_same;
use crate::support::{Outcome, Workspace};

/// Nine images, of which `name` is the one that the worker takes offence at.
fn with_one(name: &str) -> Workspace {
    let workspace = Workspace::with_pictures(9, 60, 40);
    fs::rename(workspace.path("in/04.png"), workspace.path(&format!("in/{name}"))).unwrap();
    workspace
}

/// Runs it all, and asserts that `name` is quarantined after two attempts and that everything else
/// is what an undisturbed run makes.
fn quarantines(name: &str, arguments: &str) -> Outcome {
    let workspace = with_one(name);
    let arguments = format!("run in -f sepia -f blur -j 2 -o out --ndjson {arguments}");
    let outcome = workspace.lote(&arguments).misbehaving("").run().code(1);
    outcome.assert_books();
    for output in outcome.events("output") {
        let bad = output["image"] == name && output["status"] != "ok";
        if bad {
            assert_eq!(output["status"], "quarantined", "{output}");
            assert_eq!(output["attempt"], 2, "{output}");
        } else {
            assert_eq!(output["status"], "ok", "{output}");
        }
    }
    workspace.lote("run in -f sepia -f blur -o calm").run().code(0);
    let (mut calm, mut made) = (workspace.files("calm"), workspace.files("out"));
    // What was made of the image itself depends on how far it got.
    let others = |file: &str| !file.contains(name.trim_end_matches(".png"));
    calm.retain(|file, _| others(file));
    made.retain(|file, _| others(file));
    assert_same(&calm, &made);
    outcome
}

/// Why the outputs of an image were given up; the same for all that were.
fn reason(outcome: &Outcome, name: &str) -> String {
    let bad: Vec<_> =
        outcome.outputs_of(name).into_iter().filter(|output| output["status"] != "ok").collect();
    assert!(bad.iter().all(|output| output["reason"] == bad[0]["reason"]), "{bad:#?}");
    format!("{}: {}", bad[0]["kind"].as_str().unwrap(), bad[0]["reason"].as_str().unwrap())
}

#[test]
fn an_image_that_kills_its_workers_is_quarantined_after_two() {
    let outcome = quarantines("poison.png", "");
    insta::assert_snapshot!(reason(&outcome, "poison.png"), @"crash: its worker process died 2 times (SIGABRT): poison: this image is more than I can take");
    assert_eq!(outcome.deaths(), 2);
    assert!(outcome.stderr.contains("poison.png"));
}

#[test]
fn an_image_that_hangs_its_workers_is_quarantined_after_two_deadlines() {
    let outcome = quarantines("hang.png", "--timeout 2");
    insta::assert_snapshot!(reason(&outcome, "hang.png"), @"timeout: it took too long 2 times; --timeout gives it more time");
    assert_eq!(outcome.deaths(), 2);
}

#[test]
fn an_image_that_keeps_its_workers_busy_for_ever_is_quarantined_after_two_deadlines() {
    let outcome = quarantines("spin.png", "--timeout 1");
    insta::assert_snapshot!(reason(&outcome, "spin.png"), @"timeout: it took too long 2 times; --timeout gives it more time");
    assert_eq!(outcome.deaths(), 2);
}

#[test]
fn a_worker_that_sends_garbage_is_killed_and_its_image_repeated() {
    let outcome = quarantines("babble.png", "");
    insta::assert_snapshot!(reason(&outcome, "babble.png"), @"crash: its worker process died 2 times (senseless messages)");
    assert_eq!(outcome.deaths(), 2);
}

#[test]
fn an_output_that_a_worker_forgets_is_asked_for_again_and_then_given_up() {
    let outcome = quarantines("forget.png", "");
    insta::assert_snapshot!(reason(&outcome, "forget.png"), @"crash: it was not finished in 2 attempts");
    let made: Vec<_> =
        outcome.outputs_of("forget.png").iter().map(|o| o["status"].clone()).collect();
    assert_eq!(made, ["ok", "quarantined"], "what it did not forget is kept");
}

#[test]
fn a_worker_that_reports_what_it_was_not_given_is_not_believed() {
    let outcome = quarantines("liar.png", "");
    insta::assert_snapshot!(reason(&outcome, "liar.png"), @"crash: its worker process died 2 times (senseless messages)");
    assert_eq!(outcome.event("finished")["ok"], 16);
}

/// How many workers died while that image was the last that they had begun with.
fn deaths_at(outcome: &Outcome, image: &str) -> usize {
    let mut begun = HashMap::new();
    let mut deaths = 0;
    for event in outcome.all_events() {
        let worker = event["worker"].as_u64();
        if event["event"] == "task" {
            begun.insert(worker, event["image"].clone());
        } else if event["state"] == "lost" {
            deaths += usize::from(begun.remove(&worker).is_some_and(|begun| begun == image));
        }
    }
    deaths
}

#[test]
fn everything_that_a_worker_can_do_wrong_in_one_run_costs_its_own_image_and_no_other() {
    let bad = ["panic", "poison", "segv", "greedy", "hang", "babble", "leave"];
    let workspace = Workspace::with_pictures(40, 60, 40);
    for (number, name) in bad.iter().enumerate() {
        let old = workspace.path(&format!("in/{:02}.png", number * 5 + 3));
        fs::rename(old, workspace.path(&format!("in/{name}.png"))).unwrap();
    }
    let run = workspace.lote("run in -f sepia -j 3 --timeout 2 -o out --ndjson").misbehaving("");
    let outcome = run.run().code(1);
    outcome.assert_books();
    for output in outcome.events("output") {
        let image = output["image"].as_str().unwrap().trim_end_matches(".png");
        let (status, kind) = match image {
            "hang" | "panic" => ("quarantined", "timeout"),
            _ if bad.contains(&image) => ("quarantined", "crash"),
            _ => ("ok", ""),
        };
        assert_eq!(output["status"], status, "{output}");
        assert_eq!(output["kind"].as_str().unwrap_or_default(), kind, "{output}");
    }
    // Two deaths each, whatever else had been waiting in the workers that died.
    for name in bad {
        assert_eq!(deaths_at(&outcome, &format!("{name}.png")), 2, "{name}");
    }
    assert_eq!(outcome.deaths(), 2 * bad.len());
    println!(
        "misbehaving worker: {} ways ({}), each quarantined after 2 deaths, {} others done",
        bad.len(),
        bad.join(", "),
        outcome.event("finished")["ok"]
    );
}

/// Runs with workers that never get to work; asserts that it ends with one message.
fn never_works(manners: &str) -> String {
    let workspace = Workspace::with_pictures(3, 30, 20);
    let run = workspace.lote("run in -f sepia -j 2 -o out --ndjson").misbehaving(manners);
    let outcome = run.run().code(5);
    outcome.assert_books();
    assert_eq!(outcome.event("finished")["failed"], 3);
    assert!(workspace.names("out").is_empty());
    let errors: Vec<_> =
        outcome.stderr.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(errors.len(), 1, "{}", outcome.stderr);
    errors[0].to_owned()
}

/// What is said about workers of several manners, a line each.
fn say(manners: &[&str]) -> String {
    let lines = manners.iter().map(|manners| format!("{manners}: {}", never_works(manners)));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn workers_that_exit_at_once_end_the_run_with_one_message() {
    insta::assert_snapshot!(say(&["exit-0", "exit-3"]), @r"
    exit-0: error: no worker is left: it kept dying (exit code 0)
    exit-3: error: no worker is left: it kept dying (exit code 3): something is missing
    ");
}

#[test]
fn workers_that_do_not_belong_here_are_refused_and_not_started_again() {
    let manners = ["no-worker", "wrong-version", "wrong-build", "wrong-token"];
    insta::assert_snapshot!(say(&manners), @r"
    no-worker: error: no worker is left: the master refused this worker: the peer is not a Lote worker
    wrong-version: error: no worker is left: the master refused this worker: the worker speaks protocol 67, this program 3; use the worker that came with it
    wrong-build: error: no worker is left: the master refused this worker: the worker was built from other sources than this program; build both from the same ones
    wrong-token: error: no worker is left: the master refused this worker: its token is not valid (any more)
    ");
}

#[test]
fn workers_that_send_garbage_for_a_greeting_end_the_run() {
    insta::assert_snapshot!(say(&["garbage-for-hello"]), @"garbage-for-hello: error: no worker is left: it kept dying (exit code 1): unexpected end of file");
}

#[test]
fn a_worker_command_that_does_not_exist_ends_the_run_with_one_message() {
    let workspace = Workspace::with_pictures(1, 30, 20);
    let run = "run in -f sepia -q -o out --worker-command ./no-such-program";
    let outcome = workspace.lote(run).run().code(5);
    insta::assert_snapshot!(outcome.stderr, @r"
    ✗ worker 1 is not replaced any more: ./no-such-program could not be started: no such file or folder
    ✗ 00.png: crash: no worker is left to make it
    error: no worker is left: ./no-such-program could not be started: no such file or folder
    hint: `lote doctor` looks for the cause
    ");
}

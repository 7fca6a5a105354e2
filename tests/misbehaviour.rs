//! A worker that misbehaves on command: what it does is its image's failure, or ends the run with
//! one clear message, and costs nobody else anything.

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
            fs::remove_file(workspace.path("out").join(format!(
                "{0}/{1}_{0}.png",
                output["variant"].as_str().unwrap(),
                name.trim_end_matches(".png")
            )))
            .ok();
        } else {
            assert_eq!(output["status"], "ok", "{output}");
        }
    }
    workspace.lote("run in -f sepia -f blur -o calm").run().code(0);
    let (mut calm, made) = (workspace.files("calm"), workspace.files("out"));
    calm.retain(|file, _| made.contains_key(file) || !file.contains(name.trim_end_matches(".png")));
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
    insta::assert_snapshot!(reason(&outcome, "poison.png"), @"crash: its worker process died 2 times (SIGABRT)");
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
fn a_worker_that_sends_garbage_is_killed_and_its_image_repeated() {
    let outcome = quarantines("babble.png", "");
    insta::assert_snapshot!(reason(&outcome, "babble.png"), @"");
    assert_eq!(outcome.deaths(), 2);
}

#[test]
fn an_output_that_a_worker_forgets_is_asked_for_again_and_then_given_up() {
    let outcome = quarantines("forget.png", "");
    insta::assert_snapshot!(reason(&outcome, "forget.png"), @"");
    let made: Vec<_> =
        outcome.outputs_of("forget.png").iter().map(|o| o["status"].clone()).collect();
    assert_eq!(made, ["ok", "quarantined"], "what it did not forget is kept");
}

#[test]
fn a_worker_that_reports_what_it_was_not_given_is_not_believed() {
    let outcome = quarantines("liar.png", "");
    insta::assert_snapshot!(reason(&outcome, "liar.png"), @"");
    assert_eq!(outcome.event("finished")["ok"], 16);
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

#[test]
fn workers_that_exit_at_once_end_the_run_with_one_message() {
    insta::assert_snapshot!(never_works("exit-0"), @"");
    insta::assert_snapshot!(never_works("exit-3"), @"");
}

#[test]
fn workers_that_do_not_belong_here_are_refused_and_not_started_again() {
    insta::assert_snapshot!(never_works("no-worker"), @"");
    insta::assert_snapshot!(never_works("wrong-version"), @"");
    insta::assert_snapshot!(never_works("wrong-build"), @"");
    insta::assert_snapshot!(never_works("wrong-token"), @"");
}

#[test]
fn workers_that_send_garbage_for_a_greeting_end_the_run() {
    insta::assert_snapshot!(never_works("garbage-for-hello"), @"");
}

#[test]
fn a_worker_command_that_does_not_exist_ends_the_run_with_one_message() {
    let workspace = Workspace::with_pictures(1, 30, 20);
    let run = "run in -f sepia -o out --worker-command ./no-such-program";
    let outcome = workspace.lote(run).run().code(5);
    insta::assert_snapshot!(outcome.stderr, @"");
}

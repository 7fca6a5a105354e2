//! Runs that are ended from outside: by Ctrl-C, by SIGTERM, by the death of the master.

use std::time::Duration;

use lote_protocol::temporary::Owner;
use rustix::process::Signal;

use crate::support::processes::{Watched, signal};
use crate::support::workspace::assert_same;
use crate::support::{Outcome, Running, Workspace};

const FILTERS: &str = "-f blur -f bordes";

/// Goes on until so many workers are ready; returns their processes.
fn workers(run: &mut Running, count: usize) -> Vec<u32> {
    let ready = |run: &mut Running| run.until(|event| event["state"] == "ready")["pid"].as_u64();
    (0..count).map(|_| ready(run).unwrap() as u32).collect()
}

/// Runs the same command with `--if-exists skip`, and asserts that everything is there then.
fn complete(workspace: &Workspace) -> Outcome {
    let arguments = format!("run in {FILTERS} -j 2 -o out --ndjson --if-exists skip");
    let outcome = workspace.lote(&arguments).run().code(0);
    outcome.assert_books();
    workspace.lote(&format!("run in {FILTERS} -o calm")).run().code(0);
    assert_same(&workspace.files("calm"), &workspace.files("out"));
    outcome
}

fn interrupted_by(name: Signal, code: i32) {
    let workspace = Workspace::with_pictures(12, 900, 700);
    let mut run = workspace.lote(&format!("run in {FILTERS} -j 1 -o out --ndjson")).start();
    let worker = workers(&mut run, 1)[0];
    run.until_event("output");
    // As it stands still, the run cannot be over before the signal arrives.
    signal(worker, Signal::STOP);
    signal(run.pid(), name);
    run.until(|event| event["kind"] == "cancelled");
    signal(worker, Signal::CONT);
    let outcome = run.finish().code(code);
    outcome.assert_books();
    let finished = outcome.event("finished");
    let ok = finished["ok"].as_u64().unwrap();
    assert!((1..24).contains(&ok), "{ok}");
    assert_eq!(finished["failed"], 0);
    assert_eq!(outcome.deaths(), 0, "what was in hand was finished");
    assert_eq!(workspace.names("out").len() as u64, ok, "no more and no less than it says");
    let lines: Vec<_> = outcome.stderr.lines().collect();
    assert!(lines.contains(&"finishing what has been started; once more to stop at once"));
    assert!(lines.contains(&format!("error: interrupted: {ok} of 24 outputs are there").as_str()));
    assert!(lines.contains(&"hint: `lote run --resume -o out` makes the rest"));
    assert_eq!(complete(&workspace).event("finished")["skipped"], ok);
}

#[test]
fn ctrl_c_finishes_what_is_in_hand_says_how_to_go_on_and_exits_130() {
    interrupted_by(Signal::INT, 130);
}

#[test]
fn sigterm_does_the_same_and_exits_143() {
    interrupted_by(Signal::TERM, 143);
}

#[test]
fn a_second_ctrl_c_kills_what_is_in_hand() {
    let workspace = Workspace::with_pictures(4, 1400, 1000);
    let mut run = workspace.lote(&format!("run in {FILTERS} -j 2 -o out --ndjson")).start();
    let workers = workers(&mut run, 2);
    let watched: Vec<_> = workers.iter().map(|pid| Watched::new(*pid)).collect();
    for pid in &workers {
        signal(*pid, Signal::STOP);
    }
    signal(run.pid(), Signal::INT);
    run.until(|event| event["kind"] == "cancelled");
    signal(run.pid(), Signal::INT);
    let outcome = run.finish().code(130);
    outcome.assert_books();
    for worker in &watched {
        worker.wait(Duration::from_secs(5));
    }
    let names = workspace.names("out");
    assert!(names.iter().all(|name| !name.contains(".lote-")), "{names:?}");
    complete(&workspace);
}

#[test]
fn when_the_master_is_killed_its_workers_die_and_the_same_command_makes_the_rest() {
    for workers_stand_still in [false, true] {
        let workspace = Workspace::with_pictures(8, 1000, 800);
        let mut run = workspace.lote(&format!("run in {FILTERS} -j 2 -o out --ndjson")).start();
        let workers = workers(&mut run, 2);
        let watched: Vec<_> = workers.iter().map(|pid| Watched::new(*pid)).collect();
        if workers_stand_still {
            for pid in &workers {
                signal(*pid, Signal::STOP);
            }
        } else {
            run.until_event("output");
        }
        signal(run.pid(), Signal::KILL);
        // Generous for a slow machine; it takes milliseconds.
        for worker in &watched {
            worker.wait(Duration::from_secs(20));
        }
        complete(&workspace);
    }
}

#[test]
fn unfinished_files_of_a_run_that_died_are_swept_by_the_next() {
    let workspace = Workspace::with_pictures(2, 40, 30);
    // No process has this number: it is above the largest that Linux gives.
    let dead = Owner { pid: 4_194_305, ..Owner::this() }.prefix();
    workspace.add(&format!("out/blur/{dead}Ab3dE6.tmp"), b"half an image");
    workspace.add("out/blur/keep.png", b"somebody's");
    workspace.lote("run in -f blur -o out").run().code(0);
    let expected = ["blur/00_blur.png", "blur/01_blur.png", "blur/keep.png"];
    assert_eq!(workspace.names("out"), expected);
}

#[test]
fn a_reader_that_leaves_does_not_end_the_run() {
    let workspace = Workspace::with_pictures(6, 100, 80);
    let script = format!("'{}' run in -f blur -o out --ndjson | head -n 1", crate::support::LOTE);
    let output = std::process::Command::new("sh")
        .args(["-c", &script])
        .current_dir(workspace.path(""))
        .output()
        .unwrap();
    assert!(output.stdout.starts_with(b"{\"event\":\"planned\""));
    assert_eq!(workspace.names("out").len(), 6);
}

#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_said_is_told_by_the_exit_code_and_loses_no_output() {
    let workspace = Workspace::with_pictures(2, 8, 8);
    let full = |redirection: &str, arguments: &str| {
        let script = format!("exec \"$@\" {redirection}");
        workspace.lote(arguments).by(&["sh", "-c", &script, "sh"]).run()
    };
    for (nowhere, name) in [(">/dev/full", "full"), (">&-", "closed"), ("1<in/00.png", "input")] {
        full(nowhere, &format!("run in -f sepia -o {name}/a --ndjson")).code(1);
        full(nowhere, &format!("run in -f sepia -o {name}/b --json")).code(1);
        assert_eq!(workspace.names(name).len(), 4, "{nowhere}");
        full(nowhere, "run in/00.png -f sepia -o -").code(4);
        let listings = [
            "filters",
            "formats --json",
            "recipes",
            "run -f sepia --print-recipe",
            "run in -f sepia --dry-run",
            "run in -f sepia --dry-run --forecast --json",
            "completions bash",
            "run --help",
            "--version",
        ];
        for listing in listings {
            let said = full(nowhere, listing).code(1).stderr;
            assert!(said.contains("standard output could not be written"), "{listing}: {said}");
            full("| true", listing).code(0);
        }
    }
    full(">/dev/null", "run in -f sepia -o null --ndjson").code(0);
    full("2>/dev/full", "run in -f sepia -o c").code(1);
    full("2>/dev/full", "run in -f sepia -o c -q").code(0);
    full("2>&-", "run in -f sepia -o c").code(0);
    full("2>/dev/full", "run in -f nothing -o c").code(2);
    full("2>/dev/full", "run nowhere -f sepia -o d").code(3);
    full("| true", "run in -f sepia -o e --ndjson").code(0);
    for folder in ["c", "e", "null"] {
        assert_eq!(workspace.names(folder).len(), 2, "{folder}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_user_who_may_have_hardly_any_processes_is_told_and_nothing_waits_for_ever() {
    use std::os::unix::fs::PermissionsExt as _;
    // Limits hold no administrator, so that it takes one, and a user who has no process yet.
    let workspace = Workspace::with_pictures(3, 8, 8);
    let everybody = std::fs::Permissions::from_mode(0o777);
    std::fs::create_dir_all(workspace.path("tmp")).unwrap();
    for folder in ["", "tmp"] {
        std::fs::set_permissions(workspace.path(folder), everybody.clone()).unwrap();
    }
    let as_nobody = |limit: &str, arguments: &str| {
        let user = ["setpriv", "--reuid", "64321", "--regid", "64321", "--clear-groups"];
        let words = [&user[..], &["prlimit", limit], &["timeout", "-k", "1", "60"]].concat();
        workspace.lote(arguments).by(&words).run()
    };
    if !rustix::process::geteuid().is_root() || as_nobody("--nproc=99", "filters").exit() != Some(0)
    {
        eprintln!("WARNING: without another user to be, this has NOT been tested.");
        return;
    }
    let (mut worked, mut last) = (0, String::new());
    for limit in 2..=12 {
        let run = format!("run in -f sepia -j 2 -o out{limit}");
        let outcome = as_nobody(&format!("--nproc={limit}"), &run);
        assert!(!outcome.stderr.contains("panicked"), "{limit}: {}", outcome.stderr);
        last.clone_from(&outcome.stderr);
        match outcome.exit() {
            Some(0) => worked += 1,
            // `timeout` is a process, too, and may have no other.
            code => {
                assert!(matches!(code, Some(1 | 5 | 125)), "{limit}: {code:?} {}", outcome.stderr);
            }
        }
    }
    assert!(worked > 0, "{last}");
}

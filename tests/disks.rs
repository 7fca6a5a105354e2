//! Disks that are full, folders that are taken away, permissions that are lost, all in mid-run.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use rustix::process::{Signal, geteuid};

use crate::support::processes::signal;
use crate::support::small_disk::{may_mount, mounted_at, not_tested, seen_by};
use crate::support::workspace::{assert_same, files_in};
use crate::support::{Lote, Outcome, Workspace, pictures};

/// The program with a disk of 1 MiB at `out`, most of it full, which nobody else sees.
fn on_a_small_disk(command: Lote) -> Lote {
    command.by(&mounted_at("out", "1m"))
}

#[test]
fn a_full_disk_pauses_the_run_until_there_is_room_and_no_output_fails_or_is_torn() {
    if !may_mount() {
        return;
    }
    let workspace = Workspace::with_pictures(40, 160, 120);
    workspace.lote("run in -f blur -o calm").run().code(0);
    let calm = workspace.files("calm");
    for mode in ["processes", "threads"] {
        let command = format!("run in -f blur -j 2 --mode {mode} -o out --ndjson");
        let mut run = on_a_small_disk(workspace.lote(&command)).start();
        let paused = run.until_event("paused");
        assert!(paused["free_bytes"].as_u64().unwrap() < 300_000, "{paused}");
        assert!(paused["needed_bytes"].as_u64().unwrap() > 0, "{paused}");
        let out = seen_by(run.pid(), &workspace.path("out"));
        fs::remove_file(out.join("ballast")).unwrap();
        run.until_event("resumed");
        // The disk goes with the run, so it is looked at before.
        let finished = run.until_event("finished");
        assert_eq!((&finished["ok"], &finished["failed"]), (&40.into(), &0.into()));
        let outcome = run.finish().code(0);
        outcome.assert_books();
        assert_eq!(outcome.events("paused").len(), 1, "one alert");
        let alerts = outcome.stderr.lines().filter(|line| line.contains("the disk is full"));
        assert_eq!(alerts.count(), 1);
        assert_eq!(outcome.deaths(), 0);
    }
    // What is there after it has waited is what an undisturbed run makes.
    let mut run = on_a_small_disk(workspace.lote("run in -f blur -j 2 -o out --ndjson")).start();
    run.until_event("paused");
    let out = seen_by(run.pid(), &workspace.path("out"));
    let ok = run.seen().iter().filter(|line| line.contains("\"status\":\"ok\"")).count();
    assert!(ok < 40, "{ok}");
    for (name, bytes) in files_in(&out).iter().filter(|(name, _)| *name != "ballast") {
        // What a worker is about to find no room for is there for a moment.
        assert!(name.contains(".lote-") || calm[name] == *bytes, "{name} is torn");
    }
    signal(run.pid(), Signal::INT);
    let cancelled = run.until_event("finished");
    assert_eq!(cancelled["failed"], 0);
    let outcome = run.finish().code(130);
    outcome.assert_books();
    assert!(outcome.stderr.contains("hint: `lote run --resume -o out` makes the rest"));
}

#[test]
fn a_disk_that_is_far_too_small_is_told_before_the_run_begins_and_nothing_is_refused() {
    if !may_mount() {
        return;
    }
    // About 200 kB are free, and each image takes more than ten times as much.
    let workspace = Workspace::new();
    for number in 0..2 {
        let name = format!("in/{number}.jpg");
        workspace.add(&name, &pictures::jpeg(3000, 2000, number));
    }
    let warning = |command: &str, language: &str| {
        let run = on_a_small_disk(workspace.lote(command).env("LOTE_LANG", language)).run().code(0);
        let lines: Vec<_> = run.stderr.lines().map(str::to_owned).collect();
        assert!(lines.len() < 2, "{lines:?}");
        lines.into_iter().next().unwrap_or_default()
    };
    let said = warning("run in -f blur -f sepia -o out -n", "en");
    assert!(
        said.starts_with("warning: only ") && said.contains(" kB are free in out for 4 "),
        "{said}"
    );
    assert!(said.ends_with("the run will pause when there is no room left"), "{said}");
    let said = warning("run in -f blur -f sepia -o out -n", "es");
    assert!(said.contains("en out solo quedan ") && said.contains(" para 4 salidas"), "{said}");
    // A folder that is made later.
    let said = warning("run in -f blur -f sepia -o out/of/it -n", "en");
    assert!(said.contains(" kB are free in out/of/it for 4 "), "{said}");
    for untold in ["-f redimensionar", "-f blur -f sepia --format png", "-f blur --quality 60"] {
        assert_eq!(warning(&format!("run in {untold} -o out -n"), "en"), "", "{untold}");
    }
    let roomy = workspace.lote("run in -f blur -f sepia -o out -n").run().code(0);
    assert_eq!(roomy.stderr, "");
}

/// Has `disturb` happen in mid-run, after the first output, while the one worker stands still.
fn disturbed(command: Lote, disturb: impl FnOnce()) -> Outcome {
    let mut run = command.start();
    let worker = run.until(|event| event["state"] == "ready")["pid"].as_u64().unwrap() as u32;
    run.until_event("output");
    signal(worker, Signal::STOP);
    disturb();
    signal(worker, Signal::CONT);
    let outcome = run.finish().code(1);
    outcome.assert_books_but_for_what_is_gone();
    let errors: Vec<_> = outcome.stderr.lines().filter(|line| line.contains("error:")).collect();
    assert_eq!(errors.len(), 1, "{}", outcome.stderr);
    assert!(outcome.stderr.lines().count() < 10, "{}", outcome.stderr);
    let said = "hint: put that right; then `lote run --resume -o out` makes the rest";
    assert!(outcome.stderr.contains(said), "{}", outcome.stderr);
    outcome
}

const RUN: &str = "run in -f blur -j 1 -o out --ndjson";

#[test]
fn a_folder_that_is_taken_away_ends_the_run_with_one_error_and_it_can_go_on() {
    let workspace = Workspace::with_pictures(40, 500, 400);
    let (out, away) = (workspace.path("out"), workspace.path("away"));
    let outcome = disturbed(workspace.lote(RUN), || fs::rename(&out, &away).unwrap());
    assert!(outcome.stderr.contains("the output folder out/blur is gone"), "{}", outcome.stderr);
    assert!(!out.exists(), "it is not made again: what it was may be unmounted");
    fs::rename(&away, &out).unwrap();
    workspace.lote("run --resume -o out").run().code(0);
    workspace.lote("run in -f blur -o calm").run().code(0);
    assert_same(&workspace.files("calm"), &workspace.files("out"));
}

#[test]
fn a_permission_that_is_lost_ends_the_run_with_one_error_and_it_can_go_on() {
    let workspace = Workspace::with_pictures(40, 500, 400);
    let mode = |name: &str, mode: u32| {
        let path = workspace.path(name);
        fs::create_dir_all(&path).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    for name in ["", "tmp", "out", "out/blur"] {
        mode(name, 0o777);
    }
    // Permissions do not bind root.
    let ordinary = |command: Lote| {
        if geteuid().is_root() {
            command.by(&["setpriv", "--reuid=65534", "--clear-groups"])
        } else {
            command
        }
    };
    let has_setpriv = Command::new("setpriv").arg("--version").stdout(Stdio::null()).status();
    if geteuid().is_root() && has_setpriv.is_err() {
        return not_tested("lost permissions, as root has all and there is no setpriv");
    }
    let outcome = disturbed(ordinary(workspace.lote(RUN)), || mode("out/blur", 0o555));
    let said = "cannot write to out/blur any more: permission denied";
    assert!(outcome.stderr.contains(said), "{}", outcome.stderr);
    mode("out/blur", 0o777);
    ordinary(workspace.lote("run --resume -o out")).run().code(0);
    workspace.lote("run in -f blur -o calm").run().code(0);
    assert_same(&workspace.files("calm"), &workspace.files("out"));
}

#[test]
fn a_folder_that_is_mounted_at_two_places_is_never_input_and_output() {
    if !may_mount() {
        return;
    }
    let workspace = Workspace::with_pictures(1, 8, 8);
    workspace.add("in/00_grises.png", b"an original");
    let mounted = |arguments: &str| {
        let script = "mkdir -p out/grises && mount --bind in out/grises && exec \"$@\"";
        workspace.lote(arguments).by(&["unshare", "-rm", "sh", "-c", script, "sh"])
    };
    let said = mounted("run in -f grises -o out").run().code(4).stderr;
    assert!(said.contains("in is an input folder and would be written to"), "{said}");
    let named = "run in/00.png in/00_grises.png -f grises -o out";
    let said = mounted(named).run().code(4).stderr;
    assert!(said.contains("would replace an input"), "{said}");
    assert_eq!(workspace.files("in")["00_grises.png"], b"an original");
}

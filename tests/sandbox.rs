//! What a worker that an image has taken over can do: nothing. And what is said where the system
//! lacks a part of the sandbox.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::net::TcpListener;
use std::sync::Mutex;
use std::thread;

use rustix::process::Signal;
use serde_json::Value;

use crate::support::processes::signal;
use crate::support::{Lote, Outcome, Workspace, pictures};

/// What keeps an attempt from succeeding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    /// Landlock does, and so does seccomp.
    Both,
    /// Seccomp does, with Landlock or without.
    Seccomp,
    /// A limit does.
    Limit,
    /// What it would take never comes to a worker.
    Absence,
}
use By::{Absence, Both, Limit, Seccomp};

/// The attempts, and whether each succeeds without a sandbox on any machine. (The others need rights
/// that some machines give.)
const ESCAPES: [(&str, By, bool); 71] = [
    ("read-other-input", Both, true),
    ("replace-other-output", Both, true),
    ("cut-other-output", Both, true),
    ("delete-other-output", Both, true),
    ("name-own-output", Both, true),
    ("write-given-input", Absence, false),
    ("open-given-input-again", Both, true),
    ("date-given-input", Seccomp, true),
    ("grow-own-output", Seccomp, true),
    ("make-own-output-a-program", Seccomp, true),
    ("more-than-an-output", Limit, true),
    ("write-input", Both, true),
    ("delete-input", Both, true),
    ("truncate-input", Seccomp, true),
    ("open-and-truncate-input", Seccomp, true),
    ("move-output-over-input", Both, true),
    ("move-input-away", Both, true),
    ("link-input", Both, true),
    ("chmod-input", Seccomp, true),
    ("date-input", Seccomp, true),
    ("attribute-input", Seccomp, false),
    ("make-beside-input", Both, true),
    ("make-above-output", Both, true),
    ("make-in-tmp", Both, true),
    ("mkdir-elsewhere", Seccomp, true),
    ("mkdir-in-output", Seccomp, true),
    ("symlink", Seccomp, true),
    ("fifo", Seccomp, true),
    ("read-beside-input", Both, true),
    ("list-inputs", Both, true),
    ("read-home", Both, true),
    ("read-passwd", Both, true),
    ("read-environment-of-init", Both, false),
    ("read-environment-of-master", Both, true),
    ("read-own-environment", Both, true),
    ("open-by-handle", Seccomp, false),
    ("tcp", Seccomp, true),
    ("udp", Seccomp, true),
    ("unix-socket", Seccomp, true),
    ("exec", Seccomp, true),
    ("spawn", Seccomp, true),
    ("fork", Seccomp, true),
    ("program-in-memory", Seccomp, true),
    ("ptrace-master", Seccomp, false),
    ("read-memory-of-master", Seccomp, false),
    ("memory-file-of-master", Both, false),
    ("set-user-id", Seccomp, true),
    ("unnamed-program", Seccomp, false),
    ("room-on-the-disk", Seccomp, false),
    ("shared-memory", Seccomp, true),
    ("kill-master", Seccomp, true),
    ("kill-thread-of-master", Seccomp, true),
    ("kill-master-by-descriptor", Seccomp, true),
    ("have-files-signal-master", Seccomp, true),
    ("outlive-master", Seccomp, true),
    ("unshare", Seccomp, false),
    ("namespace-by-clone", Seccomp, false),
    ("chroot", Seccomp, false),
    ("mount", Seccomp, false),
    ("io-uring", Seccomp, false),
    ("bpf", Seccomp, false),
    ("userfaultfd", Seccomp, false),
    ("keyring", Seccomp, false),
    ("executable-memory", Seccomp, true),
    ("memory-made-executable", Seccomp, true),
    // `--max-memory` holds without a sandbox, too, unless it is raised.
    ("too-much-memory", Limit, false),
    ("raise-memory-limit", Seccomp, false),
    ("raise-file-limit", Seccomp, false),
    ("too-many-files", Limit, true),
    ("too-large-file", Limit, true),
    ("unknown-call", Seccomp, false),
];

/// How an attempt ended.
#[derive(Debug)]
struct Verdict {
    allowed: bool,
    said: String,
}

/// A folder with an input whose name tells the worker what to try, and things to be tempted by.
fn temptation(escape: &str) -> Workspace {
    let workspace = Workspace::new();
    workspace.add(&format!("in/escape-{escape}.png"), &pictures::png(20, 10, 1));
    workspace.add("in/secret.txt", b"secret");
    if escape.contains("-other-") {
        workspace.add("in/other.png", &pictures::png(20, 10, 2));
        workspace.add("out/grises/other_grises.png", b"finished");
    }
    workspace.add("home/diary.txt", b"dear diary");
    workspace
}

/// Has a worker try to escape, in a run with these arguments.
fn attempt(escape: &str, how: &dyn Fn(Lote) -> Lote) -> Verdict {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let workspace = temptation(escape);
    let (inputs, home) = (workspace.files("in"), workspace.path("home"));
    let run = "run in -f grises -j 1 -o out --ndjson --max-memory 256M --if-exists skip";
    let run = how(workspace.lote(run).misbehaving(""))
        .env("HOME", home.to_str().unwrap())
        .env("LOTE_TEST_PORT", &port)
        // Then a worker that Landlock holds may read its own program, and one that it does not, nothing.
        .env("RUST_BACKTRACE", "1")
        .env("LOTE_TEST_PLACE", workspace.path("").to_str().unwrap())
        .run();
    let output = run.code(1).output_of(&format!("escape-{escape}.png"));
    let said = output["reason"].as_str().unwrap().to_owned();
    // What ends the process is no escape, but for what replaces it by another program.
    let allowed = match output["kind"].as_str().unwrap() {
        "crash" => !said.contains("(SIGSYS)"),
        _ => !said.starts_with("refused"),
    };
    assert!(allowed || workspace.files("in") == inputs, "{escape} has changed the inputs");
    Verdict { allowed, said }
}

/// Has workers try everything, a few at a time.
fn attempt_all(how: impl Fn(Lote) -> Lote + Sync) -> Vec<(&'static str, By, Verdict)> {
    let next = Mutex::new(ESCAPES.iter());
    let ends = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let Some((name, by, _)) = next.lock().unwrap().next() else { return };
                    let verdict = attempt(name, &how);
                    ends.lock().unwrap().push((*name, *by, verdict));
                }
            });
        }
    });
    ends.into_inner().unwrap()
}

/// What is to be read even where tests pass.
fn announce(lines: &str) {
    io::stderr().write_all(lines.as_bytes()).unwrap();
}

fn report(how: &str, ends: &[(&'static str, By, Verdict)]) -> Vec<(&'static str, By)> {
    let allowed: Vec<_> =
        ends.iter().filter(|(.., end)| end.allowed).map(|(name, by, _)| (*name, *by)).collect();
    let mut text = format!("escapes{how}: {} tried, {} allowed\n", ends.len(), allowed.len());
    for (name, _, Verdict { allowed, said }) in ends {
        let mark = if *allowed { "ALLOWED" } else { "refused" };
        writeln!(text, "  {mark} {name}: {said}").unwrap();
    }
    announce(&text);
    allowed
}

/// The sandbox that this machine offers.
fn offered() -> Value {
    Workspace::new().lote("doctor --json").run().code(0).json()["sandbox"].clone()
}

fn lacks(sandbox: &Value, part: &str) -> bool {
    sandbox["missing"].as_array().unwrap().iter().any(|missing| missing["part"] == part)
}

#[test]
fn nothing_that_a_worker_tries_gets_it_out_of_its_sandbox() {
    let sandbox = offered();
    let allowed = report("", &attempt_all(|lote| lote));
    let mut expected = Vec::new();
    for (part, by) in [("seccomp", Seccomp), ("rlimits", Limit)] {
        if lacks(&sandbox, part) {
            announce(&format!(
                "\nWARNING: this machine lacks {part}: {sandbox}\n\
                 WARNING: what only {part} refuses has NOT been tested here.\n\n"
            ));
            expected.push(by);
        }
    }
    let escaped: Vec<_> = allowed.into_iter().filter(|(_, by)| !expected.contains(by)).collect();
    assert_eq!(escaped, []);
}

#[test]
fn without_a_sandbox_the_same_attempts_succeed() {
    let allowed = report(" without a sandbox", &attempt_all(|lote| lote.arg("--sandbox=off")));
    for (name, _, _) in ESCAPES.iter().filter(|(.., always)| *always) {
        assert!(allowed.iter().any(|(allowed, _)| allowed == name), "{name} proves nothing");
    }
}

#[test]
fn what_no_worker_knows_how_to_try_counts_as_an_escape() {
    assert!(attempt("that-nobody-knows", &|lote| lote).allowed);
}

/// A run in which every image is turned gray, and the level of each worker's sandbox.
fn levels(outcome: &Outcome) -> Vec<String> {
    let ready = outcome.events("worker").into_iter().filter(|worker| worker["state"] == "ready");
    ready.map(|worker| worker["sandbox"]["level"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_level_is_told_of_every_worker_and_of_the_run() {
    let workspace = Workspace::with_pictures(4, 60, 40);
    let offered = offered();
    let level = offered["level"].as_str().unwrap();
    for mode in ["processes", "threads"] {
        let run = format!("run in -f grises -j 2 -o out --mode {mode}");
        let outcome = workspace.lote(&format!("{run} --ndjson")).run().code(0);
        // One worker may have done it all before the other is ready.
        let levels = levels(&outcome);
        assert!(!levels.is_empty() && levels.iter().all(|one| one == level), "{levels:?}");
        assert_eq!(outcome.event("finished")["sandbox"], offered);
        let summary = workspace.lote(&format!("{run} --json")).run().code(0).json();
        assert_eq!(summary["sandbox"], offered);
        let off = workspace.lote(&format!("{run} --json --sandbox off")).run().code(0).json();
        assert_eq!(off["sandbox"]["level"], "off");
    }
    let said = workspace.lote("run in -f grises -j 1 -o out -v").run().code(0).stderr;
    assert!(said.contains(&format!("its sandbox: {level}")), "{said}");
}

#[test]
fn where_the_kernel_lacks_a_part_it_is_named_and_work_goes_on() {
    let workspace = Workspace::with_pictures(2, 60, 40);
    for (part, name) in [("landlock", "Landlock"), ("seccomp", "seccomp")] {
        let lote = |arguments: &str| workspace.lote(arguments).on_kernel_without(part);
        let outcome = lote("run in -f grises -j 1 -o out --ndjson").run().code(0);
        assert_eq!(levels(&outcome), ["partial"]);
        let sandbox = &outcome.event("finished")["sandbox"];
        assert!(lacks(sandbox, part), "{sandbox}");
        let doctor = lote("doctor").run().code(0).stdout();
        let expected = format!("partial: no {name} (");
        assert!(doctor.contains(&expected), "{doctor}");
    }
}

#[test]
fn without_landlock_nothing_more_is_allowed() {
    let ends = attempt_all(|lote| lote.on_kernel_without("landlock"));
    let allowed = report(" without Landlock", &ends);
    if lacks(&offered(), "seccomp") {
        return announce("\nWARNING: without seccomp here, this has NOT been tested.\n\n");
    }
    assert_eq!(allowed, []);
}

#[test]
fn without_seccomp_no_file_is_reached_either() {
    let ends = attempt_all(|lote| lote.on_kernel_without("seccomp"));
    let allowed = report(" without seccomp", &ends);
    if lacks(&offered(), "landlock") {
        return announce("\nWARNING: without Landlock here, this has NOT been tested.\n\n");
    }
    assert!(allowed.iter().all(|(_, by)| *by == Seccomp), "{allowed:?}");
    assert!(allowed.iter().any(|(name, _)| *name == "udp"));
}

#[test]
fn a_sandbox_that_is_required_and_not_whole_is_refused_before_anything_begins() {
    let workspace = Workspace::with_pictures(2, 60, 40);
    let required = |arguments: &str| {
        let lote = workspace.lote(&format!("{arguments} --sandbox require"));
        lote.on_kernel_without("landlock").run()
    };
    let said = required("run in -f grises -o out").code(4).stderr;
    insta::assert_snapshot!(said, @r"
    error: the sandbox is required, but here it is only partial: no Landlock (this kernel has none)
    hint: --sandbox auto makes do with what there is; `lote doctor` shows what that is
    ");
    assert!(!workspace.path("out").exists());
    for command in ["compare in -f grises", "demo --images 8", "serve --port 0"] {
        assert_eq!(required(command).code(4).stderr, said, "{command}");
    }
    let doctor = required("doctor").code(5);
    assert!(doctor.stderr.contains("error: the sandbox is required"), "{}", doctor.stderr);
    let apply = required("worker apply in/00.png out.png -f grises").code(4).stderr;
    assert_eq!(apply, said);
    assert!(!workspace.path("out.png").exists());
}

#[test]
fn a_sandbox_that_is_required_and_whole_is_no_hindrance() {
    let workspace = Workspace::with_pictures(2, 60, 40);
    let whole = offered()["level"] == "full";
    let outcome = workspace.lote("run in -f grises -o out --sandbox require --json").run();
    if whole {
        assert_eq!(outcome.code(0).json()["sandbox"]["level"], "full");
        workspace.lote("doctor --sandbox require").run().code(0);
    } else {
        announce(
            "\nWARNING: there is no whole sandbox here; only its refusal has been tested.\n\n",
        );
        outcome.code(4);
    }
}

#[test]
fn a_guest_without_the_required_sandbox_does_not_work() {
    if offered()["level"] != "full" {
        return announce("\nWARNING: no whole sandbox here: guests have NOT been tested.\n\n");
    }
    let workspace = Workspace::with_pictures(8, 200, 150);
    let run = "run in -f blur -j 1 -o out --ndjson --external-workers --sandbox require";
    let mut run = workspace.lote(run).start();
    let socket = run.until_event("listening")["socket"].as_str().unwrap().to_owned();
    let own = run.until(|event| event["state"] == "ready")["pid"].as_u64().unwrap() as u32;
    signal(own, Signal::STOP);
    let guest = workspace.lote("worker connect").arg(&socket).on_kernel_without("landlock").run();
    insta::assert_snapshot!(guest.code(64).stderr, @"lote-worker: the sandbox is required, but here it is only partial: no Landlock (this kernel has none)");
    let lost = run.until(|event| event["state"] == "lost");
    assert_ne!(lost["pid"], own);
    signal(own, Signal::CONT);
    let outcome = run.finish().code(0);
    outcome.assert_books();
    assert_eq!(levels(&outcome), ["full"]);
}

#[test]
fn outputs_beside_or_below_their_inputs_are_made_and_inputs_stay_protected() {
    for (input, output) in [("in", "in/out"), ("in", "."), ("in", "./in/.."), (".", "out")] {
        let workspace = Workspace::with_pictures(3, 60, 40);
        let run = format!("run -R {input} -f grises -f blur -o {output} --ndjson");
        let outcome = workspace.lote(&run).run().code(0);
        assert_eq!(outcome.events("output").len(), 6, "{run}");
        assert!(levels(&outcome).iter().all(|level| *level == offered()["level"]), "{run}");
    }
}

#[test]
fn inputs_among_outputs_are_as_safe_as_others() {
    let workspace = Workspace::new();
    workspace.add("out/grises/a.png", &pictures::png(20, 10, 1));
    let run = "run out/grises/a.png -f grises -o out -j 1 --ndjson";
    let outcome = workspace.lote(run).run().code(0);
    assert_eq!(levels(&outcome), [offered()["level"].as_str().unwrap()]);
}

#[test]
fn links_can_be_followed_whether_inputs_are_few_or_many() {
    for count in [3, 300] {
        let workspace = Workspace::new();
        let png = pictures::png(8, 8, 1);
        for number in 0..count {
            workspace.add(&format!("in/{number}/a.png"), &png);
        }
        workspace.add("elsewhere/target.png", &png);
        workspace.add("far/photos/deep/b.png", &png);
        std::os::unix::fs::symlink("../elsewhere/target.png", workspace.path("in/link.png"))
            .unwrap();
        std::os::unix::fs::symlink("far/photos", workspace.path("album")).unwrap();
        let run = "run -R in album -f grises -o out --ndjson";
        let outcome = workspace.lote(run).run().code(0);
        assert_eq!(outcome.event("finished")["ok"], count + 2);
        assert!(levels(&outcome).iter().all(|level| *level == offered()["level"]));
    }
}

#[test]
fn an_existing_output_is_neither_replaced_nor_in_the_way() {
    let workspace = Workspace::with_pictures(2, 60, 40);
    for policy in ["overwrite", "overwrite", "rename", "skip"] {
        let run = format!("run in -f grises -o out --if-exists {policy}");
        workspace.lote(&run).run().code(0);
    }
    assert_eq!(workspace.names("out").len(), 4);
}

#[test]
fn a_panic_says_where_it_was_and_the_image_fails() {
    let workspace = Workspace::new();
    workspace.add("in/confess.png", &pictures::png(8, 8, 1));
    let run = workspace.lote("run in -f grises -j 1 -o out --ndjson").misbehaving("");
    let output = run.env("RUST_BACKTRACE", "1").run().code(1).output_of("confess.png");
    assert_eq!(output["kind"], "panic", "{output}");
    let reason = output["reason"].as_str().unwrap();
    assert!(reason.contains("panic_on_purpose"), "the backtrace has names: {reason}");
}

#[test]
fn one_image_can_be_made_in_a_sandbox_without_a_master() {
    let workspace = Workspace::with_pictures(1, 60, 40);
    fs::create_dir(workspace.path("out")).unwrap();
    let level = offered()["level"] == "full";
    let apply = "worker apply in/00.png out/a.png -f grises --sandbox require";
    workspace.lote(apply).run().code(if level { 0 } else { 4 });
    assert_eq!(workspace.path("out/a.png").exists(), level);
    // Beside its output no input can be protected.
    let apply = "worker apply in/00.png in/a.png -f grises --sandbox";
    workspace.lote(&format!("{apply} require")).run().code(4);
    workspace.lote(&format!("{apply} auto")).run().code(0);
}

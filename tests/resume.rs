//! Jobs that go on where they ended, and jobs that are repeated, from what is on record.

use std::fs;
use std::io::Write as _;
use std::time::Duration;

use rustix::process::Signal;

use crate::support::cycle::{Chance, Figures, kill_and_resume, recorded};
use crate::support::processes::signal;
use crate::support::workspace::assert_same;
use crate::support::{Workspace, pictures};

/// How many outputs a run has made, and how many it found there.
fn made(workspace: &Workspace, command: &str, code: i32) -> (u64, u64) {
    let outcome = workspace.lote(&format!("{command} --ndjson")).run().code(code);
    outcome.assert_books();
    let finished = outcome.event("finished");
    (finished["ok"].as_u64().unwrap(), finished["skipped"].as_u64().unwrap())
}

/// So many cycles of killing the master and resuming.
fn cycles(count: usize) -> Figures {
    const RUN: &str = "run in -f blur -f bordes -f sepia -j 2 --durable -o";
    let workspace = Workspace::with_pictures(12, 240, 180);
    workspace.lote(&format!("{RUN} calm")).run().code(0);
    let calm = workspace.files("calm");
    let (mut chance, mut figures) = (Chance(count as u64), Figures::default());
    let commands = [RUN.to_owned() + " out", RUN.replace(" --durable", "") + " out"];
    while figures.cycles < count {
        let command = &commands[figures.cycles % commands.len()];
        kill_and_resume(&workspace, command, &calm, &mut chance, &mut figures);
    }
    assert!(figures.kills >= count, "{figures:?}");
    figures
}

#[test]
fn a_master_that_is_killed_at_random_moments_loses_nothing_and_repeats_nothing() {
    cycles(5);
}

/// `cargo test -p lote-tests --test whole -- --ignored --nocapture two_hundred`; with
/// `LOTE_TEST_CYCLES` any other number.
#[test]
#[ignore = "takes minutes"]
fn two_hundred_kills_of_the_master_lose_nothing() {
    let count = std::env::var("LOTE_TEST_CYCLES").ok().and_then(|count| count.parse().ok());
    let figures = cycles(count.unwrap_or(200));
    assert!(figures.longest_outlived < Duration::from_secs(1), "{figures:?}");
    let _ = writeln!(std::io::stderr(), "0 lost, 0 repeated: {figures:?}");
}

#[test]
fn what_is_on_record_is_made_again_only_if_image_recipe_or_output_has_changed() {
    const RUN: &str = "run in -f blur:radius=0.7 -f sepia -o out";
    let workspace = Workspace::with_pictures(3, 40, 30);
    assert_eq!(made(&workspace, RUN, 0), (6, 0));
    assert_eq!(made(&workspace, &format!("{RUN} --resume"), 0), (0, 6));
    workspace.add("in/00.png", &pictures::png(40, 30, 77));
    workspace.add("out/sepia/01_sepia.png", b"somebody's");
    fs::remove_file(workspace.path("out/sepia/02_sepia.png")).unwrap();
    assert_eq!(made(&workspace, &format!("{RUN} --resume"), 0), (4, 2));
    let other = RUN.replace("0.7", "0.8");
    assert_eq!(made(&workspace, &format!("{other} --resume"), 0), (3, 3));
    assert_eq!(made(&workspace, &format!("{other} -f bordes --resume"), 0), (3, 6));
    assert_eq!(made(&workspace, &format!("{other} --format webp --resume"), 0), (6, 0));
    assert_eq!(made(&workspace, &format!("{other} -f bordes --resume"), 0), (6, 3));
    let calm = format!("{other} -f bordes").replace("-o out", "-o calm");
    workspace.lote(&calm).run().code(0);
    let out = workspace.files("out");
    for (name, bytes) in workspace.files("calm") {
        assert!(out[&name] == bytes, "{name} differs");
    }
}

#[test]
fn a_job_goes_on_from_the_folder_alone_wherever_that_is_said() {
    let workspace = Workspace::with_pictures(12, 900, 700);
    let mut run = workspace.lote("run in -f blur -f sepia -j 1 -o out --ndjson").start();
    let worker = run.until(|event| event["state"] == "ready")["pid"].as_u64().unwrap() as u32;
    run.until_event("output");
    // As it stands still, the run cannot be over before the signal arrives.
    signal(worker, Signal::STOP);
    signal(run.pid(), Signal::INT);
    run.until(|event| event["kind"] == "cancelled");
    signal(worker, Signal::CONT);
    let said = run.finish().code(130).stderr;
    assert!(said.contains("hint: `lote run --resume -o out` makes the rest"), "{said}");
    let before = recorded(&workspace).len() as u64;
    assert!((1..24).contains(&before));
    let out = workspace.path("out");
    let elsewhere = Workspace::new();
    let resume = elsewhere.lote("run --resume --ndjson -o").arg(&out);
    // The same user's, as is who began it.
    let state = workspace.path("state").display().to_string();
    let resumed = resume.env("XDG_STATE_HOME", &state).run().code(0);
    assert_eq!(resumed.event("finished")["skipped"], before);
    assert_eq!(resumed.event("finished")["ok"], 24 - before);
    workspace.lote("run in -f blur -f sepia -o calm").run().code(0);
    assert_same(&workspace.files("calm"), &workspace.files("out"));
}

#[test]
fn failures_are_repeated_from_the_record_and_nothing_else_is() {
    let workspace = Workspace::with_pictures(3, 40, 30);
    let good = pictures::png(40, 30, 9);
    workspace.add("in/cut.png", &good[..good.len() / 2]);
    assert_eq!(made(&workspace, "run in -f blur -f sepia -o out", 1), (6, 0));
    assert_eq!(made(&workspace, "rerun --failed -o out", 1), (0, 6));
    workspace.add("in/cut.png", &good);
    assert_eq!(made(&workspace, "repetir --fallidas -o out", 0), (2, 6));
    let said = workspace.lote("rerun --failed -o out").run().code(0).stderr;
    assert_eq!(said, "nothing failed in the last job\n");
    assert_eq!(made(&workspace, "rerun -o out", 0), (8, 0));
    workspace.lote("run in -f blur -f sepia -o calm").run().code(0);
    assert_same(&workspace.files("calm"), &workspace.files("out"));
}

#[test]
fn a_quarantined_image_is_repeated_with_the_time_that_it_needs() {
    let workspace = Workspace::with_pictures(2, 40, 30);
    workspace.add("in/poison.png", &pictures::png(40, 30, 5));
    let run = workspace.lote("run in -f sepia -j 1 -o out --ndjson").misbehaving("").run().code(1);
    assert_eq!(run.event("finished")["quarantined"], 1);
    assert_eq!(made(&workspace, "rerun --failed --timeout 60 -o out", 0), (1, 2));
}

#[test]
fn a_repetition_replaces_what_its_job_made_and_nothing_that_the_job_left_alone() {
    let workspace = Workspace::with_pictures(2, 40, 30);
    workspace.add("out/sepia/00_sepia.png", b"mine");
    assert_eq!(made(&workspace, "run in -f sepia -o out --if-exists skip", 0), (1, 1));
    for _ in 0..2 {
        assert_eq!(made(&workspace, "rerun -o out", 0), (1, 1));
    }
    assert_eq!(workspace.files("out")["sepia/00_sepia.png"], b"mine");
    assert_eq!(made(&workspace, "run in -f sepia -o other --if-exists fail", 0), (2, 0));
    assert_eq!(made(&workspace, "rerun -o other", 0), (2, 0));
}

#[test]
fn numbered_outputs_are_found_again() {
    const RUN: &str = "run in -f sepia -o out --if-exists rename";
    let workspace = Workspace::with_pictures(2, 40, 30);
    workspace.add("out/sepia/00_sepia.png", b"mine");
    assert_eq!(made(&workspace, RUN, 0), (2, 0));
    assert_eq!(made(&workspace, &format!("{RUN} --resume"), 0), (0, 2));
    let expected = ["sepia/00_sepia-2.png", "sepia/00_sepia.png", "sepia/01_sepia.png"];
    assert_eq!(workspace.names("out"), expected);
}

#[test]
fn a_job_that_must_not_replace_goes_on_after_it_broke_off() {
    const RUN: &str = "run in -f blur -j 1 -o out --if-exists fail";
    let workspace = Workspace::with_pictures(8, 900, 700);
    let mut run = workspace.lote(&format!("{RUN} --ndjson")).start();
    run.until_event("output");
    signal(run.pid(), Signal::KILL);
    drop(run);
    // As if the master had died before it could put that on record.
    workspace.add("out/blur/07_blur.png", b"unrecorded");
    let outcome = workspace.lote(&format!("{RUN} --resume")).run().code(0);
    drop(outcome);
    workspace.lote("run in -f blur -o calm").run().code(0);
    assert_same(&workspace.files("calm"), &workspace.files("out"));
    workspace.lote(RUN).run().code(4);
}

#[test]
fn without_a_record_there_is_nothing_to_go_on_with() {
    let workspace = Workspace::with_pictures(1, 8, 8);
    for command in ["run --resume -o out", "rerun -o out", "rerun --failed -o out"] {
        let said = workspace.lote(command).run().code(3).stderr;
        assert_eq!(said, "error: no job is on record in out\nhint: name its folder with -o\n");
    }
    assert_eq!(made(&workspace, "run in -f sepia -o out --resume", 0), (1, 0));
    workspace.lote("run -f sepia --resume -o out").run().code(2);
}

#[test]
fn a_record_that_names_inputs_elsewhere_is_not_followed_unless_told_to() {
    let elsewhere = Workspace::with_pictures(2, 8, 8);
    let workspace = Workspace::new();
    workspace.lote("run -f sepia -o out").arg(elsewhere.path("in")).run().code(0);
    fs::remove_dir_all(workspace.path("out/sepia")).unwrap();
    let inputs = elsewhere.path("in").display().to_string();
    for command in ["run --resume -o out", "rerun -o out"] {
        let said = workspace.lote(command).run().code(4).stderr;
        assert!(said.starts_with("error: the job on record names files elsewhere: "), "{said}");
        assert!(said.contains(&inputs) && said.contains("--trust-record"), "{said}");
        assert!(!workspace.path("out/sepia").exists());
    }
    let with_path = format!("run --resume -o out {inputs} --ndjson");
    assert_eq!(workspace.lote(&with_path).run().code(0).event("finished")["ok"], 2);
    assert_eq!(made(&workspace, "rerun -o out --trust-record", 0), (2, 0));
    let spanish = workspace.lote("rerun -o out").env("LOTE_LANG", "es").run().code(4).stderr;
    assert!(spanish.contains("nombra archivos de otro lugar"), "{spanish}");
}

/// Changes the first line of the only journal of `out`.
fn forge(workspace: &Workspace, change: impl Fn(&mut serde_json::Value)) {
    let folder = fs::read_dir(workspace.path("out/.lote")).unwrap();
    let journals: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    let [journal] = &journals[..] else { panic!("{journals:?}") };
    let text = fs::read_to_string(journal).unwrap();
    let (first, rest) = text.split_once('\n').unwrap();
    let mut header = serde_json::from_str(first).unwrap();
    change(&mut header);
    fs::write(journal, format!("{header}\n{rest}")).unwrap();
}

#[test]
fn a_record_that_somebody_has_changed_names_only_what_the_command_line_names() {
    let workspace = Workspace::with_pictures(1, 40, 30);
    workspace.add("private/letter.png", &pictures::png(40, 30, 7));
    workspace.lote("run in -f sepia -o out").run().code(0);
    forge(&workspace, |header| header["paths"] = serde_json::json!(["in", "private"]));
    // Both lie beside the output folder, and in the current one.
    for command in ["run --resume -o out", "rerun -o out", "run --resume -o out in"] {
        let said = workspace.lote(command).run().code(4).stderr;
        let listed = workspace.path("private").display().to_string();
        assert!(said.starts_with("error: the job on record names files elsewhere: "), "{said}");
        assert!(said.contains(&listed) && said.contains("--trust-record"), "{said}");
        assert_eq!(workspace.names("out"), ["sepia/00_sepia.png"]);
    }
    assert_eq!(made(&workspace, "run --resume -o out in private", 0), (1, 1));
    assert_eq!(made(&workspace, "rerun -o out --trust-record", 0), (2, 0));
    // That one is the user's own again.
    assert_eq!(made(&workspace, "run --resume -o out", 0), (0, 2));
}

#[test]
fn a_record_that_somebody_has_changed_takes_no_logo_from_beside_the_output_folder() {
    let workspace = Workspace::with_pictures(1, 40, 30);
    workspace.add("logo.png", &pictures::png(8, 8, 1));
    workspace.add("private.png", &pictures::png(8, 8, 2));
    workspace.lote("run in -o out -f a=logo:archivo=logo.png").run().code(0);
    assert_eq!(made(&workspace, "run --resume -o out", 0), (0, 1));
    fs::remove_dir_all(workspace.path("out")).unwrap();
    workspace.lote("run in -o out -f a=logo:archivo=logo.png").run().code(0);
    forge(&workspace, |header| {
        header["variants"][0]["steps"][0]["params"]["archivo"]["Text"] = "private.png".into();
    });
    let said = workspace.lote("run --resume -o out in").run().code(4).stderr;
    assert!(said.contains(&workspace.path("private.png").display().to_string()), "{said}");
    assert_eq!(made(&workspace, "run --resume -o out in private.png", 0), (1, 0));
}

#[test]
fn a_record_that_came_with_its_folder_leads_nowhere_by_links() {
    let workspace = Workspace::with_pictures(1, 40, 30);
    workspace.add("out/planted/here.png", &pictures::png(40, 30, 6));
    workspace.add("private/letter.png", &pictures::png(40, 30, 7));
    let link = workspace.path("out/planted/letter.png");
    std::os::unix::fs::symlink(workspace.path("private/letter.png"), link).unwrap();
    workspace.lote("run out/planted -f sepia -o out").run().code(0);
    fs::remove_dir_all(workspace.path("out/sepia")).unwrap();
    forge(&workspace, |header| header["lote"] = "0.0.0".into());
    assert_eq!(made(&workspace, "run --resume -o out", 1), (1, 0));
    let made = workspace.names("out/sepia");
    assert_eq!(made, ["here_sepia.png"]);
}

#[test]
fn a_record_of_another_folder_another_user_or_of_nobody_is_none_of_ones_own() {
    let workspace = Workspace::with_pictures(1, 40, 30);
    let listed = workspace.path("in").display().to_string();
    workspace.lote("run in -f sepia -o first").run().code(0);
    fs::create_dir_all(workspace.path("out")).unwrap();
    fs::rename(workspace.path("first/.lote"), workspace.path("out/.lote")).unwrap();
    let said = workspace.lote("run --resume -o out").run().code(4).stderr;
    assert!(said.contains(&listed), "{said}");
    assert_eq!(made(&workspace, "run --resume -o out in", 0), (1, 0));
    assert_eq!(made(&workspace, "run --resume -o out", 0), (0, 1));
    let as_other = |command: &str| {
        workspace
            .lote(command)
            .env("XDG_STATE_HOME", &workspace.path("other").display().to_string())
    };
    let said = as_other("run --resume -o out").run().code(4).stderr;
    assert!(said.contains(&listed), "{said}");
    // Where no key can be kept, a run works as ever, and its folder has to be named.
    let as_nobody = |command: &str| workspace.lote(command).env("XDG_STATE_HOME", "/dev/null/none");
    as_nobody("run in -f sepia -o out").run().code(0);
    as_nobody("run --resume -o out").run().code(4);
    as_nobody("run --resume -o out in").run().code(0);
}

#[test]
fn no_key_and_no_settings_are_taken_from_the_current_folder() {
    let workspace = Workspace::with_pictures(1, 40, 30);
    let homeless = |command: &str| {
        workspace
            .lote(command)
            .env("HOME", ".")
            .env("XDG_STATE_HOME", "state")
            .env("XDG_CONFIG_HOME", "")
    };
    workspace.add(".config/lote/lote.toml", b"[job]\nsandbox = \"no such level\"\n");
    homeless("run in -f sepia -o out").run().code(0);
    for key in ["state", ".local"] {
        assert!(!workspace.path(key).exists(), "{key}");
    }
    homeless("run --resume -o out").run().code(4);
    homeless("run --resume -o out in").run().code(0);
}

#[test]
fn of_many_files_elsewhere_ten_are_listed_and_the_others_counted() {
    let elsewhere = Workspace::with_pictures(12, 8, 8);
    let workspace = Workspace::new();
    let all = (0..12).map(|n| elsewhere.path(&format!("in/{n:02}.png")).display().to_string());
    let all = all.collect::<Vec<_>>().join(" ");
    workspace.lote(&format!("run {all} -f sepia -o out")).run().code(0);
    let said = workspace.lote("run --resume -o out").run().code(4).stderr;
    assert!(said.contains("/in/09.png, and 2 more\n") && !said.contains("/in/10.png"), "{said}");
}

#[test]
fn a_record_whose_filters_name_files_elsewhere_is_not_followed_unless_told_to() {
    let elsewhere = Workspace::new();
    elsewhere.add("logo.png", &pictures::png(8, 8, 1));
    elsewhere.add(
        "table.cube",
        b"LUT_3D_SIZE 2\n0 0 0\n1 0 0\n0 1 0\n1 1 0\n0 0 1\n1 0 1\n0 1 1\n1 1 1\n",
    );
    let font = elsewhere.path("font.ttf");
    fs::copy(
        concat!(env!("CARGO_MANIFEST_DIR"), "/../worker/imaging/assets/OpenSans-Bold.ttf"),
        &font,
    )
    .unwrap();
    let path = |name: &str| elsewhere.path(name).display().to_string();
    for (filter, file) in [
        (format!("a=logo:archivo={}", path("logo.png")), "logo.png"),
        (format!("a=lut:archivo={}", path("table.cube")), "table.cube"),
        (format!("a=marca_agua:texto=hola,fuente={}", path("font.ttf")), "font.ttf"),
    ] {
        let workspace = Workspace::with_pictures(1, 40, 30);
        workspace.lote("run in -o out -f").arg(&filter).run().code(0);
        fs::remove_dir_all(workspace.path("out/a")).unwrap();
        for command in ["run --resume -o out", "rerun -o out"] {
            let said = workspace.lote(command).run().code(4).stderr;
            assert!(said.starts_with("error: the job on record names files elsewhere: "), "{said}");
            assert!(said.contains(&path(file)) && said.contains("--trust-record"), "{said}");
            assert!(!workspace.path("out/a").exists());
        }
        let link = workspace.path("logo");
        std::os::unix::fs::symlink(elsewhere.path(file), &link).unwrap();
        workspace.lote("rerun -o out").run().code(4);
        assert_eq!(made(&workspace, "rerun -o out --trust-record", 0), (1, 0));
    }
    // A file beside the output folder is the user's own.
    let workspace = Workspace::with_pictures(1, 40, 30);
    workspace.add("logo.png", &pictures::png(8, 8, 1));
    workspace.lote("run in -o out -f a=logo:archivo=logo.png").run().code(0);
    assert_eq!(made(&workspace, "rerun -o out", 0), (1, 0));
}

#[cfg(target_os = "linux")]
#[test]
fn a_record_never_lowers_the_sandbox() {
    let workspace = Workspace::with_pictures(1, 8, 8);
    let level = |command: &str| {
        let outcome = workspace.lote(&format!("{command} --ndjson")).run().code(0);
        outcome.event("finished")["sandbox"]["level"].clone()
    };
    assert_eq!(level("run in -f sepia -o out --sandbox off"), "off");
    assert_ne!(level("rerun -o out"), "off");
    fs::remove_dir_all(workspace.path("out/sepia")).unwrap();
    assert_ne!(level("run --resume -o out"), "off");
    assert_eq!(level("rerun -o out --sandbox off"), "off");
}

#[test]
fn a_journal_that_is_a_pipe_is_no_journal() {
    let workspace = Workspace::with_pictures(1, 8, 8);
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    fs::create_dir_all(workspace.path("out/.lote")).unwrap();
    let pipe = workspace.path("out/.lote/journal-999999999999999-1.jsonl");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    workspace.lote("run --resume -o out").run().code(3);
    assert_eq!(made(&workspace, "run in -f sepia -o out --resume", 0), (1, 0));
}

#[test]
fn a_recipe_a_configuration_or_a_token_that_is_a_pipe_is_refused_and_not_waited_for() {
    let workspace = Workspace::with_pictures(1, 8, 8);
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    let pipe = workspace.path("pipe.toml");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    for arguments in [
        "run in -o out --recipe pipe.toml",
        "run in -o out -f sepia --config pipe.toml",
        "serve --port 0 --token-file pipe.toml",
    ] {
        let said = workspace.lote(arguments).run();
        assert!(said.stderr.contains("not a regular file"), "{arguments}: {}", said.stderr);
    }
}

#[test]
fn records_are_no_inputs_and_a_dry_run_leaves_none() {
    let workspace = Workspace::with_pictures(2, 8, 8);
    workspace.lote("run in -f sepia -o in/out -n").run().code(0);
    assert!(!workspace.path("in/out").exists());
    workspace.lote("run in -f sepia -o in/out").run().code(0);
    fs::copy(workspace.path("in/00.png"), workspace.path("in/out/.lote/x.png")).unwrap();
    let outcome = workspace.lote("run -R in -f sepia -o other --ndjson").run().code(0);
    let images: Vec<_> = outcome.events("output").iter().map(|o| o["image"].to_string()).collect();
    assert!(images.iter().all(|image| !image.contains(".lote")), "{images:?}");
}

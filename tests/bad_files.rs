//! Inputs that are not what they seem: each is a failure of its own, and the rest is done.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::support::{Workspace, pictures};

/// A folder with one good image among everything else that can be called an image.
fn folder_of_trouble() -> (Workspace, UnixListener) {
    let workspace = Workspace::new();
    let png = pictures::png(60, 40, 1);
    let jpeg = pictures::jpeg(60, 40, 1);
    workspace.add("in/good.png", &png);
    workspace.add("in/cut.png", &png[..png.len() / 2]);
    workspace.add("in/cut.jpg", &jpeg[..60]);
    workspace.add("in/head.jpg", b"\xff\xd8\xff\xe0 and nothing else");
    workspace.add("in/empty.png", b"");
    workspace.add("in/text.jpg", b"Dear diary, this is no picture.");
    workspace.add("in/photo.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic");
    workspace.add("in/page.html.png", b"<!doctype html><title>404</title>");
    workspace.add("in/folder.jpg/inside.txt", b"no image");
    let path = |name: &str| workspace.path("in").join(name);
    mknodat(CWD, path("fifo.jpg"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let socket = UnixListener::bind(path("socket.png")).unwrap();
    symlink("loop.png", path("loop.png")).unwrap();
    symlink("nowhere.png", path("dangling.png")).unwrap();
    symlink("../in", path("again")).unwrap();
    symlink("../in", path("again.png")).unwrap();
    symlink("/dev/zero", path("device.png")).unwrap();
    (workspace, socket)
}

#[test]
fn every_bad_file_ends_with_its_own_reason_and_the_good_one_is_done() {
    let (workspace, _socket) = folder_of_trouble();
    let outcome = workspace.lote("run -R in -f sepia -o out --ndjson").run().code(1);
    outcome.assert_books();
    let mut ends: Vec<_> = outcome
        .events("output")
        .iter()
        .map(|output| {
            let text = |field: &str| output[field].as_str().unwrap_or("-").to_owned();
            let (image, status) = (text("image"), text("status"));
            format!("{image:16} {status:6} {:12} {}", text("kind"), text("reason"))
        })
        .collect();
    ends.sort();
    insta::assert_snapshot!(ends.join("\n"));
    assert_eq!(workspace.names("out"), ["sepia/good_sepia.png"]);
    assert_eq!(outcome.deaths(), 0, "bad input kills no worker");
}

#[test]
fn bad_files_that_are_named_one_by_one_end_as_they_do_in_a_folder() {
    let (workspace, _socket) = folder_of_trouble();
    for name in ["cut.png", "empty.png", "text.jpg", "fifo.jpg", "socket.png", "loop.png"] {
        let run = workspace.lote(&format!("run in/{name} in/good.png -f sepia -o out --ndjson"));
        let outcome = run.run().code(1);
        outcome.assert_books();
        assert_eq!(outcome.output_of(name)["status"], "failed", "{name}");
        assert_eq!(outcome.output_of("good.png")["status"], "ok", "{name}");
    }
}

#[test]
fn an_input_that_vanishes_before_its_turn_is_a_failure_of_its_own() {
    let workspace = Workspace::new();
    // Large files come first, and one worker has enough to do with this one.
    workspace.add("in/large.png", &pictures::png(1500, 1000, 1));
    for number in 0..6 {
        workspace.add(&format!("in/small-{number}.png"), &pictures::png(30, 20, number));
    }
    let mut run = workspace.lote("run in -f blur:radius=20 -j 1 -o out --ndjson").start();
    run.until_event("planned");
    fs::remove_file(workspace.path("in/small-2.png")).unwrap();
    fs::write(workspace.path("in/small-3.png"), b"no longer an image").unwrap();
    let outcome = run.finish().code(1);
    outcome.assert_books();
    assert_eq!(outcome.output_of("small-2.png")["kind"], "not-found");
    assert_eq!(outcome.output_of("small-3.png")["kind"], "not-an-image");
    assert_eq!(outcome.event("finished")["ok"], 5);
}

#[test]
fn a_file_that_made_a_decoder_panic_is_read_as_far_as_it_goes_and_costs_no_worker() {
    let workspace = Workspace::with_pictures(2, 60, 40);
    // Found by `bench/mutate`; RELIABILITY.md tells where the crate panics, which draws no frames any more.
    workspace.add("in/panics.webp", include_bytes!("testdata/panics.webp"));
    let outcome = workspace.lote("run in -f sepia -j 1 -o out --ndjson").run().code(0);
    outcome.assert_books();
    let notes = outcome.output_of("panics.webp")["notes"].to_string();
    assert!(notes.contains("frame 2 of 9 and those behind it are left out"), "{notes}");
    assert_eq!((&outcome.event("finished")["ok"], outcome.deaths()), (&3.into(), 0));
}

#[test]
fn an_output_folder_that_vanishes_in_mid_run_ends_it_and_what_was_there_has_failed() {
    let workspace = Workspace::with_pictures(6, 300, 200);
    let run = "run in -f blur -f sepia -j 1 -o out --ndjson";
    let mut run = workspace.lote(run).start();
    run.until(|event| event["event"] == "output" && event["variant"] == "sepia");
    fs::rename(workspace.path("out/blur"), workspace.path("out/elsewhere")).unwrap();
    let outcome = run.finish().code(1);
    outcome.assert_books_but_for_what_is_gone();
    let of = |variant: &str, status: &str| {
        let ends = outcome.events("output").into_iter();
        ends.filter(|end| end["variant"] == variant && end["status"] == status).count()
    };
    // What was there already is not there any more, and said to be so.
    assert!(of("blur", "ok") > 0 && of("blur", "failed") == of("blur", "ok"));
    assert!(of("sepia", "ok") > 0 && of("sepia", "failed") == 0);
    assert!(of("blur", "skipped") > 0, "what was not made is not held against its image");
}

#[test]
fn an_image_above_the_limit_is_refused_before_it_is_decoded() {
    let workspace = Workspace::with_pictures(1, 200, 100);
    workspace.add("in/small.png", &pictures::png(20, 10, 1));
    let run = "run in -f sepia -o out --max-pixels 10K --ndjson";
    let outcome = workspace.lote(run).run().code(1);
    let refused = outcome.output_of("00.png");
    assert_eq!(refused["kind"], "too-large");
    assert_eq!(outcome.output_of("small.png")["status"], "ok");
}

#[test]
fn hostile_file_names_cannot_steer_the_terminal() {
    let workspace = Workspace::new();
    let name = "in/a\x1b[31m\n\u{202e}gnp.png";
    workspace.add(name, b"no image");
    workspace.add("in/good.png", &pictures::png(8, 8, 1));
    let outcome = workspace.lote("run in -f sepia -o out -v --color always").run().code(1);
    let line = outcome.stderr.lines().find(|line| line.contains("gnp")).unwrap();
    assert!(line.contains("a\\u{1b}[31m\\u{a}\\u{202e}gnp.png"), "{line:?}");
    assert!(!outcome.stderr.contains('\u{202e}'));
}

#[test]
fn animations_of_too_many_frames_or_pixels_are_refused_by_the_limit_that_would_allow_them() {
    let workspace = Workspace::new();
    workspace.add("in/fine.gif", &pictures::gif(5, (40, 30)));
    workspace.add("in/long.gif", &pictures::gif(5001, (1, 1)));
    workspace.add("in/large.gif", &pictures::gif(400, (80, 80)));
    let reasons = |options: &str| {
        let _ = fs::remove_dir_all(workspace.path("out"));
        let outcome = workspace.lote(&format!("run in -f sepia -o out --ndjson {options}")).run();
        outcome.assert_books();
        assert_eq!(outcome.deaths(), 0);
        let ended = |output: &serde_json::Value| {
            format!("{} {}", output["image"], output["reason"].as_str().unwrap_or("ok"))
        };
        let mut said: Vec<_> = outcome.events("output").iter().map(ended).collect();
        said.sort();
        said.join("\n").replace('"', "")
    };
    assert_eq!(
        reasons("--max-pixels 2M"),
        "fine.gif ok\n\
         large.gif 400 frames of 80 x 80 px are more than the limit of 2 megapixels; \
         raise --max-pixels to allow it\n\
         long.gif 5001 frames are more than the limit of 5000; raise --max-frames to allow it"
    );
    assert_eq!(reasons("--fotogramas-max 6000"), "fine.gif ok\nlarge.gif ok\nlong.gif ok");
}

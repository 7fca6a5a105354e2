//! What a run takes: lists, patterns, linked folders, folders of the system, names of any bytes.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use crate::support::{Workspace, pictures};

#[test]
fn folders_of_the_system_are_left_out_and_counted_in_both_languages() {
    let workspace = Workspace::with_pictures(1, 8, 8);
    for folder in ["@eaDir/00.png", "#recycle", ".Trash-1000/files", ".thumbnails", "$RECYCLE.BIN"]
    {
        workspace.add(&format!("in/{folder}/x.png"), &pictures::png(8, 8, 1));
    }
    workspace.add("in/notes.txt", b"no image");
    workspace.add("in/photo.dat", &pictures::png(8, 8, 2));
    let run = workspace.lote("run -R in -f sepia -o out --ndjson").run().code(0);
    assert_eq!(workspace.names("out"), ["sepia/00_sepia.png"]);
    let left_out = &run.event("planned")["left_out"];
    assert_eq!(left_out["system_folders"]["count"], 5);
    assert_eq!(left_out["misnamed"]["first"][0], "photo.dat");
    assert_eq!(left_out["others"]["count"], 1);
    assert!(run.stderr.contains("left out: 5 folders of the system (#recycle, "), "{}", run.stderr);
    let run = workspace.lote("run -R in -f sepia -o out").env("LOTE_LANG", "es").run().code(0);
    assert!(run.stderr.contains("sin tocar: 5 carpetas del sistema ("), "{}", run.stderr);
    // A folder that is named is what one means.
    workspace.lote("run in/.thumbnails -f sepia -o named").run().code(0);
    assert_eq!(workspace.names("named"), ["sepia/x_sepia.png"]);
}

#[test]
fn linked_folders_are_followed_once_and_loops_end() {
    let workspace = Workspace::with_pictures(1, 8, 8);
    workspace.add("real/deep/x.png", &pictures::png(8, 8, 1));
    for (target, link) in [
        ("../real", "in/album"),
        ("../real/deep", "in/again"),
        (".", "in/loop"),
        ("../../in", "real/back"),
        ("../out", "in/results"),
    ] {
        std::os::unix::fs::symlink(target, workspace.path(link)).unwrap();
    }
    workspace.add("out/old/y.png", &pictures::png(8, 8, 2));
    workspace.lote("run -R in -f sepia -o out").run().code(0);
    let made = ["old/y.png", "sepia/00_sepia.png", "sepia/again/x_sepia.png"];
    let names = workspace.names("out");
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(names[2] == made[2] || names[2] == "sepia/album/deep/x_sepia.png", "{names:?}");
    workspace.lote("run in -f sepia -o flat").run().code(0);
    assert_eq!(workspace.names("flat"), ["sepia/00_sepia.png"]);
}

#[test]
fn a_list_names_more_files_than_a_command_line_holds() {
    let workspace = Workspace::with_pictures(2, 8, 8);
    // Two images under 60,000 names of some length: more bytes than any ARG_MAX.
    let mut list = Vec::new();
    for number in 0..60_000 {
        let name = format!("{}in/{:02}.png", "./".repeat(20 + number % 5), number % 2);
        list.extend_from_slice(name.as_bytes());
        list.push(0);
    }
    workspace.add("list", &list);
    workspace.lote("run --files-from list -0 -f sepia -o out").run().code(0);
    assert_eq!(workspace.names("out"), ["sepia/00_sepia.png", "sepia/01_sepia.png"]);
    workspace.add("lines", b"in/01.png\n\nmissing.png\r\n");
    let run = workspace.lote("run --files-from lines -f sepia -o lines-out").run().code(1);
    assert_eq!(workspace.names("lines-out"), ["sepia/01_sepia.png"]);
    assert!(run.stderr.contains("missing.png"), "{}", run.stderr);
    workspace.lote("run --files-from nowhere -f sepia -o out").run().code(2);
}

#[test]
fn patterns_take_and_leave_out_files_and_folders() {
    let workspace = Workspace::with_pictures(3, 8, 8);
    workspace.add("in/drafts/d.png", &pictures::png(8, 8, 1));
    workspace.add("in/2024/e.JPG", &pictures::jpeg(8, 8, 1));
    let run = workspace
        .lote("run -R in -f sepia -o out --include *.jpg --include 0?.png --exclude 01.* --exclude drafts")
        .run()
        .code(0);
    let made = ["sepia/00_sepia.png", "sepia/02_sepia.png", "sepia/2024/e_sepia.JPG"];
    assert_eq!(workspace.names("out"), made);
    assert!(run.stderr.contains("2 by --include and --exclude (01.png, drafts)"), "{}", run.stderr);
    let run = workspace.lote("run in -f sepia -o none --include *.gif").run().code(3);
    assert!(run.stderr.contains("leave everything out"), "{}", run.stderr);
    workspace.lote("run in -f sepia -o none --exclude [a").run().code(2);
}

#[test]
fn a_name_that_is_not_utf_8_is_told_byte_by_byte() {
    let workspace = Workspace::new();
    let name = OsStr::from_bytes(b"in/\xe1rbol.png");
    fs::create_dir(workspace.path("in")).unwrap();
    fs::write(workspace.path("").join(name), pictures::png(8, 8, 1)).unwrap();
    let run = workspace.lote("run in -f sepia -o out --ndjson").run().code(0);
    let output = run.event("output");
    assert_eq!(output["path"], "out/sepia/\u{fffd}rbol_sepia.png");
    // base64 of out/sepia/\xe1rbol_sepia.png, by coreutils.
    assert_eq!(output["path_bytes"], "b3V0L3NlcGlhL+FyYm9sX3NlcGlhLnBuZw==");
    assert!(workspace.path("").join(OsStr::from_bytes(b"out/sepia/\xe1rbol_sepia.png")).exists());
}

#[test]
fn images_that_fail_are_told_apart_by_the_bytes_of_their_names() {
    let workspace = Workspace::new();
    fs::create_dir(workspace.path("in")).unwrap();
    for name in [b"in/bad\xe9.jpg", b"in/bad\xe8.jpg"] {
        fs::write(workspace.path("").join(OsStr::from_bytes(name)), b"\xff\xd8\xff no more")
            .unwrap();
    }
    let told = |run: &str, event: &str, code: i32| {
        let lines = workspace.lote(run).run().code(code).stdout();
        let events =
            lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let events = events.filter(|line| line["event"] == event);
        let mut names: Vec<_> = events.map(|line| line["image_bytes"].clone()).collect();
        names.sort_by_key(ToString::to_string);
        names
    };
    // base64 of bad\xe8.jpg and bad\xe9.jpg, by coreutils.
    let names = ["YmFk6C5qcGc=", "YmFk6S5qcGc="];
    assert_eq!(told("run in -f sepia -o out -n --ndjson", "would_make", 0), names);
    assert_eq!(told("run in -f sepia -o out --ndjson", "output", 1), names);
    assert_eq!(told("run in -f sepia -o out --ndjson", "task", 1), names);
}

#[test]
fn a_photo_of_a_telephone_becomes_a_jpeg_unless_told() {
    let workspace = Workspace::new();
    let decoded = concat!(env!("CARGO_MANIFEST_DIR"), "/../worker/imaging/testdata/decoded");
    for (file, name) in [("420~7.heic", "IMG_0001.HEIC"), ("slices~7.heic", "IMG_0002.heif")] {
        workspace.add(&format!("in/{name}"), &fs::read(format!("{decoded}/{file}")).unwrap());
    }
    workspace.lote("run in -f sepia -f @png -o out").run().code(0);
    let names = ["IMG_0001_sepia.jpg", "IMG_0002_sepia.jpg"].map(|name| format!("sepia/{name}"));
    let pngs = ["IMG_0001_png.png", "IMG_0002_png.png"].map(|name| format!("png/{name}"));
    assert_eq!(workspace.names("out"), [pngs, names].concat());
    let size = |name: &str| image::image_dimensions(workspace.path("out").join(name)).unwrap();
    assert_eq!(size("sepia/IMG_0001_sepia.jpg"), (48, 32));
    assert_eq!(size("png/IMG_0002_png.png"), (64, 64));
    let refused = workspace.lote("run in -f sepia --format heic -o other").run().code(2);
    assert!(refused.stderr.contains("heic"), "{}", refused.stderr);
}

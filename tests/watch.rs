//! A folder that is watched: what appears, changes, is half there, is bad, and after a death.

use std::fs;
use std::io::Write;

use rustix::process::{Pid, Signal, kill_process};

use crate::support::program::Running;
use crate::support::{Workspace, pictures};

const WATCH: &str = "watch in -f grises -o out --ndjson --settle 0.3 -j 2";

fn made(running: &mut Running) -> Vec<String> {
    let mut names = Vec::new();
    loop {
        let event =
            running.until(|event| event["event"] == "output" || event["event"] == "finished");
        if event["event"] == "finished" {
            return names;
        }
        if event["status"] != "skipped" {
            names.push(format!(
                "{} {}",
                event["image"].as_str().unwrap(),
                event["status"].as_str().unwrap()
            ));
        }
    }
}

fn signal(running: &Running, signal: Signal) {
    kill_process(Pid::from_raw(running.pid() as i32).unwrap(), signal).unwrap();
}

#[test]
fn what_appears_is_made_once_also_after_a_death_and_what_is_bad_is_left() {
    let workspace = Workspace::with_pictures(1, 8, 8);
    workspace.add("in/bad.png", b"no image");
    let mut running = workspace.lote(WATCH).start();
    let mut first = made(&mut running);
    first.sort();
    assert_eq!(first, ["00.png ok", "bad.png failed"]);

    // A folder that is new, a file that comes by a rename, and one that grows in between.
    let png = pictures::png(30, 20, 7);
    workspace.add("in/new/a.png", &pictures::png(8, 8, 1));
    workspace.add("elsewhere.png", &pictures::png(8, 8, 2));
    fs::rename(workspace.path("elsewhere.png"), workspace.path("in/b.png")).unwrap();
    let mut seen = Vec::new();
    while seen.len() < 2 {
        seen.extend(made(&mut running));
    }
    seen.sort();
    assert_eq!(seen, ["b.png ok", "new/a.png ok"]);

    // What is not on record when it dies is made again.
    let record = || {
        let files = fs::read_dir(workspace.path("out/.lote")).unwrap().flatten();
        files.filter_map(|file| fs::read_to_string(file.path()).ok()).collect::<String>()
    };
    while !["in/b.png", "in/new/a.png"].iter().all(|name| record().contains(name)) {
        std::thread::yield_now();
    }
    signal(&running, Signal::KILL);
    assert!(running.died_of(Signal::KILL));
    workspace.add("in/c.png", &png);
    let mut running = workspace.lote(WATCH).start();
    assert_eq!(made(&mut running), ["c.png ok"]);

    // What has changed is made again, once, in place of what was made before.
    workspace.add("in/c.png", &pictures::png(16, 16, 9));
    assert_eq!(made(&mut running), ["c.png ok"]);
    signal(&running, Signal::INT);
    running.finish().code(130);
    let names = workspace.names("out/grises");
    assert_eq!(names, ["00_grises.png", "b_grises.png", "c_grises.png", "new/a_grises.png"]);
    let c = pictures::decode(&workspace.files("out")["grises/c_grises.png"]);
    assert_eq!(c.dimensions(), (16, 16));
}

#[test]
fn only_folders_can_be_watched() {
    let workspace = Workspace::with_pictures(1, 8, 8);
    let said = workspace.lote("watch in/00.png -f grises").run().code(3).stderr;
    assert!(said.contains("in/00.png is no folder"), "{said}");
    workspace.lote("watch in").run().code(2);
}

#[test]
fn a_file_that_its_writer_holds_open_is_taken_whole_however_long_that_takes() {
    let workspace = Workspace::with_pictures(1, 8, 8);
    let (first, second) = (pictures::png(60, 40, 1), pictures::png(60, 40, 2));
    let begin = |name: &str, bytes: &[u8]| {
        let mut file = fs::File::create(workspace.path(name)).unwrap();
        file.write_all(&bytes[..bytes.len() / 2]).unwrap();
        file
    };
    // One that began before the watch, and one that begins after.
    let mut before = begin("in/before.png", &first);
    let mut running = workspace.lote(WATCH).start();
    assert_eq!(made(&mut running), ["00.png ok"]);
    let mut after = begin("in/after.png", &second);
    // Each of these stands still for as long as the halves have to.
    for number in 0..3 {
        workspace.add(&format!("in/{number}.png"), &pictures::png(8, 8, number));
        assert_eq!(made(&mut running), [format!("{number}.png ok")]);
    }
    before.write_all(&first[first.len() / 2..]).unwrap();
    drop(before);
    assert_eq!(made(&mut running), ["before.png ok"]);
    after.write_all(&second[second.len() / 2..]).unwrap();
    drop(after);
    assert_eq!(made(&mut running), ["after.png ok"]);
    signal(&running, Signal::TERM);
    running.finish().code(143);
}

#[test]
fn what_a_drive_does_not_tell_of_is_found_by_looking() {
    let workspace = Workspace::with_pictures(1, 8, 8);
    let mut running = workspace.lote(WATCH).on_kernel_without("inotify").start();
    assert_eq!(made(&mut running), ["00.png ok"]);
    for number in 0..3 {
        workspace.add(&format!("in/deep/{number}.png"), &pictures::png(8, 8, number));
        assert_eq!(made(&mut running), [format!("deep/{number}.png ok")]);
    }
    signal(&running, Signal::INT);
    running.finish().code(130);
}

#[test]
fn outputs_below_the_watched_folder_are_no_inputs_and_a_poison_is_quarantined_once() {
    let workspace = Workspace::with_pictures(2, 8, 8);
    workspace.add("in/poison.png", &pictures::png(8, 8, 5));
    let watch = "watch in -f grises -o in/out --ndjson --settle 0.3 -j 2";
    let mut running = workspace.lote(watch).misbehaving("").start();
    let mut first = made(&mut running);
    first.sort();
    assert_eq!(first, ["00.png ok", "01.png ok", "poison.png quarantined"]);
    signal(&running, Signal::INT);
    running.finish().code(130);
    // Neither the poison nor the outputs are taken, today or tomorrow.
    let mut running = workspace.lote(watch).misbehaving("").start();
    for number in 2..5 {
        workspace.add(&format!("in/{number}.png"), &pictures::png(8, 8, number));
        assert_eq!(made(&mut running), [format!("{number}.png ok")]);
    }
    signal(&running, Signal::INT);
    running.finish().code(130);
    assert_eq!(workspace.names("in/out").len(), 5);
    workspace.lote("watch in -f grises -o in --settle 0.3").run().code(4);
}

#[test]
fn no_image_takes_the_name_of_anothers_output() {
    let workspace = Workspace::with_pictures(1, 8, 8);
    let watch =
        "watch in -f web=grises@webp -o out --ndjson --settle 0.3 --pattern {variant}/{name}";
    let mut running = workspace.lote(watch).start();
    assert_eq!(made(&mut running), ["00.png ok"]);
    let before = workspace.files("out");
    // It comes first by its name.
    workspace.add("in/00.jpg", &pictures::jpeg(16, 16, 1));
    assert_eq!(made(&mut running), ["00.jpg ok"]);
    signal(&running, Signal::KILL);
    assert!(running.died_of(Signal::KILL));
    let mut running = workspace.lote(watch).start();
    // The image of an output need not be there any more.
    fs::remove_file(workspace.path("in/00.png")).unwrap();
    workspace.add("in/sub/00.tiff", &pictures::encoded(image::ImageFormat::Tiff, 20, 20, 1));
    let mut seen = Vec::new();
    while !seen.contains(&"sub/00.tiff ok".to_owned()) {
        seen.extend(made(&mut running));
    }
    signal(&running, Signal::INT);
    running.finish().code(130);
    let after = workspace.files("out");
    let names: Vec<_> = after.keys().collect();
    assert_eq!(names, ["web/00-2.webp", "web/00-3.webp", "web/00.webp"]);
    assert!(after["web/00.webp"] == before["web/00.webp"], "it is the first image's");
}

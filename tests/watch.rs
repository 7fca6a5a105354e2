//! A folder that is watched: what appears, changes, is half there, is bad, and after a death.

use std::fs;

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
        if event["status"] == "ok" || event["status"] == "failed" {
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

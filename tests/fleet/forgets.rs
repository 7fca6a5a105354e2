//! The server forgets what it has stored: the truth is the plan and the journal.

use std::process::Command;

use super::*;
use crate::nats::servers;

#[test]
fn what_the_server_forgets_is_made_once_and_each_repair_is_told_of_once() {
    std::thread::scope(|scope| {
        for program in servers() {
            scope.spawn(move || forget(&program));
        }
    });
}

/// Its store is put back to an earlier copy, as after a power cut, and later lost.
fn forget(program: &Path) {
    let (pictures, age) = if is_long() { (1_000, 20) } else { (400, 0) };
    let mut fleet = Fleet::new(program, pictures);
    fleet.alone("alone");
    let agents = [fleet.agent("one"), fleet.agent("two")];
    let both = |what: Signal| agents.iter().for_each(|agent| signal(agent.pid(), what));
    fleet.until_there(2);
    let outputs = pictures as usize * 2;
    let (mut ends, mut done, mut saved) = (0, 0, Instant::now());
    let kept = fleet.server.folder().join("kept");
    let mut run = fleet.run("out").start();
    while let Some(event) = run.next() {
        ends += usize::from(is_output(&event));
        // The last outputs are left until the run has seen what has happened.
        if event["event"] == "fleet" && event["state"] == "repaired" {
            both(Signal::CONT);
        }
        if done == 0 && ends * 10 >= outputs {
            fleet.server.kill();
            copy(&fleet.server.store(), &kept);
            saved = Instant::now();
        } else if done == 1 && ends * 10 >= outputs * 4 {
            both(Signal::STOP);
            let left = Duration::from_secs(age).saturating_sub(saved.elapsed());
            std::thread::sleep(left);
            fleet.server.kill();
            copy(&kept, &fleet.server.store());
        } else if done == 2 && ends * 10 >= outputs * 6 {
            both(Signal::STOP);
            fleet.server.kill();
            std::fs::remove_dir_all(fleet.server.store()).unwrap();
        } else {
            continue;
        }
        fleet.server.restart();
        done += 1;
    }
    let outcome = run.finish().code(0);
    outcome.assert_books();
    assert_eq!(done, 3);
    let repaired = outcome.events("fleet").into_iter().filter(|said| said["state"] == "repaired");
    assert_eq!(repaired.count(), 2, "{:#?}", outcome.events("fleet"));
    fleet.assert_same("alone", "out");
    assert_eq!(journalled(&fleet.workspace, "out"), (1, 1, outputs));
}

/// Everything below a folder, in the place of what is below another.
fn copy(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    assert!(Command::new("cp").arg("-r").arg(from).arg(to).status().unwrap().success());
}

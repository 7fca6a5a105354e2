//! Workers that die in each state of the protocol in turn.

use std::fs;

use crate::size;
use crate::support::workspace::assert_same;
use crate::support::{Workspace, pictures};

/// Where a worker dies: before it says Hello; when it gets a task; before it decodes; with half of an
/// output in its file, and with all of it; when that has been told.
const STATES: [&str; 6] = ["hello", "got", "decode", "half", "written", "ack"];

#[test]
fn a_worker_that_dies_in_any_state_of_the_protocol_loses_nothing() {
    let times = size(3, 100);
    let workspace = Workspace::new();
    // By their cost, which is their size, the images that kill are spread among the others.
    for number in 0..times {
        for state in STATES {
            let bytes = pictures::png(20 + number % 13, 16, number);
            workspace.add(&format!("in/die-{state}-{number:03}.png"), &bytes);
            for other in 0..2 {
                let bytes = pictures::png(20 + (number + other) % 13, 16, number);
                workspace.add(&format!("in/other-{other}-{state}-{number:03}.png"), &bytes);
            }
        }
    }
    fs::create_dir(workspace.path("marks")).unwrap();
    workspace.lote("run in -f sepia -f blur -o calm -q").run().code(0);
    // In their sandbox workers could leave no marks.
    let run = "run in -f sepia -f blur -j 3 -o out --ndjson --sandbox off";
    let run = workspace.lote(run).misbehaving("");
    let marks = workspace.path("marks");
    let outcome = run.env("LOTE_TEST_MARKS", marks.to_str().unwrap()).run().code(0);
    outcome.assert_books();
    let finished = outcome.event("finished");
    assert_eq!(finished["failed"], 0);
    let marks = workspace.names("marks");
    for state in STATES {
        let prefix = format!("{state}-");
        let deaths = marks.iter().filter(|mark| mark.starts_with(&prefix)).count();
        assert_eq!(deaths, times as usize, "deaths in state {state}: {marks:?}");
    }
    assert_same(&workspace.files("calm"), &workspace.files("out"));
    println!(
        "protocol states: {} x {times} deaths ({}), {} workers lost, {} outputs, 0 lost, all \
         identical to the undisturbed run",
        STATES.len(),
        STATES.join(", "),
        outcome.deaths(),
        finished["ok"]
    );
}

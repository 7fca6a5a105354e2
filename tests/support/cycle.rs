//! The master is killed at a random moment, and its job resumed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use super::processes::{Watched, signal};
use super::workspace::{Files, assert_same};
use super::{Running, Workspace};

/// What was seen in a number of cycles.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) cycles: usize,
    /// Masters that died of it: at least one a cycle. One that was faster does not count.
    pub(crate) kills: usize,
    /// Outputs that were on record after a kill, and were not made again.
    pub(crate) kept: usize,
    /// Outputs that were there after a kill but not yet on record.
    pub(crate) unrecorded: usize,
    /// The longest that a worker outlived its master.
    pub(crate) longest_outlived: Duration,
}

/// Numbers that are as good as random, the same for the same seed.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    /// Below `limit`. Splitmix64, as in Steele, Lea, Flood, "Fast splittable pseudorandom number
    /// generators", 2014.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % limit as u64) as usize
    }
}

/// Starts `command` (without `--resume`, with outputs to `out`), kills the master, resumes, perhaps
/// kills that too, and asserts that the end is that of an undisturbed run and that nothing that was
/// on record has been made again.
#[track_caller]
pub(crate) fn kill_and_resume(
    workspace: &Workspace,
    command: &str,
    undisturbed: &Files,
    chance: &mut Chance,
    figures: &mut Figures,
) {
    if workspace.path("out").exists() {
        fs::remove_dir_all(workspace.path("out")).unwrap();
    }
    let lines = undisturbed.len() * 2;
    let mut on_record = BTreeSet::new();
    let mut killed = 0;
    for resume in ["", " --resume", " --resume"] {
        let run = workspace.lote(&format!("{command} --ndjson{resume}")).start();
        let (events, is_killed) = kill_after(run, chance.below(lines), chance.below(3000), figures);
        assert_not_repeated(&events, &on_record);
        killed += usize::from(is_killed);
        on_record = recorded(workspace);
        let there = workspace.files("out").len();
        figures.unrecorded += there.saturating_sub(on_record.len());
        if chance.below(3) > 0 {
            break;
        }
    }
    let outcome = workspace.lote(&format!("{command} --ndjson --resume")).run().code(0);
    outcome.assert_books();
    assert_not_repeated(&outcome.events("output"), &on_record);
    figures.kept += on_record.len();
    // No unfinished file is among them.
    assert_same(undisturbed, &workspace.files("out"));
    figures.kills += killed;
    // One in which the master was always faster shows nothing.
    figures.cycles += usize::from(killed > 0);
}

/// Kills the master `micros` after it has said so many lines, unless it ends before, and waits until
/// its workers have ended, too. Returns its events, and whether it died of that.
fn kill_after(
    mut run: Running,
    lines: usize,
    micros: usize,
    figures: &mut Figures,
) -> (Vec<Value>, bool) {
    let mut workers = Vec::new();
    let mut is_over = false;
    for _ in 0..=lines {
        let Some(event) = run.next() else {
            is_over = true;
            break;
        };
        if event["event"] == "worker" && event["state"] == "started" {
            let pid = event["pid"].as_u64().unwrap() as u32;
            workers.extend(Watched::if_alive(pid));
        }
    }
    if !is_over {
        let at = Instant::now() + Duration::from_micros(micros as u64);
        while Instant::now() < at {
            std::hint::spin_loop();
        }
        signal(run.pid(), Signal::KILL);
        let killed = Instant::now();
        for worker in &workers {
            // Generous for a slow machine; how long it took is among the figures.
            worker.wait(Duration::from_secs(20));
        }
        figures.longest_outlived = figures.longest_outlived.max(killed.elapsed());
    }
    while run.skip_line().is_some() {}
    let events = run.seen().iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
    (events, run.died_of(Signal::KILL))
}

/// Asserts that no output was made that was on record before.
#[track_caller]
fn assert_not_repeated(events: &[Value], on_record: &BTreeSet<String>) {
    for event in events.iter().filter(|event| event["status"] == "ok") {
        let path = event["path"].as_str().unwrap().trim_start_matches("out/");
        assert!(!on_record.contains(path), "{path} was on record and made again");
    }
}

/// The outputs that are on record, by their paths in the folder `out`.
pub(crate) fn recorded(workspace: &Workspace) -> BTreeSet<String> {
    let mut outputs = BTreeSet::new();
    for journal in lote_engine::journal::read_all(Path::new(&workspace.path("out"))) {
        for entry in journal.entries {
            if let lote_engine::journal::Outcome::Ok { output, .. } = entry.outcome {
                outputs.insert(output.0.to_string_lossy().into_owned());
            }
        }
    }
    outputs
}

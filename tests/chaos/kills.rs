//! Random `kill -9` of workers while thousands of small images are at work.

use std::collections::BTreeMap;
use std::fs;

use rustix::process::Signal;

use crate::support::processes::crash;
use crate::support::workspace::assert_same;
use crate::support::{Running, Workspace, pictures};
use crate::{Chance, size};

/// That many small images, of few different contents; the names make them different outputs.
pub(crate) fn many(count: usize) -> Workspace {
    let workspace = Workspace::new();
    let contents: Vec<_> = (0..16).map(|seed| pictures::png(24, 16, seed)).collect();
    fs::create_dir_all(workspace.path("in")).unwrap();
    for number in 0..count {
        let path = workspace.path(&format!("in/{number:06}.png"));
        fs::write(path, &contents[number % contents.len()]).unwrap();
    }
    workspace
}

/// Kills workers at random, one in about half of `rarely` outputs, until so many have been lost or
/// the run is over. Returns how many the program has lost: a worker that is killed when nothing is
/// left to do has only left.
fn kill_some(run: &mut Running, chance: &mut Chance, wanted: usize, rarely: usize) -> usize {
    let mut alive = BTreeMap::new();
    let (mut kills, mut lost, mut wait) = (0, 0, 0);
    while let Some(event) = run.next() {
        let worker = event["worker"].as_u64();
        match (event["event"].as_str(), event["state"].as_str()) {
            (Some("worker"), Some("ready")) => {
                alive.insert(worker, event["pid"].as_u64().unwrap() as u32);
            }
            (Some("worker"), state) => {
                alive.remove(&worker);
                lost += usize::from(state == Some("lost"));
            }
            (Some("output"), _) if wait == 0 && kills < wanted && !alive.is_empty() => {
                let victim = *alive.keys().nth(chance.below(alive.len())).unwrap();
                kills += usize::from(crash(alive.remove(&victim).unwrap(), Signal::KILL));
                wait = chance.below(rarely);
            }
            (Some("output"), _) => wait = wait.saturating_sub(1),
            _ => {}
        }
    }
    lost
}

#[test]
fn workers_that_are_killed_at_random_moments_lose_nothing_and_tear_nothing() {
    let (images, wanted) = size((1_500, 40), (40_000, 1_200));
    let workspace = many(images);
    let filters = "-f grises -f redimensionar:porcentaje=50";
    workspace.lote(&format!("run in {filters} -o calm -q")).run().code(0);
    let command = format!("run in {filters} -j 4 -o out --ndjson");
    let mut chance = Chance::new();
    // A run that was faster than the blows shows nothing.
    let (outcome, kills) = loop {
        let mut run = workspace.lote(&command).start();
        let kills = kill_some(&mut run, &mut chance, wanted, images * 2 / wanted);
        let outcome = run.finish().code(0);
        if kills >= wanted * 3 / 4 {
            break (outcome, kills);
        }
        fs::remove_dir_all(workspace.path("out")).unwrap();
    };
    outcome.assert_books();
    let finished = outcome.event("finished");
    assert_eq!((&finished["failed"], &finished["lost_workers"]), (&0.into(), &kills.into()));
    assert_same(&workspace.files("calm"), &workspace.files("out"));
    println!(
        "random kills: {kills} workers killed among {images} images, {} outputs, 0 lost, 0 torn, \
         all identical to the undisturbed run",
        finished["ok"]
    );
}

//! Random `kill -9` of workers while thousands of small images are at work.

use std::collections::BTreeMap;
use std::fs;

use rustix::process::Signal;

use crate::support::processes::crash;
use crate::support::workspace::assert_same;
use crate::support::{Workspace, pictures};
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

#[test]
fn workers_that_are_killed_at_random_moments_lose_nothing_and_tear_nothing() {
    let (images, wanted) = size((1_500, 40), (40_000, 1_200));
    let workspace = many(images);
    let filters = "-f grises -f redimensionar:porcentaje=50";
    workspace.lote(&format!("run in {filters} -o calm -q")).run().code(0);
    let mut run = workspace.lote(&format!("run in {filters} -j 4 -o out --ndjson")).start();
    let mut chance = Chance::new();
    let mut alive = BTreeMap::new();
    let (mut kills, mut wait) = (0, 0);
    while kills < wanted
        && let Some(event) = run.next()
    {
        match event["event"].as_str() {
            Some("worker") => {
                let worker = event["worker"].as_u64().unwrap();
                match event["state"].as_str() {
                    Some("ready") => drop(alive.insert(worker, event["pid"].as_u64().unwrap())),
                    _ => drop(alive.remove(&worker)),
                }
            }
            Some("output") if wait == 0 && !alive.is_empty() => {
                let victim = *alive.keys().nth(chance.below(alive.len())).unwrap();
                let pid = alive.remove(&victim).unwrap() as u32;
                kills += usize::from(crash(pid, Signal::KILL));
                wait = chance.below(images * 2 / wanted);
            }
            Some("output") => wait = wait.saturating_sub(1),
            _ => {}
        }
    }
    assert!(kills >= wanted * 3 / 4, "the run was over after {kills} kills");
    let outcome = run.finish().code(0);
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

//! What agents say of their workers while they work: seen, and never counted.

use super::*;
use lote_fleet::engine::{Engine, Subject};
use lote_fleet::names::{FleetName, JobId};
use serde_json::json;

#[test]
fn whoever_asked_sees_the_workers_of_every_machine_at_work() {
    let Some(program) = server() else { return };
    let fleet = Fleet::new(&program, 60);
    let (_one, _two) = (fleet.agent("one"), fleet.agent("two"));
    fleet.until_there(2);
    let outcome = fleet.run("out").run().code(0);
    outcome.assert_books();
    // Two machines with two at a time: one that is too busy to answer at once joins a little later.
    assert!([2, 4].contains(&outcome.event("planned")["workers"].as_u64().unwrap()));
    let tasks = outcome.events("task");
    for agent in ["one", "two"] {
        let own: Vec<_> = tasks.iter().filter(|task| task["agent"] == agent).collect();
        assert!(!own.is_empty(), "{agent}: {tasks:?}");
        for task in own {
            assert!([1, 2].contains(&task["worker"].as_u64().unwrap()), "{task}");
            assert!(task["image"].as_str().is_some_and(|image| image.contains(".png")), "{task}");
        }
        let workers = outcome.events("worker");
        let ready = |worker: &&Value| worker["agent"] == agent && worker["state"] == "ready";
        assert!(workers.iter().any(|worker| ready(&worker)), "{agent}: {workers:?}");
    }
    assert!(tasks.iter().all(|task| task["agent"].is_string()));
}

#[test]
fn lies_about_workers_change_no_output_and_no_count() {
    let Some(program) = server() else { return };
    let fleet = Fleet::new(&program, 40);
    fleet.alone("alone");
    let _agent = fleet.agent("one");
    let mut run = fleet.run("out").start();
    run.until(is_output);
    block_on(async {
        let server = lote_fleet::nats::Server { url: fleet.server.url(), ..Default::default() };
        let engine = lote_fleet::nats::connect(&server, "evil").await.unwrap();
        let paper: Value = serde_json::from_slice(&engine.jobs().await.unwrap().remove(0)).unwrap();
        let job: JobId = paper["job"].as_str().unwrap().parse().unwrap();
        let happened = |what: Value| json!({ "v": 1, "happened": [what] }).to_string();
        let task = |worker: u64, unit: u64, places: Vec<u64>| {
            let (ago_ms, attempt) = (u64::from(u32::MAX), 1);
            happened(json!({
                "worker": worker, "ago_ms": ago_ms, "is": "task", "unit": unit, "places": places,
                "attempt": attempt,
            }))
        };
        let output = |place: u64, ms: f64| {
            let (is, status) = ("output", "failed");
            let what = json!({
                "worker": 1, "ago_ms": 0, "is": is, "place": place, "status": status, "ms": ms,
            });
            happened(what)
        };
        let many = json!({ "worker": 1, "ago_ms": 0, "is": "decoded" });
        let mut said: Vec<Vec<u8>> = [
            task(1, 0, vec![0, 1]),
            output(0, 1e300),
            output(1, -1.0),
            task(1, 4_000_000_000, vec![0]),
            task(1, 1, vec![77]),
            task(2, 1, vec![0; 10_000]),
            task(0, 1, vec![0]),
            task(4_000_000_000, 1, vec![0]),
            happened(json!({ "worker": 1, "ago_ms": -5, "is": "idle" })),
            happened(json!({ "worker": 1, "ago_ms": 5, "is": "exec", "program": "/bin/sh" })),
            json!({ "v": 1, "happened": vec![many; 2_000] }).to_string(),
            json!({ "v": 2, "happened": [] }).to_string(),
            "[".repeat(60_000),
            "{".to_owned(),
        ]
        .map(String::into_bytes)
        .into();
        said.push(vec![0xff; 200_000]);
        for agent in ["one", "nobody", "x"] {
            let subject = Subject::Live(job, FleetName::like(agent));
            for bytes in &said {
                engine.say(&subject, bytes.clone()).await.unwrap();
            }
            // More than anybody has to say.
            for _ in 0..3_000 {
                engine.say(&subject, said[0].clone()).await.unwrap();
            }
        }
    });
    let outcome = run.finish().code(0);
    outcome.assert_books();
    assert_eq!(outcome.event("finished")["failed"], 0);
    assert!(outcome.events("task").iter().all(|task| task["agent"] == "one"));
    fleet.assert_same("alone", "out");
}

//! Lanes of other machines: drawn as they say, counted as they record.

use std::collections::BTreeMap;
use std::time::Duration;

use super::*;
use crate::live::Live;
use crate::live::shapes::{Machine, MachineState};
use lote_engine::event::{Afar, AgentState, Claim};

fn afar(agent: &str, ago_ms: u64) -> Afar {
    Afar { agent: agent.into(), ago: Duration::from_millis(ago_ms) }
}

fn agent(agent: &str, state: AgentState, slots: u32) -> Event {
    Event::Agent { agent: agent.into(), state, slots, version: String::new(), reason: None }
}

fn of(agent: Afar, event: Event) -> Event {
    let agent = Some(agent);
    match event {
        Event::Worker { worker, pid, slots, state, reason, ms, sandbox, .. } => {
            Event::Worker { agent, worker, pid, slots, state, reason, ms, sandbox }
        }
        Event::Task { worker, slot, unit, variants, image, image_bytes, attempt, .. } => {
            Event::Task { agent, worker, slot, unit, variants, image, image_bytes, attempt }
        }
        Event::Decoded { worker, slot, .. } => Event::Decoded { agent, worker, slot },
        other => other,
    }
}

fn claimed(agent: Afar, worker: u32, image: usize, variant: usize) -> Event {
    let place = Place { image, variant };
    Event::Claimed { agent, worker, claim: Some(Claim { place, status: Status::Ok, ms: 20.0 }) }
}

fn record(agent: &str, image: usize, variant: usize) -> Event {
    Event::Output(OutputEnded {
        agent: Some(agent.into()),
        ..output(None, image, variant, Status::Ok)
    })
}

fn machine(name: &str, slots: u32) -> Machine {
    Machine::new(name.into(), slots, "1".into(), MachineState::Working, None)
}

/// A job of a fleet that has begun.
fn begun_elsewhere(model: &mut Model, images: usize, slots: u32) -> Arc<Plan> {
    let plan = make_plan(images);
    let job = Job { fleet: true, ..job(&plan) };
    model.begin_job(job, book("j1", &plan), json!({}), 0.0);
    model.begin_run(Arc::clone(&plan));
    let (mode, left_out) = (Mode::Processes, Box::default());
    let (outputs, skipped, workers) = (2 * images, 0, slots);
    model.event(&Event::Planned { images, outputs, skipped, mode, workers, left_out }, 0.0);
    plan
}

#[test]
fn what_a_lost_machine_had_is_shown_where_another_redoes_it_and_counted_when_it_is_on_record() {
    let mut model = Model::new(json!({}));
    model.set_fleet(false, vec![machine("one", 2), machine("two", 1)]);
    begun_elsewhere(&mut model, 2, 3);
    model.event(&agent("one", AgentState::Joined, 2), 1.0);
    model.event(&agent("two", AgentState::Joined, 1), 1.0);
    for (name, id) in [("one", 1), ("one", 2), ("two", 1)] {
        model.event(&of(afar(name, 0), worker(id, WorkerState::Ready, None)), 2.0);
    }
    model.event(&of(afar("one", 30), task(2, 0)), 100.0);
    model.event(&of(afar("one", 0), Event::Decoded { agent: None, worker: 2, slot: 0 }), 100.0);
    assert_eq!(model.worker_afar(2), Some(("one".into(), 2)));
    let shown = state(&mut model, 110.0);
    assert_eq!(shown["lanes"][1]["task"]["start_ms"], 70.0, "it began before it was told");
    assert_eq!(shown["lanes"][2]["machine"], "two");
    assert_eq!(shown["job"]["state"], "running");

    model.event(&agent("one", AgentState::Lost, 0), 200.0);
    let shown = state(&mut model, 210.0);
    assert_eq!(
        (&shown["lanes"][0]["state"], &shown["lanes"][1]["state"]),
        (&json!("lost"), &json!("lost"))
    );
    let crashes = shown["crashes"].as_array().unwrap();
    assert!(crashes.iter().any(|crash| crash["slot"] == 2 && crash["task"] == 1), "{crashes:?}");

    model.event(&of(afar("two", 0), task(1, 0)), 300.0);
    for variant in [0, 1] {
        model.event(&claimed(afar("two", 0), 1, 0, variant), 330.0 + variant as f64);
    }
    let shown = state(&mut model, 340.0);
    let bars = shown["bars"].as_array().unwrap();
    let redone: Vec<_> = bars.iter().filter(|bar| bar["attempt"] == 2).collect();
    assert_eq!(redone.len(), 2, "{bars:?}");
    assert!(redone.iter().all(|bar| bar["slot"] == 3 && bar["task"] == 1));
    assert_eq!(shown["job"]["progress"]["done"], 0, "what is said is not counted");
    model.event(&record("two", 0, 0), 350.0);
    model.event(&record("two", 0, 1), 350.0);
    let shown = state(&mut model, 360.0);
    assert_eq!(
        (&shown["job"]["progress"]["done"], &shown["job"]["progress"]["redone"]),
        (&json!(2), &json!(1))
    );

    // It was only asleep.
    model.event(&agent("one", AgentState::Joined, 2), 400.0);
    model.event(&of(afar("one", 0), worker(1, WorkerState::Ready, None)), 410.0);
    assert_eq!(state(&mut model, 420.0)["lanes"][0]["state"], "ready");
}

#[test]
fn nothing_that_a_machine_can_say_makes_a_lane_that_is_not_its_own_or_a_time_that_was_not() {
    let mut model = Model::new(json!({}));
    begun_elsewhere(&mut model, 2, 1);
    model.event(&agent("one", AgentState::Joined, 1), 1.0);
    let before = state(&mut model, 5.0)["lanes"].clone();
    for (name, id) in [("nobody", 1), ("one", 2), ("one", 0), ("one", u32::MAX)] {
        model.event(&of(afar(name, 0), task(id, 0)), 10.0);
        model.event(&claimed(afar(name, 0), id, 0, 0), 10.0);
    }
    assert_eq!(state(&mut model, 11.0)["lanes"], before);
    model.event(&of(afar("one", 0), task(1, 99)), 12.0);
    model.event(&of(afar("one", u64::MAX / 2), task(1, 0)), 20.0);
    let task = state(&mut model, 21.0)["lanes"][0]["task"].clone();
    assert!(task["start_ms"].as_f64().unwrap() >= 0.0, "{task}");
    let absurd = Claim { place: Place { image: 0, variant: 1 }, status: Status::Failed, ms: 1e300 };
    model.event(&Event::Claimed { agent: afar("one", 0), worker: 1, claim: Some(absurd) }, 30.0);
    let shown = state(&mut model, 31.0);
    assert_eq!(shown["bars"][0]["end_ms"], 30.0);
    assert_eq!(shown["job"]["progress"]["failed"], 0);
}

/// Row 19: what a page gets while 75 machines with 16 workers each make two outputs of an image a second.
#[tokio::test(start_paused = true)]
async fn twelve_hundred_lanes_take_less_than_64_kib_a_second() {
    const SECONDS: u64 = 5;
    let live = Live::new(json!({}));
    let names: Vec<_> = (0..75).map(|number| format!("machine-{number}-k3f9")).collect();
    live.with(|model, t| {
        model.set_fleet(false, names.iter().map(|name| machine(name, 16)).collect());
        begun_elsewhere(model, 1200 * SECONDS as usize, 1200);
        for name in &names {
            model.event(&agent(name, AgentState::Joined, 16), t);
            for id in 1..=16 {
                model.event(&of(afar(name, 0), worker(id, WorkerState::Ready, None)), t);
            }
        }
    });
    tokio::spawn(live.clone().send());
    let mut page = live.subscribe().await.unwrap();
    let mut seconds: BTreeMap<u64, usize> = BTreeMap::new();
    let mut kinds = std::collections::BTreeSet::new();
    let began = tokio::time::Instant::now();
    let (mut said, mut image) = (tokio::time::interval(Duration::from_millis(50)), 0);
    loop {
        tokio::select! {
            batch = page.batches.recv() => {
                let batch = batch.unwrap();
                // With the head of the message on the socket.
                *seconds.entry(began.elapsed().as_secs()).or_default() += batch.len() + 10;
                let batch: Value = serde_json::from_str(&batch).unwrap();
                for event in batch["events"].as_array().unwrap() {
                    kinds.insert(event["event"].to_string());
                }
            }
            _ = said.tick() => {
                if began.elapsed() >= Duration::from_secs(SECONDS) {
                    break;
                }
                // Sixty of the lanes begin and end an image in each twentieth of a second.
                live.with(|model, t| for lane in 0..60 {
                    let name = &names[(image + lane) % 75];
                    let id = (image as u32 / 75) % 16 + 1;
                    let unit = image + lane;
                    model.event(&of(afar(name, 40), task(id, unit)), t);
                    model.event(&of(afar(name, 20), Event::Decoded { agent: None, worker: id, slot: 0 }), t);
                    for variant in [0, 1] {
                        model.event(&claimed(afar(name, 0), id, unit, variant), t);
                        model.event(&record(name, unit, variant), t);
                    }
                });
                image += 60;
            }
        }
    }
    let most = seconds.values().copied().max().unwrap();
    println!("at most {most} bytes a second of {seconds:?}, {kinds:?}");
    assert!(most <= 64 << 10, "{seconds:?}");
    assert!(kinds.contains("\"rates\"") && kinds.contains("\"output\""), "{kinds:?}");
    assert!(!kinds.contains("\"task\"") && !kinds.contains("\"bar\""), "{kinds:?}");
    let (lanes, done) = live.with(|model, t| {
        let lanes = model.machine_lanes(&names[3], 0.0, t).unwrap();
        (lanes, model.progress(t).unwrap().done)
    });
    assert_eq!(lanes["lanes"].as_array().unwrap().len(), 16, "and those of one can be asked for");
    assert_eq!(done, 2 * image);
}

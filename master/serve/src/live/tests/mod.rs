//! The state that pages see, checked by replaying its changes as the page does.

mod machines;

use std::fs;
use std::sync::Arc;

use lote_protocol::filter::VariantSpec;
use lote_protocol::lang::Text;
use lote_protocol::outcome::FailureKind;
use lote_protocol::sandbox::Sandbox;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::book::{Book, ImageRef};
use super::model::Model;
use super::shapes::{Job, JobState, Progress, Proof, TrialState, Variant};
use crate::said::Trouble;
use lote_engine::event::{Event, Mode, OutputEnded, Place, Status, WorkerState};
use lote_engine::plan::{self, Plan, Request};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A plan of `images` images and two variants.
fn make_plan(images: usize) -> Arc<Plan> {
    let root = tempfile::tempdir().unwrap();
    let input = root.path().join("in");
    fs::create_dir(&input).unwrap();
    for image in 0..images {
        fs::write(input.join(format!("{image}.png")), PNG).unwrap();
    }
    let specs = lote_engine::catalogue::all();
    let variants = VariantSpec::parse_all(&["grises", "sepia"], &specs).unwrap();
    let plan = plan::plan(&Request::new(vec![input], root.path().join("out"), variants));
    Arc::new(plan.unwrap())
}

fn book(job: &str, plan: &Arc<Plan>) -> Book {
    let image = |index| ImageRef {
        id: format!("i{index}"),
        name: format!("{index}.png"),
        folder: String::new(),
    };
    Book::new(job.into(), Arc::clone(plan), (0..plan.images.len()).map(image).collect(), "abc")
}

fn job(plan: &Plan) -> Job {
    let variant = |spec: &VariantSpec| Variant {
        name: spec.name.clone(),
        steps: Vec::new(),
        file: None,
        planned: plan.images.len(),
    };
    Job {
        id: "j1".into(),
        name: "test".into(),
        state: JobState::Starting,
        pause: None,
        error: Trouble::default(),
        mode: Mode::Processes,
        workers: 2,
        fleet: false,
        images: plan.images.len(),
        outputs: plan.counts().outputs,
        variants: plan.variants.iter().map(variant).collect(),
        output_label: "out".into(),
        started_ms: 0.0,
        ended_ms: None,
        broke_off: false,
        progress: Progress::default(),
    }
}

/// A job with two lanes that has begun.
fn begun(images: usize) -> (Model, Arc<Plan>) {
    let plan = make_plan(images);
    let mut model = Model::new(json!({}));
    model.begin_job(job(&plan), book("j1", &plan), json!({}), 0.0);
    model.begin_run(Arc::clone(&plan));
    let planned = Event::Planned {
        images,
        outputs: 2 * images,
        skipped: 0,
        mode: Mode::Processes,
        workers: 2,
        left_out: Box::default(),
    };
    model.event(&planned, 0.0);
    for id in [1, 2] {
        model.event(&worker(id, WorkerState::Started, None), 1.0);
        model.event(&worker(id, WorkerState::Ready, None), 2.0);
    }
    (model, plan)
}

fn worker(worker: u32, state: WorkerState, reason: Option<&str>) -> Event {
    let reason = reason.map(Text::from);
    let (pid, slots, ms) = (100 + worker, 1, Some(5.0));
    let sandbox = (state == WorkerState::Ready).then(Sandbox::off);
    Event::Worker { agent: None, worker, pid, slots, state, reason, ms, sandbox }
}

fn task(worker: u32, unit: usize) -> Event {
    let variants = vec![0, 1];
    Event::Task {
        agent: None,
        worker,
        slot: 0,
        unit,
        variants,
        image: String::new(),
        image_bytes: None,
        attempt: 1,
    }
}

fn output(worker: Option<u32>, image: usize, variant: usize, status: Status) -> OutputEnded {
    let failed = status.is_failure();
    OutputEnded {
        slot: worker.map(|_| 0),
        status,
        worker,
        attempt: Some(1),
        ms: Some(10.0),
        bytes: (status == Status::Ok).then_some(7),
        kind: failed.then_some(FailureKind::Damaged),
        reason: failed.then(|| "cut off".into()),
        ..OutputEnded::open(Place { image, variant }, String::new(), "x".into())
    }
}

fn state(model: &mut Model, t: f64) -> Value {
    model.take_changes(t);
    serde_json::to_value(model.snapshot(0, t)).unwrap()
}

#[test]
fn a_job_that_broke_off_and_goes_on_is_cancelled_by_whoever_does_it_then() {
    let (mut model, plan) = (Model::new(json!({})), make_plan(2));
    let broken = Job { state: JobState::Cancelled, broke_off: true, ..job(&plan) };
    model.begin_job(broken, book("j1", &plan), json!({}), 0.0);
    assert_eq!(state(&mut model, 1.0)["job"]["broke_off"], true);
    model.set_state(JobState::Starting, None, 2.0);
    model.end_job(JobState::Cancelled, Trouble::default(), 3.0);
    assert_eq!(state(&mut model, 4.0)["job"]["broke_off"], Value::Null);
}

#[test]
fn every_output_is_counted_once_whatever_is_said_about_it() {
    let (mut model, _) = begun(2);
    let ok = Event::Output(output(Some(1), 0, 0, Status::Ok));
    model.event(&ok, 10.0);
    model.event(&ok, 11.0);
    model.event(&Event::Output(output(None, 0, 0, Status::Skipped)), 12.0);
    model.event(&Event::Output(output(Some(1), 0, 1, Status::Failed)), 13.0);
    let progress = model.progress(14.0).unwrap();
    assert_eq!((progress.done, progress.ok, progress.failed, progress.skipped), (2, 1, 1, 0));
    assert_eq!(progress.written_bytes, 7);
    assert_eq!(progress.read_bytes, PNG.len() as u64);
    // What is compared with what was written is of outputs that are there.
    assert_eq!(progress.variants[0].read_bytes, PNG.len() as u64);
    assert_eq!(progress.variants[1].read_bytes, 0);
}

#[test]
fn an_output_that_is_gone_again_counts_as_failed() {
    let (mut model, _) = begun(1);
    model.event(&Event::Output(output(Some(1), 0, 0, Status::Ok)), 10.0);
    model.event(&Event::Output(output(None, 0, 0, Status::Failed)), 11.0);
    let progress = model.progress(12.0).unwrap();
    assert_eq!((progress.done, progress.ok, progress.failed), (1, 0, 1));
}

#[test]
fn a_page_gets_the_command_for_what_was_given_up_without_the_folders() {
    let (mut model, _) = begun(1);
    let given_up = OutputEnded {
        reproduce: Some("lote worker apply /home/ana/a.jpg /srv/out/a_x.jpg -f grises".into()),
        reproduce_redacted: Some("lote worker apply a.jpg a_x.jpg -f grises".into()),
        last_words: vec!["no room at /home/ana/a.jpg".into()],
        ..output(None, 0, 0, Status::Quarantined)
    };
    model.event(&Event::Output(given_up), 1.0);
    let changes = serde_json::to_value(model.take_changes(2.0).unwrap().events).unwrap();
    let told = changes.as_array().unwrap().iter().find(|change| change["event"] == "output");
    assert_eq!(told.unwrap()["reproduce"], "lote worker apply a.jpg a_x.jpg -f grises");
    let failure = &state(&mut model, 3.0)["failures"][0];
    assert_eq!(failure["reproduce"], "lote worker apply a.jpg a_x.jpg -f grises");
    assert_eq!(failure["detail"], "no room at a.jpg");
}

#[test]
fn what_was_not_tried_or_found_no_room_stays_open() {
    let (mut model, _) = begun(1);
    let untried = OutputEnded { untried: true, ..output(None, 0, 0, Status::Skipped) };
    model.event(&Event::Output(untried), 10.0);
    let full =
        OutputEnded { kind: Some(FailureKind::NoSpace), ..output(Some(1), 0, 1, Status::Failed) };
    model.event(&Event::Output(full), 11.0);
    assert_eq!(model.progress(12.0).unwrap().done, 0);
    assert_eq!(model.book("j1").unwrap().open_places().len(), 2);
}

#[test]
fn a_death_while_an_isolation_test_is_proved_is_no_part_of_it() {
    let (mut model, _) = begun(2);
    model.event(&task(1, 0), 10.0);
    model.begin_isolation(1);
    model.event(&worker(1, WorkerState::Lost, Some("SIGKILL")), 25.0);
    model.event(&worker(1, WorkerState::Ready, None), 30.0);
    model.event(&task(2, 0), 31.0);
    model.event(&Event::Output(output(Some(2), 0, 0, Status::Ok)), 40.0);
    model.event(&Event::Output(output(Some(2), 0, 1, Status::Ok)), 41.0);
    let evidence = model.take_evidence().unwrap();
    model.event(&worker(1, WorkerState::Lost, Some("SIGSEGV")), 42.0);
    model.event(&worker(1, WorkerState::Ready, None), 43.0);
    let proof = Proof { outputs: 2, sha256: "a1".into(), undisturbed: "a1".into() };
    model.conclude_isolation(&evidence, Some(proof.clone()));
    let isolation = &state(&mut model, 44.0)["isolation"];
    assert_eq!((&isolation["reason"], &isolation["redone"]), (&json!("SIGKILL"), &json!(1)));
    assert_eq!(isolation["proof"], json!(proof));
}

/// A job in which the isolation test killed worker 1, which had just ended its task.
fn missed(images: usize) -> Model {
    let (mut model, _) = begun(images);
    model.event(&task(1, 0), 10.0);
    assert_eq!(model.pick_isolation(), Some(1));
    model.event(&Event::Output(output(Some(1), 0, 0, Status::Ok)), 11.0);
    model.event(&Event::Output(output(Some(1), 0, 1, Status::Ok)), 12.0);
    model.event(&worker(1, WorkerState::Lost, Some("SIGKILL")), 13.0);
    model
}

#[test]
fn an_isolation_test_whose_worker_had_nothing_in_hand_takes_another() {
    let mut model = missed(2);
    assert_eq!(model.pick_isolation_again(), None, "nobody is busy");
    model.event(&worker(1, WorkerState::Ready, None), 14.0);
    assert_eq!(state(&mut model, 14.5)["isolation"]["state"], json!(TrialState::Running));
    model.event(&task(2, 1), 15.0);
    assert_eq!(model.pick_isolation_again(), Some(2));
    assert_eq!(model.pick_isolation_again(), None, "once");
    model.event(&worker(2, WorkerState::Lost, Some("SIGKILL")), 16.0);
    model.event(&worker(2, WorkerState::Ready, None), 17.0);
    model.event(&task(1, 1), 18.0);
    model.event(&Event::Output(output(Some(1), 1, 0, Status::Ok)), 19.0);
    model.event(&Event::Output(output(Some(1), 1, 1, Status::Ok)), 20.0);
    assert_eq!(model.take_evidence().unwrap().places.len(), 2);
}

#[test]
fn an_isolation_test_that_found_nobody_at_work_ends_with_its_job() {
    let mut model = missed(1);
    model.end_job(JobState::Finished, Trouble::default(), 14.0);
    assert_eq!(state(&mut model, 15.0)["isolation"]["state"], json!(TrialState::Finished));
    // The next job has nothing to do with it.
    let plan = make_plan(1);
    model.begin_job(job(&plan), book("j2", &plan), json!({}), 16.0);
    model.begin_run(Arc::clone(&plan));
    model.set_state(JobState::Running, None, 16.0);
    model.event(&task(2, 0), 17.0);
    assert_eq!(model.pick_isolation_again(), None);
    assert_eq!(model.pick_isolation(), Some(2));
}

#[test]
fn a_crash_is_shown_with_its_replacement_and_its_repetition() {
    let (mut model, _) = begun(2);
    model.event(&task(1, 0), 10.0);
    model.event(&Event::Output(output(Some(1), 0, 0, Status::Ok)), 20.0);
    model.begin_isolation(1);
    model.event(&worker(1, WorkerState::Lost, Some("SIGKILL")), 25.0);
    model.event(&worker(1, WorkerState::Restarted, None), 26.0);
    model.event(&worker(1, WorkerState::Ready, None), 30.0);
    let again = Event::Task {
        agent: None,
        worker: 2,
        slot: 0,
        unit: 0,
        variants: vec![1],
        image: String::new(),
        image_bytes: None,
        attempt: 2,
    };
    model.event(&again, 31.0);
    model.event(&Event::Output(output(Some(2), 0, 1, Status::Ok)), 40.0);
    let proof = || Proof { outputs: 2, sha256: "a1".into(), undisturbed: "a1".into() };
    let evidence = model.take_evidence().unwrap();
    let whole: Vec<_> = evidence.places.iter().map(|place| (place.image, place.variant)).collect();
    assert_eq!(whole, [(0, 0), (0, 1)], "all outputs of the image, whenever they were made");
    assert!(model.take_evidence().is_none());
    assert_eq!(state(&mut model, 41.0)["isolation"]["state"], json!(TrialState::Running));
    // The job may end before it is proved.
    model.end_job(JobState::Cancelled, Trouble::default(), 41.5);
    model.conclude_isolation(&evidence, Some(proof()));
    let state = state(&mut model, 42.0);
    assert_eq!(state["isolation"]["proof"], json!(proof()));
    let crash = &state["crashes"][0];
    assert_eq!((&crash["start_ms"], &crash["t_ms"]), (&json!(20.0), &json!(25.0)));
    assert_eq!((&crash["ready_ms"], &crash["variant"]), (&json!(30.0), &json!(1)));
    let bar = &state["bars"][1];
    assert_eq!((&bar["task"], &bar["attempt"]), (&crash["task"], &json!(2)));
    assert_eq!(state["job"]["progress"]["redone"], 1);
    assert_eq!(state["isolation"]["state"], json!(TrialState::Finished));
    assert_eq!(state["isolation"]["redone"], 1);
    assert_eq!(state["lanes"][0]["restarts"], 1);
    let codes: Vec<_> =
        state["notices"].as_array().unwrap().iter().map(|notice| &notice["code"]).collect();
    assert_eq!(codes, ["task_redone", "worker_replaced"]);
}

#[test]
fn decoding_is_a_bar_of_its_own_and_outputs_made_together_share_the_rest() {
    let (mut model, _) = begun(1);
    model.event(&task(1, 0), 10.0);
    model.event(&Event::Decoded { agent: None, worker: 1, slot: 0 }, 40.0);
    // Both took 30 ms beside their share of decoding, and ended at nearly the same time.
    let made = |variant| OutputEnded {
        ms: Some(45.0),
        decode_ms: Some(15.0),
        ..output(Some(1), 0, variant, Status::Ok)
    };
    model.event(&Event::Output(made(0)), 101.0);
    model.event(&Event::Output(made(1)), 102.0);
    let state = state(&mut model, 110.0);
    let bars = state["bars"].as_array().unwrap().iter();
    let bars: Vec<_> =
        bars.map(|bar| json!([bar["variant"], bar["start_ms"], bar["end_ms"]])).collect();
    let expected = [json!([null, 10.0, 40.0]), json!([0, 40.0, 70.0]), json!([1, 70.0, 100.0])];
    assert_eq!(bars, expected);
    let counts = &state["job"]["progress"]["variants"][0];
    assert_eq!((&counts["work_ms"], &counts["decode_ms"]), (&json!(30.0), &json!(15.0)));
}

#[test]
fn time_stands_still_while_a_job_is_paused() {
    let (mut model, _) = begun(1);
    model.set_state(JobState::Paused, None, 100.0);
    assert_eq!(model.progress(500.0).unwrap().elapsed_ms.to_string(), "100");
    model.set_state(JobState::Running, None, 500.0);
    assert_eq!(model.progress(600.0).unwrap().elapsed_ms.to_string(), "200");
    model.end_job(JobState::Finished, Trouble::default(), 700.0);
    assert_eq!(model.progress(900.0).unwrap().elapsed_ms.to_string(), "300");
}

#[test]
fn who_follows_is_told_what_was_asked_for_when_another_job_begins() {
    let (mut model, plan) = begun(1);
    model.take_changes(3.0);
    let asked = json!({ "workers": 3 });
    let next = Job { id: "j2".into(), ..job(&plan) };
    model.begin_job(next, book("j2", &plan), asked.clone(), 4.0);
    let events = serde_json::to_value(model.take_changes(4.0).unwrap().events).unwrap();
    let told = json!({ "event": "settings", "settings": asked });
    assert!(events.as_array().unwrap().contains(&told), "{events}");
}

#[test]
fn outputs_can_be_asked_for_until_the_second_next_job() {
    let (mut model, plan) = begun(1);
    let id = model.book("j1").unwrap().output_id(Place { image: 0, variant: 1 });
    assert!(model.output(&id).is_some());
    assert!(model.output("abc-j1-2").is_none() && model.output("xyz-j1-1").is_none());
    for (name, is_known) in [("j2", true), ("j3", false)] {
        let job = Job { id: name.into(), ..job(&plan) };
        model.begin_job(job, book(name, &plan), json!({}), 1.0);
        assert_eq!(model.output(&id).is_some(), is_known);
        assert!(model.job_of("j1", 2.0).is_some());
    }
}

/// What a page makes of a batch: the parts of its state that the changes lead to.
#[derive(Debug, Clone, PartialEq)]
struct Page {
    failures: Vec<Value>,
    recent: Vec<Value>,
    notices: Vec<Value>,
    lanes: Vec<Value>,
    done: Value,
}

impl Page {
    fn new(snapshot: &Value) -> Self {
        let list = |name: &str| snapshot[name].as_array().unwrap().clone();
        Self {
            failures: list("failures").into_iter().map(|f| f["output"].clone()).collect(),
            recent: list("recent"),
            notices: list("notices"),
            lanes: list("lanes")
                .into_iter()
                .map(|mut lane| {
                    lane["memory_bytes"] = json!(0);
                    lane
                })
                .collect(),
            done: snapshot["job"]["progress"]["done"].clone(),
        }
    }

    fn apply(&mut self, progress: &Value, events: &[Value]) {
        if !progress.is_null() {
            self.done = progress["done"].clone();
        }
        for event in events {
            match event["event"].as_str().unwrap() {
                "output" => self.output(event),
                "retried" if event["outputs"].is_null() => self.failures.clear(),
                "retried" => {
                    let gone = event["outputs"].as_array().unwrap();
                    self.failures.retain(|failure| !gone.contains(failure));
                }
                "notice" => self.notices.insert(0, event["notice"].clone()),
                "task" => {
                    let lane = &mut self.lanes[event["slot"].as_u64().unwrap() as usize - 1];
                    let mut task = event.clone();
                    let fields = task.as_object_mut().unwrap();
                    fields.remove("event");
                    fields.remove("slot");
                    let t = fields.remove("t_ms").unwrap();
                    fields.insert("start_ms".into(), t.clone());
                    fields.insert("next_start_ms".into(), t);
                    fields.insert("next".into(), json!(0));
                    fields.insert("decoded".into(), json!(false));
                    lane["task"] = task;
                }
                "decoded" => {
                    let lane = &mut self.lanes[event["slot"].as_u64().unwrap() as usize - 1];
                    lane["task"]["decoded"] = json!(true);
                    lane["task"]["next_start_ms"] = event["end_ms"].clone();
                }
                "worker" => self.worker(event),
                "lanes" => self.lanes = event["lanes"].as_array().unwrap().clone(),
                _ => {}
            }
        }
    }

    fn output(&mut self, event: &Value) {
        if event["status"] == "ok" {
            self.recent.insert(
                0,
                json!({
                    "output": event["output"], "image": event["image"],
                    "name": event["output_name"], "variant": event["variant"],
                    "bytes": event["bytes"],
                }),
            );
            self.recent.truncate(12);
        } else {
            self.failures.insert(0, event["output"].clone());
        }
        let slot = event["slot"].as_u64().unwrap() as usize;
        if let Some(lane) = slot.checked_sub(1).map(|slot| &mut self.lanes[slot])
            && lane["task"]["task"] == event["task"]
        {
            let next = lane["task"]["next"].as_u64().unwrap() + 1;
            if next as usize == lane["task"]["variants"].as_array().unwrap().len() {
                lane["task"] = Value::Null;
            } else {
                lane["task"]["next"] = json!(next);
                lane["task"]["decoded"] = json!(true);
                lane["task"]["next_start_ms"] = event["end_ms"].clone();
            }
        }
    }

    fn worker(&mut self, event: &Value) {
        let lane = &mut self.lanes[event["worker"].as_u64().unwrap() as usize - 1];
        let state = event["state"].as_str().unwrap();
        lane["state"] = json!(if state == "started" { "starting" } else { state });
        if !event["pid"].is_null() {
            lane["pid"] = event["pid"].clone();
        }
        if state == "lost" {
            lane["restarts"] = json!(lane["restarts"].as_u64().unwrap() + 1);
        }
        if state == "lost" || state == "stopped" {
            lane["task"] = Value::Null;
        }
    }
}

/// Something that may happen.
#[derive(Debug, Clone)]
enum Happening {
    Event(Box<Event>),
    RetryAll,
    Retry(usize),
}

fn happening(images: usize) -> impl Strategy<Value = Happening> {
    let statuses = prop_oneof![
        4 => Just(Status::Ok), 1 => Just(Status::Failed), 1 => Just(Status::Quarantined),
    ];
    let states = prop_oneof![
        Just(WorkerState::Lost),
        Just(WorkerState::Restarted),
        Just(WorkerState::Ready),
    ];
    prop_oneof![
        6 => (prop::option::weighted(0.9, 1..=2_u32), 0..images, 0..2_usize, statuses).prop_map(
            |(worker, image, variant, status)| {
                Happening::Event(Box::new(Event::Output(output(worker, image, variant, status))))
            }
        ),
        4 => (1..=2_u32, 0..images).prop_map(|(id, unit)| Happening::Event(Box::new(task(id, unit)))),
        2 => (1..=2_u32)
            .prop_map(|worker| Event::Decoded { agent: None, worker, slot: 0 })
            .prop_map(|event| Happening::Event(Box::new(event))),
        2 => (1..=2_u32, states)
            .prop_map(|(id, state)| Happening::Event(Box::new(worker(id, state, Some("SIGKILL"))))),
        1 => Just(Happening::RetryAll),
        1 => (0..2 * images).prop_map(Happening::Retry),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_snapshot_and_the_changes_after_it_lead_to_the_next_snapshot(
        happenings in prop::collection::vec(happening(4), 0..80),
        cut in 0..80_usize,
        batch in 1..7_usize,
    ) {
        let (mut model, _) = begun(4);
        let cut = cut.min(happenings.len());
        let mut page = None;
        let mut done = 0;
        for (index, happening) in happenings.iter().enumerate() {
            let t = 10.0 + index as f64;
            if index == cut {
                page = Some(Page::new(&state(&mut model, t)));
            }
            match happening {
                Happening::Event(event) => model.event(event, t),
                Happening::RetryAll => { model.retry(None); done = 0; }
                Happening::Retry(place) => {
                    let place = Place { image: place / 2, variant: place % 2 };
                    let id = model.book("j1").unwrap().output_id(place);
                    model.retry(Some(&[id]));
                    done = 0;
                }
            }
            let progress = model.progress(t).unwrap();
            prop_assert_eq!(progress.done, progress.ok + progress.failed + progress.skipped);
            prop_assert!(progress.done >= done && progress.done <= 8);
            done = progress.done;
            if index % batch == 0 && let Some(page) = &mut page {
                apply(&mut model, page, t);
            }
        }
        if let Some(mut page) = page {
            apply(&mut model, &mut page, 1000.0);
            page.notices.truncate(50);
            prop_assert_eq!(page, Page::new(&state(&mut model, 1000.0)));
        }
    }
}

fn apply(model: &mut Model, page: &mut Page, t: f64) {
    if let Some(changes) = model.take_changes(t) {
        let progress = serde_json::to_value(&changes.progress).unwrap();
        let events = serde_json::to_value(&changes.events).unwrap();
        page.apply(&progress, events.as_array().unwrap());
    }
}

//! Runs whose work arrives while they go on.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use lote_engine::catalogue;
use lote_engine::event::{Bus, Event, Mode, Status};
use lote_engine::plan::{self, Access, Arrival, Given, Plan, Request, Rules, assets};
use lote_engine::run::{self, Ended, Feed, Settings, Timeout};
use lote_engine::supervisor::{Program, WorkerConfig};
use lote_protocol::encoding::Encoding;
use lote_protocol::filter::VariantSpec;
use lote_protocol::sandbox::Policy;
use lote_protocol::task::Limits;
use tokio::sync::mpsc;

use super::support::workspace::files_in;
use super::support::{LOTE, Workspace};

const FILTERS: [&str; 2] = ["grises", "web=resize:long_edge=32"];

/// Images that arrive one by one.
struct OneByOne {
    plan: Plan,
    to_come: VecDeque<Arrival>,
}

impl Feed for OneByOne {
    fn plan(&self) -> &Plan {
        &self.plan
    }

    fn is_whole(&self) -> bool {
        false
    }

    async fn more(&mut self) -> bool {
        // What has arrived may be worked on before the next one comes.
        tokio::task::yield_now().await;
        let Some(arrival) = self.to_come.pop_front() else { return false };
        self.plan.grow(arrival.look());
        true
    }
}

fn variants() -> Vec<VariantSpec> {
    VariantSpec::parse_all(&FILTERS.map(str::to_owned), &catalogue::all()).unwrap()
}

fn whole(images: &Path, output: &Path) -> Plan {
    let request = Request::new(vec![images.to_owned()], output.to_owned(), variants());
    plan::prepared(&request).unwrap()
}

fn one_by_one(whole: &Plan) -> OneByOne {
    let rules = Rules {
        variants: whole.variants.clone(),
        assets: assets(&whole.variants, Path::new("/"), &[], &[]).unwrap(),
        encoding: Encoding::default(),
        output: whole.output_folder().to_owned(),
        within: Vec::new(),
    };
    let arrival = |unit: &plan::Unit| {
        let given = |variant: &u32| {
            let path = whole.output(unit.image, *variant as usize);
            let path = path.strip_prefix(whole.output_folder()).unwrap().to_owned();
            Given { variant: *variant, path, replace: true, special: None }
        };
        Arrival {
            path: whole.input(unit.image),
            name: whole.images[unit.image].name.clone(),
            number: unit.image as u64 + 1,
            page: None,
            outputs: unit.variants.iter().map(given).collect(),
        }
    };
    OneByOne { to_come: whole.units.iter().map(arrival).collect(), plan: Plan::growing(rules) }
}

/// Runs what a feed gives; returns how it ended, and the images of the outputs that did.
fn run(feed: impl Feed) -> (Ended, Vec<(String, Status)>) {
    let settings = Settings {
        mode: Mode::Processes,
        slots: 2,
        timeout: Timeout::Generous,
        durable: false,
        sha256: false,
        reserve: None,
        workers: WorkerConfig {
            workers: 0,
            slots: 0,
            limits: Limits::default(),
            max_memory_bytes: None,
            access: Access::default(),
            sandbox: Policy::Auto,
            program: Program::Command(vec![LOTE.into(), "worker".into()]),
            external: false,
        },
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (_orders, mut inbox) = mpsc::channel(1);
        let mut bus = Bus::new();
        let mut events = bus.listen();
        let ended = run::run(feed, &settings, &mut bus, &mut inbox).await.unwrap();
        drop(bus);
        let mut outputs = Vec::new();
        while let Some(event) = events.recv().await {
            if let Event::Output(ended) = &*event {
                outputs.push((format!("{} {}", ended.image, ended.variant), ended.status));
            }
        }
        outputs.sort_by(|one, other| one.0.cmp(&other.0));
        (ended, outputs)
    })
}

#[test]
fn a_run_whose_images_arrive_one_by_one_makes_what_a_whole_plan_makes() {
    let workspace = Workspace::with_pictures(9, 64, 48);
    workspace.add("in/broken.png", b"\x89PNG\r\n\x1a\nno more");
    workspace.add("in/empty.jpg", b"");
    let at = |name: &str| -> PathBuf { workspace.path(name) };
    let all = whole(&at("in"), &at("whole"));
    let (first, expected) = run(&all);
    let same = whole(&at("in"), &at("one_by_one"));
    let (second, outputs) = run(one_by_one(&same));
    assert_eq!(expected.len(), 22);
    assert_eq!(outputs, expected);
    assert_eq!(files_in(&at("one_by_one")), files_in(&at("whole")));
    let figures = |ended: &Ended| {
        (ended.summary.counts.ok, ended.summary.counts.failed, ended.summary.counts.skipped)
    };
    assert_eq!(figures(&first), (18, 4, 0));
    assert_eq!(figures(&second), figures(&first));
}

#[test]
fn what_is_not_asked_of_an_image_that_arrives_is_not_made() {
    let workspace = Workspace::with_pictures(2, 16, 16);
    let plan = whole(&workspace.path("in"), &workspace.path("out"));
    let mut feed = one_by_one(&plan);
    feed.to_come[0].outputs.remove(0);
    let (ended, outputs) = run(feed);
    assert_eq!((ended.summary.counts.ok, ended.summary.counts.skipped), (3, 1));
    assert_eq!(outputs.len(), 4);
    assert_eq!(workspace.names("out").len(), 3);
}

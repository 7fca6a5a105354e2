//! The engine on real servers: what is stored and handed out, what they forget, who may do what.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::large_futures,
    clippy::needless_pass_by_value,
    reason = "all of it is tests"
)]

#[path = "../../../tests/support/nats.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use lote_engine::event::Status;
use lote_engine::journal::Name;
use lote_fleet::agent::{Identity, Report, Work, serve};
use lote_fleet::engine::{Engine, Error, Settle, Subject};
use lote_fleet::kit;
use lote_fleet::memory::Memory;
use lote_fleet::message::{Below, Control, Ended, Job, Message, Output, State, Unit};
use lote_fleet::names::{Build, FleetName, JobId, ParcelId};
use lote_fleet::nats::{Nats, Server, connect};
use lote_fleet::presence;
use lote_fleet::submit::{Over, SubmitOrder, Told, finish, submit, take_over};
use lote_protocol::task::Limits;
use support::servers;
use tokio::sync::mpsc;

fn pool() -> FleetName {
    FleetName::like("default")
}

fn job_id(number: u8) -> JobId {
    JobId::new(u64::from(number), [number; 11])
}

fn parcel_id(number: u32) -> ParcelId {
    ParcelId::of(job_id(1), 0, &[number])
}

/// Runs a test on each server that there is, at the same time.
fn on_each(test: impl Fn(&Path) + Sync) {
    std::thread::scope(|scope| {
        for program in servers() {
            let test = &test;
            scope.spawn(move || test(&program));
        }
    });
}

fn wait_for<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// The same with one that anybody may use.
fn on_each_server(test: impl AsyncFn(&mut support::Nats) + Sync) {
    on_each(|program| wait_for(test(&mut support::Nats::start(program))));
}

async fn connected(url: &str) -> Nats {
    connect(&Server { url: url.to_owned(), ..Server::default() }, "test").await.unwrap()
}

async fn publish(engine: &Nats, number: u32) -> Option<u64> {
    let (parcel, bytes) = (parcel_id(number), number.to_string().into_bytes());
    engine.publish(&pool(), &Build::this(), job_id(1), parcel, bytes).await.unwrap()
}

#[test]
fn a_parcel_is_queued_once_handed_out_and_put_on_record_once() {
    on_each_server(async |server| {
        let engine = connected(&server.url()).await;
        let (pool, build, job) = (pool(), Build::this(), job_id(1));
        let missing = engine.pull(&pool, &build, 1).await;
        assert!(matches!(missing, Err(Error::Missing(_))), "{missing:?}");
        engine.open(&pool, &build).await.unwrap();
        engine.open(&pool, &build).await.unwrap();
        assert_eq!(publish(&engine, 1).await, Some(1));
        assert_eq!(publish(&engine, 1).await, None, "it is in the queue");
        assert_eq!(publish(&engine, 2).await, Some(2));
        let pulled = engine.pull(&pool, &build, 8).await.unwrap();
        let got: Vec<_> = pulled.iter().map(|of| (of.parcel, of.times, &of.bytes[..])).collect();
        assert_eq!(got, [(parcel_id(1), 1, &b"1"[..]), (parcel_id(2), 1, b"2")]);
        let facts = engine.facts(&pool, &build).await.unwrap();
        assert_eq!((facts.waiting, facts.in_hand, facts.last), (0, 2, (2, 0)));
        engine.settle(&pulled[0], Settle::Working).await.unwrap();
        engine.settle(&pulled[0], Settle::Back).await.unwrap();
        let again = engine.pull(&pool, &build, 8).await.unwrap();
        assert_eq!((again[0].parcel, again[0].times), (parcel_id(1), 2));
        assert!(!engine.is_recorded(job, parcel_id(1)).await.unwrap());
        assert!(engine.record(job, parcel_id(1), b"done".to_vec()).await.unwrap());
        assert!(!engine.record(job, parcel_id(1), b"again".to_vec()).await.unwrap());
        assert!(engine.is_recorded(job, parcel_id(1)).await.unwrap());
        engine.settle(&again[0], Settle::Done).await.unwrap();
        engine.settle(&pulled[1], Settle::Later).await.unwrap();
        publish(&engine, 3).await;
        let next = engine.pull(&pool, &build, 8).await.unwrap();
        let next: Vec<_> = next.iter().map(|of| of.parcel).collect();
        assert_eq!(next, [parcel_id(3)], "what was put off is not handed out");
        engine.mark(job, parcel_id(2), b"one".to_vec()).await.unwrap();
        engine.mark(job, parcel_id(2), b"two".to_vec()).await.unwrap();
        assert_eq!(engine.marks(job, parcel_id(2)).await.unwrap().unwrap(), b"two");
        assert_eq!(engine.marks(job, parcel_id(1)).await.unwrap(), None);
        let records = engine.records(job, 1, Duration::ZERO).await.unwrap();
        assert_eq!(records.len(), 1, "marks are no records");
        assert_eq!((records[0].parcel, &records[0].bytes[..]), (parcel_id(1), &b"done"[..]));
        engine.record(job, parcel_id(2), b"more".to_vec()).await.unwrap();
        let from = records[0].sequence + 1;
        assert_eq!(engine.records(job, from, Duration::ZERO).await.unwrap()[0].bytes, b"more");
        assert_eq!(
            engine.records(job, 1, Duration::ZERO).await.unwrap().len(),
            2,
            "and once more from the start"
        );
        engine.put_job(job, b"one".to_vec()).await.unwrap();
        engine.put_job(job, b"two".to_vec()).await.unwrap();
        engine.put_job(job_id(2), b"other".to_vec()).await.unwrap();
        assert_eq!(engine.job(job).await.unwrap().unwrap(), b"two");
        assert_eq!(engine.job(job_id(3)).await.unwrap(), None);
        assert_eq!(engine.jobs().await.unwrap(), [b"two".to_vec(), b"other".to_vec()]);
        engine.purge(job).await.unwrap();
        engine.forget(job).await.unwrap();
        assert!(engine.records(job, 1, Duration::ZERO).await.unwrap().is_empty());
        assert!(!engine.is_recorded(job, parcel_id(1)).await.unwrap());
        assert_eq!(publish(&engine, 2).await, Some(4), "nothing is left of it");
    });
}

#[test]
fn a_stream_that_is_set_up_otherwise_is_named_with_the_field() {
    on_each_server(async |server| {
        let engine = connected(&server.url()).await;
        let config = r#"{"name":"LOTE_WORK","subjects":["lote.work.>"],"retention":"limits"}"#;
        engine.raw("$JS.API.STREAM.CREATE.LOTE_WORK", config).await.unwrap();
        let error = engine.open(&pool(), &Build::this()).await.unwrap_err();
        assert!(matches!(&error, Error::Different { what: "retention", .. }), "{error}");
    });
}

#[test]
fn who_is_asked_answers_and_who_is_told_hears_it() {
    on_each_server(async |server| {
        let (one, other) = (connected(&server.url()).await, connected(&server.url()).await);
        let (mut orders, mut asked) = (
            other.hear(&Subject::Control(FleetName::like("a"))).await.unwrap(),
            other.hear(&Subject::Who(pool())).await.unwrap(),
        );
        // The server has heard of that when it has answered what was asked behind it.
        other.raw("$JS.API.INFO", "").await.unwrap();
        presence::tell(&one, &FleetName::like("a"), Control::Drain).await.unwrap();
        let heard = orders.recv().await.unwrap();
        assert_eq!(Control::from_bytes(&heard.bytes).unwrap(), Control::Drain);
        let answer = async {
            let reply = asked.recv().await.unwrap().reply.unwrap();
            other.say(&Subject::Reply(reply), b"me".to_vec()).await.unwrap();
        };
        let who = Subject::Who(pool());
        let ask = one.ask(&who, Vec::new(), Duration::from_millis(500));
        let (answers, ()) = tokio::join!(ask, answer);
        assert_eq!(answers.unwrap(), [b"me".to_vec()]);
    });
}

// ---- whole jobs, without images ----

fn paper(number: u8) -> Job {
    let header = serde_json::json!({
        "format": 1, "lote": "0", "started_ms": 0, "by": "run", "base": "", "paths": [],
        "recursive": false, "exclude": [], "within": [], "output": "",
        "variants": [{ "name": "web", "steps": [] }, { "name": "gris", "steps": [] }], "pattern": "{name}", "encoding": lote_protocol::encoding::Encoding::default(),
        "if_exists": "overwrite", "if_collides": "fail",
        "work": { "mode": "processes", "jobs": null, "timeout": null, "max_memory": null,
                  "max_pixels": null, "durable": false },
    });
    Job {
        job: job_id(number),
        pool: pool(),
        build: Build::this(),
        state: State::Open,
        header: serde_json::from_value(header).unwrap(),
        input: FleetName::like("fotos"),
        output: Below { root: FleetName::like("fotos"), path: Name("web".into()) },
        assets: None,
        needs: Vec::new(),
        roots: BTreeMap::from([(FleetName::like("fotos"), "mark".to_owned())]),
        limits: Limits::default(),
        images: 0,
        outputs: 0,
        started_ms: 0,
    }
}

fn units(count: u32) -> Vec<Unit> {
    let output = |unit: u32, variant: u32| Output {
        variant,
        output: Name(format!("web/{variant}/{unit}.jpg").into()),
        replace: true,
        format: None,
        steps: None,
        assets: None,
    };
    let unit = |unit| Unit {
        unit,
        image: Name(format!("{unit}.jpg").into()),
        bytes: 1,
        modified_ns: None,
        // A photograph: a parcel of its own.
        pixels: 24_000_000,
        number: u64::from(unit) + 1,
        page: None,
        outputs: vec![output(unit, 0), output(unit, 1)],
    };
    (0..count).map(unit).collect()
}

fn identity(name: &str) -> Identity {
    Identity {
        agent: FleetName::like(name),
        pool: pool(),
        build: Build::this(),
        version: "0".to_owned(),
        slots: 2,
        roots: BTreeMap::new(),
        owner: String::new(),
    }
}

/// An agent whose workers only say that they have made everything. It counts what it has begun.
async fn make_nothing<E: Engine>(engine: &E, name: &str, begun: &AtomicU32) {
    let (work, mut parcels) = mpsc::unbounded_channel();
    let (reports, reported) = mpsc::channel(16);
    let worker = async {
        while let Some(work) = parcels.recv().await {
            let Work::Begin { parcel, unit, .. } = work else { continue };
            begun.fetch_add(1, Ordering::Relaxed);
            reports.send(Report::Begun { parcel, unit: unit.unit }).await.unwrap();
            for (place, output) in (0..).zip(&unit.outputs) {
                let (answer, may_write) = tokio::sync::oneshot::channel();
                reports.send(Report::Written { parcel, answer }).await.unwrap();
                if may_write.await != Ok(true) {
                    continue;
                }
                let ended = Ended {
                    unit: unit.unit,
                    place,
                    output: output.output.clone(),
                    status: Status::Ok,
                    bytes: 1,
                    modified_ns: None,
                    sha256: None,
                    ms: 1.0,
                    decode_ms: 0.5,
                    attempt: 1,
                    kind: None,
                    reason: None,
                    notes: Vec::new(),
                    last_words: Vec::new(),
                    reproduce: None,
                };
                reports.send(Report::Ended { parcel, ended }).await.unwrap();
            }
        }
    };
    let serve = serve(engine, identity(name), work, reported);
    tokio::select! {
        served = serve => served.unwrap(),
        () = worker => unreachable!("the agent goes on"),
    }
}

/// What a job tells, while something is done to its engine whenever so many outputs have ended.
async fn told<E: Engine>(
    engine: &E,
    job: &Job,
    count: u32,
    mut disturb: impl FnMut(usize),
) -> (Over, Vec<(u32, u32)>, Vec<String>) {
    let (told, mut tells) = mpsc::channel(16);
    let (_orders, ordered) = mpsc::channel(1);
    let all = units(count);
    let (mut ended, mut said) = (Vec::new(), Vec::new());
    let listen = async {
        while let Some(told) = tells.recv().await {
            match told {
                Told::Ended { outputs, .. } => {
                    ended.extend(outputs.iter().map(|ended| (ended.unit, ended.place)));
                    disturb(ended.len());
                }
                Told::Waiting(_) => said.push("waiting".to_owned()),
                Told::Back => said.push("back".to_owned()),
                Told::Repaired { .. } => said.push("repaired".to_owned()),
                Told::Agents(_)
                | Told::Joined(_)
                | Told::Left(_)
                | Told::Lost(_)
                | Told::Live(..) => {}
            }
        }
    };
    let (over, ()) = tokio::join!(submit(engine, job, &all, told, ordered), listen);
    (over.unwrap(), ended, said)
}

fn each_once(count: u32, mut ended: Vec<(u32, u32)>) {
    ended.sort_unstable();
    let all: Vec<_> = (0..count).flat_map(|unit| [(unit, 0), (unit, 1)]).collect();
    assert_eq!(ended, all);
}

#[test]
fn a_job_is_done_by_two_agents_and_each_output_is_told_of_once() {
    on_each_server(async |server| {
        let (one, two) = (connected(&server.url()).await, connected(&server.url()).await);
        let submitter = connected(&server.url()).await;
        let (job, begun) = (paper(1), AtomicU32::new(0));
        let work = told(&submitter, &job, 600, |_| {});
        let (over, ended, said) = tokio::select! {
            result = work => result,
            () = make_nothing(&one, "one", &begun) => unreachable!(),
            () = make_nothing(&two, "two", &begun) => unreachable!(),
        };
        assert_eq!((over, begun.load(Ordering::Relaxed), said.len()), (Over::Ended, 600, 0));
        each_once(600, ended);
        assert_eq!(presence::jobs(&submitter).await.unwrap()[0].state, State::Open);
        finish(&submitter, &job).await.unwrap();
        assert_eq!(presence::jobs(&submitter).await.unwrap()[0].state, State::Ended);
        assert!(submitter.records(job.job, 1, Duration::ZERO).await.unwrap().is_empty());
    });
}

#[test]
fn a_server_that_is_killed_or_loses_its_store_costs_no_output() {
    on_each(|program| {
        let mut server = support::Nats::start(program);
        wait_for(async {
            let url = server.url();
            let (agent, submitter) = (connected(&url).await, connected(&url).await);
            let (job, begun) = (paper(1), AtomicU32::new(0));
            let mut troubles = BTreeSet::from([200, 900]);
            let work = told(&submitter, &job, 2_000, |ended| {
                if troubles.first().is_some_and(|at| ended >= *at) {
                    server.kill();
                    // The second time its disk is lost as well.
                    if troubles.pop_first() == Some(900) {
                        std::fs::remove_dir_all(server.store()).unwrap();
                    }
                    server.restart();
                }
            });
            let (over, ended, said) = tokio::select! {
                result = work => result,
                () = make_nothing(&agent, "one", &begun) => unreachable!(),
            };
            assert_eq!(over, Over::Ended);
            each_once(2_000, ended);
            let repaired = said.iter().filter(|said| *said == "repaired").count();
            assert_eq!(repaired, 1, "{said:?}");
        });
    });
}

/// Everything below a folder, put in the place of what is below another.
fn copy(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    let copied = Command::new("cp").arg("-r").arg(from).arg(to).status().unwrap();
    assert!(copied.success());
}

#[test]
fn a_store_that_goes_back_as_after_a_power_cut_costs_no_output() {
    on_each(|program| {
        let mut server = support::Nats::start(program);
        wait_for(async {
            let url = server.url();
            let (agent, submitter) = (connected(&url).await, connected(&url).await);
            let (job, begun) = (paper(1), AtomicU32::new(0));
            let mut troubles = BTreeSet::from([300, 1_500]);
            let kept = server.folder().join("kept");
            let work = told(&submitter, &job, 2_000, |ended| {
                if troubles.first().is_some_and(|at| ended >= *at) {
                    server.kill();
                    if troubles.pop_first() == Some(300) {
                        copy(&server.store(), &kept);
                    } else {
                        copy(&kept, &server.store());
                    }
                    server.restart();
                }
            });
            let (over, ended, said) = tokio::select! {
                result = work => result,
                () = make_nothing(&agent, "one", &begun) => unreachable!(),
            };
            assert_eq!(over, Over::Ended);
            each_once(2_000, ended);
            let repaired = said.iter().filter(|said| *said == "repaired").count();
            // None if the agent had done all of it again before the submitter looked.
            assert!(repaired <= 1, "{said:?}");
        });
    });
}

/// Many agents, and parcels with nothing in them: what the engine alone can do.
#[test]
#[ignore = "it is a measurement: 1,000 connections, 50,000 parcels"]
fn a_crowd_of_agents_is_served() {
    const PARCELS: u32 = 50_000;
    for program in servers() {
        let server = support::Nats::start(&program);
        wait_for(async {
            let submitter = connected(&server.url()).await;
            let (pool, build, job) = (pool(), Build::this(), job_id(1));
            submitter.open(&pool, &build).await.unwrap();
            let began = std::time::Instant::now();
            let publish = |number| {
                let (submitter, pool, build) = (submitter.clone(), pool.clone(), build.clone());
                async move {
                    let parcel = parcel_id(number);
                    let bytes = b"{}".to_vec();
                    submitter.publish(&pool, &build, job, parcel, bytes).await.unwrap();
                }
            };
            futures_util::StreamExt::for_each_concurrent(
                futures_util::stream::iter(0..PARCELS),
                256,
                publish,
            )
            .await;
            let published = began.elapsed().as_secs_f64();
            let mut crowd = Vec::new();
            for _ in 0..1_000 {
                crowd.push(connected(&server.url()).await);
            }
            let (began, is_done) = (std::time::Instant::now(), std::cell::Cell::new(false));
            let (refused, late) = (AtomicU32::new(0), AtomicU32::new(0));
            let work = crowd.iter().map(async |agent| {
                while !is_done.get() {
                    let pulled = match agent.pull(&pool, &build, 8).await {
                        Ok(pulled) => pulled,
                        Err(error) => {
                            // What this one process did not manage in time is no refusal.
                            let is_refusal = error.to_string().contains("Exceeded");
                            let count = if is_refusal { &refused } else { &late };
                            count.fetch_add(1, Ordering::Relaxed);
                            continue;
                        }
                    };
                    for delivery in pulled {
                        let record = agent.record(job, delivery.parcel, b"{}".to_vec()).await;
                        // As agents do: what is not heard is handed out again.
                        if record.is_ok() {
                            let _ = agent.settle(&delivery, Settle::Done).await;
                        }
                    }
                }
            });
            let all = futures_util::future::join_all(work);
            // Those that find nothing more wait ten seconds for it.
            let watch = async {
                while submitter.facts(&pool, &build).await.unwrap().last.1 < u64::from(PARCELS) {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                is_done.set(true);
                began.elapsed().as_secs_f64()
            };
            let seconds = tokio::select! { seconds = watch => seconds, _ = all => unreachable!() };
            let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
            let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
            println!(
                "crowd on {}: {PARCELS} published in {published:.1} s, done in {seconds:.1} s ({:.0}/s), \
                 {} pulls refused, {} late, {peak}",
                program.display(),
                f64::from(PARCELS) / seconds,
                refused.load(Ordering::Relaxed),
                late.load(Ordering::Relaxed)
            );
            assert_eq!(refused.load(Ordering::Relaxed), 0);
        });
    }
}

#[test]
fn a_cancelled_job_leaves_the_queue_and_one_that_is_taken_over_gives_its_records() {
    on_each_server(async |server| {
        let engine = connected(&server.url()).await;
        let job = paper(1);
        let (told, _tells) = mpsc::channel(1_000);
        let (orders, ordered) = mpsc::channel(1);
        orders.send(SubmitOrder::Cancel).await.unwrap();
        let over = submit(&engine, &job, &units(300), told, ordered).await.unwrap();
        assert_eq!(over, Over::Cancelled);
        let paper_now = presence::paper(&engine, job.job).await.unwrap().unwrap();
        assert_eq!(paper_now.state, State::Cancelled);
        let facts = engine.facts(&job.pool, &job.build).await.unwrap();
        assert_eq!(facts.waiting, 0);
        assert!(take_over(&engine, job.job).await.unwrap().is_empty());
        assert!(!presence::cancel(&engine, job.job).await.unwrap(), "it is over");
    });
}

#[tokio::test]
async fn what_is_away_for_a_while_is_told_of_once_each_way() {
    let engine = Memory::default();
    tokio::time::pause();
    let (job, begun) = (paper(1), AtomicU32::new(0));
    let mut was_away = false;
    let work = told(&engine, &job, 2_000, |ended| {
        if ended > 300 && !std::mem::replace(&mut was_away, true) {
            engine.be_away(true);
            let engine = engine.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_secs(90)).await;
                engine.be_away(false);
            });
        }
    });
    let (over, ended, said) = tokio::select! {
        result = work => result,
        () = make_nothing(&engine, "one", &begun) => unreachable!(),
    };
    assert_eq!((over, said), (Over::Ended, vec!["waiting".to_owned(), "back".to_owned()]));
    each_once(2_000, ended);
}

#[tokio::test]
async fn an_agent_that_drains_leaves_and_nothing_is_lost() {
    let engine = Memory::default();
    let (job, begun) = (paper(1), AtomicU32::new(0));
    let first = async {
        make_nothing(&engine, "one", &begun).await;
        // It has left; another comes.
        make_nothing(&engine, "two", &begun).await;
    };
    let mut is_told = false;
    let work = told(&engine, &job, 500, |ended| {
        if ended > 100 && !std::mem::replace(&mut is_told, true) {
            let engine = engine.clone();
            tokio::spawn(async move {
                presence::tell(&engine, &FleetName::like("one"), Control::Drain).await.unwrap();
            });
        }
    });
    let (over, ended, _) = tokio::select! {
        result = work => result,
        () = first => unreachable!(),
    };
    assert_eq!(over, Over::Ended);
    each_once(500, ended);
}

// ---- the kit ----

/// A server as the kit sets it up, with TLS, and its certificate.
fn secured(program: &Path) -> (support::Nats, PathBuf) {
    let certificates = tempfile::tempdir().unwrap().keep();
    let (certificate, key) = (certificates.join("cert.pem"), certificates.join("key.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
        .args(["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let server = support::Nats::with(program, |port, store| {
        kit::config(&kit::Options {
            host: "localhost".to_owned(),
            port,
            store: store.to_owned(),
            passwords: ("agents-secret".to_owned(), "submitters-secret".to_owned()),
            certificate: Some((text(&certificate), text(&key))),
        })
    });
    (server, certificate)
}

#[test]
fn the_kits_users_can_do_their_work_over_tls_and_agents_nothing_else() {
    on_each(|program| {
        let (server, ca) = secured(program);
        wait_for(async {
            let url = format!("tls://localhost:{}", server.port());
            let of = |user: &str, password: &str, ca: Option<PathBuf>| Server {
                url: url.clone(),
                ca,
                user: Some(user.to_owned()),
                password: Some(password.to_owned()),
                insecure: false,
            };
            let wrong = connect(&of(kit::USERS.0, "guessed", Some(ca.clone())), "test").await;
            assert!(matches!(wrong, Err(Error::Denied(_))), "{wrong:?}");
            let unknown = connect(&of(kit::USERS.0, "agents-secret", None), "test").await;
            assert!(unknown.is_err(), "nobody vouches for the certificate");
            let agent = of(kit::USERS.0, "agents-secret", Some(ca.clone()));
            let agent = connect(&agent, "test").await.unwrap();
            let submitter = of(kit::USERS.1, "submitters-secret", Some(ca.clone()));
            let submitter = connect(&submitter, "test").await.unwrap();
            let (job, begun) = (paper(1), AtomicU32::new(0));
            let (over, ended, _) = tokio::select! {
                result = told(&submitter, &job, 200, |_| {}) => result,
                () = make_nothing(&agent, "one", &begun) => unreachable!(),
            };
            assert_eq!(over, Over::Ended);
            each_once(200, ended);
            let facts = submitter.facts(&job.pool, &job.build).await.unwrap();

            // What an agent may not do. A refusal shows at the connection, not as an answer.
            let forbidden = [
                ("lote.work.default.x.y.z", "{}"),
                ("lote.job.x", "{}"),
                ("lote.ctl.one", r#"{"v":1,"do":"drain"}"#),
                ("$JS.API.STREAM.DELETE.LOTE_WORK", ""),
                ("$JS.API.STREAM.PURGE.LOTE_DONE", ""),
                ("$JS.API.CONSUMER.CREATE.LOTE_DONE", r#"{"stream_name":"LOTE_DONE","config":{}}"#),
                ("_INBOX_submitter.x", "forged"),
            ];
            for (subject, payload) in forbidden {
                let error = agent.raw(subject, payload).await.unwrap_err();
                assert!(matches!(&error, Error::Denied(_)), "{subject}: {error}");
            }
            let mut heard = agent.hear(&Subject::AllHere(None)).await.unwrap();
            // Its answer, or the refusal of what was asked before.
            let _ = agent.raw("$JS.API.INFO", "").await;
            let here = Subject::Here(pool(), FleetName::like("spy"));
            agent.say(&here, b"x".to_vec()).await.unwrap();
            assert!(heard.try_recv().is_err(), "agents do not hear each other");
            let after = submitter.facts(&job.pool, &job.build).await.unwrap();
            assert_eq!(facts.last.0, after.last.0, "nothing was queued");
        });
    });
}

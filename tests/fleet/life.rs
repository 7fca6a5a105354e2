//! What comes, goes, sleeps and is waited for.

use super::*;
use lote_fleet::engine::{Engine, Subject};
use lote_fleet::message::{Here, Message, Presence};
use lote_fleet::names::Token;

#[test]
fn a_job_that_two_agents_share_gives_what_one_machine_gives() {
    let Some(program) = server() else { return };
    let fleet = Fleet::new(&program, 12);
    fleet.alone("alone");
    let (_one, _two) = (fleet.agent("one"), fleet.agent("two"));
    let outcome = fleet.run("out").run().code(0);
    outcome.assert_books();
    fleet.assert_same("alone", "out");
    assert!(outcome.events("output").iter().all(|output| output["agent"].is_string()));
    let status = fleet.lote("fleet status").run().code(0).stdout();
    assert!(
        status.contains("one") && status.contains("two") && status.contains("ended"),
        "{status}"
    );
}

#[test]
fn a_server_that_is_down_for_a_while_is_waited_for_and_said_once_each_way() {
    let Some(program) = server() else { return };
    let mut fleet = Fleet::new(&program, 60);
    let _agent = fleet.agent("one");
    let mut run = fleet.run("out").start();
    run.until(is_output);
    fleet.server.kill();
    let said = run.until(|event| event["event"] == "fleet");
    assert_eq!(said["state"], "waiting");
    fleet.server.restart();
    let said = run.until(|event| event["event"] == "fleet");
    assert_eq!(said["state"], "back");
    let outcome = run.finish().code(0);
    outcome.assert_books();
    assert_eq!(outcome.event("finished")["failed"], 0);
    let away = outcome.events("fleet").into_iter().filter(|said| said["state"] == "back").count();
    assert_eq!(away, 1);
}

#[test]
fn an_agent_that_is_asked_to_end_gives_back_what_it_has_not_begun() {
    let Some(program) = server() else { return };
    let fleet = Fleet::new(&program, 60);
    let leaving = fleet.agent("leaving");
    let mut run = fleet.run("out").start();
    run.until(is_output);
    signal(leaving.pid(), Signal::TERM);
    let asked = Instant::now();
    leaving.finish().code(0);
    assert!(asked.elapsed() < Duration::from_secs(60), "it does not wait for the whole job");
    let _staying = fleet.agent("staying");
    let outcome = run.finish().code(0);
    outcome.assert_books();
    let agents: std::collections::BTreeSet<_> =
        outcome.events("output").iter().map(|output| output["agent"].to_string()).collect();
    assert!(agents.contains("\"staying\""), "{agents:?}");
}

#[test]
fn an_agent_of_another_build_is_named_and_gets_nothing() {
    let Some(program) = server() else { return };
    let fleet = Fleet::new(&program, 2);
    let url = fleet.server.url();
    let other = Here {
        agent: Token::like("other"),
        pool: Token::like("default"),
        build: "0123456789abcdef".parse().unwrap(),
        version: "9.9.9".to_owned(),
        slots: 1,
        busy: 0,
        job: None,
        state: Presence::Working,
        reason: None,
        roots: std::collections::BTreeMap::new(),
        owner: String::new(),
    };
    let (hears, heard) = std::sync::mpsc::channel();
    // It answers for as long as the server is there.
    std::thread::spawn(move || {
        wait_for(async {
            let server = lote_fleet::nats::Server { url, ..Default::default() };
            let engine = lote_fleet::nats::connect(&server, "other").await.unwrap();
            let mut asked = engine.hear(&Subject::Who(Token::like("default"))).await.unwrap();
            engine.raw("$JS.API.INFO", "").await.unwrap();
            hears.send(()).unwrap();
            while let Some(asked) = asked.recv().await {
                let reply = Subject::Reply(asked.reply.unwrap());
                let _ = engine.say(&reply, other.to_bytes().unwrap()).await;
            }
        });
    });
    heard.recv().unwrap();
    let mut run = fleet.run("out").start();
    let waits = run.until(|event| event["event"] == "fleet");
    let reason = waits["reason"].as_str().unwrap();
    assert!(reason.contains("1 have another: 9.9.9 0123456789abcdef"), "{reason}");
    let _agent = fleet.agent("same");
    run.finish().code(0).assert_books();
}

#[test]
fn a_submitter_that_was_killed_is_taken_over_from_another_folder() {
    let Some(program) = server() else { return };
    let fleet = Fleet::new(&program, 60);
    fleet.alone("alone");
    let _agent = fleet.agent("one");
    let times = if std::env::var_os("LOTE_LONG").is_some() { 20 } else { 2 };
    let mut run = fleet.run("out").start();
    for _ in 0..times {
        run.until(is_output);
        signal(run.pid(), Signal::KILL);
        while run.skip_line().is_some() {}
        run = fleet.lote("run --resume --ndjson -o out").start();
    }
    run.finish().code(0);
    fleet.assert_same("alone", "out");
    let (least, most, outputs) = journalled(&fleet.workspace, "out");
    assert_eq!((least, outputs), (1, 120));
    assert_eq!(most, 1, "what is on record is not made again");
}

#[test]
fn a_job_can_be_cancelled_from_elsewhere() {
    let Some(program) = server() else { return };
    let fleet = Fleet::new(&program, 4);
    // Nobody works on it, so it is open for as long as it takes.
    let mut run = fleet.run("out").start();
    run.until_event("planned");
    let job = loop {
        let status = fleet.lote("fleet status --json").run().code(0).json();
        let open = status["jobs"].as_array().unwrap().iter().find(|job| job["state"] == "open");
        if let Some(job) = open {
            break job["job"].as_str().unwrap().to_owned();
        }
    };
    fleet.lote("fleet cancel").arg(&job).run().code(0);
    let outcome = run.finish();
    assert_eq!(outcome.event("finished")["ok"], 0);
    fleet.lote("fleet cancel").arg(&job).run().code(3);
}

/// The machine that slept: what it has in hand is of a recipe that nobody wants any more.
#[test]
fn what_a_machine_had_in_hand_when_it_slept_spoils_no_later_job() {
    let Some(program) = server() else { return };
    let times = if std::env::var_os("LOTE_LONG").is_some() { 20 } else { 1 };
    let fleet = Fleet::new(&program, 40);
    for _ in 0..times {
        let sleeper = fleet.agent("sleeper");
        let mut run = fleet.lote("run in -f blur --if-exists overwrite --ndjson -o out").start();
        run.until(is_output);
        signal(sleeper.pid(), Signal::STOP);
        signal(run.pid(), Signal::INT);
        run.finish();
        let status = fleet.lote("fleet status --json").run().code(0).json();
        for job in status["jobs"].as_array().unwrap() {
            if job["state"] == "open" {
                fleet.lote("fleet cancel").arg(job["job"].as_str().unwrap()).run().code(0);
            }
        }
        let other = fleet.agent("other");
        let run = fleet.lote("run in -f blur:radius=9 --if-exists overwrite --ndjson -o out");
        run.run().code(0).assert_books();
        let mut made = fleet.workspace.files("out");
        // The one that sleeps has them open.
        made.retain(|name, _| !name.ends_with(lote_protocol::temporary::SUFFIX));
        signal(sleeper.pid(), Signal::CONT);
        signal(sleeper.pid(), Signal::TERM);
        sleeper.finish();
        support::workspace::assert_same(&made, &fleet.workspace.files("out"));
        drop(other);
    }
}

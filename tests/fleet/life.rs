//! What comes, goes, sleeps and is waited for.

use super::*;
use lote_fleet::engine::{Engine, Subject};
use lote_fleet::message::{Here, Message, Presence};
use lote_fleet::names::FleetName;

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
    fleet.alone("alone");
    let agent = fleet.agent("one");
    fleet.until_there(1);
    let mut run = fleet.run("out").start();
    run.until(is_output);
    fleet.server.kill();
    let killed = Instant::now();
    let said = run.until(|event| event["event"] == "fleet");
    assert_eq!(said["state"], "waiting");
    if is_long() {
        std::thread::sleep(Duration::from_secs(90).saturating_sub(killed.elapsed()));
    }
    fleet.server.restart();
    let back = Instant::now();
    if is_long() {
        let recorded = block_on(first_record(&fleet.server.url()));
        println!(
            "fleet: work in hand on record {:.1} s after the server's return",
            recorded.as_secs_f64()
        );
        assert!(recorded <= Duration::from_secs(3), "{recorded:?}");
    }
    run.until(is_output);
    println!("fleet: booked {:.1} s after the server's return", back.elapsed().as_secs_f64());
    let outcome = run.finish().code(0);
    outcome.assert_books();
    assert_eq!(outcome.event("finished")["failed"], 0);
    let events = outcome.events("fleet");
    let said: Vec<_> = events.iter().map(|said| said["state"].clone()).collect();
    assert_eq!(said, ["waiting", "back"], "one message each way: {events:#?}");
    fleet.assert_same("alone", "out");
    signal(agent.pid(), Signal::TERM);
    let said = agent.finish().code(0).stderr;
    assert_eq!(said.matches("waiting for 127.0.0.1").count(), 1, "{said}");
    assert_eq!(said.matches("the fleet is there again").count(), 1, "{said}");
}

/// How long it takes until a server that has just come back has a record more.
async fn first_record(url: &str) -> Duration {
    let began = Instant::now();
    let server = lote_fleet::nats::Server { url: url.to_owned(), ..Default::default() };
    let engine = lote_fleet::nats::connect(&server, "observer").await.unwrap();
    let mut before = None;
    loop {
        let said = engine.raw("$JS.API.STREAM.INFO.LOTE_DONE", "").await.unwrap();
        let said: Value = serde_json::from_slice(&said).unwrap();
        let now = said["state"]["last_seq"].as_u64().unwrap();
        if *before.get_or_insert(now) < now {
            return began.elapsed();
        }
    }
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
    let fleet = Fleet::new(&program, 200);
    let url = fleet.server.url();
    let other = Here {
        agent: FleetName::like("other"),
        pool: FleetName::like("default"),
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
        block_on(async {
            let server = lote_fleet::nats::Server { url, ..Default::default() };
            let engine = lote_fleet::nats::connect(&server, "other").await.unwrap();
            let mut asked = engine.hear(&Subject::Who(FleetName::like("default"))).await.unwrap();
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
    let reason = waits["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("1 have another: 9.9.9 0123456789abcdef"), "{reason}");
    let same = fleet.agent("same");
    let made = run.until(is_output);
    assert_eq!(made["agent"], "same");
    let status = fleet.lote("fleet status").run().code(0).stdout();
    assert!(status.contains("same") && status.contains("(another build)"), "{status}");
    signal(same.pid(), Signal::TERM);
    let waits = run.until(|event| event["event"] == "fleet");
    assert_eq!((&waits["state"], &waits["reason"]), (&"waiting".into(), &reason.into()));
    let _again = fleet.agent("again");
    let outcome = run.finish().code(0);
    outcome.assert_books();
    assert!(outcome.events("output").iter().all(|output| output["agent"] != "other"));
}

#[test]
fn a_submitter_that_was_killed_is_taken_over_from_another_folder() {
    let Some(program) = server() else { return };
    let (pictures, times) = if is_long() { (3_000, 50) } else { (60, 2) };
    let fleet = Fleet::new(&program, pictures);
    fleet.alone("alone");
    let _agent = fleet.agent("one");
    let root = format!("fotos={}", fleet.workspace.path("").display());
    let folders: Vec<_> = (0..times).map(|_| Workspace::new()).collect();
    let mut run = fleet.run("out").start();
    let mut killed_at_work = 0;
    for folder in &folders {
        let made = run.until(is_output);
        killed_at_work += usize::from(made["status"] == "ok");
        signal(run.pid(), Signal::KILL);
        while run.skip_line().is_some() {}
        let resume = folder.lote("run --resume --ndjson -o").arg(fleet.workspace.path("out"));
        // By the same user, whose records are believed.
        let resume = resume.env("XDG_STATE_HOME", fleet.workspace.path("state").to_str().unwrap());
        run = resume.arg("--fleet").arg(fleet.server.url()).arg("--root").arg(&root).start();
    }
    run.finish().code(0);
    fleet.assert_same("alone", "out");
    let (least, most, outputs) = journalled(&fleet.workspace, "out");
    assert_eq!((least, outputs), (1, pictures as usize * 2));
    assert_eq!(most, 1, "what is on record is not made again");
    assert_none_is_older_than_its_record(&fleet.workspace, "out");
    println!("fleet: {times} submitters killed, {killed_at_work} of them while outputs were made");
}

/// Asserts that no output has been written over by one that was made before it.
#[track_caller]
fn assert_none_is_older_than_its_record(workspace: &Workspace, output: &str) {
    let folder = workspace.path(output);
    for past in lote_engine::journal::read_all(&folder) {
        for entry in past.entries {
            let lote_engine::journal::Outcome::Ok { output, modified_ns, .. } = entry.outcome
            else {
                continue;
            };
            let file = folder.join(&output.0);
            let now =
                lote_protocol::time::nanoseconds(file.metadata().unwrap().modified().unwrap());
            assert!(now >= modified_ns, "{} is older than its record", file.display());
        }
    }
}

#[test]
fn a_job_can_be_cancelled_from_elsewhere() {
    let Some(program) = server() else { return };
    let fleet = Fleet::new(&program, 4);
    // Nobody works on it, so it is open for as long as it takes.
    let mut run = fleet.run("out").start();
    run.until_event("planned");
    let job = wait_for("an open job", || {
        let status = fleet.lote("fleet status --json").run().code(0).json();
        let open = status["jobs"].as_array().unwrap().iter().find(|job| job["state"] == "open");
        open.map(|job| job["job"].as_str().unwrap().to_owned())
    });
    fleet.lote("fleet cancel").arg(&job).run().code(0);
    let outcome = run.finish();
    assert_eq!(outcome.event("finished")["ok"], 0);
    fleet.lote("fleet cancel").arg(&job).run().code(3);
}

/// The machine that slept: what it has in hand is of a recipe that nobody wants any more.
#[test]
fn what_a_machine_had_in_hand_when_it_slept_spoils_no_later_job() {
    let Some(program) = server() else { return };
    if !is_long() {
        // Longer than an agent takes for a pause of its own, on a machine that is done with all else before.
        return sleep_with_work_in_hand(&program, Duration::from_secs(3));
    }
    // Most of it is sleep.
    for _ in 0..5 {
        let nap = || sleep_with_work_in_hand(&program, Duration::from_secs(60));
        std::thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(nap))));
    }
    println!("fleet: 20 of 20 sleepers spoilt nothing");
}

fn sleep_with_work_in_hand(program: &Path, at_least: Duration) {
    let fleet = Fleet::new(program, 40);
    fleet.workspace.lote("run in -f blur:radius=9 -j 2 -o alone").run().code(0);
    let sleeper = fleet.agent("sleeper");
    let mut run = fleet.lote("run in -f blur --if-exists overwrite --ndjson -o out").start();
    run.until(is_output);
    signal(sleeper.pid(), Signal::STOP);
    let stopped = Instant::now();
    signal(run.pid(), Signal::INT);
    let left = run.finish().code(130);
    let open = left.event("finished")["cancelled"].as_u64().unwrap();
    let said = format!("{open} outputs are left to the fleet as job ");
    assert!(open == 0 || left.stderr.contains(&said), "{}", left.stderr);
    let status = fleet.lote("fleet status --json").run().code(0).json();
    for job in status["jobs"].as_array().unwrap() {
        if job["state"] == "open" {
            fleet.lote("fleet cancel").arg(job["job"].as_str().unwrap()).run().code(0);
        }
    }
    let _other = fleet.agent("other");
    let run = fleet.lote("run in -f blur:radius=9 --if-exists overwrite --ndjson -o out");
    run.run().code(0).assert_books();
    std::thread::sleep(at_least.saturating_sub(stopped.elapsed()));
    signal(sleeper.pid(), Signal::CONT);
    signal(sleeper.pid(), Signal::TERM);
    sleeper.finish();
    fleet.assert_same("alone", "out");
}

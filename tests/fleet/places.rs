//! The same folder at different places, and folders that are not there.

use std::process::{Command, Stdio};

use super::*;
use crate::support::small_disk::{may_mount, not_tested};
use lote_fleet::engine::{Engine, Subject};
use lote_fleet::message::{Here, Message};
use lote_fleet::names::FleetName;

/// The words before a command that is to run as on another machine: among mounts and processes of its own,
/// which end with it.
const ELSEWHERE: [&str; 4] = ["unshare", "-rpfm", "--mount-proc", "--kill-child"];

#[test]
fn a_root_may_be_at_another_place_on_each_machine() {
    let Some(program) = server() else { return };
    if !may_mount() {
        return;
    }
    let fleet = Fleet::new(&program, 8);
    fleet.alone("alone");
    // As on another machine: its own mounts and its own processes; the folder is at another place.
    let elsewhere = |name: &str| {
        let script = format!(
            "mkdir -p /tmp/{name} && mount -t tmpfs tmpfs /tmp/{name} && mkdir /tmp/{name}/nas && \
             mount --bind {} /tmp/{name}/nas && exec \"$@\"",
            fleet.workspace.path("").display()
        );
        let words = [&ELSEWHERE[..], &["sh", "-c", &script, "sh"]].concat();
        let place = format!("fotos=/tmp/{name}/nas");
        let agent = fleet.workspace.lote("agent -j 2 --name").arg(name).arg("--fleet");
        agent.arg(fleet.server.url()).arg("--root").arg(place).by(&words).start()
    };
    let _agents = [elsewhere("lote-test-one"), elsewhere("lote-test-two")];
    fleet.run("out").run().code(0).assert_books();
    fleet.assert_same("alone", "out");
    for name in ["lote-test-one", "lote-test-two"] {
        let _ = std::fs::remove_dir(format!("/tmp/{name}"));
    }
}

#[test]
fn an_agent_whose_folder_is_another_takes_no_part_and_says_why() {
    let Some(program) = server() else { return };
    let fleet = Fleet::new(&program, 4);
    let other = Workspace::with_pictures(4, 10, 10);
    let root = format!("fotos={}", other.path("").display());
    let stranger = other.lote("agent --name stranger --fleet").arg(fleet.server.url());
    let _stranger = stranger.arg("--root").arg(root).start();
    let mut run = fleet.run("out").start();
    let refused = run.until(|event| event["event"] == "agent" && event["state"] == "refused");
    assert_eq!(refused["agent"], "stranger");
    assert!(refused["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{refused}");
    let _agent = fleet.agent("one");
    run.finish().code(0).assert_books();
    assert!(other.files("out").is_empty());
}

/// Mounts a file system at the folder `$0` whose server never answers, once somebody writes to the pipe
/// `$1/go`, and says so in the pipe `$1/blocked`; and becomes its other arguments.
const BLOCKED: &str = "place=$0 pipes=$1; shift; \
    { read _ <$pipes/go; exec 3<>/dev/fuse; \
      mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 nas $place; \
      echo $? >$pipes/blocked; exec sleep 1000; } & exec \"$@\"";

/// Whether a folder can be made to block; says so if not.
fn may_block() -> bool {
    let mount = "exec 3<>/dev/fuse; \
                 mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 nas /tmp";
    let mut command = Command::new("unshare");
    let mounted = command.args(["-rm", "sh", "-c", mount]).stderr(Stdio::null()).status();
    let may = mounted.is_ok_and(|status| status.success());
    if !may {
        not_tested("folders that do not answer, as none can be mounted (/dev/fuse, unshare -rm)");
    }
    may
}

/// The process that another has become, or started first.
fn child_of(pid: u32) -> u32 {
    let children = format!("/proc/{pid}/task/{pid}/children");
    let children = std::fs::read_to_string(children).unwrap();
    children.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn a_folder_that_does_not_answer_stops_no_heartbeat_and_its_agent_can_be_ended() {
    let Some(program) = server() else { return };
    if !may_block() {
        return;
    }
    let fleet = Fleet::new(&program, 40);
    fleet.alone("alone");
    let nas = fleet.workspace.path("");
    let pipes = Workspace::new();
    for name in ["go", "blocked"] {
        let pipe = pipes.path(name);
        assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
    }
    let here = [nas.to_str().unwrap(), pipes.path("").to_str().unwrap()].map(str::to_owned);
    let words = [&ELSEWHERE[..], &["sh", "-c", BLOCKED, &here[0], &here[1]]].concat();
    let stuck = fleet.lote("agent -j 2 --name stuck").by(&words).start();
    fleet.until_there(1);
    let mut run = fleet.run("out").start();
    run.until(is_output);
    std::fs::write(pipes.path("go"), "\n").unwrap();
    assert_eq!(std::fs::read_to_string(pipes.path("blocked")).unwrap(), "0\n");
    // From now on whatever looks at the folder waits for ever.
    block_on(async {
        let server = lote_fleet::nats::Server { url: fleet.server.url(), ..Default::default() };
        let engine = lote_fleet::nats::connect(&server, "listener").await.unwrap();
        let mut beats = engine.hear(&Subject::AllHere(None)).await.unwrap();
        for _ in 0..3 {
            let beat = tokio::time::timeout(Duration::from_secs(60), beats.recv()).await;
            let beat = Here::from_bytes(&beat.unwrap().unwrap().bytes).unwrap();
            assert_eq!(beat.agent, FleetName::like("stuck"));
            assert!(beat.busy > 0, "it has something in hand");
        }
    });
    signal(child_of(stuck.pid()), Signal::TERM);
    stuck.finish().code(0);
    let _other = fleet.agent("other");
    run.finish().code(0).assert_books();
    fleet.assert_same("alone", "out");
}

#[test]
fn runs_that_start_and_end_beside_a_fleet_in_its_folder_disturb_nothing() {
    let Some(program) = server() else { return };
    if !may_mount() {
        return;
    }
    let (pictures, starts) = if is_long() { (1_200, 400) } else { (60, 12) };
    let fleet = Fleet::new(&program, pictures);
    fleet.alone("alone");
    fleet.workspace.add("few/other.png", &support::pictures::png(30, 20, 1));
    let _agents = ["one", "two"].map(|name| fleet.agent(name));
    let run = fleet.run("out").arg("--durable").start();
    let run = std::thread::spawn(move || run.finish());
    let (mut started, mut beside) = (0, 0);
    while started < starts {
        // As from another machine, whose processes nobody here sees, nor it these.
        let short = fleet.workspace.lote("run few -f gris=grayscale -j 1 -o out");
        short.by(&ELSEWHERE).run().code(0);
        started += 1;
        beside += usize::from(!run.is_finished());
    }
    let outcome = run.join().unwrap().code(0);
    outcome.assert_books();
    assert_eq!(outcome.event("finished")["failed"], 0);
    let mut made = fleet.workspace.files("out");
    made.remove("gris/other_gris.png").unwrap();
    support::workspace::assert_same(&fleet.workspace.files("alone"), &made);
    println!(
        "fleet: {starts} runs started in the folder, {beside} of them before all {} outputs were made",
        pictures * 2
    );
}

#[test]
fn where_no_file_can_be_kept_from_being_replaced_jobs_that_replace_nothing_are_refused() {
    let Some(program) = server() else { return };
    let fleet = Fleet::new(&program, 3);
    fleet.alone("alone");
    let careful = || fleet.run("out").arg("--if-exists").arg("skip");
    let refused = careful().on_kernel_without("no-replace").run().code(4);
    assert!(refused.stderr.contains("--if-exists overwrite is needed"), "{}", refused.stderr);
    // And where an agent sees the folder in such a way.
    let _poor = fleet.lote("agent --name poor").on_kernel_without("no-replace").start();
    let mut run = careful().start();
    let said = run.until(|event| event["event"] == "agent" && event["state"] == "refused");
    assert!(said["reason"].as_str().unwrap().contains("--if-exists overwrite"), "{said}");
    let _other = fleet.agent("other");
    run.finish().code(0).assert_books();
    fleet.assert_same("alone", "out");
}

#[test]
fn a_job_that_nobody_can_do_holds_up_no_other() {
    let Some(program) = server() else { return };
    let fleet = Fleet::new(&program, 6);
    fleet.alone("alone");
    let other = Workspace::with_pictures(40, 10, 10);
    let root = format!("otras={}", other.path("").display());
    let abandoned = other.lote("run in -f blur -o out --ndjson --fleet").arg(fleet.server.url());
    let abandoned = abandoned.arg("--root").arg(root).start();
    block_on(async {
        let server = lote_fleet::nats::Server { url: fleet.server.url(), ..Default::default() };
        let engine = lote_fleet::nats::connect(&server, "observer").await.unwrap();
        let (pool, build) = (FleetName::like("default"), lote_fleet::names::Build::this());
        let all_wait = async {
            while engine.facts(&pool, &build).await.map_or(0, |facts| facts.waiting) < 40 {}
        };
        tokio::time::timeout(PATIENCE, all_wait).await.unwrap();
    });
    signal(abandoned.pid(), Signal::KILL);
    // It has another root than that, and there are more parcels of it than it takes at a time.
    let _agent = fleet.agent("one");
    fleet.run("out").run().code(0).assert_books();
    fleet.assert_same("alone", "out");
    assert!(other.files("out").is_empty());
}

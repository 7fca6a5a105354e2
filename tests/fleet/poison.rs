//! Images that kill workers, and images that kill agents.

use super::*;

/// An agent whose workers can be killed by images: what they write down of that lies in `marks`.
fn victim(fleet: &Fleet, name: &str) -> Running {
    let marks = fleet.workspace.path("marks");
    std::fs::create_dir_all(&marks).unwrap();
    let agent = fleet.lote("agent -j 2 --sandbox off").arg("--name").arg(name).misbehaving("");
    agent.env("LOTE_TEST_MARKS", marks.to_str().unwrap()).start()
}

/// Whether a process that was started here has ended.
fn has_ended(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('Z'))
}

/// How often workers were given an image that kills.
fn seen(fleet: &Fleet, image: &str) -> usize {
    let noted =
        std::fs::read_to_string(fleet.workspace.path("marks").join(format!("seen-{image}")));
    noted.unwrap_or_default().lines().count()
}

/// Asserts that an image is quarantined, and that all others are made as one machine makes them; returns
/// the ends of its outputs.
#[track_caller]
fn quarantined(fleet: &Fleet, outcome: &Outcome, image: &str, pictures: usize) -> Vec<Value> {
    outcome.assert_books();
    let (bad, good): (Vec<_>, Vec<_>) =
        outcome.events("output").into_iter().partition(|output| output["image"] == *image);
    assert!(bad.iter().all(|output| output["status"] == "quarantined"), "{bad:#?}");
    assert_eq!((bad.len(), good.len()), (2, pictures * 2));
    assert!(good.iter().all(|output| output["status"] == "ok"), "no neighbour fails");
    let alone = fleet.workspace.files("alone");
    support::workspace::assert_same(&alone, &fleet.workspace.files("out"));
    bad
}

#[test]
fn an_image_that_kills_workers_is_tried_twice_by_one_agent_and_seen_by_no_other() {
    let Some(program) = server() else { return };
    let fleet = Fleet::new(&program, 30);
    fleet.alone("alone");
    fleet.workspace.add("in/poison.png", &support::pictures::png(240, 160, 99));
    let _agents = [victim(&fleet, "one"), victim(&fleet, "two")];
    let outcome = fleet.run("out").run().code(1);
    for output in quarantined(&fleet, &outcome, "poison.png", 30) {
        assert_eq!(output["attempt"], 2, "{output}");
        assert!(output["reason"].as_str().unwrap().contains("SIGABRT"), "{output}");
        let words = output["stderr"].to_string();
        assert!(words.contains("this image is more than I can take"), "{output}");
        assert!(output["reproduce"].as_str().unwrap().contains("poison.png"), "{output}");
    }
    assert_eq!(seen(&fleet, "poison"), 2, "two attempts, on one agent");
}

/// Half a minute for each agent that is lost.
#[test]
fn an_image_that_kills_agents_costs_five_of_them_and_its_neighbours_are_made() {
    let Some(program) = server().filter(|_| is_long()) else { return };
    // Three images a parcel.
    let fleet = Fleet::new(&program, 200);
    fleet.alone("alone");
    fleet.workspace.add("in/kills-agent.png", &support::pictures::png(240, 160, 99));
    let mut agents: Vec<_> = ["a", "b"].map(|name| victim(&fleet, name)).into();
    let run = fleet.run("out").start();
    let run = std::thread::spawn(move || run.finish());
    let mut lost = 0;
    while !run.is_finished() {
        for agent in &mut agents {
            if has_ended(agent.pid()) {
                lost += 1;
                *agent = victim(&fleet, &format!("c{lost}"));
            }
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let outcome = run.join().unwrap().code(1);
    for output in quarantined(&fleet, &outcome, "kills-agent.png", 200) {
        assert_eq!(output["reason"], "5 agents were lost while they had it");
    }
    assert_eq!((lost, seen(&fleet, "kills-agent")), (5, 5));
}

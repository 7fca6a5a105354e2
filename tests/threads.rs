//! One process with many threads: the same outputs, at a higher price for a crash.

use rustix::process::Signal;

use crate::support::Workspace;
use crate::support::processes::signal;
use crate::support::workspace::assert_same;

#[test]
fn threads_make_the_same_bytes_as_processes() {
    let workspace = Workspace::with_pictures(6, 160, 120);
    let filters = "-f grises -f blur -f redimensionar -f marca_agua";
    for (mode, out) in [("processes", "p"), ("threads", "t"), ("procesos", "p2"), ("hilos", "t2")] {
        let arguments = format!("run in {filters} --mode {mode} -j 3 -o {out} --ndjson");
        let outcome = workspace.lote(&arguments).run().code(0);
        outcome.assert_books();
        let started = outcome.events("worker").iter().filter(|w| w["state"] == "started").count();
        assert_eq!(started, if out.starts_with('p') { 3 } else { 1 });
    }
    assert_same(&workspace.files("p"), &workspace.files("t"));
    assert_same(&workspace.files("p"), &workspace.files("p2"));
    assert_same(&workspace.files("p"), &workspace.files("t2"));
}

#[test]
fn a_crash_costs_all_that_is_in_flight_and_only_that_is_repeated() {
    let workspace = Workspace::with_pictures(9, 1200, 900);
    workspace.lote("run in -f blur -f bordes -o calm").run().code(0);
    let mut run =
        workspace.lote("run in -f blur -f bordes -o out --mode threads -j 3 --ndjson").start();
    let worker = run.until(|event| event["state"] == "ready")["pid"].as_u64().unwrap();
    // Nothing that is in flight can end before all three threads are seen at work.
    signal(worker as u32, Signal::STOP);
    for _ in 0..3 {
        run.until_event("task");
    }
    signal(worker as u32, Signal::KILL);
    let outcome = run.finish().code(0);
    outcome.assert_books();
    assert_eq!(outcome.deaths(), 1);
    let repeated = outcome.events("task").iter().filter(|task| task["attempt"] == 2).count();
    assert!((1..=3).contains(&repeated), "{repeated}");
    assert_same(&workspace.files("calm"), &workspace.files("out"));
}

#[test]
fn of_all_that_was_in_flight_only_the_image_that_is_to_blame_is_quarantined() {
    let workspace = Workspace::with_pictures(8, 200, 150);
    std::fs::rename(workspace.path("in/00.png"), workspace.path("in/poison.png")).unwrap();
    let run = workspace.lote("run in -f sepia -o out --mode threads -j 3 --ndjson");
    let outcome = run.misbehaving("").run().code(1);
    outcome.assert_books();
    let poison = outcome.output_of("poison.png");
    assert_eq!(poison["status"], "quarantined");
    assert_eq!(poison["attempt"], 2);
    assert_eq!(outcome.event("finished")["ok"], 7);
    assert_eq!(outcome.deaths(), 2);
}

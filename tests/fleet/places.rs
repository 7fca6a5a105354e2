//! The same folder at different places, and folders that are not there.

use super::*;
use crate::support::small_disk::may_mount;

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
        let words = ["unshare", "-rpfm", "--mount-proc", "sh", "-c", &script, "sh"];
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

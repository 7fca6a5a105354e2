//! Machines and containers that share an output folder: process ids of one mean nothing to another.

use std::process::{Command, Stdio};

use lote_protocol::temporary::{Owner, SUFFIX};

use crate::support::Workspace;
use crate::support::small_disk::{may_mount, not_tested};
use crate::support::workspace::assert_same;

/// The words before a command that is to run among processes of its own, as in a container.
const ELSEWHERE: [&str; 3] = ["unshare", "-rpf", "--mount-proc"];

#[test]
fn what_a_process_of_another_machine_is_writing_is_left_alone() {
    let [program, words @ ..] = ELSEWHERE;
    let allowed = Command::new(program).args(words).arg("true").stderr(Stdio::null()).status();
    if !allowed.is_ok_and(|status| status.success()) {
        let what = "two machines, as processes cannot be parted (unshare -rpf --mount-proc)";
        return not_tested(what);
    }
    let workspace = Workspace::with_pictures(2, 30, 20);
    // This process is alive, and nobody over there sees it.
    let unfinished = format!("out/blur/{}abc{SUFFIX}", Owner::this().prefix());
    workspace.add(&unfinished, b"half an output");
    let run = "run in -f blur -j 1 -o out --if-exists overwrite --ndjson";
    workspace.lote(run).by(&ELSEWHERE).run().code(0).assert_books();
    assert!(workspace.path(&unfinished).exists(), "a live file was swept");
    workspace.lote(run).run().code(0).assert_books();
    assert!(workspace.path(&unfinished).exists(), "a live file of the own machine was swept");
}

#[test]
fn without_proc_the_same_is_made_and_it_is_said() {
    if !may_mount() {
        return;
    }
    let workspace = Workspace::with_pictures(3, 60, 40);
    workspace.lote("run in -f blur -o calm").run().code(0);
    let hidden = ["unshare", "-rm", "sh", "-c", "mount -t tmpfs tmpfs /proc && exec \"$@\"", "sh"];
    let outcome = workspace.lote("run in -f blur -j 2 -o out --ndjson").by(&hidden).run().code(0);
    outcome.assert_books();
    assert!(outcome.stderr.starts_with("warning: /proc is not there: "), "{}", outcome.stderr);
    assert_same(&workspace.files("calm"), &workspace.files("out"));
}

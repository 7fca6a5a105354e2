//! The commands beside `run`.

use std::collections::HashSet;
use std::process::Command;

use crate::support::{Workspace, pictures};

#[test]
fn samples_are_as_many_images_as_asked_for_and_the_same_each_time() {
    let workspace = Workspace::new();
    workspace.lote("samples one --count 3").run().code(0);
    let files = workspace.files("one");
    assert_eq!(files.len(), 3);
    for (name, bytes) in &files {
        let (width, height) = pictures::decode(bytes).dimensions();
        assert!(width >= 100 && height >= 100, "{name}: {width} x {height}");
    }
    workspace.lote("samples two --count 3").run().code(0);
    assert!(files == workspace.files("two"));
}

#[test]
fn the_demonstration_loses_nothing_and_keeps_no_files() {
    let workspace = Workspace::new();
    let outcome = workspace.lote("demo --images 8 -j 2 --timeout 3").run().code(0);
    let said = outcome.stdout() + &outcome.stderr;
    assert!(said.contains("Nothing was lost"), "{said}");
    assert!(said.contains(" died: SIGKILL"), "{said}");
    assert!(said.lines().all(|line| line.chars().count() <= 80), "{said}");
    assert!(workspace.names("").is_empty(), "{:?}", workspace.names(""));
}

#[test]
fn the_demonstrations_digest_is_what_sha256sum_says_of_the_outputs_that_are_kept() {
    let workspace = Workspace::new();
    let outcome = workspace.lote("demo --images 8 -j 2 --timeout 3 --keep kept -q").run().code(0);
    let table = outcome.stdout();
    let digests: HashSet<_> = table
        .split_whitespace()
        .filter(|word| word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .collect();
    for run in ["undisturbed-processes", "undisturbed-threads", "processes", "threads"] {
        let sums = Command::new("sh")
            .args(["-c", "LC_ALL=C; export LC_ALL; sha256sum */* | sha256sum"])
            .current_dir(workspace.path("kept").join(run))
            .output()
            .unwrap();
        let sum = String::from_utf8(sums.stdout).unwrap();
        let sum = sum.split_whitespace().next().unwrap();
        assert_eq!(digests, HashSet::from([sum]), "{run}: {table}");
    }
}

#[test]
fn a_comparison_measures_both_modes_and_the_price_of_a_crash() {
    let workspace = Workspace::with_pictures(4, 300, 200);
    let outcome = workspace.lote("compare in -f blur -j 2 --rounds 1 --json").run().code(0);
    let figures = outcome.json();
    let modes: Vec<_> = figures.as_array().unwrap().iter().map(|figure| &figure["mode"]).collect();
    assert_eq!(modes, ["processes", "threads"]);
    for figure in figures.as_array().unwrap() {
        assert_eq!(figure["seconds"].as_array().unwrap().len(), 1);
        assert!(figure["images_per_s"].as_f64().unwrap() > 0.0);
        assert_eq!(figure["crash"]["lost"], 0);
    }
    assert_eq!(workspace.names("").len(), 4, "nothing but the inputs is left");
    let said = workspace.lote("compare in -f blur -j 2 --rounds 1").run().code(0);
    let said = said.stdout() + &said.stderr;
    assert!(said.contains(" lost, replaced in "), "{said}");
}

#[test]
fn the_doctor_starts_a_worker_and_says_what_is_there() {
    let workspace = Workspace::new();
    let findings = workspace.lote("doctor --json").run().code(0).json();
    assert_eq!(findings["filters"], lote_imaging::filters::REGISTRY.len());
    assert_eq!(findings["formats"].as_array().unwrap().len(), lote_imaging::formats::ALL.len());
    assert!(findings["worker_start_ms"].as_f64().unwrap() > 0.0);
    assert_eq!(findings["problems"].as_array().unwrap().len(), 0);
    let broken = workspace.lote("doctor --worker-command ./no-such-program").run().code(5);
    assert!(broken.stderr.contains("error: workers do not start: "), "{}", broken.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn the_doctor_tries_what_files_can_do_in_a_folder_that_machines_share() {
    let workspace = Workspace::with_pictures(1, 30, 20);
    let all = workspace.lote("doctor --json --root fotos=in --root raw=in:ro").run().code(0).json();
    let here = &all["roots"][0];
    assert_eq!(here["root"], "fotos=in");
    for ability in ["rename", "no_replace", "link", "lock", "case", "accents"] {
        assert_eq!(here[ability], true, "{ability}: {here}");
    }
    assert_eq!(here["grain_ns"], 1);
    assert_eq!(all["roots"][1], serde_json::json!({ "root": "raw=in:ro" }));
    let poor = || workspace.lote("doctor --root fotos=in").on_kernel_without("no-replace");
    let said = poor().run().code(0).stdout();
    let follows = "no: a fleet takes jobs with --if-exists overwrite only";
    let line = said.lines().find(|line| line.contains("rename and replace nothing")).unwrap();
    assert!(line.ends_with(follows), "{said}");
    let said = poor().env("LOTE_LANG", "es").run().code(0).stdout();
    assert!(
        said.contains("no: una flota solo admite trabajos con --si-existe sobrescribir"),
        "{said}"
    );
    assert_eq!(workspace.names("in"), ["00.png"], "nothing is left");
    let none = workspace.lote("doctor --root fotos=none").run().code(4);
    assert!(none.stderr.contains("the root none cannot be used: "), "{}", none.stderr);
}

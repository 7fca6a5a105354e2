//! Jobs on `s3://…`, with servers that others have made.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "all of it is tests"
)]

#[path = "support/nats.rs"]
#[allow(dead_code, reason = "its ports are what is needed")]
mod nats;
#[path = "support/s3.rs"]
mod s3;
#[allow(dead_code, unused_imports, reason = "other tests need the rest")]
mod support;

use rustix::process::Signal;
use s3::{KEYS, Kind, S3, servers};
use serde_json::Value;
use support::processes::signal;
use support::workspace::{Files, assert_same};
use support::{Lote, Workspace, pictures};

/// Names that are hard on keys, URLs and shells alike.
const NAMES: [&str; 6] =
    ["00.png", "niño.png", "dos palabras.png", "100% + 1&2.png", "sub/é/ü=#?.png", "sub/[a]~$.png"];

/// What every job here makes of its images.
const RECIPE: [&str; 4] = ["-f", "web=resize:long_edge=64@jpeg:quality=80", "-f", "gris=grayscale"];

/// A server with the buckets `inputs` and `outputs`, and a machine.
struct Desk {
    server: S3,
    workspace: Workspace,
}

impl Desk {
    fn new(server: &(Kind, std::path::PathBuf)) -> Self {
        Self { server: S3::start(server, &["inputs", "outputs"]), workspace: Workspace::new() }
    }

    /// With the same pictures in the bucket as in the folder `in`.
    fn with_pictures(server: &(Kind, std::path::PathBuf), names: &[&str]) -> Self {
        let desk = Self::new(server);
        for (seed, name) in (0..).zip(names) {
            let bytes = pictures::png(160, 120, seed);
            desk.workspace.add(&format!("in/{name}"), &bytes);
            desk.server.put("inputs", &format!("fotos de niños/{name}"), &bytes);
        }
        desk
    }

    /// The program with what it needs to speak to the server.
    fn lote(&self, arguments: &str) -> Lote {
        self.told(self.workspace.lote(arguments))
    }

    fn told(&self, mut lote: Lote) -> Lote {
        for (name, value) in KEYS {
            lote = lote.env(name, value);
        }
        let cache = self.workspace.path("cache");
        lote.env("AWS_ENDPOINT_URL", &self.server.url())
            .env("AWS_REGION", "us-east-1")
            .env("XDG_CACHE_HOME", cache.to_str().unwrap())
    }

    /// A run with the recipe, from and to these places.
    fn run(&self, from: &str, to: &str) -> Lote {
        let mut lote = self.lote("run -R -j 2 --ndjson").arg(from).arg("-o").arg(to);
        for word in RECIPE {
            lote = lote.arg(word);
        }
        lote
    }

    /// What the same job makes of the folder.
    fn alone(&self) -> Files {
        self.run("in", "alone").run().code(0).assert_books();
        self.workspace.files("alone")
    }

    /// Asserts that nothing is left of a spool.
    #[track_caller]
    fn assert_no_spool(&self) {
        assert_eq!(self.workspace.names("cache"), [""; 0]);
    }
}

const FROM: &str = "s3://inputs/fotos de niños";

fn made(event: &Value) -> bool {
    event["event"] == "output" && event["status"] == "ok"
}

#[test]
fn what_is_made_from_and_to_a_store_is_what_is_made_of_folders() {
    for server in servers() {
        let desk = Desk::with_pictures(&server, &NAMES);
        let alone = desk.alone();
        assert_eq!(alone.len(), 12);
        let outcome = desk.run(FROM, "s3://outputs/a b/ñ").run().code(0);
        outcome.assert_books();
        assert_same(&alone, &desk.server.objects("outputs", "a b/ñ"));
        let paths: Vec<_> = outcome.events("output");
        let is_named =
            |event: &Value| event["path"].as_str().unwrap().starts_with("s3://outputs/a b/ñ/");
        assert!(paths.iter().all(is_named), "{paths:#?}");
        assert_eq!(desk.server.own("outputs", "a b/ñ").len(), 1, "the record");
        // One end may be a folder.
        desk.run(FROM, "here").run().code(0).assert_books();
        assert_same(&alone, &desk.workspace.files("here"));
        desk.run("in", "s3://outputs/there").run().code(0).assert_books();
        assert_same(&alone, &desk.server.objects("outputs", "there"));
        // So may one object.
        let one = desk.run("s3://inputs/fotos de niños/niño.png", "s3://outputs/one").run().code(0);
        assert_eq!(one.events("output").len(), 2);
        desk.assert_no_spool();
    }
}

#[test]
fn a_plan_of_eleven_hundred_objects_fetches_no_more_than_their_heads() {
    let Some(server) = servers().into_iter().next() else { return };
    let desk = Desk::new(&server);
    let bytes = pictures::png(8, 8, 1);
    for number in 0..1100 {
        desk.server.put("inputs", &format!("many/{number:04}.png"), &bytes);
    }
    let run =
        desk.lote("run -n --ndjson -f grises s3://inputs/many -o s3://outputs/many").run().code(0);
    assert_eq!(run.events("would_make").len(), 1100);
    assert_eq!(desk.server.own("outputs", "many"), [""; 0], "a plan changes nothing");
    desk.assert_no_spool();
}

#[test]
fn what_is_on_record_is_not_made_again_unless_object_or_output_has_changed() {
    for server in servers() {
        let desk = Desk::with_pictures(&server, &NAMES[..3]);
        desk.run(FROM, "s3://outputs/x").run().code(0);
        let again = desk.run(FROM, "s3://outputs/x").arg("--resume").run().code(0);
        assert_eq!(again.event("finished")["skipped"], 6);
        let bytes = pictures::png(100, 120, 77);
        desk.server.put("inputs", "fotos de niños/niño.png", &bytes);
        desk.server.remove("outputs", "x/gris/00_gris.png");
        let again = desk.run(FROM, "s3://outputs/x").arg("--resume").run().code(0);
        assert_eq!(again.events("output").iter().filter(|event| made(event)).count(), 3);
        // Another machine has the record from the store, and is told what to trust.
        let state = desk.workspace.path("state of another").display().to_string();
        let other = |arguments: &str| desk.lote(arguments).env("XDG_STATE_HOME", &state);
        let refused = other("run --resume --ndjson --record r -o s3://outputs/x").run().code(4);
        assert!(refused.stderr.contains("--trust-record"), "{}", refused.stderr);
        let words = "run --resume --trust-record --ndjson --record r -o s3://outputs/x";
        let again = other(words).run().code(0);
        assert_eq!(again.event("finished")["skipped"], 6);
        let nothing = desk.lote("rerun --failed -o s3://outputs/x").arg(FROM).run().code(0);
        assert!(nothing.stderr.contains("nothing failed"), "{}", nothing.stderr);
    }
}

#[test]
fn what_exists_is_refused_kept_or_left_beside_as_was_asked() {
    for server in servers().iter().filter(|(kind, _)| kind.keeps_conditions()) {
        let desk = Desk::with_pictures(server, &NAMES[..2]);
        desk.server.put("outputs", "x/gris/00_gris.png", b"mine");
        let fail = desk.run(FROM, "s3://outputs/x").arg("--if-exists").arg("fail").run().code(4);
        assert!(fail.stderr.contains("s3://outputs/x/gris/00_gris.png"), "{}", fail.stderr);
        let skip = desk.run(FROM, "s3://outputs/x").arg("--if-exists").arg("skip").run().code(0);
        assert_eq!(skip.event("finished")["skipped"], 1);
        let rename =
            desk.run(FROM, "s3://outputs/x").arg("--if-exists").arg("rename").run().code(0);
        assert_eq!(rename.event("finished")["ok"], 4);
        let there = desk.server.objects("outputs", "x");
        assert_eq!(there["gris/00_gris.png"], b"mine");
        assert!(there.contains_key("gris/00_gris-2.png"), "{:?}", there.keys());
    }
}

#[test]
fn a_store_that_ignores_conditions_is_recognised_and_may_only_overwrite() {
    for server in servers().iter().filter(|(kind, _)| !kind.keeps_conditions()) {
        let desk = Desk::with_pictures(server, &NAMES[..1]);
        for policy in ["fail", "skip", "rename"] {
            let run = desk.run(FROM, "s3://outputs/x").arg("--if-exists").arg(policy).run().code(4);
            assert!(
                run.stderr.contains("replaces what it is asked not to replace"),
                "{}",
                run.stderr
            );
        }
        assert_eq!(desk.server.objects("outputs", "x"), Files::new());
        desk.run(FROM, "s3://outputs/x").arg("--if-exists").arg("overwrite").run().code(0);
    }
}

#[test]
fn a_server_that_is_killed_five_times_costs_no_output() {
    let names: Vec<_> = (0..30).map(|number| format!("{number:02} ñ.png")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    for server in servers().iter().filter(|(kind, _)| kind.has_files()) {
        let mut desk = Desk::with_pictures(server, &names);
        let alone = desk.alone();
        let mut run = desk.run(FROM, "s3://outputs/x").arg("--spool-max").arg("300K").start();
        for _ in 0..5 {
            run.until(made);
            desk.server.kill();
            run.until(|event| event["event"] == "store" && event["state"] == "waiting");
            desk.server.restart();
            run.until(|event| event["event"] == "store" && event["state"] == "back");
        }
        let outcome = run.finish().code(0);
        outcome.assert_books();
        assert_same(&alone, &desk.server.objects("outputs", "x"));
        desk.assert_no_spool();
    }
}

#[test]
fn a_run_that_is_interrupted_goes_on_where_it_was() {
    let Some(server) = servers().into_iter().next() else { return };
    let names: Vec<_> = (0..20).map(|number| format!("{number:02}.png")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let desk = Desk::with_pictures(&server, &names);
    let alone = desk.alone();
    let mut run = desk.run(FROM, "s3://outputs/x").start();
    run.until(made);
    signal(run.pid(), Signal::INT);
    let outcome = run.finish().code(130);
    assert!(outcome.stderr.contains("run --resume"), "{}", outcome.stderr);
    let there = desk.server.objects("outputs", "x").len();
    let done = outcome.event("finished")["ok"].as_u64().unwrap() as usize;
    assert_eq!(there, done, "what was told is there, and nothing else");
    let rest = desk.lote("run --resume --ndjson -o s3://outputs/x").arg(FROM).run().code(0);
    assert_eq!(rest.event("finished")["ok"].as_u64().unwrap() as usize, alone.len() - done);
    assert_same(&alone, &desk.server.objects("outputs", "x"));
    desk.assert_no_spool();
}

#[test]
fn what_a_store_does_not_do_is_said_in_one_sentence_and_no_secret_is() {
    let servers = servers();
    let Some(server) = servers.first() else { return };
    let desk = Desk::with_pictures(server, &NAMES[..1]);
    let said = |lote: Lote, code: i32| {
        let stderr = lote.run().code(code).stderr;
        assert!(!stderr.contains("geheim") && !stderr.contains("<Error>"), "{stderr}");
        stderr
    };
    let run = |from: &str| desk.lote("run -f grises -o s3://outputs/x").arg(from);
    let missing = said(run("s3://none/x"), 3);
    assert!(missing.contains("there is no bucket none"), "{missing}");
    let missing = said(run("s3://none/x").env("LOTE_LANG", "es"), 3);
    assert!(missing.contains("no hay ningún bucket none"), "{missing}");
    let nothing = said(run("s3://inputs/nothing"), 3);
    assert!(nothing.contains("s3://inputs/nothing"), "{nothing}");
    for bad in ["s3://", "s3://inputs/a//b", "s3://inputs/../b", "s3://inputs?/x"] {
        let refused = said(run(bad), 2);
        assert!(refused.contains("s3://"), "{refused}");
    }
    let away = said(run(FROM).env("AWS_ENDPOINT_URL", "http://127.0.0.1:9"), 4);
    assert!(away.contains("127.0.0.1:9 cannot be reached"), "{away}");
    let clear = said(run(FROM).env("AWS_ENDPOINT_URL", "http://example.org"), 2);
    assert!(clear.contains("AWS_ALLOW_HTTP=true"), "{clear}");
    let watch = said(desk.lote("watch s3://inputs/x -f grises"), 2);
    assert!(watch.contains("takes folders"), "{watch}");
    // Those that look at keys.
    for server in servers.iter().filter(|(kind, _)| *kind != Kind::Moto) {
        let desk = Desk::with_pictures(server, &NAMES[..1]);
        let run = desk.lote("run -f grises -o s3://outputs/x").arg(FROM);
        let denied = said(run.env("AWS_SECRET_ACCESS_KEY", "geheimer"), 4);
        assert!(denied.contains("is denied") && denied.contains("AWS_ACCESS_KEY_ID"), "{denied}");
    }
}

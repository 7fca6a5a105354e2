//! What scripts rely on: NDJSON, the summary as JSON, what goes to which stream.

use serde_json::Value;

use crate::support::{Workspace, pictures};

/// Fields that differ from run to run.
const VOLATILE: [&str; 15] = [
    "pid",
    "ms",
    "decode_ms",
    "seconds",
    "elapsed_s",
    "images_per_s",
    "eta_s",
    "busy",
    "ms_per_image",
    "bytes",
    "master_peak_bytes",
    "workers_peak_bytes",
    "percent",
    "done",
    "total",
];

/// The value with everything volatile replaced by its type.
fn redact(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                if VOLATILE.contains(&name.as_str()) && field.is_number() {
                    let text = if field.is_u64() { "[whole number]" } else { "[number]" };
                    *field = text.into();
                }
                // Which parts there are depends on the machine.
                if name == "sandbox" {
                    let fields: Vec<_> = field.as_object().unwrap().keys().collect();
                    assert_eq!(fields, ["enforced", "level", "missing"]);
                    *field = "[sandbox]".into();
                }
                redact(field);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(redact),
        _ => {}
    }
}

/// A good image, one that is damaged, and one whose outputs are there.
fn workspace() -> Workspace {
    let workspace = Workspace::new();
    let png = pictures::png(60, 40, 1);
    workspace.add("in/a/good.png", &png);
    workspace.add("in/cut.png", &png[..png.len() / 2]);
    workspace.add("in/text.png", b"no image");
    workspace.add("in/there.png", &png);
    for filter in ["grises", "soft"] {
        workspace.add(&format!("out/{filter}/there_{filter}.png"), b"there");
    }
    workspace
}

const RUN: &str = "run -R in -f grises -f soft=blur:radius=2+sepia -o out -j 1 --if-exists skip";

#[test]
fn every_event_has_its_documented_fields() {
    let workspace = workspace();
    let outcome = workspace.lote(&format!("{RUN} --ndjson")).run().code(1);
    outcome.assert_books();
    let mut lines = Vec::new();
    for line in outcome.stdout().lines() {
        assert!(line.starts_with("{\"event\":\""), "the event's name comes first: {line}");
        let mut event: Value = serde_json::from_str(line).unwrap();
        redact(&mut event);
        // How many there are depends on time.
        if event["event"] != "progress" {
            lines.push(event.to_string());
        }
    }
    insta::assert_snapshot!(lines.join("\n"));
    let progress = outcome.events("progress");
    let last = progress.last().unwrap();
    assert_eq!(last["done"], last["total"]);
    assert_eq!(last["percent"], 100.0);
    let fields: Vec<_> = last.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = ["done", "elapsed_s", "eta_s", "event", "images_per_s", "percent", "total"];
    assert_eq!(fields, expected);
}

#[test]
fn the_end_of_an_output_tells_where_it_is_and_how_large() {
    let workspace = workspace();
    let outcome = workspace.lote(&format!("{RUN} --ndjson")).run().code(1);
    for output in outcome.events("output").iter().filter(|output| output["status"] == "ok") {
        let path = workspace.path(output["path"].as_str().unwrap());
        assert_eq!(output["bytes"], path.metadata().unwrap().len());
    }
}

#[test]
fn an_output_of_one_frame_of_several_says_which() {
    let workspace = Workspace::new();
    workspace.add("in/moving.gif", &pictures::gif(3, (8, 6)));
    workspace.add("in/still.gif", &pictures::gif(1, (8, 6)));
    let outcome = workspace.lote("run in -f same=@gif@jpeg -o out --ndjson").run().code(0);
    let mut said: Vec<_> = outcome
        .events("output")
        .iter()
        .map(|output| format!("{} {} {}", output["image"], output["format"], output["page"]))
        .collect();
    said.sort();
    assert_eq!(
        said.join("\n").replace('"', ""),
        "moving.gif gif null\nmoving.gif jpeg 1\nstill.gif gif null\nstill.gif jpeg null"
    );
}

#[test]
fn the_summary_is_one_json_object_on_standard_output() {
    let workspace = workspace();
    let outcome = workspace.lote(&format!("{RUN} --json")).run().code(1);
    let mut summary = outcome.json();
    let counted = ["ok", "failed", "skipped"].map(|field| summary[field].as_u64().unwrap());
    assert_eq!(counted, [2, 4, 2]);
    redact(&mut summary);
    insta::assert_snapshot!(serde_json::to_string_pretty(&summary).unwrap());
}

#[test]
fn people_are_talked_to_on_standard_error_and_less_or_more_as_asked() {
    let workspace = workspace();
    let said = |arguments: &str| {
        let outcome = workspace.lote(&format!("{RUN} {arguments}")).run().code(1);
        assert_eq!(outcome.stdout(), "");
        outcome.stderr
    };
    let (quiet, usual) = (said("-q"), said(""));
    insta::assert_snapshot!(quiet);
    assert!(usual.starts_with(&quiet), "{usual}");
    assert!(usual.contains(" images/s, "), "{usual}");
    std::fs::remove_dir_all(workspace.path("out")).unwrap();
    let verbose = said("-v");
    assert!(verbose.contains("✓ a/good.png → soft ("), "{verbose}");
    assert!(verbose.contains("worker 1 is ready (pid "), "{verbose}");
}

#[test]
fn colours_are_used_only_where_they_are_wanted() {
    let workspace = workspace();
    let run = |arguments: &str| workspace.lote(&format!("{RUN} {arguments}"));
    let coloured = |stderr: String| stderr.contains('\u{1b}');
    assert!(!coloured(run("").run().stderr), "no terminal");
    assert!(coloured(run("--color always").run().stderr));
    assert!(!coloured(run("--color never").env("CLICOLOR_FORCE", "1").run().stderr));
    assert!(coloured(run("").env("CLICOLOR_FORCE", "1").run().stderr));
    let both = run("").env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1").run().stderr;
    assert!(!coloured(both), "NO_COLOR has the last word");
}

#[test]
fn completions_are_scripts_that_their_shells_accept() {
    let workspace = Workspace::new();
    for (shell, check) in [("bash", "-n"), ("zsh", "-n"), ("fish", "--no-execute")] {
        let script = workspace.lote(&format!("completions {shell}")).run().code(0).stdout();
        assert!(script.contains("if-exists") && script.contains("external-workers"), "{shell}");
        workspace.add("script", script.as_bytes());
        let checked =
            std::process::Command::new(shell).arg(check).arg(workspace.path("script")).status();
        // A shell that is not installed cannot check; bash is there wherever these tests run.
        match checked {
            Ok(status) => assert!(status.success(), "{shell}"),
            Err(error) => assert!(shell != "bash", "{error}"),
        }
    }
}

#[test]
fn the_catalogue_of_filters_is_json_that_describes_every_parameter() {
    let catalogue = Workspace::new().lote("filters --json").run().code(0).json();
    let filters = catalogue.as_array().unwrap();
    assert_eq!(filters.len(), lote_imaging::filters::REGISTRY.len());
    for filter in filters {
        for field in ["id", "id_en", "label", "help", "params"] {
            assert!(!filter[field].is_null(), "{field} of {filter}");
        }
        for param in filter["params"].as_array().unwrap() {
            for field in ["id", "id_en", "label", "help", "unit", "type"] {
                assert!(!param[field].is_null(), "{field} of {param}");
            }
        }
    }
}

//! What the program says when something cannot be done: one line, a hint, the right exit code, and
//! nothing written.

use std::fmt::Write as _;

use crate::support::workspace::assert_same;
use crate::support::{Workspace, pictures};

/// Runs these commands, each with its expected exit code, and shows what they say. None of them
/// may change anything.
fn said(workspace: &Workspace, commands: &[(&str, i32)]) -> String {
    let mut text = String::new();
    for (arguments, code) in commands {
        let before = workspace.files("");
        let outcome = workspace.lote(arguments).run().code(*code);
        assert_same(&before, &workspace.files(""));
        assert_eq!(outcome.stdout(), "", "{arguments}");
        let stderr = workspace.redact(&outcome.stderr);
        let _ = writeln!(text, "$ lote {arguments}\n{stderr}=> {code}\n");
    }
    text
}

#[test]
fn filters_that_cannot_be_used_are_usage_errors() {
    let workspace = Workspace::with_pictures(1, 8, 8);
    let said = said(
        &workspace,
        &[
            ("run in -f gris -o out", 2),
            ("run in -f grisses -o out", 2),
            ("run in -f xyzzy -o out", 2),
            ("run in -f blur:radius=-1 -o out", 2),
            ("run in -f blur:radius=wide -o out", 2),
            ("run in -f blur:radios=2 -o out", 2),
            ("run in -f posterizar:bits=9 -o out", 2),
            ("run in -f blur:radius= -o out", 2),
            ("run in -f sepia:factor=1 -o out", 2),
            ("run in -f grises+ -o out", 2),
            ("run in -f =grises -o out", 2),
            ("run in -f ../up=grises -o out", 2),
            ("run in -f grises -f GRISES=sepia -o out", 2),
            ("worker apply in/00.png out.png -f nothing", 2),
        ],
    );
    insta::assert_snapshot!(said);
}

#[test]
fn arguments_that_cannot_be_used_are_usage_errors() {
    let workspace = Workspace::with_pictures(1, 8, 8);
    let said = said(
        &workspace,
        &[
            ("run in", 2),
            ("run -f grises", 2),
            ("run in -f grises -j 0", 2),
            ("run in -f grises --quality 101", 2),
            ("run in -f grises --format xcf", 2),
            ("run in -f grises --timeout soon", 2),
            ("run in -f grises --max-memory 2X", 2),
            ("run in -f grises --mode fast", 2),
            ("run in -f grises --json --ndjson", 2),
            ("run in -f grises -q -v", 2),
            ("run in -f grises --worker-command 'open", 2),
            ("ruin in -f grises", 2),
        ],
    );
    insta::assert_snapshot!(said);
}

#[test]
fn nothing_to_work_on_has_an_exit_code_of_its_own() {
    let workspace = Workspace::new();
    workspace.add("empty/notes.txt", b"");
    workspace.add("deep/below/a.png", &pictures::png(8, 8, 1));
    let said = said(
        &workspace,
        &[
            ("run empty -f grises -o out", 3),
            ("run deep -f grises -o out", 3),
            ("run nowhere -f grises -o out", 3),
            ("run nowhere.png -f grises -o out", 3),
        ],
    );
    insta::assert_snapshot!(said);
}

#[test]
fn what_would_do_harm_is_refused_before_it_starts() {
    let workspace = Workspace::with_pictures(2, 8, 8);
    workspace.add("x/a.png", &pictures::png(8, 8, 1));
    workspace.add("x/A.png", &pictures::png(8, 8, 2));
    workspace.add("a-file", b"");
    workspace.add("there/grises/00_grises.png", b"");
    workspace.add("loop/00.png", &pictures::png(8, 8, 3));
    workspace.add("loop/grises/00.png", &pictures::png(8, 8, 4));
    let said = said(
        &workspace,
        &[
            ("run in -f grises -o a-file", 4),
            ("run in -f grises -o a-file/out", 4),
            ("run x -f grises -o out", 4),
            ("run in -f grises -o there --if-exists fail", 4),
            ("run loop/grises -f grises -o loop", 4),
        ],
    );
    insta::assert_snapshot!(said);
}

#[test]
fn an_output_folder_inside_the_input_is_not_an_input_of_the_next_run() {
    let workspace = Workspace::with_pictures(1, 8, 8);
    for _ in 0..2 {
        let outcome = workspace.lote("run -R in -f sepia -o in/out --ndjson").run().code(0);
        assert_eq!(outcome.event("planned")["images"], 1);
    }
    assert_eq!(workspace.names("in/out"), ["sepia/00_sepia.png"]);
}

#[test]
fn messages_are_in_spanish_where_the_locale_says_so() {
    let workspace = Workspace::with_pictures(2, 8, 8);
    workspace.add("in/text.png", b"no image");
    let run = || workspace.lote("procesar in -f grises -o out").env("LOTE_LANG", "");
    let spanish = run().env("LANG", "es_AR.UTF-8").run().code(1).stderr;
    assert!(spanish.contains("✗ text.png: no es una imagen: "), "{spanish}");
    assert!(spanish.contains("2 correctas, 1 fallidas en "), "{spanish}");
    let english = run().env("LANG", "C.UTF-8").run().code(1).stderr;
    assert!(english.contains("✗ text.png: not an image: "), "{english}");
}

#[test]
fn help_says_it_all() {
    let workspace = Workspace::new();
    let help = |arguments: &str| workspace.lote(arguments).run().code(0).stdout();
    insta::assert_snapshot!("help", help("--help"));
    insta::assert_snapshot!("help_run", help("run --help"));
    insta::assert_snapshot!("help_rerun", help("rerun --help"));
    insta::assert_snapshot!("help_worker", help("worker --help"));
    assert!(help("--version").starts_with("lote "));
}

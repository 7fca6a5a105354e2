//! One image through standard input and output.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use crate::support::program::LOTE;
use crate::support::{Workspace, pictures};

fn piped(workspace: &Workspace, arguments: &str, input: &[u8]) -> Output {
    let mut child = Command::new(LOTE)
        .args(arguments.split(' '))
        .current_dir(workspace.path(""))
        .env("LOTE_LANG", "en")
        .env("XDG_CONFIG_HOME", workspace.path("config"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The program may have refused before it reads.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

#[test]
fn an_image_goes_through_a_pipe_and_is_what_a_run_makes() {
    let workspace = Workspace::new();
    let jpeg = pictures::jpeg(40, 30, 1);
    workspace.add("in/a.jpg", &jpeg);
    workspace.lote("run in -f grises+blur:radio=2 -o out").run().code(0);
    let made = &workspace.files("out")["grises+blur/a_grises+blur.jpg"];
    for input in ["-", "in/a.jpg"] {
        let output = piped(&workspace, &format!("run {input} -o - -f grises+blur:radio=2"), &jpeg);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), said.as_str()), (Some(0), ""), "{input}");
        assert_eq!(&output.stdout, made, "{input}");
    }
    let png = piped(&workspace, "run - -o - -f sepia --format png", &jpeg);
    assert!(png.stdout.starts_with(b"\x89PNG"));
}

#[test]
fn what_is_no_image_gives_nothing_and_an_exit_code() {
    let workspace = Workspace::new();
    for input in [&b""[..], b"no image"] {
        let output = piped(&workspace, "run - -o - -f grises", input);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
        assert!(String::from_utf8_lossy(&output.stderr).contains("not an image"));
    }
    for arguments in ["run - -f grises", "run - -o - -f grises -f sepia", "run - - -o - -f sepia"] {
        let output = piped(&workspace, arguments, &pictures::png(8, 8, 1));
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments}");
    }
}

#[test]
fn what_cannot_go_with_an_image_on_standard_output_is_refused_by_name() {
    let workspace = Workspace::new();
    let jpeg = pictures::jpeg(20, 10, 1);
    workspace.add("in/a.jpg", &jpeg);
    let before = workspace.files("");
    for (given, named) in [
        ("--report r.json", "--report"),
        ("-n", "-n"),
        ("-n --forecast", "-n"),
        ("--json", "--json"),
        ("--ndjson", "--ndjson"),
        ("--resume", "--resume"),
        ("--shard 1/2", "--shard"),
    ] {
        for input in ["-", "in/a.jpg"] {
            let output = piped(&workspace, &format!("run {input} -o - -f grises {given}"), &jpeg);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{given}");
            assert!(said.contains(&format!("-o - and {named} exclude one another")), "{said}");
        }
    }
    for filter in ["@webp@jpeg", "grises@webp@jpeg"] {
        let output = piped(&workspace, &format!("run - -o - -f {filter}"), &jpeg);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{filter}");
        assert!(said.contains("one output goes to standard output"), "{said}");
    }
    assert_eq!(workspace.files(""), before);
}

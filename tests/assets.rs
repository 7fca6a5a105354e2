//! Files that filters need beside the images: logos, colour tables, fonts.

use crate::support::{Workspace, pictures};

const OPEN_SANS: &[u8] = include_bytes!("../worker/imaging/assets/OpenSans-Bold.ttf");

#[test]
fn a_text_that_no_font_can_write_is_refused_before_the_job_with_its_characters_named() {
    let workspace = Workspace::with_pictures(2, 80, 60);
    // Of private use: no font of any system has them.
    let command = "run in -o out -f marca_agua:texto=ab\u{10fffd}\u{10fffc}\u{10fffd}c";
    let outcome = workspace.lote(command).run().code(2);
    assert!(outcome.stderr.contains("U+10FFFD"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("U+10FFFC"), "{}", outcome.stderr);
    assert!(!workspace.path("out").exists());
}

#[test]
fn what_a_field_brings_in_fails_its_image_alone() {
    let workspace = Workspace::with_pictures(1, 80, 60);
    workspace.add("in/a\u{10fffd}.png", &pictures::png(80, 60, 3));
    let outcome = workspace.lote("run in -o out -f marca_agua:texto={name} --ndjson").run().code(1);
    assert_eq!(outcome.event("finished")["ok"], 1);
    assert_eq!(outcome.event("finished")["failed"], 1);
}

#[test]
fn a_font_can_be_a_file_and_one_that_is_none_is_refused() {
    let workspace = Workspace::with_pictures(1, 200, 100);
    workspace.add("open.ttf", OPEN_SANS);
    workspace.add("broken.ttf", b"no font");
    workspace.lote("run in -o out -f marca_agua:texto=fi,fuente=open.ttf").run().code(0);
    let outcome = workspace.lote("run in -o no -f marca_agua:fuente=broken.ttf").run().code(2);
    assert!(outcome.stderr.contains("broken.ttf"), "{}", outcome.stderr);
    let outcome = workspace.lote("run in -o no -f marca_agua:fuente=Nobody").run().code(2);
    assert!(outcome.stderr.contains("no font is called Nobody"), "{}", outcome.stderr);
}

#[test]
fn a_logo_that_has_changed_is_laid_over_again_and_one_that_has_not_is_not() {
    const RUN: &str = "run in -o out -f logo:archivo=logo.png,tamano=50% --ndjson";
    let workspace = Workspace::with_pictures(2, 80, 60);
    workspace.add("logo.png", &pictures::png(20, 10, 1));
    workspace.lote(RUN).run().code(0);
    let resumed = |ok: u64, skipped: u64| {
        let outcome = workspace.lote(&format!("{RUN} --resume")).run().code(0);
        assert_eq!(outcome.event("finished")["ok"], ok);
        assert_eq!(outcome.event("finished")["skipped"], skipped);
    };
    resumed(0, 2);
    workspace.add("logo.png", &pictures::png(20, 10, 2));
    resumed(2, 0);
}

#[test]
fn a_logo_that_is_missing_or_of_another_kind_is_refused_before_the_job() {
    let workspace = Workspace::with_pictures(1, 80, 60);
    workspace.add("logo.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>");
    for (name, expected) in [("none.png", "no such file"), ("logo.svg", "png, webp")] {
        let command = format!("run in -o out -f logo:archivo={name}");
        let outcome = workspace.lote(&command).run().code(2);
        assert!(outcome.stderr.contains(expected), "{}", outcome.stderr);
        assert!(!workspace.path("out").exists());
    }
    let outcome = workspace.lote("run in -o out -f logo").run().code(2);
    assert!(outcome.stderr.contains("archivo/file of logo needs a value"), "{}", outcome.stderr);
}

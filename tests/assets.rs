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
    let failed = outcome.output_of("a\u{10fffd}.png");
    assert!(failed["reason"].as_str().unwrap().contains("U+10FFFD"), "{failed}");
}

/// A JPEG that was taken half an hour before midnight in Auckland by Ana.
fn taken_in_auckland() -> Vec<u8> {
    let mut entries = Vec::new();
    let mut texts = Vec::new();
    // Of both directories, with room for their entries before the texts.
    let start = 8 + (2 + 3 * 12 + 4) + (2 + 2 * 12 + 4);
    let mut text = |tag: u16, text: &str| {
        let (at, count) = (start + texts.len(), text.len() + 1);
        texts.extend_from_slice(text.as_bytes());
        texts.extend_from_slice(&[0; 2][..=count % 2]);
        entry(tag, 2, count as u32, at as u32)
    };
    let exif = [text(0x9003, "2024:05:31 23:30:00"), text(0x9011, "+12:00")];
    let first = [
        text(0x013b, "Ana Gómez"),
        text(0x8298, "© Ana Gómez"),
        entry(0x8769, 4, 1, 8 + 2 + 3 * 12 + 4),
    ];
    for directory in [&first[..], &exif[..]] {
        entries.extend_from_slice(&(directory.len() as u16).to_le_bytes());
        entries.extend(directory.iter().flatten());
        entries.extend_from_slice(&[0; 4]);
    }
    let block = [&b"Exif\0\0II*\0\x08\0\0\0"[..], &entries, &texts].concat();
    let length = (block.len() as u16 + 2).to_be_bytes();
    let jpeg = pictures::jpeg(400, 300, 5);
    [&jpeg[..2], &[0xff, 0xe1], &length, &block, &jpeg[2..]].concat()
}

fn entry(tag: u16, kind: u16, count: u32, value: u32) -> [u8; 12] {
    let mut entry = [0; 12];
    entry[..2].copy_from_slice(&tag.to_le_bytes());
    entry[2..4].copy_from_slice(&kind.to_le_bytes());
    entry[4..8].copy_from_slice(&count.to_le_bytes());
    entry[8..].copy_from_slice(&value.to_le_bytes());
    entry
}

#[test]
fn fields_are_what_the_camera_says_whatever_zone_the_machine_is_in() {
    let workspace = Workspace::with_pictures(0, 1, 1);
    workspace.add("in/DSC_1.jpg", &taken_in_auckland());
    let written = |folder: &str, text: &str, zone: &str| {
        let run = format!("run in -o {folder}");
        let filter = format!("a=marca_agua:texto={text}@png");
        workspace.lote(&run).arg("-f").arg(filter).env("TZ", zone).run().code(0);
        std::fs::read(workspace.path(&format!("{folder}/a/DSC_1_a.png"))).unwrap()
    };
    let fields = "{date} {time} {name} {n} {artist} {copyright}";
    let expected = written("said", "2024-05-31 23:30 DSC_1 1 Ana Gómez © Ana Gómez", "UTC");
    for (index, zone) in ["UTC", "Pacific/Auckland", "America/Lima"].iter().enumerate() {
        assert!(written(&format!("out{index}"), fields, zone) == expected, "{zone}");
    }
    assert!(written("other", "2024-05-31 11:30", "UTC") != expected);
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
    let contents = [
        ("png", pictures::png(20, 10, 1), pictures::png(20, 10, 2)),
        ("svg", svg("<path d='M0 0h2v1h-2z'/>"), svg("<path d='M0 0h1v1h-1z'/>")),
    ];
    for (ending, before, after) in contents {
        let run = format!("run in -o out -f logo:archivo=logo.{ending},tamano=50% --ndjson");
        let workspace = Workspace::with_pictures(2, 80, 60);
        let name = format!("logo.{ending}");
        workspace.add(&name, &before);
        workspace.lote(&run).run().code(0);
        let resumed = |ok: u64, skipped: u64| {
            let outcome = workspace.lote(&format!("{run} --resume")).run().code(0);
            assert_eq!(outcome.event("finished")["ok"], ok);
            assert_eq!(outcome.event("finished")["skipped"], skipped);
        };
        resumed(0, 2);
        workspace.add(&name, &after);
        resumed(2, 0);
    }
}

/// A drawing twice as wide as high.
fn svg(content: &str) -> Vec<u8> {
    let head = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 2 1'>";
    format!("{head}{content}</svg>").into_bytes()
}

#[test]
fn a_drawing_with_text_or_from_outside_ends_the_job_before_it_begins_and_says_why() {
    let workspace = Workspace::with_pictures(2, 80, 60);
    for (content, named) in [
        ("<text>Lote</text>", "<text>"),
        ("<image href='photo.png'/>", "<image>"),
        ("<use href='https://example.org/a.svg#b'/>", "https://example.org/a.svg#b"),
    ] {
        workspace.add("logo.svg", &svg(content));
        let run = "run in -o out -f logo:archivo=logo.svg --ndjson";
        let said = workspace.lote(run).run().code(2).stderr;
        assert!(said.contains(named) && said.contains("logo.svg cannot be used"), "{said}");
        assert!(!workspace.path("out").exists());
    }
}

#[test]
fn a_logo_that_is_missing_or_of_another_kind_is_refused_before_the_job() {
    let workspace = Workspace::with_pictures(1, 80, 60);
    workspace.add("logo.gif", b"GIF89a");
    for (name, expected) in [("none.png", "no such file"), ("logo.gif", "png, webp, svg")] {
        let command = format!("run in -o out -f logo:archivo={name}");
        let outcome = workspace.lote(&command).run().code(2);
        assert!(outcome.stderr.contains(expected), "{}", outcome.stderr);
        assert!(!workspace.path("out").exists());
    }
    let outcome = workspace.lote("run in -o out -f logo").run().code(2);
    assert!(outcome.stderr.contains("archivo/file of logo needs a value"), "{}", outcome.stderr);
}

#[test]
fn a_logo_or_table_that_cannot_be_read_ends_the_job_before_it_begins() {
    let workspace = Workspace::with_pictures(2, 80, 60);
    let whole = pictures::png(20, 20, 7);
    workspace.add("text.png", b"this is no picture");
    workspace.add("cut.png", &whole[..whole.len() / 2]);
    workspace.add("half.cube", b"LUT_3D_SIZE 2\n0 0 0\n1 1 1\n");
    for (step, says) in [
        ("logo:archivo=text.png", "its content is not what a file that ends in png has"),
        ("logo:archivo=cut.png", "cut.png cannot be used: the PNG is damaged"),
        ("lut:archivo=half.cube", "half.cube cannot be used: "),
    ] {
        for more in ["", "-n"] {
            let run = workspace.lote(&format!("run in -f {step} -o out {more}")).run().code(2);
            assert!(run.stderr.contains(says), "{step}: {}", run.stderr);
            assert_eq!(run.stderr.matches("error:").count(), 1, "{}", run.stderr);
        }
    }
    assert!(!workspace.path("out").exists());
}

#[test]
fn each_file_of_each_variant_gets_what_its_filters_need() {
    let workspace = Workspace::with_pictures(1, 80, 60);
    workspace.add("logo.png", &pictures::png(20, 20, 7));
    let run = "run in -o out -f plain=grises@png@jpeg -f marked=logo:archivo=logo.png@png@jpeg";
    workspace.lote(run).run().code(0);
    let made = ["marked/00_marked.jpg", "marked/00_marked.png", "plain/00_plain.jpg"];
    assert_eq!(workspace.names("out")[..3], made);
}

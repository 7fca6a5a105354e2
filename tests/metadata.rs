//! What a file carries beside its pixels, from input to output. `testdata/photo.jpg` was written by
//! Pillow and exiftool: a place in EXIF, XMP and IPTC, a keyword, a comment, 240 dpi, turned by 90°.

use std::time::{Duration, SystemTime};

use crate::support::Workspace;

const PHOTO: &[u8] = include_bytes!("testdata/photo.jpg");

fn with_photo() -> Workspace {
    let workspace = Workspace::new();
    workspace.add("in/photo.jpg", PHOTO);
    workspace
}

fn output(workspace: &Workspace, options: &str) -> Vec<u8> {
    workspace.lote(&format!("run in -f v=grises -o out {options}")).run().code(0);
    workspace.files("out").into_values().next().unwrap()
}

fn has(file: &[u8], text: &str) -> bool {
    file.windows(text.len()).any(|bytes| bytes == text.as_bytes())
}

#[test]
fn a_keyword_and_a_maker_go_to_every_format_that_holds_them() {
    for (format, xmp, exif, comment) in [
        ("jpeg", true, true, true),
        ("png", true, true, true),
        ("tiff", true, true, false),
        ("webp", true, true, false),
        ("avif", true, true, false),
        ("jxl", true, true, false),
        ("gif", true, false, true),
        ("bmp", false, false, false),
    ] {
        let file = output(&with_photo(), &format!("--format {format}"));
        assert_eq!(has(&file, "harbour"), xmp, "{format}");
        assert_eq!(has(&file, "Box\0"), exif, "{format}");
        assert_eq!(has(&file, "from the archive"), comment, "{format}");
        assert!(!has(&file, "<tiff:Orientation>6<"), "{format}: turned twice");
    }
}

#[test]
fn no_place_is_left_where_none_is_wanted() {
    for format in ["jpeg", "png", "tiff", "webp", "gif", "avif", "jxl"] {
        assert!(has(PHOTO, "Cologne"));
        let file = output(&with_photo(), &format!("--format {format} --metadata no-location"));
        assert!(!has(&file, "Cologne"), "{format}");
        assert!(!has(&file, "GPS"), "{format}");
        // The latitude, 50° 54', as its first two fractions.
        let latitude = [50u32, 1, 54, 1];
        let little: Vec<u8> = latitude.iter().flat_map(|n| n.to_le_bytes()).collect();
        let big: Vec<u8> = latitude.iter().flat_map(|n| n.to_be_bytes()).collect();
        for bytes in [little, big] {
            assert!(
                PHOTO.windows(16).any(|at| at == bytes) || !file.windows(16).any(|at| at == bytes)
            );
        }
        assert!(has(&file, "harbour"), "{format}");
    }
}

#[test]
fn only_rights_stay_or_nothing_does_and_what_is_set_is_there() {
    for format in ["jpeg", "png", "tiff", "webp", "avif", "jxl"] {
        let rights = output(&with_photo(), &format!("--format {format} --metadata derechos"));
        assert!(has(&rights, "Nobody") && !has(&rights, "harbour") && !has(&rights, "Box"));
        let none = output(&with_photo(), &format!("--format {format} --metadata none"));
        assert!(!has(&none, "Nobody") && !has(&none, "harbour"), "{format}");
        let options =
            format!("--format {format} --metadata none --set artist=Ana --poner derechos=Ana2");
        let set = output(&with_photo(), &options);
        assert!(has(&set, "Ana\0") && has(&set, "<rdf:li>Ana</rdf:li>"), "{format}");
        assert!(has(&set, "Ana2\0") && has(&set, ">Ana2</rdf:li>"), "{format}");
    }
}

#[test]
fn an_output_can_have_the_time_of_its_image_and_is_not_made_again() {
    let workspace = with_photo();
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let image = std::fs::File::options().append(true).open(workspace.path("in/photo.jpg")).unwrap();
    image.set_modified(time).unwrap();
    let run = |options: &str| {
        let command = format!("run in -f v=grises -o out --ndjson {options}");
        workspace.lote(&command).run().code(0).event("finished")
    };
    assert_eq!(run("--keep-dates")["ok"], 1);
    let output = workspace.path("out/v/photo_v.jpg");
    assert_eq!(output.metadata().unwrap().modified().unwrap(), time);
    assert_eq!(run("--keep-dates --resume")["skipped"], 1);
    // What goes with the pixels is part of how an output is made.
    assert_eq!(run("--keep-dates --metadata none --resume")["ok"], 1);
}

#[test]
fn what_a_format_does_not_hold_is_said_once_with_its_count() {
    let workspace = with_photo();
    workspace.add("in/second.jpg", PHOTO);
    let outcome = workspace.lote("run in -f v=grises -o out --format gif --ndjson").run().code(0);
    let finished = outcome.event("finished");
    let notes = finished["notes"].as_array().unwrap();
    let exif: Vec<_> = notes
        .iter()
        .filter(|note| note["note"] == "EXIF left out: GIF holds none")
        .map(|note| note["outputs"].as_u64())
        .collect();
    assert_eq!(exif, [Some(2)]);
    let text = workspace.lote("run in -f v=grises -o out --format gif").run().code(0).stderr;
    assert!(text.contains("2 outputs: EXIF left out: GIF holds none"), "{text}");
}

#[test]
fn what_cannot_be_set_is_refused_before_anything_is_made() {
    let workspace = with_photo();
    for wrong in ["title=x", "artist"] {
        let outcome = workspace.lote("run in -f v=grises -o out --set").arg(wrong).run().code(2);
        assert!(outcome.stderr.contains("artist"), "{}", outcome.stderr);
    }
    assert!(!workspace.path("out").exists());
}

#[test]
fn a_resolution_is_turned_by_a_quarter_as_its_picture_is() {
    // A BMP of 3 x 1 px; the numbers at its end are pixels by metre, across and down.
    let stated = |across: u32, down: u32| [across.to_le_bytes(), down.to_le_bytes()].concat();
    let mut bmp =
        b"BM\x42\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x03\0\0\0\x01\0\0\0\x01\0\x18\0".to_vec();
    bmp.extend([0; 8]);
    bmp.extend(stated(8000, 4000));
    bmp.extend([0; 8]);
    bmp.extend([7; 12]);
    for (angle, wanted) in [(90, stated(4000, 8000)), (180, stated(8000, 4000))] {
        let workspace = Workspace::new();
        workspace.add("in/scan.bmp", &bmp);
        let command = format!("run in -f v=rotar:angulo={angle} -o out");
        workspace.lote(&command).run().code(0);
        let file = workspace.files("out").into_values().next().unwrap();
        assert_eq!(file[38..46], wanted, "{angle}");
    }
}

//! What a run makes: which outputs, where, and out of what.

use image::ImageFormat;
use image::metadata::Orientation;
use serde_json::Value;

use crate::support::workspace::assert_same;
use crate::support::{Workspace, pictures};

#[test]
fn every_filter_makes_one_output_of_every_image_in_a_folder_of_its_own() {
    let workspace = Workspace::with_pictures(2, 40, 30);
    workspace.lote("run in -f grises -f sepia -f invertir -o out").run().code(0);
    let expected = [
        "grises/00_grises.png",
        "grises/01_grises.png",
        "invertir/00_invertir.png",
        "invertir/01_invertir.png",
        "sepia/00_sepia.png",
        "sepia/01_sepia.png",
    ];
    assert_eq!(workspace.names("out"), expected);
    let input = pictures::decode(&workspace.files("in")["00.png"]);
    let output = pictures::decode(&workspace.files("out")["invertir/00_invertir.png"]);
    for (before, after) in input.pixels().zip(output.pixels()) {
        assert_eq!(before.0.map(|sample| 255 - sample), after.0);
    }
}

#[test]
fn names_in_both_languages_mean_the_same_filter_and_name_the_output_as_typed() {
    let workspace = Workspace::with_pictures(1, 40, 30);
    workspace
        .lote("run in -f grises -f grayscale -f blur:radio=2 -f soft=blur:radius=2 -o out")
        .run()
        .code(0);
    let files = workspace.files("out");
    assert_eq!(files["grises/00_grises.png"], files["grayscale/00_grayscale.png"]);
    assert_eq!(files["blur/00_blur.png"], files["soft/00_soft.png"]);
    assert_eq!(files.len(), 4);
}

#[test]
fn a_chain_is_one_output_that_equals_its_steps_one_after_the_other() {
    let workspace = Workspace::with_pictures(1, 40, 30);
    workspace.lote("run in -f grises+invertir -f web=redimensionar:porcentaje=50+sepia").run();
    workspace.lote("run in -f grises -o first").run().code(0);
    workspace.lote("run first/grises -f invertir -o second").run().code(0);
    let files = workspace.files("output_images");
    let chained = pictures::decode(&files["grises+invertir/00_grises+invertir.png"]);
    let second = workspace.files("second");
    assert_eq!(chained, pictures::decode(&second["invertir/00_grises_invertir.png"]));
    assert_eq!(pictures::decode(&files["web/00_web.png"]).dimensions(), (20, 15));
}

#[test]
fn subfolders_are_searched_only_when_asked_and_their_structure_is_kept() {
    let workspace = Workspace::new();
    workspace.add("in/a.png", &pictures::png(8, 8, 1));
    workspace.add("in/x/y/b.PNG", &pictures::png(8, 8, 2));
    workspace.add("in/notes.txt", b"no image");
    workspace.lote("run in -f sepia -o flat").run().code(0);
    assert_eq!(workspace.names("flat"), ["sepia/a_sepia.png"]);
    workspace.lote("run -R in -f sepia -o deep").run().code(0);
    assert_eq!(workspace.names("deep"), ["sepia/a_sepia.png", "sepia/x/y/b_sepia.PNG"]);
}

#[test]
fn outputs_have_the_format_of_their_inputs_content_unless_told_otherwise() {
    let workspace = Workspace::new();
    let formats = [
        ("a.jpg", ImageFormat::Jpeg),
        ("b.png", ImageFormat::Png),
        ("c.bmp", ImageFormat::Bmp),
        ("d.gif", ImageFormat::Gif),
        ("e.tif", ImageFormat::Tiff),
        ("f.webp", ImageFormat::WebP),
    ];
    for (name, format) in formats {
        workspace.add(&format!("in/{name}"), &pictures::encoded(format, 24, 16, 3));
    }
    workspace.add("in/g.png", &pictures::jpeg(24, 16, 3));
    workspace.lote("run in -f sepia -o same").run().code(0);
    let files = workspace.files("same");
    for (name, format) in formats.into_iter().chain([("g.jpg", ImageFormat::Jpeg)]) {
        let bytes = &files[&format!("sepia/{}", name.replace('.', "_sepia."))];
        assert_eq!(image::guess_format(bytes).unwrap(), format, "{name}");
        assert_eq!(pictures::decode(bytes).dimensions(), (24, 16), "{name}");
    }
    for (ending, format) in formats.map(|(name, format)| (&name[2..], format)) {
        let out = format!("as-{ending}");
        workspace.lote(&format!("run in -f sepia --format {ending} -o {out}")).run().code(0);
        for (name, bytes) in workspace.files(&out) {
            assert_eq!(image::guess_format(&bytes).unwrap(), format, "{name}");
            assert!(name.ends_with(&format!("_sepia.{ending}")), "{name}");
        }
    }
}

#[test]
fn a_variant_is_written_in_each_of_its_formats_and_each_is_on_record() {
    let workspace = Workspace::with_pictures(2, 40, 30);
    let files = "-f web=grises@webp:calidad=80@tiff -f @jpeg";
    let run = workspace.lote(&format!("run in {files} --ndjson -o out")).run().code(0);
    let expected = ["jpeg/00_jpeg.jpg", "web/00_web.tif", "web/00_web.webp"];
    let names = workspace.names("out");
    assert!(expected.iter().all(|name| names.contains(&(*name).to_owned())), "{names:?}");
    assert_eq!(names.len(), 6);
    for output in run.events("output") {
        let ending = output["path"].as_str().unwrap().rsplit('.').next().unwrap();
        let format = output["format"].as_str().unwrap();
        assert!(format.starts_with(&ending[..2]), "{output}");
    }
    let files = "-f web=grises@webp:calidad=70@tiff -f @jpeg";
    let again = workspace.lote(&format!("run in {files} --resume --json -o out")).run().code(0);
    // Only what is asked for otherwise is made again.
    assert_eq!((&again.json()["ok"], &again.json()["skipped"]), (&2.into(), &4.into()));
}

#[test]
fn quality_trades_size_for_likeness() {
    let workspace = Workspace::new();
    workspace.add("in/a.jpg", &pictures::jpeg(120, 90, 1));
    let size = |arguments: &str| {
        workspace.lote(&format!("run in -f sepia {arguments} -o out")).run().code(0);
        workspace.files("out")["sepia/a_sepia.jpg"].len()
    };
    let (low, usual, high) = (size("--quality 20"), size(""), size("--quality 95"));
    assert!(low < usual && usual < high, "{low} {usual} {high}");
    assert_eq!(usual, size("--quality 75"));
}

#[test]
fn the_orientation_is_baked_in_and_the_colour_profile_kept() {
    let workspace = Workspace::new();
    let profile = profile_without_tags();
    workspace.add("in/a.jpg", &pictures::jpeg_with_metadata(6, profile.clone()));
    workspace.lote("run in -f brillo:factor=1 -o out").run().code(0);
    let (picture, orientation, icc) =
        pictures::open(&workspace.files("out")["brillo/a_brillo.jpg"]);
    // Orientation 6 turns the stored picture clockwise: what was above is now on the right.
    let picture = picture.into_rgb8();
    assert_eq!(picture.dimensions(), (64, 32));
    assert!(picture.get_pixel(8, 16)[2] > 200, "blue on the left");
    assert!(picture.get_pixel(56, 16)[0] > 200, "red on the right");
    assert_eq!(orientation, Orientation::NoTransforms);
    assert_eq!(icc, Some(profile));
}

/// The head of an ICC profile (ICC.1:2022, 7.2) for RGB displays, and no tags.
fn profile_without_tags() -> Vec<u8> {
    let mut bytes = vec![0; 132];
    bytes[..4].copy_from_slice(&132_u32.to_be_bytes());
    bytes[8..12].copy_from_slice(&[4, 0x30, 0, 0]);
    bytes[12..16].copy_from_slice(b"mntr");
    bytes[16..20].copy_from_slice(b"RGB ");
    bytes[20..24].copy_from_slice(b"XYZ ");
    bytes[36..40].copy_from_slice(b"acsp");
    bytes
}

#[test]
fn existing_outputs_are_replaced_skipped_numbered_or_a_reason_to_refuse() {
    let workspace = Workspace::with_pictures(2, 16, 16);
    let run = |policy: &str| {
        let arguments = format!("run in -f sepia -o out --ndjson --if-exists {policy}");
        workspace.lote(&arguments).run()
    };
    run("overwrite").code(0);
    let made = workspace.files("out");
    workspace.add("out/sepia/00_sepia.png", b"mine");

    let skipped = run("skip").code(0);
    assert_eq!(workspace.files("out")["sepia/00_sepia.png"], b"mine");
    assert_eq!(skipped.event("finished")["skipped"], 2);

    let refused = run("fail").code(4);
    assert!(refused.stderr.contains("2 of the outputs exist"), "{}", refused.stderr);

    run("rename").code(0);
    let files = workspace.files("out");
    assert_eq!(files["sepia/00_sepia.png"], b"mine");
    assert_eq!(files["sepia/00_sepia-2.png"], made["sepia/00_sepia.png"]);
    assert_eq!(files["sepia/01_sepia-2.png"], made["sepia/01_sepia.png"]);

    run("overwrite").code(0);
    assert_eq!(workspace.files("out")["sepia/00_sepia.png"], made["sepia/00_sepia.png"]);
}

#[test]
fn images_of_the_same_name_are_refused_or_numbered() {
    let workspace = Workspace::new();
    workspace.add("x/a.png", &pictures::png(8, 8, 1));
    workspace.add("y/a.png", &pictures::png(8, 8, 2));
    let refused = workspace.lote("run x y -f invertir -o out").run().code(4);
    assert!(refused.stderr.contains("x/a.png and y/a.png"), "{}", refused.stderr);
    assert!(workspace.names("out").is_empty());
    workspace.lote("run x y -f invertir -o out --if-collides rename").run().code(0);
    assert_eq!(workspace.names("out"), ["invertir/a-2_invertir.png", "invertir/a_invertir.png"]);
}

#[test]
fn a_dry_run_lists_the_outputs_and_touches_nothing() {
    let workspace = Workspace::with_pictures(2, 8, 8);
    let before = workspace.files("");
    let listed = workspace.lote("run in -f grises -f sepia -o out -n").run().code(0);
    insta::assert_snapshot!(listed.stdout(), @r"
    in/00.png -> out/grises/00_grises.png
    in/00.png -> out/sepia/00_sepia.png
    in/01.png -> out/grises/01_grises.png
    in/01.png -> out/sepia/01_sepia.png
    ");
    assert_same(&before, &workspace.files(""));
    assert!(!workspace.path("out").exists());
}

#[test]
fn a_forecast_tells_what_the_run_will_write_and_leaves_nothing() {
    let workspace = Workspace::with_pictures(5, 40, 30);
    workspace.add("in/bad.png", b"\x89PNG\r\n\x1a\nno more");
    let before = workspace.files("");
    let asked = "in -f grises -f small=redimensionar:lado_largo=10@webp:calidad=50 -o out";
    let line = |run: &str, event: &str, code: i32| {
        let lines = workspace.lote(run).run().code(code).stdout();
        let values = lines.lines().map(|line| serde_json::from_str(line).unwrap());
        let mut named = values.filter(|line: &Value| line["event"] == event);
        named.next().unwrap()
    };
    let told = line(&format!("run {asked} -n --forecast --ndjson"), "forecast", 1);
    assert_same(&before, &workspace.files(""));
    let left: Vec<_> = std::fs::read_dir(workspace.path("tmp")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    let would = line(&format!("run {asked} -n --ndjson"), "would_make", 0);
    assert_eq!(
        (&would["path"], &would["status"]),
        (&"out/grises/00_grises.png".into(), &"planned".into())
    );
    let ran = line(&format!("run {asked} --ndjson"), "finished", 1);
    assert_eq!(told["bytes"], ran["bytes"]);
    assert_eq!(
        (&told["outputs"], &told["failed"], &told["sampled"]),
        (&12.into(), &2.into(), &6.into())
    );
    assert_eq!(told["variants"][1]["format"], "webp");
    assert!(told["seconds"].as_f64().unwrap() > 0.0);
    let said = format!("procesar {asked} --simular --pronostico");
    let said = workspace.lote(&said).env("LOTE_LANG", "es").run().code(1).stdout();
    assert!(said.contains("pronóstico: 12 salidas, "), "{said}");
    workspace.lote(&format!("run {asked} --forecast")).run().code(2);
}

#[test]
fn inputs_are_the_same_bytes_after_a_run_and_nothing_is_left_beside_the_outputs() {
    let workspace = Workspace::with_pictures(5, 30, 30);
    let before = workspace.files("in");
    workspace.lote("run in -f blur -f grises -o out").run().code(0);
    assert_same(&before, &workspace.files("in"));
    assert_eq!(workspace.names("out").len(), 10);
    let left: Vec<_> = std::fs::read_dir(workspace.path("tmp")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[cfg(unix)]
#[test]
fn file_names_that_are_not_unicode_survive() {
    use std::os::unix::ffi::OsStrExt;
    let workspace = Workspace::new();
    workspace.add("in/a.png", &pictures::png(8, 8, 1));
    let name = std::ffi::OsStr::from_bytes(b"\xff\xfe ,.png");
    std::fs::rename(workspace.path("in/a.png"), workspace.path("in").join(name)).unwrap();
    workspace.lote("run in -f sepia -o out").run().code(0);
    let output = std::ffi::OsStr::from_bytes(b"out/sepia/\xff\xfe ,_sepia.png");
    assert!(workspace.path("").join(output).is_file());
}

#[test]
fn worker_apply_makes_the_same_output_in_its_own_process() {
    let workspace = Workspace::with_pictures(1, 40, 30);
    workspace.lote("run in -f blur+sepia -o out").run().code(0);
    let applied = workspace.lote("worker apply in/00.png one.png -f blur+sepia").run().code(0);
    assert!(applied.stderr.starts_with("in/00.png: "), "{}", applied.stderr);
    let output = std::fs::read(workspace.path("one.png")).unwrap();
    assert_eq!(output, workspace.files("out")["blur+sepia/00_blur+sepia.png"]);

    workspace.add("text.png", b"no image at all");
    let failed = workspace.lote("worker apply text.png two.png -f sepia").run().code(1);
    insta::assert_snapshot!(failed.stderr, @"error: text.png: the content is no image of a known format");
    assert!(!workspace.path("two.png").exists());
}

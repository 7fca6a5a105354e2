//! What outputs are called: the fields of `--pattern`, collisions, and what stays as it was.

use crate::support::{Workspace, pictures};

/// An EXIF segment that says when a photo was taken, and that it lies on its side.
fn exif(date: &[u8; 19]) -> Vec<u8> {
    let mut block = b"Exif\0\0MM\0*\0\0\0\x08\0\x02".to_vec();
    block.extend(b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\x87\x69\0\x04\0\0\0\x01\0\0\0\x26\0\0\0\0");
    block.extend(b"\0\x01\x90\x03\0\x02\0\0\0\x14\0\0\0\x38\0\0\0\0");
    block.extend(date);
    block.push(0);
    let length = (block.len() + 2) as u16;
    [&b"\xff\xe1"[..], &length.to_be_bytes(), &block].concat()
}

fn taken(date: &[u8; 19], seed: u32) -> Vec<u8> {
    let jpeg = pictures::jpeg(40, 30, seed);
    [&jpeg[..2], &exif(date), &jpeg[2..]].concat()
}

#[test]
fn a_pattern_names_folders_and_files_by_what_is_known_of_the_photo() {
    let workspace = Workspace::new();
    workspace.add("in/sub/a.jpg", &taken(b"2023:05:09 17:04:05", 1));
    workspace.add("in/b.jpg", &taken(b"2022:12:31 08:00:00", 2));
    let named = |pattern: &str, filters: &str, out: &str| {
        let run = format!("run -R in {filters} -o {out} --pattern");
        workspace.lote(&run).arg(pattern).run().code(0);
        workspace.names(out)
    };
    let half = "-f half=redimensionar:porcentaje=50";
    assert_eq!(
        named("{date:%Y}/{date:%m-%d} {time}_{name}", half, "dates"),
        ["2022/12-31 08-00-00_b.jpg", "2023/05-09 17-04-05_a.jpg"]
    );
    // Upright it is 30 px wide and 40 px high, and half of that afterwards.
    assert_eq!(
        named("{variant}/{n:04}_{width}x{height}_{format}", half, "sizes"),
        ["half/0001_15x20_jpeg.jpg", "half/0002_15x20_jpeg.jpg"]
    );
    let two = "-f grises -f sepia";
    assert_eq!(
        named("{{{name}}}", two, "short"),
        ["grises/sub/{a}.jpg", "grises/{b}.jpg", "sepia/sub/{a}.jpg", "sepia/{b}.jpg"]
    );
}

#[test]
fn collisions_are_found_before_anything_is_made() {
    let workspace = Workspace::new();
    workspace.add("in/a.jpg", &taken(b"2023:05:09 17:04:05", 1));
    workspace.add("in/b.jpg", &taken(b"2023:05:09 17:04:05", 2));
    let run = |arguments: &str, code| {
        let run = format!("run in -f grises -o out {arguments}");
        workspace.lote(&run).run().code(code).stderr
    };
    let said = run("--pattern {date}", 4);
    assert!(said.contains("1 image would have the same output as another: in/a.jpg and in/b.jpg"));
    let said = run("-f sepia --pattern x/{name}", 4);
    assert!(said.contains("grises and sepia would have the same output of in/a.jpg"), "{said}");
    assert!(said.contains("hint: put {variant} into the name pattern"), "{said}");
    assert!(workspace.names("out").is_empty());
    run("-f sepia --pattern x/{name} --if-collides rename", 0);
    assert_eq!(workspace.names("out"), ["x/a-2.jpg", "x/a.jpg", "x/b-2.jpg", "x/b.jpg"]);
    // What is made may not become an input of the next run, nor replace one.
    let said = workspace.lote("run in/x -f grises -o in --pattern {name}/{n}").run().code(3).stderr;
    assert!(said.contains("cannot read in/x"), "{said}");
    workspace.lote("run in -f grises -o . --pattern {dir}/{name}").run().code(4);
}

#[test]
fn a_pattern_that_cannot_be_used_says_what_was_meant() {
    let workspace = Workspace::with_pictures(1, 8, 8);
    for (pattern, says) in [
        ("{nam}", "did you mean {name}?"),
        ("../{name}", "leads out of the output folder"),
        ("{date:%Q}", "{date:%Q} cannot be written so"),
        ("all", "all images would have the same name"),
    ] {
        let run = workspace.lote("run in -f grises -o out --pattern").arg(pattern).run().code(2);
        assert!(run.stderr.contains(says), "{}", run.stderr);
    }
}

#[test]
fn an_image_keeps_its_number_when_others_come_before_it() {
    let workspace = Workspace::new();
    for (name, seed) in [("b", 1), ("c", 2)] {
        workspace.add(&format!("in/{name}.png"), &pictures::png(8, 8, seed));
    }
    let run = "run in -f grises -o out --pattern {n}_{name} --resume";
    workspace.lote(run).run().code(0);
    workspace.add("in/a.png", &pictures::png(8, 8, 3));
    let second = workspace.lote(&format!("{run} --json")).run().code(0);
    assert!(second.stdout().contains("\"ok\": 1"), "{}", second.stdout());
    assert_eq!(workspace.names("out"), ["grises/1_b.png", "grises/2_c.png", "grises/3_a.png"]);
}

//! `{page}`: each frame and page of an image as a file of its own.

use crate::support::{Workspace, pictures};

/// A TIFF of gray pages, each of one tone and of its own size, px; a page without a tone is told to be
/// behind the end of the file.
fn tiff(pages: &[(u16, u16, Option<u8>)]) -> Vec<u8> {
    let mut file = b"II*\0\x08\0\0\0".to_vec();
    for (index, (width, height, tone)) in pages.iter().enumerate() {
        let samples = usize::from(*width) * usize::from(*height);
        let entries: [(u16, u32); 8] = [
            (256, (*width).into()),
            (257, (*height).into()),
            (258, 8),
            (259, 1),
            (262, 1),
            (273, if tone.is_some() { file.len() as u32 + 2 + 8 * 12 + 4 } else { 1 << 30 }),
            (277, 1),
            (279, samples as u32),
        ];
        file.extend((entries.len() as u16).to_le_bytes());
        for (tag, value) in entries {
            file.extend(tag.to_le_bytes());
            file.extend([4, 0, 1, 0, 0, 0]);
            file.extend(value.to_le_bytes());
        }
        let next = file.len() + 4 + samples;
        let next = if index + 1 < pages.len() { next as u32 } else { 0 };
        file.extend(next.to_le_bytes());
        file.extend(std::iter::repeat_n(tone.unwrap_or(0), samples));
    }
    file
}

/// Width, height and the first sample of a picture.
fn seen(bytes: &[u8]) -> (u32, u32, u8) {
    let picture = pictures::decode(bytes);
    (picture.width(), picture.height(), picture.get_pixel(0, 0).0[0])
}

const RUN: &str = "run in -f invertir@png -o out --pattern {variant}/{name}-{page}";

#[test]
fn each_page_of_a_tiff_becomes_a_file_of_its_own() {
    let workspace = Workspace::new();
    let pages: Vec<_> = (1..=11).map(|tone| (4 + u16::from(tone), 3, Some(tone))).collect();
    workspace.add("in/scan.tif", &tiff(&pages));
    workspace.add("in/one.png", &pictures::png(8, 8, 1));
    let run = workspace.lote(&format!("{RUN} --ndjson")).run().code(0);
    let files = workspace.files("out");
    let page = |number: u32| format!("invertir/scan-{number:02}.png");
    for number in 1..=11 {
        let made = seen(&files[&page(number)]);
        assert_eq!(made, (4 + number, 3, 255 - number as u8), "page {number}");
    }
    assert!(files.contains_key("invertir/one-1.png"), "{:?}", files.keys());
    assert_eq!(files.len(), 12);
    let mut told: Vec<_> = run.outputs_of("scan.tif").iter().map(|o| o["page"].as_u64()).collect();
    told.sort_unstable();
    assert_eq!(told, (1..=11).map(Some).collect::<Vec<_>>());
    assert_eq!(run.output_of("one.png")["page"].as_u64(), None);
    // What is on record is a page.
    let again = workspace.lote(&format!("{RUN} --resume --json")).run().code(0);
    assert_eq!(
        (again.json()["ok"].as_u64(), again.json()["skipped"].as_u64()),
        (Some(0), Some(12))
    );
    std::fs::remove_file(workspace.path("out").join(page(7))).unwrap();
    let again = workspace.lote("run --resume -o out --json").run().code(0);
    assert_eq!(again.json()["ok"].as_u64(), Some(1));
    assert_eq!(workspace.files("out"), files);
}

#[test]
fn each_frame_of_an_animation_is_a_still_picture_with_the_number_of_its_image() {
    let workspace = Workspace::new();
    workspace.add("in/a.gif", &pictures::gif(3, (6, 5)));
    workspace.add("in/b.png", &pictures::png(8, 8, 1));
    let run = "run in -f x=@png -o out --pattern {n}_{page:03}_{width}x{height}";
    workspace.lote(run).run().code(0);
    let files = workspace.files("out");
    let names: Vec<_> = files.keys().map(String::as_str).collect();
    assert_eq!(names, ["x/1_001_6x5.png", "x/1_002_6x5.png", "x/1_003_6x5.png", "x/2_001_8x8.png"]);
    let tones: Vec<_> = files.values().take(3).map(|file| seen(file).2).collect();
    assert_eq!(tones, [0, 255, 0]);
}

#[test]
fn a_page_that_cannot_be_read_fails_alone_and_moves_no_other() {
    let workspace = Workspace::new();
    let pages = [(5, 4, Some(10)), (5, 4, None), (5, 4, Some(30))];
    workspace.add("in/scan.tif", &tiff(&pages));
    let run = workspace.lote(&format!("{RUN} --ndjson")).run().code(1);
    let files = workspace.files("out");
    assert_eq!(files.keys().collect::<Vec<_>>(), ["invertir/scan-1.png", "invertir/scan-3.png"]);
    assert_eq!(seen(&files["invertir/scan-1.png"]).2, 245);
    assert_eq!(seen(&files["invertir/scan-3.png"]).2, 225);
    let failed = run.outputs_of("scan.tif").into_iter().find(|o| o["status"] == "failed").unwrap();
    assert_eq!((failed["page"].as_u64(), &failed["kind"]), (Some(2), &"damaged".into()));
    assert_eq!(failed["reason"], "frame or page 2 of 3 could not be read");
    // Only that one is tried again.
    let again = workspace.lote("rerun --failed -o out --ndjson").run().code(1);
    let tried = again.outputs_of("scan.tif").into_iter().filter(|o| o["status"] != "skipped");
    assert_eq!(tried.map(|o| o["page"].as_u64()).collect::<Vec<_>>(), [Some(2)]);
}

#[test]
fn pages_that_cannot_be_named_or_are_too_many_are_refused() {
    let workspace = Workspace::new();
    workspace.add("in/scan.tif", &tiff(&[(5, 4, Some(10)), (6, 4, Some(20))]));
    let sizes = workspace.lote("run in -f grises -o out --pattern {name}_{page}_{width}");
    let said = sizes.run().code(2).stderr;
    assert!(said.contains("not known of each page of in/scan.tif"), "{said}");
    let said = workspace.lote("run in -f grises -o out --pattern {page}").run().code(2).stderr;
    assert!(said.contains("all images would have the same name"), "{said}");
    workspace.add(
        "one.toml",
        b"[[variant]]\nsteps = ['sepia']\npattern = '{name}-{page}'\n[[variant]]\nsteps = ['grises']\n",
    );
    let said = workspace.lote("run in --recipe one.toml -o out").run().code(4).stderr;
    let what = "the pages of in/scan.tif would have the same output in grises";
    assert!(said.contains(what) && said.contains("hint: put {page} into"), "{said}");
    let many = workspace.lote(&format!("{RUN} --max-frames 1")).run().code(1).stderr;
    assert!(many.contains("raise --max-frames to allow it"), "{many}");
    assert!(workspace.names("out").is_empty());
}

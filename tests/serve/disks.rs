//! A disk that is full while a job runs, as pages see it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use serde_json::{Value, json};

use super::client::{Server, folder_with, lote, lote_by};
use super::pictures::png;
use super::small_disk::{may_mount, mounted_at, seen_by};
use super::stream::{Page, command, request, start};

const IMAGES: u32 = 120;

/// The files of a folder, by name.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let named = entries.map(|entry| {
        // What a worker is about to find no room for is there for a moment.
        let content = fs::read(entry.path()).unwrap_or_default();
        (entry.file_name().into_string().unwrap(), content)
    });
    named.collect()
}

/// Writes a file as large as there is room.
fn fill(path: &Path) {
    let mut file = fs::File::create(path).unwrap();
    let error = loop {
        if let Err(error) = file.write_all(&[1; 4096]) {
            break error;
        }
    };
    assert_eq!(error.kind(), ErrorKind::StorageFull);
}

#[test]
fn a_full_disk_pauses_a_job_until_there_is_room_and_every_page_is_told() {
    if !may_mount() {
        return;
    }
    let folder = folder_with(&[]);
    fs::create_dir(folder.path().join("input_images")).unwrap();
    for number in 0..IMAGES {
        let path = folder.path().join(format!("input_images/{number:03}.png"));
        fs::write(path, png(160, 120, number)).unwrap();
    }
    let arguments = ["run", "input_images", "-f", "blur", "-o", "calm", "-q"];
    assert!(lote(folder.path()).args(arguments).status().unwrap().success());
    let calm = files(&folder.path().join("calm/blur"));
    assert_eq!(calm.len(), IMAGES as usize);

    let program = lote_by(&mounted_at("output_images", "24m"), folder.path());
    let server = Server::start_by(program, folder, &[]);
    server.settled();
    let mut page = Page::open(&server);
    let job = start(&server, &["blur"]);
    // A job does not begin on a disk that is nearly full: this one becomes so later.
    command(&server, &format!("/api/jobs/{job}/pause"));
    page.until_job("paused");
    let disk = seen_by(server.pid(), &server.path("output_images"));
    fill(&disk.join("more"));
    let refused = server.post("/api/jobs", &request(&["sepia"]));
    assert_eq!((refused.status, refused.code().as_str()), (507, "no_space"));
    command(&server, &format!("/api/jobs/{job}/resume"));
    let full = |event: &Value| event["job"]["pause"]["reason"] == "no_space";
    let paused = page.until(full).pop().unwrap()["job"].clone();
    assert!(paused["pause"]["free_bytes"].as_u64().unwrap() < 300_000, "{paused}");
    assert!(paused["pause"]["needed_bytes"].as_u64().unwrap() > 0, "{paused}");
    let notice = |code: &'static str| {
        move |event: &Value| event["event"] == "notice" && event["notice"]["code"] == code
    };
    page.until(notice("no_space"));

    // Whoever comes now sees it as well, and the server answers.
    let other = Page::open(&server);
    assert_eq!(other.snapshot["job"]["pause"], paused["pause"]);
    assert_eq!(other.snapshot["notices"][0]["code"], "no_space");
    assert_eq!(server.get("/api/images").status, 200);
    let ok = paused["progress"]["ok"].as_u64().unwrap();
    assert!(ok < IMAGES.into() && paused["progress"]["failed"] == 0, "{paused}");
    for (name, content) in files(&disk.join("blur")) {
        assert!(name.contains(".lote-") || calm[&name] == content, "{name} is torn");
    }

    fs::remove_file(disk.join("more")).unwrap();
    page.until(notice("space_back"));
    let finished = page.until_job("finished");
    let (ok, failed) = (&finished["progress"]["ok"], &finished["progress"]["failed"]);
    assert_eq!((ok, failed, &finished["pause"]), (&json!(IMAGES), &json!(0), &json!(null)));
    assert!(files(&disk.join("blur")) == calm, "the outputs are those of an undisturbed run");
}

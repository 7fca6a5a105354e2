//! Uploads.

use std::fs;
use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

use super::client::{PNG, Server};
use crate::patience::wait_until;

fn begin(server: &Server, files: usize, bytes: usize) -> String {
    let answer = server.post("/api/uploads", &json!({"files": files, "bytes": bytes}));
    assert_eq!(answer.status, 200);
    answer.json()["upload"].as_str().unwrap().to_owned()
}

fn command(server: &Server, upload: &str, verb: &str, body: &Value) -> u16 {
    server.post(&format!("/api/uploads/{upload}/{verb}"), body).status
}

/// All files of the uploads, below the server's own folder.
fn stored(server: &Server) -> Vec<String> {
    fn walk(folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() {
                walk(&entry.path(), found);
            } else {
                found.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
    }
    let mut found = Vec::new();
    let own = fs::read_dir(server.path("output_images/.lote")).unwrap().flatten();
    for entry in own.filter(|entry| entry.path().join("uploads").is_dir()) {
        walk(&entry.path().join("uploads"), &mut found);
    }
    found.sort();
    found
}

#[test]
fn uploaded_files_become_the_list_and_more_can_join() {
    let server = Server::start();
    server.settled();
    let upload = begin(&server, 3, 1000);
    for (name, image) in
        [("Boda/d%C3%ADa%201/a.png", true), ("Boda/notes.txt", false), ("Boda/photo.txt", true)]
    {
        let body = if name.contains("notes") {
            &b"words that are no image at all, and more of them"[..]
        } else {
            PNG
        };
        let answer = server.send_file(&upload, name, body);
        assert_eq!((answer.status, &answer.json()["image"]), (200, &json!(image)), "{name}");
    }
    assert_eq!(server.get("/api/images").json()["total"], 0, "not before the end");
    assert_eq!(command(&server, &upload, "finish", &json!({"add": false})), 200);
    let page = server.get("/api/images").json();
    let shown = |page: &Value, at: usize| {
        format!(
            "{}/{}",
            page["images"][at]["folder"].as_str().unwrap(),
            page["images"][at]["name"].as_str().unwrap()
        )
    };
    assert_eq!(
        (shown(&page, 0), shown(&page, 1)),
        ("Boda/día 1/a.png".into(), "Boda/photo.txt.png".into())
    );
    assert_eq!(server.get("/api/images/skipped").json()["files"][0]["name"], "Boda/notes.txt");
    assert_eq!(command(&server, &upload, "finish", &json!({})), 404, "an upload ends once");

    let more = begin(&server, 1, 1000);
    server.send_file(&more, "b.png", PNG);
    assert_eq!(command(&server, &more, "finish", &json!({"add": true})), 200);
    assert_eq!(server.get("/api/images").json()["total"], 3);
}

#[test]
fn no_name_leads_out_of_the_uploads_folder() {
    let server = Server::start();
    server.settled();
    let names = [
        "../../../../evil.png",
        "%2Ftmp%2Fevil.png",
        "..%5C..%5Cevil.png",
        "a%00b.png",
        ".lote%2Fevil.png",
        "%2e%2e",
        "",
        "con%0Atrol.png",
        "%ff%fe.png",
    ];
    let upload = begin(&server, names.len() + 1, 10_000);
    let sent = names.map(|name| server.send_file(&upload, name, PNG).status);
    let long = server.send_file(&upload, &"x".repeat(5000), PNG).status;
    assert_eq!((sent, long), ([200; 9], 200));
    assert_eq!(stored(&server).len(), 10);
    assert_eq!(command(&server, &upload, "finish", &json!({})), 200);
    assert_eq!(server.get("/api/images").json()["total"], 10);
    let outside = fs::read_dir(server.folder.path()).unwrap().flatten().count();
    assert_eq!(outside, 2, "input_images and output_images only");
}

#[test]
fn more_than_was_announced_or_is_allowed_is_refused() {
    let server = Server::start();
    let ask = |files: u64, bytes: u64| {
        server.post("/api/uploads", &json!({"files": files, "bytes": bytes})).status
    };
    assert_eq!((ask(5001, 1), ask(1, 11 << 30)), (413, 413));
    // Allowed, but there may not be the room.
    assert!([200, 507].contains(&ask(1, 10 << 30)));
    let upload = begin(&server, 2, PNG.len());
    assert_eq!(server.send_file(&upload, "a.png", PNG).status, 200);
    assert_eq!(server.send_file(&upload, "b.png", PNG).status, 413);
    assert_eq!(server.send_file(&upload, "c.png", PNG).status, 413);
    assert_eq!(stored(&server), ["a.png"], "nothing of what was refused is left");
    let lie = format!(
        "POST /api/uploads/{upload}/file?name=a.png HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\nConnection: close\r\n\
         Content-Type: application/octet-stream\r\nContent-Length: 99999999999\r\n\r\n",
        server.host(),
        server.origin()
    );
    assert_eq!(server.send(&lie, b"").status, 413);
    assert_eq!(server.send_file("u99", "a.png", PNG).status, 404);
}

#[test]
fn a_file_that_breaks_off_and_an_upload_that_is_cancelled_leave_nothing() {
    let server = Server::start();
    let upload = begin(&server, 3, 1_000_000);
    let head = format!(
        "POST /api/uploads/{upload}/file?name=a.png HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\n\
         Content-Type: application/octet-stream\r\nContent-Length: 100000\r\n\r\n",
        server.host(),
        server.origin()
    );
    let mut stream = server.connect();
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(PNG).unwrap();
    stream.write_all(&[0; 5000]).unwrap();
    wait_until("a part of a file", || !stored(&server).is_empty());
    drop(stream);
    wait_until("its removal", || stored(&server).is_empty());
    server.send_file(&upload, "b.png", PNG);
    assert_eq!(stored(&server), ["b.png"]);
    assert_eq!(command(&server, &upload, "cancel", &json!({})), 200);
    assert!(stored(&server).is_empty());
    assert_eq!(command(&server, &upload, "cancel", &json!({})), 404);
}

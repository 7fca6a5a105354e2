//! Choosing images.

use std::fs;

use serde_json::{Value, json};

use super::client::{PNG, Server, folder_with, lote};
use super::pictures::{decode, gif, png};

fn names(page: &Value) -> Vec<String> {
    let images = page["images"].as_array().unwrap();
    images.iter().map(|image| image["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_server_begins_with_its_input_folder_and_makes_it() {
    let server = Server::start();
    assert_eq!(server.settled()["total"], 0);
    assert!(server.path("input_images").is_dir() && server.path("output_images").is_dir());
    fs::write(server.path("input_images/a.png"), PNG).unwrap();
    let answer = server.post("/api/images/source", &json!({"source": "input"}));
    let page = server.get("/api/images").json();
    assert_eq!(
        (page["revision"].as_u64(), names(&page)),
        (answer.json()["revision"].as_u64(), vec!["a.png".into()])
    );
}

#[test]
fn images_are_searched_left_out_and_taken_back() {
    let folder = folder_with(&[
        ("input_images/Ñandú 1.png", PNG),
        ("input_images/nandu-2.png", PNG),
        ("input_images/<b>x.png", PNG),
        ("input_images/notas.txt", b"words"),
    ]);
    let server = Server::start_in(folder, &[]);
    assert_eq!(server.settled()["total"], 3);
    let found = server.get("/api/images?q=NAND%C3%BA&limit=1").json();
    assert_eq!((&found["total"], names(&found).len()), (&json!(2), 1));
    assert_eq!(
        server.get("/api/images/skipped").json()["files"],
        json!([{
            "name": "notas.txt", "reason": "not an image", "reason_es": "no es una imagen"
        }])
    );
    let id = found["images"][0]["id"].as_str().unwrap().to_owned();
    let out = server.post("/api/images/exclude", &json!({"images": [id], "excluded": true}));
    assert_eq!(out.status, 200);
    let page = server.get("/api/images").json();
    assert_eq!(
        page["images"].as_array().unwrap().iter().filter(|one| one["excluded"] == true).count(),
        1
    );
    let unknown =
        server.post("/api/images/exclude", &json!({"images": ["nothing"], "excluded": true}));
    assert_eq!((unknown.status, unknown.code().as_str()), (404, "not_found"));
    assert_eq!(server.get("/api/images?offset=x").status, 400);
}

#[test]
fn an_original_is_sent_as_an_attachment() {
    let folder = folder_with(&[("input_images/a \"b\".png", PNG)]);
    let server = Server::start_in(folder, &[]);
    let id = server.settled()["images"][0]["id"].as_str().unwrap().to_owned();
    let answer = server.get(&format!("/api/original/{id}"));
    assert_eq!((answer.status, answer.body.as_slice()), (200, PNG));
    assert_eq!(answer.header("content-type"), "application/octet-stream");
    assert!(answer.header("content-disposition").starts_with("attachment; filename=\"a _b_.png\""));
    fs::remove_file(server.path("input_images/a \"b\".png")).unwrap();
    assert_eq!(server.get(&format!("/api/original/{id}")).status, 404);
}

#[test]
fn what_hides_in_a_picture_is_in_the_original_only() {
    const SCRIPT: &[u8] = b"<script>alert(1)</script>";
    let picture = [&png(60, 40, 1), SCRIPT].concat();
    let folder = folder_with(&[("input_images/a.png", picture.as_slice())]);
    let server = Server::start_in(folder, &[]);
    let id = server.settled()["images"][0]["id"].as_str().unwrap().to_owned();
    let preview = |size: Value| {
        let encoding = json!({"format": null, "quality": 75});
        let body =
            json!({"image": id, "steps": [], "encoding": encoding, "size": size, "exact": true});
        server.post("/api/preview", &body)
    };
    let shown = [
        server.get(&format!("/api/thumb/{id}")),
        preview(Value::Null),
        preview(json!({"width_px": 30, "height_px": 30})),
    ];
    let hides = |body: &[u8]| body.windows(SCRIPT.len()).any(|part| part == SCRIPT);
    for answer in shown {
        assert_eq!(answer.status, 200);
        assert!(["image/jpeg", "image/png"].contains(&answer.header("content-type")));
        assert!(!hides(&answer.body));
    }
    let original = server.get(&format!("/api/original/{id}"));
    assert!(hides(&original.body));
    assert_eq!(original.header("content-type"), "application/octet-stream");
    assert_eq!(original.header("x-content-type-options"), "nosniff");
    assert!(original.header("content-disposition").starts_with("attachment;"));
}

#[test]
fn each_page_that_is_an_image_of_its_own_is_shown_as_it_is() {
    let folder = folder_with(&[
        ("input_images/a.gif", &gif(3, (60, 50))),
        ("input_images/b.png", &png(8, 8, 1)),
    ]);
    let server = Server::start_in(folder, &[]);
    server.settled();
    let request = json!({
        "mode": "processes", "workers": 1,
        "variants": [{"name": "x", "steps": [], "files": ["png"], "pattern": "{name}-{page}"}],
        "output": {"quality": 75, "pattern": "{name}", "if_exists": "overwrite"},
    });
    let job = server.post("/api/jobs", &request).json()["job"].as_str().unwrap().to_owned();
    while server.get(&format!("/api/jobs/{job}/outputs")).json()["total"] != 4 {
        std::thread::yield_now();
    }
    let rows = server.get(&format!("/api/jobs/{job}/photos")).json()["rows"].clone();
    let pages: Vec<_> = rows.as_array().unwrap().iter().map(|row| row["page"].as_u64()).collect();
    assert_eq!(pages, [Some(1), Some(2), Some(3), None]);
    let id = rows[0]["image"].as_str().unwrap();
    let tone = |bytes: &[u8]| decode(bytes).get_pixel(30, 25).0[0];
    let thumb = |query: &str| server.get(&format!("/api/thumb/{id}{query}"));
    let size = json!({"width_px": 60, "height_px": 50});
    let preview = |page: Value| {
        let encoding = json!({"format": null, "quality": 75});
        server.post(
            "/api/preview",
            &json!({"image": id, "page": page, "steps": [], "encoding": encoding, "size": size, "exact": true}),
        )
    };
    // Twice: the second time from what is kept.
    for _ in 0..2 {
        let tones = ["?page=1", "?page=2", "?page=3", ""].map(|page| tone(&thumb(page).body));
        assert_eq!(tones, [0, 255, 0, 0]);
    }
    assert_eq!([1, 2].map(|page| tone(&preview(json!(page)).body)), [0, 255]);
    for refused in [thumb("?page=4"), thumb("?page=0"), preview(json!(9))] {
        assert_eq!((refused.status, refused.code().as_str()), (422, "damaged"));
    }
    // That a page is not there says nothing of the image.
    assert_eq!(server.get("/api/images").json()["images"][0]["problem"], Value::Null);
}

#[test]
fn folders_below_the_roots_can_be_chosen_and_no_others() {
    let folder = folder_with(&[
        ("photos/a.png", PNG),
        ("photos/trip/b.png", PNG),
        ("photos/trip/day/c.png", PNG),
        ("secret/d.png", PNG),
    ]);
    std::os::unix::fs::symlink(folder.path().join("secret"), folder.path().join("photos/link"))
        .unwrap();
    let server = Server::start_in(folder, &["--root", "photos"]);
    server.settled();
    let roots = server.get("/api/folders").json();
    let root = roots["folders"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(roots["folders"][0]["images"], 1);
    let top = server.get(&format!("/api/folders?id={root}")).json();
    assert_eq!(top["folders"].as_array().unwrap().len(), 1, "links are not shown: {top}");
    let trip = top["folders"][0]["id"].as_str().unwrap().to_owned();

    let choose = |folder: &str, recursive: bool| {
        server
            .post(
                "/api/images/source",
                &json!({"source": "folder", "folder": folder, "recursive": recursive}),
            )
            .status
    };
    assert_eq!(choose(&trip, false), 200);
    assert_eq!(names(&server.get("/api/images").json()), ["b.png"]);
    assert_eq!(choose(&trip, true), 200);
    let page = server.get("/api/images").json();
    assert_eq!(
        (names(&page), &page["images"][1]["folder"]),
        (vec!["b.png".into(), "c.png".into()], &json!("day"))
    );
    let secret = server.path("secret").display().to_string();
    for wrong in ["", "..", "/etc", "photos", "../secret", secret.as_str()] {
        assert_eq!(choose(wrong, true), 404, "{wrong}");
    }
    // A folder that has become a link out of the root since it was shown.
    fs::remove_dir_all(server.path("photos/trip")).unwrap();
    std::os::unix::fs::symlink(server.path("secret"), server.path("photos/trip")).unwrap();
    assert_eq!(choose(&trip, true), 404);
    assert_eq!(server.get(&format!("/api/folders?id={trip}")).status, 404);
}

#[test]
fn samples_are_one_click() {
    let server = Server::start();
    server.settled();
    assert_eq!(
        server.post("/api/images/source", &json!({"source": "samples", "count": 3})).status,
        200
    );
    assert_eq!(server.get("/api/images").json()["total"], 3);
    for count in [json!(0), json!(1_000_000), json!(-1)] {
        assert_eq!(
            server.post("/api/images/source", &json!({"source": "samples", "count": count})).status,
            400
        );
    }
    let cleared = server.post("/api/images/clear", &json!({}));
    assert_eq!((cleared.status, &server.get("/api/images").json()["total"]), (200, &json!(0)));
}

#[test]
fn a_picture_that_workers_die_of_is_tried_twice_and_costs_no_other_anything() {
    let picture = png(60, 40, 1);
    let names = ["poison.png", "die-decode-once.png", "calm.png"];
    let files = names.map(|name| (format!("input_images/{name}"), picture.as_slice()));
    let folder = folder_with(&files.each_ref().map(|(name, picture)| (name.as_str(), *picture)));
    let marks = tempfile::tempdir().unwrap();
    let mut command = lote(folder.path());
    command.env("LOTE_TEST_MARKS", marks.path());
    let worker = format!("'{}'", env!("CARGO_BIN_EXE_misbehaving-worker"));
    let server = Server::start_by(command, folder, &["--worker-command", &worker]);
    let page = server.settled();
    let thumb = |name: &str| {
        let mut images = page["images"].as_array().unwrap().iter();
        let image = images.find(|image| image["name"] == name).unwrap();
        server.get(&format!("/api/thumb/{}", image["id"].as_str().unwrap()))
    };
    let poison = thumb("poison.png");
    let said = poison.json()["error"].to_string();
    assert_eq!((poison.status, poison.code().as_str()), (422, "crash"), "{said}");
    assert!(said.contains("its worker process died 2 times"), "{said}");
    assert!(said.contains("more than I can take"), "{said}");
    assert_eq!(thumb("die-decode-once.png").status, 200);
    assert_eq!(thumb("calm.png").status, 200);
}

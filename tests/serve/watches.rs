//! Folders that the server watches for pages and programs.

use std::fs;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::client::Server;
use super::pictures::png;
use crate::patience::{wait_for, wait_until};

fn asked(folder: Option<&str>) -> Value {
    json!({
        "mode": "processes",
        "workers": 1,
        "variants": [{"name": "grises", "steps": [{"filter": "grises", "params": {}}]}],
        "output": {
            "folder": folder, "format": null, "quality": 75,
            "pattern": "{name}_{variant}", "if_exists": "overwrite",
        },
    })
}

/// Asks for the one watch until it is as wanted.
fn until(server: &Server, wanted: impl Fn(&Value) -> bool) -> Value {
    wait_for("a watch", || {
        let watch = server.get("/api/watches").json()["watches"][0].clone();
        wanted(&watch).then_some(watch)
    })
}

#[test]
fn a_watch_makes_what_comes_until_it_is_stopped_and_goes_on_where_it_ended() {
    let server = Server::start();
    // The list is of the input folder, in which there is nothing yet.
    wait_until("an empty list", || server.get("/api/images").json()["total"] == 0);
    let input = server.path("input_images");
    let started = server.post("/api/watches", &asked(Some("Boda")));
    assert_eq!(started.status, 200, "{}", started.json());
    let id = started.json()["watch"].clone();
    let watch = server.get("/api/watches").json()["watches"][0].clone();
    assert_eq!((&watch["id"], &watch["state"], &watch["ok"]), (&id, &json!("waiting"), &json!(0)));
    fs::create_dir(input.join("new")).unwrap();
    fs::write(input.join("new/a.png"), png(8, 8, 1)).unwrap();
    fs::write(input.join("bad.png"), "no picture").unwrap();
    until(&server, |watch| watch["ok"] == 1 && watch["failed"] == 1 && watch["state"] == "waiting");

    let same = server.post("/api/watches", &asked(Some("Boda")));
    assert_eq!((same.status, same.json()["error"]["code"].clone()), (409, json!("watched")));
    let mut bad = asked(None);
    bad["variants"] = json!([]);
    assert_eq!(server.post("/api/watches", &bad).status, 400);
    assert_eq!(server.post("/api/watches/w9/stop", &json!({})).status, 404);
    let stop = format!("/api/watches/{}/stop", id.as_str().unwrap());
    assert_eq!(server.post(&stop, &json!({})).status, 200);
    until(&server, Value::is_null);

    // The server may end while it watches; what was made is on record.
    assert_eq!(server.post("/api/watches", &asked(Some("Boda"))).status, 200);
    fs::write(input.join("b.png"), png(8, 8, 2)).unwrap();
    until(&server, |watch| watch["ok"] == 1 && watch["state"] == "waiting");
    let (_, _, folder) = server.end_by(Signal::TERM);
    let server = Server::start_in(folder, &[]);
    assert_eq!(server.post("/api/watches", &asked(Some("Boda"))).status, 200);
    fs::write(input.join("c.png"), png(8, 8, 3)).unwrap();
    let watch = until(&server, |watch| watch["ok"] == 1 && watch["state"] == "waiting");
    assert_eq!((&watch["failed"], &watch["last"]), (&json!(0), &json!("c.png")));
    for name in ["a_grises.png", "b_grises.png", "c_grises.png"] {
        let below = if name == "a_grises.png" { "new/" } else { "" };
        let path = format!("output_images/Boda/grises/{below}{name}");
        assert!(server.path(&path).exists(), "{path}");
    }
    let (_, status, _) = server.end_by(Signal::INT);
    assert_eq!(status.code(), Some(0));
}

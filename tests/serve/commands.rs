//! Recipes, and how the server starts and ends.

use std::net::TcpListener;

use rustix::process::Signal;
use serde_json::json;

use super::client::{PNG, Server, lote};

#[test]
fn recipes_are_kept_from_one_start_to_the_next() {
    let server = Server::start();
    let recipe = json!({"variants": [{"name": "grises", "steps": []}], "output": {"quality": 75}});
    let saved = server.post("/api/recipes", &json!({"name": "Web", "recipe": recipe}));
    assert_eq!(saved.status, 200);
    let id = saved.json()["id"].as_str().unwrap().to_owned();
    let (_, _, folder) = server.end_by(Signal::TERM);
    let server = Server::start_in(folder, &[]);
    assert_eq!(
        server.get("/api/recipes").json()["recipes"],
        json!([{"id": id, "name": "Web", "recipe": recipe}])
    );
    assert_eq!(server.post(&format!("/api/recipes/{id}/delete"), &json!({})).status, 200);
    assert_eq!(server.post(&format!("/api/recipes/{id}/delete"), &json!({})).status, 404);
    assert_eq!(server.post("/api/recipes", &json!({"name": "", "recipe": recipe})).status, 400);
}

#[test]
fn a_port_in_use_is_one_clear_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let folder = tempfile::tempdir().unwrap();
    let output = lote(folder.path()).args(["serve", "--port", &port]).output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        said,
        format!(
            "error: port {port} is in use, perhaps by another `lote serve`\nhint: choose another with --port\n"
        )
    );
    assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none(), "nothing is made");
}

#[test]
fn what_cannot_be_served_is_said_at_once() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "x").unwrap();
    for (arguments, code) in [
        (&["--output", "file/out"][..], 4),
        (&["--allow-origin", "localhost"], 2),
        (&["--host", "no.such.host.invalid"], 4),
        (&["--worker-command", "\""], 2),
        (&["--port", "99999"], 2),
    ] {
        let output =
            lote(folder.path()).args(["serve", "--port", "0"]).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        assert!(output.stderr.starts_with(b"error: "));
    }
}

#[test]
fn the_server_ends_in_order_and_leaves_only_what_is_to_stay() {
    let server = Server::start();
    server.settled();
    let upload = server.post("/api/uploads", &json!({"files": 1, "bytes": 100})).json();
    server.send_file(upload["upload"].as_str().unwrap(), "a.png", PNG);
    // A connection that does nothing does not hold it up.
    let idle = server.connect();
    let (said, status, folder) = server.end_by(Signal::INT);
    assert!(status.code().is_some(), "{status}");
    assert!(!said.contains("panicked") && !said.contains("defect"), "{said}");
    let left = std::fs::read_dir(folder.path().join("output_images/.lote")).unwrap().count();
    assert_eq!(left, 0);
    drop(idle);
}

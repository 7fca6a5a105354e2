//! Files for parameters: logos, colour tables, fonts.

use std::fs;

use serde_json::{Value, json};

use super::client::Server;
use super::pictures::png;
use super::stream::Page;

const RED: &[u8] = b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 2 1'>\
                     <path fill='#f00' d='M0 0h2v1h-2z'/></svg>";

fn server() -> Server {
    let folder = super::client::folder_with(&[("input_images/a.png", &png(80, 60, 1))]);
    let server = Server::start_in(folder, &[]);
    server.settled();
    server
}

fn send(server: &Server, name: &str, content: &[u8]) -> String {
    let answer = server.send_asset(name, content);
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    answer.json()["asset"].as_str().unwrap().to_owned()
}

fn preview(server: &Server, steps: &Value) -> (u16, Vec<u8>) {
    let image = server.get("/api/images").json()["images"][0]["id"].clone();
    let answer = server.post(
        "/api/preview",
        &json!({"image": image, "steps": steps, "size": null, "exact": true,
                "encoding": {"format": null, "quality": 75}}),
    );
    (answer.status, answer.body)
}

fn job(steps: &Value) -> Value {
    json!({
        "mode": "processes", "workers": 1,
        "variants": [{"name": "marked", "steps": steps}],
        "output": {"folder": "job", "format": null,
                   "quality": 75, "pattern": "{name}", "if_exists": "fail"},
    })
}

#[test]
fn a_logo_that_was_sent_is_seen_in_the_preview_and_in_the_same_output() {
    let server = server();
    let logo = send(&server, "mi%20marca.svg", RED);
    assert!(logo.starts_with("mi_marca-"), "{logo}");
    let steps = json!([{"filter": "logo", "params": {"archivo": logo, "tamano": "50%"}}]);
    let (status, seen) = preview(&server, &steps);
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&seen));
    let picture = image::load_from_memory(&seen).unwrap().to_rgb8();
    let red = picture.pixels().filter(|pixel| pixel.0 == [255, 0, 0]).count();
    assert_eq!(red, 40 * 20);
    // The page has it back to show it where it will be, and no browser opens it as a page.
    let back = server.get(&format!("/api/assets/{logo}"));
    assert_eq!((back.status, back.body.as_slice()), (200, RED));
    assert!(back.header("content-disposition").starts_with("attachment"));
    assert_eq!(back.header("content-type"), "application/octet-stream");

    let mut page = Page::open(&server);
    let answer = server.post("/api/jobs", &job(&steps));
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    page.until_job("finished");
    let made = fs::read(server.path("output_images/job/marked/a.png")).unwrap();
    assert_eq!(made, seen);

    // It takes no place twice.
    assert_eq!(send(&server, "mi%20marca.svg", RED), logo);
    assert_eq!(fs::read_dir(server.path("output_images/.lote/assets")).unwrap().count(), 1);
}

#[test]
fn a_colour_table_and_a_font_can_be_sent_too() {
    let server = server();
    let cube = b"LUT_1D_SIZE 2\n1 1 1\n0 0 0\n";
    let steps =
        |filter: &str, param: &str, id: String| json!([{"filter": filter, "params": {param: id}}]);
    let table = send(&server, "negative.cube", cube);
    assert_eq!(preview(&server, &steps("lut", "archivo", table)).0, 200);
    let font = include_bytes!("../../worker/imaging/assets/OpenSans-Bold.ttf");
    let font = send(&server, "Open.TTF", font);
    assert_eq!(preview(&server, &steps("marca_agua", "fuente", font)).0, 200);
}

#[test]
fn files_of_the_machine_are_refused_wherever_they_are_named() {
    let server = server();
    fs::write(server.path("secret.png"), png(4, 4, 1)).unwrap();
    let secret = server.path("secret.png");
    let inside = server.path("input_images/a.png");
    for path in [
        secret.to_str().unwrap(),
        inside.to_str().unwrap(),
        "../secret.png",
        "../../secret-0123456789abcdef.png",
        "secret.png",
    ] {
        let steps = json!([{"filter": "logo", "params": {"archivo": path}}]);
        assert_eq!(preview(&server, &steps).0, 400, "{path}");
        assert_eq!(server.post("/api/jobs", &job(&steps)).status, 400, "{path}");
        let compare = json!({"steps": steps, "images": 1, "repeats": 1});
        assert_eq!(server.post("/api/compare", &compare).status, 400, "{path}");
        let origin = format!("Origin: {}\r\n", server.origin());
        let convert = format!("/api/convert?f=logo:archivo={path}");
        assert_eq!(server.post_from(&convert, &origin, &png(8, 8, 1)).status, 400, "{path}");
        let font = json!([{"filter": "marca_agua", "params": {"fuente": path}}]);
        assert_eq!(preview(&server, &font).0, 400, "{path}");
    }
    // Nor is it sent.
    for name in ["secret.png", "..%2F..%2Fsecret-0123456789abcdef.png", "logo.txt"] {
        assert_eq!(server.get(&format!("/api/assets/{name}")).status, 404, "{name}");
    }
    // One that was never sent is not there, and says no path.
    let never = json!([{"filter": "logo", "params": {"archivo": "a-0123456789abcdef.png"}}]);
    let (status, said) = preview(&server, &never);
    assert_eq!(status, 422);
    assert!(!String::from_utf8_lossy(&said).contains(server.path("").to_str().unwrap()));
}

#[test]
fn what_no_parameter_takes_is_refused_and_nothing_of_it_is_kept() {
    let server = server();
    for (name, content) in [
        ("notes.txt", &b"words"[..]),
        ("logo", b"words"),
        ("logo.png", b"words"),
        ("logo.svg", b"words"),
        ("font.ttf", b"#!/bin/sh"),
    ] {
        let answer = server.send_asset(name, content);
        assert_eq!((answer.status, answer.code().as_str()), (422, "not_an_asset"), "{name}");
    }
    let lie = format!(
        "POST /api/assets?name=a.png HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\nConnection: close\r\n\
         Content-Type: application/octet-stream\r\nContent-Length: 99999999999\r\n\r\n",
        server.host(),
        server.origin()
    );
    assert_eq!(server.send(&lie, b"").status, 413);
    assert!(!server.path("output_images/.lote/assets").exists());
}

//! What is too much: heads, bodies, and patience.

use std::io::{Read, Write};

use serde_json::json;

use super::client::{Answer, Server, folder_with};
use super::pictures::png;

#[test]
fn a_head_above_16_kib_is_refused() {
    let server = Server::start();
    let ask = |bytes: usize| {
        let head = format!(
            "GET /api/images HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nX-Filler: {}\r\n\r\n",
            server.host(),
            "x".repeat(bytes)
        );
        server.send(&head, b"").status
    };
    assert_eq!(ask(12 << 10), 200);
    assert!([0, 431].contains(&ask(20 << 10)));
    assert_eq!(ask(10), 200, "the server goes on");
}

#[test]
fn a_command_above_64_kib_is_refused() {
    let server = Server::start();
    let answer = server
        .post("/api/images/exclude", &json!({"images": ["x".repeat(70 << 10)], "excluded": true}));
    assert_eq!((answer.status, answer.code().as_str()), (413, "too_large"));
    let unknown = server
        .post("/api/images/exclude", &json!({"images": ["x".repeat(1000)], "excluded": true}));
    assert_eq!(unknown.status, 404);
}

#[test]
fn a_head_that_never_ends_is_given_up() {
    let server = Server::start();
    let mut stream = server.connect();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: ").unwrap();
    let mut rest = Vec::new();
    // This returns when the server closes, and never if it waits for ever.
    let _ = stream.read_to_end(&mut rest);
    assert!([0, 408].contains(&Answer::parse(&rest).status));
}

#[test]
fn what_is_no_http_ends_only_its_own_connection() {
    let server = Server::start();
    for garbage in
        ["\0\0\0\0\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}"]
    {
        let status = server.send(garbage, b"").status;
        assert!([0, 400, 505].contains(&status), "{garbage:?}: {status}");
    }
    assert_eq!(server.get("/").status, 200);
}

/// The most memory that any process of the server's has had, KiB.
fn peak_kib(server: &Server) -> u64 {
    let figure = |status: &str, name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok())
    };
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let statuses =
        processes.filter_map(|process| std::fs::read_to_string(process.path().join("status")).ok());
    let is_its = |status: &String| {
        [figure(status, "Pid:"), figure(status, "PPid:")].contains(&Some(server.pid().into()))
    };
    statuses.filter(is_its).filter_map(|status| figure(&status, "VmHWM:")).max().unwrap()
}

#[test]
fn a_preview_that_enlarges_beyond_the_limits_is_refused_with_the_limit_named() {
    let folder = folder_with(&[("input_images/a.png", png(40, 30, 1).as_slice())]);
    let server = Server::start_in(folder, &["--max-memory", "400M"]);
    let image = server.settled()["images"][0]["id"].clone();
    let to = |side: u32| {
        let params = json!({"ancho": side, "alto": side, "ajuste": "estirar", "ampliar": true});
        json!([{"filter": "redimensionar", "params": params}])
    };
    for (side, limit) in [
        (30_000, "px, more than the limit of 250000000 px"),
        (15_000, "MiB, more than the limit of 200 MiB"),
    ] {
        let (steps, size_of_it) = (to(side), format!("{side} x {side} px"));
        for size in [json!(null), json!({"width_px": 300, "height_px": 300})] {
            let encoding = json!({"format": null, "quality": 75});
            let preview = json!({"image": image, "steps": steps, "encoding": encoding,
                                 "size": size, "exact": true});
            let answer = server.post("/api/preview", &preview);
            let said = answer.json()["error"]["message"].to_string();
            assert_eq!(answer.status, 422, "{said}");
            assert!(said.contains(limit) && said.contains(&size_of_it), "{said}");
        }
    }
    let peak = peak_kib(&server);
    assert!((1..200 << 10).contains(&peak), "{peak} KiB");
    // The workers are there for what is no larger.
    let preview = json!({"image": image, "steps": to(100), "size": null, "exact": true,
                         "encoding": {"format": null, "quality": 75}});
    assert_eq!(server.post("/api/preview", &preview).status, 200);
}

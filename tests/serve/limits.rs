//! What is too much: heads, bodies, and patience.

use std::io::{Read, Write};

use serde_json::json;

use super::client::{Answer, Server};

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

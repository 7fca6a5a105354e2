//! A server that other machines can reach.

use std::io::{Read as _, Write as _};

use serde_json::json;

use super::client::{Answer, Server, lote};

fn open() -> (Server, String) {
    let server = Server::start_with(&["--host", "0.0.0.0"]);
    let token = server.url.split("token=").nth(1).unwrap().to_owned();
    (server, token)
}

#[test]
fn nothing_is_told_without_the_token() {
    let (server, token) = open();
    assert_eq!(token.len(), 64, "256 bit");
    let wrong = format!("{}{}", &token[..63], if token.ends_with('0') { '1' } else { '0' });
    let paths = ["/", "/app.js", "/api/images", "/ws", "/nothing", "/?token=", "/?token=x"];
    let mut paths = paths.map(str::to_owned).to_vec();
    paths.extend([
        format!("/?token={wrong}"),
        format!("/api/images?x={token}"),
        format!("/?token={token}0"),
    ]);
    for path in paths {
        let answer = server.get(&path);
        assert_eq!((answer.status, answer.code().as_str()), (401, "token"), "{path}");
        assert_eq!(answer.header("set-cookie"), "");
    }
    assert_eq!(server.post("/api/images/clear", &json!({})).status, 401);
    let cookie = format!("Origin: {}\r\nCookie: lote_{}={wrong}\r\n", server.origin(), server.port);
    assert_eq!(server.post_from("/api/images/clear", &cookie, b"{}").status, 401);
}

#[test]
fn the_address_with_the_token_gives_a_cookie_and_leaves_the_token_out() {
    let (server, token) = open();
    let answer = server.get(&format!("/?token={token}"));
    assert_eq!((answer.status, answer.header("location")), (303, "/"));
    let cookie = format!("lote_{}={token}", server.port);
    assert_eq!(answer.header("set-cookie"), format!("{cookie}; Path=/; HttpOnly; SameSite=Strict"));

    let with = |headers: &str, path: &str| {
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{headers}\r\n",
            server.host()
        );
        server.send(&head, b"").status
    };
    assert_eq!(with(&format!("Cookie: {cookie}\r\n"), "/"), 200);
    assert_eq!(with(&format!("Cookie: a=b; {cookie}\r\n"), "/api/images"), 200);
    assert_eq!(with(&format!("Authorization: Bearer {token}\r\n"), "/api/images"), 200);
    assert_eq!(with(&format!("Authorization: Basic {token}\r\n"), "/api/images"), 401);

    let command = |headers: String| server.post_from("/api/images/clear", &headers, b"{}").status;
    assert_eq!(command(format!("Cookie: {cookie}\r\nOrigin: {}\r\n", server.origin())), 200);
    assert_eq!(command(format!("Cookie: {cookie}\r\n")), 403, "a browser says where it comes from");
    assert_eq!(command(format!("Cookie: {cookie}\r\nOrigin: http://evil.example\r\n")), 403);
    assert_eq!(command(format!("Authorization: Bearer {token}\r\n")), 200, "a program need not");
}

#[test]
fn the_token_leaves_the_address_also_where_its_cookie_is_known() {
    let (server, token) = open();
    let head = format!(
        "GET /?token={token} HTTP/1.1\r\nHost: {}\r\nCookie: lote_{}={token}\r\nConnection: close\r\n\r\n",
        server.host(),
        server.port
    );
    let answer = server.send(&head, b"");
    assert_eq!((answer.status, answer.header("location")), (303, "/"));
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
}

#[test]
fn the_token_is_said_once_and_never_logged() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = lote(folder.path());
    command.env("LOTE_LOG", "trace");
    let server = Server::start_by(command, folder, &["--host", "0.0.0.0"]);
    let token = server.url.split("token=").nth(1).unwrap().to_owned();
    for path in [format!("/?token={token}"), format!("/ws?token={token}"), format!("/x?{token}")] {
        server.get(&path);
    }
    for headers in [
        format!("Authorization: Bearer {token}\r\n"),
        format!("Cookie: lote_{}={token}\r\nOrigin: {}\r\n", server.port, server.origin()),
    ] {
        assert_eq!(server.post_from("/api/images/clear", &headers, b"{}").status, 200);
    }
    // What breaks off is logged with the reason, which may be what was sent.
    server.send(&format!("GET /?token={token} HTTP/1.1\r\nHost: a b\r\n{token}\r\n\r\n"), b"");
    let (said, _, _) = server.end_by(rustix::process::Signal::TERM);
    assert!(said.contains("a connection broke off"), "the log is on: {said}");
    assert!(!said.contains(&token), "{said}");
}

#[test]
fn a_name_of_another_site_is_refused_even_with_the_token() {
    let (server, token) = open();
    let head = format!(
        "GET / HTTP/1.1\r\nHost: evil.example\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    );
    assert_eq!(server.send(&head, b"").status, 421);
}

#[test]
fn whoever_is_not_let_in_keeps_no_connection() {
    let (server, _) = open();
    let mut stream = server.connect();
    let head = format!("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", server.host());
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // This returns when the server closes, and never if it waits for the next request.
    stream.read_to_end(&mut answer).unwrap();
    assert_eq!(Answer::parse(&answer).status, 401);
}

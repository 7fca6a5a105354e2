//! Who may ask: names, origins, methods, and what every answer carries.

use serde_json::json;

use super::client::{Answer, Server};
use super::sockets::open_from;

/// Every command that there is.
const COMMANDS: [&str; 26] = [
    "/api/jobs",
    "/api/jobs/check",
    "/api/jobs/j1/pause",
    "/api/jobs/j1/resume",
    "/api/jobs/j1/cancel",
    "/api/jobs/j1/continue",
    "/api/jobs/j1/retry",
    "/api/jobs/j1/open",
    "/api/workers/1/kill",
    "/api/isolation",
    "/api/compare",
    "/api/compare/cancel",
    "/api/preview",
    "/api/images/source",
    "/api/images/exclude",
    "/api/images/clear",
    "/api/uploads",
    "/api/uploads/u1/file?name=a.png",
    "/api/uploads/u1/finish",
    "/api/uploads/u1/cancel",
    "/api/assets?name=a.png",
    "/api/recipes",
    "/api/recipes/r1/delete",
    "/api/recipes/read",
    "/api/recipes/write",
    "/api/jobs/forecast",
];

/// Every address that is read, and one that is none.
const READS: [&str; 26] = [
    "/",
    "/index.html",
    "/app.js",
    "/icon.svg",
    "/styles/lote.css",
    "/modules/texts-es.js",
    "/workers/monitor.js",
    "/ws",
    "/api/images",
    "/api/images/skipped",
    "/api/folders",
    "/api/original/x",
    "/api/assets/a-0123456789abcdef.png",
    "/api/thumb/x",
    "/api/output-thumb/x",
    "/api/output/x",
    "/api/jobs/j1/outputs",
    "/api/jobs/j1/photos",
    "/api/jobs/j1/zip",
    "/api/jobs/j1/report.html",
    "/api/jobs/j1/report.csv",
    "/api/jobs/j1/report.json",
    "/api/recipes",
    "/api/recipes/r1/file",
    "/?x",
    "/nothing",
];

#[test]
fn every_answer_has_its_headers_and_every_error_is_json() {
    let server = Server::start();
    for path in READS {
        let answer = server.get(path);
        assert!(is_guarded(&answer), "{path}");
        if answer.status >= 400 && path != "/ws" {
            assert!(!answer.code().is_empty(), "{path}");
        }
    }
    for path in [
        "/api/images?limit=x",
        "/api/jobs/j1/zip?variant=x",
        "/api/jobs/j1/outputs?status=x",
        "/api/original/%ff",
        "/api/jobs/%ff/report.html",
    ] {
        let answer = server.get(path);
        assert!([400, 404].contains(&answer.status) && is_guarded(&answer), "{path}");
        assert!(["bad_request", "not_found"].contains(&answer.code().as_str()), "{path}");
    }
}

fn is_guarded(answer: &Answer) -> bool {
    answer.header("content-security-policy").starts_with("default-src 'none'; script-src 'self';")
        && answer.header("x-content-type-options") == "nosniff"
        && answer.header("cross-origin-resource-policy") == "same-origin"
        && answer.header("referrer-policy") == "no-referrer"
        && answer.header("access-control-allow-origin").is_empty()
}

#[test]
fn a_foreign_host_is_refused_on_every_route() {
    let server = Server::start();
    let port = server.port;
    let ask = |path: &str, hosts: &str| {
        server.send(&format!("GET {path} HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n"), b"")
    };
    for path in READS {
        let answer = ask(path, &format!("Host: evil.example:{port}\r\n"));
        assert_eq!((answer.status, answer.code().as_str()), (421, "wrong_host"), "{path}");
        assert!(is_guarded(&answer), "{path}");
    }
    for host in [
        "evil.example".to_owned(),
        "127.0.0.1".to_owned(),
        "localhost:1".to_owned(),
        format!("127.0.0.1.evil.example:{port}"),
        format!("localhost.:{port}x"),
        format!("a@127.0.0.1:{port}"),
        format!("2130706433:{port}"),
        String::new(),
    ] {
        let answer = ask("/api/images", &format!("Host: {host}\r\n"));
        assert!([400, 421].contains(&answer.status), "{host:?}: {}", answer.status);
    }
    let own = format!("Host: localhost:{port}\r\n");
    assert!([400, 421].contains(&ask("/", "").status), "no host");
    assert!([400, 421].contains(&ask("/", &format!("{own}Host: evil.example\r\n")).status));
    assert!([400, 421].contains(&ask(&format!("http://evil.example:{port}/"), &own).status));
    for host in [format!("localhost:{port}"), format!("127.0.0.1:{port}"), format!("[::1]:{port}")]
    {
        assert_eq!(ask("/", &format!("Host: {host}\r\n")).status, 200, "{host}");
    }
}

#[test]
fn a_command_of_another_page_is_refused_on_every_route() {
    let server = Server::start();
    let port = server.port;
    let origins = [
        String::new(),
        "Origin: http://evil.example\r\n".into(),
        "Origin: null\r\n".into(),
        format!("Origin: https://127.0.0.1:{port}\r\n"),
        format!("Origin: http://localhost:{port}\r\n"),
        "Origin: http://127.0.0.1:3000\r\n".into(),
        "Origin: http://127.0.0.1\r\n".into(),
        format!("Origin: http://127.0.0.1:{port}.evil.example\r\n"),
        format!("Origin: http://127.0.0.1:{port}\r\nOrigin: http://evil.example\r\n"),
        format!("Referer: http://127.0.0.1:{port}/\r\n"),
    ];
    for path in COMMANDS {
        for origin in &origins {
            let answer = server.post_from(path, origin, b"{}");
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (403, "wrong_origin"),
                "{path} {origin}"
            );
            assert!(is_guarded(&answer));
        }
    }
    let cleared = server.post("/api/images/clear", &json!({}));
    assert_eq!(cleared.status, 200);
}

#[test]
fn a_socket_opens_only_to_the_servers_own_page() {
    let server = Server::start();
    let upgrade = |path: &str, origin: &str| {
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{origin}\r\n",
            server.host()
        );
        server.send(&head, b"").status
    };
    for path in ["/", "/ws"] {
        for origin in [
            "",
            "Origin: null\r\n",
            "Origin: http://evil.example\r\n",
            "Origin: http://127.0.0.1:1\r\n",
        ] {
            assert_eq!(upgrade(path, origin), 403, "{path} {origin}");
        }
    }
}

#[test]
fn pictures_of_the_server_cannot_be_put_into_other_pages() {
    let server = Server::start();
    let ask = |site: &str| {
        let head = format!(
            "GET /api/images HTTP/1.1\r\nHost: {}\r\nSec-Fetch-Site: {site}\r\nConnection: close\r\n\r\n",
            server.host()
        );
        server.send(&head, b"").status
    };
    assert_eq!(["cross-site", "same-site", "none", "same-origin"].map(ask), [403, 403, 200, 200]);
}

#[test]
fn an_allowed_page_may_ask_and_command_and_no_other() {
    let server = Server::start_with(&["--allow-origin", "http://localhost:3000"]);
    let with = |method: &str, path: &str, origin: &str| {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nOrigin: {origin}\r\nContent-Type: application/json\r\n\
             Content-Length: 2\r\nConnection: close\r\n\r\n",
            server.host()
        );
        server.send(&head, b"{}")
    };
    for (method, status) in [("POST", 200), ("OPTIONS", 204)] {
        let answer = with(method, "/api/images/clear", "http://localhost:3000");
        assert_eq!(answer.status, status, "{method}");
        assert_eq!(answer.header("access-control-allow-origin"), "http://localhost:3000");
    }
    for (method, status) in [("POST", 403), ("OPTIONS", 405)] {
        let answer = with(method, "/api/images/clear", "http://localhost:3001");
        assert_eq!((answer.status, is_guarded(&answer)), (status, true), "{method}");
    }
    let read = with("GET", "/api/images", "http://localhost:3001");
    assert_eq!(read.header("access-control-allow-origin"), "", "others cannot read the answer");
}

#[test]
fn a_page_behind_a_proxy_that_speaks_https_may_do_what_the_servers_own_may() {
    let server = Server::start_with(&["--allow-origin", "https://lote.example"]);
    let origin = "Origin: https://lote.example\r\n";
    assert_eq!(server.post_from("/api/images/clear", origin, b"{}").status, 200);
    let ask = |path: &str, headers: &str| {
        let host = server.host();
        let head = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n");
        server.send(&head, b"").status
    };
    let same_site = "Sec-Fetch-Site: same-origin\r\nConnection: close\r\n";
    assert_eq!((ask("/", same_site), ask("/api/images", same_site)), (200, 200));
    assert_eq!(open_from(&server, "https://lote.example", "/ws", Some("lote.v1")).1, 101);
}

#[test]
fn only_json_is_a_command() {
    let server = Server::start();
    for kind in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
    {
        let head = format!(
            "POST /api/images/clear HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\nContent-Type: {kind}\r\n\
             Content-Length: 2\r\nConnection: close\r\n\r\n",
            server.host(),
            server.origin()
        );
        assert_eq!(server.send(&head, b"{}").status, 415, "{kind:?}");
    }
    for body in
        ["", "{", "[]", "{\"source\":\"elsewhere\"}", "{\"source\":\"folder\",\"folder\":7}"]
    {
        let origin = format!("Origin: {}\r\n", server.origin());
        let answer = server.post_from("/api/images/source", &origin, body.as_bytes());
        assert_eq!((answer.status, answer.code().as_str()), (400, "bad_request"), "{body}");
    }
}

#[test]
fn other_methods_are_refused() {
    let server = Server::start();
    for method in ["PUT", "DELETE", "PATCH", "TRACE", "OPTIONS"] {
        let head = format!(
            "{method} /api/images HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\nConnection: close\r\n\r\n",
            server.host(),
            if method == "OPTIONS" { "http://evil.example".into() } else { server.origin() }
        );
        assert_eq!(server.send(&head, b"").status, 405, "{method}");
    }
    assert_eq!(server.get("/api/images/clear").status, 405);
    assert_eq!(server.post("/api/images", &json!({})).status, 405);
}

#[test]
fn whoever_watches_over_the_server_reads_its_figures() {
    let server = Server::start();
    assert_eq!((server.get("/healthz").status, server.get("/healthz").body), (200, b"ok\n".into()));
    let figures = || {
        let answer = server.get("/metrics");
        assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
        String::from_utf8(answer.body).unwrap()
    };
    assert!(figures().contains("lote_outputs_total{status=\"ok\"} 0\n"), "{}", figures());
    super::downloads::job(&server);
    let text = figures();
    assert!(text.contains("lote_outputs_total{status=\"ok\"} 6\n"), "{text}");
    assert!(!text.contains("lote_worker_starts_total 0\n"), "{text}");
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(name.starts_with("lote_") && value.parse::<f64>().is_ok(), "{line}");
    }
}

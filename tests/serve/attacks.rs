//! What attackers send, as a list: each line is tried on a running server, and none may succeed.
//!
//! `cargo test -p lote-tests --test serve attacks -- --nocapture` shows the figures.

use std::fs;
use std::io::{Read, Write};

use serde_json::json;

use super::client::{Answer, Server, folder_with};
use super::downloads;
use super::pictures::png;
use super::sockets::{frame, open_as};

/// Which server is attacked.
#[derive(Debug, Clone, Copy, PartialEq)]
enum To {
    /// One that listens on this machine only.
    Local,
    /// The same with `--allow-origin http://localhost:3000`.
    Allowing,
    /// One that other machines can reach, with a token.
    Open,
}
use To::{Allowing, Local, Open};

/// A request that must be refused. Unless `headers` say otherwise it has the server's own `Host`,
/// and as a command its `Origin` and the type of JSON. A header `-Name` leaves that one out. Words
/// in braces stand for what only the running server knows.
struct Attack(To, &'static str, &'static [&'static str], &'static str, &'static [u16]);

const UPGRADE: &str = "Upgrade: websocket\r\nConnection: Upgrade, close\r\nSec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
const FORM: &str = "Content-Type: application/x-www-form-urlencoded";
const JOB: &str = r#"{"mode":"processes","workers":1,"variants":[{"name":"grises","steps":[{"filter":"grises"}]}],"output":{"folder":null,"format":null,"quality":75,"pattern":"{name}","if_exists":"overwrite"}}"#;

#[rustfmt::skip]
const ATTACKS: &[Attack] = &[
    // Names that somebody else's DNS may give to this machine.
    Attack(Local, "GET /", &["Host: evil.example:{port}"], "", &[421]),
    Attack(Local, "GET /app.js", &["Host: evil.example:{port}"], "", &[421]),
    Attack(Local, "GET /styles/lote.css", &["Host: evil.example"], "", &[421]),
    Attack(Local, "GET /api/images", &["Host: evil.example:{port}", "Origin: {origin}"], "", &[421]),
    Attack(Local, "GET /ws", &["Host: evil.example:{port}", "Origin: http://evil.example:{port}", UPGRADE], "", &[421]),
    Attack(Local, "POST /api/images/clear", &["Host: evil.example:{port}", "Origin: http://evil.example:{port}"], "{}", &[421]),
    Attack(Local, "GET /api/images", &["Host: localhost.evil.example:{port}"], "", &[421]),
    Attack(Local, "GET /api/images", &["Host: 127.0.0.1.nip.io:{port}"], "", &[421]),
    Attack(Local, "GET /api/images", &["Host: 127.0.0.1"], "", &[421]),
    Attack(Local, "GET /api/images", &["Host: 127.1:{port}"], "", &[421]),
    Attack(Local, "GET /api/images", &["Host: 0x7f000001:{port}"], "", &[421]),
    Attack(Local, "GET /api/images", &["Host: 0.0.0.0:{port}"], "", &[421]),
    Attack(Local, "GET /api/images", &["Host: [::ffff:127.0.0.1]:{port}"], "", &[421]),
    Attack(Local, "GET /api/images", &["Host: localhost:{port}@evil.example"], "", &[400, 421]),
    Attack(Local, "GET /api/images", &["Host: localhost:{port}", "Host: evil.example"], "", &[400, 421]),
    Attack(Local, "GET /api/images", &["-Host"], "", &[400, 421]),
    Attack(Local, "GET http://evil.example/api/images", &[], "", &[421]),
    Attack(Local, "GET /api/images", &["Host: evil.example", "X-Forwarded-Host: 127.0.0.1:{port}"], "", &[421]),
    Attack(Local, "GET /api/images", &["Host: evil.example", "Forwarded: host=127.0.0.1:{port}"], "", &[421]),
    Attack(Open, "GET /api/images", &["Host: evil.example", "Authorization: Bearer {token}"], "", &[421]),
    Attack(Open, "GET /?token={token}", &["Host: evil.example:{port}"], "", &[421]),
    // Commands of other pages.
    Attack(Local, "POST /api/images/clear", &["Origin: http://evil.example"], "{}", &[403]),
    Attack(Local, "POST /api/images/clear", &["-Origin"], "{}", &[403]),
    Attack(Local, "POST /api/images/clear", &["-Origin", "Referer: {origin}/"], "{}", &[403]),
    Attack(Local, "POST /api/images/clear", &["Origin: null"], "{}", &[403]),
    Attack(Local, "POST /api/images/clear", &["Origin: https://127.0.0.1:{port}"], "{}", &[403]),
    Attack(Local, "POST /api/images/clear", &["Origin: http://localhost:{port}"], "{}", &[403]),
    Attack(Local, "POST /api/images/clear", &["Origin: {origin}.evil.example"], "{}", &[403]),
    Attack(Local, "POST /api/images/clear", &["Origin: {origin}0"], "{}", &[403]),
    Attack(Local, "POST /api/images/clear", &["Origin: {origin}", "Origin: http://evil.example"], "{}", &[403]),
    Attack(Local, "POST /api/images/clear", &["Origin: {origin} http://evil.example"], "{}", &[403]),
    Attack(Local, "POST /api/jobs", &["Origin: http://evil.example"], JOB, &[403]),
    Attack(Local, "POST /api/workers/1/kill", &["Origin: http://evil.example", FORM], "{}", &[403]),
    Attack(Local, "POST /api/uploads", &["Origin: http://evil.example"], r#"{"files":1,"bytes":1}"#, &[403]),
    Attack(Local, "POST /api/recipes", &["-Origin"], r#"{"name":"x","recipe":{"variants":[]}}"#, &[403]),
    Attack(Local, "POST /api/jobs/{job}/open", &["Origin: http://evil.example"], "{}", &[403]),
    Attack(Local, "POST /api/images/clear", &["Content-Type: text/plain"], "{}", &[415]),
    Attack(Local, "POST /api/images/clear", &[FORM], "{}=", &[415]),
    Attack(Local, "POST /api/uploads/{upload}/file?name=a.png", &["Content-Type: multipart/form-data; boundary=x"], "x", &[415]),
    Attack(Local, "GET /api/images/clear", &["X-HTTP-Method-Override: POST"], "", &[405]),
    Attack(Allowing, "POST /api/images/clear", &["Origin: http://localhost:30000"], "{}", &[403]),
    Attack(Allowing, "POST /api/images/clear", &["Origin: http://localhost:3000.evil.example"], "{}", &[403]),
    Attack(Allowing, "POST /api/images/clear", &["Origin: https://localhost:3000"], "{}", &[403]),
    Attack(Allowing, "OPTIONS /api/images/clear", &["Origin: http://evil.example", "Access-Control-Request-Method: POST"], "", &[405]),
    // Answers that other pages would like to have, or to have made.
    Attack(Local, "GET /api/images", &["Origin: http://evil.example"], "", &[403]),
    Attack(Allowing, "GET /api/images", &["Origin: null"], "", &[403]),
    Attack(Local, "GET /api/jobs/{job}/zip", &["Sec-Fetch-Site: cross-site"], "", &[403]),
    Attack(Local, "GET /api/thumb/{image}", &["Sec-Fetch-Site: same-site"], "", &[403]),
    Attack(Local, "GET /api/original/{image}", &["Origin: http://127.0.0.1:1"], "", &[403]),
    // Sockets of other pages.
    Attack(Local, "GET /ws", &[UPGRADE], "", &[403]),
    Attack(Local, "GET /ws", &["Origin: null", UPGRADE], "", &[403]),
    Attack(Local, "GET /ws", &["Origin: http://evil.example", UPGRADE, "Sec-WebSocket-Protocol: lote.v1"], "", &[403]),
    Attack(Local, "GET /", &["Origin: http://evil.example", UPGRADE], "", &[403]),
    Attack(Local, "GET /", &["Origin: http://localhost:{port}", UPGRADE], "", &[403]),
    Attack(Allowing, "GET /ws", &["Origin: http://localhost:3001", UPGRADE], "", &[403]),
    Attack(Open, "GET /ws", &["Origin: {origin}", UPGRADE], "", &[401]),
    Attack(Open, "GET /ws", &["Origin: http://evil.example", "Cookie: lote_{port}={token}", UPGRADE], "", &[403]),
    Attack(Open, "GET /ws?token={token}", &["Origin: http://evil.example", UPGRADE], "", &[403]),
    // Tokens.
    Attack(Open, "GET /", &[], "", &[401]),
    Attack(Open, "GET /app.js", &[], "", &[401]),
    Attack(Open, "GET /api/images?token={wrong}", &[], "", &[401]),
    Attack(Open, "GET /api/images?x={token}", &[], "", &[401]),
    Attack(Open, "HEAD /?token=", &[], "", &[401]),
    Attack(Open, "GET /api/images", &["Cookie: lote_1={token}"], "", &[401]),
    Attack(Open, "GET /api/images", &["Cookie: lote_{port}={wrong}"], "", &[401]),
    Attack(Open, "GET /api/images", &["Cookie: lote_{port}="], "", &[401]),
    Attack(Open, "GET /api/images", &["Authorization: Bearer "], "", &[401]),
    Attack(Open, "GET /api/images", &["Authorization: Bearer {wrong}"], "", &[401]),
    Attack(Open, "GET /api/images", &["Authorization: Basic {token}"], "", &[401]),
    Attack(Open, "POST /api/images/clear", &["-Origin", "Cookie: lote_{port}={token}"], "{}", &[403]),
    Attack(Open, "POST /api/images/clear?token={token}", &["Origin: {origin}"], "{}", &[401]),
    // Paths in the place of files of the page.
    Attack(Local, "GET /../../../../etc/passwd", &[], "", &[404]),
    Attack(Local, "GET /%2e%2e/%2e%2e/etc/passwd", &[], "", &[404]),
    Attack(Local, "GET /styles/..%2f..%2fsecret.png", &[], "", &[404]),
    Attack(Local, "GET /modules/{path}", &[], "", &[404]),
    Attack(Local, "GET //etc/passwd", &[], "", &[404]),
    Attack(Local, "GET /styles/..%5c..%5csecret.png", &[], "", &[404]),
    // Paths in the place of ids.
    Attack(Local, "GET /api/original/{path}", &[], "", &[404]),
    Attack(Local, "GET /api/original/..%2f..%2fsecret.png", &[], "", &[404]),
    Attack(Local, "GET /api/original/%2e%2e", &[], "", &[404]),
    Attack(Local, "GET /api/original/{image}%00.png", &[], "", &[404]),
    Attack(Local, "GET /api/original/%ff%fe", &[], "", &[404]),
    Attack(Local, "GET /api/thumb/{path}", &[], "", &[404]),
    Attack(Local, "GET /api/thumb/..%2f{image}", &[], "", &[404]),
    Attack(Local, "GET /api/output/{path}", &[], "", &[404]),
    Attack(Local, "GET /api/output/{path}?download=1", &[], "", &[404]),
    Attack(Local, "GET /api/output-thumb/%2e%2e%2fsecret.png", &[], "", &[404]),
    Attack(Local, "GET /api/folders?id={path}", &[], "", &[404]),
    Attack(Local, "GET /api/folders?id=..", &[], "", &[404]),
    Attack(Local, "GET /api/folders?id=%2e%2e%2f", &[], "", &[404]),
    Attack(Local, "GET /api/jobs/%2e%2e/zip", &[], "", &[404]),
    Attack(Local, "GET /api/jobs/{path}/report.json", &[], "", &[404]),
    Attack(Local, "GET /api/jobs/{path}/outputs", &[], "", &[404]),
    Attack(Local, "POST /api/jobs/%2e%2e/cancel", &[], "{}", &[404]),
    Attack(Local, "POST /api/jobs/{job}/retry", &[], r#"{"outputs":["../secret.png"]}"#, &[404, 409]),
    Attack(Local, "POST /api/workers/-1/kill", &[], "{}", &[404]),
    Attack(Local, "POST /api/workers/1%2f..%2f..%2fx/kill", &[], "{}", &[404]),
    Attack(Local, "POST /api/recipes/..%2f..%2fsecret.png/delete", &[], "{}", &[404]),
    Attack(Local, "POST /api/uploads/%2e%2e/finish", &[], "{}", &[404]),
    Attack(Local, "POST /api/uploads/..%2f..%2fx/cancel", &[], "{}", &[404]),
    Attack(Local, "POST /api/uploads/..%2fx/file?name=a.png", &["Content-Type: application/octet-stream"], "x", &[404]),
    Attack(Local, "POST /api/images/source", &[], r#"{"source":"folder","folder":"/etc","recursive":true}"#, &[404]),
    Attack(Local, "POST /api/images/source", &[], r#"{"source":"folder","folder":"../..","recursive":true}"#, &[404]),
    Attack(Local, "POST /api/images/source", &[], r#"{"source":"folder","folder":"","recursive":true}"#, &[404]),
    Attack(Local, "POST /api/images/exclude", &[], r#"{"images":["../secret.png"],"excluded":true}"#, &[404]),
    Attack(Local, "POST /api/preview", &[], r#"{"image":"../secret.png","steps":[],"encoding":{"format":null,"quality":75},"size":null,"exact":true}"#, &[404]),
    // A link among the images that leads to a file elsewhere.
    Attack(Local, "GET /api/original/{link}", &[], "", &[404]),
    Attack(Local, "GET /api/thumb/{link}", &[], "", &[404]),
    Attack(Local, "POST /api/preview", &[], r#"{"image":"{link}","steps":[],"encoding":{"format":null,"quality":75},"size":null,"exact":true}"#, &[404]),
    // Outputs elsewhere.
    Attack(Local, "POST /api/jobs", &[], r#"{"mode":"processes","workers":1,"variants":[{"name":"../x","steps":[{"filter":"grises"}]}],"output":{"folder":null,"format":null,"quality":75,"pattern":"{name}","if_exists":"overwrite"}}"#, &[400]),
    Attack(Local, "POST /api/jobs", &[], r#"{"mode":"processes","workers":1,"variants":[{"name":"x","steps":[{"filter":"grises"}]}],"output":{"folder":"../..","format":null,"quality":75,"pattern":"{name}","if_exists":"overwrite"}}"#, &[400]),
    Attack(Local, "POST /api/jobs", &[], r#"{"mode":"processes","workers":1,"variants":[{"name":"x","steps":[{"filter":"grises"}]}],"output":{"folder":"/tmp","format":null,"quality":75,"pattern":"{name}","if_exists":"overwrite"}}"#, &[400]),
    Attack(Local, "POST /api/jobs", &[], r#"{"mode":"processes","workers":1,"variants":[{"name":"x","steps":[{"filter":"grises"}]}],"output":{"folder":null,"format":null,"quality":75,"pattern":"../../{name}","if_exists":"overwrite"}}"#, &[400]),
    Attack(Local, "POST /api/jobs", &[], r#"{"mode":"processes","workers":1000000,"variants":[{"name":"x","steps":[{"filter":"grises"}]}],"output":{"folder":null,"format":null,"quality":75,"pattern":"{name}","if_exists":"overwrite"}}"#, &[400]),
    // Too much.
    Attack(Local, "GET /{long}", &[], "", &[0, 404, 414, 431]),
    Attack(Local, "GET /", &["X-Filler: {long}"], "", &[0, 431]),
    Attack(Local, "GET /", &["{many}"], "", &[0, 431]),
    Attack(Local, "POST /api/images/exclude", &[], r#"{"images":["{huge}"],"excluded":true}"#, &[413]),
    Attack(Local, "POST /api/images/exclude", &["Transfer-Encoding: chunked"], "20000\r\n{huge}", &[400, 413]),
    Attack(Local, "POST /api/recipes", &[], "{deep}", &[400]),
    Attack(Local, "POST /api/uploads", &[], r#"{"files":1,"bytes":18446744073709551615}"#, &[413]),
    Attack(Local, "POST /api/uploads", &[], r#"{"files":1000000000,"bytes":1}"#, &[413]),
    Attack(Local, "POST /api/uploads", &[], r#"{"files":-1,"bytes":1}"#, &[400]),
    Attack(Local, "POST /api/uploads/{upload}/file?name=a.png", &["Content-Type: application/octet-stream", "Content-Length: 999999999999"], "", &[413]),
    Attack(Local, "POST /api/uploads/{upload}/file?name=a.png", &["Content-Type: application/octet-stream"], "{huge}", &[413]),
    Attack(Local, "POST /api/images/source", &[], r#"{"source":"samples","count":1000000000}"#, &[400]),
    // What proxies and servers read differently.
    Attack(Local, "POST /api/images/clear", &["Content-Length: 2", "Content-Length: 40"], "{}", &[400]),
    Attack(Local, "POST /api/images/clear", &["Transfer-Encoding: chunked, identity"], "0\r\n\r\n", &[400]),
    Attack(Local, "POST /api/images/clear", &["Transfer-Encoding: chunked"], "ffffffffffffffffff\r\n", &[400]),
    Attack(Local, "POST /api/images/clear", &["Content-Length: -1"], "{}", &[400]),
    Attack(Local, "GET /\0", &[], "", &[400]),
    Attack(Local, "GET /", &["X-A: b\r\n folded"], "", &[400]),
    Attack(Local, "GET /", &["X-A: b\rHost: evil.example"], "", &[400]),
    // Other methods.
    Attack(Local, "TRACE /api/images", &[], "", &[405]),
    Attack(Local, "CONNECT evil.example:443", &[], "", &[400, 405, 421]),
    Attack(Local, "PUT /api/images", &["Origin: {origin}"], "x", &[405]),
    Attack(Local, "DELETE /api/recipes/r1", &["Origin: {origin}"], "", &[405]),
];

/// What only the running server knows.
struct Facts {
    pairs: Vec<(&'static str, String)>,
}

impl Facts {
    fn fill(&self, text: &str) -> String {
        self.pairs.iter().fold(text.to_owned(), |text, (word, value)| text.replace(word, value))
    }
}

/// An attack as bytes.
fn request(attack: &Attack, facts: &Facts) -> (String, String) {
    let Attack(_, line, headers, body, _) = attack;
    let body = facts.fill(body);
    let has = |name: &str| {
        let is_it = |header: &&&str| {
            let header = header.trim_start_matches('-').to_lowercase();
            header.split([':', '\r']).next() == Some(name)
        };
        headers.iter().any(|header| is_it(&header))
    };
    let is_command = line.starts_with("POST");
    let mut head = format!("{} HTTP/1.1\r\n", facts.fill(line));
    let mut add = |line: &str| head.push_str(&facts.fill(&format!("{line}\r\n")));
    if !has("host") {
        add("Host: {own}");
    }
    if is_command && !has("origin") {
        add("Origin: {origin}");
    }
    if is_command && !has("content-type") {
        add("Content-Type: application/json");
    }
    if !body.is_empty() && !has("content-length") && !has("transfer-encoding") {
        add(&format!("Content-Length: {}", body.len()));
    }
    if !has("upgrade") {
        add("Connection: close");
    }
    for header in headers.iter().filter(|header| !header.starts_with('-')) {
        add(header);
    }
    head.push_str("\r\n");
    (head, body)
}

fn target(server: &Server, pairs: Vec<(&'static str, String)>) -> Facts {
    let mut all = vec![
        ("{own}", server.host()),
        ("{origin}", server.origin()),
        ("{port}", server.port.to_string()),
        ("{long}", "x".repeat(20 << 10)),
        ("{huge}", "x".repeat(0x20000)),
        ("{deep}", format!("{}{}", "[".repeat(20_000), "]".repeat(20_000))),
        ("{many}", (0..300).map(|n| format!("X-{n}: x")).collect::<Vec<_>>().join("\r\n")),
    ];
    all.extend(pairs);
    Facts { pairs: all }
}

/// A server with a picture, and a link to one that is none of its business.
fn local(arguments: &[&str]) -> (Server, Facts) {
    let folder = folder_with(&[("secret.png", b"\x89PNG\r\n\x1a\nTOP SECRET")]);
    fs::create_dir(folder.path().join("input_images")).unwrap();
    fs::write(folder.path().join("input_images/a.png"), png(60, 40, 1)).unwrap();
    let link = folder.path().join("input_images/link.png");
    std::os::unix::fs::symlink(folder.path().join("secret.png"), link).unwrap();
    let server = Server::start_in(folder, arguments);
    let job = downloads::job(&server);
    server.post("/api/images/source", &json!({"source": "input"}));
    let images = server.get("/api/images").json();
    let id = |at: usize| images["images"][at]["id"].as_str().unwrap().to_owned();
    let upload = server.post("/api/uploads", &json!({"files": 9, "bytes": 1000})).json();
    let path = server.path("secret.png").display().to_string().replace('/', "%2F");
    let facts = target(
        &server,
        vec![
            ("{image}", id(0)),
            ("{link}", id(1)),
            ("{job}", job),
            ("{upload}", upload["upload"].as_str().unwrap().to_owned()),
            ("{path}", path),
        ],
    );
    (server, facts)
}

fn open() -> (Server, Facts) {
    let server = Server::start_with(&["--host", "0.0.0.0"]);
    let token = server.url.split("token=").nth(1).unwrap().to_owned();
    let wrong = token.chars().rev().collect();
    let facts = target(&server, vec![("{token}", token), ("{wrong}", wrong)]);
    (server, facts)
}

/// Whether an attack was refused as it has to be: the status fits, and the answer tells nothing.
fn is_refused(attack: &Attack, answer: &Answer, server: &Server, facts: &Facts) -> bool {
    let said = String::from_utf8_lossy(&answer.body);
    let folder = server.folder.path().display().to_string();
    let token = facts.pairs.iter().find(|(word, _)| *word == "{token}");
    attack.4.contains(&answer.status)
        && !["TOP SECRET", "root:", folder.as_str()].iter().any(|secret| said.contains(secret))
        && !token.is_some_and(|(_, token)| said.contains(token.as_str()))
        && !answer.headers.contains_key("set-cookie")
        && !answer.headers.contains_key("access-control-allow-origin")
}

#[test]
fn no_attack_succeeds() {
    let mut succeeded = Vec::new();
    for to in [Local, Allowing, Open] {
        let (server, facts) = match to {
            Local => local(&[]),
            Allowing => local(&["--allow-origin", "http://localhost:3000"]),
            Open => open(),
        };
        let token = facts.fill("Authorization: Bearer {token}\r\n");
        let look = || {
            ["/api/images", "/api/recipes", "/api/images/skipped"].map(|path| {
                let head = format!(
                    "GET {path} HTTP/1.1\r\nHost: {}\r\n{token}Connection: close\r\n\r\n",
                    server.host()
                );
                server.send(&head, b"").json()
            })
        };
        let before = look();
        for attack in ATTACKS.iter().filter(|attack| attack.0 == to) {
            let (head, body) = request(attack, &facts);
            let answer = server.send(&head, body.as_bytes());
            if !is_refused(attack, &answer, &server, &facts) {
                let head = head.chars().take(300).collect::<String>();
                succeeded.push(format!("{head}\n=> {} {:?}", answer.status, answer.headers));
            }
        }
        assert_eq!(look(), before, "nothing has changed at {to:?}");
        // The key that records are sealed with is in `state`.
        let own = ["input_images", "output_images", "secret.png", "state"];
        let left = fs::read_dir(server.folder.path()).unwrap().flatten();
        let strange: Vec<_> = left
            .map(|entry| entry.file_name())
            .filter(|name| own.iter().all(|own| name != own))
            .collect();
        assert!(strange.is_empty(), "{strange:?}");
    }
    println!("attacks: {} tried, {} succeeded", ATTACKS.len(), succeeded.len());
    assert!(ATTACKS.len() >= 40);
    assert!(succeeded.is_empty(), "{}", succeeded.join("\n"));
}

/// A frame as RFC 6455, 5.2 has it, under the mask 0: the first byte, and what is said of the
/// length.
fn raw(first: u8, length: &[u8], content: &[u8]) -> Vec<u8> {
    [&[first], length, &[0; 4], content].concat()
}

#[test]
fn no_frame_does_more_than_end_its_own_connection() {
    let server = Server::start();
    let much = vec![b'x'; 70 << 10];
    let parts: Vec<_> = (0_u8..20)
        .flat_map(|part| raw(u8::from(part == 0), &[0xfe, 0x20, 0], &much[..0x2000]))
        .collect();
    let attacks: [(&str, Vec<u8>); 10] = [
        ("above 64 KiB", frame(&much)),
        ("above 64 KiB in parts", parts),
        ("says that it has 2^63 bytes", raw(0x81, &[0xff, 0x80, 0, 0, 0, 0, 0, 0, 0], b"")),
        ("says that it has 4 GiB", raw(0x81, &[0xff, 0, 0, 0, 1, 0, 0, 0, 0], b"")),
        ("is not masked", vec![0x81, 0x02, b'{', b'}']),
        ("has reserved bits", raw(0xf1, &[0x82], b"{}")),
        ("is of no known kind", raw(0x83, &[0x82], b"{}")),
        ("goes on with nothing", raw(0x80, &[0x82], b"{}")),
        ("is a ping of 200 bytes", raw(0x89, &[0xfe, 0, 200], &much[..200])),
        ("is no UTF-8", raw(0x81, &[0x82], b"\xff\xfe")),
    ];
    for (what, bytes) in attacks {
        for protocol in [None, Some("lote.v1")] {
            let (mut stream, status) = open_as(&server, "/ws", protocol);
            assert_eq!(status, 101);
            // The server may close before it has read everything.
            let _ = stream.write_all(&bytes);
            // This returns when the server closes, and never if it does not.
            let _ = stream.read_to_end(&mut Vec::new());
            assert_eq!(server.get("/").status, 200, "{what}");
        }
    }
}

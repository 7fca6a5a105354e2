//! The page's own files, and nothing else of its folder.

use super::client::Server;

#[test]
fn the_page_and_its_parts_are_served() {
    let server = Server::start();
    for (path, kind) in [
        ("/", "text/html; charset=utf-8"),
        ("/index.html", "text/html; charset=utf-8"),
        ("/app.js", "text/javascript; charset=utf-8"),
        ("/workers/monitor.js", "text/javascript; charset=utf-8"),
        ("/modules/texts-es.js", "text/javascript; charset=utf-8"),
        ("/styles/lote.css", "text/css; charset=utf-8"),
        ("/icon.svg", "image/svg+xml"),
    ] {
        let answer = server.get(path);
        assert_eq!((answer.status, answer.header("content-type")), (200, kind), "{path}");
        assert_eq!(answer.header("cache-control"), "no-cache");
        assert!(!answer.header("etag").is_empty() && !answer.body.is_empty());
    }
}

#[test]
fn no_address_leads_to_other_files() {
    let server = Server::start();
    for path in [
        "/package.json",
        "/CONTRACT.md",
        "/dev/server.js",
        "/tests/site.js",
        "/node_modules/x.js",
        "/styles/../package.json",
        "/../Cargo.toml",
        "/styles/../../Cargo.toml",
        "/styles/%2e%2e/package.json",
        "/styles/..%2fpackage.json",
        "/modules/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/styles//etc/passwd",
        "//etc/passwd",
        "/etc/passwd",
        "/.git/config",
        "/styles/lote.css/",
        "/index.html%00.js",
        "/api/original/../../../etc/passwd",
        "/api/original/%2fetc%2fpasswd",
        "/api/thumb/..%2f..%2fetc%2fpasswd",
        "/api/output/%2e%2e",
        "/api/folders?id=/etc",
        "/api/folders?id=..%2f..",
        "/api/folders?id=../../etc",
        "/api/jobs/../../x/zip",
        "/api/jobs/x/zip",
        "/api/jobs/x/report.html",
        "/api/jobs/x/report.exe",
        "/api/nothing",
    ] {
        let answer = server.get(path);
        assert!([400, 404].contains(&answer.status), "{path}: {}", answer.status);
        assert!(!answer.body.windows(5).any(|five| five == b"root:"), "{path}");
    }
}

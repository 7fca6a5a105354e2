//! One image in, one image out, for programs.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use super::client::Server;
use crate::patience::wait_until;

/// A picture that this program has not written.
fn picture() -> Vec<u8> {
    let image = image::RgbImage::from_fn(40, 30, |x, y| image::Rgb([x as u8, y as u8, 90]));
    let mut bytes = Vec::new();
    let format = image::ImageFormat::Png;
    image.write_to(&mut std::io::Cursor::new(&mut bytes), format).unwrap();
    bytes
}

#[test]
fn a_picture_comes_back_filtered_and_in_the_format_that_was_asked_for() {
    let server = Server::start();
    let origin = format!("Origin: {}\r\n", server.origin());
    let convert = |query: &str, body: &[u8]| {
        server.post_from(&format!("/api/convert?{query}"), &origin, body)
    };
    let answer = convert("f=invertir+redimensionar:porcentaje=50", &picture());
    assert_eq!((answer.status, answer.header("content-type")), (200, "image/png"));
    let made = image::load_from_memory(&answer.body).unwrap().to_rgb8();
    assert_eq!(made.dimensions(), (20, 15));
    let answer = convert("f=grises&format=webp&quality=50", &picture());
    assert_eq!((answer.status, answer.header("content-type")), (200, "image/webp"));
    let answer = convert("f=grises", b"no image");
    assert_eq!((answer.status, answer.code().as_str()), (422, "not-an-image"));
    let answer = convert("f=gris", &picture());
    assert_eq!((answer.status, answer.code().as_str()), (400, "bad_request"));
    assert!(answer.json()["error"]["hint"].as_str().unwrap().contains("grises"));
    // Nothing of it stays.
    let left = fs::read_dir(server.path("output_images/.lote/server/uploads")).unwrap();
    assert_eq!(left.count(), 0);
}

#[test]
fn a_picture_that_takes_too_long_is_not_called_a_bad_one() {
    let server = Server::start_with(&["--timeout", "0.01"]);
    let origin = format!("Origin: {}\r\n", server.origin());
    let (mut large, format) = (Vec::new(), image::ImageFormat::Png);
    let image = image::RgbImage::from_fn(3000, 2000, |x, y| image::Rgb([x as u8, y as u8, 90]));
    image.write_to(&mut std::io::Cursor::new(&mut large), format).unwrap();
    let slow = "/api/convert?f=mediana:radio=50+blur:radius=50+mediana:radio=40";
    let answer = server.post_from(slow, &origin, &large);
    assert_eq!((answer.status, answer.code().as_str()), (504, "timeout"), "{answer:?}");
    let error = answer.json()["error"].clone();
    assert_eq!(error["message"], "it took longer than 0.01 s");
    assert!(error["hint"].as_str().unwrap().contains("--timeout"), "{error}");
}

#[test]
fn the_server_describes_its_routes() {
    let answer = Server::start().get("/api");
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    assert_eq!(answer.json()["openapi"], "3.1.0");
}

#[test]
fn a_token_in_a_file_stays_and_programs_need_no_origin_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let file = file.to_str().unwrap();
    let server = Server::start_with(&["--token-file", file]);
    let token = fs::read_to_string(file).unwrap();
    let token = token.trim();
    assert_eq!(server.url.split("token=").nth(1), Some(token));
    let bearer = format!("Authorization: Bearer {token}\r\n");
    assert_eq!(server.post_from("/api/convert?f=sepia", &bearer, &picture()).status, 200);
    assert_eq!(server.post_from("/api/convert?f=sepia", "", &picture()).status, 401);
    drop(server);
    let again = Server::start_with(&["--token-file", file]);
    assert_eq!(again.post_from("/api/convert?f=sepia", &bearer, &picture()).status, 200);
}

/// What `curl` says of a request: the status, and `Retry-After` where there is one.
fn curl(server: &Server, query: &str, arguments: &[&str]) -> String {
    let curl = Command::new("curl")
        .args(["-s", "-o", "/dev/null", "-w", "%{http_code} %header{retry-after}"])
        .args(["-H", &format!("Origin: {}", server.origin()), "-H", "Expect:"])
        .args(arguments)
        .arg(format!("{}/api/convert?{query}", server.origin()))
        .output()
        .unwrap();
    String::from_utf8(curl.stdout).unwrap().trim().to_owned()
}

#[test]
fn what_is_too_large_or_too_much_is_refused_and_harms_nobody_else() {
    let server = Server::start();
    let picture = {
        fs::write(server.path("a.png"), picture()).unwrap();
        format!("@{}", server.path("a.png").display())
    };
    // A file of nothing but holes.
    let large = server.path("large.jpg");
    fs::File::create(&large).unwrap().set_len((256 << 20) + 1).unwrap();
    let large = large.to_str().unwrap();
    assert_eq!(curl(&server, "f=grises", &["-X", "POST", "-T", large]), "413");
    fs::write(server.path("no.jpg"), "no image").unwrap();
    let no = format!("@{}", server.path("no.jpg").display());
    assert_eq!(curl(&server, "f=grises", &["--data-binary", &no]), "422");
    assert_eq!(curl(&server, "f=grises&what=1", &["--data-binary", &picture]), "400");
    assert_eq!(curl(&server, "f=grises", &["--data-binary", &picture]), "200");

    // Callers that have announced an image and do not send it.
    let head = format!(
        "POST /api/convert?f=grises HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\nContent-Length: 9\r\n\r\n",
        server.host(),
        server.origin()
    );
    let holding: Vec<_> = (0..64)
        .map(|_| {
            let mut stream = server.connect();
            stream.write_all(head.as_bytes()).unwrap();
            stream
        })
        .collect();
    let answer = || curl(&server, "f=grises", &["--data-binary", &picture]);
    wait_until("a refusal", || answer() == "429 1");
    drop(holding);
    wait_until("an image", || answer() == "200");
}

/// The commands of the README, between its markers, as a shell runs them.
#[test]
fn the_examples_of_the_readme_work() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let (_, rest) = readme.split_once("<!-- curl: begin -->\n```sh\n").expect("a marker");
    let (commands, _) = rest.split_once("```\n<!-- curl: end -->").expect("a marker");
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("lote.token");
    let server = Server::start_with(&["--token-file", token.to_str().unwrap()]);
    fs::write(folder.path().join("a.png"), picture()).unwrap();
    fs::write(server.path("input_images/b.png"), picture()).unwrap();
    let script = commands.replace("127.0.0.1:8765", &server.host()).replace("sleep 1", ":");
    let (start, curl) = script.split_once('\n').unwrap();
    assert!(start.starts_with("lote serve --token-file lote.token"), "{start}");
    let done = Command::new("sh")
        .args(["-ec", curl])
        .current_dir(folder.path())
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(done.status.success(), "{curl}");
    let made = image::open(folder.path().join("b.webp")).unwrap();
    assert_eq!((made.width(), made.height()), (20, 15));
    let said = String::from_utf8(done.stdout).unwrap();
    assert!(said.contains(r#""state":"finished""#), "{said}");
    let report = fs::read_to_string(folder.path().join("report.csv")).unwrap();
    assert!(report.contains(r#""b.png","web","ok","web/b.webp","#), "{report}");
    assert!(server.path("output_images/web/b.webp").is_file());
}

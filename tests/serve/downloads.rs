//! What comes out of a job: the archive and the reports.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::client::{PNG, Server, folder_with};
use super::pictures::png;
use super::stream::{Page, pictures, start};
use crate::patience::wait_until;

/// Runs a job on three samples and two filters to its end; returns its id.
pub(crate) fn job(server: &Server) -> String {
    server.settled();
    server.post("/api/images/source", &json!({"source": "samples", "count": 3}));
    let id = accepted(server);
    wait_until("all outputs", || outputs(server, &id)["total"] == 6);
    id
}

/// Asks for a job of two filters on the images that are chosen; returns its id.
fn accepted(server: &Server) -> String {
    let variant = |name: &str| json!({"name": name, "steps": [{"filter": name, "params": {}}]});
    let answer = server.post(
        "/api/jobs",
        &json!({
            "mode": "processes", "workers": 2, "variants": [variant("grises"), variant("invertir")],
            "output": {"folder": null, "format": null, "quality": 75, "pattern": "{name}_{variant}",
                       "if_exists": "overwrite"},
        }),
    );
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    answer.json()["job"].as_str().unwrap().to_owned()
}

fn outputs(server: &Server, job: &str) -> Value {
    server.get(&format!("/api/jobs/{job}/outputs?limit=500")).json()
}

/// What Python finds in an archive: names, and whether all is whole.
fn unpacked(server: &Server, archive: &[u8]) -> Vec<String> {
    let path = server.path("x.zip");
    fs::write(&path, archive).unwrap();
    let script = "import sys,zipfile,json; z=zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; \
                  z.extractall('unpacked'); print(json.dumps(sorted(z.namelist())))";
    let output = Command::new("python3")
        .args(["-X", "utf8", "-c", script])
        .arg(&path)
        .current_dir(server.folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn outputs_can_be_asked_for_as_soon_as_a_job_is_accepted() {
    let server = Server::start();
    server.settled();
    server.post("/api/images/source", &json!({"source": "samples", "count": 3}));
    for _ in 0..20 {
        let job = accepted(&server);
        assert_eq!(server.get(&format!("/api/jobs/{job}/outputs")).status, 200);
    }
    assert_eq!(server.get("/api/jobs/j21/outputs").status, 404);
}

#[test]
fn results_are_told_photo_by_photo() {
    let server = Server::start();
    let job = job(&server);
    let photos = |query: &str| server.get(&format!("/api/jobs/{job}/photos?{query}")).json();
    let all = photos("");
    assert_eq!((&all["total"], &all["counts"]), (&3.into(), &json!([3, 0, all["counts"][2]])));
    let rows = all["rows"].as_array().unwrap();
    let listed = outputs(&server, &job)["outputs"].clone();
    let cells: Vec<&Value> = rows.iter().flat_map(|row| row["cells"].as_array().unwrap()).collect();
    assert_eq!(cells.len(), 6);
    for (cell, output) in cells.iter().zip(listed.as_array().unwrap()) {
        for key in ["output", "name", "bytes", "status"] {
            assert_eq!(cell[key], output[key]);
        }
    }
    let sizes = |rows: &Value| {
        let rows = rows["rows"].as_array().unwrap().iter();
        rows.map(|row| row["bytes"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    let by_size = sizes(&photos("sort=size"));
    assert!(by_size.is_sorted_by(|one, next| one >= next), "{by_size:?}");
    let name = rows[1]["name"].as_str().unwrap().to_uppercase();
    let found = photos(&format!("q={name}&limit=1"));
    assert_eq!((&found["total"], &found["rows"][0]), (&1.into(), &rows[1]));
    assert_eq!(photos("only=problems")["total"], 0);
    assert_eq!(server.get("/api/jobs/j9/photos").status, 404);
    let named = server.get(&format!("/api/jobs/{job}/zip?variant=0&name=Boda/2026"));
    let disposition = named.header("content-disposition");
    assert!(disposition.contains("Boda_2026.zip"), "{disposition}");
}

#[test]
fn all_outputs_come_as_one_archive() {
    let server = Server::start();
    let job = job(&server);
    let answer = server.get(&format!("/api/jobs/{job}/zip"));
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/zip"));
    let disposition = answer.header("content-disposition");
    assert!(disposition.starts_with("attachment; filename=\"lote.zip\""), "{disposition}");
    assert_eq!(answer.header("content-length"), answer.body.len().to_string());
    let names = unpacked(&server, &answer.body);
    assert_eq!(names.len(), 6);
    for name in &names {
        assert!(name.starts_with("grises/") || name.starts_with("invertir/"), "{name}");
        let written = fs::read(server.path("output_images").join(name)).unwrap();
        assert!(written == fs::read(server.path("unpacked").join(name)).unwrap(), "{name}");
    }

    let one = server.get(&format!("/api/jobs/{job}/zip?variant=1"));
    assert!(unpacked(&server, &one.body).iter().all(|name| name.starts_with("invertir/")));
    fs::remove_file(server.path("output_images").join(&names[0])).unwrap();
    let rest = server.get(&format!("/api/jobs/{job}/zip"));
    assert_eq!(unpacked(&server, &rest.body), names[1..]);
    fs::remove_dir_all(server.path("output_images/invertir")).unwrap();
    assert_eq!(server.get(&format!("/api/jobs/{job}/zip?variant=1")).status, 404);
    assert_eq!(server.get(&format!("/api/jobs/{job}/zip?variant=9")).status, 404);
}

#[test]
fn no_name_in_an_archive_leads_out_of_the_folder_it_is_unpacked_to() {
    let names: [&[u8]; 7] = [
        b"..\\..\\evil.png",
        b"C:\\evil.png",
        b"<img src=x onerror=alert(1)>.png",
        b"line\nfeed \x1b[31m.png",
        b"\xff\xfe.png",
        b"\xe2\x80\xaegnp.png",
        b"..png",
    ];
    let folder = folder_with(&[]);
    let input = folder.path().join("input_images");
    fs::create_dir(&input).unwrap();
    for name in names {
        fs::write(input.join(OsStr::from_bytes(name)), png(6, 4, 1)).unwrap();
    }
    let server = Server::start_in(folder, &[]);
    server.settled();
    let mut page = Page::open(&server);
    let job = start(&server, &["grises"]);
    assert_eq!(page.until_job("finished")["progress"]["ok"], names.len());
    let answer = server.get(&format!("/api/jobs/{job}/zip"));
    let packed = unpacked(&server, &answer.body);
    assert_eq!(packed.len(), names.len());
    for name in &packed {
        assert!(name.starts_with("grises/"), "{name}");
        assert_eq!(name.matches('/').count(), 1, "{name}");
        let hostile = |c: char| c.is_control() || "\\:<>|\"?*".contains(c);
        assert!(!name.contains(hostile), "{name:?}");
    }
    let walk = fs::read_dir(server.path("unpacked/grises")).unwrap().count();
    assert_eq!(walk, names.len());
}

#[test]
fn a_link_that_takes_the_place_of_an_output_or_its_folder_is_not_followed() {
    let server = Server::start();
    let job = job(&server);
    fs::write(server.path("secret"), b"not an output").unwrap();
    let listed = outputs(&server, &job);
    let output = &listed["outputs"][0];
    let (id, variant) = (output["output"].as_str().unwrap(), output["variant"].as_u64().unwrap());
    let name = unpacked(&server, &server.get(&format!("/api/jobs/{job}/zip")).body)
        .into_iter()
        .find(|name| name.starts_with(["grises", "invertir"][variant as usize]))
        .unwrap();
    let path = server.path("output_images").join(&name);
    let swapped = |target: &str, place: &Path| {
        let kept = server.path("kept");
        fs::rename(place, &kept).unwrap();
        std::os::unix::fs::symlink(server.path(target), place).unwrap();
        let zip = server.get(&format!("/api/jobs/{job}/zip?variant={variant}"));
        let delivered = [
            zip.body,
            server.get(&format!("/api/output/{id}?download=1")).body,
            server.get(&format!("/api/output/{id}")).body,
        ];
        for body in delivered {
            let leak = body.windows(13).any(|bytes| bytes == b"not an output");
            assert!(!leak, "{}", place.display());
        }
        fs::remove_file(place).unwrap();
        fs::rename(&kept, place).unwrap();
    };
    swapped("secret", &path);
    fs::create_dir(server.path("elsewhere")).unwrap();
    fs::write(server.path("elsewhere").join(path.file_name().unwrap()), b"not an output").unwrap();
    swapped("elsewhere", path.parent().unwrap());
}

#[test]
fn a_browser_that_leaves_ends_its_archive_and_nothing_else() {
    let server = Server::start();
    let job = job(&server);
    for _ in 0..30 {
        let mut stream = server.connect();
        let head = format!("GET /api/jobs/{job}/zip HTTP/1.1\r\nHost: {}\r\n\r\n", server.host());
        std::io::Write::write_all(&mut stream, head.as_bytes()).unwrap();
        drop(stream);
    }
    // There are places for a few archives only, so those have to come free again.
    wait_until("a place", || server.get(&format!("/api/jobs/{job}/zip")).status == 200);
}

#[test]
fn the_report_is_a_page_a_table_and_data() {
    let server = Server::start();
    let job = job(&server);
    let report = |ending: &str, lang: &str| {
        server.get(&format!("/api/jobs/{job}/report.{ending}?lang={lang}"))
    };
    let page = report("html", "es");
    let text = String::from_utf8(page.body.clone()).unwrap();
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.header("content-disposition").starts_with("attachment"));
    assert!(text.contains("6 listos, 0 con fallo") && text.contains("<td>invertir</td>"), "{text}");
    let table = String::from_utf8(report("csv", "en").body).unwrap();
    assert_eq!(table.lines().count(), 7, "{table}");
    assert!(table.contains(r#","grises","ok","grises/"#), "{table}");
    let data = report("json", "en").json();
    assert_eq!((&data["job"]["id"], &data["job"]["progress"]["ok"]), (&json!(job), &json!(6)));
    assert!(data["seconds"].as_f64().unwrap() > 0.0);
}

#[test]
fn images_that_came_after_the_list_was_made_are_named_in_lists_and_reports() {
    let server = Server::start_in(pictures(1), &[]);
    server.settled();
    fs::write(server.path("input_images/later.png"), png(30, 20, 7)).unwrap();
    fs::write(server.path("input_images/worse.png"), PNG).unwrap();
    let job = start(&server, &["grises"]);
    let get = |what: &str| server.get(&format!("/api/jobs/{job}{what}"));
    wait_until("the end", || get("").json()["state"] == "finished");
    let text = |what: &str| String::from_utf8(get(what).body).unwrap();
    let table = text("/report.csv");
    assert!(table.contains(r#""later.png","grises","ok","grises/later_grises.png","#), "{table}");
    assert!(table.contains(r#""worse.png","grises","failed","#), "{table}");
    assert!(text("/report.html").contains("<td>worse.png</td>"));
    assert_eq!(get("/report.json").json()["failures"][0]["name"], "worse.png");
    // They are on the list as well, so that their thumbnails can be asked for.
    assert_eq!(server.get("/api/images").json()["total"], 3);
    let rows = get("/photos?q=later").json()["rows"].clone();
    assert_eq!(
        (rows[0]["name"].as_str(), rows.as_array().map(Vec::len)),
        (Some("later.png"), Some(1))
    );
    let thumb = format!("/api/thumb/{}", rows[0]["image"].as_str().unwrap());
    assert_eq!(server.get(&thumb).status, 200);
}

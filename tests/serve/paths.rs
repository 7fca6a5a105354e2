//! What the server says, a page may read on another machine: it never says where things are.

use std::fs;

use serde_json::{Value, json};

use super::client::{Answer, PNG, Server, folder_with};
use super::pictures::png;
use super::stream::{Page, command, pictures, request, start};

/// All that a server has said.
struct Said<'a> {
    server: &'a Server,
    texts: Vec<String>,
}

impl Said<'_> {
    fn note(&mut self, answer: &Answer) {
        self.texts.push(String::from_utf8_lossy(&answer.body).into_owned());
    }

    /// Sends a command that is refused with that code.
    fn refused(&mut self, path: &str, body: &Value, code: &str) {
        let answer = self.server.post(path, body);
        self.note(&answer);
        assert_eq!(answer.code(), code, "{path} {body}: {answer:?}");
    }

    fn get(&mut self, path: &str) -> Answer {
        let answer = self.server.get(path);
        self.note(&answer);
        answer
    }

    /// What a page that opens now is told.
    fn snapshot(&mut self) -> Value {
        let page = Page::open(self.server);
        self.texts.push(page.hello.to_string());
        self.texts.push(page.snapshot.to_string());
        page.snapshot
    }

    fn is_discreet(&self) {
        let folder = self.server.folder.path().display().to_string();
        for text in &self.texts {
            assert!(!text.contains(&folder), "{text}");
        }
    }
}

#[test]
fn refusals_name_folders_by_their_labels() {
    let folder = folder_with(&[("output_images/sepia", b"a file where a folder should be")]);
    fs::create_dir(folder.path().join("input_images")).unwrap();
    for name in ["a.png", "b.png"] {
        fs::write(folder.path().join("input_images").join(name), png(60, 40, 1)).unwrap();
    }
    fs::write(folder.path().join("input_images/a.bmp"), PNG).unwrap();
    let server = Server::start_in(folder, &["--root", "."]);
    server.settled();
    let mut said = Said { server: &server, texts: Vec::new() };

    let as_jpeg = |filter: &str| {
        let mut wanted = request(&[filter]);
        wanted["output"]["format"] = json!("jpeg");
        wanted
    };
    said.refused("/api/jobs", &as_jpeg("grises"), "collision");
    assert!(said.texts.last().unwrap().contains("input_images/a.bmp"), "{:?}", said.texts);
    // Before it is asked for, a page can know, and have them numbered.
    let mut wanted = as_jpeg("grises");
    let checked = server.post("/api/jobs/check", &wanted);
    said.note(&checked);
    let first = json!([["a.bmp", "a.png"]]);
    let clash = json!({"outputs": 0, "clashes": 1, "first": first, "variants": [], "paths": []});
    assert_eq!(checked.json(), clash);
    wanted["output"]["if_collides"] = json!("rename");
    let checked = server.post("/api/jobs/check", &wanted);
    let free = json!({"outputs": 3, "clashes": 0, "first": [], "variants": [], "paths": []});
    assert_eq!(checked.json(), free);
    assert!(!server.path("output_images/grises").exists(), "nothing is made");
    fs::remove_file(server.path("input_images/a.bmp")).unwrap();
    said.refused("/api/jobs", &request(&["sepia"]), "unwritable");
    assert!(said.texts.last().unwrap().contains("output_images/sepia"), "{:?}", said.texts);

    let mut page = Page::open(&server);
    let job = start(&server, &["grises"]);
    page.until_job("finished");
    let mut again = request(&["grises"]);
    again["output"]["if_exists"] = json!("fail");
    said.refused("/api/jobs", &again, "exists");

    let root = said.get("/api/folders").json()["folders"][0]["id"].as_str().unwrap().to_owned();
    let below = said.get(&format!("/api/folders?id={root}")).json();
    let output = below["folders"].as_array().unwrap().iter();
    let output = output.into_iter().find(|one| one["name"] == "output_images").unwrap();
    let choice = json!({"source": "folder", "folder": output["id"], "recursive": true});
    said.refused("/api/images/source", &choice, "input_is_output");

    for name in ["a.png", "b.png"] {
        fs::remove_file(server.path("input_images").join(name)).unwrap();
    }
    said.refused("/api/jobs", &request(&["grises"]), "no_images");
    for name in ["images", "images/skipped", "folders", "recipes"] {
        said.get(&format!("/api/{name}"));
    }
    for name in ["outputs", "photos", "report.html", "report.csv", "report.json"] {
        said.get(&format!("/api/jobs/{job}/{name}"));
    }
    said.snapshot();
    said.is_discreet();
}

#[test]
fn failures_of_a_job_do_not_say_where_its_files_were() {
    let server = Server::start_in(pictures(8), &[]);
    server.settled();
    let mut said = Said { server: &server, texts: Vec::new() };
    let mut page = Page::open(&server);
    let job = start(&server, &["blur", "sepia"]);
    page.until(|event| event["event"] == "output" && event["variant"] == 1);
    command(&server, &format!("/api/jobs/{job}/pause"));
    page.until_job("paused");
    fs::remove_dir_all(server.path("output_images/sepia")).unwrap();
    command(&server, &format!("/api/jobs/{job}/resume"));
    let events = page.until(|event| event["event"] == "job" && event["job"]["state"] == "failed");
    said.texts.extend(events.iter().map(Value::to_string));
    let error = events.last().unwrap()["job"]["error"].to_string();
    assert!(error.contains("the output folder") && error.contains("is gone"), "{error}");
    let failures = said.snapshot()["failures"].clone();
    assert!(failures.to_string().contains("is gone again"), "{failures}");
    // Whoever goes on has seen to it, and the folder is made again.
    command(&server, &format!("/api/jobs/{job}/retry"));
    let done = page.until_job("finished");
    assert_eq!((&done["progress"]["ok"], &done["progress"]["failed"]), (&16.into(), &0.into()));
    for name in ["outputs?status=failed", "report.html", "report.csv", "report.json"] {
        said.get(&format!("/api/jobs/{job}/{name}"));
    }
    fs::remove_dir_all(server.path("output_images/.lote")).unwrap();
    let recipe = json!({"name": "Web", "recipe": request(&["grises"])});
    said.note(&server.post("/api/recipes", &recipe));
    said.note(&server.post("/api/images/source", &json!({"source": "samples", "count": 1})));
    let upload = server.post("/api/uploads", &json!({"files": 1, "bytes": 1000}));
    said.note(&upload);
    let id = upload.json()["upload"].as_str().unwrap_or("u1").to_owned();
    said.note(&server.send_file(&id, "a.png", PNG));
    said.is_discreet();
}

#[test]
fn a_worker_that_cannot_be_started_is_not_told_with_its_place() {
    let folder = pictures(1);
    let program = folder.path().join("no/such/worker").display().to_string();
    let server = Server::start_in(folder, &["--worker-command", &program]);
    let image = server.settled()["images"][0]["id"].as_str().unwrap().to_owned();
    let mut said = Said { server: &server, texts: Vec::new() };
    let mut page = Page::open(&server);
    start(&server, &["grises"]);
    let error = page.until_job("failed")["error"].clone();
    assert!(error.as_str().unwrap().contains("worker"), "{error}");
    said.snapshot();
    assert_eq!(said.get(&format!("/api/thumb/{image}")).status, 503);
    said.is_discreet();
}

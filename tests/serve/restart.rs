//! A server that dies in mid-job, and the next one, which goes on.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::client::{Server, folder_with, lote};
use super::pictures::png;
use super::stream::Page;
use crate::patience::wait_for;

#[test]
fn what_somebody_has_put_into_the_output_folder_has_nothing_of_the_users_changed() {
    let planted = |place: &str, put: &dyn Fn(&Path, &Path)| {
        let folder = pictures(1);
        let theirs = folder.path().join("private");
        fs::create_dir_all(theirs.join("u2024")).unwrap();
        for file in ["letter", "u2024/photo"] {
            fs::write(theirs.join(file), "precious").unwrap();
        }
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(&theirs, mode.clone()).unwrap();
        let place = folder.path().join("output_images").join(place);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        put(&place, &theirs);
        let mut command = lote(folder.path());
        let output = command.args(["serve", "--port", "0"]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(4), "{said}");
        assert!(said.contains(".lote"), "{said}");
        for file in ["letter", "u2024/photo"] {
            assert_eq!(fs::read_to_string(theirs.join(file)).unwrap(), "precious");
        }
        assert_eq!(fs::metadata(&theirs).unwrap().permissions().mode() & 0o777, 0o755);
        assert_eq!(fs::read_dir(&theirs).unwrap().count(), 2);
    };
    let link = |place: &Path, to: &Path| std::os::unix::fs::symlink(to, place).unwrap();
    planted(".lote", &link);
    planted(".lote/server", &link);
    planted(".lote/server/uploads", &link);
    planted(".lote/server/lock", &|place, theirs| link(place, &theirs.join("letter")));
    planted(".lote/server/lock", &|place, _| pipe(place));
}

#[test]
fn the_folder_of_a_dead_server_whose_lock_is_a_pipe_is_passed_over() {
    let folder = pictures(1);
    for name in ["serve-x", "other"] {
        let place = folder.path().join("output_images/.lote").join(name);
        fs::create_dir_all(&place).unwrap();
        pipe(&place.join("lock"));
    }
    drop(Server::start_in(folder, &[]));
}

fn pipe(path: &Path) {
    let (mode, kind) = (Mode::RUSR | Mode::WUSR, FileType::Fifo);
    mknodat(CWD, path, kind, mode, 0).unwrap();
}

fn pictures(count: u32) -> TempDir {
    let folder = folder_with(&[]);
    fs::create_dir_all(folder.path().join("input_images")).unwrap();
    for number in 0..count {
        let path = folder.path().join(format!("input_images/{number:02}.png"));
        fs::write(path, png(300, 200, number)).unwrap();
    }
    // One that fails.
    fs::write(folder.path().join("input_images/cut.png"), &png(300, 200, 7)[..2000]).unwrap();
    folder
}

fn ask(server: &Server, folder: Option<&str>) -> String {
    let blur = |radius: f64| {
        let step = json!({"filter": "blur", "params": {"radio": radius}});
        json!({"name": format!("soft {radius}"), "steps": [step]})
    };
    let answer = server.post(
        "/api/jobs",
        &json!({
            "mode": "processes", "workers": 2, "variants": [blur(0.7), blur(3.0)],
            "output": {"folder": folder, "format": null, "quality": 75,
                       "pattern": "{name}_{variant}", "if_exists": "fail"},
        }),
    );
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    answer.json()["job"].as_str().unwrap().to_owned()
}

/// When each output was written.
fn times(root: &Path) -> BTreeMap<PathBuf, SystemTime> {
    let mut times = BTreeMap::new();
    for variant in fs::read_dir(root).into_iter().flatten().flatten() {
        for file in fs::read_dir(variant.path()).into_iter().flatten().flatten() {
            let path = file.path();
            if path.extension().is_some_and(|ending| ending == "png") {
                times.insert(path, file.metadata().unwrap().modified().unwrap());
            }
        }
    }
    times
}

/// What is on record as made.
fn on_record(root: &Path) -> Vec<PathBuf> {
    let past = lote_engine::journal::newest(root).unwrap();
    let entries = past.entries.into_iter().filter_map(|entry| match entry.outcome {
        lote_engine::journal::Outcome::Ok { output, .. } => Some(root.join(output.0)),
        lote_engine::journal::Outcome::Failed { .. } => None,
    });
    entries.collect()
}

/// A page of a server that has found the job of the one before.
fn restored(server: &Server) -> (Page, Value) {
    wait_for("a job that was found", || {
        let page = Page::open(server);
        let job = page.snapshot["job"].clone();
        job.is_object().then_some((page, job))
    })
}

fn goes_on(folder: Option<&str>, arguments: &[&str], signal: Signal) {
    let server = Server::start_in(pictures(24), arguments);
    server.settled();
    let mut page = Page::open(&server);
    ask(&server, folder);
    page.until(|event| event["event"] == "output" && event["status"] == "ok");
    let (_, _, place) = server.end_by(signal);
    let root = place.path().join("output_images").join(folder.unwrap_or_default());
    let (made, before) = (on_record(&root), times(&root));
    assert!(!made.is_empty() && made.len() < 48, "{}", made.len());

    let server = Server::start_in(place, arguments);
    let (mut page, job) = restored(&server);
    assert_eq!((&job["state"], &job["broke_off"]), (&"cancelled".into(), &true.into()));
    assert_eq!((&job["outputs"], &job["progress"]["ok"]), (&50.into(), &made.len().into()));
    assert_eq!(page.snapshot["notices"][0]["code"], "job_restored");
    let id = job["id"].as_str().unwrap();
    assert_eq!(server.post(&format!("/api/jobs/{id}/continue"), &json!({})).status, 200);
    let job = page.until_job("finished");
    assert_eq!((&job["progress"]["ok"], &job["progress"]["failed"]), (&48.into(), &2.into()));
    let root = server.path("output_images").join(folder.unwrap_or_default());
    let after = times(&root);
    assert_eq!(after.len(), 48);
    for path in &made {
        assert_eq!(before[path], after[path], "{} was made again", path.display());
    }
    assert_eq!(on_record(&root).len(), 48);

    // The one that came to its end is not offered another time.
    let (_, _, place) = server.end_by(Signal::TERM);
    let server = Server::start_in(place, arguments);
    ask_when_settled(&server);
}

/// A server without a job takes the next one, under its first id.
fn ask_when_settled(server: &Server) {
    server.settled();
    let page = Page::open(server);
    assert!(page.snapshot["job"].is_null(), "{}", page.snapshot["job"]);
    assert_eq!(ask(server, Some("other")), "j1");
}

#[test]
fn a_job_that_broke_off_with_its_server_is_offered_by_the_next_and_goes_on() {
    goes_on(None, &[], Signal::KILL);
}

#[test]
fn so_is_one_in_a_folder_of_its_own_whose_server_was_asked_to_end() {
    goes_on(Some("Boda"), &["--durable"], Signal::TERM);
}

#[test]
fn a_job_is_not_offered_on_a_folder_that_may_not_be_chosen_any_more() {
    let server = Server::start_in(pictures(24), &[]);
    server.settled();
    let mut page = Page::open(&server);
    ask(&server, None);
    page.until(|event| event["event"] == "output" && event["status"] == "ok");
    let (_, _, place) = server.end_by(Signal::KILL);
    let other = ["--input", "elsewhere"];
    fs::create_dir_all(place.path().join("elsewhere")).unwrap();
    fs::write(place.path().join("elsewhere/a.png"), png(30, 20, 1)).unwrap();
    let server = Server::start_in(place, &other);
    ask_when_settled(&server);
}

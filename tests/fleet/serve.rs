//! `lote serve --fleet`: the jobs of the page, made by other machines.

use super::client::Server;
use super::*;
use serde_json::json;

/// A server whose pages choose from the folder that all machines see.
fn serve(fleet: &Fleet, root: &str) -> Server {
    let path = |name: &str| fleet.workspace.path(name).display().to_string();
    let (input, output, url) = (path("in"), path("out"), fleet.server.url());
    let root = format!("fotos={}", path(root));
    let words = ["--fleet", &url, "--root", &root, "--input", &input, "--output", &output];
    let server = Server::start_with(&words);
    server.settled();
    server
}

/// Has it make what every job here makes.
fn start(server: &Server) -> String {
    // The same as `RECIPE` says.
    let size = |edge: u32| json!({ "filter": "redimensionar", "params": { "lado_largo": edge } });
    let gray = json!({ "filter": "grises", "params": {} });
    let answer = server.post(
        "/api/jobs",
        &json!({
            "mode": "processes", "workers": 2,
            "variants": [
                { "name": "web", "steps": [size(64)] },
                { "name": "gris", "steps": [size(48), gray] },
            ],
            "output": {
                "folder": null, "format": null, "quality": 75, "pattern": "{name}_{variant}",
                "if_exists": "overwrite",
            },
        }),
    );
    answer.json()["job"].as_str().unwrap().to_owned()
}

/// The job, once it is so.
fn until(server: &Server, job: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    wait_for("a job of the page", || {
        let now = server.get(&format!("/api/jobs/{job}")).json();
        let is_wanted = wanted(&now);
        assert!(is_wanted || now["state"] != "failed", "{now}");
        is_wanted.then_some(now)
    })
}

fn tell(server: &Server, job: &str, what: &str) {
    let answer = server.post(&format!("/api/jobs/{job}/{what}"), &json!({}));
    assert_eq!(answer.json(), json!({}), "{what}");
}

fn done(job: &Value) -> u64 {
    job["progress"]["done"].as_u64().unwrap()
}

#[test]
fn a_job_of_the_page_waits_for_a_machine_and_is_made_by_it() {
    let Some(program) = server() else { return };
    let fleet = Fleet::new(&program, 12);
    fleet.alone("alone");
    let server = serve(&fleet, "");
    let job = start(&server);
    let waits = until(&server, &job, |job| job["state"] == "starting");
    assert_eq!((&waits["fleet"], done(&waits)), (&json!(true), 0));
    let agent = fleet.agent("one");
    let ended = until(&server, &job, |job| job["state"] == "finished");
    assert_eq!((&ended["progress"]["ok"], &ended["progress"]["failed"]), (&json!(24), &json!(0)));
    fleet.assert_same("alone", "out");
    assert_eq!(server.post("/api/machines/nobody/drain", &json!({})).status, 404);
    assert_eq!(server.post("/api/machines/one/drain", &json!({})).status, 200);
    agent.finish().code(0);
}

#[test]
fn a_job_of_the_page_is_paused_goes_on_is_cancelled_and_continued() {
    let Some(program) = server() else { return };
    let fleet = Fleet::new(&program, 80);
    let server = serve(&fleet, "");
    let _agent = fleet.agent("one");
    let job = start(&server);
    until(&server, &job, |job| done(job) > 0);
    tell(&server, &job, "pause");
    // What the machine has in hand is finished, and nothing more is begun.
    let mut was = until(&server, &job, |job| job["state"] == "paused");
    let calm = Instant::now();
    while calm.elapsed() < Duration::from_secs(3) {
        was = until(&server, &job, |_| true);
    }
    let paused = done(&was);
    assert!(paused < 160, "{was}");
    tell(&server, &job, "resume");
    until(&server, &job, |job| done(job) > paused);
    tell(&server, &job, "cancel");
    let cancelled = until(&server, &job, |job| job["state"] == "cancelled");
    assert!(done(&cancelled) < 160, "{cancelled}");
    tell(&server, &job, "continue");
    let ended = until(&server, &job, |job| job["state"] == "finished");
    assert_eq!(ended["progress"]["ok"], 160, "{ended}");
    let (least, most, outputs) = journalled(&fleet.workspace, "out");
    assert_eq!((least, most, outputs), (1, 1, 160));
}

#[test]
fn a_server_that_was_killed_leaves_its_job_to_the_fleet_and_the_next_one_goes_on_with_it() {
    let Some(program) = server() else { return };
    let fleet = Fleet::new(&program, 60);
    fleet.alone("alone");
    let _agent = fleet.agent("one");
    let first = serve(&fleet, "");
    let job = start(&first);
    until(&first, &job, |job| done(job) > 0);
    drop(first);
    let second = serve(&fleet, "");
    let ended = until(&second, "j1", |job| job["state"] == "finished");
    assert_eq!((&ended["fleet"], &ended["progress"]["ok"]), (&json!(true), &json!(120)), "{ended}");
    fleet.assert_same("alone", "out");
    let (least, most, outputs) = journalled(&fleet.workspace, "out");
    assert_eq!((least, most, outputs), (1, 1, 120));
}

#[test]
fn what_is_below_no_root_is_made_by_the_machine_of_the_page() {
    let Some(program) = server() else { return };
    let fleet = Fleet::new(&program, 2);
    std::fs::create_dir(fleet.workspace.path("elsewhere")).unwrap();
    let server = serve(&fleet, "elsewhere");
    let job = start(&server);
    let ended = until(&server, &job, |job| job["state"] == "finished");
    assert_eq!((&ended["fleet"], &ended["progress"]["ok"]), (&Value::Null, &json!(4)), "{ended}");
}

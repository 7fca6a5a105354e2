//! What pages are told while jobs run, and what they can do about it.

use std::collections::{BTreeSet, VecDeque};
use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::client::{PNG, Server, folder_with};
use super::pictures::png;
use super::sockets::{frame, open_as, read_frame};
use crate::patience::wait_until;

/// A page that follows the stream.
pub(crate) struct Page {
    stream: TcpStream,
    pub(crate) hello: Value,
    pub(crate) snapshot: Value,
    number: u64,
    /// Events of the last batch that nobody has looked at.
    left: VecDeque<Value>,
    /// Outputs that were said to be done, batch by batch.
    done: Vec<u64>,
}

impl Page {
    pub(crate) fn open(server: &Server) -> Self {
        let (mut stream, status) = open_as(server, "/ws", Some("lote.v1"));
        assert_eq!(status, 101);
        let hello = next_message(&mut stream);
        let snapshot = next_message(&mut stream);
        assert_eq!((&hello["tipo"], &snapshot["tipo"]), (&json!("hola"), &json!("instantanea")));
        let number = snapshot["n"].as_u64().unwrap();
        Self { stream, hello, snapshot, number, left: VecDeque::new(), done: Vec::new() }
    }

    /// The next event.
    fn next(&mut self) -> Value {
        loop {
            if let Some(event) = self.left.pop_front() {
                return event;
            }
            let batch = next_message(&mut self.stream);
            self.number += 1;
            assert_eq!((&batch["tipo"], &batch["n"]), (&json!("cambios"), &json!(self.number)));
            self.done.extend(batch["progress"]["done"].as_u64());
            self.left.extend(batch["events"].as_array().unwrap().iter().cloned());
        }
    }

    /// All events up to the first that is as wanted, which is the last of them.
    pub(crate) fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut events = Vec::new();
        wait_until("an event", || {
            events.push(self.next());
            events.last().is_some_and(&wanted)
        });
        events
    }

    /// The job when it has come to that state.
    pub(crate) fn until_job(&mut self, state: &str) -> Value {
        let events = self.until(|event| event["event"] == "job" && event["job"]["state"] == state);
        events.last().unwrap()["job"].clone()
    }
}

fn next_message(stream: &mut TcpStream) -> Value {
    loop {
        // A ping has no text.
        let text = read_frame(stream);
        if !text.is_empty() {
            return serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        }
    }
}

/// A folder with so many pictures, some of them large enough to be worked on for a while.
pub(crate) fn pictures(count: u32) -> TempDir {
    let folder = folder_with(&[]);
    fs::create_dir(folder.path().join("input_images")).unwrap();
    for number in 0..count {
        let path = folder.path().join(format!("input_images/{number:02}.png"));
        fs::write(path, png(600, 400, number)).unwrap();
    }
    folder
}

pub(crate) fn request(filters: &[&str]) -> Value {
    let variant = |filter: &&str| json!({"name": filter, "steps": [{"filter": filter}]});
    json!({
        "mode": "processes",
        "workers": 2,
        "variants": filters.iter().map(variant).collect::<Vec<_>>(),
        "output": {
            "folder": null, "format": null, "quality": 75,
            "pattern": "{name}_{variant}", "if_exists": "overwrite",
        },
    })
}

pub(crate) fn start(server: &Server, filters: &[&str]) -> String {
    let answer = server.post("/api/jobs", &request(filters));
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["job"].as_str().unwrap().to_owned()
}

pub(crate) fn command(server: &Server, path: &str) {
    let answer = server.post(path, &json!({}));
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
}

#[test]
fn a_killed_worker_is_told_with_its_replacement_and_every_count_is_exact() {
    let server = Server::start_in(pictures(24), &[]);
    server.settled();
    let mut page = Page::open(&server);
    let known = lote_imaging::filters::REGISTRY.len();
    assert_eq!(page.hello["filters"].as_array().unwrap().len(), known);
    start(&server, &["blur", "sepia", "nitidez"]);
    page.until(|event| event["event"] == "task" && event["slot"] == 1);
    command(&server, "/api/workers/1/kill");
    let worker = |event: &Value, state: &str| {
        event["event"] == "worker" && event["worker"] == 1 && event["state"] == state
    };
    let lost = page.until(|event| worker(event, "lost"));
    assert_eq!(lost.last().unwrap()["reason"], "SIGKILL");
    let ready = page.until(|event| worker(event, "ready"));
    assert!(ready.last().unwrap()["replaced_ms"].as_f64().unwrap() > 0.0);
    let job = page.until_job("finished");
    assert!(page.done.is_sorted(), "{:?}", page.done);
    assert_eq!(job["progress"]["ok"], 72);
    assert_eq!(job["progress"]["done"], job["outputs"]);
    let other = Page::open(&server);
    assert_eq!(other.snapshot["job"], job);
    assert_eq!(other.snapshot["crashes"][0]["worker"], 1);
    assert_eq!(other.snapshot["recent"].as_array().unwrap().len(), 12);
    let level = &page.hello["sandbox"]["level"];
    assert_eq!(ready.last().unwrap()["sandbox"], *level);
    assert!(other.snapshot["lanes"].as_array().unwrap().iter().all(|l| l["sandbox"] == *level));
    let id = job["id"].as_str().unwrap();
    let listed = server.get(&format!("/api/jobs/{id}/outputs?limit=500")).json();
    assert_eq!(listed["total"], 72);
    let report = server.get(&format!("/api/jobs/{id}/report.json")).json();
    assert_eq!((&report["ok"], &report["job"]["progress"]["ok"]), (&json!(72), &json!(72)));
}

/// Runs a job; returns the processes that made it.
fn processes_of(server: &Server, page: &mut Page, wanted: &Value) -> BTreeSet<u64> {
    assert_eq!(server.post("/api/jobs", wanted).status, 200);
    let finished = |event: &Value| event["event"] == "job" && event["job"]["state"] == "finished";
    let events = page.until(finished);
    assert_eq!(events.last().unwrap()["job"]["progress"]["ok"], 8);
    let ready = |event: &&Value| event["event"] == "worker" && event["state"] == "ready";
    events.iter().filter(ready).map(|event| event["pid"].as_u64().unwrap()).collect()
}

#[test]
fn the_next_job_is_made_by_the_processes_of_the_last_unless_it_wants_others() {
    let server = Server::start_in(pictures(8), &[]);
    server.settled();
    let mut page = Page::open(&server);
    let two = request(&["sepia"]);
    let first = processes_of(&server, &mut page, &two);
    assert_eq!(first.len(), 2);
    assert_eq!(processes_of(&server, &mut page, &two), first);
    let but = |name: &str, value: Value| {
        let mut wanted = two.clone();
        wanted[name] = value;
        wanted
    };
    let one = but("workers", json!(1));
    let single = processes_of(&server, &mut page, &one);
    assert!(single.len() == 1 && single.is_subset(&first), "{single:?} {first:?}");
    let again = processes_of(&server, &mut page, &two);
    assert!(again.len() == 2 && again.is_superset(&single), "{again:?} {single:?}");
    let threads = processes_of(&server, &mut page, &but("mode", json!("threads")));
    assert!(threads.len() == 1 && threads.is_disjoint(&again), "{threads:?} {again:?}");
}

#[test]
fn a_cancelled_job_keeps_what_it_has_and_can_be_continued() {
    let server = Server::start_in(pictures(40), &[]);
    server.settled();
    let mut page = Page::open(&server);
    let job = start(&server, &["blur", "sepia"]);
    page.until(|event| event["event"] == "output");
    command(&server, &format!("/api/jobs/{job}/cancel"));
    let cancelled = page.until_job("cancelled");
    let done = cancelled["progress"]["done"].as_u64().unwrap();
    assert!((1..80).contains(&done), "{done}");
    assert_eq!(cancelled["progress"]["failed"], 0);
    command(&server, &format!("/api/jobs/{job}/continue"));
    let finished = page.until_job("finished");
    assert_eq!((&finished["id"], &finished["progress"]["ok"]), (&json!(job), &json!(80)));
    for filter in ["blur", "sepia"] {
        for number in 0..40 {
            let path = format!("output_images/{filter}/{number:02}_{filter}.png");
            assert!(server.path(&path).exists(), "{path}");
        }
    }
}

#[test]
fn a_paused_job_goes_on_when_it_is_told_to() {
    let server = Server::start_in(pictures(40), &[]);
    server.settled();
    let mut page = Page::open(&server);
    let job = start(&server, &["blur", "sepia"]);
    page.until(|event| event["event"] == "task");
    command(&server, &format!("/api/jobs/{job}/pause"));
    command(&server, &format!("/api/jobs/{job}/pause"));
    assert_eq!(page.until_job("paused")["pause"], json!({"reason": "user"}));
    command(&server, &format!("/api/jobs/{job}/resume"));
    assert_eq!(page.until_job("finished")["progress"]["ok"], 80);
}

#[test]
fn a_second_job_waits_for_the_first_and_can_be_taken_out() {
    let server = Server::start_in(pictures(40), &[]);
    server.settled();
    let mut page = Page::open(&server);
    let first = start(&server, &["blur", "sepia"]);
    command(&server, &format!("/api/jobs/{first}/pause"));
    let second = start(&server, &["grises"]);
    let third = start(&server, &["invertir"]);
    command(&server, &format!("/api/jobs/{second}/cancel"));
    command(&server, &format!("/api/jobs/{first}/resume"));
    assert_eq!(page.until_job("finished")["id"], json!(first));
    assert_eq!(page.until_job("finished")["id"], json!(third));
    assert!(!server.path("output_images/grises").join("00_grises.png").exists());
    assert_eq!(server.post(&format!("/api/jobs/{second}/cancel"), &json!({})).status, 404);
}

#[test]
fn programs_can_ask_how_far_each_job_is() {
    let server = Server::start_in(pictures(8), &[]);
    server.settled();
    let asked = |job: &str| server.get(&format!("/api/jobs/{job}")).json();
    assert_eq!(server.get("/api/jobs").json(), json!({"jobs": []}));
    let first = start(&server, &["blur", "sepia"]);
    command(&server, &format!("/api/jobs/{first}/pause"));
    let second = start(&server, &["grises"]);
    let paused = asked(&first);
    assert_eq!((&paused["state"], &paused["outputs"]), (&json!("paused"), &json!(16)));
    let waiting = json!({
        "id": second, "name": paused["name"], "state": "waiting", "images": 8, "outputs": 8,
    });
    assert_eq!(asked(&second), waiting);
    assert_eq!(server.get("/api/jobs").json()["jobs"][1], waiting);
    command(&server, &format!("/api/jobs/{first}/resume"));
    let third = start(&server, &["invertir"]);
    wait_until("the end", || asked(&third)["state"] == "finished");
    let jobs = server.get("/api/jobs").json()["jobs"].clone();
    let told = |place: usize| (jobs[place]["id"].clone(), jobs[place]["progress"]["ok"].clone());
    assert_eq!(
        [told(0), told(1), told(2)],
        [(json!(first), json!(16)), (json!(second), json!(8)), (json!(third), json!(8))]
    );
    assert!(jobs.as_array().unwrap().iter().all(|job| job["state"] == "finished"), "{jobs}");
    assert_eq!(server.get("/api/jobs/j99").status, 404);
}

#[test]
fn images_that_would_become_the_same_file_are_refused_or_renamed_as_is_wanted() {
    let folder = pictures(1);
    let input = folder.path().join("input_images");
    fs::copy(input.join("00.png"), input.join("00.PNG")).unwrap();
    let server = Server::start_in(folder, &[]);
    server.settled();
    let mut page = Page::open(&server);
    let mut wanted = request(&["grises"]);
    let refused = server.post("/api/jobs", &wanted);
    assert_eq!((refused.status, refused.code().as_str()), (409, "collision"));
    wanted["output"]["if_exists"] = json!("rename");
    assert_eq!(server.post("/api/jobs", &wanted).status, 200);
    assert_eq!(page.until_job("finished")["progress"]["ok"], 2);
    let made = fs::read_dir(server.path("output_images/grises")).unwrap().count();
    assert_eq!(made, 2);
}

#[test]
fn an_output_that_failed_can_be_tried_again_when_its_image_is_whole() {
    let folder = pictures(2);
    let broken = folder.path().join("input_images/broken.png");
    fs::write(&broken, PNG).unwrap();
    let server = Server::start_in(folder, &[]);
    server.settled();
    let mut page = Page::open(&server);
    let job = start(&server, &["grises", "sepia"]);
    let progress = page.until_job("finished")["progress"].clone();
    assert_eq!((&progress["ok"], &progress["failed"]), (&json!(4), &json!(2)));
    let failures = Page::open(&server).snapshot["failures"].clone();
    assert_eq!(
        (&failures[0]["name"], &failures[0]["kind"]),
        (&json!("broken.png"), &json!("damaged"))
    );
    fs::write(&broken, png(60, 40, 1)).unwrap();
    let again = |outputs: Value| {
        let retry = json!({ "outputs": outputs });
        assert_eq!(server.post(&format!("/api/jobs/{job}/retry"), &retry).status, 200);
    };
    again(json!([failures[0]["output"]]));
    page.until(|event| event["event"] == "retried" && event["outputs"][0] == failures[0]["output"]);
    assert_eq!(page.until_job("finished")["progress"]["failed"], 1);
    again(Value::Null);
    let progress = page.until_job("finished")["progress"].clone();
    assert_eq!((&progress["ok"], &progress["failed"]), (&json!(6), &json!(0)));
    assert_eq!(Page::open(&server).snapshot["failures"], json!([]));
}

#[test]
fn a_preview_at_full_size_is_the_very_file_of_the_batch() {
    let server = Server::start_in(pictures(1), &[]);
    let image = server.settled()["images"][0]["id"].clone();
    let mut page = Page::open(&server);
    let job = start(&server, &["marca_agua", "redimensionar"]);
    page.until_job("finished");
    for filter in ["marca_agua", "redimensionar"] {
        let preview = json!({
            "image": image,
            "steps": [{"filter": filter, "params": {}}],
            "encoding": {"format": null, "quality": 75},
            "size": null,
            "exact": true,
        });
        let seen = server.post("/api/preview", &preview);
        assert_eq!((seen.status, seen.header("content-type")), (200, "image/png"));
        let file = server.path(&format!("output_images/{filter}/00_{filter}.png"));
        assert!(seen.body == fs::read(file).unwrap(), "{filter}");
        assert_eq!(seen.header("lote-source-width"), "600");
        assert_eq!(seen.header("lote-output-bytes"), seen.body.len().to_string());
    }
    let outputs = server.get(&format!("/api/jobs/{job}/outputs")).json();
    let id = outputs["outputs"][0]["output"].as_str().unwrap();
    let small = server.get(&format!("/api/output-thumb/{id}"));
    assert_eq!((small.status, small.header("content-type")), (200, "image/jpeg"));
    assert!(small.header("cache-control").contains("immutable"));
}

#[test]
fn an_image_that_cannot_be_read_has_no_thumbnail_and_is_known_from_then_on() {
    let folder = folder_with(&[("input_images/a.png", PNG)]);
    let server = Server::start_in(folder, &[]);
    let id = server.settled()["images"][0]["id"].as_str().unwrap().to_owned();
    let answer = server.get(&format!("/api/thumb/{id}"));
    assert_eq!((answer.status, answer.code().as_str()), (422, "damaged"));
    assert_eq!(server.get("/api/images").json()["images"][0]["problem"]["kind"], "damaged");
    assert_eq!(server.get("/api/thumb/0123456789abcdef").status, 404);
}

/// Says something in the origin's vocabulary.
fn say(stream: &mut TcpStream, message: &Value) {
    stream.write_all(&frame(message.to_string().as_bytes())).unwrap();
}

/// All messages up to the first of that kind, which is the last of them.
fn until_kind(stream: &mut TcpStream, kind: &str) -> Vec<Value> {
    let mut messages = Vec::new();
    loop {
        messages.push(next_message(stream));
        if messages.last().unwrap()["tipo"] == kind {
            return messages;
        }
    }
}

#[test]
fn the_origins_client_is_understood_and_answered_as_it_expects() {
    let server = Server::start_in(pictures(3), &[]);
    server.settled();
    let (mut client, status) = open_as(&server, "/", None);
    assert_eq!(status, 101);
    let mut ask = |message: Value| {
        say(&mut client, &message);
        next_message(&mut client)
    };
    assert_eq!(
        ask(json!({"tipo": "estado"})),
        json!({
            "tipo": "conexion",
            "mensaje": "Conectado al servidor de procesamiento",
            "estado": "conectado",
        })
    );
    let idle = json!({"procesando": false, "clientes_conectados": 1});
    assert_eq!(ask(json!({"tipo": "listar_filtros"})), json!({"tipo": "estado", "datos": idle}));
    let filters = ask(json!({"tipo": "listar_imagenes"}));
    assert_eq!((&filters["tipo"], &filters["datos"][1]), (&json!("filtros"), &json!("grises")));
    let images = ask(json!({"tipo": "adivinar"}));
    let expected = json!({"cantidad": 3, "imagenes": ["00.png", "01.png", "02.png"]});
    assert_eq!(images, json!({"tipo": "imagenes", "datos": expected}));
    let unknown = next_message(&mut client);
    assert_eq!(unknown, json!({"tipo": "error", "mensaje": "Comando desconocido: adivinar"}));

    let wanted = json!({"tipo": "procesar", "filtros": ["grises", "sepia"], "modo": "threads"});
    say(&mut client, &wanted);
    let messages = until_kind(&mut client, "finalizado");
    let begun = json!({"imagenes": 3, "filtros": ["grises", "sepia"], "modo": "threads"});
    assert!(messages.contains(&json!({"tipo": "inicio_procesamiento", "datos": begun})));
    assert!(messages.contains(&json!({"tipo": "aceptado", "mensaje": "Procesamiento iniciado"})));
    let progress: Vec<_> = messages.iter().filter(|one| one["tipo"] == "progreso").collect();
    let ended = |one: &&&Value| one["datos"]["estado"] == "completado";
    assert_eq!(progress.iter().filter(ended).count(), 6);
    let last = &progress.last().unwrap()["datos"];
    assert_eq!((&last["procesadas"], &last["total"]), (&json!(3), &json!(3)));
    assert_eq!(last["porcentaje"], json!(100.0));
    let results = &messages.last().unwrap()["datos"]["resultados"];
    assert_eq!((&results[1]["filtro"], &results[1]["exitosas"]), (&json!("sepia"), &json!(3)));
    assert!(results[1]["tiempo_total"].as_f64().unwrap() > 0.0);
    assert!(server.path("output_images/sepia/02_sepia.png").exists());

    say(&mut client, &json!({"tipo": "procesar", "filtros": ["nada"]}));
    assert_eq!(next_message(&mut client)["tipo"], "error");
}

#[test]
fn the_isolation_test_ends_with_nothing_lost_and_the_same_outputs_as_undisturbed() {
    let server = Server::start_in(pictures(10), &[]);
    server.settled();
    assert_eq!(server.post("/api/isolation", &json!({})).code(), "no_job");
    let mut page = Page::open(&server);
    start(&server, &["blur", "nitidez", "sepia"]);
    page.until(|event| event["event"] == "task");
    command(&server, "/api/isolation");
    let (mut redone, mut isolation, mut job) = (Vec::new(), None, None);
    // Either may end first.
    while isolation.is_none() || job.is_none() {
        let event = page.next();
        if event["event"] == "task" && event["attempt"] == 2 {
            redone.push(event["name"].as_str().unwrap().to_owned());
        } else if event["isolation"]["state"] == "finished" {
            isolation = Some(event["isolation"].clone());
        } else if event["job"]["state"] == "finished" {
            job = Some(event["job"].clone());
        }
    }
    let (isolation, job) = (isolation.unwrap(), job.unwrap());
    assert_eq!((&isolation["lost"], &isolation["reason"]), (&json!(0), &json!("SIGKILL")));
    assert_eq!(job["progress"]["ok"], 30);
    let proof = &isolation["proof"];
    assert_eq!((&proof["outputs"], redone.len()), (&json!(3), 1), "{isolation}");
    assert_eq!(proof["sha256"], proof["undisturbed"]);
    // The same number as a user can form by hand, of the image that was done again.
    let name = redone[0].strip_suffix(".png").unwrap();
    let files = ["blur", "nitidez", "sepia"].map(|filter| format!("{filter}/{name}_{filter}.png"));
    let script = "sha256sum \"$@\" | sha256sum | cut -c 1-64";
    let output = Command::new("sh")
        .args(["-c", script, "sh"])
        .args(files)
        .current_dir(server.path("output_images"))
        .output()
        .unwrap();
    assert_eq!(proof["sha256"], String::from_utf8(output.stdout).unwrap().trim());
}

#[test]
fn a_comparison_measures_both_modes_and_leaves_nothing_behind() {
    let server = Server::start_in(pictures(4), &[]);
    server.settled();
    let mut page = Page::open(&server);
    let wanted = json!({"steps": [{"filter": "grises"}], "images": 4, "repeats": 1});
    assert_eq!(server.post("/api/compare", &wanted).status, 200);
    let events =
        page.until(|event| event["event"] == "compare" && event["compare"]["state"] != "running");
    let compare = &events.last().unwrap()["compare"];
    assert_eq!((&compare["state"], &compare["done"]), (&json!("finished"), &compare["total"]));
    let modes: Vec<_> =
        compare["runs"].as_array().unwrap().iter().map(|run| &run["mode"]).collect();
    assert!(modes.contains(&&json!("processes")) && modes.contains(&&json!("threads")));
    let left: Vec<_> = fs::read_dir(server.path("output_images"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .filter(|name| name != ".lote")
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn pages_are_told_how_well_workers_are_confined() {
    for (arguments, levels) in [(&[][..], &["full", "partial"][..]), (&["--sandbox=off"], &["off"])]
    {
        let server = Server::start_in(pictures(1), arguments);
        server.settled();
        let mut page = Page::open(&server);
        let level = page.hello["sandbox"]["level"].as_str().unwrap().to_owned();
        assert!(levels.contains(&level.as_str()), "{level}");
        assert!(page.hello["sandbox"]["text"].as_str().unwrap().starts_with(&level));
        start(&server, &["sepia"]);
        let ready = page.until(|event| event["event"] == "worker" && event["state"] == "ready");
        assert_eq!(ready.last().unwrap()["sandbox"], level.as_str());
        page.until_job("finished");
    }
}

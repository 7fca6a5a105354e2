//! Recipes, and how the server starts and ends.

use std::net::TcpListener;

use rustix::process::Signal;
use serde_json::json;

use super::client::{PNG, Server, folder_with, lote};
use super::pictures;
use crate::patience::wait_until;

#[test]
fn recipes_are_kept_from_one_start_to_the_next() {
    let server = Server::start();
    let recipe = json!({
        "mode": "processes", "workers": 1,
        "variants": [{"name": "grises", "steps": [{"filter": "grises", "params": {}}]}],
        "output": {"folder": null, "format": null, "quality": 60, "pattern": "{name}_{variant}",
            "if_exists": "overwrite", "if_collides": "fail",
            "carry": {"metadata": "keep", "profile": "keep", "keep_dates": false,
                "set": {"artist": null, "copyright": null, "description": null, "keywords": []}}},
    });
    let saved = server.post("/api/recipes", &json!({"name": "Web", "recipe": recipe}));
    assert_eq!(saved.status, 200);
    let id = saved.json()["id"].as_str().unwrap().to_owned();
    let (_, _, folder) = server.end_by(Signal::TERM);
    let server = Server::start_in(folder, &[]);
    assert_eq!(
        server.get("/api/recipes").json()["recipes"],
        json!([{"id": id, "name": "Web", "recipe": recipe}])
    );
    assert_eq!(server.post(&format!("/api/recipes/{id}/delete"), &json!({})).status, 200);
    assert_eq!(server.post(&format!("/api/recipes/{id}/delete"), &json!({})).status, 404);
    assert_eq!(server.post("/api/recipes", &json!({"name": "", "recipe": recipe})).status, 400);
    assert_eq!(server.post("/api/recipes", &json!({"name": "x", "recipe": {}})).status, 400);
}

#[test]
fn a_recipe_of_the_page_is_one_of_the_command_line_and_the_other_way_round() {
    let server = Server::start();
    let file = "[[variant]]\nname = \"web\"\nsteps = [\"blur:radius=2\"]\nfiles = [\"webp\"]\n\
                [[exception]]\nimage = \"a.png\"\nvariant = \"web\"\nstep = \"blur\"\nradius = 3\n";
    let saved = server.post("/api/recipes", &json!({"name": "Ana's", "toml": file}));
    assert_eq!(saved.status, 200, "{saved:?}");
    let listed = server.get("/api/recipes").json()["recipes"][0].clone();
    assert_eq!(listed["recipe"]["variants"][0]["steps"][0]["params"]["radio"], 2.0);
    assert_eq!(listed["recipe"]["exceptions"][0]["radius"], 3);
    let id = listed["id"].as_str().unwrap();
    let download = server.get(&format!("/api/recipes/{id}/file"));
    let written = server.post("/api/recipes/write", &json!({"recipe": listed["recipe"]}));
    let again = json!({"toml": String::from_utf8(download.body).unwrap(), "name": "x.toml"});
    let read = server.post("/api/recipes/read", &again).json();
    assert_eq!(read, json!({"recipe": listed["recipe"], "beyond": []}));
    let again = server.post("/api/recipes/read", &written.json()).json();
    assert_eq!(again["recipe"], listed["recipe"]);

    let wrong = json!({"name": "x.toml", "toml": "[[variant]]\nsteps = [\"blurr\"]"});
    let refused = server.post("/api/recipes/read", &wrong).json()["error"].clone();
    assert!(refused["message"].as_str().unwrap().starts_with("x.toml:2:10: "), "{refused}");
    let logo = "[[variant]]\nsteps = [\"logo:archivo=/etc/x.png\"]";
    let refused = server.post("/api/recipes", &json!({"name": "logo", "toml": logo}));
    assert_eq!(refused.status, 400);

    // The command line knows it by its name.
    let image = server.path("in/a.png");
    std::fs::create_dir_all(image.parent().unwrap()).unwrap();
    std::fs::write(&image, pictures::png(40, 30, 1)).unwrap();
    let run = ["run", "in", "--recipe", "Ana's", "-o", "made"];
    let run = lote(server.folder.path()).args(run).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    assert!(server.path("made/web/a_web.webp").is_file());
}

#[test]
fn names_that_outputs_have_of_their_own_are_checked_made_and_kept_on_record() {
    let picture = pictures::png(60, 40, 1);
    let server = Server::start_in(folder_with(&[("input_images/a.png", &picture)]), &[]);
    server.settled();
    let request = |pattern: &str| {
        let steps = json!([{"filter": "sepia", "params": {}}]);
        json!({
            "mode": "processes", "workers": 1,
            "variants": [
                {"name": "web", "steps": steps},
                {"name": "mini", "steps": steps, "pattern": pattern},
            ],
            "output": {"quality": 75, "pattern": "{name}", "if_exists": "overwrite"},
        })
    };
    let check = |pattern: &str| server.post("/api/jobs/check", &request(pattern));
    let clash = check("web/{name}").json();
    assert_eq!((&clash["clashes"], &clash["variants"]), (&json!(1), &json!(["web", "mini"])));
    assert_eq!(check("../{name}").status, 400);
    let good = request("all/{n}-{variant}");
    assert_eq!(check("all/{n}-{variant}").json()["clashes"], 0);
    let job = server.post("/api/jobs", &good).json()["job"].as_str().unwrap().to_owned();
    while server.get(&format!("/api/jobs/{job}/outputs")).json()["total"] != 2 {
        std::thread::yield_now();
    }
    assert!(server.path("output_images/all/1-mini.png").is_file());
    assert!(server.path("output_images/web/a.png").is_file());
    // A recipe has it, and so has the job on record that is done again.
    let written = server.post("/api/recipes/write", &json!({"recipe": good})).json();
    let read = json!({"name": "x.toml", "toml": written["toml"]});
    let read = server.post("/api/recipes/read", &read).json()["recipe"].clone();
    assert_eq!(read["variants"][1]["pattern"], "all/{n}-{variant}");
    let (_, _, folder) = server.end_by(Signal::TERM);
    let server = Server::start_in(folder, &[]);
    server.settled();
    let past = server.get("/api/history").json()["jobs"][0]["past"].clone();
    let opened = format!("/api/history/{}/open", past.as_str().unwrap());
    let settings = server.post(&opened, &json!({})).json()["settings"].clone();
    assert_eq!(settings["variants"], read["variants"]);
}

#[test]
fn a_forecast_makes_nothing_that_stays_and_tells_what_a_job_will_write() {
    let pictures = [1, 2, 3].map(|seed| pictures::png(60, 40, seed));
    let files =
        [("input_images/a.png", &pictures[0][..]), ("input_images/b.png", &pictures[1][..])];
    let server = Server::start_in(folder_with(&files), &[]);
    server.settled();
    let request = json!({
        "mode": "processes", "workers": 1,
        "variants": [{"name": "web", "steps": [{"filter": "blur", "params": {}}]}],
        "exceptions": [{"image": "b.png", "variant": "web", "step": 1, "radio": 0}],
        "output": {"quality": 75, "pattern": "{name}", "if_exists": "overwrite"},
    });
    let told = server.post("/api/jobs/forecast", &request).json();
    assert_eq!((&told["outputs"], &told["sampled"]), (&json!(2), &json!(2)));
    assert!(!server.path("output_images/web").exists());
    let job = server.post("/api/jobs", &request).json()["job"].as_str().unwrap().to_owned();
    let outputs = format!("/api/jobs/{job}/outputs");
    wait_until("both outputs", || server.get(&outputs).json()["total"] == 2);
    let bytes =
        |name: &str| std::fs::read(server.path(&format!("output_images/web/{name}"))).unwrap();
    let (soft, sharp) = (bytes("a.png"), bytes("b.png"));
    assert_eq!(told["bytes"], soft.len() + sharp.len());
    let pixels = |bytes: &[u8]| image::load_from_memory(bytes).unwrap().to_rgb8();
    assert_eq!(pixels(&sharp), pixels(&pictures[1]));
    assert_ne!(pixels(&soft), pixels(&pictures[0]));
}

#[test]
fn a_port_in_use_is_one_clear_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let folder = tempfile::tempdir().unwrap();
    let output = lote(folder.path()).args(["serve", "--port", &port]).output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        said,
        format!(
            "error: port {port} is in use, perhaps by another `lote serve`\nhint: choose another with --port\n"
        )
    );
    assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none(), "nothing is made");
}

#[test]
fn what_cannot_be_served_is_said_at_once() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "x").unwrap();
    for (arguments, code) in [
        (&["--output", "file/out"][..], 4),
        (&["--allow-origin", "localhost"], 2),
        (&["--host", "no.such.host.invalid"], 4),
        (&["--worker-command", "\""], 2),
        (&["--port", "99999"], 2),
    ] {
        let output =
            lote(folder.path()).args(["serve", "--port", "0"]).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        assert!(output.stderr.starts_with(b"error: "));
    }
}

#[test]
fn the_server_ends_in_order_and_leaves_only_what_is_to_stay() {
    let server = Server::start();
    server.settled();
    let upload = server.post("/api/uploads", &json!({"files": 1, "bytes": 100})).json();
    server.send_file(upload["upload"].as_str().unwrap(), "a.png", PNG);
    // A connection that does nothing does not hold it up.
    let idle = server.connect();
    let (said, status, folder) = server.end_by(Signal::INT);
    assert!(status.code().is_some(), "{status}");
    assert!(!said.contains("panicked") && !said.contains("defect"), "{said}");
    // What it keeps for the next one; the upload that never came to its end is not among it.
    let private = folder.path().join("output_images/.lote");
    let names = |folder: &str| {
        let found = std::fs::read_dir(private.join(folder)).unwrap();
        found.map(|one| one.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(names(""), ["server"]);
    assert!(names("server/uploads").is_empty(), "{:?}", names("server/uploads"));
    drop(idle);
}

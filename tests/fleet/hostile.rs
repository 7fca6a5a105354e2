//! Whoever may write to the server may write anything; no file outside of a root is touched.

use super::*;
use lote_fleet::engine::{Engine, Subject};
use lote_fleet::names::{Build, JobId, ParcelId, Token};
use serde_json::json;

#[test]
fn no_message_leads_an_agent_out_of_its_roots_or_brings_it_down() {
    let Some(program) = server() else { return };
    let fleet = Fleet::new(&program, 3);
    let outside = Workspace::with_pictures(1, 40, 30);
    let (secret, target) = (outside.path("in/00.png"), outside.path("stolen.png"));
    std::os::unix::fs::symlink(outside.path(""), fleet.workspace.path("link")).unwrap();
    let mut agent = fleet.agent("one");
    // A job whose paper is real, so that its parcels are looked at.
    let run = fleet.run("out").run().code(0);
    run.assert_books();
    let before = outside.files("");
    wait_for(async {
        let server = lote_fleet::nats::Server { url: fleet.server.url(), ..Default::default() };
        let engine = lote_fleet::nats::connect(&server, "evil").await.unwrap();
        let (pool, build) = (Token::like("default"), Build::this());
        let mut paper: Value =
            serde_json::from_slice(&engine.jobs().await.unwrap().remove(0)).unwrap();
        let (job, mut number) = (JobId::new(1, [9; 11]), 0);
        paper["job"] = json!(job.to_string());
        paper["state"] = json!("open");
        engine.put_job(job, paper.to_string().into_bytes()).await.unwrap();
        let mut parcels: Vec<Vec<u8>> = Vec::new();
        let mut parcel = |image: &str, output: &str| {
            number += 1;
            let name = ParcelId::of(job, 0, &[number]);
            let unit = json!({
                "unit": 0, "image": image, "bytes": 1, "pixels": 1, "number": 1,
                "outputs": [{ "variant": 0, "output": output, "replace": true }],
            });
            let parcel = json!({ "v": 1, "job": job, "parcel": name, "units": [unit] });
            (name, parcel.to_string().into_bytes())
        };
        let (secret, target) = (secret.to_str().unwrap(), target.to_str().unwrap());
        let paths = [
            (secret, "out/web/x.png"),
            ("in/00.png", target),
            ("../x.png", "out/web/x.png"),
            ("in/00.png", "../stolen.png"),
            ("in/../../x", "out/web/x.png"),
            ("in/00.png", "out/web/../../../stolen.png"),
            ("link/in/00.png", "out/web/x.png"),
            ("in/00.png", "link/stolen.png"),
            ("in/00.png", "link/in/00.png"),
            ("in/00.png", ".lote/journal"),
            ("in/00.png", "out/.lote/x"),
            ("in/00.png", ".lote-root"),
            ("in/00.png", "in/01.png"),
            ("in/00.png", "elsewhere/x.png"),
            ("", "out/web/x.png"),
            ("in/00.png", ""),
            ("in/\0", "out/web/x.png"),
        ];
        let mut sent = Vec::new();
        for (image, output) in paths {
            sent.push(parcel(image, output));
        }
        for bytes in [
            b"".to_vec(),
            b"{".to_vec(),
            b"null".to_vec(),
            "[".repeat(60_000).into_bytes(),
            b"{\"v\":2}".to_vec(),
            b"{\"v\":1}".to_vec(),
            vec![0xff; 65_000],
        ] {
            parcels.push(bytes);
        }
        for bytes in parcels {
            let (name, _) = parcel("", "");
            sent.push((name, bytes));
        }
        for (name, bytes) in sent {
            engine.publish(&pool, &build, job, name, bytes).await.unwrap();
        }
        for order in ["", "{", r#"{"v":1,"do":"exec","program":"touch"}"#, r#"{"v":1,"do":"kill"}"#]
        {
            let to = Subject::Control(Token::like("one"));
            engine.say(&to, order.as_bytes().to_vec()).await.unwrap();
        }
    });
    // It goes on, and what is behind all that is done.
    let outcome = fleet.run("after").run().code(0);
    outcome.assert_books();
    assert_eq!(outside.files(""), before, "a file outside was touched");
    assert!(!fleet.workspace.path("elsewhere").exists(), "only the job's outputs are written");
    fleet.assert_same("out", "after");
    signal(agent.pid(), Signal::TERM);
    assert!(!agent.died_of(Signal::SEGV));
}

#[test]
fn another_machine_is_not_spoken_to_in_the_clear() {
    let workspace = Workspace::new();
    let agent = workspace.lote("agent --fleet nats://192.0.2.1:4222 --root fotos=.").run().code(2);
    assert!(agent.stderr.contains("tls://"), "{}", agent.stderr);
}

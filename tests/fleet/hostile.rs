//! Whoever may write to the server may write anything; no file outside of a root is touched.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use super::*;
use lote_fleet::engine::{Engine, Subject};
use lote_fleet::names::{Build, FleetName, JobId, ParcelId};
use lote_fleet::nats::Nats as Client;
use lote_fleet::presence;
use serde_json::json;

/// What the agent writes down of a message that is of no use, once each.
const LOGGED: [&str; 4] =
    ["is of no use: ", " is not worked on: ", "is of another pool or build", "warning: job "];

/// The mark of a root that takes no outputs.
const SEALED: &str = "0123456789abcdef0123456789abcdef";

/// Somebody who may write to the server, and writes what no program of ours does.
struct Evil {
    engine: Client,
    /// The paper of a job that was done, as JSON.
    paper: Value,
    sent: usize,
}

impl Evil {
    async fn new(fleet: &Fleet) -> Self {
        let server = lote_fleet::nats::Server { url: fleet.server.url(), ..Default::default() };
        let engine = lote_fleet::nats::connect(&server, "evil").await.unwrap();
        let paper = serde_json::from_slice(&engine.jobs().await.unwrap().remove(0)).unwrap();
        Self { engine, paper, sent: 0 }
    }

    /// Puts up a paper, that of the real job but for what `change` does to it.
    async fn paper(&mut self, number: u8, change: impl FnOnce(&mut Value)) -> JobId {
        let job = JobId::new(u64::from(number), [number; 11]);
        let mut paper = self.paper.clone();
        paper["job"] = json!(job.to_string());
        paper["state"] = json!("open");
        change(&mut paper);
        self.engine.put_job(job, paper.to_string().into_bytes()).await.unwrap();
        job
    }

    fn name(&self, job: JobId) -> ParcelId {
        ParcelId::of(job, 0, &[self.sent as u32])
    }

    async fn publish(&mut self, job: JobId, parcel: ParcelId, bytes: Vec<u8>) {
        let (pool, build) = (FleetName::like("default"), Build::this());
        self.engine.publish(&pool, &build, job, parcel, bytes).await.unwrap();
        self.sent += 1;
    }

    /// Publishes a parcel of one unit, but for what `change` does to it.
    async fn parcel(&mut self, job: JobId, change: impl FnOnce(&mut Value)) {
        let name = self.name(job);
        let unit = json!({
            "unit": 0, "image": "in/00.png", "bytes": 1, "pixels": 1, "number": 1,
            "outputs": [{ "variant": 0, "output": "out/web/x.png", "replace": true }],
        });
        let mut parcel = json!({ "v": 1, "job": job, "parcel": name, "units": [unit] });
        change(&mut parcel);
        self.publish(job, name, parcel.to_string().into_bytes()).await;
    }

    async fn say(&mut self, order: Vec<u8>) {
        self.engine.say(&Subject::Control(FleetName::like("one")), order).await.unwrap();
        self.sent += 1;
    }
}

#[test]
fn no_message_leads_an_agent_out_of_its_roots_or_brings_it_down_and_each_is_logged_once() {
    let Some(program) = server() else { return };
    let fleet = Fleet::new(&program, 3);
    let outside = Workspace::with_pictures(1, 40, 30);
    std::os::unix::fs::symlink(outside.path(""), fleet.workspace.path("link")).unwrap();
    fleet.workspace.add("sealed/.lote-root", format!("{{\"v\":1,\"id\":\"{SEALED}\"}}").as_bytes());
    let sealed = format!("sealed={}:ro", fleet.workspace.path("sealed").display());
    let agent = fleet.lote("agent -j 2 --name one").arg("--root").arg(sealed);
    let agent = agent.env("LOTE_LOG", "warn").start();
    // A job whose paper is real, so that its parcels are looked at.
    fleet.run("out").run().code(0).assert_books();
    let before = outside.files("");
    let sent = block_on(async {
        let mut evil = Evil::new(&fleet).await;
        let job = evil.paper(1, |_| {}).await;
        places(&mut evil, job, &outside).await;
        contents(&mut evil, job).await;
        orders(&mut evil).await;
        papers(&mut evil).await;
        // One that no server takes.
        let mut stream = TcpStream::connect(("127.0.0.1", fleet.server.port())).unwrap();
        stream.write_all(b"CONNECT {\"verbose\":false}\r\nPUB lote.ctl.one 67108864\r\n").unwrap();
        let mut said = String::new();
        // It may be gone before all is read.
        let _ = stream.read_to_string(&mut said);
        assert!(said.contains("Maximum Payload Violation"), "{said}");
        evil.sent
    });
    assert!(sent >= 60, "{sent}");
    // It goes on, and what is behind all that is done.
    fleet.run("after").run().code(0).assert_books();
    assert_eq!(outside.files(""), before, "a file outside was touched");
    assert!(!fleet.workspace.path("elsewhere").exists(), "only the job's outputs are written");
    assert!(!fleet.workspace.path("out/web/x.png").exists());
    fleet.assert_same("out", "after");
    signal(agent.pid(), Signal::TERM);
    let said = agent.finish().code(0).stderr;
    let is_logged = |line: &&str| LOGGED.iter().any(|words| line.contains(words));
    let logged: Vec<_> = said.lines().filter(is_logged).collect();
    assert_eq!(logged.len(), sent, "{logged:#?}");
}

/// Images and outputs that are not where they may be.
async fn places(evil: &mut Evil, job: JobId, outside: &Workspace) {
    let (secret, target) = (outside.path("in/00.png"), outside.path("stolen.png"));
    let long = "a/".repeat(2_100) + "x.png";
    let images = [
        secret.to_str().unwrap(),
        "../x.png",
        "in/../../x",
        "in/./00.png",
        "in//00.png",
        "link/in/00.png",
        "",
        "in/\0",
        &long,
    ];
    for image in images {
        evil.parcel(job, |parcel| parcel["units"][0]["image"] = json!(image)).await;
    }
    let outputs = [
        target.to_str().unwrap(),
        "../stolen.png",
        "out/web/../../../stolen.png",
        "link/stolen.png",
        "link/in/00.png",
        ".lote/journal",
        "out/.lote/x",
        ".lote-root",
        "in/01.png",
        "elsewhere/x.png",
        "out/x.png",
        "",
        "out/web/",
        "out/web/x\0.png",
        &long,
    ];
    for output in outputs {
        evil.parcel(job, |parcel| parcel["units"][0]["outputs"][0]["output"] = json!(output)).await;
    }
    evil.parcel(job, |parcel| parcel["units"][0]["outputs"][0]["variant"] = json!(7)).await;
}

/// Parcels that say what they should not, or nothing at all.
async fn contents(evil: &mut Evil, job: JobId) {
    for step in [
        json!({ "filter": "exec", "params": { "program": { "Text": "touch" } } }),
        json!({ "filter": "blur", "params": { "radio": { "Float": 1e9 } } }),
        json!({ "filter": "blur", "params": { "radius_of_the_sun": { "Integer": 3 } } }),
    ] {
        let steps = |parcel: &mut Value| parcel["units"][0]["outputs"][0]["steps"] = json!([step]);
        evil.parcel(job, steps).await;
    }
    let many = |what: &Value, count: usize| json!(vec![what.clone(); count]);
    evil.parcel(job, |parcel| parcel["units"] = json!([])).await;
    evil.parcel(job, |parcel| parcel["units"] = many(&parcel["units"][0], 65)).await;
    evil.parcel(job, |parcel| parcel["units"][0]["outputs"] = json!([])).await;
    let outputs = |parcel: &mut Value| {
        let output = parcel["units"][0]["outputs"][0].clone();
        parcel["units"][0]["outputs"] = many(&output, 257);
    };
    evil.parcel(job, outputs).await;
    let twice = |what: &Value| many(what, 2);
    evil.parcel(job, |parcel| parcel["units"] = twice(&parcel["units"][0])).await;
    let outputs = |parcel: &mut Value| {
        let output = parcel["units"][0]["outputs"].as_array().unwrap()[0].clone();
        parcel["units"][0]["outputs"] = twice(&output);
    };
    evil.parcel(job, outputs).await;
    evil.parcel(job, |parcel| parcel["units"][0]["unit"] = json!(1_u64 << 40)).await;
    evil.parcel(job, |parcel| parcel["units"][0]["bytes"] = json!(-1)).await;
    let other = JobId::new(9, [9; 11]);
    evil.parcel(job, |parcel| parcel["job"] = json!(other)).await;
    evil.parcel(job, |parcel| parcel["parcel"] = json!(ParcelId::of(other, 0, &[]))).await;
    evil.parcel(job, |parcel| parcel["v"] = json!(2)).await;
    for bytes in [
        b"".to_vec(),
        b"{".to_vec(),
        b"null".to_vec(),
        b"[]".to_vec(),
        b"{\"v\":1}".to_vec(),
        b"{\"v\":1e999}".to_vec(),
        b"{\"v\":1,\"job\":\"\xff\"}".to_vec(),
        "[".repeat(60_000).into_bytes(),
        vec![0xff; 65_000],
    ] {
        let name = evil.name(job);
        evil.publish(job, name, bytes).await;
    }
}

/// Orders that there are not.
async fn orders(evil: &mut Evil) {
    for order in [
        "",
        "{",
        r#"{"v":1,"do":"exec","program":"touch"}"#,
        r#"{"v":1,"do":"kill"}"#,
        r#"{"v":1,"do":"kill","worker":-1}"#,
        r#"{"v":1,"do":"kill","worker":"/bin/sh"}"#,
        r#"{"v":1,"do":["drain"]}"#,
        r#"{"v":2,"do":"drain"}"#,
    ] {
        evil.say(order.as_bytes().to_vec()).await;
    }
    evil.say("[".repeat(100_000).into_bytes()).await;
    evil.say(vec![b'9'; 900_000]).await;
}

/// What is done to a paper.
type Change = Box<dyn FnOnce(&mut Value)>;

/// Papers of jobs that an agent does not take part in.
async fn papers(evil: &mut Evil) {
    let step = |filter: &str, params: Value| json!([{ "filter": filter, "params": params }]);
    let (exec, huge) =
        (step("exec", json!({})), step("blur", json!({ "radio": { "Float": 1e9 } })));
    let useless: Vec<Change> = vec![
        Box::new(|paper| paper["job"] = json!(JobId::new(77, [7; 11]))),
        Box::new(|paper| paper["v"] = json!(9)),
        Box::new(|paper| paper["build"] = json!("0123456789abcdef")),
        Box::new(|paper| paper["pool"] = json!("other")),
        Box::new(|paper| paper["output"]["path"] = json!("../x")),
        Box::new(|paper| paper["input"] = json!("nowhere")),
        Box::new(|paper| paper["header"]["paths"] = json!(["/etc"])),
    ];
    let refused: Vec<Change> = vec![
        Box::new(|paper| {
            paper["roots"]["nowhere"] = json!("0");
            paper["input"] = json!("nowhere");
        }),
        Box::new(|paper| paper["roots"]["fotos"] = json!("0".repeat(32))),
        Box::new(|paper| {
            paper["roots"]["sealed"] = json!(SEALED);
            paper["output"]["root"] = json!("sealed");
        }),
        Box::new(|paper| paper["header"]["variants"][0]["steps"] = exec),
        Box::new(|paper| paper["header"]["variants"][0]["steps"] = huge),
    ];
    let (pool, build) = (FleetName::like("default"), Build::this());
    for (number, change) in (100..).zip(useless) {
        let job = evil.paper(number, change).await;
        evil.parcel(job, |_| {}).await;
        // Until nothing of it is in the queue or in hand.
        let is_left = async || {
            let facts = evil.engine.facts(&pool, &build).await.unwrap();
            (facts.waiting, facts.in_hand) != (0, 0)
        };
        let all_gone = async { while is_left().await {} };
        tokio::time::timeout(PATIENCE, all_gone).await.unwrap();
    }
    let mut before = None;
    for (number, change) in (200..).zip(refused) {
        let job = evil.paper(number, change).await;
        evil.parcel(job, |_| {}).await;
        // Until its agent says why it takes no part.
        let why = async || {
            let here = presence::who(&evil.engine, &pool, Duration::from_millis(200)).await;
            here.unwrap().into_iter().find_map(|here| here.reason)
        };
        // A busy machine may not answer in time.
        let another = async {
            loop {
                let reason = why().await;
                if reason.is_some() && reason != before {
                    return reason;
                }
            }
        };
        before = tokio::time::timeout(PATIENCE, another).await.unwrap();
        evil.engine.purge(job).await.unwrap();
    }
}

#[test]
fn another_machine_is_not_spoken_to_in_the_clear() {
    let workspace = Workspace::new();
    let agent = workspace.lote("agent --fleet nats://192.0.2.1:4222 --root fotos=.").run().code(2);
    assert!(agent.stderr.contains("tls://"), "{}", agent.stderr);
}

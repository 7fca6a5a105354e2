//! What a fleet is asked and told from outside of a job.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use lote_engine::lang::{Lang, Text};
use lote_fleet::engine::{Engine, Error};
use lote_fleet::kit;
use lote_fleet::message::{Control, Here, Job, Message, Presence, Record, State};
use lote_fleet::names::Build;
use lote_fleet::nats::Nats;
use lote_fleet::presence;
use lote_protocol::text;
use serde_json::json;

use super::{Fleet, bad_name, connect};
use crate::exit::Exit;
use crate::ui::Ui;

/// So long agents have to say that they are there.
const ANSWERS: Duration = Duration::from_secs(1);

/// So many jobs are shown, the latest, beside those that are open.
const SHOWN: usize = 5;

type Done = Result<Exit, (Text, Exit)>;

fn broken(error: &Error) -> (Text, Exit) {
    (error.text(), Exit::NoWorkers)
}

/// Shows who is there, which jobs there are, and how far.
pub(crate) async fn status(fleet: &Fleet, as_json: bool, ui: Ui) -> Done {
    let nats = connect(&fleet.server, "lote fleet").await?;
    let pool = fleet.pool()?;
    let agents = presence::who(&nats, &pool, ANSWERS).await.map_err(|error| broken(&error))?;
    let jobs = match presence::jobs(&nats).await {
        // Nobody has submitted anything.
        Err(Error::Missing(_)) => Vec::new(),
        jobs => jobs.map_err(|error| broken(&error))?,
    };
    let mut done = BTreeMap::new();
    for job in jobs.iter().filter(|job| job.state == State::Open) {
        done.insert(job.job, ended(&nats, job).await.map_err(|error| broken(&error))?);
    }
    let text = if as_json {
        let agent = |here: &Here| {
            json!({
                "agent": here.agent, "pool": here.pool, "version": here.version,
                "build": here.build, "slots": here.slots, "busy": here.busy,
                "job": here.job, "state": here.state, "reason": here.reason,
                "roots": here.roots.keys().collect::<Vec<_>>(),
            })
        };
        let job = |job: &Job| {
            json!({
                "job": job.job, "pool": job.pool, "build": job.build, "state": job.state,
                "images": job.images, "outputs": job.outputs, "ended": done.get(&job.job),
                "started_ms": job.started_ms,
            })
        };
        let agents: Vec<_> = agents.iter().map(agent).collect();
        let jobs: Vec<_> = jobs.iter().map(job).collect();
        let all = json!({ "build": Build::this(), "agents": agents, "jobs": jobs });
        serde_json::to_string_pretty(&all).unwrap_or_default() + "\n"
    } else {
        let mut text = String::new();
        for here in &agents {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}", agent_line(here, ui.lang));
        }
        if agents.is_empty() {
            let says = ui.lang.pick("no agent is there", "no hay ningún agente");
            let _ = writeln!(text, "{says}");
        }
        let is_shown = |(place, job): &(usize, &Job)| job.state == State::Open || *place < SHOWN;
        for (_, job) in jobs.iter().enumerate().filter(is_shown) {
            let _ = writeln!(text, "{}", job_line(job, done.get(&job.job).copied(), ui.lang));
        }
        text
    };
    Ok(ui.print(&text))
}

/// How many outputs of a job are on record.
async fn ended(nats: &Nats, job: &Job) -> Result<u64, Error> {
    let (mut from, mut outputs) = (1, 0);
    loop {
        let records = nats.records(job.job, from, Duration::ZERO).await?;
        let Some(last) = records.last() else { return Ok(outputs) };
        from = last.sequence + 1;
        let of = |record: &lote_fleet::engine::Recorded| {
            Record::from_bytes(&record.bytes).map_or(0, |record| record.outputs.len() as u64)
        };
        outputs += records.iter().map(of).sum::<u64>();
    }
}

fn agent_line(here: &Here, lang: Lang) -> String {
    let state = match (here.state, lang) {
        (Presence::Working, Lang::En) if here.busy == 0 => "waits for work",
        (Presence::Working, Lang::Es) if here.busy == 0 => "espera trabajo",
        (Presence::Working, Lang::En) => "works",
        (Presence::Working, Lang::Es) => "trabaja",
        (Presence::Paused, Lang::En) => "pauses",
        (Presence::Paused, Lang::Es) => "en pausa",
        (Presence::Draining, Lang::En) => "is leaving",
        (Presence::Draining, Lang::Es) => "se va",
        (Presence::Refusing, Lang::En) => "cannot take part",
        (Presence::Refusing, Lang::Es) => "no puede participar",
        (Presence::Left, Lang::En) => "has left",
        (Presence::Left, Lang::Es) => "se ha ido",
    };
    let reason = here.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let other = if here.build == Build::this() {
        ""
    } else {
        lang.pick(" (another build)", " (otra compilación)")
    };
    let roots: Vec<_> = here.roots.keys().map(ToString::to_string).collect();
    format!(
        "{:32}  {:>3} × {:9} {} {}{other}  [{}]{reason}",
        here.agent.to_string(),
        here.slots,
        state,
        here.version,
        here.build,
        roots.join(", "),
    )
}

fn job_line(job: &Job, done: Option<u64>, lang: Lang) -> String {
    let state = match (job.state, lang) {
        (State::Open, Lang::En) => "open",
        (State::Open, Lang::Es) => "abierto",
        (State::Cancelled, Lang::En) => "cancelled",
        (State::Cancelled, Lang::Es) => "cancelado",
        (State::Ended, Lang::En) => "ended",
        (State::Ended, Lang::Es) => "terminado",
    };
    let done = done.map(|done| format!("{done}/")).unwrap_or_default();
    let outputs = lang.pick("outputs", "salidas");
    format!("{}  {state:9}  {done}{} {outputs}", job.job, job.outputs)
}

/// Characters of a password: each of them stands for five bits.
const PASSWORD: usize = 26;

/// Writes the configuration of a server.
pub(crate) fn kit(host: &str, port: u16, store: &str, ui: Ui) -> Done {
    let is_host = |letter: char| letter.is_ascii_alphanumeric() || ".-:".contains(letter);
    if host.is_empty() || !host.chars().all(is_host) {
        return Err((text!("{} is no name of a machine", format!("{host:?}")), Exit::Usage));
    }
    let is_own = matches!(host, "localhost" | "127.0.0.1" | "::1");
    let password = || -> Result<String, (Text, Exit)> {
        let mut random = [0; PASSWORD];
        getrandom::fill(&mut random).map_err(|error| (error.to_string().into(), Exit::Refused))?;
        let letters = b"0123456789abcdefghjkmnpqrstvwxyz";
        Ok(random.iter().map(|byte| char::from(letters[usize::from(byte % 32)])).collect())
    };
    let options = kit::Options {
        host: host.to_owned(),
        port,
        store: store.to_owned(),
        passwords: (password()?, password()?),
        certificate: (!is_own).then(|| ("server.crt".to_owned(), "server.key".to_owned())),
    };
    Ok(ui.print(&kit::config(&options)))
}

/// Has nothing more made of a job.
pub(crate) async fn cancel(fleet: &Fleet, job: &str, ui: Ui) -> Done {
    let Ok(id) = job.parse() else {
        return Err((
            text!("{} is no job: `lote fleet status` lists them", format!("{job:?}")),
            Exit::Usage,
        ));
    };
    let nats = connect(&fleet.server, "lote fleet").await?;
    if presence::cancel(&nats, id).await.map_err(|error| broken(&error))? {
        ui.say(ui.lang.pick("cancelled", "cancelado"));
        return Ok(Exit::Ok);
    }
    Err((text!("no such job is open: {}", job.to_owned()), Exit::NothingMatched))
}

/// Has an agent leave.
pub(crate) async fn drain(fleet: &Fleet, agent: &str, ui: Ui) -> Done {
    let name = agent.parse().map_err(|_| (bad_name(agent), Exit::Usage))?;
    let nats = connect(&fleet.server, "lote fleet").await?;
    let here =
        presence::who(&nats, &fleet.pool()?, ANSWERS).await.map_err(|error| broken(&error))?;
    if !here.iter().any(|here| here.agent == name) {
        return Err((text!("no agent {} is there", agent.to_owned()), Exit::NothingMatched));
    }
    presence::tell(&nats, &name, Control::Drain).await.map_err(|error| broken(&error))?;
    // What is said is on its way when the server has answered something after it.
    let _ = presence::who(&nats, &fleet.pool()?, Duration::from_millis(100)).await;
    ui.say(
        ui.lang
            .pick("it finishes what it has begun, and ends", "termina lo que ha empezado y acaba"),
    );
    Ok(Exit::Ok)
}

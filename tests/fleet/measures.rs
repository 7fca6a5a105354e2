//! What is measured by hand, alone on a quiet machine:
//! `cargo test --release -p lote-tests --test fleet -- --ignored --nocapture --test-threads 1`.

use super::*;
use lote_fleet::message::{Message, Record};

#[test]
#[ignore = "it measures times"]
fn joining_takes_two_seconds_and_leaving_repeats_nothing() {
    const PICTURES: u32 = 6_000;
    let Some(program) = server() else { return };
    let fleet = Fleet::new(&program, PICTURES);
    fleet.alone("alone");
    let leaving = fleet.agent("leaving");
    let _staying = fleet.agent("staying");
    fleet.until_there(2);
    let folders = ["out/web", "out/gris"].map(|folder| fleet.workspace.path(folder));
    let made = Made::in_folders(folders.iter().map(std::path::PathBuf::as_path));
    let mut run = fleet.run("out").start();
    (0..100).for_each(|_| drop(run.until(is_output)));
    let started = Instant::now();
    let _joining = fleet.agent("joining");
    run.until(|event| is_output(event) && event["agent"] == "joining");
    let joined = started.elapsed();
    signal(leaving.pid(), Signal::TERM);
    let asked = Instant::now();
    let left = std::thread::spawn(move || {
        leaving.finish().code(0);
        asked.elapsed()
    });
    let taken = block_on(taken_over(&fleet.server.url(), asked));
    let left = left.join().unwrap();
    run.finish().code(0).assert_books();
    let made = made.count();
    fleet.assert_same("alone", "out");
    println!(
        "fleet: first output {:.2} s after the start of an agent; end {:.2} s after SIGTERM, its {} parcels in \
         another's hand {:.2} s after it at most, {} outputs made twice",
        joined.as_secs_f64(),
        left.as_secs_f64(),
        taken.len(),
        taken.iter().max().copied().unwrap_or_default().as_secs_f64(),
        made - PICTURES as usize * 2
    );
    assert!(!taken.is_empty(), "it gave nothing back");
    assert_eq!(made, PICTURES as usize * 2);
    assert!(joined <= Duration::from_secs(2) && left <= Duration::from_secs(11));
    assert!(taken.iter().all(|after| *after <= Duration::from_secs(1)), "{taken:?}");
}

/// How long after that moment each parcel was in the hand of an agent that was not the first to have it, as
/// the records of the next seconds say.
async fn taken_over(url: &str, since: Instant) -> Vec<Duration> {
    let server = lote_fleet::nats::Server { url: url.to_owned(), ..Default::default() };
    let engine = lote_fleet::nats::connect(&server, "observer").await.unwrap();
    let last = async || {
        let said = engine.raw("$JS.API.STREAM.INFO.LOTE_DONE", "").await.unwrap();
        let said: Value = serde_json::from_slice(&said).unwrap();
        said["state"]["last_seq"].as_u64().unwrap()
    };
    let (mut taken, mut read) = (Vec::new(), last().await);
    while since.elapsed() < Duration::from_secs(4) {
        let now = last().await;
        for place in read + 1..=now {
            let which = format!("{{\"seq\":{place}}}");
            let record = engine.raw("$JS.API.DIRECT.GET.LOTE_DONE", &which).await.unwrap();
            // Marks stand between them.
            let Ok(record) = Record::from_bytes(&record) else { continue };
            if record.delivery > 1 {
                taken.push(since.elapsed().saturating_sub(Duration::from_millis(record.ms)));
            }
        }
        read = now;
    }
    taken
}

#[test]
#[ignore = "it measures for a minute"]
fn an_agent_without_work_costs_next_to_nothing() {
    let Some(program) = server() else { return };
    let fleet = Fleet::new(&program, 1);
    let agent = fleet.agent("idle");
    fleet.run("out").run().code(0);
    let used = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", agent.pid())).unwrap();
        let (_, fields) = stat.rsplit_once(") ").unwrap();
        let fields: Vec<_> = fields.split_whitespace().collect();
        // utime and stime, of 10 ms.
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    };
    // The run that it has had ends half a minute after its last image, with its workers.
    std::thread::sleep(Duration::from_secs(40));
    let before = used();
    std::thread::sleep(Duration::from_secs(60));
    let ticks = used() - before;
    let status = std::fs::read_to_string(format!("/proc/{}/status", agent.pid())).unwrap();
    let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap().trim();
    println!("fleet: idle for 60 s: {ticks}0 ms of processor time, {memory}");
    let kib: u64 = memory.trim_end_matches(" kB").parse().unwrap();
    assert!(ticks * 10 <= 300 && kib <= 40 << 10);
}

//! Figures that depend on the machine. They are measured by hand, alone:
//!
//! ```sh
//! cargo test --release -p lote-tests --test serve -- --ignored --nocapture --test-threads 1 measures
//! ```

#![allow(clippy::print_stdout, reason = "the figures are what they are for")]

use std::fs;
use std::io::Write as _;
use std::net::TcpStream;

use serde_json::{Value, json};

use super::client::{Server, folder_with};
use super::pictures::png;
use super::sockets::{frame, open_as, read_frame, stalled_page};
use super::stream::{Page, start};
use crate::patience::wait_until;

const IMAGES: u32 = 200;
const PAGES: usize = 50;
const ROUNDS: usize = 41;

/// What a job took.
struct Cost {
    /// Wall time, s.
    seconds: f64,
    /// What the server's own process was computing, s; its workers' time is not in it.
    server: f64,
}

/// How many clients the server counts, the asking one included.
fn clients(server: &Server) -> usize {
    let (mut stream, status) = open_as(server, "/", None);
    assert_eq!(status, 101);
    stream.write_all(&frame(json!({"tipo": "estado"}).to_string().as_bytes())).unwrap();
    loop {
        let message: Value = serde_json::from_str(&read_frame(&mut stream)).unwrap_or_default();
        if message["tipo"] == "estado" {
            return message["datos"]["clientes_conectados"].as_u64().unwrap() as usize;
        }
    }
}

/// The time that a process has computed, without its children, s.
fn computed(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // After the name, which may hold anything: fields 14 and 15 of proc(5), in hundredths.
    let (_, rest) = stat.rsplit_once(") ").unwrap();
    let fields: Vec<_> = rest.split(' ').collect();
    let ticks = |field: usize| fields[field - 3].parse::<f64>().unwrap();
    (ticks(14) + ticks(15)) / 100.0
}

/// What a job costs. One before it, which is not counted, fills what is to be full: the buffers of
/// those who do not listen.
fn cost(server: &Server) -> Cost {
    // A page that answers no ping is let go after a while.
    let mut page = Page::open(server);
    let mut cost = Cost { seconds: 0.0, server: 0.0 };
    for _ in 0..2 {
        let before = computed(server.pid());
        start(server, &["blur", "sepia"]);
        let job = page.until_job("finished");
        assert_eq!(job["progress"]["ok"], 2 * IMAGES);
        let seconds = job["progress"]["elapsed_ms"].as_f64().unwrap() / 1000.0;
        cost = Cost { seconds, server: computed(server.pid()) - before };
    }
    cost
}

fn with_stalled_pages(server: &Server) -> Cost {
    let stalled: Vec<TcpStream> = (0..PAGES).map(|_| stalled_page(server)).collect();
    let cost = cost(server);
    assert!(clients(server) > PAGES, "some have been let go");
    drop(stalled);
    wait_until("pages that leave", || clients(server) == 1);
    cost
}

/// Of an odd number of values: the least, the quartiles with the median between them, the greatest.
fn spread(mut values: Vec<f64>) -> [f64; 5] {
    values.sort_by(f64::total_cmp);
    let last = values.len() - 1;
    [0, last / 4, last / 2, last - last / 4, last].map(|place| values[place])
}

#[test]
#[ignore = "measures; to be run by hand"]
fn what_fifty_stalled_pages_cost() {
    let folder = folder_with(&[]);
    fs::create_dir(folder.path().join("input_images")).unwrap();
    for number in 0..IMAGES {
        let path = folder.path().join(format!("input_images/{number:03}.png"));
        fs::write(path, png(300, 200, number)).unwrap();
    }
    let server = Server::start_in(folder, &[]);
    server.settled();
    cost(&server);
    let before = server.resident_kib();
    let (mut alone, mut with) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // In turn, so that neither has the machine's better half of the time.
        if round % 2 == 0 {
            alone.push(cost(&server));
            with.push(with_stalled_pages(&server));
        } else {
            with.push(with_stalled_pages(&server));
            alone.push(cost(&server));
        }
    }
    let grown = server.resident_kib().saturating_sub(before);
    let loss = alone.iter().zip(&with).map(|(alone, with)| 1.0 - alone.seconds / with.seconds);
    let loss = spread(loss.map(|loss| loss * 100.0).collect());
    let speed = alone.iter().map(|cost| f64::from(IMAGES) / cost.seconds);
    let [_, _, speed, ..] = spread(speed.collect());
    println!(
        "loss of throughput by {PAGES} stalled pages in {ROUNDS} pairs: median {:.2} %, quartiles \
         {:.2} and {:.2} %, from {:.2} to {:.2} %; alone {speed:.0} images/s",
        loss[2], loss[1], loss[3], loss[0], loss[4]
    );
    // Wall times are at the mercy of whatever else runs; what the server computes is less so.
    let cores = std::thread::available_parallelism().unwrap().get() as f64;
    let of = |costs: &[Cost]| {
        let share = costs.iter().map(|cost| cost.server / (cost.seconds * cores) * 100.0);
        share.sum::<f64>() / costs.len() as f64
    };
    println!(
        "the server itself takes {:.2} % of the machine's time alone, {:.2} % with them; memory + {grown} KiB",
        of(&alone),
        of(&with)
    );
}

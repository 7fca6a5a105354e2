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

const IMAGES: u32 = 400;
const PAGES: usize = 50;
const ROUNDS: usize = 15;

/// How many clients the server counts, the asking one included.
fn clients(server: &Server) -> u64 {
    let (mut stream, status) = open_as(server, "/", None);
    assert_eq!(status, 101);
    stream.write_all(&frame(json!({"tipo": "estado"}).to_string().as_bytes())).unwrap();
    loop {
        let message: Value = serde_json::from_str(&read_frame(&mut stream)).unwrap_or_default();
        if message["tipo"] == "estado" {
            return message["datos"]["clientes_conectados"].as_u64().unwrap();
        }
    }
}

/// Images a second of a job. One before it, which is not counted, fills what is to be full: the
/// buffers of those who do not listen.
fn images_per_second(server: &Server, page: &mut Page) -> f64 {
    let mut speed = 0.0;
    for _ in 0..2 {
        start(server, &["blur", "sepia"]);
        let job = page.until_job("finished");
        assert_eq!(job["progress"]["ok"], 2 * IMAGES);
        speed = f64::from(IMAGES) / job["progress"]["elapsed_ms"].as_f64().unwrap() * 1000.0;
    }
    speed
}

fn with_stalled_pages(server: &Server, page: &mut Page) -> f64 {
    let stalled: Vec<TcpStream> = (0..PAGES).map(|_| stalled_page(server)).collect();
    let speed = images_per_second(server, page);
    assert!(clients(server) > PAGES as u64, "none of them has been let go yet");
    drop(stalled);
    // The page and who asks.
    while clients(server) > 2 {
        std::thread::yield_now();
    }
    speed
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
    let mut page = Page::open(&server);
    images_per_second(&server, &mut page);
    let before = server.resident_kib();
    let (mut losses, mut alone_speeds) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // In turn, so that neither has the machine's better half of the time.
        let (alone, with) = if round % 2 == 0 {
            let alone = images_per_second(&server, &mut page);
            (alone, with_stalled_pages(&server, &mut page))
        } else {
            let with = with_stalled_pages(&server, &mut page);
            (images_per_second(&server, &mut page), with)
        };
        println!("{alone:.1} images/s alone, {with:.1} with {PAGES} stalled pages");
        losses.push((1.0 - with / alone) * 100.0);
        alone_speeds.push(alone);
    }
    let grown = server.resident_kib().saturating_sub(before);
    losses.sort_by(f64::total_cmp);
    alone_speeds.sort_by(f64::total_cmp);
    println!(
        "loss by {PAGES} stalled pages in {ROUNDS} pairs: median {:.2} %, quartiles {:.2} and {:.2} %, \
         from {:.2} to {:.2} %; {:.1} images/s; server memory + {grown} KiB",
        losses[ROUNDS / 2],
        losses[ROUNDS / 4],
        losses[ROUNDS * 3 / 4],
        losses[0],
        losses[ROUNDS - 1],
        alone_speeds[ROUNDS / 2],
    );
}

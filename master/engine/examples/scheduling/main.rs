//! How well the scheduler fills 2 to 256 workers with up to a million tasks, by a simulated clock:
//! `cargo run --release -p lote-engine --example scheduling -- bench/scheduling.svg`.
//!
//! Sizes are drawn from distributions such as folders have. How long a task takes follows from its
//! size but is not known to the scheduler: it estimates by bytes, as in a run.

#![allow(clippy::print_stdout, reason = "its results are for the reader")]

mod chart;
mod clock;
mod folders;

use std::time::Instant;

use clock::Outcome;
use folders::Folder;

/// What is simulated: folders, and how many files they have.
const RUNS: [(Folder, usize); 4] = [
    (Folder::Camera, 1_000_000),
    (Folder::Web, 1_000_000),
    (Folder::Mixed, 1_000_000),
    (Folder::Mixed, 5_000),
];
const WORKERS: [u32; 8] = [2, 4, 8, 16, 32, 64, 128, 256];

/// What was found of a folder with so many workers.
struct Row {
    workers: u32,
    /// Makespan over the lower bound: the larger of mean load and longest task.
    ratio: f64,
    /// Tasks that the scheduler decided about a second of its own time.
    decisions_per_s: f64,
}

fn main() -> std::io::Result<()> {
    let mut lines = Vec::new();
    for (folder, count) in RUNS {
        let tasks = folder.tasks(count);
        let name = format!("{count} {}", folder.name());
        println!("{name}");
        println!("  workers   makespan / bound   decisions / s");
        let mut rows = Vec::new();
        for workers in WORKERS {
            let begun = Instant::now();
            let Outcome { makespan_ms, scheduling, .. } = clock::run(&tasks, workers);
            let total: f64 = tasks.iter().map(|task| task.ms).sum();
            let longest = tasks.iter().map(|task| task.ms).fold(0.0, f64::max);
            let bound = (total / f64::from(workers)).max(longest);
            let row = Row {
                workers,
                ratio: makespan_ms / bound,
                decisions_per_s: tasks.len() as f64 / scheduling.as_secs_f64(),
            };
            println!(
                "  {:7}   {:16.4}   {:13.0}   (simulated {:.0} s in {:.1} s)",
                row.workers,
                row.ratio,
                row.decisions_per_s,
                makespan_ms / 1000.0,
                begun.elapsed().as_secs_f64()
            );
            rows.push(row);
        }
        lines.push((name, rows));
    }
    if let Some(path) = std::env::args().nth(1) {
        std::fs::write(&path, chart::svg(&lines))?;
        println!("{path}");
    }
    Ok(())
}

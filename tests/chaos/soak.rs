//! A run of very many images leaves no traces in the master: no memory, no files, no zombies.

use std::fs;
use std::time::Instant;

use super::kills::many;
use crate::size;

/// What the master has at one moment.
#[derive(Debug, Clone, Copy)]
struct Sample {
    outputs: usize,
    resident_kib: u64,
    open_files: usize,
    at: Instant,
}

fn sample(pid: u32, outputs: usize) -> Option<Sample> {
    // Exact, other than the counters in `status`.
    let memory = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = memory.lines().find_map(|line| line.strip_prefix("Rss:"))?;
    let resident_kib = line.split_whitespace().next()?.parse().ok()?;
    let open_files = fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count();
    Some(Sample { outputs, resident_kib, open_files, at: Instant::now() })
}

/// Children of a process that have ended and have not been waited for.
fn zombies(pid: u32) -> usize {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let is_zombie = |child: &&str| {
        let stat = fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
        stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'))
    };
    children.unwrap_or_default().split_whitespace().filter(is_zombie).count()
}

/// The slope of resident memory over outputs by least squares, bytes an output.
fn slope(samples: &[Sample]) -> f64 {
    let count = samples.len() as f64;
    let x = |sample: &Sample| sample.outputs as f64;
    let y = |sample: &Sample| sample.resident_kib as f64 * 1024.0;
    let mean = |of: &dyn Fn(&Sample) -> f64| samples.iter().map(of).sum::<f64>() / count;
    let (mean_x, mean_y) = (mean(&x), mean(&y));
    let covariance: f64 = samples.iter().map(|s| (x(s) - mean_x) * (y(s) - mean_y)).sum();
    covariance / samples.iter().map(|s| (x(s) - mean_x).powi(2)).sum::<f64>()
}

const WORKERS: usize = 2;

#[test]
fn a_long_run_takes_no_more_memory_and_no_more_files_as_it_goes_on() {
    let images = size(4_000, 100_000);
    let workspace = many(images);
    let run = format!("run in -f invertir -j {WORKERS} -o out --ndjson");
    let mut run = workspace.lote(&run).start();
    let pid = run.pid();
    let (mut samples, mut outputs, mut dead) = (Vec::new(), 0, 0);
    while let Some(event) = run.next() {
        outputs += usize::from(event["event"] == "output");
        if event["event"] == "output" && outputs % (images / 100) == 0 {
            // At the very end it may be gone before all has been read.
            samples.extend(sample(pid, outputs));
            dead = dead.max(zombies(pid));
        }
    }
    let outcome = run.finish().code(0);
    outcome.assert_books();
    assert_eq!(outcome.event("finished")["ok"], images);
    // The first tenth warms up; what is left at the end when workers leave says nothing.
    let steady: Vec<_> = samples
        .iter()
        .filter(|s| s.outputs > images / 10 && s.outputs < images * 9 / 10)
        .copied()
        .collect();
    assert!(steady.len() >= 20, "the master was gone after {} samples", samples.len());
    let files = |of: fn(usize, usize) -> usize| steady.iter().map(|s| s.open_files).reduce(of);
    let (fewest, most) = (files(usize::min).unwrap(), files(usize::max).unwrap());
    let (first, last) = (steady[0].resident_kib, steady[steady.len() - 1].resident_kib);
    assert_eq!(dead, 0, "zombies");
    // What is opened for a worker at a time: 16 tasks with an image and an output each.
    assert!(most <= fewest + WORKERS * 16 * 2, "from {fewest} to {most} open files");
    assert!(last < first + (8 << 10), "from {first} to {last} KiB");
    println!(
        "soak: {images} images, {} samples in {:.1} s: master from {first} to {last} KiB ({:.1} \
         bytes an output), {fewest} to {most} open files, {dead} zombies",
        steady.len(),
        (steady[steady.len() - 1].at - steady[0].at).as_secs_f64(),
        slope(&steady)
    );
}

//! Bytes through the code that `LOTE_TARGET` names, guided by what they reach: a decoder, a reader of metadata, or of files that
//! filters take. One program, so that a new format is a target by itself; without the name it lists the targets.

#![no_main]

mod assets;
mod blocks;
mod decoders;

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::panic::{self, AssertUnwindSafe};
use std::sync::{LazyLock, Mutex};
use std::{env, fs, process};

use libfuzzer_sys::{Corpus, fuzz_target};
use lote_imaging::formats;
use lote_protocol::task::Limits;

/// What takes in bytes, and says whether they were of its kind.
type Target = Box<dyn Fn(&[u8]) -> bool + Send + Sync>;

fn targets() -> Vec<(&'static str, Target)> {
    let mut targets: Vec<(&'static str, Target)> = Vec::new();
    for format in formats::ALL.iter().copied() {
        let id = format.id.name();
        targets.push((id, Box::new(move |bytes| decoders::decode(format, bytes))));
    }
    targets.push(("zstandard", Box::new(decoders::zstandard)));
    for (name, block) in blocks::ALL {
        targets.push((name, Box::new(|bytes| blocks::carry(block, bytes))));
    }
    targets.push(("svg", Box::new(assets::logo)));
    targets.push(("cube", Box::new(assets::table)));
    targets.push(("font", Box::new(assets::font)));
    targets
}

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let wanted = env::var("LOTE_TARGET").unwrap_or_default();
    let mut targets = targets();
    let Some(place) = targets.iter().position(|(name, _)| *name == wanted) else {
        for (name, _) in targets {
            println!("{name}");
        }
        process::exit(if wanted.is_empty() { 0 } else { 2 });
    };
    targets.swap_remove(place).1
});

/// Where dependencies have panicked.
static SEEN: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);

/// Small pictures only, so that many are tried.
fn limits() -> Limits {
    Limits { max_pixels: 1 << 16, max_frames: 50, max_alloc_bytes: 2 << 20, ..Limits::default() }
}

/// Panics of our own code end the program. Those of dependencies are caught, as a worker does it, and are told once a place, with
/// the file that makes them.
fn tell_of_panics() {
    let ours = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let Some(place) = info.location().filter(|place| place.file().contains("/registry/")) else {
            return ours(info);
        };
        if SEEN.lock().is_ok_and(|mut seen| seen.insert(place.to_string())) {
            eprintln!("DEPENDENCY PANICS at {place}: {}", info.payload_as_str().unwrap_or_default());
            PANICKED.set(true);
        }
    }));
}

thread_local! {
    /// Whether there was a panic at a place that is new.
    static PANICKED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Keeps what made a dependency panic.
fn keep(bytes: &[u8]) {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    let folder = env::var("LOTE_FINDINGS").unwrap_or_else(|_| ".".into());
    let target = env::var("LOTE_TARGET").unwrap_or_default();
    let path = format!("{folder}/{target}-dependency-{:016x}", hasher.finish());
    if let Err(error) = fs::write(&path, bytes) {
        eprintln!("{path}: {error}");
    }
}

fuzz_target!(
    init: {
        tell_of_panics();
        LazyLock::force(&TARGET);
    },
    |bytes: &[u8]| -> Corpus {
        let is_of_its_kind = panic::catch_unwind(AssertUnwindSafe(|| TARGET(bytes))).unwrap_or(true);
        if PANICKED.take() {
            keep(bytes);
        }
        if is_of_its_kind { Corpus::Keep } else { Corpus::Reject }
    }
);

//! A folder that photos are copied to slowly and in bursts, half, by renames and into new folders,
//! while whoever watches it is killed three times.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;

use rustix::process::Signal;

use crate::support::cycle::recorded;
use crate::support::processes::signal;
use crate::support::workspace::assert_same;
use crate::support::{Running, Workspace, pictures};
use crate::{Chance, size};

const MAKE: &str = "-f web=redimensionar:lado_largo=100 -f grises";
const VARIANTS: usize = 2;

/// Small variants of the photos in the folder that `LOTE_PHOTOS` names, or else of noise.
fn sources() -> Vec<Vec<u8>> {
    let photos = std::env::var_os("LOTE_PHOTOS").map(PathBuf::from);
    let files = photos.into_iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let paths = files.map(|file| file.unwrap().path());
    let small = paths.filter_map(|path| {
        let photo =
            image::ImageReader::open(path).ok()?.with_guessed_format().ok()?.decode().ok()?;
        let mut bytes = std::io::Cursor::new(Vec::new());
        photo.thumbnail(160, 160).to_rgb8().write_to(&mut bytes, image::ImageFormat::Jpeg).ok()?;
        Some(bytes.into_inner())
    });
    let small: Vec<_> = small.collect();
    if small.is_empty() {
        (0..16).map(|seed| pictures::jpeg(90, 60, seed)).collect()
    } else {
        small
    }
}

/// Whoever copies.
struct Copier<'a> {
    workspace: &'a Workspace,
    sources: Vec<Vec<u8>>,
    chance: Chance,
    next: usize,
    /// Files that are half there, with the other half.
    halves: Vec<(File, Vec<u8>)>,
}

impl Copier<'_> {
    /// Each is another image: a JPEG may have anything behind its end.
    fn content(&mut self) -> Vec<u8> {
        let mut bytes = self.sources[self.chance.below(self.sources.len())].clone();
        bytes.extend(self.next.to_le_bytes());
        bytes
    }

    fn copy(&mut self) {
        self.next += 1;
        let (number, bytes) = (self.next, self.content());
        let name = format!("in/{number:05}.jpg");
        match self.chance.below(10) {
            0 | 1 => {
                let mut file = File::create(self.workspace.path(&name)).unwrap();
                let middle = self.chance.below(bytes.len());
                file.write_all(&bytes[..middle]).unwrap();
                self.halves.push((file, bytes[middle..].to_vec()));
            }
            2 => {
                self.workspace.add("elsewhere.jpg", &bytes);
                let [from, to] = ["elsewhere.jpg", &name].map(|name| self.workspace.path(name));
                fs::rename(from, to).unwrap();
            }
            3 => self.workspace.add(&format!("in/{number}/deep/{number}.jpg"), &bytes),
            // Under another name while it is copied, as browsers and rsync do it.
            4 => {
                self.workspace.add(&format!("in/.{number}.jpg.part"), &bytes);
                let from = self.workspace.path(&format!("in/.{number}.jpg.part"));
                fs::rename(from, self.workspace.path(&name)).unwrap();
            }
            _ => self.workspace.add(&name, &bytes),
        }
        if self.chance.below(4) == 0 {
            self.finish_one();
        }
    }

    fn finish_one(&mut self) -> bool {
        if self.halves.is_empty() {
            return false;
        }
        let (mut file, rest) = self.halves.swap_remove(self.chance.below(self.halves.len()));
        file.write_all(&rest).unwrap();
        true
    }

    /// How many are whole.
    fn whole(&self) -> usize {
        self.next - self.halves.len()
    }
}

/// What has become of outputs, by image and variant, in the order of its lives.
#[derive(Default)]
struct Seen {
    ok: BTreeMap<String, usize>,
    failed: Vec<String>,
}

impl Seen {
    /// Goes on to the next output that has ended in this life.
    fn next(&mut self, run: &mut Running, on_record: &BTreeSet<String>) {
        let ended = run.until(|event| event["event"] == "output" && event["status"] != "skipped");
        if ended["status"] == "ok" {
            let path = ended["path"].as_str().unwrap().trim_start_matches("out/").to_owned();
            assert!(!on_record.contains(&path), "{path} was on record and made again");
            *self.ok.entry(path).or_default() += 1;
        } else {
            self.failed.push(ended["image"].as_str().unwrap().to_owned());
        }
    }
}

#[test]
fn what_is_copied_while_the_watch_is_killed_three_times_is_made_once_and_nothing_half() {
    let count = size(160, 2_000);
    let workspace = Workspace::with_pictures(0, 8, 8);
    workspace.add("in/bad.jpg", b"\xff\xd8\xff\xe0 no photo");
    let command = format!("watch in {MAKE} -o out --ndjson --settle 0.3 -j 2 -q");
    let mut copier = Copier {
        workspace: &workspace,
        sources: sources(),
        chance: Chance::new(),
        next: 0,
        halves: Vec::new(),
    };
    let mut seen = Seen::default();
    for life in 1..=4 {
        let on_record = recorded(&workspace);
        // What was on record and had not been read here when it was killed.
        for path in &on_record {
            seen.ok.entry(path.clone()).or_insert(1);
        }
        let mut run = workspace.lote(&command).start();
        let until = count * life / 4;
        while copier.next < until {
            for _ in 0..=copier.chance.below(until / 6) {
                copier.copy();
            }
            // Slowly: what has been copied so far is made in part, or even wholly.
            let made = on_record.len().max(seen.ok.len());
            let due = (copier.whole() * VARIANTS).saturating_sub(made);
            if life < 4 && copier.next >= until {
                // In the middle of it.
                for _ in 0..copier.chance.below(due.max(1)) {
                    seen.next(&mut run, &on_record);
                }
                signal(run.pid(), Signal::KILL);
                assert!(run.died_of(Signal::KILL));
                break;
            }
            for _ in 0..copier.chance.below(due.max(1)) {
                seen.next(&mut run, &on_record);
            }
        }
        if life == 4 {
            while copier.finish_one() {}
            while seen.ok.len() < copier.next * VARIANTS {
                seen.next(&mut run, &on_record);
            }
            signal(run.pid(), Signal::INT);
            run.finish().code(130);
        }
    }
    let copied = copier.next;
    workspace.lote(&format!("run in -R {MAKE} -o calm -q")).run().code(1);
    assert_same(&workspace.files("calm"), &workspace.files("out"));
    assert_eq!(seen.ok.len(), copied * VARIANTS);
    let again = seen.ok.values().filter(|times| **times > 1).count();
    assert!(seen.failed.iter().all(|image| image == "bad.jpg"), "{:?}", seen.failed);
    println!(
        "watch: {copied} photos copied whole, half, by renames and into new folders, 3 kills of the \
         master: {} outputs, 0 half, 0 lost, identical to those of `lote run`; {again} had been made \
         and were not yet on record at a kill; the bad one failed {} times for {VARIANTS} variants",
        seen.ok.len(),
        seen.failed.len(),
    );
}

#[test]
fn a_burst_that_overflows_the_queue_of_events_is_made_whole() {
    let count = size(600, 10_000);
    let workspace = Workspace::with_pictures(1, 8, 8);
    let mut run = workspace.lote("watch in -f grises -o out --ndjson --settle 0.3 -j 2 -q").start();
    let (mut seen, nothing) = (Seen::default(), BTreeSet::new());
    seen.next(&mut run, &nothing);
    // Whoever reads the events is stopped meanwhile, so that they do not fit the queue.
    signal(run.pid(), Signal::STOP);
    let contents: Vec<_> = (0..16).map(|seed| pictures::png(12, 8, seed)).collect();
    let [one, other] = ["in/one.txt", "in/other.txt"].map(|name| workspace.path(name));
    fs::write(&one, b"").unwrap();
    for _ in 0..9_000 {
        fs::rename(&one, &other).unwrap();
        fs::rename(&other, &one).unwrap();
    }
    for number in 0..count {
        let path = workspace.path(&format!("in/burst-{number:05}.png"));
        fs::write(path, &contents[number % contents.len()]).unwrap();
    }
    signal(run.pid(), Signal::CONT);
    while seen.ok.len() < count + 1 {
        seen.next(&mut run, &nothing);
    }
    signal(run.pid(), Signal::INT);
    run.finish().code(130);
    assert!(seen.ok.values().all(|times| *times == 1) && seen.failed.is_empty());
    assert_eq!(workspace.names("out").len(), count + 1);
    println!("watch: a burst of {count} images while events were not read: each made once");
}

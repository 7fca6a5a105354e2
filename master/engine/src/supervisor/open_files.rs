//! The files of what a worker process has been given: opened before it is told, published when it says
//! that they are written, and gone with it if it does not. All of this waits for disks.

use std::collections::{HashSet, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lote_protocol::lang::reason;
use lote_protocol::message::Report;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::Files;
use lote_protocol::temporary::Owner;
use lote_protocol::text;
use lote_worker::input::unreadable;
use tempfile::TempPath;

use crate::output::{Target, Temporaries, publish};
use crate::plan::{Access, Assignment, Gate};
use crate::system::files::{FileId, open_image, open_regular};

/// The files of a worker process.
#[derive(Debug)]
pub(super) struct OpenFiles {
    temporaries: Temporaries,
    given: Mutex<Given>,
}

#[derive(Debug, Default)]
struct Given {
    /// The tasks of each slot, the one that it runs first.
    slots: Vec<VecDeque<OpenTask>>,
    /// Assets that the worker has had.
    assets: HashSet<[u8; 32]>,
    /// The worker is gone.
    closed: bool,
}

#[derive(Debug)]
struct OpenTask {
    id: u64,
    access: Arc<Access>,
    input: Option<FileId>,
    /// What has not ended, by variant; without a file where none could be made.
    outputs: Vec<(u32, Option<TempPath>, Target)>,
}

/// An output that a worker has come to the end of.
struct EndedOutput {
    file: Option<TempPath>,
    target: Target,
    /// The image that it is of.
    input: Option<FileId>,
    access: Arc<Access>,
}

/// A report about what a worker is not running, or has not been given a file for.
#[derive(Debug)]
pub(super) struct Nonsense;

impl OpenFiles {
    pub(super) fn new(slots: u32) -> Self {
        let slots = (0..slots).map(|_| VecDeque::new()).collect();
        let given = Mutex::new(Given { slots, ..Given::default() });
        Self { temporaries: Temporaries::new(Owner::this()), given }
    }

    /// Opens what a slot needs for a task that it is given after those that it has.
    pub(super) fn open(&self, slot: u32, access: Arc<Access>, assignment: &Assignment) -> Files {
        let Assignment { task, input, targets, assets } = assignment;
        let file = match access.unfetched.why(input) {
            Some(failure) => Err(failure),
            None => open_image(input, &access.within).map_err(|error| not_opened(&error)),
        };
        let id = file.as_ref().ok().and_then(|file| FileId::of(input, &file.metadata().ok()?));
        let (mut files, mut outputs) = (Vec::new(), Vec::new());
        for (order, target) in task.orders.iter().zip(targets) {
            // What cannot be read is not written.
            let made = match &file {
                Ok(_) => self.temporaries.create(target),
                Err(failure) => Err(failure.clone()),
            };
            let (file, path) = match made {
                Ok((file, path)) => (Ok(file), Some(path)),
                Err(failure) => (Err(failure), None),
            };
            files.push(file);
            outputs.push((order.variant, path, target.clone()));
        }
        let mut given = self.given();
        let wanted = task.assets.iter().zip(assets);
        let wanted = wanted.filter(|(asset, _)| given.assets.insert(asset.sha256));
        let wanted: Vec<_> = wanted.map(|(asset, path)| (asset.sha256, path)).collect();
        if !given.closed
            && let Some(tasks) = given.slots.get_mut(slot as usize)
        {
            tasks.push_back(OpenTask { id: task.id, access, input: id, outputs });
        }
        drop(given);
        let asset = |path: &PathBuf| {
            open_regular(path).map_err(|error| {
                Failure::new(FailureKind::Read, text!("it cannot be read: {}", reason(&error)))
            })
        };
        let assets = wanted.iter().map(|(sha256, path)| (*sha256, asset(path))).collect();
        Files { input: file, outputs: files, assets }
    }

    /// Does what follows from a report, before it is passed on: an output that has been written is
    /// published, and if that fails the report says so.
    pub(super) fn settle(&self, report: &mut Report) -> Result<(), Nonsense> {
        match report {
            Report::Ended { slot, task, variant, result, .. } => {
                let ended = self.take(*slot, *task, *variant).ok_or(Nonsense)?;
                let EndedOutput { file, target, input, access } = ended;
                if result.is_ok() {
                    let file = file.ok_or(Nonsense)?;
                    let Access { originals, gate, .. } = &*access;
                    let published = if gate.as_ref().is_none_or(|Gate(may)| may(*task)) {
                        publish(file, &target, originals, input.as_ref())
                    } else {
                        let why = text!("nobody waits for it any more");
                        Err(Failure::new(FailureKind::Cancelled, why))
                    };
                    if let Err(failure) = published {
                        *result = Err(failure);
                    }
                }
                Ok(())
            }
            Report::Reached { slot, task, .. } | Report::Decoded { slot, task } => {
                self.given().running(*slot, *task).map(drop).ok_or(Nonsense)
            }
            Report::Finished { slot, task, .. } => {
                let mut given = self.given();
                given.running(*slot, *task).ok_or(Nonsense)?;
                let ended = given.slots[*slot as usize].pop_front();
                drop(given);
                // What it has left out goes away without the lock.
                drop(ended);
                Ok(())
            }
            Report::Prepared { .. } => Err(Nonsense),
            Report::Alive => Ok(()),
        }
    }

    /// Removes what is unfinished; the worker is gone.
    pub(super) fn close(&self) {
        let mut given = self.given();
        given.closed = true;
        let left = std::mem::take(&mut given.slots);
        drop(given);
        drop(left);
    }

    /// An output that has ended.
    fn take(&self, slot: u32, task: u64, variant: u32) -> Option<EndedOutput> {
        let mut given = self.given();
        let task = given.running(slot, task)?;
        let place = task.outputs.iter().position(|(other, ..)| *other == variant)?;
        let (_, file, target) = task.outputs.swap_remove(place);
        let (input, access) = (task.input.clone(), Arc::clone(&task.access));
        Some(EndedOutput { file, target, input, access })
    }

    fn given(&self) -> MutexGuard<'_, Given> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Given {
    /// The task of that number, if the slot runs it.
    fn running(&mut self, slot: u32, task: u64) -> Option<&mut OpenTask> {
        let running = self.slots.get_mut(slot as usize)?.front_mut()?;
        (running.id == task).then_some(running)
    }
}

/// Why an image could not be opened.
fn not_opened(error: &std::io::Error) -> Failure {
    match error.kind() {
        std::io::ErrorKind::InvalidInput => {
            Failure::new(FailureKind::NotAFile, text!("not a regular file"))
        }
        _ => unreadable(error),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;
    use std::path::Path;

    use lote_protocol::encoding::Encoding;
    use lote_protocol::message::{Size, Written};
    use lote_protocol::task::{self, Order};

    use super::*;

    fn assignment(id: u64, folder: &Path, outputs: u32) -> Assignment {
        let order = |variant| Order {
            variant,
            steps: Vec::new(),
            durable: false,
            sha256: false,
            encoding: Encoding::default(),
        };
        let target = |variant: u32| Target {
            path: folder.join(format!("{id}-{variant}")),
            replace: false,
            durable: false,
        };
        Assignment {
            task: task::Task {
                id,
                orders: (0..outputs).map(order).collect(),
                ..Default::default()
            },
            input: folder.join("image"),
            targets: (0..outputs).map(target).collect(),
            assets: Vec::new(),
        }
    }

    fn ended(task: u64, variant: u32) -> Report {
        let (size, notes) = (Size::default(), Vec::new());
        let (modified_ns, sha256) = (None, None);
        let written = Written { bytes: 1, modified_ns, sha256, size, source: size, notes };
        Report::Ended { slot: 0, task, variant, result: Ok(written), micros: 1, decode_micros: 0 }
    }

    fn names(folder: &Path) -> Vec<String> {
        let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        let mut names: Vec<_> = fs::read_dir(folder).unwrap().flatten().map(name).collect();
        names.sort();
        names
    }

    #[test]
    fn an_output_is_published_when_its_task_runs_and_never_before() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("image"), "image").unwrap();
        let files = OpenFiles::new(1);
        let mut first = files.open(0, Arc::default(), &assignment(1, folder.path(), 2));
        let second = files.open(0, Arc::default(), &assignment(2, folder.path(), 1));
        assert!(second.outputs[0].is_ok());
        first.outputs[0].as_mut().unwrap().write_all(b"done").unwrap();
        // Of a task that waits, of one that nobody knows, and of an order that nobody has given.
        for mut report in [ended(2, 0), ended(3, 0), ended(1, 7)] {
            assert!(files.settle(&mut report).is_err(), "{report:?}");
        }
        files.settle(&mut ended(1, 0)).unwrap();
        assert!(files.settle(&mut ended(1, 0)).is_err(), "it has ended");
        assert_eq!(fs::read(folder.path().join("1-0")).unwrap(), b"done");
        files.settle(&mut Report::Finished { slot: 0, task: 1, micros: 1 }).unwrap();
        files.settle(&mut ended(2, 0)).unwrap();
        files.close();
        assert_eq!(names(folder.path()), ["1-0", "2-0", "image"]);
    }

    #[test]
    fn an_output_that_nobody_waits_for_gets_no_name() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("image"), "image").unwrap();
        let gate = Some(Gate(Arc::new(|task| task != 1)));
        let access = Arc::new(Access { gate, ..Access::default() });
        let files = OpenFiles::new(1);
        for task in [1, 2] {
            files.open(0, Arc::clone(&access), &assignment(task, folder.path(), 1));
            let mut report = ended(task, 0);
            files.settle(&mut report).unwrap();
            let Report::Ended { result, .. } = report else { panic!() };
            let kind = result.map(drop).map_err(|failure| failure.kind);
            assert_eq!(kind, if task == 1 { Err(FailureKind::Cancelled) } else { Ok(()) });
            files.settle(&mut Report::Finished { slot: 0, task, micros: 1 }).unwrap();
        }
        assert_eq!(names(folder.path()), ["2-0", "image"]);
    }

    #[test]
    fn what_is_unfinished_goes_with_its_worker() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("image"), "image").unwrap();
        let files = OpenFiles::new(1);
        let given = files.open(0, Arc::default(), &assignment(1, folder.path(), 2));
        assert_eq!(names(folder.path()).len(), 3);
        files.close();
        assert_eq!(names(folder.path()), ["image"]);
        drop(given);
        // What was being opened when it went.
        files.open(0, Arc::default(), &assignment(2, folder.path(), 2));
        assert_eq!(names(folder.path()), ["image"]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_is_no_image_file_is_refused_at_once_and_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, at("fifo"), rustix::fs::FileType::Fifo, mode, 0)
            .unwrap();
        let _listener = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        fs::write(at("photo"), "x").unwrap();
        std::os::unix::fs::symlink("photo", at("link")).unwrap();
        std::os::unix::fs::symlink("/proc/self/exe", at("magic")).unwrap();
        let files = OpenFiles::new(1);
        let kind = |path: &Path| {
            let assignment = Assignment { input: path.into(), ..assignment(1, folder.path(), 1) };
            let Files { input, outputs, .. } = files.open(0, Arc::default(), &assignment);
            assert_eq!(input.is_ok(), outputs[0].is_ok());
            input.map(drop).map_err(|failure| failure.kind)
        };
        assert_eq!(kind(&at("link")), Ok(()));
        for path in [&at("fifo"), &at("socket"), folder.path(), Path::new("/dev/zero")] {
            assert_eq!(kind(path), Err(FailureKind::NotAFile), "{}", path.display());
        }
        assert_eq!(kind(&at("none")), Err(FailureKind::NotFound));
        assert_eq!(kind(&at("magic")), Err(FailureKind::Read));
    }
}

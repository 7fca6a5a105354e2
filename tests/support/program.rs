//! Starting `lote` and reading what it says.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};

use rustix::process::Signal;
use serde_json::Value;

use super::patience::PATIENCE;

/// The program under test.
pub(crate) const LOTE: &str = env!("CARGO_BIN_EXE_lote-under-test");

/// The worker that misbehaves on command.
const MISBEHAVING_WORKER: &str = env!("CARGO_BIN_EXE_misbehaving-worker");

/// What runs a command as on a kernel that lacks a part of the sandbox.
const OLD_KERNEL: &str = env!("CARGO_BIN_EXE_old-kernel");

/// The program with its arguments.
pub(crate) struct Lote(Command);

impl Lote {
    /// To be started in `folder`, with arguments parted by spaces, in English and without any
    /// setting from outside.
    pub(crate) fn new(folder: &Path, arguments: &str) -> Self {
        let mut command = Command::new(LOTE);
        command.arg0("lote");
        command.args(arguments.split_whitespace()).current_dir(folder);
        // Sockets lie there, whose paths must be short; it goes away with the test.
        let temporary = folder.join("tmp");
        std::fs::create_dir_all(&temporary).unwrap();
        command.env("TMPDIR", temporary).env_remove("XDG_RUNTIME_DIR").env_remove("COLUMNS");
        for variable in ["LOTE_LOG", "LC_ALL", "LC_MESSAGES", "LANG", "NO_COLOR", "CLICOLOR"] {
            command.env_remove(variable);
        }
        command.env_remove("CLICOLOR_FORCE").env("LOTE_LANG", "en");
        command.env("XDG_CONFIG_HOME", folder.join("config"));
        command.env("XDG_STATE_HOME", folder.join("state"));
        Self(command)
    }

    /// Adds one argument that may hold spaces.
    pub(crate) fn arg(mut self, argument: impl AsRef<std::ffi::OsStr>) -> Self {
        self.0.arg(argument);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }

    /// With the misbehaving worker in place of the program's own. `manners` is what it does from
    /// its start; nothing special if empty.
    pub(crate) fn misbehaving(self, manners: &str) -> Self {
        let quoted = format!("'{MISBEHAVING_WORKER}'");
        self.arg("--worker-command").arg(quoted).env("LOTE_TEST_MANNERS", manners)
    }

    /// As on a kernel without that part: `landlock`, `seccomp` or `inotify`.
    pub(crate) fn on_kernel_without(self, part: &str) -> Self {
        self.by(&[OLD_KERNEL, part])
    }

    /// By another program: `words`, then the program with its arguments.
    pub(crate) fn by(self, words: &[&str]) -> Self {
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).arg(self.0.get_program()).args(self.0.get_args());
        for (name, value) in self.0.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        if let Some(folder) = self.0.get_current_dir() {
            command.current_dir(folder);
        }
        Self(command)
    }

    /// Starts it and waits for its end.
    #[track_caller]
    pub(crate) fn run(self) -> Outcome {
        self.start().finish()
    }

    /// Starts it.
    pub(crate) fn start(mut self) -> Running {
        self.0.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.0.spawn().unwrap();
        let (sender, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            for line in stdout.lines() {
                if sender.send(line.unwrap()).is_err() {
                    return;
                }
            }
        });
        let mut stderr = child.stderr.take().unwrap();
        let stderr = thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).unwrap();
            text
        });
        Running { child, lines, stderr: Some(stderr), seen: Vec::new() }
    }
}

/// The program at work. It is killed if the test ends before it does.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
    stderr: Option<JoinHandle<String>>,
    seen: Vec<String>,
}

impl Running {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The next event; `None` at the end of the program's output.
    #[track_caller]
    pub(crate) fn next(&mut self) -> Option<Value> {
        let line = self.next_line()?;
        Some(serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}")))
    }

    /// Goes past a line, of which a program that was killed may have written only a part.
    #[track_caller]
    pub(crate) fn skip_line(&mut self) -> Option<()> {
        self.next_line().map(drop)
    }

    /// Waits for its end; whether that was by this signal.
    pub(crate) fn died_of(&mut self, signal: Signal) -> bool {
        self.child.wait().unwrap().signal() == Some(signal.as_raw())
    }

    /// The lines so far.
    pub(crate) fn seen(&self) -> &[String] {
        &self.seen
    }

    /// Goes on to the next event that is as wanted.
    #[track_caller]
    pub(crate) fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        while let Some(event) = self.next() {
            if wanted(&event) {
                return event;
            }
        }
        panic!("it ended without the event that was waited for: {:#?}", self.seen);
    }

    /// Goes on to the next event of that name.
    #[track_caller]
    pub(crate) fn until_event(&mut self, name: &str) -> Value {
        self.until(|event| event["event"] == name)
    }

    #[track_caller]
    fn next_line(&mut self) -> Option<String> {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => {
                self.seen.push(line.clone());
                Some(line)
            }
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => None,
            Err(error) => panic!("{error} after {:#?}", self.seen),
        }
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn finish(mut self) -> Outcome {
        while self.next_line().is_some() {}
        let stderr = self.stderr.take().unwrap().join().unwrap();
        let status = self.child.wait().unwrap();
        Outcome { status, lines: std::mem::take(&mut self.seen), stderr }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended long ago.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How the program ended and what it said.
#[derive(Debug)]
pub(crate) struct Outcome {
    status: ExitStatus,
    lines: Vec<String>,
    pub(crate) stderr: String,
}

impl Outcome {
    /// Asserts its exit code.
    #[track_caller]
    pub(crate) fn code(self, expected: i32) -> Self {
        assert_eq!(self.status.code(), Some(expected), "{}\n{}", self.status, self.stderr);
        self
    }

    /// Its exit code; `None` if a signal has ended it.
    pub(crate) fn exit(&self) -> Option<i32> {
        self.status.code()
    }

    /// All that it wrote to standard output.
    pub(crate) fn stdout(&self) -> String {
        self.lines.iter().flat_map(|line| [line, "\n"]).collect()
    }

    /// Standard output as one JSON value.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout()).unwrap()
    }

    /// All its events, in order.
    pub(crate) fn all_events(&self) -> impl Iterator<Item = Value> + '_ {
        self.lines.iter().map(|line| serde_json::from_str(line).unwrap())
    }

    /// Its events of that name.
    #[track_caller]
    pub(crate) fn events(&self, name: &str) -> Vec<Value> {
        self.all_events().filter(|event| event["event"] == name).collect()
    }

    /// The one event of that name.
    #[track_caller]
    pub(crate) fn event(&self, name: &str) -> Value {
        let mut events = self.events(name);
        assert_eq!(events.len(), 1, "{name}: {events:#?}");
        events.remove(0)
    }

    /// How the outputs of an image ended.
    #[track_caller]
    pub(crate) fn outputs_of(&self, image: &str) -> Vec<Value> {
        let outputs: Vec<_> =
            self.events("output").into_iter().filter(|output| output["image"] == image).collect();
        assert!(!outputs.is_empty(), "nothing about {image}");
        outputs
    }

    /// How the one output of an image ended.
    #[track_caller]
    pub(crate) fn output_of(&self, image: &str) -> Value {
        let mut outputs = self.outputs_of(image);
        assert_eq!(outputs.len(), 1, "{outputs:#?}");
        outputs.remove(0)
    }

    /// How many workers died.
    #[track_caller]
    pub(crate) fn deaths(&self) -> usize {
        self.events("worker").iter().filter(|worker| worker["state"] == "lost").count()
    }

    /// Asserts that every planned output ended, and those twice that were made and are gone again.
    #[track_caller]
    pub(crate) fn assert_books_but_for_what_is_gone(&self) {
        let planned = self.event("planned")["outputs"].as_u64().unwrap();
        let (gone, ended): (Vec<_>, Vec<_>) = self
            .events("output")
            .into_iter()
            .partition(|end| end["reason"] == "the output was written and is gone again");
        assert_eq!(ended.len() as u64, planned);
        let finished = self.event("finished");
        assert_eq!(finished["failed"], gone.len(), "nothing else failed");
        let count = |status: &str| ended.iter().filter(|end| end["status"] == status).count();
        assert_eq!(finished["ok"], count("ok") - gone.len());
        assert_eq!(finished["skipped"], count("skipped"));
    }

    /// Asserts that every planned output ended exactly once, and that the sums agree.
    #[track_caller]
    pub(crate) fn assert_books(&self) {
        let planned = self.event("planned")["outputs"].as_u64().unwrap();
        let outputs = self.events("output");
        let mut names: Vec<_> = outputs
            .iter()
            .map(|output| (output["image"].to_string(), output["variant"].to_string()))
            .collect();
        names.sort();
        let ends = names.len();
        names.dedup();
        assert_eq!(names.len(), ends, "an output ended twice");
        assert_eq!(ends as u64, planned);
        let finished = self.event("finished");
        for (field, statuses) in [
            ("ok", &["ok"][..]),
            ("failed", &["failed", "quarantined"]),
            ("skipped", &["skipped"]),
            ("quarantined", &["quarantined"]),
        ] {
            let count = outputs
                .iter()
                .filter(|output| statuses.contains(&output["status"].as_str().unwrap()))
                .count();
            assert_eq!(finished[field], count, "{field}");
        }
    }
}

//! Starting worker processes. Nothing else in the program starts a process of ours.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use lote_protocol::message::{TOKEN_VARIABLE, WorkerToken};
use lote_worker::entry::PARENT_VARIABLE;
use tokio::process::{Child, ChildStderr, Command};

use crate::system;

/// A process that has hung up is given that long to end by itself.
const HANG_UP_TIME: Duration = Duration::from_millis(500);

/// What is started as a worker.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Program {
    /// This program itself.
    #[default]
    Own,
    /// Another command, which is given `connect SOCKET` as its last arguments: a debug build, or
    /// one under valgrind or gdb.
    Command(Vec<OsString>),
}

/// Starts workers for the master that listens at a socket.
#[derive(Debug, Clone)]
pub(super) struct Launcher {
    program: Program,
    socket: PathBuf,
}

impl Launcher {
    pub(super) fn new(program: Program, socket: PathBuf) -> Self {
        Self { program, socket }
    }

    pub(super) fn program(&self) -> &Program {
        &self.program
    }

    /// Whether the process that is started is the worker itself, and not something around it.
    pub(super) fn starts_worker_itself(&self) -> bool {
        matches!(self.program, Program::Own)
    }

    /// The program that is started, for people.
    pub(super) fn name(&self) -> String {
        match &self.program {
            Program::Own => "lote".to_owned(),
            Program::Command(words) => {
                words.first().map(|word| word.display().to_string()).unwrap_or_default()
            }
        }
    }

    /// Starts a worker that shows `token`. It dies with the calling thread, and is killed when the
    /// returned value is dropped.
    pub(super) fn start(&self, token: WorkerToken) -> io::Result<Process> {
        let mut command = match &self.program {
            Program::Own => {
                let mut command = Command::new(system::own_program()?);
                #[cfg(unix)]
                command.arg0("lote");
                command.arg("worker").env(PARENT_VARIABLE, std::process::id().to_string());
                command
            }
            Program::Command(words) => {
                let program = words.first().map_or(OsStr::new(""), OsString::as_os_str);
                let mut command = Command::new(program);
                command.args(words.iter().skip(1)).env_remove(PARENT_VARIABLE);
                command
            }
        };
        command
            .arg("connect")
            .arg(&self.socket)
            .env(TOKEN_VARIABLE, token.to_hex())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        // Ctrl-C in the terminal is the master's business.
        #[cfg(unix)]
        command.process_group(0);
        let child = command.spawn()?;
        let pid = child.id().unwrap_or_default();
        // The program's own workers start no processes.
        Ok(Process { child, pid, has_group: cfg!(unix) && !self.starts_worker_itself() })
    }
}

/// A worker process, and what it has started: all of that goes with this value.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    pid: u32,
    /// Whether it may have started processes, which are in its group.
    has_group: bool,
}

impl Process {
    pub(super) const fn pid(&self) -> u32 {
        self.pid
    }

    /// Its standard error; `None` the second time.
    pub(super) fn stderr(&mut self) -> Option<ChildStderr> {
        self.child.stderr.take()
    }

    /// Waits until it has ended by itself.
    pub(super) async fn ended(&mut self) {
        // Without an answer it is as good as ended.
        let _ = self.child.wait().await;
    }

    /// Has it killed.
    pub(super) fn kill(&mut self) {
        // It may have ended.
        let _ = self.child.start_kill();
    }

    /// Has it abort, which leaves a core file where the user wants them; whether it could be told.
    /// One that is stopped hears it only when it goes on.
    pub(super) fn abort(&self) -> bool {
        self.child.id().is_some_and(system::abort)
    }

    /// Waits for the end of a process that has hung up, and makes sure of it, and of what it has
    /// started.
    pub(super) async fn end(mut self) -> io::Result<ExitStatus> {
        if let Ok(status) = tokio::time::timeout(HANG_UP_TIME, self.child.wait()).await {
            return status;
        }
        self.child.start_kill()?;
        self.child.wait().await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.has_group && system::kill_group(self.pid) {
            tracing::warn!(pid = self.pid, "processes that a worker had started were killed");
        }
    }
}

//! Starting worker processes. Nothing else in the program starts a process of ours.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::Stdio;
use std::{env, io};

use lote_protocol::message::{TOKEN_VARIABLE, Token};
use lote_worker::entry::PARENT_VARIABLE;
use tokio::process::{Child, Command};

/// What is started as a worker.
#[derive(Debug, Clone, Default)]
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

    /// Whether the process that is started is the worker itself, and not something around it.
    pub(super) fn starts_worker_itself(&self) -> bool {
        matches!(self.program, Program::Own)
    }

    /// Starts a worker that shows `token`. It dies with the calling thread, and is killed when the
    /// returned value is dropped.
    pub(super) fn start(&self, token: Token) -> io::Result<Child> {
        let mut command = match &self.program {
            Program::Own => {
                let mut command = Command::new(own_program()?);
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
        command.spawn().map_err(|error| {
            let program = command.as_std().get_program().display();
            io::Error::new(error.kind(), format!("{program}: {error}"))
        })
    }
}

/// The running program, also when its file has been replaced or deleted since it was started.
fn own_program() -> io::Result<PathBuf> {
    if cfg!(target_os = "linux") { Ok("/proc/self/exe".into()) } else { env::current_exe() }
}

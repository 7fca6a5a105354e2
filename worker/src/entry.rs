//! The command line of a worker process: `connect SOCKET`.
//!
//! The same code serves the `lote-worker` program and `lote worker connect`, which is how `lote`
//! starts its workers.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use lote_protocol::lang::Lang;
use lote_protocol::message::{TOKEN_VARIABLE, WorkerToken};
use lote_protocol::text;

use crate::{process_limits, session};

/// Name of the environment variable that holds the process id of the parent to die with.
pub const PARENT_VARIABLE: &str = "LOTE_PARENT";

/// Name of the file beside the socket that holds the token for workers started by hand.
pub const TOKEN_FILE: &str = "token";

/// Exit code of a worker that its master does not want; it is not to be started again.
pub const EXIT_REFUSED: u8 = 64;

/// Runs a worker with these arguments (without the program's name).
pub fn main(arguments: &[OsString]) -> ExitCode {
    match arguments {
        [command, socket] if command == "connect" => connect(Path::new(socket)),
        _ => {
            complain(&text!("usage: lote-worker connect SOCKET").say(Lang::from_environment()));
            ExitCode::from(2)
        }
    }
}

/// Works for the master that listens at `socket`. The token comes from the environment, or else
/// from the file beside the socket.
pub fn connect(socket: &Path) -> ExitCode {
    let parent = env::var(PARENT_VARIABLE).ok().and_then(|pid| pid.parse().ok());
    if parent.is_some_and(|pid| !process_limits::die_with(pid)) {
        return ExitCode::SUCCESS;
    }
    let token = env::var(TOKEN_VARIABLE)
        .or_else(|_| fs::read_to_string(socket.with_file_name(TOKEN_FILE)))
        .ok()
        .and_then(|text| WorkerToken::from_hex(&text));
    let Some(token) = token else {
        let lang = Lang::from_environment();
        let what = text!("no token: the socket's folder holds none for workers started by hand");
        let hint = text!("start the master with --external-workers and use the SOCKET it prints");
        complain(&what.say(lang));
        complain(&format!("{} {}", lang.pick("hint:", "consejo:"), hint.say(lang)));
        return ExitCode::from(2);
    };
    match session::run(socket, token) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error.text().say(Lang::from_environment()));
            match error {
                session::SessionError::Refused(_) | session::SessionError::Sandbox(_) => {
                    ExitCode::from(EXIT_REFUSED)
                }
                _ => ExitCode::FAILURE,
            }
        }
    }
}

fn complain(line: &str) {
    // There is nowhere to report that standard error is closed.
    let _ = writeln!(io::stderr(), "lote-worker: {line}");
}

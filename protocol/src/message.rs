//! The messages. Commands are imperative, reports are in the past tense.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::lang::Text;
use crate::outcome::Failure;
use crate::sandbox::{Policy, Sandbox};
use crate::task::{Files, Limits, Task};
use crate::text;

/// Name of the environment variable through which a worker is given its [`WorkerToken`], in hexadecimal.
pub const TOKEN_VARIABLE: &str = "LOTE_TOKEN";

/// How often a worker that has something to do says that it is [`Report::Alive`].
pub const ALIVE_INTERVAL: Duration = Duration::from_secs(1);

/// A secret of 128 bits that shows that a worker was started by this master, or by someone who
/// may read the master's private folder.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WorkerToken(pub [u8; 16]);

impl WorkerToken {
    /// The token written as 32 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.trim();
        let all_hex = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = all_hex.then(|| u128::from_str_radix(digits, 16).ok()).flatten()?;
        Some(Self(number.to_be_bytes()))
    }

    /// The token as 32 hexadecimal digits.
    pub fn to_hex(self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.0))
    }

    /// Whether both are equal, in a time that does not depend on where they differ.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).fold(0, |acc, (a, b)| acc | (a ^ b)) == 0
    }
}

impl std::fmt::Debug for WorkerToken {
    /// Keeps the secret out of logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(..)")
    }
}

/// What a worker says after the preamble.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Its process id.
    pub pid: u32,
    /// The secret that it was given.
    pub token: WorkerToken,
}

/// From the master to a worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// The answer to [`Hello`]: the worker is accepted and works like this.
    Welcome {
        /// How many tasks it runs at a time, one thread each.
        slots: u32,
        /// What it refuses to load.
        limits: Limits,
        /// How much memory the process may use, bytes; `None` sets no bound.
        max_memory_bytes: Option<u64>,
        /// How large an output can become, bytes; `None` sets no bound.
        max_output_bytes: Option<u64>,
        /// How many files its tasks bring with them at most, all that it has at a time.
        files: u32,
        /// How much it insists on its sandbox.
        sandbox: Policy,
    },
    /// The answer to [`Hello`]: the worker is not wanted, for that reason, and must not try again.
    Refuse {
        /// One line for the user.
        reason: String,
    },
    /// Run this task after those that the slot already has.
    Run {
        /// The thread to run it on, below `slots`.
        slot: u32,
        /// Whether to report each [`Stage`]: asked for when the task has cost a worker its life.
        report_stages: bool,
        /// What to do.
        task: Task,
        /// What comes open beside this message.
        files: Files<()>,
    },
    /// Finish what has been started and leave.
    Stop,
}

/// Where a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Reading the file.
    Read,
    /// Decoding it.
    Decode,
    /// Applying filters.
    Filter,
    /// Encoding the result.
    Encode,
    /// Writing the output.
    Write,
}

impl Stage {
    /// When it was, after what happened then.
    pub fn while_at_it(self) -> Text {
        match self {
            Self::Read => text!(" while reading"),
            Self::Decode => text!(" while decoding"),
            Self::Filter => text!(" while filtering"),
            Self::Encode => text!(" while encoding"),
            Self::Write => text!(" while writing"),
        }
    }
}

/// The size of a picture, px.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Size {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

/// An output that is complete: all of it is in the file that came with its task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// Size of the file, bytes.
    pub bytes: u64,
    /// When it was written, as the file says, ns since 1970; `None` where the system does not tell.
    pub modified_ns: Option<i64>,
    /// The file's SHA-256, if that was asked for.
    pub sha256: Option<Digest>,
    /// Size of its picture, px.
    pub size: Size,
    /// Size of the input's picture, upright, px.
    pub source: Size,
    /// What was left out and the user should know, one sentence each.
    pub notes: Vec<Text>,
}

/// From a worker to the master.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Report {
    /// The first report: the worker has set itself up as it was told in its welcome, and takes
    /// tasks.
    Prepared {
        /// The sandbox that it is in.
        sandbox: Sandbox,
    },
    /// The process is alive: said every [`ALIVE_INTERVAL`] while it has something to do, by a
    /// thread that does nothing else than carry messages.
    Alive,
    /// A task that was to report its stages has reached this one.
    Reached {
        /// The slot that runs it.
        slot: u32,
        /// The task.
        task: u64,
        /// The stage.
        stage: Stage,
    },
    /// A task has its image decoded, and goes on with its outputs.
    Decoded {
        /// The slot that runs it.
        slot: u32,
        /// The task.
        task: u64,
    },
    /// One output of a task has come to its end.
    Ended {
        /// The slot that runs it.
        slot: u32,
        /// The task.
        task: u64,
        /// The output's variant.
        variant: u32,
        /// What became of it.
        result: Result<Written, Failure>,
        /// Time spent on this output, with its share of reading and decoding, µs.
        micros: u64,
        /// That share, µs.
        decode_micros: u64,
    },
    /// All outputs of a task have ended, and the slot is free.
    Finished {
        /// The slot that ran it.
        slot: u32,
        /// The task.
        task: u64,
        /// Time spent on the task, µs.
        micros: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_hexadecimal() {
        let token = WorkerToken([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 200, 254, 255]);
        assert_eq!(WorkerToken::from_hex(&token.to_hex()), Some(token));
        assert_eq!(WorkerToken::from_hex("abc"), None);
        assert_eq!(WorkerToken::from_hex(&"é".repeat(16)), None);
    }

    #[test]
    fn a_token_does_not_show_in_logs() {
        assert_eq!(format!("{:?}", WorkerToken([7; 16])), "Token(..)");
    }
}

//! The last lines that a worker wrote to standard error.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::ChildStderr;
use tokio::task::JoinHandle;

const LINES: usize = 20;
const LINE_BYTES: u64 = 400;

/// Whether a line is of the backtrace that Rust adds to what it says if the user wants it. All of
/// one is longer than what is kept, and would displace what it is about.
fn is_backtrace(line: &str) -> bool {
    let word = line.trim_start();
    let is_indented = word.len() < line.len();
    let number = word.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_frame = number.len() < word.len() && number.starts_with(": ");
    (is_indented && (is_frame || word.starts_with("at ")))
        || line == "stack backtrace:"
        || line.starts_with("skipping backtrace printing")
        || (line.starts_with("note: ") && line.contains("RUST_BACKTRACE"))
}

/// Reads standard error to its end and keeps the last [`LINES`] lines of it.
#[derive(Debug)]
pub(super) struct LastWords {
    lines: Arc<Mutex<VecDeque<String>>>,
    reading: JoinHandle<()>,
}

impl LastWords {
    pub(super) fn listen(pipe: ChildStderr) -> Self {
        let lines = Arc::new(Mutex::new(VecDeque::new()));
        let kept = Arc::clone(&lines);
        let reading = tokio::spawn(async move {
            let mut reader = BufReader::new(pipe);
            loop {
                let mut line = Vec::new();
                // A line without an end must not grow for ever.
                match (&mut reader).take(LINE_BYTES).read_until(b'\n', &mut line).await {
                    Ok(0) | Err(_) => return,
                    Ok(_) => {}
                }
                let line = String::from_utf8_lossy(&line);
                let line: String = line.trim_end().chars().filter(|c| !c.is_control()).collect();
                tracing::debug!(target: "worker", "{line}");
                if is_backtrace(&line) {
                    continue;
                }
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.len() == LINES {
                    kept.pop_front();
                }
                kept.push_back(line);
            }
        });
        Self { lines, reading }
    }

    /// What there is. A process that is dead has said all, but something that it started might
    /// hold the pipe open, so this does not wait for long.
    pub(super) async fn take(self) -> Vec<String> {
        let mut reading = self.reading;
        let waited = std::time::Duration::from_millis(100);
        if tokio::time::timeout(waited, &mut reading).await.is_err() {
            reading.abort();
        }
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.drain(..).filter(|line| !line.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backtrace_is_told_from_what_it_is_about() {
        for line in [
            "stack backtrace:",
            "   0: __rustc::rust_begin_unwind",
            "             at ./src/session.rs:108:5",
            "note: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.",
        ] {
            assert!(is_backtrace(line), "{line}");
        }
        for line in [
            "memory allocation of 300000000 bytes failed",
            "thread 'slot-0' panicked at worker/src/task.rs:10:5:",
            "  at least 3 colours are needed",
            "12: this is a line of a library",
            "",
        ] {
            assert_eq!(is_backtrace(line), line.starts_with("  at"), "{line}");
        }
    }
}

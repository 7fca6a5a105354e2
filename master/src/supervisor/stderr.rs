//! The last lines that a worker wrote to standard error.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::ChildStderr;
use tokio::task::JoinHandle;

const LINES: usize = 20;
const LINE_BYTES: u64 = 400;

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

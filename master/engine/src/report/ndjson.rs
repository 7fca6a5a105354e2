//! One JSON object a line, for scripts.

use std::io::{self, BufWriter, Stdout, Write};

use super::Reporter;
use crate::event::Event;

/// Writes events to standard output, each as a line of JSON.
#[derive(Debug)]
pub struct Ndjson {
    out: Option<BufWriter<Stdout>>,
}

impl Ndjson {
    /// For standard output.
    pub fn new() -> Self {
        Self { out: Some(BufWriter::new(io::stdout())) }
    }
}

impl Default for Ndjson {
    fn default() -> Self {
        Self::new()
    }
}

impl Reporter for Ndjson {
    fn show(&mut self, event: &Event) {
        let Some(out) = &mut self.out else { return };
        let written = serde_json::to_writer(&mut *out, event)
            .map_err(io::Error::from)
            .and_then(|()| out.write_all(b"\n"));
        if written.is_err() {
            // The reader has had enough; the run goes on.
            self.out = None;
        }
    }

    fn rest(&mut self) {
        if self.out.as_mut().is_some_and(|out| out.flush().is_err()) {
            self.out = None;
        }
    }
}

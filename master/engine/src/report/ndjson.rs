//! One JSON object a line, for scripts.

use std::io::{self, BufWriter, Stdout, Write};
use std::sync::{Arc, OnceLock};

use super::Reporter;
use crate::event::Event;
use crate::plan::error::reason;
use crate::system::standard_output;
use lote_protocol::lang::Text;

/// Writes events to standard output, each as a line of JSON.
#[derive(Debug)]
pub struct Ndjson {
    out: Option<BufWriter<Stdout>>,
    lost: Lost,
}

/// Why lines could not be written, if any could not: for who has to say so at the end.
#[derive(Debug, Clone, Default)]
pub struct Lost(Arc<OnceLock<Text>>);

impl Lost {
    /// The reason; `None` if all was written, or if the reader has closed the pipe, as it may.
    pub fn reason(&self) -> Option<&Text> {
        self.0.get()
    }

    /// Takes down why a line could not be written.
    pub fn note(&self, error: &io::Error) {
        if error.kind() != io::ErrorKind::BrokenPipe {
            self.0.get_or_init(|| reason(error));
        }
    }
}

impl Ndjson {
    /// For standard output; what cannot be written is noted in `lost`.
    pub fn new(lost: Lost) -> Self {
        let out = standard_output().inspect_err(|error| lost.note(error)).ok();
        Self { out: out.map(BufWriter::new), lost }
    }

    /// The run goes on without.
    fn give_up(&mut self, error: &io::Error) {
        self.lost.note(error);
        if let Some(out) = self.out.take() {
            // What is in the buffer would be written when it is dropped, and fail once more.
            let _ = out.into_parts();
        }
    }
}

impl Reporter for Ndjson {
    fn show(&mut self, event: &Event) {
        // They have no line: what is in them is in the outputs.
        if matches!(event, Event::Decoded { .. } | Event::Claimed { .. }) {
            return;
        }
        let Some(out) = &mut self.out else { return };
        let written = serde_json::to_writer(&mut *out, event)
            .map_err(io::Error::from)
            .and_then(|()| out.write_all(b"\n"));
        if let Err(error) = written {
            self.give_up(&error);
        }
    }

    fn rest(&mut self) {
        if let Some(Err(error)) = self.out.as_mut().map(Write::flush) {
            self.give_up(&error);
        }
    }
}

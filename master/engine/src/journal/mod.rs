//! The journal: what became of every output, on record in `.lote` in the output folder.
//!
//! One file a job, one JSON object a line, appended after the output has got its name. The first
//! line says what the job was asked for, so that it can be asked for again. A file of a job that
//! broke off ends anywhere: a line that cannot be read counts as not written. Reading decides
//! nothing on its word: [`Records`] trusts a line only where image, recipe and output are still
//! what it says.
//!
//! Not in it: the command of `--worker-command`, as whoever may write to an output folder must not
//! decide what is started.

mod files;
mod header;
mod line;
mod name;
mod record;
mod records;
mod seal;

use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

pub use files::{FOLDER, in_use, newest, read_all};
pub use header::{By, Header, Page, Part, Unusable, Work};
pub use line::{Entry, How, Line, Outcome};
pub use name::Name;
pub use record::{Journal, entry};
pub use records::{Output, Records, output, wanted};

use crate::system::files::{open_regular, read_regular};

/// A journal as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    /// Its file.
    pub path: std::path::PathBuf,
    /// What the job was asked for.
    pub header: Header,
    /// What became of outputs; of several lines about one the last one counts.
    pub entries: Vec<Entry>,
    /// How the job ended; `None` if it broke off, or is still at work.
    pub end: Option<How>,
    /// Whether Lote wrote down what the job was asked for, and for this user.
    pub is_own: bool,
}

/// A larger file is no journal: ten million outputs take less.
const MAX_BYTES: u64 = 4 << 30;

/// Reads a journal; `None` if it is none, or one of a later version.
pub fn read(path: &Path) -> io::Result<Option<Past>> {
    let bytes = read_regular(path, MAX_BYTES)?;
    Ok(parse(path, &bytes))
}

/// The entries that a journal has from that place on, and where the last whole line ends, bytes.
pub(crate) fn read_from(path: &Path, start: u64) -> io::Result<(Vec<Entry>, u64)> {
    let mut file = open_regular(path)?;
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES).read_to_end(&mut bytes)?;
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
    let lines = bytes[..end].split(|byte| *byte == b'\n').map(serde_json::from_slice::<Line>);
    let entries = lines.flatten().filter_map(|line| match line {
        Line::Output(entry) => Some(entry),
        Line::Job(_) | Line::Seal { .. } | Line::End { .. } => None,
    });
    Ok((entries.collect(), start + end as u64))
}

fn parse(path: &Path, bytes: &[u8]) -> Option<Past> {
    let first = bytes.split(|byte| *byte == b'\n').next()?;
    let mut lines = bytes.split(|byte| *byte == b'\n').map(serde_json::from_slice::<Line>);
    let Some(Ok(Line::Job(header))) = lines.next() else { return None };
    if header.format > header::FORMAT {
        return None;
    }
    let mut lines = lines.peekable();
    let is_own = matches!(lines.peek(), Some(Ok(Line::Seal { seal })) if seal::holds(seal, first));
    let (path, entries) = (path.to_owned(), Vec::new());
    let mut past = Past { path, header: *header, entries, end: None, is_own };
    for line in lines.flatten() {
        past.end = None;
        match line {
            // One more of them belongs to another job, whatever it does here.
            Line::Job(_) | Line::Seal { .. } => {}
            Line::Output(entry) => past.entries.push(entry),
            Line::End { how, .. } => past.end = Some(how),
        }
    }
    Some(past)
}

#[cfg(test)]
mod tests;

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

mod before;
mod files;
mod header;
mod line;
mod name;
mod record;
mod records;
mod seal;

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

pub use files::{FOLDER, fetch_records, in_use, newest, read_all};
pub use header::{By, FleetJob, Header, ServedJob, SharedPart};
pub use line::{Entry, How, Line, Outcome};
pub use name::Name;
pub use record::{Journal, entry};
pub use records::{Output, Records, output, wanted};

use crate::system::files::open_regular;

/// A journal as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    /// Its file.
    pub path: PathBuf,
    /// What the job was asked for.
    pub header: Header,
    /// What became of outputs; of several lines about one the last one counts.
    pub entries: Vec<Entry>,
    /// How the job ended; `None` if it broke off, or is still at work.
    pub end: Option<How>,
    /// Whether Lote wrote down what the job was asked for, and for this user.
    pub is_own: bool,
}

impl Past {
    /// The same of a job of a fleet, with paths as this machine has its roots: `here` tells where.
    #[must_use]
    pub fn at_roots(mut self, here: impl Fn(&str) -> Option<PathBuf>) -> Self {
        let images = self.entries.iter_mut().map(|entry| &mut entry.image);
        self.header.at_roots(images, &here);
        self
    }
}

/// A larger file is no journal: ten million outputs take less.
const MAX_BYTES: u64 = 4 << 30;

/// A longer line is none of a journal, bytes: the first one names a million inputs.
const MAX_LINE_BYTES: u64 = 128 << 20;

/// Reads a journal; `None` if it is none, or one of a later version.
pub fn read(path: &Path) -> io::Result<Option<Past>> {
    parse(path, BufReader::new(open_regular(path)?.take(MAX_BYTES)))
}

/// The entries that a journal has from that place on, and where the last whole line ends, bytes.
pub(crate) fn read_from(path: &Path, start: u64) -> io::Result<(Vec<Entry>, u64)> {
    let mut file = open_regular(path)?;
    file.seek(SeekFrom::Start(start))?;
    let (mut entries, mut end) = (Vec::new(), start);
    let mut reader = BufReader::new(file.take(MAX_BYTES));
    while let Some(line) = next_line(&mut reader)? {
        let Some(whole) = line.strip_suffix(b"\n") else { break };
        end += line.len() as u64;
        if let Ok(Line::Output(entry)) = serde_json::from_slice(whole) {
            entries.push(*entry);
        }
    }
    Ok((entries, end))
}

/// The next line with its end, which one that was torn off has not; `None` after the last one, and
/// before one that is too long to be a journal's.
fn next_line(reader: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let read = reader.take(MAX_LINE_BYTES).read_until(b'\n', &mut line)? as u64;
    Ok((read > 0 && read < MAX_LINE_BYTES).then_some(line))
}

fn parse(path: &Path, mut reader: impl BufRead) -> io::Result<Option<Past>> {
    // A file of holes would be a very long first line.
    if reader.fill_buf()?.first() != Some(&b'{') {
        return Ok(None);
    }
    let Some(first) = next_line(&mut reader)? else { return Ok(None) };
    let first = first.strip_suffix(b"\n").unwrap_or(&first);
    let Ok(Line::Job(header)) = serde_json::from_slice(first) else { return Ok(None) };
    if header.format > header::FORMAT {
        return Ok(None);
    }
    let (path, header, entries) = (path.to_owned(), *header, Vec::new());
    let mut past = Past { path, header, entries, end: None, is_own: false };
    let mut is_second = true;
    while let Some(line) = next_line(&mut reader)? {
        let line = serde_json::from_slice(&line);
        match &line {
            Ok(Line::Seal { seal }) if is_second => past.is_own = seal::holds(seal, first),
            _ => {}
        }
        is_second = false;
        let Ok(line) = line else { continue };
        past.end = None;
        match line {
            // One more of them belongs to another job, whatever it does here.
            Line::Job(_) | Line::Seal { .. } => {}
            Line::Fleet(fleet) => past.header.fleet = Some(fleet),
            Line::Output(entry) => past.entries.push(*entry),
            Line::End { how, .. } => past.end = Some(how),
        }
    }
    Ok(Some(past))
}

#[cfg(test)]
mod tests;

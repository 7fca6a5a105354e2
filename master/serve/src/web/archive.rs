//! Writes ZIP archives of stored files, in one pass and with a size that is known beforehand.
//!
//! After APPNOTE.TXT 6.3.10 (<https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>). Each
//! file is read twice, first for its checksum: a checksum that follows the data would be allowed,
//! but several programs do not unpack stored files then. Large archives are ZIP64.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::{Component, Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use lote_engine::system::files::open_inside;

/// A file to be packed.
#[derive(Debug, Clone)]
pub(super) struct ArchivedFile {
    folder: PathBuf,
    path: PathBuf,
    name: String,
    bytes: u64,
    modified: u32,
}

impl ArchivedFile {
    /// The file at `path`, under that name in the archive; `None` if there is no such file in the
    /// folder, wherever links lead.
    pub(super) fn new(folder: PathBuf, path: PathBuf, name: String) -> Option<Self> {
        let metadata = open_inside(std::slice::from_ref(&folder), &path).ok()?.metadata().ok()?;
        let modified = unix_seconds(metadata.modified().unwrap_or(UNIX_EPOCH));
        Some(Self { folder, path, name, bytes: metadata.len(), modified })
    }

    /// The file, if it still is where it was and of the size that it had.
    fn open(&self) -> io::Result<File> {
        let file = open_inside(std::slice::from_ref(&self.folder), &self.path)?;
        if file.metadata()?.len() == self.bytes { Ok(file) } else { Err(changed(self)) }
    }
}

/// Names for an archive: relative, with `/`, in UTF-8, without anything that leaves the folder that
/// it is unpacked to, and each only once.
#[derive(Debug, Default)]
pub(super) struct Names(HashSet<String>);

impl Names {
    /// The name of a file at that path below the folder that is packed.
    pub(super) fn of(&mut self, below: &Path) -> String {
        let parts = below.components().filter_map(|part| match part {
            Component::Normal(part) => Some(plain(&part.to_string_lossy())),
            _ => None,
        });
        let parts: Vec<_> = parts.collect();
        let name = parts.join("/");
        let mut unique = name.clone();
        let mut number = 2;
        // Names that some systems take for the same are not the same here either.
        while !self.0.insert(unique.to_lowercase()) {
            let (stem, ending) = name.rsplit_once('.').unwrap_or((&name, ""));
            unique = format!("{stem}-{number}.{ending}");
            number += 1;
        }
        unique
    }
}

fn plain(part: &str) -> String {
    let unsafe_char = |c: char| c.is_control() || "\\:<>\"|?*".contains(c);
    let text: String = part.chars().map(|c| if unsafe_char(c) { '_' } else { c }).collect();
    // A name in an archive has at most 65535 bytes; file systems allow 255.
    if text.chars().all(|c| c == '.') { "_".repeat(text.len()) } else { text }
}

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const END_64: u32 = 0x0606_4b50;
const LOCATOR_64: u32 = 0x0706_4b50;

/// Names are in UTF-8.
const UTF8: u16 = 1 << 11;
/// Version 4.5 of the format: ZIP64.
const VERSION_64: u16 = 45;
const VERSION: u16 = 20;
/// Made on Unix, so that the upper half of the external attributes is a mode.
const MADE_BY: u16 = 3 << 8 | VERSION_64;
/// A regular file that its owner may write and all may read.
const MODE: u32 = 0o100_644;

const MAX_32: u64 = u32::MAX as u64;
const TIME_EXTRA: usize = 9;

/// Whether a size or place needs eight bytes.
const fn is_large(value: u64) -> bool {
    value >= MAX_32
}

/// Bytes of an archive of these files.
pub(super) fn size(entries: &[ArchivedFile]) -> u64 {
    let mut place = 0;
    let mut central = 0;
    for entry in entries {
        let name = entry.name.len();
        central += (46 + name + TIME_EXTRA + central_extra(entry, place)) as u64;
        place += (30 + name + TIME_EXTRA + local_extra(entry)) as u64 + entry.bytes;
    }
    let is_64 = is_large(place) || is_large(central) || entries.len() >= usize::from(u16::MAX);
    place + central + 22 + if is_64 { 56 + 20 } else { 0 }
}

fn local_extra(entry: &ArchivedFile) -> usize {
    if is_large(entry.bytes) { 20 } else { 0 }
}

fn central_extra(entry: &ArchivedFile, place: u64) -> usize {
    let values = 2 * usize::from(is_large(entry.bytes)) + usize::from(is_large(place));
    if values > 0 { 4 + 8 * values } else { 0 }
}

/// Writes an archive. A file that has changed its size since it was looked at ends it with an
/// error, as the size of the archive is a promise.
pub(super) fn write(entries: &[ArchivedFile], out: &mut impl Write) -> io::Result<()> {
    let mut place = 0;
    let mut central = Vec::new();
    for entry in entries {
        let (mut file, bytes) = (entry.open()?, entry.bytes);
        let checksum = checksum(&mut file)?;
        file.rewind()?;
        let mut head = ZipRecord::default();
        head.u32(LOCAL);
        head.common(entry, checksum, local_extra(entry), &[]);
        out.write_all(&head.0)?;
        if io::copy(&mut file.take(bytes), out)? != bytes {
            return Err(changed(entry));
        }
        central.extend(central_record(entry, checksum, place));
        place += head.0.len() as u64 + bytes;
    }
    out.write_all(&central)?;
    out.write_all(&end(entries.len() as u64, central.len() as u64, place))
}

fn changed(entry: &ArchivedFile) -> io::Error {
    io::Error::other(format!("{} has changed", entry.path.display()))
}

fn checksum(file: &mut File) -> io::Result<u32> {
    let mut hasher = crc32fast::Hasher::new();
    let mut buffer = vec![0; 128 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hasher.finalize()),
            read => hasher.update(&buffer[..read]),
        }
    }
}

fn central_record(entry: &ArchivedFile, checksum: u32, place: u64) -> Vec<u8> {
    let mut record = ZipRecord::default();
    record.u32(CENTRAL);
    record.u16(MADE_BY);
    let mut tail = ZipRecord::default();
    tail.u16(0); // comment
    tail.u16(0); // disk
    tail.u16(0); // internal attributes
    tail.u32(MODE << 16);
    tail.u32(place.min(MAX_32) as u32);
    record.common(entry, checksum, central_extra(entry, place), &tail.0);
    if is_large(place) {
        record.u64(place);
    }
    record.0
}

/// The end of the archive: how many files, and where the directory of that many bytes begins.
fn end(files: u64, directory: u64, place: u64) -> Vec<u8> {
    let mut record = ZipRecord::default();
    if is_large(place) || is_large(directory) || files >= u64::from(u16::MAX) {
        record.u32(END_64);
        record.u64(44); // bytes that follow
        record.u16(MADE_BY);
        record.u16(VERSION_64);
        record.u32(0); // disk
        record.u32(0); // disk of the directory
        record.u64(files);
        record.u64(files);
        record.u64(directory);
        record.u64(place);
        record.u32(LOCATOR_64);
        record.u32(0);
        record.u64(place + directory);
        record.u32(1); // disks
    }
    record.u32(END);
    record.u32(0); // disk, disk of the directory
    let few = files.min(u64::from(u16::MAX)) as u16;
    record.u16(few);
    record.u16(few);
    record.u32(directory.min(MAX_32) as u32);
    record.u32(place.min(MAX_32) as u32);
    record.u16(0); // comment
    record.0
}

/// Bytes in the making, least significant first.
#[derive(Default)]
struct ZipRecord(Vec<u8>);

impl ZipRecord {
    fn u16(&mut self, value: u16) {
        self.0.extend(value.to_le_bytes());
    }

    fn u32(&mut self, value: u32) {
        self.0.extend(value.to_le_bytes());
    }

    fn u64(&mut self, value: u64) {
        self.0.extend(value.to_le_bytes());
    }

    /// What the record before a file and the one in the directory have in common: from the version
    /// that is needed to the extra fields, `tail` between the lengths and the name. `extra` is the
    /// size of the ZIP64 field.
    fn common(&mut self, entry: &ArchivedFile, checksum: u32, extra: usize, tail: &[u8]) {
        let large = is_large(entry.bytes);
        let bytes = entry.bytes.min(MAX_32) as u32;
        let (time, date) = dos(entry.modified);
        self.u16(if extra > 0 { VERSION_64 } else { VERSION });
        self.u16(UTF8);
        self.u16(0); // stored
        self.u16(time);
        self.u16(date);
        self.u32(checksum);
        self.u32(bytes);
        self.u32(bytes);
        self.u16(entry.name.len() as u16);
        self.u16((TIME_EXTRA + extra) as u16);
        self.0.extend(tail);
        self.0.extend(entry.name.as_bytes());
        // Info-ZIP's extended time stamp: the time in UTC, which the format itself cannot say.
        self.u16(0x5455);
        self.u16(5);
        self.0.push(1);
        self.u32(entry.modified);
        if extra > 0 {
            self.u16(1);
            self.u16((extra - 4) as u16);
            if large {
                self.u64(entry.bytes);
                self.u64(entry.bytes);
            }
        }
    }
}

fn unix_seconds(time: SystemTime) -> u32 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs().min(MAX_32 / 2) as u32)
}

/// Time and date as DOS had them, in UTC, from 1980 on.
fn dos(unix: u32) -> (u16, u16) {
    const FIRST: u32 = 315_532_800; // 1980-01-01
    let unix = unix.max(FIRST);
    let (days, seconds) = (unix / 86_400, unix % 86_400);
    let (year, month, day) = civil(days);
    let time = (seconds / 3600) << 11 | (seconds / 60 % 60) << 5 | (seconds % 60 / 2);
    (time as u16, ((year - 1980) << 9 | month << 5 | day) as u16)
}

/// Year, month and day of a day since 1970-01-01 (Howard Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms", `civil_from_days`).
fn civil(days: u32) -> (u32, u32, u32) {
    let z = days + 719_468;
    let (era, day_of_era) = (z / 146_097, z % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + u32::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn entry(name: &str, bytes: u64) -> ArchivedFile {
        ArchivedFile {
            folder: "".into(),
            path: "x".into(),
            name: name.into(),
            bytes,
            modified: 1_700_000_000,
        }
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(19_782), (2024, 2, 29));
        assert_eq!(dos(0), (0, 0x21));
        // 2023-11-14 22:13:20
        assert_eq!(dos(1_700_000_000), ((22 << 11) + (13 << 5) + 10, (43 << 9) + (11 << 5) + 14));
    }

    #[test]
    fn names_stay_in_the_folder_and_differ() {
        let mut names = Names::default();
        assert_eq!(names.of(Path::new("grises/día/a.jpg")), "grises/día/a.jpg");
        assert_eq!(names.of(Path::new("grises/DÍA/A.jpg")), "grises/DÍA/A-2.jpg");
        assert_eq!(names.of(Path::new("/../a\\b:c\n.jpg")), "a_b_c_.jpg");
    }

    #[test]
    fn python_unpacks_what_was_packed() {
        let folder = tempfile::tempdir().unwrap();
        let mut entries = Vec::new();
        let mut names = Names::default();
        for (name, content) in [("grises/ñ 🎨.txt", vec![7; 200_000]), ("b.txt", Vec::new())] {
            let path = folder.path().join(name.replace('/', "-"));
            std::fs::write(&path, content).unwrap();
            entries.push(
                ArchivedFile::new(folder.path().into(), path, names.of(Path::new(name))).unwrap(),
            );
        }
        let mut archive = Vec::new();
        write(&entries, &mut archive).unwrap();
        assert_eq!(archive.len() as u64, size(&entries));
        let path = folder.path().join("a.zip");
        std::fs::write(&path, archive).unwrap();
        assert_eq!(
            python(
                "z=zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print([(i.filename, i.file_size) for i in z.infolist()])",
                &path
            ),
            "[('grises/ñ 🎨.txt', 200000), ('b.txt', 0)]"
        );
    }

    #[test]
    fn python_reads_the_directory_of_an_archive_beyond_four_gibibytes() {
        // The data is a hole in a sparse file; the checksum is not asked for.
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.zip");
        let entries = [entry("large", 5 << 30), entry("behind", 3)];
        let mut file = File::create(&path).unwrap();
        let mut central = Vec::new();
        let mut place = 0;
        for entry in &entries {
            let mut head = ZipRecord::default();
            head.u32(LOCAL);
            head.common(entry, 0, local_extra(entry), &[]);
            file.write_all(&head.0).unwrap();
            file.seek(io::SeekFrom::Current(entry.bytes as i64)).unwrap();
            central.extend(central_record(entry, 0, place));
            place += head.0.len() as u64 + entry.bytes;
        }
        file.write_all(&central).unwrap();
        file.write_all(&end(2, central.len() as u64, place)).unwrap();
        assert_eq!(file.metadata().unwrap().len(), size(&entries));
        assert_eq!(
            python(
                "z=zipfile.ZipFile(sys.argv[1]); z.open('behind'); print([(i.filename, i.file_size) for i in z.infolist()])",
                &path
            ),
            format!("[('large', {}), ('behind', 3)]", 5_u64 << 30)
        );
    }

    #[test]
    fn a_file_that_changes_ends_the_archive() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "short").unwrap();
        let entry = ArchivedFile::new(folder.path().into(), path.clone(), "a".into()).unwrap();
        std::fs::write(&path, "longer now").unwrap();
        assert!(write(&[entry], &mut Vec::new()).is_err());
    }

    /// What Python says about an archive.
    fn python(script: &str, archive: &Path) -> String {
        let output = Command::new("python3")
            .args(["-X", "utf8", "-c", &format!("import sys,zipfile; {script}")])
            .arg(archive)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }
}

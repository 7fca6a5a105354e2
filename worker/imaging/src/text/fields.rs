//! Fields in a text that are different for each image: `{date}`, `{name}`.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::formats::Document;
use crate::metadata::exif_block::Block;
use crate::metadata::exif_block::EXIF_IFD;

/// What is known of an image, for the fields of a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Its file's name without its ending.
    pub name: String,
    /// Its place among the images of the job, from 1 on.
    pub number: u64,
    /// When it was taken, `2024-05-31`, by the camera's own clock.
    pub date: String,
    /// The time of day, `18:04`, by the camera's own clock.
    pub time: String,
    /// Who took it.
    pub artist: String,
    /// Who has the rights.
    pub copyright: String,
}

impl Facts {
    /// Of an image; where its EXIF block does not tell when it was taken, the time at which
    /// the file was changed stands for it, in UTC.
    pub fn new(
        document: &Document,
        modified: Option<SystemTime>,
        name: String,
        number: u64,
    ) -> Self {
        let exif = document.metadata.exif.as_deref();
        let text = |tag: u16, in_exif: bool| {
            let block = Block::open(exif?)?;
            let first = block.u32(4)? as usize;
            let directory = if in_exif { block.pointer(first, EXIF_IFD)? } else { first };
            let bytes = block.bytes(block.value(block.find(directory, tag)?)?)?;
            let text = String::from_utf8_lossy(bytes);
            let text = text.split('\0').next().unwrap_or_default().trim().to_owned();
            Some(text).filter(|text| !text.is_empty())
        };
        // Taken, made digital, changed.
        let times = [text(0x9003, true), text(0x9004, true), text(0x0132, false)];
        let (date, time) = times
            .into_iter()
            .flatten()
            .find_map(|text| exif_time(&text))
            .or_else(|| Some(utc(modified?.duration_since(UNIX_EPOCH).ok()?.as_secs())))
            .unwrap_or_default();
        let (artist, copyright) = (text(0x013b, false), text(0x8298, false));
        Self {
            name,
            number,
            date,
            time,
            artist: artist.unwrap_or_default(),
            copyright: copyright.unwrap_or_default(),
        }
    }
}

/// The parts of `2024:05:31 18:04:07`, unless it is blank.
fn exif_time(text: &str) -> Option<(String, String)> {
    let (date, time) = text.split_once(' ')?;
    let is_date = date.len() == 10 && date.bytes().all(|b| b.is_ascii_digit() || b == b':');
    let hours = time.get(..5)?;
    let is_time = hours.bytes().all(|b| b.is_ascii_digit() || b == b':');
    (is_date && is_time && !date.starts_with("0000"))
        .then(|| (date.replace(':', "-"), hours.to_owned()))
}

/// Date and time in UTC, from seconds since 1970 (H. Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms").
fn utc(seconds: u64) -> (String, String) {
    let days = seconds / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    // Years begin in March.
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, later) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = year + era * 400 + later;
    let (hour, minute) = (seconds / 3600 % 24, seconds / 60 % 60);
    (format!("{year:04}-{month:02}-{day:02}"), format!("{hour:02}:{minute:02}"))
}

/// What a field says of an image.
type Value = fn(&Facts) -> String;

/// The fields of a text and their names in Spanish and English.
const FIELDS: [([&str; 2], Value); 6] = [
    (["fecha", "date"], |facts| facts.date.clone()),
    (["hora", "time"], |facts| facts.time.clone()),
    (["nombre", "name"], |facts| facts.name.clone()),
    (["derechos", "copyright"], |facts| facts.copyright.clone()),
    (["autor", "artist"], |facts| facts.artist.clone()),
    (["n", "n"], |facts| facts.number.to_string()),
];

/// The text with its fields filled in. Braces around anything else stay as they are.
pub fn fill_in(text: &str, facts: &Facts) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        filled.push_str(&rest[..start]);
        rest = &rest[start..];
        let field = rest.find('}').and_then(|end| Some((value(&rest[1..end])?, end)));
        if let Some((value, end)) = field {
            filled.push_str(&value(facts));
            rest = &rest[end + 1..];
        } else {
            filled.push('{');
            rest = &rest[1..];
        }
    }
    filled.push_str(rest);
    filled
}

fn value(name: &str) -> Option<Value> {
    FIELDS.iter().find(|(names, _)| names.contains(&name)).map(|(_, value)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_filled_in_by_either_name_and_other_braces_stay() {
        let facts = Facts {
            name: "DSC_1".into(),
            number: 7,
            date: "2024-05-31".into(),
            time: "18:04".into(),
            artist: "Ana".into(),
            copyright: "© Ana".into(),
        };
        let filled = fill_in("{copyright} {fecha} {time} {n}/{name} {x} {", &facts);
        assert_eq!(filled, "© Ana 2024-05-31 18:04 7/DSC_1 {x} {");
        assert_eq!(fill_in("{autor}{artist}", &facts), "AnaAna");
    }

    #[test]
    fn times_are_the_cameras_own_and_else_the_files_in_utc() {
        let parts = |date: &str, time: &str| Some((date.to_owned(), time.to_owned()));
        assert_eq!(exif_time("2024:05:31 18:04:07"), parts("2024-05-31", "18:04"));
        for blank in ["0000:00:00 00:00:00", "    :  :     :  :  ", "yesterday", ""] {
            assert_eq!(exif_time(blank), None, "{blank}");
        }
        assert_eq!(Some(utc(951_782_399)), parts("2000-02-28", "23:59"));
        assert_eq!(Some(utc(951_868_800)), parts("2000-03-01", "00:00"));
    }
}

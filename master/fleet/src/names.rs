//! The names that stand in subjects: of jobs, parcels, builds, pools, agents and roots.
//!
//! A name is checked where it comes in, so that none can hold a dot, a wildcard or a blank.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// How long the names of jobs and parcels are, characters of `[a-z0-9]`.
const LONG: usize = 26;

/// Crockford's digits: no `i`, `l`, `o`, `u`.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Why a text is no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no {what}: {form}")]
pub struct NameError {
    /// The text, cut after 64 characters.
    pub text: String,
    /// What it was to name.
    pub what: &'static str,
    /// What such names look like.
    pub form: &'static str,
}

impl NameError {
    fn new(text: &str, what: &'static str, form: &'static str) -> Self {
        Self { text: text.chars().take(64).collect(), what, form }
    }
}

fn is_lower(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

/// Reads and writes a name as text, and checks what is read.
macro_rules! as_text {
    ($($name:ident)*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

/// A name of 26 characters of `[a-z0-9]`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Long([u8; LONG]);

impl Long {
    /// The first 130 bits of these bytes, in digits that sort as they do.
    fn of(bytes: [u8; 17]) -> Self {
        let bit = |at: usize| bytes[at / 8] >> (7 - at % 8) & 1;
        let digit = |place: usize| (0..5).fold(0, |digit, at| digit << 1 | bit(place * 5 + at));
        Self(std::array::from_fn(|place| DIGITS[usize::from(digit(place))]))
    }

    fn parse(text: &str, what: &'static str) -> Result<Self, NameError> {
        let bytes = text.as_bytes().try_into().ok();
        bytes
            .filter(|bytes: &[u8; LONG]| bytes.iter().all(|byte| is_lower(*byte)))
            .map(Self)
            .ok_or_else(|| NameError::new(text, what, "26 of a-z and 0-9"))
    }
}

impl fmt::Display for Long {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{}", char::from(*byte)))
    }
}

/// A job.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(Long);

impl JobId {
    /// For a job that begins at that time, ms since 1970. Later jobs sort after earlier ones.
    pub fn new(now_ms: u64, random: [u8; 11]) -> Self {
        let mut bytes = [0; 17];
        bytes[..6].copy_from_slice(&now_ms.to_be_bytes()[2..]);
        bytes[6..].copy_from_slice(&random);
        Self(Long::of(bytes))
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for JobId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Long::parse(text, "job").map(Self)
    }
}

/// A parcel: the same units of the same job are always the same parcel.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ParcelId(Long);

impl ParcelId {
    /// Of these units of a job, sent out for the time after `round` unusable records.
    pub fn of(job: JobId, round: u32, units: &[u32]) -> Self {
        let mut hash = Sha256::new();
        hash.update(job.0.0);
        hash.update(round.to_le_bytes());
        for unit in units {
            hash.update(unit.to_le_bytes());
        }
        let mut bytes = [0; 17];
        bytes.copy_from_slice(&hash.finalize()[..17]);
        Self(Long::of(bytes))
    }
}

impl fmt::Display for ParcelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for ParcelId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Long::parse(text, "parcel").map(Self)
    }
}

/// A build of the program: what decides the bytes of outputs.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Build(String);

impl Build {
    /// This one, on this kind of machine.
    pub fn this() -> Self {
        Self(env!("LOTE_SOURCES_ID").to_owned())
    }
}

impl fmt::Display for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Build {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() == 16 && text.bytes().all(is_hex) {
            return Ok(Self(text.to_owned()));
        }
        Err(NameError::new(text, "build", "16 of 0-9 and a-f"))
    }
}

/// The name of a pool, an agent or a root.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FleetName(String);

impl FleetName {
    /// The name that comes closest to a text: what it may not hold is left out or replaced.
    pub fn like(text: &str) -> Self {
        let letters = text.chars().map(|letter| letter.to_ascii_lowercase());
        let letters = letters.map(|letter| if is_token(letter) { letter } else { '-' });
        let name: String = letters.take(32).collect();
        let name = name.trim_matches('-');
        Self(if name.is_empty() { "x".to_owned() } else { name.to_owned() })
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_token(letter: char) -> bool {
    letter == '-' || u8::try_from(letter).is_ok_and(is_lower)
}

impl fmt::Display for FleetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for FleetName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if (1..=32).contains(&text.len()) && text.chars().all(is_token) {
            return Ok(Self(text.to_owned()));
        }
        Err(NameError::new(text, "name", "1 to 32 of a-z, 0-9 and -"))
    }
}

as_text!(JobId ParcelId Build FleetName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_sort_by_time_and_differ_by_chance() {
        let (early, late) = (JobId::new(1_000, [255; 11]), JobId::new(1_001, [0; 11]));
        assert!(early < late && early.to_string() < late.to_string());
        assert_ne!(JobId::new(1_000, [1; 11]), JobId::new(1_000, [2; 11]));
        assert_eq!(early.to_string().parse(), Ok(early));
    }

    #[test]
    fn a_parcel_is_known_by_its_job_and_its_units() {
        let job = JobId::new(7, [0; 11]);
        let parcel = ParcelId::of(job, 0, &[1, 2]);
        assert_eq!(parcel, ParcelId::of(job, 0, &[1, 2]));
        assert_ne!(parcel, ParcelId::of(job, 0, &[2, 1]));
        assert_ne!(parcel, ParcelId::of(job, 1, &[1, 2]));
        assert_ne!(parcel, ParcelId::of(JobId::new(8, [0; 11]), 0, &[1, 2]));
    }

    #[test]
    fn no_name_leaves_its_place_in_a_subject() {
        for text in
            ["", "a.b", "*", ">", "a b", "A", "ñ", "a\n", "0123456789012345678901234567890123"]
        {
            assert!(text.parse::<FleetName>().is_err(), "{text:?}");
            assert!(text.parse::<JobId>().is_err() && text.parse::<ParcelId>().is_err());
            assert!(text.parse::<Build>().is_err());
        }
        assert!("0123456789abcdef".parse::<Build>().is_ok());
        assert_eq!(FleetName::like("Estudio 2.Ñandú"), "estudio-2--and".parse().unwrap());
        assert_eq!(FleetName::like("ñ"), "x".parse().unwrap());
    }

    #[test]
    fn a_build_has_a_name() {
        assert_eq!(Build::this().to_string().parse(), Ok(Build::this()));
    }
}

//! How messages name an image format. What there is to know of one is in the table of formats,
//! which the crate of pictures holds.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::{Serialize, Serializer};

/// Longest id, in bytes.
const MAX_BYTES: usize = 8;

/// The id of a format: its short name in lower case, as in `jpeg`. It travels as that name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FormatId([u8; MAX_BYTES]);

impl FormatId {
    /// The id of that name; `None` if no id can be called so: 1 to 8 small letters or digits.
    pub const fn new(name: &str) -> Option<Self> {
        let name = name.as_bytes();
        if name.is_empty() || name.len() > MAX_BYTES {
            return None;
        }
        let mut id = [0; MAX_BYTES];
        let mut at = 0;
        while at < name.len() {
            if !name[at].is_ascii_lowercase() && !name[at].is_ascii_digit() {
                return None;
            }
            id[at] = name[at];
            at += 1;
        }
        Some(Self(id))
    }

    /// The name.
    pub fn name(&self) -> &str {
        let name = self.0.split(|byte| *byte == 0).next().unwrap_or_default();
        // They are ASCII, all of them.
        str::from_utf8(name).unwrap_or_default()
    }
}

impl fmt::Display for FormatId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for FormatId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for FormatId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for FormatId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl Visitor<'_> for Name {
            type Value = FormatId;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a format")
            }
            fn visit_str<E: Error>(self, name: &str) -> Result<FormatId, E> {
                FormatId::new(name).ok_or_else(|| E::custom("not the name of a format"))
            }
        }
        deserializer.deserialize_str(Name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_travel_by_name() {
        let jpeg = FormatId::new("jpeg").unwrap();
        assert_eq!(serde_json::to_string(&jpeg).unwrap(), r#""jpeg""#);
        assert_eq!(serde_json::from_str::<FormatId>(r#""jpeg""#).unwrap(), jpeg);
        assert!(serde_json::from_str::<FormatId>(r#""../../jpeg""#).is_err());
        assert!(serde_json::from_str::<FormatId>(r#""""#).is_err());
    }
}

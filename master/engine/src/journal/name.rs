//! Paths in JSON: as text where they are text, and no byte is lost where they are not.

use std::path::{Path, PathBuf};

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A path. One that is not Unicode is written as `{"hex":"666fff"}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Name(pub PathBuf);

impl From<&Path> for Name {
    fn from(path: &Path) -> Self {
        Self(path.to_owned())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Form<T> {
    Text(T),
    Bytes { hex: String },
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.to_str() {
            Some(text) => Form::Text(text),
            None => Form::Bytes { hex: HEXLOWER.encode(self.0.as_os_str().as_encoded_bytes()) },
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Form::<String>::deserialize(deserializer)? {
            Form::Text(text) => Some(text.into()),
            Form::Bytes { hex } => HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok().and_then(path),
        }
        .map(Self)
        .ok_or_else(|| serde::de::Error::custom("no path"))
    }
}

#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "elsewhere not all bytes are a path")]
fn path(bytes: Vec<u8>) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    Some(std::ffi::OsString::from_vec(bytes).into())
}

#[cfg(not(unix))]
fn path(_bytes: Vec<u8>) -> Option<PathBuf> {
    None
}

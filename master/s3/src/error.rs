//! What `object_store` says, in Lote's words: what will pass, and what will not.

use std::error::Error as _;
use std::io;

use lote_engine::lang::{Text, reason};
use lote_engine::store::{Address, Error};
use lote_protocol::text;
use object_store::client::HttpError;

use crate::settings::{Settings, words};

/// Codes by which servers say that credentials are not good, with a status that says something else.
const DENYING: [&str; 4] =
    ["ExpiredToken", "InvalidToken", "TokenRefreshRequired", "RequestTimeTooSkewed"];

/// What became of something that was asked for an address.
pub(crate) fn of(error: &object_store::Error, address: &Address, settings: &Settings) -> Error {
    use object_store::Error as Their;
    let said = error.to_string();
    let code = code(&said);
    if let Some(why) = cut(error) {
        return settings.away(why);
    }
    match (error, code) {
        (_, Some(code)) if DENYING.contains(&code) => settings.denied(address, code),
        (_, Some("AuthorizationHeaderMalformed" | "PermanentRedirect")) => {
            settings.other_region(address)
        }
        (_, Some("NoSuchBucket")) => {
            Error::Missing(text!("there is no bucket {}", address.bucket.clone()))
        }
        (Their::NotFound { .. }, _) => Error::Missing(text!("there is no {}", address.to_string())),
        (Their::AlreadyExists { .. }, _) => Error::Exists,
        (Their::Precondition { .. } | Their::NotModified { .. }, _) => Error::Changed,
        (Their::PermissionDenied { .. } | Their::Unauthenticated { .. }, code) => {
            settings.denied(address, code.unwrap_or("403"))
        }
        (Their::InvalidPath { source }, _) => Error::Refused(text!(
            "below {} is a key that cannot be the path of a file: {}",
            address.to_string(),
            source.to_string()
        )),
        (_, code) => by_status(&said, code, address, settings)
            .unwrap_or_else(|| settings.refused(words(error))),
    }
}

/// By what is in the text alone, as some errors come as nothing else.
fn by_status(
    said: &str,
    code: Option<&str>,
    address: &Address,
    settings: &Settings,
) -> Option<Error> {
    if said.contains("redirect without LOCATION") {
        return Some(settings.other_region(address));
    }
    if said.contains("non-partial response") {
        return Some(Error::NoParts);
    }
    let (_, rest) = said.split_once("status code: ")?;
    let status: u16 = rest.get(..3)?.parse().ok()?;
    let shown = code.map_or_else(|| status.to_string(), str::to_owned);
    Some(match status {
        401 | 403 => settings.denied(address, &shown),
        404 => Error::Missing(text!("there is no {}", address.to_string())),
        408 | 429 | 500 | 502..=599 => settings.away(shown),
        409 => Error::Exists,
        412 => Error::Changed,
        _ => settings.refused(shown),
    })
}

/// The code in the answer of a server. There is more in it, of which some is not for everybody.
fn code(said: &str) -> Option<&str> {
    let (_, rest) = said.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    (code.len() < 64 && code.chars().all(|c| c.is_ascii_alphanumeric())).then_some(code)
}

/// Why the way to the server was cut, if it was.
fn cut(error: &object_store::Error) -> Option<Text> {
    let mut source = error.source();
    let mut why = None;
    while let Some(error) = source {
        if error.is::<HttpError>() {
            why = Some(text!("the connection was cut"));
        }
        if why.is_some() {
            if let Some(error) = error.downcast_ref::<io::Error>() {
                why = Some(reason(error));
            } else if error.source().is_none() {
                why = Some(error.to_string().into());
            }
        }
        source = error.source();
    }
    why
}

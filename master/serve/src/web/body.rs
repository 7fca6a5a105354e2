//! What a request brings along: an id, parameters, the little JSON of a command.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::error::Refusal;
use lote_engine::job::misread;
use lote_protocol::lang::Text;
use lote_protocol::text;

/// Largest body of a command, bytes.
pub const MAX_COMMAND_BYTES: usize = 64 << 10;

/// How long the body of a command may take.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(10);

/// The id in an address. Whatever it is, it is only ever looked up. 404 if it is no text.
#[derive(Debug)]
pub struct Id(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let path = Path::from_request_parts(parts, state).await;
        path.map(|Path(id)| Self(id)).map_err(|_| Refusal::not_found())
    }
}

/// The parameters after the question mark of an address. 400 if they are not what is wanted.
#[derive(Debug)]
pub struct QueryOf<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for QueryOf<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let query = Query::try_from_uri(&parts.uri);
        let query = query.map_err(|error| {
            let said = error.body_text();
            let said = said.rsplit("query string: ").next().unwrap_or_default();
            refused(said, |what| text!("the address is not understood: {}", what))
        })?;
        Ok(Self(query.0))
    }
}

/// The JSON body of a command. 415 unless it says that it is JSON, which a form of another site
/// cannot say without being asked for its origin first; 413 above 64 KiB; 400 if it is not what
/// is wanted.
#[derive(Debug)]
pub struct Command<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Command<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        if !is_json(request.headers()) {
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            let message = text!("a command is sent as application/json");
            return Err(Refusal::new(status, "media_type", message));
        }
        let bytes = small(request.into_body()).await?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            if error.classify() != Category::Data {
                let what = text!("it is no JSON from line {} column {} on", line, column);
                return Refusal::bad_request(text!("the command is not understood: {}", what));
            }
            let said = error.to_string();
            let said = said.split(" at line ").next().unwrap_or_default();
            refused(said, |what| text!("the command is not understood: {}", what))
        })
    }
}

/// The refusal of what the reader of a request says of it.
fn refused(said: &str, told: fn(Text) -> Text) -> Refusal {
    let usual = || (text!("a value does not fit"), Text::default());
    let (what, hint) = misread(said, &[]).unwrap_or_else(usual);
    let refusal = Refusal::bad_request(told(what));
    if hint.is_empty() { refusal } else { refusal.hint(hint) }
}

async fn small(body: Body) -> Result<axum::body::Bytes, Refusal> {
    let whole = tokio::time::timeout(COMMAND_TIMEOUT, to_bytes(body, MAX_COMMAND_BYTES)).await;
    let Ok(whole) = whole else {
        let message = text!("the command did not come to its end");
        return Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "timeout", message));
    };
    whole.map_err(|error| {
        if error.to_string().contains("length limit") {
            Refusal::too_large(text!("a command has at most 64 KiB"))
        } else {
            Refusal::bad_request(text!("the command broke off"))
        }
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/json")
}

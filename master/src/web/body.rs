//! The body of a command: a little JSON.

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;

use super::error::Refusal;

/// Largest body of a command, bytes.
pub const MAX_COMMAND_BYTES: usize = 64 << 10;

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
            let message = "a command is sent as application/json";
            return Err(Refusal::new(status, "media_type", message));
        }
        let bytes = small(request.into_body()).await?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            Refusal::bad_request(format!("the command is not understood: {error}"))
        })
    }
}

async fn small(body: Body) -> Result<axum::body::Bytes, Refusal> {
    to_bytes(body, MAX_COMMAND_BYTES).await.map_err(|error| {
        if error.to_string().contains("length limit") {
            Refusal::too_large("a command has at most 64 KiB")
        } else {
            Refusal::bad_request("the command broke off")
        }
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/json")
}

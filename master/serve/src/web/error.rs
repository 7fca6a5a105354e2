//! Why a request is refused, as the page is told.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use lote_protocol::outcome::{Failure, FailureKind};
use serde_json::json;

use crate::redact;
use lote_engine::lang::{Lang, Text};
use lote_engine::plan::{ErrorClass, PlanError};
use lote_protocol::text;

/// Why a request is refused: `{"error":{"code","message","hint"}}`, in Spanish too as `message_es` and `hint_es`.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The HTTP status.
    pub status: StatusCode,
    /// What the page can tell cases apart by.
    pub code: String,
    /// What happened: one line, lower case.
    pub message: Text,
    /// What to do about it.
    pub hint: Option<Text>,
}

impl Refusal {
    /// A refusal of that status.
    pub fn new(status: StatusCode, code: &str, message: Text) -> Self {
        Self { status, code: code.into(), message, hint: None }
    }

    /// With a word on what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: Text) -> Self {
        self.hint = Some(hint);
        self
    }

    /// 400: the request makes no sense.
    pub fn bad_request(message: Text) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    /// 404: there is nothing of that id.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", text!("nothing of that id"))
    }

    /// 404: what was there is not there any more.
    pub fn gone() -> Self {
        Self { message: text!("the file is not there any more"), ..Self::not_found() }
    }

    /// 409: not now.
    pub fn conflict(code: &str, message: Text) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// 413: more than may be sent.
    pub fn too_large(message: Text) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
    }

    /// 422: the request makes sense, but it cannot be done.
    pub fn unprocessable(code: &str, message: Text) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, message)
    }

    /// 503: too much waits.
    pub fn busy(message: Text) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message)
    }

    /// 507: the disk is full.
    pub fn no_space(message: Text) -> Self {
        Self::new(StatusCode::INSUFFICIENT_STORAGE, "no_space", message)
            .hint(text!("free some space or choose another folder"))
    }

    /// 500: what should not happen.
    pub fn internal(message: Text) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
    }
}

impl From<Failure> for Refusal {
    /// 422 with the kind of the failure as its code.
    fn from(failure: Failure) -> Self {
        let message = failure.message.map(redact::text);
        if failure.kind == FailureKind::NoSpace {
            return Self::no_space(message);
        }
        let code = serde_json::to_value(failure.kind).ok();
        let code = code.as_ref().and_then(serde_json::Value::as_str).unwrap_or("failed");
        Self::unprocessable(code, message)
    }
}

impl From<&PlanError> for Refusal {
    fn from(error: &PlanError) -> Self {
        let (status, code) = match error {
            PlanError::Collision { .. }
            | PlanError::VariantsCollide { .. }
            | PlanError::PagesCollide { .. } => (StatusCode::CONFLICT, "collision"),
            PlanError::Exists { .. } => (StatusCode::CONFLICT, "exists"),
            PlanError::CannotWrite { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "unwritable"),
            PlanError::InputIsOutput { .. } | PlanError::WouldReplaceInput { .. } => {
                (StatusCode::UNPROCESSABLE_ENTITY, "input_is_output")
            }
            _ if error.class() == ErrorClass::Usage => (StatusCode::BAD_REQUEST, "bad_request"),
            _ => (StatusCode::UNPROCESSABLE_ENTITY, "no_images"),
        };
        Self::new(status, code, error.text()).hint(error.hint())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self { status, code, message, hint } = self;
        let hint = hint.filter(|hint| !hint.is_empty());
        let said = |text: &Text, lang| text.say(lang);
        let body = json!({"error": {
            "code": code,
            "message": said(&message, Lang::En),
            "message_es": said(&message, Lang::Es),
            "hint": hint.as_ref().map(|hint| said(hint, Lang::En)),
            "hint_es": hint.as_ref().map(|hint| said(hint, Lang::Es)),
        }});
        let mut response = (status, Json(body)).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert("retry-after", 1.into());
        }
        response
    }
}

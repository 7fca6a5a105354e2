//! What every request passes: who asks, from where, and what every answer carries.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, LOCATION, ORIGIN,
    REFERRER_POLICY, SET_COOKIE, UPGRADE, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::access::Access;
use super::error::Refusal;
use lote_protocol::text;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types app";

/// Lets a request through or refuses it, and sees to the headers of the answer.
pub(super) async fn check(
    State(access): State<Arc<Access>>,
    request: Request,
    next: Next,
) -> Response {
    let origin = request.headers().get(ORIGIN).cloned();
    let mut response = match decide(&access, &request) {
        Decision::Pass => next.run(request).await,
        Decision::Answer(response) => response,
    };
    let refused = is_refusal(response.status());
    let headers = response.headers_mut();
    if refused {
        // Whoever is not let in keeps no connection.
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Another page reads answers only if the user has allowed it by name.
    if let Some(origin) = origin
        && origin.to_str().is_ok_and(|origin| access.is_allowed(origin))
    {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.append(VARY, HeaderValue::from_static("Origin"));
    }
    response
}

/// Whether a status says that who asks is not let in.
pub(super) fn is_refusal(status: StatusCode) -> bool {
    [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::MISDIRECTED_REQUEST]
        .contains(&status)
}

enum Decision {
    Pass,
    Answer(Response),
}

impl From<Refusal> for Decision {
    fn from(refusal: Refusal) -> Self {
        Self::Answer(refusal.into_response())
    }
}

fn decide(access: &Access, request: &Request) -> Decision {
    let (headers, method) = (request.headers(), request.method());
    let Some(host) = access.host(headers, request.uri()) else {
        let message = text!("this server does not go by that name");
        return Refusal::new(StatusCode::MISDIRECTED_REQUEST, "wrong_host", message)
            .hint(text!("open the address that `lote serve` has printed"))
            .into();
    };
    let friend = access.comes_from_friend(headers, host);
    if method == Method::OPTIONS && friend == Some(true) {
        return preflight();
    }
    if !matches!(*method, Method::GET | Method::HEAD | Method::POST) {
        let message = text!("only GET, HEAD and POST are understood");
        return Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method", message).into();
    }
    let upgrade = headers.contains_key(UPGRADE);
    let token = token_in(request.uri().query().unwrap_or_default());
    match token.filter(|token| access.is_token(token)) {
        // Also if the cookie is there already: the token must not stay in the address.
        Some(token) if method == Method::GET && !upgrade => return admit(access, token),
        // A socket has no other way to send it.
        Some(_) if upgrade => {}
        _ if access.is_admitted(headers) => {}
        _ => {
            let message = text!("this server needs its token");
            return Refusal::new(StatusCode::UNAUTHORIZED, "token", message)
                .hint(text!("open the address that `lote serve` has printed, token included"))
                .into();
        }
    }
    let is_command = method == Method::POST || upgrade;
    let is_data = request.uri().path().starts_with("/api/");
    let foreign = match friend {
        // Another page could not read the answer, but could keep workers busy with asking.
        Some(friend) => !friend && (is_command || is_data),
        // Programs other than browsers need not say where they come from if they have the token.
        None if is_command => !access.has_bearer(headers),
        None => is_data && is_cross_site(headers),
    };
    if foreign {
        let message = text!("requests from other pages are refused");
        return Refusal::new(StatusCode::FORBIDDEN, "wrong_origin", message)
            .hint(text!("--allow-origin allows a page"))
            .into();
    }
    Decision::Pass
}

/// Whether a browser says that another site's page asks: for a picture, say, which needs no origin.
fn is_cross_site(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    matches!(site, Some(site) if site != b"same-origin" && site != b"none")
}

/// The answer to a browser that asks whether another page may send a command.
fn preflight() -> Decision {
    let headers = [
        (ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "content-type, authorization"),
        (ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    Decision::Answer((StatusCode::NO_CONTENT, headers).into_response())
}

fn token_in(query: &str) -> Option<&str> {
    query.split('&').find_map(|pair| pair.strip_prefix("token="))
}

/// Puts the token into a cookie, so that it leaves the address.
fn admit(access: &Access, token: &str) -> Decision {
    let cookie = format!("{}={token}; Path=/; HttpOnly; SameSite=Strict", access.cookie_name());
    let headers = [(LOCATION, "/"), (SET_COOKIE, cookie.as_str()), (CACHE_CONTROL, "no-store")];
    Decision::Answer((StatusCode::SEE_OTHER, headers).into_response())
}

//! Files as answers: streamed, and only regular ones.

use std::fs::File;

use axum::body::Body;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use lote_engine::system::files::open_inside;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio_util::io::ReaderStream;

use super::error::Refusal;
use crate::jobs::OutputRecord;

/// How much of a file is read at a time, bytes.
const CHUNK_BYTES: usize = 128 << 10;

/// What a parameter of `Content-Disposition` may have unescaped (RFC 8187, `attr-char`).
const ATTRIBUTE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// Opens an output: a regular file in its job's folder. Beside the thread that answers.
pub async fn output(record: &OutputRecord) -> Result<File, Refusal> {
    let (folder, path) = (record.folder.clone(), record.path.clone());
    let opened = tokio::task::spawn_blocking(move || open_inside(&[folder], &path)).await;
    opened.ok().and_then(Result::ok).ok_or_else(Refusal::gone)
}

/// A file to be kept under that name.
pub fn attachment(file: File, name: &str) -> Response {
    let mut response = stream(file, "application/octet-stream");
    response.headers_mut().insert(CONTENT_DISPOSITION, disposition("attachment", name));
    response
}

/// A file to be shown, of a type that browsers only ever show as a picture.
pub fn inline(file: File, name: &str, kind: &'static str) -> Response {
    let mut response = stream(file, kind);
    response.headers_mut().insert(CONTENT_DISPOSITION, disposition("inline", name));
    response
}

fn stream(file: File, kind: &'static str) -> Response {
    // It may grow while it is sent.
    let bytes = file.metadata().map_or(0, |metadata| metadata.len());
    let file = tokio::io::AsyncReadExt::take(tokio::fs::File::from_std(file), bytes);
    let body = Body::from_stream(ReaderStream::with_capacity(file, CHUNK_BYTES));
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CONTENT_LENGTH, bytes.into());
    (headers, body).into_response()
}

/// `Content-Disposition` with a name for old programs and for new ones (RFC 6266).
pub fn disposition(kind: &str, name: &str) -> HeaderValue {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_graphic() && !"\"\\%/".contains(c) || c == ' ' { c } else { '_' })
        .collect();
    let encoded = utf8_percent_encode(name, ATTRIBUTE);
    let value = format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{encoded}");
    HeaderValue::from_str(&value).unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_is_a_safe_header() {
        let value = disposition("attachment", "Boda \"Ñ\"\r\nSet-Cookie: a=b.zip");
        insta::assert_snapshot!(value.to_str().unwrap(), @r#"attachment; filename="Boda _____Set-Cookie: a=b.zip"; filename*=UTF-8''Boda%20%22%C3%91%22%0D%0ASet-Cookie%3A%20a%3Db.zip"#);
    }
}

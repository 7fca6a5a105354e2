//! Files as answers: streamed, and only regular ones.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use axum::body::Body;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio_util::io::ReaderStream;

use super::error::Refusal;

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

/// Opens a regular file without ever waiting for it, as a FIFO would make one. Returns its size
/// in bytes too.
pub fn open(path: &Path) -> io::Result<(File, u64)> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
        options.custom_flags(flags.bits().cast_signed());
    }
    let file = options.open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::NotFound, "not a regular file"));
    }
    Ok((file, metadata.len()))
}

/// A file to be kept under that name.
pub async fn attachment(path: &Path, name: &str) -> Result<Response, Refusal> {
    let mut response = stream(path, "application/octet-stream").await?;
    response.headers_mut().insert(CONTENT_DISPOSITION, disposition("attachment", name));
    Ok(response)
}

/// A file to be shown, of a type that browsers only ever show as a picture.
pub async fn inline(path: &Path, name: &str, kind: &'static str) -> Result<Response, Refusal> {
    let mut response = stream(path, kind).await?;
    response.headers_mut().insert(CONTENT_DISPOSITION, disposition("inline", name));
    Ok(response)
}

async fn stream(path: &Path, kind: &'static str) -> Result<Response, Refusal> {
    let path = path.to_owned();
    let opened = tokio::task::spawn_blocking(move || open(&path)).await;
    let Ok(Ok((file, bytes))) = opened else {
        return Err(Refusal {
            message: "the file is not there any more".into(),
            ..Refusal::not_found()
        });
    };
    let file = tokio::io::AsyncReadExt::take(tokio::fs::File::from_std(file), bytes);
    let body = Body::from_stream(ReaderStream::with_capacity(file, CHUNK_BYTES));
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CONTENT_LENGTH, bytes.into());
    Ok((headers, body).into_response())
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

    #[cfg(unix)]
    #[test]
    fn what_is_no_regular_file_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("x.jpg");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &fifo,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR,
            0,
        )
        .unwrap();
        assert!(open(&fifo).is_err());
        assert!(open(folder.path()).is_err());
    }
}

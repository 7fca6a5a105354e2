//! The page itself: joined and compressed while the program was built (`build.rs`).

use axum::Router;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use data_encoding::HEXLOWER;
use libdeflater::Decompressor;

use super::App;
use super::error::Refusal;

/// A file of the page.
struct PageFile {
    path: &'static str,
    kind: &'static str,
    gzip: &'static [u8],
}

macro_rules! asset {
    ($path:literal, $kind:literal) => {
        PageFile {
            path: $path,
            kind: $kind,
            gzip: include_bytes!(concat!(env!("OUT_DIR"), $path, ".gz")),
        }
    };
}

const ASSETS: [PageFile; 7] = [
    asset!("/index.html", "text/html; charset=utf-8"),
    asset!("/app.js", "text/javascript; charset=utf-8"),
    asset!("/icon.svg", "image/svg+xml"),
    asset!("/modules/texts-en.js", "text/javascript; charset=utf-8"),
    asset!("/modules/texts-es.js", "text/javascript; charset=utf-8"),
    asset!("/styles/lote.css", "text/css; charset=utf-8"),
    asset!("/workers/monitor.js", "text/javascript; charset=utf-8"),
];

/// What a file of gzip ends with: the checksum of what is packed in it, and its size.
const TRAILER: usize = 8;

impl PageFile {
    fn at(path: &str) -> Option<&'static Self> {
        ASSETS.iter().find(|asset| asset.path == path)
    }

    fn trailer(&self) -> &'static [u8] {
        &self.gzip[self.gzip.len() - TRAILER..]
    }

    fn etag(&self) -> String {
        format!("\"{}\"", HEXLOWER.encode(self.trailer()))
    }

    /// For clients that take no gzip, which no browser is.
    fn plain(&self) -> Option<Vec<u8>> {
        let [.., a, b, c, d] = *self.trailer() else { return None };
        let mut text = vec![0; u32::from_le_bytes([a, b, c, d]) as usize];
        Decompressor::new().gzip_decompress(self.gzip, &mut text).ok()?;
        Some(text)
    }
}

/// The page's files.
pub(super) fn routes() -> Router<App> {
    ASSETS.iter().fold(Router::new(), |routes, asset| routes.route(asset.path, get(serve)))
}

async fn serve(uri: Uri, headers: HeaderMap) -> Result<Response, Refusal> {
    asset(uri.path(), &headers)
}

/// The page.
pub(super) fn index(headers: &HeaderMap) -> Result<Response, Refusal> {
    asset("/index.html", headers)
}

fn asset(path: &str, headers: &HeaderMap) -> Result<Response, Refusal> {
    let asset = PageFile::at(path).ok_or_else(Refusal::not_found)?;
    let etag = asset.etag();
    let mut response = if has(headers, IF_NONE_MATCH.as_str(), etag.as_bytes()) {
        StatusCode::NOT_MODIFIED.into_response()
    } else if has(headers, ACCEPT_ENCODING.as_str(), b"gzip") {
        ([(CONTENT_ENCODING, "gzip")], asset.gzip).into_response()
    } else {
        asset.plain().ok_or_else(Refusal::not_found)?.into_response()
    };
    let answer = response.headers_mut();
    answer.insert(CONTENT_TYPE, HeaderValue::from_static(asset.kind));
    answer.insert(ETAG, HeaderValue::from_str(&etag).map_err(|_| Refusal::not_found())?);
    answer.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    answer.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    Ok(response)
}

/// Whether a header lists that value. Weights are left aside: nobody sends `gzip;q=0`.
fn has(headers: &HeaderMap, name: &str, value: &[u8]) -> bool {
    let values = headers.get_all(name).iter();
    values.flat_map(|list| list.as_bytes().split(|byte| *byte == b',')).any(|one| {
        let one = one.trim_ascii();
        let one = one.strip_prefix(b"W/").unwrap_or(one);
        one.split(|byte| *byte == b';').next() == Some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(path: &str) -> &'static PageFile {
        PageFile::at(path).expect(path)
    }

    #[test]
    fn what_is_sent_for_the_page_fits_in_80_kb() {
        for language in ["es", "en"] {
            let texts = format!("/modules/texts-{language}.js");
            let paths = ["/app.js", "/workers/monitor.js", "/styles/lote.css", &texts];
            let bytes: usize = paths.iter().map(|path| named(path).gzip.len()).sum();
            assert!(bytes <= 80_000, "{language}: {bytes} bytes");
        }
    }

    #[test]
    fn joined_scripts_need_no_other_file() {
        for path in ["/app.js", "/workers/monitor.js"] {
            let text = String::from_utf8(named(path).plain().unwrap()).unwrap();
            let left = text
                .lines()
                .find(|line| line.starts_with("import ") || line.starts_with("export "));
            assert_eq!(left, None, "{path}");
            assert!(!text.contains("/**"), "{path}");
        }
    }

    #[test]
    fn a_browser_that_has_the_file_is_not_sent_it_again() {
        let etag = named("/app.js").etag().parse().unwrap();
        let headers = |name: &'static str, value: HeaderValue| {
            HeaderMap::from_iter([(name.parse().unwrap(), value)])
        };
        let known = asset("/app.js", &headers("if-none-match", etag)).unwrap();
        assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
        let old = asset("/app.js", &headers("if-none-match", "\"old\"".parse().unwrap())).unwrap();
        assert_eq!((old.status(), old.headers().get(CONTENT_ENCODING)), (StatusCode::OK, None));
        let packed = asset("/app.js", &headers("accept-encoding", "br, gzip".parse().unwrap()));
        assert_eq!(packed.unwrap().headers()[CONTENT_ENCODING], "gzip");
    }
}

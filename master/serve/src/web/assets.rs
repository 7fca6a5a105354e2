//! The page itself: embedded in the program, joined and compressed once.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

use axum::Router;
use axum::body::Bytes;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use libdeflater::{CompressionLvl, Compressor};
use rust_embed::RustEmbed;

use super::App;
use super::error::Refusal;
use super::join;

/// The page's folders, each with its name in the page's addresses. What else lies in `frontend` is
/// for those who work on it.
#[derive(RustEmbed)]
#[folder = "../../frontend/modules"]
#[prefix = "modules/"]
struct Modules;

#[derive(RustEmbed)]
#[folder = "../../frontend/styles"]
#[prefix = "styles/"]
struct Styles;

#[derive(RustEmbed)]
#[folder = "../../frontend/workers"]
#[prefix = "workers/"]
struct Workers;

const TOP: [(&str, &str); 3] = [
    ("index.html", include_str!("../../../../frontend/index.html")),
    ("app.js", include_str!("../../../../frontend/app.js")),
    ("icon.svg", include_str!("../../../../frontend/icon.svg")),
];

/// The paths of all files, below the page's folder.
fn paths() -> impl Iterator<Item = Cow<'static, str>> {
    let top = TOP.iter().map(|(path, _)| Cow::Borrowed(*path));
    top.chain(Modules::iter()).chain(Styles::iter()).chain(Workers::iter())
}

/// The text of one of them.
fn source(path: &str) -> Option<String> {
    if let Some((_, text)) = TOP.iter().find(|(name, _)| *name == path) {
        return Some((*text).to_owned());
    }
    let file = Modules::get(path).or_else(|| Styles::get(path)).or_else(|| Workers::get(path))?;
    String::from_utf8(file.data.into_owned()).ok()
}

/// A file as it is served.
struct Asset {
    plain: Bytes,
    gzip: Bytes,
    etag: HeaderValue,
    kind: &'static str,
}

static ASSETS: LazyLock<HashMap<String, Asset>> = LazyLock::new(|| {
    let files = paths().filter_map(|path| Some((format!("/{path}"), load(&path)?)));
    files.collect()
});

/// The page's files.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/index.html", get(serve))
        .route("/app.js", get(serve))
        .route("/icon.svg", get(serve))
        .route("/styles/{file}", get(serve))
        .route("/modules/{file}", get(serve))
        .route("/workers/{file}", get(serve))
}

/// Reads and compresses everything, so that the first page need not wait for it.
pub(super) fn warm_up() {
    LazyLock::force(&ASSETS);
}

async fn serve(uri: Uri, headers: HeaderMap) -> Result<Response, Refusal> {
    asset(uri.path(), &headers)
}

/// The page.
pub(super) fn index(headers: &HeaderMap) -> Result<Response, Refusal> {
    asset("/index.html", headers)
}

fn asset(path: &str, headers: &HeaderMap) -> Result<Response, Refusal> {
    let asset = ASSETS.get(path).ok_or_else(Refusal::not_found)?;
    let mut response = if has(headers, IF_NONE_MATCH.as_str(), asset.etag.as_bytes()) {
        StatusCode::NOT_MODIFIED.into_response()
    } else if has(headers, ACCEPT_ENCODING.as_str(), b"gzip") {
        ([(CONTENT_ENCODING, "gzip")], asset.gzip.clone()).into_response()
    } else {
        asset.plain.clone().into_response()
    };
    let answer = response.headers_mut();
    answer.insert(CONTENT_TYPE, HeaderValue::from_static(asset.kind));
    answer.insert(ETAG, asset.etag.clone());
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

fn load(path: &str) -> Option<Asset> {
    let text = match path {
        "app.js" | "workers/monitor.js" => join::script(path, &source)?,
        "styles/lote.css" => join::style(path, &source)?,
        _ if path.starts_with("modules/texts-") => join::texts(&source(path)?),
        _ => source(path)?,
    };
    let kind = match path.rsplit('.').next()? {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => return None,
    };
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let etag = format!("\"{:016x}\"", hasher.finish());
    Some(Asset {
        gzip: gzip(text.as_bytes())?.into(),
        plain: text.into(),
        etag: HeaderValue::from_str(&etag).ok()?,
        kind,
    })
}

/// As small as can be: it is done once, and sent often.
fn gzip(text: &[u8]) -> Option<Vec<u8>> {
    let mut compressor = Compressor::new(CompressionLvl::best());
    let mut file = vec![0; compressor.gzip_compress_bound(text.len())];
    let len = compressor.gzip_compress(text, &mut file).ok()?;
    file.truncate(len);
    Some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_the_page_names_is_embedded_and_nothing_else() {
        for path in [
            "/index.html",
            "/app.js",
            "/icon.svg",
            "/styles/lote.css",
            "/workers/monitor.js",
            "/modules/texts-es.js",
            "/modules/texts-en.js",
        ] {
            assert!(ASSETS.contains_key(path), "{path}");
        }
        let strange = ASSETS.keys().find(|path| path.contains("test") || path.contains("dev"));
        assert_eq!(strange, None);
    }

    #[test]
    fn what_is_sent_for_the_page_fits_in_80_kb() {
        for language in ["es", "en"] {
            let texts = format!("/modules/texts-{language}.js");
            let paths = ["/app.js", "/workers/monitor.js", "/styles/lote.css", &texts];
            let bytes: usize = paths.iter().map(|path| ASSETS[*path].gzip.len()).sum();
            assert!(bytes <= 80_000, "{language}: {bytes} bytes");
        }
    }

    #[test]
    fn joined_scripts_need_no_other_file() {
        for path in ["/app.js", "/workers/monitor.js"] {
            let text = String::from_utf8(ASSETS[path].plain.to_vec()).unwrap();
            let left = text
                .lines()
                .find(|line| line.starts_with("import ") || line.starts_with("export "));
            assert_eq!(left, None, "{path}");
            assert!(!text.contains("/**"), "{path}");
        }
        assert!(ASSETS["/app.js"].plain.len() > ASSETS["/app.js"].gzip.len());
    }

    #[test]
    fn a_browser_that_has_the_file_is_not_sent_it_again() {
        let etag = ASSETS["/app.js"].etag.clone();
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

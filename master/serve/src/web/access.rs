//! Who may speak to the server. Pure: headers in, decisions out.
//!
//! That the server listens on this machine only keeps nobody out by itself: every page in the
//! user's browser can send requests to it. So the `Host` must be one of the server's own names
//! (against DNS rebinding), the `Origin` of whatever changes something must be the server's own or
//! one that the user has allowed, and whoever comes from another machine needs a token.

use std::fs;
use std::io::{self, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use axum::http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN};
use axum::http::{HeaderMap, Uri};
use data_encoding::HEXLOWER;
use lote_engine::system::files;

/// Bytes of a token before they are written as hexadecimal digits: 256 bit.
const TOKEN_BYTES: usize = 32;

/// No file of a token is larger, bytes.
const MAX_FILE_BYTES: u64 = 1 << 12;

/// Who may speak to the server.
#[derive(Debug, Clone)]
pub struct Access {
    port: u16,
    /// Names that the server is reached by, lower case.
    names: Vec<String>,
    /// Origins of other pages that may use the server.
    allowed: Vec<String>,
    token: Option<Token>,
}

/// A secret. It is never shown by `{:?}`, so that no log has it.
#[derive(Clone)]
pub struct Token(String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(..)")
    }
}

impl Token {
    /// A new one.
    pub fn new() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; TOKEN_BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Self(HEXLOWER.encode(&bytes)))
    }

    /// The one in that file, which is made for its owner alone if it is not there.
    pub fn kept(file: &Path) -> io::Result<Self> {
        match files::read_text(file, MAX_FILE_BYTES) {
            Ok(text) => {
                let digits = text.trim();
                let is_token = digits.len() == 2 * TOKEN_BYTES
                    && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
                let refused = || io::Error::other("the file holds no token");
                is_token.then(|| Self(digits.to_owned())).ok_or_else(refused)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let token = Self::new().map_err(io::Error::other)?;
                let mut options = fs::OpenOptions::new();
                options.write(true).create_new(true);
                #[cfg(unix)]
                {
                    use std::os::unix::fs::OpenOptionsExt as _;
                    options.mode(0o600);
                }
                writeln!(options.open(file)?, "{}", token.text())?;
                Ok(token)
            }
            Err(error) => Err(error),
        }
    }

    /// Its 64 hexadecimal digits.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Whether that is it. The time that this takes does not tell how much of it is right.
    fn is(&self, candidate: &str) -> bool {
        let (ours, theirs) = (self.0.as_bytes(), candidate.as_bytes());
        let differ = ours.iter().zip(theirs).fold(0, |differ, (a, b)| differ | (a ^ b));
        std::hint::black_box(differ) == 0 && ours.len() == theirs.len()
    }
}

/// Why an `--allow-origin` cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no origin")]
pub struct NoOrigin(String);

impl NoOrigin {
    /// What is no origin.
    pub fn name(&self) -> String {
        format!("{:?}", self.0)
    }
}

impl Access {
    /// For a server at those addresses; `host` is how the user named them. `names` are further
    /// names of the machine, which only count where there is a token.
    pub fn new(bound: &[SocketAddr], host: &str, names: &[String], token: Option<Token>) -> Self {
        let mut known = vec![host.to_owned()];
        if token.is_some() || bound.iter().any(|address| address.ip().is_loopback()) {
            known.extend(["localhost", "127.0.0.1", "[::1]"].map(str::to_owned));
        }
        if token.is_some() {
            known.extend_from_slice(names);
        }
        Self {
            port: bound.first().map_or(0, SocketAddr::port),
            names: known.iter().map(|name| name.to_lowercase()).collect(),
            allowed: Vec::new(),
            token,
        }
    }

    /// Lets pages of other origins use the server, each `scheme://host[:port]` or `null`.
    pub fn allow(mut self, origins: &[String]) -> Result<Self, NoOrigin> {
        for origin in origins {
            let origin = origin.trim_end_matches('/').to_lowercase();
            let is_origin = origin == "null"
                || origin.parse::<Uri>().is_ok_and(|uri| {
                    uri.scheme().is_some()
                        && uri.authority().is_some_and(|it| !it.as_str().contains('@'))
                        && uri.path().trim_end_matches('/').is_empty()
                        && uri.query().is_none()
                });
            if !is_origin {
                return Err(NoOrigin(origin));
            }
            self.allowed.push(origin);
        }
        Ok(self)
    }

    /// The name of the cookie with the token. It carries the port, as browsers keep one jar for
    /// all ports of a host.
    pub fn cookie_name(&self) -> String {
        format!("lote_{}", self.port)
    }

    /// The server's own name in a request: its only `Host`, if that is one of the server's.
    pub fn host<'a>(&self, headers: &'a HeaderMap, uri: &Uri) -> Option<&'a str> {
        let mut hosts = headers.get_all(HOST).iter();
        let (host, None) = (hosts.next()?.to_str().ok()?, hosts.next()) else {
            return None;
        };
        let same = uri.authority().is_none_or(|authority| authority.as_str() == host);
        (same && self.is_own(host)).then_some(host)
    }

    fn is_own(&self, host: &str) -> bool {
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, port.parse().ok()),
            _ => (host, Some(80)),
        };
        let name = name.to_lowercase();
        if self.token.is_none() {
            return port == Some(self.port) && self.names.contains(&name);
        }
        // Ports may be mapped. A name that is an address cannot be rebound to another.
        let address = name.trim_start_matches('[').trim_end_matches(']');
        port.is_some() && (self.names.contains(&name) || address.parse::<IpAddr>().is_ok())
    }

    /// Whether a request to that `host` comes from a page that may use the server; `None` if it
    /// does not say where it comes from.
    pub fn comes_from_friend(&self, headers: &HeaderMap, host: &str) -> Option<bool> {
        let mut origins = headers.get_all(ORIGIN).iter();
        let origin = origins.next()?;
        let Some(origin) = origin.to_str().ok().filter(|_| origins.next().is_none()) else {
            return Some(false);
        };
        let own = origin.strip_prefix("http://") == Some(host.to_lowercase().as_str());
        Some(own || self.is_allowed(origin))
    }

    /// Whether that origin was allowed by name.
    pub fn is_allowed(&self, origin: &str) -> bool {
        self.allowed.iter().any(|allowed| allowed == origin)
    }

    /// Whether whoever asks has the token, if one is needed.
    pub fn is_admitted(&self, headers: &HeaderMap) -> bool {
        self.token.is_none() || self.has_bearer(headers) || self.has_cookie(headers)
    }

    /// Whether that is the token that is needed.
    pub fn is_token(&self, candidate: &str) -> bool {
        self.token.as_ref().is_some_and(|token| token.is(candidate))
    }

    /// Whether a request has the token as programs send it.
    pub fn has_bearer(&self, headers: &HeaderMap) -> bool {
        let value = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = value.and_then(|value| value.strip_prefix("Bearer "));
        token.is_some_and(|token| self.is_token(token))
    }

    fn has_cookie(&self, headers: &HeaderMap) -> bool {
        let name = self.cookie_name();
        headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).any(|cookies| {
            cookies
                .split(';')
                .filter_map(|one| one.trim().split_once('='))
                .any(|(key, value)| key == name && self.is_token(value))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(host: &str, token: Option<Token>) -> Access {
        let bound = match host {
            "0.0.0.0" => ([0, 0, 0, 0], 8765).into(),
            _ => ([127, 0, 0, 1], 8765).into(),
        };
        Access::new(&[bound], host, &["Workshop".into()], token)
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn hosts(access: &Access, hosts: &[&str]) -> Vec<bool> {
        let uri = Uri::from_static("/");
        let known = |host: &&str| access.host(&headers(&[("host", host)]), &uri).is_some();
        hosts.iter().map(known).collect()
    }

    #[test]
    fn only_the_servers_own_names_are_answered() {
        let local = access("127.0.0.1", None);
        let own = ["127.0.0.1:8765", "localhost:8765", "LocalHost:8765", "[::1]:8765"];
        assert_eq!(hosts(&local, &own), [true; 4]);
        let foreign = [
            "evil.example:8765",
            "127.0.0.1",
            "127.0.0.1:80",
            "127.0.0.1.evil.example:8765",
            "localhost:8765.evil.example",
            "127.0.0.1:8765@evil.example",
            "",
            ":8765",
            "workshop:8765",
        ];
        assert_eq!(hosts(&local, &foreign), [false; 9]);
        let uri = Uri::from_static("/");
        assert_eq!(local.host(&headers(&[]), &uri), None);
        let twice = headers(&[("host", "localhost:8765"), ("host", "evil.example")]);
        assert_eq!(local.host(&twice, &uri), None);
        let proxied = Uri::from_static("http://evil.example:8765/");
        assert_eq!(local.host(&headers(&[("host", "localhost:8765")]), &proxied), None);
    }

    #[test]
    fn with_a_token_the_machine_may_be_called_by_address_or_name_at_any_port() {
        let open = access("0.0.0.0", Some(Token::new().unwrap()));
        assert_eq!(
            hosts(&open, &["192.168.1.20:8765", "workshop:9000", "[fe80::1]:8765"]),
            [true; 3]
        );
        assert_eq!(hosts(&open, &["evil.example:8765", "workshop.evil.example"]), [false; 2]);
    }

    #[test]
    fn origins_must_be_the_servers_own_or_allowed() {
        let origins = ["http://localhost:3000/".to_owned(), "null".to_owned()];
        let access = access("127.0.0.1", None).allow(&origins).unwrap();
        let friend =
            |origin| access.comes_from_friend(&headers(&[("origin", origin)]), "localhost:8765");
        for good in ["http://localhost:8765", "http://localhost:3000", "null"] {
            assert_eq!(friend(good), Some(true), "{good}");
        }
        for bad in [
            "http://127.0.0.1:8765",
            "https://localhost:8765",
            "http://localhost:87650",
            "http://localhost",
            "http://evil.example",
            "",
        ] {
            assert_eq!(friend(bad), Some(false), "{bad}");
        }
        assert_eq!(access.comes_from_friend(&headers(&[]), "localhost:8765"), None);
        for bad in ["localhost:3000/x", "*", "http://a@b", "http://a/path", ""] {
            let access = self::access("127.0.0.1", None).allow(&[bad.to_owned()]);
            assert!(access.is_err(), "{bad}");
        }
    }

    #[test]
    fn the_token_comes_by_cookie_or_bearer_and_must_be_whole() {
        let token = Token::new().unwrap();
        let text = token.text().to_owned();
        assert_eq!(text.len(), 64);
        assert!(!format!("{token:?}").contains(&text));
        let access = access("0.0.0.0", Some(token));
        let admitted = |name, value: &str| access.is_admitted(&headers(&[(name, value)]));
        assert!(admitted("authorization", &format!("Bearer {text}")));
        assert!(admitted("cookie", &format!("a=b; lote_8765={text}")));
        assert!(!admitted("cookie", &format!("lote_8766={text}")));
        assert!(!admitted("cookie", &format!("lote_8765={}", &text[1..])));
        assert!(!admitted("authorization", &format!("Bearer {text}0")));
        assert!(!admitted("authorization", "Bearer "));
        assert!(!access.is_admitted(&headers(&[])));
        assert!(self::access("127.0.0.1", None).is_admitted(&headers(&[])));
        assert!(!self::access("127.0.0.1", None).is_token(""));
    }
}

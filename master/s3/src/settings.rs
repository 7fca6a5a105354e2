//! What the environment says: where the store is, and with which credentials it is asked. Credentials are
//! never said, nor written anywhere.

use std::net::IpAddr;
use std::time::Duration;

use lote_engine::lang::Text;
use lote_engine::store::{Address, Error};
use lote_protocol::text;
use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey};
use object_store::{BackoffConfig, ClientOptions, RetryConfig};

/// How long a connection may take, and how long nothing may come.
const CONNECT: Duration = Duration::from_secs(5);
const SILENCE: Duration = Duration::from_secs(120);

/// How the credentials come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Credentials {
    /// `AWS_ACCESS_KEY_ID` and its like.
    Keys,
    /// Nothing is signed.
    None,
    /// A token that a file or another process of this machine gives for them.
    Token,
    /// The machine's own role.
    Role,
}

/// What the environment says, but for the credentials themselves.
#[derive(Debug)]
pub(crate) struct Settings {
    /// Where the store is, without what may be secret in it.
    host: String,
    region: String,
    credentials: Credentials,
    has_profile: bool,
    in_the_clear: bool,
}

impl Settings {
    /// By variables as `get` gives them.
    pub(crate) fn from_environment(get: impl Fn(&str) -> Option<String>) -> Result<Self, Text> {
        let set = |name: &str| get(name).filter(|value| !value.is_empty());
        let is_true =
            |name: &str| set(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let region = set("AWS_REGION").or_else(|| set("AWS_DEFAULT_REGION"));
        let region = region.unwrap_or_else(|| "us-east-1".to_owned());
        let endpoint = set("AWS_ENDPOINT_URL_S3")
            .or_else(|| set("AWS_ENDPOINT_URL"))
            .or_else(|| set("AWS_ENDPOINT"));
        let in_the_clear = endpoint.as_ref().is_some_and(|url| url.starts_with("http://"));
        let host = endpoint.as_deref().map_or_else(|| format!("s3.{region}.amazonaws.com"), host);
        if in_the_clear && !is_loopback(&host) && !is_true("AWS_ALLOW_HTTP") {
            return Err(text!(
                "{} is asked in the clear: use https://, or set AWS_ALLOW_HTTP=true",
                host
            ));
        }
        let keys = [set("AWS_ACCESS_KEY_ID"), set("AWS_SECRET_ACCESS_KEY")];
        let tokens = [
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        ];
        let credentials = match keys {
            _ if is_true("AWS_SKIP_SIGNATURE") => Credentials::None,
            [Some(_), Some(_)] => Credentials::Keys,
            [Some(_), None] => return Err(text!("{} is not set", "AWS_SECRET_ACCESS_KEY")),
            [None, Some(_)] => return Err(text!("{} is not set", "AWS_ACCESS_KEY_ID")),
            [None, None] if tokens.iter().any(|name| set(name).is_some()) => Credentials::Token,
            [None, None] => Credentials::Role,
        };
        let has_profile = set("AWS_PROFILE").is_some();
        Ok(Self { host, region, credentials, has_profile, in_the_clear })
    }

    /// The client of a bucket.
    pub(crate) fn client(&self, bucket: &str) -> Result<AmazonS3, Error> {
        let options = ClientOptions::new()
            .with_allow_http(self.in_the_clear)
            .with_connect_timeout(CONNECT)
            .with_read_timeout(SILENCE)
            // A large object may take its time.
            .with_timeout_disabled();
        // Whoever asks has more patience, and says so.
        let retry = RetryConfig {
            backoff: BackoffConfig {
                max_backoff: Duration::from_secs(2),
                ..BackoffConfig::default()
            },
            max_retries: 4,
            retry_timeout: Duration::from_secs(10),
        };
        let mut builder = AmazonS3Builder::new();
        // A variable that is empty is one that is not set.
        for (name, value) in std::env::vars_os() {
            let (Some(name), Some(value)) = (name.to_str(), value.to_str()) else { continue };
            let key = Some(name).filter(|name| name.starts_with("AWS_") && !value.is_empty());
            let key =
                key.and_then(|name| name.to_ascii_lowercase().parse::<AmazonS3ConfigKey>().ok());
            if let Some(key) = key {
                builder = builder.with_config(key, value);
            }
        }
        builder
            .with_bucket_name(bucket)
            .with_region(&self.region)
            .with_client_options(options)
            .with_retry(retry)
            .build()
            .map_err(|error| Error::Refused(words(&error)))
    }

    /// Whether the credentials need not be asked for.
    pub(crate) fn are_given(&self) -> bool {
        matches!(self.credentials, Credentials::Keys | Credentials::None)
    }

    /// That the store does not answer.
    pub(crate) fn away(&self, why: impl Into<Text>) -> Error {
        Error::Away(text!("{} cannot be reached: {}", self.host.clone(), why.into()))
    }

    /// That something may not be done.
    pub(crate) fn denied(&self, address: &Address, why: &str) -> Error {
        let with = match self.credentials {
            Credentials::Keys => text!("the keys of {}", "AWS_ACCESS_KEY_ID"),
            Credentials::None => text!("nothing, as {} says", "AWS_SKIP_SIGNATURE"),
            Credentials::Token => text!("a token that the environment names"),
            Credentials::Role => text!("the role of this machine"),
        };
        Error::Denied(text!(
            "access to {} is denied ({}); asked with {}",
            address.to_string(),
            why,
            with
        ))
    }

    /// That the bucket is somewhere else.
    pub(crate) fn other_region(&self, address: &Address) -> Error {
        Error::Refused(text!(
            "the bucket {} is not in the region {}: set AWS_REGION",
            address.bucket.clone(),
            self.region.clone()
        ))
    }

    /// That it does not do what it is asked for.
    pub(crate) fn refused(&self, why: impl Into<Text>) -> Error {
        Error::Refused(text!("{} refuses it: {}", self.host.clone(), why.into()))
    }

    /// That there are no credentials, and where they were looked for.
    pub(crate) fn no_credentials(&self, address: &Address) -> Text {
        let address = address.to_string();
        match self.credentials {
            Credentials::Token => {
                text!(
                    "no credentials for {}: the token that the environment names gives none",
                    address
                )
            }
            _ if self.has_profile => text!(
                "no credentials for {}: profiles are not read; `aws configure export-credentials --format env` makes variables of one",
                address
            ),
            _ => text!(
                "no credentials for {}: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set, and this machine has no role",
                address
            ),
        }
    }
}

/// The host and port of a URL.
fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split(['/', '?', '#']).next().unwrap_or_default();
    rest.rsplit('@').next().unwrap_or_default().to_owned()
}

/// Whether that host, with its port, is this machine.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next(),
        None => host.split(':').next(),
    };
    let name = name.unwrap_or_default();
    name == "localhost" || name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// The first words of an error.
pub(crate) fn words(error: &object_store::Error) -> Text {
    let said = match error {
        object_store::Error::Generic { source, .. } => source.to_string(),
        error => error.to_string(),
    };
    let line = said.lines().next().unwrap_or_default();
    line.chars().take(200).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> Result<Settings, String> {
        let get = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Settings::from_environment(get).map_err(|error| error.to_string())
    }

    #[test]
    fn in_the_clear_only_this_machine_is_spoken_to_unless_that_is_allowed() {
        for host in ["http://127.0.0.1:9000", "http://localhost:9000/x", "http://[::1]:9000"] {
            assert!(settings(&[("AWS_ENDPOINT_URL", host)]).unwrap().in_the_clear);
        }
        for host in ["http://nas:9000", "http://127.0.0.1.example", "http://127.0.0.1@nas"] {
            let refused = settings(&[("AWS_ENDPOINT_URL", host)]).unwrap_err();
            assert!(refused.contains("AWS_ALLOW_HTTP"), "{refused}");
            settings(&[("AWS_ENDPOINT_URL", host), ("AWS_ALLOW_HTTP", "true")]).unwrap();
        }
        assert!(!settings(&[("AWS_ENDPOINT_URL", "https://nas")]).unwrap().in_the_clear);
    }

    #[test]
    fn what_may_be_secret_is_not_said() {
        let variables = [
            ("AWS_ENDPOINT_URL", "https://user:geheim@nas:9000/p"),
            ("AWS_ACCESS_KEY_ID", "geheim"),
            ("AWS_SECRET_ACCESS_KEY", "geheim"),
        ];
        let settings = settings(&variables).unwrap();
        let address = Address { bucket: "b".into(), key: "k".into() };
        let said = [settings.away("x").text(), settings.denied(&address, "403").text()];
        let said = format!("{settings:?} {} {}", said[0], said[1]);
        assert!(said.contains("nas:9000") && !said.contains("geheim"), "{said}");
    }

    #[test]
    fn half_of_a_key_is_refused_by_name() {
        let refused = settings(&[("AWS_ACCESS_KEY_ID", "x")]).unwrap_err();
        assert_eq!(refused, "AWS_SECRET_ACCESS_KEY is not set");
    }
}

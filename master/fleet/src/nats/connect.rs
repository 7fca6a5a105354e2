//! Where the server is, as whom it is spoken to, and what may not be said to it in the clear.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_nats::{ConnectErrorKind, ConnectOptions, Event, ServerAddr, ServerError, jetstream};
use lote_protocol::lang::Text;
use lote_protocol::text;
use tokio::sync::watch;

use super::{Nats, PATIENCE, causes};
use crate::engine::Error;

/// Where the engine is, and as whom it is spoken to.
#[derive(Debug, Clone, Default)]
pub struct Server {
    /// `tls://host:port`, or `nats://host:port` for this machine.
    pub url: String,
    /// Whose certificates are believed, beside those that the system believes.
    pub ca: Option<PathBuf>,
    /// The user.
    pub user: Option<String>,
    /// The user's password.
    pub password: Option<String>,
    /// Whether other machines may be spoken to in the clear.
    pub insecure: bool,
}

/// Connects, or says why not.
pub async fn connect(server: &Server, name: &str) -> Result<Nats, Error> {
    let (address, host) = address(server)?;
    let refused = watch::Sender::default();
    let (noted, connected) = (refused.clone(), watch::Sender::default());
    let (counted, was_lost) = (connected.clone(), AtomicBool::new(false));
    let mut options = ConnectOptions::new()
        .name(name)
        .connection_timeout(PATIENCE)
        .request_timeout(Some(PATIENCE))
        .ping_interval(Duration::from_secs(10))
        .ignore_discovered_servers()
        .reconnect_delay_callback(|attempts| {
            Duration::from_millis(50 << attempts.min(6)).min(Duration::from_secs(2))
        })
        .event_callback(move |event| {
            tracing::debug!(%event, "fleet");
            match event {
                Event::ServerError(ServerError::Other(why)) => {
                    tracing::warn!("the fleet's server refuses: {why}");
                    noted.send_replace(why);
                }
                Event::Disconnected => was_lost.store(true, Ordering::Relaxed),
                // The first one is told of late.
                Event::Connected if was_lost.load(Ordering::Relaxed) => {
                    counted.send_modify(|times| *times += 1);
                }
                _ => {}
            }
            std::future::ready(())
        });
    if address.scheme() == "tls" {
        options = options.require_tls(true);
    }
    if let Some(ca) = &server.ca {
        options = options.add_root_certificates(ca.clone());
    }
    if let Some(user) = &server.user {
        // Agents may listen to nothing else.
        options = options.custom_inbox_prefix(format!("_INBOX_{user}"));
        let password = server.password.clone().unwrap_or_default();
        options = options.user_and_password(user.clone(), password);
    }
    let client = options.connect(address).await.map_err(|error| match error.kind() {
        ConnectErrorKind::Authentication | ConnectErrorKind::AuthorizationViolation => {
            Error::Denied(text!("{} does not know this user or password", host.clone()))
        }
        ConnectErrorKind::ServerParse | ConnectErrorKind::Tls => {
            Error::Address(text!("{}: {}", host.clone(), causes(&error)))
        }
        _ => Error::Away(text!("{}: {}", host.clone(), causes(&error))),
    })?;
    let mut stream = jetstream::new(client.clone());
    stream.set_timeout(PATIENCE);
    let (consumers, readers) = (Arc::default(), Arc::default());
    Ok(Nats { client, stream, host, refused, connected, consumers, readers })
}

/// The address to connect to, and the host for people.
fn address(server: &Server) -> Result<(ServerAddr, String), Error> {
    let bad = |why: Text| Err(Error::Address(text!("{}: {}", server.url.clone(), why)));
    let Ok(address) = server.url.parse::<ServerAddr>() else {
        return bad(text!("this is no address: tls://HOST:PORT, or nats://localhost:PORT"));
    };
    if address.username().is_some() || address.password().is_some() {
        return bad(text!("user and password do not belong into an address"));
    }
    let user = server.user.iter().flat_map(|user| user.chars());
    if !user.into_iter().all(|letter| letter.is_ascii_alphanumeric() || letter == '-') {
        return bad(text!("a user's name has letters, digits and - only"));
    }
    let host = address.host().trim_matches(['[', ']']).to_owned();
    let is_here =
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    match address.scheme() {
        "tls" => Ok((address, host)),
        "nats" if is_here || server.insecure => Ok((address, host)),
        "nats" => {
            bad(text!("what is not on this machine is spoken to by tls:// (or with --insecure)"))
        }
        _ => bad(text!("it begins with neither tls:// nor nats://")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(url: &str) -> String {
        let server = Server { url: url.to_owned(), ..Server::default() };
        match address(&server) {
            Ok((_, host)) => format!("ok {host}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn other_machines_are_not_spoken_to_in_the_clear() {
        for url in ["tls://nas.local:4222", "tls://10.0.0.1", "nats://localhost:4222"] {
            assert!(refusal(url).starts_with("ok "), "{url}");
        }
        assert_eq!(refusal("nats://127.0.0.1:4222"), "ok 127.0.0.1");
        assert_eq!(refusal("nats://[::1]:4222"), "ok ::1");
        for url in ["nats://nas.local:4222", "nats://10.0.0.1", "nats://localhost.evil.example"] {
            assert!(refusal(url).contains("tls://"), "{url}");
        }
        assert!(refusal("http://localhost").contains("tls://"));
        assert!(refusal("tls://me:secret@nas").contains("do not belong"));
        let server =
            Server { url: "nats://10.0.0.1".to_owned(), insecure: true, ..Server::default() };
        assert!(address(&server).is_ok());
    }
}

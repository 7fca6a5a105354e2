//! Accepts connections and reads HTTP, within limits that hold whoever is at the other end.

use std::io;
use std::net::{SocketAddr, TcpListener as StdListener, ToSocketAddrs};
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::connections::{Connections, Known};
use super::guard::is_refusal;
use super::patience::Patient;

/// Largest head of a request, bytes.
const MAX_HEAD_BYTES: usize = 16 << 10;

/// How long the head of a request may take.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the other end may take nothing of an answer.
const STALLED: Duration = Duration::from_secs(60);

/// How long answers under way may take once the server is asked to end.
const FAREWELL: Duration = Duration::from_secs(2);

/// Listens at `host:port`; at a port that is free if `port` is 0. Where that is this machine only,
/// both families of addresses are listened at, as `localhost` may stand for either.
pub fn listen(host: &str, port: u16) -> io::Result<Vec<StdListener>> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let mut addresses = (bare, port).to_socket_addrs()?;
    let none = || io::Error::new(io::ErrorKind::AddrNotAvailable, "the host has no address");
    let first = StdListener::bind(addresses.next().ok_or_else(none)?)?;
    let bound = first.local_addr()?;
    let mut listeners = vec![first];
    if bound.ip().is_loopback() {
        let other: SocketAddr = match bound {
            SocketAddr::V4(_) => (std::net::Ipv6Addr::LOCALHOST, bound.port()).into(),
            SocketAddr::V6(_) => (std::net::Ipv4Addr::LOCALHOST, bound.port()).into(),
        };
        // The machine may not have that family.
        listeners.extend(StdListener::bind(other));
    }
    for listener in &listeners {
        listener.set_nonblocking(true)?;
    }
    Ok(listeners)
}

/// Answers until `stop` is true, then lets answers under way come to their end for a moment.
pub async fn serve(
    listeners: Vec<StdListener>,
    router: Router,
    stop: watch::Receiver<bool>,
) -> io::Result<()> {
    let connections = Connections::default();
    let mut accepting = Vec::new();
    for listener in listeners {
        let listener = TcpListener::from_std(listener)?;
        let accept = accept(listener, router.clone(), connections.clone(), stop.clone());
        accepting.push(tokio::spawn(accept));
    }
    for task in accepting {
        // It ends when the server does.
        let _ = task.await;
    }
    // What has not ended by then is cut off.
    let _ = timeout(FAREWELL, connections.all_ended()).await;
    Ok(())
}

/// Accepts connections as long as there is room for them, until the server ends.
async fn accept(
    listener: TcpListener,
    router: Router,
    connections: Connections,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                let Some(place) = connections.enter(peer.ip()) else { continue };
                // Small answers must not wait for more.
                let _ = stream.set_nodelay(true);
                let known = place.known.clone();
                let answered = answer(stream, peer, known, router.clone(), stop.clone());
                tokio::spawn(async move {
                    tokio::select! {
                        ended = answered => if let Err(error) = ended {
                            tracing::debug!(%peer, %error, "a connection broke off");
                        },
                        () = place.leave.notified() => {
                            tracing::debug!(%peer, "a stranger made room");
                        }
                    }
                    drop(place);
                });
            }
            Err(error) => {
                // Too many open files, mostly: it gets better when a connection ends.
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Answers what comes on one connection.
pub(super) async fn answer(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    known: Known,
    router: Router,
    mut stop: watch::Receiver<bool>,
) -> hyper::Result<()> {
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let (answered, known) = (router.call(request), known.clone());
        async move {
            let response = answered.await;
            if response.as_ref().is_ok_and(|response| !is_refusal(response.status())) {
                known.set();
            }
            response
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(TokioIo::new(Patient::new(stream, STALLED)), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => return ended,
        _ = stop.wait_for(|stop| *stop) => connection.as_mut().graceful_shutdown(),
    }
    connection.await
}

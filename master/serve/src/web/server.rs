//! Accepts connections and reads HTTP, within limits that hold whoever is at the other end.

use std::io;
use std::net::{SocketAddr, TcpListener as StdListener, ToSocketAddrs};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};

use super::patience::Patient;

/// Largest head of a request, bytes.
const MAX_HEAD_BYTES: usize = 16 << 10;

/// How long the head of a request may take.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the other end may take nothing of an answer.
const STALLED: Duration = Duration::from_secs(60);

/// Connections at the same time: 64 pages, with as many connections each as browsers make.
const MAX_CONNECTIONS: usize = 512;

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
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut accepting = Vec::new();
    for listener in listeners {
        let listener = TcpListener::from_std(listener)?;
        let accept = accept(listener, router.clone(), Arc::clone(&room), stop.clone());
        accepting.push(tokio::spawn(accept));
    }
    for task in accepting {
        // It ends when the server does.
        let _ = task.await;
    }
    // All places are free when no connection is left; what has not ended by then is cut off.
    let _ = timeout(FAREWELL, room.acquire_many(MAX_CONNECTIONS as u32)).await;
    Ok(())
}

/// Accepts connections as long as there is room for them, until the server ends.
async fn accept(
    listener: TcpListener,
    router: Router,
    room: Arc<Semaphore>,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        let next = async {
            let place = Arc::clone(&room).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                // Small answers must not wait for more.
                let _ = stream.set_nodelay(true);
                let answered = answer(stream, peer, router.clone(), stop.clone());
                tokio::spawn(async move {
                    if let Err(error) = answered.await {
                        tracing::debug!(%peer, %error, "a connection broke off");
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
    router: Router,
    mut stop: watch::Receiver<bool>,
) -> hyper::Result<()> {
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.call(request)
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

//! Whoever is connected to the server: how many there are, and one that is watched.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::ws::{Message, Utf8Bytes, WebSocket};
use tokio::time::{Instant, interval_at, timeout};

/// Clients at the same time.
pub(super) const MAX_CLIENTS: usize = 64;
/// Largest message that a client may send, bytes.
pub(super) const MAX_MESSAGE_BYTES: usize = 64 << 10;
/// So much may wait to be sent to a client that has stopped reading, bytes.
pub(super) const MAX_WAITING_BYTES: usize = 16 << 20;
/// A client that takes nothing for so long is let go.
const STALLED: Duration = Duration::from_secs(20);
const PING_EVERY: Duration = Duration::from_secs(20);
/// A client that says nothing for so long, not even to a ping, is let go.
const SILENT: Duration = Duration::from_secs(50);
/// How many clients there are; a clone counts the same ones.
#[derive(Debug, Clone, Default)]
pub struct Clients(Arc<AtomicUsize>);

/// One of the clients, for as long as it lives.
pub(super) struct Client(Arc<AtomicUsize>);

impl Clients {
    /// Counts one more, if there is room.
    pub(super) fn enter(&self) -> Option<Client> {
        let more = |count| (count < MAX_CLIENTS).then_some(count + 1);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(Client(Arc::clone(&self.0)))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A connection that is watched.
pub(super) struct Socket {
    stream: WebSocket,
    ping: tokio::time::Interval,
    heard: Instant,
}

/// The client is gone, or is let go.
pub(super) struct Gone;

impl Socket {
    /// A connection that was just made.
    pub(super) fn new(stream: WebSocket) -> Self {
        let now = Instant::now();
        Self { stream, ping: interval_at(now + PING_EVERY, PING_EVERY), heard: now }
    }

    /// Sends a text.
    pub(super) async fn send(&mut self, text: &str) -> Result<(), Gone> {
        self.send_message(Message::Text(Utf8Bytes::from(text))).await
    }

    async fn send_message(&mut self, message: Message) -> Result<(), Gone> {
        match timeout(STALLED, self.stream.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Gone),
        }
    }

    /// The next text from the client. Nothing is lost when the future is dropped before it is
    /// ready.
    pub(super) async fn receive(&mut self) -> Result<Utf8Bytes, Gone> {
        loop {
            tokio::select! {
                message = self.stream.recv() => {
                    self.heard = Instant::now();
                    match message {
                        Some(Ok(Message::Text(text))) => return Ok(text),
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                        Some(Ok(Message::Binary(_))) => return Ok(Utf8Bytes::from_static("")),
                        Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Gone),
                    }
                }
                _ = self.ping.tick() => {
                    if self.heard.elapsed() > SILENT {
                        return Err(Gone);
                    }
                    self.send_message(Message::Ping(axum::body::Bytes::new())).await?;
                }
            }
        }
    }
}

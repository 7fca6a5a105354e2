//! Messages over a local socket.

use std::io;
use std::path::Path;
use std::sync::Arc;

use interprocess::local_socket::ListenerOptions;
use interprocess::local_socket::tokio::prelude::*;
use interprocess::local_socket::tokio::{Listener as SocketListener, Stream};
use interprocess::local_socket::traits::StreamCommon;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::endpoint;
use crate::frame::{self, FrameBuffer, FrameError};
use crate::version::{self, Mismatch, PREAMBLE_BYTES};

/// Bytes asked for at a time.
const READ_BYTES: usize = 64 << 10;

/// Why a connection cannot be used any more.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The socket failed.
    #[error("the connection broke: {0}")]
    Io(#[from] io::Error),
    /// The peer sent something that is no message.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The peer left in the middle of a message.
    #[error("the peer left in the middle of a message")]
    Cut,
    /// The peer is not what it should be.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
}

/// The master's end: accepts workers.
#[derive(Debug)]
pub struct Listener(SocketListener);

impl Listener {
    /// Listens at `path`; only the owner may connect.
    pub fn bind(path: &Path) -> io::Result<Self> {
        let options = ListenerOptions::new().name(endpoint::name(path)?);
        #[cfg(unix)]
        let options = {
            use interprocess::os::unix::local_socket::ListenerOptionsExt;
            options.mode(0o600)
        };
        options.create_tokio().map(Self)
    }

    /// Waits for the next connection. The peer has said nothing yet.
    pub async fn accept(&self) -> io::Result<Connection> {
        self.0.accept().await.map(Connection::new)
    }
}

/// Who is at the other end, as far as the operating system tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// Process id.
    pub pid: Option<u32>,
    /// Effective user id.
    pub user: Option<u32>,
}

/// A connection, before it is split into its two directions.
#[derive(Debug)]
pub struct Connection(Arc<Stream>);

impl Connection {
    fn new(stream: Stream) -> Self {
        Self(Arc::new(stream))
    }

    /// Connects to the master that listens at `path`.
    pub async fn connect(path: &Path) -> io::Result<Self> {
        Stream::connect(endpoint::name(path)?).await.map(Self::new)
    }

    /// Who is at the other end.
    pub fn peer(&self) -> Peer {
        let Ok(credentials) = self.0.peer_creds() else {
            return Peer { pid: None, user: None };
        };
        #[cfg(unix)]
        let user = credentials.euid();
        #[cfg(not(unix))]
        let user = None;
        let pid = credentials.pid().and_then(|pid| u32::try_from(pid).ok());
        Peer { pid, user }
    }

    /// Says what this end speaks.
    pub async fn send_preamble(&self) -> io::Result<()> {
        (&*self.0).write_all(&version::preamble()).await
    }

    /// Checks what the other end speaks.
    pub async fn expect_preamble(&self) -> Result<(), TransportError> {
        let mut bytes = [0; PREAMBLE_BYTES];
        (&*self.0).read_exact(&mut bytes).await?;
        Ok(version::check(&bytes)?)
    }

    /// The two directions.
    pub fn split(self) -> (Sender, Receiver) {
        let sender = Sender { stream: Arc::clone(&self.0), bytes: Vec::new() };
        (sender, Receiver { stream: self.0, frames: FrameBuffer::new() })
    }
}

/// Sends messages.
#[derive(Debug)]
pub struct Sender {
    stream: Arc<Stream>,
    bytes: Vec<u8>,
}

impl Sender {
    /// Puts a message with those to be sent by the next [`Sender::flush`].
    pub fn queue<T: Serialize>(&mut self, message: &T) -> Result<(), FrameError> {
        frame::encode(message, &mut self.bytes)
    }

    /// Sends what is queued, in one piece.
    pub async fn flush(&mut self) -> io::Result<()> {
        if self.bytes.is_empty() {
            return Ok(());
        }
        (&*self.stream).write_all(&self.bytes).await?;
        self.bytes.clear();
        Ok(())
    }

    /// Sends one message.
    pub async fn send<T: Serialize>(&mut self, message: &T) -> Result<(), TransportError> {
        self.queue(message)?;
        Ok(self.flush().await?)
    }
}

/// Receives messages.
#[derive(Debug)]
pub struct Receiver {
    stream: Arc<Stream>,
    frames: FrameBuffer,
}

impl Receiver {
    /// Waits for the next message; `None` when the peer has left. Nothing is lost when the
    /// future is dropped before it is ready.
    pub async fn next<T: DeserializeOwned>(&mut self) -> Result<Option<T>, TransportError> {
        loop {
            if let Some(message) = self.frames.take()? {
                return Ok(Some(message));
            }
            let space = self.frames.space();
            space.reserve(READ_BYTES);
            match (&*self.stream).read_buf(space).await {
                Ok(0) if self.frames.is_partial() => return Err(TransportError::Cut),
                Ok(0) => return Ok(None),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::Endpoint;

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
    }

    async fn pair() -> (Endpoint, Connection, Connection) {
        let endpoint = Endpoint::create().unwrap();
        let listener = Listener::bind(endpoint.socket()).unwrap();
        let (there, here) = tokio::join!(Connection::connect(endpoint.socket()), listener.accept());
        (endpoint, there.unwrap(), here.unwrap())
    }

    #[test]
    fn messages_cross_in_order_and_the_end_is_seen() {
        block_on(async {
            let (_endpoint, worker, master) = pair().await;
            worker.send_preamble().await.unwrap();
            master.expect_preamble().await.unwrap();
            let (mut sender, receiver) = worker.split();
            for number in 0..100_u32 {
                sender.queue(&number).unwrap();
            }
            sender.flush().await.unwrap();
            drop((sender, receiver));
            let (_sender, mut receiver) = master.split();
            for number in 0..100_u32 {
                assert_eq!(receiver.next().await.unwrap(), Some(number));
            }
            assert_eq!(receiver.next::<u32>().await.unwrap(), None);
        });
    }

    #[test]
    fn a_peer_that_speaks_something_else_is_refused() {
        block_on(async {
            let (_endpoint, other, master) = pair().await;
            (&*other.0).write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
            let error = master.expect_preamble().await.unwrap_err();
            assert!(matches!(error, TransportError::Mismatch(Mismatch::Magic)));
        });
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_peer_is_known_by_its_process() {
        block_on(async {
            let (_endpoint, _other, master) = pair().await;
            assert_eq!(master.peer().pid, Some(std::process::id()));
        });
    }
}

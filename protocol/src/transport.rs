//! Messages over a local socket.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use interprocess::local_socket::ListenerOptions;
use interprocess::local_socket::tokio::prelude::*;
use interprocess::local_socket::tokio::{Listener as SocketListener, Stream};
use interprocess::local_socket::traits::StreamCommon;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};

use crate::descriptors;
use crate::endpoint;
use crate::frame::{self, FrameBuffer, FrameError};
use crate::version::{self, Mismatch, PREAMBLE_BYTES};

/// Bytes asked for at a time.
const READ_BYTES: usize = 64 << 10;

/// The same where files may come along, which goes by way of a buffer of that size.
const READ_WITH_FILES_BYTES: usize = 8 << 10;

/// So many open files of a user can be on their way, as many as a process may have; a worker that
/// has been stopped keeps some there.
const CROWDED: Duration = Duration::from_millis(10);

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
    /// Fewer files than a message speaks of.
    #[error("files that were to come with a message are missing")]
    Files,
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
        let sender = Sender { stream: Arc::clone(&self.0), bytes: Vec::new(), files: Vec::new() };
        let receiver =
            Receiver { stream: self.0, frames: FrameBuffer::new(), files: VecDeque::new() };
        (sender, receiver)
    }
}

/// Sends messages.
#[derive(Debug)]
pub struct Sender {
    stream: Arc<Stream>,
    bytes: Vec<u8>,
    /// What goes with the first of those bytes.
    files: Vec<File>,
}

impl Sender {
    /// Puts a message with those to be sent by the next [`Sender::flush`].
    pub fn queue<T: Serialize>(&mut self, message: &T) -> Result<(), FrameError> {
        frame::encode(message, &mut self.bytes)
    }

    /// The same with open files beside it, which are closed here when they have been sent.
    pub fn queue_with<T: Serialize>(
        &mut self,
        message: &T,
        files: Vec<File>,
    ) -> Result<(), FrameError> {
        self.queue(message)?;
        self.files.extend(files);
        Ok(())
    }

    /// Sends what is queued, in one piece where no files go along.
    pub async fn flush(&mut self) -> io::Result<()> {
        let mut sent = 0;
        let mut files = std::mem::take(&mut self.files);
        while !files.is_empty() {
            let later = files.split_off(files.len().min(descriptors::MOST));
            // They must not come after the end of their message.
            let bytes =
                &self.bytes[sent..if later.is_empty() { self.bytes.len() } else { sent + 1 }];
            sent += send_with(&self.stream, bytes, &files).await?;
            files = later;
        }
        if sent < self.bytes.len() {
            (&*self.stream).write_all(&self.bytes[sent..]).await?;
        }
        self.bytes.clear();
        Ok(())
    }

    /// Sends one message.
    pub async fn send<T: Serialize>(&mut self, message: &T) -> Result<(), TransportError> {
        self.queue(message)?;
        Ok(self.flush().await?)
    }
}

/// Sends some of these bytes with all of these files.
async fn send_with(stream: &Stream, bytes: &[u8], files: &[File]) -> io::Result<usize> {
    let Stream::UdSocket(stream) = stream;
    let stream = stream.inner();
    loop {
        let send = || descriptors::send(stream, bytes, files);
        match stream.async_io(Interest::WRITABLE, send).await {
            Err(error) if is_crowded(&error) => tokio::time::sleep(CROWDED).await,
            sent => return sent,
        }
    }
}

fn is_crowded(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::TOOMANYREFS.raw_os_error())
}

/// Receives messages.
#[derive(Debug)]
pub struct Receiver {
    stream: Arc<Stream>,
    frames: FrameBuffer,
    /// What has come and has not been taken.
    files: VecDeque<File>,
}

impl Receiver {
    /// Waits for the next message; `None` when the peer has left. Nothing is lost when the
    /// future is dropped before it is ready. Files that a peer might send are never opened here.
    pub async fn next<T: DeserializeOwned>(&mut self) -> Result<Option<T>, TransportError> {
        loop {
            if let Some(message) = self.frames.take()? {
                return Ok(Some(message));
            }
            let space = self.frames.space();
            space.reserve(READ_BYTES);
            let read = (&*self.stream).read_buf(space).await;
            if !self.has_more(read)? {
                return Ok(None);
            }
        }
    }

    /// The same from a peer that sends files, to be taken by [`Receiver::files`].
    pub async fn next_with_files<T: DeserializeOwned>(
        &mut self,
    ) -> Result<Option<T>, TransportError> {
        loop {
            if let Some(message) = self.frames.take()? {
                return Ok(Some(message));
            }
            let mut buffer = [0; READ_WITH_FILES_BYTES];
            let Stream::UdSocket(stream) = &*self.stream;
            let stream = stream.inner();
            let files = &mut self.files;
            let receive = || descriptors::receive(stream, &mut buffer, files);
            let read = stream.async_io(Interest::READABLE, receive).await;
            if let Ok(read) = read {
                self.frames.space().extend_from_slice(&buffer[..read]);
            }
            if !self.has_more(read)? {
                return Ok(None);
            }
        }
    }

    /// The files that came with the last message, which says how many.
    ///
    /// # Errors
    /// [`TransportError::Files`] if they are fewer.
    pub fn files(&mut self, count: usize) -> Result<Vec<File>, TransportError> {
        if count > self.files.len() {
            return Err(TransportError::Files);
        }
        Ok(self.files.drain(..count).collect())
    }

    /// Whether there is something to look at after so many bytes have been read.
    fn has_more(&self, read: io::Result<usize>) -> Result<bool, TransportError> {
        match read {
            Ok(0) if self.frames.is_partial() => Err(TransportError::Cut),
            Ok(0) => Ok(false),
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Ok(false),
            Err(error) => Err(error.into()),
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
    fn files_come_with_their_messages_however_many_there_are() {
        use std::os::unix::fs::MetadataExt;
        block_on(async {
            let (_endpoint, worker, master) = pair().await;
            let (mut sender, _receiver) = master.split();
            let made: Vec<_> = (0..300).map(|_| tempfile::tempfile().unwrap()).collect();
            let number = |file: &File| file.metadata().unwrap().ino();
            let numbers: Vec<_> = made.iter().map(number).collect();
            let mut left = made.into_iter();
            for count in [0_usize, 1, 260, 39] {
                sender
                    .queue_with(&(count, "x".repeat(9000)), left.by_ref().take(count).collect())
                    .unwrap();
            }
            let sending = async move {
                sender.flush().await.unwrap();
                sender
            };
            let receiving = async move {
                let (_sender, mut receiver) = worker.split();
                let mut got = Vec::new();
                for _ in 0..4 {
                    let (count, _) =
                        receiver.next_with_files::<(usize, String)>().await.unwrap().unwrap();
                    got.extend(receiver.files(count).unwrap().iter().map(number));
                }
                assert!(matches!(receiver.files(1), Err(TransportError::Files)));
                got
            };
            let (_sender, got) = tokio::join!(sending, receiving);
            assert_eq!(got, numbers);
        });
    }

    #[test]
    fn whoever_expects_no_files_gets_none() {
        block_on(async {
            let (_endpoint, worker, master) = pair().await;
            let (mut sender, _receiver) = worker.split();
            let (mut own, other) = std::io::pipe().unwrap();
            sender.queue_with(&7_u32, vec![File::from(std::os::fd::OwnedFd::from(other))]).unwrap();
            sender.flush().await.unwrap();
            let (_sender, mut receiver) = master.split();
            assert_eq!(receiver.next().await.unwrap(), Some(7_u32));
            assert!(receiver.files.is_empty());
            // Its other end is closed, so nobody has kept it.
            assert_eq!(std::io::Read::read(&mut own, &mut [0; 8]).unwrap(), 0);
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

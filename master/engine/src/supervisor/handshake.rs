//! Who may come in: connections are checked, named, and handed to the lane that waits for them.

use std::fs;
use std::future::Future;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lote_protocol::message::{Command, Hello, WorkerToken};
use lote_protocol::transport::{Connection, Listener, Receiver, Sender, TransportError};
use lote_worker::entry::TOKEN_FILE;
use tokio::sync::{mpsc, oneshot};

/// A connection has this long to say who it is.
const HELLO_TIME: Duration = Duration::from_secs(10);

/// A worker that has said Hello.
#[derive(Debug)]
pub(super) struct Visitor {
    pub(super) pid: u32,
    pub(super) sender: Sender,
    pub(super) receiver: Receiver,
}

/// The tokens that are out.
#[derive(Debug, Default)]
struct Tokens {
    started: Vec<(WorkerToken, oneshot::Sender<Visitor>)>,
    external: Option<(WorkerToken, mpsc::UnboundedSender<Visitor>)>,
}

/// Lets workers in that show a token.
#[derive(Debug, Clone)]
pub(super) struct Handshakes(Arc<Mutex<Tokens>>);

impl Handshakes {
    /// Begins to accept connections. The returned future lets workers in for as long as it is polled;
    /// those that were started by hand come through the receiver, if there is a folder to put their
    /// token in.
    pub(super) fn open(
        listener: Listener,
        token_folder: Option<&Path>,
    ) -> io::Result<(Self, mpsc::UnboundedReceiver<Visitor>, impl Future<Output = ()> + use<>)>
    {
        let (sender, externals) = mpsc::unbounded_channel();
        let external = match token_folder {
            Some(folder) => {
                let token = new_token()?;
                write_private(&folder.join(TOKEN_FILE), &token.to_hex())?;
                Some((token, sender))
            }
            None => None,
        };
        let handshakes = Self(Arc::new(Mutex::new(Tokens { started: Vec::new(), external })));
        let listening = handshakes.clone().listen(listener);
        Ok((handshakes, externals, listening))
    }

    /// A token for one worker, and where that worker will appear.
    pub(super) fn expect(&self) -> io::Result<(WorkerToken, oneshot::Receiver<Visitor>)> {
        let token = new_token()?;
        let (sender, receiver) = oneshot::channel();
        let mut tokens = self.tokens();
        tokens.started.retain(|(_, waiting)| !waiting.is_closed());
        tokens.started.push((token, sender));
        Ok((token, receiver))
    }

    async fn listen(self, listener: Listener) {
        loop {
            match listener.accept().await {
                Ok(connection) => {
                    let handshakes = self.clone();
                    tokio::spawn(async move {
                        let greeting =
                            tokio::time::timeout(HELLO_TIME, handshakes.greet(connection));
                        if let Ok(Err(error)) = greeting.await {
                            tracing::warn!(%error, "a connection was refused");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    async fn greet(&self, connection: Connection) -> Result<(), TransportError> {
        let peer = connection.peer();
        let preamble = connection.expect_preamble().await;
        let (mut sender, mut receiver) = connection.split();
        if let Err(error) = preamble {
            refuse(&mut sender, error.to_string()).await?;
            return Err(error);
        }
        if peer.user.is_some_and(|user| !is_own_user(user)) {
            return refuse(&mut sender, "it belongs to another user".to_owned()).await;
        }
        let Some(Hello { pid, token }) = receiver.next().await? else {
            return Ok(());
        };
        let claimed = peer.pid.is_none_or(|real| real == pid);
        let visitor = Visitor { pid, sender, receiver };
        if claimed { self.admit(token, visitor).await } else { self.turn_away(visitor).await }
    }

    async fn admit(&self, token: WorkerToken, visitor: Visitor) -> Result<(), TransportError> {
        enum Expected {
            Lane(oneshot::Sender<Visitor>),
            External(mpsc::UnboundedSender<Visitor>),
        }
        let place = {
            let mut tokens = self.tokens();
            let index = tokens.started.iter().position(|(expected, _)| expected.matches(&token));
            match (index, &tokens.external) {
                (Some(index), _) => Some(Expected::Lane(tokens.started.swap_remove(index).1)),
                (None, Some((expected, externals))) if expected.matches(&token) => {
                    Some(Expected::External(externals.clone()))
                }
                _ => None,
            }
        };
        match place {
            Some(Expected::Lane(lane)) => drop(lane.send(visitor)),
            Some(Expected::External(externals)) => drop(externals.send(visitor)),
            None => return self.turn_away(visitor).await,
        }
        Ok(())
    }

    async fn turn_away(&self, mut visitor: Visitor) -> Result<(), TransportError> {
        tracing::warn!(pid = visitor.pid, "a worker without a valid token was refused");
        refuse(&mut visitor.sender, "its token is not valid (any more)".to_owned()).await
    }

    fn tokens(&self) -> std::sync::MutexGuard<'_, Tokens> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn refuse(sender: &mut Sender, reason: String) -> Result<(), TransportError> {
    sender.send(&Command::Refuse { reason }).await
}

fn new_token() -> io::Result<WorkerToken> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(WorkerToken(bytes))
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    use std::io::Write;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)?.write_all(text.as_bytes())
}

#[cfg(unix)]
fn is_own_user(user: u32) -> bool {
    rustix::process::geteuid().as_raw() == user
}

#[cfg(not(unix))]
fn is_own_user(_user: u32) -> bool {
    true
}

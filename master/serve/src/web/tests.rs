//! What is a matter of time: a clock that runs ahead whenever all wait shows it without waiting.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::watch;
use tokio::time::Instant;

use super::connections::Known;
use super::*;
use crate::jobs::Config;
use lote_engine::event::Mode;
use lote_engine::run::{Settings, Timeout};
use lote_engine::supervisor::{self, Program};

/// Bytes that a connection holds which nobody reads.
const PIPE_BYTES: usize = 4 << 10;

/// A server without a network.
struct Server {
    router: Router,
    stop: watch::Receiver<bool>,
    _keep: watch::Sender<bool>,
    clients: Clients,
    _folder: tempfile::TempDir,
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir(&path).unwrap();
            path
        };
        let (input, output) = (at("in"), at("out"));
        let images = Images::new(output.clone(), &[]);
        let live = Live::new(images.summary());
        let workers = supervisor::WorkerConfig {
            workers: 0,
            slots: 0,
            limits: lote_protocol::task::Limits::default(),
            max_memory_bytes: None,
            access: lote_engine::plan::Access::default(),
            sandbox: lote_protocol::sandbox::Policy::default(),
            program: Program::Own,
            external: false,
        };
        let settings = Settings {
            mode: Mode::Processes,
            slots: 1,
            timeout: Timeout::Generous,
            durable: false,
            sha256: false,
            reserve: None,
            workers,
        };
        let config = Config {
            fleet: None,
            output: output.clone(),
            output_label: "out".into(),
            settings,
            sandbox: None,
            max_workers: 1,
        };
        let address = ([127, 0, 0, 1], 8765).into();
        let assets = at("assets");
        let app = App {
            watches: Watches::new(live.clone(), images.clone(), config.clone()),
            jobs: Jobs::new(live.clone(), images.clone(), config),
            images,
            folders: Folders::new(&[]),
            previews: Previews::new(at("previews"), Vec::new(), assets).unwrap(),
            live,
            clients: Clients::default(),
            recipes: Recipes::new(folder.path().join("recipes"), 1),
            uploads: Uploads::new(at("uploads")),
            kept: None,
            access: Arc::new(Access::new(&[address], "127.0.0.1", &[], None)),
            places: Arc::new(Places { input, output, samples: at("samples") }),
        };
        tokio::spawn(follow(app.clone()));
        let (keep, stop) = watch::channel(false);
        let clients = app.clients.clone();
        Self { router: router(app), stop, _keep: keep, clients, _folder: folder }
    }

    /// A connection to it on which that has been sent.
    async fn connect(&self, sent: &str) -> DuplexStream {
        let (mut ours, theirs) = duplex(PIPE_BYTES);
        let peer = ([127, 0, 0, 1], 5000).into();
        tokio::spawn(server::answer(
            theirs,
            peer,
            Known::default(),
            self.router.clone(),
            self.stop.clone(),
        ));
        ours.write_all(sent.as_bytes()).await.unwrap();
        ours
    }

    /// A socket that is open.
    async fn socket(&self, protocol: &str) -> DuplexStream {
        let head = format!(
            "GET /ws HTTP/1.1\r\nHost: 127.0.0.1:8765\r\nOrigin: http://127.0.0.1:8765\r\n\
             Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{protocol}\r\n"
        );
        let mut stream = self.connect(&head).await;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(stream.read_u8().await.unwrap());
        }
        assert!(answer.starts_with(b"HTTP/1.1 101"));
        stream
    }
}

const OURS: &str = "Sec-WebSocket-Protocol: lote.v1\r\n";

/// All that still comes, and after how many seconds the other end closes.
async fn rest(mut stream: DuplexStream) -> (String, u64) {
    let start = Instant::now();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    (String::from_utf8_lossy(&rest).into_owned(), start.elapsed().as_secs())
}

/// Kind and content of the next frame of a socket (RFC 6455, 5.2); `None` if it has ended.
async fn frame(stream: &mut DuplexStream) -> Option<(u8, Vec<u8>)> {
    let kind = stream.read_u8().await.ok()? & 0xf;
    let length = match stream.read_u8().await.ok()? {
        126 => u64::from(stream.read_u16().await.ok()?),
        127 => stream.read_u64().await.ok()?,
        short => u64::from(short),
    };
    let mut content = vec![0; length as usize];
    stream.read_exact(&mut content).await.ok()?;
    Some((kind, content))
}

const PING: u8 = 9;

#[tokio::test(start_paused = true)]
async fn who_says_nothing_or_stops_in_the_middle_is_given_up_after_ten_seconds() {
    let server = Server::start();
    for sent in ["", "GET / HTTP/1.1\r\nHost: 127.0.0.1:8765\r\nX-Slow: "] {
        let (said, seconds) = rest(server.connect(sent).await).await;
        assert_eq!((said.as_str(), seconds), ("", 10), "{sent:?}");
    }
    let command = "POST /api/images/clear HTTP/1.1\r\nHost: 127.0.0.1:8765\r\nOrigin: http://127.0.0.1:8765\r\n\
                   Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
    let (said, seconds) = rest(server.connect(command).await).await;
    assert!(said.starts_with("HTTP/1.1 408"), "{said}");
    assert_eq!(seconds, 10);
}

#[tokio::test(start_paused = true)]
async fn a_head_that_comes_byte_by_byte_has_no_more_time_than_any_other() {
    let server = Server::start();
    let mut stream = server.connect("GET / HTTP/1.1\r\nHost: 127.0.0.1:8765\r\nX-Slow: ").await;
    let start = Instant::now();
    while stream.write_all(b"x").await.is_ok() {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!((9..=12).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_kept_is_closed_when_nothing_more_comes() {
    let server = Server::start();
    let stream = server.connect("HEAD / HTTP/1.1\r\nHost: 127.0.0.1:8765\r\n\r\n").await;
    let (said, seconds) = rest(stream).await;
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");
    assert_eq!(seconds, 10);
}

#[tokio::test(start_paused = true)]
async fn who_asks_and_does_not_read_the_answer_is_given_up() {
    let server = Server::start();
    let head = "GET /app.js HTTP/1.1\r\nHost: 127.0.0.1:8765\r\n\r\n";
    let mut stream = server.connect(head).await;
    let start = Instant::now();
    // Writing fails when the server is gone, and hangs if that waits for ever.
    while stream.write_all(b"x").await.is_ok() {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!((59..=62).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    let (said, _) = rest(stream).await;
    assert!(said.len() <= PIPE_BYTES);
}

#[tokio::test(start_paused = true)]
async fn a_socket_is_asked_every_twenty_seconds_and_let_go_if_it_never_answers() {
    let server = Server::start();
    for protocol in ["", OURS] {
        let mut stream = server.socket(protocol).await;
        let start = Instant::now();
        let mut asked = Vec::new();
        while let Some((kind, _)) = frame(&mut stream).await {
            if kind == PING {
                asked.push(start.elapsed().as_secs());
            }
        }
        let ended = start.elapsed().as_secs();
        assert_eq!((asked, ended), (vec![20, 40], 60), "{protocol}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_socket_that_answers_stays() {
    let server = Server::start();
    let mut stream = server.socket("").await;
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(300) {
        if frame(&mut stream).await.unwrap().0 == PING {
            // A pong under the mask 0.
            stream.write_all(&[0x8a, 0x80, 0, 0, 0, 0]).await.unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_that_stops_reading_is_let_go_and_its_place_is_free() {
    let server = Server::start();
    let stalled = server.socket(OURS).await;
    // The hello alone is more than the connection holds.
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!(server.clients.count(), 0);
    let (said, _) = rest(stalled).await;
    assert!(!said.contains("instantanea"), "it was let go before its snapshot: {said}");
    let mut other = server.socket(OURS).await;
    assert!(frame(&mut other).await.unwrap().1.starts_with(b"{"));
}

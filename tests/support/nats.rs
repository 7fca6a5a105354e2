//! NATS servers for tests: on free ports, in temporary folders, ended by their own ids.

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::{env, fs};

use tempfile::TempDir;

/// The servers that there are: those that `LOTE_NATS_SERVERS` names, each of which must be there, or else
/// the one that is installed. A test that finds none says so; with `CI` set that is a failure.
pub(crate) fn servers() -> Vec<PathBuf> {
    if let Some(named) = env::var_os("LOTE_NATS_SERVERS") {
        let servers: Vec<_> = env::split_paths(&named).collect();
        for server in &servers {
            assert!(server.is_file(), "{} is not there", server.display());
        }
        return servers;
    }
    let folders = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&folders).chain(["/usr/sbin".into()]);
    let mut servers: Vec<_> =
        folders.map(|folder| folder.join("nats-server")).filter(|file| file.is_file()).collect();
    servers.truncate(1);
    if servers.is_empty() {
        assert!(env::var_os("CI").is_none(), "nats-server is not installed");
        eprintln!("skipped: nats-server is not installed");
    }
    servers
}

/// A port that is this server's also while it is down: none that the system gives away by itself, and
/// another for each server of each test program.
pub(crate) fn port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    loop {
        let own = std::process::id().wrapping_mul(97) % 10_000;
        let port = 20_000 + own as u16 + NEXT.fetch_add(1, Ordering::Relaxed) % 100;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// A server, and the folder that it stores in.
pub(crate) struct Nats {
    program: PathBuf,
    config: String,
    port: u16,
    folder: TempDir,
    process: Option<Child>,
}

impl Nats {
    /// One that anybody may use.
    pub(crate) fn start(program: &Path) -> Self {
        Self::with(program, |port, folder| {
            format!("listen: \"127.0.0.1:{port}\"\njetstream {{ store_dir: {folder:?} }}\n")
        })
    }

    /// One with a configuration of its own, made from the port and the folder to store in.
    pub(crate) fn with(program: &Path, config: impl Fn(u16, &str) -> String) -> Self {
        let folder = TempDir::new().unwrap();
        let port = port();
        let config = config(port, folder.path().join("store").to_str().unwrap());
        let program = program.to_owned();
        let mut server = Self { program, config, port, folder, process: None };
        server.restart();
        server
    }

    /// Starts it again where it was.
    pub(crate) fn restart(&mut self) {
        self.kill();
        let file = self.folder.path().join("nats.conf");
        fs::write(&file, &self.config).unwrap();
        let mut process = Command::new(&self.program)
            .arg("-c")
            .arg(file)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut seen = Vec::new();
        loop {
            let Some(Ok(line)) = lines.next() else { panic!("{seen:#?}") };
            if line.contains("Server is ready") {
                break;
            }
            seen.push(line);
        }
        // What it says later goes nowhere, and must not hold it up.
        std::thread::spawn(move || lines.for_each(drop));
        self.process = Some(process);
        TcpStream::connect(("127.0.0.1", self.port)).unwrap();
    }

    /// Ends it as a power cut does.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.process.as_ref().map_or(0, Child::id)
    }

    /// Its port.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Where it stores.
    pub(crate) fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    /// A folder of the test's own, beside that.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        self.kill();
    }
}

//! A running server, and requests to it byte by byte.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::patience::{PATIENCE, wait_for};

pub(crate) const PNG: &[u8] = b"\x89PNG\r\n\x1a\nnot a whole one";

/// A command that starts the program in a folder, without anything from the environment that
/// changes what it says.
pub(crate) fn lote(folder: &Path) -> Command {
    lote_by(&[], folder)
}

/// The same by another program: `words`, then the program.
pub(crate) fn lote_by(words: &[&str], folder: &Path) -> Command {
    let mut words = words.iter().copied().chain([env!("CARGO_BIN_EXE_lote-under-test")]);
    let mut command = Command::new(words.next().unwrap());
    command.args(words).current_dir(folder).env("LOTE_LANG", "en").env_remove("LOTE_LOG");
    command.env("XDG_CONFIG_HOME", folder.join("config"));
    command.env("XDG_STATE_HOME", folder.join("state"));
    command
}

/// A server in a folder of its own. It is killed with this value.
pub(crate) struct Server {
    process: Child,
    pub(crate) folder: TempDir,
    pub(crate) port: u16,
    /// The address that it has printed.
    pub(crate) url: String,
    stderr: BufReader<std::process::ChildStderr>,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(arguments: &[&str]) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), arguments)
    }

    /// Starts in that folder; returns when the server says where it is.
    pub(crate) fn start_in(folder: TempDir, arguments: &[&str]) -> Self {
        let command = lote(folder.path());
        Self::start_by(command, folder, arguments)
    }

    /// Starts by that command of [`lote`].
    pub(crate) fn start_by(mut command: Command, folder: TempDir, arguments: &[&str]) -> Self {
        let mut process = command
            .args(["serve", "--port", "0"])
            .args(arguments)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(process.stderr.take().unwrap());
        let url = loop {
            let mut line = String::new();
            assert!(stderr.read_line(&mut line).unwrap() > 0, "the server has ended");
            if let Some(at) = line.find("http://") {
                break line[at..].split_whitespace().next().unwrap().to_owned();
            }
        };
        let port = url.split(':').nth(2).unwrap().split('/').next().unwrap().parse().unwrap();
        Self { process, folder, port, url, stderr }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Memory of the server, KiB.
    pub(crate) fn resident_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.host())
    }

    /// Reads as the page does.
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send(
            &format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.host()),
            b"",
        )
    }

    /// Commands as the page does.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_from(path, &format!("Origin: {}\r\n", self.origin()), body.to_string().as_bytes())
    }

    /// A command with those headers in place of `Origin`.
    pub(crate) fn post_from(&self, path: &str, headers: &str, body: &[u8]) -> Answer {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n{headers}\r\n",
            self.host(),
            body.len()
        );
        self.send(&head, body)
    }

    /// Sends a file of an upload as the page does.
    pub(crate) fn send_file(&self, upload: &str, name: &str, body: &[u8]) -> Answer {
        let head = format!(
            "POST /api/uploads/{upload}/file?name={name} HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\n\
             Connection: close\r\nContent-Type: application/octet-stream\r\nContent-Length: {}\r\n\r\n",
            self.host(),
            self.origin(),
            body.len()
        );
        self.send(&head, body)
    }

    /// Sends a file for a parameter as the page does.
    pub(crate) fn send_asset(&self, name: &str, body: &[u8]) -> Answer {
        let head = format!(
            "POST /api/assets?name={name} HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\nConnection: close\r\n\
             Content-Type: application/octet-stream\r\nContent-Length: {}\r\n\r\n",
            self.host(),
            self.origin(),
            body.len()
        );
        self.send(&head, body)
    }

    /// Sends bytes as they are and reads what comes back until the server closes.
    pub(crate) fn send(&self, head: &str, body: &[u8]) -> Answer {
        let mut stream = self.connect();
        // The server may refuse before it has read everything.
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        Answer::parse(&bytes)
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Waits until the first look at the input folder is over.
    pub(crate) fn settled(&self) -> Value {
        wait_for("the list of images", || {
            let page = self.get("/api/images").json();
            // The list has its first revision when the server starts, the second while it looks.
            (page["revision"].as_u64().unwrap() >= 3).then_some(page)
        })
    }

    /// Sends a signal, and waits for the end; returns what was said and how it ended.
    pub(crate) fn end_by(
        mut self,
        signal: rustix::process::Signal,
    ) -> (String, ExitStatus, TempDir) {
        let pid = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(pid, signal).unwrap();
        let mut said = String::new();
        self.stderr.read_to_string(&mut said).unwrap();
        let status = self.process.wait().unwrap();
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        (said, status, folder)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A folder with `input_images` in it, and these files.
pub(crate) fn folder_with(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

/// What a server has answered.
#[derive(Debug)]
pub(crate) struct Answer {
    /// 0 if it closed the connection without a word.
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let Some(end) = end else {
            return Self { status: 0, headers: BTreeMap::new(), body: Vec::new() };
        };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let header = |line: &str| {
            let (name, value) = line.split_once(':').unwrap();
            (name.to_lowercase(), value.trim().to_owned())
        };
        Self { status, headers: lines.map(header).collect(), body: bytes[end + 4..].to_vec() }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// The code of the error that it is.
    pub(crate) fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap().to_owned()
    }
}

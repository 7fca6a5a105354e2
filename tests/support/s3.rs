//! Servers that speak S3, made by others: on free ports, in temporary folders, ended by their own ids.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::{env, fs};

use tempfile::TempDir;

/// What every server here is asked with.
pub(crate) const KEYS: [(&str, &str); 2] =
    [("AWS_ACCESS_KEY_ID", "lotetestkey"), ("AWS_SECRET_ACCESS_KEY", "geheimgeheim")];

/// What moto takes for signed by somebody: it looks at no signature, but for one.
const SIGNED: &str = "Authorization: AWS4-HMAC-SHA256 Credential=lotetestkey/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";

/// The servers that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `moto_server`: keeps objects in memory and looks at no keys.
    Moto,
    /// `s3s-fs`: objects are files below a folder.
    S3s,
    /// `rclone serve s3`: the same, but it replaces whatever it is asked to put, and gives objects as a
    /// whole only.
    Rclone,
}

impl Kind {
    const ALL: [(Self, &'static str); 3] =
        [(Self::Moto, "moto_server"), (Self::S3s, "s3s-fs"), (Self::Rclone, "rclone")];

    /// Whether it knows its objects when it is started again, which are files.
    pub(crate) fn has_files(self) -> bool {
        self != Self::Moto
    }

    /// Whether it refuses to replace what it is asked not to.
    pub(crate) fn keeps_conditions(self) -> bool {
        self != Self::Rclone
    }
}

/// The servers that there are: those that `LOTE_S3_SERVERS` names, each of which must be there, or else
/// those that are installed. A test that finds none says so; with `CI` set that is a failure.
pub(crate) fn servers() -> Vec<(Kind, PathBuf)> {
    let named = env::var_os("LOTE_S3_SERVERS");
    let path = env::var_os("PATH").unwrap_or_default();
    let mut servers = Vec::new();
    for (kind, name) in Kind::ALL {
        let found = if let Some(named) = &named {
            env::split_paths(named).find(|path| path.ends_with(name))
        } else {
            let mut files = env::split_paths(&path).map(|folder| folder.join(name));
            files.find(|path| path.is_file())
        };
        if let Some(path) = found {
            assert!(path.is_file(), "{} is not there", path.display());
            servers.push((kind, path));
        }
    }
    if servers.is_empty() {
        assert!(env::var_os("CI").is_none(), "no server that speaks S3 is installed");
        eprintln!("skipped: no server that speaks S3 is installed");
    }
    servers
}

/// A server, and what it keeps.
pub(crate) struct S3 {
    pub(crate) kind: Kind,
    program: PathBuf,
    port: u16,
    folder: TempDir,
    process: Option<Child>,
}

impl S3 {
    /// One with these buckets.
    pub(crate) fn start((kind, program): &(Kind, PathBuf), buckets: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let port = super::nats::port();
        let mut server =
            Self { kind: *kind, program: program.clone(), port, folder, process: None };
        for bucket in buckets.iter().filter(|_| kind.has_files()) {
            fs::create_dir_all(server.root().join(bucket)).unwrap();
        }
        server.restart();
        for bucket in buckets.iter().filter(|_| !kind.has_files()) {
            server.ask("PUT", &format!("/{bucket}"), b"");
        }
        server
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    /// Starts it where it was.
    pub(crate) fn restart(&mut self) {
        self.kill();
        let (port, [(_, key), (_, secret)]) = (self.port.to_string(), KEYS);
        let mut command = Command::new(&self.program);
        match self.kind {
            Kind::Moto => {
                // Where pip has put it beside its program, and harmless elsewhere.
                let packages = self.program.ancestors().nth(2).unwrap();
                command.args(["-H", "127.0.0.1", "-p", &port]).env("PYTHONPATH", packages)
            }
            Kind::S3s => {
                let keys = ["--access-key", key, "--secret-key", secret];
                command.args(["--host", "127.0.0.1", "--port", &port]).args(keys).arg(self.root())
            }
            Kind::Rclone => {
                let at = format!("127.0.0.1:{port}");
                let keys = format!("{key},{secret}");
                command.args([
                    "serve",
                    "s3",
                    "-v",
                    "--config",
                    "/dev/null",
                    "--addr",
                    &at,
                    "--auth-key",
                ]);
                command.arg(keys).arg(self.root())
            }
        };
        command.env("RUST_LOG", "info").env("HOME", self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        // Some say that they are ready, and where.
        if self.kind == Kind::S3s {
            command.stdout(Stdio::piped()).stderr(Stdio::null());
        }
        let mut process = command.spawn().unwrap();
        let out: Box<dyn Read + Send> = match (process.stdout.take(), process.stderr.take()) {
            (Some(out), _) => Box::new(out),
            (None, err) => Box::new(err.unwrap()),
        };
        let mut lines = BufReader::new(out).lines();
        let mut seen = Vec::new();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let Some(Ok(line)) = lines.next() else { panic!("{:?}: {seen:#?}", self.kind) };
            seen.push(line);
        }
        // What it says later goes nowhere, and must not hold it up.
        std::thread::spawn(move || lines.for_each(drop));
        self.process = Some(process);
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
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Puts an object.
    pub(crate) fn put(&self, bucket: &str, key: &str, bytes: &[u8]) {
        if self.kind.has_files() {
            let path = self.root().join(bucket).join(key);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        } else {
            self.ask("PUT", &format!("/{bucket}/{}", encoded(key)), bytes);
        }
    }

    /// Removes an object.
    pub(crate) fn remove(&self, bucket: &str, key: &str) {
        if self.kind.has_files() {
            fs::remove_file(self.root().join(bucket).join(key)).unwrap();
        } else {
            self.ask("DELETE", &format!("/{bucket}/{}", encoded(key)), b"");
        }
    }

    /// The objects below a prefix but for the program's own, by their keys below it.
    pub(crate) fn objects(&self, bucket: &str, prefix: &str) -> super::support::workspace::Files {
        if self.kind.has_files() {
            let folder = self.root().join(bucket).join(prefix);
            let mut files = super::support::workspace::files_in(&folder);
            // What a server leaves that is killed while it takes an object, and does not list.
            files.retain(|name, _| !name.contains("/.rclone_temp_put_"));
            return files;
        }
        let mut objects = super::support::workspace::Files::new();
        for key in self.keys(bucket, &format!("{prefix}/")) {
            let below = key[prefix.len() + 1..].to_owned();
            if !below.starts_with(".lote/") {
                let bytes = self.ask("GET", &format!("/{bucket}/{}", encoded(&key)), b"");
                objects.insert(below, bytes);
            }
        }
        objects
    }

    /// The program's own objects below a prefix.
    pub(crate) fn own(&self, bucket: &str, prefix: &str) -> Vec<String> {
        if self.kind.has_files() {
            let folder = self.root().join(bucket).join(prefix).join(".lote");
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            return entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
        }
        self.keys(bucket, &format!("{prefix}/.lote/"))
    }

    fn keys(&self, bucket: &str, prefix: &str) -> Vec<String> {
        let query = format!("/{bucket}?list-type=2&prefix={}", encoded(prefix).replace('/', "%2F"));
        let listed = String::from_utf8(self.ask("GET", &query, b"")).unwrap();
        assert!(listed.contains("<IsTruncated>false"), "{listed}");
        let keys = listed.split("<Key>").skip(1).map(|rest| rest.split("</Key>").next().unwrap());
        keys.map(|key| key.replace("&amp;", "&")).collect()
    }

    /// Asks moto, which wants no signature.
    fn ask(&self, method: &str, path: &str, body: &[u8]) -> Vec<u8> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Length: {}\r\nConnection: close\r\n{SIGNED}\r\n\r\n",
            self.port,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = String::from_utf8_lossy(&answer[..end]).into_owned();
        assert!(head.starts_with("HTTP/1.1 20"), "{method} {path}: {head}");
        assert!(!head.to_lowercase().contains("chunked"), "{head}");
        answer.split_off(end + 4)
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A key as it stands in a URL.
fn encoded(key: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(byte);
    key.bytes().fold(String::new(), |text, byte| {
        if plain(&byte) {
            text + &char::from(byte).to_string()
        } else {
            format!("{text}%{byte:02X}")
        }
    })
}

//! The configuration of a server for a fleet: users, what each may do, and limits.
//!
//! Agents may take work, put it on record, say that they are there and ask who else is, nothing more;
//! submitters may also make streams and fill the queue.

use std::fmt::Write as _;

/// What the configuration says.
#[derive(Debug, Clone)]
pub struct Options {
    /// The name by which machines reach the server: its certificate is for that.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The folder that the server stores in.
    pub store: String,
    /// The agents' password, and the submitters'.
    pub passwords: (String, String),
    /// The server's certificate and its key; none leaves it to this machine.
    pub certificate: Option<(String, String)>,
}

/// The agents' user, and the submitters'.
pub const USERS: (&str, &str) = ("agent", "submitter");

/// What agents may publish.
const AGENT_SAYS: [&str; 10] = [
    "lote.done.>",
    "lote.here.>",
    "lote.live.>",
    "lote.who.*",
    "$JS.API.CONSUMER.INFO.LOTE_WORK.>",
    "$JS.API.CONSUMER.MSG.NEXT.LOTE_WORK.>",
    "$JS.ACK.LOTE_WORK.>",
    "$JS.API.DIRECT.GET.LOTE_DONE.>",
    "$JS.API.DIRECT.GET.LOTE_JOBS.>",
    "$JS.API.INFO",
];

/// What agents may hear.
const AGENT_HEARS: [&str; 3] = ["_INBOX_agent.>", "lote.ctl.>", "lote.who.>"];

/// What submitters may publish.
const SUBMITTER_SAYS: [&str; 15] = [
    "lote.work.>",
    "lote.job.*",
    "lote.ctl.*",
    "lote.who.*",
    "$JS.API.INFO",
    "$JS.API.STREAM.*.LOTE_WORK",
    "$JS.API.STREAM.*.LOTE_DONE",
    "$JS.API.STREAM.*.LOTE_JOBS",
    "$JS.API.CONSUMER.*.LOTE_WORK.>",
    "$JS.API.CONSUMER.*.LOTE_DONE",
    "$JS.API.CONSUMER.*.LOTE_JOBS",
    "$JS.API.CONSUMER.*.LOTE_DONE.>",
    "$JS.API.CONSUMER.*.LOTE_JOBS.>",
    "$JS.API.CONSUMER.MSG.NEXT.>",
    "$JS.API.CONSUMER.DURABLE.CREATE.LOTE_WORK.*",
];

/// What submitters publish beside that: papers are read as agents read them.
const SUBMITTER_READS: [&str; 2] =
    ["$JS.API.DIRECT.GET.LOTE_JOBS.>", "$JS.API.DIRECT.GET.LOTE_DONE.>"];

/// What submitters may hear.
const SUBMITTER_HEARS: [&str; 4] =
    ["_INBOX_submitter.>", "lote.here.>", "lote.live.>", "lote.ctl.*"];

/// The text of `nats.conf`.
pub fn config(options: &Options) -> String {
    let Options { host, port, store, passwords, certificate } = options;
    let list = |subjects: &[&str]| {
        let quoted: Vec<_> = subjects.iter().map(|subject| format!("\"{subject}\"")).collect();
        quoted.join(", ")
    };
    let mut text = format!(
        "# A server for a fleet of Lote: nats-server -c THIS_FILE\n\
         # Keep this file to yourself (chmod 600): it holds the passwords.\n\
         # Agents:     LOTE_FLEET_USER={}, its password below in a file of its own\n\
         # Submitters: LOTE_FLEET_USER={}, likewise\n",
        USERS.0, USERS.1
    );
    let listen = if let Some((certificate, key)) = certificate {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "# A certificate that all machines are told of with --ca {certificate}:\n\
             #   openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \\\n\
             #     -subj /CN={host} -addext subjectAltName={} -addext basicConstraints=critical,CA:FALSE \\\n\
             #     -keyout {key} -out {certificate}\n\
             tls {{ cert_file: {certificate:?}, key_file: {key:?} }}\n",
            alternative(host)
        );
        "0.0.0.0"
    } else {
        "127.0.0.1"
    };
    let _ = write!(
        text,
        "listen: \"{listen}:{port}\"\n\
         max_payload: 1048576\n\
         max_connections: 2048\n\
         jetstream {{\n  store_dir: {store:?}\n  \
         # From nats-server 2.10 on: whatever a power cut takes is made again, but with this there is less of it.\n  \
         # sync_interval: always\n}}\n\
         authorization {{\n  users = [\n    \
         {{ user: \"{}\", password: \"{}\", permissions: {{\n        \
         publish: [{}],\n        subscribe: [{}],\n        allow_responses: true }} }},\n    \
         {{ user: \"{}\", password: \"{}\", permissions: {{\n        \
         publish: [{}, {}],\n        subscribe: [{}] }} }}\n  ]\n}}\n",
        USERS.0,
        passwords.0,
        list(&AGENT_SAYS),
        list(&AGENT_HEARS),
        USERS.1,
        passwords.1,
        list(&SUBMITTER_SAYS),
        list(&SUBMITTER_READS),
        list(&SUBMITTER_HEARS),
    );
    text
}

/// A host as certificates name it.
fn alternative(host: &str) -> String {
    let is_address = host.parse::<std::net::IpAddr>().is_ok();
    format!("{}:{host}", if is_address { "IP" } else { "DNS" })
}

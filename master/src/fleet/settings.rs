//! Where the fleet is, and as whom it is spoken to: arguments, the environment, `fleet.toml`.

use std::path::{Path, PathBuf};

use lote_engine::job::configuration_folder;
use lote_engine::lang::{Text, reason};
use lote_engine::roots::Root;
use lote_engine::system::files::read_text;
use lote_fleet::names::FleetName;
use lote_fleet::nats::{self, Nats, Server};
use lote_protocol::text;
use serde::Deserialize;

use super::Places;
use crate::exit::Exit;
use crate::fleet_args::FleetArgs;

/// The file has no more than this, bytes.
const MAX_BYTES: u64 = 64 << 10;

/// What `fleet.toml` may say.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FleetFile {
    #[serde(alias = "flota")]
    fleet: Option<String>,
    #[serde(alias = "raices")]
    roots: Vec<String>,
    pool: Option<String>,
    #[serde(alias = "usuario")]
    user: Option<String>,
    #[serde(alias = "archivo_clave")]
    password_file: Option<PathBuf>,
    ca: Option<PathBuf>,
    insecure: bool,
}

/// Where the fleet is, and what this machine has to do with it.
#[derive(Debug)]
pub(crate) struct Fleet {
    pub(crate) server: Server,
    pub(crate) roots: Vec<Root>,
    pub(crate) pool: Option<String>,
}

impl Fleet {
    /// What arguments, environment and file say, the first that says it.
    pub(crate) fn new(args: &FleetArgs) -> Result<Self, Text> {
        let path = configuration_folder().map(|folder| folder.join("fleet.toml"));
        let path = path.filter(|path| path.exists());
        let file = path.as_deref().map(read).transpose()?.unwrap_or_default();
        let beside = |name: PathBuf| match path.as_deref().and_then(Path::parent) {
            Some(folder) => folder.join(name),
            None => name,
        };
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let path_set = |name: &str| set(name).map(PathBuf::from);
        let typed = args.fleet.clone().filter(|url| url != "auto");
        let url = typed.or_else(|| set("LOTE_FLEET")).or(file.fleet);
        let Some(url) = url else {
            return Err(text!(
                "no fleet is named: --fleet tls://HOST:4222, LOTE_FLEET or fleet.toml"
            ));
        };
        let password_file = args.password_file.clone();
        let password_file = password_file.or_else(|| path_set("LOTE_FLEET_PASSWORD_FILE"));
        let password_file = password_file.or_else(|| file.password_file.map(beside));
        let password = password_file.as_deref().map(password).transpose()?;
        let ca = args.ca.clone().or_else(|| path_set("LOTE_FLEET_CA"));
        let server = Server {
            url,
            ca: ca.or_else(|| file.ca.map(beside)),
            user: args.user.clone().or_else(|| set("LOTE_FLEET_USER")).or(file.user),
            password,
            insecure: args.insecure || file.insecure,
        };
        let roots = if args.roots.is_empty() {
            let roots = file.roots.iter().map(|root| Root::parse(root));
            roots.collect::<Result<_, _>>().map_err(|error| error.text())?
        } else {
            args.roots.clone()
        };
        Ok(Self { server, roots, pool: args.pool.clone().or(file.pool) })
    }

    /// The roots of this machine.
    pub(crate) fn roots(&self) -> Vec<Root> {
        self.roots.clone()
    }

    /// Where this machine has a root.
    pub(crate) fn folder(&self, root: &str) -> Option<PathBuf> {
        let places = Places::new(&self.roots).ok()?;
        Some(places.get(&root.parse().ok()?)?.folder.clone())
    }

    /// Whose agents are meant.
    pub(crate) fn pool(&self) -> Result<FleetName, (Text, Exit)> {
        let pool = self.pool.as_deref().unwrap_or("default");
        pool.parse().map_err(|_| (bad_name(pool), Exit::Usage))
    }
}

/// A text that is no name of a pool or an agent.
pub(super) fn bad_name(text: &str) -> Text {
    text!("{} is no name: it takes 1 to 32 of a-z, 0-9 and -", format!("{text:?}"))
}

fn read(path: &Path) -> Result<FleetFile, Text> {
    let shown = path.display().to_string();
    let text = read_text(path, MAX_BYTES)
        .map_err(|error| text!("cannot read {}: {}", shown.clone(), reason(&error)))?;
    toml::from_str(&text).map_err(|error| {
        text!("cannot read {}: {}", shown, error.message().lines().next().unwrap_or_default())
    })
}

fn password(path: &Path) -> Result<String, Text> {
    let text = read_text(path, MAX_BYTES)
        .map_err(|error| text!("cannot read {}: {}", path.display(), reason(&error)))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// Speaks to the fleet's server, from within the runtime that goes on doing so.
pub(crate) async fn connect(server: &Server, name: &str) -> Result<Nats, (Text, Exit)> {
    use lote_fleet::engine::Error;
    nats::connect(server, name).await.map_err(|error| match error {
        Error::Address(_) => (error.text(), Exit::Usage),
        error => (
            text!("the fleet at {} cannot be reached: {}", server.url.clone(), error.text()),
            Exit::NoWorkers,
        ),
    })
}

//! What the command line says of a fleet.

use std::path::PathBuf;

use clap::Args;
use lote_engine::roots::{Root, RootError};

/// Where a fleet is, and what this machine has to do with it.
#[derive(Debug, Clone, Args)]
pub(crate) struct FleetArgs {
    /// The fleet's server: `tls://HOST:4222`; auto takes it from `LOTE_FLEET`, or fleet.toml in the
    /// configuration folder
    #[arg(long, value_name = "URL", help_heading = "Fleet")]
    pub(crate) fleet: Option<String>,
    /// A folder that all machines see, and the name that it goes by; with :ro it takes no outputs.
    /// Repeatable
    #[arg(long = "root", value_name = "NAME=DIR", help_heading = "Fleet", value_parser = root)]
    pub(crate) roots: Vec<Root>,
    /// Whose agents work on it  [default: default]
    #[arg(long, value_name = "NAME", help_heading = "Fleet")]
    pub(crate) pool: Option<String>,
    /// The user that the fleet's server knows  [default: `LOTE_FLEET_USER`]
    #[arg(long, value_name = "NAME", help_heading = "Fleet")]
    pub(crate) user: Option<String>,
    /// The file with that user's password  [default: `LOTE_FLEET_PASSWORD_FILE`]
    #[arg(long, value_name = "FILE", help_heading = "Fleet")]
    pub(crate) password_file: Option<PathBuf>,
    /// Also trust certificates of this authority  [default: `LOTE_FLEET_CA`]
    #[arg(long, value_name = "FILE", help_heading = "Fleet")]
    pub(crate) ca: Option<PathBuf>,
    /// Speak to another machine in the clear, where anybody between can read and change it
    #[arg(long, help_heading = "Fleet")]
    pub(crate) insecure: bool,
}

/// A folder with the name that it goes by.
pub(crate) fn root(text: &str) -> Result<Root, RootError> {
    Root::parse(text)
}

//! How the program talks: its language, how much it says, and whether in colour.

use anstyle::{AnsiColor, Style};
use tracing_subscriber::EnvFilter;

use super::args::Global;
use crate::lang::Lang;
use crate::report::terminal::Verbosity;
use crate::report::text::printable;

/// How the program talks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ui {
    pub(super) lang: Lang,
    pub(super) verbosity: Verbosity,
}

const ERROR: Style = AnsiColor::Red.on_default().bold();
const STRONG: Style = Style::new().bold();
const HINT: Style = AnsiColor::Cyan.on_default();
const WARN: Style = AnsiColor::Yellow.on_default().bold();

impl Ui {
    /// Sets up colours and logs for the whole program.
    pub(super) fn new(global: &Global) -> Self {
        match global.color {
            clap::ColorChoice::Auto => anstream::ColorChoice::Auto,
            clap::ColorChoice::Always => anstream::ColorChoice::Always,
            clap::ColorChoice::Never => anstream::ColorChoice::Never,
        }
        .write_global();
        let level = if global.verbose > 1 { "debug" } else { "error" };
        let filter = EnvFilter::try_from_env("LOTE_LOG").unwrap_or_else(|_| EnvFilter::new(level));
        // Another subscriber may be there already in tests.
        let _ = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .without_time()
            .try_init();
        let verbosity = match (global.quiet, global.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, 0) => Verbosity::Normal,
            (false, _) => Verbosity::Verbose,
        };
        Self { lang: Lang::from_environment(), verbosity }
    }

    /// Says why something cannot be done, in one line, and what to do about it, in another.
    #[allow(clippy::unused_self, reason = "a way of talking, like the others")]
    pub(super) fn error(self, what: &str, hint: Option<&str>) {
        anstream::eprintln!("{ERROR}error:{ERROR:#} {}", printable(what));
        if let Some(hint) = hint.filter(|hint| !hint.is_empty()) {
            anstream::eprintln!("{HINT}hint:{HINT:#} {}", printable(hint));
        }
    }

    /// Says that something is not as it should be.
    #[allow(clippy::unused_self, reason = "a way of talking, like the others")]
    pub(super) fn warn(self, what: &str) {
        anstream::eprintln!("{WARN}warning:{WARN:#} {}", printable(what));
    }

    /// The text so that it stands out.
    #[allow(clippy::unused_self, reason = "a way of talking, like the others")]
    pub(super) fn strong(self, what: &str) -> String {
        format!("{STRONG}{what}{STRONG:#}")
    }

    /// Says something, unless only trouble is to be said.
    pub(super) fn say(self, what: &str) {
        if self.verbosity > Verbosity::Quiet {
            anstream::eprintln!("{what}");
        }
    }
}

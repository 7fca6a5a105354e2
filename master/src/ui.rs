//! How the program talks: its language, how much it says, and whether in colour. If nobody can hear
//! it, because standard error is closed or its disk is full, it goes on.

use std::io::{self, Write as _};

use anstyle::{AnsiColor, Style};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::exit::Exit;
use crate::terminal::Verbosity;
use lote_engine::lang::{Lang, Text};
use lote_engine::plan::error::reason;
use lote_engine::system::standard_output;
use lote_engine::words::printable;
use lote_protocol::text;

/// How the program talks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ui {
    pub(crate) lang: Lang,
    pub(crate) verbosity: Verbosity,
}

const ERROR: Style = AnsiColor::Red.on_default().bold();
const STRONG: Style = Style::new().bold();
const HINT: Style = AnsiColor::Cyan.on_default();
const WARN: Style = AnsiColor::Yellow.on_default().bold();

impl Ui {
    /// Sets up colours and logs for the whole program; `language` is that of `lote.toml`.
    pub(crate) fn new(
        color: clap::ColorChoice,
        (quiet, verbose): (bool, u8),
        language: Option<&str>,
    ) -> Self {
        match color {
            clap::ColorChoice::Auto => anstream::ColorChoice::Auto,
            clap::ColorChoice::Always => anstream::ColorChoice::Always,
            clap::ColorChoice::Never => anstream::ColorChoice::Never,
        }
        .write_global();
        let filter = logged(std::env::var("LOTE_LOG").ok().as_deref(), verbose);
        let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).without_time();
        let subscriber = tracing_subscriber::registry().with(log).with(filter);
        // Another subscriber may be there already in tests.
        let _ = subscriber.try_init();
        let verbosity = match (quiet, verbose) {
            (true, _) => Verbosity::Quiet,
            (false, 0) => Verbosity::Normal,
            (false, _) => Verbosity::Verbose,
        };
        Self { lang: Lang::chosen(language), verbosity }
    }

    /// Says why something cannot be done, in one line, and what to do about it, in another.
    pub(crate) fn error(self, what: impl Into<Text>, hint: impl Into<Option<Text>>) {
        let what = what.into().say(self.lang);
        let _ = writeln!(anstream::stderr(), "{ERROR}error:{ERROR:#} {}", printable(&what));
        if let Some(hint) = hint.into().filter(|hint| !hint.is_empty()) {
            let says = self.lang.pick("hint:", "consejo:");
            let hint = hint.say(self.lang);
            let _ = writeln!(anstream::stderr(), "{HINT}{says}{HINT:#} {}", printable(&hint));
        }
    }

    /// Says that something is not as it should be.
    pub(crate) fn warn(self, what: impl Into<Text>) {
        let (says, what) = (self.lang.pick("warning:", "aviso:"), what.into().say(self.lang));
        let _ = writeln!(anstream::stderr(), "{WARN}{says}{WARN:#} {}", printable(&what));
    }

    /// The text so that it stands out.
    #[allow(clippy::unused_self, reason = "a way of talking, like the others")]
    pub(crate) fn strong(self, what: &str) -> String {
        format!("{STRONG}{what}{STRONG:#}")
    }

    /// Writes what was asked for to standard output. Its reader may leave at any time.
    pub(crate) fn print(self, text: &str) -> Exit {
        self.printed(standard_output().and_then(|mut out| {
            out.write_all(text.as_bytes())?;
            out.flush()
        }))
    }

    /// How writing to standard output has ended: if it could not be, that is told.
    pub(crate) fn printed(self, written: io::Result<()>) -> Exit {
        match written {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                self.unwritten(reason(&error));
                Exit::SomeFailed
            }
            _ => Exit::Ok,
        }
    }

    /// Says why standard output lacks what was asked for.
    pub(crate) fn unwritten(self, why: impl Into<Text>) {
        self.error(text!("standard output could not be written: {}", why.into()), None);
    }

    /// Says something, unless only trouble is to be said.
    pub(crate) fn say(self, what: &str) {
        if self.verbosity > Verbosity::Quiet {
            let _ = writeln!(anstream::stderr(), "{what}");
        }
    }
}

/// What is logged: what `LOTE_LOG` wants (`debug`, `lote=trace,worker=debug` …), or else what
/// follows from how often `-v` was given.
fn logged(wanted: Option<&str>, verbose: u8) -> Targets {
    let wanted = wanted.filter(|wanted| !wanted.is_empty());
    wanted.and_then(|wanted| wanted.parse().ok()).unwrap_or_else(|| {
        let level = if verbose > 1 { LevelFilter::DEBUG } else { LevelFilter::ERROR };
        let targets = Targets::new().with_default(level);
        // What it has to say is said in our words.
        if verbose > 1 { targets } else { targets.with_target("async_nats", LevelFilter::OFF) }
    })
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn the_log_is_as_the_environment_wants_or_else_as_verbose_as_asked() {
        let log = |wanted, verbose, level| {
            logged(wanted, verbose).would_enable("lote_engine::run", &level)
        };
        for wanted in [None, Some(""), Some("lote=loud")] {
            assert!(log(wanted, 0, Level::ERROR) && !log(wanted, 1, Level::WARN), "{wanted:?}");
            assert!(log(wanted, 2, Level::DEBUG) && !log(wanted, 2, Level::TRACE), "{wanted:?}");
        }
        assert!(log(Some("trace"), 0, Level::TRACE));
        assert!(!log(Some("worker=debug"), 2, Level::ERROR), "others are not asked for");
        assert!(logged(Some("worker=debug,warn"), 0).would_enable("worker", &Level::DEBUG));
        assert!(!log(Some("worker=debug,warn"), 0, Level::INFO));
    }
}

//! What a worker is allowed, and how well the system holds it to that.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::lang::Text;
use crate::text;

/// How much a worker insists on its sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// It takes what the system offers, and says what is missing.
    #[default]
    Auto,
    /// It works in a whole sandbox or not at all.
    Require,
    /// It works without one.
    Off,
}

/// A part of the sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Which files it can reach (Linux 5.13 and later).
    Landlock,
    /// Which system calls it can make (Linux).
    Seccomp,
    /// Files that it can open, their sizes, and memory dumps.
    Rlimits,
    /// No program that it might start gives it rights (Linux).
    NoNewPrivs,
}

impl Part {
    /// All parts, the most important one first.
    pub const ALL: [Self; 4] = [Self::Landlock, Self::Seccomp, Self::Rlimits, Self::NoNewPrivs];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Landlock => "Landlock",
            Self::Seccomp => "seccomp",
            Self::Rlimits => "rlimits",
            Self::NoNewPrivs => "no_new_privs",
        }
    }
}

/// A part that is not there, or not whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// The part.
    pub part: Part,
    /// Why, in a few words.
    pub reason: String,
}

/// How well a worker is held to what it is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It is not.
    Off,
    /// Something is missing.
    Partial,
    /// As well as it can be.
    Full,
}

impl Level {
    /// The level in one word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Partial => "partial",
            Self::Full => "full",
        }
    }
}

/// The sandbox that a worker is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sandbox {
    /// How well the worker is held to what it is allowed.
    pub level: Level,
    /// Parts that are in force.
    pub enforced: Vec<Part>,
    /// Parts that are not; none if there is to be no sandbox.
    pub missing: Vec<Missing>,
}

impl Sandbox {
    /// None, as was asked for.
    pub const fn off() -> Self {
        Self { level: Level::Off, enforced: Vec::new(), missing: Vec::new() }
    }

    /// One of these parts.
    pub fn of(enforced: Vec<Part>, missing: Vec<Missing>) -> Self {
        let level = match (enforced.is_empty(), missing.is_empty()) {
            (_, true) => Level::Full,
            (false, false) => Level::Partial,
            (true, false) => Level::Off,
        };
        Self { level, enforced, missing }
    }

    /// As `full`, `off`, or `partial: no Landlock (this kernel has none)`.
    pub fn text(&self) -> Text {
        let level = Text::known(self.level.name());
        if self.missing.is_empty() {
            return level;
        }
        let missing = self
            .missing
            .iter()
            .map(|Missing { part, reason }| text!("no {} ({})", part.name(), Text::known(reason)));
        text!("{}: {}", level, Text::list(missing))
    }

    /// With the parts that are in force: `full [Landlock, seccomp, rlimits, no_new_privs]`.
    pub fn in_full(&self) -> Text {
        let parts: Vec<_> = self.enforced.iter().copied().map(Part::name).collect();
        if parts.is_empty() {
            return self.text();
        }
        text!("{} [{}]", self.text(), parts.join(", "))
    }
}

impl fmt::Display for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Lang;

    fn missing(part: Part, reason: &str) -> Missing {
        Missing { part, reason: reason.to_owned() }
    }

    #[test]
    fn the_level_follows_from_what_is_missing() {
        let whole = Sandbox::of(Part::ALL.to_vec(), Vec::new());
        assert_eq!((whole.level, whole.to_string()), (Level::Full, "full".to_owned()));
        assert_eq!(whole.in_full(), "full [Landlock, seccomp, rlimits, no_new_privs]");
        let reasons =
            vec![missing(Part::Landlock, "this kernel has none"), missing(Part::Seccomp, "denied")];
        let half = Sandbox::of(vec![Part::Rlimits], reasons);
        let text = "partial: no Landlock (this kernel has none), no seccomp (denied)";
        assert_eq!((half.level, half.to_string().as_str()), (Level::Partial, text));
        assert_eq!(
            half.in_full().say(Lang::Es),
            "parcial: sin Landlock (este núcleo no lo tiene), sin seccomp (denied) [rlimits]"
        );
        assert_eq!(Sandbox::off().to_string(), "off");
    }

    #[test]
    fn levels_can_be_compared() {
        assert!(Level::Off < Level::Partial && Level::Partial < Level::Full);
    }
}

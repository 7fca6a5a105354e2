//! How unfinished outputs are named, so that those of processes that died can be swept.
//!
//! Machines and containers may share a folder, and a process id says nothing about a process
//! elsewhere: so the name tells the machine, too.

/// What the name of every temporary file starts with.
pub const PREFIX: &str = ".lote-";

/// What the name of every temporary file ends with.
pub const SUFFIX: &str = ".tmp";

/// Where process ids mean the same: a machine from its start to its end, or a container on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Machine(u64);

impl Machine {
    /// The one that this process runs on.
    pub fn this() -> Self {
        Self::of(&facts())
    }

    /// The hash (FNV-1a, 64 bits) of what tells machines apart.
    fn of(facts: &[String]) -> Self {
        let bytes = facts.iter().flat_map(|fact| fact.bytes().chain([b'\n']));
        Self(bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        }))
    }
}

/// The machine id, the start of the system and the namespace of process ids; the name of the
/// machine where `/proc` does not tell the namespace.
#[cfg(target_os = "linux")]
fn facts() -> Vec<String> {
    let text = |path: &str| std::fs::read_to_string(path).unwrap_or_default().trim().to_owned();
    let namespace = std::fs::read_link("/proc/self/ns/pid")
        .map_or_else(|_| machine_name(), |link| link.to_string_lossy().into_owned());
    vec![text("/etc/machine-id"), text("/proc/sys/kernel/random/boot_id"), namespace]
}

#[cfg(not(target_os = "linux"))]
fn facts() -> Vec<String> {
    vec![machine_name()]
}

#[cfg(unix)]
fn machine_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn machine_name() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_default()
}

/// The process that has made a temporary file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Owner {
    /// Where it runs.
    pub machine: Machine,
    /// Its number there.
    pub pid: u32,
}

impl Owner {
    /// This process.
    pub fn this() -> Self {
        Self { machine: Machine::this(), pid: std::process::id() }
    }

    /// What the names of its temporary files start with.
    pub fn prefix(self) -> String {
        format!("{PREFIX}{:016x}-{}-", self.machine.0, self.pid)
    }
}

/// Whether that is the name of a temporary file.
pub fn is_temporary(name: &str) -> bool {
    name.starts_with(PREFIX) && name.ends_with(SUFFIX)
}

/// Whose temporary file that is; `None` if the name does not tell.
pub fn owner(name: &str) -> Option<Owner> {
    let mut parts = name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?.splitn(3, '-');
    let machine = parts.next().filter(|digits| digits.len() == 16)?;
    let machine = Machine(u64::from_str_radix(machine, 16).ok()?);
    let pid = parts.next()?.parse().ok()?;
    parts.next().map(|_| Owner { machine, pid })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_is_read_from_the_name() {
        let here = Owner::this();
        assert_eq!(owner(&format!("{}x7-h2k{SUFFIX}", here.prefix())), Some(here));
        for name in [".lote-4711-x7Gh2k.tmp", ".lote-0123456789abcdef-a.tmp", "photo.jpg"] {
            assert_eq!(owner(name), None, "{name}");
        }
        assert!(is_temporary(".lote-4711-x7Gh2k.tmp") && !is_temporary(".lote-web.jpg"));
    }

    #[test]
    fn machines_differ_by_any_fact() {
        let of = |facts: [&str; 3]| Machine::of(&facts.map(str::to_owned));
        let machines = [of(["a", "b", "c"]), of(["a", "b", "d"]), of(["ab", "", "c"])];
        assert!(machines[0] != machines[1] && machines[0] != machines[2]);
        assert_eq!(Machine::this(), Machine::this());
    }
}

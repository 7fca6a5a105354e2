//! What the architecture forbids, looked for in the sources.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A source file without comments and without its unit tests.
struct Source {
    path: String,
    code: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// All sources of a package.
fn sources(package: &str) -> Vec<Source> {
    let mut folders = vec![root().join(package).join("src")];
    let mut files: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                files.push(path);
            }
        }
    }
    let sources: Vec<_> = files.iter().filter_map(|file| source(file)).collect();
    assert!(sources.len() > 2, "{package}: {}", sources.len());
    sources
}

fn source(path: &Path) -> Option<Source> {
    let name = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
    // Modules that only exist in tests.
    if name.ends_with("/tests.rs") || name.ends_with("/property.rs") || name.contains("/tests/") {
        return None;
    }
    let text = fs::read_to_string(path).unwrap();
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let code = code.lines().map(|line| line.split("//").next().unwrap_or_default());
    Some(Source { path: name, code: code.collect::<Vec<_>>().join("\n") })
}

/// The files of these packages whose code holds `text`.
fn files_with(packages: &[&str], text: &str) -> Vec<String> {
    let mut files: Vec<_> = packages
        .iter()
        .flat_map(|package| sources(package))
        .filter(|source| source.code.contains(text))
        .map(|source| source.path)
        .collect();
    files.sort();
    files
}

const ALL: [&str; 8] = [
    "protocol",
    "worker/imaging",
    "worker",
    "master/engine",
    "master/fleet",
    "master/s3",
    "master/serve",
    "master",
];

/// What code that only decides does not name.
const IMPURE: [&str; 18] = [
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::thread",
    "std::time",
    "std::env",
    "std::path",
    "tokio",
    "rustix",
    "tracing",
    "Instant",
    "SystemTime",
    "lote_",
    "crate::",
    "unsafe",
    "rand",
    "async",
];

#[test]
fn the_scheduler_knows_no_clock_no_disk_and_no_process() {
    let scheduler: Vec<_> = sources("master/engine")
        .into_iter()
        .filter(|source| source.path.starts_with("master/engine/src/scheduler/"))
        .collect();
    assert!(scheduler.len() >= 3);
    for source in &scheduler {
        for word in IMPURE {
            assert!(!source.code.contains(word), "{} names {word}", source.path);
        }
    }
    assert!(scheduler.iter().any(|s| s.code.contains("#![deny(clippy::disallowed_methods)]")));
}

#[test]
fn what_decides_in_a_fleet_knows_no_clock_no_disk_and_no_engine() {
    let names = ["coordinator.rs", "holder/mod.rs", "parcel.rs"];
    let paths = names.map(|name| format!("master/fleet/src/{name}"));
    let sources = sources("master/fleet").into_iter();
    let sources: Vec<_> = sources.filter(|source| paths.contains(&source.path)).collect();
    assert_eq!(sources.len(), names.len());
    for source in sources {
        for word in IMPURE {
            assert!(!source.code.contains(word), "{} names {word}", source.path);
        }
        assert!(source.code.contains("#![deny(clippy::disallowed_methods)]"));
    }
}

#[test]
fn only_one_folder_names_the_client_of_the_fleets_server() {
    let files = files_with(&ALL, "async_nats::");
    assert!(
        files.len() > 1 && files.iter().all(|file| file.starts_with("master/fleet/src/nats/")),
        "{files:?}"
    );
}

#[test]
fn only_one_crate_names_the_client_of_stores() {
    for name in ["object_store::", "reqwest", "rustls"] {
        let files = files_with(&ALL, name);
        assert!(files.iter().all(|file| file.starts_with("master/s3/src/")), "{name}: {files:?}");
    }
    assert_eq!(files_with(&["master/engine"], "lote_s3"), [""; 0]);
    assert_eq!(files_with(&["master"], "lote_s3::"), ["master/src/s3.rs"]);
}

#[test]
fn only_the_launcher_starts_processes() {
    let launcher = ["master/engine/src/supervisor/launcher.rs"];
    assert_eq!(files_with(&ALL, "Command::new("), launcher);
    assert_eq!(files_with(&ALL, "process::Command"), [""; 0]);
}

#[test]
fn only_the_frames_name_bincode() {
    assert_eq!(files_with(&ALL, "bincode"), ["protocol/src/frame.rs"]);
}

#[test]
fn only_the_sandbox_names_its_means() {
    for name in ["landlock::", "seccompiler::", "libc::"] {
        let files = files_with(&ALL, name);
        assert!(files.iter().all(|file| file.starts_with("worker/src/sandbox/")), "{files:?}");
    }
    let files = ["worker/src/sandbox/landlock.rs", "worker/src/sandbox/mod.rs"];
    assert_eq!(files_with(&ALL, "landlock::"), files);
}

#[test]
fn only_the_registry_lists_the_filters() {
    let folder = root().join("worker/imaging/src/filters");
    let mut filters = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let is_filter = |path: &Path| fs::read_to_string(path).unwrap().contains(": Registered =");
        if path.is_dir() || !is_filter(&path) {
            continue;
        }
        filters += 1;
        let listed = files_with(&ALL, &format!("{name}::{}", name.to_uppercase()));
        assert_eq!(listed, ["worker/imaging/src/filters/mod.rs"], "{name}");
    }
    assert!(filters >= 30, "{filters}");
}

#[test]
fn each_codec_crate_is_named_in_one_file() {
    for name in ["libjpeg_turbo_rs", "libwebp_sys", "moxcms", "image_webp"] {
        let files = files_with(&ALL, name);
        assert!(files.len() <= 1, "{name} is named in {files:?}");
        assert!(files.iter().all(|file| file.starts_with("worker/imaging/src/")), "{files:?}");
    }
    assert_eq!(files_with(&ALL, "libjpeg_turbo_rs"), ["worker/imaging/src/formats/jpeg/mod.rs"]);
    assert_eq!(
        files_with(&["protocol", "worker", "master/engine", "master/serve", "master"], "image::"),
        [""; 0]
    );
}

#[test]
fn workers_know_no_network() {
    for word in ["TcpStream", "TcpListener", "UdpSocket", "std::net", "tokio::net"] {
        assert_eq!(files_with(&["protocol", "worker/imaging", "worker"], word), [""; 0], "{word}");
    }
}

/// The top modules of a package, each with the others that it names.
fn modules(package: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut modules: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let sources = sources(package);
    let start = format!("{package}/src/");
    let top = |path: &str| {
        let below = path.strip_prefix(&start)?;
        Some(below.split('/').next()?.trim_end_matches(".rs").to_owned())
    };
    let names: BTreeSet<String> = sources.iter().filter_map(|source| top(&source.path)).collect();
    for source in &sources {
        let Some(module) = top(&source.path) else { continue };
        let named = source.code.split("crate::").skip(1).flat_map(|after| {
            // One module, or several between braces of which some have more behind them.
            let several = after.strip_prefix('{').and_then(|list| list.split(';').next());
            several
                .unwrap_or(
                    after
                        .split(|c: char| !c.is_alphanumeric() && c != '_')
                        .next()
                        .unwrap_or_default(),
                )
                .split(|c: char| !c.is_alphanumeric() && c != '_')
        });
        let others = named.filter(|name| *name != module && names.contains(*name));
        modules.entry(module.clone()).or_default().extend(others.map(str::to_owned));
    }
    // The root lists the others.
    modules.remove("lib");
    modules.remove("main");
    modules
}

#[test]
fn modules_of_a_package_depend_one_way() {
    for package in ALL {
        let mut modules = modules(package);
        assert!(modules.len() > 1, "{package}: {modules:?}");
        // Whoever names nobody that is left can be taken away.
        while let Some(last) =
            modules.iter().find(|(_, named)| named.iter().all(|name| !modules.contains_key(name)))
        {
            let last = last.0.clone();
            modules.remove(&last);
        }
        assert!(modules.is_empty(), "{package}: in a circle, or on the way to one: {modules:?}");
    }
}

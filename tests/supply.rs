//! What Lote is built from, and what of its own code the compiler cannot vouch for.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn rust_files(folder: PathBuf, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
}

#[test]
fn every_file_that_may_hold_unsafe_code_is_listed_with_its_reason() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    // So that there is no unsafe code but where a file allows it.
    assert!(manifest.contains("unsafe_code = \"deny\""));
    let mut files = Vec::new();
    for package in ["protocol", "worker", "master", "tests"] {
        let manifest = fs::read_to_string(root().join(package).join("Cargo.toml")).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{package}");
        rust_files(root().join(package), &mut files);
    }
    let mut allowing = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let is_allowed = |line: &str| {
            let line = line.trim_start();
            line.starts_with('#')
                && (line.contains("(unsafe_code") || line.contains(" unsafe_code"))
        };
        if text.lines().any(is_allowed) {
            allowing.insert(file.strip_prefix(root()).unwrap().to_string_lossy().into_owned());
        }
    }
    let paper = fs::read_to_string(root().join("RELIABILITY.md")).unwrap();
    let (_, rest) = paper.split_once("<!-- unsafe: begin -->").expect("a marker");
    let (table, _) = rest.split_once("<!-- unsafe: end -->").expect("a marker");
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let listed: BTreeSet<_> = rows.map(str::to_owned).collect();
    assert_eq!(
        allowing, listed,
        "files that allow unsafe code, and those that RELIABILITY.md lists"
    );
}

#[test]
fn all_dependencies_come_from_one_registry_and_bincode_stays_where_it_was_pinned() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let mut packages = 0;
    for package in lock.split("[[package]]\n").skip(1) {
        let field = |name: &str| {
            let line =
                package.lines().find_map(|line| line.strip_prefix(&format!("{name} = \"")))?;
            line.strip_suffix('"')
        };
        let name = field("name").unwrap();
        if let Some(source) = field("source") {
            let registry = "registry+https://github.com/rust-lang/crates.io-index";
            assert_eq!(source, registry, "{name}");
            assert!(field("checksum").is_some(), "{name}");
            packages += 1;
        } else {
            assert!(name.starts_with("lote"), "{name}");
        }
        if name == "bincode" {
            assert_eq!(field("version"), Some("2.0.1"), "see deny.toml");
        }
    }
    assert!(packages > 100, "{packages}");
}

//! What `deny.toml` says of dependencies, as far as it can be checked without cargo-deny, on this
//! machine's target.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use spdx::{Expression, ParseMode};

/// The strings that a list of `deny.toml` begins its entries with.
fn listed(list: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("deny.toml");
    let text = fs::read_to_string(path).unwrap();
    let (_, rest) = text.split_once(&format!("\n{list} = [\n")).expect(list);
    let (entries, _) = rest.split_once("\n]\n").expect("the list's end");
    let entries = entries.lines().filter(|line| !line.trim_start().starts_with('#'));
    let listed: Vec<_> =
        entries.map(|line| line.split('"').nth(1).expect(line).to_owned()).collect();
    assert!(!listed.is_empty(), "{list}");
    listed
}

/// All packages that a build for this machine takes from elsewhere, those of its tests included.
fn dependencies() -> Vec<Value> {
    let rustc = Command::new("rustc").arg("-vV").output().unwrap();
    let facts = String::from_utf8(rustc.stdout).unwrap();
    let host = facts.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--locked", "--format-version", "1", "--filter-platform"])
        .arg(host)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let foreign: Vec<_> =
        packages.filter(|package| !package["source"].is_null()).cloned().collect();
    assert!(foreign.len() > 100, "{}", foreign.len());
    foreign
}

fn text<'a>(package: &'a Value, field: &str) -> &'a str {
    package[field].as_str().unwrap_or_else(|| panic!("{} has no {field}", package["name"]))
}

#[test]
fn every_dependency_may_be_used_under_a_licence_that_is_allowed() {
    let allowed = listed("allow");
    let is_allowed = |licence: &str| {
        let expression = Expression::parse_mode(licence, ParseMode::LAX).unwrap();
        expression.evaluate(|term| allowed.contains(&term.to_string()))
    };
    assert!(is_allowed("(MIT OR GPL-3.0-only) AND Unicode-3.0") && is_allowed("GPL-2.0/MIT"));
    assert!(!is_allowed("MIT AND GPL-3.0-only") && !is_allowed("MPL-2.0 OR LGPL-3.0-only"));
    for package in dependencies() {
        let licence = text(&package, "license");
        assert!(is_allowed(licence), "{}: {licence}", package["name"]);
    }
}

#[test]
fn no_dependency_is_banned_or_there_twice_without_a_word_about_it() {
    let mut versions = BTreeMap::<_, BTreeSet<_>>::new();
    let packages = dependencies();
    for package in &packages {
        versions.entry(text(package, "name")).or_default().insert(text(package, "version"));
    }
    // Bans of some versions are checked elsewhere.
    for banned in listed("deny").iter().filter(|banned| !banned.contains(':')) {
        let depends = |package: &&Value| {
            package["dependencies"]
                .as_array()
                .unwrap()
                .iter()
                .any(|d| d["name"] == **banned && d["optional"] == false)
        };
        let who: Vec<_> = packages.iter().filter(depends).map(|p| text(p, "name")).collect();
        // What one crate asks for and does not use.
        let is_wrapped = (banned.as_str(), &who[..]) == ("nasm-rs", &["re_rav1d"]);
        assert!(
            is_wrapped || !versions.contains_key(banned.as_str()),
            "{banned} is banned: {who:?}"
        );
    }
    for known in listed("skip") {
        let (name, prefix) = known.split_once('@').expect("a version");
        let of_that = |version: &&str| version.starts_with(&format!("{prefix}."));
        let versions = versions.get_mut(name).expect(name);
        let before = versions.len();
        versions.retain(|version| !of_that(version));
        assert_eq!(before, versions.len() + 1, "{known} is not a second version any more");
        assert!(!versions.is_empty(), "{known} is the only version");
    }
    versions.retain(|_, versions| versions.len() > 1);
    assert!(versions.is_empty(), "new second versions: {versions:?}");
}

#[test]
fn only_those_run_code_while_building_that_may() {
    let may = listed("allow-build-scripts");
    let mut running = BTreeSet::new();
    for package in dependencies() {
        let targets = package["targets"].as_array().unwrap();
        if targets.iter().any(|target| target["kind"][0] == "custom-build") {
            running.insert(text(&package, "name").to_owned());
        }
    }
    // Our own scripts tell builds apart, pack the page, and have relocations packed.
    running.extend(["lote", "lote-fleet", "lote-protocol", "lote-serve"].map(str::to_owned));
    assert_eq!(running, BTreeSet::from_iter(may));
}

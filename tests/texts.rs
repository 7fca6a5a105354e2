//! Texts for people are phrases of the catalogue: nothing is said that only one language has.

use std::fs;
use std::path::{Path, PathBuf};

/// Calls that take a text, and how many arguments come before it.
const TAKE_TEXTS: &[(&str, usize)] = &[
    ("Failure::new(", 1),
    ("damaged(", 0),
    ("unsupported(", 0),
    ("unwritable(", 0),
    ("refused(", 0),
    ("refuse(", 0),
    ("internal(", 0),
    ("Refusal::bad_request(", 0),
    ("Refusal::too_large(", 0),
    ("Refusal::busy(", 0),
    ("Refusal::unprocessable(", 1),
    ("Refusal::conflict(", 1),
    ("JobError::Bad(", 0),
    ("JobError::Internal(", 0),
    ("not_now(", 1),
    ("ui.error(", 0),
    ("ui.warn(", 0),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !["tests", "testdata", "target", "benches"].contains(&&*name) {
            sources(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") && name != "tests.rs" {
            found.push(path);
        }
    }
}

/// Words of a language that are given where a text is wanted; they would stay in that language.
fn given(code: &str) -> Option<&str> {
    let calls = TAKE_TEXTS.iter().flat_map(|(call, before)| {
        code.match_indices(call).map(move |(at, _)| (&code[at..], call.len(), *before))
    });
    calls
        .filter(|(call, name, before)| {
            let mut rest = &call[*name..];
            for _ in 0..*before {
                rest = rest.split_once(',').map_or("", |(_, rest)| rest);
            }
            let rest = rest.trim_start().trim_start_matches('&');
            rest.starts_with("format!(") || rest.starts_with('"') && !rest.starts_with("\"\"")
        })
        .map(|(call, ..)| call.lines().next().unwrap_or_default())
        .next()
}

#[test]
fn failures_and_refusals_are_phrases_of_the_catalogue() {
    assert_eq!(given("x(damaged(text!(\"a\")))"), None);
    assert_eq!(given("Failure::new(Kind::Read, \"a\")"), Some("Failure::new(Kind::Read, \"a\")"));
    assert_eq!(given("damaged(\n    &format!(\"a {b}\"))"), Some("damaged("));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = Vec::new();
    for folder in ["protocol/src", "worker", "master"] {
        sources(&root.join(folder), &mut found);
    }
    assert!(found.len() > 200, "{found:?}");
    for path in found {
        let source = fs::read_to_string(&path).unwrap();
        let code = source.split("#[cfg(test)]\nmod tests {").next().unwrap();
        assert_eq!(given(code), None, "{}", path.display());
    }
}

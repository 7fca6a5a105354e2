//! The repository's papers say what the program does.

use std::fs;
use std::path::Path;

use crate::support::Workspace;

fn paper(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    fs::read_to_string(root.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn the_readme_holds_exactly_the_table_of_filters_that_the_program_prints() {
    let readme = paper("README.md");
    let (_, rest) = readme.split_once("<!-- filters: begin -->\n").expect("a marker");
    let (table, _) = rest.split_once("<!-- filters: end -->").expect("a marker");
    let printed = Workspace::new().lote("filters --markdown").run().code(0).stdout();
    assert_eq!(table, printed, "put the output of `lote filters --markdown` between the markers");
}

#[test]
fn the_readme_holds_exactly_the_table_of_formats_that_the_program_prints() {
    let readme = paper("README.md");
    let (_, rest) = readme.split_once("<!-- formats: begin -->\n").expect("a marker");
    let (table, _) = rest.split_once("<!-- formats: end -->").expect("a marker");
    let printed = Workspace::new().lote("formats --markdown").run().code(0).stdout();
    assert_eq!(table, printed, "put the output of `lote formats --markdown` between the markers");
}

#[test]
fn the_readme_names_every_exit_code() {
    let readme = paper("README.md");
    for code in [0, 1, 2, 3, 4, 5, 130, 143] {
        assert!(readme.contains(&format!("| {code} |")), "{code}");
    }
}

#[test]
fn the_readme_names_every_option_and_command() {
    let workspace = Workspace::new();
    let readme = paper("README.md");
    let help = workspace.lote("run --help").run().code(0).stdout();
    let options = help.split_whitespace().filter(|word| word.starts_with("--"));
    let options = options.map(|word| word.split('[').next().unwrap_or(word));
    for option in options.map(|word| word.trim_end_matches([',', '.', '`'])) {
        if !["--help", "--quiet", "--verbose", "--filter", "--output", "--jobs"].contains(&option) {
            assert!(readme.contains(option), "{option}");
        }
    }
    let help = workspace.lote("--help").run().code(0).stdout();
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let (commands, _) = commands.split_once("\n\n").unwrap();
    for command in commands.lines().filter_map(|line| line.strip_prefix("  ")) {
        if let Some(command) = command.split(' ').next().filter(|command| !command.is_empty()) {
            assert!(readme.contains(&format!("lote {command}")), "{command}");
        }
    }
}

#[test]
fn links_between_the_papers_lead_somewhere() {
    for name in
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "RELIABILITY.md"]
    {
        let text = paper(name);
        for link in text.split("](").skip(1).filter_map(|rest| rest.split_once(')')) {
            let target = link.0.split('#').next().unwrap();
            if !target.is_empty() && !target.contains("://") {
                let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
                assert!(root.join(target).exists(), "{name} links to {target}");
            }
        }
    }
}

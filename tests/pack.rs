//! `.ci/pack`: what a release holds.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::Workspace;

#[test]
fn a_release_has_programs_manuals_and_completions_in_both_languages_and_licences() {
    let workspace = Workspace::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for program in ["lote", "lote-worker"] {
        workspace.add(&format!("built/{program}"), b"");
        fs::copy(env!("CARGO_BIN_EXE_lote-under-test"), workspace.path("built").join(program))
            .unwrap();
    }
    let pack = |to: &str| {
        let mut packed = Command::new(root.join(".ci/pack"));
        packed.arg(workspace.path(to)).env("BUILT", workspace.path("built"));
        let packed = packed.output().unwrap();
        assert!(packed.status.success(), "{}", String::from_utf8_lossy(&packed.stderr));
        let archive = String::from_utf8(packed.stdout).unwrap();
        archive.lines().last().unwrap().to_owned()
    };
    let (archive, again) = (pack("one"), pack("two"));
    assert!(fs::read(&archive).unwrap() == fs::read(again).unwrap(), "the same programs");
    let mut unpack = Command::new("tar");
    unpack.args(["xzf", &archive]).current_dir(workspace.path("one"));
    assert!(unpack.status().unwrap().success());
    let folder = Path::new(archive.strip_suffix(".tar.gz").unwrap());
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    for name in ["README.md", "LICENSE-MIT", "LICENSE-APACHE", "OpenSans-LICENSE.txt"] {
        assert!(!read(name).is_empty(), "{name}");
    }
    assert!(read("THIRD-PARTY.txt").lines().any(|line| line.starts_with("serde v")));
    assert!(read("man/man1/lote-run.1").contains(".SH OPTIONS"));
    let spanish = read("man/es/man1/lote-run.1");
    assert!(spanish.contains(".SH NOMBRE") && !spanish.contains(".SH NAME"), "{spanish}");
    for english in ["Possible values", "[default", "Print help", ".SH OPTIONS", ".SH SYNOPSIS"] {
        assert!(!spanish.contains(english), "{english}\n{spanish}");
    }
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (en, es) =
            (format!("completions/lote.{shell}"), format!("completions/es/lote.{shell}"));
        assert!(read(&en).contains("recipes"), "{shell}");
        assert!(!read(&es).contains("Print help"), "{shell}");
    }
    let version = Command::new(folder.join("lote")).arg("--version").output().unwrap();
    assert!(String::from_utf8_lossy(&version.stdout).starts_with("lote "));
}

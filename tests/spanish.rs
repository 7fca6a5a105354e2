//! Everything that a person reads, in Spanish.

use crate::support::{Workspace, pictures};

/// What is said of these commands in a language.
fn said(workspace: &Workspace, command: &str, lang: &str) -> String {
    let outcome = workspace.lote(command).env("LOTE_LANG", lang).run();
    outcome.stderr.clone() + &outcome.stdout()
}

#[test]
fn every_refusal_is_in_spanish_too() {
    let workspace = Workspace::with_pictures(2, 8, 8);
    workspace.add("x/a.png", &pictures::png(8, 8, 1));
    workspace.add("x/A.png", &pictures::png(8, 8, 2));
    workspace.add("there/grises/00_grises.png", b"");
    workspace.add("empty/notes.txt", b"");
    workspace.add("deep/below/a.png", &pictures::png(8, 8, 1));
    workspace.add("bad.toml", b"[[variant]]\nsteps = [\"sepja\"]\n");
    let mut english = Vec::new();
    for command in [
        "run in -f grisses -o out",
        "run in -f xyzzy -o out",
        "run in -f blur:radius=-1 -o out",
        "run in -f blur:radios=2 -o out",
        "run in -f blur:radius= -o out",
        "run in -f grises+ -o out",
        "run in -f =grises -o out",
        "run in -f ../up=grises -o out",
        "run in -f grises -f GRISES=sepia -o out",
        "run in",
        "run -f grises",
        "run in -f grises --quality 101",
        "run in -f grises --format xcf",
        "run in -f grises --timeout soon",
        "run in -f grises --mode fast",
        "run in -f grises --json --ndjson",
        "run in -f grises --pattern {nam}",
        "run in -f grises --pattern all",
        "run in -f grises --worker-command 'open",
        "run in --recipe wep",
        "run in --recipe bad.toml",
        "run in -f grises --report x.txt",
        "ruin in -f grises",
        "run empty -f grises -o out",
        "run deep -f grises -o out",
        "run nowhere -f grises -o out",
        "run in -f grises --include *.gif",
        "run x -f grises -o out",
        "run in -f grises -o there --if-exists fail",
        "run in -f grises -o in",
        "run - -f grises",
        "watch in/00.png -f grises",
    ] {
        let (en, es) = (said(&workspace, command, "en"), said(&workspace, command, "es"));
        let lines: Vec<_> = en.lines().filter(|line| line.contains(' ')).collect();
        for line in lines {
            let names_only =
                line.starts_with("hint: filters: ") || line.trim_start().starts_with('<');
            if es.lines().any(|spanish| spanish == line) && !names_only {
                english.push(format!("{command}: {line}"));
            }
        }
    }
    assert!(english.is_empty(), "{english:#?}");
}

#[test]
fn help_is_in_spanish_and_names_every_option() {
    let workspace = Workspace::new();
    for command in ["", "run", "watch", "serve", "rerun", "recipes", "worker", "compare", "demo"] {
        let help = said(&workspace, &format!("{command} --help"), "es");
        for word in
            ["Usage", "Options:", "Commands:", "Print help", "[default", "[possible", " the "]
        {
            assert!(!help.contains(word), "{command}: {word}\n{help}");
        }
        let english = said(&workspace, &format!("{command} --help"), "en");
        let options = |text: &str| text.matches("--").count();
        assert!(options(&help) > 2 && english != help, "{command}");
    }
    insta::assert_snapshot!("help_es", said(&workspace, "--help", "es"));
    insta::assert_snapshot!("help_run_es", said(&workspace, "run --help", "es"));
}

#[test]
fn options_are_understood_by_their_spanish_names() {
    let workspace = Workspace::with_pictures(2, 8, 8);
    let run = "procesar in --filtro grises --salida out --patron {n} --formato jpg --calidad 90 \
               --si-existe saltar --trabajos 1 --incluir 00.* --recursivo --duradero --modo hilos";
    workspace.lote(run).run().code(0);
    assert_eq!(workspace.names("out"), ["grises/1.jpg"]);
    workspace.lote("repetir --salida out").run().code(0);
    assert!(said(&workspace, "recetas ver miniaturas", "es").contains("lado_largo=400"));
}

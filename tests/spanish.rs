//! Everything that a person reads, in Spanish.

use crate::support::{Workspace, pictures};

/// What is said of these commands in a language.
fn said(workspace: &Workspace, command: &str, lang: &str) -> String {
    let outcome = workspace.lote(command).env("LOTE_LANG", lang).run();
    outcome.stderr.clone() + &outcome.stdout()
}

/// Commands that are wrong, each in its own way.
const WRONG: [&str; 60] = [
    "run in -f grisses -o out",
    "run in -f xyzzy -o out",
    "run in -f blur:radius=-1 -o out",
    "run in -f blur:radius=many -o out",
    "run in -f blur:radios=2 -o out",
    "run in -f blur:radius= -o out",
    "run in -f blur:radius=1,5 -o out",
    "run in -f blur:radius=1:2 -o out",
    "run in -f grises+ -o out",
    "run in -f =grises -o out",
    "run in -f ../up=grises -o out",
    "run in -f con=grises -o out",
    "run in -f grises -f GRISES=sepia -o out",
    "run in -f grises@xcf -o out",
    "run in -f grises@png:calidad=3 -o out",
    "run in -f marca_agua:texto=\"a -o out",
    "run in -f lut:archivo=nowhere.cube -o out",
    "run in -f logo:archivo=bad.toml -o out",
    "run in",
    "run -f grises",
    "run in -f",
    "run in -f grises --quality 101",
    "run in -f grises --quality high",
    "run in -f grises --jobs 0",
    "run in -f grises --format xcf",
    "run in -f grises --timeout soon",
    "run in -f grises --max-memory 2X",
    "run in -f grises --max-pixels lots",
    "run in -f grises --background red",
    "run in -f grises --set artist",
    "run in -f grises --shard 4/3",
    "run in -f grises --mode fast",
    "run in -f grises --if-exists delete",
    "run in -f grises --json --ndjson",
    "run in -f grises -q -v",
    "run in -f grises -o a -o b",
    "run in -f grises --qualiti 80",
    "run in -f grises --xyzzy",
    "run in -f grises --pattern {nam}",
    "run in -f grises --pattern all",
    "run in -f grises --pattern {name",
    "run in -f grises --pattern ../{name}",
    "run in -f grises --worker-command 'open",
    "run in --recipe wep",
    "run in --recipe bad.toml",
    "run in --recipe twice.toml",
    "run in --recipe broken.toml",
    "run in -f grises --config kind.toml",
    "run in -f grises --report x.txt",
    "ruin in -f grises",
    "xyzzy",
    "run empty -f grises -o out",
    "run deep -f grises -o out",
    "run nowhere -f grises -o out",
    "run in -f grises --include *.gif",
    "run x -f grises -o out",
    "run in -f grises -o there --if-exists fail",
    "run in -f grises -o in",
    "run - -f grises",
    "watch in/00.png -f grises",
];

/// Words that stand in sentences of one language only.
const ENGLISH: &[&str] = &[
    "the", "is", "are", "of", "and", "cannot", "with", "was", "not", "it", "give", "did", "you",
    "mean", "only", "without", "needs", "write", "hint", "than", "by", "or",
];
const SPANISH: &[&str] = &[
    "el", "la", "los", "las", "de", "se", "hay", "que", "del", "un", "una", "es", "ni", "consejo",
    "para", "como", "puede", "en", "y", "ningún", "ninguna", "falta",
];

/// The words of a language that are in a text, apart from what is quoted in it.
fn words_of(language: &[&str], text: &str) -> Vec<String> {
    let unquoted = text.split('`').step_by(2).collect::<Vec<_>>().join(" ");
    let words = unquoted.split(|c: char| !c.is_alphabetic());
    words.filter(|word| language.contains(word)).map(str::to_owned).collect()
}

#[test]
fn sixty_wrong_commands_are_refused_in_the_language_that_was_asked_for() {
    let workspace = Workspace::with_pictures(2, 8, 8);
    workspace.add("x/a.png", &pictures::png(8, 8, 1));
    workspace.add("x/A.png", &pictures::png(8, 8, 2));
    workspace.add("there/grises/00_grises.png", b"");
    workspace.add("empty/notes.txt", b"");
    workspace.add("deep/below/a.png", &pictures::png(8, 8, 1));
    workspace.add("bad.toml", b"[[variant]]\nsteps = [\"sepja\"]\n");
    let twice = b"[[exception]]\nimage = \"a.png\"\n[[excepcion]]\nimage = \"b.png\"\n";
    workspace.add("twice.toml", twice);
    workspace.add("broken.toml", b"[job\n");
    workspace.add("kind.toml", b"[job]\nquality = \"much\"\n");
    let (mut all, mut mixed) = (String::new(), Vec::new());
    for command in WRONG {
        let (en, es) = (said(&workspace, command, "en"), said(&workspace, command, "es"));
        assert!(en.starts_with("error: ") && es.starts_with("error: "), "{command}\n{en}\n{es}");
        all += &workspace.redact(&format!("$ lote {command}\n{en}{es}\n"));
        let (in_en, in_es) = (words_of(SPANISH, &en), words_of(ENGLISH, &es));
        if !in_en.is_empty() || !in_es.is_empty() {
            mixed.push(format!("{command}: {in_en:?} {in_es:?}"));
        }
    }
    insta::assert_snapshot!("sixty_wrong_commands", all);
    assert!(mixed.is_empty(), "{mixed:#?}");
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

#[test]
fn a_recipe_tells_where_its_numbers_come_from_in_spanish() {
    let workspace = Workspace::new();
    for name in ["web", "instagram", "tienda", "impresion", "archivo", "miniaturas"] {
        let shown = said(&workspace, &format!("recetas ver {name}"), "es");
        let (first, rest) = shown.split_once('\n').unwrap();
        let english = said(&workspace, &format!("recipes show {name}"), "en");
        assert_eq!(rest, english.split_once('\n').unwrap().1);
        assert!(first.starts_with("# 2026-11. ") && first.ends_with(':'), "{first}");
        let words: Vec<_> = first.split(' ').collect();
        assert!(words.iter().all(|word| !ENGLISH.contains(word)), "{first}");
        assert!(words.iter().any(|word| SPANISH.contains(word)), "{first}");
    }
}

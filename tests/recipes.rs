//! Recipes and defaults: what one keeps in order not to type it.

use crate::support::workspace::assert_same;
use crate::support::{Workspace, pictures};

const RECIPE: &str = r#"
    [job]
    quality = 40
    pattern = "{variant}/{name}"
    [[variant]]
    name = "web"
    steps = ["redimensionar:porcentaje=50", "sepia"]
    [[variant]]
    steps = ["grises"]
"#;

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.add("in/a.jpg", &pictures::jpeg(40, 30, 1));
    workspace
}

#[test]
fn a_recipe_makes_what_its_options_and_filters_would_make() {
    let workspace = workspace();
    workspace.add("my.toml", RECIPE.as_bytes());
    workspace.lote("run in --recipe my.toml -f invertir -o out").run().code(0);
    let typed = "-f web=redimensionar:porcentaje=50+sepia -f grises -f invertir";
    let typed = format!("run in {typed} --quality 40 --pattern {{variant}}/{{name}} -o typed");
    workspace.lote(&typed).run().code(0);
    assert_same(&workspace.files("typed"), &workspace.files("out"));
    assert_eq!(workspace.names("out"), ["grises/a.jpg", "invertir/a.jpg", "web/a.jpg"]);
    // What is typed comes before what is kept.
    workspace.lote("run in --recipe my.toml --quality 95 -o better").run().code(0);
    let size = |folder: &str| workspace.files(folder)["grises/a.jpg"].len();
    assert!(size("better") > size("out"));
}

#[test]
fn a_command_line_becomes_a_recipe_that_makes_the_same() {
    let workspace = workspace();
    let typed = "run in -f web=redimensionar:porcentaje=50 -f grises+blur:radio=2 --quality 30";
    let printed = workspace.lote(&format!("{typed} --print-recipe")).run().code(0).stdout();
    assert!(workspace.names("output_images").is_empty());
    workspace.add("config/lote/recipes/mine.toml", printed.as_bytes());
    workspace.lote("run in --recipe mine -o kept").run().code(0);
    workspace.lote(&format!("{typed} -o typed")).run().code(0);
    assert_same(&workspace.files("typed"), &workspace.files("kept"));
    assert!(workspace.lote("recetas").run().code(0).stdout().contains("mine"));
    assert_eq!(workspace.lote("recipes show mine").run().code(0).stdout(), printed);
}

#[test]
fn every_built_in_recipe_makes_something_by_both_of_its_names() {
    let workspace = workspace();
    for (es, en) in [
        ("web", "web"),
        ("instagram", "instagram"),
        ("tienda", "shop"),
        ("impresion", "print"),
        ("archivo", "archive"),
        ("miniaturas", "thumbnails"),
    ] {
        workspace.lote(&format!("run in --recipe {es} -o es-{en}")).run().code(0);
        workspace.lote(&format!("run in --recipe {en} -o en-{en}")).run().code(0);
        assert_same(&workspace.files(&format!("es-{en}")), &workspace.files(&format!("en-{en}")));
        assert_eq!(workspace.names(&format!("en-{en}")).len(), 1, "{en}");
        let listed = workspace.lote("recipes").env("LOTE_LANG", "es").run().code(0).stdout();
        assert!(listed.contains(es), "{listed}");
    }
}

#[test]
fn a_mistake_in_a_recipe_is_told_with_its_place_and_what_was_meant() {
    let workspace = workspace();
    workspace
        .add("bad.toml", b"[job]\nquality = 80\n[[variant]]\nsteps = [\"grises\", \"sepja\"]\n");
    let said = workspace.lote("run in --recipe bad.toml").run().code(2).stderr;
    assert!(said.contains("bad.toml:4:20: ") && said.contains("did you mean sepia?"), "{said}");
    let said = workspace.lote("run in --recipe miniatura").run().code(2).stderr;
    assert!(said.contains("did you mean miniaturas?"), "{said}");
    workspace.lote("recipes show nowhere.toml").run().code(2);
}

#[test]
fn defaults_come_from_the_configuration_folder_or_a_file() {
    let workspace = workspace();
    workspace.add("config/lote/lote.toml", b"idioma = \"es\"\n[trabajo]\npatron = \"x/{name}\"\n");
    let run = workspace.lote("run in -f grises -o out").env("LOTE_LANG", "").run().code(0);
    assert_eq!(workspace.names("out"), ["x/a.jpg"]);
    assert!(run.stderr.contains("1 correctas"), "{}", run.stderr);
    workspace.add("other.toml", b"[job]\nformat = \"png\"\n");
    workspace.lote("run in -f grises -o other --config other.toml").run().code(0);
    assert_eq!(workspace.names("other"), ["grises/a_grises.png"]);
    workspace.add("wrong.toml", b"[job]\njobs = 0\n");
    let said = workspace.lote("run in -f grises --config wrong.toml").run().code(2).stderr;
    assert!(said.contains("jobs is a number from 1 to 1024"), "{said}");
}

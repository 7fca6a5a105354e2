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
fn an_output_of_a_recipe_may_have_names_of_its_own() {
    const OWN: &str = r#"
        [job]
        pattern = "{variant}/{name}"
        [[variant]]
        name = "web"
        pattern = "{name}-{width}"
        steps = ["redimensionar:porcentaje=50"]
        [[variant]]
        name = "borde"
        patron = "fotos/{n}_{variant}"
        steps = ["bordes_fuera"]
        [[variant]]
        steps = ["grises"]
    "#;
    let workspace = workspace();
    workspace.add("own.toml", OWN.as_bytes());
    workspace.lote("run in --recipe own.toml -f sepia -o out").run().code(0);
    let first = ["fotos/1_borde.jpg", "grises/a.jpg", "sepia/a.jpg", "web/a-20.jpg"];
    assert_eq!(workspace.names("out"), first);
    // The record knows them.
    workspace.add("in/0.jpg", &pictures::jpeg(40, 30, 2));
    let resumed = workspace.lote("run --resume -o out --json").run().code(0);
    assert_eq!((&resumed.json()["ok"], &resumed.json()["skipped"]), (&4.into(), &4.into()));
    assert!(workspace.names("out").contains(&"fotos/2_borde.jpg".into()));
    // So does the recipe of the command line, and what is typed comes before it.
    let printed = workspace.lote("run --recipe own.toml --print-recipe").run().code(0).stdout();
    workspace.add("printed.toml", printed.as_bytes());
    workspace.lote("run in --recipe printed.toml -o printed").run().code(0);
    assert!(workspace.names("printed").contains(&"web/a-20.jpg".into()), "{printed}");
    workspace.lote("run in/a.jpg --recipe own.toml --pattern x_{variant} -o typed").run().code(2);
    workspace
        .lote("run in/a.jpg --recipe own.toml --pattern x/{name}_{variant} -o typed")
        .run()
        .code(0);
    assert_eq!(workspace.names("typed"), ["x/a_borde.jpg", "x/a_grises.jpg", "x/a_web.jpg"]);
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
fn what_is_typed_comes_before_what_a_recipe_says_of_its_files() {
    let workspace = workspace();
    workspace.lote("run in --recipe thumbnails -o usual").run().code(0);
    assert_eq!(workspace.names("usual"), ["miniaturas/a_miniaturas.webp"]);
    workspace.lote("run in --recipe thumbnails --quality 5 -o poor").run().code(0);
    let size = |folder: &str| workspace.files(folder)["miniaturas/a_miniaturas.webp"].len();
    assert!(size("poor") < size("usual"));
    workspace
        .lote("run in --recipe thumbnails --format png -f web=grises@bmp -o png")
        .run()
        .code(0);
    assert_eq!(workspace.names("png"), ["miniaturas/a_miniaturas.png", "web/a_web.bmp"]);
    let printed =
        "run in -f web=grises@webp:calidad=60@jpeg:calidad=80,progresivo=si --print-recipe";
    let printed = workspace.lote(printed).run().code(0).stdout();
    let files = "files = [\"webp:calidad=60\", \"jpeg:calidad=80,progresivo=si\"]";
    assert!(printed.contains(files), "{printed}");
}

#[test]
fn a_shop_gets_the_whole_picture_on_a_white_square() {
    let workspace = workspace();
    workspace.lote("run in --recipe tienda --formato png -o out").run().code(0);
    let square = image::open(workspace.path("out/tienda/a_tienda.png")).unwrap().to_rgb8();
    assert_eq!(square.dimensions(), (2048, 2048));
    // 40 x 30 px fill the width, and 256 rows above and below are left.
    assert_eq!(square.get_pixel(1024, 200).0, [255; 3]);
    assert_ne!(square.get_pixel(1024, 1024).0, [255; 3]);
}

const EXCEPTIONS: &str = r#"
    [[variant]]
    name = "web"
    steps = ["recortar:aspecto=1:1", "logo:archivo=brand.png,tamano=5px", "grises"]
    files = ["png"]

    [[exception]]
    image = "b.png"
    variant = "web"
    step = "recortar"
    x = 2
    y = 3
    width = 20
    height = 10

    [[exception]]
    imagen = "sub/a.png"
    variante = "web"
    paso = "logo:archivo=other.png,posicion=centro"
"#;

/// Two pictures that a logo of one's own is put on, with exceptions for both.
fn exceptional() -> Workspace {
    let workspace = Workspace::new();
    for name in ["in/b.png", "in/c.png", "in/sub/a.png", "kept/brand.png", "kept/other.png"] {
        workspace.add(name, &pictures::png(40, 30, name.len() as u32));
    }
    workspace.add("kept/mine.toml", EXCEPTIONS.as_bytes());
    workspace
}

#[test]
fn what_was_placed_by_hand_for_one_image_is_so_for_that_one_alone() {
    let workspace = exceptional();
    workspace.lote("run in -R --recipe kept/mine.toml -o out").run().code(0);
    let logo = "logo:archivo=kept/brand.png,tamano=5px";
    for (name, steps) in [
        ("b", format!("recortar:x=2,y=3,ancho=20,alto=10+{logo}+grises")),
        ("c", format!("recortar:aspecto=1:1+{logo}+grises")),
        (
            "sub/a",
            "recortar:aspecto=1:1+logo:archivo=kept/other.png,tamano=5px,posicion=centro+grises"
                .into(),
        ),
    ] {
        let alone = format!("{}.png", name.replace('/', "-"));
        let apply = format!("worker apply in/{name}.png {alone} -f {steps}");
        workspace.lote(&apply).run().code(0);
        let made = std::fs::read(workspace.path(&alone)).unwrap();
        assert!(workspace.files("out")[&format!("web/{name}_web.png")] == made, "{name}");
    }
}

#[test]
fn a_job_that_goes_on_makes_again_what_has_another_exception_and_nothing_else() {
    let workspace = exceptional();
    workspace.lote("run in -R --recipe kept/mine.toml -o out").run().code(0);
    let again = workspace.lote("run --resume -o out").run().code(0).stderr;
    assert!(again.contains("3 there already"), "{again}");
    workspace.lote("rerun -o out").run().code(0);
    let changed = EXCEPTIONS.replace("x = 2", "x = 5");
    workspace.add("kept/mine.toml", changed.as_bytes());
    let resumed = "run in -R --recipe kept/mine.toml --resume -o out --ndjson";
    let lines = workspace.lote(resumed).run().code(0).stdout();
    let made: Vec<_> = lines.lines().filter(|line| line.contains("\"status\":\"ok\"")).collect();
    assert!(made.len() == 1 && made[0].contains("b.png"), "{lines}");
}

#[test]
fn an_exception_that_cannot_be_made_is_told_with_its_place() {
    let workspace = exceptional();
    for (from, to, said) in [
        ("width = 20", "widht = 20", "kept/mine.toml:13:"),
        ("width = 20", "widht = 20", "did you mean width?"),
        ("variant = \"web\"\n    step", "variant = \"webb\"\n    step", "did you mean web?"),
        ("step = \"recortar\"", "step = 7", "mine.toml:10:12: web has no step 7"),
        ("image = \"b.png\"", "picture = \"b.png\"", "an exception has image, variant, step"),
        ("x = 2", "x = [2]", "x must be a number, a text, true or false"),
    ] {
        assert!(EXCEPTIONS.contains(from), "{from}");
        workspace.add("kept/mine.toml", EXCEPTIONS.replacen(from, to, 1).as_bytes());
        let told = workspace.lote("run in --recipe kept/mine.toml -o out").run().code(2).stderr;
        assert!(told.contains(said), "{said}: {told}");
    }
    workspace.add("kept/mine.toml", EXCEPTIONS.replace("b.png", "z.png").as_bytes());
    let told = workspace.lote("run in -R --recipe kept/mine.toml -o out").run().code(0).stderr;
    assert!(told.contains("exception for z.png"), "{told}");
    let again = "[[exception]]\nimage = \"a.png\"\nvariant = \"web\"\nstep = \"grises\"\n";
    workspace.add("kept/mine.toml", [EXCEPTIONS, again, again].concat().as_bytes());
    let told = workspace.lote("run in -R --recipe kept/mine.toml -o out").run().code(0).stderr;
    let hint = "exception for a.png, which is not among the images; did you mean sub/a.png?";
    assert_eq!(told.matches(hint).count(), 1, "{told}");
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

#[test]
fn what_a_recipe_switches_on_can_be_switched_off_by_the_command_line() {
    let workspace = workspace();
    workspace.add("in/below/b.jpg", &pictures::jpeg(40, 30, 2));
    let recipe = b"[job]\nrecursive = true\nkeep_dates = true\n[[variant]]\nsteps = [\"grises\"]\n";
    workspace.add("deep.toml", recipe);
    workspace.lote("run in --recipe deep.toml -o all").run().code(0);
    assert_eq!(workspace.names("all").len(), 2);
    let run = "run in --recipe deep.toml --recursive=no --keep-dates=no -o one";
    workspace.lote(run).run().code(0);
    assert_eq!(workspace.names("one"), ["grises/a_grises.jpg"]);
    workspace.lote("run -Rn in -f grises -o none").run().code(0);
    assert!(workspace.names("none").is_empty());
}

#[test]
fn a_recipe_says_where_it_names_what_is_not_there() {
    let workspace = workspace();
    let said = |recipe: &str| {
        workspace.add("r.toml", recipe.as_bytes());
        workspace.lote("run in --recipe r.toml -o out").run().code(2).stderr
    };
    let lost = said("[[variant]]\nname = \"a\"\nsteps = [\n  \"logo:file=nosuch.png\"]\n");
    assert!(lost.contains("r.toml:4:3: cannot use nosuch.png: no such file"), "{lost}");
    let twice = "[[variant]]\nname = \"a\"\nsteps = [\"sepia\"]\n";
    let twice = said(&twice.repeat(2));
    assert!(twice.contains("r.toml:5:8: two variants are named a"), "{twice}");
}

#[test]
fn the_language_of_the_defaults_is_that_of_help_and_usage_errors() {
    let workspace = workspace();
    workspace.add("config/lote/lote.toml", b"language = \"es\"\n");
    let said = |command: &str| workspace.lote(command).env("LOTE_LANG", "").env("LANG", "C").run();
    assert!(said("run --help").stdout().contains("Opciones:"));
    assert!(said("run --bogus").stderr.contains("no hay ninguna opción --bogus"));
    workspace.add("other.toml", b"language = \"en\"\n");
    assert!(said("run --help --config other.toml").stdout().contains("Options:"));
    workspace.add("other.toml", b"\nlanguage = \"fr\"\n");
    let wrong = said("doctor --config other.toml").code(2).stderr;
    assert!(wrong.contains("other.toml:2:12: there is no value fr"), "{wrong}");
}

#[test]
fn a_word_that_is_almost_right_is_given_in_english() {
    let workspace = workspace();
    for (recipe, said) in [
        ("[job.set]\nartst = \"x\"\n", "r.toml:2:1: there is no option artst|did you mean artist?"),
        ("[job]\nset = \"artist=x\"\n", "artist=x does not fit here; it takes a table|"),
        ("[job]\nformat = \"jpgg\"\n", "r.toml:2:10: there is no format jpgg|did you mean jpeg?"),
        (
            "[job]\nformat = \"xyzzy\"\n",
            "there is no format xyzzy|`lote formats` lists the formats",
        ),
        ("[[varient]]\n", "there is no option varient|did you mean variant?"),
        ("[job]\njobs = 0\n", "r.toml:2:8: jobs is a number from 1 to 1024|"),
    ] {
        workspace.add("r.toml", recipe.as_bytes());
        let told = workspace.lote("run in --recipe r.toml -f grises -o out").run().code(2).stderr;
        let (what, hint) = said.split_once('|').unwrap();
        assert!(told.contains(what) && told.contains(hint), "{said}: {told}");
    }
    let said = workspace.lote("run in --recipe wbe").run().code(2).stderr;
    assert!(said.contains("did you mean web?"), "{said}");
    let said = workspace.lote("watch in --recipe web --report x.csv").run().code(2).stderr;
    assert!(!said.contains("reposo"), "{said}");
    let said = workspace.lote("run in -f grises --calidda 3").run().code(2).stderr;
    assert!(said.contains("did you mean --calidad?"), "{said}");
}

//! The command line in Spanish: names of commands and options, which are always understood, and
//! their help, which is shown where the language is Spanish.

use std::fs;
use std::io;
use std::path::Path;

use anstyle::Style;
use clap::builder::Str;
use clap::{Arg, ArgAction, Command};

use lote_engine::lang::Lang;

/// What a command does.
const COMMANDS: &[(&str, &str)] = &[
    ("lote", "Procesa imágenes por lotes en procesos aislados"),
    ("serve", "Abre la página web para procesar imágenes"),
    ("run", "Procesa imágenes y carpetas de imágenes"),
    ("watch", "Procesa lo que aparece o cambia en carpetas, hasta que se termina"),
    ("rerun", "Repite el último trabajo de una carpeta de salida, o lo que falló en él"),
    ("compare", "Mide procesos contra hilos: tiempo, memoria y lo que cuesta una caída"),
    (
        "demo",
        "Golpea a sus propios procesos en pleno trabajo, como procesos y como hilos; demuestra que no se pierde nada",
    ),
    ("samples", "Escribe imágenes de muestra: degradados, figuras, tramas"),
    ("doctor", "Muestra qué ofrece este equipo y si arrancan los procesos"),
    ("filters", "Enumera los filtros y sus parámetros"),
    ("formats", "Enumera los formatos que se leen y se escriben"),
    ("recipes", "Enumera las recetas, o muestra una"),
    ("show", "Muestra una receta"),
    ("completions", "Escribe las terminaciones para un intérprete de órdenes"),
    ("manual", "Escribe las páginas de manual en una carpeta"),
    ("worker", "Ejecuta un proceso a mano, para depurar y medir"),
    ("apply", "Hace una salida de una imagen, en este proceso"),
    (
        "connect",
        "Trabaja para el maestro que escucha en SOCKET (lo escribe `lote run --external-workers`)",
    ),
];

/// An option or argument by its id: its Spanish name, if it has one of its own, and what it does.
const ARGUMENTS: &[(&str, &str, &str)] = &[
    ("quiet", "callado", "Dice solo lo que fue mal"),
    (
        "verbose",
        "detallado",
        "Dice más: cada salida; dos veces, lo que anotan el maestro y sus procesos",
    ),
    ("color", "", "Usa colores"),
    (
        "config",
        "configuracion",
        "Toma los valores por defecto de ARCHIVO y no de lote.toml en la carpeta de configuración",
    ),
    (
        "filters",
        "filtro",
        "Filtro, o cadena de filtros unidos con +; cada -f hace una salida por imagen.\n-f grises  -f blur:radio=8  -f \"web=redimensionar:porcentaje=50+marca_agua:texto=Hola\"",
    ),
    (
        "recipe",
        "receta",
        "Hace lo que dice una receta, además de lo que diga -f; `lote recetas` las enumera. Las demás opciones van por delante de las suyas",
    ),
    (
        "recursive",
        "recursivo",
        "Busca en las carpetas con todo lo que hay debajo, salvo carpetas del sistema y ocultas",
    ),
    (
        "files_from",
        "lista",
        "Toma también las imágenes y carpetas que enumera ARCHIVO, una por línea; - es la entrada estándar",
    ),
    ("null", "nulos", "La lista se separa con caracteres NUL, como la escribe `find -print0`"),
    (
        "include",
        "incluir",
        "Toma solo archivos cuyo nombre coincide, o su ruta bajo RUTA si PATRÓN tiene /; repetible",
    ),
    ("exclude", "excluir", "Deja fuera archivos y carpetas cuyo nombre o ruta coincide; repetible"),
    (
        "raw",
        "crudos",
        "Toma los archivos raw de carpetas (DNG, NEF, CR2 …) también junto a otra imagen del mismo nombre",
    ),
    (
        "shard",
        "parte",
        "Hace solo esta parte de las imágenes: 3/16 es la tercera de dieciséis; cada una puede ir en otro equipo que vea las mismas carpetas. auto pregunta a Slurm o a Kubernetes cuál es",
    ),
    (
        "job",
        "trabajo",
        "El nombre que tienen en común las partes de un trabajo, para ver si todas hallaron las mismas imágenes",
    ),
    ("output", "salida", "Carpeta de las salidas"),
    (
        "pattern",
        "patron",
        "Dónde van las salidas bajo CARPETA y cómo se llaman: {name} {variant} {dir} {n:04} {page} {date} {date:%Y-%m} {time} {width} {height} {format}. Sin /, es el nombre del archivo en {variant}/{dir}/  [por defecto: {variant}/{dir}/{name}_{variant}]",
    ),
    ("jobs", "trabajos", "Cuántas imágenes se procesan a la vez  [por defecto: una por núcleo]"),
    (
        "timeout",
        "limite-tiempo",
        "Segundos que puede tardar una imagen  [por defecto: 60, y 2 por megapíxel y salida]",
    ),
    ("max_memory", "memoria-max", "Memoria que puede usar un proceso: 800M, 2G"),
    (
        "max_pixels",
        "pixeles-max",
        "La mayor imagen, en píxeles, con todos sus fotogramas o páginas  [por defecto: 250M]",
    ),
    (
        "max_frames",
        "fotogramas-max",
        "Fotogramas de una animación, o páginas de un archivo, como mucho  [por defecto: 5000]",
    ),
    (
        "sandbox",
        "aislamiento",
        "Si los procesos se encierran con sus entradas y salidas: cuanto pueda el sistema, del todo o nada, o no  [por defecto: auto]",
    ),
    (
        "worker_command",
        "orden-proceso",
        "Arranca esto como proceso en lugar del propio programa: \"valgrind lote-worker\"",
    ),
    ("mode", "modo", "Muchos procesos, o un proceso con muchos hilos  [por defecto: processes]"),
    ("format", "formato", "Formato de las salidas  [por defecto: el de cada entrada]"),
    ("quality", "calidad", "Calidad de los formatos con pérdida  [por defecto: 75]"),
    ("subsampling", "submuestreo", "Cuán basto es el color en JPEG: auto, input, 420, 422, 444"),
    ("progressive", "progresivo", "Si los JPEG se ven enteros mientras se cargan"),
    (
        "if_larger",
        "si-mayor",
        "Qué escribir donde nada cambia la imagen y el resultado es mayor que su entrada  [por defecto: write]",
    ),
    (
        "background",
        "fondo",
        "Color tras los píxeles transparentes donde el formato no los tiene  [por defecto: #ffffff]",
    ),
    (
        "metadata",
        "metadatos",
        "Qué metadatos se guardan, de EXIF, XMP, IPTC y comentarios por igual: todos, todos menos el lugar, solo de quién es la imagen, o ninguno. Resolución y perfil, siempre  [por defecto: keep]",
    ),
    (
        "set",
        "poner",
        "Escribe esto en todos los metadatos que tiene el formato: artist=…, copyright=…, description=…, keywords=a;b",
    ),
    (
        "profile",
        "perfil",
        "En qué colores van las salidas: los de cada imagen, o sRGB, al que se convierten los píxeles  [por defecto: keep]",
    ),
    (
        "keep_dates",
        "conservar-fechas",
        "Da a las salidas la fecha en que se cambiaron sus imágenes",
    ),
    ("if_exists", "si-existe", "Qué hacer con las salidas que existen  [por defecto: overwrite]"),
    (
        "if_collides",
        "si-coincide",
        "Qué hacer con imágenes cuyas salidas se llamarían igual  [por defecto: fail]",
    ),
    (
        "resume",
        "reanudar",
        "Sigue donde acabaron los trabajos anteriores: no vuelve a hacer ninguna salida que conste en CARPETA/.lote y no haya cambiado, ni su imagen ni su filtro. Sin RUTA ni FILTRO, hace todo lo que se pidió al último trabajo de CARPETA",
    ),
    ("trust_record", "confiar-registro", "Hace lo que consta, estén donde estén sus entradas"),
    ("durable", "duradero", "Lleva cada salida al disco antes de darla por hecha"),
    (
        "report",
        "informe",
        "Escribe un informe al terminar: ARCHIVO.html, ARCHIVO.csv o ARCHIVO.json",
    ),
    (
        "print_recipe",
        "ver-receta",
        "Escribe lo que se pide como receta en la salida estándar, y no hace nada",
    ),
    (
        "forecast",
        "pronostico",
        "Con -n: hace algunas imágenes, y dice cuánto ocuparán las salidas y cuánto se tardará",
    ),
    ("dry_run", "simular", "Muestra lo que se haría, y no hace nada"),
    ("json", "", "Escribe las cifras en la salida estándar, como JSON"),
    ("ndjson", "", "Escribe los sucesos en la salida estándar, un objeto JSON por línea"),
    (
        "external_workers",
        "procesos-externos",
        "Deja unirse a procesos arrancados a mano: `lote worker connect SOCKET`",
    ),
    ("failed", "fallidas", "Solo lo que falló, y deja lo que hay"),
    ("settle", "reposo", "Segundos que un archivo tiene que estar quieto antes de tomarlo"),
    ("image", "", "La imagen"),
    ("made", "", "Dónde va la salida; su terminación elige el formato"),
    ("confine", "aislamiento", "Si se encierra con su entrada y la carpeta de su salida"),
    ("input", "entrada", "Carpeta con imágenes para empezar; se crea si hace falta"),
    (
        "roots",
        "raiz",
        "Carpeta de la que se puede elegir en la página, con las de debajo; repetible  [por defecto: la de entrada]",
    ),
    (
        "host",
        "direccion",
        "Dirección en la que se escucha; cualquiera que no sea de este equipo necesita el código que se escribe",
    ),
    ("port", "puerto", "Puerto en el que se escucha; 0 toma uno libre"),
    ("open", "abrir", "Abre la página en el navegador"),
    (
        "token_file",
        "archivo-codigo",
        "Guarda el código en ARCHIVO, que se crea si hace falta, para que siga siendo el mismo; entonces lo necesitan todos, también este equipo",
    ),
    (
        "allow_origin",
        "permitir-origen",
        "Deja usar el servidor a las páginas de otro origen, como `http://localhost:3000`; repetible",
    ),
    ("rounds", "rondas", "Cuántas veces se mide cada cosa"),
    ("images", "imagenes", "Cuántas imágenes de muestra"),
    ("keep", "guardar", "Guarda las imágenes y salidas en esta carpeta"),
    ("count", "cuantas", "Cuántas"),
    ("dir", "", "La carpeta en la que se escriben"),
    ("paths", "", "Imágenes, y carpetas de imágenes; - es la entrada estándar, para una imagen"),
    ("folders", "", "Carpetas que vigilar, con todo lo que hay debajo"),
    ("name", "", "El nombre de la receta, o su archivo"),
    ("shell", "", "El intérprete de órdenes"),
    ("socket", "", "El socket"),
    ("filter", "filtro", "Filtro, o cadena de filtros unidos con +"),
    ("page", "pagina", "Solo este fotograma o esta página, desde 1"),
    ("help", "ayuda", "Muestra la ayuda"),
    ("version", "", "Muestra la versión"),
];

/// What follows the help of the program.
const EXIT_CODES: &str = "\
Códigos de salida: 0 todo hecho o ya estaba, 1 fallaron algunas imágenes, 2 uso, 3 nada que hacer,
4 rechazado antes de empezar, 5 los procesos no arrancan o no dejan de caer, 130/143 interrumpido.

Los mensajes están en español cuando LOTE_LANG o la configuración regional dice es.";

/// How `lote run` is used.
const RUN: &str = "\
lote run [OPCIONES] --filtro <FILTRO> <RUTA>...
     lote run [OPCIONES] --receta <ARCHIVO|NOMBRE> <RUTA>...
     lote run [OPCIONES] --reanudar [--salida <CARPETA>]";

/// What stands for values.
const VALUES: &[(&str, &str)] = &[
    ("PATH", "RUTA"),
    ("DIR", "CARPETA"),
    ("FILE", "ARCHIVO"),
    ("FILE|NAME", "ARCHIVO|NOMBRE"),
    ("NAME", "NOMBRE"),
    ("FILTER", "FILTRO"),
    ("FORMAT", "FORMATO"),
    ("PATTERN", "PATRÓN"),
    ("GLOB", "PATRÓN"),
    ("POLICY", "POLÍTICA"),
    ("MODE", "MODO"),
    ("HOW", "CÓMO"),
    ("WHICH", "CUÁL"),
    ("WHAT", "QUÉ"),
    ("WHEN", "CUÁNDO"),
    ("yes/no", "sí/no"),
    ("NAME=VALUE", "NOMBRE=VALOR"),
    ("SECONDS", "SEGUNDOS"),
    ("PIXELS", "PÍXELES"),
    ("COMMAND", "ORDEN"),
    ("PART", "PARTE"),
    ("ADDRESS", "DIRECCIÓN"),
    ("PORT", "PUERTO"),
    ("ORIGIN", "ORIGEN"),
    ("IMAGE", "IMAGEN"),
    ("OUTPUT", "SALIDA"),
    ("SHELL", "INTÉRPRETE"),
];

/// The command line, with names in both languages and help in that one.
pub(super) fn command(command: Command, lang: Lang) -> Command {
    let command = described(command, lang);
    if lang == Lang::En {
        return command;
    }
    // Only a command that knows its place tells how it is used.
    let mut command = framed(command).after_help(EXIT_CODES);
    command.build();
    used(command)
}

fn described(command: Command, lang: Lang) -> Command {
    let about = COMMANDS.iter().find(|(name, _)| *name == command.get_name());
    let mut command = command.mut_args(|arg| argument(arg, lang));
    if let Some((_, about)) = about.filter(|_| lang == Lang::Es) {
        command = command.about(*about).long_about(*about);
    }
    command.mut_subcommands(|sub| described(sub, lang))
}

/// The command with what frames its help in Spanish: headings, and the options for help and version.
fn framed(command: Command) -> Command {
    let heading = |arg: Arg| {
        let heading = if arg.is_positional() { "Argumentos" } else { "Opciones" };
        arg.help_heading(heading)
    };
    let own = |id: &'static str, short: char, action| {
        argument(Arg::new(id).short(short).long(id).action(action), Lang::Es)
    };
    let mut framed = command
        .disable_help_flag(true)
        .arg(own("help", 'h', ArgAction::Help))
        .subcommand_help_heading("Órdenes")
        .subcommand_value_name("ORDEN");
    if framed.get_version().is_some() {
        framed = framed.disable_version_flag(true).arg(own("version", 'V', ArgAction::Version));
    }
    let title = Style::new().bold().underline();
    let template = format!(
        "{{before-help}}{{about-with-newline}}\n{title}Uso:{title:#} {{usage}}\n\n{{all-args}}{{after-help}}"
    );
    framed.mut_args(heading).help_template(template).mut_subcommands(self::framed)
}

/// The command with how it is used in Spanish.
fn used(mut command: Command) -> Command {
    let usage = if command.get_name() == "run" {
        RUN.to_owned()
    } else {
        let usage = command.render_usage().to_string();
        usage.trim_start_matches("Usage: ").replace("[OPTIONS]", "[OPCIONES]")
    };
    command.override_usage(usage).mut_subcommands(used)
}

fn argument(mut arg: Arg, lang: Lang) -> Arg {
    let Some((_, name, help)) = ARGUMENTS.iter().find(|(id, ..)| *id == arg.get_id().as_str())
    else {
        return arg;
    };
    let known = arg.get_long().is_none()
        || arg.get_long() == Some(*name)
        || arg.get_all_aliases().is_some_and(|all| all.contains(name));
    if !name.is_empty() && !known {
        arg = arg.alias(*name);
    }
    if lang == Lang::En {
        return arg;
    }
    let values = arg.get_value_names().unwrap_or_default().iter().map(|value| {
        let known = VALUES.iter().find(|(en, _)| *en == value.as_str());
        known.map_or_else(|| value.clone(), |(_, es)| Str::from(*es))
    });
    let values: Vec<_> = values.collect();
    if !values.is_empty() {
        arg = arg.value_names(values);
    }
    let help = format!("{help}{}", choices(&arg));
    arg.help(help).long_help(None::<&str>).hide_default_value(true).hide_possible_values(true)
}

/// What an option is by itself, and what it can be.
fn choices(arg: &Arg) -> String {
    let mut said = String::new();
    if !arg.get_action().takes_values() {
        return said;
    }
    let usual = arg.get_default_values().iter().map(|value| value.to_string_lossy());
    let usual = usual.collect::<Vec<_>>().join(" ");
    if !usual.is_empty() {
        said.extend([" [por defecto: ", &usual, "]"]);
    }
    let possible = arg.get_possible_values();
    let possible = possible.iter().filter(|value| !value.is_hide_set());
    // The Spanish word, where it has one of its own, is its alias.
    let words = possible.filter_map(|value| value.get_name_and_aliases().last());
    let words = words.collect::<Vec<_>>().join(", ");
    if !words.is_empty() {
        said.extend([" [valores: ", &words, "]"]);
    }
    said
}

/// The sections of manual pages, which the library names in English.
const SECTIONS: &[(&str, &str)] = &[
    ("NAME", "NOMBRE"),
    ("SYNOPSIS", "SINOPSIS"),
    ("DESCRIPTION", "DESCRIPCIÓN"),
    ("OPTIONS", "OPCIONES"),
    ("SUBCOMMANDS", "ÓRDENES"),
    ("EXTRA", "ADEMÁS"),
    ("VERSION", "VERSIÓN"),
    ("AUTHORS", "AUTORES"),
];

/// Names the sections of all manual pages in a folder.
pub(super) fn name_sections(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_none_or(|ending| ending != "1") {
            continue;
        }
        let page = fs::read_to_string(&path)?;
        let lines = page.lines().map(|line| {
            let heading = line.strip_prefix(".SH ").map(|name| name.trim_matches('"'));
            let known = SECTIONS.iter().find(|(en, _)| heading == Some(*en));
            known.map_or_else(|| line.to_owned(), |(_, es)| format!(".SH {es}"))
        });
        fs::write(&path, lines.map(|line| line + "\n").collect::<String>())?;
    }
    Ok(())
}

/// A page of help in that language: what commands are called besides is all that is not said by us.
pub(super) fn help(page: &str, lang: Lang) -> String {
    match lang {
        Lang::En => page.to_owned(),
        Lang::Es => page.replace("[aliases: ", "[alias: "),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;

    fn each(command: &Command, see: &mut impl FnMut(&Command)) {
        see(command);
        command.get_subcommands().for_each(|sub| each(sub, see));
    }

    #[test]
    fn every_command_and_option_is_described_in_spanish() {
        let mut missing = Vec::new();
        each(&Cli::command(), &mut |command| {
            if !COMMANDS.iter().any(|(name, _)| *name == command.get_name()) {
                missing.push(command.get_name().to_owned());
            }
            for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
                if !ARGUMENTS.iter().any(|(id, ..)| *id == arg.get_id().as_str()) {
                    missing.push(format!("{} {}", command.get_name(), arg.get_id()));
                }
            }
        });
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn names_in_spanish_are_no_others_names() {
        command(Cli::command(), Lang::Es).debug_assert();
        command(Cli::command(), Lang::En).debug_assert();
    }
}

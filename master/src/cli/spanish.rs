//! The command line in Spanish: names of commands and options, which are always understood, and
//! their help, which is shown where the language is Spanish.

use std::fs;
use std::io;
use std::path::Path;

use anstyle::Style;
use clap::builder::Str;
use clap::{Arg, ArgAction, Command};

use lote_engine::lang::Lang;

/// Options by their English names, and what they are called in Spanish.
const NAMES: &[(&str, &str)] = &[
    ("quiet", "callado"),
    ("verbose", "detallado"),
    ("config", "configuracion"),
    ("filter", "filtro"),
    ("recursive", "recursivo"),
    ("quality", "calidad"),
    ("subsampling", "submuestreo"),
    ("progressive", "progresivo"),
    ("jobs", "trabajos"),
    ("timeout", "limite-tiempo"),
    ("max-memory", "memoria-max"),
    ("max-pixels", "pixeles-max"),
    ("max-frames", "fotogramas-max"),
    ("sandbox", "aislamiento"),
    ("worker-command", "orden-proceso"),
    ("dry-run", "simular"),
    ("forecast", "pronostico"),
    ("metadata", "metadatos"),
    ("set", "poner"),
    ("profile", "perfil"),
    ("keep-dates", "conservar-fechas"),
    ("recipe", "receta"),
    ("include", "incluir"),
    ("exclude", "excluir"),
    ("raw", "crudos"),
    ("output", "salida"),
    ("pattern", "patron"),
    ("mode", "modo"),
    ("format", "formato"),
    ("if-larger", "si-mayor"),
    ("background", "fondo"),
    ("if-exists", "si-existe"),
    ("if-collides", "si-coincide"),
    ("durable", "duradero"),
    ("files-from", "lista"),
    ("null", "nulos"),
    ("resume", "reanudar"),
    ("trust-record", "confiar-registro"),
    ("spool", "carpeta-paso"),
    ("spool-max", "paso-max"),
    ("record", "registro"),
    ("fleet", "flota"),
    ("pool", "grupo"),
    ("name", "nombre"),
    ("user", "usuario"),
    ("password-file", "archivo-clave"),
    ("insecure", "sin-cifrar"),
    ("store", "almacen"),
    ("shard", "parte"),
    ("job", "trabajo"),
    ("report", "informe"),
    ("print-recipe", "ver-receta"),
    ("external-workers", "procesos-externos"),
    ("settle", "reposo"),
    ("failed", "fallidas"),
    ("input", "entrada"),
    ("root", "raiz"),
    ("host", "direccion"),
    ("port", "puerto"),
    ("open", "abrir"),
    ("token-file", "archivo-codigo"),
    ("allow-origin", "permitir-origen"),
    ("rounds", "rondas"),
    ("images", "imagenes"),
    ("keep", "guardar"),
    ("count", "cuantas"),
    ("page", "pagina"),
    ("help", "ayuda"),
];

/// What commands, options and arguments do, by what their help says in English.
const HELP: &[(&str, &str)] = &[
    (
        "Batch image processing in isolated worker processes",
        "Procesa imágenes por lotes en procesos aislados",
    ),
    ("Say only what went wrong", "Dice solo lo que fue mal"),
    (
        "Say more: every output; twice for what the master and its workers log",
        "Dice más: cada salida; dos veces, lo que anotan el maestro y sus procesos",
    ),
    ("Use colours", "Usa colores"),
    (
        "Take defaults from FILE and not from lote.toml in the configuration folder",
        "Toma los valores por defecto de ARCHIVO y no de lote.toml en la carpeta de configuración",
    ),
    ("Open the web page to process images with", "Abre la página web para procesar imágenes"),
    ("Process images and folders of images", "Procesa imágenes y carpetas de imágenes"),
    (
        "Process what appears or changes in folders, until it is told to end",
        "Procesa lo que aparece o cambia en carpetas, hasta que se termina",
    ),
    (
        "Repeat the last job of an output folder, or what failed in it",
        "Repite el último trabajo de una carpeta de salida, o lo que falló en él",
    ),
    (
        "Work for the jobs of other machines that see the same folders, until it is told to end",
        "Trabaja para otros equipos que ven las mismas carpetas, hasta que se termina",
    ),
    (
        "Show or change what many machines do together",
        "Muestra o cambia lo que hacen juntos muchos equipos",
    ),
    (
        "With `s3://…`: where images and outputs lie while they are worked on [default: lote/spool in the cache folder]",
        "Con `s3://…`: dónde están las imágenes y las salidas mientras se trabaja en ellas [por defecto: lote/spool en la carpeta de caché]",
    ),
    (
        "About what those may take: 800M, 2G  [default: 2G]",
        "Lo que pueden ocupar, más o menos: 800M, 2G  [por defecto: 2G]",
    ),
    (
        "With outputs to `s3://…`: the folder of their record  [default: below lote/records in the state folder]",
        "Con salidas a `s3://…`: la carpeta de su registro  [por defecto: bajo lote/records en la carpeta de estado]",
    ),
    (
        "The fleet's server: `tls://HOST:4222`; auto takes it from `LOTE_FLEET`, or fleet.toml in the configuration folder",
        "El servidor de la flota: `tls://EQUIPO:4222`; auto lo toma de `LOTE_FLEET`, o de fleet.toml en la carpeta de configuración",
    ),
    (
        "A folder that all machines see, and the name that it goes by; with :ro it takes no outputs. Repeatable",
        "Una carpeta que ven todos los equipos, y el nombre que lleva; con :ro no admite salidas. Se puede repetir",
    ),
    (
        "Whose agents work on it  [default: default]",
        "De qué grupo son los agentes que lo hacen  [por defecto: default]",
    ),
    (
        "The user that the fleet's server knows  [default: `LOTE_FLEET_USER`]",
        "El usuario que conoce el servidor de la flota  [por defecto: `LOTE_FLEET_USER`]",
    ),
    (
        "The file with that user's password  [default: `LOTE_FLEET_PASSWORD_FILE`]",
        "El archivo con la clave de ese usuario  [por defecto: `LOTE_FLEET_PASSWORD_FILE`]",
    ),
    (
        "Also trust certificates of this authority  [default: `LOTE_FLEET_CA`]",
        "Confía también en los certificados de esta autoridad  [por defecto: `LOTE_FLEET_CA`]",
    ),
    (
        "Speak to another machine in the clear, where anybody between can read and change it",
        "Habla sin cifrar con otro equipo: quien esté en medio puede leerlo y cambiarlo",
    ),
    (
        "What this agent is called  [default: the machine's name and four random characters]",
        "Cómo se llama este agente  [por defecto: el nombre del equipo y cuatro caracteres al azar]",
    ),
    ("Show the agents that are there, and the jobs", "Muestra los agentes que hay, y los trabajos"),
    (
        "Write the configuration of a server for a fleet, with new passwords, to standard output",
        "Escribe en la salida estándar la configuración de un servidor para una flota, con claves nuevas",
    ),
    (
        "The name by which all machines reach the server; localhost takes no other machines",
        "El nombre con el que todos los equipos llegan al servidor; localhost no admite otros equipos",
    ),
    ("The port", "El puerto"),
    (
        "The folder that the server keeps its queue in",
        "La carpeta en la que el servidor guarda su cola",
    ),
    ("Have nothing more made of a job", "Hace que no se siga con un trabajo"),
    ("The job, as `lote fleet status` names it", "El trabajo, como lo llama `lote fleet status`"),
    (
        "Have an agent finish what it has begun, and end",
        "Hace que un agente termine lo que ha empezado y acabe",
    ),
    ("The agent, as `lote fleet status` names it", "El agente, como lo llama `lote fleet status`"),
    (
        "Measure processes against threads: time, memory, and what a crash costs",
        "Mide procesos contra hilos: tiempo, memoria y lo que cuesta una caída",
    ),
    (
        "Strike the own workers in mid-job, as processes and as threads; prove that nothing is lost",
        "Golpea a sus propios procesos en pleno trabajo, como procesos y como hilos; demuestra que no se pierde nada",
    ),
    (
        "Write sample images: gradients, figures, patterns",
        "Escribe imágenes de muestra: degradados, figuras, tramas",
    ),
    (
        "Show what this machine offers, and whether workers start",
        "Muestra qué ofrece este equipo y si arrancan los procesos",
    ),
    ("List the filters and their parameters", "Enumera los filtros y sus parámetros"),
    ("List the recipes, or print one", "Enumera las recetas, o muestra una"),
    (
        "List the formats that are read and written",
        "Enumera los formatos que se leen y se escriben",
    ),
    (
        "Print a completion script for a shell",
        "Escribe las terminaciones para un intérprete de órdenes",
    ),
    ("The shell", "El intérprete de órdenes"),
    ("Write the manual pages to a folder", "Escribe las páginas de manual en una carpeta"),
    ("The folder to write them to", "La carpeta en la que se escriben"),
    (
        "Run a worker by hand, for debuggers and profilers",
        "Ejecuta un proceso a mano, para depurar y medir",
    ),
    ("Images, and folders of images", "Imágenes, y carpetas de imágenes"),
    (
        "Filter, or chain of filters joined by +; each -f makes one output an image.\n-f grises  -f blur:radius=8  -f \"web=resize:percent=50+watermark:text=Hola\"",
        "Filtro, o cadena de filtros unidos con +; cada -f hace una salida por imagen.\n-f grises  -f blur:radio=8  -f \"web=redimensionar:porcentaje=50+marca_agua:texto=Hola\"",
    ),
    (
        "Search folders with everything below them",
        "Busca en las carpetas con todo lo que hay debajo",
    ),
    (
        "Quality of lossy formats  [default: 75]",
        "Calidad de los formatos con pérdida  [por defecto: 75]",
    ),
    (
        "How coarse colour is in JPEG: auto, input, 420, 422, 444",
        "Cuán basto es el color en JPEG: auto, input, 420, 422, 444",
    ),
    (
        "Whether JPEGs are seen as a whole while they load",
        "Si los JPEG se ven enteros mientras se cargan",
    ),
    (
        "How many images are worked on at the same time  [default: one a core]",
        "Cuántas imágenes se procesan a la vez  [por defecto: una por núcleo]",
    ),
    (
        "Seconds that an image may take  [default: 60, and 2 for each megapixel and output]",
        "Segundos que puede tardar una imagen  [por defecto: 60, y 2 por megapíxel y salida]",
    ),
    ("Memory that a worker may use: 800M, 2G", "Memoria que puede usar un proceso: 800M, 2G"),
    (
        "Largest image, in pixels, all frames or pages together  [default: 250M]",
        "La mayor imagen, en píxeles, con todos sus fotogramas o páginas  [por defecto: 250M]",
    ),
    (
        "Most frames of an animation, or pages of a file  [default: 5000]",
        "Fotogramas de una animación, o páginas de un archivo, como mucho  [por defecto: 5000]",
    ),
    (
        "Whether workers confine themselves to their inputs and outputs: as far as this system can, wholly or not at all, or not  [default: auto]",
        "Si los procesos se encierran con sus entradas y salidas: cuanto pueda el sistema, del todo o nada, o no  [por defecto: auto]",
    ),
    (
        "Try what files can do in this folder, which a fleet is to share: names, locks, times. Repeatable",
        "Prueba qué se puede hacer con archivos en esta carpeta, que compartirá una flota: nombres, bloqueos, fechas. Repetible",
    ),
    (
        "Start this as a worker in place of the program itself: \"valgrind lote-worker\"",
        "Arranca esto como proceso en lugar del propio programa: \"valgrind lote-worker\"",
    ),
    ("Show what would be done, and do nothing", "Muestra lo que se haría, y no hace nada"),
    (
        "With -n: make some of the images, and tell how large the outputs will be and how long it takes",
        "Con -n: hace algunas imágenes, y dice cuánto ocuparán las salidas y cuánto se tardará",
    ),
    (
        "Write the figures of the run to standard output, as JSON",
        "Escribe las cifras del trabajo en la salida estándar, como JSON",
    ),
    (
        "Write events to standard output, a JSON object a line",
        "Escribe los sucesos en la salida estándar, un objeto JSON por línea",
    ),
    (
        "Which metadata are kept, of EXIF, XMP, IPTC and comments alike: all, all that say no place, only whose the image is, or none. Resolution and profile always are  [default: keep]",
        "Qué metadatos se guardan, de EXIF, XMP, IPTC y comentarios por igual: todos, todos menos el lugar, solo de quién es la imagen, o ninguno. Resolución y perfil, siempre  [por defecto: keep]",
    ),
    (
        "State this in all metadata that the format has: artist=…, copyright=…, description=…, keywords=a;b",
        "Escribe esto en todos los metadatos que tiene el formato: artist=…, copyright=…, description=…, keywords=a;b",
    ),
    (
        "Which colours the outputs are in: those of each image, or sRGB, to which pixels are converted [default: keep]",
        "En qué colores van las salidas: los de cada imagen, o sRGB, al que se convierten los píxeles  [por defecto: keep]",
    ),
    (
        "Give outputs the time at which their images were changed",
        "Da a las salidas la fecha en que se cambiaron sus imágenes",
    ),
    (
        "Make what a recipe says, besides what -f says; `lote recipes` lists them. Other options come before the recipe's",
        "Hace lo que dice una receta, además de lo que diga -f; `lote recetas` las enumera. Las demás opciones van por delante de las suyas",
    ),
    (
        "Search folders with everything below them, but for folders of the system and hidden ones",
        "Busca en las carpetas con todo lo que hay debajo, salvo carpetas del sistema y ocultas",
    ),
    (
        "Take only files whose name matches, or whose path below PATH if GLOB has a /; repeatable",
        "Toma solo archivos cuyo nombre coincide, o su ruta bajo RUTA si PATRÓN tiene /; repetible",
    ),
    (
        "Leave out files and folders whose name or path matches; repeatable",
        "Deja fuera archivos y carpetas cuyo nombre o ruta coincide; repetible",
    ),
    (
        "Take raw files of folders (DNG, NEF, CR2 …) also beside another image of the same name",
        "Toma los archivos raw de carpetas (DNG, NEF, CR2 …) también junto a otra imagen del mismo nombre",
    ),
    (
        "Folder for the outputs; - is standard output, for one image",
        "Carpeta de las salidas; - es la salida estándar, para una imagen",
    ),
    (
        "Where outputs go below DIR, and what they are called: {name} {variant} {dir} {n:04} {page} {date} {date:%Y-%m} {time} {width} {height} {format}. Without a /, it is the file's name in {variant}/{dir}/  [default: {variant}/{dir}/{name}_{variant}]",
        "Dónde van las salidas bajo CARPETA y cómo se llaman: {name} {variant} {dir} {n:04} {page} {date} {date:%Y-%m} {time} {width} {height} {format}. Sin /, es el nombre del archivo en {variant}/{dir}/  [por defecto: {variant}/{dir}/{name}_{variant}]",
    ),
    (
        "Many processes, or one process with many threads  [default: processes]",
        "Muchos procesos, o un proceso con muchos hilos  [por defecto: processes]",
    ),
    (
        "Format of the outputs  [default: as each input]",
        "Formato de las salidas  [por defecto: el de cada entrada]",
    ),
    (
        "What to write where nothing changes the picture and the result is larger than its input [default: write]",
        "Qué escribir donde nada cambia la imagen y el resultado es mayor que su entrada  [por defecto: write]",
    ),
    (
        "Colour behind transparent pixels where the format has none  [default: #ffffff]",
        "Color tras los píxeles transparentes donde el formato no los tiene  [por defecto: #ffffff]",
    ),
    (
        "What to do about outputs that exist  [default: overwrite]",
        "Qué hacer con las salidas que existen  [por defecto: overwrite]",
    ),
    (
        "What to do about images whose outputs would have the same name  [default: fail]",
        "Qué hacer con imágenes cuyas salidas se llamarían igual  [por defecto: fail]",
    ),
    (
        "Force every output to the disk before it counts as made",
        "Lleva cada salida al disco antes de darla por hecha",
    ),
    (
        "Images, and folders of images; - is standard input, for one image",
        "Imágenes, y carpetas de imágenes; - es la entrada estándar, para una imagen",
    ),
    (
        "Also take the images and folders that FILE lists, one a line; - is standard input",
        "Toma también las imágenes y carpetas que enumera ARCHIVO, una por línea; - es la entrada estándar",
    ),
    (
        "The list is separated by NUL characters, as `find -print0` writes it",
        "La lista se separa con caracteres NUL, como la escribe `find -print0`",
    ),
    (
        "Go on where the runs before ended: make no output again that is on record in DIR/.lote and has not changed since, nor its image or filter. Without FILTER, do all that the last job in DIR was asked for, if its inputs are in PATH, beside DIR or in the current folder",
        "Sigue donde acabaron los trabajos anteriores: no vuelve a hacer ninguna salida que conste en CARPETA/.lote y no haya cambiado, ni su imagen ni su filtro. Sin FILTRO, hace todo lo que se pidió al último trabajo de CARPETA, si sus entradas están en RUTA, al lado de CARPETA o en la carpeta actual",
    ),
    (
        "With --resume and without FILTER: do what is on record wherever its inputs are",
        "Con --reanudar y sin FILTRO: hace lo que consta, estén donde estén sus entradas",
    ),
    (
        "Make only this part of the images: 3/16 is the third of sixteen, each of which may run on another machine that sees the same folders. auto asks Slurm or Kubernetes which it is",
        "Hace solo esta parte de las imágenes: 3/16 es la tercera de dieciséis; cada una puede ir en otro equipo que vea las mismas carpetas. auto pregunta a Slurm o a Kubernetes cuál es",
    ),
    (
        "The name that the parts of a job have in common, so that they can see whether all have found the same images  [default: that of the Slurm array]",
        "El nombre que tienen en común las partes de un trabajo, para ver si todas hallaron las mismas imágenes  [por defecto: el de la serie de Slurm]",
    ),
    (
        "Write a report when the run is over: FILE.html, FILE.csv or FILE.json",
        "Escribe un informe al terminar: ARCHIVO.html, ARCHIVO.csv o ARCHIVO.json",
    ),
    (
        "Write what is asked for as a recipe to standard output, and do nothing",
        "Escribe lo que se pide como receta en la salida estándar, y no hace nada",
    ),
    (
        "Let workers join that were started by hand: `lote worker connect SOCKET`",
        "Deja unirse a procesos arrancados a mano: `lote worker connect SOCKET`",
    ),
    (
        "Folders to watch, with everything below them",
        "Carpetas que vigilar, con todo lo que hay debajo",
    ),
    (
        "Seconds that a file has to stand still before it is taken",
        "Segundos que un archivo tiene que estar quieto antes de tomarlo",
    ),
    ("Print a recipe", "Muestra una receta"),
    ("The recipe's name, or its file", "El nombre de la receta, o su archivo"),
    (
        "Where the inputs of the job are, if neither beside the outputs nor in the current folder",
        "Dónde están las entradas del trabajo, si no están ni junto a las salidas ni en la carpeta actual",
    ),
    ("The folder with the outputs of the job", "La carpeta con las salidas del trabajo"),
    ("Only what failed, and leave what is there", "Solo lo que falló, y deja lo que hay"),
    (
        "Do what is on record wherever its inputs are",
        "Hace lo que consta, estén donde estén sus entradas",
    ),
    (
        "Folder with images to begin with; it is made if need be",
        "Carpeta con imágenes para empezar; se crea si hace falta",
    ),
    (
        "Folder for the outputs; it is made if need be",
        "Carpeta de las salidas; se crea si hace falta",
    ),
    (
        "Folder that images may be chosen from in the page, with those below it, and the name that it goes by in a fleet; with :ro it takes no outputs. Repeatable [default: the input folder]",
        "Carpeta de la que se pueden elegir imágenes en la página, con las que contiene, y el nombre por el que se la conoce en una flota; con :ro no admite salidas. Se puede repetir  [por defecto: la de entrada]",
    ),
    (
        "Address to listen at; any but this machine's own needs the token that is printed",
        "Dirección en la que se escucha; cualquiera que no sea de este equipo necesita el código que se escribe",
    ),
    (
        "Port to listen at; 0 takes one that is free",
        "Puerto en el que se escucha; 0 toma uno libre",
    ),
    ("Open the page in the browser", "Abre la página en el navegador"),
    (
        "Keep the token in FILE, which is made if need be, so that it stays the same; then everyone needs it, this machine included",
        "Guarda el código en ARCHIVO, que se crea si hace falta, para que siga siendo el mismo; entonces lo necesitan todos, también este equipo",
    ),
    (
        "Let the pages of another origin, such as `http://localhost:3000`, use the server; repeatable",
        "Deja usar el servidor a las páginas de otro origen, como `http://localhost:3000`; repetible",
    ),
    ("How often each is measured", "Cuántas veces se mide cada cosa"),
    ("As JSON", "Como JSON"),
    ("How many sample images", "Cuántas imágenes de muestra"),
    ("Keep the images and outputs in this folder", "Guarda las imágenes y salidas en esta carpeta"),
    ("How many", "Cuántas"),
    (
        "Make one output of one image, in this process",
        "Hace una salida de una imagen, en este proceso",
    ),
    ("The image", "La imagen"),
    (
        "Where the output goes; its ending chooses the format",
        "Dónde va la salida; su terminación elige el formato",
    ),
    ("Filter, or chain of filters joined by +", "Filtro, o cadena de filtros unidos con +"),
    ("Only this frame or page, from 1", "Solo este fotograma o esta página, desde 1"),
    (
        "Whether it confines itself to its input and the folder of its output",
        "Si se encierra con su entrada y la carpeta de su salida",
    ),
    (
        "Colour behind transparent pixels where the format has none",
        "Color tras los píxeles transparentes donde el formato no los tiene",
    ),
    ("Memory that this process may use: 800M, 2G", "Memoria que puede usar este proceso: 800M, 2G"),
    (
        "Work for the master that listens at SOCKET (printed by `lote run --external-workers`)",
        "Trabaja para el maestro que escucha en SOCKET (lo escribe `lote run --external-workers`)",
    ),
    ("The socket", "El socket"),
    ("Print help", "Muestra la ayuda"),
    ("Print version", "Muestra la versión"),
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

/// Whether an option, as it is typed, is a name in Spanish that is no English one.
pub(super) fn is_name(option: &str) -> bool {
    let name = option.trim_start_matches('-');
    NAMES.iter().any(|(_, es)| *es == name) && NAMES.iter().all(|(en, _)| *en != name)
}

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
    let about = command.get_about().and_then(|about| help_in_spanish(&about.to_string()));
    let mut command = command.mut_args(|arg| argument(arg, lang));
    if let Some(about) = about.filter(|_| lang == Lang::Es) {
        command = command.about(about).long_about(about);
    }
    command.mut_subcommands(|sub| described(sub, lang))
}

/// The Spanish of what a help says in English.
fn help_in_spanish(english: &str) -> Option<&'static str> {
    HELP.iter().find(|(en, _)| *en == english).map(|(_, es)| *es)
}

/// The command with what frames its help in Spanish: headings, and the options for help and version.
fn framed(command: Command) -> Command {
    let heading = |arg: Arg| {
        let heading = match arg.get_help_heading() {
            Some("Fleet") => "Flota",
            Some("Stores") => "Almacenes",
            _ if arg.is_positional() => "Argumentos",
            _ => "Opciones",
        };
        arg.help_heading(heading)
    };
    let own = |id: &'static str, help: &'static str, short: char, action| {
        argument(Arg::new(id).short(short).long(id).help(help).action(action), Lang::Es)
    };
    let mut framed = command
        .disable_help_flag(true)
        .arg(own("help", "Print help", 'h', ArgAction::Help))
        .subcommand_help_heading("Órdenes")
        .subcommand_value_name("ORDEN");
    if framed.get_version().is_some() {
        let version = own("version", "Print version", 'V', ArgAction::Version);
        framed = framed.disable_version_flag(true).arg(version);
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
    let name = NAMES.iter().find(|(en, _)| arg.get_long() == Some(*en)).map(|(_, es)| *es);
    if let Some(name) = name
        && !arg.get_all_aliases().is_some_and(|all| all.contains(&name))
    {
        arg = arg.alias(name);
    }
    if lang == Lang::En {
        return arg;
    }
    let help = arg.get_help().and_then(|help| help_in_spanish(&help.to_string()));
    let values = arg.get_value_names().unwrap_or_default().iter().map(|value| {
        let known = VALUES.iter().find(|(en, _)| *en == value.as_str());
        known.map_or_else(|| value.clone(), |(_, es)| Str::from(*es))
    });
    let values: Vec<_> = values.collect();
    if !values.is_empty() {
        arg = arg.value_names(values);
    }
    let Some(help) = help else { return arg };
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

    /// What a command and all below it say of themselves and of their arguments, with where that is.
    fn helps(command: &Command, path: &str, said: &mut Vec<(String, String)>) {
        let path = format!("{path} {}", command.get_name());
        let shown = command.get_arguments().filter(|arg| !arg.is_hide_set());
        let of = |arg: &Arg| {
            let help = arg.get_long_help().or(arg.get_help());
            let help = help.map(ToString::to_string).unwrap_or_default();
            // What it can be follows in Spanish only.
            let help = help.strip_suffix(&choices(arg)).unwrap_or(&help).to_owned();
            (format!("{path} {}", arg.get_id()), help)
        };
        said.extend(shown.map(of));
        let about = command.get_long_about().or(command.get_about());
        said.push((path.clone(), about.map(ToString::to_string).unwrap_or_default()));
        command.get_subcommands().for_each(|sub| helps(sub, &path, said));
    }

    #[test]
    fn every_command_and_argument_has_the_spanish_of_exactly_its_english_help() {
        let (mut english, mut spanish) = (Vec::new(), Vec::new());
        helps(&Cli::command(), "", &mut english);
        helps(&described(Cli::command(), Lang::Es), "", &mut spanish);
        let wanted = |(place, help): &(String, String)| {
            let known = HELP.iter().find(|(en, _)| en == help);
            (
                place.clone(),
                known.map_or_else(|| format!("no Spanish of {help:?}"), |(_, es)| (*es).to_owned()),
            )
        };
        let wanted: Vec<_> = english.iter().map(wanted).collect();
        assert!(wanted.len() > 150, "{}", wanted.len());
        for (wanted, found) in wanted.iter().zip(&spanish) {
            assert_eq!(wanted, found);
        }
        assert_eq!(wanted.len(), spanish.len());
    }

    #[test]
    fn no_help_is_there_twice_or_for_nothing() {
        let mut said = Vec::new();
        helps(&Cli::command(), "", &mut said);
        let own = ["Print help", "Print version"];
        for (place, (en, _)) in HELP.iter().enumerate() {
            assert!(own.contains(en) || said.iter().any(|(_, help)| help == en), "{en}");
            assert!(HELP[..place].iter().all(|(other, _)| other != en), "{en}");
        }
    }

    #[test]
    fn names_in_spanish_are_no_others_names() {
        command(Cli::command(), Lang::Es).debug_assert();
        command(Cli::command(), Lang::En).debug_assert();
    }
}

//! What the program says, in Spanish: one catalogue for errors, hints, usage and help.
//!
//! Errors are written in English where they arise, as NDJSON, journals and logs have them, and
//! become Spanish here, at the edge. A `{}` stands for what is filled in, which stays as it is
//! unless the catalogue has it, too.

use super::Lang;

/// English and Spanish, in which `{}` stand for the same in the same order. Of several that match,
/// the first one counts.
const PHRASES: &[(&str, &str)] = &[
    // What was asked for.
    ("no input given", "no se ha dado ninguna entrada"),
    ("no filter given", "no se ha dado ningún filtro"),
    ("name files or folders with images", "indica archivos o carpetas con imágenes"),
    (
        "name a filter, as in -f grises; `lote filters` lists them",
        "indica un filtro, como en -f grises; `lote filtros` los enumera",
    ),
    ("no images found in {}", "no se encontraron imágenes en {}"),
    ("-R searches subfolders too", "-R busca también en las subcarpetas"),
    ("--include and --exclude leave everything out", "--incluir y --excluir lo dejan todo fuera"),
    (
        "{} is an image by its content; name it, or give it an ending that says so",
        "{} es una imagen por su contenido; nómbrala, o dale una extensión que lo diga",
    ),
    (
        "images are {}; a file given by its own name is taken whatever it is called",
        "las imágenes son {}; un archivo que se nombra se toma se llame como se llame",
    ),
    ("cannot read {}: {}", "no se puede leer {}: {}"),
    ("check the path and its permissions", "comprueba la ruta y sus permisos"),
    (
        "{} is an input folder and would be written to",
        "{} es una carpeta de entrada y se escribiría en ella",
    ),
    ("the output {} would replace an input", "la salida {} sustituiría a una entrada"),
    (
        "originals are never touched; choose another folder with -o",
        "los originales no se tocan nunca; elige otra carpeta con -o",
    ),
    (
        "{} image would have the same output as another: {}",
        "{} imagen tendría la misma salida que otra: {}",
    ),
    (
        "{} images would have the same output as another: {}",
        "{} imágenes tendrían la misma salida que otra: {}",
    ),
    (
        "--if-collides rename numbers them; or process the folders one by one",
        "--si-coincide renombrar las numera; o procesa las carpetas de una en una",
    ),
    (
        "the variants {} and {} would have the same output of {}",
        "las variantes {} y {} tendrían la misma salida de {}",
    ),
    ("put {variant} into the name pattern", "pon {variant} en el patrón de nombres"),
    (
        "{width} and {height} are not known before {} of {} is done",
        "{width} y {height} no se conocen antes de aplicar {} de {}",
    ),
    (
        "take {width} and {height} out of the name pattern",
        "quita {width} y {height} del patrón de nombres",
    ),
    ("{} of the outputs exists: {}", "{} de las salidas existe: {}"),
    ("{} of the outputs exist: {}", "{} de las salidas existen: {}"),
    (
        "--if-exists overwrite, skip or rename goes on in spite of them",
        "--si-existe sobrescribir, saltar o renombrar sigue a pesar de ellas",
    ),
    ("cannot write to {}: {}", "no se puede escribir en {}: {}"),
    ("choose another folder with -o", "elige otra carpeta con -o"),
    ("cannot list the folder: {}", "no se puede listar la carpeta: {}"),
    ("no path is listed in {}", "en {} no hay ninguna ruta"),
    (
        "--files-from takes a file with one path a line, or -",
        "--lista toma un archivo con una ruta por línea, o -",
    ),
    // Files and fonts that filters need.
    (
        "the text {} cannot be written: no font here has {}",
        "el texto {} no se puede escribir: ninguna fuente de aquí tiene {}",
    ),
    (
        "install a font that has them (Noto has one for every script), or give it by fuente; \
         coloured emoji are not drawn",
        "instala una fuente que los tenga (Noto tiene una para cada escritura), o dala con fuente; \
         los emojis en color no se dibujan",
    ),
    ("no font is called {}, and no file", "ninguna fuente se llama {}, ni ningún archivo"),
    (
        "give the path of a font file, or a family as in fc-list",
        "da la ruta de un archivo de fuente, o una familia como en fc-list",
    ),
    ("no font has {}", "ninguna fuente tiene {}"),
    ("{} takes files that end in {}", "{} toma archivos que acaban en {}"),
    ("it is no font that can be read", "no es una fuente que se pueda leer"),
    (
        "it has text, whose font may be missing: turn its text into paths (<{}>)",
        "tiene texto, cuya fuente puede faltar: convierte el texto en trazados (<{}>)",
    ),
    ("it has an image within it (<{}>)", "tiene una imagen dentro (<{}>)"),
    ("it has a foreign object within it (<{}>)", "tiene un objeto ajeno dentro (<{}>)"),
    ("it has an effect that is not drawn (<{}>)", "tiene un efecto que no se dibuja (<{}>)"),
    ("it refers to what is outside of it: {}", "remite a algo que está fuera: {}"),
    ("it is no SVG that can be read: {}", "no es un SVG que se pueda leer: {}"),
    ("it is too complex to be drawn", "es demasiado complejo para dibujarlo"),
    ("it would take too long to draw", "se tardaría demasiado en dibujarlo"),
    ("it would take too much memory to draw", "dibujarlo ocuparía demasiada memoria"),
    ("the pattern {} cannot be used: {}", "el patrón {} no se puede usar: {}"),
    ("{} cannot be used: {}", "{} no se puede usar: {}"),
    (
        "write it as for a shell, in quotes: '*.jpg'",
        "escríbelo como para un intérprete de órdenes, entre comillas: '*.jpg'",
    ),
    // Reasons of the system.
    ("no such file or folder", "no existe el archivo o la carpeta"),
    ("permission denied", "permiso denegado"),
    ("a file stands where a folder should", "hay un archivo donde debería haber una carpeta"),
    ("the file system is read-only", "el sistema de archivos es de solo lectura"),
    ("no space left on the disk", "no queda sitio en el disco"),
    ("its name is too long", "su nombre es demasiado largo"),
    // Filters.
    ("the name before = is empty", "el nombre antes de = está vacío"),
    ("a filter is missing before or after +", "falta un filtro antes o después de +"),
    ("a parameter is missing after : or , in {}", "falta un parámetro después de : o , en {}"),
    ("the quotation that {} opens is not closed", "no se cierran las comillas que abre {}"),
    (
        "after the closing {} only , or + or the end can follow",
        "después de cerrar {} solo pueden venir , o + o el final",
    ),
    ("a backslash at the end stands for nothing", "una barra inversa al final no significa nada"),
    ("unknown filter: {}; did you mean {}?", "filtro desconocido: {}; ¿querías decir {}?"),
    ("unknown filter: {}", "filtro desconocido: {}"),
    (
        "{} has no parameter {}; did you mean {}?",
        "{} no tiene ningún parámetro {}; ¿querías decir {}?",
    ),
    ("{} has no parameter {}", "{} no tiene ningún parámetro {}"),
    ("{} of {} is given twice", "{} de {} se da dos veces"),
    ("{} of {} needs a value", "{} de {} necesita un valor"),
    ("{} of {} must be {}, not {}", "{} de {} debe ser {}, no {}"),
    ("{} cannot be a variant's name: {}", "{} no puede ser el nombre de una variante: {}"),
    ("two variants are named {}", "dos variantes se llaman {}"),
    ("filters: {}", "filtros: {}"),
    ("its parameters are {}", "sus parámetros son {}"),
    ("it has no parameters", "no tiene parámetros"),
    ("a number from {} to {}", "un número de {} a {}"),
    ("a whole number from {} to {}", "un número entero de {} a {}"),
    ("{} is not expected after {}", "{} no se espera después de {}"),
    (
        "write a name, as in web=grises, or leave the = out",
        "escribe un nombre, como en web=grises, o quita el =",
    ),
    (
        "join filters by one +, as in grises+blur",
        "une los filtros con un solo +, como en grises+blur",
    ),
    (
        "parameters are written as in blur:radio=8",
        "los parámetros se escriben como en blur:radio=8",
    ),
    (
        "give one -f for each output, or join filters by + to apply them in turn",
        "da un -f por cada salida, o une filtros con + para aplicarlos uno tras otro",
    ),
    (
        "a variant is written as in web=blur:radio=8+grises; the name comes first",
        "una variante se escribe como web=blur:radio=8+grises; el nombre va delante",
    ),
    (
        "close it with {}, or write {} for the character itself",
        "ciérralo con {}, o escribe {} para el propio carácter",
    ),
    (
        "quote the whole text, and write {} for a {} inside it",
        "pon todo el texto entre comillas, y escribe {} para una {} dentro",
    ),
    ("write \\\\ for the character itself", "escribe \\\\ para el propio carácter"),
    (
        "give it once; its Spanish and English names are the same parameter",
        "dalo una vez; sus nombres en español y en inglés son el mismo parámetro",
    ),
    ("write it as in {}", "escríbelo como en {}"),
    (
        "`lote filters` shows every parameter with its range and default",
        "`lote filtros` muestra cada parámetro con su rango y su valor por defecto",
    ),
    (
        "it names the output folder; choose another, as in web=blur:radio=8+grises",
        "da nombre a la carpeta de salida; elige otro, como en web=blur:radio=8+grises",
    ),
    (
        "each has its own folder; name them, as in -f soft=blur:radio=2 -f strong=blur",
        "cada una tiene su carpeta; ponles nombre, como en -f suave=blur:radio=2 -f fuerte=blur",
    ),
    ("it is empty", "está vacío"),
    ("it is longer than 100 bytes", "pasa de 100 bytes"),
    ("it contains a path separator", "contiene un separador de rutas"),
    ("it contains a control character", "contiene un carácter de control"),
    ("it contains one of < > : \" | ? *", "contiene uno de < > : \" | ? *"),
    ("it is a relative path", "es una ruta relativa"),
    (
        "it starts or ends with a space, or ends with a point",
        "empieza o acaba con un espacio, o acaba con un punto",
    ),
    ("Windows reserves it", "Windows lo reserva"),
    (
        "names that start with .lote are for Lote's own files",
        "los nombres que empiezan por .lote son para los archivos de Lote",
    ),
    // Name patterns.
    (
        "{} stands for nothing in a name; did you mean {}?",
        "{} no significa nada en un nombre; ¿querías decir {}?",
    ),
    ("{} stands for nothing in a name; {} do", "{} no significa nada en un nombre; sí {}"),
    (
        "a brace of the name pattern has no partner; {{ and }} stand for braces",
        "una llave del patrón de nombres no tiene pareja; {{ y }} son llaves",
    ),
    (
        "the name pattern needs {name}, {n}, {date} or {time}, or all images would have the same name",
        "el patrón de nombres necesita {name}, {n}, {date} o {time}; si no, todas las imágenes se llamarían igual",
    ),
    ("a name cannot contain {}", "un nombre no puede contener {}"),
    (
        "the text of the name pattern is longer than {} bytes",
        "el texto del patrón de nombres pasa de {} bytes",
    ),
    (
        "names that start with .lote are for the program's own files",
        "los nombres que empiezan por .lote son para los archivos del programa",
    ),
    (
        "the name pattern leads out of the output folder, or has a folder without a name",
        "el patrón de nombres sale de la carpeta de salida, o tiene una carpeta sin nombre",
    ),
    (
        "{} cannot be written so; {n:04} and {date:%Y-%m} can",
        "{} no se puede escribir así; {n:04} y {date:%Y-%m} sí",
    ),
    (
        "{page} is for frames and pages in files of their own, and they stay in one file",
        "{page} es para fotogramas y páginas en archivos propios, y aquí se quedan en uno solo",
    ),
    // Recipes and reports.
    ("there is no recipe of that name", "no hay ninguna receta con ese nombre"),
    ("did you mean {}? `lote recipes` lists them", "¿querías decir {}? `lote recetas` las enumera"),
    ("`lote recipes` lists them", "`lote recetas` las enumera"),
    (
        "`lote recipes` lists the recipes that there are",
        "`lote recetas` enumera las recetas que hay",
    ),
    ("there is no option {}", "no hay ninguna opción {}"),
    ("there is no value {}", "no hay ningún valor {}"),
    ("did you mean {}?", "¿querías decir {}?"),
    ("there are {}", "hay {}"),
    ("{} is a number from {} to {}", "{} es un número de {} a {}"),
    ("there is no report of the kind of {}", "no hay informes como {}"),
    ("reports are .html, .csv and .json", "los informes son .html, .csv y .json"),
    ("one image at a time goes to standard output", "a la salida estándar va una imagen cada vez"),
    ("name one image, or -", "indica una imagen, o -"),
    (
        "one output goes to standard output, and more are asked for",
        "a la salida estándar va una sola salida, y se piden más",
    ),
    ("use one -f", "usa un solo -f"),
    ("a folder cannot go to standard output", "una carpeta no puede ir a la salida estándar"),
    (
        "an image from standard input goes to standard output",
        "una imagen de la entrada estándar va a la salida estándar",
    ),
    ("add -o -", "añade -o -"),
    ("{} is no folder", "{} no es una carpeta"),
    ("name folders to watch", "indica carpetas que vigilar"),
    // Workers.
    (
        "--worker-command holds no command, or an open quote",
        "--worker-command no contiene ninguna orden, o unas comillas sin cerrar",
    ),
    (
        "write it as for a shell: \"valgrind -q ./lote-worker\"",
        "escríbelo como para un intérprete de órdenes: \"valgrind -q ./lote-worker\"",
    ),
    ("no worker is left: {}", "no queda ningún proceso: {}"),
    ("`lote doctor` looks for the cause", "`lote doctor` busca la causa"),
    (
        "--sandbox auto makes do with what there is; `lote doctor` shows what that is",
        "--aislamiento auto se conforma con lo que hay; `lote doctor` muestra qué es",
    ),
    ("the job on record cannot be repeated: {}", "el trabajo registrado no se puede repetir: {}"),
    (
        "another version of lote has made it; name paths and filters again",
        "lo hizo otra versión de lote; indica de nuevo rutas y filtros",
    ),
    // The server.
    (
        "port {} is in use, perhaps by another `lote serve`",
        "el puerto {} está ocupado, quizá por otro `lote servir`",
    ),
    ("choose another with --port", "elige otro con --puerto"),
    ("cannot listen at {}: {}", "no se puede escuchar en {}: {}"),
    ("choose others with --host and --port", "elige otros con --direccion y --puerto"),
    ("the folder {} cannot be made: {}", "no se puede crear la carpeta {}: {}"),
    ("choose others with --input and --output", "elige otras con --entrada y --salida"),
    ("--allow-origin: {} is no origin", "--permitir-origen: {} no es un origen"),
    (
        "an origin is scheme://host[:port], or null",
        "un origen es esquema://equipo[:puerto], o null",
    ),
    (
        "it holds 64 hexadecimal digits; a new one is made if need be",
        "contiene 64 cifras hexadecimales; si no existe se crea uno nuevo",
    ),
    ("no browser could be opened: {}", "no se pudo abrir ningún navegador: {}"),
];

/// The text in that language, as far as the catalogue has it.
pub fn told(text: &str, lang: Lang) -> String {
    match lang {
        Lang::En => text.to_owned(),
        Lang::Es => spanish(text).unwrap_or_else(|| text.to_owned()),
    }
}

/// The text in Spanish, if the catalogue has it.
pub fn spanish(text: &str) -> Option<String> {
    PHRASES.iter().find_map(|(en, es)| {
        let parts = matched(en, text)?;
        let mut parts = parts.into_iter();
        let mut translated = String::new();
        for (index, piece) in es.split("{}").enumerate() {
            if index > 0 {
                let part = parts.next().unwrap_or_default();
                translated.push_str(&spanish(part).unwrap_or_else(|| part.to_owned()));
            }
            translated.push_str(piece);
        }
        Some(translated)
    })
}

/// What stands for each `{}` of a phrase, if the text is one of its kind.
fn matched<'a>(phrase: &str, text: &'a str) -> Option<Vec<&'a str>> {
    let mut pieces = phrase.split("{}");
    let mut rest = text.strip_prefix(pieces.next()?)?;
    let mut parts = Vec::new();
    let mut pieces = pieces.peekable();
    while let Some(piece) = pieces.next() {
        // The last piece is the end of the text.
        let at = match pieces.peek() {
            None => rest.len().checked_sub(piece.len()).filter(|_| rest.ends_with(piece))?,
            Some(_) => rest.find(piece)?,
        };
        // What is filled in is something, else phrases would match what they are not.
        if at == 0 {
            return None;
        }
        parts.push(&rest[..at]);
        rest = &rest[at + piece.len()..];
    }
    rest.is_empty().then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_is_kept_or_translated_too() {
        for (en, es) in [
            ("no input given", "no se ha dado ninguna entrada"),
            (
                "unknown filter: gris; did you mean grises?",
                "filtro desconocido: gris; ¿querías decir grises?",
            ),
            ("cannot read a b: permission denied", "no se puede leer a b: permiso denegado"),
            (
                "2 images would have the same output as another: a and b",
                "2 imágenes tendrían la misma salida que otra: a and b",
            ),
        ] {
            assert_eq!(told(en, Lang::Es), es);
            assert_eq!(told(en, Lang::En), en);
        }
        assert_eq!(spanish("no input given here"), None);
        assert_eq!(spanish("unknown filter: "), None);
    }

    #[test]
    fn both_languages_of_a_phrase_fill_in_the_same() {
        for (en, es) in PHRASES {
            assert_eq!(en.matches("{}").count(), es.matches("{}").count(), "{en}");
            assert!(en != es, "{en}");
        }
    }
}

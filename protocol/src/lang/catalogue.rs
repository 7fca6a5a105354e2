//! What the program says, in English and in Spanish: the one catalogue of messages.
//!
//! A phrase is known by its English. `{}` stands for what is filled in, as often and in the same
//! order in both. [`text!`](crate::text) refuses to compile a phrase that is not here.

use std::collections::HashMap;
use std::sync::LazyLock;

/// English and Spanish, in which `{}` stand for the same in the same order. Of several that match,
/// the first one counts.
pub(crate) const PHRASES: &[(&str, &str)] = &[
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
    ("cannot read {}: {}", "no se puede leer {}: {}"),
    ("check the path and its permissions", "comprueba la ruta y sus permisos"),
    (
        "name another file, or check its path and permissions",
        "di otro archivo, o comprueba su ruta y sus permisos",
    ),
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
        "the pages of {} would have the same output in {}",
        "las páginas de {} tendrían la misma salida en {}",
    ),
    ("put {page} into the name pattern", "pon {page} en el patrón de nombres"),
    (
        "{width} and {height} are not known before {} of {} is done",
        "{width} y {height} no se conocen antes de aplicar {} de {}",
    ),
    (
        "take {width} and {height} out of the name pattern",
        "quita {width} y {height} del patrón de nombres",
    ),
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
    ("{}; {}", "{}; {}"),
    ("did you mean {}?", "¿querías decir {}?"),
    ("there are {}", "hay {}"),
    ("{} is a number from {} to {}", "{} es un número de {} a {}"),
    ("there is no report of the kind of {}", "no hay informes como {}"),
    ("the report {} is not a regular file", "el informe {} no es un archivo normal"),
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
    ("the root {} is no folder and is left out", "la raíz {} no es una carpeta y se deja fuera"),
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
    // Filter calls and encodings: what a value must be, and what else is wrong with one.
    ("{} takes no parameters", "{} no toma parámetros"),
    (
        "decimals are written with a point, as in 1.5",
        "los decimales se escriben con punto, como en 1.5",
    ),
    ("parameters of {}: {}", "parámetros de {}: {}"),
    ("a length from {} to {} px, or up to {} %", "una longitud de {} a {} px, o hasta {} %"),
    (
        "proportions, width to height, from 1:100 to 100:1",
        "unas proporciones, ancho a alto, de 1:100 a 100:1",
    ),
    ("a whole number from {} to {}, or {}", "un número entero de {} a {}, o {}"),
    ("the path of a file ({})", "la ruta de un archivo ({})"),
    (
        "the path of a font, or a family that the system has",
        "la ruta de una fuente, o una familia que tenga el sistema",
    ),
    ("a colour, #rrggbb, or {}", "un color, #rrggbb, o {}"),
    ("a colour, #rrggbb", "un color, #rrggbb"),
    ("a text of 1 to {} characters", "un texto de 1 a {} caracteres"),
    ("one of {}", "uno de {}"),
    ("yes or no", "si o no"),
    ("true or false", "true o false"),
    ("si/yes or no", "si/yes o no"),
    ("auto or a whole number from 2 to 256", "auto o un número entero de 2 a 256"),
    ("a size, as in 200kB or 1.5MB", "un tamaño, como 200kB o 1.5MB"),
    (
        "`lote formats` shows every option with its range",
        "`lote formatos` muestra cada opción con su rango",
    ),
    (
        "after the closing {} only , or + or @FORMAT or the end can follow",
        "después de cerrar {} solo pueden venir , o + o @FORMATO o el final",
    ),
    ("unknown format: {}; did you mean {}?", "formato desconocido: {}; ¿querías decir {}?"),
    ("unknown format: {}", "formato desconocido: {}"),
    ("{} is only read", "{} solo se lee"),
    ("{} has no option {}; did you mean {}?", "{} no tiene ninguna opción {}; ¿querías decir {}?"),
    ("{} has no option {}", "{} no tiene ninguna opción {}"),
    ("{} is given twice", "{} se da dos veces"),
    ("no filter can follow after @{}", "después de @{} no puede venir ningún filtro"),
    ("{} of {} contradict one another", "{} de {} se contradicen"),
    (
        "close it with {}, or write \\{} for the character itself",
        "ciérralas con {}, o escribe \\{} para el propio carácter",
    ),
    (
        "quote the whole text, and write \\{} for a {} inside it",
        "pon todo el texto entre comillas, y escribe \\{} para una {} dentro",
    ),
    ("formats: {}", "formatos: {}"),
    ("{} has no options", "{} no tiene opciones"),
    ("options of {}: {}", "opciones de {}: {}"),
    (
        "both would be the same file; give two -f with names of their own",
        "las dos serían el mismo archivo; da dos -f con nombres propios",
    ),
    (
        "filters come first, as in grises@{}; write \\@ for the character",
        "los filtros van delante, como en grises@{}; escribe \\@ para el carácter",
    ),
    ("leave one of them out", "quita una de ellas"),
    // Sentences that only join others.
    ("{}: {}", "{}: {}"),
    ("{} ({})", "{} ({})"),
    ("{} and {}", "{} y {}"),
    // Recipes and their exceptions.
    ("there is no variant {}", "no hay ninguna variante {}"),
    ("{} has no step {}", "{} no tiene ningún paso {}"),
    ("{} has {} more than once", "{} tiene {} más de una vez"),
    ("{} must be a number, a text, true or false", "{} debe ser un número, un texto, true o false"),
    ("steps are counted from 1", "los pasos se cuentan desde 1"),
    ("give the step by its place: step = 2", "da el paso por su lugar: paso = 2"),
    (
        "an exception has image, variant, step and values of the step",
        "una excepción tiene imagen, variante, paso y valores del paso",
    ),
    // Plans.
    ("cannot use {}: {}", "no se puede usar {}: {}"),
    (
        "1 image would have the same output as another: {}",
        "1 imagen tendría la misma salida que otra: {}",
    ),
    ("1 of the outputs exists: {}", "1 de las salidas existe: {}"),
    (
        "`lote formats` lists the endings of images; a file given by its own name is taken whatever it is called",
        "`lote formatos` enumera las extensiones de imágenes; un archivo que se nombra se toma se llame como se llame",
    ),
    ("a folder stands where a file should", "hay una carpeta donde debería haber un archivo"),
    // How a run ends outputs that no worker has ended.
    ("not made: {}", "no se hizo: {}"),
    ("not started: interrupted", "no se empezó: interrumpido"),
    ("no worker is left to make it", "no queda ningún proceso que la haga"),
    ("{} agents were lost while they had it", "{} agentes se perdieron mientras la tenían"),
    ("defect in Lote: {}", "defecto de Lote: {}"),
    ("the output was written and is gone again", "la salida se escribió y ha vuelto a desaparecer"),
    (
        "it needs more memory than --max-memory allows ({} MiB)",
        "necesita más memoria de la que permite --memoria-max ({} MiB)",
    ),
    (
        "it needs more memory than there is; a smaller --jobs leaves it more",
        "necesita más memoria de la que hay; un --trabajos menor le deja más",
    ),
    ("its worker process died {} times{} ({})", "su proceso cayó {} veces{} ({})"),
    (
        "it took too long {} times{}; --timeout gives it more time",
        "tardó demasiado {} veces{}; --limite-tiempo le da más tiempo",
    ),
    ("it was not finished in {} attempts{}", "no se acabó en {} intentos{}"),
    ("timeout", "tiempo agotado"),
    ("frozen", "dejó de responder"),
    ("senseless messages", "mensajes sin sentido"),
    ("out of memory", "sin memoria"),
    (" while reading", " al leer"),
    (" while decoding", " al descodificar"),
    (" while filtering", " al filtrar"),
    (" while encoding", " al codificar"),
    (" while writing", " al escribir"),
    // What workers say of files, and of pictures that a format cannot hold.
    ("{} outputs in a row failed: {}", "fallaron {} salidas seguidas: {}"),
    ("the {} is damaged: {}", "el {} está dañado: {}"),
    ("the {} could not be written: {}", "no se pudo escribir el {}: {}"),
    ("its XMP has no place in it", "su XMP no tiene sitio en él"),
    ("a kind of {} that is not read: {}", "un tipo de {} que no se lee: {}"),
    ("{} files of this kind are not supported: {}", "los archivos {} de este tipo no se leen: {}"),
    (
        "{} files are not supported; convert it to JPEG, PNG or TIFF first",
        "los archivos {} no se leen; conviértelo antes a JPEG, PNG o TIFF",
    ),
    (
        "the {} needs more memory than the limits allow",
        "el {} necesita más memoria de la que permiten los límites",
    ),
    (
        "the content is no image of a known format",
        "el contenido no es una imagen de un formato conocido",
    ),
    ("the file is empty", "el archivo está vacío"),
    ("not a regular file", "no es un archivo normal"),
    ("it is a folder", "es una carpeta"),
    ("the file does not exist (any more)", "el archivo no existe (o ya no existe)"),
    (
        "the file may not be read: permission denied",
        "el archivo no se puede leer: permiso denegado",
    ),
    ("the file could not be read: {}", "el archivo no se pudo leer: {}"),
    ("the file could not be read to its end: {}", "el archivo no se pudo leer hasta el final: {}"),
    ("it could not be read: {}", "no se pudo leer: {}"),
    (
        "the file has {} MiB, more than the limit of {} MiB",
        "el archivo tiene {} MiB, más del límite de {} MiB",
    ),
    ("an output has no file", "una salida no tiene archivo"),
    ("it is cut off", "está cortado"),
    ("it has no picture", "no tiene imagen"),
    ("it has {} frames or pages and declares {}", "tiene {} fotogramas o páginas y declara {}"),
    (
        "frame or page {} of {} could not be read",
        "no se pudo leer el fotograma o la página {} de {}",
    ),
    (
        "{width} and {height} are not known of each page of {}",
        "no se conocen {width} y {height} de cada página de {}",
    ),
    ("it holds no picture", "no contiene ninguna imagen"),
    ("there is no picture", "no hay ninguna imagen"),
    ("there is no picture in it", "no hay ninguna imagen dentro"),
    ("there is no picture to write", "no hay ninguna imagen que escribir"),
    ("its width or height is 0", "su ancho o su alto es 0"),
    ("it has a size of {} x {} px", "tiene un tamaño de {} x {} px"),
    ("only {} % of the picture can be read", "solo se puede leer el {} % de la imagen"),
    ("its pixels would begin within its header", "sus píxeles empezarían dentro de la cabecera"),
    ("the bits of a field do not stand together", "los bits de un campo no van seguidos"),
    ("its picture is cut off", "su imagen está cortada"),
    ("its picture is missing", "falta su imagen"),
    ("its picture is of another size than it says", "su imagen tiene otro tamaño del que dice"),
    ("its size is missing", "falta su tamaño"),
    ("its size is impossible", "su tamaño es imposible"),
    ("its header is missing", "falta su cabecera"),
    ("it needs more memory than there is", "necesita más memoria de la que hay"),
    ("it holds no 16 bits a channel", "no admite 16 bits por canal"),
    ("it holds no alpha", "no admite transparencia"),
    ("it holds at most 4 GiB", "admite como mucho 4 GiB"),
    ("the encoder refused it", "el codificador la rechazó"),
    ("{} is only read; choose another format", "{} solo se lee; elige otro formato"),
    ("there is no format called {}", "no hay ningún formato llamado {}"),
    ("the result could not be scored: {}", "el resultado no se pudo puntuar: {}"),
    (
        "no {} within {} bytes with a score of {}: that takes {} bytes; allow more, ask for less, or make the picture smaller",
        "ningún {} de hasta {} bytes llega a una puntuación de {}: hacen falta {} bytes; permite más, pide menos o reduce la imagen",
    ),
    (
        "the result would have {} x {} px, more than the limit of {} px",
        "el resultado tendría {} x {} px, más del límite de {} px",
    ),
    (
        "the result would have {} x {} px and take {} MiB, more than the limit of {} MiB",
        "el resultado tendría {} x {} px y ocuparía {} MiB, más del límite de {} MiB",
    ),
    ("defect in Lote: there is no filter {}", "defecto de Lote: no hay ningún filtro {}"),
    (
        "{} are more than the limit of {} megapixels; raise --max-pixels to allow it",
        "{} pasan del límite de {} megapíxeles; un --pixeles-max mayor lo permite",
    ),
    (
        "{} need {} MiB of memory, more than the limit of {} MiB; {}",
        "{} necesitan {} MiB de memoria, más del límite de {} MiB; {}",
    ),
    (
        "its frames together are more than the limit of {} megapixels; raise --max-pixels to allow it",
        "sus fotogramas juntos pasan del límite de {} megapíxeles; un --pixeles-max mayor lo permite",
    ),
    ("--max-memory {}M allows it", "--memoria-max {}M lo permite"),
    (
        "--max-pixels {}M allows it, without --max-memory or with {}M",
        "--pixeles-max {}M lo permite, sin --memoria-max o con {}M",
    ),
    (
        "the first {} pages have {} megapixels and need {} MiB of memory, more than the limits of {} megapixels and {} MiB; raise --max-pixels to allow it",
        "las primeras {} páginas tienen {} megapíxeles y necesitan {} MiB de memoria, más de los límites de {} megapíxeles y {} MiB; un --pixeles-max mayor lo permite",
    ),
    // AVIF and JPEG XL.
    ("its AV1 is of a kind that is not read", "su AV1 es de un tipo que no se lee"),
    ("its AV1 cannot be decoded", "su AV1 no se puede descodificar"),
    (
        "what says how its samples are stored is no number",
        "lo que dice cómo se guardan sus muestras no es un número",
    ),
    ("its HEVC is of a kind that is not read", "su HEVC es de un tipo que no se lee"),
    ("its HEVC cannot be decoded", "su HEVC no se puede descodificar"),
    ("it is not one picture", "no es una sola imagen"),
    ("a part of its picture is missing", "falta una parte de su imagen"),
    ("its colours are of an unknown kind", "sus colores son de un tipo desconocido"),
    ("its samples are of an unusual depth", "sus muestras tienen una profundidad inusual"),
    (
        "AVIF holds at most {} px a side; resize it",
        "AVIF admite como mucho {} px por lado; reduce la imagen",
    ),
    ("an animation without a still picture", "una animación sin imagen fija"),
    ("it has no list of what is in it", "no tiene la lista de lo que contiene"),
    ("the list of what is in it is cut off", "la lista de lo que contiene está cortada"),
    ("it has too many parts", "tiene demasiadas partes"),
    ("its parts overlap", "sus partes se solapan"),
    ("its alpha is of another size", "su transparencia tiene otro tamaño"),
    ("it has several alphas", "tiene varias transparencias"),
    ("a layer of it is meant", "se refiere a una de sus capas"),
    ("it has an unknown property", "tiene una propiedad desconocida"),
    (
        "it holds no JPEG of {} px or more, and its samples are not read",
        "no contiene un JPEG de {} px o más, y sus muestras no se leen",
    ),
    ("its tiles are cut off", "sus teselas están cortadas"),
    ("its tiles do not fit together", "sus teselas no encajan"),
    ("a tile is missing", "falta una tesela"),
    ("its tiles are not plain pictures", "sus teselas no son imágenes simples"),
    ("the size of a tile is missing", "falta el tamaño de una tesela"),
    ("its tiles are not alike", "sus teselas no son iguales"),
    ("it has no tiles", "no tiene teselas"),
    ("it is cropped between pixels", "está recortada entre píxeles"),
    (
        "its colours are coded by an unusual matrix",
        "sus colores están codificados con una matriz inusual",
    ),
    ("its colours are inks", "sus colores son tintas"),
    ("it has a spot colour", "tiene una tinta plana"),
    ("it is what a sensor saw", "es lo que vio un sensor"),
    (
        "its samples are floating point or have more than 16 bits",
        "sus muestras son de coma flotante o tienen más de 16 bits",
    ),
    (
        "JPEG XL is written from {} px a side on; choose another format",
        "JPEG XL se escribe a partir de {} px por lado; elige otro formato",
    ),
    (
        "JPEG XL is not written with both alpha and 16 bits a channel; choose PNG or TIFF",
        "JPEG XL no se escribe con transparencia y 16 bits por canal a la vez; elige PNG o TIFF",
    ),
    // BMP, GIF, ICO, PNG and WebP.
    ("Huffman coding", "codificación de Huffman"),
    ("a JPEG inside of it", "un JPEG dentro"),
    ("a PNG inside of it", "un PNG dentro"),
    ("compression {} of {} bits a pixel", "compresión {} de {} bits por píxel"),
    (
        "GIF holds at most 65535 px a side; choose another format or resize",
        "GIF admite como mucho 65535 px por lado; elige otro formato o reduce la imagen",
    ),
    ("GIF holds 8-bit colour only", "GIF solo admite color de 8 bits"),
    ("a picture of it is an animation", "una imagen suya es una animación"),
    (
        "ICO holds at most {} px a side; resize, or choose another format",
        "ICO admite como mucho {} px por lado; reduce la imagen, o elige otro formato",
    ),
    ("as Apple packs them into programs (CgBI)", "como los que Apple mete en los programas (CgBI)"),
    ("it has no palette", "no tiene paleta"),
    ("its size does not match its colours", "su tamaño no cuadra con sus colores"),
    ("a checksum is wrong", "una suma de comprobación no coincide"),
    ("something else stands before its header", "hay otra cosa delante de su cabecera"),
    (
        "WebP holds at most {} px a side; choose another format or resize",
        "WebP admite como mucho {} px por lado; elige otro formato o reduce la imagen",
    ),
    // JPEG.
    ("a Huffman table is cut off", "una tabla de Huffman está cortada"),
    ("a Huffman table does not fit", "una tabla de Huffman no encaja"),
    (
        "a Huffman table for DC has symbols that mean nothing",
        "una tabla de Huffman para DC tiene símbolos sin significado",
    ),
    ("Huffman table {} is missing", "falta la tabla de Huffman {}"),
    ("the codes of a Huffman table do not fit", "los códigos de una tabla de Huffman no encajan"),
    ("it does not begin like one", "no empieza como tal"),
    ("it has two picture headers", "tiene dos cabeceras de imagen"),
    ("it has two picture headers that differ", "tiene dos cabeceras de imagen distintas"),
    ("it has no picture header", "no tiene cabecera de imagen"),
    (
        "the JPEG is too complex: it has more than {} scans",
        "el JPEG es demasiado complejo: tiene más de {} pasadas",
    ),
    ("it begins twice", "empieza dos veces"),
    ("a restart interval does not fit", "un intervalo de reinicio no encaja"),
    ("an extension of the standard", "una extensión de la norma"),
    ("it has an unknown marker, {}", "tiene una marca desconocida, {}"),
    ("a quantisation table does not fit", "una tabla de cuantificación no encaja"),
    ("a Huffman table has no such number", "una tabla de Huffman tiene un número que no existe"),
    (
        "conditioning of arithmetic coding does not fit",
        "el ajuste de la codificación aritmética no encaja",
    ),
    ("a quantisation table is missing", "falta una tabla de cuantificación"),
    ("the header of a scan does not fit", "la cabecera de una pasada no encaja"),
    ("a scan names an unknown component", "una pasada nombra un componente desconocido"),
    ("its units have more than {} blocks", "sus unidades tienen más de {} bloques"),
    (
        "a scan holds coefficients that do not exist",
        "una pasada contiene coeficientes que no existen",
    ),
    ("lossless", "sin pérdida"),
    ("hierarchical", "jerárquico"),
    ("its picture header is cut off", "su cabecera de imagen está cortada"),
    ("{} bits a sample", "{} bits por muestra"),
    ("its picture header does not fit", "su cabecera de imagen no encaja"),
    ("{} components", "{} componentes"),
    ("its sampling factors are not 1 to 4", "sus factores de muestreo no van de 1 a 4"),
    ("a segment has no length", "un segmento no tiene longitud"),
    ("sampling factors {}", "factores de muestreo {}"),
    (
        "the JPEG needs {} MiB of memory, more than the limit of {} MiB",
        "el JPEG necesita {} MiB de memoria, más del límite de {} MiB",
    ),
    (
        "the JPEG is cut off or damaged: only {} % of the picture can be read",
        "el JPEG está cortado o dañado: solo se puede leer el {} % de la imagen",
    ),
    (
        "the JPEG is cut off: the scans with its details are missing",
        "el JPEG está cortado: faltan las pasadas con sus detalles",
    ),
    ("JPEG holds 8 bits a channel", "JPEG admite 8 bits por canal"),
    (
        "JPEG holds at most {} px a side; choose another format or resize",
        "JPEG admite como mucho {} px por lado; elige otro formato o reduce la imagen",
    ),
    ("JPEG holds no alpha", "JPEG no admite transparencia"),
    ("a segment of the header has no length", "un segmento de la cabecera no tiene longitud"),
    ("it is cut off in its header", "está cortado en la cabecera"),
    // TIFF.
    ("{} compression of {} samples of {} bits", "compresión {} de {} muestras de {} bits"),
    ("a part of it is no picture", "una parte no es una imagen"),
    ("a part of it has other colours than the whole", "una parte tiene otros colores que el resto"),
    ("a part of it has {} x {} px, not {} x {}", "una parte tiene {} x {} px, no {} x {}"),
    ("old JPEG in several strips", "JPEG antiguo en varias tiras"),
    ("old JPEG whose tables are apart", "JPEG antiguo con las tablas aparte"),
    ("a part of it is no JPEG", "una parte no es un JPEG"),
    ("a page of it states no size", "una página no dice su tamaño"),
    (
        "a raw file of a camera whose first directory is far behind",
        "un archivo raw de una cámara cuyo primer directorio está muy atrás",
    ),
    ("{} samples a pixel", "{} muestras por píxel"),
    ("planar configuration {}", "configuración de planos {}"),
    ("fill order {}", "orden de relleno {}"),
    ("predictor {}", "predictor {}"),
    ("a predictor of samples of {} bits", "un predictor de muestras de {} bits"),
    (
        "facsimile coding of more than one bit a pixel",
        "codificación de fax de más de un bit por píxel",
    ),
    ("subsampled colours in planes of their own", "colores submuestreados en planos propios"),
    ("compression {}", "compresión {}"),
    ("samples of different kinds", "muestras de distintos tipos"),
    ("samples of {} bits", "muestras de {} bits"),
    ("signed samples with alpha", "muestras con signo y transparencia"),
    ("signed samples of {} bits", "muestras con signo de {} bits"),
    ("floating-point samples of {} bits", "muestras de coma flotante de {} bits"),
    ("complex numbers", "números complejos"),
    ("sample format {}", "formato de muestra {}"),
    ("no colour model is given", "no se indica ningún modelo de color"),
    ("a palette of {} values", "una paleta de {} valores"),
    (
        "inks other than cyan, magenta, yellow, black",
        "tintas que no son cian, magenta, amarillo y negro",
    ),
    ("YCbCr of {} bits", "YCbCr de {} bits"),
    ("a strange subsampling of YCbCr", "un submuestreo extraño de YCbCr"),
    ("a transparency mask without its picture", "una máscara de transparencia sin su imagen"),
    ("ITU L*a*b*", "ITU L*a*b*"),
    ("raw sensor values", "valores del sensor sin revelar"),
    ("LogL or LogLuv", "LogL o LogLuv"),
    ("colour model {}", "modelo de color {}"),
    ("{} samples a pixel for its colour model", "{} muestras por píxel para su modelo de color"),
    (
        "signed or floating-point samples of this colour model",
        "muestras con signo o de coma flotante de este modelo de color",
    ),
    ("tiles of {} px", "teselas de {} px"),
    ("{} strips or tiles", "{} tiras o teselas"),
    // Drawings and colour tables.
    ("a drawing has at most {} MiB", "un dibujo tiene como mucho {} MiB"),
    ("nothing is drawn in it", "no hay nada dibujado"),
    ("it cannot be drawn", "no se puede dibujar"),
    ("it has a style sheet outside of it", "tiene una hoja de estilo fuera"),
    (
        "it has a pattern within a pattern or a mask",
        "tiene un patrón dentro de un patrón o de una máscara",
    ),
    ("it uses {}, which is not drawn", "usa {}, que no se dibuja"),
    ("line {}: {}", "línea {}: {}"),
    ("the size must be 2 to {}", "el tamaño debe ser de 2 a {}"),
    ("a second size", "un segundo tamaño"),
    ("a colour before the table's size", "un color antes del tamaño de la tabla"),
    ("more colours than the table's size", "más colores que el tamaño de la tabla"),
    ("it has {} colours in place of {}", "tiene {} colores en lugar de {}"),
    ("its domain is empty", "su dominio está vacío"),
    // More of colour tables.
    ("it is no text", "no es un texto"),
    ("no three numbers", "no hay tres números"),
    ("no two numbers", "no hay dos números"),
    ("no colour of three numbers", "no hay un color de tres números"),
    (
        "it is no .cube file: it has no LUT_1D_SIZE or LUT_3D_SIZE",
        "no es un archivo .cube: no tiene LUT_1D_SIZE ni LUT_3D_SIZE",
    ),
    // Sizes, and searches for a quality.
    ("frames", "fotogramas"),
    ("pages", "páginas"),
    ("{} x {} px", "{} x {} px"),
    ("{} frames of {} x {} px", "{} fotogramas de {} x {} px"),
    (
        "{} {} are more than the limit of {}; raise --max-frames to allow it",
        "{} {} pasan del límite de {}; un --fotogramas-max mayor lo permite",
    ),
    (
        "no {} with a score of {}: the highest reached is {}; ask for less, or choose a lossless format",
        "ningún {} llega a una puntuación de {}: la más alta es {}; pide menos, o elige un formato sin pérdida",
    ),
    (
        "no {} within {} bytes: the smallest size reached is {} bytes; allow more, or make the picture smaller",
        "ningún {} cabe en {} bytes: el menor tamaño es de {} bytes; permite más, o reduce la imagen",
    ),
    ("it is of another codec", "es de otro códec"),
    ("it is not compressed", "no está comprimida"),
    ("pictures are laid over one another", "hay imágenes superpuestas"),
    ("it is made of another picture", "está hecha de otra imagen"),
    ("its picture is of an unknown kind", "su imagen es de un tipo desconocido"),
    ("it is not there", "no está"),
    (
        "it has text, whose font may be missing: turn its text into paths",
        "tiene texto, cuya fuente puede faltar: convierte el texto en trazados",
    ),
    ("it has an image within it", "tiene una imagen dentro"),
    ("it has a foreign object within it", "tiene un objeto ajeno dentro"),
    ("it has an effect that is not drawn", "tiene un efecto que no se dibuja"),
    ("it has a gradient that is not drawn", "tiene un degradado que no se dibuja"),
    ("it has a hatch that is not drawn", "tiene una trama que no se dibuja"),
    // Files beside the image.
    ("it did not come", "no llegó"),
    ("it has changed since the job began", "ha cambiado desde que empezó el trabajo"),
    ("it cannot be read: {}", "no se puede leer: {}"),
    ("it is larger than {} MiB", "pasa de {} MiB"),
    ("the output could not be written: {}", "la salida no se pudo escribir: {}"),
    // What planning and the master find by themselves.
    ("it is empty or larger than {} MiB", "está vacío o pasa de {} MiB"),
    ("cannot write to {} any more: {}", "ya no se puede escribir en {}: {}"),
    ("{} is no folder any more", "{} ya no es una carpeta"),
    ("the output folder {} is gone", "la carpeta de salida {} ha desaparecido"),
    ("cannot reach {} any more: {}", "ya no se llega a {}: {}"),
    (
        "it is a link to a file outside of the folder",
        "es un enlace a un archivo de fuera de la carpeta",
    ),
    ("the symbolic link points nowhere", "el enlace simbólico no lleva a ninguna parte"),
    (
        "its header does not tell the size that its name is to hold",
        "su cabecera no dice el tamaño que debe llevar su nombre",
    ),
    (
        "the output's path is too long ({} bytes)",
        "la ruta de la salida es demasiado larga ({} bytes)",
    ),
    (
        "an image of this run is in its place, and originals are never replaced",
        "en su lugar hay una imagen de este trabajo, y los originales no se sustituyen nunca",
    ),
    ("the output exists already", "la salida ya existe"),
    (
        "{} names no folder: write NAME=DIR",
        "{} no nombra ninguna carpeta: se escribe NOMBRE=CARPETA",
    ),
    ("nobody waits for it any more", "ya no la espera nadie"),
    // Many machines.
    (
        "no agent of pool {} with this build is there; waiting",
        "no hay ningún agente del grupo {} con esta compilación; en espera",
    ),
    (
        "no agent of pool {} with this build is there ({} have another: {}); waiting",
        "no hay ningún agente del grupo {} con esta compilación ({} tienen otra: {}); en espera",
    ),
    (
        "an agent needs a root: --root NAME=DIR",
        "un agente necesita una raíz: --raiz NOMBRE=CARPETA",
    ),
    ("a fleet needs a root: --root NAME=DIR", "una flota necesita una raíz: --raiz NOMBRE=CARPETA"),
    ("not heard of any more", "no se sabe nada de él"),
    ("cannot pass on {}: {}", "no se puede pasar {}: {}"),
    ("cannot reach {}: {}", "no se puede acceder a {}: {}"),
    ("{} is no name of a machine", "{} no es el nombre de ningún equipo"),
    ("it has no root {}", "no tiene la raíz {}"),
    ("its output is not below the job's folder", "su salida no está en la carpeta del trabajo"),
    ("job {}: {}", "trabajo {}: {}"),
    ("no agent {} is there", "no hay ningún agente {}"),
    (
        "no fleet is named: --fleet tls://HOST:4222, LOTE_FLEET or fleet.toml",
        "no se indica ninguna flota: --flota tls://EQUIPO:4222, LOTE_FLEET o fleet.toml",
    ),
    ("no such job is open: {}", "no hay abierto ningún trabajo así: {}"),
    ("not found", "no se encuentra"),
    // What a fleet's server is asked and does not do.
    ("the fleet's store has no {}", "en el almacén de la flota no está {}"),
    ("the fleet's server does not allow it: {}", "el servidor de la flota no lo permite: {}"),
    (
        "{} of {} is {} on the fleet's server, and should be {}",
        "{} de {} es {} en el servidor de la flota, y debería ser {}",
    ),
    ("{} does not know this user or password", "{} no conoce este usuario o esta contraseña"),
    ("no answer", "no contesta"),
    (
        "this is no address: tls://HOST:PORT, or nats://localhost:PORT",
        "no es una dirección: tls://EQUIPO:PUERTO, o nats://localhost:PUERTO",
    ),
    (
        "user and password do not belong into an address",
        "el usuario y la contraseña no van en la dirección",
    ),
    (
        "a user's name has letters, digits and - only",
        "el nombre de un usuario solo tiene letras, cifras y -",
    ),
    (
        "what is not on this machine is spoken to by tls:// (or with --insecure)",
        "con lo que no está en este equipo se habla por tls:// (o con --insecure)",
    ),
    ("it begins with neither tls:// nor nats://", "no empieza por tls:// ni por nats://"),
    ("the fleet at {} cannot be reached: {}", "no se puede hablar con la flota en {}: {}"),
    ("the fleet cannot be served: {}", "no se puede servir a la flota: {}"),
    (
        "the fleet keeps what it has of this job: {}",
        "la flota conserva lo que tiene de este trabajo: {}",
    ),
    (
        "the images are below several roots; name one that holds them all",
        "las imágenes están en varias raíces; hay que indicar una que las contenga todas",
    ),
    ("the job was cancelled in the fleet", "el trabajo se canceló en la flota"),
    ("the root {} cannot be marked: {}", "no se puede marcar la raíz {}: {}"),
    ("the root {} cannot be used: {}", "no se puede usar la raíz {}: {}"),
    ("the root {} has no mark: is it mounted?", "la raíz {} no tiene marca: ¿está montada?"),
    ("the root {} is another folder here ({})", "la raíz {} es aquí otra carpeta ({})"),
    (
        "files in {} can be renamed only so that they replace what is there: --if-exists overwrite is needed",
        "en {} los archivos solo pueden cambiar de nombre sustituyendo lo que haya: hace falta --si-existe sobrescribir",
    ),
    ("the root {} takes no outputs", "la raíz {} no admite salidas"),
    ("this lote was built without the feature {}", "este lote se compiló sin la función {}"),
    ("two roots go by the name {}", "dos raíces se llaman {}"),
    ("waiting for {}", "a la espera de {}"),
    (
        "{} is below no root: name one with --root NAME=DIR",
        "{} no está en ninguna raíz: se indica con --raiz NOMBRE=CARPETA",
    ),
    (
        "{} is no job: `lote fleet status` lists them",
        "{} no es ningún trabajo: `lote fleet status` los enumera",
    ),
    (
        "{} is no name: it takes 1 to 32 of a-z, 0-9 and -",
        "{} no es un nombre: lleva de 1 a 32 caracteres de a-z, 0-9 y -",
    ),
    // Of stores.
    (
        "{}: keys are Unicode, and this name is not",
        "{}: las claves son Unicode, y este nombre no lo es",
    ),
    (
        "{} names no bucket: it is s3://BUCKET/KEY",
        "{} no indica ningún bucket: es s3://BUCKET/CLAVE",
    ),
    (
        "{}: a key with an empty part, . or .. cannot be used",
        "{}: no se puede usar una clave con una parte vacía, . o ..",
    ),
    ("{}: a key has at most {} bytes", "{}: una clave tiene como mucho {} bytes"),
    ("it has changed since the job was planned", "ha cambiado desde que se planeó el trabajo"),
    ("the store gives objects as a whole only", "el almacén solo da los objetos enteros"),
    ("it could not be written to the spool: {}", "no se pudo escribir en la carpeta de paso: {}"),
    (
        "the store at {} replaces what it is asked not to replace",
        "el almacén de {} sustituye lo que se le pide no sustituir",
    ),
    (
        "--if-exists overwrite lets it; or take another store",
        "--si-existe sobrescribir lo permite; o usa otro almacén",
    ),
    (
        "its key cannot be the path of a file here: {}",
        "su clave no puede ser aquí la ruta de un archivo: {}",
    ),
    ("stores set it themselves", "los almacenes la ponen ellos mismos"),
    (
        "{} is asked in the clear: use https://, or set AWS_ALLOW_HTTP=true",
        "a {} se le habla sin cifrar: usa https://, o pon AWS_ALLOW_HTTP=true",
    ),
    ("{} is not set", "{} no está puesta"),
    ("{} cannot be reached: {}", "no se puede llegar a {}: {}"),
    ("no answer for {} s", "sin respuesta durante {} s"),
    ("the connection was cut", "la conexión se cortó"),
    ("nobody listens there", "ahí no escucha nadie"),
    (
        "access to {} is denied ({}); asked with {}",
        "el acceso a {} está denegado ({}); se pidió con {}",
    ),
    ("the keys of {}", "las claves de {}"),
    ("nothing, as {} says", "nada, como dice {}"),
    ("a token that the environment names", "un token que indica el entorno"),
    ("the role of this machine", "el rol de esta máquina"),
    (
        "the bucket {} is not in the region {}: set AWS_REGION",
        "el bucket {} no está en la región {}: pon AWS_REGION",
    ),
    ("{} refuses it: {}", "{} lo rechaza: {}"),
    ("there is no bucket {}", "no hay ningún bucket {}"),
    ("there is no {}", "no hay ningún {}"),
    (
        "below {} is a key that cannot be the path of a file: {}",
        "bajo {} hay una clave que no puede ser la ruta de un archivo: {}",
    ),
    (
        "no credentials for {}: the token that the environment names gives none",
        "no hay credenciales para {}: el token que indica el entorno no da ninguna",
    ),
    (
        "no credentials for {}: profiles are not read; `aws configure export-credentials --format env` makes variables of one",
        "no hay credenciales para {}: los perfiles no se leen; `aws configure export-credentials --format env` hace variables de uno",
    ),
    (
        "no credentials for {}: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set, and this machine has no role",
        "no hay credenciales para {}: AWS_ACCESS_KEY_ID y AWS_SECRET_ACCESS_KEY no están puestas, y esta máquina no tiene rol",
    ),
    (
        "`cargo build --release --features s3` builds one that takes s3://…",
        "`cargo build --release --features s3` compila uno que admite s3://…",
    ),
    ("no folder for {}: name one with {}", "no hay carpeta para {}: indica una con {}"),
    ("the record", "el registro"),
    ("the spool", "la carpeta de paso"),
    ("cannot use {} as the spool: {}", "no se puede usar {} como carpeta de paso: {}"),
    (
        "the record is in {} alone, as it could not be brought to {}: {}",
        "el registro está solo en {}, porque no se pudo llevar a {}: {}",
    ),
    (
        "{} takes folders; s3://… is for `lote run` and `lote rerun`",
        "{} admite carpetas; s3://… es para `lote run` y `lote rerun`",
    ),
    // What pages and programs are refused.
    ("not an image", "no es una imagen"),
    (
        "{} is no file that was sent with POST /api/assets",
        "{} no es un archivo enviado con POST /api/assets",
    ),
    ("too many jobs wait already", "ya esperan demasiados trabajos"),
    ("the server is about to end", "el servidor está a punto de terminar"),
    ("the job is not running", "el trabajo no está en marcha"),
    ("nothing is missing that was not tried", "no falta nada que no se haya intentado"),
    ("the job is being cancelled", "el trabajo se está cancelando"),
    ("another job has begun since", "desde entonces ha empezado otro trabajo"),
    ("no job is running", "no hay ningún trabajo en marcha"),
    (
        "at least one image, and 1 to {} repetitions",
        "al menos una imagen, y de 1 a {} repeticiones",
    ),
    ("at least one filter is needed", "hace falta al menos un filtro"),
    ("a job is running", "hay un trabajo en marcha"),
    ("a job is at work", "hay un trabajo en marcha"),
    ("a job has begun meanwhile", "mientras tanto ha empezado un trabajo"),
    ("too many orders at once", "demasiadas órdenes a la vez"),
    ("that worker is not running", "ese proceso no está en marcha"),
    ("there is no image to process", "no hay ninguna imagen que procesar"),
    ("the disk has only {} MiB left", "en el disco solo quedan {} MiB"),
    ("nothing of that id", "no hay nada con ese identificador"),
    ("no folder for the sample: {}", "no hay carpeta para la muestra: {}"),
    ("a chain has at most {} filters", "una cadena tiene como mucho {} filtros"),
    ("quality is a number from 1 to 100", "la calidad es un número de 1 a 100"),
    ("format is none that is written", "el formato no es de los que se escriben"),
    ("a job has at most {} variants", "un trabajo tiene como mucho {} variantes"),
    ("a name has at most {} characters", "un nombre tiene como mucho {} caracteres"),
    ("a job has at most {} exceptions", "un trabajo tiene como mucho {} excepciones"),
    ("workers is a number from 1 to {}", "los procesos son un número de 1 a {}"),
    ("it took longer than {} s", "tardó más de {} s"),
    ("--timeout of lote serve gives it more time", "--timeout de lote serve le da más tiempo"),
    ("defect in Lote: it was forgotten", "defecto de Lote: se olvidó"),
    (
        "only the input folder or a chosen one can be watched",
        "solo se puede vigilar la carpeta de entrada o una elegida",
    ),
    ("that folder is watched already", "esa carpeta ya se vigila"),
    ("too many folders are watched", "se vigilan demasiadas carpetas"),
    ("a command is sent as application/json", "una orden se envía como application/json"),
    ("the command is not understood: {}", "la orden no se entiende: {}"),
    ("the address is not understood: {}", "la dirección no se entiende: {}"),
    ("it is no JSON from line {} column {} on", "no es JSON desde la línea {} columna {}"),
    ("a value does not fit", "un valor no encaja"),
    ("the command did not come to its end", "la orden no llegó hasta el final"),
    ("a command has at most 64 KiB", "una orden tiene como mucho 64 KiB"),
    ("the command broke off", "la orden se cortó"),
    ("too many images are being converted", "se están convirtiendo demasiadas imágenes"),
    ("too much waits for a worker", "demasiado espera a un proceso"),
    (
        "too much waits for a worker; try again in a moment",
        "demasiado espera a un proceso; inténtalo de nuevo en un momento",
    ),
    ("no worker could be started: {}", "no se pudo arrancar ningún proceso: {}"),
    ("{} is not UTF-8", "{} no es UTF-8"),
    ("one image is made at a time: one f", "se hace una imagen cada vez: un solo f"),
    ("`lote formats` lists the formats", "`lote formatos` enumera los formatos"),
    ("there is no format {}", "no hay ningún formato {}"),
    ("there are f, format and quality", "hay f, format y quality"),
    ("as in /api/convert?f=grises+sepia", "como en /api/convert?f=grises+sepia"),
    ("one file is made at a time: one format", "se hace un archivo cada vez: un solo formato"),
    ("the image did not arrive", "la imagen no llegó"),
    ("the image broke off", "la imagen se cortó"),
    ("an image has at most {} MiB", "una imagen tiene como mucho {} MiB"),
    ("the file is not there any more", "el archivo ya no está"),
    ("free some space or choose another folder", "libera espacio o elige otra carpeta"),
    ("this server does not go by that name", "este servidor no se llama así"),
    (
        "open the address that `lote serve` has printed",
        "abre la dirección que escribió `lote servir`",
    ),
    ("only GET, HEAD and POST are understood", "solo se entienden GET, HEAD y POST"),
    ("this server needs its token", "este servidor necesita su código"),
    (
        "open the address that `lote serve` has printed, token included",
        "abre la dirección que escribió `lote servir`, código incluido",
    ),
    ("requests from other pages are refused", "las peticiones de otras páginas se rechazan"),
    ("--allow-origin allows a page", "--permitir-origen permite una página"),
    ("the folder {} cannot be read", "la carpeta {} no se puede leer"),
    ("there are 1 to {} samples", "hay de 1 a {} muestras"),
    ("a defect in Lote: the work broke off", "un defecto de Lote: el trabajo se cortó"),
    ("choose images first", "elige antes imágenes"),
    (
        "folders are only opened on the machine that the server runs on",
        "las carpetas solo se abren en el equipo donde está el servidor",
    ),
    ("the folder cannot be shown: {}", "la carpeta no se puede mostrar: {}"),
    ("a worker made nothing", "un proceso no hizo nada"),
    ("a picture is gone: {}", "una imagen ha desaparecido: {}"),
    (
        "the name of a recipe has 1 to {} characters",
        "el nombre de una receta tiene de 1 a {} caracteres",
    ),
    ("there are {} recipes already", "ya hay {} recetas"),
    ("delete one first", "borra antes una"),
    ("the recipe cannot be stored: {}", "la receta no se puede guardar: {}"),
    ("that is no recipe: give recipe or toml", "eso no es una receta: da recipe o toml"),
    ("no report", "no hay informe"),
    ("{} pages are open already", "ya hay {} páginas abiertas"),
    (
        "a file is sent as application/octet-stream",
        "un archivo se envía como application/octet-stream",
    ),
    ("too many files are being sent", "se están enviando demasiados archivos"),
    (
        "its content is not what a file that ends in {} has",
        "su contenido no es el de un archivo que acaba en {}",
    ),
    (
        "no parameter takes such a file; it ends in {}",
        "ningún parámetro toma un archivo así; acaba en {}",
    ),
    (
        "a file for a parameter has at most {} MiB",
        "un archivo para un parámetro tiene como mucho {} MiB",
    ),
    ("nothing more came", "no llegó nada más"),
    ("the file broke off", "el archivo se cortó"),
    ("too many files for parameters are kept", "se guardan demasiados archivos de parámetros"),
    (
        "remove some of .lote/assets in the output folder",
        "quita algunos de .lote/assets en la carpeta de salida",
    ),
    ("a file has at most {} GiB", "un archivo tiene como mucho {} GiB"),
    ("other archives are being made", "se están haciendo otros archivos ZIP"),
    ("{} uploads are under way already", "ya hay {} envíos en marcha"),
    ("an upload has at most {} files", "un envío tiene como mucho {} archivos"),
    ("an upload has at most {} GiB", "un envío tiene como mucho {} GiB"),
    ("the file could not be stored: {}", "el archivo no se pudo guardar: {}"),
    ("there is no parameter {}", "no hay ningún parámetro {}"),
    ("wait for one of them to end", "espera a que acabe uno de ellos"),
    ("the disk has no room for these files", "en el disco no caben estos archivos"),
    ("more files than were announced", "más archivos de los anunciados"),
    ("more bytes than were announced", "más bytes de los anunciados"),
    ("the disk is full", "el disco está lleno"),
    ("this address is not asked in that way", "a esta dirección no se le pregunta así"),
    // The command line.
    ("give a number of bytes, such as 800M or 2G", "da un número de bytes, como 800M o 2G"),
    ("give a number, such as 250M or 4000000", "da un número, como 250M o 4000000"),
    ("give seconds, such as 30 or 0.5", "da segundos, como 30 o 0.5"),
    ("give a colour, such as #ffffff", "da un color, como #ffffff"),
    ("it must be {}", "debe ser {}"),
    ("the formats are {}", "los formatos son {}"),
    ("no folder for the outputs: {}", "no hay carpeta para las salidas: {}"),
    ("no folder for the demonstration: {}", "no hay carpeta para la demostración: {}"),
    (
        "TMPDIR names the folder for temporary files",
        "TMPDIR indica la carpeta de los archivos temporales",
    ),
    (
        "there is an exception for {}, which is not among the images",
        "hay una excepción para {}, que no está entre las imágenes",
    ),
    (
        "part {} has found other images or outputs than part {}",
        "la parte {} halló otras imágenes o salidas que la parte {}",
    ),
    (
        "let all machines see the same folders, or give the new job another --job",
        "todos los equipos han de ver las mismas carpetas; otro trabajo lleva otro --trabajo",
    ),
    ("standard output could not be written: {}", "no se pudo escribir la salida estándar: {}"),
    (
        "not all is on record, so that --resume would make it again: {}",
        "no todo quedó registrado, y --reanudar lo volvería a hacer: {}",
    ),
    ("no format takes --{} yet", "ningún formato toma todavía --{}"),
    (
        "`lote formats` lists what each format takes",
        "`lote formatos` enumera lo que toma cada formato",
    ),
    ("the worker left", "el proceso se fue"),
    ("workers do not start: {}", "los procesos no arrancan: {}"),
    (
        "the sandbox is required, but here it is only {}",
        "se exige el aislamiento, pero aquí solo es {}",
    ),
    ("the report {} could not be written: {}", "no se pudo escribir el informe {}: {}"),
    ("a defect in Lote: the web server broke off", "un defecto de Lote: el servidor web se cortó"),
    ("a defect in Lote: a report broke off", "un defecto de Lote: un informe se cortó"),
    ("--token-file {}: {}", "--archivo-codigo {}: {}"),
    ("no token could be made: {}", "no se pudo crear ningún código: {}"),
    ("cannot listen at {}:{}: {}", "no se puede escuchar en {}:{}: {}"),
    ("the program could not be set up: {}", "el programa no se pudo preparar: {}"),
    ("no thread can be started: {}", "no se puede arrancar ningún hilo: {}"),
    ("see `ulimit -u`", "mira `ulimit -u`"),
    ("the run was stopped: {}", "el trabajo se detuvo: {}"),
    ("the memory could not be limited: {}", "la memoria no se pudo limitar: {}"),
    ("only one file is made", "solo se hace un archivo"),
    ("name one format after @", "indica un formato después de @"),
    ("the date could not be kept: {}", "la fecha no se pudo conservar: {}"),
    ("'{}' is no NAME=VALUE: {}", "'{}' no es NOMBRE=VALOR: {}"),
    ("{} is longer than {} characters", "{} pasa de {} caracteres"),
    ("'{}' cannot be set: {}", "'{}' no se puede poner: {}"),
    (
        "there are artist, copyright, description, and keywords, which ; parts",
        "hay artist, copyright, description y keywords, que se separan con ;",
    ),
    (
        "{} is no part: write 3/16 for the third of sixteen, or auto",
        "{} no es una parte: escribe 3/16 para la tercera de dieciséis, o auto",
    ),
    (
        "{} is not set to a number: auto works in a Slurm array, or in an indexed Kubernetes job with LOTE_SHARDS",
        "{} no es un número: auto funciona en una serie de Slurm, o en un trabajo indexado de Kubernetes con LOTE_SHARDS",
    ),
    ("task {} is not in the array {}-{}", "la tarea {} no está en la serie {}-{}"),
    ("cannot write {}: {}", "no se puede escribir {}: {}"),
    (
        "{} exists and is something else; choose another folder",
        "{} existe y es otra cosa; elige otra carpeta",
    ),
    ("cannot encode {}: {}", "no se puede codificar {}: {}"),
    (
        "the socket for the workers could not be made in {}: {}",
        "no se pudo crear en {} el socket de los procesos: {}",
    ),
    // What is on record.
    (
        "name their folder beside --resume, or say --trust-record if the record is yours",
        "indica su carpeta junto a --reanudar, o di --confiar-registro si el registro es tuyo",
    ),
    (
        "the job on record names files elsewhere: {}",
        "el trabajo registrado nombra archivos de otro lugar: {}",
    ),
    (
        "the job on record names files elsewhere: {}, and {} more",
        "el trabajo registrado nombra archivos de otro lugar: {} y {} más",
    ),
    ("no job is on record in {}", "no hay ningún trabajo registrado en {}"),
    ("name its folder with -o", "su carpeta se indica con -o"),
    // More of GIF.
    (
        "only {} % of its first frame can be read",
        "solo se puede leer el {} % de su primer fotograma",
    ),
    ("its frames have no pixels", "sus fotogramas no tienen píxeles"),
    // What did not outlive a restart.
    ("its folder cannot be chosen any more", "su carpeta ya no se puede elegir"),
    ("its photos are gone", "sus fotos ya no están"),
    // Jobs of former days.
    (
        "its photos are not there, or may not be chosen any more",
        "sus fotos no están, o ya no se pueden elegir",
    ),
    ("it stays on record: {}", "sigue anotado: {}"),
    // Icons and QOI.
    (
        "its directory says {} x {} px, and its bitmap with the mask has {} x {} px",
        "su directorio dice {} x {} px, y su mapa de bits con la máscara tiene {} x {} px",
    ),
    (
        "its tiles have alpha or depth of their own",
        "sus teselas tienen transparencia o profundidad propias",
    ),
    ("the largest picture of the ICO: {}", "la mayor imagen del ICO: {}"),
    ("its pixels have {} channels", "sus píxeles tienen {} canales"),
    // More of QOI.
    (
        "it goes on behind its last pixel, so that not all of them can be right",
        "sigue tras su último píxel, así que no todos pueden ser correctos",
    ),
    // Notes: what outputs do not have of their inputs, and what to know of them.
    (
        "16 bits a channel rounded to 10: AVIF is written with no more",
        "16 bits por canal redondeados a 10: el AVIF se escribe con no más",
    ),
    (
        "16 bits a channel rounded to 8: {} holds no more here",
        "16 bits por canal redondeados a 8: {} no admite más aquí",
    ),
    ("16 bits became 8: a palette has no more", "los 16 bits pasaron a 8: una paleta no tiene más"),
    ("EXIF is damaged: entries left out", "el EXIF está dañado: se omitieron entradas"),
    ("EXIF is longer than {} KiB: {} left out", "el EXIF pasa de {} KiB: se omitió {}"),
    (
        "EXIF left out: JPEG holds at most 64 KiB of it",
        "se omitió el EXIF: JPEG admite como mucho 64 KiB",
    ),
    ("EXIF left out: {}", "se omitió el EXIF: {}"),
    (
        "ICC profile left out: JPEG holds at most 16 MiB of it",
        "se omitió el perfil ICC: JPEG admite como mucho 16 MiB",
    ),
    (
        "ICC profile left out: it cannot be used to convert",
        "se omitió el perfil ICC: no sirve para convertir",
    ),
    (
        "ICC profile left out: it is damaged or too large",
        "se omitió el perfil ICC: está dañado o es demasiado grande",
    ),
    (
        "ICC profile left out: its parts do not fit together",
        "se omitió el perfil ICC: sus partes no encajan",
    ),
    ("ICC profile left out: {}", "se omitió el perfil ICC: {}"),
    ("L*a*b* converted to sRGB", "L*a*b* convertido a sRGB"),
    ("XMP is damaged: its long part is left out", "el XMP está dañado: se omitió su parte larga"),
    (
        "XMP left out: JPEG holds at most 64 KiB of its kind",
        "se omitió el XMP: JPEG admite como mucho 64 KiB de este tipo",
    ),
    (
        "XMP left out: it is damaged and may say where",
        "se omitió el XMP: está dañado y puede decir el lugar",
    ),
    ("XMP left out: it is compressed", "se omitió el XMP: está comprimido"),
    ("XMP left out: it is damaged", "se omitió el XMP: está dañado"),
    ("XMP replaced: it is damaged", "se sustituyó el XMP: estaba dañado"),
    ("a channel beside its colours is left out", "se omitió un canal además de sus colores"),
    (
        "alpha left out: it is read beside gray, RGB and palettes only",
        "se omitió la transparencia: solo se lee junto a gris, RGB y paletas",
    ),
    ("animation: only the first frame is kept", "animación: solo se conserva el primer fotograma"),
    (
        "animation: its frames become pages, without delays and loops",
        "animación: sus fotogramas pasan a ser páginas, sin tiempos ni repeticiones",
    ),
    ("animation", "animación"),
    ("several pages", "varias páginas"),
    ("{}: only the first of {} {} is kept in {}", "{}: de {} {} solo queda lo primero en {}"),
    (
        "colours are not reduced: a PNG has one palette for all frames",
        "los colores no se reducen: un PNG tiene una paleta para todos los fotogramas",
    ),
    ("colours are taken for sRGB: {}", "los colores se toman por sRGB: {}"),
    ("colours converted to sRGB: {}", "colores convertidos a sRGB: {}"),
    ("colours not converted to sRGB: {}", "los colores no se convirtieron a sRGB: {}"),
    ("their profile describes gray only", "su perfil solo describe grises"),
    ("{} is written without a profile", "{} se escribe sin perfil"),
    ("its profile is damaged", "su perfil está dañado"),
    (
        "content credentials left out: they sign the picture as it was",
        "se omitieron las credenciales de contenido: firman la imagen como era",
    ),
    (
        "data of the maker or of a program left out: {}",
        "se omitieron datos del fabricante o de un programa: {}",
    ),
    (
        "extra samples without a meaning left out: {} a pixel",
        "se omitieron muestras sin significado: {} por píxel",
    ),
    (
        "floating-point samples reduced to 16 bits: {} is black, {} is white",
        "muestras de coma flotante reducidas a 16 bits: {} es negro, {} es blanco",
    ),
    ("signed samples: {} is black, {} is white", "muestras con signo: {} es negro, {} es blanco"),
    ("{} bits a channel reduced to 16", "{} bits por canal reducidos a 16"),
    (
        "maker note left out: it may say where the picture was taken",
        "se omitió la nota del fabricante: puede decir dónde se tomó la imagen",
    ),
    (
        "maker note moved: what it points at may be lost",
        "la nota del fabricante cambió de sitio: puede perderse aquello a lo que remite",
    ),
    ("maker note", "la nota del fabricante"),
    ("user comment", "el comentario del usuario"),
    ("printing data", "los datos de impresión"),
    ("tag {}", "la etiqueta {}"),
    ("metadata left out: they are damaged", "se omitieron los metadatos: están dañados"),
    (
        "metadata left out: they are longer than the limit",
        "se omitieron los metadatos: pasan del límite",
    ),
    (
        "nothing could be set: the format holds no such metadata",
        "no se pudo poner nada: el formato no tiene esos metadatos",
    ),
    ("page {} left out: {}", "se omitió la página {}: {}"),
    ("page {}: {}", "página {}: {}"),
    (
        "partial transparency became all or nothing: GIF has no other",
        "la transparencia parcial pasó a todo o nada: GIF no tiene otra",
    ),
    ("quality {}: {} bytes, {} encodes", "calidad {}: {} bytes, {} codificaciones"),
    (
        "quality {}: {} bytes, score {}, {} encodes",
        "calidad {}: {} bytes, puntuación {}, {} codificaciones",
    ),
    ("reduced to {} colours, as asked for", "reducido a {} colores, como se pidió"),
    ("reduced to {} colours: GIF holds no more", "reducido a {} colores: GIF no admite más"),
    ("several pictures: only the first is kept", "varias imágenes: solo queda la primera"),
    (
        "several pictures: only the largest of {} is kept, {} x {} px",
        "varias imágenes: de {} solo queda la mayor, de {} x {} px",
    ),
    (
        "texts left out: they are damaged or too large",
        "se omitieron los textos: están dañados o son demasiado grandes",
    ),
    (
        "the GIF is damaged: frame {} of {} is left out",
        "el GIF está dañado: se omitió el fotograma {} de {}",
    ),
    (
        "the GIF is damaged: less than 1 % of frame {} is missing",
        "el GIF está dañado: falta menos del 1 % del fotograma {}",
    ),
    (
        "the GIF is damaged: {} bytes between its blocks are passed over",
        "el GIF está dañado: se pasaron por alto {} bytes entre sus bloques",
    ),
    (
        "the GIF is damaged behind frame {}, and what is there left out: {}",
        "el GIF está dañado tras el fotograma {}, y se omitió lo que hay ahí: {}",
    ),
    (
        "the JPEG XL is damaged: frame {} is left out",
        "el JPEG XL está dañado: se omitió el fotograma {}",
    ),
    (
        "the PNG is damaged: frame {} of {} and those behind it are left out",
        "el PNG está dañado: se omitieron el fotograma {} de {} y los siguientes",
    ),
    (
        "the WebP is damaged: frame {} of {} and those behind it are left out",
        "el WebP está dañado: se omitieron el fotograma {} de {} y los siguientes",
    ),
    (
        "the WebP is damaged: it is cut off behind what could be read",
        "el WebP está dañado: está cortado tras lo que se pudo leer",
    ),
    (
        "the QOI is damaged: its end is missing; all of it could be read",
        "el QOI está dañado: le falta el final; se pudo leer entero",
    ),
    (
        "the QOI is damaged: less than 1 % of the picture is missing",
        "el QOI está dañado: falta menos del 1 % de la imagen",
    ),
    (
        "the BMP is damaged: less than 1 % of the picture is missing",
        "el BMP está dañado: falta menos del 1 % de la imagen",
    ),
    (
        "the TIFF is damaged: less than 1 % of the picture is missing",
        "el TIFF está dañado: falta menos del 1 % de la imagen",
    ),
    (
        "the ICO is damaged: its mask is missing, so that nothing is transparent",
        "el ICO está dañado: falta su máscara, así que nada es transparente",
    ),
    (
        "the JPEG is damaged: less than 1 % of the picture is missing and left gray",
        "el JPEG está dañado: falta menos del 1 % de la imagen, que queda gris",
    ),
    (
        "the JPEG is damaged: all of it could be read, but parts may look wrong",
        "el JPEG está dañado: se pudo leer entero, pero alguna parte puede verse mal",
    ),
    (
        "the JPEG holds the picture without its last details",
        "el JPEG tiene la imagen sin sus últimos detalles",
    ),
    (
        "the JPEG has no end mark; its picture is complete",
        "el JPEG no tiene marca de final; su imagen está completa",
    ),
    (
        "the JPEG holds bytes that belong nowhere; its picture is complete",
        "el JPEG tiene bytes que no son de nada; su imagen está completa",
    ),
    (
        "only the main picture is read; left out: {}",
        "solo se lee la imagen principal; se omitió: {}",
    ),
    ("its gain map (HDR)", "su mapa de ganancia (HDR)"),
    ("the film of a motion photo", "el vídeo de una foto en movimiento"),
    ("one more picture", "una imagen más"),
    ("{} more pictures", "{} imágenes más"),
    ("depth map", "mapa de profundidad"),
    ("gain map", "mapa de ganancia"),
    ("ICC profile", "perfil ICC"),
    ("Photoshop's resources", "recursos de Photoshop"),
    ("texts with keywords", "textos con palabra clave"),
    ("texts", "textos"),
    ("comments", "comentarios"),
    ("resolution", "resolución"),
    (
        "transparency replaced by the background colour: {} has none",
        "la transparencia se sustituyó por el color de fondo: {} no la tiene",
    ),
    ("{} left out: it is too large", "se omitió {}: es demasiado grande"),
    ("{} left out: its checksum is wrong", "se omitió {}: su suma de comprobación no cuadra"),
    ("{} left out: only the picture itself is kept", "se omitió {}: solo queda la propia imagen"),
    (
        "{} left out: {} KiB are more than the limit of {} KiB",
        "se omitió {}: {} KiB pasan del límite de {} KiB",
    ),
    ("{} left out: {} holds none", "se omitió {}: {} no admite"),
    ("CMYK converted to sRGB by its ICC profile", "CMYK convertido a sRGB con su perfil ICC"),
    (
        "CMYK converted to RGB without a profile: colours are approximate",
        "CMYK convertido a RGB sin perfil: los colores son aproximados",
    ),
    (
        "the original was kept: the result is larger",
        "se conservó el original: el resultado es mayor",
    ),
    ("other notes", "otras notas"),
    ("its size does not match its samples", "su tamaño no cuadra con sus muestras"),
    ("YCbCr of more than 8 bits", "YCbCr de más de 8 bits"),
    // Profiles and EXIF that cannot be used.
    ("it has no profile signature", "no tiene firma de perfil"),
    ("its length is wrong", "su longitud no es correcta"),
    ("its table of contents is wrong", "su índice no es correcto"),
    ("its table of contents points outside of it", "su índice remite fuera de él"),
    ("it describes another colour space", "describe otro espacio de color"),
    (
        "no profile describes its high dynamic range",
        "ningún perfil describe su alto rango dinámico",
    ),
    ("its colours are of no kind that is known", "sus colores no son de ningún tipo conocido"),
    ("its primaries are impossible", "sus colores primarios son imposibles"),
    ("its directory is cut off", "su directorio está cortado"),
    // How workers end, and what they are held to.
    ("{} could not be started: {}", "no se pudo arrancar {}: {}"),
    ("it kept dying ({})", "no dejaba de caer ({})"),
    ("it kept dying ({}): {}", "no dejaba de caer ({}): {}"),
    ("exit code {}", "código de salida {}"),
    ("hung up", "cortó la conexión"),
    ("no sign of life in {} s", "sin señales de vida en {} s"),
    ("recycled: held {} MiB", "renovado: ocupaba {} MiB"),
    ("none of the images could be processed", "no se pudo procesar ninguna de las imágenes"),
    ("a thumbnail could not be kept: {}", "no se pudo guardar una miniatura: {}"),
    ("no worker could be started", "no se pudo arrancar ningún proceso"),
    ("full", "completo"),
    ("partial", "parcial"),
    ("off", "ninguno"),
    ("no {} ({})", "sin {} ({})"),
    ("{} [{}]", "{} [{}]"),
    ("this kernel has none", "este núcleo no lo tiene"),
    ("this system has none", "este sistema no lo tiene"),
    (
        "there is no list of system calls for this processor",
        "no hay lista de llamadas al sistema para este procesador",
    ),
    ("other threads were there before it", "había otros hilos antes"),
    ("no master answers at {}: {}", "ningún maestro responde en {}: {}"),
    ("the master refused this worker: {}", "el maestro rechazó este proceso: {}"),
    ("the worker could not be set up: {}", "no se pudo preparar el proceso: {}"),
    ("the peer left in the middle of a message", "el otro lado se fue a mitad de un mensaje"),
    ("it belongs to another user", "es de otro usuario"),
    ("its token is not valid (any more)", "su código no vale (o ya no)"),
    ("the peer is not a Lote worker", "el otro lado no es un proceso de Lote"),
    (
        "the worker was built from other sources than this program; build both from the same ones",
        "el proceso se construyó de otras fuentes que este programa; construye ambos de las mismas",
    ),
    ("usage: lote-worker connect SOCKET", "uso: lote-worker connect SOCKET"),
    ("an input lies in a folder for outputs", "una entrada está en una carpeta de salidas"),
    // TOML.
    (
        "{} is there by its English and by its Spanish name",
        "{} está con su nombre inglés y con el español",
    ),
    ("write it by one of them", "escríbelo con uno de los dos"),
    ("{} is missing", "falta {}"),
    ("{} does not fit here; it takes {}", "{} no encaja aquí; va {}"),
    ("a whole number", "un número entero"),
    ("a number", "un número"),
    ("a text in quotes", "un texto entre comillas"),
    ("a list", "una lista"),
    ("a table", "una tabla"),
    ("this is not TOML: {}", "esto no es TOML: {}"),
    ("{}, expected {}", "{}, se esperaba {}"),
    ("what stands here cannot be understood", "lo que hay aquí no se entiende"),
    // What the reader of TOML says.
    ("unclosed table", "la tabla no se cierra"),
    ("unclosed array table", "la tabla de una lista no se cierra"),
    ("unclosed inline table", "la tabla en línea no se cierra"),
    ("unclosed array", "la lista no se cierra"),
    ("key with no value", "hay una clave sin valor"),
    ("missing value", "falta el valor"),
    ("missing value for key", "falta el valor de la clave"),
    ("extra `=`", "sobra un `=`"),
    ("unexpected `=` in array", "hay un `=` dentro de una lista"),
    ("extra comma in array", "sobra una coma en la lista"),
    ("extra comma in inline table", "sobra una coma en la tabla en línea"),
    ("missing comma between array elements", "falta una coma entre los elementos de la lista"),
    ("missing comma between key-value pairs", "falta una coma entre los pares de clave y valor"),
    ("missing assignment between key-value pairs", "falta un `=` entre la clave y el valor"),
    ("missing key for inline table element", "falta la clave en la tabla en línea"),
    ("missing opening quote", "faltan las comillas de apertura"),
    ("string values must be quoted", "los textos van entre comillas"),
    ("invalid unquoted key", "la clave necesita comillas"),
    ("unquoted keys cannot be empty", "una clave sin comillas no puede estar vacía"),
    ("invalid basic string", "el texto entre comillas no es válido"),
    ("invalid literal string", "el texto entre comillas simples no es válido"),
    ("invalid value", "el valor no es válido"),
    ("invalid key-value pair", "el par de clave y valor no es válido"),
    ("invalid comment character", "un comentario tiene un carácter que no es válido"),
    ("invalid escape sequence", "la secuencia de escape no es válida"),
    ("missing escaped value", "falta lo que sigue a la barra invertida"),
    ("duplicate key", "la clave está dos veces"),
    ("unexpected key or value", "sobra una clave o un valor"),
    ("unexpected content", "sobra lo que hay aquí"),
    ("unexpected leading zero", "sobra el cero inicial"),
    ("`_` may only go between digits", "`_` solo puede ir entre cifras"),
    ("integer number overflowed", "el número entero es demasiado grande"),
    ("floating-point number overflowed", "el número es demasiado grande"),
    ("cannot recurse further; max recursion depth met", "está anidado a demasiada profundidad"),
    // What is wrong with a command line.
    ("nothing but the image goes to standard output", "a la salida estándar solo va la imagen"),
    ("make its folder first", "crea antes su carpeta"),
    (
        "no token: the socket's folder holds none for workers started by hand",
        "falta el código: la carpeta del socket no tiene ninguno para procesos arrancados a mano",
    ),
    (
        "start the master with --external-workers and use the SOCKET it prints",
        "arranca el maestro con --external-workers y usa el SOCKET que escribe",
    ),
    ("no temporary folder: {}", "no hay carpeta temporal: {}"),
    ("a path has a NUL character in it", "hay un carácter NUL en una ruta"),
    (
        "add -0, as the list is separated by NUL characters",
        "añade -0: la lista se separa con caracteres NUL",
    ),
    ("it has a [ without ]", "tiene un [ sin ]"),
    ("it has a { without }, or one without the other", "tiene un { sin }, o uno sin el otro"),
    ("it is not written as a pattern is", "no está escrito como un patrón"),
    ("the name is known to no server", "ningún servidor conoce ese nombre"),
    ("{} is one word too many", "sobra {}"),
    ("there is no command {}", "no hay ninguna orden {}"),
    ("{} needs a value", "{} necesita un valor"),
    ("{} cannot be {}", "{} no puede ser {}"),
    ("{} cannot be {}: {}", "{} no puede ser {}: {}"),
    ("{} and {} exclude one another", "{} y {} se excluyen"),
    ("a command is missing", "falta una orden"),
    ("{} needs other values than it has", "{} necesita otros valores que los que tiene"),
    ("an argument is not UTF-8", "un argumento no es UTF-8"),
    ("`{} --help` shows how it is used", "`{} --help` muestra cómo se usa"),
    ("give a whole number from {} to {}", "da un número entero de {} a {}"),
    ("it has no TIFF header", "no tiene cabecera TIFF"),
    (
        "raw: the picture is the JPEG of {} x {} px that the camera put into it",
        "raw: la imagen es el JPEG de {} x {} px que la cámara puso dentro",
    ),
    (
        "maker note left out: it has no place in EXIF",
        "se omitió la nota del fabricante: no cabe en EXIF",
    ),
];

/// Whether the catalogue has that phrase; `const`, so that the compiler can ask.
pub const fn is_known(phrase: &str) -> bool {
    let mut index = 0;
    while index < PHRASES.len() {
        if same(PHRASES[index].0.as_bytes(), phrase.as_bytes()) {
            return true;
        }
        index += 1;
    }
    false
}

const fn same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut index = 0;
    while index < one.len() {
        if one[index] != other[index] {
            return false;
        }
        index += 1;
    }
    true
}

/// How many `{}` a phrase has.
pub const fn places(phrase: &str) -> usize {
    let bytes = phrase.as_bytes();
    let (mut index, mut count) = (1, 0);
    while index < bytes.len() {
        if bytes[index - 1] == b'{' && bytes[index] == b'}' {
            count += 1;
        }
        index += 1;
    }
    count
}

/// The phrase in Spanish, if the catalogue has it.
pub fn spanish(phrase: &str) -> Option<&'static str> {
    static BY_ENGLISH: LazyLock<HashMap<&str, &str>> =
        LazyLock::new(|| PHRASES.iter().copied().collect());
    BY_ENGLISH.get(phrase).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_of_a_phrase_fill_in_the_same() {
        for (en, es) in PHRASES {
            assert_eq!(places(en), places(es), "{en}");
        }
    }

    /// For whoever reads them: what differs in a review has been changed in both, or not enough.
    #[test]
    fn all_phrases_side_by_side() {
        let pairs: Vec<_> = PHRASES.iter().map(|(en, es)| format!("{en}\n{es}\n")).collect();
        insta::assert_snapshot!("phrases", pairs.join("\n"));
    }

    #[test]
    fn every_phrase_is_there_once() {
        let mut english: Vec<_> = PHRASES.iter().map(|(en, _)| en).collect();
        english.sort_unstable();
        let twice: Vec<_> = english.windows(2).filter(|pair| pair[0] == pair[1]).collect();
        assert!(twice.is_empty(), "{twice:?}");
    }
}

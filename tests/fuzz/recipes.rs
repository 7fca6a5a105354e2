//! Recipes and requests of pages, as JSON.

use lote_serve::jobs::JobRequest;

use crate::fuzz;

const REQUEST: &str = r##"{"mode":"processes","workers":2,
"variants":[{"name":"web","steps":[{"filter":"redimensionar","params":{"porcentaje":50}},
{"filter":"marca_agua","params":{"texto":"Hola","opacidad":0.5,"posicion":"centro","color":"#ffffff"}}]},
{"name":"grises","pattern":"{n}_{name}","steps":[{"filter":"grises","params":{}}]}],
"output":{"folder":"verano","format":"jpeg","quality":75,"pattern":"{name}_{variant}",
"if_exists":"overwrite"}}"##;

const PIECES: [&str; 20] = [
    "null",
    "true",
    "-1",
    "0",
    "1e400",
    "18446744073709551616",
    "\"\"",
    "\"..\"",
    "\"a/b\"",
    "{}",
    "[]",
    "[[[[",
    "}",
    "\"\\ud800\"",
    "\"\\u0000\"",
    "{name}",
    "{",
    ",",
    ":",
    "threads",
];

#[test]
fn no_recipe_makes_the_page_s_parser_panic() {
    assert!(serde_json::from_str::<JobRequest>(REQUEST).unwrap().check(4).is_ok());
    fuzz("recipes", 40_000, |chance| {
        let mut bytes = REQUEST.as_bytes().to_vec();
        if chance.below(2) == 0 {
            chance.change(&mut bytes);
        } else {
            for _ in 0..=chance.below(3) {
                // From one value or name to the next.
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let ends: Vec<_> = text.match_indices(['"', ':', ',', '}']).collect();
                let first = chance.below(ends.len());
                let last = (first + chance.below(3)).min(ends.len() - 1);
                bytes.splice(ends[first].0..ends[last].0, chance.one_of(&PIECES).bytes());
            }
        }
        // A folder that is accepted stays below the output folder.
        serde_json::from_slice::<JobRequest>(&bytes).is_ok_and(|request| {
            let is_good = request.check(4).is_ok();
            if is_good {
                let folder = request.output_folder("/out".as_ref());
                let below = folder.strip_prefix("/out").unwrap();
                assert!(below.components().count() <= 1, "{}", folder.display());
            }
            is_good
        })
    });
}

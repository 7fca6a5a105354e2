//! What size a picture has after a chain, as far as that can be told before it is decoded.

use lote_protocol::filter::{FilterCall, Params};

use super::resize;

/// Filters that leave the size as it is.
const SAME_SIZE: [&str; 11] = [
    "invertir",
    "grises",
    "blur",
    "nitidez",
    "brillo",
    "contraste",
    "sepia",
    "bordes",
    "relieve",
    "posterizar",
    "marca_agua",
];

/// Width and height, px, of a picture of that size after these steps; or the first filter whose
/// result depends on more than the size.
pub fn result_size(steps: &[FilterCall], size: (u32, u32)) -> Result<(u32, u32), &str> {
    steps.iter().try_fold(size, |(width, height), step| match step.filter.as_str() {
        "redimensionar" => {
            Ok(resize::result_size(&Params::new(&resize::RESIZE.spec, &step.params), width, height))
        }
        same if SAME_SIZE.contains(&same) => Ok((width, height)),
        other => Err(other),
    })
}

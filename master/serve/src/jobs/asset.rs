//! The files that a page may name in parameters: those that it has sent.

use std::path::Path;

use lote_engine::catalogue;
use lote_protocol::filter::{FilterCall, ParamKind};

use super::JobError;
use lote_protocol::text;

/// Endings of fonts.
const FONTS: &[&str] = &["ttf", "otf", "ttc", "otc"];

/// Digits of the content's SHA-256 in an id.
pub const DIGITS: usize = 16;

/// The endings of files that parameters can name, in lower case.
pub fn endings() -> impl Iterator<Item = &'static str> {
    let params = catalogue::specs().iter().flat_map(|spec| spec.params);
    let of_files = params.flat_map(|param| match param.kind {
        ParamKind::File { endings } => endings,
        ParamKind::Font => FONTS,
        _ => &[],
    });
    of_files.copied()
}

/// Whether that is the id of a file that was sent: `logo-0123456789abcdef.png`, which is its name in
/// the folder of such files and leads nowhere else.
pub fn is_asset(id: &str) -> bool {
    let Some((stem, ending)) = id.rsplit_once('.') else { return false };
    let Some((label, digits)) = stem.rsplit_once('-') else { return false };
    let is_label = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    let is_digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    id.len() <= 200
        && !label.is_empty()
        && label.chars().all(is_label)
        && digits.len() == DIGITS
        && digits.chars().all(is_digit)
        && endings().any(|known| known == ending)
}

/// Refuses a call that names a file of this machine in place of one that was sent.
pub fn check_assets(call: &FilterCall) -> Result<(), JobError> {
    for (param, name) in catalogue::files(call) {
        // The family of a font has neither separators nor an ending.
        let is_font = matches!(param.kind, ParamKind::Font);
        let is_family = is_font && !name.contains(['/', '\\', '.']);
        if !is_asset(name) && !is_family {
            let name = Path::new(name).file_name().unwrap_or_default().to_string_lossy();
            let message = text!("{} is no file that was sent with POST /api/assets", &*name);
            return Err(JobError::Bad(message));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use lote_protocol::filter::VariantSpec;

    use super::*;

    #[test]
    fn only_what_was_sent_and_families_of_fonts_can_be_named() {
        let check = |filter: &str| {
            let steps = VariantSpec::parse(filter, &catalogue::all()).unwrap().steps;
            check_assets(&steps[0]).is_ok()
        };
        for sent in ["logo-0123456789abcdef.png", "mi_marca-2-0123456789abcdef.svg"] {
            assert!(check(&format!("logo:archivo={sent}")), "{sent}");
        }
        assert!(check("marca_agua:fuente=letra-0123456789abcdef.ttf"));
        assert!(check("marca_agua:fuente=Noto Sans"));
        assert!(check("marca_agua"));
        for path in [
            "/etc/logo-0123456789abcdef.png",
            "../logo-0123456789abcdef.png",
            "..\\logo-0123456789abcdef.png",
            "logo.png",
            "-0123456789abcdef.png",
            "logo-0123456789ABCDEF.png",
            "logo-0123456789abcdef.txt",
            "logo",
        ] {
            assert!(!check(&format!("logo:archivo={path}")), "{path}");
        }
        for path in ["/usr/share/fonts/a.ttf", "a.ttf", "..", "a/b"] {
            assert!(!check(&format!("marca_agua:fuente={path}")), "{path}");
        }
    }
}

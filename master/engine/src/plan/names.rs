//! How outputs are named. Pure: no disk is touched.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use lote_imaging::formats::{Format, by_ending, is_image_ending};
use unicode_normalization::UnicodeNormalization;

/// Longest file name, in bytes, that common file systems take.
pub(super) const MAX_NAME_BYTES: usize = 255;

/// Whether files of that ending are taken for images: those that can be read, and those that
/// deserve to be told why not.
pub(super) fn is_image_extension(extension: &OsStr) -> bool {
    extension.to_str().is_some_and(is_image_ending)
}

/// The stem of an image's outputs, and its own ending, which is part of the stem if it is none of
/// an image's.
pub(super) fn stem_and_ending(name: &Path) -> (OsString, OsString) {
    let own = name.extension().filter(|own| is_image_extension(own));
    let stem = match own {
        Some(_) => name.file_stem(),
        None => name.file_name(),
    };
    (stem.unwrap_or_default().to_owned(), own.unwrap_or_default().to_owned())
}

/// The ending of an image's output: the image's own, as it is spelt, where it is one of the format
/// to write (`None`: of an unknown one); otherwise that format's usual one.
pub(super) fn output_ending(own: &OsStr, format: Option<&Format>) -> OsString {
    let fits = |format| own.to_str().and_then(by_ending) == Some(format);
    match format {
        Some(format) if !fits(format) => format.endings[0].into(),
        _ => own.to_owned(),
    }
}

/// The stem, shortened if it is too long for a name with `tail` more bytes. What is cut is stood
/// for by a hash, so that different stems remain different.
pub(super) fn fit(stem: &OsStr, tail: usize) -> OsString {
    let room = MAX_NAME_BYTES.saturating_sub(tail);
    if stem.len() <= room {
        return stem.to_owned();
    }
    let mark = format!("~{:08x}", fnv1a(stem.as_encoded_bytes()));
    let mut short = start(stem, room.saturating_sub(mark.len()));
    short.push(mark);
    short
}

/// The first bytes of a name, at most `most`, without splitting a character.
#[cfg(unix)]
fn start(name: &OsStr, most: usize) -> OsString {
    use std::os::unix::ffi::OsStrExt;
    let bytes = name.as_bytes();
    let mut end = most.min(bytes.len());
    // A character has at most three bytes after its first; in what is not UTF-8 any cut will do.
    for _ in 0..3 {
        if bytes.get(end).is_some_and(|byte| byte & 0xC0 == 0x80) && end > 0 {
            end -= 1;
        }
    }
    OsStr::from_bytes(&bytes[..end]).to_owned()
}

/// The first bytes of a name, at most `most`, without splitting a character.
#[cfg(not(unix))]
fn start(name: &OsStr, most: usize) -> OsString {
    let name = name.to_string_lossy();
    let mut end = most.min(name.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name[..end].into()
}

/// 32-bit FNV-1a, as in <http://www.isthe.com/chongo/tech/comp/fnv/>: the same on every machine
/// and in every version, as names must be.
fn fnv1a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// A form of a path's text that is equal for paths that some file system takes for the same: all
/// in lower case and NFC. What is not Unicode stays as it is.
pub(super) fn fold(text: &OsStr) -> Vec<u8> {
    match text.to_str() {
        Some(text) if text.is_ascii() => text.to_ascii_lowercase().into_bytes(),
        Some(text) => {
            let lower = text.nfc().flat_map(char::to_lowercase);
            lower.nfc().collect::<String>().into_bytes()
        }
        None => text.as_encoded_bytes().to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use lote_imaging::formats::{JPEG, PNG, WEBP};
    use proptest::prelude::*;

    use super::super::pattern::{Facts, Number, Pattern};
    use super::*;

    fn file_name(stem: &OsStr, variant: &str, number: u32, extension: &OsStr) -> OsString {
        let facts = Facts {
            stem,
            dir: Path::new(""),
            variant,
            number: Number { value: 1, digits: 1 },
            page: lote_protocol::task::Page { number: 1, of: 1 },
            moment: jiff::civil::DateTime::ZERO,
            size: (1, 1),
            format: "",
            extension,
            copy: 1,
            again: number,
        };
        let path = Pattern::default().path(&facts);
        path.file_name().unwrap().to_owned()
    }

    fn named(name: &str, format: Option<&Format>) -> String {
        let (stem, own) = stem_and_ending(Path::new(name));
        let extension = output_ending(&own, format);
        let name = file_name(&stem, "web", 1, &extension);
        name.into_string().unwrap()
    }

    #[test]
    fn an_ending_that_fits_the_content_stays_as_it_is_spelt() {
        let jpeg = Some(&JPEG);
        assert_eq!(named("x/a.JPG", jpeg), "a_web.JPG");
        assert_eq!(named("a.jpeg", jpeg), "a_web.jpeg");
        assert_eq!(named("a.b.jpg", jpeg), "a.b_web.jpg");
    }

    #[test]
    fn an_ending_that_does_not_fit_gives_way_to_the_usual_one() {
        let png = Some(&PNG);
        assert_eq!(named("a.jpg", png), "a_web.png");
        assert_eq!(named("a", png), "a_web.png");
        assert_eq!(named("a.heic", png), "a_web.png");
        assert_eq!(named("a.v2", png), "a.v2_web.png");
        assert_eq!(named("a.png", Some(&JPEG)), "a_web.jpg");
        assert_eq!(named("a.txt", Some(&WEBP)), "a.txt_web.webp");
    }

    #[test]
    fn unrecognised_content_keeps_its_ending() {
        assert_eq!(named("a.Png", None), "a_web.Png");
        assert_eq!(named("a.heic", None), "a_web.heic");
        assert_eq!(named("..png", None), "._web.png");
        assert_eq!(named(".png", None), ".png_web");
    }

    #[test]
    fn long_names_are_cut_between_characters_and_stay_different() {
        let name = |last: &str| {
            let stem = "ñ".repeat(123) + last;
            let name = file_name(OsStr::new(&stem), "web", 1, OsStr::new("png"));
            name.into_string().unwrap()
        };
        assert_eq!(name("a"), "ñ".repeat(123) + "a_web.png");
        assert!(name("abc").len() <= 255);
        assert!(name("abc").starts_with("ñññ") && name("abc").ends_with("_web.png"));
        assert_ne!(name("abc"), name("abd"));
    }

    #[test]
    fn equal_names_for_a_careless_file_system_fold_to_the_same() {
        assert_eq!(fold(OsStr::new("Foto.JPG")), fold(OsStr::new("fOTO.jpg")));
        assert_eq!(fold(OsStr::new("caf\u{e9}")), fold(OsStr::new("CAFE\u{301}")));
        assert_ne!(fold(OsStr::new("cafe")), fold(OsStr::new("caf\u{e9}")));
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_not_unicode_survive() {
        use std::os::unix::ffi::OsStrExt;
        let path = Path::new(OsStr::from_bytes(b"\xff\xfe.png"));
        let (stem, extension) = stem_and_ending(path);
        let name = file_name(&stem, "web", 2, &extension);
        assert_eq!(name.as_bytes(), b"\xff\xfe_web-2.png");
        let long = OsStr::from_bytes(&[0xBF; 300]);
        assert!(file_name(long, "web", 1, &extension).len() <= 255);
    }

    proptest! {
        #[test]
        fn every_name_fits(stem in "\\PC{0,300}", variant in "[a-z]{1,100}", number in 0..9999_u32) {
            let name = file_name(OsStr::new(&stem), &variant, number, OsStr::new("tiff"));
            prop_assert!(name.len() <= MAX_NAME_BYTES);
            prop_assert!(name.to_str().is_some());
        }
    }
}

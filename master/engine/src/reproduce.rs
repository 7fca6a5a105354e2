//! The command that makes one output alone, for an image that was given up. Pure.

use std::ffi::OsStr;
use std::path::Path;

use lote_protocol::carry::{Keep, Profile};
use lote_protocol::encoding::Encoding;
use lote_protocol::filter::{EncodingOption, VariantSpec};
use lote_protocol::task::Limits;

/// How an output was to be made.
#[derive(Debug, Clone, Copy)]
pub struct Recipe<'a> {
    /// Its filters.
    pub variant: &'a VariantSpec,
    /// Which frame or page it shows, where each is an output of its own.
    pub page: Option<u32>,
    /// How the job's files are encoded; the format is in the output's ending.
    pub encoding: &'a Encoding,
    /// What the worker refused to load.
    pub limits: &'a Limits,
    /// How much memory the worker could use, bytes.
    pub max_memory_bytes: Option<u64>,
}

/// A line for a shell that makes `output` of `input`. What is as it is by itself is left out.
pub fn command(input: &Path, output: &Path, recipe: &Recipe<'_>) -> String {
    let Recipe { variant, page, encoding, limits, max_memory_bytes } = recipe;
    let usual = Encoding::default();
    let mut words = vec!["lote worker apply".to_owned(), path(input), path(output)];
    words.push(format!("-f {}", quoted(variant.to_string().as_ref())));
    if let Some(page) = page {
        words.push(format!("--page {page}"));
    }
    for option in EncodingOption::ALL {
        if let Some(value) = option.value(encoding) {
            // Only some of the options can be given for a job, and these are called so.
            words.push(format!("--{} {value}", option.names()[1]));
        }
    }
    if encoding.background != usual.background {
        let [r, g, b] = encoding.background;
        words.push(format!("--background '#{r:02x}{g:02x}{b:02x}'"));
    }
    let carry = &encoding.carry;
    words.extend(match carry.metadata {
        Keep::All => None,
        Keep::NoLocation => Some("--metadata no-location".into()),
        Keep::Copyright => Some("--metadata copyright".into()),
        Keep::None => Some("--metadata none".into()),
    });
    for statement in carry.set.as_typed() {
        words.push(format!("--set {}", quoted(statement.as_ref())));
    }
    if carry.profile == Profile::Srgb {
        words.push("--profile srgb".into());
    }
    if carry.keep_dates {
        words.push("--keep-dates".into());
    }
    if limits.max_pixels != Limits::default().max_pixels {
        words.push(format!("--max-pixels {}", limits.max_pixels));
    }
    if limits.max_frames != Limits::default().max_frames {
        words.push(format!("--max-frames {}", limits.max_frames));
    }
    if let Some(bytes) = max_memory_bytes {
        let whole = (bytes % (1 << 20) == 0).then(|| format!("{}M", bytes >> 20));
        words.push(format!("--max-memory {}", whole.unwrap_or_else(|| bytes.to_string())));
    }
    words.join(" ")
}

/// A path that is not taken for an option.
fn path(path: &Path) -> String {
    if path.as_os_str().as_encoded_bytes().starts_with(b"-") {
        return quoted(Path::new(".").join(path).as_os_str());
    }
    quoted(path.as_os_str())
}

/// A word as shells read it back. A name that is no UTF-8, or that could steer a terminal, is
/// written with `$'…'`, which bash, zsh, ksh and POSIX of 2024 know.
fn quoted(word: &OsStr) -> String {
    let is_plain = |text: &&str| crate::words::printable(text) == **text;
    if let Some(text) = word.to_str().filter(is_plain)
        && let Ok(quoted) = shlex::try_quote(text)
    {
        return quoted.into_owned();
    }
    let escaped = |byte: &u8| match byte {
        b'\'' | b'\\' => format!("\\{}", char::from(*byte)),
        b' '..=b'~' => char::from(*byte).to_string(),
        byte => format!("\\x{byte:02x}"),
    };
    // A digit behind `\xHH` would be taken for part of it by some shells, so those end there.
    let mut text = String::from("$'");
    let mut after_code = false;
    for byte in word.as_encoded_bytes() {
        if after_code && byte.is_ascii_hexdigit() {
            text.push_str("'$'");
        }
        after_code = !(b' '..=b'~').contains(byte);
        text.push_str(&escaped(byte));
    }
    text.push('\'');
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::catalogue;

    fn line(input: &Path, filter: &str, encoding: &Encoding, max_memory: Option<u64>) -> String {
        let variant = VariantSpec::parse(filter, &catalogue::all()).unwrap();
        let recipe = Recipe {
            variant: &variant,
            page: None,
            encoding,
            limits: &Limits::default(),
            max_memory_bytes: max_memory,
        };
        command(input, Path::new("out.jpg"), &recipe)
    }

    #[test]
    fn the_command_says_what_matters_and_no_more() {
        let plain = line(Path::new("/in/a.jpg"), "grises", &Encoding::default(), None);
        assert_eq!(plain, "lote worker apply /in/a.jpg out.jpg -f grises");
        let encoding =
            Encoding { quality: Some(90), background: [1, 2, 255], ..Encoding::default() };
        let chain = "web=invert+watermark:text=\"it's a, b\"";
        insta::assert_snapshot!(
            line(Path::new("-rf me.jpg"), chain, &encoding, Some(800 << 20)),
            @r#"lote worker apply './-rf me.jpg' out.jpg -f "web=invertir+marca_agua:texto=\"it's a, b\"" --quality 90 --background '#0102ff' --max-memory 800M"#
        );
    }

    #[test]
    fn the_filters_are_read_back_as_they_were() {
        let chain = "web=resize:percent=12.5+watermark:text=\"'$HOME' \\\"`ls`\\\" \\\\ ñ\"";
        let line = line(Path::new("a.jpg"), chain, &Encoding::default(), None);
        let words = shlex::split(&line).unwrap();
        let again = VariantSpec::parse(&words[6], &catalogue::all()).unwrap();
        assert_eq!(again, VariantSpec::parse(chain, &catalogue::all()).unwrap());
    }

    proptest! {
        #[test]
        fn a_shell_reads_every_name_back(name in "\\PC{1,20}") {
            prop_assume!(!name.starts_with('-'));
            let line = line(Path::new(&name), "grises", &Encoding::default(), None);
            if !line.contains("$'") {
                prop_assert_eq!(&shlex::split(&line).unwrap()[3], &name);
            }
        }
    }

    /// What a shell makes of a word.
    #[cfg(unix)]
    fn read_back(word: &OsStr) -> Vec<u8> {
        let script = format!("printf %s {}", quoted(word));
        std::process::Command::new("bash").arg("-c").arg(script).output().unwrap().stdout
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_no_text_or_could_steer_a_terminal_survive_a_shell() {
        use std::os::unix::ffi::OsStrExt;
        for name in [&b"\xff1.jpg"[..], b"a\nb", b"\x1b[31m'\\red", "\u{202e}gpj".as_bytes()] {
            let word = OsStr::from_bytes(name);
            let text = quoted(word);
            assert!(text.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{text}");
            assert_eq!(read_back(word), name, "{text}");
        }
    }
}

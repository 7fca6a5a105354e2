//! The fonts that the system has.

use std::cmp::Ordering;
use std::env;
use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use lote_imaging::text::Face;
use walkdir::WalkDir;

/// Largest font file that is looked at, bytes.
const MAX_BYTES: u64 = 128 << 20;
/// Most fonts in a file.
const MAX_FACES: u32 = 64;
/// The weight of the font that is part of the program.
const BOLD: f32 = 700.0;

/// The upright fonts of the system, in the order of their paths.
pub(super) struct SystemFonts(Vec<SystemFont>);

struct SystemFont {
    path: PathBuf,
    index: u32,
    face: Face,
}

impl SystemFonts {
    /// They are looked for once, when they are needed first.
    pub(super) fn get() -> &'static Self {
        static FONTS: OnceLock<SystemFonts> = OnceLock::new();
        FONTS.get_or_init(|| Self::find(&folders()))
    }

    fn find(folders: &[PathBuf]) -> Self {
        let mut paths: Vec<_> = folders
            .iter()
            .flat_map(|folder| WalkDir::new(folder).follow_links(true).max_depth(8))
            .filter_map(Result::ok)
            .filter(|entry| entry.file_type().is_file())
            .map(walkdir::DirEntry::into_path)
            .filter(|path| {
                let ending = path.extension().unwrap_or_default().to_string_lossy();
                ["ttf", "otf", "ttc", "otc"].contains(&ending.to_ascii_lowercase().as_str())
            })
            .collect();
        paths.sort();
        paths.dedup();
        let mut fonts = Vec::new();
        for path in paths {
            if fs::metadata(&path).map_or(0, |metadata| metadata.len()) > MAX_BYTES {
                continue;
            }
            let Ok(bytes) = fs::read(&path) else { continue };
            let bytes = std::sync::Arc::new(bytes);
            let faces = (0..MAX_FACES).map_while(|index| {
                let face = Face::new(std::sync::Arc::clone(&bytes), index)?;
                Some(SystemFont { path: path.clone(), index, face })
            });
            fonts.extend(faces.filter(|font| font.face.is_upright()));
        }
        Self(fonts)
    }

    /// The font of that name, or else the one of that family that is nearest to regular.
    pub(super) fn family(&self, name: &str) -> Option<(PathBuf, u32)> {
        let named = |font: &&SystemFont| {
            font.face.names().iter().any(|known| known.eq_ignore_ascii_case(name))
        };
        let from_regular = |font: &SystemFont| (font.face.weight() - 400.0).abs();
        let nearest =
            |a: &&SystemFont, b: &&SystemFont| from_regular(a).total_cmp(&from_regular(b));
        self.0.iter().filter(named).min_by(nearest).map(|font| (font.path.clone(), font.index))
    }

    /// Fonts that together write as many of the characters as there are fonts for: each the one that
    /// writes most of what is left, without serifs if there is a choice, and as bold as can be.
    pub(super) fn that_write(&self, characters: &[char]) -> Vec<(PathBuf, u32)> {
        let mut left = characters.to_vec();
        let mut found = Vec::new();
        while !left.is_empty() {
            let rank = |font: &SystemFont| {
                let count = left.iter().filter(|character| font.face.writes(**character)).count();
                let family = font.face.names().into_iter().next().unwrap_or_default();
                let weight = (font.face.weight() - BOLD).abs();
                (count, family.contains("Sans"), !family.contains("Serif"), -weight)
            };
            let ranked = self.0.iter().map(|font| (rank(font), font));
            // Of equals the first one stays.
            let best = ranked.reduce(|best, next| {
                if next.0.partial_cmp(&best.0) == Some(Ordering::Greater) { next } else { best }
            });
            let Some((_, font)) = best.filter(|((count, ..), _)| *count > 0) else { break };
            left.retain(|character| !font.face.writes(*character));
            found.push((font.path.clone(), font.index));
        }
        found
    }
}

/// Where fonts are.
fn folders() -> Vec<PathBuf> {
    let home = |below: &str| env::var_os("HOME").map(|home| PathBuf::from(home).join(below));
    let all = if cfg!(windows) {
        vec![env::var_os("WINDIR").map(|folder| PathBuf::from(folder).join("Fonts"))]
    } else if cfg!(target_os = "macos") {
        vec![
            Some("/System/Library/Fonts".into()),
            Some("/Library/Fonts".into()),
            home("Library/Fonts"),
        ]
    } else {
        let data = env::var_os("XDG_DATA_HOME").map(|data| PathBuf::from(data).join("fonts"));
        vec![
            Some("/usr/share/fonts".into()),
            Some("/usr/local/share/fonts".into()),
            home(".fonts"),
            data.or_else(|| home(".local/share/fonts")),
        ]
    };
    all.into_iter().flatten().filter(|folder| folder.is_dir()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fonts_are_found_by_family_and_by_what_they_write() {
        let folder = tempfile::tempdir().unwrap();
        let font = include_bytes!("../../../../worker/imaging/assets/OpenSans-Bold.ttf");
        fs::create_dir(folder.path().join("deep")).unwrap();
        fs::write(folder.path().join("deep/open.TTF"), font).unwrap();
        fs::write(folder.path().join("broken.ttf"), b"no font").unwrap();
        let fonts = SystemFonts::find(&[folder.path().to_owned()]);
        let expected = Some((folder.path().join("deep/open.TTF"), 0));
        assert_eq!(fonts.family("open sans"), expected);
        assert_eq!(fonts.family("Open Sans Bold"), expected);
        assert_eq!(fonts.family("Comic"), None);
        assert_eq!(fonts.that_write(&['ñ', '写']), Vec::from_iter(expected));
        assert_eq!(fonts.that_write(&['写']), []);
    }
}

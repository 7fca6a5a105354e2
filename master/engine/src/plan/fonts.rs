//! The fonts that the system has.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::env;
use std::fs;
use std::hash::Hash;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use lote_imaging::text::Face;
use walkdir::WalkDir;

/// Largest font file that is looked at, bytes.
const MAX_BYTES: u64 = 128 << 20;
/// Most fonts in a file.
const MAX_FACES: u32 = 64;
/// Most font files that are looked at.
const MAX_FILES: usize = 10_000;
/// Most answers that are kept.
const MAX_ANSWERS: usize = 256;
/// The weight of the font that is part of the program.
const BOLD: f32 = 700.0;
/// The weight of a font that is neither light nor bold.
const REGULAR: f32 = 400.0;

/// The fonts of the system, in the order of their paths. Their files are read one after the other
/// when something is looked for, and none is kept, as they may be more than fits into memory.
pub(super) struct SystemFonts {
    files: Vec<PathBuf>,
    /// What was found before.
    families: Mutex<HashMap<String, Option<Found>>>,
    writing: Mutex<HashMap<Vec<char>, Vec<Found>>>,
}

/// A font: its file, and which of several in it.
type Found = (PathBuf, u32);

/// What fonts of the system can do for some characters.
struct Candidate {
    font: Found,
    /// Which of the characters it writes.
    writes: Vec<bool>,
    /// How well it suits beside the one that is part of the program: without serifs if there is a
    /// choice, and as bold as can be.
    style: (bool, bool, f32),
}

impl SystemFonts {
    /// They are looked for once, when they are needed first.
    pub(super) fn get() -> &'static Self {
        static FONTS: OnceLock<SystemFonts> = OnceLock::new();
        FONTS.get_or_init(|| Self::find(&folders()))
    }

    fn find(folders: &[PathBuf]) -> Self {
        let mut files: Vec<_> = folders
            .iter()
            .flat_map(|folder| WalkDir::new(folder).follow_links(true).max_depth(8))
            .filter_map(Result::ok)
            .filter(|entry| entry.file_type().is_file())
            .map(walkdir::DirEntry::into_path)
            .filter(|path| {
                let ending = path.extension().unwrap_or_default().to_string_lossy();
                ["ttf", "otf", "ttc", "otc"].contains(&ending.to_ascii_lowercase().as_str())
            })
            .take(MAX_FILES)
            .collect();
        files.sort();
        files.dedup();
        Self { files, families: Mutex::default(), writing: Mutex::default() }
    }

    /// The upright fonts, each with where it is.
    fn faces(&self) -> impl Iterator<Item = (Found, Face)> {
        self.files.iter().flat_map(|path| {
            let is_small = fs::metadata(path).is_ok_and(|metadata| metadata.len() <= MAX_BYTES);
            let bytes = if is_small { fs::read(path).ok() } else { None };
            let bytes = bytes.map(Arc::new);
            let faces = (0..MAX_FACES).map_while(move |index| {
                Some(((path.clone(), index), Face::new(Arc::clone(bytes.as_ref()?), index)?))
            });
            faces.filter(|(_, face)| face.is_upright())
        })
    }

    /// The font of that name, or else the one of that family that is nearest to regular.
    pub(super) fn family(&self, name: &str) -> Option<Found> {
        kept(&self.families, name.to_lowercase(), || {
            let named =
                |face: &Face| face.names().iter().any(|known| known.eq_ignore_ascii_case(name));
            let faces = self.faces().filter(|(_, face)| named(face));
            let weighed = faces.map(|(font, face)| ((face.weight() - REGULAR).abs(), font));
            weighed.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, font)| font)
        })
    }

    /// Fonts that together write as many of the characters as there are fonts for: each the one that
    /// writes most of what is left.
    pub(super) fn that_write(&self, characters: &[char]) -> Vec<Found> {
        kept(&self.writing, characters.to_vec(), || self.look_for(characters))
    }

    fn look_for(&self, characters: &[char]) -> Vec<Found> {
        let candidates = self.faces().map(|(font, face)| {
            let family = face.names().into_iter().next().unwrap_or_default();
            let style =
                (family.contains("Sans"), !family.contains("Serif"), -(face.weight() - BOLD).abs());
            let writes = characters.iter().map(|character| face.writes(*character)).collect();
            Candidate { font, writes, style }
        });
        let candidates: Vec<_> = candidates.filter(|one| one.writes.contains(&true)).collect();
        let mut left = vec![true; characters.len()];
        let mut found = Vec::new();
        loop {
            let rank = |one: &Candidate| {
                let new = one.writes.iter().zip(&left).filter(|(writes, left)| **writes && **left);
                (new.count(), one.style)
            };
            let ranked = candidates.iter().map(|one| (rank(one), one));
            // Of equals the first one stays.
            let best = ranked.reduce(|best, next| {
                if next.0.partial_cmp(&best.0) == Some(Ordering::Greater) { next } else { best }
            });
            let Some((_, best)) = best.filter(|((count, _), _)| *count > 0) else { return found };
            left.iter_mut().zip(&best.writes).for_each(|(left, writes)| *left &= !writes);
            found.push(best.font.clone());
        }
    }
}

/// The answer that was given before, or the one that is given now.
fn kept<K: Eq + Hash, V: Clone>(
    answers: &Mutex<HashMap<K, V>>,
    key: K,
    find: impl FnOnce() -> V,
) -> V {
    let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(answer) = answers.get(&key) {
        return answer.clone();
    }
    // Pages ask with every letter that is typed.
    if answers.len() >= MAX_ANSWERS {
        answers.clear();
    }
    let answer = find();
    answers.insert(key, answer.clone());
    answer
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

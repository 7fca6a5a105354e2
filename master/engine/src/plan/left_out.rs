//! What was found and is not worked on, and why: nothing is passed over in silence.

use std::path::Path;

use serde::Serialize;

use crate::lang::Lang;
use crate::words::printable;

/// How many of a kind are named.
const SHOWN: usize = 5;

/// Things of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// How many.
    pub count: usize,
    /// The first few of them, below the folder that was named.
    pub first: Vec<String>,
}

impl Tally {
    /// One more.
    pub(super) fn add(&mut self, below: &Path) {
        self.count += 1;
        if self.first.len() < SHOWN {
            self.first.push(below.to_string_lossy().into_owned());
        }
    }

    fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// What was left out of the folders that were searched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Folders of the system and hidden ones, which were not entered.
    #[serde(skip_serializing_if = "Tally::is_empty")]
    pub system_folders: Tally,
    /// Files and folders that `--include` and `--exclude` leave out.
    #[serde(skip_serializing_if = "Tally::is_empty")]
    pub filtered: Tally,
    /// Raw files beside another image of their stem.
    #[serde(skip_serializing_if = "Tally::is_empty")]
    pub raw: Tally,
    /// Files that are images by their content, but not by their names.
    #[serde(skip_serializing_if = "Tally::is_empty")]
    pub misnamed: Tally,
    /// Files that are no images. Hidden ones are not counted.
    #[serde(skip_serializing_if = "Tally::is_empty")]
    pub others: Tally,
}

impl LeftOut {
    /// Whether everything was taken.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// One line for people, without names of files that are no images; empty if all was taken.
    pub fn line(&self, lang: Lang) -> String {
        let kinds = [
            (
                &self.system_folders,
                ["folder of the system", "folders of the system"],
                ["carpeta del sistema", "carpetas del sistema"],
            ),
            (
                &self.filtered,
                ["by --include and --exclude", "by --include and --exclude"],
                ["por --incluir y --excluir", "por --incluir y --excluir"],
            ),
            (
                &self.raw,
                ["raw file beside its image", "raw files beside their images"],
                ["archivo raw junto a su imagen", "archivos raw junto a sus imágenes"],
            ),
            (
                &self.misnamed,
                ["image under a name that says otherwise", "images under names that say otherwise"],
                ["imagen con un nombre que no lo dice", "imágenes con nombres que no lo dicen"],
            ),
            (
                &self.others,
                ["file that is no image", "files that are no images"],
                ["archivo que no es una imagen", "archivos que no son imágenes"],
            ),
        ];
        let said =
            kinds.into_iter().filter(|(tally, ..)| !tally.is_empty()).map(|(tally, en, es)| {
                let words = lang.pick(en, es)[usize::from(tally.count != 1)];
                let more = if tally.count > tally.first.len() { ", …" } else { "" };
                match printable(&tally.first.join(", ")) {
                    _ if std::ptr::eq(tally, &raw const self.others) => {
                        format!("{} {words}", tally.count)
                    }
                    names => format!("{} {words} ({names}{more})", tally.count),
                }
            });
        said.collect::<Vec<_>>().join("; ")
    }
}

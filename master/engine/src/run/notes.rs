//! What is noted of outputs, counted by kind: a run says each kind once.

use std::collections::BTreeMap;

use lote_protocol::lang::Text;
use lote_protocol::text;

use crate::event::NoteCount;

/// Kinds that are told apart; what there is beyond that is counted as one.
const MAX_KINDS: usize = 50;

/// The notes of a run.
#[derive(Debug, Default)]
pub(super) struct Notes(
    /// By the English of what they have in common.
    BTreeMap<String, AlikeNotes>,
);

/// Notes that differ in nothing but numbers.
#[derive(Debug)]
struct AlikeNotes {
    first: Text,
    /// It with … in place of its numbers.
    alike: Text,
    is_one: bool,
    outputs: usize,
}

impl Notes {
    /// Takes down the notes of an output.
    pub(super) fn add(&mut self, notes: &[Text]) {
        for note in notes {
            let mut alike = note.clone().map(without_numbers);
            let mut kind = alike.to_string();
            if self.0.len() >= MAX_KINDS && !self.0.contains_key(&kind) {
                alike = text!("other notes");
                kind = alike.to_string();
            }
            let first = || AlikeNotes { first: note.clone(), alike, is_one: true, outputs: 0 };
            let counted = self.0.entry(kind).or_insert_with(first);
            counted.is_one &= counted.first == *note;
            counted.outputs += 1;
        }
    }

    /// How many there are of each kind, the most frequent first.
    pub(super) fn counts(&self) -> Vec<NoteCount> {
        let count = |counted: &AlikeNotes| NoteCount {
            note: if counted.is_one { &counted.first } else { &counted.alike }.clone(),
            outputs: counted.outputs,
        };
        let mut counts: Vec<_> = self.0.values().map(count).collect();
        counts.sort_by_key(|count| std::cmp::Reverse(count.outputs));
        counts
    }
}

/// What is filled in, with … in place of its numbers.
fn without_numbers(note: &str) -> String {
    let mut text = String::new();
    for c in note.chars() {
        if !c.is_ascii_digit() {
            text.push(c);
        } else if !text.ends_with('…') {
            text.push('…');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(notes: &Notes) -> Vec<(String, usize)> {
        notes.counts().into_iter().map(|count| (count.note.to_string(), count.outputs)).collect()
    }

    #[test]
    fn notes_are_counted_by_kind_the_most_frequent_first() {
        let mut notes = Notes::default();
        notes.add(&[text!("page {}: {}", 3, "cut")]);
        for _ in 0..3 {
            notes.add(&[
                text!("{} left out: {} holds none", "EXIF", "GIF"),
                text!("16 bits a channel rounded to 8: {} holds no more here", "GIF"),
            ]);
        }
        notes.add(&[text!("page {}: {}", 12, "cut")]);
        let expected = [
            ("16 bits a channel rounded to 8: GIF holds no more here", 3),
            ("EXIF left out: GIF holds none", 3),
            ("page …: cut", 2),
        ];
        assert_eq!(counts(&notes), expected.map(|(note, n)| (note.to_owned(), n)));
    }

    #[test]
    fn kinds_without_end_are_counted_together() {
        let mut notes = Notes::default();
        for i in 0..2000 {
            notes.add(&["x".repeat(i).into()]);
        }
        assert_eq!(notes.counts().len(), MAX_KINDS + 1);
        assert_eq!(counts(&notes)[0].1, 2000 - MAX_KINDS);
    }
}

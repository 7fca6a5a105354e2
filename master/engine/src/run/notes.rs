//! What is noted of outputs, counted by kind: a run says each kind once.

use std::collections::BTreeMap;

use crate::event::NoteCount;

/// Kinds that are told apart; what there is beyond that is counted as one.
const MAX_KINDS: usize = 50;

/// The notes of a run.
#[derive(Debug, Default)]
pub(super) struct Notes(BTreeMap<String, Kind>);

/// Notes that differ in nothing but numbers.
#[derive(Debug)]
struct Kind {
    first: String,
    is_one: bool,
    outputs: usize,
}

impl Notes {
    /// Takes down the notes of an output.
    pub(super) fn add(&mut self, notes: &[String]) {
        for note in notes {
            let mut kind = without_numbers(note);
            if self.0.len() >= MAX_KINDS && !self.0.contains_key(&kind) {
                kind = "other notes".into();
            }
            let first = || Kind { first: note.clone(), is_one: true, outputs: 0 };
            let counted = self.0.entry(kind).or_insert_with(first);
            counted.is_one &= counted.first == *note;
            counted.outputs += 1;
        }
    }

    /// How many there are of each kind, the most frequent first.
    pub(super) fn counts(&self) -> Vec<NoteCount> {
        let count = |(kind, counted): (&String, &Kind)| NoteCount {
            note: if counted.is_one { counted.first.clone() } else { kind.clone() },
            outputs: counted.outputs,
        };
        let mut counts: Vec<_> = self.0.iter().map(count).collect();
        counts.sort_by_key(|count| std::cmp::Reverse(count.outputs));
        counts
    }
}

/// A note with … in place of its numbers.
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
        notes.counts().into_iter().map(|count| (count.note, count.outputs)).collect()
    }

    #[test]
    fn notes_are_counted_by_kind_the_most_frequent_first() {
        let mut notes = Notes::default();
        notes.add(&["only the first of 3 pages is kept".into()]);
        for _ in 0..3 {
            notes.add(&["EXIF left out: GIF holds none".into(), "16 bits rounded to 8".into()]);
        }
        notes.add(&["only the first of 12 pages is kept".into()]);
        let expected = [
            ("EXIF left out: GIF holds none", 3),
            ("16 bits rounded to 8", 3),
            ("only the first of … pages is kept", 2),
        ];
        assert_eq!(counts(&notes), expected.map(|(note, n)| (note.to_owned(), n)));
    }

    #[test]
    fn kinds_without_end_are_counted_together() {
        let mut notes = Notes::default();
        for i in 0..2000 {
            notes.add(&["x".repeat(i)]);
        }
        assert_eq!(notes.counts().len(), MAX_KINDS + 1);
        assert_eq!(counts(&notes)[0].1, 2000 - MAX_KINDS);
    }
}

//! How outputs have ended, and the counts that follow. Each is counted once, whatever is reported about it.

use crate::event::{OutputCounts, OutputEnded, Place, Status};

/// What is kept of how an output has ended.
pub trait Remembered: for<'a> From<&'a OutputEnded> {
    /// How.
    fn status(&self) -> Status;
    /// Its size, if that is kept.
    fn bytes(&self) -> u64;
}

impl From<&OutputEnded> for Status {
    fn from(ended: &OutputEnded) -> Self {
        ended.status
    }
}

impl Remembered for Status {
    fn status(&self) -> Status {
        *self
    }

    fn bytes(&self) -> u64 {
        0
    }
}

/// The outputs of a job.
#[derive(Debug)]
pub struct Outputs<K> {
    /// Image by image, variant by variant; `None` is open.
    ends: Vec<Option<K>>,
    /// By variant.
    counts: Vec<OutputCounts>,
}

impl<K: Remembered> Outputs<K> {
    /// All of them open.
    pub fn new(images: usize, variants: usize) -> Self {
        let mut outputs =
            Self { ends: Vec::new(), counts: vec![OutputCounts::default(); variants] };
        outputs.grow_to(images);
        outputs
    }

    /// Has the outputs of so many images.
    pub fn grow_to(&mut self, images: usize) {
        self.ends.resize_with(images * self.counts.len(), || None);
    }

    /// How many there are.
    pub fn total(&self) -> usize {
        self.ends.len()
    }

    /// The counts of all.
    pub fn counts(&self) -> OutputCounts {
        self.counts.iter().sum()
    }

    /// The counts by variant.
    pub fn by_variant(&self) -> &[OutputCounts] {
        &self.counts
    }

    /// The number of an output, image by image and variant by variant.
    pub fn index(&self, place: Place) -> usize {
        place.image * self.counts.len() + place.variant
    }

    /// The output of that number, if there is one.
    pub fn place(&self, index: usize) -> Option<Place> {
        let variants = self.counts.len();
        let place = || Place { image: index / variants, variant: index % variants };
        (index < self.ends.len()).then(place)
    }

    /// How an output has ended, if it has.
    pub fn get(&self, place: Place) -> Option<&K> {
        self.ends.get(self.index(place))?.as_ref()
    }

    /// All outputs, in the order of the images, then of the variants.
    pub fn all(&self) -> impl Iterator<Item = (Place, Option<&K>)> {
        let variants = self.counts.len().max(1);
        let place = move |index| Place { image: index / variants, variant: index % variants };
        self.ends.iter().enumerate().map(move |(index, end)| (place(index), end.as_ref()))
    }

    /// The outputs that are open.
    pub fn open(&self) -> impl Iterator<Item = Place> {
        self.all().filter(|(_, end)| end.is_none()).map(|(place, _)| place)
    }

    /// Takes down how an output of an image of so many bytes has ended; `false` if it had ended before, or
    /// there is no such output.
    pub fn end(&mut self, ended: &OutputEnded, image_bytes: u64) -> bool {
        let index = self.index(ended.place);
        let Some(end @ None) = self.ends.get_mut(index) else { return false };
        *end = Some(K::from(ended));
        let counts = &mut self.counts[ended.place.variant];
        counts.add(ended);
        if ended.status == Status::Ok {
            counts.read_bytes += image_bytes;
        }
        true
    }

    /// Opens an output again, so that it counts no more. The time was spent all the same, and stays.
    pub fn reopen(&mut self, place: Place, image_bytes: u64) {
        let index = self.index(place);
        let Some(end) = self.ends.get_mut(index).and_then(Option::take) else { return };
        let counts = &mut self.counts[place.variant];
        counts.shift(end.status(), |count| *count -= 1);
        if end.status() == Status::Ok {
            counts.read_bytes -= image_bytes;
        }
        if end.status() != Status::Skipped {
            counts.written_bytes -= end.bytes();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn ended(image: usize, variant: usize, status: Status) -> OutputEnded {
        let blank = OutputEnded::open(Place { image, variant }, String::new(), "x".into());
        let (ms, decode_ms, bytes) = (Some(1.5), Some(0.5), Some(10));
        OutputEnded { status, ms, decode_ms, bytes, attempt: Some(2), ..blank }
    }

    #[test]
    fn an_output_is_counted_once_and_no_more_when_it_is_open_again() {
        let mut outputs = Outputs::<Status>::new(1, 2);
        assert!(outputs.end(&ended(0, 1, Status::Ok), 100));
        assert!(!outputs.end(&ended(0, 1, Status::Failed), 100));
        assert!(!outputs.end(&ended(1, 0, Status::Ok), 100), "there is no such image");
        assert!(outputs.end(&ended(0, 0, Status::Quarantined), 100));
        let counts = outputs.counts();
        assert_eq!((counts.ok, counts.failed, counts.quarantined, counts.done()), (1, 1, 1, 2));
        assert_eq!((counts.repeated, counts.written_bytes, counts.read_bytes), (1, 20, 100));
        assert_eq!(
            (counts.work, counts.decode),
            (Duration::from_millis(3), Duration::from_millis(1))
        );
        outputs.reopen(Place { image: 0, variant: 0 }, 100);
        let counts = outputs.counts();
        assert_eq!((counts.ok, counts.failed, counts.quarantined, counts.done()), (1, 0, 0, 1));
        assert_eq!((counts.work, counts.read_bytes), (Duration::from_millis(3), 100));
        assert_eq!(outputs.open().collect::<Vec<_>>(), [Place { image: 0, variant: 0 }]);
    }
}

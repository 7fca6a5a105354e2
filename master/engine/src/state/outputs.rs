//! How outputs have ended, and the counts that follow. Each is counted once, whatever is reported about it.

use std::iter::Sum;
use std::time::Duration;

use lote_protocol::outcome::FailureKind;

use crate::event::{OutputEnded, Place, Status};

/// Counts of outputs that have ended.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct OutputCounts {
    /// Those that are there.
    pub ok: usize,
    /// Those that could not be made, quarantined ones included.
    pub failed: usize,
    /// Those that were there before, or were not started.
    pub skipped: usize,
    /// Those of `failed` whose image cost two workers their lives.
    pub quarantined: usize,
    /// Those of `ok` that a first attempt did not make, as its worker died.
    pub repeated: usize,
    /// Those of `skipped` that were not started.
    pub cancelled: usize,
    /// Time that workers spent on them, with their share of reading and decoding.
    pub work: Duration,
    /// That share.
    pub decode: Duration,
    /// Size of the inputs of `ok`, where that is known: [`Outputs::end`].
    pub read_bytes: u64,
    /// Size of the outputs.
    pub written_bytes: u64,
}

impl OutputCounts {
    /// Counts an output that has ended.
    pub fn add(&mut self, ended: &OutputEnded) {
        self.shift(ended.status, |count| *count += 1);
        let is_again = ended.attempt.is_some_and(|attempt| attempt > 1);
        self.repeated += usize::from(ended.status == Status::Ok && is_again);
        let is_cancelled = ended.kind == Some(FailureKind::Cancelled);
        self.cancelled += usize::from(ended.status == Status::Skipped && is_cancelled);
        self.written_bytes += ended.bytes.unwrap_or(0);
        // Other machines may tell anything.
        let time = |ms: Option<f64>| {
            let ms = ms.unwrap_or(0.0).clamp(0.0, 1e12);
            Duration::try_from_secs_f64(ms / 1000.0).unwrap_or_default()
        };
        self.work += time(ended.ms);
        self.decode += time(ended.decode_ms);
    }

    fn shift(&mut self, status: Status, by: impl Fn(&mut usize)) {
        match status {
            Status::Ok => by(&mut self.ok),
            Status::Skipped => by(&mut self.skipped),
            Status::Failed => by(&mut self.failed),
            Status::Quarantined => {
                by(&mut self.failed);
                by(&mut self.quarantined);
            }
        }
    }

    /// How many have ended.
    pub fn done(&self) -> usize {
        self.ok + self.failed + self.skipped
    }
}

impl<'a> Sum<&'a Self> for OutputCounts {
    fn sum<I: Iterator<Item = &'a Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            ok: sum.ok + one.ok,
            failed: sum.failed + one.failed,
            skipped: sum.skipped + one.skipped,
            quarantined: sum.quarantined + one.quarantined,
            repeated: sum.repeated + one.repeated,
            cancelled: sum.cancelled + one.cancelled,
            work: sum.work + one.work,
            decode: sum.decode + one.decode,
            read_bytes: sum.read_bytes + one.read_bytes,
            written_bytes: sum.written_bytes + one.written_bytes,
        })
    }
}

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

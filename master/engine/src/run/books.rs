//! The books of a run: what has become of its outputs, and whoever listens is told.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::text;

use super::Feed;
use super::figures::RunFigures;
use crate::event::{Bus, Event, Mode, OutputEnded, Place, Status, Summary, exact};
use crate::plan::OutputState;
use crate::system;

/// How soon it is looked again for an output that is not seen.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// So many outputs are looked for at a time.
const LOOKED_AT: usize = 1_000;

/// What has become of the outputs of a plan, whoever makes them.
#[derive(Debug)]
pub struct Books<'a, F> {
    pub(super) feed: F,
    pub(super) bus: &'a mut Bus,
    pub(super) figures: RunFigures,
    start: Instant,
    /// How many images have been entered.
    images: usize,
    told: usize,
}

impl<'a, F: Feed> Books<'a, F> {
    /// The books of what begins now.
    pub fn new(feed: F, bus: &'a mut Bus) -> Self {
        let variants = &feed.plan().variants;
        let formats = variants.iter().map(|variant| variant.files.first()?.format);
        let names = variants.iter().map(|variant| Arc::from(variant.name.as_str()));
        let figures = RunFigures::new(names.zip(formats).collect());
        Self { feed, bus, figures, start: Instant::now(), images: 0, told: usize::MAX }
    }

    /// Tells the plan as far as it is there, and how many images are worked on at a time.
    pub async fn announce(&mut self, mode: Mode, slots: u32) {
        let plan = self.feed.plan();
        let counts = plan.counts();
        let event = Event::Planned {
            images: counts.images,
            outputs: counts.outputs,
            skipped: counts.skipped,
            mode,
            workers: slots,
            left_out: Box::new(plan.left_out.clone()),
        };
        self.bus.publish(event).await;
    }

    /// Enters the images that are new, and ends what planning has ended already.
    pub async fn enter(&mut self) {
        let (images, variants) = (self.feed.plan().images.len(), self.feed.plan().variants.len());
        self.figures.outputs.grow_to(images);
        for image in std::mem::replace(&mut self.images, images)..images {
            for variant in 0..variants {
                let plan = self.feed.plan();
                let ended = match plan.state(image, variant) {
                    OutputState::Planned { .. } => continue,
                    OutputState::Skipped | OutputState::Done(_) => {
                        self.blank(image, variant).at(&plan.output(image, variant))
                    }
                    OutputState::Failed(failure) => {
                        failed(self.blank(image, variant), failure.clone())
                    }
                };
                self.end(ended).await;
            }
        }
    }

    pub(super) fn image_name(&self, image: usize) -> String {
        self.feed.plan().images[image].name.display().to_string()
    }

    /// An output about which nothing is known.
    ///
    /// # Panics
    /// If there is no such image or variant.
    pub fn blank(&self, image: usize, variant: usize) -> OutputEnded {
        let plan = self.feed.plan();
        let (place, name) = (Place { image, variant }, self.figures.name(variant));
        OutputEnded {
            image_bytes: exact(&plan.images[image].name),
            format: plan.format(image, variant),
            page: plan.page(image, variant),
            ..OutputEnded::open(place, self.image_name(image), name)
        }
    }

    /// Enters the end of an output, unless it has ended before.
    pub async fn end(&mut self, ended: OutputEnded) {
        let image_bytes = self.image_bytes(ended.place);
        if self.figures.end(&ended, image_bytes) {
            self.bus.publish(Event::Output(ended)).await;
        }
    }

    fn image_bytes(&self, place: Place) -> u64 {
        self.feed.plan().images[place.image].bytes
    }

    /// Tells how far it is, if that is news.
    pub async fn tell_progress(&mut self) {
        let progress = self.figures.progress(self.start.elapsed());
        if progress.done != self.told {
            self.told = progress.done;
            self.bus.publish(Event::Progress(progress)).await;
        }
    }

    /// Tells something else that happened.
    pub async fn tell(&mut self, event: Event) {
        self.bus.publish(event).await;
    }

    /// How many outputs have not ended.
    pub fn open(&self) -> usize {
        self.figures.open()
    }

    /// Ends what has not ended as not started, as the work was interrupted.
    pub async fn interrupt(&mut self) {
        for Place { image, variant } in self.missing() {
            let why = text!("not started: interrupted");
            let ended =
                failed(self.blank(image, variant), Failure::new(FailureKind::Cancelled, why));
            let ended = OutputEnded { status: Status::Skipped, untried: true, ..ended };
            self.end(ended).await;
        }
    }

    /// Makes sure that every output has ended, and that those that ended well are there. Where others have
    /// written them, it may take a while until they are seen here: so long is waited.
    pub async fn check(&mut self, patience: Duration) {
        for Place { image, variant } in self.missing() {
            let failure =
                Failure::new(FailureKind::Panic, text!("defect in Lote: {}", "it was forgotten"));
            let ended = failed(self.blank(image, variant), failure);
            self.end(ended).await;
        }
        // A store has said itself that it has them.
        let is_stored = self.feed.plan().is_stored();
        let all = self.figures.outputs.all().filter(|(_, end)| *end == Some(&Status::Ok));
        let mut unseen: Vec<_> = all.map(|(place, _)| place).filter(|_| !is_stored).collect();
        let begun = Instant::now();
        loop {
            unseen = self.unseen(&unseen).await;
            if unseen.is_empty() || begun.elapsed() >= patience {
                break;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        for place in unseen {
            let image_bytes = self.image_bytes(place);
            self.figures.outputs.reopen(place, image_bytes);
            let failure =
                Failure::new(FailureKind::Write, text!("the output was written and is gone again"));
            self.end(failed(self.blank(place.image, place.variant), failure)).await;
        }
    }

    /// The outputs that nobody has accounted for.
    fn missing(&self) -> Vec<Place> {
        self.figures.outputs.open().collect()
    }

    /// Which of these outputs are not there.
    async fn unseen(&self, outputs: &[Place]) -> Vec<Place> {
        let mut unseen = Vec::new();
        for some in outputs.chunks(LOOKED_AT) {
            let plan = self.feed.plan();
            let place = |of: &Place| (*of, plan.output(of.image, of.variant));
            let places: Vec<_> = some.iter().map(place).collect();
            let look = move || {
                let gone = places.into_iter().filter(|(_, path)| !is_file(path));
                gone.map(|(of, _)| of).collect::<Vec<_>>()
            };
            unseen.extend(system::waiting(look).await.unwrap_or_default());
        }
        unseen
    }

    /// The figures, but for those of workers.
    pub fn summary(&self, mode: Mode, slots: u32) -> Summary {
        self.figures.summary(self.start.elapsed(), mode, slots)
    }
}

/// Whether there is a file. A system that keeps in mind what other machines' folders hold looks at the
/// folder anew when it is listed.
fn is_file(path: &Path) -> bool {
    let is_there = || path.symlink_metadata().is_ok_and(|metadata| metadata.is_file());
    is_there() || {
        let listed = path.parent().map(|folder| fs::read_dir(folder).map(Iterator::count));
        drop(listed);
        is_there()
    }
}

/// The same output, which could not be made.
pub(super) fn failed(ended: OutputEnded, failure: Failure) -> OutputEnded {
    OutputEnded {
        status: Status::Failed,
        kind: Some(failure.kind),
        reason: Some(failure.message),
        ..ended
    }
}

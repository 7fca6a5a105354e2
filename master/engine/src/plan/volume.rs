//! How much room the outputs take, as far as that can be told before they are made.

use std::fs;

use lote_imaging::formats::{JPEG, by_ending};

use super::{OutputState, Plan};

/// The JPEGs of a job take at least this part of what their inputs take, at the usual quality or a
/// better one. The least that was seen of a set of photos is a tenth, when they are blurred by 50 px;
/// the other filters leave a quarter and more.
const LEAST_PART: u64 = 20;
const LEAST_QUALITY: u8 = 75;

/// Filters whose outputs may be small without any bound.
const SHRINKING: &str = "redimensionar";

impl Plan {
    /// What the outputs that are to be made take at the very least, bytes. Only JPEGs of JPEGs
    /// count, and none of another size: too little is known of others.
    pub fn least_bytes(&self) -> u64 {
        let keeps_size = |image: usize, variant: usize| {
            self.variant(image, variant).steps.iter().all(|step| step.filter != SHRINKING)
        };
        let inputs = self.planned().filter(|(image, variant)| {
            keeps_size(*image, *variant) && self.stays_jpeg(*image, *variant)
        });
        let bytes = inputs.map(|(image, _)| self.images[image].bytes);
        bytes.fold(0, u64::saturating_add) / LEAST_PART
    }

    /// What the files take that are going to be replaced, bytes.
    pub fn replaced_bytes(&self) -> u64 {
        let files = self.planned().map(|(image, variant)| self.output_file(image, variant));
        let files = files.filter_map(|path| fs::symlink_metadata(path).ok());
        files.map(|file| file.len()).fold(0, u64::saturating_add)
    }

    /// The outputs that are to be made: image and variant.
    fn planned(&self) -> impl Iterator<Item = (usize, usize)> {
        let variants = self.variants.len();
        let states = self.states.iter().enumerate();
        let planned = states.filter(|(_, state)| matches!(state, OutputState::Planned { .. }));
        planned.map(move |(index, _)| (index / variants, index % variants))
    }

    /// Whether a JPEG becomes one of at least the usual quality.
    fn stays_jpeg(&self, image: usize, variant: usize) -> bool {
        let encoding = self.encoding(variant);
        let ending = self.images[image].path.extension().and_then(|ending| ending.to_str());
        ending.and_then(by_ending) == Some(&JPEG)
            && encoding.format.is_none_or(|wanted| wanted == JPEG.id)
            && encoding.quality.is_none_or(|quality| quality >= LEAST_QUALITY)
            && encoding.max_size_bytes.is_none()
            && encoding.min_score.is_none()
    }
}

//! Cuts the work into tasks. Pure: no disk is touched.

use std::cmp::Reverse;

use super::memory;
use lote_imaging::formats::Extent;

/// The work on one task: an image, and the variants to make of it, at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Index of the image in [`super::Plan::images`].
    pub image: usize,
    /// Indices of the variants in [`super::Plan::variants`], ascending.
    pub variants: Vec<u32>,
    /// What it probably costs, relative to other units: as much time as it takes to decode so many
    /// bytes.
    pub cost: u64,
    /// How many pixels it reads, as its header declares or else as its size suggests.
    pub pixels: u64,
    /// How many times as long as one output through the slowest filter it may take.
    pub patience: u64,
    /// The most memory that it probably takes up, bytes.
    pub memory_bytes: u64,
}

/// An image that has outputs to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ImageWork {
    /// Index of the image.
    pub(super) image: usize,
    /// Its size, bytes.
    pub(super) bytes: u64,
    /// How large its picture is, as far as the header tells.
    pub(super) extent: Option<Extent>,
    /// What it takes more where filters enlarge it or results are scored, bytes.
    pub(super) more_bytes: u64,
    /// How many times as long as through the slowest filter an output may take, by variant.
    pub(super) patience: Vec<u32>,
    /// Its variants that are to be made, at least one; files of the same picture together.
    pub(super) variants: Vec<Vec<u32>>,
}

impl ImageWork {
    fn patience_of(&self, variant: u32) -> u64 {
        self.patience.get(variant as usize).copied().unwrap_or(1).into()
    }
}

/// One unit per image; if there are fewer images than slots, the variants of an image are shared
/// out over ceil(slots / images) units, so that no slot idles. The costliest come first, so that
/// none is left alone at the end.
pub(super) fn split(work: Vec<ImageWork>, slots: usize) -> Vec<Unit> {
    let parts = slots.div_ceil(work.len().max(1)).max(1);
    let mut units = Vec::with_capacity(work.len());
    for work in work {
        let parts = parts.min(work.variants.len()).max(1);
        let pixels = memory::pixels(work.bytes, work.extent);
        let (each, more) = (work.variants.len() / parts, work.variants.len() % parts);
        let mut rest = work.variants.as_slice();
        for part in 0..parts {
            let (variants, others) = rest.split_at(each + usize::from(part < more));
            rest = others;
            let variants = variants.concat();
            units.push(Unit {
                image: work.image,
                cost: cost(work.bytes, pixels, variants.len() as u64),
                pixels,
                memory_bytes: memory::predicted(work.bytes, work.extent, variants.len())
                    .saturating_add(work.more_bytes),
                patience: variants.iter().map(|&variant| work.patience_of(variant)).sum(),
                variants,
            });
        }
    }
    // Stable: what costs the same stays in the order in which it was found.
    units.sort_by_key(|unit| Reverse(unit.cost));
    units
}

/// Decoding goes by bytes; filtering and encoding go by pixels, four of which take as long as a
/// byte does (measured on photos: 13 ns a byte, 3.3 ns a pixel and output).
fn cost(bytes: u64, pixels: u64, outputs: u64) -> u64 {
    bytes.saturating_add(pixels.saturating_mul(outputs) / 4)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn work(image: usize, bytes: u64, variants: u32) -> ImageWork {
        ImageWork {
            image,
            bytes,
            extent: None,
            more_bytes: 0,
            patience: vec![1; variants as usize],
            variants: (0..variants).map(|variant| vec![variant]).collect(),
        }
    }

    #[test]
    fn with_enough_images_each_is_decoded_once() {
        let units = split(vec![work(0, 5, 3), work(1, 9, 3)], 2);
        assert_eq!(units.len(), 2);
        assert_eq!(units[0].variants, [0, 1, 2]);
    }

    #[test]
    fn with_fewer_images_than_slots_the_variants_are_shared_out() {
        let units = split(vec![work(0, 5, 3)], 2);
        let variants: Vec<_> = units.into_iter().map(|unit| unit.variants).collect();
        assert_eq!(variants, [vec![0, 1], vec![2]]);
        assert_eq!(split(vec![work(0, 5, 2)], 8).len(), 2);
    }

    #[test]
    fn the_costliest_come_first_and_equals_keep_their_order() {
        let units = split(vec![work(0, 1, 1), work(1, 4, 1), work(2, 1, 4), work(3, 9, 1)], 1);
        let images: Vec<_> = units.into_iter().map(|unit| unit.image).collect();
        assert_eq!(images, [3, 1, 2, 0]);
    }

    proptest! {
        #[test]
        fn every_output_is_in_exactly_one_unit(
            images in prop::collection::vec((0..1000_u64, 1..14_u32), 0..20),
            slots in 0..70_usize,
        ) {
            let all: Vec<_> = images
                .iter()
                .enumerate()
                .map(|(image, (bytes, variants))| work(image, *bytes, *variants))
                .collect();
            let units = split(all, slots);
            let mut outputs: Vec<_> = units
                .iter()
                .flat_map(|unit| unit.variants.iter().map(|variant| (unit.image, *variant)))
                .collect();
            outputs.sort_unstable();
            let expected: Vec<_> = images
                .iter()
                .enumerate()
                .flat_map(|(image, (_, variants))| (0..*variants).map(move |v| (image, v)))
                .collect();
            prop_assert_eq!(outputs, expected);
            prop_assert!(units.iter().all(|unit| !unit.variants.is_empty()));
            prop_assert!(units.is_sorted_by_key(|unit| Reverse(unit.cost)));
            let possible = images.iter().map(|(_, variants)| *variants as usize).sum::<usize>();
            if !images.is_empty() && images.iter().all(|(_, v)| *v as usize >= slots) {
                prop_assert!(units.len() >= slots.min(possible));
            }
        }
    }
}

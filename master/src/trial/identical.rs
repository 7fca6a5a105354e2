//! Whether two runs of the same images have made the same outputs, byte for byte.

use std::fs;

use crate::plan::Plan;

/// The outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Comparison {
    /// Outputs planned.
    pub outputs: usize,
    /// Outputs that are equal in both runs.
    pub equal: usize,
    /// Outputs that are missing in either.
    pub missing: usize,
    /// Outputs that differ.
    pub different: usize,
}

impl Comparison {
    /// Whether every output is there twice, and equal.
    pub const fn holds(&self) -> bool {
        self.outputs > 0 && self.equal == self.outputs
    }
}

/// Compares the outputs of two plans of the same images and variants.
pub fn compare(one: &Plan, other: &Plan) -> Comparison {
    let mut result = Comparison::default();
    for image in 0..one.images.len() {
        for variant in 0..one.variants.len() {
            result.outputs += 1;
            let read = |plan: &Plan| fs::read(plan.output(image, variant)).ok();
            match (read(one), read(other)) {
                (Some(a), Some(b)) if a == b => result.equal += 1,
                (Some(_), Some(_)) => result.different += 1,
                _ => result.missing += 1,
            }
        }
    }
    result
}

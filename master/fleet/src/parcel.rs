//! Cuts the work of a job into parcels: pure.
//!
//! A photograph is a parcel of its own, thumbnails go by the dozen, so that the engine's part of the work
//! stays small and what is lost with an agent is little.

#![deny(clippy::disallowed_methods)]

/// Most units of a parcel.
pub const MAX_UNITS: usize = 64;

/// Most outputs of a parcel.
pub const MAX_OUTPUTS: usize = 256;

/// A parcel is closed before its units take more than that as text, bytes.
pub const MAX_BYTES: usize = 48 << 10;

/// A parcel is closed when its work has come to that, pixels times outputs.
pub const ENOUGH_WORK: u64 = 32_000_000;

/// Of a small job so many parcels are made, so that all have something to do.
const ENOUGH_PARCELS: usize = 64;

/// How many units a parcel of a job of so many has, at most.
pub fn most_units(units: usize) -> usize {
    (units / ENOUGH_PARCELS).clamp(1, MAX_UNITS)
}

/// What a unit adds to its parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weight {
    /// Its outputs.
    pub outputs: u16,
    /// Its length as text, bytes.
    pub bytes: u32,
    /// Its work, pixels times outputs.
    pub work: u64,
}

/// A parcel that units are being added to.
#[derive(Debug)]
pub struct Filling {
    most: usize,
    units: usize,
    outputs: usize,
    bytes: usize,
    work: u64,
}

impl Filling {
    /// An empty one, for at most so many units.
    pub fn new(most: usize) -> Self {
        Self { most, units: 0, outputs: 0, bytes: 0, work: 0 }
    }

    /// Adds a unit, or says that the parcel is to be closed before it.
    pub fn add(&mut self, weight: Weight) -> bool {
        let (outputs, bytes) =
            (self.outputs + usize::from(weight.outputs), self.bytes + weight.bytes as usize + 1);
        let is_full = self.units >= self.most
            || self.work >= ENOUGH_WORK
            || outputs > MAX_OUTPUTS
            || bytes > MAX_BYTES;
        if is_full && self.units > 0 {
            return false;
        }
        self.units += 1;
        (self.outputs, self.bytes) = (outputs, bytes);
        self.work = self.work.saturating_add(weight.work);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parcels(weight: Weight, units: usize) -> Vec<usize> {
        let mut sizes = vec![0];
        let mut filling = Filling::new(most_units(10_000));
        for _ in 0..units {
            if !filling.add(weight) {
                filling = Filling::new(most_units(10_000));
                assert!(filling.add(weight), "an empty parcel takes any unit");
                sizes.push(0);
            }
            *sizes.last_mut().unwrap() += 1;
        }
        sizes
    }

    #[test]
    fn a_photograph_travels_alone_and_thumbnails_by_the_dozen() {
        let of = |outputs, bytes, work| Weight { outputs, bytes, work };
        assert_eq!(parcels(of(2, 300, 48_000_000), 3), [1, 1, 1]);
        assert_eq!(parcels(of(1, 300, 24_000_000), 3), [2, 1]);
        assert_eq!(parcels(of(1, 200, 400_000), 130), [64, 64, 2]);
        assert_eq!(parcels(of(8, 200, 400_000), 64), [32, 32]);
        assert_eq!(parcels(of(1, 5000, 400_000), 10), [9, 1]);
        assert_eq!(parcels(of(300, 60_000, 1), 2), [1, 1]);
    }

    #[test]
    fn a_small_job_is_cut_finely_so_that_all_have_something_to_do() {
        assert_eq!([0, 1, 60, 200, 1_000, 5_000].map(most_units), [1, 1, 1, 3, 15, 64]);
    }
}

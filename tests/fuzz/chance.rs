//! Random numbers that are the same for the same seed, and random changes of bytes.

/// A generator: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
pub(crate) struct Chance(u64);

impl Chance {
    /// That of one case, so that it can be repeated without those before it.
    pub(crate) fn of_case(seed: u64, case: u64) -> Self {
        let mut chance = Self(seed ^ case.wrapping_mul(0xd134_2543_de82_ef95));
        chance.next();
        chance
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// One of these.
    pub(crate) fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    /// Changes `bytes` in one to eight places: bits, bytes, telling numbers, pieces that are cut
    /// out, doubled or appended.
    pub(crate) fn change(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(8) {
            let at = self.below(bytes.len().max(1));
            let length = 1 + self.below(8);
            let end = (at + length).min(bytes.len());
            match self.below(8) {
                _ if bytes.is_empty() => bytes.push(self.next() as u8),
                0 | 1 => bytes[at] ^= 1 << self.below(8),
                2 => bytes[at] = self.next() as u8,
                3 => {
                    let number = *self.one_of(&[0, 1, 0x7f, 0x80, 0xfb, 0xfc, 0xfd, 0xff]);
                    bytes[at..end].fill(number);
                }
                4 => drop(bytes.drain(at..end)),
                5 => bytes.extend_from_within(at..end),
                6 => {
                    let piece = self.next().to_le_bytes();
                    bytes.splice(at..at, piece.into_iter().take(length));
                }
                _ => bytes.truncate(at.max(bytes.len() / 2)),
            }
        }
    }
}

//! A part of a job: many machines that see the same folder make a part each, told only which.
//!
//! Every part makes the whole plan, so that names, numbers and collisions agree, and keeps its share
//! of the images. Dealt out by cost, the shares cost the same.

use std::cmp::Reverse;
use std::fmt;
use std::str::FromStr;

use data_encoding::HEXLOWER;
use lote_protocol::lang::Text;
use lote_protocol::text;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Image, Plan, memory};

/// Which part of how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// Its number, 1..=count.
    pub number: u32,
    /// How many parts there are.
    pub count: u32,
}

/// Why a part cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShardError {
    /// It is not written as one.
    Form(String),
    /// The environment names none.
    Missing(&'static str),
    /// The environment names one that there is not.
    Outside {
        /// The task's number.
        index: u64,
        /// The array's first.
        first: u64,
        /// Its last.
        last: u64,
    },
}

impl ShardError {
    /// What is wrong, one line.
    pub fn text(&self) -> Text {
        match self {
            Self::Form(text) => text!(
                "{} is no part: write 3/16 for the third of sixteen, or auto",
                format!("{text:?}")
            ),
            Self::Missing(name) => text!(
                "{} is not set to a number: auto works in a Slurm array, or in an indexed Kubernetes job with LOTE_SHARDS",
                *name
            ),
            Self::Outside { index, first, last } => {
                text!("task {} is not in the array {}-{}", *index, *first, *last)
            }
        }
    }
}

impl fmt::Display for ShardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let parts = text.split_once('/').and_then(|(number, count)| {
            Some(Self { number: number.parse().ok()?, count: count.parse().ok()? })
        });
        parts
            .filter(|shard| (1..=shard.count).contains(&shard.number))
            .ok_or_else(|| ShardError::Form(text.to_owned()))
    }
}

impl Shard {
    /// The part that the environment names: as a task of a Slurm array, or as a pod of an indexed
    /// Kubernetes job, which is not told how many there are (`LOTE_SHARDS`).
    pub fn from_environment(get: impl Fn(&str) -> Option<String>) -> Result<Self, ShardError> {
        let number = |name: &'static str| {
            let value = get(name).and_then(|value| value.trim().parse::<u64>().ok());
            value.ok_or(ShardError::Missing(name))
        };
        let (index, first, last, step) = if get("SLURM_ARRAY_TASK_ID").is_some() {
            let first = number("SLURM_ARRAY_TASK_MIN")?;
            let step = if get("SLURM_ARRAY_TASK_STEP").is_some() {
                number("SLURM_ARRAY_TASK_STEP")?.max(1)
            } else {
                1
            };
            let count = number("SLURM_ARRAY_TASK_COUNT")?.max(1);
            let last = first.saturating_add((count - 1).saturating_mul(step));
            (number("SLURM_ARRAY_TASK_ID")?, first, last, step)
        } else {
            let index = number("JOB_COMPLETION_INDEX")?;
            (index, 0, number("LOTE_SHARDS")?.saturating_sub(1), 1)
        };
        let outside = || ShardError::Outside { index, first, last };
        if !(first..=last).contains(&index) || (index - first) % step != 0 {
            return Err(outside());
        }
        let place = |index: u64| u32::try_from((index - first) / step).ok()?.checked_add(1);
        let (number, count) = (place(index), place(last));
        number.zip(count).map(|(number, count)| Self { number, count }).ok_or_else(outside)
    }

    /// Which of the images are this part's. That does not depend on what has been made already, nor on
    /// the machine.
    pub(super) fn share(self, images: &[Image]) -> Vec<bool> {
        let mut by_cost: Vec<usize> = (0..images.len()).collect();
        by_cost.sort_by_key(|index| {
            let image = &images[*index];
            Reverse(image.bytes.saturating_add(memory::pixels(image.bytes, image.extent) / 4))
        });
        let (number, count) = (self.number as usize - 1, self.count as usize);
        let mut mine = vec![false; images.len()];
        for (rank, index) in by_cost.into_iter().enumerate() {
            mine[index] = rank % count == number;
        }
        mine
    }
}

impl Plan {
    /// What all parts of a job have to agree on, as SHA-256 in hexadecimal: images with their sizes,
    /// and the names of their outputs. Machines may have the folders at different places.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        let mut add = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        for (index, image) in self.images.iter().enumerate() {
            add(image.name.as_os_str().as_encoded_bytes());
            add(&image.bytes.to_le_bytes());
            for variant in 0..self.variants.len() {
                add(self.below(index, variant, 1).as_os_str().as_encoded_bytes());
                if self.has_exception(index, variant) {
                    add(self.variant(index, variant).to_string().as_bytes());
                }
            }
        }
        for variant in &self.variants {
            add(variant.to_string().as_bytes());
        }
        HEXLOWER.encode(&hash.finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_written_as_a_number_of_so_many() {
        assert_eq!("3/16".parse(), Ok(Shard { number: 3, count: 16 }));
        for text in ["", "3", "0/4", "5/4", "1/0", "a/b", "-1/4", "1/4/2"] {
            assert_eq!(text.parse::<Shard>(), Err(ShardError::Form(text.into())));
        }
    }

    #[test]
    fn slurm_and_kubernetes_say_which_part() {
        let of = |set: &[(&str, &str)]| {
            Shard::from_environment(|name| {
                let found = set.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        let slurm = |id, first, count, step| {
            of(&[
                ("SLURM_ARRAY_TASK_ID", id),
                ("SLURM_ARRAY_TASK_MIN", first),
                ("SLURM_ARRAY_TASK_COUNT", count),
                ("SLURM_ARRAY_TASK_STEP", step),
            ])
        };
        assert_eq!(slurm("0", "0", "4", "1"), Ok(Shard { number: 1, count: 4 }));
        assert_eq!(slurm("9", "1", "5", "4"), Ok(Shard { number: 3, count: 5 }));
        assert!(matches!(slurm("8", "1", "5", "4"), Err(ShardError::Outside { .. })));
        let pod = of(&[("JOB_COMPLETION_INDEX", "2"), ("LOTE_SHARDS", "3")]);
        assert_eq!(pod, Ok(Shard { number: 3, count: 3 }));
        assert_eq!(of(&[("JOB_COMPLETION_INDEX", "2")]), Err(ShardError::Missing("LOTE_SHARDS")));
        assert!(matches!(of(&[]), Err(ShardError::Missing(_))));
    }
}

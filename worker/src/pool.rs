//! Buffers that are kept from image to image.
//!
//! A fresh buffer of 36 MB costs more to have its pages zeroed by the kernel than to be filled
//! with pixels; a warm one costs nothing.

use crate::picture::{Picture, Samples};

/// How many buffers of either kind are kept: the decoded picture, two that a chain alternates
/// between, and the encoded bytes.
const KEPT: usize = 4;

/// Buffers of one worker thread, ready to be used again.
#[derive(Debug, Default)]
pub struct Pool {
    bytes: Vec<Vec<u8>>,
    words: Vec<Vec<u16>>,
}

impl Pool {
    /// A pool without buffers.
    pub fn new() -> Self {
        Self::default()
    }

    /// A buffer of `len` bytes with unspecified content.
    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        let mut buffer = take(&mut self.bytes, len);
        buffer.resize(len, 0);
        buffer
    }

    /// An empty buffer of bytes, with the largest capacity at hand.
    pub fn empty_bytes(&mut self) -> Vec<u8> {
        let mut buffer = take(&mut self.bytes, usize::MAX);
        buffer.clear();
        buffer
    }

    /// A buffer of `len` 16-bit samples with unspecified content.
    pub fn words(&mut self, len: usize) -> Vec<u16> {
        let mut buffer = take(&mut self.words, len);
        buffer.resize(len, 0);
        buffer
    }

    /// Takes a buffer back.
    pub fn give_bytes(&mut self, buffer: Vec<u8>) {
        give(&mut self.bytes, buffer);
    }

    /// Takes a buffer back.
    pub fn give_words(&mut self, buffer: Vec<u16>) {
        give(&mut self.words, buffer);
    }

    /// Takes a picture's buffer back.
    pub fn give(&mut self, picture: Picture) {
        match picture.samples {
            Samples::U8(buffer) => self.give_bytes(buffer),
            Samples::U16(buffer) => self.give_words(buffer),
        }
    }
}

/// The smallest buffer that is large enough, or else the largest, which then grows.
fn take<T>(kept: &mut Vec<Vec<T>>, len: usize) -> Vec<T> {
    let fits = (0..kept.len())
        .filter(|&i| kept[i].capacity() >= len)
        .min_by_key(|&i| kept[i].capacity())
        .or_else(|| (0..kept.len()).max_by_key(|&i| kept[i].capacity()));
    match fits {
        Some(index) => kept.swap_remove(index),
        None => Vec::new(),
    }
}

/// Keeps the `KEPT` largest buffers.
fn give<T>(kept: &mut Vec<Vec<T>>, buffer: Vec<T>) {
    kept.push(buffer);
    if kept.len() > KEPT
        && let Some(smallest) = (0..kept.len()).min_by_key(|&i| kept[i].capacity())
    {
        kept.swap_remove(smallest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_returned_buffer_is_used_again() {
        let mut pool = Pool::new();
        let buffer = pool.bytes(1000);
        let address = buffer.as_ptr();
        pool.give_bytes(buffer);
        let again = pool.bytes(900);
        assert_eq!(again.as_ptr(), address);
    }

    #[test]
    fn the_smallest_buffer_that_fits_is_taken() {
        let mut pool = Pool::new();
        let (small, large) = (pool.bytes(10), pool.bytes(1000));
        pool.give_bytes(large);
        pool.give_bytes(small);
        assert!(pool.bytes(8).capacity() < 1000);
    }
}

//! Buffers that are kept from image to image.
//!
//! A fresh buffer of 36 MB costs more to have its pages zeroed by the kernel than to be filled
//! with pixels; a warm one costs nothing.

use crate::picture::{Picture, Samples};

/// How many buffers for samples are kept of either kind: the decoded picture, two that a chain
/// alternates between, and a small one for masks.
const KEPT: usize = 4;

/// Outputs that are encoded side by side: more save little, and each holds its encoded file.
pub const TOGETHER: usize = 4;

/// How many buffers for whole files are kept, as many as outputs are encoded side by side: they are
/// small beside those of pictures, and must not take the place of one.
const FILES_KEPT: usize = TOGETHER;

/// Buffers of one worker thread, ready to be used again.
#[derive(Debug, Default)]
pub struct Pool {
    bytes: Vec<Vec<u8>>,
    words: Vec<Vec<u16>>,
    files: Vec<Vec<u8>>,
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

    /// An empty buffer for the content of a file.
    pub fn file(&mut self) -> Vec<u8> {
        let mut buffer = take(&mut self.files, usize::MAX);
        buffer.clear();
        buffer
    }

    /// Takes a file's buffer back.
    pub fn give_file(&mut self, buffer: Vec<u8>) {
        give(&mut self.files, buffer, FILES_KEPT);
    }

    /// A buffer of `len` 16-bit samples with unspecified content.
    pub fn words(&mut self, len: usize) -> Vec<u16> {
        let mut buffer = take(&mut self.words, len);
        buffer.resize(len, 0);
        buffer
    }

    /// Takes a buffer back.
    pub fn give_bytes(&mut self, buffer: Vec<u8>) {
        give(&mut self.bytes, buffer, KEPT);
    }

    /// Takes a buffer back.
    pub fn give_words(&mut self, buffer: Vec<u16>) {
        give(&mut self.words, buffer, KEPT);
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

/// Keeps the `most` largest buffers.
fn give<T>(kept: &mut Vec<Vec<T>>, buffer: Vec<T>, most: usize) {
    kept.push(buffer);
    if kept.len() > most
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
    fn a_file_is_not_put_where_a_picture_was() {
        let mut pool = Pool::new();
        pool.give_bytes(Vec::with_capacity(1000));
        assert_eq!(pool.file().capacity(), 0);
        pool.give_file(Vec::with_capacity(50));
        assert_eq!((pool.file().capacity(), pool.bytes(900).capacity()), (50, 1000));
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

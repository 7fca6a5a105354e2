//! Decodes files that come on standard input, so that `bench/mutate` can ask for thousands a minute.
//!
//! A file is its length (32 bits, little endian) and its bytes. The answer is a byte, and then:
//!
//! - 0, decoded: width and height (32 bits each), the first picture as RGBA of 8 bits, upright, and the
//!   notes as a text with its length;
//! - 1, refused, or 2, a panic: why, as a text with its length.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::io::{Read, Write};
use std::panic::{self, AssertUnwindSafe};

use lote_imaging::formats::decode;
use lote_imaging::picture::{Picture, Samples};
use lote_imaging::pool::Pool;
use lote_protocol::task::Limits;

fn main() {
    let limits = Limits { max_pixels: 4_000_000, max_alloc_bytes: 64 << 20, ..Limits::default() };
    let (mut input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
    let mut len = [0; 4];
    while input.read_exact(&mut len).is_ok() {
        let mut file = vec![0; u32::from_le_bytes(len) as usize];
        input.read_exact(&mut file).unwrap();
        let decoded =
            panic::catch_unwind(AssertUnwindSafe(|| decode(&file, &limits, &mut Pool::new())));
        let mut answer = Vec::new();
        let text = match decoded {
            Ok(Ok(document)) => {
                let first = &document.frames[0].picture;
                answer.push(0);
                answer.extend(first.width.to_le_bytes());
                answer.extend(first.height.to_le_bytes());
                answer.extend(rgba(first));
                let notes: Vec<_> = document.notes.iter().map(ToString::to_string).collect();
                notes.join("; ")
            }
            Ok(Err(failure)) => {
                answer.push(1);
                failure.message.to_string()
            }
            Err(_) => {
                answer.push(2);
                "a panic".to_owned()
            }
        };
        answer.extend((text.len() as u32).to_le_bytes());
        answer.extend(text.as_bytes());
        output.write_all(&answer).unwrap();
        output.flush().unwrap();
    }
}

fn rgba(picture: &Picture) -> Vec<u8> {
    let samples = match &picture.samples {
        Samples::U8(samples) => samples.clone(),
        Samples::U16(samples) => {
            samples.iter().map(|&sample| ((u32::from(sample) + 128) / 257) as u8).collect()
        }
    };
    let pixels = samples.chunks_exact(picture.channels.count());
    let four = pixels.flat_map(|pixel| match *pixel {
        [gray] => [gray, gray, gray, 255],
        [gray, alpha] => [gray, gray, gray, alpha],
        [r, g, b] => [r, g, b, 255],
        [r, g, b, alpha, ..] => [r, g, b, alpha],
        [] => [0; 4],
    });
    four.collect()
}

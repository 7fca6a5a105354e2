use libjpeg_turbo_rs::{PixelFormat, Subsampling, compress, yuv::compress_from_yuv_planes};

use super::*;

/// What the other encoder makes of it.
fn reference(samples: &[u8], (width, height): (usize, usize), quality: u8) -> Vec<u8> {
    let is_color = samples.len() > width * height;
    if is_color {
        compress(samples, width, height, PixelFormat::Rgb, quality, Subsampling::S420)
    } else {
        compress_from_yuv_planes(&[samples], width, height, Subsampling::S444, quality)
    }
    .unwrap()
}

fn encoded(samples: &[u8], (width, height): (usize, usize), quality: u8, rows: usize) -> Vec<u8> {
    let is_color = samples.len() > width * height;
    let channels = if is_color { Channels::Rgb } else { Channels::Gray };
    let head = head(width as u16, height as u16, channels, quality);
    let mut encoder = Encoder::new(width, channels, quality, head);
    for rows in samples.chunks(rows * width * channels.count()) {
        encoder.push(rows);
    }
    let mut file = encoder.finish();
    file.extend([0xff, 0xd9]);
    file
}

/// Numbers that look random, of at most so many bits around the middle.
fn noise(len: usize, bits: u32, seed: u32) -> Vec<u8> {
    let mut state = seed;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let value = state >> 24;
        ((value >> (8 - bits)) + 128 - (1 << (bits - 1))) as u8
    };
    std::iter::repeat_with(next).take(len).collect()
}

fn assert_same(samples: &[u8], size: (usize, usize), quality: u8, rows: usize) {
    let same = encoded(samples, size, quality, rows) == reference(samples, size, quality);
    assert!(same, "{size:?}, quality {quality}, {} bytes", samples.len());
}

#[test]
fn files_are_those_of_libjpeg_turbo_at_every_small_size() {
    for width in 1..=40 {
        for height in 1..=40 {
            for channels in [1, 3] {
                let samples = noise(width * height * channels, 6, (width * 64 + height) as u32);
                assert_same(&samples, (width, height), 75, 16);
            }
        }
    }
}

#[test]
fn files_are_those_of_libjpeg_turbo_where_chunks_begin_and_end() {
    for width in [127, 128, 129, 255, 256, 257, 263, 264, 265, 511, 512, 520, 1000] {
        for channels in [1, 3] {
            let samples = noise(width * 35 * channels, 7, width as u32);
            assert_same(&samples, (width, 35), 75, 16);
        }
    }
}

#[test]
fn files_are_those_of_libjpeg_turbo_at_every_quality() {
    for quality in 1..=100 {
        for channels in [1, 3] {
            for bits in [1, 3, 8] {
                let samples = noise(70 * 50 * channels, bits, u32::from(quality));
                assert_same(&samples, (70, 50), quality, 32);
            }
        }
    }
}

#[test]
fn the_extremes_are_those_of_libjpeg_turbo() {
    // Blocks of black and white in patterns that make coefficients as large as they get.
    for pattern in 0..64_usize {
        let (across, down) = (pattern % 8, pattern / 8);
        let pixel = |i: usize| {
            let (x, y) = (i % 64, i / 64);
            let wave = |at: usize, frequency: usize| {
                (std::f64::consts::PI / 8.0 * (at as f64 + 0.5) * frequency as f64).cos()
            };
            if wave(x % 8, across) * wave(y % 8, down) > 0.0 { 255 } else { 0 }
        };
        let gray: Vec<u8> = (0..64 * 64).map(pixel).collect();
        let color: Vec<u8> = gray.iter().flat_map(|&v| [v, 255 - v, v / 2]).collect();
        for quality in [1, 50, 95, 100] {
            assert_same(&gray, (64, 64), quality, 64);
            assert_same(&color, (64, 64), quality, 64);
        }
    }
}

#[test]
fn it_does_not_matter_how_many_rows_are_pushed_at_a_time() {
    let samples = noise(300 * 100 * 3, 7, 9);
    let at_once = encoded(&samples, (300, 100), 75, 100);
    for rows in [16, 32, 48] {
        assert!(encoded(&samples, (300, 100), 75, rows) == at_once, "{rows}");
    }
}

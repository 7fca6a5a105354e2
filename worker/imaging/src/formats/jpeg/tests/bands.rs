//! Decoding in bands against decoding by coefficients, and both against the decoder of
//! `libjpeg_turbo_rs`: the same pixels, or no opinion.

use libjpeg_turbo_rs::{ColorSpace, Decoder, Encoder, PixelFormat, Subsampling};
use proptest::prelude::*;

use super::super::*;

const SAMPLINGS: [Subsampling; 4] =
    [Subsampling::S444, Subsampling::S422, Subsampling::S440, Subsampling::S420];

/// Waves below, noise on top that grows to the right.
fn pixels(width: usize, height: usize, channels: usize) -> Vec<u8> {
    let mut noise = (width * 41 + height) as u32;
    (0..height)
        .flat_map(|y| (0..width).map(move |x| (x, y)))
        .flat_map(|(x, y)| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let rough = (noise >> 24) * x as u32 / 64;
            (0..channels as u32).map(move |c| (x as u32 * 5 + y as u32 * (c + 2) * 3 + rough) as u8)
        })
        .collect()
}

/// The pixels that decoding in bands finds, if it has an opinion, and those of the other way.
fn both(bytes: &[u8]) -> (Option<Vec<u8>>, Option<Vec<u8>>) {
    let Ok(file) = File::open(bytes) else { return (None, None) };
    let (width, height) = file.size();
    if width * height > 1 << 16 {
        return (None, None);
    }
    let channels = match file.color() {
        Color::Gray => 1,
        Color::YCbCr | Color::Rgb => 3,
        Color::Cmyk | Color::Ycck => 4,
    };
    let mut samples = [(); 2].map(|()| vec![0; width * height * channels]);
    let transforms = simd::detect();
    let banded = bands::decode(bytes, file.color(), &transforms, &mut samples[0]).is_some();
    let decoded = file.decode(&transforms, &mut samples[1]).is_ok();
    let [in_bands, by_coefficients] = samples;
    (banded.then_some(in_bands), decoded.then_some(by_coefficients))
}

/// All decoders must read the file, and find the same.
#[track_caller]
fn assert_equal(file: &[u8], what: &str) {
    let (in_bands, by_coefficients) = both(file);
    assert!(in_bands.is_some() && in_bands == by_coefficients, "{what}");
    let mut decoder = Decoder::new(file).unwrap();
    let is_gray = decoder.jpeg_color_space() == ColorSpace::Grayscale;
    decoder.set_output_format(if is_gray { PixelFormat::Grayscale } else { PixelFormat::Rgb });
    let mut samples = vec![0; decoder.output_buffer_size().unwrap()];
    decoder.decode_image_into(&mut samples).unwrap();
    assert!(in_bands == Some(samples), "{what}: the crate");
}

#[test]
fn every_size_sampling_quality_and_restart_interval_gives_the_same_pixels() {
    for (width, height) in (1..=40).flat_map(|w| (1..=40).map(move |h| (w, h))) {
        let color = pixels(width, height, 3);
        for (number, &sampling) in SAMPLINGS.iter().enumerate() {
            let turn = width * 7 + height * 3 + number;
            let quality = [1, 30, 75, 90, 100][turn % 5];
            let interval = [0, 1, 2, 3, 7, 20][turn / 5 % 6];
            let file = Encoder::new(&color, width, height, PixelFormat::Rgb)
                .quality(quality)
                .subsampling(sampling)
                .restart_blocks(interval)
                .optimize_huffman(turn % 2 == 0)
                .encode()
                .unwrap();
            let what = format!("{width} x {height} {sampling:?} q {quality} restart {interval}");
            let halved = matches!(sampling, Subsampling::S422 | Subsampling::S420);
            if halved && width <= 4 {
                assert_eq!(both(&file).0, None, "{what}");
            } else {
                assert_equal(&file, &what);
            }
        }
    }
}

#[test]
fn gray_of_every_size_gives_the_same_pixels_whatever_its_sampling() {
    for (width, height) in (1..=40).flat_map(|w| (1..=40).map(move |h| (w, h))) {
        let gray = pixels(width, height, 1);
        let turn = width * 7 + height * 3;
        let mut file = Encoder::new(&gray, width, height, PixelFormat::Grayscale)
            .quality([1, 30, 75, 90, 100][turn % 5])
            .restart_blocks([0, 1, 2, 5][turn / 5 % 4])
            .encode()
            .unwrap();
        assert_equal(&file, &format!("{width} x {height}"));
        let mut segments = super::segments(&file).into_iter();
        let frame = segments.find(|&(marker, _)| matches!(marker, 0xc0 | 0xc1)).unwrap();
        file[frame.1 + 11] = 0x22;
        assert_equal(&file, &format!("{width} x {height}, sampling 2 x 2"));
    }
}

#[test]
fn a_picture_of_many_bands_and_windows_gives_the_same_pixels() {
    let color = pixels(309, 207, 3);
    for sampling in SAMPLINGS {
        for quality in [10, 75, 97, 100] {
            for interval in [0, 5] {
                let file = Encoder::new(&color, 309, 207, PixelFormat::Rgb)
                    .quality(quality)
                    .subsampling(sampling)
                    .restart_rows(interval)
                    .encode()
                    .unwrap();
                assert_equal(&file, &format!("{sampling:?} q {quality} restart {interval}"));
            }
        }
    }
}

#[test]
fn components_that_are_red_green_and_blue_stay_so() {
    let color = pixels(37, 21, 3);
    let file = Encoder::new(&color, 37, 21, PixelFormat::Rgb)
        .quality(90)
        .colorspace(ColorSpace::Rgb)
        .subsampling(Subsampling::S444)
        .encode()
        .unwrap();
    assert_eq!(File::open(&file).unwrap().color(), Color::Rgb);
    assert_equal(&file, "RGB");
}

#[test]
fn other_kinds_are_not_decoded_in_bands() {
    let color = pixels(64, 48, 3);
    let encoder = || Encoder::new(&color, 64, 48, PixelFormat::Rgb).quality(75);
    let kinds = [
        ("progressive", encoder().progressive(true)),
        ("4:1:1", encoder().subsampling(Subsampling::S411)),
        ("4:4:1", encoder().subsampling(Subsampling::S441)),
        ("4:1:0", encoder().subsampling(Subsampling::S410)),
        ("unequal chroma", encoder().sampling_factors(vec![(2, 2), (2, 1), (1, 1)])),
    ];
    for (kind, encoder) in kinds {
        let file = encoder.encode().unwrap();
        assert_eq!(both(&file).0, None, "{kind}");
        assert_eq!(super::decoded(&file).frames.len(), 1, "{kind}");
    }
}

#[test]
fn bytes_between_segments_and_fill_bytes_before_a_restart_do_not_change_the_pixels() {
    let color = pixels(40, 40, 3);
    let encoder = Encoder::new(&color, 40, 40, PixelFormat::Rgb).quality(75).restart_blocks(2);
    let file = encoder.encode().unwrap();
    let (in_bands, _) = both(&file);
    let mut filled = file.clone();
    let marker = file.windows(2).position(|two| two == [0xff, 0xd0]).unwrap();
    filled.splice(marker..marker, [0xff; 3]);
    assert_equal(&filled, "fill bytes");
    assert_eq!(both(&filled).0, in_bands);
    let mut odd = file;
    odd.splice(2..2, [0, 1, 2]);
    assert_eq!(both(&odd), (None, in_bands));
}

/// Small files of all kinds.
fn specimens() -> Vec<Vec<u8>> {
    let color = pixels(45, 37, 3);
    let mut files = Vec::new();
    for sampling in SAMPLINGS {
        for (quality, interval) in [(40, 0), (95, 3)] {
            let encoder = Encoder::new(&color, 45, 37, PixelFormat::Rgb)
                .quality(quality)
                .subsampling(sampling)
                .restart_blocks(interval);
            files.push(encoder.encode().unwrap());
        }
    }
    let gray = Encoder::new(&color[..45 * 37], 45, 37, PixelFormat::Grayscale);
    files.push(gray.encode().unwrap());
    files
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// Damage of any kind is either not noticed by both, with the same result, or not decoded in bands.
    #[test]
    fn damaged_files_give_the_same_pixels_or_are_not_decoded_in_bands(
        number in 0..9_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
        doubled in prop::option::weighted(0.2, (any::<prop::sample::Index>(), 1..9_usize)),
    ) {
        let mut file = specimens().swap_remove(number);
        for (place, byte) in changes {
            let place = place.index(file.len());
            file[place] = byte;
        }
        if let Some((place, len)) = doubled {
            let place = place.index(file.len());
            let part = file[place..(place + len).min(file.len())].to_vec();
            file.splice(place..place, part);
        }
        if let Some(place) = cut {
            file.truncate(place.index(file.len()));
        }
        let (in_bands, by_coefficients) = both(&file);
        prop_assert!(in_bands.is_none() || in_bands == by_coefficients);
    }
}

use super::*;

const SIZES: [(u32, u32); 5] = [(1, 1), (1, 9), (9, 1), (7, 5), (64, 33)];

/// Mean difference of samples.
fn distance(a: &Picture, b: &Picture) -> f64 {
    assert_eq!((a.width, a.height, a.channels), (b.width, b.height, b.channels));
    let (Samples::U8(left), Samples::U8(right)) = (&a.samples, &b.samples) else {
        panic!("not of 8 bits");
    };
    let sum: u64 = left.iter().zip(right).map(|(&l, &r)| u64::from(l.abs_diff(r))).sum();
    sum as f64 / left.len() as f64
}

/// Whether such a picture is written: all but JPEG XL take everything.
fn is_taken(format: &Format, size: (u32, u32), channels: Channels, deep: bool) -> bool {
    format != &JXL || (size.0.min(size.1) > 1 && !(deep && channels.has_alpha()))
}

#[test]
fn what_the_encoder_of_jpeg_xl_would_write_wrongly_is_refused_by_name() {
    for (size, channels, deep) in [
        ((7, 5), Channels::GrayAlpha, true),
        ((7, 5), Channels::Rgba, true),
        ((1, 5), Channels::Rgb, false),
    ] {
        assert!(!is_taken(&JXL, size, channels, deep));
        let document = Document::still(&PNG, picture(size.0, size.1, channels, deep));
        let why = encode(&document, &to(&JXL), &mut Pool::new(), &mut Vec::new()).unwrap_err();
        assert!(why.message.to_string().starts_with("JPEG XL is "), "{}", why.message);
    }
}

#[test]
fn png_tiff_and_jpeg_xl_hold_every_layout_and_depth_exactly() {
    for format in [&PNG, &TIFF, &JXL] {
        for channels in CHANNELS {
            for deep in [false, true] {
                for (width, height) in SIZES {
                    if !is_taken(format, (width, height), channels, deep) {
                        continue;
                    }
                    let original = picture(width, height, channels, deep);
                    let (back, notes) = through(&Document::still(format, original.clone()), format);
                    assert_eq!(
                        back.frames[0].picture, original,
                        "{format:?} {channels:?} {deep} {width}x{height}"
                    );
                    assert!(notes.is_empty(), "{notes:?}");
                }
            }
        }
    }
}

#[test]
fn bmp_holds_gray_and_colour_exactly() {
    for channels in [Channels::Gray, Channels::Rgb] {
        for (width, height) in SIZES {
            let mut original = picture(width, height, channels, false);
            if let (Samples::U8(samples), Channels::Rgb) = (&mut original.samples, channels) {
                samples[2] = 77;
            }
            let (back, _) = through(&Document::still(&BMP, original.clone()), &BMP);
            assert_eq!(back.frames[0].picture, original, "{channels:?} {width}x{height}");
        }
    }
}

#[test]
fn lossless_webp_stays_lossless() {
    for channels in [Channels::Rgb, Channels::Rgba] {
        for (width, height) in SIZES {
            let original = picture(width, height, channels, false);
            let document = Document { lossless: true, ..Document::still(&WEBP, original.clone()) };
            let (back, _) = through(&document, &WEBP);
            assert!(back.lossless);
            let picture = &back.frames[0].picture;
            if channels == Channels::Rgb {
                assert_eq!(picture, &original);
            } else if let (Samples::U8(a), Samples::U8(b)) = (&picture.samples, &original.samples) {
                // The colour of what cannot be seen is free.
                for (a, b) in a.as_chunks::<4>().0.iter().zip(b.as_chunks::<4>().0) {
                    assert!(a == b || a[3] == 0 && b[3] == 0, "{a:?} {b:?}");
                }
            }
        }
    }
}

#[test]
fn nearly_lossless_webp_is_smaller_the_less_near_it_has_to_stay() {
    for channels in [Channels::Rgb, Channels::Rgba] {
        // Where it is smooth, nothing is changed.
        let count = channels.count() as u32;
        let noise =
            |i: u32| (i.wrapping_mul(i) ^ i.wrapping_mul(0x9e37_79b1)).wrapping_mul(0x85eb_ca6b);
        let level =
            |i| if count == 4 && i % 4 == 3 { 64 + i / 640 } else { i / 160 + (noise(i) >> 27) };
        let samples = Samples::U8((0..160 * 120 * count).map(|i| level(i) as u8).collect());
        let original = Picture { width: 160, height: 120, channels, samples };
        let document = Document::still(&PNG, original.clone());
        let at = |near| {
            let (file, _) =
                written(&document, &Encoding { near_lossless: Some(near), ..to(&WEBP) });
            let back = read(&file);
            assert!(back.lossless);
            (file.len(), distance(&back.frames[0].picture, &original))
        };
        let [exact, near, far] = [100, 60, 0].map(at);
        assert_eq!(exact, {
            let (file, _) = written(&document, &Encoding { lossless: Some(true), ..to(&WEBP) });
            (file.len(), 0.0)
        });
        assert!(near.0 < exact.0 && far.0 < near.0, "{exact:?} {near:?} {far:?}");
        assert!(near.1 > 0.0 && near.1 < 3.0 && far.1 > near.1, "{exact:?} {near:?} {far:?}");
    }
}

#[test]
fn lossy_formats_are_close_and_follow_the_quality() {
    for format in [&JPEG, &WEBP, &AVIF] {
        let original = picture(160, 120, Channels::Rgb, false);
        let document = Document::still(&PNG, original.clone());
        let mut results = Vec::new();
        for quality in [5, 50, 95] {
            let encoding = Encoding { quality: Some(quality), ..to(format) };
            let (file, _) = written(&document, &encoding);
            let back = read(&file);
            results.push((file.len(), distance(&back.frames[0].picture, &original)));
        }
        assert!(results.is_sorted_by(|a, b| a.0 < b.0), "{format:?}: {results:?}");
        assert!(results.is_sorted_by(|a, b| a.1 > b.1), "{format:?}: {results:?}");
        assert!(results[2].1 < 2.0, "{format:?}: {results:?}");
    }
}

#[test]
fn gray_jpeg_stays_gray() {
    let original = picture(50, 41, Channels::Gray, false);
    let (back, _) = through(&Document::still(&JPEG, original.clone()), &JPEG);
    assert!(distance(&back.frames[0].picture, &original) < 3.0);
}

#[test]
fn lossy_webp_keeps_transparency() {
    let original = picture(64, 48, Channels::Rgba, false);
    let (back, notes) = through(&Document::still(&PNG, original.clone()), &WEBP);
    assert!(!back.lossless);
    assert!(notes.is_empty());
    let alpha = |picture: &Picture| match &picture.samples {
        Samples::U8(samples) => samples.iter().skip(3).step_by(4).copied().collect::<Vec<_>>(),
        Samples::U16(_) => Vec::new(),
    };
    assert_eq!(alpha(&back.frames[0].picture), alpha(&original));
}

#[test]
fn sixteen_bits_become_ten_in_avif_and_come_back_as_sixteen() {
    let original = picture(40, 30, Channels::Rgba, true);
    let document = Document::still(&PNG, original.clone());
    let encoding = Encoding { quality: Some(100), ..to(&AVIF) };
    let (file, notes) = written(&document, &encoding);
    assert!(notes[0].starts_with("16 bits a channel rounded to 10"), "{notes:?}");
    let back = read(&file).frames.remove(0).picture;
    let (Samples::U16(a), Samples::U16(b)) = (&back.samples, &original.samples) else {
        panic!("not of 16 bits");
    };
    let most = a.iter().zip(b).map(|(&a, &b)| a.abs_diff(b)).max().unwrap();
    assert!(most < 4 << 8, "{most}");
    // The same every time.
    assert_eq!(written(&document, &encoding).0, file);
}

#[test]
fn sixteen_bits_become_eight_with_a_note_where_they_must() {
    let original = picture(20, 20, Channels::Rgb, true);
    for format in [&JPEG, &BMP, &GIF, &WEBP] {
        let (back, notes) = through(&Document::still(&PNG, original.clone()), format);
        assert!(matches!(back.frames[0].picture.samples, Samples::U8(_)));
        assert!(notes.iter().any(|note| note.starts_with("16 bits")), "{format:?}: {notes:?}");
    }
}

#[test]
fn transparency_becomes_the_background_with_a_note() {
    for (format, background, expected) in [
        (&BMP, [255; 3], [255; 3]),
        (&JPEG, [255; 3], [255; 3]),
        (&BMP, [10, 200, 30], [10, 200, 30]),
    ] {
        let clear = Picture {
            width: 16,
            height: 16,
            channels: Channels::Rgba,
            samples: Samples::U8([90, 90, 90, 0].repeat(256)),
        };
        let encoding = Encoding { background, ..to(format) };
        let (file, notes) = written(&Document::still(&PNG, clear), &encoding);
        assert_eq!(notes.len(), 1);
        let back = read(&file).frames.remove(0).picture;
        let Samples::U8(samples) = &back.samples else { panic!("not of 8 bits") };
        assert_eq!(samples[..3], expected, "{format:?}");
        assert_eq!(back.channels, Channels::Rgb);
    }
}

#[test]
fn every_picture_can_be_written_in_every_format() {
    for channels in CHANNELS {
        for deep in [false, true] {
            for (width, height) in SIZES {
                for format in written_formats() {
                    if !is_taken(format, (width, height), channels, deep) {
                        continue;
                    }
                    let original = picture(width, height, channels, deep);
                    let (back, _) = through(&Document::still(&PNG, original), format);
                    let picture = &back.frames[0].picture;
                    assert_eq!((picture.width, picture.height), (width, height));
                    assert_eq!(picture.samples.len(), picture.row_len() * picture.height as usize);
                }
            }
        }
    }
}

#[test]
fn a_bmp_whose_pixels_begin_within_its_palette_has_all_of_its_colours() {
    let mut file = b"BM\0\0\0\0\0\0\0\0".to_vec();
    // The last colour is where the pixels are: its blue, green and red are their indices.
    for word in [14 + 40 + 255 * 4, 40, 2, 1, 1 | 8 << 16, 0, 0, 0, 0, 0, 0_u32] {
        file.extend(word.to_le_bytes());
    }
    file.extend((0..=255).flat_map(|gray| [gray, gray, gray, 0]));
    let picture = read(&file).frames[0].picture.clone();
    assert_eq!((picture.width, picture.height), (2, 1));
    assert_eq!(picture.samples, Samples::U8(vec![255; picture.samples.len()]));
}

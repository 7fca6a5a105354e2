use super::super::Frame;
use super::*;

/// Frames of few colours: a square that moves over a background.
fn frames(channels: Channels) -> Vec<Frame> {
    (0..5u32)
        .map(|i| {
            let samples = (0..20 * 16u32)
                .flat_map(|at| {
                    let (x, y) = (at % 20, at / 20);
                    let inside = (i * 3..i * 3 + 5).contains(&x) && (2 + i..8 + i).contains(&y);
                    let [r, g, b] = if inside { [200, 30, i as u8] } else { [10, 60, 90] };
                    let alpha = if inside || x > 15 { 255 } else { 0 };
                    let pixel = if alpha == 0 && channels == Channels::Rgba {
                        [0; 4]
                    } else {
                        [r, g, b, alpha]
                    };
                    pixel.into_iter().take(channels.count())
                })
                .collect();
            Frame {
                picture: Picture { width: 20, height: 16, channels, samples: Samples::U8(samples) },
                delay_ms: 40 + i * 10,
            }
        })
        .collect()
}

fn animation(channels: Channels, loops: u32) -> Document {
    let frames = frames(channels);
    Document { frames, loops, ..Document::still(&GIF, picture(1, 1, channels, false)) }
}

#[test]
fn an_animation_keeps_its_frames_delays_and_loops() {
    for channels in [Channels::Rgb, Channels::Rgba] {
        for loops in [0, 1, 2, 7] {
            for format in [&GIF, &PNG, &WEBP] {
                let mut original = animation(channels, loops);
                (original.format, original.lossless) = (format, format == &WEBP);
                let (back, notes) = through(&original, format);
                assert!(back.frames == original.frames, "{channels:?} {format:?}");
                assert_eq!(back.loops, loops);
                assert!(notes.is_empty(), "{notes:?}");
            }
        }
    }
}

#[test]
fn animations_go_from_format_to_format() {
    for from in [&GIF, &PNG, &WEBP] {
        let (first, _) = through(&animation(Channels::Rgba, 3), from);
        for to in [&GIF, &PNG, &WEBP] {
            let (back, notes) = through(&first, to);
            let delays = |document: &Document| -> Vec<u32> {
                document.frames.iter().map(|frame| frame.delay_ms).collect()
            };
            assert_eq!((delays(&back), back.loops), (delays(&first), 3), "{from:?} {to:?}");
            assert!(notes.iter().all(|note| note.contains("transparency")), "{notes:?}");
        }
    }
}

#[test]
fn an_animation_that_is_cut_off_keeps_the_frames_before() {
    for (format, behind) in [(&GIF, 12), (&PNG, 30), (&WEBP, 60)] {
        let (file, _) = written(&animation(Channels::Rgb, 0), &to(format));
        let cut = read(&file[..file.len() - behind]);
        assert_eq!(cut.frames.len(), 4, "{format:?}");
        assert!(english(&cut.notes).iter().any(|note| note.contains("damaged")), "{:?}", cut.notes);
    }
}

#[test]
fn only_what_changes_is_written() {
    let mut still = animation(Channels::Rgb, 0);
    let moving = written(&still, &Encoding::default()).0.len();
    let first = still.frames[0].clone();
    still.frames = vec![first; 5];
    assert!(written(&still, &Encoding::default()).0.len() < moving);
    let (back, _) = through(&still, &GIF);
    assert_eq!(back.frames, still.frames);
}

#[test]
fn a_still_format_keeps_the_first_frame_and_says_so() {
    for format in own_files() {
        if format.holds.frames {
            continue;
        }
        let original = animation(Channels::Rgb, 0);
        let (back, notes) = through(&original, format);
        assert_eq!(back.frames.len(), 1);
        assert!(
            notes.iter().any(|note| note.contains("first of 5 frames")),
            "{format:?}: {notes:?}"
        );
    }
}

#[test]
fn an_animation_of_which_pages_are_made_loses_its_delays_and_says_so() {
    let (back, notes) = through(&animation(Channels::Rgb, 3), &TIFF);
    assert_eq!(back.frames.len(), 5);
    assert_eq!(notes, ["animation: its frames become pages, without delays and loops"]);
    let (_, notes) = through(&back, &TIFF);
    assert!(notes.is_empty(), "{notes:?}");
}

#[test]
fn a_still_gif_of_few_colours_is_exact() {
    for channels in [Channels::Rgb, Channels::Rgba] {
        let mut original = animation(channels, 0);
        original.frames.truncate(1);
        original.frames[0].delay_ms = 0;
        let (back, notes) = through(&original, &GIF);
        assert_eq!(back.frames, original.frames);
        assert!(notes.is_empty(), "{notes:?}");
    }
}

#[test]
fn more_colours_are_reduced_with_a_note() {
    let original = picture(100, 80, Channels::Rgb, false);
    let (back, notes) = through(&Document::still(&PNG, original.clone()), &GIF);
    assert!(notes.iter().any(|note| note.contains("256 colours")), "{notes:?}");
    let (Samples::U8(a), Samples::U8(b)) = (&back.frames[0].picture.samples, &original.samples)
    else {
        panic!("not of 8 bits")
    };
    let error: u64 = a.iter().zip(b).map(|(&a, &b)| u64::from(a.abs_diff(b))).sum();
    assert!((error as f64) < a.len() as f64 * 8.0, "{error}");
}

#[test]
fn frames_count_against_the_limits() {
    let (file, _) = written(&animation(Channels::Rgb, 0), &Encoding::default());
    let pixels = 20 * 16;
    for (max_pixels, fits) in [(pixels * 5, true), (pixels * 5 - 1, false)] {
        let limits = Limits { max_pixels, ..Limits::default() };
        assert_eq!(decode(&file, &limits, &mut Pool::new()).is_ok(), fits);
    }
}

/// A GIF of so many frames of one colour, each 14 bytes in the file, on a canvas of 2 x 2 px.
fn bomb(count: u32, (width, height): (u16, u16)) -> Vec<u8> {
    let mut file = b"GIF89a\x02\0\x02\0\x80\0\0\0\0\0\xff\xff\xff".to_vec();
    for _ in 0..count {
        file.extend([0x2c, 0, 0, 0, 0]);
        file.extend(width.to_le_bytes());
        file.extend(height.to_le_bytes());
        file.extend([0, 2, 1, 0x04, 0]);
    }
    file.push(0x3b);
    file
}

#[test]
fn more_frames_than_the_limit_are_refused_whatever_their_size() {
    let said = |file: &[u8], limits: &Limits| decode(file, limits, &mut Pool::new()).unwrap_err();
    let failure = said(&bomb(5001, (1, 1)), &Limits::default());
    assert_eq!(failure.kind, lote_protocol::outcome::FailureKind::TooLarge);
    let limit = "5001 frames are more than the limit of 5000; raise --max-frames to allow it";
    assert_eq!(failure.message, limit);
    let limits = Limits { max_frames: 2, ..Limits::default() };
    for format in [&GIF, &PNG, &WEBP, &TIFF] {
        let mut document = animation(Channels::Rgb, 0);
        // Frames are pages where they are not played.
        document.format = format;
        let (file, _) = written(&document, &to(format));
        let parts = if format == &TIFF { "pages" } else { "frames" };
        let limit = format!("5 {parts} are more than the limit of 2;");
        assert!(said(&file, &limits).message.to_string().starts_with(&limit), "{format:?}");
    }
}

#[test]
fn parts_that_are_larger_than_their_canvas_count_together() {
    // 3 MB of memory a frame, and 14 bytes of the file.
    let failure = decode(&bomb(100, (3000, 1000)), &Limits::default(), &mut Pool::new());
    let message = failure.unwrap_err().message;
    assert!(message.to_string().contains("more than the limit of 250 megapixels"), "{message}");
}

#[test]
fn what_a_file_of_several_pictures_declares_is_all_of_them() {
    use std::io::Cursor;

    for format in [&GIF, &PNG, &WEBP, &TIFF] {
        let mut document = animation(Channels::Rgb, 0);
        document.format = format;
        let (file, _) = written(&document, &to(format));
        for at_hand in [0, file.len().min(4096)] {
            let found = format.extent(&file[..at_hand], &mut Cursor::new(&file)).unwrap();
            assert_eq!((found.frames, found.pixels), (5, 5 * 20 * 16), "{format:?}");
        }
    }
    let file = bomb(70_000, (50, 4));
    let found = GIF.extent(&file[..4096], &mut Cursor::new(&file)).unwrap();
    assert_eq!((found.frames, found.pixels), (1 << 16, (1 << 16) * 200));
}

#[test]
fn bytes_between_the_blocks_of_a_gif_do_not_swallow_a_frame() {
    let (file, _) = written(&animation(Channels::Rgb, 0), &Encoding::default());
    let whole = read(&file);
    // Behind the table of colours, where it is for the first frame; `6` would be taken for a length.
    let blocks = 13 + if file[10] & 0x80 == 0 { 0 } else { 6 << (file[10] & 7) };
    for strays in [&[6_u8][..], &[0, 1, 2, 200]] {
        let mut damaged = file[..blocks].to_vec();
        damaged.extend(strays);
        damaged.extend(&file[blocks..]);
        let back = read(&damaged);
        assert_eq!(back.frames, whole.frames);
        let note = format!(
            "the GIF is damaged: {} bytes between its blocks are passed over",
            strays.len()
        );
        assert_eq!(english(&back.notes), [note]);
    }
}

#[test]
fn a_gif_whose_frames_have_no_pixels_is_refused() {
    let of = |sizes: [(u16, u16); 2]| {
        let mut file = bomb(1, sizes[0]);
        file.pop();
        file.extend(&bomb(1, sizes[1])[19..]);
        decode(&file, &Limits::default(), &mut Pool::new())
    };
    let failure = of([(0, 2), (3, 0)]).unwrap_err();
    assert_eq!(failure.kind, lote_protocol::outcome::FailureKind::Damaged);
    assert_eq!(failure.message, "the GIF is damaged: its frames have no pixels");
    assert_eq!(of([(0, 2), (1, 1)]).unwrap().frames.len(), 2);
}

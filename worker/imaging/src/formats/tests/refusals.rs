use lote_protocol::outcome::FailureKind;

use super::*;

fn refused(file: &[u8], limits: &Limits) -> FailureKind {
    let failure = decode(file, limits, &mut Pool::new()).unwrap_err();
    assert!(!failure.message.to_string().contains('\n'), "{}", failure.message);
    assert!(!failure.message.to_string().ends_with('.'), "{}", failure.message);
    failure.kind
}

#[test]
fn what_is_no_image_is_refused_by_content() {
    let limits = Limits::default();
    assert_eq!(refused(b"", &limits), FailureKind::NotAnImage);
    assert_eq!(refused(b"<html></html>", &limits), FailureKind::NotAnImage);
    assert_eq!(refused(b"8BPS\0\x01", &limits), FailureKind::Unsupported);
    for file in [
        &b"\0\0\0\x18ftypavif\0\0\0\0mif1avif"[..],
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        b"\xff\x0a",
    ] {
        assert_eq!(refused(file, &limits), FailureKind::Damaged);
    }
}

#[test]
fn limits_hold_for_every_format() {
    for format in written_formats() {
        let file = small_file(format);
        let pixels = Limits { max_pixels: 40 * 30 - 1, ..Limits::default() };
        assert_eq!(refused(&file, &pixels), FailureKind::TooLarge, "{format:?}");
        let bytes = Limits { max_alloc_bytes: 40 * 30 * 3 - 1, ..Limits::default() };
        assert_eq!(refused(&file, &bytes), FailureKind::TooLarge, "{format:?}");
        let length = Limits { max_file_bytes: file.len() as u64 - 1, ..Limits::default() };
        assert_eq!(refused(&file, &length), FailureKind::TooLarge, "{format:?}");
    }
}

#[test]
fn files_that_are_cut_off_are_refused() {
    for format in written_formats() {
        let file = small_file(format);
        let step = (file.len() / 150).max(1);
        // TIFF has its directory at the end, so any cut is one too many; of PNG, all pixels may be
        // there before the last checksums.
        let needed = file.len() - 40;
        for len in (0..needed).step_by(step) {
            let kind = refused(&file[..len], &Limits::default());
            assert!(
                matches!(kind, FailureKind::Damaged | FailureKind::NotAnImage),
                "{format:?} cut at {len} of {}: {kind:?}",
                file.len()
            );
        }
    }
}

#[test]
fn a_side_above_what_the_format_can_state_is_refused() {
    for (format, width) in [(&JPEG, 65_536), (&GIF, 65_536), (&WEBP, 16_384)] {
        let wide = Document::still(&PNG, picture(width, 1, Channels::Gray, false));
        let failure = super::super::encode(&wide, &to(format), &mut Pool::new(), &mut Vec::new())
            .unwrap_err();
        assert_eq!(failure.kind, FailureKind::Encode, "{format:?}");
    }
}

proptest::proptest! {
    #[test]
    fn changed_bytes_never_panic(
        format in proptest::sample::select(written_formats().collect::<Vec<_>>()),
        changes in proptest::collection::vec(
            (proptest::num::usize::ANY, proptest::num::u8::ANY),
            1..12,
        ),
    ) {
        let mut file = small_file(format);
        for (at, value) in changes {
            let at = at % file.len();
            file[at] = value;
        }
        let limits = Limits {
            max_pixels: 1_000_000,
            max_alloc_bytes: 16 << 20,
            ..Limits::default()
        };
        let mut pool = Pool::new();
        if let Ok(document) = decode(&file, &limits, &mut pool) {
            for frame in &document.frames {
                let picture = &frame.picture;
                proptest::prop_assert_eq!(
                    picture.samples.len(),
                    picture.row_len() * picture.height as usize
                );
            }
            let _ = encode(&document, &Encoding::default(), &mut pool, &mut Vec::new());
        }
    }
}

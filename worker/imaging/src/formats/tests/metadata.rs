use lote_protocol::carry::Keep;

use super::super::{Frame, Own, Stored, to_srgb};
use super::*;
use crate::color::{self, icc};
use crate::metadata::exif_block::Field;
use crate::metadata::exif_fields::Fields;

const ORIENTATION: u16 = 0x0112;
const CAMERA: u16 = 0x0110;
const TAKEN: u16 = 0x9003;
const PIXEL_X_DIMENSION: u16 = 0xa002;
const LATITUDE_REF: u16 = 1;

const WITH_ICC: [&Format; 5] = [&JPEG, &PNG, &TIFF, &WEBP, &GIF];
const WITH_EXIF: [&Format; 4] = [&JPEG, &PNG, &TIFF, &WEBP];

fn text(tag: u16, text: &str) -> Field {
    Field { tag, kind: 2, data: text.as_bytes().to_vec() }
}

fn camera_block(orientation: u16) -> Vec<u8> {
    Fields {
        image: vec![text(CAMERA, "Box 1\0"), Field::short(ORIENTATION, orientation)],
        exif: vec![text(TAKEN, "2024:05:06 07:08:09\0"), Field::short(PIXEL_X_DIMENSION, 1)],
        gps: vec![text(LATITUDE_REF, "N\0")],
        ..Fields::default()
    }
    .build()
}

fn profile(space: [u8; 4]) -> Metadata {
    Metadata { icc: Some(icc::sample(space)), ..Metadata::default() }
}

fn exif(block: Vec<u8>) -> Metadata {
    Metadata { exif: Some(block), ..Metadata::default() }
}

#[test]
fn a_profile_is_kept_in_every_format_that_can() {
    for format in WITH_ICC {
        let rgb = picture(12, 8, Channels::Rgb, false);
        let original = document(&PNG, rgb, profile(*b"RGB "));
        let (back, notes) = through(&original, format);
        assert_eq!(back.metadata.icc, original.metadata.icc, "{format:?}");
        assert!(notes.iter().all(|note| !note.contains("ICC")), "{notes:?}");
    }
    let rgb = picture(12, 8, Channels::Rgb, false);
    let (back, notes) = through(&document(&PNG, rgb, profile(*b"RGB ")), &BMP);
    assert_eq!(back.metadata.icc, None);
    assert_eq!(notes.len(), 1);
}

#[test]
fn avif_and_jpeg_xl_keep_exif_and_xmp_and_are_turned_by_neither() {
    let packet = b"<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"/>".to_vec();
    for format in [&AVIF, &JXL] {
        let metadata = Metadata { xmp: Some(packet.clone()), ..exif(camera_block(6)) };
        let original = document(&PNG, picture(24, 16, Channels::Rgb, false), metadata);
        let (back, notes) = through(&original, format);
        assert_eq!((back.frames[0].picture.width, back.is_as_stored), (24, true), "{format:?}");
        let fields = Fields::parse(back.metadata.exif.as_deref().unwrap());
        assert!(fields.image.contains(&text(CAMERA, "Box 1\0")), "{format:?}");
        assert!(fields.image.contains(&Field::short(ORIENTATION, 1)), "{format:?}");
        assert_eq!(back.metadata.xmp.as_ref(), Some(&packet), "{format:?}");
        assert!(notes.is_empty(), "{notes:?}");
    }
}

#[test]
fn a_gray_profile_is_kept_for_gray_and_dropped_for_colour() {
    for (format, channels, kept) in [
        (&JPEG, Channels::Gray, true),
        (&PNG, Channels::GrayAlpha, true),
        (&TIFF, Channels::Gray, true),
        (&WEBP, Channels::Gray, false),
        (&JPEG, Channels::Rgb, false),
    ] {
        let picture = picture(12, 8, channels, false);
        let (back, notes) = through(&document(&PNG, picture, profile(*b"GRAY")), format);
        assert_eq!(back.metadata.icc.is_some(), kept, "{format:?} {channels:?}");
        assert_eq!(notes.is_empty(), kept, "{notes:?}");
    }
}

#[test]
fn gray_with_a_colour_profile_is_written_as_colour() {
    for (format, channels) in
        [(&JPEG, Channels::Rgb), (&PNG, Channels::Rgb), (&TIFF, Channels::Rgb)]
    {
        let gray = picture(12, 8, Channels::Gray, false);
        let original = document(&JPEG, gray, profile(*b"RGB "));
        let (back, _) = through(&original, format);
        assert_eq!(back.frames[0].picture.channels, channels, "{format:?}");
        assert_eq!(back.metadata, original.metadata);
        let Samples::U8(samples) = &back.frames[0].picture.samples else { panic!("not of 8 bits") };
        for &[r, g, b] in samples.as_chunks::<3>().0 {
            assert!(r == g && g == b, "{format:?}: {r} {g} {b}");
        }
    }
}

#[test]
fn a_broken_profile_is_dropped_with_a_note() {
    for format in WITH_ICC {
        // Passes the check when it is written, but not when it is read.
        let mut broken = icc::sample(*b"RGB ");
        let rgb = picture(12, 8, Channels::Rgb, false);
        let (mut file, _) = written(&document(&PNG, rgb.clone(), profile(*b"RGB ")), &to(format));
        let Some(at) = file.windows(4).position(|bytes| bytes == b"acsp") else {
            // Compressed in PNG.
            broken[36] = b'?';
            let metadata = Metadata { icc: Some(broken), ..Metadata::default() };
            let source = super::super::Source { metadata, ..super::super::Source::still(rgb) };
            let document =
                super::super::finish(format, source, &Limits::default(), &mut Pool::new());
            assert_eq!(document.metadata.icc, None);
            assert_eq!(document.notes.len(), 1);
            continue;
        };
        file[at] = b'?';
        let back = read(&file);
        assert_eq!(back.metadata.icc, None, "{format:?}");
        assert_eq!(back.notes.len(), 1, "{format:?}: {:?}", back.notes);
    }
}

#[test]
fn exif_is_kept_in_every_format_that_can() {
    for format in WITH_EXIF {
        let rgb = picture(12, 8, Channels::Rgb, false);
        let (back, notes) = through(&document(&JPEG, rgb, exif(camera_block(1))), format);
        let fields = Fields::parse(&back.metadata.exif.unwrap());
        assert!(fields.image.contains(&text(CAMERA, "Box 1\0")), "{format:?}");
        assert!(fields.exif.contains(&text(TAKEN, "2024:05:06 07:08:09\0")), "{format:?}");
        assert!(fields.exif.contains(&Field::short(PIXEL_X_DIMENSION, 12)), "{format:?}");
        assert_eq!(fields.gps, [text(LATITUDE_REF, "N\0")], "{format:?}");
        assert!(notes.is_empty(), "{format:?}: {notes:?}");
    }
    for format in [&BMP, &GIF] {
        let rgb = picture(12, 8, Channels::Rgb, false);
        let (back, notes) = through(&document(&JPEG, rgb, exif(camera_block(1))), format);
        assert_eq!(back.metadata.exif, None);
        assert!(notes.iter().any(|note| note.starts_with("EXIF")), "{notes:?}");
    }
}

#[test]
fn the_orientation_is_applied_once_and_reset() {
    for format in WITH_EXIF {
        for value in 1..=8 {
            let stored = picture(24, 16, Channels::Rgb, false);
            // Writing does not turn: the block is taken as it is.
            let original = Document {
                lossless: true,
                ..document(format, stored.clone(), exif(camera_block(value)))
            };
            let (file, _) = written(&original, &Encoding::default());
            let back = read(&file);
            let expected = if value >= 5 { (16, 24) } else { (24, 16) };
            let upright = &back.frames[0].picture;
            assert_eq!((upright.width, upright.height), expected, "{format:?} {value}");
            if format != &JPEG {
                let turned = crate::metadata::orientation::upright(
                    stored,
                    crate::metadata::orientation::Orientation::from_exif(value.into()),
                    &mut Pool::new(),
                );
                assert_eq!(upright, &turned, "{format:?} {value}");
            }
            let (again, _) = written(&back, &Encoding::default());
            let again = read(&again).frames.remove(0).picture;
            assert_eq!((again.width, again.height), expected, "{format:?} {value}");
            let fields = Fields::parse(&back.metadata.exif.unwrap());
            assert!(fields.image.contains(&Field::short(ORIENTATION, 1)));
        }
    }
}

#[test]
fn metadata_above_the_limit_are_dropped_with_a_note() {
    let mut long = Fields::parse(&camera_block(1));
    long.exif.push(Field { tag: 0x927c, kind: 7, data: vec![1; 5000] });
    let limits = Limits { max_metadata_bytes: 1000, ..Limits::default() };
    for format in WITH_EXIF {
        let rgb = picture(12, 8, Channels::Rgb, false);
        let (file, _) = written(&document(format, rgb, exif(long.build())), &Encoding::default());
        let back = decode(&file, &limits, &mut Pool::new()).unwrap();
        assert_eq!(back.metadata.exif, None, "{format:?}");
        assert_eq!(back.notes.len(), 1, "{format:?}: {:?}", back.notes);
    }
}

const DESCRIPTION: u16 = 0x010e;
const X_RESOLUTION: u16 = 0x011a;

/// Three pages: of colour, of black and white, of few colours; each says what it is, and has a profile
/// of its own, the last one none.
fn pages() -> Document {
    let own = |words: &str, dots: u32, icc: Option<Vec<u8>>| {
        let [x, y] = [X_RESOLUTION, X_RESOLUTION + 1].map(|tag| Field {
            tag,
            kind: 5,
            data: [dots, 1].map(u32::to_le_bytes).concat(),
        });
        let image = vec![text(DESCRIPTION, words), x, y, Field::short(0x0128, 2)];
        let exif = vec![text(TAKEN, "2024:05:06 07:08:09\0")];
        let gps = vec![text(LATITUDE_REF, "N\0")];
        Metadata { icc, ..exif_of(&Fields { image, exif, gps, ..Fields::default() }) }
    };
    let mut bits = picture(40, 30, Channels::Gray, false);
    let mut few = picture(40, 30, Channels::Rgb, false);
    for picture in [&mut bits, &mut few] {
        let Samples::U8(samples) = &mut picture.samples else { unreachable!() };
        for sample in samples {
            *sample = if *sample < 128 { 0 } else { 255 };
        }
    }
    let first = document(
        &TIFF,
        picture(40, 30, Channels::Rgb, false),
        own("one\0", 300, Some(icc::sample(*b"RGB "))),
    );
    let shown = |picture| Frame { picture, delay_ms: 0 };
    Document {
        frames: vec![first.frames[0].clone(), shown(bits), shown(few)],
        pages: vec![
            Own {
                metadata: own("two\0", 600, Some(icc::sample(*b"GRAY"))),
                stored: Stored::Bilevel,
            },
            Own { metadata: own("three\0", 96, None), stored: Stored::Palette },
        ],
        ..first
    }
}

fn exif_of(fields: &Fields) -> Metadata {
    exif(fields.build())
}

#[test]
fn pages_keep_what_they_have_for_themselves() {
    let original = pages();
    let (back, notes) = through(&original, &TIFF);
    assert!(notes.is_empty(), "{notes:?}");
    assert_eq!(back.frames, original.frames);
    assert_eq!(back.stored, Stored::Full);
    let metadata = |document: &Document| -> Vec<Metadata> {
        let behind = document.pages.iter().map(|own| own.metadata.clone());
        std::iter::once(document.metadata.clone()).chain(behind).collect()
    };
    for (back, original) in metadata(&back).iter().zip(metadata(&original)) {
        assert_eq!(back.icc, original.icc);
        let fields = |metadata: &Metadata| Fields::parse(metadata.exif.as_deref().unwrap());
        assert_eq!(fields(back), fields(&original));
    }
    let stored: Vec<Stored> = back.pages.iter().map(|own| own.stored).collect();
    assert_eq!(stored, [Stored::Bilevel, Stored::Palette]);
}

#[test]
fn a_page_by_itself_has_its_own_metadata() {
    let original = pages();
    let two = original.page(2, 3).unwrap();
    let Own { metadata, stored } = original.pages[0].clone();
    assert_eq!((two.metadata, two.stored), (metadata, stored));
    assert_eq!((two.frames.len(), two.pages.len()), (1, 0));
    assert_eq!(original.page(1, 3).unwrap().metadata, original.metadata);
    // The first of the two that are left.
    let left_out = Document {
        frames: vec![original.frames[0].clone(), original.frames[2].clone()],
        pages: vec![original.pages[1].clone()],
        left_out: vec![2],
        ..original.clone()
    };
    assert_eq!(left_out.page(3, 3).unwrap().metadata, original.pages[1].metadata);
    assert!(left_out.page(2, 3).is_err());
}

#[test]
fn each_page_is_converted_by_its_own_profile() {
    let flat = |pixel: [u8; 3]| Picture {
        width: 2,
        height: 1,
        channels: Channels::Rgb,
        samples: Samples::U8([pixel; 2].concat()),
    };
    let adobe = Metadata { icc: color::profile(color::Space::AdobeRgb), ..Metadata::default() };
    let shown = |pixel| Frame { picture: flat(pixel), delay_ms: 0 };
    let own = |metadata| Own { metadata, stored: Stored::Full };
    let mut document = Document {
        frames: vec![shown([60, 90, 120]), shown([60, 90, 120]), shown([9, 8, 7])],
        pages: vec![own(adobe), own(Metadata { icc: Some(vec![1; 200]), ..Metadata::default() })],
        ..Document::still(&TIFF, flat([0; 3]))
    };
    to_srgb(&mut document, &mut Pool::new());
    let pixels: Vec<[u8; 3]> = document
        .frames
        .iter()
        .map(|frame| match &frame.picture.samples {
            Samples::U8(samples) => *samples.first_chunk().unwrap(),
            Samples::U16(_) => unreachable!(),
        })
        .collect();
    assert_eq!((pixels[0], pixels[2]), ([60, 90, 120], [9, 8, 7]));
    // By the definitions of Adobe RGB (1998) and sRGB: 36.07, 89.57, 121.95.
    let is_near = pixels[1].iter().zip([36, 90, 122]).all(|(&a, b)| a.abs_diff(b) <= 1);
    assert!(is_near, "{pixels:?}");
    assert_eq!(document.metadata.icc, None);
    assert_eq!(document.pages[0].metadata.icc, color::srgb());
    let note = "page 3: colours not converted to sRGB: its profile is damaged";
    assert_eq!(english(&document.notes), [note]);
}

#[test]
fn what_is_not_to_be_kept_is_kept_of_no_page() {
    let mut encoding = to(&TIFF);
    encoding.carry.metadata = Keep::None;
    let (file, _) = written(&pages(), &encoding);
    let back = read(&file);
    assert_eq!(back.pages.len(), 2);
    for own in &back.pages {
        let fields = Fields::parse(own.metadata.exif.as_deref().unwrap());
        let tags: Vec<u16> = fields.image.iter().map(|field| field.tag).collect();
        assert_eq!(tags, [X_RESOLUTION, X_RESOLUTION + 1, 0x0128]);
        assert!(fields.exif.is_empty() && fields.gps.is_empty());
    }
    assert!(!file.windows(4).any(|bytes| bytes == b"two\0"));
}

#[test]
fn frames_that_become_pages_have_the_profile_that_they_share() {
    let shared = animation_of(profile(*b"RGB "));
    let (back, _) = through(&shared, &TIFF);
    assert_eq!(back.pages.len() + 1, back.frames.len());
    for own in &back.pages {
        assert_eq!(own.metadata.icc, shared.metadata.icc);
    }
}

fn animation_of(metadata: Metadata) -> Document {
    let frame = Frame { picture: picture(12, 8, Channels::Rgb, false), delay_ms: 40 };
    let first = document(&GIF, frame.picture.clone(), metadata);
    Document { frames: vec![frame.clone(), frame], ..first }
}

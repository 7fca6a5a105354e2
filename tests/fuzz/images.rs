//! Small images of all formats, damaged at random, through decoder, filter and encoder.

use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::{Arc, Mutex};

use image::{DynamicImage, ImageFormat, RgbaImage};
use lote_imaging::filters::{Context, REGISTRY, Source, apply_all};
use lote_imaging::formats::{decode, encode};
use lote_imaging::pool::Pool;
use lote_protocol::encoding::Encoding;
use lote_protocol::filter::FilterCall;
use lote_protocol::task::Limits;

use crate::fuzz;

/// Turns a picture into one with another kind of pixels.
type Convert = fn(&DynamicImage) -> DynamicImage;

/// Files of other programs in the formats that no crate writes here.
const FOREIGN: [&str; 18] = [
    "420~3.avif",
    "gray~1.avif",
    "ten~1.avif",
    "slices~7.heic",
    "ten~5.heic",
    "420-twelve~7.heic",
    "422-ten~7.heic",
    "444~1.heic",
    "gray-ten~1.heic",
    "bitmap.ico",
    "palette.ico",
    "lossless-alpha.jxl",
    "lossy~1.jxl",
    "levels-15.pgm",
    "rgba.pam",
    "rgba.qoi",
    "palette.tga",
    "rgba-rle.tga",
];

/// Small images of all formats, in several kinds of pixels; or the files of the folder that `LOTE_SEEDS` names.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    if let Some(folder) = std::env::var_os("LOTE_SEEDS") {
        return fs::read_dir(folder)
            .unwrap()
            .map(|file| fs::read(file.unwrap().path()).unwrap())
            .collect();
    }
    let picture = RgbaImage::from_fn(19, 13, |x, y| {
        image::Rgba([(x * 13) as u8, (y * 19) as u8, (x * y) as u8, 255 - (x * 7) as u8])
    });
    let picture = DynamicImage::ImageRgba8(picture);
    let kinds: [(ImageFormat, &[Convert]); 6] = [
        (ImageFormat::Jpeg, &[|p| p.to_rgb8().into(), |p| p.to_luma8().into()]),
        (
            ImageFormat::Png,
            &[|p| p.to_rgba8().into(), |p| p.to_luma8().into(), |p| p.to_rgb16().into()],
        ),
        (ImageFormat::Gif, &[|p| p.to_rgba8().into()]),
        (ImageFormat::Bmp, &[|p| p.to_rgb8().into(), |p| p.to_rgba8().into()]),
        (
            ImageFormat::Tiff,
            &[|p| p.to_rgb8().into(), |p| p.to_luma16().into(), |p| p.to_rgba8().into()],
        ),
        (ImageFormat::WebP, &[|p| p.to_rgba8().into()]),
    ];
    let mut seeds = Vec::new();
    for (format, makes) in kinds {
        for make in makes {
            let mut bytes = Cursor::new(Vec::new());
            make(&picture).write_to(&mut bytes, format).unwrap();
            seeds.push(bytes.into_inner());
        }
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../worker/imaging/testdata/decoded");
    seeds.extend(FOREIGN.map(|name| fs::read(folder.join(name)).unwrap()));
    seeds
}

/// Notes where panics come from, for as long as it is.
fn places() -> Arc<Mutex<BTreeMap<String, u64>>> {
    let places = Arc::new(Mutex::new(BTreeMap::new()));
    let noted = Arc::clone(&places);
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let file = info.location().map_or("?", panic::Location::file);
        // Only those that are caught below; a test that fails is to be seen as ever.
        if std::thread::current().name().is_some_and(|name| name.contains("no_damaged_image")) {
            *noted.lock().unwrap().entry(file.to_owned()).or_insert(0) += 1;
        }
        before(info);
    }));
    places
}

#[test]
fn no_damaged_image_makes_code_of_ours_panic() {
    let seeds = seeds();
    // An image that claims to be huge is refused, and costs no time here.
    let limits = Limits { max_pixels: 1 << 20, max_alloc_bytes: 8 << 20, ..Limits::default() };
    let places = places();
    let mut pool = Pool::new();
    fuzz("decode and filter", 60_000, |chance| {
        let mut bytes = chance.one_of(&seeds).clone();
        chance.change(&mut bytes);
        let filter = chance.one_of(REGISTRY);
        let work = AssertUnwindSafe(|| {
            let mut document = decode(&bytes, &limits, &mut pool).ok()?;
            let call = FilterCall { filter: filter.spec.id.to_owned(), params: BTreeMap::new() };
            // Those that need a file have nothing to be called with here.
            let call = call.checked(&lote_engine::catalogue::all()).ok()?;
            // As a worker does it: what would be larger than allowed is refused before.
            let sources = document.frames.iter().map(|frame| Source::Shared(&frame.picture));
            let context = Context::new(&limits);
            let pictures = apply_all(sources.collect(), &[call], &context, &mut pool).ok()?;
            for (frame, picture) in document.frames.iter_mut().zip(pictures) {
                let old = std::mem::replace(&mut frame.picture, picture);
                pool.give(old);
            }
            let mut out = Vec::new();
            encode(&document, &Encoding::default(), &mut pool, &mut out).ok()
        });
        matches!(panic::catch_unwind(work), Ok(Some(_)))
    });
    let places = places.lock().unwrap();
    let is_ours = |place: &&String| !place.contains("/registry/");
    let ours: Vec<_> = places.keys().filter(is_ours).collect();
    // A panic of a codec is caught by the worker and is a failure of that file alone.
    println!("fuzz decode and filter: panics in dependencies, caught: {places:?}");
    assert!(ours.is_empty(), "{places:?}");
}

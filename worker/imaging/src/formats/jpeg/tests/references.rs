//! Files of other encoders against what libjpeg-turbo reads from them (`testdata/jpeg/make.py`).

use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::super::*;

/// One of each way in which coefficients are coded and samples are put together.
const KINDS: [&str; 8] = [
    "two-scans",
    "three-scans-restarts",
    "progressive-odd-script",
    "sampling-coarse-luma",
    "ycck-422",
    "arithmetic",
    "arithmetic-progressive",
    "restart-marker-wrong",
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/jpeg")
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name).with_extension("jpg")).unwrap()
}

/// What is read by way of the coefficients, and what is odd about the file.
fn read(file: &[u8]) -> (Vec<u8>, Health) {
    let file = File::open(file).unwrap();
    let (width, height) = file.size();
    let count = match file.color() {
        Color::Gray => 1,
        Color::YCbCr | Color::Rgb => 3,
        Color::Cmyk | Color::Ycck => 4,
    };
    let mut samples = vec![0; width * height * count];
    let health = file.decode(&simd::detect(), &mut samples).unwrap();
    (samples, health)
}

#[test]
fn files_of_every_kind_give_the_samples_of_the_reference() {
    let mut seen = 0;
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "jpg") {
            continue;
        }
        let wanted = std::fs::read(path.with_extension("samples")).unwrap();
        let (samples, health) = read(&std::fs::read(&path).unwrap());
        let wrong = samples.iter().zip(&wanted).filter(|(got, wanted)| got != wanted).count();
        assert_eq!((samples.len(), wrong), (wanted.len(), 0), "{}", path.display());
        let is_sound = !path.to_string_lossy().contains("-marker-")
            && !path.to_string_lossy().contains("bytes-");
        if is_sound {
            let (missing, end) = ((0, health.missing.1), health.end);
            assert_eq!(health, Health { missing, end, ..Health::default() }, "{}", path.display());
        }
        seen += 1;
    }
    assert_eq!(seen, 28);
}

#[test]
fn a_progressive_file_without_its_end_mark_is_complete() {
    let whole = file("progressive");
    let (samples, health) = read(&whole[..whole.len() - 2]);
    assert_eq!(samples, read(&whole).0);
    assert!(health.cut && !health.coarse && health.missing.0 == 0);
    let source = super::decoded(&whole[..whole.len() - 2]);
    assert_eq!(source.notes, ["the JPEG has no end mark; its picture is complete"]);
}

#[test]
fn a_lost_restart_marker_costs_the_units_behind_it_and_no_more() {
    let (_, health) = read(&file("restart-marker-missing"));
    assert!(health.irregular || health.missing.0 > 0);
    let (_, health) = read(&file("restart-marker-twice"));
    assert!(health.irregular || health.skipped || health.missing.0 > 0);
}

#[test]
fn a_scan_that_ends_too_early_is_counted() {
    // The end mark comes in the middle.
    for name in ["two-scans", "progressive", "cmyk", "arithmetic"] {
        let mut cut = file(name);
        cut.truncate(cut.len() * 3 / 4);
        cut.extend([0xff, 0xd9]);
        let failure = decode(&cut, &Limits::default(), &mut Pool::new()).err();
        assert_eq!(failure.unwrap().kind, FailureKind::Damaged, "{name}");
    }
}

#[test]
fn scans_that_do_not_come_are_a_failure_or_a_note() {
    let whole = file("progressive");
    let last = whole.windows(2).rposition(|two| two == [0xff, 0xda]).unwrap();
    // The tables before it begin there.
    let last = whole[..last].windows(2).rposition(|two| two == [0xff, 0xc4]).unwrap();
    let cut = decode(&whole[..last], &Limits::default(), &mut Pool::new());
    assert_eq!(cut.err().unwrap().kind, FailureKind::Damaged);
    let mut ended = whole[..last].to_vec();
    ended.extend([0xff, 0xd9]);
    let source = super::decoded(&ended);
    assert_eq!(source.notes, ["the JPEG holds the picture without its last details"]);
}

#[test]
fn kinds_that_are_not_read_are_refused_by_name() {
    let whole = file("gray-2x2");
    let (_, frame) =
        super::segments(&whole).into_iter().find(|&(marker, _)| marker == 0xc0).unwrap();
    for (marker, precision, name) in [
        (0xc1, 12, "12 bits a sample"),
        (0xc3, 8, "lossless"),
        (0xcb, 8, "lossless"),
        (0xc5, 8, "hierarchical"),
    ] {
        let mut file = whole.clone();
        file[frame + 1] = marker;
        file[frame + 4] = precision;
        let failure = decode(&file, &Limits::default(), &mut Pool::new()).err().unwrap();
        assert_eq!(failure.kind, FailureKind::Unsupported);
        assert!(failure.message.to_string().contains(name), "{}", failure.message);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// Whatever happens to a file, it is read or refused.
    #[test]
    fn damage_of_any_kind_brings_no_decoder_down(
        kind in 0..KINDS.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let mut bytes = file(KINDS[kind]);
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Some(place) = cut {
            bytes.truncate(place.index(bytes.len()));
        }
        let limits = Limits { max_pixels: 1 << 16, ..Limits::default() };
        if let Ok(source) = decode(&bytes, &limits, &mut Pool::new()) {
            prop_assert_eq!(source.frames.len(), 1);
        }
    }
}

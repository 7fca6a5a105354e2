//! Files that are written as they are asked for, against Pillow's (`testdata/jpeg/make.py`).

use std::path::Path;

use lote_protocol::encoding::Subsampling::{self, S420, S422, S444};
use lote_protocol::lang::Text;

use super::*;

fn file(encoding: &Encoding) -> Result<(Vec<u8>, Vec<Text>), Failure> {
    let (document, mut file) = (Document::still(&FORMAT, gradient()), Vec::new());
    let notes = formats::encode(&document, encoding, &mut Pool::new(), &mut file)?;
    Ok((file, notes))
}

fn asked(quality: u8, subsampling: Option<Subsampling>, progressive: bool) -> Encoding {
    let (quality, progressive) = (Some(quality), Some(progressive));
    Encoding { quality, subsampling, progressive, ..Encoding::default() }
}

#[test]
fn files_are_those_of_the_reference() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/jpeg/written");
    for (name, encoding) in [
        ("q82-444-progressive", asked(82, Some(S444), true)),
        ("q75-422", asked(75, Some(S422), false)),
        ("q97-444", asked(97, None, false)),
        ("q30-420-progressive", asked(30, Some(S420), true)),
    ] {
        let wanted = std::fs::read(folder.join(name).with_extension("jpg")).unwrap();
        let (got, notes) = file(&encoding).unwrap();
        let frame = |file: &[u8]| {
            let is_frame = |marker: u8| matches!(marker, 0xc0 | 0xc2);
            let at = segments(file).into_iter().find(|&(marker, _)| is_frame(marker)).unwrap().1;
            file[at..at + 19].to_vec()
        };
        assert_eq!(frame(&got), frame(&wanted), "{name}");
        let (got, wanted) = (decoded(&got), decoded(&wanted));
        assert!(got.frames == wanted.frames, "{name}");
        assert_eq!(notes, Vec::<Text>::new());
    }
}

#[test]
fn the_sampling_of_the_input_is_kept_where_it_is_asked_for() {
    let input = file(&asked(80, Some(S422), false)).unwrap().0;
    let document = formats::decode(&input, &Limits::default(), &mut Pool::new()).unwrap();
    assert_eq!(document.chroma, Some((2, 1)));
    let encoding = asked(80, Some(Subsampling::Input), false);
    let mut again = Vec::new();
    formats::encode(&document, &encoding, &mut Pool::new(), &mut again).unwrap();
    assert_eq!(File::open(&again).unwrap().chroma(), Some((2, 1)));
}

#[test]
fn the_best_quality_within_a_size_is_found() {
    let size_at = |quality: u8| file(&asked(quality, None, false)).unwrap().0.len() as u64;
    for max in [size_at(1), size_at(40), size_at(40) + 1, size_at(94), size_at(100), 1 << 20] {
        let (found, notes) =
            file(&Encoding { max_size_bytes: Some(max), ..Encoding::default() }).unwrap();
        let best = (1..=100).rev().find(|&quality| size_at(quality) <= max).unwrap();
        assert_eq!(found, file(&asked(best, None, false)).unwrap().0, "{max}");
        assert!(notes[0].to_string().starts_with(&format!("quality {best}: ")), "{notes:?}");
    }
}

#[test]
fn a_size_that_no_quality_reaches_is_a_failure_that_says_the_smallest() {
    let smallest = file(&asked(1, None, false)).unwrap().0.len();
    let encoding = Encoding { max_size_bytes: Some(smallest as u64 - 1), ..Encoding::default() };
    let failure = file(&encoding).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Encode);
    assert!(
        failure.message.to_string().contains(&format!("{smallest} bytes")),
        "{}",
        failure.message
    );
}

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn unit(image: &str, output: &str) -> Unit {
    Unit {
        unit: 7,
        image: Name(image.into()),
        bytes: 1_000,
        modified_ns: None,
        pixels: 24_000_000,
        number: 8,
        page: None,
        outputs: vec![Output {
            variant: 0,
            output: Name(output.into()),
            replace: true,
            format: None,
            steps: None,
            assets: None,
        }],
    }
}

fn parcel(units: Vec<Unit>) -> Parcel {
    let job = JobId::new(1, [0; 11]);
    Parcel { job, parcel: ParcelId::of(job, 0, &[7]), units }
}

/// Whether an agent takes a parcel of that image and that output.
fn is_taken(image: &str, output: &str) -> bool {
    let bytes = parcel(vec![unit(image, output)]).to_bytes().unwrap();
    Parcel::from_bytes(&bytes).is_ok()
}

#[test]
fn a_parcel_comes_as_it_went_and_says_its_version_first() {
    let parcel = parcel(vec![unit("2026/boda/niño 1.jpg", "web/2026/niño 1_web.jpg")]);
    let bytes = parcel.to_bytes().unwrap();
    assert!(bytes.starts_with(br#"{"v":1,"#));
    assert_eq!(Parcel::from_bytes(&bytes).unwrap(), parcel);
    let later = String::from_utf8(bytes).unwrap().replacen("\"v\":1", "\"v\":2,\"new\":[]", 1);
    assert!(matches!(Parcel::from_bytes(later.as_bytes()), Err(MessageError::Version(2))));
    let more = later.replacen("\"v\":2", "\"v\":1", 1);
    assert_eq!(Parcel::from_bytes(more.as_bytes()).unwrap(), parcel, "unknown fields are ignored");
}

#[cfg(unix)]
#[test]
fn no_byte_of_a_name_is_lost() {
    use std::os::unix::ffi::OsStringExt;
    let name = std::ffi::OsString::from_vec(b"a\xff/b.jpg".to_vec());
    let mut parcel = parcel(vec![unit("a", "b")]);
    parcel.units[0].image = Name(name.into());
    assert_eq!(Parcel::from_bytes(&parcel.to_bytes().unwrap()).unwrap(), parcel);
}

#[test]
fn no_path_leads_out_of_its_root() {
    assert!(is_taken("a.jpg", "web/a.jpg") && is_taken("..a/b..jpg", "...jpg"));
    let long = "a/".repeat(2_050) + "b";
    for bad in ["", "/etc/passwd", "../a", "a/../../b", "a//b", "a/", "./a", "a/.", "a\0b", &long] {
        assert!(!is_taken(bad, "web/a.jpg"), "{bad:?}");
        assert!(!is_taken("a.jpg", bad), "{bad:?}");
    }
    for bad in [".lote/journal", "web/.lote/x", ".lote-root"] {
        assert!(!is_taken("a.jpg", bad), "{bad:?}");
    }
    assert!(is_taken(".lote/a.jpg", "a.jpg"), "what is read does no harm");
}

#[test]
fn length_depth_and_counts_are_bounded() {
    let long = vec![b' '; Parcel::MAX_BYTES + 1];
    assert!(matches!(Parcel::from_bytes(&long), Err(MessageError::Long { .. })));
    let deep = format!("{{\"v\":1,\"x\":{}", "[".repeat(50_000));
    assert!(matches!(Parcel::from_bytes(deep.as_bytes()), Err(MessageError::Deep)));
    let text = format!("{{\"v\":1,\"x\":\"{}\\\"[[[\"}}", "[".repeat(5_000));
    assert!(matches!(Parcel::from_bytes(text.as_bytes()), Err(MessageError::Form(_))), "a text");
    let none = parcel(Vec::new()).to_bytes().unwrap();
    assert!(matches!(Parcel::from_bytes(&none), Err(MessageError::Content(_))));
    let many = parcel(vec![unit("a", "b"); MAX_UNITS + 1]).to_bytes().unwrap();
    assert!(matches!(Parcel::from_bytes(&many), Err(MessageError::Content(_))));
    let mut empty = parcel(vec![unit("a", "b")]);
    empty.units[0].outputs.clear();
    assert!(Parcel::from_bytes(&empty.to_bytes().unwrap()).is_err());
    let too_many: BTreeMap<_, _> =
        (0..100).map(|n| (FleetName::like(&n.to_string()), "x".into())).collect();
    assert!(check_roots(&too_many).is_err());
}

#[test]
fn an_agent_can_be_told_six_things() {
    let read = |text: &str| Control::from_bytes(text.as_bytes()).ok();
    assert_eq!(read(r#"{"v":1,"do":"drain"}"#), Some(Control::Drain));
    assert_eq!(read(r#"{"v":1,"do":"kill","worker":3}"#), Some(Control::Kill { worker: 3 }));
    let watch = read(r#"{"v":1,"do":"watch","every_ms":100}"#);
    assert_eq!(watch, Some(Control::Watch { every_ms: 100 }));
    for bad in [r#"{"v":1,"do":"exec","program":"sh"}"#, r#"{"v":1}"#, "drain", "", r#"{"v":1,"#] {
        assert_eq!(read(bad), None, "{bad}");
    }
}

fn ended(texts: usize) -> Ended {
    Ended {
        unit: 7,
        place: 0,
        output: Name("web/a.jpg".into()),
        status: Status::Failed,
        bytes: 0,
        modified_ns: Some(1),
        sha256: Some(Digest([7; 32])),
        ms: 1.5,
        decode_ms: 0.5,
        attempt: 1,
        kind: Some(FailureKind::Damaged),
        reason: Some("x".repeat(texts).into()),
        notes: vec!["x".repeat(texts).into(); 100],
        last_words: vec!["x".repeat(texts); 100],
        reproduce: None,
    }
}

#[test]
fn a_record_that_is_too_long_leaves_out_what_is_least_needed() {
    let record = |outputs| Record {
        parcel: ParcelId::of(JobId::new(1, [0; 11]), 0, &[7]),
        agent: FleetName::like("a"),
        build: Build::this(),
        delivery: 1,
        ms: 1,
        outputs,
    };
    let read = |record: Record| Record::from_bytes(&record.fitting().unwrap()).unwrap();
    assert_eq!(read(record(vec![ended(10)])).outputs[0].notes.len(), MAX_LINES);
    let without_words = read(record(vec![ended(500); 256]));
    assert!(without_words.outputs.iter().all(|ended| ended.notes.is_empty()));
    assert!(without_words.outputs.iter().all(|ended| ended.reason.is_some()));
    let without_texts = read(record(vec![ended(5_000); 256]));
    assert!(without_texts.outputs.iter().all(|ended| ended.reason.is_none()));
    let skipped = Ended { status: Status::Skipped, ..ended(1) };
    assert!(Record::from_bytes(&record(vec![skipped]).fitting().unwrap()).is_err());
}

proptest! {
    #[test]
    fn nothing_that_comes_brings_the_reader_down(bytes: Vec<u8>, text in "[\\[\\]{}\":,a-z0-9]*") {
        let bytes = [&bytes[..], text.as_bytes()];
        for bytes in bytes {
            let _ = Parcel::from_bytes(bytes);
            let _ = Job::from_bytes(bytes);
            let _ = Record::from_bytes(bytes);
            let _ = Here::from_bytes(bytes);
            let _ = Control::from_bytes(bytes);
        }
    }

    #[test]
    fn a_parcel_that_was_changed_on_its_way_is_refused_or_stays_below_its_root(
        at in 0_usize..400,
        byte: u8,
    ) {
        let mut bytes = parcel(vec![unit("2026/a.jpg", "web/2026/a.jpg")]).to_bytes().unwrap();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(parcel) = Parcel::from_bytes(&bytes) {
            for unit in parcel.units {
                let fine = |name: &Name| name.0.components().all(|part| {
                    matches!(part, std::path::Component::Normal(_))
                });
                prop_assert!(fine(&unit.image) && unit.outputs.iter().all(|o| fine(&o.output)));
            }
        }
    }
}

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use lote_protocol::digest::Digest;
use lote_protocol::encoding::Encoding;
use lote_protocol::filter::{FilterCall, Value, VariantSpec};
use lote_protocol::outcome::FailureKind;
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::*;
use crate::event::{Event, Mode, OutputEnded, Place, Status};
use crate::job::{IfLarger, Options};
use crate::plan::{self, IfCollides, IfExists, OutputState, Plan, Request};

/// Two images, and an output folder.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        fs::create_dir_all(desk.path("in")).unwrap();
        for name in ["a.png", "b.png"] {
            fs::write(desk.path("in").join(name), b"\x89PNG\r\n\x1a\nnearly").unwrap();
        }
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn request(&self, radius: f64) -> Request {
        let params = BTreeMap::from([("radio".to_owned(), Value::Float(radius))]);
        let blur = FilterCall { filter: "blur".into(), params };
        let soft = VariantSpec {
            name: "soft".into(),
            steps: vec![blur],
            files: Vec::new(),
            pattern: None,
        };
        Request::new(vec![self.path("in")], self.path("out"), vec![soft])
    }

    /// What is known of the runs before.
    fn records(&self) -> Records {
        Records::new(&self.path("out"), read_all(&self.path("out")))
    }

    /// Which images need not be done again.
    fn done(&self, request: &Request) -> Vec<bool> {
        let plan = plan::resume(request, &self.records()).unwrap();
        (0..plan.images.len())
            .map(|image| matches!(plan.state(image, 0), OutputState::Done(_)))
            .collect()
    }

    /// A job that makes the outputs of these images; returns its journal.
    fn job(&self, request: &Request, images: &[usize]) -> PathBuf {
        let plan = plan::plan(request).unwrap();
        plan::prepare(&plan).unwrap();
        let header = Header::new(request, options(request), By::Run);
        let mut journal = Journal::create(&self.path("out"), &header).unwrap();
        journal.begin(&plan);
        for image in images {
            let path = plan.output(*image, 0);
            fs::write(&path, b"an output").unwrap();
            journal.event(&Event::Output(made(&plan, *image)), &plan);
        }
        journal.flush().unwrap();
        journal.path().to_owned()
    }
}

/// The options that a request was made by, as far as tests set any.
fn options(request: &Request) -> Options {
    let (format, pattern) = (request.encoding.format, Some(request.pattern.to_string()));
    Options { format, pattern, ..Options::default() }
}

fn ended(image: usize, status: Status) -> OutputEnded {
    let open = OutputEnded::open(Place { image, variant: 0 }, String::new(), "soft".into());
    OutputEnded { status, ..open }
}

fn made(plan: &Plan, image: usize) -> OutputEnded {
    let metadata = plan.output(image, 0).metadata().unwrap();
    OutputEnded {
        bytes: Some(metadata.len()),
        modified_ns: lote_protocol::time::nanoseconds(metadata.modified().unwrap()),
        sha256: Some(Digest(Sha256::digest(fs::read(plan.output(image, 0)).unwrap()).into())),
        ..ended(image, Status::Ok)
    }
}

/// Gives a file another time without waiting for one.
fn touch(path: &Path) {
    let file = fs::File::options().append(true).open(path).unwrap();
    let before = file.metadata().unwrap().modified().unwrap();
    file.set_modified(before + std::time::Duration::from_secs(3)).unwrap();
}

#[test]
fn an_output_of_another_time_counts_where_its_content_is_the_one_on_record() {
    let desk = Desk::new();
    let request = desk.request(2.0);
    desk.job(&request, &[0, 1]);
    let plan = plan::plan(&request).unwrap();
    for (image, content) in [(0, b"an output"), (1, b"ANOTHER!!")] {
        let path = plan.output(image, 0);
        fs::write(&path, content).unwrap();
        touch(&path);
    }
    assert_eq!(desk.done(&request), [true, false]);
}

#[test]
fn what_is_on_record_and_has_not_changed_is_done() {
    let desk = Desk::new();
    desk.job(&desk.request(2.0), &[1]);
    assert_eq!(desk.done(&desk.request(2.0)), [false, true]);
}

#[test]
fn an_image_an_output_or_a_recipe_that_has_changed_is_not_trusted() {
    let desk = Desk::new();
    let request = desk.request(0.1);
    desk.job(&request, &[0, 1]);
    assert_eq!(desk.done(&request), [true, true]);
    assert_eq!(desk.done(&desk.request(0.1 + f64::EPSILON)), [false, false]);
    let png = Encoding { format: Some(lote_imaging::formats::PNG.id), ..request.encoding.clone() };
    assert_eq!(desk.done(&Request { encoding: png, ..request.clone() }), [false, false]);
    touch(&desk.path("in/a.png"));
    fs::write(desk.path("out/soft/b_soft.png"), b"ANOTHER!!").unwrap();
    touch(&desk.path("out/soft/b_soft.png"));
    assert_eq!(desk.done(&request), [false, false]);

    desk.job(&request, &[0, 1]);
    assert_eq!(desk.done(&request), [true, true]);
    let modified = desk.path("in/a.png").metadata().unwrap().modified().unwrap();
    fs::write(desk.path("in/a.png"), b"\x89PNG\r\n\x1a\nof another size").unwrap();
    let image = fs::File::options().append(true).open(desk.path("in/a.png")).unwrap();
    image.set_modified(modified).unwrap();
    fs::remove_file(desk.path("out/soft/b_soft.png")).unwrap();
    assert_eq!(desk.done(&request), [false, false]);
}

#[test]
fn the_last_word_on_an_output_counts() {
    let desk = Desk::new();
    let request = desk.request(2.0);
    let path = desk.job(&request, &[0, 1]);
    let plan = plan::plan(&request).unwrap();
    let mut journal = Journal::reopen(&path, false).unwrap();
    journal.event(&Event::Output(ended(0, Status::Failed)), &plan);
    drop(journal);
    assert_eq!(desk.done(&request), [false, true]);
    let past = newest(&desk.path("out")).unwrap();
    let failed = wanted(&past, |outcome| matches!(outcome, Outcome::Failed { .. }));
    assert_eq!(failed, [(desk.path("in/a.png"), None, "soft".to_owned())].into());
}

#[test]
fn what_a_job_takes_over_is_on_its_own_record() {
    let desk = Desk::new();
    let request = desk.request(2.0);
    let first = desk.job(&request, &[0]);
    let plan = plan::resume(&request, &desk.records()).unwrap();
    let header = Header::new(&request, options(&request), By::Run);
    let mut journal = Journal::create(&desk.path("out"), &header).unwrap();
    journal.begin(&plan);
    drop(journal);
    fs::remove_file(first).unwrap();
    assert_eq!(desk.done(&request), [true, false]);
}

#[test]
fn a_file_of_holes_is_no_journal_and_takes_no_memory() {
    let desk = Desk::new();
    let path = desk.path("journal");
    fs::File::create(&path).unwrap().set_len(MAX_BYTES - 1).unwrap();
    assert_eq!(read(&path).unwrap(), None);
    // Nor do they hide what stands before them.
    let journal = desk.job(&desk.request(2.0), &[0]);
    let whole = read(&journal).unwrap();
    fs::File::options().append(true).open(&journal).unwrap().set_len(MAX_LINE_BYTES * 3).unwrap();
    assert_eq!(read(&journal).unwrap(), whole);
    let (entries, end) = read_from(&journal, 0).unwrap();
    assert!(entries.len() == 1 && end < 10_000);
}

#[test]
fn numbers_that_no_job_could_have_given_are_not_on_record() {
    let desk = Desk::new();
    let request = Request { pattern: "{n}_{variant}".parse().unwrap(), ..desk.request(2.0) };
    let path = desk.job(&request, &[0]);
    let text = fs::read_to_string(&path).unwrap();
    for (written, kept) in [
        ("007".to_owned(), Some((7, 3))),
        ("0".repeat(70_000) + "1", None),
        (u32::MAX.to_string(), None),
        ("0".to_owned(), None),
    ] {
        fs::write(&path, text.replace("\"n\":\"1\"", &format!("\"n\":\"{written}\""))).unwrap();
        let records = desk.records().that_last();
        let image = std::path::absolute(desk.path("in/a.png")).unwrap();
        let number = crate::plan::Past::number(&records, &image);
        assert_eq!(number.map(|one| (one.value, one.digits)), kept);
        let plan = plan::resume(&request, &records).unwrap();
        let next = if kept.is_some() { "8_soft.png" } else { "2_soft.png" };
        assert!(plan.output(1, 0).ends_with(next), "{written:.9}");
    }
}

#[test]
fn a_journal_may_be_torn_anywhere_and_goes_on_after_that() {
    let desk = Desk::new();
    let request = desk.request(2.0);
    let path = desk.job(&request, &[0, 1]);
    let whole = fs::read(&path).unwrap();
    let ends = (0..whole.len()).filter(|at| whole[*at] == b'\n').collect::<Vec<_>>();
    let [header, seal, first, _] = ends[..] else { panic!("{ends:?}") };
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        // A line that lacks nothing but its end is whole.
        let expected = (length >= header).then_some(usize::from(length >= first));
        let expected = if length == whole.len() - 1 { Some(2) } else { expected };
        let past = read(&path).unwrap();
        assert_eq!(past.as_ref().map(|past| past.entries.len()), expected, "{length}");
        assert_eq!(past.is_some_and(|past| past.is_own), length >= seal, "{length}");
    }
    fs::write(&path, &whole[..whole.len() - 5]).unwrap();
    let plan = plan::plan(&request).unwrap();
    let mut journal = Journal::reopen(&path, false).unwrap();
    journal.event(&Event::Output(made(&plan, 1)), &plan);
    journal.end(How::Finished);
    drop(journal);
    let past = read(&path).unwrap().unwrap();
    assert_eq!((past.entries.len(), past.end), (2, Some(How::Finished)));
}

#[test]
fn a_journal_is_in_use_by_one_process_at_a_time() {
    let desk = Desk::new();
    let path = desk.job(&desk.request(2.0), &[]);
    let journal = Journal::reopen(&path, true).unwrap();
    assert!(in_use(&path) && Journal::reopen(&path, true).is_err());
    drop(journal);
    assert!(!in_use(&path));
}

#[test]
fn a_job_on_record_can_be_asked_for_again_and_nothing_else_can() {
    let desk = Desk::new();
    let request = desk.request(0.1);
    let header = Header::new(&request, options(&request), By::Run);
    assert_eq!(header.request(&desk.path("out"), 1).unwrap(), request);
    let mut outside = header.clone();
    outside.variants[0].steps[0].params.insert("radio".into(), Value::Float(-1.0));
    assert!(outside.request(&desk.path("out"), 1).is_err());
    let options = Options { pattern: Some("../{name}".into()), ..Options::default() };
    let elsewhere = Header { options, ..header };
    assert!(elsewhere.request(&desk.path("out"), 1).is_err());
}

#[cfg(unix)]
#[test]
fn names_that_are_not_unicode_survive_to_the_byte() {
    use std::os::unix::ffi::OsStrExt;
    let desk = Desk::new();
    let odd = std::ffi::OsStr::from_bytes(b"caf\xe9\n.png");
    fs::rename(desk.path("in/a.png"), desk.path("in").join(odd)).unwrap();
    let request = desk.request(2.0);
    desk.job(&request, &[0, 1]);
    assert_eq!(desk.done(&request), [true, true]);
    let again = Name::from(Path::new(odd));
    assert_eq!(serde_json::to_string(&again).unwrap(), r#"{"hex":"636166e90a2e706e67"}"#);
}

fn name() -> impl Strategy<Value = Name> {
    prop_oneof![
        "\\PC{0,20}".prop_map(|text| Name(text.into())),
        prop::collection::vec(any::<u8>(), 0..20).prop_map(|bytes| {
            #[cfg(unix)]
            let text = <std::ffi::OsString as std::os::unix::ffi::OsStringExt>::from_vec(bytes);
            #[cfg(not(unix))]
            let text = String::from_utf8_lossy(&bytes).into_owned();
            Name(text.into())
        }),
    ]
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let kinds = [None, Some(FailureKind::Damaged), Some(FailureKind::NoSpace)];
    prop_oneof![
        (name(), any::<u32>(), any::<u64>(), any::<Option<i64>>(), any::<Option<[u8; 32]>>())
            .prop_map(|(output, number, bytes, modified_ns, sha256)| Outcome::Ok {
                tag: None,
                output,
                number,
                bytes,
                modified_ns,
                sha256: sha256.map(Digest),
            }),
        (any::<bool>(), prop::sample::select(kinds.to_vec()), any::<Option<String>>()).prop_map(
            |(quarantined, kind, reason)| Outcome::Failed {
                quarantined,
                kind,
                text: reason.clone().map(Into::into),
                reason,
            }
        ),
    ]
}

prop_compose! {
    fn entry()(
        image in name(),
        image_bytes in any::<u64>(),
        image_modified_ns in any::<Option<i64>>(),
        variant in 0..9_usize,
        outcome in outcome(),
    ) -> Entry {
        Entry { image, image_bytes, image_modified_ns, image_tag: None, page: None, n: None, variant, steps: None, assets: None, outcome }
    }
}

prop_compose! {
    fn header()(
        names in prop::collection::vec(name(), 0..4),
        base in name(),
        radius in 0.0..1000.0,
        quality in 1..=100_u8,
        jobs in any::<Option<u32>>(),
        // Of years of seconds, as they are written, the last nanosecond is not exact.
        millis in prop::option::of(1..1_u64 << 31),
        text in "\\PC{0,20}",
    ) -> Header {
        let params = BTreeMap::from([
            ("radio".to_owned(), Value::Float(radius)),
            ("texto".to_owned(), Value::Text(text.clone())),
        ]);
        let steps = vec![FilterCall { filter: "blur".into(), params }];
        Header {
            format: super::header::FORMAT,
            lote: "0".into(),
            started_ms: i64::from(quality),
            by: By::Serve,
            base: base.clone(),
            paths: names.clone(),
            exclude: names,
            within: vec![base.clone()],
            assets: jobs.map(|_| base.clone()),
            output: base,
            exceptions: Vec::new(),
            variants: vec![VariantSpec { name: "x".into(), steps, files: Vec::new(), pattern: None }],
            options: Options {
                recursive: Some(quality > 50),
                include: jobs.map(|jobs| vec![jobs.to_string()]),
                raw: Some(quality > 60),
                pattern: Some("{name}".into()),
                quality: Some(quality),
                background: Some([quality, 0, 255]),
                if_exists: Some(IfExists::Rename),
                if_collides: Some(IfCollides::Rename),
                mode: Some(Mode::Threads),
                jobs,
                timeout: millis.map(std::time::Duration::from_millis),
                max_pixels: Some(7),
                max_frames: Some(8),
                durable: Some(true),
                sandbox: Some(lote_protocol::sandbox::Policy::Require),
                ..Options::default()
            },
            part: None,
            fleet: None,
            page: Some(ServedJob { label: text, folder: None }),
        }
    }
}

proptest! {
    #[test]
    fn every_journal_reads_as_it_was_written(
        header in header(),
        entries in prop::collection::vec(entry(), 0..8),
        cut in 0..200_usize,
        garbage in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let mut lines = vec![Line::Job(Box::new(header.clone()))];
        lines.extend(entries.iter().cloned().map(Box::new).map(Line::Output));
        let mut bytes = Vec::new();
        for line in &lines {
            serde_json::to_writer(&mut bytes, line).unwrap();
            bytes.push(b'\n');
        }
        let past = parse(Path::new("x"), &*bytes).unwrap().unwrap();
        prop_assert_eq!(&past.header, &header);
        prop_assert_eq!(&past.entries, &entries);

        // However it is torn, and whatever follows, what is read was written.
        let torn = &bytes[..bytes.len().saturating_sub(cut)];
        let more = [torn, b"\n", &garbage[..]].concat();
        if let Some(past) = parse(Path::new("x"), &*more).unwrap() {
            prop_assert_eq!(&past.header, &header);
            prop_assert!(entries.starts_with(&past.entries));
        }
    }
}

#[test]
fn a_job_of_a_fleet_is_found_where_this_machine_has_its_roots() {
    let name = |path: &str| Name(path.into());
    let desk = Desk::new();
    desk.job(&desk.request(8.0), &[0]);
    let mut past = read_all(&desk.path("out")).remove(0);
    let header = &mut past.header;
    past.entries[0].image = name("/Volumes/fotos/in/a.jpg");
    header.base = name("/Volumes/fotos");
    header.paths = vec![name("in"), name("/Users/ana/b")];
    header.output = name("/Volumes/fotos/out");
    let roots = BTreeMap::from([("fotos".to_owned(), name("/Volumes/fotos"))]);
    header.fleet = Some(FleetJob { job: "j".into(), roots });
    let here = |root: &str| (root == "fotos").then(|| "/mnt/nas/fotos".into());
    let moved = past.clone().at_roots(here);
    assert_eq!(moved.header.base, name("/mnt/nas/fotos"));
    assert_eq!(moved.header.paths, [name("/mnt/nas/fotos/in"), name("/Users/ana/b")]);
    assert_eq!(moved.header.output, name("/mnt/nas/fotos/out"));
    assert_eq!(moved.entries[0].image, name("/mnt/nas/fotos/in/a.jpg"));
    let elsewhere = past.at_roots(|_| None);
    assert_eq!(elsewhere.header.output, name("/Volumes/fotos/out"));
}

#[test]
fn a_journal_of_the_first_form_is_read() {
    let written = r#"{"line":"job","format":1,"lote":"0.4.0","started_ms":1,"by":"run","base":"/home/ana",
        "paths":["in"],"recursive":true,"exclude":[],"within":[],"include_globs":["*.jpg"],"raw":true,
        "output":"/home/ana/out","variants":[],"pattern":"{name}","encoding":{"format":"webp","quality":70,
        "lossless":null,"subsampling":null,"progressive":true,"effort":null,"colours":null,
        "max_size_bytes":null,"min_score":null,"background":[1,2,3],"keep_original":true,
        "carry":{"metadata":"no-location","set":{},"profile":"srgb","keep_dates":true}},
        "if_exists":"skip","if_collides":"rename","work":{"mode":"threads","jobs":3,
        "timeout":{"secs":1,"nanos":500000000},"max_memory":null,"max_pixels":9,"max_frames":8,
        "durable":true,"sandbox":"require"},"page":null}"#;
    let written = written.replace('\n', "") + "\n";
    let header = parse(Path::new("x"), written.as_bytes()).unwrap().unwrap().header;
    let carry = lote_protocol::carry::Carry {
        metadata: lote_protocol::carry::Keep::NoLocation,
        profile: lote_protocol::carry::Profile::Srgb,
        keep_dates: true,
        ..lote_protocol::carry::Carry::default()
    };
    let options = Options {
        recursive: Some(true),
        include: Some(vec!["*.jpg".into()]),
        raw: Some(true),
        pattern: Some("{name}".into()),
        format: Some(lote_imaging::formats::WEBP.id),
        quality: Some(70),
        progressive: Some(true),
        background: Some([1, 2, 3]),
        if_larger: Some(IfLarger::KeepOriginal),
        if_exists: Some(IfExists::Skip),
        if_collides: Some(IfCollides::Rename),
        mode: Some(Mode::Threads),
        jobs: Some(3),
        timeout: Some(std::time::Duration::from_millis(1500)),
        max_pixels: Some(9),
        max_frames: Some(8),
        durable: Some(true),
        sandbox: Some(lote_protocol::sandbox::Policy::Require),
        ..Options::of_carry(&carry)
    };
    assert_eq!(header.options, options);
    assert_eq!(header.request(Path::new("out"), 1).unwrap().encoding, options.encoding());
}

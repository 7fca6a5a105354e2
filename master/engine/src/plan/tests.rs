use std::collections::{BTreeMap, HashSet};
use std::fs;

use lote_imaging::formats;
use lote_protocol::filter::FilterCall;
use lote_protocol::outcome::FailureKind;
use tempfile::TempDir;

use super::*;

const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF\0";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A folder with `in` and `out`.
struct Disk {
    root: TempDir,
}

impl Disk {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("in")).unwrap();
        let disk = Self { root };
        for (name, content) in files {
            disk.write(name, content);
        }
        disk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn write(&self, name: &str, content: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn request(&self) -> Request {
        let (paths, variants) = (vec![self.path("in")], variants(&["grises"]));
        Request { recursive: true, slots: 2, ..Request::new(paths, self.path("out"), variants) }
    }

    /// The outputs that are to be made, below the output folder.
    fn outputs(&self, plan: &Plan) -> Vec<String> {
        let mut outputs = Vec::new();
        for image in 0..plan.images.len() {
            for variant in 0..plan.variants.len() {
                if let OutputState::Planned { .. } = plan.state(image, variant) {
                    let output = plan.output(image, variant);
                    let below = output.strip_prefix(self.path("out")).unwrap();
                    outputs.push(below.to_str().unwrap().to_owned());
                }
            }
        }
        outputs
    }
}

fn variants(names: &[&str]) -> Vec<VariantSpec> {
    let call = FilterCall { filter: "grises".into(), params: BTreeMap::new() };
    let variant = |name: &&str| VariantSpec {
        name: (*name).to_owned(),
        steps: vec![call.clone()],
        files: Vec::new(),
        pattern: None,
    };
    names.iter().map(variant).collect()
}

fn names(plan: &Plan) -> Vec<&str> {
    let names = plan.images.iter().map(|image| image.name.to_str().unwrap());
    names.collect()
}

fn kinds(plan: &Plan) -> Vec<(&str, FailureKind)> {
    plan.images
        .iter()
        .filter_map(|image| {
            let failure = image.failure.as_ref()?;
            Some((image.name.to_str().unwrap(), failure.kind))
        })
        .collect()
}

#[test]
fn a_folders_images_are_found_by_ending_and_those_without_by_content() {
    let disk = Disk::new(&[
        ("in/b.PNG", PNG),
        ("in/a.jpg", JPEG),
        ("in/photo.heic", b"\0\0\0\x18ftypheic"),
        ("in/scan", PNG),
        ("in/README", b"BMW is no bitmap, and this is a text of some length"),
        ("in/notes.txt", PNG),
        ("in/.hidden.gif", b"GIF89a"),
        ("in/._a.jpg", b"\0\x05\x16\x07\0\x02"),
        ("in/.lote/thumb.png", PNG),
        ("in/.lote-123.png", PNG),
        ("in/sub/c.webp", b""),
    ]);
    let plan = super::plan(&disk.request()).unwrap();
    let found = [".hidden.gif", "a.jpg", "b.PNG", "photo.heic", "scan", "sub/c.webp"];
    assert_eq!(names(&plan), found);
    assert_eq!(
        disk.outputs(&plan),
        [
            "grises/.hidden_grises.gif",
            "grises/a_grises.jpg",
            "grises/b_grises.PNG",
            "grises/photo_grises.jpg",
            "grises/scan_grises.png",
            "grises/sub/c_grises.webp",
        ]
    );
}

#[test]
fn subfolders_are_left_alone_unless_asked_for() {
    let disk = Disk::new(&[("in/sub/a.png", PNG)]);
    let mut request = disk.request();
    request.recursive = false;
    let error = super::plan(&request).unwrap_err();
    assert_eq!(error.class(), ErrorClass::NothingMatched);
    assert_eq!(error.hint(), "-R searches subfolders too");
}

#[test]
fn a_file_named_by_itself_is_taken_whatever_it_is_called_but_only_once() {
    let disk = Disk::new(&[("in/a.dat", JPEG), ("in/b.png", PNG)]);
    let mut request = disk.request();
    request.paths =
        ["in/a.dat", "in/../in/a.dat", "in/b.png", "in"].map(|path| disk.path(path)).to_vec();
    let plan = super::plan(&request).unwrap();
    assert_eq!(disk.outputs(&plan), ["grises/a.dat_grises.jpg", "grises/b_grises.png"]);
}

#[test]
fn a_missing_path_fails_alone_but_stops_a_run_that_has_nothing_else() {
    let disk = Disk::new(&[("in/a.png", PNG)]);
    let mut request = disk.request();
    request.paths.push(disk.path("missing.png"));
    let plan = super::plan(&request).unwrap();
    assert_eq!(kinds(&plan), [("missing.png", FailureKind::NotFound)]);
    assert_eq!(plan.counts(), Counts { images: 2, outputs: 2, planned: 1, skipped: 0, failed: 1 });
    request.paths.remove(0);
    let error = super::plan(&request).unwrap_err();
    assert_eq!(error.class(), ErrorClass::NothingMatched);
    assert!(error.to_string().ends_with("missing.png: no such file or folder"));
}

#[test]
fn the_output_folder_is_never_searched() {
    let disk = Disk::new(&[("in/a.png", PNG), ("in/out/grises/a_grises.png", PNG)]);
    let mut request = disk.request();
    request.output = disk.path("in/../in/out");
    assert_eq!(names(&super::plan(&request).unwrap()), ["a.png"]);
}

#[test]
fn an_input_folder_is_never_written_to() {
    let disk = Disk::new(&[("in/a.png", PNG), ("out/grises/old.png", PNG)]);
    for (input, output) in [("in", "in"), ("out/grises", "out"), ("in", "out/../in")] {
        let mut request = disk.request();
        request.paths = vec![disk.path(input)];
        request.output = disk.path(output);
        let error = super::plan(&request).unwrap_err();
        assert!(matches!(error, PlanError::InputIsOutput { .. }), "{input} {output}");
        assert_eq!(error.class(), ErrorClass::Refused);
    }
    let mut request = disk.request();
    request.paths = vec![disk.path("out/grises/old.png")];
    assert!(super::plan(&request).is_ok());
}

#[test]
fn an_output_never_replaces_an_input() {
    let disk = Disk::new(&[("in/a.png", PNG), ("out/grises/a_grises.png", PNG)]);
    let mut request = disk.request();
    request.paths.push(disk.path("out/grises/a_grises.png"));
    let error = super::plan(&request).unwrap_err();
    assert!(matches!(error, PlanError::WouldReplaceInput { .. }), "{error}");
}

#[cfg(unix)]
#[test]
fn links_cannot_hide_that_an_output_would_replace_an_input() {
    use std::os::unix::fs::symlink;
    let disk = Disk::new(&[("in/a.png", PNG), ("in/a_grises.png", PNG)]);
    fs::create_dir(disk.path("out")).unwrap();
    symlink("../in", disk.path("out/grises")).unwrap();
    let mut request = disk.request();
    request.paths = vec![disk.path("in/a.png"), disk.path("in/a_grises.png")];
    let error = super::plan(&request).unwrap_err();
    assert!(matches!(error, PlanError::WouldReplaceInput { .. }), "{error}");

    let disk = Disk::new(&[("in/a.png", PNG), ("out/grises/a_grises.png", PNG)]);
    symlink("../out/grises/a_grises.png", disk.path("in/b.png")).unwrap();
    let error = super::plan(&disk.request()).unwrap_err();
    assert!(matches!(error, PlanError::WouldReplaceInput { .. }), "{error}");
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_fails_without_being_opened() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    use std::os::unix::fs::symlink;
    let disk = Disk::new(&[
        ("in/ok.png", PNG),
        ("in/notes.txt", b"text"),
        ("in/folder.jpg/inner.png", PNG),
    ]);
    mknodat(CWD, disk.path("in/fifo.jpg"), FileType::Fifo, Mode::RUSR, 0).unwrap();
    mknodat(CWD, disk.path("in/fifo"), FileType::Fifo, Mode::RUSR, 0).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(disk.path("in/socket.jpg")).unwrap();
    symlink("/dev/zero", disk.path("in/zero.jpg")).unwrap();
    symlink("nowhere", disk.path("in/dangling.jpg")).unwrap();
    symlink("loop.jpg", disk.path("in/loop.jpg")).unwrap();
    symlink("..", disk.path("in/up.jpg")).unwrap();
    symlink("notes.txt", disk.path("in/text.jpg")).unwrap();
    let plan = super::plan(&disk.request()).unwrap();
    assert_eq!(
        kinds(&plan),
        [
            ("dangling.jpg", FailureKind::NotFound),
            ("fifo.jpg", FailureKind::NotAFile),
            ("loop.jpg", FailureKind::Read),
            ("socket.jpg", FailureKind::NotAFile),
            ("zero.jpg", FailureKind::NotAFile),
        ]
    );
    assert_eq!(
        disk.outputs(&plan),
        ["grises/folder.jpg/inner_grises.png", "grises/ok_grises.png", "grises/text_grises.jpg"]
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_too_deep_to_be_listed_is_a_problem_and_the_rest_is_found() {
    use rustix::fs::{CWD, Mode, OFlags, mkdirat, openat};
    let disk = Disk::new(&[("in/zz.png", PNG)]);
    let mode = Mode::from_bits_truncate(0o755);
    let mut folder = openat(CWD, disk.path("in"), OFlags::RDONLY, Mode::empty()).unwrap();
    let name = "d".repeat(200);
    for _ in 0..22 {
        mkdirat(&folder, &name, mode).unwrap();
        folder = openat(&folder, &name, OFlags::RDONLY, Mode::empty()).unwrap();
    }
    let plan = super::plan(&disk.request()).unwrap();
    assert_eq!(names(&plan), ["zz.png"]);
    assert_eq!(plan.problems.len(), 1);
    assert_eq!(plan.problems[0].failure.message, "cannot list the folder: its name is too long");
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_whose_path_is_too_long_fails_alone() {
    let deep = vec!["d".repeat(200); 19].join("/");
    let disk = Disk::new(&[("in/a.png", PNG), (&format!("in/{deep}/b.png"), PNG)]);
    let mut request = disk.request();
    request.output = disk.path(&"o".repeat(250));
    let plan = super::plan(&request).unwrap();
    let OutputState::Failed(failure) = plan.state(1, 0) else {
        panic!("{:?}", plan.state(1, 0));
    };
    assert!(failure.message.to_string().starts_with("the output's path is too long"));
    assert_eq!(plan.counts().planned, 1);
    prepare(&plan).unwrap();
}

#[test]
fn an_output_whose_name_asks_for_a_size_that_is_not_told_fails_alone() {
    // Their sizes would stand behind what is there; names of none are no names that clash.
    let disk = Disk::new(&[("in/x/a.jpg", JPEG), ("in/y/a.jpg", JPEG)]);
    let mut request = disk.request();
    request.variants = variants(&["one", "two"]);
    request.variants[1].pattern = Some("two/{name}_{width}".into());
    let plan = plan(&request).unwrap();
    assert_eq!(disk.outputs(&plan), ["one/x/a_one.jpg", "one/y/a_one.jpg"]);
    let OutputState::Failed(failure) = plan.state(1, 1) else { panic!("{:?}", plan.state(1, 1)) };
    assert_eq!(failure.kind, FailureKind::Damaged);
}

#[test]
fn images_from_different_folders_collide_and_can_be_numbered() {
    let disk = Disk::new(&[("in/x/a.png", PNG), ("in/y/A.png", PNG)]);
    let mut request = disk.request();
    request.paths = vec![disk.path("in/x"), disk.path("in/y")];
    let error = super::plan(&request).unwrap_err();
    assert!(matches!(error, PlanError::Collision { count: 1, .. }), "{error}");
    assert_eq!(error.class(), ErrorClass::Refused);
    request.if_collides = IfCollides::Rename;
    let plan = super::plan(&request).unwrap();
    assert_eq!(disk.outputs(&plan), ["grises/a_grises.png", "grises/A-2_grises.png"]);
}

#[test]
fn images_that_differ_in_format_only_collide_once_they_are_written_in_the_same() {
    let disk = Disk::new(&[("in/a.png", PNG), ("in/a.jpg", JPEG)]);
    let mut request = disk.request();
    assert!(super::plan(&request).is_ok());
    request.encoding.format = Some(formats::WEBP.id);
    let error = super::plan(&request).unwrap_err();
    assert!(matches!(error, PlanError::Collision { .. }), "{error}");
}

#[test]
fn existing_outputs_are_replaced_skipped_numbered_or_refused() {
    let disk = Disk::new(&[
        ("in/a.png", PNG),
        ("in/b.png", PNG),
        ("out/grises/a_grises.png", b"x"),
        ("out/web/a_web.png", b"x"),
        ("out/web/b_web.png", b"x"),
    ]);
    let mut request = disk.request();
    request.variants = variants(&["grises", "web"]);
    request.slots = 1;
    let mut plan = |policy| {
        request.if_exists = policy;
        super::plan(&request)
    };
    let overwrite = plan(IfExists::Overwrite).unwrap();
    assert_eq!(overwrite.counts().planned, 4);
    assert!(overwrite.assignment(0).unwrap().targets[0].replace);

    let skip = plan(IfExists::Skip).unwrap();
    assert_eq!(disk.outputs(&skip), ["grises/b_grises.png"]);
    assert_eq!((skip.counts().skipped, skip.units.len()), (3, 1));
    assert!(!skip.assignment(0).unwrap().targets[0].replace);

    let rename = plan(IfExists::Rename).unwrap();
    assert_eq!(
        disk.outputs(&rename),
        ["grises/a_grises-2.png", "web/a_web-2.png", "grises/b_grises.png", "web/b_web-2.png"]
    );
    let error = plan(IfExists::Fail).unwrap_err();
    assert!(matches!(error, PlanError::Exists { count: 3, .. }), "{error}");
    assert_eq!(error.class(), ErrorClass::Refused);
}

#[test]
fn a_raw_file_beside_another_image_of_its_stem_is_left_out_unless_it_is_asked_for() {
    const RAW: &[u8] = b"FUJIFILMCCD-RAW 0201";
    let disk = Disk::new(&[
        ("in/a.raf", RAW),
        ("in/a.JPG", JPEG),
        ("in/b.raf", RAW),
        ("in/b.jpg", b"words"),
        ("in/sub/a.raf", RAW),
    ]);
    let request = disk.request();
    let request = Request { recursive: true, if_collides: IfCollides::Rename, ..request };
    let plan = super::plan(&request).unwrap();
    let names = |plan: &Plan| plan.images.iter().map(|one| one.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&plan), ["a.JPG", "b.jpg", "b.raf", "sub/a.raf"].map(PathBuf::from));
    assert_eq!((plan.left_out.raw.count, &plan.left_out.raw.first[..]), (1, &["a.raf".into()][..]));
    let named = Request { paths: vec![request.paths[0].clone(), disk.path("in/a.raf")], ..request };
    assert_eq!(super::plan(&named).unwrap().images.len(), 5, "named by itself it is taken");
    let all = Request { raw: true, paths: vec![disk.path("in")], ..named };
    let all = super::plan(&all).unwrap();
    assert_eq!((all.images.len(), all.left_out.raw.count), (5, 0));
}

#[test]
fn images_under_other_endings_are_counted_and_named_and_taken_when_named() {
    let disk = Disk::new(&[("in/a.png", PNG), ("in/photo.dat", PNG), ("in/notes.txt", b"words")]);
    let mut request = disk.request();
    let plan = super::plan(&request).unwrap();
    assert_eq!(plan.images.len(), 1);
    assert_eq!(plan.left_out.misnamed.count, 1);
    assert_eq!(plan.left_out.misnamed.first, ["photo.dat"]);
    request.paths.push(disk.path("in/photo.dat"));
    let plan = super::plan(&request).unwrap();
    assert_eq!(disk.outputs(&plan)[1], "grises/photo.dat_grises.png");
}

fn in_files(texts: &[&str]) -> Vec<VariantSpec> {
    VariantSpec::parse_all(texts, &crate::catalogue::all()).unwrap()
}

#[test]
fn a_variant_of_several_files_has_an_output_each_in_one_task() {
    let disk = Disk::new(&[("in/a.JPG", JPEG), ("in/b.png", PNG)]);
    let mut request = disk.request();
    request.variants = in_files(&["web=grises@webp:calidad=50@jpeg", "blur"]);
    request.slots = 8;
    let plan = super::plan(&request).unwrap();
    assert_eq!(
        disk.outputs(&plan),
        [
            "web/a_web.webp",
            "web/a_web.JPG",
            "blur/a_blur.JPG",
            "web/b_web.webp",
            "web/b_web.jpg",
            "blur/b_blur.png",
        ]
    );
    let orders =
        (0..).map_while(|unit| plan.assignment(unit)).map(|assignment| assignment.task.orders);
    let variants: Vec<Vec<_>> =
        orders.map(|orders| orders.iter().map(|order| order.variant).collect()).collect();
    assert!(variants.contains(&vec![0, 1]), "{variants:?}");
    let task = plan.assignment(0).unwrap().task;
    assert_eq!(task.orders[0].encoding.quality, Some(50));
    assert_eq!(task.orders[0].encoding.format, Some(formats::WEBP.id));
}

#[test]
fn images_that_become_the_same_in_one_of_the_formats_collide() {
    let disk = Disk::new(&[("in/a.jpg", JPEG), ("in/a.png", PNG)]);
    let mut request = disk.request();
    request.variants = in_files(&["grises", "web=blur@webp"]);
    let error = super::plan(&request).unwrap_err();
    assert!(matches!(error, PlanError::Collision { count: 1, .. }), "{error}");
    request.if_collides = IfCollides::Rename;
    let outputs = disk.outputs(&super::plan(&request).unwrap());
    // Only what would be the same is numbered.
    assert_eq!(outputs[2..], ["grises/a_grises.png", "web/a-2_web.webp"]);
    request.variants = in_files(&["grises"]);
    request.if_collides = IfCollides::Fail;
    assert!(super::plan(&request).is_ok());
}

#[test]
fn tasks_hold_absolute_paths_and_come_biggest_first() {
    let disk = Disk::new(&[("in/a.png", PNG), ("in/b.jpg", &[JPEG, &[0; 99]].concat())]);
    let mut request = disk.request();
    request.variants = variants(&["grises", "web"]);
    request.slots = 4;
    let plan = super::plan(&request).unwrap();
    let tasks: Vec<_> = (0..).map_while(|unit| plan.assignment(unit)).collect();
    assert_eq!(tasks.len(), 4);
    assert_eq!(tasks[0].input, disk.path("in/b.jpg"));
    assert_eq!(tasks[3].input, disk.path("in/a.png"));
    let outputs: HashSet<_> = tasks.iter().map(|task| &task.targets[0].path).collect();
    assert_eq!(outputs.len(), 4);
    assert!(outputs.iter().all(|output| output.is_absolute()));
    assert!(tasks.iter().zip(0..).all(|(assignment, id)| assignment.task.id == id));
}

#[test]
fn planning_changes_nothing_and_preparing_makes_just_the_folders_that_are_needed() {
    let disk = Disk::new(&[("in/a.png", PNG), ("in/sub/b.png", PNG), ("out/web/a_web.png", b"x")]);
    let mut request = disk.request();
    request.variants = variants(&["grises", "web"]);
    request.if_exists = IfExists::Skip;
    let plan = super::plan(&request).unwrap();
    assert!(!disk.path("out/grises").exists());
    prepare(&plan).unwrap();
    assert!(disk.path("out/grises/sub").is_dir() && disk.path("out/web/sub").is_dir());
    assert_eq!(fs::read_dir(disk.path("out/grises")).unwrap().count(), 1);
}

#[test]
fn a_folder_that_cannot_be_made_refuses_the_run() {
    let disk = Disk::new(&[("in/a.png", PNG), ("out", b"a file")]);
    let plan = super::plan(&disk.request()).unwrap();
    let error = prepare(&plan).unwrap_err();
    assert_eq!(error.class(), ErrorClass::Refused);
    assert!(error.to_string().ends_with("grises: a file stands where a folder should"));
}

#[test]
fn requests_that_make_no_sense_are_told_so() {
    let disk = Disk::new(&[("in/a.png", PNG)]);
    let refused = |change: fn(&mut Request)| {
        let mut request = disk.request();
        change(&mut request);
        super::plan(&request).unwrap_err()
    };
    let errors = [
        refused(|request| request.paths.clear()),
        refused(|request| request.variants.clear()),
        refused(|request| request.variants[0].name = "../x".into()),
        refused(|request| request.variants = variants(&["web", "Web"])),
    ];
    assert!(errors.iter().all(|error| error.class() == ErrorClass::Usage));
}

#[test]
fn the_least_that_outputs_take_leaves_out_whatever_cannot_be_told() {
    let (jpeg, png) = ([JPEG, &vec![0; 40_000]].concat(), [PNG, &vec![0; 20_000]].concat());
    let disk = Disk::new(&[("in/a.jpg", &jpeg), ("in/b.png", &png)]);
    let bytes = jpeg.len() as u64;
    let least = |filters: &[&str], format, quality| {
        let encoding = Encoding { format, quality: Some(quality), ..Encoding::default() };
        let mut variants = variants(filters);
        for variant in &mut variants {
            variant.steps[0].filter.clone_from(&variant.name);
        }
        plan(&Request { variants, encoding, ..disk.request() }).unwrap().least_bytes()
    };
    assert_eq!(least(&["grises", "sepia"], None, 75), bytes * 2 / 20);
    assert_eq!(least(&["grises", "redimensionar"], None, 75), bytes / 20);
    assert_eq!(least(&["sepia"], Some(formats::JPEG.id), 75), bytes / 20);
    assert_eq!(least(&["sepia"], Some(formats::PNG.id), 75), 0);
    assert_eq!(least(&["redimensionar"], None, 75), 0);
    assert_eq!(least(&["sepia"], None, 74), 0);

    disk.write("out/grises/a_grises.jpg", &[0; 77]);
    let request = disk.request();
    let replacing = plan(&request).unwrap();
    assert_eq!((replacing.least_bytes(), replacing.replaced_bytes()), (bytes / 20, 77));
    let skipping = plan(&Request { if_exists: IfExists::Skip, ..request }).unwrap();
    assert_eq!((skipping.least_bytes(), skipping.replaced_bytes()), (0, 0));
}

#[test]
fn names_of_variants_of_their_own_are_checked_against_all_others() {
    let disk = Disk::new(&[("in/a.jpg", JPEG), ("in/b.jpg", JPEG)]);
    let mut request = disk.request();
    request.variants = variants(&["web", "gris"]);
    let mut plan = |web: Option<&str>, gris: Option<&str>| {
        request.variants[0].pattern = web.map(str::to_owned);
        request.variants[1].pattern = gris.map(str::to_owned);
        super::plan(&request)
    };
    let names = disk.outputs(&plan(None, Some("{n:03}/{name}")).unwrap());
    assert_eq!(names, ["web/a_web.jpg", "001/a.jpg", "web/b_web.jpg", "002/b.jpg"]);
    // In the folder of another variant, and in one of its own.
    let same = plan(Some("{name}"), Some("web/{name}")).unwrap_err();
    let PlanError::VariantsCollide { count: 2, one, other, .. } = same else { panic!("{same}") };
    assert_eq!((one.as_str(), other.as_str()), ("web", "gris"));
    let same = plan(None, Some("{variant}/{date:%Y}")).unwrap_err();
    assert!(matches!(same, PlanError::Collision { count: 1, .. }), "{same}");
    let wrong = plan(None, Some("../{name}")).unwrap_err();
    assert!(matches!(wrong, PlanError::Pattern(_)), "{wrong}");
    request.if_collides = IfCollides::Rename;
    let renamed = super::plan(&Request {
        variants: vec![
            VariantSpec { pattern: Some("x/{name}".into()), ..request.variants[0].clone() },
            VariantSpec { pattern: Some("x/{name}".into()), ..request.variants[1].clone() },
        ],
        ..request.clone()
    });
    let names = disk.outputs(&renamed.unwrap());
    assert_eq!(names, ["x/a.jpg", "x/a-2.jpg", "x/b.jpg", "x/b-2.jpg"]);
}

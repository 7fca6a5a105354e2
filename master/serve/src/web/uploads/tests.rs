use super::*;

fn uploads() -> (tempfile::TempDir, Uploads) {
    let folder = tempfile::tempdir().unwrap();
    let uploads = Uploads::new(folder.path().to_owned());
    (folder, uploads)
}

fn write(folder: &Path, label: &str, content: &str) -> PathBuf {
    let (_, path) = create(folder, label, None).unwrap();
    fs::write(&path, content).unwrap();
    path
}

#[test]
fn what_was_not_announced_is_refused() {
    let (_folder, uploads) = uploads();
    for (files, bytes, status) in [(MAX_FILES + 1, 0, 413), (1, MAX_BYTES + 1, 413)] {
        assert_eq!(uploads.begin(files, bytes).unwrap_err().status.as_u16(), status);
    }
    let id = uploads.begin(1, 10).unwrap();
    uploads.count_file(&id).unwrap();
    assert_eq!(uploads.count_file(&id).unwrap_err().status.as_u16(), 413);
    uploads.count_bytes(&id, 10).unwrap();
    assert_eq!(uploads.count_bytes(&id, 1).unwrap_err().status.as_u16(), 413);
    assert_eq!(uploads.count_file("u99").unwrap_err().status.as_u16(), 404);
}

#[test]
fn only_so_many_uploads_can_be_under_way() {
    let (_folder, uploads) = uploads();
    let ids: Vec<_> = (0..MAX_UPLOADS).map(|_| uploads.begin(1, 1).unwrap()).collect();
    assert_eq!(uploads.begin(1, 1).unwrap_err().status.as_u16(), 409);
    uploads.cancel(&ids[0]).unwrap();
    uploads.begin(1, 1).unwrap();
}

#[test]
fn files_of_the_same_name_are_numbered_never_replaced() {
    let (_folder, uploads) = uploads();
    let id = uploads.begin(3, 100).unwrap();
    let folder = uploads.count_file(&id).unwrap();
    let paths = ["x/a.png", "../x/a.png", "x//a.png"].map(|label| write(&folder, label, label));
    let names = paths.map(|path| path.strip_prefix(&folder).unwrap().display().to_string());
    assert_eq!(names, ["x/a.png", "x/a-2.png", "x/a-3.png"]);
}

#[test]
fn an_upload_joins_the_one_before_and_a_cancelled_one_leaves_nothing() {
    let (_folder, uploads) = uploads();
    let first = uploads.begin(2, 100).unwrap();
    let root = uploads.count_file(&first).unwrap();
    write(&root, "a.png", "first");
    assert_eq!(uploads.finish(&first, None).unwrap(), root);

    let second = uploads.begin(2, 100).unwrap();
    let folder = uploads.count_file(&second).unwrap();
    write(&folder, "a.png", "second");
    uploads.skip(&second, "notes.txt");
    assert_eq!(uploads.finish(&second, Some(&root)).unwrap(), root);
    assert_eq!(fs::read_to_string(root.join("a.png")).unwrap(), "first");
    assert_eq!(fs::read_to_string(root.join("a-2.png")).unwrap(), "second");
    assert_eq!(uploads.skipped(&root), ["notes.txt"]);
    assert!(!folder.exists());

    let third = uploads.begin(1, 1).unwrap();
    let folder = uploads.count_file(&third).unwrap();
    write(&folder, "b.png", "third");
    uploads.cancel(&third).unwrap();
    assert!(!folder.exists());
    assert!(uploads.finish(&third, None).is_err());
}

#[test]
fn what_a_page_that_has_left_had_sent_is_removed() {
    let (_folder, uploads) = uploads();
    let id = uploads.begin(1, 1).unwrap();
    let folder = uploads.count_file(&id).unwrap();
    write(&folder, "a.png", "half");
    uploads.skip(&id, "notes.txt");
    uploads.forget_abandoned();
    assert!(folder.exists() && uploads.is_open(&id), "it may go on");
    uploads.state().forget_abandoned(Duration::ZERO);
    assert!(!folder.exists() && !uploads.is_open(&id));
    assert!(uploads.skipped(&folder).is_empty());
    assert_eq!(uploads.count_bytes(&id, 1).unwrap_err().status.as_u16(), 404);
}

#[test]
fn an_upload_never_joins_a_folder_that_is_not_an_uploads() {
    let (_folder, uploads) = uploads();
    let elsewhere = tempfile::tempdir().unwrap();
    let id = uploads.begin(1, 1).unwrap();
    let folder = uploads.count_file(&id).unwrap();
    write(&folder, "a.png", "x");
    assert_eq!(uploads.finish(&id, Some(elsewhere.path())).unwrap(), folder);
    assert!(fs::read_dir(elsewhere.path()).unwrap().next().is_none());
}

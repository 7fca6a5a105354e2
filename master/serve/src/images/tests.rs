use std::fs;

use tempfile::TempDir;

use super::folders::Folders;
use super::*;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

fn folder(names: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, PNG).unwrap();
    }
    folder
}

fn place(folder: &TempDir, recursive: bool) -> ImagePlace {
    let root = folder.path().to_owned();
    ImagePlace { source: Source::Folder, label: "Boda".into(), root, recursive }
}

fn images() -> Images {
    Images::new("/nowhere/output".into(), &[])
}

fn names(page: &Value) -> Vec<&str> {
    let images = page["images"].as_array().unwrap();
    images.iter().map(|image| image["name"].as_str().unwrap()).collect()
}

#[test]
fn the_list_is_searched_without_case_and_accents() {
    let folder = folder(&["Ñandú.png", "nandu 2.png", "otro.png", "sub/NANDU3.png", "notas.txt"]);
    let images = images();
    images.load(place(&folder, true)).unwrap();
    let page = images.page("nandÚ", Sort::Name, 0, 10);
    assert_eq!((page["total"].as_u64(), names(&page).len()), (Some(3), 3));
    let second = images.page("nandu", Sort::Name, 1, 1);
    assert_eq!((second["total"].as_u64(), names(&second).len()), (Some(3), 1));
    assert_eq!(images.page("", Sort::Name, 0, 10)["total"], 4);
    assert_eq!(images.summary()["skipped"], 1);
    assert_eq!(images.skipped()["files"][0]["name"], "notas.txt");
    let below = images.page("nandu3", Sort::Name, 0, 1);
    assert_eq!(below["images"][0]["folder"], "sub");
}

#[test]
fn the_list_before_comes_back_without_what_was_left_out() {
    let (first, second) = (folder(&["a.png", "b.png", "c.png"]), folder(&["d.png"]));
    let images = images();
    assert!(images.load_before().is_none());
    images.load(place(&first, false)).unwrap();
    let ids = ["a.png", "b.png"].map(|name| images.id_of(&first.path().join(name)).unwrap());
    images.exclude(Some(&ids), true).unwrap();
    images.load(place(&second, false)).unwrap();
    assert_eq!(images.selection().unwrap().count, 1);
    // What has gone meanwhile is not looked for.
    fs::remove_file(first.path().join("b.png")).unwrap();
    images.load_before().unwrap().unwrap();
    assert_eq!(images.excluded(), [first.path().join("a.png")]);
    assert_eq!(images.selection().unwrap().count, 1);
    // The other one was before that.
    images.load_before().unwrap().unwrap();
    assert_eq!(images.place().unwrap().root, second.path());
}

#[test]
fn what_is_left_out_is_no_part_of_the_selection_and_comes_back() {
    let folder = folder(&["a.png", "b.png"]);
    let images = images();
    let loaded = images.load(place(&folder, false)).unwrap();
    let id = images.id_of(&folder.path().join("a.png")).unwrap();
    let changed = images.exclude(Some(std::slice::from_ref(&id)), true).unwrap();
    assert!(changed > loaded);
    let selection = images.selection().unwrap();
    assert_eq!((selection.count, selection.label.as_str()), (1, "Boda"));
    assert_eq!(selection.exclude, HashSet::from([folder.path().join("a.png")]));
    assert_eq!(images.list().len(), 1);
    let summary = images.summary();
    assert_eq!((&summary["count"], &summary["excluded"]), (&json!(2), &json!(1)));
    assert_eq!(summary["bytes"], PNG.len());

    images.load(place(&folder, false)).unwrap();
    assert_eq!(images.selection().unwrap().count, 1, "a new look at the folder changes nothing");
    images.exclude(None, false).unwrap();
    assert_eq!(images.selection().unwrap().count, 2);
    images.exclude(None, true).unwrap();
    assert_eq!(images.selection(), None);
    assert_eq!(images.exclude(Some(&["x".into()]), true), Err(UnknownImage));
}

#[test]
fn an_image_is_known_after_its_list_has_gone_and_has_another_id_once_changed() {
    let folder = folder(&["a.png"]);
    let images = images();
    images.load(place(&folder, false)).unwrap();
    let path = folder.path().join("a.png");
    let before = images.id_of(&path).unwrap();
    images.facts(&before, 30, 20);
    images.load(place(&folder, false)).unwrap();
    assert_eq!(images.page("", Sort::Name, 0, 1)["images"][0]["width_px"], 30);

    images.clear();
    assert_eq!(images.summary()["source"], "none");
    assert_eq!(images.get(&before).unwrap().path, path);
    fs::write(&path, [PNG, b"more"].concat()).unwrap();
    images.load(place(&folder, false)).unwrap();
    let after = images.id_of(&path).unwrap();
    assert_ne!(before, after);
    assert!(images.get(&before).is_some());
    assert_eq!(images.page("", Sort::Name, 0, 1)["images"][0]["width_px"], Value::Null);
    images.problem(&after, FailureKind::Damaged, &"cut off".into());
    let problem = &images.page("", Sort::Name, 0, 1)["images"][0]["problem"];
    assert_eq!(*problem, json!({"kind": "damaged", "message": "cut off"}));
}

#[test]
fn the_output_folder_is_no_place_for_inputs() {
    let folder = folder(&["a.png"]);
    let images = Images::new(folder.path().to_owned(), &[]);
    let revision = images.changes();
    assert!(matches!(images.load(place(&folder, false)), Err(PlanError::InputIsOutput { .. })));
    assert_eq!(images.summary()["loading"], false);
    assert!(revision.has_changed().unwrap());
}

#[test]
fn only_folders_below_a_root_can_be_chosen() {
    let outside = folder(&["secret.png"]);
    let root = folder(&["a.png", "sub/b.png", "sub/deep/c.png", ".hidden/d.png"]);
    let folders = Folders::new(&[root.path().to_owned(), "/nowhere".into()]);
    let roots = folders.listing(None).unwrap();
    assert_eq!((roots["folders"].as_array().unwrap().len(), &roots["parent"]), (1, &Value::Null));
    let id =
        |listing: &Value, index: usize| listing["folders"][index]["id"].as_str().map(str::to_owned);
    let top = folders.listing(id(&roots, 0).as_deref()).unwrap();
    assert_eq!((&top["parent"], &top["images"]), (&json!(""), &json!(1)));
    assert_eq!(top["folders"].as_array().unwrap().len(), 1, "hidden folders are left out");
    let below = folders.listing(id(&top, 0).as_deref()).unwrap();
    assert_eq!((&below["label"], &below["images"]), (&json!("sub"), &json!(1)));
    assert_eq!(below["parent"], roots["folders"][0]["id"]);
    let deep = id(&below, 0).unwrap();
    assert!(folders.get(&deep).is_some());
    for wrong in ["..", "/etc", "", "f0000000000000000"] {
        assert_eq!(folders.get(wrong), None, "{wrong}");
    }
    #[cfg(unix)]
    {
        let real = folders.get(&deep).unwrap();
        fs::remove_dir_all(&real).unwrap();
        std::os::unix::fs::symlink(outside.path(), &real).unwrap();
        assert_eq!(folders.get(&deep), None, "a folder that has become a link is refused");
        std::os::unix::fs::symlink(outside.path(), root.path().join("link")).unwrap();
        let top = folders.listing(id(&roots, 0).as_deref()).unwrap();
        assert_eq!(top["folders"].as_array().unwrap().len(), 1, "links are not shown");
    }
}

#[cfg(unix)]
#[test]
fn links_lead_nowhere_but_into_the_folder_and_the_roots() {
    let list = folder(&["a.png", "sub/b.png"]);
    let (root, secret) = (folder(&["c.png"]), folder(&["d.png"]));
    let link = |target: &Path, name: &str| {
        std::os::unix::fs::symlink(target, list.path().join(name)).unwrap();
    };
    link(&list.path().join("sub/b.png"), "own.png");
    link(&root.path().join("c.png"), "root.png");
    link(&secret.path().join("d.png"), "secret.png");
    link(&list.path().join("secret.png"), "twice.png");
    link(&secret.path().join("d.png"), "unnamed");
    link(Path::new("/dev/zero"), "device.png");
    let images = Images::new("/nowhere/output".into(), &[root.path().to_owned()]);
    images.load(place(&list, false)).unwrap();
    let page = images.page("", Sort::Name, 0, 10);
    assert_eq!(
        names(&page),
        ["a.png", "device.png", "own.png", "root.png", "secret.png", "twice.png"]
    );
    let problems: Vec<_> = page["images"].as_array().unwrap().iter().collect();
    let is_refused = |image: &&Value| image["problem"]["kind"] == "permission";
    assert_eq!(
        problems.into_iter().map(|image| is_refused(&image)).collect::<Vec<_>>(),
        [false, true, false, false, true, true]
    );
    let find = |name: &str| {
        let id = images.id_of(&list.path().join(name)).unwrap();
        images.find(&id).is_some()
    };
    assert!(find("a.png") && find("own.png") && find("root.png"));
    assert!(!find("secret.png") && !find("twice.png") && !find("device.png"));
    // What becomes a link later is not followed either.
    fs::remove_file(list.path().join("a.png")).unwrap();
    link(&secret.path().join("d.png"), "a.png");
    assert!(!find("a.png"));
}

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::sync::{Arc, Mutex};

use lote_protocol::filter::{FilterCall, VariantSpec};

use super::*;
use crate::event::{Event, Place, StoreState};
use crate::plan::{self, IfExists, OutputState, Plan, Request, Spool};
use crate::run::{Feed, Transfer};

/// A store in memory, which is in trouble as often as it is told.
#[derive(Debug, Default)]
struct Shelf {
    objects: Mutex<BTreeMap<String, (Vec<u8>, u64)>>,
    /// What becomes of what is asked next.
    troubles: Mutex<VecDeque<Error>>,
    /// It replaces what it should not.
    is_careless: bool,
    /// It gives whole objects only.
    is_whole: bool,
    /// The bytes that it has given.
    given: Mutex<u64>,
}

impl Shelf {
    fn with(keys: &[&str]) -> Self {
        let shelf = Self::default();
        for key in keys {
            shelf.put(key, &png());
        }
        shelf
    }

    fn put(&self, key: &str, bytes: &[u8]) {
        let mut objects = self.objects.lock().unwrap();
        let tag = objects.values().map(|(_, tag)| tag + 1).max().unwrap_or(1);
        objects.insert(key.to_owned(), (bytes.to_vec(), tag));
    }

    fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.objects.lock().unwrap().get(key).map(|(bytes, _)| bytes.clone())
    }

    fn trouble(&self) -> Result<(), Error> {
        self.troubles.lock().unwrap().pop_front().map_or(Ok(()), Err)
    }

    fn objects(&self, wanted: impl Fn(&str) -> bool) -> Vec<Object> {
        let objects = self.objects.lock().unwrap();
        let wanted = objects.iter().filter(|(key, _)| wanted(key));
        let object = |(key, (bytes, tag)): (&String, &(Vec<u8>, u64))| Object {
            address: Address { bucket: "b".into(), key: key.clone() },
            bytes: bytes.len() as u64,
            modified: SystemTime::UNIX_EPOCH,
            tag: Some(tag.to_string()),
        };
        wanted.map(object).collect()
    }
}

impl Store for Shelf {
    fn list(&self, below: &Address, deep: bool) -> Result<Listing, Error> {
        self.trouble()?;
        let rest = |key: &str| key.strip_prefix(&below.key)?.strip_prefix('/').map(str::to_owned);
        let is_there = |key: &str| rest(key).is_some_and(|rest| deep || !rest.contains('/'));
        Ok(Listing { objects: self.objects(is_there), folders: Vec::new() })
    }

    fn look(&self, address: &Address) -> Result<Object, Error> {
        self.trouble()?;
        self.objects(|key| key == address.key).pop().ok_or(Error::Missing(Text::default()))
    }

    fn fetch(
        &self,
        object: &Object,
        part: Option<Range<u64>>,
        to: &mut dyn Write,
    ) -> Result<(), Error> {
        self.trouble()?;
        if self.look(&object.address)?.tag != object.tag {
            return Err(Error::Changed);
        }
        if self.is_whole && part.is_some() {
            return Err(Error::NoParts);
        }
        let bytes = self.get(&object.address.key).unwrap();
        let part = part.map_or(0..bytes.len(), |part| part.start as usize..part.end as usize);
        *self.given.lock().unwrap() += part.len() as u64;
        to.write_all(&bytes[part]).unwrap();
        Ok(())
    }

    fn publish(
        &self,
        file: &Path,
        to: &Address,
        put: Put<'_>,
        _: &str,
    ) -> Result<Option<String>, Error> {
        self.trouble()?;
        if matches!(put, Put::New(_)) && self.get(&to.key).is_some() && !self.is_careless {
            return Err(Error::Exists);
        }
        self.put(&to.key, &fs::read(file).unwrap());
        Ok(self.look(to)?.tag)
    }

    fn remove(&self, address: &Address) -> Result<(), Error> {
        self.objects.lock().unwrap().remove(&address.key);
        Ok(())
    }
}

/// The head of a PNG of 3 x 2 px, and what could be its pixels.
fn png() -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x03\0\0\0\x02\x08\x02\0\0\0".to_vec();
    bytes.resize(200_000, 7);
    bytes
}

fn request(from: &[&str], to: &str) -> Request {
    let grey = FilterCall { filter: "grises".into(), params: BTreeMap::new() };
    let variant =
        VariantSpec { name: "g".into(), steps: vec![grey], files: Vec::new(), pattern: None };
    Request::new(from.iter().map(Into::into).collect(), to.into(), vec![variant])
}

/// The plan of a request, and its spool.
fn planned(shelf: &Shelf, request: &Request) -> (Plan, Arc<Spool>) {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::new(folder.path()).unwrap();
    spool.take_images(shelf, request).unwrap();
    if is_address(&request.output) {
        spool.take_outputs(shelf, &Address::of(&request.output).unwrap()).unwrap();
    }
    let spool = Arc::new(spool);
    // It goes when the spool does.
    let _ = folder.keep();
    let request = Request { spool: Some(Arc::clone(&spool)), ..request.clone() };
    let plan = plan::plan(&request).unwrap();
    spool.empty();
    (plan, spool)
}

#[test]
fn an_address_is_a_bucket_and_a_key_that_can_be_a_path() {
    let of = |text: &str| Address::of(Path::new(text)).map(|address| address.to_string());
    for good in ["s3://b", "s3://b/niño/100% + 1.jpg", "s3://b-1.x/a/...b", "s3://b/%2E%2E"] {
        assert_eq!(of(good).unwrap(), good);
    }
    assert_eq!(of("s3://b/a/").unwrap(), "s3://b/a");
    assert_eq!(of("s3://b/").unwrap(), "s3://b");
    let long = format!("s3://b/{}", "k".repeat(1025));
    for bad in [
        "s3://",
        "s3:///a",
        "s3://b/a//c",
        "s3://b//a",
        "s3://b/./a",
        "s3://b/a/..",
        "s3://b/\n",
        "s3://b ü/a",
        &long,
    ] {
        assert!(of(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_plan_of_twins_has_the_names_of_the_store_and_fetches_little() {
    let shelf = Shelf::with(&["in/b ñ.png", "in/sub/c.png", "in/a.png", "in/x.txt", "in/100%.png"]);
    let (plan, spool) =
        planned(&shelf, &Request { recursive: true, ..request(&["s3://b/in"], "s3://b/out") });
    let names: Vec<_> = plan.images.iter().map(|image| image.path.to_str().unwrap()).collect();
    let expected =
        ["100%.png", "a.png", "b ñ.png", "sub/c.png"].map(|name| format!("s3://b/in/{name}"));
    assert_eq!(names, expected);
    assert!(plan.images.iter().all(|image| image.extent.is_some() && image.bytes == 200_000));
    assert_eq!(plan.output(3, 0), Path::new("s3://b/out/g/sub/c_g.png"));
    assert!(plan.input(3).starts_with(spool.root()) && plan.input(3).is_file());
    assert_eq!(plan.origin(3), Path::new("s3://b/in/sub/c.png"));
    assert!(*shelf.given.lock().unwrap() < 4 * 70_000);
}

#[test]
fn what_cannot_be_a_file_is_a_problem_of_that_name_and_of_no_other() {
    let long = format!("in/{}.png", "n".repeat(260));
    let shelf = Shelf::with(&["in/a.png", &long, "in/dir.png", "in/dir.png/b.png"]);
    let (plan, _) =
        planned(&shelf, &Request { recursive: true, ..request(&["s3://b/in"], "s3://b/out") });
    assert_eq!(plan.images.len(), 2);
    let problems: Vec<_> = plan.problems.iter().map(|one| one.path.display().to_string()).collect();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems.contains(&format!("s3://b/{long}")));
}

#[test]
fn a_store_that_gives_whole_objects_only_will_do() {
    let shelf = Shelf { is_whole: true, ..Shelf::with(&["in/a.png"]) };
    let (plan, _) = planned(&shelf, &request(&["s3://b/in"], "out"));
    assert!(plan.images[0].extent.is_some());
}

#[test]
fn a_store_that_replaces_what_it_should_not_is_found_out_and_nothing_is_left_of_that() {
    let output = Address { bucket: "b".into(), key: "out".into() };
    for is_careless in [false, true] {
        let shelf = Shelf { is_careless, ..Shelf::default() };
        let probed = probe(&shelf, &output, true);
        assert_eq!(matches!(probed, Err(Error::Refused(_))), is_careless, "{probed:?}");
        probe(&shelf, &output, false).unwrap();
        assert!(shelf.objects.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn images_come_in_turn_and_a_store_that_is_away_is_waited_for_and_told_of_once() {
    let shelf = Shelf::with(&["in/a.png", "in/b.png", "in/c.png"]);
    let (plan, spool) = planned(&shelf, &request(&["s3://b/in"], "s3://b/out"));
    shelf.put("in/b.png", b"another");
    let away = || Error::Away("gone".to_owned().into());
    shelf.troubles.lock().unwrap().extend([away(), away(), away()]);
    let shelf = Arc::new(shelf);
    // Room for one image and its output.
    let store = Arc::clone(&shelf) as Arc<dyn Store>;
    let mut transfer = Transfer::new(&plan, Arc::clone(&spool), store, 450_000).unwrap();
    let mut news = transfer.news().unwrap();
    let changed = plan.images.iter().position(|image| image.path.ends_with("b.png")).unwrap();
    for unit in 0..3 {
        assert_eq!(transfer.more().await, unit < 2);
        assert_eq!(transfer.released(), unit + 1);
        let image = plan.units[unit].image;
        let place = Place { image, variant: 0 };
        let file = plan.input(image);
        if image == changed {
            let why = transfer.unfetched().why(&file).unwrap();
            assert!(why.message.to_string().contains("has changed"), "{why:?}");
            transfer.over(place);
            continue;
        }
        assert_eq!(fs::read(&file).unwrap(), png());
        let output = plan.output_file(image, 0);
        fs::create_dir_all(output.parent().unwrap()).unwrap();
        fs::write(&output, b"made").unwrap();
        transfer.over(place);
        let tag = transfer.carry(place, 4).unwrap().await.unwrap();
        assert!(tag.is_some());
        // Neither takes room any more.
        assert_eq!(fs::metadata(&file).unwrap().len() + fs::metadata(&output).unwrap().len(), 0);
    }
    assert_eq!(shelf.get("out/g/a_g.png").unwrap(), b"made");
    let told: Vec<_> = std::iter::from_fn(|| news.try_recv().ok()).collect();
    let states = told.iter().map(|event| match event {
        Event::Store { state, .. } => *state,
        _ => panic!("{event:?}"),
    });
    let states: Vec<_> = states.collect();
    assert_eq!(states, [StoreState::Waiting, StoreState::Back]);
}

#[tokio::test]
async fn what_has_come_in_an_outputs_place_since_the_plan_is_not_replaced() {
    let shelf = Shelf::with(&["in/a.png", "in/b.png", "out/g/a_g.png"]);
    let request = Request { if_exists: IfExists::Rename, ..request(&["s3://b/in"], "s3://b/out") };
    let (plan, spool) = planned(&shelf, &request);
    assert_eq!(*plan.state(0, 0), OutputState::Planned { number: 2 });
    assert_eq!(plan.output(0, 0), Path::new("s3://b/out/g/a_g-2.png"));
    shelf.put("out/g/b_g.png", b"theirs");
    let shelf = Arc::new(shelf);
    let store = Arc::clone(&shelf) as Arc<dyn Store>;
    let mut transfer = Transfer::new(&plan, spool, store, 1 << 30).unwrap();
    for image in 0..2 {
        let output = plan.output_file(image, 0);
        fs::create_dir_all(output.parent().unwrap()).unwrap();
        fs::write(&output, b"ours").unwrap();
    }
    let carried = transfer.carry(Place { image: 0, variant: 0 }, 4).unwrap().await;
    assert!(carried.is_ok());
    let failure = transfer.carry(Place { image: 1, variant: 0 }, 4).unwrap().await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Exists);
    assert_eq!(shelf.get("out/g/b_g.png").unwrap(), b"theirs");
    assert_eq!(shelf.get("out/g/a_g-2.png").unwrap(), b"ours");
}

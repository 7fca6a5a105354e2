//! What the user wants of metadata: which are kept, and what is stated anew.

use std::slice;

use lote_protocol::carry::{Carry, Keep, Statements};
use lote_protocol::lang::Text;
use lote_protocol::text;

use crate::holds::Holds;
use crate::metadata::exif;
use crate::metadata::exif_block::{Field, GPS_IFD, MAKER_NOTE};
use crate::metadata::exif_fields::Fields;
use crate::metadata::iptc::{self, dataset};
use crate::metadata::xmp::{Fate, Name, Setting, namespace};
use crate::metadata::{Metadata, maker_note, photoshop, xmp};

const DESCRIPTION: u16 = 0x010e;
const ARTIST: u16 = 0x013b;
const COPYRIGHT: u16 = 0x8298;
/// Keywords as Windows writes them: UTF-16, parted by semicolons.
const WINDOWS_KEYWORDS: u16 = 0x9c9e;
/// Tags of `GeoTIFF`: where a map lies.
const MAP: [u16; 6] = [0x830e, 0x8480, 0x8482, 0x85d8, 0x87af, 0x87b0];
const MAP_TEXT: u16 = 0x87b1;

impl Metadata {
    /// Leaves what is to be carried, and states what is to be stated, in the blocks that a format
    /// holds.
    pub(crate) fn apply(&mut self, carry: &Carry, holds: Holds, notes: &mut Vec<Text>) {
        match carry.metadata {
            Keep::All => {}
            Keep::NoLocation => self.forget_places(notes),
            Keep::Copyright => self.keep_rights(),
            Keep::None => self.forget_all(),
        }
        if !carry.set.is_empty() {
            self.state(&carry.set, holds, notes);
        }
    }

    fn forget_all(&mut self) {
        let resolution = self.resolution();
        photoshop::keep_resolution(&mut self.photoshop);
        *self = Self {
            icc: self.icc.take(),
            signal: self.signal,
            photoshop: std::mem::take(&mut self.photoshop),
            resolution,
            ..Self::default()
        };
    }

    fn keep_rights(&mut self) {
        let mut rights = Self { photoshop: self.photoshop.clone(), ..Self::default() };
        photoshop::keep_rights(&mut rights.photoshop);
        if let Some(exif) = &self.exif {
            let mut fields = Fields::parse(exif);
            fields.image.retain(|field| [ARTIST, COPYRIGHT].contains(&field.tag));
            if !fields.image.is_empty() {
                let kept = Fields { image: fields.image, ..Fields::default() };
                rights.exif = Some(kept.build());
            }
        }
        let fate = |name: Name<'_>| {
            if !name.is_property || is_of_rights(name) { Fate::Keep } else { Fate::Drop }
        };
        rights.xmp = self.xmp.as_deref().and_then(|packet| xmp::rewrite(packet, &fate, &[]));
        rights.iptc = self.iptc.as_deref().and_then(|block| {
            let mut sets = iptc::parse(block);
            iptc::retain(&mut sets, |number| IPTC_OF_RIGHTS.contains(&number));
            iptc::says_something(&sets).then(|| iptc::build(&sets))
        });
        let texts = std::mem::take(&mut self.texts);
        let of_rights = |keyword: &str| ["Author", "Copyright"].contains(&keyword);
        rights.texts = texts.into_iter().filter(|text| of_rights(&text.keyword)).collect();
        self.forget_all();
        rights.icc = self.icc.take();
        rights.signal = self.signal;
        rights.resolution = self.resolution;
        rights.photoshop.append(&mut self.photoshop);
        *self = rights;
    }

    fn forget_places(&mut self, notes: &mut Vec<Text>) {
        if let Some(exif) = &mut self.exif {
            let fields = Fields::parse(exif);
            if fields.maker_note().is_some_and(maker_note::may_hold_a_place) {
                notes.push(text!("maker note left out: it may say where the picture was taken"));
                // Nothing that stays is found by where it is, so nothing need stay where it is.
                let mut fields = fields;
                fields.exif.retain(|field| field.tag != MAKER_NOTE);
                *exif = without_places(fields).build();
            } else {
                *exif = exif::without(exif, &|tag| {
                    tag == GPS_IFD || MAP.contains(&tag) || tag == MAP_TEXT
                });
            }
        }
        if let Some(packet) = self.xmp.take() {
            let fate = |name: Name<'_>| {
                let is_place = name.space == namespace::CELL || is_place(name.local);
                if is_place { Fate::Drop } else { Fate::Keep }
            };
            self.xmp = xmp::rewrite(&packet, &fate, &[]);
            if self.xmp.is_none() {
                notes.push(text!("XMP left out: it is damaged and may say where"));
            }
        }
        if let Some(block) = self.iptc.take() {
            let mut sets = iptc::parse(&block);
            let before = sets.len();
            iptc::retain(&mut sets, |number| !IPTC_OF_PLACES.contains(&number));
            if sets.len() < before {
                photoshop::forget_digest(&mut self.photoshop);
            }
            self.iptc = iptc::says_something(&sets).then(|| iptc::build(&sets));
        }
        self.texts.retain(|text| !is_place(&text.keyword));
    }

    fn state(&mut self, set: &Statements, holds: Holds, notes: &mut Vec<Text>) {
        if holds.exif {
            let exif = self.exif.take().unwrap_or_else(|| Fields::default().build());
            let stated = with_statements(&exif, set);
            self.exif = (!Fields::parse(&stated).is_empty()).then_some(stated);
        }
        if holds.xmp {
            let settings = settings(set);
            let says_something = settings.iter().any(|setting| !setting.values.is_empty());
            let packet = self.xmp.take().or_else(|| says_something.then(xmp::empty));
            self.xmp = packet.and_then(|packet| {
                xmp::rewrite(&packet, &|_| Fate::Keep, &settings).or_else(|| {
                    notes.push(text!("XMP replaced: it is damaged"));
                    xmp::rewrite(&xmp::empty(), &|_| Fate::Keep, &settings)
                })
            });
        }
        if holds.iptc {
            let mut sets = iptc::parse(self.iptc.as_deref().unwrap_or_default());
            for (number, value) in [
                (dataset::BY_LINE, &set.artist),
                (dataset::COPYRIGHT, &set.copyright),
                (dataset::CAPTION, &set.description),
            ] {
                if let Some(value) = value {
                    iptc::set(&mut sets, number, &said(slice::from_ref(value)));
                }
            }
            if !set.keywords.is_empty() {
                iptc::set(&mut sets, dataset::KEYWORDS, &said(&set.keywords));
            }
            self.iptc = iptc::says_something(&sets).then(|| iptc::build(&sets));
            photoshop::forget_digest(&mut self.photoshop);
        }
        // A text that says something else would contradict.
        for (keyword, value) in [
            ("Author", &set.artist),
            ("Copyright", &set.copyright),
            ("Description", &set.description),
        ] {
            if let Some(value) = value {
                self.texts.retain(|text| text.keyword != keyword || !value.is_empty());
                for text in self.texts.iter_mut().filter(|text| text.keyword == keyword) {
                    text.content = value.clone().into_bytes();
                }
            }
        }
        if !holds.exif && !holds.xmp && !holds.iptc {
            notes.push(text!("nothing could be set: the format holds no such metadata"));
        }
    }
}

fn without_places(fields: Fields) -> Fields {
    let mut image = fields.image;
    image.retain(|field| !MAP.contains(&field.tag) && field.tag != MAP_TEXT);
    Fields { image, gps: Vec::new(), ..fields }
}

const IPTC_OF_PLACES: [u8; 7] = [
    dataset::CONTENT_LOCATION_CODE,
    dataset::CONTENT_LOCATION_NAME,
    dataset::CITY,
    dataset::SUBLOCATION,
    dataset::PROVINCE,
    dataset::COUNTRY_CODE,
    dataset::COUNTRY,
];

const IPTC_OF_RIGHTS: [u8; 7] = [
    dataset::VERSION,
    dataset::BY_LINE,
    dataset::BY_LINE_TITLE,
    dataset::CREDIT,
    dataset::SOURCE,
    dataset::COPYRIGHT,
    dataset::CONTACT,
];

/// Whether a property of XMP, or a text, says where, by its name: `exif:GPSLatitude`,
/// `photoshop:City`, `Iptc4xmpExt:LocationShown`, `drone-dji:GpsLongitude`.
fn is_place(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let words = ["gps", "location", "city", "latitude", "longitude", "country", "geotag"];
    // These are places in the picture.
    let in_picture = ["subjectlocation", "focuslocation"].iter().any(|word| name.ends_with(word));
    let is_whole =
        ["state", "provincestate", "worldregion", "coordinates"].contains(&name.as_str());
    !in_picture && (is_whole || words.iter().any(|word| name.contains(word)))
}

/// Whether a property says whose the picture is.
fn is_of_rights(name: Name<'_>) -> bool {
    match name.space {
        namespace::DC => ["creator", "rights"].contains(&name.local),
        namespace::PHOTOSHOP => ["Credit", "AuthorsPosition", "Source"].contains(&name.local),
        namespace::TIFF => ["Artist", "Copyright"].contains(&name.local),
        namespace::IPTC_CORE => name.local == "CreatorContactInfo",
        namespace::RIGHTS | namespace::PLUS | namespace::CREATIVE_COMMONS => true,
        _ => false,
    }
}

fn settings(set: &Statements) -> Vec<Setting<'_>> {
    let mut settings = Vec::new();
    for (property, list, value) in [
        ("creator", "Seq", &set.artist),
        ("rights", "Alt", &set.copyright),
        ("description", "Alt", &set.description),
    ] {
        if let Some(value) = value {
            let values = said(slice::from_ref(value)).into_iter().map(Into::into).collect();
            settings.push(Setting { property, list, values });
        }
    }
    if !set.keywords.is_empty() {
        let values = said(&set.keywords).into_iter().map(Into::into).collect();
        settings.push(Setting { property: "subject", list: "Bag", values });
    }
    settings
}

/// Those that say something: what is stated as nothing is no longer said.
fn said(values: &[impl AsRef<str>]) -> Vec<&str> {
    values.iter().map(AsRef::as_ref).filter(|value| !value.is_empty()).collect()
}

/// A block with statements in its first directory.
fn with_statements(exif: &[u8], set: &Statements) -> Vec<u8> {
    let text = |value: &str| [value.as_bytes(), &[0]].concat();
    let mut new = Vec::new();
    let mut erased = Vec::new();
    for (tag, value) in
        [(DESCRIPTION, &set.description), (ARTIST, &set.artist), (COPYRIGHT, &set.copyright)]
    {
        match value.as_deref() {
            Some("") => erased.push(tag),
            Some(value) => new.push(Field { tag, kind: 2, data: text(value) }),
            None => {}
        }
    }
    let words = said(&set.keywords);
    if !words.is_empty() {
        let joined = words.join(";");
        let data = joined.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
        new.push(Field { tag: WINDOWS_KEYWORDS, kind: 1, data });
    } else if !set.keywords.is_empty() {
        erased.push(WINDOWS_KEYWORDS);
    }
    exif::with(&exif::without(exif, &|tag| erased.contains(&tag)), &new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_known_by_their_names() {
        for name in ["GPSLatitude", "City", "LocationShown", "CountryCode", "State", "GpsLongitude"]
        {
            assert!(is_place(name), "{name}");
        }
        for name in ["SubjectLocation", "FocusLocation", "Statement", "Title", "creator"] {
            assert!(!is_place(name), "{name}");
        }
    }

    #[test]
    fn what_is_stated_as_nothing_is_no_longer_said() {
        let mut metadata = Metadata::default();
        let holds = Holds { exif: true, xmp: true, iptc: true, ..Holds::NOTHING };
        let state = |metadata: &mut Metadata, statements: &[&str]| {
            let mut set = Statements::default();
            for statement in statements {
                set.add(statement).unwrap();
            }
            let carry = Carry { set, ..Carry::default() };
            metadata.apply(&carry, holds, &mut Vec::new());
        };
        let says = |metadata: &Metadata, what: &str| {
            let wide: Vec<u8> = what.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let has = |block: &Option<Vec<u8>>, words: &[u8]| {
                block.as_ref().is_some_and(|b| b.windows(words.len()).any(|part| part == words))
            };
            [
                has(&metadata.exif, what.as_bytes()) || has(&metadata.exif, &wide),
                has(&metadata.xmp, what.as_bytes()),
                has(&metadata.iptc, what.as_bytes()),
            ]
        };
        state(&mut metadata, &["keywords=sand;sea", "copyright=Ana", "artist=Eva"]);
        assert!(says(&metadata, "sand;sea")[0]);
        assert_eq!(says(&metadata, "sea"), [true; 3]);
        state(&mut metadata, &["keywords=", "copyright="]);
        assert_eq!(says(&metadata, "sea"), [false; 3]);
        assert_eq!(says(&metadata, "Ana"), [false; 3]);
        assert_eq!(says(&metadata, "Eva"), [true; 3]);
        let fields = Fields::parse(metadata.exif.as_deref().unwrap());
        let tags: Vec<u16> = fields.image.iter().map(|field| field.tag).collect();
        assert_eq!(tags, [ARTIST]);
        // Not even an empty one.
        let sets = iptc::build(&iptc::parse(metadata.iptc.as_deref().unwrap()));
        assert!(!sets.windows(3).any(|head| head == [0x1c, 2, dataset::COPYRIGHT]));
        state(&mut metadata, &["artist="]);
        assert_eq!((metadata.iptc, metadata.exif), (None, None));
        let mut nothing = Metadata::default();
        state(&mut nothing, &["keywords=", "artist="]);
        assert!(nothing.is_empty());
    }

    #[test]
    fn statements_move_nothing_that_is_there() {
        let note = Field { tag: MAKER_NOTE, kind: 7, data: b"a note".to_vec() };
        let camera = Field { tag: 0x0110, kind: 2, data: b"Box 1\0".to_vec() };
        let old = Field { tag: ARTIST, kind: 2, data: b"nobody known\0".to_vec() };
        let fields =
            Fields { image: vec![camera.clone(), old], exif: vec![note], ..Fields::default() };
        let before = fields.build();
        let mut set = Statements::default();
        set.add("artist=José").unwrap();
        set.add("copyright=© me").unwrap();
        let after = with_statements(&before, &set);
        let at = |block: &[u8]| block.windows(6).position(|bytes| bytes == b"a note");
        assert_eq!(at(&after), at(&before));
        let fields = Fields::parse(&after);
        assert!(fields.image.contains(&camera));
        let artist = Field { tag: ARTIST, kind: 2, data: "José\0".as_bytes().to_vec() };
        assert!(fields.image.contains(&artist));
        assert_eq!(fields.image.len(), 3);
        assert!(exif::clean(after).is_ok_and(|cleaned| !cleaned.damaged));
    }
}

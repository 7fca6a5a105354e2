//! The boxes of a HEIF file (ISO/IEC 14496-12 and 23008-12): which items there are, what they are, and
//! where their bytes stand. Nothing is decoded; every length is checked against the file's.

use super::Refused;
use lote_protocol::text;

/// A box: its type and its content.
pub(crate) type Part<'a> = ([u8; 4], &'a [u8]);

/// Walks the boxes in `bytes`; ends at the first that is damaged or cut off.
pub(crate) fn boxes(mut bytes: &[u8]) -> impl Iterator<Item = Part<'_>> {
    std::iter::from_fn(move || {
        let mut reader = Reader(bytes);
        let (short, kind) = (reader.u32()?, reader.array()?);
        let (header, len) = match short {
            0 => (8, bytes.len()),
            1 => (16, usize::try_from(reader.number(8)?).ok()?),
            short => (8, short as usize),
        };
        let content = bytes.get(header..len)?;
        bytes = &bytes[len..];
        Some((kind, content))
    })
}

/// Reads numbers from the front of a slice.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    /// A number of `len` bytes, 0..=8, the highest first.
    pub(crate) fn number(&mut self, len: usize) -> Option<u64> {
        let bytes = self.take(len)?;
        (len <= 8).then(|| bytes.iter().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    /// The version and the flags that many boxes begin with.
    fn version(&mut self) -> Option<(u8, u32)> {
        let word = self.u32()?;
        Some(((word >> 24) as u8, word & 0x00ff_ffff))
    }

    /// An id, which has become longer in later versions.
    fn id(&mut self, long: bool) -> Option<u32> {
        if long { self.u32() } else { self.u16().map(u32::from) }
    }

    /// A text that ends with 0.
    fn text(&mut self) -> Option<&'a [u8]> {
        let end = self.0.iter().position(|&byte| byte == 0)?;
        let text = &self.0[..end];
        self.0 = &self.0[end + 1..];
        Some(text)
    }
}

/// A property of an item.
#[derive(Debug, Clone, Copy)]
pub(super) enum Property<'a> {
    /// Columns and rows, px.
    Size(u32, u32),
    /// Primaries, transfer function, matrix (ITU-T H.273), and whether samples have the full range.
    Signal([u8; 3], bool),
    /// An ICC profile.
    Icc(&'a [u8]),
    /// Quarter turns counter-clockwise.
    Turn(u8),
    /// Whether left and right change places, else top and bottom.
    Mirror(bool),
    /// What is shown of it: width, height, and by how much the middle is off, as fractions.
    Crop([u32; 8]),
    /// What a decoder of HEVC has to know before.
    Configuration(&'a [u8]),
    /// What an auxiliary picture is.
    Auxiliary(&'a [u8]),
    /// Which layer is meant; `0xffff` is all of them.
    Layer(u16),
    /// Something that no pixel depends on.
    Described,
    /// Something else; its pixels may depend on it.
    Other([u8; 4]),
}

impl<'a> Property<'a> {
    fn read((kind, content): Part<'a>) -> Option<Self> {
        let mut reader = Reader(content);
        Some(match &kind {
            b"ispe" => {
                reader.version()?;
                Self::Size(reader.u32()?, reader.u32()?)
            }
            b"colr" => match &reader.array()? {
                b"nclx" => {
                    let [_, primaries, _, transfer, _, matrix] = reader.array()?;
                    Self::Signal([primaries, transfer, matrix], reader.u8()? & 0x80 != 0)
                }
                b"prof" | b"rICC" => Self::Icc(reader.0),
                _ => Self::Other(kind),
            },
            b"irot" => Self::Turn(reader.u8()? & 3),
            b"imir" => Self::Mirror(reader.u8()? & 1 == 1),
            b"clap" => {
                let mut all = [0; 8];
                for number in &mut all {
                    *number = reader.u32()?;
                }
                Self::Crop(all)
            }
            b"auxC" => {
                reader.version()?;
                Self::Auxiliary(reader.text()?)
            }
            b"hvcC" => Self::Configuration(content),
            b"lsel" => Self::Layer(reader.u16()?),
            // The layer that all decoders show.
            b"a1op" if content == [0] => Self::Described,
            b"av1C" | b"pixi" | b"pasp" | b"clli" | b"mdcv" | b"cclv" | b"amve" | b"a1lx"
            | b"udes" | b"altt" | b"crtt" | b"mdft" | b"rloc" => Self::Described,
            _ => Self::Other(kind),
        })
    }
}

/// An item of a file.
#[derive(Debug, Clone, Default)]
pub(super) struct Item<'a> {
    pub(super) id: u32,
    /// `av01`, `grid`, `Exif`, `mime` …
    pub(super) kind: [u8; 4],
    /// The media type of a `mime`.
    pub(super) mime: &'a [u8],
    /// Whether the bytes of a `mime` are compressed.
    pub(super) is_compressed: bool,
    /// Its bytes, in parts.
    pub(super) parts: Vec<&'a [u8]>,
    /// Its properties in order, and whether who does not know one must not show it.
    pub(super) properties: Vec<(Property<'a>, bool)>,
    /// What it refers to: how, and which items.
    pub(super) references: Vec<([u8; 4], Vec<u32>)>,
}

impl Item<'_> {
    /// The items that it refers to so.
    pub(super) fn references(&self, kind: [u8; 4]) -> &[u32] {
        let found = self.references.iter().find(|(known, _)| *known == kind);
        found.map_or(&[][..], |(_, ids)| ids.as_slice())
    }

    pub(super) fn size(&self) -> Option<(u32, u32)> {
        self.properties.iter().find_map(|(property, _)| match *property {
            Property::Size(width, height) => Some((width, height)),
            _ => None,
        })
    }

    /// Its bytes, put together.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.parts.concat()
    }
}

/// All items of a file.
pub(super) struct Items<'a> {
    pub(super) all: Vec<Item<'a>>,
    pub(super) primary: u32,
}

/// More items than a picture of many tiles has.
const MAX_ITEMS: usize = 20_000;

impl<'a> Items<'a> {
    pub(super) fn read(file: &'a [u8]) -> Result<Self, Refused> {
        let meta = boxes(file).find(|(kind, _)| kind == b"meta");
        let (_, meta) = meta.ok_or_else(|| {
            // An animation may do without.
            let is_animation = boxes(file).any(|(kind, _)| &kind == b"moov");
            if is_animation {
                Refused::Unsupported(text!("an animation without a still picture"))
            } else {
                Refused::Damaged(text!("it has no list of what is in it"))
            }
        })?;
        Self::of(file, meta.get(4..).unwrap_or_default())
            .ok_or_else(|| Refused::Damaged(text!("the list of what is in it is cut off")))?
    }

    /// `None` if a box is cut off.
    fn of(file: &'a [u8], meta: &'a [u8]) -> Option<Result<Self, Refused>> {
        let part =
            |kind: &[u8; 4]| boxes(meta).find(|(k, _)| k == kind).map(|(_, content)| content);
        let mut primary = Reader(part(b"pitm")?);
        let (version, _) = primary.version()?;
        let mut items = Self { all: Vec::new(), primary: primary.id(version > 0)? };

        let mut list = Reader(part(b"iinf")?);
        let (version, _) = list.version()?;
        let count = list.id(version > 0)? as usize;
        if count > MAX_ITEMS {
            return Some(Err(Refused::Damaged(text!("it has too many parts"))));
        }
        items.all = boxes(list.0).take(count).filter_map(described).collect();

        let data = part(b"idat").unwrap_or_default();
        if let Some(places) = part(b"iloc") {
            items.place(places, file, data)?;
        }
        if let Some(properties) = part(b"iprp") {
            items.add_properties(properties)?;
        }
        if let Some(references) = part(b"iref") {
            items.add_references(references)?;
        }
        // Parts that overlap could make more of a file than there is.
        let overlap =
            |item: &Item<'_>| item.parts.iter().map(|part| part.len()).sum::<usize>() > file.len();
        if items.all.iter().any(overlap) {
            return Some(Err(Refused::Damaged(text!("its parts overlap"))));
        }
        Some(Ok(items))
    }

    pub(super) fn find(&self, id: u32) -> Option<&Item<'a>> {
        self.all.iter().find(|item| item.id == id)
    }

    fn find_mut(&mut self, id: u32) -> Option<&mut Item<'a>> {
        self.all.iter_mut().find(|item| item.id == id)
    }

    /// Reads where the bytes of items stand; those that stand elsewhere have none.
    fn place(&mut self, places: &'a [u8], file: &'a [u8], data: &'a [u8]) -> Option<()> {
        let mut reader = Reader(places);
        let (version, _) = reader.version()?;
        let sizes = reader.u16()?;
        let size = |at: u32| usize::from(sizes >> at & 15);
        let (offset_len, len_len, base_len) = (size(12), size(8), size(4));
        let index_len = if version == 0 { 0 } else { size(0) };
        let count = reader.id(version > 1)?;
        for _ in 0..count {
            let id = reader.id(version > 1)?;
            let method = if version == 0 { 0 } else { reader.u16()? & 15 };
            let elsewhere = reader.u16()? != 0;
            let base = reader.number(base_len)?;
            let extents = reader.u16()?;
            let mut parts = Vec::new();
            for _ in 0..extents {
                reader.number(index_len)?;
                let start = reader.number(offset_len)?.checked_add(base)?;
                let len = usize::try_from(reader.number(len_len)?).ok()?;
                let from = match method {
                    0 => file,
                    1 => data,
                    _ => continue,
                };
                let rest = usize::try_from(start).ok().and_then(|start| from.get(start..));
                // A length of 0 is all that there is.
                let part =
                    rest.and_then(|rest| if len == 0 { Some(rest) } else { rest.get(..len) });
                if let Some(part) = part.filter(|_| !elsewhere) {
                    parts.push(part);
                } else {
                    parts.clear();
                    break;
                }
            }
            if let Some(item) = self.find_mut(id) {
                item.parts = parts;
            }
        }
        Some(())
    }

    fn add_properties(&mut self, properties: &'a [u8]) -> Option<()> {
        let (_, known) = boxes(properties).find(|(kind, _)| kind == b"ipco")?;
        let known: Vec<_> = boxes(known).map(Property::read).collect();
        for (_, links) in boxes(properties).filter(|(kind, _)| kind == b"ipma") {
            let mut reader = Reader(links);
            let (version, flags) = reader.version()?;
            let count = reader.u32()?;
            for _ in 0..count {
                let id = reader.id(version > 0)?;
                let links = reader.u8()?;
                let mut found = Vec::new();
                for _ in 0..links {
                    let (essential, index) = if flags & 1 == 1 {
                        let link = reader.u16()?;
                        (link >> 15 == 1, usize::from(link & 0x7fff))
                    } else {
                        let link = reader.u8()?;
                        (link >> 7 == 1, usize::from(link & 0x7f))
                    };
                    if index > 0 {
                        found.push(((*known.get(index - 1)?)?, essential));
                    }
                }
                if let Some(item) = self.find_mut(id) {
                    item.properties.extend(found);
                }
            }
        }
        Some(())
    }

    fn add_references(&mut self, references: &'a [u8]) -> Option<()> {
        let mut reader = Reader(references);
        let (version, _) = reader.version()?;
        for (kind, content) in boxes(reader.0) {
            let mut reader = Reader(content);
            let from = reader.id(version > 0)?;
            let count = reader.u16()?;
            let to: Option<Vec<_>> = (0..count).map(|_| reader.id(version > 0)).collect();
            let to = to?;
            if let Some(item) = self.find_mut(from) {
                item.references.push((kind, to));
            }
        }
        Some(())
    }
}

/// What a list says of an item.
fn described((kind, content): Part<'_>) -> Option<Item<'_>> {
    let mut reader = Reader(content);
    let (version, _) = reader.version()?;
    if &kind != b"infe" || !matches!(version, 2 | 3) {
        return None;
    }
    let id = reader.id(version == 3)?;
    let protected = reader.u16()? != 0;
    let kind: [u8; 4] = reader.array()?;
    let kind = if protected { *b"prot" } else { kind };
    let (mime, is_compressed) = if &kind == b"mime" {
        reader.text()?;
        (reader.text()?, reader.text().is_some_and(|encoding| !encoding.is_empty()))
    } else {
        (&[][..], false)
    };
    Some(Item { id, kind, mime, is_compressed, ..Item::default() })
}

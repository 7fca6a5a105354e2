//! Still pictures in the container HEIF (ISO/IEC 23008-12), which is that of AVIF. A codec gives planes;
//! what they are of, how they are put together, turned and coloured is said here.

pub(super) mod boxes;
pub(super) mod planes;

use std::ops::Range;

use lote_protocol::lang::Text;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::Limits;
use lote_protocol::text;

use self::boxes::{Item, Items, Property, Reader, boxes};
use self::planes::{Planes, Signal};
use super::extent::{Declared, HeaderReader};
use super::table::Format;
use super::{Source, limit};
use crate::metadata::orientation::{Orientation, upright};
use crate::metadata::{Metadata, exif};
use crate::picture::{Picture, Samples};
use crate::pool::Pool;

/// Why a picture is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refused {
    Damaged(Text),
    Unsupported(Text),
}

impl Refused {
    fn of(self, format: &Format) -> Failure {
        let name = format.name;
        match self {
            Self::Damaged(why) => {
                Failure::new(FailureKind::Damaged, text!("the {} is damaged: {}", name, why))
            }
            Self::Unsupported(why) => Failure::new(
                FailureKind::Unsupported,
                text!("{} files of this kind are not supported: {}", name, why),
            ),
        }
    }
}

/// A picture of a file, as it is coded.
pub(super) struct Coded<'a> {
    pub(super) bytes: Vec<u8>,
    /// What a decoder has to know before, if the file says it apart.
    #[cfg_attr(not(feature = "heic"), expect(dead_code, reason = "only HEVC asks for it"))]
    pub(super) configuration: Option<&'a [u8]>,
    /// Its size, px.
    pub(super) size: (u32, u32),
}

/// Decodes a picture of exactly the size that is stated.
pub(super) type Decode = fn(Coded<'_>) -> Result<Planes, Refused>;

/// What codes the pictures in a file.
pub(super) struct Codec {
    /// The kind of its items.
    pub(super) item: [u8; 4],
    pub(super) decode: Decode,
    /// Whether all that is shown was decoded, where decoding does not say so.
    pub(super) is_whole: fn(&Planes) -> bool,
}

/// Whether a file begins with one of these brands, or names it among the first that it is
/// compatible with.
pub(super) fn has_brand(head: &[u8], brands: &[&[u8; 4]]) -> bool {
    let [_, _, _, _, b'f', b't', b'y', b'p', rest @ ..] = head else { return false };
    let len = (u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize).saturating_sub(8);
    let mut named = rest[..len.min(rest.len())].as_chunks::<4>().0.iter().enumerate();
    named.any(|(at, brand)| at != 1 && brands.contains(&brand))
}

/// How many boxes are looked at before a file is read.
const LOOKED_AT: usize = 600;

/// The size of the picture as a file turns and crops it, else the largest that it states, and whether it
/// states alpha or more than 8 bits.
pub(super) fn declared(header: &mut HeaderReader<'_>) -> Declared {
    let mut looked_at = 0;
    let mut within =
        |header: &mut HeaderReader<'_>, (mut at, end): (u64, u64), wanted: &[u8; 4]| {
            while at.checked_add(8)? <= end && looked_at < LOOKED_AT {
                looked_at += 1;
                let len = match header.be32(at)? {
                    0 => end - at,
                    1 => return None,
                    len => len.into(),
                };
                if header.at(at + 4)? == *wanted {
                    return Some((at + 8, (at + len).min(end)));
                }
                at = at.checked_add(len.max(8))?;
            }
            None
        };
    let (start, end) = within(header, (0, u64::from(u32::MAX)), b"meta")?;
    let primary = within(header, (start + 4, end), b"pitm");
    let (start, end) = within(header, (start + 4, end), b"iprp")?;
    let associations = within(header, (start, end), b"ipma");
    let (mut at, end) = within(header, (start, end), b"ipco")?;
    let (mut properties, mut largest) = (Vec::new(), (0, 0));
    let (mut has_alpha, mut deep) = (false, false);
    while at + 8 <= end && looked_at < LOOKED_AT {
        looked_at += 1;
        let len = u64::from(header.be32(at)?);
        let kind = header.at(at + 4)?;
        properties.push((kind, at + 8));
        match &kind {
            b"ispe" => {
                let size = (header.be32(at + 12)?, header.be32(at + 16)?);
                let area = |(width, height): (u32, u32)| u64::from(width) * u64::from(height);
                if area(size) > area(largest) {
                    largest = size;
                }
            }
            b"auxC" => {
                // So much of it tells them from others.
                let urn = header.at::<26>(at + 12)?;
                has_alpha |= ALPHA.iter().any(|alpha| alpha.as_bytes().starts_with(&urn));
            }
            b"pixi" => {
                let [bits] = header.at(at + 13)?;
                deep |= bits > 8;
            }
            _ => {}
        }
        at += len.max(8);
    }
    let numbers = primary.zip(associations).and_then(|((primary, _), associations)| {
        let [version, ..] = header.at::<4>(primary)?;
        let primary = header.id(&mut (primary + 4), version > 0)?;
        associated(header, associations, primary)
    });
    let of_primary: Vec<_> =
        numbers.iter().flatten().filter_map(|number| properties.get(*number).copied()).collect();
    let (width, height) = shown_size(header, &of_primary).unwrap_or(largest);
    let pixel_bytes = if has_alpha { 4 } else { 3 } * if deep { 2 } else { 1 };
    let is_configuration = |(kind, _): &&([u8; 4], u64)| matches!(kind, b"hvcC" | b"av1C");
    let own = of_primary.iter().rfind(is_configuration).copied();
    let tiled = own.is_none().then_some(pixel_bytes);
    let of_tiles = || properties.iter().filter(is_configuration).copied().collect();
    for (kind, at) in own.map_or_else(of_tiles, |own| vec![own]) {
        let bytes = match &kind {
            b"hvcC" => hevc_bytes(&header.at(at)?, tiled),
            _ => av1_bytes(header.at(at)?),
        };
        header.decoder_bytes = header.decoder_bytes.max(bytes);
    }
    Some((width, height, pixel_bytes))
}

/// What decoding takes up for a pixel of a picture of AV1, bytes, if it is more than usual, by its configuration (AV1
/// Codec ISO Media File Format Binding, 2.3.3). As measured of 16 megapixels, and rounded up.
fn av1_bytes([_, _, flags]: [u8; 3]) -> u64 {
    let (is_deep, is_mono) = (flags & 0x40 != 0, flags & 0x10 != 0);
    let (is_narrow, is_low) = (flags & 0x08 != 0, flags & 0x04 != 0);
    match (is_deep, is_narrow, is_low) {
        _ if is_mono => 0,
        (false, true, false) => 7,
        (false, false, false) => 10,
        (true, false, false) => 13,
        _ => 0,
    }
}

/// What decoding takes up for a pixel of a picture of HEVC, bytes, by its configuration (ISO/IEC 14496-15,
/// 8.3.3.1). Of one that is put together of tiles: its planes beside the picture, which has so many bytes a pixel.
fn hevc_bytes(configuration: &[u8; 18], tiled: Option<u64>) -> u64 {
    let [_, profile, .., chroma, bits] = configuration.map(u64::from);
    let (chroma, bits) = (chroma & 3, (bits & 7) + 8);
    // Of 4:2:0 one and a half.
    let planes = [1, 2, 2, 3][chroma as usize];
    let is_extended = chroma != 1 || bits > 10 || profile & 31 == 4;
    match tiled {
        Some(pixel_bytes) => 2 * planes + pixel_bytes,
        // Planes of 32 bits, a copy of one of them, and what is known of blocks.
        None if is_extended => 4 * planes + 4 + 2,
        // Planes of 16 bits, twice, and what is known of blocks.
        None => 9,
    }
}

/// The numbers of the properties of an item, from 0 on and in their order (ISO/IEC 23008-12, 9.3.1).
fn associated(
    header: &mut HeaderReader<'_>,
    (start, end): (u64, u64),
    item: u32,
) -> Option<Vec<usize>> {
    let [version, _, _, flags] = header.at(start)?;
    let len = if flags & 1 == 1 { 2 } else { 1 };
    let mut at = start + 8;
    for _ in 0..header.be32(start + 4)? {
        if at >= end {
            return None;
        }
        let id = header.id(&mut at, version > 0)?;
        let [count] = header.at(at)?;
        at += 1;
        if id == item {
            let number = |index: u64| {
                let number = match len {
                    1 => u16::from(header.at::<1>(at + index)?[0] & 0x7f),
                    _ => u16::from_be_bytes(header.at(at + 2 * index)?) & 0x7fff,
                };
                usize::from(number).checked_sub(1)
            };
            return Some((0..count.into()).filter_map(number).collect());
        }
        at += u64::from(count) * len;
    }
    None
}

/// The size of a picture of these properties, turned and cropped; each is its kind and where its content is.
fn shown_size(header: &mut HeaderReader<'_>, properties: &[([u8; 4], u64)]) -> Option<(u32, u32)> {
    let mut size = None;
    for &(kind, at) in properties {
        match (&kind, size) {
            (b"ispe", _) => size = Some((header.be32(at + 4)?, header.be32(at + 8)?)),
            (b"irot", Some((width, height))) if header.at::<1>(at)?[0] & 1 == 1 => {
                size = Some((height, width));
            }
            (b"clap", Some(_)) => {
                let mut side = |at| header.be32(at)?.checked_div(header.be32(at + 4)?);
                size = Some((side(at)?, side(at + 8)?));
            }
            _ => {}
        }
    }
    size
}

/// What auxiliary pictures are called that are alpha.
const ALPHA: [&str; 2] =
    ["urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", "urn:mpeg:hevc:2015:auxid:1"];

/// Reads the primary picture of a file, turned and cropped as the file says.
pub(super) fn decode(
    format: &'static Format,
    codec: &Codec,
    bytes: &[u8],
    limits: &Limits,
    pool: &mut Pool,
) -> Result<Source, Failure> {
    let refuse = |refused: Refused| refused.of(format);
    let items = Items::read(bytes).map_err(refuse)?;
    let primary = items
        .find(items.primary)
        .ok_or_else(|| Refused::Damaged(text!("its picture is missing")))
        .map_err(refuse)?;
    let mut notes = Vec::new();
    if boxes(bytes).any(|(kind, _)| &kind == b"moov") {
        notes.push(text!("animation: only the first frame is kept"));
    }
    let file = HeifFile { format, codec, limits, items: &items };
    let alpha = file.auxiliaries(primary, &mut notes).map_err(refuse)?;
    let color = file.planes(primary)?;
    if !(codec.is_whole)(&color) {
        return Err(refuse(Refused::Damaged(text!("a part of its picture is missing"))));
    }
    let premultiplied = alpha.is_some_and(|alpha| primary.references(*b"prem").contains(&alpha.id));
    let alpha = alpha.map(|alpha| file.planes(alpha)).transpose()?;
    if alpha.as_ref().is_some_and(|alpha| alpha.size() != color.size()) {
        return Err(refuse(Refused::Unsupported(text!("its alpha is of another size"))));
    }
    let mut metadata = Metadata::default();
    let signal = file.signal(primary, &color, &mut metadata);
    let picture = color.picture(signal, alpha.as_ref(), premultiplied).map_err(refuse)?;
    drop((color, alpha));
    let picture = turned(picture, primary, pool).map_err(refuse)?;
    file.blocks(&mut metadata, &mut notes);
    Ok(Source { metadata, notes, ..Source::still(picture) })
}

/// A file being read.
struct HeifFile<'a> {
    format: &'static Format,
    codec: &'a Codec,
    limits: &'a Limits,
    items: &'a Items<'a>,
}

/// A picture that is put together of more tiles than this is none of a camera's.
const MAX_TILES: usize = 4096;

/// The media type of XMP.
const XMP: &[u8] = b"application/rdf+xml";

/// Side of the largest block that codecs work in, px.
const BLOCK: usize = 64;

impl<'a> HeifFile<'a> {
    /// Finds what belongs to a picture: its alpha; the rest is named.
    fn auxiliaries(
        &self,
        primary: &Item<'_>,
        notes: &mut Vec<Text>,
    ) -> Result<Option<&'a Item<'a>>, Refused> {
        let mut alpha = None;
        let (mut depth, mut gain) = (false, false);
        for item in &self.items.all {
            gain |= &item.kind == b"tmap";
            if !item.references(*b"auxl").contains(&primary.id) {
                continue;
            }
            let kind = item.properties.iter().find_map(|(property, _)| match *property {
                Property::Auxiliary(kind) => Some(kind),
                _ => None,
            });
            let kind = str::from_utf8(kind.unwrap_or_default()).unwrap_or_default();
            if ALPHA.contains(&kind) {
                if alpha.replace(item).is_some() {
                    return Err(Refused::Unsupported(text!("it has several alphas")));
                }
            } else if kind.contains("depth") || kind == "urn:mpeg:hevc:2015:auxid:2" {
                depth = true;
            } else if kind.contains("hdrgainmap") {
                gain = true;
            }
        }
        for (is_there, what) in [(depth, text!("depth map")), (gain, text!("gain map"))] {
            if is_there {
                notes.push(text!("{} left out: only the picture itself is kept", what));
            }
        }
        Ok(alpha)
    }

    /// The planes of a picture, which may be put together of tiles.
    fn planes(&self, item: &Item<'_>) -> Result<Planes, Failure> {
        let refuse = |refused: Refused| refused.of(self.format);
        for &(property, essential) in &item.properties {
            match property {
                Property::Layer(0xffff) => {}
                Property::Layer(_) | Property::Other([b'a', b'1', b'o', b'p']) => {
                    return Err(refuse(Refused::Unsupported(text!("a layer of it is meant"))));
                }
                Property::Other(_) if essential => {
                    return Err(refuse(Refused::Unsupported(text!("it has an unknown property"))));
                }
                _ => {}
            }
        }
        let size = item
            .size()
            .ok_or_else(|| Refused::Damaged(text!("its size is missing")))
            .map_err(refuse)?;
        limit::check(self.limits, self.format, size, 1, 6)?;
        if item.kind == self.codec.item {
            return self.coded(item, size).map_err(refuse);
        }
        if &item.kind != b"grid" {
            let why = match &item.kind {
                b"av01" | b"hvc1" | b"avc1" | b"jpeg" | b"j2k1" | b"vvc1" => {
                    text!("it is of another codec")
                }
                b"unci" => text!("it is not compressed"),
                b"iovl" => text!("pictures are laid over one another"),
                b"iden" => text!("it is made of another picture"),
                _ => text!("its picture is of an unknown kind"),
            };
            return Err(refuse(Refused::Unsupported(why)));
        }
        let (columns, rows, stated) = grid(&item.bytes())
            .ok_or_else(|| Refused::Damaged(text!("its tiles are cut off")))
            .map_err(refuse)?;
        let tiles = item.references(*b"dimg");
        if stated != size || tiles.len() != columns * rows || tiles.len() > MAX_TILES {
            return Err(refuse(Refused::Damaged(text!("its tiles do not fit together"))));
        }
        self.grid(tiles, columns, (size.0 as usize, size.1 as usize)).map_err(refuse)
    }

    fn grid(
        &self,
        tiles: &[u32],
        columns: usize,
        (width, height): (usize, usize),
    ) -> Result<Planes, Refused> {
        let mut whole: Option<(Planes, Planes)> = None;
        for (number, id) in tiles.iter().enumerate() {
            let item =
                self.items.find(*id).ok_or_else(|| Refused::Damaged(text!("a tile is missing")))?;
            if self.items.all.iter().any(|other| other.references(*b"auxl").contains(id)) {
                return Err(Refused::Unsupported(text!(
                    "its tiles have alpha or depth of their own"
                )));
            }
            let is_plain = item.properties.iter().all(|(property, _)| {
                !matches!(property, Property::Turn(_) | Property::Mirror(_) | Property::Crop(_))
            });
            if item.kind != self.codec.item || !is_plain {
                return Err(Refused::Unsupported(text!("its tiles are not plain pictures")));
            }
            let size = item
                .size()
                .ok_or_else(|| Refused::Damaged(text!("the size of a tile is missing")))?;
            let (across, down) = (size.0 as usize, size.1 as usize);
            let rows = tiles.len() / columns;
            // All tiles are of one size, only the last ones stand out, and by less than a block.
            let fits = |tile: usize, count: usize, side: usize| {
                tile * count >= side
                    && tile * (count - 1) < side
                    && tile <= side.next_multiple_of(BLOCK)
            };
            if !fits(across, columns, width) || !fits(down, rows, height) {
                return Err(Refused::Damaged(text!("its tiles do not fit together")));
            }
            let tile = self.coded(item, size)?;
            let (first, whole) =
                whole.get_or_insert_with(|| (tile.blank(across, down), tile.blank(width, height)));
            if !tile.is_like(first) {
                return Err(Refused::Unsupported(text!("its tiles are not alike")));
            }
            let (column, row) = (number % columns, number / columns);
            for (i, (to, from)) in whole.all.iter_mut().zip(&tile.all).enumerate() {
                let (x, y) = if i == 0 { (0, 0) } else { tile.coarse };
                to.put(from, column * (across >> x), row * (down >> y));
            }
        }
        whole.map(|(_, whole)| whole).ok_or_else(|| Refused::Damaged(text!("it has no tiles")))
    }

    fn coded(&self, item: &Item<'_>, size: (u32, u32)) -> Result<Planes, Refused> {
        let bytes = item.bytes();
        if bytes.is_empty() {
            return Err(Refused::Damaged(text!("it is cut off")));
        }
        let configuration = item.properties.iter().find_map(|(property, _)| match *property {
            Property::Configuration(bytes) => Some(bytes),
            _ => None,
        });
        let planes = (self.codec.decode)(Coded { bytes, configuration, size })?;
        if planes.size() != (size.0 as usize, size.1 as usize) {
            return Err(Refused::Damaged(text!("its picture is of another size than it says")));
        }
        Ok(planes)
    }

    /// How samples are to be read: what the container says goes before the bitstream.
    fn signal(&self, item: &Item<'_>, planes: &Planes, metadata: &mut Metadata) -> Signal {
        let mut signal = planes.signal;
        // Of a grid, its tiles may say it.
        let tile = item.references(*b"dimg").first().and_then(|id| self.items.find(*id));
        for item in tile.filter(|_| &item.kind == b"grid").into_iter().chain([item]) {
            for (property, _) in &item.properties {
                match *property {
                    Property::Signal([primaries, transfer, matrix], full_range) => {
                        signal = Signal { primaries, transfer, matrix, full_range };
                    }
                    Property::Icc(profile) => metadata.icc = Some(profile.to_vec()),
                    _ => {}
                }
            }
        }
        let Signal { primaries, transfer, .. } = signal;
        // What is not said is sRGB.
        if metadata.icc.is_none() && !matches!((primaries, transfer), (1 | 2, 2 | 13)) {
            metadata.signal.read_chunk(*b"cICP", &[primaries, transfer, 0, 1]);
        }
        signal
    }

    /// EXIF and XMP. The picture is turned by the file's own properties, never by EXIF.
    fn blocks(&self, metadata: &mut Metadata, notes: &mut Vec<Text>) {
        let describes = |item: &Item<'_>| item.references(*b"cdsc").contains(&self.items.primary);
        let about_it = |item: &&Item<'_>| describes(item) || item.references(*b"cdsc").is_empty();
        let mut items: Vec<_> = self.items.all.iter().filter(about_it).collect();
        // What says which picture it is about goes before what does not.
        items.sort_by_key(|item| !describes(item));
        for item in items {
            let len: usize = item.parts.iter().map(|part| part.len()).sum();
            if len as u64 > self.limits.max_metadata_bytes {
                if &item.kind == b"Exif" || item.mime == XMP {
                    notes.push(text!("metadata left out: they are longer than the limit"));
                }
                continue;
            }
            if &item.kind == b"Exif" && metadata.exif.is_none() {
                let bytes = item.bytes();
                let mut reader = Reader(&bytes);
                let start = reader.u32().unwrap_or(u32::MAX) as usize;
                let Some(block) = reader.0.get(start..) else { continue };
                match exif::clean(block.to_vec()) {
                    Ok(cleaned) => metadata.exif = Some(cleaned.exif),
                    Err(why) => notes.push(text!("EXIF left out: {}", why)),
                }
            }
            if item.mime == XMP && metadata.xmp.is_none() {
                if item.is_compressed {
                    notes.push(text!("XMP left out: it is compressed"));
                } else {
                    metadata.xmp = Some(item.bytes());
                }
            }
        }
    }
}

/// Columns, rows and size of a grid.
fn grid(bytes: &[u8]) -> Option<(usize, usize, (u32, u32))> {
    let mut reader = Reader(bytes);
    let [_, flags, rows, columns] = reader.array()?;
    let size = if flags & 1 == 1 {
        (reader.u32()?, reader.u32()?)
    } else {
        (reader.u16()?.into(), reader.u16()?.into())
    };
    Some((usize::from(columns) + 1, usize::from(rows) + 1, size))
}

/// The picture as the properties of its item have it, in their order.
fn turned(mut picture: Picture, item: &Item<'_>, pool: &mut Pool) -> Result<Picture, Refused> {
    for (property, _) in &item.properties {
        picture = match *property {
            Property::Turn(quarters) => {
                let orientation = match quarters {
                    0 => Orientation::Upright,
                    1 => Orientation::ThreeQuarterTurn,
                    2 => Orientation::HalfTurn,
                    _ => Orientation::QuarterTurn,
                };
                upright(picture, orientation, pool)
            }
            Property::Mirror(true) => upright(picture, Orientation::MirrorColumns, pool),
            Property::Mirror(false) => upright(picture, Orientation::MirrorRows, pool),
            Property::Crop(area) => cropped(&picture, area)?,
            _ => picture,
        };
    }
    Ok(picture)
}

/// A part of a picture (ISO/IEC 14496-12, 12.1.4): its size, and by how much its middle is off that
/// of the whole, as fractions. What does not begin and end between pixels is refused.
fn cropped(picture: &Picture, area: [u32; 8]) -> Result<Picture, Refused> {
    let place = |side: u32, [size, size_by, off, off_by]: [u32; 4]| {
        let (size, size_by) = (i64::from(size), i64::from(size_by));
        let (off, off_by) = (2 * i64::from(off as i32), i64::from(off_by));
        if size_by == 0 || off_by == 0 || size % size_by != 0 || off % off_by != 0 {
            return None;
        }
        let size = size / size_by;
        // Twice the place of the first pixel.
        let start = i64::from(side) - size + off / off_by;
        let fits = size > 0 && start >= 0 && start % 2 == 0 && start / 2 + size <= side.into();
        fits.then_some((start as usize / 2, size as usize))
    };
    let [a, b, c, d, e, f, g, h] = area;
    let (Some((left, width)), Some((top, height))) =
        (place(picture.width, [a, b, e, f]), place(picture.height, [c, d, g, h]))
    else {
        return Err(Refused::Unsupported(text!("it is cropped between pixels")));
    };
    let count = picture.channels.count();
    let (rows, columns) = (top..top + height, left * count..(left + width) * count);
    let samples = match &picture.samples {
        Samples::U8(samples) => Samples::U8(part(samples, picture.row_len(), rows, columns)),
        Samples::U16(samples) => Samples::U16(part(samples, picture.row_len(), rows, columns)),
    };
    let (width, height) = (width as u32, height as u32);
    Ok(Picture { width, height, channels: picture.channels, samples })
}

/// Some columns of some rows.
fn part<T: Copy>(
    samples: &[T],
    row_len: usize,
    rows: Range<usize>,
    columns: Range<usize>,
) -> Vec<T> {
    let rows = samples.chunks_exact(row_len).skip(rows.start).take(rows.len());
    rows.flat_map(|row| &row[columns.clone()]).copied().collect()
}

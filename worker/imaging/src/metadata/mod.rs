//! What goes with pixels in a file. Every format reads into one [`Metadata`] and writes from it, so
//! that a block moves to its place in another format: EXIF, XMP, IPTC, comments, resolution, and
//! what the samples mean as colours.

pub(crate) mod exif;
pub(crate) mod exif_block;
pub(crate) mod exif_fields;
pub(crate) mod iptc;
pub(crate) mod maker_note;
pub(crate) mod orientation;
pub(crate) mod photoshop;
mod policy;
pub(crate) mod resolution;
pub(crate) mod text;
mod turn;
pub(crate) mod xmp;

use crate::color::Signal;
use crate::holds::{Holds, Texts};
use crate::metadata::exif_fields::Fields;
use crate::metadata::photoshop::Resource;
use crate::metadata::resolution::Resolution;
use crate::metadata::text::Text;
use crate::metadata::xmp::{Fate, Name, namespace};
use lote_protocol::{lang, text};
use orientation::Orientation;

/// What goes with the pixels. Orientation has already been applied to them, and all blocks say so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// ICC profile of the samples.
    pub(crate) icc: Option<Vec<u8>>,
    /// What a PNG says of its colours beside a profile.
    pub(crate) signal: Signal,
    /// EXIF block: a TIFF structure, without a format's own prefix.
    pub(crate) exif: Option<Vec<u8>>,
    /// XMP packet.
    pub(crate) xmp: Option<Vec<u8>>,
    /// IPTC-IIM: datasets.
    pub(crate) iptc: Option<Vec<u8>>,
    /// Resources of Photoshop, without IPTC.
    pub(crate) photoshop: Vec<Resource>,
    /// Comments, and other texts of a PNG.
    pub(crate) texts: Vec<Text>,
    /// Pixels by length, as the file's own header states it.
    pub(crate) resolution: Option<Resolution>,
}

impl Metadata {
    /// Whether there is nothing.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// About how many bytes it takes up.
    pub(crate) fn len(&self) -> usize {
        let blocks = [&self.icc, &self.exif, &self.xmp, &self.iptc];
        let blocks: usize = blocks.into_iter().flatten().map(Vec::len).sum();
        blocks
            + photoshop::build(&self.photoshop, None).len()
            + self.texts.iter().map(Text::len).sum::<usize>()
    }

    /// Takes the resources of a Photoshop block, IPTC among them.
    pub(crate) fn add_photoshop(&mut self, block: &[u8]) {
        let (resources, iptc) = photoshop::parse(block);
        self.photoshop.extend(resources);
        if iptc.is_some() {
            self.iptc = iptc;
        }
    }

    /// The block of Photoshop's resources, IPTC among them; `None` if there is nothing.
    pub(crate) fn photoshop_block(&self) -> Option<Vec<u8>> {
        let block = photoshop::build(&self.photoshop, self.iptc.as_deref());
        (!block.is_empty()).then_some(block)
    }

    /// The resolution that the header or else EXIF states.
    pub(crate) fn resolution(&self) -> Option<Resolution> {
        self.resolution
            .or_else(|| self.exif.as_deref().and_then(Resolution::from_exif))
            .filter(Resolution::is_sound)
    }

    /// Whether it states other resolutions across and down.
    pub(crate) fn is_uneven(&self) -> bool {
        self.resolution().is_some_and(|stated| stated.x != stated.y)
    }

    /// Has the resolutions across and down change places, as the sides of the picture do in a quarter
    /// turn. Blocks in which they are the same stay as they are.
    pub(crate) fn turn_resolution(&mut self) {
        if let Some(exif) = &mut self.exif
            && let Some(stated) = Resolution::from_exif(exif).filter(|stated| stated.x != stated.y)
        {
            *exif = exif::with(exif, &stated.turned().fields());
        }
        self.resolution = self.resolution.map(Resolution::turned);
        photoshop::turn_resolution(&mut self.photoshop);
    }

    /// Leaves out what is longer than a limit or damaged, makes all blocks say that the picture is
    /// upright; returns how it has to be turned for that to be true.
    pub(crate) fn put_in_order(
        &mut self,
        max_bytes: u64,
        notes: &mut Vec<lang::Text>,
    ) -> Orientation {
        let mut orientation = Orientation::Upright;
        let mut too_long = |what: lang::Text, len: usize| {
            let is_long = len as u64 > max_bytes;
            if is_long {
                notes.push(text!(
                    "{} left out: {} KiB are more than the limit of {} KiB",
                    what,
                    len >> 10,
                    max_bytes >> 10
                ));
            }
            is_long
        };
        let len = |block: &Option<Vec<u8>>| block.as_ref().map_or(0, Vec::len);
        if too_long("EXIF".into(), len(&self.exif)) {
            self.exif = None;
        }
        if too_long("XMP".into(), len(&self.xmp)) {
            self.xmp = None;
        }
        if too_long("IPTC".into(), len(&self.iptc)) {
            self.iptc = None;
        }
        if too_long(text!("ICC profile"), len(&self.icc)) {
            self.icc = None;
        }
        if too_long(text!("Photoshop's resources"), photoshop::build(&self.photoshop, None).len()) {
            self.photoshop.clear();
        }
        if too_long(text!("texts"), self.texts.iter().map(Text::len).sum()) {
            self.texts.clear();
        }
        if let Some(block) = self.exif.take() {
            match exif::clean(block) {
                Ok(cleaned) => {
                    orientation = cleaned.orientation;
                    self.exif = Some(cleaned.exif);
                    if orientation.swaps_sides() {
                        self.turn_resolution();
                    }
                    if cleaned.damaged {
                        notes.push(text!("EXIF is damaged: entries left out"));
                    }
                }
                Err(why) => notes.push(text!("EXIF left out: {}", why)),
            }
        }
        if let Some(packet) = self.xmp.take() {
            if describes_other_pixels(&packet) {
                self.xmp = xmp::rewrite(&packet, &without_other_pixels, &[]);
                if self.xmp.is_none() {
                    notes.push(text!("XMP left out: it is damaged"));
                }
            } else {
                self.xmp = Some(packet);
            }
        }
        orientation
    }

    /// States the size of the picture, px, in blocks that state one.
    pub(crate) fn set_size(&mut self, width: u32, height: u32) {
        if let Some(block) = &mut self.exif {
            *block = exif::with_size(block, width, height);
        }
        if let Some(packet) = &mut self.xmp
            && SIZES.iter().any(|(_, local, _)| contains(packet, local))
        {
            let fate = |name: Name<'_>| {
                let size = SIZES.iter().find(|(space, local, _)| {
                    (*space, *local) == (name.space, name.local) && name.is_property
                });
                size.map_or(Fate::Keep, |(_, _, is_width)| {
                    Fate::Value(if *is_width { width } else { height }.to_string())
                })
            };
            if let Some(sized) = xmp::rewrite(packet, &fate, &[]) {
                *packet = sized;
            }
        }
    }

    /// States that samples are sRGB now, in blocks that state something else.
    pub(crate) fn states_srgb(&mut self) {
        if let Some(block) = &mut self.exif {
            *block = exif::with_srgb(block);
        }
    }

    /// Leaves out what a format cannot hold; what that is is noted.
    pub(crate) fn fit(&mut self, holds: Holds, name: &str, notes: &mut Vec<lang::Text>) {
        let mut lost =
            |what: lang::Text| notes.push(text!("{} left out: {} holds none", what, name));
        let resolution = self.resolution();
        if !holds.exif && self.exif.take().is_some() {
            lost("EXIF".into());
        }
        if !holds.xmp && self.xmp.take().is_some() {
            lost("XMP".into());
        }
        if !holds.iptc {
            if self.iptc.take().is_some() {
                lost("IPTC".into());
            }
            if !self.photoshop.is_empty() {
                self.photoshop.clear();
                lost(text!("Photoshop's resources"));
            }
        }
        match holds.texts {
            Texts::All => {}
            Texts::Comments => {
                let before = self.texts.len();
                self.texts.retain(Text::is_comment);
                if self.texts.len() < before {
                    lost(text!("texts with keywords"));
                }
            }
            Texts::None => {
                if !self.texts.is_empty() {
                    self.texts.clear();
                    lost(text!("comments"));
                }
            }
        }
        self.resolution = resolution.filter(|_| holds.resolution);
        if let Some(resolution) = resolution.filter(|r| r.has_a_unit() && !holds.resolution) {
            if !holds.exif {
                lost(text!("resolution"));
            } else if self.exif.as_deref().and_then(Resolution::from_exif) != Some(resolution) {
                let exif = self.exif.take().unwrap_or_else(|| Fields::default().build());
                self.exif = Some(exif::with(&exif, &resolution.fields()));
            }
        }
    }
}

/// Sizes of the picture that a packet may state: namespace, name, and whether it is the width.
const SIZES: [(&str, &str, bool); 4] = [
    (namespace::TIFF, "ImageWidth", true),
    (namespace::TIFF, "ImageLength", false),
    (namespace::EXIF, "PixelXDimension", true),
    (namespace::EXIF, "PixelYDimension", false),
];

/// Properties that are true of the file that was read only.
fn without_other_pixels(name: Name<'_>) -> Fate {
    match (name.space, name.local) {
        (namespace::TIFF, "Orientation") => Fate::Value("1".into()),
        // The picture before, and what stood behind it in its file: a gain map, a film.
        (namespace::GAIN_MAP, _)
        | (namespace::CONTAINER, "Directory")
        | (namespace::XMP, "Thumbnails") => Fate::Drop,
        (namespace::CAMERA, local)
            if local.starts_with("MotionPhoto") || local.starts_with("MicroVideo") =>
        {
            Fate::Drop
        }
        _ => Fate::Keep,
    }
}

/// Whether a packet may have properties that [`without_other_pixels`] changes.
fn describes_other_pixels(packet: &[u8]) -> bool {
    [
        "Orientation",
        "hdr-gain-map",
        "photos/1.0/container",
        "MotionPhoto",
        "MicroVideo",
        "Thumbnails",
    ]
    .iter()
    .any(|word| contains(packet, word))
}

fn contains(packet: &[u8], word: &str) -> bool {
    packet.windows(word.len()).any(|bytes| bytes == word.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::exif_block::Field;
    use crate::metadata::resolution::LengthUnit;

    fn of(orientation: u16) -> Metadata {
        let stated = Resolution::whole(240, 120, LengthUnit::Inch);
        let mut image = stated.fields().to_vec();
        image.insert(0, Field::short(0x0112, orientation));
        Metadata {
            exif: Some(Fields { image, ..Fields::default() }.build()),
            resolution: Some(stated),
            ..Metadata::default()
        }
    }

    #[test]
    fn a_resolution_is_turned_with_its_picture() {
        for (orientation, across, down) in
            [(1, 240, 120), (3, 240, 120), (6, 120, 240), (7, 120, 240)]
        {
            let mut metadata = of(orientation);
            let mut notes = Vec::new();
            metadata.put_in_order(1 << 20, &mut notes);
            let wanted = Resolution::whole(across, down, LengthUnit::Inch);
            assert_eq!(metadata.resolution, Some(wanted), "{orientation}");
            assert_eq!(metadata.exif.as_deref().and_then(Resolution::from_exif), Some(wanted));
            assert!(notes.is_empty(), "{notes:?}");
        }
    }
}

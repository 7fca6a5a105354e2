//! How the outputs of a plan are called: what their patterns ask of each image, found out once.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use lote_imaging::filters::exact_size;
use lote_imaging::formats::{Format, HEAD_BYTES, Sniffed, TIFF, find, sniff};
use lote_protocol::filter::VariantSpec;
use lote_protocol::format::FormatId;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::Page;
use lote_protocol::text;

use super::collide::{self, Copies, Reserved};
use super::pattern::{Facts, Number, Pattern};
use super::sniff::read_head;
use super::special::Exceptions;
use super::taken::{Taken, taken};
use super::{IfCollides, Image, Past, PlanError, Request, names};
use crate::system::files::open_regular;

/// How the outputs of a plan are called.
#[derive(Debug, Clone)]
pub(super) struct Naming {
    /// Of every variant.
    patterns: Vec<Pattern>,
    /// Of every image, if a pattern asks for it; and so the next two.
    numbers: Vec<Number>,
    moments: Vec<DateTime>,
    /// Of every output, image by image, px; `None` where the pattern asks for it and it cannot be told.
    sizes: Vec<Option<(u32, u32)>>,
    copies: Copies,
    /// Of every output, image by image, if its path has been settled elsewhere: the path, and whether what
    /// is there may be replaced.
    given: Vec<(PathBuf, bool)>,
}

impl Naming {
    /// Of outputs whose paths are settled elsewhere.
    pub(super) fn given() -> Self {
        Self {
            patterns: Vec::new(),
            numbers: Vec::new(),
            moments: Vec::new(),
            sizes: Vec::new(),
            copies: Copies::default(),
            given: Vec::new(),
        }
    }

    /// Adds the next output.
    pub(super) fn give(&mut self, path: PathBuf, replace: bool) {
        self.given.push((path, replace));
    }

    /// Whether what is in an output's place may be replaced; `usual` where nothing else was settled.
    pub(super) fn replaces(
        &self,
        image: usize,
        variant: usize,
        variants: usize,
        usual: bool,
    ) -> bool {
        self.given.get(image * variants + variant).map_or(usual, |(_, replace)| *replace)
    }

    /// Finds out what the patterns of the variants ask for.
    pub(super) fn new(
        request: &Request,
        patterns: Vec<Pattern>,
        (variants, exceptions): (&[VariantSpec], &Exceptions),
        images: &[Image],
        past: &impl Past,
        base: &Path,
    ) -> Result<Self, PlanError> {
        let mut naming = Self { patterns, ..Self::given() };
        let origin = |image: &Image| {
            let path = base.join(&image.path);
            request.spool.as_ref().map_or_else(|| path.clone(), |spool| spool.name(&path))
        };
        if naming.any(Pattern::counts) {
            let files =
                images.iter().filter(|image| image.page.is_none_or(|page| page.number == 1));
            let recorded = files.map(|image| past.number(&origin(image)));
            let numbers = numbers(recorded.collect(), past.highest_number());
            naming.numbers = images.iter().map(|image| numbers[image.file]).collect();
        }
        if naming.any(Pattern::asks_when) || naming.any(Pattern::asks_size) {
            naming.look(variants, exceptions, images)?;
        }
        let kept = kept(past, images, base);
        naming.settle(request, variants, images, &kept)?;
        Ok(naming)
    }

    fn any(&self, asks: fn(&Pattern) -> bool) -> bool {
        self.patterns.iter().any(asks)
    }

    /// Where an output goes below the output folder; `again` is its number, if above 1, among
    /// existing files of that name.
    pub(super) fn path(
        &self,
        image: &Image,
        place: (usize, usize),
        variant: (&VariantSpec, Option<FormatId>),
        variants: usize,
        again: u32,
    ) -> PathBuf {
        if let Some((path, _)) = self.given.get(place.0 * variants + place.1) {
            return path.clone();
        }
        let copy = self.copies.of(place);
        let format = variant.1.and_then(find).or(image.format);
        let ending = names::output_ending(&image.ending, format);
        let facts = self.facts(image, place, variant.0, variants, (format, &ending));
        self.patterns[place.1].path(&Facts { copy, again, ..facts })
    }

    /// Why an output cannot be called as its pattern says.
    pub(super) fn failure(&self, image: usize, variant: usize, variants: usize) -> Option<Failure> {
        let is_unknown = self.sizes.get(image * variants + variant) == Some(&None);
        is_unknown.then(|| {
            let why = text!("its header does not tell the size that its name is to hold");
            Failure::new(FailureKind::Damaged, why)
        })
    }

    /// The number of an image, if images are counted.
    pub(super) fn number(&self, image: usize) -> Option<Number> {
        self.numbers.get(image).copied()
    }

    fn facts<'a>(
        &self,
        image: &'a Image,
        place: (usize, usize),
        variant: &'a VariantSpec,
        variants: usize,
        (format, ending): (Option<&'a Format>, &'a OsStr),
    ) -> Facts<'a> {
        Facts {
            stem: &image.stem,
            dir: image.name.parent().unwrap_or(Path::new("")),
            variant: &variant.name,
            number: self.numbers.get(place.0).copied().unwrap_or(Number { value: 1, digits: 1 }),
            page: image.page.unwrap_or(Page { number: 1, of: 1 }),
            moment: self.moments.get(place.0).copied().unwrap_or(DateTime::ZERO),
            size: self
                .sizes
                .get(place.0 * variants + place.1)
                .copied()
                .flatten()
                .unwrap_or_default(),
            format: format.map_or("", |format| format.id.name()),
            extension: ending,
            copy: 1,
            again: 1,
        }
    }

    /// Sees to it that all outputs have different paths.
    fn settle(
        &mut self,
        request: &Request,
        variants: &[VariantSpec],
        images: &[Image],
        kept: &Reserved,
    ) -> Result<(), PlanError> {
        let formats: Vec<_> =
            variants.iter().map(|one| one.encoding(&request.encoding).format).collect();
        // Where each variant has its folder, two images have the same outputs in all or in none, but
        // for the formats that they are in and for names of their own.
        let is_alike = formats.iter().all(|format| *format == formats[0])
            && self.patterns.iter().all(|pattern| *pattern == self.patterns[0]);
        let is_parted = is_alike && self.patterns[0].parts_variants();
        let checked = if is_parted { 1 } else { variants.len() };
        let used = images.iter().enumerate().filter(|(_, image)| image.failure.is_none());
        let outputs = used.flat_map(|(image, _)| (0..checked).map(move |variant| (image, variant)));
        let outputs = outputs
            .filter(|(image, variant)| self.failure(*image, *variant, variants.len()).is_none());
        let path = |(image, variant): (usize, usize), copy| {
            let format = formats[variant].and_then(find).or(images[image].format);
            let ending = names::output_ending(&images[image].ending, format);
            let (place, spec) = ((image, variant), &variants[variant]);
            let facts = self.facts(&images[image], place, spec, variants.len(), (format, &ending));
            self.patterns[variant].path(&Facts { copy, ..facts })
        };
        let settled =
            collide::settle(outputs, path, kept, request.if_collides == IfCollides::Rename);
        self.copies = settled.map_err(|refused| match refused.first.first() {
            Some(((one, first), (other, second))) if one == other => PlanError::VariantsCollide {
                count: refused.count,
                one: variants[*first].name.clone(),
                other: variants[*second].name.clone(),
                image: images[*one].path.clone(),
            },
            Some(((one, variant), (other, _))) if images[*one].file == images[*other].file => {
                PlanError::PagesCollide {
                    variant: variants[*variant].name.clone(),
                    image: images[*one].path.clone(),
                }
            }
            _ => PlanError::Collision {
                count: refused.count,
                first: refused
                    .first
                    .iter()
                    .map(|(one, other)| (images[one.0].path.clone(), images[other.0].path.clone()))
                    .collect(),
            },
        })?;
        self.copies.same_for_all_variants = checked < variants.len();
        Ok(())
    }

    /// Reads dates and sizes from the heads of files.
    fn look(
        &mut self,
        variants: &[VariantSpec],
        exceptions: &Exceptions,
        images: &[Image],
    ) -> Result<(), PlanError> {
        for (place, image) in images.iter().enumerate() {
            let (taken, size) = match image.failure {
                None => peek(&image.path).unwrap_or_default(),
                Some(_) => Default::default(),
            };
            self.moments.push(taken.moment.unwrap_or_else(|| modified(image.modified_ns)));
            if !self.any(Pattern::asks_size) {
                continue;
            }
            let upright = size.map(|(w, h)| if taken.is_turned { (h, w) } else { (w, h) });
            for (index, variant) in variants.iter().enumerate() {
                if !self.patterns[index].asks_size() {
                    self.sizes.push(Some((0, 0)));
                    continue;
                }
                if image.page.is_some() && image.source == Some(&TIFF) {
                    return Err(PlanError::PageSizeUnknown { image: image.path.clone() });
                }
                let special = exceptions.of(place, index);
                let variant = special.map_or(variant, |special| &special.variant);
                let result = exact_size(&variant.steps, upright.unwrap_or((1, 1)));
                let size = result.map_err(|filter| PlanError::SizeUnknown {
                    variant: variant.name.clone(),
                    filter: filter.to_owned(),
                })?;
                self.sizes.push(upright.map(|_| size));
            }
        }
        Ok(())
    }
}

/// What the first bytes of a file tell of when it was taken and how large it is, px.
fn peek(path: &Path) -> Option<(Taken, Option<(u32, u32)>)> {
    let mut file = open_regular(path).ok()?;
    let mut head = [0; HEAD_BYTES];
    let read = read_head(&mut file, &mut head).ok()?;
    let Sniffed::Known(format) = sniff(&head[..read]) else { return None };
    Some(facts_of(format, &head[..read], &mut file))
}

fn facts_of(
    format: &Format,
    head: &[u8],
    file: &mut (impl Read + Seek),
) -> (Taken, Option<(u32, u32)>) {
    (taken(format, file), format.size(head, file))
}

/// The names that are kept for images, as no two can be told apart by every system.
fn kept(past: &impl Past, images: &[Image], base: &Path) -> Reserved {
    let names = past.kept_names();
    if names.is_empty() {
        return Reserved::default();
    }
    let number = |image: &Image| image.page.map(|page| page.number);
    let places = images.iter().enumerate();
    let places = places.map(|(place, image)| ((base.join(&image.path), number(image)), place));
    let places: HashMap<_, _> = places.collect();
    let kept = |(name, image, page): (&Path, &Path, Option<u32>)| {
        (names::fold(name.as_os_str()), places.get(&(image.to_owned(), page)).copied())
    };
    names.into_iter().map(kept).collect()
}

/// When a file was last changed, in UTC.
fn modified(modified_ns: Option<i64>) -> DateTime {
    let time = Timestamp::from_nanosecond(i128::from(modified_ns.unwrap_or(0)));
    time.unwrap_or_default().to_zoned(TimeZone::UTC).datetime()
}

/// The numbers of images in plan order: those on record, as far as no two have the same, and then
/// the ones that follow.
fn numbers(recorded: Vec<Option<Number>>, before: u32) -> Vec<Number> {
    let mut taken = HashSet::new();
    let kept: Vec<_> = recorded
        .into_iter()
        .map(|number| number.filter(|number| taken.insert(number.value)))
        .collect();
    let highest = taken.iter().max().copied().unwrap_or(0).max(before);
    let new = kept.iter().filter(|number| number.is_none()).count() as u32;
    let digits = (highest + new).max(1).ilog10() as usize + 1;
    let mut next = highest;
    let number = |known: Option<Number>| {
        known.unwrap_or_else(|| {
            next += 1;
            Number { value: next, digits }
        })
    };
    kept.into_iter().map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_keep_the_numbers_that_are_on_record_and_new_ones_follow() {
        let known = |value, digits| Some(Number { value, digits });
        let values = |recorded| {
            let numbers = numbers(recorded, 0).into_iter();
            numbers.map(|one| (one.value, one.digits)).collect::<Vec<_>>()
        };
        assert_eq!(values(vec![None, None]), [(1, 1), (2, 1)]);
        assert_eq!(values(vec![None; 10])[9], (10, 2));
        let some = vec![known(9, 1), None, known(2, 1), known(9, 1), None];
        assert_eq!(values(some), [(9, 1), (10, 2), (2, 1), (11, 2), (12, 2)]);
        assert_eq!(numbers(vec![None], 41)[0].value, 42, "others have had the numbers before");
    }

    #[test]
    fn a_time_of_change_is_told_in_utc() {
        let expected = DateTime::constant(2001, 9, 9, 1, 46, 40, 0);
        assert_eq!(modified(Some(1_000_000_000_000_000_000)), expected);
    }
}

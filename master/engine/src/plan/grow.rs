//! A plan that grows: images come one by one, each with what is to be made of it and where that goes,
//! which has been settled elsewhere.

use std::path::PathBuf;

use lote_protocol::encoding::Encoding;
use lote_protocol::filter::{FilterCall, VariantSpec};
use lote_protocol::task::Page;

use super::naming::Naming;
use super::scan::Found;
use super::sniff::{Look, look};
use super::special::{Exceptions, Special};
use super::{AssetFile, LeftOut, OutputState, Plan, image, split};
use lote_protocol::outcome::Failure;

/// What all images of a plan that grows have in common.
#[derive(Debug, Clone)]
pub struct Rules {
    /// What is made of them: one file each, so that a variant of several stands there several times.
    pub variants: Vec<VariantSpec>,
    /// What the filters of each of those need beside the image.
    pub assets: Vec<Vec<AssetFile>>,
    /// How outputs are encoded where their variants do not say it.
    pub encoding: Encoding,
    /// The folder that outputs go below, absolute.
    pub output: PathBuf,
    /// Links lead nowhere but into these folders.
    pub within: Vec<PathBuf>,
}

/// An image that comes.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// Where it is, absolute.
    pub path: PathBuf,
    /// What reports call it.
    pub name: PathBuf,
    /// Its place among those of the job, from 1.
    pub number: u64,
    /// The frame or page that it is, if its file has several and it is one of them.
    pub page: Option<Page>,
    /// What is to be made of it, by variant, ascending.
    pub outputs: Vec<Given>,
}

/// An output whose path has been settled.
#[derive(Debug, Clone)]
pub struct Given {
    /// Its variant, as its place in [`Rules::variants`].
    pub variant: u32,
    /// Where it goes, below the output folder.
    pub path: PathBuf,
    /// Whether a file that is there may be replaced.
    pub replace: bool,
    /// What makes it, and what that needs beside the image, if not what its variant says.
    pub special: Option<(Vec<FilterCall>, Vec<AssetFile>)>,
}

/// An image that has come and been looked at.
#[derive(Debug)]
pub struct Seen {
    arrival: Arrival,
    look: Result<Look, Failure>,
}

impl Arrival {
    /// Looks at its file, which may take as long as a disk does. It is not decoded.
    pub fn look(self) -> Seen {
        let look = look(&self.path);
        Seen { arrival: self, look }
    }

    /// The same image, which cannot be used for that reason.
    pub fn unusable(self, why: Failure) -> Seen {
        Seen { arrival: self, look: Err(why) }
    }
}

impl Plan {
    /// A plan without images.
    pub fn growing(rules: Rules) -> Self {
        let Rules { variants, assets, encoding, output, within } = rules;
        Self {
            variants,
            images: Vec::new(),
            units: Vec::new(),
            problems: Vec::new(),
            left_out: LeftOut::default(),
            states: Vec::new(),
            output,
            naming: Naming::given(),
            encoding,
            replace: false,
            base: PathBuf::new(),
            assets,
            exceptions: Exceptions::default(),
            within,
            spool: None,
        }
    }

    /// Adds an image to a plan that grows, and unless it cannot be used its unit. Variants that are not
    /// asked for count as skipped. Returns its place.
    pub fn grow(&mut self, seen: Seen) -> usize {
        let Seen { arrival, look } = seen;
        let place = self.images.len();
        let Arrival { path, name, number, page, outputs } = arrival;
        let file = number.saturating_sub(1) as usize;
        let found = Found { place: path.clone(), path, name, link: false, look };
        let image = super::Image { page, ..image(file, found) };
        let mut outputs = outputs.into_iter().peekable();
        for variant in 0..self.variants.len() {
            let given = outputs.next_if(|given| given.variant as usize == variant);
            let state = match (&given, &image.failure) {
                (None, _) => OutputState::Skipped,
                (Some(_), Some(failure)) => OutputState::Failed(failure.clone()),
                (Some(_), None) => OutputState::Planned { number: 1 },
            };
            self.states.push(state);
            let Some(Given { path, replace, special, .. }) = given else {
                self.naming.give(PathBuf::new(), false);
                continue;
            };
            self.naming.give(path, replace);
            if let Some((steps, assets)) = special {
                let variant_spec = VariantSpec { steps, ..self.variants[variant].clone() };
                let special = Special { variant: variant_spec, assets };
                self.exceptions.add(place, variant, special);
            }
        }
        self.images.push(image);
        let work = self.work_on(place);
        if !work.variants.is_empty() {
            self.units.extend(split::split(vec![work], 1));
        }
        place
    }
}

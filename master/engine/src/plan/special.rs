//! What single images have otherwise, found out once.

use std::collections::HashMap;
use std::path::{MAIN_SEPARATOR_STR, Path};

use lote_protocol::filter::VariantSpec;

use super::{AssetFile, Image, PlanError, Request, assets};

/// What single images have otherwise.
#[derive(Debug, Clone, Default)]
pub(super) struct Exceptions {
    /// By the places of image and variant.
    special: HashMap<(usize, usize), Special>,
    /// The images that are named and not there.
    pub(super) unmatched: Vec<String>,
}

/// What an image has in place of a variant.
#[derive(Debug, Clone)]
pub(super) struct Special {
    pub(super) variant: VariantSpec,
    pub(super) assets: Vec<AssetFile>,
}

impl Exceptions {
    /// Of these images; `variants` are those of the plan, by their files.
    pub(super) fn new(
        request: &Request,
        variants: &[VariantSpec],
        images: &[Image],
        base: &Path,
    ) -> Result<Self, PlanError> {
        let mut all = Self::default();
        if request.exceptions.is_empty() {
            return Ok(all);
        }
        let mut by_name: HashMap<&Path, Vec<usize>> = HashMap::new();
        for (place, image) in images.iter().enumerate() {
            by_name.entry(&image.name).or_default().push(place);
        }
        for exception in &request.exceptions {
            // What is wrong is said whether the image is there or not.
            exception.variant(&mut request.variants.clone())?;
            let name = exception.image.replace('/', MAIN_SEPARATOR_STR);
            let Some(places) = by_name.get(Path::new(&name)) else {
                if !all.unmatched.contains(&exception.image) {
                    all.unmatched.push(exception.image.clone());
                }
                continue;
            };
            for image in places {
                let own = variants.iter().enumerate();
                for (place, variant) in own.filter(|(_, one)| one.name == exception.variant) {
                    let special = all.special.entry((*image, place)).or_insert_with(|| Special {
                        variant: variant.clone(),
                        assets: Vec::new(),
                    });
                    exception.apply(&mut special.variant)?;
                }
            }
        }
        for ((image, _), special) in &mut all.special {
            let name = images[*image].stem.to_str();
            let variants = std::slice::from_ref(&special.variant);
            let found = assets(variants, base, &request.within, &Vec::from_iter(name))?;
            special.assets = found.into_iter().flatten().collect();
        }
        Ok(all)
    }

    /// Adds what an image has in place of a variant.
    pub(super) fn add(&mut self, image: usize, variant: usize, special: Special) {
        self.special.insert((image, variant), special);
    }

    /// What an image has in place of a variant, if anything.
    pub(super) fn of(&self, image: usize, variant: usize) -> Option<&Special> {
        self.special.get(&(image, variant))
    }

    /// All that images have in place of variants.
    pub(super) fn all(&self) -> impl Iterator<Item = &Special> {
        self.special.values()
    }

    /// All files that are needed.
    pub(super) fn assets(&self) -> impl Iterator<Item = &AssetFile> {
        self.special.values().flat_map(|special| &special.assets)
    }
}

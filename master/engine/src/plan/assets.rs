//! Files that filters need beside the images: found, read and hashed before the run, so that what is
//! missing or cannot be used ends it before it begins.
//!
//! A font that a text needs is looked for among those of the system; which one is taken depends on
//! nothing but what is installed.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use lote_imaging::filters::Asset as Content;
use lote_imaging::formats::{Sniffed, sniff};
use lote_imaging::text::{Facts, Fonts, fill_in};
use lote_protocol::filter::{FilterCall, ParamKind, Params, VariantSpec};
use lote_protocol::lang::Text;
use lote_protocol::task;
use lote_protocol::text;
use lote_worker::assets::MAX_BYTES;
use sha2::{Digest, Sha256};

use super::error::reason;
use super::fonts::SystemFonts;
use super::{AssetFile, Plan, PlanError};
use crate::catalogue::{self, specs};
use crate::system::files::{open_inside, open_regular};

/// Where a server keeps, below its output folder, the files that pages have sent for parameters.
pub const KEPT_ASSETS: &str = ".lote/assets";

impl Plan {
    /// What those variants of an image need, each once.
    pub(super) fn assets_of(&self, image: usize, variants: &[u32]) -> Vec<AssetFile> {
        let mut assets: Vec<AssetFile> = Vec::new();
        for asset in variants.iter().flat_map(|variant| self.needs(image, *variant as usize)) {
            if !assets.contains(asset) {
                assets.push(asset.clone());
            }
        }
        assets
    }

    /// What the filters of each variant need beside any image.
    pub fn assets_by_variant(&self) -> &[Vec<AssetFile>] {
        &self.assets
    }

    /// What an image needs in a variant.
    pub fn needs(&self, image: usize, variant: usize) -> &[AssetFile] {
        let special = self.exceptions.of(image, variant).map(|special| &special.assets);
        special.or_else(|| self.assets.get(variant)).map_or(&[], Vec::as_slice)
    }

    /// The steps that need files which they name, each with those; of the same files once.
    pub fn steps_with_files(&self) -> Vec<(FilterCall, Vec<AssetFile>)> {
        let usual = self.variants.iter().zip(&self.assets);
        let special = self.exceptions.all().map(|special| (&special.variant, &special.assets));
        let mut found: Vec<(FilterCall, Vec<AssetFile>)> = Vec::new();
        for (variant, assets) in usual.chain(special) {
            for step in &variant.steps {
                let named = catalogue::files(step);
                let named = named.filter(|(param, _)| matches!(param.kind, ParamKind::File { .. }));
                let names: Vec<_> = named.map(|(_, name)| name).collect();
                let needed = assets.iter().filter(|one| names.contains(&one.asset.name.as_str()));
                let needed: Vec<_> = needed.cloned().collect();
                let is_known = found
                    .iter()
                    .any(|(other, files)| other.filter == step.filter && *files == needed);
                if !needed.is_empty() && !is_known {
                    found.push((step.clone(), needed));
                }
            }
        }
        found
    }

    /// The content of all that an image needs in a variant, as one text; `None` if it needs nothing.
    pub fn assets_digest(&self, image: usize, variant: usize) -> Option<String> {
        let assets = self.needs(image, variant);
        if assets.is_empty() {
            return None;
        }
        let mut all = Sha256::new();
        for AssetFile { asset, .. } in assets {
            all.update(asset.sha256);
            all.update(asset.index.to_le_bytes());
        }
        Some(HEXLOWER.encode(&all.finalize()))
    }
}

/// What each of the variants needs; relative paths begin at `base`. Unless there are none, links lead
/// nowhere but into the folders `within`. `names` are those of images, which a text may show.
pub fn assets(
    variants: &[VariantSpec],
    base: &Path,
    within: &[PathBuf],
    names: &[&str],
) -> Result<Vec<Vec<AssetFile>>, PlanError> {
    // Those of pages stay in the output folder.
    let own = base.ends_with(KEPT_ASSETS).then(|| base.ancestors().nth(2)).flatten();
    let own = own.map(|output| [output.to_owned()]);
    let within = own.as_ref().map_or(within, |output| output.as_slice());
    let of_variant = |variant: &VariantSpec| {
        let steps = variant.steps.iter().map(|step| of_step(step, (base, within), names));
        Ok(steps.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    };
    variants.iter().map(of_variant).collect()
}

/// The files that those variants name themselves, as paths from `base` on; a font that is no file
/// there is one of the system.
pub fn named_files(variants: &[VariantSpec], base: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for step in variants.iter().flat_map(|variant| &variant.steps) {
        // By all of its names; what cannot be called reads nothing.
        let Ok(step) = step.clone().checked(&catalogue::all()) else { continue };
        for (param, name) in catalogue::files(&step) {
            let path = base.join(name);
            if matches!(param.kind, ParamKind::File { .. }) || path.is_file() {
                files.push(path);
            }
        }
    }
    files
}

/// The folder that paths begin at, and those that links may lead to.
type Places<'a> = (&'a Path, &'a [PathBuf]);

fn of_step(
    step: &FilterCall,
    (base, within): Places<'_>,
    names: &[&str],
) -> Result<Vec<AssetFile>, PlanError> {
    let mut found = Vec::new();
    let Some(spec) = specs().iter().find(|spec| spec.id == step.filter) else {
        return Ok(found);
    };
    let params = Params::new(spec, &step.params);
    for param in spec.params {
        let name = params.text(param.id);
        match param.kind {
            ParamKind::File { endings } => {
                let path = base.join(name);
                let ending = path.extension().unwrap_or_default().to_string_lossy();
                if !endings.contains(&ending.to_ascii_lowercase().as_str()) {
                    let reason =
                        text!("{} takes files that end in {}", spec.id, endings.join(", "));
                    return Err(PlanError::Asset { path, reason });
                }
                let (asset, content) = load(name, &path, 0, within)?;
                if !is_like(content.bytes(), &ending.to_ascii_lowercase()) {
                    let reason =
                        text!("its content is not what a file that ends in {} has", &*ending);
                    return Err(PlanError::Asset { path, reason });
                }
                found.push(asset);
            }
            // What has a font has a text to write with it.
            ParamKind::Font => {
                found.extend(fonts(name, params.text("texto"), (base, within), names)?);
            }
            _ => {}
        }
    }
    Ok(found)
}

/// Whether the first bytes are those of a file that ends so, or of another one that serves as well. What
/// is within is a worker's business.
pub fn is_like(content: &[u8], ending: &str) -> bool {
    let starts = |magics: &[&[u8]]| magics.iter().any(|magic| content.starts_with(magic));
    let is_text = || std::str::from_utf8(content).is_ok_and(|text| !text.contains('\0'));
    match ending {
        "png" | "webp" | "svg" => {
            matches!(sniff(content), Sniffed::Known(_)) || is_text() && content.contains(&b'<')
        }
        "cube" => is_text(),
        _ => starts(&[b"\0\x01\0\0", b"OTTO", b"ttcf", b"true"]),
    }
}

/// The fonts that it takes to write a text: the one that was named, if one was, and others for what
/// it and the one that is part of the program lack.
fn fonts(
    name: &str,
    text: &str,
    (base, within): Places<'_>,
    names: &[&str],
) -> Result<Vec<AssetFile>, PlanError> {
    let mut found = Vec::new();
    let mut contents = Vec::new();
    if !name.is_empty() {
        let file = base.join(name);
        let (path, index, within) = if file.is_file() {
            (file, 0, within)
        } else {
            let found = SystemFonts::get().family(name);
            let (path, index) = found.ok_or_else(|| PlanError::NoFont { name: name.into() })?;
            (path, index, &[][..])
        };
        let (asset, content) = load(name, &path, index, within)?;
        if content.face().is_none() {
            let reason = "it is no font that can be read".into();
            return Err(PlanError::Asset { path, reason });
        }
        found.push(asset);
        contents.push(content);
    }
    let missing_of = |text: &str, contents: &[Content], given: bool| {
        let given = if given { contents.first().and_then(Content::face) } else { None };
        let others = contents.iter().skip(usize::from(given.is_some())).filter_map(Content::face);
        Fonts::new(given, others).missing(text)
    };
    // What is different for each image is known for some only; what cannot be written of that fails
    // the image.
    let fixed = fill_in(text, &Facts::default());
    let mut all = fixed.clone();
    if text.contains('{') {
        all.extend(names.iter().copied());
    }
    let given = !name.is_empty();
    let missing = missing_of(&all, &contents, given);
    if missing.is_empty() {
        return Ok(found);
    }
    for (path, index) in SystemFonts::get().that_write(&missing) {
        let (asset, content) = load("", &path, index, &[])?;
        found.push(asset);
        contents.push(content);
    }
    let missing = missing_of(&fixed, &contents, given);
    if missing.is_empty() {
        Ok(found)
    } else {
        Err(PlanError::Unwritable { text: text.into(), missing })
    }
}

/// A file, read and hashed.
fn load(
    name: &str,
    path: &Path,
    index: u32,
    within: &[PathBuf],
) -> Result<(AssetFile, Content), PlanError> {
    let failed = |reason: Text| PlanError::Asset { path: path.to_owned(), reason };
    let bytes = read(path, within).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidInput => failed(text!("not a regular file")),
        _ => failed(reason(&error)),
    })?;
    if bytes.is_empty() || bytes.len() as u64 > MAX_BYTES {
        return Err(failed(text!("it is empty or larger than {} MiB", MAX_BYTES >> 20)));
    }
    let sha256 = Sha256::digest(&bytes).into();
    let asset = task::Asset { name: name.into(), index, sha256 };
    Ok((AssetFile { asset, path: path.into() }, Content::new(bytes, index)))
}

fn read(path: &Path, within: &[PathBuf]) -> io::Result<Vec<u8>> {
    // Anything but a regular file might never end.
    let file = if within.is_empty() { open_regular(path)? } else { open_inside(within, path)? };
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn links_lead_no_parameter_to_a_file_beyond_the_folders() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let kept = at("out").join(KEPT_ASSETS);
        fs::create_dir_all(&kept).unwrap();
        fs::create_dir(at("private")).unwrap();
        let table = b"LUT_3D_SIZE 2\n";
        fs::write(at("private/a.cube"), table).unwrap();
        fs::write(kept.join("own.cube"), table).unwrap();
        std::os::unix::fs::symlink(at("private/a.cube"), kept.join("far.cube")).unwrap();
        let found = |name: &str, base: &Path, within: &[PathBuf]| {
            let lut = format!("a=lut:archivo={name}");
            let variant = VariantSpec::parse(&lut, &catalogue::all()).unwrap();
            assets(&[variant], base, within, &[]).map(|found| found.concat().len())
        };
        // Of pages, whatever the folders of their images are.
        assert_eq!(found("own.cube", &kept, &[]).unwrap(), 1);
        for within in [&[][..], &[at("private")]] {
            assert!(found("far.cube", &kept, within).is_err());
        }
        // Of a run: anywhere, unless a record that somebody else may have written asks for it.
        let far = kept.join("far.cube").display().to_string();
        assert_eq!(found(&far, folder.path(), &[]).unwrap(), 1);
        assert_eq!(found(&far, folder.path(), &[at("private")]).unwrap(), 1);
        assert!(found(&far, folder.path(), &[at("out")]).is_err());
    }
}

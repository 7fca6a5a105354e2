//! What a job will take: some of its images are really made, to a folder that is thrown away, and
//! the others are taken to be like those that they resemble most.
//!
//! Images resemble each other that are of one format and about the same size: those of a format are
//! sorted by their pixels, those of as many pixels by their bytes, and cut into groups of the same number, and the one in the middle of a
//! group is made for all of it. Where there are few images, all are made. The bytes of an output are
//! those of the one that stands for it or, where that varies less over the sample, the same part of
//! its image's.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use lote_protocol::format::FormatId;
use serde::Serialize;
use tempfile::TempDir;

use crate::event::{Event, Place, Status, Summary};
use crate::plan::{OutputState, Plan};
use crate::report::Reporter;

/// So many images are made at most, but for one of each format.
const MOST: usize = 32;

/// What a job will take.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename = "forecast")]
pub struct Forecast {
    /// Images that something is to be made of.
    pub images: usize,
    /// Those that were made to find out.
    pub sampled: usize,
    /// Outputs to be made.
    pub outputs: usize,
    /// Those that will fail.
    pub failed: usize,
    /// What the outputs take, bytes.
    pub bytes: u64,
    /// Wall time of the job from the start of its workers, s.
    pub seconds: f64,
    /// How many work at the same time.
    pub workers: u32,
    /// By variant.
    pub variants: Vec<VariantForecast>,
}

/// What a variant will take.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VariantForecast {
    /// Its name.
    pub variant: String,
    /// The format that it asks for, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<FormatId>,
    /// Outputs to be made.
    pub outputs: usize,
    /// Those that will fail.
    pub failed: usize,
    /// What they take, bytes.
    pub bytes: u64,
}

/// The images that are made for all.
#[derive(Debug)]
pub struct Sample {
    /// For every image that something is to be made of, the one that stands for it.
    stand_ins: BTreeMap<usize, usize>,
    plan: Plan,
    ends: Ends,
    // The outputs go when it does.
    _folder: TempDir,
}

/// How outputs of the sample have ended.
#[derive(Debug, Clone, Default)]
struct Ends(Arc<Mutex<BTreeMap<Place, End>>>);

#[derive(Debug, Clone, Copy, Default)]
struct End {
    ok: bool,
    bytes: u64,
    ms: f64,
}

impl Reporter for Ends {
    fn show(&mut self, event: &Event) {
        let Event::Output(ended) = event else { return };
        if matches!(ended.status, Status::Skipped) {
            return;
        }
        let end = End {
            ok: ended.status == Status::Ok,
            bytes: ended.bytes.unwrap_or(0),
            ms: ended.ms.unwrap_or(0.0),
        };
        let mut ends = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ends.insert(ended.place, end);
    }
}

impl Sample {
    /// Of a plan that so many work on at the same time. Its folder is made where the system has
    /// temporary files.
    pub fn new(plan: &Plan, slots: usize) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("lote-forecast-").tempdir()?;
        let open = |image: usize| {
            let mut states = (0..plan.variants.len()).map(|variant| plan.state(image, variant));
            states.any(|state| matches!(state, OutputState::Planned { .. }))
        };
        let mut alike: BTreeMap<Option<FormatId>, Vec<(u64, u64, usize)>> = BTreeMap::new();
        let mut images = 0;
        for (index, image) in plan.images.iter().enumerate().filter(|(index, _)| open(*index)) {
            let pixels = image.extent.map_or(image.bytes, |extent| extent.pixels);
            alike.entry(image.content()).or_default().push((pixels, image.bytes, index));
            images += 1;
        }
        let mut stand_ins = BTreeMap::new();
        for mut group in alike.into_values() {
            group.sort_unstable();
            let parts = (group.len() * MOST / images.max(MOST)).clamp(1, group.len());
            for part in 0..parts {
                let (from, to) = (part * group.len() / parts, (part + 1) * group.len() / parts);
                let stand_in = group[usize::midpoint(from, to - 1)].2;
                stand_ins.extend(group[from..to].iter().map(|(_, _, image)| (*image, stand_in)));
            }
        }
        let made = |image, variant| {
            stand_ins.get(&image) == Some(&image)
                && matches!(plan.state(image, variant), OutputState::Planned { .. })
        };
        let plan = plan.only(made, slots).to(folder.path().to_owned());
        Ok(Self { stand_ins, plan, ends: Ends::default(), _folder: folder })
    }

    /// What is to be run to find out; its folders are not there yet.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What has to be told of that run.
    pub fn reporter(&self) -> Box<dyn Reporter> {
        Box::new(self.ends.clone())
    }

    /// What the whole `plan` will take, now that the sample has been run.
    pub fn forecast(&self, plan: &Plan, run: &Summary) -> Forecast {
        let ends = self.ends.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut variants: Vec<_> = plan
            .variants
            .iter()
            .map(|variant| VariantForecast {
                variant: variant.name.clone(),
                format: variant.files.first().and_then(|file| file.format),
                outputs: 0,
                failed: 0,
                bytes: 0,
            })
            .collect();
        let mut work_ms = 0.0;
        for (variant, sum) in variants.iter_mut().enumerate() {
            let of = |image: usize| ends.get(&Place { image, variant }).copied();
            let input = |image: usize| plan.images[image].bytes.max(1) as f64;
            let made: Vec<_> = ends
                .iter()
                .filter(|(place, end)| place.variant == variant && end.ok)
                .map(|(place, end)| (end.bytes as f64, input(place.image)))
                .collect();
            let by_part = spread(made.iter().map(|(output, input)| output / input))
                < spread(made.iter().map(|(output, _)| *output));
            for (image, stand_in) in &self.stand_ins {
                if !matches!(plan.state(*image, variant), OutputState::Planned { .. }) {
                    continue;
                }
                let end = of(*stand_in).unwrap_or_default();
                let part = if by_part { input(*image) / input(*stand_in) } else { 1.0 };
                sum.outputs += 1;
                sum.failed += usize::from(!end.ok);
                sum.bytes += (end.bytes as f64 * part).round() as u64;
                work_ms += end.ms;
            }
        }
        let made_ms: f64 = ends.values().map(|end| end.ms).sum();
        // What the sample took beyond its share of work, to start and to end, any run does.
        let seconds = run.seconds + (work_ms - made_ms) / 1000.0 / f64::from(run.workers.max(1));
        Forecast {
            images: self.stand_ins.len(),
            sampled: self.stand_ins.iter().filter(|(image, stand_in)| image == stand_in).count(),
            outputs: variants.iter().map(|one| one.outputs).sum(),
            failed: variants.iter().map(|one| one.failed).sum(),
            bytes: variants.iter().map(|one| one.bytes).sum(),
            seconds: seconds.max(0.0),
            workers: run.workers,
            variants,
        }
    }
}

/// How much values differ, relative to their mean.
fn spread(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let count = values.clone().count().max(1) as f64;
    let mean = values.clone().sum::<f64>() / count;
    (values.map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt()
        / mean.max(f64::EPSILON)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use lote_protocol::filter::VariantSpec;

    use super::*;
    use crate::plan::{Request, plan};

    fn planned(folder: &TempDir, names: impl Iterator<Item = (String, usize)>) -> Plan {
        fs::create_dir(folder.path().join("in")).unwrap();
        for (name, bytes) in names {
            let head: &[u8] = if name.contains("png") { b"\x89PNG\r\n\x1a\n" } else { b"GIF89a" };
            let path = folder.path().join("in").join(name);
            fs::write(path, [head, &vec![0; bytes]].concat()).unwrap();
        }
        let variants = VariantSpec::parse_all(&["grises"], &crate::catalogue::all()).unwrap();
        let paths = vec![folder.path().join("in")];
        plan(&Request::new(paths, folder.path().join("out"), variants)).unwrap()
    }

    #[test]
    fn few_images_stand_for_themselves_and_many_for_those_of_their_format_and_size() {
        let folder = tempfile::tempdir().unwrap();
        let few = planned(&folder, (0..9).map(|n| (format!("{n}.png"), n * 10)));
        let sample = Sample::new(&few, 2).unwrap();
        assert!(sample.stand_ins.len() == 9 && sample.stand_ins.iter().all(|(a, b)| a == b));

        let folder = tempfile::tempdir().unwrap();
        let name = |n: usize| (format!("{n:03}.{}", if n == 7 { "gif" } else { "png" }), n * 10);
        let many = planned(&folder, (0..400).map(name));
        let sample = Sample::new(&many, 2).unwrap();
        assert_eq!((sample.stand_ins.len(), sample.stand_ins[&7]), (400, 7));
        let made = sample.plan.counts().planned;
        assert!((31..=33).contains(&made), "{made}");
        for (image, stand_in) in sample.stand_ins.iter().filter(|(image, _)| **image != 7) {
            assert!(image.abs_diff(*stand_in) <= 13, "{image} {stand_in}");
        }
        assert!(!folder.path().join("out").exists());
        assert!(sample.plan.output(7, 0).starts_with(std::env::temp_dir()));
    }

    #[test]
    fn pictures_of_as_many_pixels_stand_for_those_of_about_their_bytes() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("in")).unwrap();
        // 40 x 30 px each; names and sizes are in different orders.
        let head =
            b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x28\0\0\0\x1e\x08\x02\0\0\0\xd1\xbf\xcb\x8a";
        for n in 0..128 {
            let path = folder.path().join("in").join(format!("{n:03}.png"));
            fs::write(path, [&head[..], &vec![0; n * 37 % 128 * 10]].concat()).unwrap();
        }
        let variants = VariantSpec::parse_all(&["grises"], &crate::catalogue::all()).unwrap();
        let paths = vec![folder.path().join("in")];
        let plan = plan(&Request::new(paths, folder.path().join("out"), variants)).unwrap();
        assert_eq!(plan.images[5].extent.map(|extent| extent.pixels), Some(1200));
        let sample = Sample::new(&plan, 2).unwrap();
        assert_eq!(sample.plan.counts().planned, MOST);
        for (image, stand_in) in &sample.stand_ins {
            let [one, other] = [image, stand_in].map(|image| plan.images[*image].bytes);
            assert!(one.abs_diff(other) <= 20, "{image} {stand_in}");
        }
    }
}

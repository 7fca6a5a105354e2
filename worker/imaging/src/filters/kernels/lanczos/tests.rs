//! Against Pillow's numbers, against the definition, and what holds for any picture.

use std::f64::consts::PI;

use super::*;
use crate::filters::kernels::size::Crop;

/// 5 x 3 samples of all kinds.
const SMALL: [u8; 15] = [0, 128, 74, 94, 188, 100, 86, 146, 24, 232, 2, 102, 20, 12, 78];

fn plan((width, height): (u32, u32), left: f64, top: f64, right: f64, bottom: f64) -> Plan {
    let crop = Crop { left, top, width: right - left, height: bottom - top };
    Plan { width, height, crop }
}

fn whole((width, height): (u32, u32), to: (u32, u32)) -> Plan {
    plan(to, 0.0, 0.0, f64::from(width), f64::from(height))
}

fn resampled<T: Weighted>(from: &[T], size: (u32, u32), channels: Channels, plan: &Plan) -> Vec<T> {
    let len = plan.width as usize * plan.height as usize * channels.count();
    let mut to = vec![T::default(); len];
    resample(from, size, channels, (plan, Kernel::Lanczos), &mut to, &mut Pool::new());
    to
}

/// Any samples, the same at every call.
fn noise<T: Weighted>(len: usize) -> Vec<T> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        // Extremes are frequent, so that sums leave the range of samples.
        match state >> 30 {
            0 => 0,
            1 => T::MAX,
            _ => (state >> 8) % (T::MAX + 1),
        }
    };
    (0..len).map(|_| T::new(next())).collect()
}

/// One axis of one channel as the definition says: the weighted sums of `line`, not rounded, with
/// weights in units of `unit`.
fn line_by_definition(line: &[f64], start: f64, length: f64, to: usize, unit: f64) -> Vec<f64> {
    let scale = length / to as f64;
    let stretch = scale.max(1.0);
    let sinc = |x: f64| if x == 0.0 { 1.0 } else { (x * PI).sin() / (x * PI) };
    let kernel = |x: f64| if x.abs() < 3.0 { sinc(x) * sinc(x / 3.0) } else { 0.0 };
    let sum = |position: usize| {
        let center = start + (position as f64 + 0.5) * scale;
        let first = (center - 3.0 * stretch + 0.5).max(0.0) as usize;
        let end = ((center + 3.0 * stretch + 0.5) as usize).min(line.len());
        let weights: Vec<f64> =
            (first..end).map(|at| kernel((at as f64 + 0.5 - center) / stretch)).collect();
        let total: f64 = weights.iter().sum();
        let weighted = weights.iter().map(|weight| (weight / total / unit).round() * unit);
        weighted.zip(&line[first..end]).map(|(weight, sample)| weight * sample).sum()
    };
    (0..to).map(sum).collect()
}

/// All of it as the definition says; each pass rounds.
fn by_definition<T: Weighted>(
    from: &[T],
    (width, height): (u32, u32),
    channels: Channels,
    plan: &Plan,
    unit: f64,
) -> Vec<T> {
    let (count, crop) = (channels.count(), plan.crop);
    let limit = |sum: f64| (sum + 0.5).floor().clamp(0.0, f64::from(T::MAX));
    let widths = |lines: &[Vec<f64>]| -> Vec<Vec<f64>> {
        let to = plan.width as usize;
        let line = |line: &Vec<f64>| line_by_definition(line, crop.left, crop.width, to, unit);
        lines.iter().map(|row| line(row).into_iter().map(limit).collect()).collect()
    };
    let heights = |lines: &[Vec<f64>]| -> Vec<Vec<f64>> {
        let to = plan.height as usize;
        let line = |line: &Vec<f64>| line_by_definition(line, crop.top, crop.height, to, unit);
        let columns = turned(lines);
        let columns: Vec<Vec<f64>> =
            columns.iter().map(|column| line(column).into_iter().map(limit).collect()).collect();
        turned(&columns)
    };
    let (lost_rows, lost_columns) =
        (i64::from(height) - i64::from(plan.height), i64::from(width) - i64::from(plan.width));
    let mut to = vec![T::default(); plan.width as usize * plan.height as usize * count];
    for channel in 0..count {
        let rows: Vec<Vec<f64>> = from
            .chunks(width as usize * count)
            .map(|row| row.iter().skip(channel).step_by(count).map(|v| v.get().into()).collect())
            .collect();
        let rows = if lost_rows > 0 && lost_rows > 2 * lost_columns {
            widths(&heights(&rows))
        } else {
            heights(&widths(&rows))
        };
        let samples = to.iter_mut().skip(channel).step_by(count);
        samples.zip(rows.concat()).for_each(|(to, value)| *to = T::new(value as u32));
    }
    to
}

fn turned(lines: &[Vec<f64>]) -> Vec<Vec<f64>> {
    (0..lines[0].len()).map(|x| lines.iter().map(|line| line[x]).collect()).collect()
}

const CHANNELS: [Channels; 4] =
    [Channels::Gray, Channels::GrayAlpha, Channels::Rgb, Channels::Rgba];

/// From, to: less and more than a band, a block, a tile and a piece, in all combinations.
const SIZES: [((u32, u32), (u32, u32)); 16] = [
    ((1, 1), (1, 1)),
    ((1, 1), (5, 3)),
    ((3, 5), (7, 2)),
    ((7, 2), (3, 5)),
    ((40, 33), (20, 17)),
    ((40, 33), (40, 11)),
    ((40, 33), (13, 33)),
    ((17, 16), (34, 47)),
    ((64, 50), (1, 1)),
    ((300, 1), (7, 1)),
    ((1, 300), (1, 7)),
    ((500, 37), (499, 36)),
    ((9, 120), (100, 9)),
    ((1100, 20), (400, 8)),
    ((33, 90), (30, 35)),
    ((20, 200), (33, 64)),
];

#[test]
fn small_pictures_become_what_pillow_makes_of_them() {
    let check = |plan: Plan, pillow: &[u8]| {
        let size = (plan.width, plan.height);
        assert_eq!(resampled(&SMALL, (5, 3), Channels::Gray, &plan), pillow, "{size:?}");
    };
    let seven_by_two = [36, 79, 125, 108, 59, 134, 226, 38, 71, 99, 69, 6, 63, 145];
    check(whole((5, 3), (7, 2)), &seven_by_two);
    let two_by_seven = [57, 126, 69, 132, 87, 139, 95, 127, 75, 86, 50, 50, 35, 30];
    check(whole((5, 3), (2, 7)), &two_by_seven);
    check(whole((5, 3), (1, 1)), &[87]);
    let part = [56, 131, 68, 98, 81, 122, 120, 57, 78, 104, 92, 16, 49, 95, 12, 16];
    check(plan((4, 4), 0.5, 0.25, 4.0, 2.75), &part);
    let shifted = [56, 129, 62, 110, 191, 87, 117, 113, 44, 239, 49, 92, 2, 23, 80];
    check(plan((5, 3), 0.5, 0.0, 5.0, 3.0), &shifted);

    let stripes: Vec<u8> = (0..40).map(|x| if x % 7 < 3 { 255 } else { 0 }).collect();
    let few = resampled(&stripes, (40, 1), Channels::Gray, &whole((40, 1), (3, 1)));
    assert_eq!(few, [120, 107, 111]);
    let edge = plan((4, 2), 30.0, 0.0, 31.5, 1.0);
    let enlarged = resampled(&stripes, (40, 1), Channels::Gray, &edge);
    assert_eq!(enlarged, [255, 244, 147, 38, 255, 244, 147, 38]);
}

#[test]
fn every_size_and_kind_gives_what_the_definition_says() {
    for (size, to) in SIZES {
        for channels in CHANNELS {
            let len = size.0 as usize * size.1 as usize * channels.count();
            let narrow: Vec<u8> = noise(len);
            let plan = whole(size, to);
            let expected = by_definition(&narrow, size, channels, &plan, (-22_f64).exp2());
            let ours = resampled(&narrow, size, channels, &plan);
            assert_eq!(ours, expected, "{size:?} to {to:?} {channels:?}");

            let wide: Vec<u16> = noise(len);
            let expected = by_definition(&wide, size, channels, &plan, (-50_f64).exp2());
            let ours = resampled(&wide, size, channels, &plan);
            for (ours, expected) in ours.iter().zip(&expected) {
                let what = format!("{ours} for {expected}, {size:?} to {to:?} {channels:?}");
                assert!(ours.abs_diff(*expected) <= 2, "{what}");
            }
        }
    }
}

#[test]
fn a_part_gives_what_the_definition_says() {
    let (size, channels) = ((61, 47), Channels::Rgb);
    let samples: Vec<u8> = noise(61 * 47 * 3);
    for to in [(20, 20), (61, 10), (100, 33), (5, 90)] {
        // Single precision holds these ends exactly.
        let plan = plan(to, 10.25, 3.5, 50.75, 44.0);
        let expected = by_definition(&samples, size, channels, &plan, (-22_f64).exp2());
        assert_eq!(resampled(&samples, size, channels, &plan), expected, "{to:?}");
    }
}

#[test]
fn a_part_at_its_own_size_is_copied() {
    let samples: Vec<u8> = noise(30 * 40 * 3);
    let copy = resampled(&samples, (30, 40), Channels::Rgb, &plan((20, 25), 4.0, 7.0, 24.0, 32.0));
    for (y, row) in copy.chunks(20 * 3).enumerate() {
        assert_eq!(row, &samples[((y + 7) * 30 + 4) * 3..][..20 * 3], "row {y}");
    }
}

#[test]
fn a_picture_of_one_color_keeps_it() {
    for (size, to) in SIZES.into_iter().chain([((9000, 1), (2, 3)), ((2, 5000), (1, 1))]) {
        let len = size.0 as usize * size.1 as usize * 3;
        for value in [0_u8, 1, 100, 254, 255] {
            let narrow = resampled(&vec![value; len], size, Channels::Rgb, &whole(size, to));
            assert!(narrow.iter().all(|&sample| sample == value), "{value} {size:?} to {to:?}");
            let value = u16::from(value) * 257;
            let wide = resampled(&vec![value; len], size, Channels::Rgb, &whole(size, to));
            assert!(wide.iter().all(|&sample| sample == value), "{value} {size:?} to {to:?}");
        }
    }
}

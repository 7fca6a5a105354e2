//! What holds for every filter of the registry, on every kind of picture.

// A test that cannot go on fails.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use lote_imaging::filters::{Asset, Assets, Context, REGISTRY, Registered, ResultSize, Source};
use lote_imaging::picture::{Channels, Picture, Samples};
use lote_imaging::pool::Pool;
use lote_imaging::text::Facts;
use lote_protocol::filter::{ParamKind, ParamSpec, Params, TRANSPARENT, Value};
use lote_protocol::message::Size;
use lote_protocol::task::Limits;

type Given = BTreeMap<String, Value>;

const CHANNELS: [Channels; 4] =
    [Channels::Gray, Channels::GrayAlpha, Channels::Rgb, Channels::Rgba];
const SIZES: [(u32, u32); 9] =
    [(1, 1), (1, 7), (7, 1), (2, 2), (3, 3), (2, 9), (13, 11), (31, 3), (64, 40)];

/// Filters that move pixels or write over them, so that alpha changes.
const CHANGES_ALPHA: [&str; 11] = [
    "blur",
    "redimensionar",
    "marca_agua",
    "recortar",
    "lienzo",
    "marco",
    "rotar",
    "voltear",
    "bordes_fuera",
    "pixelar",
    "logo",
];

/// Filters that put a colour where there was no pixel.
const ADDS_AREA: [&str; 5] = ["marca_agua", "logo", "lienzo", "marco", "rotar"];

/// Soft shades with some noise, the same at any depth; alpha from `alpha`, 0..=255.
fn samples(width: u32, height: u32, channels: Channels, alpha: impl Fn(u32) -> u8) -> Vec<u8> {
    let mut state = 12345_u32;
    let mut samples = Vec::new();
    for pixel in 0..width * height {
        for channel in 0..channels.count() as u32 {
            if channels.has_alpha() && channel + 1 == channels.count() as u32 {
                samples.push(alpha(pixel));
            } else {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let shade = (pixel % width) * 3 + (pixel / width) * 2 + channel * 40;
                samples.push(((shade + (state >> 27)) % 256) as u8);
            }
        }
    }
    samples
}

fn picture8(width: u32, height: u32, channels: Channels, alpha: impl Fn(u32) -> u8) -> Picture {
    let samples = Samples::U8(samples(width, height, channels, alpha));
    Picture { width, height, channels, samples }
}

/// The same picture at 16 bits.
fn at_16_bits(picture: &Picture) -> Picture {
    let wide = values(picture).iter().map(|&v| v as u16 * 257).collect();
    Picture { samples: Samples::U16(wide), ..*picture }
}

fn patchy(pixel: u32) -> u8 {
    [255, 0, 128, 3][(pixel / 3 % 4) as usize]
}

/// Calls with the defaults, and with each parameter at its ends.
fn calls(filter: &Registered) -> Vec<Given> {
    let is_file = |param: &&ParamSpec| matches!(param.kind, ParamKind::File { .. });
    let file = filter.spec.params.iter().find(is_file);
    let needed: Given = file
        .map(|param| (param.id.to_owned(), Value::Text(filter.spec.id.into())))
        .into_iter()
        .collect();
    let mut calls = vec![needed.clone()];
    for param in filter.spec.params {
        for value in extremes(param) {
            let mut given = needed.clone();
            given.insert(param.id.to_owned(), value);
            if param.id == "ajuste" || param.id == "ampliar" {
                given.insert("ancho".into(), Value::Integer(20));
                given.insert("alto".into(), Value::Integer(50));
            }
            calls.push(given);
        }
    }
    calls
}

fn extremes(param: &ParamSpec) -> Vec<Value> {
    match param.kind {
        ParamKind::Float { min, max, .. } => vec![Value::Float(min), Value::Float(max)],
        // A picture as wide as a length may be is too large for a test of all kinds.
        ParamKind::Integer { min, max, .. } => {
            vec![Value::Integer(min), Value::Integer(max.min(150))]
        }
        ParamKind::Text { .. } => ["ñ", " ", "A longer text that has to be made to fit Ω"]
            .map(|text| Value::Text(text.into()))
            .to_vec(),
        ParamKind::Color { transparent, .. } => {
            let colors = ["#000000", "#ff8000", TRANSPARENT];
            colors[..2 + usize::from(transparent)]
                .iter()
                .map(|color| Value::Text((*color).into()))
                .collect()
        }
        ParamKind::Choice { options, .. } => {
            options.iter().map(|option| Value::Text(option.id.into())).collect()
        }
        ParamKind::Bool { .. } => vec![Value::Bool(false), Value::Bool(true)],
        ParamKind::Length { min, max, max_percent, .. } => vec![
            Value::Integer(min),
            Value::Integer(max.min(90)),
            Value::Text("1%".into()),
            Value::Text(format!("{}%", max_percent.min(150.0))),
        ],
        ParamKind::Ratio { .. } => {
            ["1:1", "4:5", "3:1"].map(|ratio| Value::Text(ratio.into())).to_vec()
        }
        ParamKind::Level { min, max, options, .. } => {
            let words = options.iter().map(|option| Value::Text(option.id.into()));
            [Value::Integer(min), Value::Integer(max)].into_iter().chain(words).collect()
        }
        ParamKind::File { .. } | ParamKind::Font => Vec::new(),
    }
}

/// The files that calls name: a logo with colours and patchy alpha, and a colour table.
static ASSETS: LazyLock<Assets> = LazyLock::new(|| {
    let logo = picture8(21, 12, Channels::Rgba, patchy);
    let Samples::U8(samples) = logo.samples else { panic!("not 8 bits") };
    let mut png = Vec::new();
    let image = image::RgbaImage::from_raw(21, 12, samples).unwrap();
    image.write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png).unwrap();
    let cube = "LUT_3D_SIZE 2\n0 0 0.1\n.9 0 0\n0 1 0\n1 1 0\n0 .2 1\n1 0 1\n0 1 1\n1 1 .8\n";
    let mut assets = Assets::default();
    assets.add("logo", Ok(Arc::new(Asset::new(png, 0))));
    assets.add("lut", Ok(Arc::new(Asset::new(cube.into(), 0))));
    assets
});

fn apply(filter: &Registered, given: &Given, source: Source<'_>, pool: &mut Pool) -> Picture {
    let (limits, facts) = (Limits::default(), Facts::default());
    let context = Context { limits: &limits, assets: &ASSETS, facts: &facts };
    let built = (filter.build)(&Params::new(&filter.spec, given), &context).unwrap();
    built.apply(source, pool).unwrap()
}

fn run(filter: &Registered, given: &Given, picture: &Picture) -> Picture {
    apply(filter, given, Source::Shared(picture), &mut Pool::new())
}

fn values(picture: &Picture) -> Vec<u32> {
    match &picture.samples {
        Samples::U8(samples) => samples.iter().map(|&v| v.into()).collect(),
        Samples::U16(samples) => samples.iter().map(|&v| v.into()).collect(),
    }
}

/// Colours without alpha, and alpha.
fn split(picture: &Picture) -> (Vec<u32>, Vec<u32>) {
    let count = picture.channels.count();
    let colors = count - usize::from(picture.channels.has_alpha());
    let values = values(picture);
    let pixels = values.chunks(count);
    (
        pixels.clone().flat_map(|pixel| pixel[..colors].to_vec()).collect(),
        pixels.flat_map(|pixel| pixel[colors..].to_vec()).collect(),
    )
}

/// Calls `check` for every filter, call and kind of picture; `what` names them in failures.
fn for_all(alpha: impl Fn(u32) -> u8 + Copy, check: impl Fn(&Registered, &Given, &Picture, &str)) {
    for filter in REGISTRY {
        for given in calls(filter) {
            for (width, height) in SIZES {
                for channels in CHANNELS {
                    let narrow = picture8(width, height, channels, alpha);
                    let wide = at_16_bits(&narrow);
                    let what =
                        format!("{} {given:?} {width}x{height} {channels:?}", filter.spec.id);
                    check(filter, &given, &narrow, &what);
                    check(filter, &given, &wide, &format!("{what} 16 bits"));
                }
            }
        }
    }
}

#[test]
fn results_are_whole_pictures_of_the_right_kind() {
    for_all(patchy, |filter, given, picture, what| {
        let result = run(filter, given, picture);
        assert!(result.width > 0 && result.height > 0, "{what}");
        let len = result.row_len() * result.height as usize;
        assert_eq!(result.samples.len(), len, "{what}");
        let clears = given.values().any(|value| *value == Value::Text(TRANSPARENT.into()))
            || filter.spec.id == "marco" && given.contains_key("radio");
        if !clears {
            assert_eq!(result.channels.has_alpha(), picture.channels.has_alpha(), "{what}");
        }
        assert_eq!(
            matches!(result.samples, Samples::U8(_)),
            matches!(picture.samples, Samples::U8(_)),
            "{what}: the depth has changed"
        );
        let size = |picture: &Picture| Size { width: picture.width, height: picture.height };
        let (was, is) = (size(picture), size(&result));
        match (filter.size)(&Params::new(&filter.spec, given), was) {
            ResultSize::Exactly(size) => assert_eq!(is, size, "{what}"),
            ResultSize::AtMost(Size { width, height }) => {
                assert!(is.width <= width && is.height <= height, "{what}");
            }
        }
        let is_orange = |value: &Value| *value == Value::Text("#ff8000".into());
        let colored = match filter.spec.id {
            "grises" | "umbral" => false,
            "sepia" | "tinte" | "lut" => true,
            // Where nothing of it is seen, nothing is coloured.
            "logo" => result.channels.is_color() || picture.channels.is_color(),
            "temperatura" => !given.is_empty() && given.get("tinte") != Some(&Value::Float(0.0)),
            // Where nothing of it is seen, nothing is coloured.
            id if ADDS_AREA.contains(&id) && given.values().any(is_orange) => {
                result.channels.is_color() || picture.channels.is_color()
            }
            _ => picture.channels.is_color(),
        };
        let colored = colored || filter.spec.id == "temperatura" && picture.channels.is_color();
        assert_eq!(result.channels.is_color(), colored, "{what}");
    });
}

#[test]
fn color_filters_leave_alpha_alone() {
    for_all(patchy, |filter, given, picture, what| {
        if !CHANGES_ALPHA.contains(&filter.spec.id) {
            let result = run(filter, given, picture);
            assert_eq!(split(&result).1, split(picture).1, "{what}");
        }
    });
}

#[test]
fn an_opaque_picture_gives_the_same_colors_with_and_without_alpha() {
    for_all(
        |_| 255,
        |filter, given, picture, what| {
            let channels = match picture.channels {
                Channels::GrayAlpha => Channels::Gray,
                Channels::Rgba => Channels::Rgb,
                Channels::Gray | Channels::Rgb => return,
            };
            let colors = split(picture).0;
            let samples = match picture.samples {
                Samples::U8(_) => Samples::U8(colors.iter().map(|&v| v as u8).collect()),
                Samples::U16(_) => Samples::U16(colors.iter().map(|&v| v as u16).collect()),
            };
            let plain = Picture { channels, samples, ..*picture };
            let (with, without) = (run(filter, given, picture), run(filter, given, &plain));
            let plain =
                if without.channels.has_alpha() { split(&without).0 } else { values(&without) };
            assert_eq!(split(&with).0, plain, "{what}");
            let max = if matches!(with.samples, Samples::U8(_)) { 255 } else { 65535 };
            let clears = given.values().any(|value| *value == Value::Text(TRANSPARENT.into()))
                || given.contains_key("radio") && filter.spec.id == "marco";
            assert!(clears || split(&with).1.iter().all(|&alpha| alpha == max), "{what}");
        },
    );
}

#[test]
fn sixteen_bits_give_nearly_the_result_of_eight() {
    for_all(
        |_| 255,
        |filter, given, picture, what| {
            // Next to a threshold the least difference becomes the largest.
            let jumps = ["umbral", "enfocar", "solarizar"].contains(&filter.spec.id);
            if matches!(picture.samples, Samples::U16(_)) || jumps {
                return;
            }
            let narrow = values(&run(filter, given, picture));
            let wide = values(&run(filter, given, &at_16_bits(picture)));
            // A factor multiplies the rounding of the mean and of the smoothed picture, too.
            let factor = match given.get("factor") {
                Some(Value::Float(factor)) => *factor,
                _ => 2.0,
            };
            let tolerance = 2.0 + factor;
            for (narrow, wide) in narrow.iter().zip(&wide) {
                let difference = (f64::from(*narrow) - f64::from(*wide) / 257.0).abs();
                assert!(difference <= tolerance, "{what}: {narrow} and {wide}");
            }
        },
    );
}

#[test]
fn shared_and_owned_sources_and_used_buffers_give_the_same() {
    for_all(patchy, |filter, given, picture, what| {
        let shared = run(filter, given, picture);
        let mut pool = Pool::new();
        // Buffers with old content must not show through.
        for _ in 0..4 {
            pool.give_bytes(vec![0xA5; 20_000]);
            pool.give_words(vec![0xA5A5; 20_000]);
        }
        let owned = apply(filter, given, Source::Owned(picture.clone()), &mut pool);
        assert_eq!(owned, shared, "{what}");
        let again = apply(filter, given, Source::Shared(picture), &mut pool);
        assert_eq!(again, shared, "{what}");
    });
}

#[test]
fn what_is_invisible_does_not_shine_into_what_is_visible() {
    // Two pictures that look the same: what hides under alpha 0 differs.
    for filter in REGISTRY {
        for given in calls(filter) {
            for channels in [Channels::GrayAlpha, Channels::Rgba] {
                let visible = picture8(13, 11, channels, patchy);
                let mut other = visible.clone();
                if let Samples::U8(samples) = &mut other.samples {
                    for pixel in samples.chunks_mut(channels.count()) {
                        if let [colors @ .., 0] = pixel {
                            colors.fill(200);
                        }
                    }
                }
                let seen =
                    |picture: &Picture| {
                        let picture = run(filter, &given, picture);
                        let count = picture.channels.count();
                        values(&picture)
                            .chunks(count)
                            .map(|pixel| {
                                if pixel[count - 1] == 0 { vec![0; count] } else { pixel.to_vec() }
                            })
                            .collect::<Vec<_>>()
                    };
                assert_eq!(
                    seen(&visible),
                    seen(&other),
                    "{} {given:?} {channels:?}",
                    filter.spec.id
                );
            }
        }
    }
}

#[test]
fn constant_alpha_gives_the_colors_of_full_opacity() {
    for alpha in [128, 200, 254] {
        // These add ink of their own alpha.
        let own = ["marca_agua", "logo", "marco"];
        for filter in REGISTRY.iter().filter(|filter| !own.contains(&filter.spec.id)) {
            for given in calls(filter) {
                for channels in [Channels::GrayAlpha, Channels::Rgba] {
                    let what = format!("{} {given:?} {channels:?} {alpha}", filter.spec.id);
                    let opaque = run(filter, &given, &picture8(31, 23, channels, |_| 255));
                    let clear = run(filter, &given, &picture8(31, 23, channels, |_| alpha));
                    assert_eq!(
                        (opaque.width, opaque.height),
                        (clear.width, clear.height),
                        "{what}"
                    );
                    let count = clear.channels.count();
                    let pairs = values(&opaque).into_iter().zip(values(&clear));
                    for (index, pixel) in pairs.collect::<Vec<_>>().chunks(count).enumerate() {
                        // What was added has its own alpha.
                        if pixel[count - 1].1 != u32::from(alpha) {
                            continue;
                        }
                        for (was, is) in &pixel[..count - 1] {
                            assert_eq!(was, is, "{what}: at {index}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn names_are_unique_and_texts_are_complete() {
    let mut names = BTreeSet::new();
    for filter in REGISTRY {
        let spec = &filter.spec;
        assert!(names.insert(spec.id), "{}", spec.id);
        assert!(spec.id == spec.id_en || names.insert(spec.id_en), "{}", spec.id_en);
        let mut params = BTreeSet::new();
        let mut texts = vec![spec.label, spec.help];
        for param in spec.params {
            assert!(params.insert(param.id), "{} {}", spec.id, param.id);
            assert!(param.id == param.id_en || params.insert(param.id_en), "{}", param.id_en);
            texts.extend([param.label, param.help]);
            match param.kind {
                ParamKind::Float { min, max, step, default, .. } => {
                    assert!(step > 0.0 && default.is_none_or(|value| (min..=max).contains(&value)));
                }
                ParamKind::Integer { min, max, default } => {
                    assert!(default.is_none_or(|value| (min..=max).contains(&value)));
                }
                ParamKind::Choice { options, default } => {
                    assert!(options.iter().any(|option| option.id == default));
                    texts.extend(options.iter().map(|option| option.label));
                }
                ParamKind::Level { min, max, options, .. } => {
                    assert!(min < max);
                    texts.extend(options.iter().map(|option| option.label));
                }
                ParamKind::Length { min, max, default, .. } => {
                    assert!(min < max);
                    let none = Given::new();
                    let length = Params::new(spec, &none).length(param.id);
                    assert_eq!(length.is_some(), !default.is_empty(), "{} {}", spec.id, param.id);
                }
                ParamKind::Text { .. }
                | ParamKind::Color { .. }
                | ParamKind::Bool { .. }
                | ParamKind::Ratio { .. }
                | ParamKind::File { .. }
                | ParamKind::Font => {}
            }
        }
        for id in spec.conflicts.iter().copied().flatten() {
            assert!(spec.param(id).is_some_and(|param| param.id == *id), "{} {id}", spec.id);
        }
        for text in texts {
            assert!(!text.es.is_empty() && !text.en.is_empty(), "{}", spec.id);
        }
    }
}

#[test]
fn the_registry_lists_the_filters_in_their_order() {
    let ids: Vec<_> = REGISTRY.iter().map(|filter| filter.spec.id).collect();
    let expected = [
        "invertir",
        "grises",
        "blur",
        "nitidez",
        "brillo",
        "contraste",
        "sepia",
        "bordes",
        "relieve",
        "posterizar",
        "redimensionar",
        "marca_agua",
        "recortar",
        "lienzo",
        "marco",
        "rotar",
        "voltear",
        "bordes_fuera",
        "autocontraste",
        "ecualizar",
        "solarizar",
        "niveles",
        "saturacion",
        "tono",
        "temperatura",
        "lut",
        "vineta",
        "tinte",
        "pixelar",
        "enfocar",
        "mediana",
        "umbral",
        "logo",
    ];
    assert_eq!(ids, expected);
}

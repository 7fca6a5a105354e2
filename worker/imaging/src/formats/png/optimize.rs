//! Smaller PNG files for more time, by `oxipng`.

use oxipng::{BitDepth, ColorType, Options, RawImage};

use super::reduce::Reduced;
use crate::picture::Picture;

/// What is made small where nobody asks for it: the most pixels, and the preset. Icons whatever their
/// colours, for a tenth of a second at most, and larger pictures of few colours, for a second.
const ICON: (u64, u8) = (256 * 256, 4);
const FEW_COLOURS: (u64, u8) = (2_000_000, 3);

/// How many presets there are beside 0.
const PRESETS: u8 = 6;

/// The preset of `oxipng` (0..=6) for an effort (0..=10); `None` writes quickly and is done. Where
/// nobody says it, pictures of few colours and small ones are made small.
pub(super) fn preset(effort: Option<u8>, form: &Reduced<'_>, picture: &Picture) -> Option<u8> {
    let pixels = u64::from(picture.width) * u64::from(picture.height);
    match effort {
        None => {
            let is_small = pixels <= ICON.0;
            let (most, preset) = if is_small { ICON } else { FEW_COLOURS };
            (is_small || (pixels <= most && form.has_few_colours(picture))).then_some(preset)
        }
        Some(0) => None,
        Some(effort) => Some(effort.min(10) * PRESETS / 10),
    }
}

/// Appends a file of the same pixels. Where gray is stored as colour it becomes gray if it
/// `may_be_gray`.
pub(super) fn write(
    picture: &Picture,
    form: Reduced<'_>,
    preset: u8,
    may_be_gray: bool,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    let mut options = Options::from_preset(preset);
    options.grayscale_reduction = may_be_gray;
    // What has 16 bits stays so.
    options.bit_depth_reduction = form.depth != ::png::BitDepth::Sixteen;
    let color = match form.color {
        ::png::ColorType::Grayscale => ColorType::Grayscale { transparent_shade: None },
        ::png::ColorType::GrayscaleAlpha => ColorType::GrayscaleAlpha,
        ::png::ColorType::Rgb => ColorType::RGB { transparent_color: None },
        ::png::ColorType::Rgba => ColorType::RGBA,
        ::png::ColorType::Indexed => {
            let alphas = form.alphas.iter().copied().chain(std::iter::repeat(255));
            let colors = form.colors.as_chunks::<3>().0.iter().zip(alphas);
            let palette = colors.map(|(&[r, g, b], alpha)| [r, g, b, alpha].into()).collect();
            ColorType::Indexed { palette }
        }
    };
    let depth = match form.depth {
        ::png::BitDepth::One => BitDepth::One,
        ::png::BitDepth::Two => BitDepth::Two,
        ::png::BitDepth::Four => BitDepth::Four,
        ::png::BitDepth::Eight => BitDepth::Eight,
        ::png::BitDepth::Sixteen => BitDepth::Sixteen,
    };
    let rows = form.rows.into_owned();
    let file = RawImage::new(picture.width, picture.height, color, depth, rows)
        .and_then(|raw| raw.create_optimized_png(&options))
        .map_err(|error| error.to_string())?;
    out.extend_from_slice(&file);
    Ok(())
}

//! Colours, and the steps from one to another.

/// Red, green and blue in sRGB, 0.0..=1.0.
pub(super) type Color = [f32; 3];

/// Colours that go together, from light to dark.
pub(super) type Palette = [Color; 5];

#[expect(clippy::unreadable_literal, reason = "colours are written #rrggbb")]
const PALETTES: [[u32; 5]; 7] = [
    [0xfff1d0, 0xf6c667, 0xef6c57, 0xa23b72, 0x2b2d5b],
    [0xe8f6ef, 0x9fd8cb, 0x3fa7a0, 0x1f6f8b, 0x14213d],
    [0xfdf0e6, 0xffb997, 0xf67e7d, 0x843b62, 0x1b1f4a],
    [0xf4f1de, 0xf2cc8f, 0xe07a5f, 0x5b8e7d, 0x3d405b],
    [0xeef2ff, 0xb8c6ff, 0x7d8cff, 0x5a3fc0, 0x21144d],
    [0xfff4f0, 0xf7c8d0, 0xe85d75, 0x6d3b8c, 0x1d1a3a],
    [0xf7f9e3, 0xcfe57a, 0x6cbf5c, 0x1f8a70, 0x0b3c49],
];

/// The palette of that number, in turn.
pub(super) fn palette(number: usize) -> Palette {
    PALETTES[number % PALETTES.len()].map(|rgb| {
        let channel = |shift: u32| ((rgb >> shift) & 0xff) as f32 / 255.0;
        [channel(16), channel(8), channel(0)]
    })
}

/// The colour between two, in sRGB.
pub(super) fn mix(from: Color, to: Color, part: f32) -> Color {
    [0, 1, 2].map(|channel| from[channel] + (to[channel] - from[channel]) * part)
}

/// A smooth way through several colours, as a table.
#[derive(Debug)]
pub(super) struct Ramp(Vec<Color>);

impl Ramp {
    const STEPS: usize = 1024;

    /// The way through `stops`, at least one, at equal distances. Between them it is straight in
    /// Oklab, where equal steps look equal and no gray comes between two strong colours.
    pub(super) fn new(stops: &[Color]) -> Self {
        let stops: Vec<_> = stops.iter().map(|stop| to_oklab(*stop)).collect();
        let last = stops.len().saturating_sub(1);
        let color = |step: usize| {
            let at = step as f32 / (Self::STEPS - 1) as f32 * last as f32;
            let from = (at as usize).min(last);
            let to = (from + 1).min(last);
            from_oklab(mix(stops[from], stops[to], at - from as f32))
        };
        Self((0..Self::STEPS).map(color).collect())
    }

    /// The colour at `part` of the way, 0.0..=1.0; what is outside is the nearest end.
    pub(super) fn at(&self, part: f32) -> Color {
        let step = part.clamp(0.0, 1.0) * (Self::STEPS - 1) as f32;
        self.0[step as usize]
    }
}

/// Oklab by its author's matrices: <https://bottosson.github.io/posts/oklab/>.
fn to_oklab(color: Color) -> Color {
    let [r, g, b] =
        color.map(|c| if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) });
    let l = (0.412_221_46 * r + 0.536_332_55 * g + 0.051_445_995 * b).cbrt();
    let m = (0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b).cbrt();
    let s = (0.088_302_46 * r + 0.281_718_85 * g + 0.629_978_7 * b).cbrt();
    [
        0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s,
        1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
        0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s,
    ]
}

fn from_oklab([l, a, b]: Color) -> Color {
    let long = (l + 0.396_337_78 * a + 0.215_803_76 * b).powi(3);
    let middle = (l - 0.105_561_346 * a - 0.063_854_17 * b).powi(3);
    let short = (l - 0.089_484_18 * a - 1.291_485_5 * b).powi(3);
    let linear = [
        4.076_741_7 * long - 3.307_711_6 * middle + 0.230_969_94 * short,
        -1.268_438 * long + 2.609_757_4 * middle - 0.341_319_4 * short,
        -0.004_196_086_3 * long - 0.703_418_6 * middle + 1.707_614_7 * short,
    ];
    linear.map(|c| {
        let c = c.clamp(0.0, 1.0);
        if c <= 0.003_130_8 { c * 12.92 } else { 1.055 * c.powf(1.0 / 2.4) - 0.055 }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ramp_begins_and_ends_with_its_ends() {
        let (from, to) = ([0.1, 0.5, 0.9], [1.0, 0.2, 0.0]);
        let ramp = Ramp::new(&[from, [0.5; 3], to]);
        for (end, color) in [(from, ramp.at(-1.0)), (to, ramp.at(2.0))] {
            for channel in 0..3 {
                assert!((end[channel] - color[channel]).abs() < 1e-3, "{end:?} {color:?}");
            }
        }
    }
}

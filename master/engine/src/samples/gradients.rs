//! Gradients.

use super::canvas::{Drawing, Point};
use super::chance::Chance;
use super::color::{Color, Palette, Ramp, mix};

/// A sun over dunes: a sky from light to dark, and wavy ground in layers.
pub(super) fn dunes(canvas: &mut Drawing, colors: &Palette, chance: &mut Chance) {
    let [cream, warm, strong, deep, night] = *colors;
    let (width, height, unit) = (canvas.width(), canvas.height(), canvas.unit());
    let sky = Ramp::new(&[deep, strong, warm, cream]);
    let sun =
        Point { x: width * chance.between(0.25, 0.75), y: height * chance.between(0.35, 0.5) };
    let radius = unit * chance.between(0.09, 0.13);
    let layers: [(f32, f32, f32, Color); 4] = std::array::from_fn(|layer| {
        let part = layer as f32 / 3.0;
        let phase = chance.between(0.0, 6.0);
        let waves = chance.between(0.8, 1.6) * std::f32::consts::TAU / width;
        let top = height * (0.58 + 0.11 * layer as f32);
        (top, phase, waves, mix(mix(deep, warm, 0.25), night, part))
    });
    canvas.fill(|at| {
        let from_sun = Point { x: at.x - sun.x, y: at.y - sun.y }.length();
        let glow = (-(from_sun / (unit * 0.4)).powi(2)).exp();
        let mut color = mix(sky.at(at.y / height * 1.5), cream, glow * 0.6);
        let disc = (radius - from_sun + 0.5).clamp(0.0, 1.0);
        color = mix(color, cream, disc);
        for (top, phase, waves, ground) in layers {
            let wave = (at.x * waves + phase).sin() + 0.4 * (at.x * waves * 2.3 + phase).sin();
            let edge = top + wave * unit * 0.035;
            let below = (at.y - edge + 0.5).clamp(0.0, 1.0);
            if below > 0.0 {
                // Each layer is lit along its crest.
                let light = (1.0 - (at.y - edge) / (unit * 0.22)).clamp(0.0, 1.0);
                color = mix(color, mix(ground, warm, light * 0.3), below);
            }
        }
        color
    });
}

/// Soft spots of colour that flow into one another.
pub(super) fn clouds(canvas: &mut Drawing, colors: &Palette, chance: &mut Chance) {
    let (width, height) = (canvas.width(), canvas.height());
    let spots: [(Point, Color); 7] = std::array::from_fn(|spot| {
        let at =
            Point { x: width * chance.between(-0.1, 1.1), y: height * chance.between(-0.1, 1.1) };
        (at, colors[(spot * 2) % colors.len()])
    });
    let spread = width.hypot(height) * 0.2;
    canvas.fill(|at| {
        let (mut sum, mut color) = (0.0, [0.0; 3]);
        for (spot, spot_color) in &spots {
            let (dx, dy) = ((at.x - spot.x) / spread, (at.y - spot.y) / spread);
            // Falls off like a bell, but never to nothing.
            let weight = 1.0 / (0.15 + dx * dx + dy * dy).powi(2);
            sum += weight;
            for (channel, value) in color.iter_mut().zip(spot_color) {
                *channel += weight * value;
            }
        }
        color.map(|channel| channel / sum)
    });
}

/// Colours around a point like the hours of a clock, in rings.
pub(super) fn sweep(canvas: &mut Drawing, colors: &Palette, chance: &mut Chance) {
    let [a, b, c, d, e] = *colors;
    let around = Ramp::new(&[b, c, d, e, d, c, b]);
    let centre = Point {
        x: canvas.width() * chance.between(0.3, 0.7),
        y: canvas.height() * chance.between(0.3, 0.7),
    };
    let ring = canvas.unit() * 0.12;
    let start = chance.between(0.0, 1.0);
    canvas.fill(|at| {
        let from_centre = Point { x: at.x - centre.x, y: at.y - centre.y };
        let (distance, angle) = (from_centre.length(), from_centre.y.atan2(from_centre.x));
        let turn = 0.09 * (distance / ring).floor();
        let part = (angle / std::f32::consts::TAU + start + turn).rem_euclid(1.0);
        // Each ring is lighter at its inner edge, which makes it look raised.
        let light = 1.0 - (distance / ring).fract();
        mix(around.at(part), a, 0.28 * light * light)
    });
}

//! Patterns.

use std::f32::consts::{FRAC_PI_4, PI, TAU};

use super::canvas::{Drawing, Point};
use super::chance::Chance;
use super::color::{Palette, Ramp, mix};

/// How much of a pixel lies on one side of an edge that is `distance` px away.
fn cover(distance: f32) -> f32 {
    (distance + 0.5).clamp(0.0, 1.0)
}

/// Wavy stripes.
pub(super) fn waves(canvas: &mut Drawing, colors: &Palette, chance: &mut Chance) {
    let unit = canvas.unit();
    let stripe = unit * chance.between(0.045, 0.07);
    let turn = chance.between(-0.6, 0.6).sin_cos();
    let (long, swing) = (unit * chance.between(0.5, 0.9), unit * 0.06);
    canvas.fill(|at| {
        let at = at.turned(turn);
        let bend = (at.x / long * TAU).sin() + 0.5 * (at.x / long * PI + at.y / unit).sin();
        let along = (at.y + bend * swing) / stripe;
        let index = along.floor();
        let color = |index: f32| colors[(index as i64).rem_euclid(5) as usize];
        let edge = cover((along - index) * stripe - 0.5);
        mix(color(index - 1.0), color(index), edge)
    });
}

/// Cubes seen from a corner: hexagons of three rhombs in three shades.
pub(super) fn cubes(canvas: &mut Drawing, colors: &Palette, chance: &mut Chance) {
    let side = canvas.unit() * chance.between(0.07, 0.1);
    let slope = 3.0_f32.sqrt();
    let (width, row) = (side * slope, side * 1.5);
    let ramp = Ramp::new(&[colors[1], colors[2], colors[3]]);
    let height = canvas.height();
    let color = |at: Point| {
        // The hexagons' centres lie in two grids of rectangles; the nearest centre counts.
        let nearest = |grid: f32| {
            let start = Point { x: at.x - grid * width / 2.0, y: at.y - grid * row };
            Point {
                x: start.x - (start.x / width).round() * width,
                y: start.y - (start.y / (row * 2.0)).round() * row * 2.0,
            }
        };
        let (one, other) = (nearest(0.0), nearest(1.0));
        let in_cube = if one.length() < other.length() { one } else { other };
        let base = ramp.at((at.y - in_cube.y) / height);
        if in_cube.y < -in_cube.x.abs() / slope {
            mix(base, colors[0], 0.5)
        } else if in_cube.x < 0.0 {
            mix(base, colors[4], 0.2)
        } else {
            mix(base, colors[4], 0.65)
        }
    };
    // The mean of two points in each direction makes the edges smooth.
    canvas.fill(|at| {
        let near = |x: f32, y: f32| color(Point { x: at.x + x, y: at.y + y });
        let upper = mix(near(-0.25, -0.25), near(0.25, -0.25), 0.5);
        let lower = mix(near(-0.25, 0.25), near(0.25, 0.25), 0.5);
        mix(upper, lower, 0.5)
    });
}

/// Tiles with two quarter circles each, turned at random, whose lines meet everywhere: Truchet
/// tiles (Smith, "The tiling patterns of Sebastien Truchet", 1987).
pub(super) fn arcs(canvas: &mut Drawing, colors: &Palette, chance: &mut Chance) {
    let side = canvas.unit() / 9.0;
    let columns = (canvas.width() / side).ceil() as usize + 1;
    let rows = (canvas.height() / side).ceil() as usize + 1;
    let flipped: Vec<bool> = (0..columns * rows).map(|_| chance.below(2) == 1).collect();
    let lines = Ramp::new(&[colors[0], colors[1], colors[2]]);
    let width = canvas.width();
    canvas.fill(|at| {
        let (column, row) = ((at.x / side) as usize, (at.y / side) as usize);
        let (mut x, y) = (at.x - column as f32 * side, at.y - row as f32 * side);
        if flipped[row * columns + column] {
            x = side - x;
        }
        let near = x.hypot(y).min((side - x).hypot(side - y));
        let off = (near - side / 2.0).abs();
        let ground = colors[4];
        let casing = mix(ground, colors[3], cover(side * 0.24 - off));
        let line = mix(casing, lines.at(at.x / width), cover(side * 0.15 - off));
        mix(line, colors[3], cover(side * 0.03 - off))
    });
}

/// Dots in a slanted grid that grow towards one side, as in print.
pub(super) fn dots(canvas: &mut Drawing, colors: &Palette, chance: &mut Chance) {
    let ground = Ramp::new(&[colors[0], colors[1]]);
    let ink = Ramp::new(&[colors[2], colors[3], colors[4]]);
    let step = canvas.unit() * chance.between(0.03, 0.045);
    let (width, height) = (canvas.width(), canvas.height());
    let (sin, cos) = FRAC_PI_4.sin_cos();
    let middle =
        Point { x: width * chance.between(0.3, 0.7), y: height * chance.between(0.3, 0.7) };
    canvas.fill(|at| {
        let slanted = at.turned((sin, cos));
        let cell = Point {
            x: ((slanted.x / step).floor() + 0.5) * step,
            y: ((slanted.y / step).floor() + 0.5) * step,
        };
        let home = cell.turned((-sin, cos));
        let from_middle = Point { x: (home.x - middle.x) / width, y: (home.y - middle.y) / height };
        let grown = 0.5 + 0.5 * (from_middle.length() * TAU * 1.1).cos();
        let radius = step * (0.1 + 0.42 * grown);
        let off = Point { x: slanted.x - cell.x, y: slanted.y - cell.y };
        let back = ground.at(at.y / height);
        mix(back, ink.at(home.x / width), cover(radius - off.length()))
    });
}

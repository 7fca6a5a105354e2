//! Geometric figures.

use std::f32::consts::{FRAC_PI_2, TAU};

use super::canvas::{Drawing, Point};
use super::chance::Chance;
use super::color::{Palette, mix};

/// How far a point is outside of a box around the origin, px.
fn rectangle(at: Point, half_width: f32, half_height: f32, corner: f32) -> f32 {
    let dx = at.x.abs() - half_width + corner;
    let dy = at.y.abs() - half_height + corner;
    let outside = dx.max(0.0).hypot(dy.max(0.0));
    outside + dx.max(dy).min(0.0) - corner
}

/// How far a point is outside of an equilateral triangle around the origin whose corners are
/// `radius` away, px.
fn triangle(at: Point, radius: f32) -> f32 {
    let side = |turn: f32| {
        let (sin, cos) = turn.sin_cos();
        at.x * sin + at.y * cos - radius / 2.0
    };
    side(0.0).max(side(TAU / 3.0)).max(side(-TAU / 3.0))
}

/// Square tiles with quarter circles, discs, rings, triangles and bars.
pub(super) fn tiles(canvas: &mut Drawing, colors: &Palette, chance: &mut Chance) {
    canvas.fill(|_| colors[0]);
    let side = canvas.unit() / 4.0;
    let half = side / 2.0;
    let columns = (canvas.width() / side).ceil() as usize;
    let rows = (canvas.height() / side).ceil() as usize;
    for row in 0..rows {
        for column in 0..columns {
            let centre = Point { x: (column as f32 + 0.5) * side, y: (row as f32 + 0.5) * side };
            let ground = chance.below(colors.len());
            let front = colors[(ground + 1 + chance.below(4)) % colors.len()];
            let back = (colors[ground], 1.0, 1.0);
            canvas.draw(centre, half, back, |at| rectangle(at, half, half, 0.0));
            let turn = (chance.below(4) as f32 * FRAC_PI_2).sin_cos();
            let pen = (front, 1.0, 1.0);
            match chance.below(6) {
                0 => canvas.draw(centre, half, pen, |at| {
                    let at = at.turned(turn);
                    Point { x: at.x + half, y: at.y + half }.length() - side
                }),
                1 => canvas.draw(centre, half, pen, |at| at.length() - half * 0.72),
                2 => canvas
                    .draw(centre, half, pen, |at| (at.length() - half * 0.6).abs() - half * 0.16),
                3 => canvas.draw(centre, half, pen, |at| {
                    let at = at.turned(turn);
                    (at.x + at.y) * std::f32::consts::FRAC_1_SQRT_2
                }),
                4 => canvas.draw(centre, half, pen, |at| {
                    let at = at.turned(turn);
                    let bars = (at.x / side * 3.0).rem_euclid(1.0);
                    ((bars - 0.5).abs() - 0.25) * side / 3.0
                }),
                _ => {
                    canvas.draw(centre, half, pen, |at| {
                        let at = at.turned(turn);
                        Point { x: at.x, y: at.y + half }.length() - half
                    });
                }
            }
        }
    }
}

/// Discs, rings, squares and triangles strewn over a transparent background, with shadows.
pub(super) fn scattered(canvas: &mut Drawing, colors: &Palette, chance: &mut Chance) {
    let unit = canvas.unit();
    let (across, down) = (7, 5);
    for figure in 0..across * down {
        let place = |cell: usize, cells: usize, chance: &mut Chance| {
            (cell as f32 + chance.between(0.15, 0.85)) / cells as f32
        };
        let centre = Point {
            x: canvas.width() * place(figure % across, across, chance),
            y: canvas.height() * place(figure / across, down, chance),
        };
        let size = unit * chance.between(0.05, 0.15);
        let turn = chance.between(0.0, TAU).sin_cos();
        let kind = chance.below(4);
        let figure = |at: Point| match kind {
            0 => at.length() - size,
            1 => (at.length() - size * 0.8).abs() - size * 0.2,
            2 => rectangle(at.turned(turn), size * 0.85, size * 0.85, size * 0.2),
            _ => triangle(at.turned(turn), size * 1.2) - size * 0.06,
        };
        let below = Point { x: centre.x, y: centre.y + unit * 0.012 };
        let shade = (mix(colors[4], [0.0; 3], 0.5), 0.35, unit * 0.035);
        canvas.draw(below, size * 1.5, shade, figure);
        let color = colors[chance.below(colors.len())];
        canvas.draw(centre, size * 1.5, (color, 0.92, 1.2), figure);
    }
}

/// Squares one inside the other, each turned a little more.
pub(super) fn turned(canvas: &mut Drawing, colors: &Palette, chance: &mut Chance) {
    const SQUARES: usize = 22;
    canvas.fill(|at| mix(colors[4], colors[3], at.y / 1600.0));
    let centre = Point { x: canvas.width() / 2.0, y: canvas.height() / 2.0 };
    let largest = canvas.width().hypot(canvas.height()) * 0.5;
    let twist = chance.between(0.06, 0.14);
    for square in 0..SQUARES {
        let half = largest * 0.86_f32.powi(square as i32);
        let turn = (square as f32 * twist).sin_cos();
        let color = colors[[4, 3, 2, 1, 0, 1, 2, 3][square % 8]];
        let figure = |at: Point| rectangle(at.turned(turn), half, half, half * 0.08);
        canvas.draw(centre, half * 1.5, ([0.0; 3], 0.3, half * 0.06), figure);
        canvas.draw(centre, half * 1.5, (color, 1.0, 1.0), figure);
    }
}

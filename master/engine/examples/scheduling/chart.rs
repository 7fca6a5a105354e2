//! The result as a picture.

use std::fmt::Write as _;

use super::Row;

const SIZE: (f64, f64) = (760.0, 420.0);
const PLOT: (f64, f64, f64, f64) = (70.0, 50.0, 720.0, 350.0);
/// Per cent above the lower bound.
const MOST: f64 = 2.5;
const COLOURS: [&str; 4] = ["#0b7a66", "#b3721f", "#4f6cb8", "#9c3f8c"];

/// Per cent above the lower bound, by workers, a line for each folder.
pub(crate) fn svg(lines: &[(String, Vec<Row>)]) -> String {
    let (left, top, right, bottom) = PLOT;
    let x = |workers: u32| left + (f64::from(workers).log2() - 1.0) / 7.0 * (right - left);
    let y = |percent: f64| bottom - percent.clamp(0.0, MOST) / MOST * (bottom - top);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"sans-serif\" \
         font-size=\"13\" fill=\"#333\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"{left}\" y=\"26\" font-size=\"15\" font-weight=\"600\">Time of all tasks above \
         the lower bound</text>\n",
        SIZE.0, SIZE.1
    );
    for half in 0..=5 {
        let percent = f64::from(half) / 2.0;
        let (at, is_target) = (y(percent), half == 4);
        let (colour, dash) = if is_target { ("#c2281b", "6 4") } else { ("#ddd", "0") };
        let label = if is_target { "2 % (target)".to_owned() } else { format!("{percent} %") };
        let _ = writeln!(
            svg,
            "<line x1=\"{left}\" x2=\"{right}\" y1=\"{at:.1}\" y2=\"{at:.1}\" stroke=\"{colour}\" \
             stroke-dasharray=\"{dash}\"/><text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
            if is_target { right } else { left - 8.0 },
            if is_target { at - 6.0 } else { at + 4.0 }
        );
    }
    for (index, (name, rows)) in lines.iter().enumerate() {
        let colour = COLOURS[index % COLOURS.len()];
        let mut points = String::new();
        for row in rows {
            let (at_x, at_y) = (x(row.workers), y((row.ratio - 1.0) * 100.0));
            let _ = write!(points, "{at_x:.1},{at_y:.1} ");
            let _ = writeln!(
                svg,
                "<circle cx=\"{at_x:.1}\" cy=\"{at_y:.1}\" r=\"3.5\" fill=\"{colour}\"/>"
            );
            if index == 0 {
                let _ = writeln!(
                    svg,
                    "<text x=\"{at_x:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                    bottom + 20.0,
                    row.workers
                );
            }
        }
        let slowest = rows.iter().map(|row| row.decisions_per_s).fold(f64::INFINITY, f64::min);
        let _ = writeln!(
            svg,
            "<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\n\
             <text x=\"{}\" y=\"{}\" fill=\"{colour}\">{}: at least {:.1} million decisions a second</text>",
            left + 14.0,
            top + 100.0 + 20.0 * index as f64,
            name,
            slowest / 1e6
        );
    }
    let _ = writeln!(
        svg,
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">workers</text>\n</svg>",
        f64::midpoint(left, right),
        bottom + 44.0
    );
    svg
}

//! What it takes to draw a drawing, estimated before it is drawn.

use lote_protocol::lang::Text;
use lote_protocol::text;
use resvg::tiny_skia::Transform;
use resvg::usvg::{Fill, Group, Node, Paint, Path, Pattern, Stroke, Tree};

use super::area;

/// Most work, in px that are touched: some seconds.
const MAX_WORK: f64 = 1e10;
/// Most memory for layers that are there at the same time, bytes.
const MAX_BYTES: f64 = (512_u64 << 20) as f64;
/// How often a px of a layer is touched: it is cleared, drawn on and laid over what is below it.
const LAYER: f64 = 4.0;
/// How often a px is touched by an effect, such as a blur.
const EFFECT: f64 = 30.0;
/// What a point of a path takes, in px.
const POINT: f64 = 50.0;

/// Refuses a drawing that would take too long, or too much memory, at that scale on a canvas of so
/// many px.
pub(super) fn check(tree: &Tree, scale: f64, canvas: f64) -> Result<(), Text> {
    Cost { scale, work: 0.0 }.group(tree.root(), canvas, canvas * 4.0, false)
}

struct Cost {
    /// px per unit of the drawing.
    scale: f64,
    /// px that have been touched.
    work: f64,
}

impl Cost {
    fn add(&mut self, work: f64) -> Result<(), Text> {
        self.work += work;
        // Nothing is compared with what is no number.
        if self.work <= MAX_WORK { Ok(()) } else { Err(text!("it would take too long to draw")) }
    }

    /// A group on a canvas of `most` px, while `bytes` are taken. Within a mask, a clip path or a
    /// pattern (`aside`) it is not known how large it is drawn; then it counts as all of the canvas.
    fn group(&mut self, group: &Group, most: f64, bytes: f64, aside: bool) -> Result<(), Text> {
        self.add(1.0)?;
        let (mut most, mut bytes) = (most, bytes);
        if group.should_isolate() {
            // `resvg` cuts layers off at 25 times the canvas.
            let layer = if aside {
                most
            } else {
                area(group.abs_layer_bounding_box().to_rect(), self.scale).min(25.0 * most)
            };
            let effects: usize =
                group.filters().iter().map(|filter| filter.primitives().len() + 1).sum();
            self.add(layer * (LAYER + EFFECT * effects as f64))?;
            bytes += layer * 4.0 * (1 + effects) as f64;
            let mut mask = group.mask();
            while let Some(this) = mask {
                self.add(layer * LAYER)?;
                self.group(this.root(), layer, bytes + layer * 4.0, true)?;
                bytes += layer * 4.0;
                mask = this.mask();
            }
            let mut clip = group.clip_path();
            while let Some(this) = clip {
                self.add(layer * LAYER)?;
                self.group(this.root(), layer, bytes + layer * 4.0, true)?;
                bytes += layer * 4.0;
                clip = this.clip_path();
            }
            most = layer;
        }
        // What is no number is too much.
        if bytes.is_nan() || bytes > MAX_BYTES.max(most * 16.0) {
            return Err(text!("it would take too much memory to draw"));
        }
        for child in group.children() {
            match child {
                Node::Group(group) => self.group(group, most, bytes, aside)?,
                Node::Path(path) => self.path(path, most, bytes, aside)?,
                Node::Image(_) | Node::Text(_) => {}
            }
        }
        Ok(())
    }

    fn path(&mut self, path: &Path, most: f64, bytes: f64, aside: bool) -> Result<(), Text> {
        let covered =
            if aside { most } else { area(path.abs_stroke_bounding_box(), self.scale).min(most) };
        self.add(covered + path.data().len() as f64 * POINT)?;
        let scale = self.scale * largest(path.abs_transform());
        if let Some(stroke) = path.stroke()
            && let Some(dashes) = stroke.dasharray()
        {
            let bounds = path.data().bounds();
            let longest = f64::from(bounds.width() + bounds.height()) * path.data().len() as f64;
            let period: f64 = dashes.iter().map(|dash| f64::from(*dash)).sum();
            // More of them are not drawn.
            let count = (longest / period * dashes.len() as f64).min(1e6);
            self.add(count * POINT)?;
        }
        let paints = [path.fill().map(Fill::paint), path.stroke().map(Stroke::paint)];
        for paint in paints.into_iter().flatten() {
            if let Paint::Pattern(pattern) = paint {
                self.pattern(pattern, scale, bytes, aside)?;
            }
        }
        Ok(())
    }

    fn pattern(
        &mut self,
        pattern: &Pattern,
        scale: f64,
        bytes: f64,
        aside: bool,
    ) -> Result<(), Text> {
        if aside {
            return Err(text!("it has a pattern within a pattern or a mask"));
        }
        let tile = area(pattern.rect().to_rect(), scale * largest(pattern.transform()));
        self.add(tile * LAYER)?;
        self.group(pattern.root(), tile, bytes + tile * 4.0, true)
    }
}

/// How much larger that makes things at most.
fn largest(transform: Transform) -> f64 {
    let (x, y) = transform.get_scale();
    f64::from(x.max(y))
}

//! Drawings in SVG, drawn by `resvg` at the size at which they are needed.
//!
//! What a drawing takes from outside (images, style sheets, fonts) is refused by name, and so is what
//! would not be drawn, or not as browsers draw it. Nothing is fetched or read: there are no fonts, no
//! decoders and no resolver in this build of `resvg`. A drawing may come from anywhere, so that what
//! it takes to read and to draw it is bounded before either is done.

use std::collections::HashMap;
use std::fmt;

use lote_protocol::lang::Text;
use lote_protocol::text;
use resvg::tiny_skia::{Pixmap, PremultipliedColorU8, Transform};
use resvg::usvg::roxmltree::{Document, Node, NodeId, ParsingOptions};
use resvg::usvg::{Options, Rect, Tree};

use crate::picture::{Channels, Picture, Samples};

mod cost;

/// Largest file, bytes.
const MAX_BYTES: usize = 8 << 20;
/// Most nodes of the document.
const MAX_NODES: u32 = 200_000;
/// Most work to read it: elements, with those that `use` repeats, times what each may be compared with.
const MAX_WORK: u64 = 50_000_000;
/// Characters of a path that are as much work as an element.
const PATH_CHARS: usize = 16;
/// Elements may be deep in one another, and reading and drawing go as deep.
const STACK_BYTES: usize = 64 << 20;

/// An element that is refused, and what is said of it.
type Refused = (&'static str, fn() -> Text);

const REFUSED: &[Refused] = &[
    ("text", || text!("it has text, whose font may be missing: turn its text into paths")),
    ("image", || text!("it has an image within it")),
    ("foreignObject", || text!("it has a foreign object within it")),
    ("feImage", || text!("it has an image within it")),
    ("feTurbulence", || text!("it has an effect that is not drawn")),
    ("feConvolveMatrix", || text!("it has an effect that is not drawn")),
    ("feMorphology", || text!("it has an effect that is not drawn")),
    ("feDisplacementMap", || text!("it has an effect that is not drawn")),
    ("feDiffuseLighting", || text!("it has an effect that is not drawn")),
    ("feSpecularLighting", || text!("it has an effect that is not drawn")),
    ("meshgradient", || text!("it has a gradient that is not drawn")),
    ("hatch", || text!("it has a hatch that is not drawn")),
];

/// A drawing that can be drawn at any size.
pub(crate) struct Svg(Tree);

impl fmt::Debug for Svg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Svg").field(&self.0.size()).finish()
    }
}

/// Whether the content of a file looks like a drawing.
pub(crate) fn is_svg(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    bytes.trim_ascii_start().starts_with(b"<")
}

impl Svg {
    /// Reads a drawing, or says what is wrong with it.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Text> {
        if bytes.len() > MAX_BYTES {
            return Err(text!("a drawing has at most {} MiB", MAX_BYTES >> 20));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| "it is not in UTF-8")?;
        deep(|| {
            let options =
                ParsingOptions { allow_dtd: true, nodes_limit: MAX_NODES, ..Default::default() };
            let document = Document::parse_with_options(text, options)
                .map_err(|error| text!("it is no SVG that can be read: {}", error.to_string()))?;
            check(&document)?;
            let tree = Tree::from_xmltree(&document, &Options::default())
                .map_err(|error| text!("it is no SVG that can be read: {}", error.to_string()))?;
            if tree.root().children().is_empty() {
                return Err(text!("nothing is drawn in it"));
            }
            Ok(Self(tree))
        })
    }

    /// Width and height in its own units.
    pub(crate) fn size(&self) -> (f64, f64) {
        let size = self.0.size();
        (f64::from(size.width()), f64::from(size.height()))
    }

    /// The drawing as RGBA of that size, px, or why it cannot be drawn.
    pub(crate) fn draw(&self, width: u32, height: u32) -> Result<Picture, Text> {
        let size = self.0.size();
        let scale = (width as f32 / size.width(), height as f32 / size.height());
        cost::check(
            &self.0,
            f64::from(scale.0.max(scale.1)),
            f64::from(width) * f64::from(height),
        )?;
        let mut pixmap = Pixmap::new(width, height).ok_or("it would be too large")?;
        deep(|| {
            let transform = Transform::from_scale(scale.0, scale.1);
            resvg::render(&self.0, transform, &mut pixmap.as_mut());
            Ok(())
        })?;
        let pixels = pixmap.pixels().iter().map(PremultipliedColorU8::demultiply);
        let samples = pixels.flat_map(|p| [p.red(), p.green(), p.blue(), p.alpha()]).collect();
        Ok(Picture { width, height, channels: Channels::Rgba, samples: Samples::U8(samples) })
    }
}

/// Does that where the stack is deep enough for any drawing.
fn deep<T: Send>(work: impl FnOnce() -> Result<T, Text> + Send) -> Result<T, Text> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
        let thread = thread.spawn_scoped(scope, work).map_err(|error| error.to_string())?;
        thread.join().unwrap_or_else(|_| Err(text!("it cannot be drawn")))
    })
}

/// Refuses what comes from outside or would not be drawn, and what would take too long.
fn check(document: &Document<'_>) -> Result<(), Text> {
    let is_svg = |node: &Node<'_, '_>| {
        node.is_element() && node.tag_name().namespace() == Some("http://www.w3.org/2000/svg")
    };
    let mut rules = 0;
    for node in document.descendants() {
        if node.pi().is_some_and(|instruction| instruction.target == "xml-stylesheet") {
            return Err(text!("it has a style sheet outside of it"));
        }
        if !is_svg(&node) {
            continue;
        }
        let name = node.tag_name().name();
        // What only Illustrator reads; the drawing itself stands beside it.
        let is_alternative = name == "foreignObject"
            && node.attribute("requiredExtensions").is_some()
            && node.parent().is_some_and(|parent| parent.tag_name().name() == "switch");
        if let Some((_, what)) = REFUSED.iter().find(|(refused, _)| *refused == name)
            && !is_alternative
        {
            return Err(text!("{} ({})", what(), format!("<{name}>")));
        }
        if let Some(href) = href(&node).filter(|href| name != "a" && !href.starts_with('#')) {
            return Err(outside(href));
        }
        for attribute in node.attributes() {
            check_style(attribute.value())?;
            if ["vector-effect", "pathLength"].contains(&attribute.name()) {
                return Err(text!("it uses {}, which is not drawn", attribute.name()));
            }
        }
        if name == "style" {
            for text in node.children().filter_map(|child| child.text()) {
                check_style(text)?;
                rules += text.matches('{').count() as u64;
            }
        }
    }
    let mut weights = Weights::new(document);
    let all = weights.of(document.root_element());
    let mut compared = 1 + rules;
    for node in document.descendants().filter(is_svg) {
        if ["pattern", "marker"].contains(&node.tag_name().name()) {
            compared += weights.of(node);
        }
    }
    if all.saturating_mul(compared) > MAX_WORK {
        return Err(text!("it is too complex to be drawn"));
    }
    Ok(())
}

/// Where an element points to.
fn href<'a>(node: &Node<'a, '_>) -> Option<&'a str> {
    let href = node.attribute("href").or_else(|| node.attribute((XLINK, "href")));
    href.map(str::trim)
}

const XLINK: &str = "http://www.w3.org/1999/xlink";

/// Refuses what a style or an attribute takes from outside.
fn check_style(text: &str) -> Result<(), Text> {
    for (at, _) in text.match_indices("url(") {
        let target = text[at + 4..].trim_start_matches([' ', '"', '\'']);
        if !target.starts_with('#') {
            return Err(outside(target));
        }
    }
    for word in ["@import", "var(", "vector-effect"] {
        if text.contains(word) {
            return Err(text!("it uses {}, which is not drawn", word.trim_end_matches('(')));
        }
    }
    Ok(())
}

fn outside(target: &str) -> Text {
    let end = target.find(['"', '\'', ')', ' ']).unwrap_or(target.len());
    let short: String = target[..end].chars().take(60).collect();
    text!("it refers to what is outside of it: {}", short)
}

/// How much work each element of a document is, with what is in it and what it repeats.
struct Weights<'a, 'input> {
    by_id: HashMap<&'a str, Node<'a, 'input>>,
    known: HashMap<NodeId, u64>,
}

impl<'a, 'input> Weights<'a, 'input> {
    fn new(document: &'a Document<'input>) -> Self {
        let with_id = document.descendants().filter_map(|node| Some((node.attribute("id")?, node)));
        Self { by_id: with_id.collect(), known: HashMap::new() }
    }

    fn of(&mut self, node: Node<'a, 'input>) -> u64 {
        if let Some(known) = self.known.get(&node.id()) {
            return *known;
        }
        // Whatever repeats itself is not drawn again.
        self.known.insert(node.id(), 0);
        let path = node.attribute("d").or_else(|| node.attribute("points")).unwrap_or_default();
        let mut weight = 1 + (path.len() / PATH_CHARS) as u64;
        for child in node.children().filter(Node::is_element) {
            weight = weight.saturating_add(self.of(child));
        }
        let target = href(&node).filter(|_| node.tag_name().name() == "use");
        if let Some(target) = target.and_then(|href| self.by_id.get(href.strip_prefix('#')?)) {
            weight = weight.saturating_add(self.of(*target));
        }
        self.known.insert(node.id(), weight);
        weight
    }
}

/// What a rectangle covers when drawn at that scale, px.
fn area(rect: Rect, scale: f64) -> f64 {
    let side = |length: f32| f64::from(length) * scale + 4.0;
    side(rect.width()) * side(rect.height())
}

#[cfg(test)]
mod tests;

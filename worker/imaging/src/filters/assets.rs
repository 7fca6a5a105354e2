//! Files that filters need beside the picture: a logo, a font, a colour table.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use lote_protocol::lang::Text;
use lote_protocol::task::Limits;
use lote_protocol::text;

use super::kernels::cube::Cube;
use crate::formats;
use crate::picture::Picture;
use crate::pool::Pool;
use crate::svg::{Svg, is_svg};
use crate::text::Face;

/// What is laid over pictures: pixels, or a drawing that is as sharp at any size.
#[derive(Debug, Clone)]
pub(super) enum Emblem {
    Picture(Arc<Picture>),
    Drawing(Arc<Svg>),
}

/// A file, and what has been made of it. It is read once and shared by all pictures.
#[derive(Debug, Default)]
pub struct Asset {
    bytes: Arc<Vec<u8>>,
    /// Which of several fonts in it.
    index: u32,
    cube: OnceLock<Result<Arc<Cube>, Text>>,
    logo: OnceLock<Result<Emblem, Text>>,
    face: OnceLock<Option<Face>>,
}

impl Asset {
    /// A file with that content; of several fonts in it, the one of that index is meant.
    pub fn new(bytes: Vec<u8>, index: u32) -> Self {
        Self { bytes: Arc::new(bytes), index, ..Self::default() }
    }

    /// The content.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The content as a colour table, or what is wrong with it.
    pub(super) fn cube(&self) -> Result<Arc<Cube>, Text> {
        self.cube.get_or_init(|| Cube::parse(&self.bytes).map(Arc::new)).clone()
    }

    /// The content as a picture or a drawing, or what is wrong with it.
    pub(super) fn logo(&self, limits: &Limits) -> Result<Emblem, Text> {
        let read = || {
            if is_svg(&self.bytes) {
                return Svg::parse(&self.bytes).map(|svg| Emblem::Drawing(Arc::new(svg)));
            }
            let mut pool = Pool::new();
            let mut document = formats::decode(&self.bytes, limits, &mut pool)
                .map_err(|failure| failure.message)?;
            formats::to_srgb(&mut document, &mut pool);
            let frame =
                document.frames.into_iter().next().ok_or_else(|| text!("it has no picture"))?;
            Ok(Emblem::Picture(Arc::new(frame.picture)))
        };
        self.logo.get_or_init(read).clone()
    }

    /// The content as a font; `None` if it is none.
    pub fn face(&self) -> Option<&Face> {
        self.face.get_or_init(|| Face::new(Arc::clone(&self.bytes), self.index)).as_ref()
    }
}

/// The files of a task.
#[derive(Debug, Default, Clone)]
pub struct Assets {
    named: HashMap<String, Result<Arc<Asset>, Text>>,
    fonts: Vec<Arc<Asset>>,
}

impl Assets {
    /// Adds a file by the name that a parameter has for it, or a font for what other fonts cannot
    /// write, which has no name; or what is wrong with it.
    pub fn add(&mut self, name: &str, asset: Result<Arc<Asset>, Text>) {
        if name.is_empty() {
            self.fonts.extend(asset);
        } else {
            self.named.insert(name.to_owned(), asset);
        }
    }

    /// The file of that name, or what is wrong with it.
    pub(super) fn get(&self, name: &str) -> Result<&Arc<Asset>, Text> {
        let asset = self.named.get(name).ok_or_else(|| text!("it is not there"))?;
        asset.as_ref().map_err(Clone::clone)
    }

    /// Fonts for what others cannot write, the first one that can is the one to use.
    pub(super) fn fonts(&self) -> &[Arc<Asset>] {
        &self.fonts
    }
}

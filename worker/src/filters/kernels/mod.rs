//! What several filters share: loops over samples, written so that the compiler turns them into
//! vector code, and compiled for several levels of x86-64 and picked at run time (`multiversion`).
//!
//! No threads here: a worker thread is one core, and all of it.

pub(super) mod alpha;
pub(super) mod box_blur;
pub(super) mod canvas;
pub(super) mod color;
pub(super) mod convolve;
pub(super) mod glyphs;
pub(super) mod luma;
pub(super) mod point;
pub(super) mod sample;
pub(super) mod size;
pub(super) mod transpose;

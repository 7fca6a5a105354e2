//! What the filters are made of. Loops over samples are written so that the compiler turns them into
//! vector code; they are compiled for several levels of x86-64, and `multiversion` picks one of
//! those at run time.
//!
//! No threads here: a worker thread is one core, and all of it.

pub(super) mod affine;
pub(super) mod alpha;
pub(super) mod background;
pub(super) mod box_blur;
pub(super) mod canvas;
pub(super) mod color;
pub(super) mod convolve;
pub(super) mod cube;
pub(super) mod curves;
pub(super) mod ink;
pub(super) mod interest;
pub(super) mod lanczos;
pub(super) mod light;
pub(super) mod luma;
pub(super) mod median;
pub(super) mod planes;
pub(super) mod point;
pub(super) mod remake;
pub(super) mod sample;
pub(super) mod size;
pub(super) mod stamp;
pub(super) mod transpose;

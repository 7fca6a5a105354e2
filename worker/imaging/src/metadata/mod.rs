//! What goes with pixels in a file: EXIF, and the orientation that it tells.

pub(crate) mod exif;
pub(crate) mod exif_block;
pub(crate) mod exif_fields;
pub(crate) mod orientation;

//! Pure pictures: bytes in, bytes out. Formats, filters, text, metadata and colour; no paths, no
//! processes, no terminal.

mod color;
pub mod filters;
pub mod formats;
mod holds;
mod metadata;
pub mod picture;
pub mod pool;
mod squares;
mod svg;
pub mod text;

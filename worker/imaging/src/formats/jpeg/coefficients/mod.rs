//! Decoding by way of all coefficients: for files of every kind that is not decoded in bands, and for
//! damaged ones. Scans fill the coefficients in any order, then these become pixels.
//!
//! What is read, what is refused, where a decoder goes on behind damage and what it puts in place of
//! what is missing are as in libjpeg-turbo (jdmarker, jdhuff, jdphuff, jdarith, jdsample, jdcolor), so
//! that a damaged file shows the same picture here as in other programs. What could not be filled
//! from the file is counted.

mod arithmetic;
mod bits;
mod codes;
mod file;
mod frame;
mod huffman;
mod marks;
mod pixels;
mod progressive;
mod scan;

use lote_protocol::lang::Text;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::text;

pub(crate) use file::File;
pub(crate) use frame::Color;

/// What is odd about a file whose picture could be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Health {
    /// Units of the scan of which the largest share is missing: so many, of so many.
    pub(crate) missing: (usize, usize),
    /// Whether codes or markers were found that mean nothing where they are.
    pub(crate) irregular: bool,
    /// Whether bytes were passed over that belong nowhere.
    pub(crate) skipped: bool,
    /// Whether the file ends before its end mark.
    pub(crate) cut: bool,
    /// Where in the file its scans end.
    pub(crate) end: usize,
    /// Whether no scan holds the last details of some component.
    pub(crate) coarse: bool,
}

fn damaged(what: impl Into<Text>) -> Failure {
    Failure::new(FailureKind::Damaged, text!("the {} is damaged: {}", "JPEG", what))
}

fn unsupported(what: impl Into<Text>) -> Failure {
    Failure::new(FailureKind::Unsupported, text!("a kind of {} that is not read: {}", "JPEG", what))
}

//! The arithmetic between coefficients and pixels that another crate has in fast code.

use super::block::Block;

/// Samples of a block, row by row.
pub(crate) type Samples = [u8; 64];

/// What a decoder does with blocks and rows. All results are those of libjpeg's accurate integer
/// methods.
pub(crate) trait Transforms {
    /// The inverse DCT of coefficients times their quantisation steps (jidctint).
    fn inverse_dct(&self, block: &Block, quantization: &[u16; 64], samples: &mut Samples);

    /// Twice as many samples in a row, of which there are at least three (jdsample,
    /// `h2v1_fancy_upsample`). `to` has twice the length of `row`.
    fn double_columns(&self, row: &[u8], to: &mut [u8]);

    /// RGB from luminance and the two chroma components (jdcolor). `rgb` has a length of three
    /// times the width, the other ones have at least the width.
    fn to_rgb(&self, y: &[u8], cb: &[u8], cr: &[u8], rgb: &mut [u8]);
}

//! How a JPEG file is written, as far as it can be chosen.

use lote_protocol::encoding::{Encoding, Subsampling};

use crate::formats::table::QUALITY;
use crate::picture::Channels;

/// From this quality on colour is as fine as luminance where nobody says otherwise: below, it is the
/// quantisation that takes most away.
const FINE_FROM: u8 = 95;

/// How many columns and rows of luminance share a sample of chroma.
pub(crate) type Chroma = (u8, u8);

const FULL: Chroma = (1, 1);
const HALF_COLUMNS: Chroma = (2, 1);
const HALF: Chroma = (2, 2);

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Writing {
    /// 1..=100.
    pub(crate) quality: u8,
    pub(crate) chroma: Chroma,
    pub(crate) progressive: bool,
}

impl Writing {
    /// As an encoding asks for; `input` is what the input has, if it is a JPEG.
    pub(crate) fn new(encoding: &Encoding, input: Option<Chroma>) -> Self {
        let quality = encoding.quality.unwrap_or(QUALITY).clamp(1, 100);
        let by_quality = if quality < FINE_FROM { HALF } else { FULL };
        let chroma = match encoding.subsampling {
            None | Some(Subsampling::Auto) => by_quality,
            Some(Subsampling::Input) => input.unwrap_or(by_quality),
            Some(Subsampling::S420) => HALF,
            Some(Subsampling::S422) => HALF_COLUMNS,
            Some(Subsampling::S444) => FULL,
        };
        Self { quality, chroma, progressive: encoding.progressive.unwrap_or(false) }
    }

    /// Whether the encoder of our own writes such files.
    pub(crate) fn is_common(self, channels: Channels) -> bool {
        !self.progressive && (self.chroma == HALF || !channels.is_color())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chroma(quality: u8, subsampling: Option<Subsampling>, input: Option<Chroma>) -> Chroma {
        let encoding = Encoding { quality: Some(quality), subsampling, ..Encoding::default() };
        Writing::new(&encoding, input).chroma
    }

    #[test]
    fn colour_is_fine_from_a_high_quality_on_unless_told() {
        assert_eq!(chroma(94, None, Some(FULL)), HALF);
        assert_eq!(chroma(95, Some(Subsampling::Auto), Some(HALF)), FULL);
        assert_eq!(chroma(100, Some(Subsampling::S420), None), HALF);
        assert_eq!(chroma(50, Some(Subsampling::S422), None), HALF_COLUMNS);
        assert_eq!(chroma(50, Some(Subsampling::S444), None), FULL);
    }

    #[test]
    fn that_of_the_input_is_kept_where_it_is_known() {
        assert_eq!(chroma(75, Some(Subsampling::Input), Some((1, 2))), (1, 2));
        assert_eq!(chroma(75, Some(Subsampling::Input), None), HALF);
        assert_eq!(chroma(97, Some(Subsampling::Input), None), FULL);
    }
}

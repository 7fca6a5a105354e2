//! HEVC of the range extensions to planes, as far as it is proven: gray, and colours in 4:2:0, of 8 or 10
//! bits. What the crate makes of 4:2:2 and 4:4:4 is not what others see. The only file that names `heic_rs`.

use heic_rs::hevc::{Frame, decode_still};
use heic_rs::{ChromaFormat, Error};
use lote_protocol::text;

use crate::formats::heif::Refused;
use crate::formats::heif::planes::{Plane, Planes, Signal};

/// Decodes one picture by its parameter sets; that all of it is there has been checked then.
pub(super) fn decode(sets: &[&[u8]], slices: &[&[u8]], signal: Signal) -> Result<Planes, Refused> {
    let unread = || Refused::Unsupported(text!("its HEVC is of a kind that is not read"));
    let frame = decode_still(sets, slices)
        .and_then(|frame| frame.validate().map(|()| frame))
        .map_err(|error| match error {
            Error::Unsupported(_) => unread(),
            _ => Refused::Damaged(text!("its HEVC cannot be decoded")),
        })?;
    let Frame { width, height, bit_depth, chroma, y, cb, cr, y_stride, c_stride } = frame;
    let plane = |samples: &[u16], stride: u32, coarse: usize| {
        let (width, height) = ((width as usize) >> coarse, (height as usize) >> coarse);
        let mut plane = Plane::new(width, height);
        let rows = samples.chunks_exact(stride as usize);
        for (to, from) in plane.samples.chunks_exact_mut(width).zip(rows) {
            to.copy_from_slice(&from[..width]);
        }
        plane
    };
    let (all, coarse) = match chroma {
        ChromaFormat::Monochrome => (vec![plane(&y, y_stride, 0)], (0, 0)),
        ChromaFormat::Yuv420 => {
            let differences = [cb, cr].map(|samples| plane(&samples, c_stride, 1));
            ([plane(&y, y_stride, 0)].into_iter().chain(differences).collect(), (1, 1))
        }
        ChromaFormat::Yuv422 | ChromaFormat::Yuv444 => return Err(unread()),
    };
    Ok(Planes { all, bits: bit_depth.into(), coarse, signal })
}

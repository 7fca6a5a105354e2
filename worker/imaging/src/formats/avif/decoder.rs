//! AV1 to planes. The only file that names `re_rav1d`.

use std::panic::{self, AssertUnwindSafe};

use re_rav1d::dav1d::{
    Decoder, Error, Picture, PixelLayout, PlanarImageComponent, Settings, pixel,
};

use crate::formats::heif::planes::{Plane, Planes, Signal};
use crate::formats::heif::{Coded, Refused};
use lote_protocol::text;

/// Decodes a still picture. It works in the thread that calls it: a worker has no others.
pub(super) fn decode(coded: Coded<'_>) -> Result<Planes, Refused> {
    let (width, height) = coded.size;
    let mut settings = Settings::new();
    settings.set_n_threads(1);
    settings.set_max_frame_delay(1);
    settings.set_all_layers(false);
    // Codecs round sides up to whole blocks.
    settings
        .set_frame_size_limit(width.next_multiple_of(8).saturating_mul(height.next_multiple_of(8)));
    let mut decoder = Decoder::with_settings(&settings).map_err(failure)?;
    let mut sent = decoder.send_data(coded.bytes, None, None, None);
    loop {
        match decoder.get_picture() {
            Ok(picture) => return planes(&picture),
            Err(Error::Again) => {}
            Err(error) => return Err(failure(error)),
        }
        match sent {
            // All has been sent, and there is no picture.
            Ok(()) => return Err(Refused::Damaged(text!("it is cut off"))),
            Err(Error::Again) => sent = decoder.send_pending_data(),
            Err(error) => return Err(failure(error)),
        }
    }
}

fn failure(error: Error) -> Refused {
    match error {
        Error::UnsupportedBitstream => {
            Refused::Unsupported(text!("its AV1 is of a kind that is not read"))
        }
        Error::NotEnoughMemory => Refused::Damaged(text!("it needs more memory than there is")),
        _ => Refused::Damaged(text!("its AV1 cannot be decoded")),
    }
}

fn planes(picture: &Picture) -> Result<Planes, Refused> {
    let bits = picture.bits_per_component().map_or(0, |bits| bits.0 as u32);
    let coarse = match picture.pixel_layout() {
        PixelLayout::I420 => (1, 1),
        PixelLayout::I422 => (1, 0),
        PixelLayout::I400 | PixelLayout::I444 => (0, 0),
    };
    let components: &[_] = match picture.pixel_layout() {
        PixelLayout::I400 => &[PlanarImageComponent::Y],
        _ => &[PlanarImageComponent::Y, PlanarImageComponent::U, PlanarImageComponent::V],
    };
    let mut planes = Vec::new();
    for (i, component) in components.iter().enumerate() {
        let (x, y) = if i == 0 { (0, 0) } else { coarse };
        let width = (picture.width() as usize).div_ceil(1 << x);
        let height = (picture.height() as usize).div_ceil(1 << y);
        let stride = picture.stride(*component) as usize;
        let mut plane = Plane::new(width, height);
        let data = picture.plane(*component);
        let rows = plane.samples.chunks_exact_mut(width).zip(data.chunks(stride));
        for (to, from) in rows {
            if bits == 8 {
                to.iter_mut().zip(from).for_each(|(to, &from)| *to = from.into());
            } else {
                let from = from.as_chunks::<2>().0;
                to.iter_mut().zip(from).for_each(|(to, &from)| *to = u16::from_ne_bytes(from));
            }
        }
        planes.push(plane);
    }
    // The crate panics where a number means nothing.
    let signal = panic::catch_unwind(AssertUnwindSafe(|| Signal {
        primaries: picture.color_primaries() as u8,
        transfer: picture.transfer_characteristic() as u8,
        matrix: picture.matrix_coefficients() as u8,
        full_range: matches!(picture.color_range(), pixel::YUVRange::Full),
    }));
    let signal =
        signal.map_err(|_| Refused::Unsupported(text!("its colours are of an unknown kind")))?;
    if !matches!(bits, 8 | 10 | 12) {
        return Err(Refused::Unsupported(text!("its samples are of an unusual depth")));
    }
    Ok(Planes { all: planes, bits, coarse, signal })
}

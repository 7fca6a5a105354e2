//! What a PNG says of its colours beside a profile (PNG 3rd edition, 11.3.2): kept as it is in PNG,
//! and made a profile elsewhere.

use lote_protocol::lang::Text;
use lote_protocol::text;

use super::cms::{
    Chromaticity, CicpColorPrimaries, ColorPrimaries, ColorProfile, ToneReprCurve,
    TransferCharacteristics,
};
use super::profile::{self, D65};

/// Gamma of sRGB as files state it.
const SRGB_GAMMA: u32 = 45_455;
/// White point and primaries of sRGB as files state them.
const SRGB_CHROMATICITIES: [u32; 8] =
    [31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000];
/// By how much a gamma or a coordinate may differ and still mean the same.
const SAME: u32 = 600;

/// The chunks, as they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Signal {
    /// The exponent from light to samples, times 100,000.
    gamma: Option<u32>,
    /// White, red, green, blue: x and y each, times 100,000.
    chromaticities: Option<[u32; 8]>,
    /// The rendering intent; the colours are sRGB.
    srgb: Option<u8>,
    /// Primaries, transfer function, matrix, range (ITU-T H.273).
    cicp: Option<[u8; 4]>,
}

impl Signal {
    /// Takes a chunk if it is one of these.
    pub(crate) fn read_chunk(&mut self, kind: [u8; 4], data: &[u8]) {
        let numbers = || data.as_chunks::<4>().0.iter().map(|bytes| u32::from_be_bytes(*bytes));
        match (&kind, data.len()) {
            (b"gAMA", 4) => self.gamma = numbers().next().filter(|gamma| *gamma > 0),
            (b"cHRM", 32) => {
                let mut all = [0; 8];
                for (to, from) in all.iter_mut().zip(numbers()) {
                    *to = from;
                }
                self.chromaticities = Some(all);
            }
            (b"sRGB", 1) => self.srgb = Some(data[0]),
            (b"cICP", 4) => self.cicp = data.try_into().ok(),
            _ => {}
        }
    }

    /// Gives its chunks, in the order in which they stand in a file.
    pub(crate) fn write_chunks(&self, push: &mut dyn FnMut([u8; 4], &[u8])) {
        if let Some(cicp) = self.cicp {
            push(*b"cICP", &cicp);
        }
        if let Some(gamma) = self.gamma {
            push(*b"gAMA", &gamma.to_be_bytes());
        }
        if let Some(all) = self.chromaticities {
            push(*b"cHRM", &all.map(u32::to_be_bytes).concat());
        }
        if let Some(intent) = self.srgb {
            push(*b"sRGB", &[intent]);
        }
    }

    /// Whether it says nothing, or that colours are what they are when nothing is said.
    pub(crate) fn is_srgb(&self) -> bool {
        let same = |a: u32, b: u32| a.abs_diff(b) <= SAME;
        let gamma = self.gamma.is_none_or(|gamma| same(gamma, SRGB_GAMMA));
        let chromaticities = self
            .chromaticities
            .is_none_or(|all| all.iter().zip(SRGB_CHROMATICITIES).all(|(&a, b)| same(a, b)));
        match (self.cicp, self.srgb) {
            (Some([primaries, transfer, ..]), _) => (primaries, transfer) == (1, 13),
            (None, Some(_)) => true,
            (None, None) => gamma && chromaticities,
        }
    }

    /// A profile that says the same, for samples of gray or of colour. `Err` if no profile can: its
    /// light has no upper end, or it is unknown.
    pub(crate) fn to_icc(self, is_color: bool) -> Result<Vec<u8>, Text> {
        let impossible = || text!("its primaries are impossible");
        let mut colors = (D65, ColorPrimaries::BT_709);
        let light = if let Some([primaries, transfer, ..]) = self.cicp {
            if matches!(transfer, 16 | 18) {
                return Err(text!("no profile describes its high dynamic range"));
            }
            // ITU-T H.273, table 2.
            let white = match primaries {
                4 | 8 => Chromaticity::new(0.310, 0.316),
                10 => Chromaticity::new(1.0 / 3.0, 1.0 / 3.0),
                11 => Chromaticity::new(0.314, 0.351),
                _ => D65,
            };
            let primaries = CicpColorPrimaries::try_from(primaries).and_then(TryInto::try_into);
            let curve = TransferCharacteristics::try_from(transfer).and_then(TryInto::try_into);
            let (Ok(primaries), Ok(curve)) = (primaries, curve) else {
                return Err(text!("its colours are of no kind that is known"));
            };
            colors = (white, primaries);
            Some(curve)
        } else {
            if let Some([wx, wy, rx, ry, gx, gy, bx, by]) = self.chromaticities {
                let at = |x: u32, y: u32| Chromaticity::new(x as f32 / 1e5, y as f32 / 1e5);
                let sound = [wy, ry, gy, by].iter().all(|&y| y > 0)
                    && [wx, wy, rx, ry, gx, gy, bx, by].iter().all(|&v| v <= 100_000);
                if !sound {
                    return Err(impossible());
                }
                let primaries =
                    ColorPrimaries { red: at(rx, ry), green: at(gx, gy), blue: at(bx, by) };
                colors = (at(wx, wy), primaries);
            }
            let gamma = self.gamma.filter(|gamma| gamma.abs_diff(SRGB_GAMMA) > SAME);
            gamma.map(|gamma| ToneReprCurve::Parametric(vec![1e5 / gamma as f32]))
        };
        let light = light.or(ColorProfile::new_srgb().red_trc).ok_or_else(impossible)?;
        profile::write("PNG", is_color.then_some(colors), &light).ok_or_else(impossible)
    }
}

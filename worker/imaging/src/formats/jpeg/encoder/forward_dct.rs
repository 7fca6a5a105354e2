//! The forward DCT of eight values, to the bit that of libjpeg's `jfdctint.c`: the method of Loeffler,
//! Ligtenberg and Moschytz (1989).
//!
//! Sums of eight values fit into 16 bits in both directions, only products do not.

#![allow(clippy::inline_always, reason = "the callers are compiled for several processors")]

/// Bits behind the point of the factors.
const FRACTION: u32 = 13;
/// Bits behind the point of what lies between rows and columns.
const HALFWAY: u32 = 2;

/// The frequencies in a row of samples, in units of `2^-HALFWAY`.
#[inline(always)]
pub(crate) fn of_row(samples: [i16; 8]) -> [i16; 8] {
    let Frequencies { sums: [f0, f4], products } = frequencies(samples);
    let [f1, f2, f3, f5, f6, f7] = products.map(rounded::<{ FRACTION - HALFWAY }>);
    // Samples are signed in a JPEG: 128 less each, which only their sum shows.
    [(f0 - 8 * 128) << HALFWAY, f1, f2, f3, f4 << HALFWAY, f5, f6, f7]
}

/// The frequencies in a column of what [`of_row`] returns: 8 times those of a DCT.
#[inline(always)]
pub(crate) fn of_column(values: [i16; 8]) -> [i16; 8] {
    let Frequencies { sums, products } = frequencies(values);
    let [f0, f4] = sums.map(|sum| rounded::<HALFWAY>(sum.into()));
    let [f1, f2, f3, f5, f6, f7] = products.map(rounded::<{ FRACTION + HALFWAY }>);
    [f0, f1, f2, f3, f4, f5, f6, f7]
}

#[inline(always)]
fn rounded<const BITS: u32>(value: i32) -> i16 {
    ((value + (1 << (BITS - 1))) >> BITS) as i16
}

/// What comes out of a DCT of eight values, times the square root of 8.
struct Frequencies {
    /// 0 and 4.
    sums: [i16; 2],
    /// 1, 2, 3, 5, 6, 7 in units of `2^-FRACTION`.
    products: [i32; 6],
}

#[inline(always)]
fn frequencies(v: [i16; 8]) -> Frequencies {
    let [s0, s1, s2, s3] = [v[0] + v[7], v[1] + v[6], v[2] + v[5], v[3] + v[4]];
    let [d0, d1, d2, d3] = [v[0] - v[7], v[1] - v[6], v[2] - v[5], v[3] - v[4]];

    let (outer, inner) = (s0 - s3, s1 - s2);
    let turned = times(outer + inner, 4433);

    let all = times((d3 + d1) + (d2 + d0), 9633);
    let (d30, d21) = (times(d3 + d0, 7373), times(d2 + d1, 20_995));
    let (d31, d20) = (all - times(d3 + d1, 16_069), all - times(d2 + d0, 3196));
    Frequencies {
        sums: [(s0 + s3) + (s1 + s2), (s0 + s3) - (s1 + s2)],
        products: [
            times(d0, 12_299) - d30 + d20,
            turned + times(outer, 6270),
            times(d1, 25_172) - d21 + d31,
            times(d2, 16_819) - d21 + d20,
            turned - times(inner, 15_137),
            times(d3, 2446) - d30 + d31,
        ],
    }
}

#[inline(always)]
fn times(value: i16, factor: i16) -> i32 {
    i32::from(value) * i32::from(factor)
}

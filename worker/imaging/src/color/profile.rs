//! Profiles that are written where a file has none of its own (ICC.1:2022): the same bytes each time.

use super::cms::{
    Chromaticity, ColorPrimaries, ColorProfile, Matrix3d, ToneReprCurve, Vector3d, Xyz,
    adaption_matrix_d,
};

/// The white that colours are described under, as profiles state it.
const D50: Xyz = Xyz { x: 0xf6d6 as f32 / 65_536.0, y: 1.0, z: 0xd32d as f32 / 65_536.0 };

/// White as sRGB and most other spaces have it.
pub(super) const D65: Chromaticity = Chromaticity::new(0.3127, 0.3290);

/// Length of the header, and of an entry of the table of tags, bytes.
const HEADER_LEN: usize = 128;
const ENTRY_LEN: usize = 12;

/// White, and red, green and blue.
pub(super) type Colors = (Chromaticity, ColorPrimaries);

/// A profile of colours, or else of gray, with a curve from samples to light; `None` where it cannot be
/// written.
pub(super) fn write(name: &str, colors: Option<Colors>, light: &ToneReprCurve) -> Option<Vec<u8>> {
    let mut tags = vec![
        (vec![*b"desc"], words(name)),
        (vec![*b"cprt"], words("Public Domain")),
        (vec![*b"wtpt"], numbers(*b"XYZ ", &[D50.x, D50.y, D50.z].map(f64::from))?),
    ];
    let space = if let Some((white, primaries)) = colors {
        let adapted = adaption_matrix_d(white.to_xyz(), D50);
        tags.push((vec![*b"chad"], numbers(*b"sf32", adapted.v.as_flattened())?));
        let colorants = under_d50(ColorProfile::colorants_matrix(white.to_xyyb(), primaries));
        for (column, name) in [*b"rXYZ", *b"gXYZ", *b"bXYZ"].into_iter().enumerate() {
            tags.push((vec![name], numbers(*b"XYZ ", &colorants.v.map(|row| row[column]))?));
        }
        tags.push((vec![*b"rTRC", *b"gTRC", *b"bTRC"], curve(light)?));
        *b"RGB "
    } else {
        tags.push((vec![*b"kTRC"], curve(light)?));
        *b"GRAY"
    };
    let count: usize = tags.iter().map(|(names, _)| names.len()).sum();
    let mut table = (count as u32).to_be_bytes().to_vec();
    let mut data = Vec::new();
    for (names, content) in &tags {
        let at = HEADER_LEN + 4 + count * ENTRY_LEN + data.len();
        for name in names {
            table.extend(name);
            table.extend((at as u32).to_be_bytes());
            table.extend((content.len() as u32).to_be_bytes());
        }
        data.extend(content);
        data.resize(data.len().next_multiple_of(4), 0);
    }
    let mut out = vec![0; HEADER_LEN];
    out[..4].copy_from_slice(&((HEADER_LEN + table.len() + data.len()) as u32).to_be_bytes());
    out[8..10].copy_from_slice(&[4, 0x40]);
    out[12..16].copy_from_slice(b"mntr");
    out[16..20].copy_from_slice(&space);
    out[20..24].copy_from_slice(b"XYZ ");
    // A day for all of them, so that outputs do not depend on when they are made.
    out[24..30].copy_from_slice(&[2000u16, 1, 1].map(u16::to_be_bytes).concat());
    out[36..40].copy_from_slice(b"acsp");
    out[68..80].copy_from_slice(&numbers(*b"XYZ ", &[D50.x, D50.y, D50.z].map(f64::from))?[8..]);
    out.extend(table);
    out.extend(data);
    Some(out)
}

/// Colorants of which white is exactly that of profiles: the library's is a little off.
fn under_d50(colorants: Matrix3d) -> Matrix3d {
    let [x, y, z] = colorants.mul_vector(Vector3d { v: [1.0; 3] }).v.map(|v| v as f32);
    adaption_matrix_d(Xyz { x, y, z }, D50).mat_mul(colorants)
}

/// A text (10.15), of ASCII.
fn words(text: &str) -> Vec<u8> {
    let mut tag = b"mluc\0\0\0\0\0\0\0\x01\0\0\0\x0cenUS".to_vec();
    tag.extend((text.len() as u32 * 2).to_be_bytes());
    tag.extend(28u32.to_be_bytes());
    tag.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
    tag
}

/// Numbers as parts of 65,536 (4.6).
fn numbers(kind: [u8; 4], numbers: &[f64]) -> Option<Vec<u8>> {
    let mut tag = [kind, [0; 4]].concat();
    for number in numbers {
        let fixed = (number * 65_536.0).round();
        if !(f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&fixed) {
            return None;
        }
        tag.extend((fixed as i32).to_be_bytes());
    }
    Some(tag)
}

/// A curve from samples to light: of levels (10.6), or of a function (10.18).
fn curve(curve: &ToneReprCurve) -> Option<Vec<u8>> {
    match curve {
        ToneReprCurve::Lut(levels) => {
            let mut tag = b"curv\0\0\0\0".to_vec();
            tag.extend((levels.len() as u32).to_be_bytes());
            tag.extend(levels.iter().flat_map(|level| level.to_be_bytes()));
            Some(tag)
        }
        ToneReprCurve::Parametric(values) => {
            let function = [1, 3, 4, 5, 7].iter().position(|count| *count == values.len())?;
            let values: Vec<f64> = values.iter().map(|value| f64::from(*value)).collect();
            let mut tag = numbers(*b"para", &values)?;
            tag.splice(8..8, [0, function as u8, 0, 0]);
            Some(tag)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Space, icc, profile, srgb};

    fn u32_at(profile: &[u8], at: usize) -> u32 {
        u32::from_be_bytes(profile[at..at + 4].try_into().unwrap())
    }

    /// The numbers of a tag, in parts of 65,536.
    fn numbers(profile: &[u8], name: [u8; 4]) -> Vec<i32> {
        let entries = profile[132..].chunks(12).take(u32_at(profile, 128) as usize);
        let entry = entries.into_iter().find(|entry| entry[..4] == name).unwrap();
        let (at, len) = (u32_at(entry, 4) as usize, u32_at(entry, 8) as usize);
        profile[at + 8..at + len].chunks(4).map(|bytes| u32_at(bytes, 0) as i32).collect()
    }

    fn is_near(numbers: &[i32], wanted: &[i32]) -> bool {
        numbers.len() == wanted.len()
            && numbers.iter().zip(wanted).all(|(a, b)| a.abs_diff(*b) <= 2)
    }

    /// Of Little CMS 2.17, `cmsCreate_sRGBProfile`; its columns are each rounded so that white is exact.
    #[test]
    fn srgb_is_described_as_elsewhere() {
        let profile = srgb().unwrap();
        for (name, wanted) in [
            (*b"wtpt", &[0xf6d6, 0x10000, 0xd32d][..]),
            (*b"rXYZ", &[0x6fa0, 0x38f5, 0x390]),
            (*b"gXYZ", &[0x6297, 0xb787, 0x18d9]),
            (*b"bXYZ", &[0x249f, 0xf84, 0xb6c3]),
            (*b"chad", &[0x10c42, 0x5de, -0xcdb, 0x793, 0xfd90, -0x45f, -0x25e, 0x3dc, 0xc06e]),
        ] {
            assert!(is_near(&numbers(&profile, name), wanted), "{:x?}", numbers(&profile, name));
        }
        // What stands before the numbers of a curve is its kind.
        let curve = [0x3_0000, 0x2_6666, 0xf2a7, 0xd59, 0x13d0, 0xa5b];
        assert!(
            is_near(&numbers(&profile, *b"gTRC"), &curve),
            "{:x?}",
            numbers(&profile, *b"gTRC")
        );
    }

    #[test]
    fn profiles_are_well_formed_and_say_no_time() {
        for profile in
            [srgb(), profile(Space::AdobeRgb), profile(Space::ProPhotoRgb)].map(Option::unwrap)
        {
            assert_eq!(icc::check(&profile), Ok(icc::ColorSpace::Rgb));
            assert_eq!(profile[24..36], [7, 0xd0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
            let illuminant = [68, 72, 76].map(|at| u32_at(&profile, at));
            assert_eq!(illuminant, [0xf6d6, 0x10000, 0xd32d]);
            assert_eq!(u32_at(&profile, 0) as usize, profile.len());
            for entry in profile[132..].chunks(12).take(u32_at(&profile, 128) as usize) {
                assert_eq!(u32_at(entry, 4) % 4, 0, "{entry:?}");
            }
            let columns = [*b"rXYZ", *b"gXYZ", *b"bXYZ"].map(|name| numbers(&profile, name));
            let white: Vec<i32> = (0..3).map(|i| columns.iter().map(|c| c[i]).sum()).collect();
            assert!(is_near(&white, &[0xf6d6, 0x10000, 0xd32d]), "{white:x?}");
        }
    }
}

//! ICC profiles: which are sound enough to be carried, and what they describe.

use lote_protocol::lang::Text;
use lote_protocol::text;

use crate::picture::Channels;

/// Length of the fixed header, bytes (ICC.1:2022, 7.2).
const HEADER_LEN: usize = 128;

/// What kind of samples a profile describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColorSpace {
    /// One channel.
    Gray,
    /// Red, green, blue.
    Rgb,
    /// Four inks.
    Cmyk,
}

/// Checks the header and the tag table; `Err` says what is wrong with the profile.
pub(crate) fn check(profile: &[u8]) -> Result<ColorSpace, Text> {
    if profile.len() < HEADER_LEN + 4 {
        return Err(text!("it is cut off"));
    }
    if profile.get(36..40) != Some(b"acsp") {
        return Err(text!("it has no profile signature"));
    }
    let declared = u32_at(profile, 0).unwrap_or(0) as usize;
    if declared < HEADER_LEN + 4 || declared > profile.len() {
        return Err(text!("its length is wrong"));
    }
    let tags = u32_at(profile, HEADER_LEN).unwrap_or(0) as usize;
    if tags > (declared - HEADER_LEN - 4) / 12 {
        return Err(text!("its table of contents is wrong"));
    }
    let sound = (0..tags).all(|tag| {
        let at = HEADER_LEN + 4 + tag * 12;
        let offset = u32_at(profile, at + 4).unwrap_or(u32::MAX) as usize;
        let len = u32_at(profile, at + 8).unwrap_or(u32::MAX) as usize;
        offset.checked_add(len).is_some_and(|end| end <= declared)
    });
    if !sound {
        return Err(text!("its table of contents points outside of it"));
    }
    match profile.get(16..20) {
        Some(b"GRAY") => Ok(ColorSpace::Gray),
        Some(b"RGB ") => Ok(ColorSpace::Rgb),
        Some(b"CMYK") => Ok(ColorSpace::Cmyk),
        _ => Err(text!("it describes another colour space")),
    }
}

/// Checks a profile for a picture with these channels; `Err` says why it has to be dropped. An RGB
/// profile on a gray picture is kept: it says how light its grays are.
pub(crate) fn check_for(profile: &[u8], channels: Channels) -> Result<(), Text> {
    match (check(profile)?, channels.is_color()) {
        (ColorSpace::Rgb, _) | (ColorSpace::Gray, false) => Ok(()),
        _ => Err(text!("it describes another colour space")),
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}

/// A profile of a header and an empty tag table: sound by [`check`].
#[cfg(test)]
pub(crate) fn sample(space: [u8; 4]) -> Vec<u8> {
    let mut profile = vec![0; HEADER_LEN + 4 + 68];
    let len = profile.len() as u32;
    profile[..4].copy_from_slice(&len.to_be_bytes());
    profile[16..20].copy_from_slice(&space);
    profile[36..40].copy_from_slice(b"acsp");
    for (i, byte) in profile[HEADER_LEN + 4..].iter_mut().enumerate() {
        *byte = i as u8;
    }
    profile
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_profile_passes() {
        assert_eq!(check(&sample(*b"RGB ")), Ok(ColorSpace::Rgb));
        assert_eq!(check_for(&sample(*b"RGB "), Channels::Gray), Ok(()));
        assert_eq!(check_for(&sample(*b"GRAY"), Channels::GrayAlpha), Ok(()));
    }

    #[test]
    fn a_profile_for_other_channels_is_refused() {
        assert!(check_for(&sample(*b"GRAY"), Channels::Rgb).is_err());
        assert!(check_for(&sample(*b"CMYK"), Channels::Rgb).is_err());
    }

    #[test]
    fn a_broken_profile_is_refused() {
        let sound = sample(*b"RGB ");
        assert!(check(&[]).is_err());
        assert!(check(&sound[..150]).is_err());
        assert!(check(&[0x93; 5000]).is_err());
        let mut long = sound.clone();
        long[..4].copy_from_slice(&u32::MAX.to_be_bytes());
        assert!(check(&long).is_err());
        let mut many_tags = sound.clone();
        many_tags[128..132].copy_from_slice(&0x7fff_ffffu32.to_be_bytes());
        assert!(check(&many_tags).is_err());
        let mut far_tag = sound;
        far_tag[128..132].copy_from_slice(&1u32.to_be_bytes());
        far_tag[136..140].copy_from_slice(&u32::MAX.to_be_bytes());
        assert!(check(&far_tag).is_err());
    }
}

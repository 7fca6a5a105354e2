//! The notes that makers of cameras put into EXIF, as far as it can be seen whose they are.

/// Makers whose notes begin with a name, and whose values are found from where the note begins: a note
/// can be moved.
const MOVABLE: [&[u8]; 8] = [
    b"FUJIFILM",
    b"Nikon\0\x02",
    b"Apple iOS\0",
    b"OLYMPUS\0",
    b"OM SYSTEM\0",
    b"PENTAX \0",
    b"SIGMA\0",
    b"Google\0",
];

/// Makers whose notes hold no place.
const WITHOUT_PLACE: [&[u8]; 9] = [
    b"FUJIFILM",
    b"Apple iOS\0",
    b"OLYMPUS\0",
    b"OLYMP\0",
    b"OM SYSTEM\0",
    b"SONY DSC ",
    b"SONY CAM ",
    b"SONY MOBILE",
    b"SANYO\0",
];

/// Whether values may be found by where they are in the whole block, so that a note that is moved
/// loses them.
pub(crate) fn has_far_values(note: &[u8]) -> bool {
    !MOVABLE.iter().any(|name| note.starts_with(name))
}

/// Whether a note may say where the picture was taken.
pub(crate) fn may_hold_a_place(note: &[u8]) -> bool {
    !WITHOUT_PLACE.iter().any(|name| note.starts_with(name))
}

//! Which protocol this is. Both ends say so before anything else, in a form that never changes.

/// Number of the protocol; raised with every change of a message's meaning.
pub const PROTOCOL_VERSION: u32 = 3;

/// The first bytes on every connection.
pub const MAGIC: [u8; 8] = *b"LOTE\0wrk";

/// Length of the preamble, in bytes.
pub const PREAMBLE_BYTES: usize = 20;

/// Hash of this crate's sources. Messages are understood only between equal builds.
pub const BUILD_ID: u64 = parse(env!("LOTE_BUILD_ID"));

/// What a worker says first: magic, protocol version and build id, all numbers little endian. It
/// is no bincode, so that builds of any age can tell each other that they do not fit.
pub fn preamble() -> [u8; PREAMBLE_BYTES] {
    let mut bytes = [0; PREAMBLE_BYTES];
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8..12].copy_from_slice(&PROTOCOL_VERSION.to_le_bytes());
    bytes[12..].copy_from_slice(&BUILD_ID.to_le_bytes());
    bytes
}

/// Why a preamble is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// The peer is something else.
    #[error("the peer is not a Lote worker")]
    Magic,
    /// A Lote worker of another protocol version.
    #[error(
        "the worker speaks protocol {theirs}, this program {PROTOCOL_VERSION}; \
         use the worker that came with it"
    )]
    Version {
        /// The peer's version.
        theirs: u32,
    },
    /// A Lote worker of the same protocol version, built from other sources.
    #[error(
        "the worker was built from other sources than this program; build both from the same ones"
    )]
    Build,
}

/// Checks the preamble of a peer.
pub fn check(preamble: &[u8; PREAMBLE_BYTES]) -> Result<(), Mismatch> {
    let ours = self::preamble();
    if preamble[..8] != ours[..8] {
        return Err(Mismatch::Magic);
    }
    if preamble[8..12] != ours[8..12] {
        let theirs = [preamble[8], preamble[9], preamble[10], preamble[11]];
        return Err(Mismatch::Version { theirs: u32::from_le_bytes(theirs) });
    }
    if preamble[12..] != ours[12..] {
        return Err(Mismatch::Build);
    }
    Ok(())
}

/// The decimal number that the build script wrote.
const fn parse(digits: &str) -> u64 {
    let bytes = digits.as_bytes();
    let mut value = 0;
    let mut i = 0;
    while i < bytes.len() {
        value = value * 10 + (bytes[i] - b'0') as u64;
        i += 1;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_preamble_is_accepted() {
        assert_eq!(check(&preamble()), Ok(()));
        assert_ne!(BUILD_ID, 0);
    }

    #[test]
    fn each_part_of_a_foreign_preamble_is_told_apart() {
        let with = |index: usize| {
            let mut bytes = preamble();
            bytes[index] ^= 0x40;
            check(&bytes)
        };
        assert_eq!(with(0), Err(Mismatch::Magic));
        assert!(matches!(with(8), Err(Mismatch::Version { .. })));
        assert_eq!(with(12), Err(Mismatch::Build));
    }
}

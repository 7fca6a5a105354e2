//! Files whose ends are missing or whose checksums are wrong, made such that what they hold can be
//! decoded as far as it goes.

const SIGNATURE: usize = 8;

/// The file with the checksums that its pixels have, up to where its chunks end or are cut off, and with
/// an end. The checksum that their compression has of its own still tells whether the pixels are right.
/// `None` for a file that does not get as far as its pixels.
pub(super) fn mended(file: &[u8]) -> Option<Vec<u8>> {
    let mut whole = file.get(..SIGNATURE)?.to_vec();
    let mut rest = &file[SIGNATURE..];
    let mut has_pixels = false;
    while let Some((head, body)) = rest.split_first_chunk::<8>() {
        let [a, b, c, d, kind @ ..] = *head;
        let stated = u32::from_be_bytes([a, b, c, d]) as usize;
        let data = &body[..stated.min(body.len())];
        let is_cut = body.len() < stated.saturating_add(4);
        let holds_pixels = matches!(&kind, b"IDAT" | b"fdAT");
        has_pixels |= holds_pixels;
        if kind == *b"IEND" || is_cut && !holds_pixels {
            break;
        }
        if holds_pixels {
            push(&mut whole, kind, data);
        } else {
            whole.extend_from_slice(&rest[..12 + stated]);
        }
        rest = body.get(stated + 4..).unwrap_or_default();
    }
    push(&mut whole, *b"IEND", &[]);
    has_pixels.then_some(whole)
}

fn push(out: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(&kind);
    checksum.update(data);
    out.extend((data.len() as u32).to_be_bytes());
    out.extend(kind);
    out.extend_from_slice(data);
    out.extend(checksum.finalize().to_be_bytes());
}

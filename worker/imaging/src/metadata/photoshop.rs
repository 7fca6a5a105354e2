//! The image resources of Photoshop (Adobe Photoshop File Formats, "Image Resource Blocks"), in which
//! JPEG and TIFF keep IPTC.

const SIGNATURE: &[u8; 4] = b"8BIM";
const IPTC: u16 = 0x0404;
const IPTC_DIGEST: u16 = 0x0425;
const RESOLUTION: u16 = 0x03ed;
/// Whether it is under copyright, and where that can be read.
const COPYRIGHT: [u16; 2] = [0x040a, 0x040b];
/// Thumbnails of the picture before, and blocks that are carried elsewhere: profile, EXIF, XMP.
const NOT_CARRIED: [u16; 6] = [0x0409, 0x040c, 0x040f, 0x0422, 0x0423, 0x0424];

/// One resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resource {
    id: u16,
    name: Vec<u8>,
    data: Vec<u8>,
}

/// The resources of a block that go with a picture, without IPTC, and IPTC. Ends where it is damaged.
pub(crate) fn parse(mut block: &[u8]) -> (Vec<Resource>, Option<Vec<u8>>) {
    let (mut resources, mut iptc) = (Vec::new(), None);
    while let Some(rest) = block.strip_prefix(SIGNATURE) {
        let Some((&[high, low, name_len], rest)) = rest.split_first_chunk() else { break };
        let id = u16::from_be_bytes([high, low]);
        // The length and the name have an even number of bytes.
        let padded = (usize::from(name_len) + 1).next_multiple_of(2) - 1;
        let Some((name, rest)) = rest.split_at_checked(padded) else { break };
        let Some((len, rest)) = rest.split_first_chunk() else { break };
        let len = u32::from_be_bytes(*len) as usize;
        let Some(data) = rest.get(..len) else { break };
        if id == IPTC {
            iptc.get_or_insert_with(|| data.to_vec());
        } else if !NOT_CARRIED.contains(&id) {
            let name = name[..usize::from(name_len)].to_vec();
            resources.push(Resource { id, name, data: data.to_vec() });
        }
        block = rest.get(len.next_multiple_of(2)..).unwrap_or_default();
    }
    (resources, iptc)
}

/// The block of those resources and IPTC; empty if there are none.
pub(crate) fn build(resources: &[Resource], iptc: Option<&[u8]>) -> Vec<u8> {
    let mut block = Vec::new();
    if let Some(iptc) = iptc {
        push(&mut block, IPTC, &[], iptc);
    }
    for Resource { id, name, data } in resources {
        push(&mut block, *id, name, data);
    }
    block
}

fn push(block: &mut Vec<u8>, id: u16, name: &[u8], data: &[u8]) {
    block.extend_from_slice(SIGNATURE);
    block.extend(id.to_be_bytes());
    block.push(name.len() as u8);
    block.extend_from_slice(name);
    if name.len().is_multiple_of(2) {
        block.push(0);
    }
    block.extend((data.len() as u32).to_be_bytes());
    block.extend_from_slice(data);
    if !data.len().is_multiple_of(2) {
        block.push(0);
    }
}

/// Has the resolutions across and down change places: each is a number and two units, of 8 bytes.
pub(crate) fn turn_resolution(resources: &mut [Resource]) {
    for resource in resources.iter_mut().filter(|resource| resource.id == RESOLUTION) {
        if resource.data.len() == 16 {
            resource.data.rotate_left(8);
        }
    }
}

/// Leaves out the digest by which programs see that IPTC has not changed: it has.
pub(crate) fn forget_digest(resources: &mut Vec<Resource>) {
    resources.retain(|resource| resource.id != IPTC_DIGEST);
}

/// Leaves what says whose the picture is, or nothing.
pub(crate) fn keep_rights(resources: &mut Vec<Resource>) {
    resources.retain(|resource| COPYRIGHT.contains(&resource.id));
}

/// Leaves the resolution.
pub(crate) fn keep_resolution(resources: &mut Vec<Resource>) {
    resources.retain(|resource| resource.id == RESOLUTION);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_read_as_they_were_written() {
        let one = Resource { id: 0x040b, name: b"odd".to_vec(), data: b"http://x".to_vec() };
        let two = Resource { id: 0x03ed, name: Vec::new(), data: vec![1; 15] };
        let resources = vec![one, two];
        let block = build(&resources, Some(b"\x1c\x02\0\0\0"));
        assert_eq!(parse(&block), (resources.clone(), Some(b"\x1c\x02\0\0\0".to_vec())));
        for len in 0..block.len() {
            assert!(resources.starts_with(&parse(&block[..len]).0));
        }
    }

    #[test]
    fn thumbnails_of_the_picture_before_are_left_out() {
        let thumbnail = Resource { id: 0x040c, name: Vec::new(), data: vec![7; 9] };
        assert_eq!(parse(&build(&[thumbnail], None)), (Vec::new(), None));
    }
}

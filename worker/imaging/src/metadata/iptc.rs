//! IPTC-IIM (IPTC Information Interchange Model 4.2): datasets in a row.

/// Record of what is said of a picture.
const APPLICATION: u8 = 2;
/// Record of the envelope, which says how texts are encoded.
const ENVELOPE: u8 = 1;
const CHARACTER_SET: u8 = 90;
/// The escape that says UTF-8 (ISO 2022).
const UTF_8: &[u8] = b"\x1b%G";
const MARKER: u8 = 0x1c;

/// Numbers of datasets in the application record.
pub(crate) mod dataset {
    pub(crate) const VERSION: u8 = 0;
    pub(crate) const KEYWORDS: u8 = 25;
    pub(crate) const CONTENT_LOCATION_CODE: u8 = 26;
    pub(crate) const CONTENT_LOCATION_NAME: u8 = 27;
    pub(crate) const BY_LINE: u8 = 80;
    pub(crate) const BY_LINE_TITLE: u8 = 85;
    pub(crate) const CITY: u8 = 90;
    pub(crate) const SUBLOCATION: u8 = 92;
    pub(crate) const PROVINCE: u8 = 95;
    pub(crate) const COUNTRY_CODE: u8 = 100;
    pub(crate) const COUNTRY: u8 = 101;
    pub(crate) const CREDIT: u8 = 110;
    pub(crate) const SOURCE: u8 = 115;
    pub(crate) const COPYRIGHT: u8 = 116;
    pub(crate) const CONTACT: u8 = 118;
    pub(crate) const CAPTION: u8 = 120;
}

/// One dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DataSet {
    record: u8,
    number: u8,
    value: Vec<u8>,
}

/// The datasets of a block; ends where it is damaged.
pub(crate) fn parse(mut block: &[u8]) -> Vec<DataSet> {
    let mut sets = Vec::new();
    while let Some((&[MARKER, record, number, high, low], rest)) = block.split_first_chunk() {
        let (len, rest) = if high & 0x80 == 0 {
            (usize::from(u16::from_be_bytes([high, low])), rest)
        } else {
            // The length has so many bytes.
            let bytes = usize::from(u16::from_be_bytes([high & 0x7f, low]));
            let Some((digits, rest)) = rest.split_at_checked(bytes).filter(|_| bytes <= 4) else {
                break;
            };
            (digits.iter().fold(0, |len, &digit| len << 8 | usize::from(digit)), rest)
        };
        let Some((value, rest)) = rest.split_at_checked(len) else { break };
        sets.push(DataSet { record, number, value: value.to_vec() });
        block = rest;
    }
    sets
}

/// The block of those datasets.
pub(crate) fn build(sets: &[DataSet]) -> Vec<u8> {
    let mut block = Vec::new();
    for DataSet { record, number, value } in sets {
        block.extend([MARKER, *record, *number]);
        if let Some(len) = u16::try_from(value.len()).ok().filter(|len| *len < 0x8000) {
            block.extend(len.to_be_bytes());
        } else {
            block.extend([0x80, 4]);
            block.extend((value.len() as u32).to_be_bytes());
        }
        block.extend_from_slice(value);
    }
    block
}

/// Leaves only those datasets of what is said of the picture that are wanted.
pub(crate) fn retain(sets: &mut Vec<DataSet>, wanted: impl Fn(u8) -> bool) {
    sets.retain(|set| set.record != APPLICATION || wanted(set.number));
}

/// Whether anything is said of the picture.
pub(crate) fn says_something(sets: &[DataSet]) -> bool {
    sets.iter().any(|set| set.record == APPLICATION && set.number != dataset::VERSION)
}

/// Sets a dataset to those values, in place of what it had. What is not of ASCII makes the block one
/// of UTF-8; what it had in another encoding is taken for Latin-1 then.
pub(crate) fn set(sets: &mut Vec<DataSet>, number: u8, values: &[&str]) {
    sets.retain(|set| (set.record, set.number) != (APPLICATION, number));
    let charset = |set: &DataSet| (set.record, set.number) == (ENVELOPE, CHARACTER_SET);
    let is_utf_8 = sets.iter().any(|set| charset(set) && set.value == UTF_8);
    if !is_utf_8 && !values.iter().all(|value| value.is_ascii()) {
        for set in sets.iter_mut().filter(|set| set.record == APPLICATION && set.number > 0) {
            if std::str::from_utf8(&set.value).is_err() {
                set.value =
                    set.value.iter().map(|&byte| char::from(byte)).collect::<String>().into();
            }
        }
        sets.retain(|set| !charset(set));
        sets.insert(0, DataSet { record: ENVELOPE, number: CHARACTER_SET, value: UTF_8.to_vec() });
    }
    if !sets.iter().any(|set| set.record == APPLICATION) {
        sets.push(DataSet { record: APPLICATION, number: dataset::VERSION, value: vec![0, 4] });
    }
    let new = values.iter().map(|value| DataSet {
        record: APPLICATION,
        number,
        value: value.as_bytes().to_vec(),
    });
    let place = sets
        .iter()
        .position(|set| (set.record, set.number) > (APPLICATION, number))
        .unwrap_or(sets.len());
    sets.splice(place..place, new);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datasets_are_read_as_they_were_written() {
        let mut sets = Vec::new();
        set(&mut sets, dataset::CAPTION, &[&"x".repeat(40_000)]);
        set(&mut sets, dataset::KEYWORDS, &["harbour", "ñandú"]);
        assert_eq!(parse(&build(&sets)), sets);
        assert_eq!(sets[0].value, UTF_8);
        assert_eq!(sets[1].number, dataset::VERSION);
        assert_eq!(sets[2].value, b"harbour");
    }

    #[test]
    fn texts_of_latin_1_become_utf_8_with_the_block() {
        let mut sets = parse(b"\x1c\x02\x5a\0\x04K\xf6ln");
        set(&mut sets, dataset::BY_LINE, &["José"]);
        assert_eq!(
            sets.iter().find(|set| set.number == 90 && set.record == 2).unwrap().value,
            "Köln".as_bytes()
        );
    }

    #[test]
    fn a_block_that_is_cut_off_keeps_what_is_whole() {
        let mut sets = Vec::new();
        set(&mut sets, dataset::BY_LINE, &["one"]);
        set(&mut sets, dataset::COPYRIGHT, &["two"]);
        let block = build(&sets);
        for len in 0..block.len() {
            assert!(sets.starts_with(&parse(&block[..len])));
        }
    }
}

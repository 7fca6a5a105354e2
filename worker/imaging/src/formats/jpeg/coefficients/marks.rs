//! Markers and what stands in their segments (ITU-T T.81, B.1).

use super::damaged;
use lote_protocol::outcome::Failure;
use lote_protocol::text;

pub(super) const SOF0: u8 = 0xc0;
pub(super) const DHT: u8 = 0xc4;
pub(super) const DAC: u8 = 0xcc;
pub(super) const RST0: u8 = 0xd0;
pub(super) const RST7: u8 = 0xd7;
pub(super) const SOI: u8 = 0xd8;
pub(super) const EOI: u8 = 0xd9;
pub(super) const SOS: u8 = 0xda;
pub(super) const DQT: u8 = 0xdb;
pub(super) const DNL: u8 = 0xdc;
pub(super) const DRI: u8 = 0xdd;
pub(super) const APP0: u8 = 0xe0;
pub(super) const APP14: u8 = 0xee;
pub(super) const APP15: u8 = 0xef;
pub(super) const COM: u8 = 0xfe;
pub(super) const TEM: u8 = 0x01;

/// The bytes of a file and how far they have been read. A file that ends is followed by any number
/// of end marks.
#[derive(Clone)]
pub(super) struct Marks<'a> {
    pub(super) data: &'a [u8],
    pub(super) at: usize,
    /// A marker that has been found and not yet looked at.
    pub(super) unread: Option<u8>,
    /// Whether bytes were passed over that belong nowhere.
    pub(super) skipped: bool,
    /// Whether the file ended before its end mark.
    pub(super) cut: bool,
}

impl<'a> Marks<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0, unread: None, skipped: false, cut: false }
    }

    /// The marker that is unread, or the next one, which is unread then.
    pub(super) fn peek(&mut self) -> u8 {
        if let Some(marker) = self.unread {
            return marker;
        }
        let marker = self.find();
        self.unread = Some(marker);
        marker
    }

    /// The next marker, which counts as read.
    pub(super) fn next(&mut self) -> u8 {
        let marker = self.peek();
        self.unread = None;
        marker
    }

    /// Goes over what is no marker, and over the next one.
    fn find(&mut self) -> u8 {
        let rest = self.data.get(self.at..).unwrap_or_default();
        let mut pairs = rest.windows(2);
        let Some(skipped) = pairs.position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xff))
        else {
            self.at = self.data.len();
            self.cut = true;
            return EOI;
        };
        self.skipped |= rest[..skipped].iter().any(|&byte| byte != 0xff);
        self.at += skipped + 2;
        rest[skipped + 1]
    }

    /// The contents of the segment whose marker has been read.
    pub(super) fn segment(&mut self) -> Result<&'a [u8], Failure> {
        let rest = self.data.get(self.at..).unwrap_or_default();
        let Some((&[high, low], rest)) = rest.split_first_chunk() else {
            return Err(damaged(text!("it is cut off")));
        };
        let Some(len) = usize::from(u16::from_be_bytes([high, low])).checked_sub(2) else {
            return Err(damaged(text!("a segment has no length")));
        };
        let segment = rest.get(..len).ok_or_else(|| damaged(text!("it is cut off")))?;
        self.at += 2 + len;
        Ok(segment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_found_behind_anything() {
        let mut marks =
            Marks::new(&[0xff, 0xff, SOI, 7, 0xff, 0, 0xff, 0xff, DRI, 0, 4, 1, 2, 0xff]);
        assert_eq!((marks.next(), marks.skipped), (SOI, false));
        assert_eq!((marks.next(), marks.skipped), (DRI, true));
        assert_eq!(marks.segment().unwrap(), [1, 2]);
        assert_eq!((marks.next(), marks.cut), (EOI, true));
        assert_eq!(marks.next(), EOI);
    }

    #[test]
    fn segments_that_do_not_end_are_refused() {
        for data in [&[][..], &[0], &[0, 1], &[0, 5, 1, 2]] {
            assert!(Marks::new(data).segment().is_err(), "{data:?}");
        }
    }
}

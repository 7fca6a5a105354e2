//! JPEG XL: read with 8 or 16 bits a sample, written without loss.

mod decoder;
mod encoder;
mod parts;

use lote_protocol::lang::Text;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::text;

use crate::formats::extent::{Declared, HeaderReader};
use crate::formats::table::{Format, Gives, QUICK, id};
use crate::holds::Holds;

/// JPEG XL. Files that are written have no profile: their colours are sRGB.
pub(super) static FORMAT: Format = Format {
    id: id("jxl"),
    name: "JPEG XL",
    endings: &["jxl"],
    mime: "image/jxl",
    in_browsers: false,
    options: &[],
    gives: Gives::Itself,
    holds: Holds { gray: true, alpha: true, deep: true, exif: true, xmp: true, ..Holds::NOTHING },
    magic: |head| head.starts_with(&CODESTREAM) || head.starts_with(parts::SIGNATURE),
    header: declared,
    together: None,
    decode: decoder::decode,
    encode: Some(encoder::encode),
    patience: QUICK,
};

/// How what is coded begins.
const CODESTREAM: [u8; 2] = [0xff, 0x0a];

/// How many boxes before what is coded are looked at.
const LOOKED_AT: usize = 32;

/// Finds the size as it is shown, which stands at the beginning of what is coded (ISO/IEC 18181-1, D.2 and D.3).
fn declared(header: &mut HeaderReader<'_>) -> Declared {
    let mut at = 0;
    if header.at(0)? != CODESTREAM {
        for _ in 0..LOOKED_AT {
            let len = u64::from(header.be32(at)?);
            match &header.at(at + 4)? {
                b"jxlc" => break,
                b"jxlp" => {
                    at += 4;
                    break;
                }
                _ => at = at.checked_add(len.max(8))?,
            }
        }
        at += 8;
    }
    if header.at(at)? != CODESTREAM {
        return None;
    }
    // A file of a few pixels may be shorter than its longest header.
    let bytes = (2..12).map(|place| header.at(at + place).map_or(0, |[byte]| byte));
    let mut bits = BitString(bytes.rev().fold(0, |all, byte| all << 8 | u128::from(byte)));
    let small = bits.take(1) == 1;
    let side = |bits: &mut BitString| {
        if small {
            return (bits.take(5) + 1) * 8;
        }
        let len = [9, 13, 18, 30][bits.take(2) as usize];
        bits.take(len) + 1
    };
    let height = side(&mut bits);
    let width = match bits.take(3) {
        0 => side(&mut bits),
        ratio => {
            let (across, down) =
                [(1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1)][ratio as usize - 1];
            (u64::from(height) * across / down) as u32
        }
    };
    let (all_default, has_more) = (bits.take(1) == 1, bits.take(1) == 1);
    let is_turned = !all_default && has_more && bits.take(3) >= 4;
    let (width, height) = if is_turned { (height, width) } else { (width, height) };
    // How deep its samples are, and whether there is alpha, is not looked up.
    Some((width, height, 8))
}

/// Bits from the lowest on.
struct BitString(u128);

impl BitString {
    fn take(&mut self, len: u32) -> u32 {
        let taken = self.0 & ((1 << len) - 1);
        self.0 >>= len;
        taken as u32
    }
}

fn damaged(why: impl Into<Text>) -> Failure {
    Failure::new(FailureKind::Damaged, text!("the {} is damaged: {}", "JPEG XL", why))
}

fn unsupported(why: impl Into<Text>) -> Failure {
    let why = text!("{} files of this kind are not supported: {}", "JPEG XL", why);
    Failure::new(FailureKind::Unsupported, why)
}

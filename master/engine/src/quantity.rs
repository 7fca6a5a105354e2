//! Numbers as people type them: `2G`, `250M`, `1.5`, `#ffcc00`.

use std::time::Duration;

use lote_protocol::carry::Statements;
use lote_protocol::lang::Text;
use lote_protocol::text;

/// Bytes, with K, M, G or T for powers of 1024.
pub fn bytes(text: &str) -> Result<u64, Text> {
    let text = text.trim_end_matches(['b', 'B']).trim_end_matches('i');
    scaled(text, 1024).ok_or_else(|| text!("give a number of bytes, such as 800M or 2G"))
}

/// A count, with K, M, G or T for powers of 1000.
pub fn count(text: &str) -> Result<u64, Text> {
    scaled(text, 1000).ok_or_else(|| text!("give a number, such as 250M or 4000000"))
}

/// A whole number from `least` to `most`.
pub fn whole<T: TryFrom<u32>>(least: u32, most: u32) -> impl Fn(&str) -> Result<T, Text> + Clone {
    move |text| {
        let number = text.parse().ok().filter(|number| (least..=most).contains(number));
        number
            .and_then(|number: u32| number.try_into().ok())
            .ok_or_else(|| text!("give a whole number from {} to {}", least, most))
    }
}

/// Seconds, with decimals if need be.
pub fn seconds(text: &str) -> Result<Duration, Text> {
    let number: Option<f64> = text.trim_end_matches('s').parse().ok();
    number
        .filter(|seconds| *seconds > 0.0)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| text!("give seconds, such as 30 or 0.5"))
}

/// An sRGB colour.
pub fn color(text: &str) -> Result<[u8; 3], Text> {
    let digits = text.trim_start_matches('#');
    u32::from_str_radix(digits, 16)
        .ok()
        .filter(|_| digits.len() == 6 && !digits.starts_with('+'))
        .map(|number| [(number >> 16) as u8, (number >> 8) as u8, number as u8])
        .ok_or_else(|| text!("give a colour, such as #ffffff"))
}

/// What is stated in metadata; it is checked only.
pub fn statement(text: &str) -> Result<String, Text> {
    Statements::default().add(text).map(|()| text.to_owned())
}

fn scaled(text: &str, step: u64) -> Option<u64> {
    let (digits, power) = match text.char_indices().last()? {
        (end, unit) if unit.is_ascii_alphabetic() => {
            let power = "kmgt".find(unit.to_ascii_lowercase())? as u32 + 1;
            (&text[..end], power)
        }
        _ => (text, 0),
    };
    let factor = step.pow(power);
    if let Ok(whole) = digits.parse::<u64>() {
        return whole.checked_mul(factor).filter(|value| *value > 0);
    }
    let value = digits.parse::<f64>().ok()? * factor as f64;
    (1.0..9e18).contains(&value).then_some(value as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_as_people_type_them() {
        assert_eq!(bytes("2G"), Ok(2 << 30));
        assert_eq!(bytes("1.5MiB"), Ok(3 << 19));
        assert_eq!(bytes("4096"), Ok(4096));
        assert_eq!(count("250M"), Ok(250_000_000));
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        assert_eq!(color("#ff8000"), Ok([255, 128, 0]));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "0", "-1", "M", "2X", "99999999999999999999G", "NaN", "inf"] {
            assert!(bytes(text).is_err(), "{text}");
            assert!(count(text).is_err(), "{text}");
        }
        for text in ["", "0", "-1", "NaN", "1e400", "soon"] {
            assert!(seconds(text).is_err(), "{text}");
        }
        for text in ["", "#fff", "#gggggg", "+fffff", "#ffffff0"] {
            assert!(color(text).is_err(), "{text}");
        }
    }
}

//! How many pixels a length has, as files state it.

use crate::metadata::exif_block::Block;
use crate::metadata::exif_block::Field;

const X_RESOLUTION: u16 = 0x011a;
const Y_RESOLUTION: u16 = 0x011b;
const RESOLUTION_UNIT: u16 = 0x0128;

/// The length that pixels are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LengthUnit {
    /// None: only what pixels are as wide as they are high.
    None,
    Inch,
    Centimetre,
    Metre,
}

/// Pixels by length, across and down, as fractions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Resolution {
    pub(crate) x: (u32, u32),
    pub(crate) y: (u32, u32),
    pub(crate) unit: LengthUnit,
}

impl Resolution {
    /// Whole numbers.
    pub(crate) fn whole(x: u32, y: u32, unit: LengthUnit) -> Self {
        Self { x: (x, 1), y: (y, 1), unit }
    }

    /// What the first directory of an EXIF block or a TIFF states.
    pub(crate) fn from_exif(exif: &[u8]) -> Option<Self> {
        let block = Block::open(exif)?;
        let first = block.u32(4)? as usize;
        let fraction = |tag| {
            let entry = block.find(first, tag)?;
            let at = block.value(entry)?.start;
            (block.u16(entry + 2) == Some(5)).then_some(())?;
            Some((block.u32(at)?, block.u32(at + 4)?))
        };
        let unit = block.find(first, RESOLUTION_UNIT).and_then(|entry| block.number(entry));
        Some(Self {
            x: fraction(X_RESOLUTION)?,
            y: fraction(Y_RESOLUTION)?,
            unit: match unit {
                Some(1) => LengthUnit::None,
                Some(3) => LengthUnit::Centimetre,
                _ => LengthUnit::Inch,
            },
        })
    }

    /// Whether it says something that is possible.
    pub(crate) fn is_sound(&self) -> bool {
        let sound = |(n, d): (u32, u32)| n > 0 && d > 0;
        let says_something = self.unit != LengthUnit::None || self.x != self.y;
        sound(self.x) && sound(self.y) && says_something
    }

    /// That of the picture turned by a quarter.
    pub(crate) fn turned(self) -> Self {
        Self { x: self.y, y: self.x, ..self }
    }

    /// Whether it is one by a length.
    pub(crate) fn has_a_unit(self) -> bool {
        self.unit != LengthUnit::None
    }

    /// Pixels by metre, for PNG and BMP; `None` without a unit.
    pub(crate) fn by_metre(self) -> Option<(u32, u32)> {
        let metres = match self.unit {
            LengthUnit::None => return None,
            LengthUnit::Inch => 0.0254,
            LengthUnit::Centimetre => 0.01,
            LengthUnit::Metre => 1.0,
        };
        let convert = |(n, d): (u32, u32)| {
            let value = f64::from(n) / f64::from(d) / metres;
            (value.round() >= 1.0 && value < f64::from(i32::MAX)).then(|| value.round() as u32)
        };
        Some((convert(self.x)?, convert(self.y)?))
    }

    /// For JFIF: its unit (0 none, 1 inch, 2 centimetre) and whole numbers; `None` where they do not
    /// fit.
    pub(crate) fn for_jfif(self) -> Option<(u8, u16, u16)> {
        let (unit, factor) = match self.unit {
            LengthUnit::None => (0, 1.0),
            LengthUnit::Inch => (1, 1.0),
            LengthUnit::Centimetre => (2, 1.0),
            LengthUnit::Metre => (1, 0.0254),
        };
        let convert = |(n, d): (u32, u32)| {
            let value = (f64::from(n) / f64::from(d) * factor).round();
            (1.0..=65_535.0).contains(&value).then_some(value as u16)
        };
        Some((unit, convert(self.x)?, convert(self.y)?))
    }

    /// For EXIF: the fields that state it.
    pub(crate) fn fields(self) -> [Field; 3] {
        let (unit, x, y) = self.for_tiff();
        let fraction = |tag, (n, d): (u32, u32)| Field {
            tag,
            kind: 5,
            data: [n.to_le_bytes(), d.to_le_bytes()].concat(),
        };
        [fraction(X_RESOLUTION, x), fraction(Y_RESOLUTION, y), Field::short(RESOLUTION_UNIT, unit)]
    }

    /// For TIFF: its unit (1 none, 2 inch, 3 centimetre) and fractions.
    pub(crate) fn for_tiff(self) -> (u16, (u32, u32), (u32, u32)) {
        match self.unit {
            LengthUnit::None => (1, self.x, self.y),
            LengthUnit::Inch => (2, self.x, self.y),
            LengthUnit::Centimetre => (3, self.x, self.y),
            LengthUnit::Metre => {
                // What programs wrote as 300 dpi is to be 300 dpi again.
                let inch = |(n, d): (u32, u32)| {
                    let value = f64::from(n) / f64::from(d) * 0.0254;
                    let near = (value - value.round()).abs() * 0.5 / 0.0254 < 0.5 && value >= 1.0;
                    if near { (value.round() as u32, 1) } else { ((value * 1e4) as u32, 10_000) }
                };
                (2, inch(self.x), inch(self.y))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::exif_fields::Fields;

    #[test]
    fn three_hundred_dots_an_inch_survive_every_unit() {
        let dpi = Resolution::whole(300, 300, LengthUnit::Inch);
        assert_eq!(dpi.by_metre(), Some((11_811, 11_811)));
        let png = Resolution::whole(11_811, 11_811, LengthUnit::Metre);
        assert_eq!(png.for_jfif(), Some((1, 300, 300)));
        assert_eq!(png.for_tiff(), (2, (300, 1), (300, 1)));
        let centimetres =
            Resolution { x: (11_811, 100), y: (11_811, 100), unit: LengthUnit::Centimetre };
        assert_eq!(centimetres.by_metre(), Some((11_811, 11_811)));
        assert_eq!(centimetres.for_tiff(), (3, (11_811, 100), (11_811, 100)));
        for resolution in [dpi, centimetres] {
            let fields = Fields { image: resolution.fields().to_vec(), ..Fields::default() };
            assert_eq!(Resolution::from_exif(&fields.build()), Some(resolution));
        }
    }

    #[test]
    fn what_says_nothing_is_not_sound() {
        assert!(!Resolution::whole(1, 1, LengthUnit::None).is_sound());
        assert!(!Resolution::whole(0, 300, LengthUnit::Inch).is_sound());
        assert!(Resolution::whole(2, 1, LengthUnit::None).is_sound());
        assert_eq!(Resolution::whole(u32::MAX, 1, LengthUnit::Inch).for_jfif(), None);
    }
}

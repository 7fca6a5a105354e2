//! Image formats, recognised by their first bytes.

use serde::{Deserialize, Serialize};

/// How many bytes of a file [`sniff`] needs to see, at most.
pub const SNIFF_BYTES: usize = 32;

/// A format that Lote reads and writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// JPEG, baseline or progressive.
    Jpeg,
    /// PNG.
    Png,
    /// Windows bitmap.
    Bmp,
    /// GIF, still or animated.
    Gif,
    /// TIFF.
    Tiff,
    /// WebP, lossy or lossless.
    WebP,
}

impl Format {
    /// Every format, in the order in which they are listed to the user.
    pub const ALL: [Self; 6] =
        [Self::Jpeg, Self::Png, Self::Bmp, Self::Gif, Self::Tiff, Self::WebP];

    /// File-name endings of the format, lower case; the first is the one that Lote writes.
    pub const fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Jpeg => &["jpg", "jpeg"],
            Self::Png => &["png"],
            Self::Bmp => &["bmp"],
            Self::Gif => &["gif"],
            Self::Tiff => &["tif", "tiff"],
            Self::WebP => &["webp"],
        }
    }

    /// Its name in lower case, as in a file's name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Bmp => "bmp",
            Self::Gif => "gif",
            Self::Tiff => "tiff",
            Self::WebP => "webp",
        }
    }

    /// The name shown to people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::Bmp => "BMP",
            Self::Gif => "GIF",
            Self::Tiff => "TIFF",
            Self::WebP => "WebP",
        }
    }

    /// The format that a file-name ending stands for; case does not matter.
    pub fn from_extension(extension: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|format| format.extensions().iter().any(|e| e.eq_ignore_ascii_case(extension)))
    }
}

/// What the first bytes of a file show it to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sniffed {
    /// A format that Lote reads.
    Known(Format),
    /// An image, but of a format (named here) that Lote does not read.
    Unsupported(&'static str),
    /// Not recognisably an image.
    Unknown,
}

/// Recognises the format from the first [`SNIFF_BYTES`] bytes of a file (fewer if it is shorter).
pub fn sniff(head: &[u8]) -> Sniffed {
    let brand = head.get(4..12).unwrap_or_default();
    if head.starts_with(b"\xff\xd8\xff") {
        Sniffed::Known(Format::Jpeg)
    } else if head.starts_with(b"\x89PNG\r\n\x1a\n") {
        Sniffed::Known(Format::Png)
    } else if head.starts_with(b"GIF87a") || head.starts_with(b"GIF89a") {
        Sniffed::Known(Format::Gif)
    } else if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
        Sniffed::Known(Format::WebP)
    } else if [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"].iter().any(|magic| head.starts_with(*magic))
    {
        Sniffed::Known(Format::Tiff)
    } else if head.starts_with(b"BM") {
        Sniffed::Known(Format::Bmp)
    } else if brand.starts_with(b"ftypavi") {
        Sniffed::Unsupported("AVIF")
    } else if [&b"ftyphei"[..], b"ftyphev", b"ftypmif1", b"ftypmsf1"]
        .iter()
        .any(|magic| brand.starts_with(magic))
    {
        Sniffed::Unsupported("HEIC")
    } else if head.starts_with(b"\xff\x0a") || head.starts_with(b"\0\0\0\x0cJXL \r\n\x87\n") {
        Sniffed::Unsupported("JPEG XL")
    } else if head.starts_with(b"8BPS") {
        Sniffed::Unsupported("PSD")
    } else {
        Sniffed::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_formats_by_content() {
        assert_eq!(sniff(b"\xff\xd8\xff\xe0"), Sniffed::Known(Format::Jpeg));
        assert_eq!(sniff(b"RIFF\x10\0\0\0WEBPVP8 "), Sniffed::Known(Format::WebP));
        assert_eq!(sniff(b"RIFF\x10\0\0\0WAVEfmt "), Sniffed::Unknown);
        assert_eq!(sniff(b"\0\0\0\x20ftypavif"), Sniffed::Unsupported("AVIF"));
        assert_eq!(sniff(b"\0\0\0\x18ftypheic"), Sniffed::Unsupported("HEIC"));
        assert_eq!(sniff(b""), Sniffed::Unknown);
    }

    #[test]
    fn extensions_ignore_case() {
        assert_eq!(Format::from_extension("JPEG"), Some(Format::Jpeg));
        assert_eq!(Format::from_extension("Tif"), Some(Format::Tiff));
        assert_eq!(Format::from_extension("txt"), None);
    }
}

//! What a file of a format can hold beside colours of 8 bits.

/// What a format can hold.
#[derive(Debug, Clone, Copy)]
pub struct Holds {
    /// Gray without colour channels.
    pub gray: bool,
    /// Alpha.
    pub alpha: bool,
    /// 16 bits a sample.
    pub deep: bool,
    /// Several pictures, shown in turn or as pages.
    pub frames: bool,
    /// Whether several are pages.
    pub pages: bool,
    /// An ICC profile.
    pub icc: bool,
    /// What PNG says of colours beside a profile.
    pub signal: bool,
    /// EXIF.
    pub exif: bool,
    /// XMP.
    pub xmp: bool,
    /// IPTC, in the resources of Photoshop.
    pub iptc: bool,
    /// Texts.
    pub texts: Texts,
    /// How many pixels a length has, elsewhere than in EXIF.
    pub resolution: bool,
}

impl Holds {
    /// Colours of 8 bits, and nothing else.
    pub(crate) const NOTHING: Self = Self {
        gray: false,
        alpha: false,
        deep: false,
        frames: false,
        pages: false,
        icc: false,
        signal: false,
        exif: false,
        xmp: false,
        iptc: false,
        texts: Texts::None,
        resolution: false,
    };
}

/// Which texts a format can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Texts {
    /// None.
    None,
    /// Those without a keyword.
    Comments,
    /// All.
    All,
}

//! What size a resized picture gets, and which part of the original it shows.

/// What to do when width and height are both given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    /// The whole picture fits inside of them.
    Contain,
    /// They are filled, and what sticks out is cut off on both sides.
    Cover,
    /// They are filled, and the proportions change.
    Stretch,
}

/// The size that was asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum WantedSize {
    /// In per cent of the original.
    Percent(f64),
    /// The longer side, px.
    LongEdge { edge: u32, enlarge: bool },
    /// The shorter side, px.
    ShortEdge { edge: u32, enlarge: bool },
    /// The area, px, which is not exceeded.
    Area { pixels: f64, enlarge: bool },
    /// Width and height, px; one that is missing follows from the other.
    Box { width: Option<u32>, height: Option<u32>, fit: Fit, enlarge: bool },
}

/// A rectangle of the original, px.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Crop {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// The size of the result, px, and the part of the original that it shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Plan {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) crop: Crop,
}

impl Plan {
    /// The original as it is.
    pub(crate) fn unchanged(width: u32, height: u32) -> Self {
        Self::whole((width, height), f64::from(width), f64::from(height))
    }

    /// All of the original, which has that width and height.
    fn whole((to_width, to_height): (u32, u32), width: f64, height: f64) -> Self {
        Self {
            width: to_width,
            height: to_height,
            crop: Crop { left: 0.0, top: 0.0, width, height },
        }
    }
}

impl WantedSize {
    /// The plan for a picture of `width` x `height` px. No side becomes less than 1 px.
    pub(crate) fn plan(self, width: u32, height: u32) -> Plan {
        let (w, h) = (f64::from(width), f64::from(height));
        match self {
            // Cut off as the origin's `int()` does.
            Self::Percent(percent) => {
                let side = |length: f64| ((length * percent / 100.0) as u32).max(1);
                Plan::whole((side(w), side(h)), w, h)
            }
            Self::LongEdge { edge, enlarge } => {
                Plan::whole(scaled(w, h, f64::from(edge) / w.max(h), enlarge), w, h)
            }
            Self::ShortEdge { edge, enlarge } => {
                Plan::whole(scaled(w, h, f64::from(edge) / w.min(h), enlarge), w, h)
            }
            Self::Area { pixels, enlarge } => {
                let scale = (pixels / (w * h)).sqrt();
                let scale = if enlarge { scale } else { scale.min(1.0) };
                let side = |length: f64| ((length * scale) as u32).max(1);
                Plan::whole((side(w), side(h)), w, h)
            }
            Self::Box { width: None, height: None, .. } => Plan::unchanged(width, height),
            Self::Box { width: Some(to), height: None, enlarge, .. } => {
                Plan::whole(scaled(w, h, f64::from(to) / w, enlarge), w, h)
            }
            Self::Box { width: None, height: Some(to), enlarge, .. } => {
                Plan::whole(scaled(w, h, f64::from(to) / h, enlarge), w, h)
            }
            Self::Box { width: Some(to_width), height: Some(to_height), fit, enlarge } => {
                let (x, y) = (f64::from(to_width) / w, f64::from(to_height) / h);
                let limit = |to: u32, from: u32| if enlarge { to } else { to.min(from) };
                let to = (limit(to_width, width), limit(to_height, height));
                match fit {
                    Fit::Contain => Plan::whole(scaled(w, h, x.min(y), enlarge), w, h),
                    Fit::Stretch => Plan::whole(to, w, h),
                    Fit::Cover => {
                        let scale = if enlarge { x.max(y) } else { x.max(y).min(1.0) };
                        cover(w, h, to, scale)
                    }
                }
            }
        }
    }
}

/// Both sides times `scale`, rounded.
fn scaled(width: f64, height: f64, scale: f64, enlarge: bool) -> (u32, u32) {
    let scale = if enlarge { scale } else { scale.min(1.0) };
    let side = |length: f64| ((length * scale).round() as u32).max(1);
    (side(width), side(height))
}

/// The middle of the picture that has the size `to` after scaling.
fn cover(width: f64, height: f64, to: (u32, u32), scale: f64) -> Plan {
    let crop_width = (f64::from(to.0) / scale).min(width);
    let crop_height = (f64::from(to.1) / scale).min(height);
    let crop = Crop {
        left: (width - crop_width) / 2.0,
        top: (height - crop_height) / 2.0,
        width: crop_width,
        height: crop_height,
    };
    Plan { width: to.0, height: to.1, crop }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(wanted: WantedSize, width: u32, height: u32) -> (u32, u32) {
        let plan = wanted.plan(width, height);
        (plan.width, plan.height)
    }

    fn within(width: u32, height: u32, fit: Fit, enlarge: bool) -> WantedSize {
        WantedSize::Box { width: Some(width), height: Some(height), fit, enlarge }
    }

    #[test]
    fn percent_cuts_off_and_leaves_at_least_one_pixel() {
        assert_eq!(size(WantedSize::Percent(50.0), 61, 47), (30, 23));
        assert_eq!(size(WantedSize::Percent(50.0), 1, 1), (1, 1));
        assert_eq!(size(WantedSize::Percent(0.1), 100, 3000), (1, 3));
        assert_eq!(size(WantedSize::Percent(200.0), 61, 47), (122, 94));
    }

    #[test]
    fn the_long_edge_may_be_either_side() {
        let wanted = WantedSize::LongEdge { edge: 100, enlarge: false };
        assert_eq!(size(wanted, 400, 300), (100, 75));
        assert_eq!(size(wanted, 300, 400), (75, 100));
        assert_eq!(size(wanted, 40, 30), (40, 30));
        assert_eq!(size(WantedSize::LongEdge { edge: 100, enlarge: true }, 40, 30), (100, 75));
    }

    #[test]
    fn the_short_edge_may_be_either_side() {
        let wanted = WantedSize::ShortEdge { edge: 75, enlarge: false };
        assert_eq!(size(wanted, 400, 300), (100, 75));
        assert_eq!(size(wanted, 300, 400), (75, 100));
        assert_eq!(size(wanted, 40, 30), (40, 30));
        assert_eq!(size(WantedSize::ShortEdge { edge: 75, enlarge: true }, 40, 30), (100, 75));
    }

    #[test]
    fn an_area_is_not_exceeded_by_rounding() {
        let wanted = WantedSize::Area { pixels: 2e6, enlarge: false };
        let (width, height) = size(wanted, 4000, 3000);
        assert_eq!((width, height), (1632, 1224));
        assert_eq!(size(wanted, 400, 300), (400, 300));
        assert_eq!(size(WantedSize::Area { pixels: 48e4, enlarge: true }, 400, 300), (800, 600));
    }

    #[test]
    fn one_side_gives_the_other() {
        let wide =
            WantedSize::Box { width: Some(200), height: None, fit: Fit::Cover, enlarge: false };
        assert_eq!(size(wide, 400, 300), (200, 150));
        let high =
            WantedSize::Box { width: None, height: Some(30), fit: Fit::Stretch, enlarge: false };
        assert_eq!(size(high, 400, 300), (40, 30));
        assert_eq!(size(high, 4000, 3), (4000, 3));
    }

    #[test]
    fn contain_stays_inside_and_stretch_does_not_keep_proportions() {
        assert_eq!(size(within(100, 100, Fit::Contain, false), 400, 300), (100, 75));
        assert_eq!(size(within(100, 100, Fit::Stretch, false), 400, 300), (100, 100));
        assert_eq!(size(within(500, 100, Fit::Stretch, false), 400, 300), (400, 100));
        assert_eq!(size(within(500, 100, Fit::Stretch, true), 400, 300), (500, 100));
    }

    #[test]
    fn cover_fills_and_cuts_off_evenly() {
        let plan = within(100, 100, Fit::Cover, false).plan(400, 300);
        assert_eq!((plan.width, plan.height), (100, 100));
        let crop = Crop { left: 50.0, top: 0.0, width: 300.0, height: 300.0 };
        assert_eq!(plan.crop, crop);
    }

    #[test]
    fn cover_without_enlarging_cuts_out_what_there_is() {
        let plan = within(1000, 100, Fit::Cover, false).plan(400, 300);
        assert_eq!((plan.width, plan.height), (400, 100));
        assert_eq!(plan.crop, Crop { left: 0.0, top: 100.0, width: 400.0, height: 100.0 });
    }
}

//! Filters applied in turn to the frames of a document.

use lote_protocol::filter::FilterCall;
use lote_protocol::message::Size;
use lote_protocol::task::Limits;

use super::{Context, Filter, FilterError, Source, build, result_size};
use crate::picture::{Picture, Samples};
use crate::pool::Pool;

/// Applies the called filters in turn to every frame. Each goes over all frames before the next one
/// does, so that what it decides from their content is decided once.
///
/// # Errors
/// What a filter says, or that a result, be it one in between, is larger than allowed.
pub fn apply_all(
    mut frames: Vec<Source<'_>>,
    steps: &[FilterCall],
    context: &Context<'_>,
    pool: &mut Pool,
) -> Result<Vec<Picture>, FilterError> {
    for step in steps {
        let filter = decided(build(step, context)?, &frames);
        let mut filtered = Vec::with_capacity(frames.len());
        for frame in frames {
            check(step, frame.picture(), context.limits)?;
            filtered.push(Source::Owned(filter.apply(frame, pool)?));
        }
        frames = filtered;
    }
    Ok(frames.into_iter().map(|frame| frame.into_owned(pool)).collect())
}

/// Refuses a result that is larger than allowed.
fn check(step: &FilterCall, picture: &Picture, limits: &Limits) -> Result<(), FilterError> {
    let size = Size { width: picture.width, height: picture.height };
    let largest = result_size(std::slice::from_ref(step), size, limits)?.largest();
    if largest == size {
        return Ok(());
    }
    // Colours and alpha may be added, and what has alpha is weighed at 16 bits.
    let wide = picture.channels.has_alpha() || matches!(picture.samples, Samples::U16(_));
    let pixel_bytes = if wide { 8 } else { 4 };
    let bytes = u64::from(largest.width) * u64::from(largest.height) * pixel_bytes;
    let Size { width, height } = largest;
    if bytes > limits.max_alloc_bytes {
        let max_bytes = limits.max_alloc_bytes;
        return Err(FilterError::TooMuch { width, height, bytes, max_bytes });
    }
    Ok(())
}

/// The filter with its decision made, if there is something to be decided together.
fn decided(filter: Box<dyn Filter>, frames: &[Source<'_>]) -> Box<dyn Filter> {
    let pictures: Vec<_> = frames.iter().map(Source::picture).collect();
    let size = |picture: &Picture| (picture.width, picture.height, picture.channels);
    let alike = pictures.windows(2).all(|pair| size(pair[0]) == size(pair[1]));
    let decision = if pictures.len() > 1 && alike { filter.decide(&pictures) } else { None };
    decision.unwrap_or(filter)
}

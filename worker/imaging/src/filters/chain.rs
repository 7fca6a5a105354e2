//! Filters applied in turn to the frames of a document.

use lote_protocol::filter::FilterCall;
use lote_protocol::message::Size;

use super::{Context, Filter, FilterError, Source, build, result_size};
use crate::picture::Picture;
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
            let Picture { width, height, .. } = *frame.picture();
            result_size(std::slice::from_ref(step), Size { width, height }, context.limits)?;
            filtered.push(Source::Owned(filter.apply(frame, pool)?));
        }
        frames = filtered;
    }
    Ok(frames.into_iter().map(|frame| frame.into_owned(pool)).collect())
}

/// The filter with its decision made, if there is something to be decided together.
fn decided(filter: Box<dyn Filter>, frames: &[Source<'_>]) -> Box<dyn Filter> {
    let pictures: Vec<_> = frames.iter().map(Source::picture).collect();
    let size = |picture: &Picture| (picture.width, picture.height, picture.channels);
    let alike = pictures.windows(2).all(|pair| size(pair[0]) == size(pair[1]));
    let decision = if pictures.len() > 1 && alike { filter.decide(&pictures) } else { None };
    decision.unwrap_or(filter)
}

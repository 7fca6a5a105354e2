//! Images of which each frame or page becomes outputs of its own, as `{page}` in the pattern asks for it.

use std::io;
use std::path::Path;

use lote_imaging::formats::{HEAD_BYTES, Sniffed, sniff};
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::Page;
use lote_protocol::text;

use super::Image;
use super::sniff::read_head;
use crate::system::files::open_regular;

/// In place of each image of several frames or pages one for each of them. One of more than `most` has
/// failed, and stays one.
pub(super) fn by_page(images: Vec<Image>, most: u64) -> Vec<Image> {
    let mut pages = Vec::with_capacity(images.len());
    for mut image in images {
        let is_known = image.source.is_some() && image.failure.is_none();
        // What cannot be read any more is told by whoever makes it.
        let count = if is_known { count(&image.path).unwrap_or(1) } else { 1 };
        if count > most {
            let what = text!(
                "{} {} are more than the limit of {}; raise --max-frames to allow it",
                count,
                text!("frames"),
                most
            );
            image.failure.get_or_insert(Failure::new(FailureKind::TooLarge, what));
        }
        match u32::try_from(count) {
            Ok(of @ 2..) if image.failure.is_none() => {
                let page = |number| Image { page: Some(Page { number, of }), ..image.clone() };
                pages.extend((1..=of).map(page));
            }
            _ => pages.push(image),
        }
    }
    pages
}

/// How many frames or pages there are in an image's file, as far as its header tells. That is not what its
/// extent says, which is an estimate of large files.
pub fn count(path: &Path) -> io::Result<u64> {
    let mut file = open_regular(path)?;
    let mut head = [0; HEAD_BYTES];
    let read = read_head(&mut file, &mut head)?;
    Ok(match sniff(&head[..read]) {
        Sniffed::Known(format) => format.count(&head[..read], &mut file),
        Sniffed::Unsupported(_) | Sniffed::Unknown => 1,
    })
}

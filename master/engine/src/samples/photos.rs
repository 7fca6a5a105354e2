//! Sample photos: real ones, under open licences. `photos/README.md` names their authors.

use std::path::{Path, PathBuf};

use super::{SamplesError, keep, make_folder};

/// A photo's name and file.
type Photo = (&'static str, &'static [u8]);

/// All of them. The first few show most: colour, skin, fur, night, detail.
const PHOTOS: [Photo; 12] = [
    ("summer-palace.jpg", include_bytes!("photos/summer-palace.jpg")),
    ("cat.jpg", include_bytes!("photos/cat.jpg")),
    ("dahlia.jpg", include_bytes!("photos/dahlia.jpg")),
    ("astronaut.jpg", include_bytes!("photos/astronaut.jpg")),
    ("coffee.jpg", include_bytes!("photos/coffee.jpg")),
    ("rocket.jpg", include_bytes!("photos/rocket.jpg")),
    ("photographer.jpg", include_bytes!("photos/photographer.jpg")),
    ("coins.jpg", include_bytes!("photos/coins.jpg")),
    ("deep-field.jpg", include_bytes!("photos/deep-field.jpg")),
    ("gravel.jpg", include_bytes!("photos/gravel.jpg")),
    ("grass.jpg", include_bytes!("photos/grass.jpg")),
    ("bricks.jpg", include_bytes!("photos/bricks.jpg")),
];

/// Writes `count` samples to a folder, which is made if need be, and returns their paths: photos
/// first, and drawn ones where more are wanted than there are photos. A sample that is there already
/// is kept; any other file of that name is an error, never replaced.
pub fn write_photos(dir: &Path, count: usize) -> Result<Vec<PathBuf>, SamplesError> {
    make_folder(dir)?;
    let photos = PHOTOS.iter().take(count).map(|(name, bytes)| keep(dir.join(name), bytes));
    let mut paths: Vec<_> = photos.collect::<Result<_, _>>()?;
    let drawn = count.saturating_sub(PHOTOS.len());
    if drawn > 0 {
        paths.extend(super::write(dir, drawn)?);
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use lote_imaging::formats::{JPEG, Sniffed, sniff};

    use super::*;

    #[test]
    fn every_photo_is_a_small_jpeg_whose_author_is_named() {
        let readme = include_str!("photos/README.md");
        for (name, bytes) in PHOTOS {
            assert!(readme.contains(&format!("`{name}`")), "{name}");
            assert!(
                matches!(sniff(bytes), Sniffed::Known(format) if format.id == JPEG.id),
                "{name}"
            );
        }
        assert!(PHOTOS.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() < 700_000);
    }

    #[test]
    fn photos_come_first_and_drawn_samples_where_there_are_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let paths = write_photos(folder.path(), 13).unwrap();
        assert_eq!(paths.len(), 13);
        assert_eq!(std::fs::read(&paths[0]).unwrap(), PHOTOS[0].1);
        assert!(paths.iter().all(|path| path.exists()));
        assert_eq!(write_photos(folder.path(), 3).unwrap(), paths[..3]);
    }
}

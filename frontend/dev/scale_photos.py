"""Makes PPM pictures of at most 1600 px from a folder of photos, for the development server: scale_photos.py IN OUT."""

import pathlib
import sys

from PIL import Image, ImageOps

source, target = (pathlib.Path(argument) for argument in sys.argv[1:3])
target.mkdir(parents=True, exist_ok=True)
for path in sorted(source.glob("*.jp*g")):
    picture = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    picture.thumbnail((1600, 1600))
    picture.save(target / f"{path.stem}.ppm")

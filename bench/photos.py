"""Prepares the photos. Runs in the benchmark's own environment.

    photos.py FOLDER CACHE

CACHE/large gets the folder's first JPEGs as they are, CACHE/small 600 files of 640x480 px, parts of
those photos. Nothing is done again if the photos are the same. Prints the megapixels of both as JSON.
"""

import json
import shutil
import sys
from pathlib import Path

from PIL import Image, ImageOps

LARGE, SMALL, FEW = 16, 600, 2
SIZE = (640, 480)


def small_pictures(photos):
    """Parts of the photos, each scaled to the size: the same ones every time."""
    each = -(-SMALL // len(photos))
    for photo in photos:
        picture = ImageOps.exif_transpose(Image.open(photo).convert("RGB"))
        # At most four times as large as needed, which is sharp enough to be a photo.
        picture.thumbnail((4 * SIZE[0], 4 * SIZE[0]))
        for part in range(each):
            centre = (part % 5 / 4, part // 5 % 5 / 4)
            zoom = 0.35 + 0.05 * (part % 7)
            width, height = int(picture.width * zoom), int(picture.height * zoom)
            left = int((picture.width - width) * centre[0])
            top = int((picture.height - height) * centre[1])
            crop = picture.crop((left, top, left + width, top + height))
            yield ImageOps.fit(crop, SIZE)


def fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def prepare(folder, cache):
    endings = (".jpg", ".jpeg")
    photos = sorted(photo for photo in folder.iterdir() if photo.suffix.lower() in endings)[:LARGE]
    if not photos:
        sys.exit(f"no JPEGs in {folder}: name a folder of photos with --photos")
    contents = [[photo.name, photo.stat().st_size, photo.stat().st_mtime_ns] for photo in photos]
    stamp = cache / "photos.json"
    if not stamp.is_file() or json.loads(stamp.read_text()) != contents:
        stamp.unlink(missing_ok=True)
        # The references of the old photos, too.
        fresh(cache)
        for name, count in (("large", LARGE), ("few", FEW)):
            target = fresh(cache / name)
            for photo in photos[:count]:
                shutil.copyfile(photo, target / photo.name)
        target = fresh(cache / "small")
        for index, picture in zip(range(SMALL), small_pictures(photos)):
            picture.save(target / f"part-{index:03}.jpg", quality=90, subsampling="4:2:0")
        stamp.write_text(json.dumps(contents))


def pixels(photo):
    with Image.open(photo) as header:
        return header.width * header.height


def main():
    folder, cache = map(Path, sys.argv[1:])
    prepare(folder, cache)
    sets = {}
    for name in ("large", "few", "small"):
        photos = list((cache / name).iterdir())
        sets[name] = {"photos": len(photos), "megapixels": sum(map(pixels, photos)) / 1e6}
    print(json.dumps(sets))


if __name__ == "__main__":
    main()

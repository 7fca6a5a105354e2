"""The twelve filters by Pillow. What they give is the reference for all programs."""

from PIL import Image, ImageEnhance, ImageFilter, ImageOps

import watermark as text

# Pillow rounds to the nearest, the origin's formula cuts off: hence the half in the last column.
SEPIA = (
    0.393, 0.769, 0.189, -0.5,
    0.349, 0.686, 0.168, -0.5,
    0.272, 0.534, 0.131, -0.5,
)  # fmt: skip


def resize(picture):
    return picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.LANCZOS)


def watermark(picture):
    mask, left, top = text.mask(*picture.size)
    picture = picture.copy()
    picture.paste((255, 255, 255), (left, top), mask)
    return picture


FILTERS = {
    "invert": ImageOps.invert,
    "grayscale": lambda picture: picture.convert("L"),
    "blur": lambda picture: picture.filter(ImageFilter.GaussianBlur(5)),
    "sharpen": lambda picture: ImageEnhance.Sharpness(picture).enhance(2.0),
    "brightness": lambda picture: ImageEnhance.Brightness(picture).enhance(1.5),
    "contrast": lambda picture: ImageEnhance.Contrast(picture).enhance(1.5),
    "sepia": lambda picture: picture.convert("RGB", SEPIA),
    "edges": lambda picture: picture.filter(ImageFilter.FIND_EDGES),
    "emboss": lambda picture: picture.filter(ImageFilter.EMBOSS),
    "posterize": lambda picture: ImageOps.posterize(picture, 4),
    "resize": resize,
    "watermark": watermark,
}


def open_upright(photo):
    """Decodes a photo, turned as its EXIF data say."""
    return ImageOps.exif_transpose(Image.open(photo).convert("RGB"))


def save(picture, path, quality, source):
    """Writes a JPEG 4:2:0 with the source's colour profile and (already turned) EXIF data."""
    kept = {"icc_profile": source.info.get("icc_profile"), "exif": source.info.get("exif", b"")}
    picture.save(path, quality=quality, subsampling="4:2:0", **kept)

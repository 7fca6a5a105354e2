#!/usr/bin/env python3
"""Makes the golden pictures beside it: what Pillow 13 makes of two small pictures.

    python3 make.py

`rgb.png` and `gray.png` are the inputs; `rgb+blur+radio=5.png` is the first one after the filter
`blur` with the parameter `radio` set to 5. The calls are those whose results Lote promises.
"""

import math
import random
from pathlib import Path

import PIL
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

assert PIL.__version__.startswith("13."), "the golden pictures are Pillow 13's"

HERE = Path(__file__).parent
WIDTH, HEIGHT = 61, 47


def rgb():
    """Soft shapes as in a photo, then noise, and a strip of saturated colours and extremes."""
    rng = random.Random(20)
    picture = Image.new("RGB", (WIDTH, HEIGHT))
    extremes = [(r, g, b) for r in (0, 255) for g in (0, 255) for b in (0, 255)]
    for y in range(HEIGHT):
        for x in range(WIDTH):
            if y < 8:
                pixel = extremes[(x // 2 + y // 4) % 8]
            elif x < 20:
                pixel = tuple(rng.randrange(256) for _ in range(3))
            else:
                soft = [
                    128 + 90 * math.sin(x / 9 + c) * math.cos(y / 7 - c) + x - y + rng.gauss(0, 6)
                    for c in range(3)
                ]
                pixel = tuple(min(255, max(0, round(v))) for v in soft)
            picture.putpixel((x, y), pixel)
    return picture


def sepia(picture):
    result = picture.convert("RGB")
    for y in range(HEIGHT):
        for x in range(WIDTH):
            r, g, b = result.getpixel((x, y))
            tone = (
                int(0.393 * r + 0.769 * g + 0.189 * b),
                int(0.349 * r + 0.686 * g + 0.168 * b),
                int(0.272 * r + 0.534 * g + 0.131 * b),
            )
            result.putpixel((x, y), tuple(min(255, v) for v in tone))
    return result


def resize(picture, percent):
    size = (int(WIDTH * percent / 100), int(HEIGHT * percent / 100))
    return picture.resize(size, Image.LANCZOS)


def stretch(picture, size):
    return picture.resize(size, Image.LANCZOS)


def cover(picture, size):
    """The middle of the picture, as large as its proportions allow."""
    scale = max(size[0] / WIDTH, size[1] / HEIGHT)
    width, height = min(size[0] / scale, WIDTH), min(size[1] / scale, HEIGHT)
    left, top = (WIDTH - width) / 2, (HEIGHT - height) / 2
    return picture.resize(size, Image.LANCZOS, box=(left, top, left + width, top + height))


def enhance(kind):
    return lambda picture, factor: kind(picture).enhance(factor)


CASES = [
    ("invertir", None, ImageOps.invert, [None]),
    ("grises", None, lambda picture: picture.convert("L"), [None]),
    ("blur", "radio", lambda p, r: p.filter(ImageFilter.GaussianBlur(r)),
     [0.4, 1, 2.5, 5, 12.3, 40, 200]),
    ("nitidez", "factor", enhance(ImageEnhance.Sharpness), [0, 0.7, 1, 1.3, 2, 7.7]),
    ("brillo", "factor", enhance(ImageEnhance.Brightness), [0, 0.3, 1, 1.1, 1.5, 4]),
    ("contraste", "factor", enhance(ImageEnhance.Contrast), [0, 0.3, 1, 1.1, 1.5, 4]),
    ("sepia", None, sepia, [None]),
    ("bordes", None, lambda picture: picture.filter(ImageFilter.FIND_EDGES), [None]),
    ("relieve", None, lambda picture: picture.filter(ImageFilter.EMBOSS), [None]),
    ("posterizar", "bits", ImageOps.posterize, [1, 3, 4, 8]),
    ("redimensionar", "porcentaje", resize, [3, 15, 50, 77, 200, 333]),
]
# Calls with a width, a height and a fit.
SIZES = [
    (stretch, "estirar", (7, 200)),
    (stretch, "estirar", (61, 20)),
    (stretch, "estirar", (90, 47)),
    (cover, "cubrir", (30, 40)),
    (cover, "cubrir", (100, 33)),
]


def main():
    for old in HERE.glob("*.png"):
        old.unlink()
    color = rgb()
    for name, picture in {"rgb": color, "gray": color.convert("L")}.items():
        picture.save(HERE / f"{name}.png", optimize=True)
        for filter_id, param, apply, values in CASES:
            for value in values:
                if param is None:
                    result, call = apply(picture), filter_id
                else:
                    result, call = apply(picture, value), f"{filter_id}+{param}={value}"
                result.save(HERE / f"{name}+{call}.png", optimize=True)
        for apply, fit, size in SIZES:
            call = f"redimensionar+ancho={size[0]}+alto={size[1]}+ajuste={fit}+ampliar=true"
            apply(picture, size).save(HERE / f"{name}+{call}.png", optimize=True)


if __name__ == "__main__":
    main()

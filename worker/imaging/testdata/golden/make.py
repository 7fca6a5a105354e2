#!/usr/bin/env python3
"""Makes the golden pictures beside it: what Pillow 13 makes of small pictures.

    python3 make.py

`rgb.png` and `gray.png` are the inputs; `rgb+blur+radio=5.png` is the first one after the filter
`blur` with the parameter `radio` set to 5. The calls are those whose results Lote promises. What
Pillow does not have is made by libvips or by a formula.
"""

import colorsys
import math
import random
from pathlib import Path

import numpy
import PIL
import pyvips
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


def frame(picture):
    """The picture on paper that is not quite even, as JPEG leaves it."""
    rng = random.Random(3)
    framed = Image.new("RGB", (WIDTH + 30, HEIGHT + 25))
    for at in numpy.ndindex(framed.size):
        framed.putpixel(at, tuple(240 + rng.randrange(-6, 7) for _ in range(3)))
    framed.paste(picture.resize((WIDTH, HEIGHT)), (11, 9))
    return framed


def trim(picture, tolerance):
    """libvips' find_trim, on the background that the upper left corner has."""
    corner = [picture.getpixel((x, 0)) for x in range(8)]
    corner += [picture.getpixel((0, y)) for y in range(1, 8)]
    background = [sorted(values)[7] for values in zip(*corner)]
    image = pyvips.Image.new_from_array(numpy.asarray(picture)).copy(interpretation="srgb")
    left, top, width, height = image.find_trim(threshold=tolerance, background=background)
    return picture.crop((left, top, left + width, top + height))


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


def crop(picture, left, top, width, height):
    return picture.crop((left, top, left + width, top + height))


def fill(picture, color):
    """A gray fill has one value on a gray picture."""
    return color if picture.mode == "RGB" else color[0]


def rotate(angle, expand, color):
    return lambda p: p.rotate(angle, Image.BICUBIC, expand=expand, fillcolor=fill(p, color))


def levels(black, white, gamma):
    """ImageMagick's formula for -level."""
    def at(value):
        share = min(1, max(0, (value - black) / (white - black)))
        return math.floor(255 * share ** (1 / gamma) + 0.5)
    return lambda picture: picture.point([at(v) for v in range(256)] * len(picture.getbands()))


def threshold(level):
    """imageproc's: white is what is above the level."""
    return lambda picture: picture.convert("L").point([255 * (v > level) for v in range(256)])


def pixelate(side):
    """The mean of each square, rounded."""
    def apply(picture):
        samples = numpy.asarray(picture).copy()
        for y in range(0, HEIGHT, side):
            for x in range(0, WIDTH, side):
                square = samples[y:y + side, x:x + side]
                mean = square.reshape(-1, *square.shape[2:]).mean(axis=0)
                samples[y:y + side, x:x + side] = numpy.floor(mean + 0.5)
        return Image.fromarray(samples)
    return apply


def hue(degrees):
    """HSV by Python's colorsys."""
    def apply(picture):
        result = picture.copy()
        for at in numpy.ndindex(WIDTH, HEIGHT):
            if picture.mode == "RGB":
                h, s, v = colorsys.rgb_to_hsv(*(c / 255 for c in picture.getpixel(at)))
                color = colorsys.hsv_to_rgb((h + degrees / 360) % 1, s, v)
                result.putpixel(at, tuple(math.floor(c * 255 + 0.5) for c in color))
        return result
    return apply


def vignette(strength):
    def apply(picture):
        y, x = numpy.mgrid[:HEIGHT, :WIDTH] + 0.5
        square = ((x - WIDTH / 2) ** 2 + (y - HEIGHT / 2) ** 2) / ((WIDTH ** 2 + HEIGHT ** 2) / 4)
        light = 1 - strength * (1 - (1 + square) ** -2) / 0.75
        samples = numpy.asarray(picture)
        light = light if samples.ndim == 2 else light[..., None]
        return Image.fromarray(numpy.floor(samples * light + 0.5).astype(numpy.uint8))
    return apply


def duotone(shadows, highlights):
    return lambda picture: ImageOps.colorize(picture.convert("L"), shadows, highlights)


def pad(size, color, centering=(0.5, 0.5)):
    return lambda p: ImageOps.pad(p, size, color=fill(p, color), centering=centering)


# Calls whose results may differ from these by one level: `~` in the name of the file says so.
CALLS = [
    ("voltear", ImageOps.mirror),
    ("voltear+direccion=vertical", ImageOps.flip),
    ("recortar", lambda p: crop(p, 12, 0, 38, 47)),
    ("recortar+aspecto=1.5+gravedad=abajo", lambda p: crop(p, 0, 6, 61, 41)),
    ("recortar+ancho=20+alto=50%", lambda p: crop(p, 20, 12, 20, 24)),
    ("recortar+x=5+y=10%+ancho=100+alto=7", lambda p: crop(p, 5, 5, 56, 7)),
    ("lienzo", pad((61, 61), (255, 255, 255))),
    ("lienzo+ancho=100+alto=50+color=#808080", pad((100, 50), (128, 128, 128))),
    ("lienzo+ancho=30+alto=90+color=#000000+posicion=arriba", pad((30, 90), (0, 0, 0), (0.5, 0))),
    ("marco+ancho=3+color=#202020", lambda p: ImageOps.expand(p, 3, fill(p, (32, 32, 32)))),
    ("rotar", lambda p: p.transpose(Image.Transpose.ROTATE_90)),
    ("rotar+angulo=180", lambda p: p.transpose(Image.Transpose.ROTATE_180)),
    ("rotar+angulo=-90", lambda p: p.transpose(Image.Transpose.ROTATE_270)),
    ("rotar+angulo=12.5", rotate(12.5, True, (255, 255, 255))),
    ("rotar+angulo=-3+expandir=no+fondo=#303030", rotate(-3, False, (48, 48, 48))),
    ("rotar+angulo=90+expandir=no", rotate(90, False, (255, 255, 255))),
    ("autocontraste", ImageOps.autocontrast),
    ("autocontraste+corte=5", lambda p: ImageOps.autocontrast(p, 5)),
    ("ecualizar", ImageOps.equalize),
    ("solarizar", ImageOps.solarize),
    ("solarizar+umbral=40", lambda p: ImageOps.solarize(p, 40)),
    ("niveles", lambda p: p),
    ("niveles+negro=20+blanco=200+gamma=1.8", levels(20, 200, 1.8)),
    ("saturacion", lambda p: ImageEnhance.Color(p).enhance(1.5)),
    ("saturacion+factor=0.3", lambda p: ImageEnhance.Color(p).enhance(0.3)),
    ("tono~", hue(90)),
    ("tono+grados=-30~", hue(-30)),
    ("vineta~", vignette(0.5)),
    ("vineta+fuerza=1~", vignette(1)),
    ("tinte", duotone("#1b2a4a", "#f6e7c8")),
    ("tinte+sombras=#ff8000+luces=#001020", duotone("#ff8000", "#001020")),
    ("pixelar", pixelate(10)),
    ("pixelar+tamano=7", pixelate(7)),
    ("enfocar", lambda p: p.filter(ImageFilter.UnsharpMask())),
    ("enfocar+radio=0.8+cantidad=60+umbral=0",
     lambda p: p.filter(ImageFilter.UnsharpMask(0.8, 60, 0))),
    ("mediana", lambda p: p.filter(ImageFilter.MedianFilter(3))),
    ("mediana+radio=3", lambda p: p.filter(ImageFilter.MedianFilter(7))),
    ("umbral", threshold(128)),
    ("umbral+nivel=60", threshold(60)),
    ("redimensionar+lado_corto=20", lambda p: p.resize((26, 20), Image.LANCZOS)),
    ("redimensionar+megapixeles=0.001", lambda p: p.resize((36, 27), Image.LANCZOS)),
    ("redimensionar+ancho=50%+alto=200%+ajuste=estirar+ampliar=si",
     lambda p: p.resize((31, 94), Image.LANCZOS)),
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
        for call, apply in CALLS:
            apply(picture).save(HERE / f"{name}+{call}.png", optimize=True)
    framed = frame(color)
    framed.save(HERE / "framed.png", optimize=True)
    for tolerance in [10, 40]:
        trimmed = trim(framed, tolerance)
        trimmed.save(HERE / f"framed+bordes_fuera+tolerancia={tolerance}.png", optimize=True)


if __name__ == "__main__":
    main()

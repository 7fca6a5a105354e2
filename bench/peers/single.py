"""One filter at a time by Pillow, libvips or OpenCV, for `bench/filters`.

    single.py {pillow,vips,opencv} PICTURE LOGO

reads Lote's calls from standard input, one a line, does the same to the decoded picture and answers
with the processor time that it took, in ns. `write PATH CALL` stores the result's samples instead and
is answered with their width, height and channels. A call that the library has no operation for is
answered with `none`.
"""

import os
import sys
import time
from pathlib import Path

os.environ["VIPS_CONCURRENCY"] = "1"

SEPIA = [[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]]
LUMA = (0.299, 0.587, 0.114)
SHARPEN = [[-1, -1, -1], [-1, 21, -1], [-1, -1, -1]]
EDGES = [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]
EMBOSS = [[0, 0, 0], [0, 1, 0], [-1, 0, 0]]
SATURATION = [[1.5 * (row == column) - 0.5 * LUMA[column] for column in range(3)] for row in range(3)]
# Linear sRGB from a light of 3200 K to daylight (Bradford), as the filter has it.
WARM = [[0.5637, -0.2209, -0.0357], [0.0298, 1.1035, 0.0056], [0.0182, 0.0891, 2.9373]]
SHADOWS, HIGHLIGHTS = (0x1B, 0x2A, 0x4A), (0xF6, 0xE7, 0xC8)


def levels(value):
    """`niveles:negro=20,blanco=230,gamma=1.2`."""
    return round(255 * min(max((value - 20) / 210, 0), 1) ** (1 / 1.2))


def solarized(value):
    return value if value < 128 else 255 - value


def posterized(value):
    return value & 240


def tinted(value):
    return [a + value * (b - a) // 255 for a, b in zip(SHADOWS, HIGHLIGHTS)]


def cube(size=33):
    """A look: a curve, and some of each channel in the next. Red changes fastest."""
    steps = [index / (size - 1) for index in range(size)]
    for blue in steps:
        for green in steps:
            for red in steps:
                yield 0.9 * red**0.8 + 0.1 * green, 0.9 * green + 0.1 * blue, 0.8 * blue**1.2 + 0.2 * red


def pillow(path, logo):
    from PIL import Image, ImageChops, ImageEnhance, ImageFilter, ImageOps

    from pillow_filters import FILTERS

    # Buffers are kept, as those of the others are.
    Image.core.set_blocks_max(4096)
    photo = Image.open(path).convert("RGB")
    logo = Image.open(logo).convert("RGBA")
    width, height = photo.size
    side, longer = min(photo.size), max(photo.size)
    look = ImageFilter.Color3DLUT(33, list(cube()))
    table = lambda at: [at(value) for value in range(256)] * 3

    def contrast(photo):
        return ImageOps.autocontrast(photo)

    def pixelate():
        small = photo.reduce(10)
        return small.resize((small.width * 10, small.height * 10), Image.NEAREST).crop((0, 0, width, height))

    def hue():
        parts = photo.convert("HSV").split()
        turned = parts[0].point([(value + 64) % 256 for value in range(256)])
        return Image.merge("HSV", (turned, *parts[1:])).convert("RGB")

    def signed():
        result = photo.copy()
        edge = round(0.03 * width)
        result.paste(logo, (width - logo.width - edge, height - logo.height - edge), logo)
        return result

    twelve = {
        "invertir": "invert", "grises": "grayscale", "blur": "blur", "nitidez": "sharpen",
        "brillo": "brightness", "contraste": "contrast", "sepia": "sepia", "bordes": "edges",
        "relieve": "emboss", "posterizar": "posterize", "redimensionar": "resize",
        "marca_agua": "watermark",
    }  # fmt: skip
    calls = {call: (lambda name=name: FILTERS[name](photo)) for call, name in twelve.items()}
    gray = lambda: photo.convert("L")
    return calls | {
        "redimensionar:lado_largo=1200": lambda: ImageOps.contain(photo, (1200, 1200), Image.LANCZOS),
        "recortar:aspecto=1:1": lambda: photo.crop(centred(width, height, side)),
        "lienzo:aspecto=1:1": lambda: ImageOps.pad(photo, (longer, longer), color="white"),
        "marco:ancho=50": lambda: ImageOps.expand(photo, 50, "white"),
        "rotar:angulo=90": lambda: photo.transpose(Image.Transpose.ROTATE_90),
        "rotar:angulo=3": lambda: photo.rotate(3, Image.BICUBIC, expand=True, fillcolor="white"),
        "voltear": lambda: ImageOps.mirror(photo),
        "voltear:direccion=vertical": lambda: ImageOps.flip(photo),
        "autocontraste": lambda: contrast(photo),
        "ecualizar": lambda: ImageOps.equalize(photo),
        "solarizar": lambda: ImageOps.solarize(photo),
        "niveles:negro=20,blanco=230,gamma=1.2": lambda: photo.point(table(levels)),
        "saturacion": lambda: ImageEnhance.Color(photo).enhance(1.5),
        "tono": hue,
        "lut:archivo=look.cube": lambda: photo.filter(look),
        "tinte": lambda: ImageOps.colorize(gray(), SHADOWS, HIGHLIGHTS),
        "pixelar": pixelate,
        "enfocar": lambda: photo.filter(ImageFilter.UnsharpMask()),
        "mediana": lambda: photo.filter(ImageFilter.MedianFilter(3)),
        "mediana:radio=3": lambda: photo.filter(ImageFilter.MedianFilter(7)),
        "umbral:nivel=128": lambda: gray().point([0] * 129 + [255] * 127),
        "logo:archivo=logo.png": signed,
    }, lambda result: (result.tobytes(), *result.size, len(result.getbands()))


def vips(path, logo):
    import pyvips

    pyvips.cache_set_max(0)
    matrix = pyvips.Image.new_from_array
    photo = pyvips.Image.new_from_file(path).copy_memory()
    logo = pyvips.Image.new_from_file(logo).copy_memory()
    width, height = photo.width, photo.height
    side, longer = min(width, height), max(width, height)

    def luma():
        gray = photo.recomb(matrix([list(LUMA)])).rint().cast("uchar")
        return gray.copy(interpretation="b-w")

    def table(at):
        values = [at(value) for value in range(256)]
        if isinstance(values[0], int):
            return matrix([values]).cast("uchar")
        bands = [matrix([list(band)]).cast("uchar") for band in zip(*values)]
        return bands[0].bandjoin(bands[1:])

    def temperature():
        return photo.colourspace("scrgb").recomb(matrix(WARM)).colourspace("srgb")

    def trimmed():
        left, top, across, down = photo.find_trim()
        return photo.crop(left, top, across, down)

    def signed():
        edge = round(0.03 * width)
        at = {"x": width - logo.width - edge, "y": height - logo.height - edge}
        return photo.composite2(logo, "over", **at).flatten()

    def contrast():
        mean = int(luma().avg() + 0.5)
        return photo.linear(1.5, -0.5 * mean, uchar=True)

    def around(across, down):
        return photo.embed((across - width) // 2, (down - height) // 2, across, down, extend="white")

    conv = lambda kernel, **options: photo.conv(matrix(kernel, **options), precision="integer")
    small = 1200 / longer
    bicubic = pyvips.Interpolate.new("bicubic")
    lazy = {
        "invertir": lambda: photo.invert(),
        "grises": luma,
        "blur": lambda: photo.gaussblur(5, min_ampl=0.05, precision="integer"),
        "nitidez": lambda: conv(SHARPEN, scale=13),
        "brillo": lambda: photo.linear(1.5, 0, uchar=True),
        "contraste": contrast,
        "sepia": lambda: photo.recomb(matrix(SEPIA)).cast("uchar"),
        "bordes": lambda: conv(EDGES),
        "relieve": lambda: conv(EMBOSS, offset=128),
        "posterizar": lambda: photo & 240,
        "redimensionar": lambda: photo.resize(0.5, kernel="lanczos3"),
        "redimensionar:lado_largo=1200": lambda: photo.resize(small, kernel="lanczos3"),
        "recortar:aspecto=1:1": lambda: photo.crop(*centred(width, height, side)[:2], side, side),
        "lienzo:aspecto=1:1": lambda: around(longer, longer),
        "marco:ancho=50": lambda: around(width + 100, height + 100),
        "rotar:angulo=90": lambda: photo.rot270(),
        "rotar:angulo=3": lambda: photo.rotate(-3, interpolate=bicubic, background=[255] * 3),
        "voltear": lambda: photo.fliphor(),
        "voltear:direccion=vertical": lambda: photo.flipver(),
        "bordes_fuera": trimmed,
        "ecualizar": lambda: photo.hist_equal(),
        "solarizar": lambda: photo.maplut(table(solarized)),
        "niveles:negro=20,blanco=230,gamma=1.2": lambda: photo.maplut(table(levels)),
        "saturacion": lambda: photo.recomb(matrix(SATURATION)).cast("uchar"),
        "temperatura:kelvin=3200": temperature,
        "tinte": lambda: luma().maplut(table(tinted)),
        "pixelar": lambda: photo.shrink(10, 10, ceil=True).zoom(10, 10).crop(0, 0, width, height),
        "enfocar": lambda: photo.sharpen(sigma=2, x1=3, m1=0, m2=1.5),
        "mediana": lambda: photo.median(3),
        "mediana:radio=3": lambda: photo.median(7),
        "umbral:nivel=128": lambda: luma() > 128,
        "logo:archivo=logo.png": signed,
    }
    calls = {call: (lambda work=work: work().copy_memory()) for call, work in lazy.items()}
    return calls, lambda result: (result.write_to_memory(), result.width, result.height, result.bands)


def opencv(path, logo):
    import cv2
    import numpy as np

    import watermark as text

    cv2.setNumThreads(1)
    photo = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
    height, width = photo.shape[:2]
    side, longer = min(width, height), max(width, height)
    gray = lambda: cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    table = lambda at: np.array([at(value) for value in range(256)], np.uint8)
    kernel = lambda values: np.array(values, np.float32)
    white = {"borderType": cv2.BORDER_CONSTANT, "value": (255, 255, 255)}

    def look_up(at):
        values = table(at)
        return lambda: cv2.LUT(photo, values)

    def matrix(values):
        # OpenCV rounds to the nearest, sepia and saturation cut off.
        values = np.hstack([kernel(values), np.full((3, 1), -0.5, np.float32)])
        return lambda: cv2.transform(photo, values)

    def convolve(values, offset=0):
        values = kernel(values)
        return lambda: cv2.filter2D(photo, -1, values, delta=offset)

    def contrast():
        mean = int(cv2.mean(gray())[0] + 0.5)
        return look_up(lambda value: min(max(int(mean + 1.5 * (value - mean)), 0), 255))()

    def counted():
        return [cv2.calcHist([photo], [channel], None, [256], [0, 256]).ravel() for channel in range(3)]

    def stretch():
        tables = np.empty((256, 1, 3), np.uint8)
        for channel, counts in enumerate(counted()):
            low, high = np.flatnonzero(counts)[[0, -1]]
            tables[:, 0, channel] = np.clip((np.arange(256) - low) * 255 / (high - low), 0, 255)
        return cv2.LUT(photo, tables)

    def equalize():
        return cv2.merge([cv2.equalizeHist(channel) for channel in cv2.split(photo)])

    def hue():
        turned = cv2.cvtColor(photo, cv2.COLOR_RGB2HSV_FULL)
        turned[:, :, 0] += 64
        return cv2.cvtColor(turned, cv2.COLOR_HSV2RGB_FULL)

    def turn():
        angle = np.deg2rad(3)
        cos, sin = np.cos(angle), np.sin(angle)
        corners = np.array([[cos, sin], [-sin, cos]]) @ [[0, width, width, 0], [0, 0, height, height]]
        to = np.ceil(corners.max(1)) - np.floor(corners.min(1))
        if not turn.map:
            turn.map = [cv2.getRotationMatrix2D((width / 2 - 0.5, height / 2 - 0.5), 3, 1)]
            turn.map[0][:, 2] += (to - (width, height)) / 2
        options = {"borderMode": cv2.BORDER_CONSTANT, "borderValue": (255, 255, 255)}
        return cv2.warpAffine(photo, turn.map[0], to.astype(int), flags=cv2.INTER_CUBIC, **options)

    turn.map = []

    def around(across, down):
        left, top = (across - width) // 2, (down - height) // 2
        return cv2.copyMakeBorder(photo, top, down - height - top, left, across - width - left, **white)

    def tint():
        return cv2.applyColorMap(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY), tints)

    tints = table(tinted).reshape(256, 1, 3)

    def pixelate():
        small = cv2.resize(photo, (-(-width // 10), -(-height // 10)), interpolation=cv2.INTER_AREA)
        return cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST)

    def unsharp():
        blurred = cv2.GaussianBlur(photo, (0, 0), 2)
        sharp = cv2.addWeighted(photo, 2.5, blurred, -1.5, 0)
        far = cv2.compare(cv2.absdiff(photo, blurred), (3, 3, 3, 3), cv2.CMP_GT)
        return cv2.bitwise_or(cv2.bitwise_and(sharp, far), cv2.bitwise_and(photo, cv2.bitwise_not(far)))

    def watermark():
        mask, left, top = text.mask(width, height)
        weight = cv2.merge([np.asarray(mask, np.float32) / 255] * 3)
        picture = photo.copy()
        place = picture[top : top + mask.height, left : left + mask.width]
        place[:] = np.rint(place + weight * (255 - place.astype(np.float32)))
        return picture

    def crop():
        left, top, right, bottom = centred(width, height, side)
        return photo[top:bottom, left:right].copy()

    return {
        "invertir": lambda: cv2.bitwise_not(photo),
        "grises": gray,
        "blur": lambda: cv2.GaussianBlur(photo, (0, 0), 5),
        "nitidez": convolve(np.array(SHARPEN) / 13),
        "brillo": lambda: cv2.convertScaleAbs(photo, alpha=1.5, beta=-0.5),
        "contraste": contrast,
        "sepia": matrix(SEPIA),
        "bordes": convolve(EDGES),
        "relieve": convolve(EMBOSS, 128),
        "posterizar": lambda: cv2.bitwise_and(photo, (240, 240, 240, 240)),
        "redimensionar": lambda: cv2.resize(photo, (width // 2, height // 2), interpolation=cv2.INTER_AREA),
        "marca_agua": watermark,
        "recortar:aspecto=1:1": crop,
        "lienzo:aspecto=1:1": lambda: around(longer, longer),
        "marco:ancho=50": lambda: around(width + 100, height + 100),
        "rotar:angulo=90": lambda: cv2.rotate(photo, cv2.ROTATE_90_COUNTERCLOCKWISE),
        "rotar:angulo=3": turn,
        "voltear": lambda: cv2.flip(photo, 1),
        "voltear:direccion=vertical": lambda: cv2.flip(photo, 0),
        "autocontraste": stretch,
        "ecualizar": equalize,
        "solarizar": look_up(solarized),
        "niveles:negro=20,blanco=230,gamma=1.2": look_up(levels),
        "saturacion": matrix(SATURATION),
        "tono": hue,
        "tinte": tint,
        "pixelar": pixelate,
        "enfocar": unsharp,
        "mediana": lambda: cv2.medianBlur(photo, 3),
        "mediana:radio=3": lambda: cv2.medianBlur(photo, 7),
        "umbral:nivel=128": lambda: cv2.threshold(gray(), 128, 255, cv2.THRESH_BINARY)[1],
        "umbral:nivel=otsu": lambda: cv2.threshold(gray(), 0, 255, cv2.THRESH_OTSU)[1],
    }, lambda result: (
        result.tobytes(), *result.shape[1::-1], result.shape[2] if result.ndim == 3 else 1
    )  # fmt: skip


def centred(width, height, side):
    left, top = round((width - side) / 2), round((height - side) / 2)
    return left, top, left + side, top + side


def main():
    library, path, logo = sys.argv[1:]
    calls, samples = {"pillow": pillow, "vips": vips, "opencv": opencv}[library](path, logo)
    for line in map(str.strip, sys.stdin):
        target, call = line.split(" ")[1:] if line.startswith("write ") else (None, line)
        if call not in calls:
            answer = "none"
        elif target:
            data, *shape = samples(calls[call]())
            Path(target).write_bytes(data)
            answer = " ".join(map(str, shape))
        else:
            start = time.process_time_ns()
            calls[call]()
            answer = time.process_time_ns() - start
        print(answer, flush=True)


if __name__ == "__main__":
    main()

"""ImageMagick: one process a photo, as many at the same time as there are jobs, one thread each.

A photo is decoded once for all of its filters. Metadata are kept.
"""

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

from PIL import Image

import watermark as text
from job import ORIENTATION, Job

job = Job(__doc__)
program = shutil.which("magick") or shutil.which("convert")
LIMIT = ("-limit", "thread", "1")

def convolve(kernel, **options):
    """Options are taken back, or they would hold for the filters that follow."""
    defined = [f"convolve:{key}={value}" for key, value in options.items()]
    given = [word for option in defined for word in ("-define", option)]
    taken_back = [word for key in options for word in ("+define", f"convolve:{key}")]
    return [*given, "-morphology", "Convolve", f"3x3: {kernel}", *taken_back]


FILTERS = {
    "invert": ["-negate"],
    "grayscale": ["-grayscale", "Rec601Luma"],
    "blur": ["-blur", "0x5"],
    "sharpen": convolve("-1,-1,-1 -1,21,-1 -1,-1,-1", scale="!"),
    "brightness": ["-evaluate", "Multiply", "1.5"],
    "sepia": ["-color-matrix", "0.393 0.769 0.189 0.349 0.686 0.168 0.272 0.534 0.131"],
    "edges": convolve("-1,-1,-1 -1,8,-1 -1,-1,-1"),
    "emboss": convolve("0,0,-1 0,1,0 0,0,0", bias="50.2%"),
    # Of 16 bits, so that it is 240 of 8.
    "posterize": ["-evaluate", "And", "61680"],
}


def arguments(photo, name, size):
    if name == "contrast":
        mean = float(subprocess.check_output(
            [program, *LIMIT, str(photo), "-colorspace", "Gray", "-format", "%[fx:mean]", "info:"]
        ))  # fmt: skip
        return ["-function", "Polynomial", f"1.5,{-0.5 * mean}"]
    if name == "watermark":
        em = f"{text.em(*size):.1f}"
        ink = f"rgba(255,255,255,{text.OPACITY})"
        return ["-gravity", "center", "-font", str(text.FONT), "-pointsize", em,
                "-fill", ink, "-annotate", "0", text.TEXT]  # fmt: skip
    if name == "resize":
        # Whole pixels as everywhere else: rounded down.
        return ["-filter", "Lanczos", "-resize", f"{size[0] // 2}x{size[1] // 2}!"]
    return FILTERS[name]


def work(photo):
    with Image.open(photo) as header:
        width, height = header.size
        turned = header.getexif().get(ORIENTATION, 1) >= 5
        size = (height, width) if turned else (width, height)
    command = [program, *LIMIT, str(photo), "-auto-orient"]
    command += ["-quality", str(job.quality), "-sampling-factor", "4:2:0"]
    for name in job.filters:
        target = str(job.target(photo, name))
        command += ["(", "+clone", *arguments(photo, name, size), "-write", target, "+delete", ")"]
    subprocess.run([*command, "null:"], check=True)


with ThreadPoolExecutor(job.jobs) as pool:
    list(pool.map(work, job.photos))

#!/usr/bin/env python3
"""Makes the files beside it: small JPEGs of kinds that cameras do not write, and as `.samples` what Pillow reads.

    apt-get install libjpeg-turbo-progs; pip install pillow; python3 make.py

Samples are as they come from the decoder: gray, RGB, or four inks as they are stored.
"""
import io
import pathlib
import random
import struct
import subprocess
import tempfile

from PIL import Image

HERE = pathlib.Path(__file__).parent
SIZE = W, H = 45, 37


def picture():
    random.seed(1)
    image = Image.new("RGB", SIZE)
    image.putdata([((x * 6) % 256, (y * 7 + x) % 256, random.randrange(x * 4 + 1)) for y in range(H) for x in range(W)])
    return image


def cjpeg(*options, scans=None, gray=False):
    with tempfile.TemporaryDirectory() as temporary:
        source = pathlib.Path(temporary) / "source.ppm"
        picture().convert("L" if gray else "RGB").save(source)
        if scans:
            script = pathlib.Path(temporary) / "scans"
            script.write_text(scans)
            options += ("-scans", script)
        return subprocess.run(["cjpeg", "-quality", "85", *options, source], capture_output=True, check=True).stdout


def cmyk(**options):
    inks = Image.merge("CMYK", [*picture().split(), picture().convert("L").rotate(180)])
    file = io.BytesIO()
    inks.save(file, "JPEG", quality=85, **options)
    return file.getvalue()


def segment(file, marker):
    """Where a segment begins and ends."""
    at = 2
    while True:
        end = at + 2 + struct.unpack(">H", file[at + 2:at + 4])[0]
        if file[at + 1] == marker:
            return at, end
        at = end


def without(file, marker):
    """The file without all segments of a kind before the first scan."""
    while marker in [file[at + 1] for at in starts(file)]:
        at, end = segment(file, marker)
        file = file[:at] + file[end:]
    return file


def starts(file):
    at = 2
    while file[at + 1] != 0xDA:
        yield at
        at += 2 + struct.unpack(">H", file[at + 2:at + 4])[0]


def ycck(file):
    """The same samples, called luminance, chroma and black."""
    at, _ = segment(file, 0xEE)
    return file[:at + 15] + b"\2" + file[at + 16:]


def restart(file, number, put):
    at = file.index(bytes([0xFF, 0xD0 + number]))
    return file[:at] + put + file[at + 2:]


RESTARTS = cjpeg("-restart", "2B", "-sample", "2x1")
PROGRESSIVE = cjpeg("-progressive")
FULL = "0: 0-63, 0, 0;\n1: 0-63, 0, 0;\n2: 0-63, 0, 0;\n"
SCRIPT = """2: 0-0, 0, 2; 0,1: 0-0, 0, 1; 2: 0-0, 2, 1; 0: 1-63, 0, 3; 1: 1-20, 0, 1; 1: 21-63, 0, 0; 0: 1-63, 3, 2;
2: 1-63, 0, 0; 0: 1-63, 2, 1; 1: 1-20, 1, 0; 0,1,2: 0-0, 1, 0; 0: 1-63, 1, 0;"""

FILES = {
    # Scans.
    "two-scans": cjpeg(scans="0;\n1,2;\n"),
    "two-scans-chroma-first": cjpeg(scans="1,2;\n0;\n"),
    "three-scans-restarts": cjpeg("-restart", "1B", scans="2;\n0;\n1;\n"),
    "progressive": PROGRESSIVE,
    "progressive-odd-script": cjpeg("-restart", "3B", scans=SCRIPT),
    "progressive-gray": cjpeg("-progressive", gray=True),
    # Sampling.
    "sampling-3x1": cjpeg("-sample", "3x1,1x1,1x1"),
    "sampling-4x1": cjpeg("-sample", "4x1,1x1,1x1"),
    "sampling-1x4": cjpeg("-sample", "1x4,1x1,1x1"),
    "sampling-4x1-2x1": cjpeg("-sample", "4x1,2x1,1x1"),
    "sampling-coarse-luma": cjpeg("-sample", "1x1,2x2,2x2"),
    "sampling-all-unequal": cjpeg("-sample", "1x2,2x1,1x1"),
    "sampling-coarse-luma-two-scans": cjpeg("-sample", "1x1,2x2,2x1", scans="0,2;\n1;\n"),
    "gray-2x2": cjpeg("-sample", "2x2", gray=True),
    "rgb": cjpeg("-rgb"),
    "rgb-subsampled": cjpeg("-rgb", "-sample", "2x2,1x1,2x1"),
    # Inks.
    "cmyk": cmyk(),
    "cmyk-420": cmyk(subsampling=2),
    "cmyk-progressive": cmyk(progressive=True),
    "ycck-422": ycck(cmyk(subsampling=1)),
    "cmyk-without-adobe": without(cmyk(subsampling=2), 0xEE),
    # Arithmetic coding.
    "arithmetic": cjpeg("-arithmetic", "-restart", "1"),
    "arithmetic-progressive": cjpeg("-arithmetic", "-progressive"),
    # Damage that loses nothing, or as much as libjpeg loses.
    "tables-missing": without(cjpeg(), 0xC4),
    "restart-marker-twice": restart(RESTARTS, 3, b"\xff\xd3\xff\xd3"),
    "restart-marker-missing": restart(RESTARTS, 3, b""),
    "restart-marker-wrong": restart(RESTARTS, 3, b"\xff\xd7"),
    "bytes-before-end": PROGRESSIVE[:-2] + bytes(7) + PROGRESSIVE[-2:],
}

# What Pillow writes of a picture that the tests make, too, to compare with what Lote writes.
WRITTEN = {
    "q82-444-progressive": dict(quality=82, subsampling=0, progressive=True),
    "q75-422": dict(quality=75, subsampling=1, optimize=True),
    "q97-444": dict(quality=97, subsampling=0, optimize=True),
    "q30-420-progressive": dict(quality=30, subsampling=2, progressive=True),
}


def gradient():
    image = Image.new("RGB", (96, 64))
    image.putdata([(i % 96 * 2, i // 96 * 3, 90) for i in range(96 * 64)])
    return image


if __name__ == "__main__":
    (HERE / "written").mkdir(exist_ok=True)
    for name, options in WRITTEN.items():
        gradient().save(HERE / "written" / f"{name}.jpg", **options)
    for name, file in FILES.items():
        (HERE / f"{name}.jpg").write_bytes(file)
        with Image.open(io.BytesIO(file)) as image:
            samples = image.tobytes()
            if image.mode == "CMYK":
                # Pillow inverts them.
                samples = bytes(255 - sample for sample in samples)
        (HERE / f"{name}.samples").write_bytes(samples)

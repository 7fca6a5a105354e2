#!/usr/bin/env python3
"""Makes the seeds that are no files of the tests: raw files around a JPEG, and frames of Zstandard. Needs Pillow and zstd."""
import io
import pathlib
import struct
import subprocess

from PIL import Image

HERE = pathlib.Path(__file__).parent
LONG, SHORT = 4, 3


def jpeg():
    picture = Image.new("RGB", (640, 16))
    picture.putdata([(x % 256, y * 16, 90) for y in range(16) for x in range(640)])
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=40)
    return file.getvalue()


def directory(entries):
    rows = (struct.pack("<HHII", tag, LONG, 1, value) for tag, value in entries)
    return struct.pack("<H", len(entries)) + b"".join(rows) + bytes(4)


def tagged(head, first):
    """A TIFF structure: a first directory, and the JPEG in one below it."""
    below = len(head) + 2 + 12 * (len(first) + 1) + 4
    start = below + 2 + 12 * 2 + 4
    return head + directory([*first, (330, below)]) + directory([(513, start), (514, len(jpeg()))]) + jpeg()


def box(kind, content):
    return struct.pack(">I", len(content) + 8) + kind + content


def canon(start=0):
    exif = b"II*\0\x08\0\0\0" + struct.pack("<HHHIHH", 1, 274, SHORT, 1, 8, 0) + bytes(4)
    described = box(b"uuid", bytes.fromhex("85c0b687820f11e08111f4ce462b6a48") + box(b"CMT1", exif))
    sizes, places = struct.pack(">III", 0, len(jpeg()), 1), struct.pack(">IIQ", 0, 1, start)
    table = box(b"stbl", box(b"stsz", sizes) + box(b"co64", places))
    film = box(b"trak", box(b"mdia", box(b"minf", table)))
    head = box(b"ftyp", b"crx \0\0\0\x01crx isom") + box(b"moov", described + film)
    return head + box(b"mdat", jpeg()) if start else canon(len(head) + 8)


def fujifilm():
    return b"FUJIFILMCCD-RAW ".ljust(84, b"\0") + struct.pack(">II", 100, len(jpeg())) + bytes(8) + jpeg()


raw = {
    "dng": tagged(b"II*\0\x08\0\0\0", [(254, 1), (274, 6), (50706, 0x0401)]),
    "orf": tagged(b"IIRO\x08\0\0\0", [(274, 3)]),
    "cr2": tagged(b"II*\0\x10\0\0\0CR\2\0\0\0\0\0", [(274, 8)]),
    "cr3": canon(),
    "raf": fujifilm(),
}
for name, file in raw.items():
    (HERE / "raw" / name).write_bytes(file)

rows = bytes(64 * 64 * 3)
ramp = bytes(x * y % 256 for y in range(64) for x in range(192))
text = b"".join(b"row %d of %d; " % (n * n % 97, n % 7) for n in range(900))[: 64 * 192]
for name, content, level in (("flat", rows, "-1"), ("ramp", ramp, "-3"), ("text", text, "-19"), ("two", text[:99], "-3")):
    packed = subprocess.run(["zstd", "-q", level, "-c"], input=content, stdout=subprocess.PIPE, check=True).stdout
    (HERE / "zstandard" / name).write_bytes(packed * 2 if name == "two" else packed)

"""Makes the files here, and beside each a PNG of what it shows: by the program that wrote it or, where
that loses nothing, by the samples that it was given. A name ends in `~n` where samples may be off by n.

    python3 make.py FORMAT…

Needs Pillow and, by format, ImageMagick, avifenc and avifdec, cjxl and djxl, heif-enc, heif-convert,
ffmpeg and pillow_heif.
"""

import struct
import subprocess
import sys
from pathlib import Path

from PIL import Image, ImageOps

HERE = Path(__file__).parent
SIZE = (21, 13)


def pixels(channels, depth=255, size=SIZE):
    """Neighbours are close, no two channels are alike."""
    w, h = size
    values = []
    for y in range(h):
        for x in range(w):
            all4 = (x * 200 // w + y * 55 // h, y * 255 // h, 255 - x * 255 // w, (x + y) * 255 // (w + h))
            pick = {1: all4[:1], 2: (all4[0], all4[3]), 3: all4[:3], 4: all4}[channels]
            values += [v * depth // 255 for v in pick]
    return values


def picture(mode):
    return Image.frombytes(mode, SIZE, bytes(pixels(len(mode))))


def shown(name, image):
    image.save(HERE / f"{name}.png")


def by_pillow(name):
    image = Image.open(HERE / name)
    image.load()
    if image.mode == "I":
        image = image.convert("I;16")
    elif image.mode == "P":
        image = image.convert("RGBA")
    shown(name, image)


def write(name, content):
    (HERE / name).write_bytes(content)


def run(*words):
    subprocess.run([str(word) for word in words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def pnm():
    w, h = SIZE
    bits = [v > 100 for v in pixels(1)]
    rows = ["".join("01"[b] for b in bits[y * w : y * w + w]) for y in range(h)]
    head = f"{w} # columns\n# rows:\n{h}\n"
    write("text.pbm", f"P1\n{head}".encode() + "\n".join(" ".join(row) for row in rows).encode() + b"\n")
    packed = b"".join(int(row.ljust(24, "0"), 2).to_bytes(3, "big") for row in rows)
    write("packed.pbm", f"P4\n{w} {h}\n".encode() + packed)
    write("levels-15.pgm", f"P2\n{head}15\n".encode() + " ".join(map(str, pixels(1, 15))).encode() + b"\n")
    write("text.ppm", f"P3\n{head}255\n".encode() + " ".join(map(str, pixels(3))).encode() + b"\n")
    write("plain.pgm", f"P5 {w} {h} 255\n".encode() + bytes(pixels(1)))
    write("deep.pgm", f"P5\n{w} {h}\n65535\n".encode() + struct.pack(f">{w*h}H", *pixels(1, 65535)))
    write("levels-100~1.ppm", f"P6\n{w} {h}\n100\n".encode() + bytes(pixels(3, 100)))
    for name in ["text.pbm", "packed.pbm", "levels-15.pgm", "text.ppm", "plain.pgm", "deep.pgm", "levels-100~1.ppm"]:
        by_pillow(name)
    write("levels-1000~0.6.ppm", f"P6\n{w} {h}\n1000\n".encode() + struct.pack(f">{w*h*3}H", *pixels(3, 1000)))
    by_pillow("levels-1000~0.6.ppm")  # Pillow has 8 bits a channel here.
    for name, kind, channels in [("rgba.pam", "RGB_ALPHA", 4), ("gray-alpha.pam", "GRAYSCALE_ALPHA", 2), ("rgb.pam", "RGB", 3)]:
        head = f"P7\nWIDTH {w}\nHEIGHT {h}\n# four\nDEPTH {channels}\nMAXVAL 255\nTUPLTYPE {kind}\nENDHDR\n"
        write(name, head.encode() + bytes(pixels(channels)))
        shown(name, picture({2: "LA", 3: "RGB", 4: "RGBA"}[channels]))


def tga():
    for mode in ["L", "RGB", "RGBA"]:
        for rle in [False, True]:
            for up in [1, -1]:
                name = f"{mode.lower()}{'-rle' if rle else ''}{'-down' if up < 0 else ''}.tga"
                picture(mode).save(HERE / name, rle=rle, orientation=up)
                by_pillow(name)
    picture("RGB").quantize(30).save(HERE / "palette.tga")
    by_pillow("palette.tga")
    w, h = SIZE
    head = struct.pack("<BBBHHBHHHHBB", 3, 0, 2, 0, 0, 0, 0, 0, w, h, 16, 0x20)
    write("five-bits~1.tga", head + b"abc" + struct.pack(f"<{w*h}H", *((x * 97) & 0x7FFF for x in range(w * h))))
    by_pillow("five-bits~1.tga")  # Which rounds down.
    picture("RGB").save(HERE / "in.ppm")
    run("convert", HERE / "in.ppm", HERE / "magick.tga")
    (HERE / "in.ppm").unlink()
    by_pillow("magick.tga")


def qoi():
    for mode in ["RGB", "RGBA"]:
        name = f"{mode.lower()}.qoi"
        picture(mode).save(HERE / name)
        shown(name, picture(mode))


def ico():
    picture("RGBA").resize((48, 48)).save(HERE / "png.ico", sizes=[(16, 16), (48, 48), (32, 32)])
    by_pillow("png.ico")
    picture("RGBA").resize((32, 32)).save(HERE / "bitmap.ico", sizes=[(16, 16), (32, 32)], bitmap_format="bmp")
    by_pillow("bitmap.ico")
    picture("RGBA").resize((24, 24)).save(HERE / "in.png")
    for name, words in [("palette.ico", ["-colors", "16"]), ("two.ico", ["-monochrome"]), ("colours.ico", ["-alpha", "off"])]:
        run("convert", HERE / "in.png", *words, HERE / name)
        by_pillow(name)
    (HERE / "in.png").unlink()
    part = HERE / "in.png"
    picture("RGB").quantize(16).save(part)
    png = part.read_bytes()
    part.unlink()
    w, h = SIZE
    write("palette-png.ico", struct.pack("<HHHBBBBHHII", 0, 1, 1, w, h, 16, 0, 1, 4, len(png), 22) + png)
    by_pillow("palette-png.ico")


LARGER = (48, 32)


def source(mode, depth=8):
    """A picture for encoders, as PNG."""
    path = HERE / "in.png"
    if depth == 8:
        Image.frombytes(mode, LARGER, bytes(pixels(len(mode), 255, LARGER))).save(path)
        return path
    words = struct.pack(f">{LARGER[0] * LARGER[1] * len(mode)}H", *pixels(len(mode), 65535, LARGER))
    maximum = {1: "GRAYSCALE", 3: "RGB", 4: "RGB_ALPHA"}[len(mode)]
    pam = HERE / "in.pam"
    head = f"P7\nWIDTH {LARGER[0]}\nHEIGHT {LARGER[1]}\nDEPTH {len(mode)}\nMAXVAL 65535\nTUPLTYPE {maximum}\nENDHDR\n"
    pam.write_bytes(head.encode() + words)
    run("convert", pam, path)
    pam.unlink()
    return path


def avif():
    kinds = [
        ("420~3.avif", "RGB", 8, ["-y", "420", "--min", "6", "--max", "6"]),
        ("422~3.avif", "RGB", 8, ["-y", "422", "--min", "6", "--max", "6"]),
        ("444~2.avif", "RGB", 8, ["-y", "444", "--min", "6", "--max", "6"]),
        ("limited~2.avif", "RGB", 8, ["-y", "444", "--min", "6", "--max", "6", "-r", "limited"]),
        ("lossless.avif", "RGB", 8, ["--lossless"]),
        ("gray~1.avif", "L", 8, ["-y", "400", "--min", "12", "--max", "12"]),
        ("gray-limited~1.avif", "L", 8, ["-y", "400", "--min", "12", "--max", "12", "-r", "limited"]),
        ("alpha~2.avif", "RGBA", 8, ["-y", "444", "--min", "6", "--max", "6"]),
        ("premultiplied~22.avif", "RGBA", 8, ["-y", "444", "--min", "3", "--max", "3", "-p"]),
        ("ten~1.avif", "RGB", 16, ["-d", "10", "-y", "444", "--min", "6", "--max", "6"]),
        ("ten-420~3.avif", "RGB", 16, ["-d", "10", "-y", "420", "--min", "6", "--max", "6"]),
        ("twelve~1.avif", "RGB", 16, ["-d", "12", "-y", "444", "--min", "6", "--max", "6"]),
        ("bt709~2.avif", "RGB", 8, ["-y", "444", "--min", "6", "--max", "6", "--cicp", "1/13/1"]),
        ("bt2020~2.avif", "RGB", 8, ["-y", "444", "--min", "6", "--max", "6", "--cicp", "9/16/9"]),
        ("grain~2.avif", "RGB", 8, ["-y", "444", "--min", "24", "--max", "24", "-a", "film-grain-test=1"]),
    ]
    for name, mode, depth, words in kinds:
        by_avif(name, source(mode, depth), words)
    for turn in range(4):
        for mirror in [None, 0, 1]:
            words = ["-y", "444", "--min", "6", "--max", "6", "--irot", turn] + ([] if mirror is None else ["--imir", mirror])
            if turn or mirror is not None:
                by_avif(f"turn-{turn}-{mirror}~2.avif", source("RGB"), words)
    tile = source("RGB")
    Image.open(tile).resize((128, 128)).save(tile)
    by_avif("grid~3.avif", tile, ["--grid", "2x2", "--min", "6", "--max", "6", "-y", "420"])
    tile = source("RGBA")
    Image.open(tile).resize((128, 128)).save(tile)
    by_avif("grid-alpha~3.avif", tile, ["--grid", "2x2", "--min", "6", "--max", "6", "-y", "420"])
    packet, exif, tags = HERE / "in.xmp", HERE / "in.exif", Image.Exif()
    packet.write_text(
        "<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'>"
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/></x:xmpmeta><?xpacket end='w'?>"
    )
    tags[0x0110] = "Box 1"
    exif.write_bytes(tags.tobytes().removeprefix(b"Exif\0\0"))
    by_avif("xmp~2.avif", source("RGB"), ["-y", "444", "--min", "6", "--max", "6", "--xmp", packet, "--exif", exif])
    for path in [packet, exif, HERE / "in.png"]:
        path.unlink()


def by_avif(name, path, words):
    run("avifenc", "-s", "6", *words, path, HERE / name)
    if "turn" in name or "gray-limited" in name:
        # avifdec 0.11 does not turn, and takes gray for one of the full range.
        shown(name, ImageOps.exif_transpose(Image.open(HERE / name)))
    else:
        run("avifdec", HERE / name, HERE / f"{name}.png")


def jxl():
    for name, mode, depth, words in [
        ("lossless.jxl", "RGB", 8, ["-d", "0"]),
        ("lossless-alpha.jxl", "RGBA", 8, ["-d", "0"]),
        ("lossless-gray.jxl", "L", 8, ["-d", "0", "-e", "9"]),
        ("lossless-deep.jxl", "RGB", 16, ["-d", "0"]),
        ("lossy~1.jxl", "RGB", 8, ["-d", "1"]),
        ("lossy-alpha~1.jxl", "RGBA", 8, ["-d", "1", "-e", "7"]),
        ("lossy-deep~1.jxl", "RGB", 16, ["-d", "2", "-p"]),
        ("modular~1.jxl", "RGB", 8, ["-d", "2", "-m", "1"]),
    ]:
        run("cjxl", source(mode, depth), HERE / name, *words)
        run("djxl", HERE / name, HERE / f"{name}.png")
    for name, bits, words in [
        ("lossless-four.jxl", 4, ["-d", "0"]),
        ("lossless-ten.jxl", 10, ["-d", "0"]),
        ("lossless-twelve.jxl", 12, ["-d", "0"]),
        ("lossy-ten~1.jxl", 10, ["-d", "1"]),
    ]:
        run("cjxl", source("RGB", 16), HERE / name, *words, f"--override_bitdepth={bits}")
        run("djxl", HERE / name, HERE / f"{name}.png", f"--bits_per_sample={8 if bits <= 8 else 16}")
    path = HERE / "in.jpg"
    Image.open(source("RGB")).save(path, quality=90)
    run("cjxl", path, HERE / "from-jpeg~1.jxl")
    run("djxl", HERE / "from-jpeg~1.jxl", HERE / "from-jpeg~1.jxl.png")
    exif = Image.Exif()
    exif[274] = 6
    path = HERE / "turned.png"
    picture("RGB").save(path, exif=exif)
    run("cjxl", "-d", "0", path, HERE / "turned.jxl")
    path.unlink()
    run("djxl", HERE / "turned.jxl", HERE / "turned.jxl.png")
    path.unlink()
    (HERE / "in.png").unlink()


def heic():
    import pillow_heif

    pillow_heif.register_heif_opener()
    for name, words in [
        ("420~7.heic", ["-q", "90"]),
        ("coarse~7.heic", ["-q", "20"]),
    ]:
        run("heif-enc", *words, "-o", HERE / name, source("RGB"))
        by_heif_convert(name)
    path = source("RGB")
    Image.open(path).resize((64, 64)).save(path)
    run("heif-enc", "-q", "90", "-p", "x265:slices=2", "-p", "x265:ctu=16", "-o", HERE / "slices~7.heic", path)
    by_heif_convert("slices~7.heic")
    for name, words in [
        ("limited~7.heic", {"full_range_flag": 0, "matrix_coefficients": 6}),
        ("bt709~7.heic", {"full_range_flag": 1, "matrix_coefficients": 1}),
    ]:
        Image.open(source("RGB")).save(HERE / name, quality=90, chroma=420, **words)
        by_heif_convert(name)
    coded = HERE / "in.hevc"
    run("ffmpeg", "-y", "-i", source("RGB", 16), "-vf", "scale=64:64", "-pix_fmt", "yuv420p10le", "-c:v", "libx265",
        "-x265-params", "qp=4:colormatrix=bt709", coded)
    write("ten~5.heic", heif(coded.read_bytes(), (64, 64), 10))
    by_heif_convert("ten~5.heic")
    for name, format in [
        ("gray.heic", "gray"), ("gray-ten~1.heic", "gray10le"), ("gray-twelve~1.heic", "gray12le"), ("intra~7.heic", "yuv420p"),
        ("420-twelve~7.heic", "yuv420p12le"), ("422~7.heic", "yuv422p"), ("422-ten~7.heic", "yuv422p10le"),
        ("444~1.heic", "yuv444p"), ("444-ten~1.heic", "yuv444p10le"), ("444-twelve~1.heic", "yuv444p12le"), ("rgb.heic", "gbrp"),
    ]:
        matrix = "gbr" if "gbr" in format else "bt709"
        run("ffmpeg", "-y", "-i", HERE / "in.png", "-vf", "scale=64:64:out_range=full", "-pix_fmt", format,
            "-c:v", "libx265", "-x265-params", f"qp=12:keyint=1:range=full:colormatrix={matrix}", coded)
        bits = 12 if "12" in format else 10 if "10" in format else 8
        chroma = [kind in format for kind in ("gray", "420", "422", "")].index(True)
        write(name, heif(coded.read_bytes(), (64, 64), bits, chroma))
        by_heif_convert(name)
    # Refused.
    run("ffmpeg", "-y", "-i", HERE / "in.png", "-vf", "scale=64:64", "-pix_fmt", "yuv444p", "-c:v", "libx265",
        "-x265-params", "qp=30:keyint=1:slices=2:ctu=16", coded)
    write("slices-444.heic", heif(coded.read_bytes(), (64, 64), 8, 3))
    coded.unlink()
    Image.open(source("RGBA")).save(HERE / "alpha~7.heic", quality=80)
    by_heif_convert("alpha~7.heic")
    (HERE / "in.png").unlink()


def box(kind, *parts):
    content = b"".join(parts)
    return struct.pack(">I", 8 + len(content)) + kind + content


def heif(stream, size, bits, chroma=1):
    """A picture of HEVC, of any sampling, in the plainest file there is."""
    units = [unit.lstrip(b"\0").rstrip(b"\0") for unit in stream.split(b"\0\0\1")[1:]]
    sets = [unit for unit in units if unit[0] >> 1 in (32, 33, 34)]
    data = b"".join(struct.pack(">I", len(unit)) + unit for unit in units if unit[0] >> 1 < 32)
    arrays = b"".join(struct.pack(">BHH", unit[0] >> 1, 1, len(unit)) + unit for unit in sets)
    depth = 0xF8 | bits - 8
    fixed = bytes([1, 2]) + bytes(10) + bytes([30, 0xF0, 0, 0xFC, 0xFC | chroma, depth, depth, 0, 0, 0x0F, len(sets)])
    properties = box(b"ispe", struct.pack(">III", 0, *size)) + box(b"hvcC", fixed, arrays)
    links = box(b"ipma", struct.pack(">IIHBBB", 0, 1, 1, 2, 1, 2))
    item = box(b"infe", struct.pack(">IHH", 2 << 24, 1, 0), b"hvc1\0")
    head = box(b"ftyp", b"heic\0\0\0\0mif1heic")

    def meta(start):
        return box(
            b"meta", bytes(4),
            box(b"hdlr", bytes(8), b"pict", bytes(13)),
            box(b"pitm", struct.pack(">IH", 0, 1)),
            box(b"iloc", struct.pack(">IHHHHHII", 0, 0x4400, 1, 1, 0, 1, start, len(data))),
            box(b"iinf", struct.pack(">IH", 0, 1), item),
            box(b"iprp", box(b"ipco", properties), links),
        )

    start = len(head) + len(meta(0)) + 8
    return head + meta(start) + box(b"mdat", data)


def by_heif_convert(name):
    run("heif-convert", HERE / name, HERE / f"{name}.png")


for name in sys.argv[1:]:
    globals()[name]()

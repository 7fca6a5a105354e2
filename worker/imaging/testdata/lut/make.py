#!/usr/bin/env python3
"""Makes the colour tables beside it, and what ffmpeg makes of `../golden/rgb.png` with them.

    python3 make.py

`film.cube` bends tones, turns hues and mixes channels as tables of film stocks do; `curve.cube` is
one-dimensional, with a curve of its own for each channel.
"""

import subprocess
from pathlib import Path

HERE = Path(__file__).parent
SIZE = 9


def curve(value, power, low, high):
    """An S of tones from `low` to `high`."""
    bent = value**power
    return low + (high - low) * (bent * bent * (3 - 2 * bent))


def film(red, green, blue):
    light = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    mixed = (
        0.85 * red + 0.20 * green - 0.05 * blue,
        0.05 * red + 0.90 * green + 0.05 * blue,
        -0.10 * red + 0.25 * green + 0.85 * blue,
    )
    toned = (curve(min(1, max(0, value)), 0.9, 0.03, 0.97) for value in mixed)
    split = (0.06 * light - 0.02, 0.01, 0.05 * (1 - light))
    return tuple(min(1, max(0, value + shift)) for value, shift in zip(toned, split))


def main():
    steps = [index / (SIZE - 1) for index in range(SIZE)]
    rows = (film(r, g, b) for b in steps for g in steps for r in steps)
    table = "".join("{:.6f} {:.6f} {:.6f}\n".format(*row) for row in rows)
    (HERE / "film.cube").write_text(f'TITLE "Film"\nLUT_3D_SIZE {SIZE}\n{table}')
    steps = [index / 31 for index in range(32)]
    rows = ((curve(v, 0.7, 0, 1), 1 - curve(v, 1.2, 0, 0.9), v**1.8) for v in steps)
    table = "".join("{:.6f} {:.6f} {:.6f}\n".format(*row) for row in rows)
    (HERE / "curve.cube").write_text(f"LUT_1D_SIZE 32\n{table}")
    for name, call in (
        ("film", "lut3d=film.cube:interp=tetrahedral"),
        ("curve", "lut1d=curve.cube:interp=linear"),
    ):
        # ffmpeg itself would make 16 bits of 8 by a shift, so that white is no longer white.
        deep = ["convert", "../golden/rgb.png", "-depth", "16", "PNG48:-"]
        deep = subprocess.run(deep, cwd=HERE, check=True, capture_output=True).stdout
        command = ["ffmpeg", "-v", "error", "-y", "-f", "png_pipe", "-i", "-", "-vf"]
        command += [f"format=gbrp16le,{call},format=rgb48le", f"{name}.png"]
        subprocess.run(command, cwd=HERE, check=True, input=deep)


if __name__ == "__main__":
    main()

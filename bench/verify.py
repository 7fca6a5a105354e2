"""Verifies one program's outputs: all there, all decodable, of the right size, and how they differ
from the reference (Pillow's results). Prints JSON. Runs in the benchmark's own environment.
"""

import argparse
import json
from functools import partial
from multiprocessing import Pool
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops


ORIENTATION = 0x0112


def expected_size(photo, name, turned):
    """Width and height of a right result, px."""
    with Image.open(photo) as header:
        width, height = header.size
        if turned and header.getexif().get(ORIENTATION, 1) >= 5:
            width, height = height, width
    return (width // 2, height // 2) if name == "resize" else (width, height)


def differences(output, reference):
    """How many samples differ by 0, 1, ... 255 levels."""
    mode = "L" if output.mode == reference.mode == "L" else "RGB"
    distance = ImageChops.difference(output.convert(mode), reference.convert(mode))
    # A histogram of 256 for each channel, one after the other.
    return np.reshape(distance.histogram(), (-1, 256)).sum(axis=0)


def verify(task, output, reference, floor):
    """A complaint or "", and the differences where a reference is to be compared."""
    photo, name, compared = task
    file = f"{name}/{photo.stem}_{name}.jpg"
    try:
        with Image.open(output / file) as picture:
            if picture.format != "JPEG":
                return f"{file}: not a JPEG", name, None
            expected = expected_size(photo, name, turned=not floor)
            if picture.size != expected:
                return f"{file}: {picture.size} px in place of {expected}", name, None
            picture.load()
            if not compared or floor:
                return "", name, None
            with Image.open(reference / file) as right:
                return "", name, differences(picture, right)
    except OSError as error:
        return f"{file}: {error}", name, None


def statistics(counts):
    counts = np.sum(counts, axis=0)
    mean = float(counts @ np.arange(256) / counts.sum())
    p999 = int(np.searchsorted(np.cumsum(counts), 0.999 * counts.sum()))
    return {"mean": mean, "p999": p999}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--reference", type=Path, required=True)
    parser.add_argument("--compare", type=int, help="photos whose pixels are compared")
    parser.add_argument("--floor", action="store_true", help="outputs are no results of filters")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("folder", type=Path)
    parser.add_argument("filters", nargs="+")
    given = parser.parse_args()

    photos = sorted(given.folder.iterdir())
    every = max(1, len(photos) // given.compare)
    tasks = [
        (photo, name, index % every == 0)
        for index, photo in enumerate(photos)
        for name in given.filters
    ]
    check = partial(verify, output=given.output, reference=given.reference, floor=given.floor)
    with Pool(given.jobs) as pool:
        results = pool.map(check, tasks, chunksize=1)
    fidelity = {}
    for name in given.filters:
        counts = [c for _, of, c in results if of == name and c is not None]
        if counts:
            fidelity[name] = statistics(counts)
    complaints = [complaint for complaint, _, _ in results if complaint]
    print(json.dumps({"complaints": complaints, "fidelity": fidelity}))


if __name__ == "__main__":
    main()

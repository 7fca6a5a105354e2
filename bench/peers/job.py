"""What every peer is asked: photos of a folder, filters, and where the results go.

    PEER --jobs 2 --quality 75 --output OUT FOLDER FILTER...

A result is OUT/<filter>/<stem>_<filter>.jpg. Filters have the English names of `lote filters`,
and their defaults.
"""

import argparse
import os
from multiprocessing import get_context
from pathlib import Path

ORIENTATION = 0x0112


class Job:
    def __init__(self, description):
        parser = argparse.ArgumentParser(description=description)
        parser.add_argument("--jobs", type=int, default=2)
        parser.add_argument("--quality", type=int, default=75)
        parser.add_argument("--output", type=Path, required=True)
        parser.add_argument("folder", type=Path)
        parser.add_argument("filters", nargs="+")
        given = parser.parse_args()
        self.jobs, self.quality, self.output = given.jobs, given.quality, given.output
        self.filters = given.filters
        # The largest first, so that no worker is left alone with a large one at the end.
        self.photos = sorted(given.folder.iterdir(), key=lambda photo: -photo.stat().st_size)
        for name in self.filters:
            (self.output / name).mkdir(parents=True, exist_ok=True)

    def target(self, photo, name):
        return self.output / name / f"{photo.stem}_{name}.jpg"

    def in_processes(self, work):
        """Calls `work(photo)` for every photo, in `jobs` processes that live for the whole job."""
        with get_context("fork").Pool(self.jobs) as pool:
            for _ in pool.imap_unordered(work, map(os.fspath, self.photos)):
                pass

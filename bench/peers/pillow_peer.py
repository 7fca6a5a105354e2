"""Pillow in a pool of processes; each photo is decoded once for all of its filters."""

from pathlib import Path

from job import Job
from pillow_filters import FILTERS, open_upright, save

job = Job(__doc__)


def work(photo):
    picture = open_upright(photo)
    for name in job.filters:
        save(FILTERS[name](picture), job.target(Path(photo), name), job.quality, picture)


job.in_processes(work)

"""The way of the program that Lote grew out of.

A pool of processes per filter, a photo decoded anew for every filter, and loops over single pixels
for two of the filters. The rest is Pillow's own code.
"""

from concurrent.futures import ProcessPoolExecutor

from job import Job
from pillow_filters import FILTERS, open_upright, save

job = Job(__doc__)


def by_pixel(tone):
    def loop(picture):
        picture = picture.copy()
        pixels = picture.load()
        for x in range(picture.width):
            for y in range(picture.height):
                pixels[x, y] = tone(*picture.getpixel((x, y)))
        return picture

    return loop


def brown(r, g, b):
    return (
        min(255, int(0.393 * r + 0.769 * g + 0.189 * b)),
        min(255, int(0.349 * r + 0.686 * g + 0.168 * b)),
        min(255, int(0.272 * r + 0.534 * g + 0.131 * b)),
    )


FILTERS |= {
    "invert": by_pixel(lambda r, g, b: (255 - r, 255 - g, 255 - b)),
    "sepia": by_pixel(brown),
}


def work(photo, name):
    picture = open_upright(photo)
    save(FILTERS[name](picture), job.target(photo, name), job.quality, picture)


for name in job.filters:
    with ProcessPoolExecutor(job.jobs) as pool:
        list(pool.map(work, job.photos, [name] * len(job.photos)))

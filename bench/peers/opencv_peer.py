"""OpenCV in a pool of threads (it releases Python's lock), one thread a photo.

A photo is decoded once for all of its filters. Colour profiles and EXIF data are dropped. Resizing
is by area, since OpenCV's Lanczos kernel does not widen when it makes pictures smaller.
"""

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np

import watermark as text
from job import Job

job = Job(__doc__)
cv2.setNumThreads(1)


# For blue, green and red. OpenCV rounds to the nearest, the origin's formula cuts off: hence the half
# in the last column, and the same in brightness.
SEPIA = np.array(
    [[0.131, 0.534, 0.272, -0.5], [0.168, 0.686, 0.349, -0.5], [0.189, 0.769, 0.393, -0.5]],
    np.float32,
)
SHARPEN = np.array([[-1, -1, -1], [-1, 21, -1], [-1, -1, -1]], np.float32) / 13
EDGES = np.array([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]], np.float32)
EMBOSS = np.array([[0, 0, 0], [0, 1, 0], [-1, 0, 0]], np.float32)


def convolve(kernel, offset=0):
    return lambda picture: cv2.filter2D(picture, -1, kernel, delta=offset)


def contrast(picture):
    mean = int(cv2.mean(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY))[0] + 0.5)
    table = np.clip(mean + 1.5 * (np.arange(256) - mean), 0, 255).astype(np.uint8)
    return cv2.LUT(picture, table)


def resize(picture):
    height, width = picture.shape[:2]
    return cv2.resize(picture, (width // 2, height // 2), interpolation=cv2.INTER_AREA)


def watermark(picture):
    height, width = picture.shape[:2]
    mask, left, top = text.mask(width, height)
    weight = cv2.merge([np.asarray(mask, np.float32) / 255] * 3)
    picture = picture.copy()
    place = picture[top : top + mask.height, left : left + mask.width]
    place[:] = np.rint(place + weight * (255 - place.astype(np.float32)))
    return picture


FILTERS = {
    "invert": cv2.bitwise_not,
    "grayscale": lambda picture: cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY),
    "blur": lambda picture: cv2.GaussianBlur(picture, (0, 0), 5),
    "sharpen": convolve(SHARPEN),
    "brightness": lambda picture: cv2.convertScaleAbs(picture, alpha=1.5, beta=-0.5),
    "contrast": contrast,
    "sepia": lambda picture: cv2.transform(picture, SEPIA),
    "edges": convolve(EDGES),
    "emboss": convolve(EMBOSS, 128),
    "posterize": lambda picture: cv2.bitwise_and(picture, (240, 240, 240, 240)),
    "resize": resize,
    "watermark": watermark,
}

JPEG = [
    cv2.IMWRITE_JPEG_QUALITY, job.quality,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
]  # fmt: skip


def work(photo):
    picture = cv2.imread(str(photo))
    for name in job.filters:
        cv2.imwrite(str(job.target(photo, name)), FILTERS[name](picture), JPEG)


with ThreadPoolExecutor(job.jobs) as pool:
    list(pool.map(work, job.photos))

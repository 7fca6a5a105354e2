"""The floor: C libjpeg-turbo alone, decoding once and encoding as often as there are filters.

No filter is applied and nothing is turned. Grayscale decodes and encodes lightness only, if it is
the only filter; for resize a quarter of the picture is encoded.
"""

from pathlib import Path

import numpy as np
from simplejpeg import decode_jpeg, encode_jpeg

from job import Job

job = Job(__doc__)


def work(photo):
    data = Path(photo).read_bytes()
    only_gray = job.filters == ["grayscale"]
    picture = decode_jpeg(data, "GRAY" if only_gray else "RGB", fastdct=False)
    for name in job.filters:
        if name == "grayscale":
            gray = picture if only_gray else np.ascontiguousarray(picture[:, :, 1:2])
            encoded = encode_jpeg(gray, job.quality, "GRAY", "Gray", fastdct=False)
        else:
            height, width = picture.shape[:2]
            result = picture
            if name == "resize":
                result = np.ascontiguousarray(picture[: height // 2, : width // 2])
            encoded = encode_jpeg(result, job.quality, "RGB", "420", fastdct=False)
        job.target(Path(photo), name).write_bytes(encoded)


job.in_processes(work)

"""What is measured: sets of photos, filters, and the ratios that Lote is meant to reach."""

from dataclasses import dataclass

TWELVE = (
    "invert grayscale blur sharpen brightness contrast sepia edges emboss posterize resize watermark"
).split()


@dataclass(frozen=True)
class Task:
    # Folder of photos: large, small or few.
    photos: str
    title: str
    filters: tuple
    # Goals: at most this part of the time of the fastest peer, and of the floor.
    to_peer: float | None = None
    to_floor: float | None = None

    @property
    def name(self):
        return f"{self.photos}-{self.title.replace(' ', '-')}"


def _single(photos, name, to_peer=None, to_floor=None):
    return Task(photos, name, (name,), to_peer, to_floor)


def _twelve(photos, to_peer=None, to_floor=None):
    return Task(photos, "all twelve", tuple(TWELVE), to_peer, to_floor)


TASKS = [
    _single("large", "sepia", 0.80, 1.25),
    _single("large", "blur", 0.85, 1.5),
    _single("large", "resize", 0.80),
    _single("large", "grayscale", 0.80, 1.25),
    _single("large", "watermark", 0.80, 1.25),
    _twelve("large", 0.75, 1.4),
    _single("small", "sepia", 0.80),
    _single("small", "resize", 0.80),
    _twelve("small", 0.80),
]

# With the origin, whose loops are too slow for more than a few photos.
ORIGIN_TASKS = [_single("few", "sepia"), _twelve("few")]

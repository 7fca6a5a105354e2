"""The watermark's text as a mask, laid out as Lote does it."""

from functools import lru_cache
from pathlib import Path

TEXT = "PROCESADO"
OPACITY = 0.3
FONT = Path(__file__).parents[2] / "worker" / "imaging" / "assets" / "OpenSans-Bold.ttf"


def em(width, height):
    """Size of the letters, px, on a picture of that size. The text always fits at this size."""
    return max(12.0, min(width, height) / 8)


@lru_cache(maxsize=64)
def mask(width, height, opacity=OPACITY):
    """An "L" picture of the ink alone, scaled by the opacity, and its left and top corner, px."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.truetype(FONT, em(width, height))
    left, top, right, bottom = font.getbbox(TEXT)
    ink = Image.new("L", (int(right - left), int(bottom - top)))
    ImageDraw.Draw(ink).text((-left, -top), TEXT, fill=255, font=font)
    ink = ink.crop(ink.getbbox()).point(lambda value: round(value * opacity))
    return ink, (width - ink.width) // 2, (height - ink.height) // 2

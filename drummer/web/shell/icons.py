"""Icons of the app, drawn as PNG: four lanes of hits, as in the drum grid."""

from __future__ import annotations

import io
from functools import lru_cache

from PIL import Image, ImageDraw

from drummer.errors import SettingError

SIZES = (48, 180, 192, 512)  # pixels: favicon, Apple's home screen, and the two that manifests need

_BACKGROUND, _MARK, _SOFT = "#c9431d", "#ffffff", "#f0b9a6"
# Lanes of hits: x of each in sixteenths of the drawing, and whether it is loud.
_LANES = (
    ((2, True), (5, False), (8, True), (11, False)),
    ((5, True), (11, True)),
    ((2, False), (8, False)),
    ((2, True), (8, True)),
)
_SAFE = 0.8  # share of a maskable icon that every launcher shows
_OVERSAMPLING = 4  # drawn larger, then scaled down: smooth edges


@lru_cache(maxsize=2 * len(SIZES))
def draw_icon(size: int, maskable: bool = False) -> bytes:
    """Draw the icon.

    Args:
        size: Width and height in pixels, one of `SIZES`.
        maskable: Fill the whole square, for launchers that cut a shape of their own; otherwise its corners are round.

    Raises:
        SettingError: If there is no such size.
    """
    if size not in SIZES:
        raise SettingError(f"an icon has {', '.join(map(str, SIZES))} pixels, got {size}")
    whole = size * _OVERSAMPLING
    image = Image.new("RGBA", (whole, whole))
    canvas = ImageDraw.Draw(image)
    canvas.rounded_rectangle((0, 0, whole - 1, whole - 1), 0 if maskable else 0.2 * whole, fill=_BACKGROUND)
    drawing = whole * (_SAFE if maskable else 1.0)
    unit, edge = drawing / 16, (whole - drawing) / 2
    for row, lane in enumerate(_LANES):
        middle = edge + (3.2 + 3.2 * row) * unit
        for place, loud in lane:
            half = (1.2 if loud else 0.8) * unit
            left = edge + place * unit + 0.5 * unit
            box = (left, middle - half, left + 2 * unit, middle + half)
            canvas.rounded_rectangle(box, 0.35 * unit, fill=_MARK if loud else _SOFT)
    buffer = io.BytesIO()
    image.resize((size, size), Image.Resampling.LANCZOS).save(buffer, "png", optimize=True)
    return buffer.getvalue()

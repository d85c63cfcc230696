"""Piano roll: a groove as a picture, one lane a voice, broken into rows of bars like sheet music.

A mark begins at the exact onset. Its strength of colour and its height show the velocity. Its distance from a thin tick on its
grid step shows the offset, which the timing strip under the lanes shows again, magnified.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import CircleCollection, LineCollection, PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Affine2D
from PIL import Image

from drummer.config import default_config
from drummer.errors import SettingError
from drummer.music.arrays import Floats
from drummer.music.groove import Groove
from drummer.music.voices import VOICE_COUNT, VOICES
from drummer.pictures.colors import PERCUSSION_COLOR, Palette, find_palette, readable
from drummer.pictures.roll_geometry import Marks, RollGeometry
from drummer.validation import quote

_DPI = 100
_POINTS = 72 / _DPI  # points in a pixel
_IN_ORDER = 1  # one zorder for all artists, so that later ones cover earlier ones
_FAMILIES = (4, 7, 10, VOICE_COUNT)  # lanes that begin a family: hi-hats, toms, cymbals, percussion
_LABELS = (*(voice.label for voice in VOICES), "Percussion")
_RLE = 3  # zlib's strategy Z_RLE


def draw(
    groove: Groove, theme: str = "light", title: str | None = None, layout: str = "wide", markers: Sequence[tuple[int, str]] = ()
) -> Figure:
    """Draw a groove.

    Args:
        groove: The groove; its length decides the height of the picture.
        theme: `light` or `dark`.
        title: A line above the picture.
        layout: `wide` for a desktop or a page of paper, `phone` for a screen that is 390 pixels wide, `card` for the picture of
            a link.
        markers: First bar, from 0, and name of each part of a song, which is written above it.

    Raises:
        SettingError: If there is no such theme or layout.
    """
    layouts = default_config().pianoroll.layouts
    palette = find_palette(theme)
    if layout not in layouts:
        raise SettingError(f"a piano roll's layout is one of {', '.join(layouts)}, got {quote(layout)}")
    geometry = RollGeometry(groove, layouts[layout], titled=title is not None)
    return _Painter(geometry, palette, dict(markers)).paint(title)


def save(groove: Groove, path: str | Path, theme: str = "light", title: str | None = None, layout: str = "wide") -> None:
    """Draw a groove into a `.png` or `.svg` file; see `draw`.

    Raises:
        SettingError: If there is no such theme or layout, or the file's name ends in anything else.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in (".png", ".svg"):
        raise SettingError(f"a piano roll is saved as .png or .svg, got {quote(Path(path).name)}")
    Path(path).write_bytes(to_bytes(groove, suffix[1:], theme, title, layout))


def to_bytes(
    groove: Groove,
    kind: str,
    theme: str = "light",
    title: str | None = None,
    layout: str = "wide",
    markers: Sequence[tuple[int, str]] = (),
) -> bytes:
    """Draw a groove as the content of a `png` or `svg` file; see `draw`. The same groove gives the same bytes.

    Raises:
        SettingError: If there is no such kind, theme or layout.
    """
    if kind not in ("png", "svg"):
        raise SettingError(f"a piano roll is a png or an svg, got {quote(kind)}")
    config, buffer = default_config().pianoroll, io.BytesIO()
    figure = draw(groove, theme, title, layout, markers)
    if kind == "png":
        figure.dpi = dpi = _DPI * config.pixel_ratio
        canvas: Any = FigureCanvasAgg(figure)  # its methods have no types
        canvas.draw()
        # Without the alpha channel that `savefig` writes, and with run-length encoding, it takes a fifth less time and space.
        pixels = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
        pixels.save(buffer, "png", dpi=(dpi, dpi), compress_level=config.png_compression, compress_type=_RLE)
    else:
        with matplotlib.rc_context({"svg.hashsalt": "drummer"}):  # or its identifiers would be random
            figure.savefig(buffer, format="svg", dpi=_DPI * config.pixel_ratio, metadata={"Date": None})
    return buffer.getvalue()


class _Painter:
    """Draws a geometry in one theme. Hits and lines are collections, since an artist for each hit would take seconds."""

    def __init__(self, geometry: RollGeometry, palette: Palette, markers: Mapping[int, str]) -> None:
        self.geometry = geometry
        self.palette = palette
        self.markers = markers
        self.marks = Marks.of(geometry)

    def paint(self, title: str | None) -> Figure:
        geometry = self.geometry
        size = (geometry.sizes.width / _DPI, geometry.height / _DPI)
        figure = self.figure = Figure(size, dpi=_DPI, facecolor=self.palette.page)
        # From pixels to shares of the figure. Axes would do the same, but their ticks and limits cost a sixth of the picture.
        self.to_figure = Affine2D().scale(1 / geometry.sizes.width, -1 / geometry.height).translate(0, 1) + figure.transFigure
        if title is not None:
            self.write(geometry.margin, 1.5 * geometry.sizes.font_size, title, self.palette.text, scale=1.15, weight="bold")
        for row in range(geometry.rows):
            self.paint_lanes(row)
            self.paint_grid(row)
            self.paint_gutter(row)
        self.paint_hits()
        self.paint_timing()
        return figure

    def paint_lanes(self, row: int) -> None:
        """Paint the background of one row: its lanes and its timing strip."""
        geometry, palette = self.geometry, self.palette
        left, right = geometry.left, geometry.left + geometry.bars_in(row) * geometry.bar_width
        top, strip = geometry.top(row), geometry.timing_middle(row)
        half = geometry.sizes.timing_height / 2
        for start, end in ((top, top + geometry.lanes_height), (strip - half, strip + half)):
            self.fill([(left, start, right, start, right, end, left, end)], palette.lane)
        edges = [top + lane * geometry.sizes.lane_height for lane in range(geometry.lanes + 1)]
        families = [edges[geometry.lanes - lane] for lane in _FAMILIES if lane < geometry.lanes]
        self.rule([(left, y, right, y) for y in edges], palette.edge, 1)
        self.rule([(left, y, right, y) for y in (*families, strip)], palette.family, 1)

    def paint_grid(self, row: int) -> None:
        """Draw the lines of one row at pulses, groups of beats and bars, bar numbers, and the names of parts."""
        geometry, palette = self.geometry, self.palette
        bars = geometry.bars_in(row)
        top, strip, half = geometry.top(row), geometry.timing_middle(row), geometry.sizes.timing_height / 2
        spans = ((top, top + geometry.lanes_height), (strip - half, strip + half))
        meter = geometry.groove.meter
        starts = [bar * meter.quarters + pulse * meter.pulse for bar in range(bars) for pulse in range(meter.pulses)]
        groups = [bar * meter.quarters + start for bar in range(bars) for start in meter.group_starts[1:]]
        beats, strong = ([geometry.left + start * geometry.beat_width for start in places] for places in (starts, groups))
        lines = [geometry.left + bar * geometry.bar_width for bar in range(bars + 1)]
        self.rule([(x, start, x, end) for x in beats for start, end in spans], palette.beat, 1)
        if strong:
            self.rule([(x, start, x, end) for x in strong for start, end in spans], palette.group, 1)
        self.rule([(x, start, x, end) for x in lines for start, end in spans], palette.bar, 1.2)
        size = geometry.sizes.font_size
        for bar, x in enumerate(lines[:-1], row * geometry.bars_per_row):
            number = str(bar + 1)
            self.write(x, top - 0.75 * size, number, palette.muted)
            if bar in self.markers:
                behind = x + (0.65 * len(number) + 0.4) * size
                self.write(behind, top - 0.75 * size, self.markers[bar], palette.text, weight="bold")

    def paint_gutter(self, row: int) -> None:
        """Write the names of the lanes of one row, and the scale of its timing strip."""
        geometry, palette = self.geometry, self.palette
        playing = set(self.marks.voices.tolist())
        right = geometry.left - 0.8 * geometry.sizes.font_size
        for index, label in enumerate(_LABELS[: geometry.lanes]):
            color = palette.text if index in playing else palette.faint
            self.write(right, geometry.lane_middle(row, index), label, color, align="right")
        milliseconds = 30_000 / (geometry.groove.bpm * geometry.groove.steps_per_beat)
        for side, word in ((-1, "early"), (1, "late")):
            y = geometry.timing_middle(row) + side * 0.25 * geometry.sizes.timing_height
            self.write(right, y, f"{milliseconds:.0f} ms {word}", palette.muted, align="right", scale=0.85)

    def paint_hits(self) -> None:
        """Draw the marks, and a tick on the grid step of each."""
        geometry, marks = self.geometry, self.marks
        middles = geometry.lane_middle(marks.rows, marks.voices)
        halves = marks.strengths * (geometry.sizes.lane_height / 2 - 1)
        ticks = np.stack([marks.grid_x, middles - halves, marks.grid_x, middles + halves], axis=1)
        ends = marks.onset_x + marks.widths
        top, bottom, decayed = middles - halves, middles + halves, 0.55 * halves
        corners = [marks.onset_x, top, ends, middles - decayed, ends, middles + decayed, marks.onset_x, bottom]
        self.fill(np.stack(corners, axis=1), self.mark_colors())
        self.rule(ticks, self.palette.muted, 0.7)

    def paint_timing(self) -> None:
        """Draw each hit's offset as a stalk in the timing strip: up is early, down is late."""
        geometry, marks = self.geometry, self.marks
        middles = geometry.timing_middle(marks.rows)
        ends = middles + marks.lateness * (geometry.sizes.timing_height / 2 - 1)
        stalks = np.stack([marks.onset_x, middles, marks.onset_x, ends], axis=1)
        colors = self.mark_colors()
        self.rule(stalks, colors, 1.2)
        size = 0.12 * geometry.sizes.timing_height
        area = np.pi / 4 * (size * _POINTS) ** 2
        ends = np.stack([marks.onset_x, ends], axis=1)
        self.add(CircleCollection([area], facecolors=colors, linewidths=0, offsets=ends, offset_transform=self.to_figure))

    def mark_colors(self) -> Floats:
        """Compute the colour of each hit, (hits, 3): that of its voice, faded towards the lane the softer the hit is."""
        lane = np.array(to_rgb(self.palette.lane))
        colors = (*(voice.color for voice in VOICES), PERCUSSION_COLOR)
        inks = np.array([readable(color, self.palette.lane) for color in colors])
        mixed: Floats = lane + self.marks.strengths[:, None] * (inks[self.marks.voices] - lane)
        return mixed

    def fill(self, shapes: Any, colors: Any) -> None:
        """Fill quadrilaterals (x0, y0, x1, y1, x2, y2, x3, y3)."""
        corners = np.asarray(shapes, dtype=np.float64).reshape(-1, 4, 2)
        self.add(PolyCollection(list(corners), facecolors=colors, linewidths=0, transform=self.to_figure))

    def rule(self, segments: Any, colors: Any, width: float) -> None:
        """Draw lines (x0, y0, x1, y1), `width` pixels wide."""
        ends = np.asarray(segments, dtype=np.float64).reshape(-1, 2, 2)
        self.add(LineCollection(list(ends), colors=colors, linewidths=width * _POINTS, transform=self.to_figure))

    def write(
        self,
        x: float,
        y: float,
        text: str,
        color: str,
        *,
        align: Literal["left", "right"] = "left",
        scale: float = 1,
        weight: str = "normal",
    ) -> None:
        """Write one line of plain text, centred on `y`."""
        size = scale * self.geometry.sizes.font_size * _POINTS
        written = Text(x, y, text, color=color, size=size, weight=weight, transform=self.to_figure, parse_math=False)
        written.set(ha=align, va="center_baseline")
        self.add(written)

    def add(self, artist: Artist) -> None:
        """Add an artist on top of the earlier ones."""
        artist.set_zorder(_IN_ORDER)
        self.figure.add_artist(artist)

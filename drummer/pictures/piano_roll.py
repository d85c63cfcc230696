"""Groove → picture: one lane a voice, broken into rows of bars like sheet music.

A mark begins at the exact onset. How hard the hit is shows as strength of colour and as height; how far it is from the grid shows
as the distance to a thin tick on its grid step, and again, magnified, in the timing strip under the lanes.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import CircleCollection, LineCollection, PolyCollection
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Affine2D
from numpy.typing import NDArray
from PIL import Image

from drummer.config import RollLayoutConfig, default_config
from drummer.errors import SettingError
from drummer.music.groove import Groove
from drummer.music.voices import VOICE_COUNT, VOICES
from drummer.validation import quote

Floats = NDArray[np.float64]

MARK_CONTRAST = 3.0  # between the hardest hit and its lane: the least for graphics, WCAG 2.2 criterion 1.4.11
_DPI = 100
_RUNS = 3  # zlib's strategy Z_RLE
_POINTS = 72 / _DPI  # points in a pixel
_IN_ORDER = 1  # one zorder for all: what is drawn later covers what was drawn before
_FAMILIES = (4, 7, 10)  # voices that begin a family: hi-hats, toms, cymbals


@dataclass(frozen=True)
class _Palette:
    """Colours of a theme."""

    page: str
    lane: str
    edge: str  # between lanes
    family: str  # between families of voices
    beat: str
    bar: str
    text: str
    muted: str
    faint: str  # voices that do not play


_PALETTES = {
    "light": _Palette("#ffffff", "#f7f7f4", "#edede8", "#d6d6cf", "#e0e0da", "#9b9b92", "#22231f", "#5c5d57", "#777870"),
    "dark": _Palette("#17181b", "#1e1f23", "#27282d", "#3b3e45", "#31343a", "#6d727c", "#ececea", "#a9acb3", "#7f838c"),
}


def draw(
    groove: Groove, theme: str = "light", title: str | None = None, layout: str = "wide", markers: Sequence[tuple[int, str]] = ()
) -> Figure:
    """Draw a groove.

    Args:
        groove: What to draw; its length decides the height of the picture.
        theme: `light` or `dark`.
        title: A line above the picture.
        layout: `wide` for a desktop or a page of paper, `phone` for a screen that is 390 pixels wide.
        markers: First bar, from 0, and name of each part of a song, which stands above it.

    Raises:
        SettingError: If there is no such theme or layout.
    """
    layouts = default_config().pianoroll.layouts
    palette = _palette(theme)
    if layout not in layouts:
        raise SettingError(f"a piano roll's layout is one of {', '.join(layouts)}, got {quote(layout)}")
    sheet = _Sheet(groove, layouts[layout], titled=title is not None)
    return _Painter(sheet, palette, dict(markers)).paint(title)


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
        # Opaque, and runs of one colour: without the alpha channel that `savefig` writes it takes a fifth less time and space.
        pixels = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
        pixels.save(buffer, "png", dpi=(dpi, dpi), compress_level=config.png_compression, compress_type=_RUNS)
    else:
        with matplotlib.rc_context({"svg.hashsalt": "drummer"}):  # or its identifiers would be random
            figure.savefig(buffer, format="svg", dpi=_DPI * config.pixel_ratio, metadata={"Date": None})
    return buffer.getvalue()


@dataclass(frozen=True)
class _Sheet:
    """Where things are, in pixels from the top left corner."""

    groove: Groove
    sizes: RollLayoutConfig
    titled: bool

    @cached_property
    def bars_per_row(self) -> int:
        """Bars in a full row."""
        sizes = self.sizes
        fits = self.groove.bars <= sizes.max_rows * sizes.bars_per_row
        return min(sizes.bars_per_row if fits else sizes.long_bars_per_row, self.groove.bars)

    @cached_property
    def rows(self) -> int:
        return -(-self.groove.bars // self.bars_per_row)

    def bars_in(self, row: int) -> int:
        return min(self.bars_per_row, self.groove.bars - row * self.bars_per_row)

    @cached_property
    def margin(self) -> int:
        return self.sizes.font_size

    @cached_property
    def left(self) -> int:
        """The first bar line."""
        return self.sizes.gutter

    @cached_property
    def beat_width(self) -> float:
        beats = self.bars_per_row * self.groove.beats_per_bar
        return (self.sizes.width - self.left - self.margin) / beats

    @cached_property
    def bar_width(self) -> float:
        return self.beat_width * self.groove.beats_per_bar

    @cached_property
    def lanes_height(self) -> int:
        return VOICE_COUNT * self.sizes.lane_height

    @cached_property
    def timing_gap(self) -> int:
        return self.sizes.lane_height // 2

    @cached_property
    def row_height(self) -> float:
        """From the top of a row's lanes to the top of the next row's; the bar numbers stand between."""
        return self.lanes_height + self.timing_gap + self.sizes.timing_height + 2.6 * self.sizes.font_size

    @cached_property
    def first_top(self) -> float:
        """The top of the first row's lanes."""
        return (4.4 if self.titled else 2.2) * self.sizes.font_size

    @cached_property
    def height(self) -> float:
        return self.first_top + self.rows * self.row_height - 2.6 * self.sizes.font_size + self.margin

    def top(self, row: int | NDArray[np.int64]) -> Any:
        """The top of a row's lanes."""
        return self.first_top + row * self.row_height

    def lane_middle(self, row: int | NDArray[np.int64], voice: int | NDArray[np.int64]) -> Any:
        """The middle of a voice's lane; the kick is at the bottom, as drummers write it."""
        return self.top(row) + (VOICE_COUNT - voice - 0.5) * self.sizes.lane_height

    def timing_middle(self, row: int | NDArray[np.int64]) -> Any:
        """Where a hit exactly on the grid sits in the timing strip."""
        return self.top(row) + self.lanes_height + self.timing_gap + self.sizes.timing_height / 2


@dataclass(frozen=True)
class _Marks:
    """What is drawn of each hit, as parallel arrays in the order of voices, then onsets."""

    voices: NDArray[np.int64]
    rows: NDArray[np.int64]
    grid_x: Floats
    onset_x: Floats
    widths: Floats
    strengths: Floats  # in (0, 1], by velocity
    lateness: Floats  # in [-1, 1), shares of half a step

    @classmethod
    def of(cls, sheet: _Sheet) -> _Marks:
        groove, config = sheet.groove, default_config().pianoroll
        voices, steps = np.nonzero(groove.hits.T)
        offsets = groove.offsets[steps, voices].astype(np.float64)
        step_width = sheet.beat_width / groove.steps_per_beat
        steps_per_row = sheet.bars_per_row * groove.steps_per_bar
        rows, row_steps = np.divmod(steps, steps_per_row)
        room = np.diff(steps + offsets, append=np.inf)  # in steps, until the voice sounds again
        room[np.flatnonzero(np.diff(voices))] = np.inf  # the next mark is another voice's
        room = np.minimum(room, steps_per_row - row_steps - offsets)
        widest = min(config.mark_beats * sheet.beat_width, sheet.sizes.mark_width)
        return cls(
            voices=voices,
            rows=rows,
            grid_x=sheet.left + row_steps * step_width,
            onset_x=sheet.left + (row_steps + offsets) * step_width,
            widths=np.clip(room * step_width - 1, 1, widest),
            strengths=config.quietest + (1 - config.quietest) * groove.velocities[steps, voices].astype(np.float64),
            lateness=2 * offsets,
        )


class _Painter:
    """Draws a sheet in one theme. Collections hold what there is many of: an artist a hit would take seconds."""

    def __init__(self, sheet: _Sheet, palette: _Palette, markers: Mapping[int, str]) -> None:
        self.sheet = sheet
        self.palette = palette
        self.markers = markers
        self.marks = _Marks.of(sheet)

    def paint(self, title: str | None) -> Figure:
        sheet = self.sheet
        figure = self.figure = Figure((sheet.sizes.width / _DPI, sheet.height / _DPI), dpi=_DPI, facecolor=self.palette.page)
        # From pixels to shares of the figure. Axes would do the same, but their ticks and limits cost a sixth of the picture.
        self.to_figure = Affine2D().scale(1 / sheet.sizes.width, -1 / sheet.height).translate(0, 1) + figure.transFigure
        if title is not None:
            self.write(sheet.margin, 1.5 * sheet.sizes.font_size, title, self.palette.text, scale=1.15, weight="bold")
        for row in range(sheet.rows):
            self.paint_lanes(row)
            self.paint_grid(row)
            self.paint_gutter(row)
        self.paint_hits()
        self.paint_timing()
        return figure

    def paint_lanes(self, row: int) -> None:
        """Lay the ground of one row: its lanes and its timing strip."""
        sheet, palette = self.sheet, self.palette
        left, right = sheet.left, sheet.left + sheet.bars_in(row) * sheet.bar_width
        top, strip = sheet.top(row), sheet.timing_middle(row)
        half = sheet.sizes.timing_height / 2
        for start, end in ((top, top + sheet.lanes_height), (strip - half, strip + half)):
            self.fill([(left, start, right, start, right, end, left, end)], palette.lane)
        edges = [top + lane * sheet.sizes.lane_height for lane in range(VOICE_COUNT + 1)]
        families = [edges[VOICE_COUNT - voice] for voice in _FAMILIES]
        self.rule([(left, y, right, y) for y in edges], palette.edge, 1)
        self.rule([(left, y, right, y) for y in (*families, strip)], palette.family, 1)

    def paint_grid(self, row: int) -> None:
        """Rule the beats and bars of one row, number the bars, and name the parts that begin."""
        sheet, palette = self.sheet, self.palette
        bars = sheet.bars_in(row)
        top, strip, half = sheet.top(row), sheet.timing_middle(row), sheet.sizes.timing_height / 2
        spans = ((top, top + sheet.lanes_height), (strip - half, strip + half))
        beats = [sheet.left + beat * sheet.beat_width for beat in range(bars * sheet.groove.beats_per_bar)]
        lines = [sheet.left + bar * sheet.bar_width for bar in range(bars + 1)]
        self.rule([(x, start, x, end) for x in beats for start, end in spans], palette.beat, 1)
        self.rule([(x, start, x, end) for x in lines for start, end in spans], palette.bar, 1.2)
        size = sheet.sizes.font_size
        for bar, x in enumerate(lines[:-1], row * sheet.bars_per_row):
            number = str(bar + 1)
            self.write(x, top - 0.75 * size, number, palette.muted)
            if bar in self.markers:
                behind = x + (0.65 * len(number) + 0.4) * size
                self.write(behind, top - 0.75 * size, self.markers[bar], palette.text, weight="bold")

    def paint_gutter(self, row: int) -> None:
        """Name the lanes of one row and what its timing strip shows."""
        sheet, palette = self.sheet, self.palette
        playing = set(self.marks.voices.tolist())
        right = sheet.left - 0.8 * sheet.sizes.font_size
        for index, voice in enumerate(VOICES):
            color = palette.text if index in playing else palette.faint
            self.write(right, sheet.lane_middle(row, index), voice.label, color, align="right")
        milliseconds = 30_000 / (sheet.groove.bpm * sheet.groove.steps_per_beat)
        for side, word in ((-1, "early"), (1, "late")):
            y = sheet.timing_middle(row) + side * 0.25 * sheet.sizes.timing_height
            self.write(right, y, f"{milliseconds:.0f} ms {word}", palette.muted, align="right", scale=0.85)

    def paint_hits(self) -> None:
        """Draw the marks, and a tick on the grid step of each."""
        sheet, marks = self.sheet, self.marks
        middles = sheet.lane_middle(marks.rows, marks.voices)
        halves = marks.strengths * (sheet.sizes.lane_height / 2 - 1)
        ticks = np.stack([marks.grid_x, middles - halves, marks.grid_x, middles + halves], axis=1)
        ends = marks.onset_x + marks.widths
        top, bottom, decayed = middles - halves, middles + halves, 0.55 * halves
        corners = [marks.onset_x, top, ends, middles - decayed, ends, middles + decayed, marks.onset_x, bottom]
        self.fill(np.stack(corners, axis=1), self.mark_colors())
        self.rule(ticks, self.palette.muted, 0.7)

    def paint_timing(self) -> None:
        """Draw each hit's offset as a stalk in the timing strip: up is early, down is late."""
        sheet, marks = self.sheet, self.marks
        middles = sheet.timing_middle(marks.rows)
        ends = middles + marks.lateness * (sheet.sizes.timing_height / 2 - 1)
        stalks = np.stack([marks.onset_x, middles, marks.onset_x, ends], axis=1)
        colors = self.mark_colors()
        self.rule(stalks, colors, 1.2)
        size = 0.12 * sheet.sizes.timing_height
        area = np.pi / 4 * (size * _POINTS) ** 2
        ends = np.stack([marks.onset_x, ends], axis=1)
        self.add(CircleCollection([area], facecolors=colors, linewidths=0, offsets=ends, offset_transform=self.to_figure))

    def mark_colors(self) -> Floats:
        """(hits, 3) the voice's colour, paler towards the lane the softer the hit."""
        lane = np.array(to_rgb(self.palette.lane))
        inks = np.array([_readable(voice.color, self.palette.lane) for voice in VOICES])
        colors: Floats = lane + self.marks.strengths[:, None] * (inks[self.marks.voices] - lane)
        return colors

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
        size = scale * self.sheet.sizes.font_size * _POINTS
        written = Text(x, y, text, color=color, size=size, weight=weight, transform=self.to_figure, parse_math=False)
        written.set(ha=align, va="center_baseline")
        self.add(written)

    def add(self, artist: Artist) -> None:
        """Draw over what has been drawn before."""
        artist.set_zorder(_IN_ORDER)
        self.figure.add_artist(artist)


def lane_inks(theme: str) -> list[str]:
    """List the colours, #rrggbb, that voices have on their lanes in a theme: those of `VOICES`, made to stand out.

    Raises:
        SettingError: If there is no such theme.
    """
    return [to_hex(tuple(_readable(voice.color, _palette(theme).lane))) for voice in VOICES]


def _palette(theme: str) -> _Palette:
    if theme not in _PALETTES:
        raise SettingError(f"a piano roll's theme is one of {', '.join(_PALETTES)}, got {quote(theme)}")
    return _PALETTES[theme]


def _readable(color: str, background: str) -> Floats:
    """Move a colour away from the background, to black or to white, until it stands out by `MARK_CONTRAST`."""
    ink, ground = np.array(to_rgb(color)), np.array(to_rgb(background))
    far = np.round(1 - ground)
    while contrast(ink, ground) < MARK_CONTRAST:
        ink += 0.05 * (far - ink)
    return ink


def contrast(one: Floats, other: Floats) -> float:
    """Contrast of two sRGB colours, each (3,) in 0-1, as WCAG 2.2 defines it: 1 (none) to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: Floats) -> float:
    linear = np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)
    return float(linear @ np.array([0.2126, 0.7152, 0.0722]))

"""Layout of the piano roll: rows of bars, lanes, and the marks of hits, in pixels from the top left corner."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drummer.config import default_config
from drummer.config_sections import RollLayoutConfig
from drummer.music.arrays import Floats
from drummer.music.groove import Groove
from drummer.music.voices import VOICE_COUNT


@dataclass(frozen=True)
class RollGeometry:
    """The positions and sizes of a picture's parts."""

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
        """Number of rows."""
        return -(-self.groove.bars // self.bars_per_row)

    def bars_in(self, row: int) -> int:
        """Return the number of bars in a row."""
        return min(self.bars_per_row, self.groove.bars - row * self.bars_per_row)

    @cached_property
    def margin(self) -> int:
        """Free space at the edges."""
        return self.sizes.font_size

    @cached_property
    def left(self) -> int:
        """Position of the first bar line."""
        return self.sizes.gutter

    @cached_property
    def beat_width(self) -> float:
        """Width of a quarter note."""
        beats = self.bars_per_row * self.groove.meter.quarters
        return (self.sizes.width - self.left - self.margin) / beats

    @cached_property
    def bar_width(self) -> float:
        """Width of a bar."""
        return self.beat_width * self.groove.meter.quarters

    @cached_property
    def lanes(self) -> int:
        """Number of lanes: the voices, and one of all percussion if there is any."""
        details = self.groove.details
        return VOICE_COUNT + (details is not None and bool(details.percussion))

    @cached_property
    def lanes_height(self) -> int:
        """Height of the lanes of a row."""
        return self.lanes * self.sizes.lane_height

    @cached_property
    def timing_gap(self) -> int:
        """Distance between the lanes and the timing strip."""
        return self.sizes.lane_height // 2

    @cached_property
    def row_height(self) -> float:
        """Distance of two rows' lanes, with the bar numbers between them."""
        return self.lanes_height + self.timing_gap + self.sizes.timing_height + 2.6 * self.sizes.font_size

    @cached_property
    def first_top(self) -> float:
        """Top of the first row's lanes."""
        return (4.4 if self.titled else 2.2) * self.sizes.font_size

    @cached_property
    def height(self) -> float:
        """Height of the picture."""
        return self.first_top + self.rows * self.row_height - 2.6 * self.sizes.font_size + self.margin

    def top(self, row: int | NDArray[np.int64]) -> Any:
        """Return the top of a row's lanes."""
        return self.first_top + row * self.row_height

    def lane_middle(self, row: int | NDArray[np.int64], voice: int | NDArray[np.int64]) -> Any:
        """Return the middle of a voice's lane; the kick is at the bottom, as in drum notation, and percussion (13) at the top."""
        return self.top(row) + (self.lanes - voice - 0.5) * self.sizes.lane_height

    def timing_middle(self, row: int | NDArray[np.int64]) -> Any:
        """Return the line of the timing strip for hits exactly on the grid."""
        return self.top(row) + self.lanes_height + self.timing_gap + self.sizes.timing_height / 2


@dataclass(frozen=True)
class Marks:
    """The marks of the hits, as parallel arrays in the order of lanes, then onsets."""

    voices: NDArray[np.int64]  # 13 = percussion
    rows: NDArray[np.int64]
    grid_x: Floats
    onset_x: Floats
    widths: Floats
    strengths: Floats  # in (0, 1], by velocity
    lateness: Floats  # in [-1, 1), shares of half a step

    @classmethod
    def of(cls, geometry: RollGeometry) -> Marks:
        """Place the marks of all hits of the groove."""
        groove, config = geometry.groove, default_config().pianoroll
        voices, steps = np.nonzero(groove.hits.T)
        offsets = groove.offsets[steps, voices].astype(np.float64)
        velocities = groove.velocities[steps, voices].astype(np.float64)
        extra = () if groove.details is None else groove.details.extra_hits
        if extra:
            voices = np.append(voices, [VOICE_COUNT if hit.voice is None else hit.voice for hit in extra])
            steps = np.append(steps, [hit.step for hit in extra])
            offsets = np.append(offsets, [hit.offset for hit in extra])
            velocities = np.append(velocities, [hit.velocity for hit in extra])
            order = np.lexsort((steps + offsets, voices))
            voices, steps, offsets, velocities = voices[order], steps[order], offsets[order], velocities[order]
        step_width = geometry.beat_width / groove.steps_per_beat
        steps_per_row = geometry.bars_per_row * groove.steps_per_bar
        rows, row_steps = np.divmod(steps, steps_per_row)
        room = np.diff(steps + offsets, append=np.inf)  # in steps, to the next hit of the voice
        room[np.flatnonzero(np.diff(voices))] = np.inf  # the next mark is another voice's
        room = np.minimum(room, steps_per_row - row_steps - offsets)
        widest = min(config.mark_beats * geometry.beat_width, geometry.sizes.mark_width)
        return cls(
            voices=voices,
            rows=rows,
            grid_x=geometry.left + row_steps * step_width,
            onset_x=geometry.left + (row_steps + offsets) * step_width,
            widths=np.clip(room * step_width - 1, 1, widest),
            strengths=config.quietest + (1 - config.quietest) * velocities,
            lateness=2 * offsets,
        )

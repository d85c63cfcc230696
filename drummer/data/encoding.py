"""Encoding: performances as the arrays that training and likelihood read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drummer.config import Config
from drummer.data.corpus import Performance
from drummer.model.inputs import PARTS, style_index
from drummer.model.tokenizer import Tokenizer
from drummer.music.beat_plan import BEAT_PLAN, UNCONSTRAINED, find_repeats, measure_beat_plan
from drummer.music.controls import CONTROLS, measure_controls
from drummer.music.genre_scale import GenreScale
from drummer.music.meter import Meter
from drummer.music.voices import FAMILIES


@dataclass(frozen=True)
class EncodedPerformance:
    """A performance as arrays, one row a token; `cells` = token_steps * 13.

    Attributes:
        source: The performance.
        tokens: (length,) int64.
        velocities: (length, cells) float32, 0 = no hit.
        offsets: (length, cells) float32 steps, positive = late.
        velocity_bins: (length, cells) int64.
        timing_bins: (length, cells) int64.
        controls: (bars, 12) float64, the values of the controls that the bars were played with; NaN = unknown.
        plan: (beats, 2) float64, see `beat_plan.BEAT_PLAN`; NaN = unknown.
        repeats: (beats, families) int64, see `beat_plan.find_repeats`.
        genre: Index into the genres of the configuration.
        style: 0 = none, else as `inputs.style_index`.
        part: Index into `PARTS`.
        counted: Length in tokens up to the end of the last beat with a hit; the rest of the last bar is no target.
    """

    source: Performance
    tokens: NDArray[np.int64]
    velocities: NDArray[np.float32]
    offsets: NDArray[np.float32]
    velocity_bins: NDArray[np.int64]
    timing_bins: NDArray[np.int64]
    controls: NDArray[np.float64]
    plan: NDArray[np.float64]
    repeats: NDArray[np.int64]
    genre: int
    style: int
    part: int
    counted: int

    @property
    def meter(self) -> Meter:
        """The meter."""
        return self.source.groove.meter

    @property
    def tokens_per_bar(self) -> int:
        """Positions in a bar."""
        return len(self.tokens) // self.source.groove.bars

    @classmethod
    def encode(
        cls, performance: Performance, tokenizer: Tokenizer, config: Config, scale: GenreScale | None = None
    ) -> EncodedPerformance:
        """Turn a performance into arrays.

        Args:
            performance: On the tokenizer's grid.
            tokenizer: Makes the tokens.
            config: For genres and styles.
            scale: Of the controls; None leaves controls and plans unknown.
        """
        groove, genre = performance.groove, list(config.genres).index(performance.genre)
        sequence = tokenizer.encode(groove)
        rows = (len(sequence.tokens), -1)
        beats = groove.bars * len(groove.meter.beat_eighths)
        controls, plan = np.full((groove.bars, len(CONTROLS)), np.nan), np.full((beats, len(BEAT_PLAN)), np.nan)
        repeats = np.full((beats, len(FAMILIES)), UNCONSTRAINED)
        if scale is not None:
            controls, plan = scale.to_controls(measure_controls(groove), genre), measure_beat_plan(groove)
            repeats = find_repeats(groove)
        return cls(
            source=performance,
            tokens=sequence.tokens,
            velocities=groove.velocities.reshape(rows),
            offsets=groove.offsets.reshape(rows),
            velocity_bins=sequence.velocity_bins.reshape(rows),
            timing_bins=sequence.timing_bins.reshape(rows),
            controls=controls,
            plan=plan,
            repeats=repeats,
            genre=genre,
            style=style_index(config, performance.genre, performance.style),
            part=PARTS.index(performance.part),
            counted=min(groove.steps, performance.beats * groove.steps_per_beat) // tokenizer.token_steps,
        )


def encode_performances(
    performances: Iterable[Performance], tokenizer: Tokenizer, config: Config, scale: GenreScale | None = None
) -> list[EncodedPerformance]:
    """Turn performances into arrays; see `EncodedPerformance.encode`."""
    return [EncodedPerformance.encode(performance, tokenizer, config, scale) for performance in performances]

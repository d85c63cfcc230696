"""Response of a model to its controls: each control is swept over its range and measured in the generated grooves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import spearmanr

from drummer.files import midi
from drummer.generation.drummer import Drummer
from drummer.music.arrays import Floats
from drummer.music.controls import CONTROL_INDEX, CONTROLS, measure_controls
from drummer.music.groove import Groove

COUNT, BARS = 16, 8  # grooves per genre and control, and their length
_FILL_BARS = [3, 7]
_FOLLOWED = 0.5  # correlation from which a control counts as followed


class ControlResponse(NamedTuple):
    """Requested and measured values of one control in one genre.

    Attributes:
        control: A key of `CONTROLS`.
        genre: Genre of all grooves.
        requested: (grooves,) values, rising from the lowest to the highest; 0 and 1 alternately for fills.
        measured: (grooves,) mean of `measure_controls` over the bars of each groove; for fills, over the two requested bars.
        grooves: The generated grooves, with MIDI's resolution.
    """

    control: str
    genre: str
    requested: Floats
    measured: Floats
    grooves: tuple[Groove, ...]

    @property
    def correlation(self) -> float:
        """Spearman correlation of requested and measured values; 0 where the measured values are constant."""
        if np.nanmin(self.measured) == np.nanmax(self.measured):
            return 0.0
        return float(spearmanr(self.requested, self.measured, nan_policy="omit").statistic)

    @property
    def followed(self) -> bool:
        """Whether the correlation is at least 0.5."""
        return self.correlation >= _FOLLOWED


def control_responses(
    drummer: Drummer,
    count: int = COUNT,
    controls: Iterable[str] = tuple(CONTROLS),
    genres: Iterable[str] | None = None,
    others: Mapping[str, float] = MappingProxyType({}),
) -> Iterator[ControlResponse]:
    """Sweep one control at a time in each genre (default: all genres); all controls but `others` are left to the model."""
    for name in controls:
        for genre in drummer.genres if genres is None else genres:
            yield _control_response(drummer, name, genre, count, others)


def _control_response(drummer: Drummer, name: str, genre: str, count: int, others: Mapping[str, float]) -> ControlResponse:
    control, is_fill = CONTROLS[name], name == "fill"
    low, high = control.low, control.high
    requested = np.array(
        [index % 2 if is_fill else low + (high - low) * index / (count - 1) for index in range(count)], dtype=np.float64
    )
    grooves, measured = [], []
    for seed, value in enumerate(requested.tolist()):
        setting: Any = [value if bar in _FILL_BARS else None for bar in range(BARS)] if is_fill else value
        settings = {
            "genre": genre,
            "bpm": drummer.reference_bpm(genre, seed),
            "bars": BARS,
            "seed": seed,
            **others,
            name: setting,
        }
        groove = drummer.generate(**settings)
        grooves.append(midi.as_written(groove))
        by_bar = measure_controls(groove)[:, CONTROL_INDEX[name]]
        known = by_bar[_FILL_BARS] if is_fill else by_bar[~np.isnan(by_bar)]
        measured.append(known.mean() if len(known) else np.nan)
    return ControlResponse(name, genre, requested, np.array(measured), tuple(grooves))

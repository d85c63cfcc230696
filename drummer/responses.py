"""Does a drummer heed its controls? Each control is asked for over its whole range, and measured in what is played."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import spearmanr

from drummer.files import midi
from drummer.generation.drummer import Drummer
from drummer.music.controls import CONTROL_INDEX, CONTROLS, Floats, measure_controls
from drummer.music.groove import Groove

COUNT, BARS = 16, 8  # grooves of each genre and control, and their length
_FILL_BARS = [3, 7]
_HEEDED = 0.5  # correlation from which a control counts as heeded


class Response(NamedTuple):
    """What was asked of one control in one genre, and what was played.

    Attributes:
        control: A key of `CONTROLS`.
        genre: Of all grooves.
        asked: (grooves,) values, rising from the lowest to the highest; of the fill 0 and 1 by turns.
        effects: (grooves,) mean of `measure_controls` over the bars of each groove (of the fill: over its two bars).
        grooves: What was played, as it comes out of its MIDI files.
    """

    control: str
    genre: str
    asked: Floats
    effects: Floats
    grooves: tuple[Groove, ...]

    @property
    def correlation(self) -> float:
        """Spearman's, of what was asked for and what was played; 0 where it plays the same whatever is asked."""
        if np.nanmin(self.effects) == np.nanmax(self.effects):
            return 0.0
        return float(spearmanr(self.asked, self.effects, nan_policy="omit").statistic)

    @property
    def heeded(self) -> bool:
        """Whether what was asked for was played, by and large."""
        return self.correlation >= _HEEDED


def respond(
    drummer: Drummer, count: int = COUNT, controls: Iterable[str] = tuple(CONTROLS), genres: Iterable[str] | None = None
) -> Iterator[Response]:
    """Ask for one control after the other in each genre (by default in all), all others left to the drummer."""
    for name in controls:
        for genre in drummer.genres if genres is None else genres:
            yield _response(drummer, name, genre, count)


def _response(drummer: Drummer, name: str, genre: str, count: int) -> Response:
    control, fill = CONTROLS[name], name == "fill"
    low, high = control.low, control.high
    asked = np.array(
        [index % 2 if fill else low + (high - low) * index / (count - 1) for index in range(count)], dtype=np.float64
    )
    grooves, effects = [], []
    for seed, value in enumerate(asked.tolist()):
        wish: Any = [value if bar in _FILL_BARS else None for bar in range(BARS)] if fill else value
        groove = drummer.generate(genre=genre, bpm=drummer.reference_bpm(genre, seed), bars=BARS, seed=seed, **{name: wish})
        grooves.append(midi.as_written(groove))
        measured = measure_controls(groove)[:, CONTROL_INDEX[name]]
        known = measured[_FILL_BARS] if fill else measured[~np.isnan(measured)]
        effects.append(known.mean() if len(known) else np.nan)
    return Response(name, genre, asked, np.array(effects), tuple(grooves))

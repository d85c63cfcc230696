"""Steady grooves: a pattern of one or two bars that returns, with living velocity and timing, embellished at phrase ends."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drummer.music.arrays import Floats
from drummer.music.beat_plan import BEAT_PLAN_INDEX, UNCONSTRAINED
from drummer.music.controls import CONTROL_INDEX
from drummer.music.meter import PHRASE_BARS
from drummer.music.voices import FAMILIES

_PATTERN_BARS = 2  # kick, snare and toms repeat after so many bars, hi-hats and cymbals after one
_TIMEKEEPERS = np.array([name in ("hihat", "cymbal") for name in FAMILIES])
_EMBELLISHED = 0.5  # probability that the second half of a phrase's last bar is free
# Controls of the reference performance that do not hold in a bar that repeats the pattern.
_OPEN = [CONTROL_INDEX[name] for name in ("complexity", "kick", "toms", "cymbals")]


def plan_steady_bars(
    steady: Floats,
    controls: Floats,
    beats: Floats,
    repeats: NDArray[np.int64],
    generator: np.random.Generator,
    phrase_bar: int = 0,
) -> NDArray[np.bool_]:
    """Plan which bars repeat the pattern, in place; the others stay as in the reference performance.

    Each bar after the first one repeats with the probability that is requested: as a whole, but for an embellishment at the end
    of a phrase.

    Args:
        steady: (bars,) requested steadiness, NaN in bars that are heard or left to the model.
        controls: (bars, 12) of all bars; what contradicts the pattern becomes unknown.
        beats: (beats, 2) beat plan, likewise.
        repeats: (beats, families), see `find_repeats`.
        generator: Source of all randomness.
        phrase_bar: Which bar of its phrase of four the first bar is, 0-3.

    Returns:
        (bars,) bool, the bars that repeat the pattern.
    """
    requested = np.flatnonzero(~np.isnan(steady))
    repeated = np.zeros(len(steady), dtype=bool)
    in_bar = len(repeats) // len(steady)
    for number, bar in enumerate(requested.tolist()):
        again, embellished = generator.random(2)
        if number == 0 or again >= steady[bar]:
            continue
        repeated[bar] = True
        controls[bar, _OPEN] = np.nan
        controls[bar, CONTROL_INDEX["variation"]] = 0.0
        controls[bar, CONTROL_INDEX["fill"]] = 0.0
        span = slice(bar * in_bar, (bar + 1) * in_bar)
        repeats[span] = np.where(_TIMEKEEPERS, 1, min(number, _PATTERN_BARS))
        beats[span, BEAT_PLAN_INDEX["variation"]] = 0.0
        beats[span, BEAT_PLAN_INDEX["hits"]] = np.nan
        if (phrase_bar + bar) % PHRASE_BARS == PHRASE_BARS - 1 and embellished < _EMBELLISHED:
            ending = slice((bar + 1) * in_bar - (in_bar + 1) // 2, (bar + 1) * in_bar)
            repeats[ending, ~_TIMEKEEPERS] = UNCONSTRAINED
            beats[ending] = np.nan
            controls[bar, CONTROL_INDEX["variation"]] = np.nan
    return repeated

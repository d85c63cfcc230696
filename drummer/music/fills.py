"""Fills, found by rule: GMD labels only whole files as fills."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drummer.music.groove import Groove
from drummer.music.voices import FAMILY_INDICES, VOICE_INDEX

_SNARES = [VOICE_INDEX[name] for name in ("snare", "rim")]
_TIMEKEEPERS = [VOICE_INDEX[name] for name in ("hihat_closed", "hihat_open", "ride", "ride_bell")]
_LEAST_SCORE = 1.25  # hits a beat; finds 77% of GMD's labelled training fills behind bars of beats


def find_fills(groove: Groove) -> NDArray[np.bool_]:
    """Find the bars that hold a fill: more toms and snare and less time-keeping than the groove's own median bar.

    The score of a bar is the surplus of tom hits a beat, half that of snare hits and half the deficit of hats and rides, in the
    bar or in its second half, whichever is higher.

    Returns:
        (bars,) bool.
    """
    bars = groove.hits.reshape(groove.bars, -1, groove.hits.shape[1]).astype(np.float64)
    halves = [_score(part, groove) for part in (bars, bars[:, bars.shape[1] // 2 :])]
    return np.asarray(np.maximum(*halves) >= _LEAST_SCORE)


def _score(bars: NDArray[np.float64], groove: Groove) -> NDArray[np.float64]:
    beats = bars.shape[1] / groove.steps_per_beat
    toms, snares, time = (bars[..., voices].sum(axis=(1, 2)) / beats for voices in (FAMILY_INDICES["tom"], _SNARES, _TIMEKEEPERS))
    surplus = toms - np.median(toms) + 0.5 * (snares - np.median(snares)) + 0.5 * (np.median(time) - time)
    return np.where(toms + snares > 0, surplus, -np.inf)  # a bar of rest is no fill

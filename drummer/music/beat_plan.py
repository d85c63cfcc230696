"""The plan of a groove by beats, measured in a reference performance: how much each beat changes, how busy it is, what repeats.

The model follows it beside the controls; no musician asks for it. A beat is a quarter note, and a bar has a whole number of them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from drummer.music.controls import scale_known
from drummer.music.groove import Groove
from drummer.music.onsets import SIXTEENTHS, dice_variation, onsets_on_sixteenths
from drummer.music.voices import FAMILY_INDICES

Floats = NDArray[np.float64]

# Columns of a beat plan with their ranges: variation against the same beat of the bar before, and number of hits.
BEAT_PLAN: Mapping[str, tuple[float, float]] = {"variation": (0.0, 1.0), "hits": (0.0, 12.0)}
BEAT_PLAN_INDEX: Mapping[str, int] = {name: index for index, name in enumerate(BEAT_PLAN)}
_LOWS, _HIGHS = np.array(list(BEAT_PLAN.values())).T

# Entries of `find_repeats` for a family that does not repeat an earlier bar.
NEW_PATTERN, UNCONSTRAINED, BECOMES_SILENT = 0, -1, -2


def measure_beat_plan(groove: Groove) -> Floats:
    """Measure the beat plan of a groove.

    Returns:
        (beats, 2): `beat_variation`, 0 where both beats are silent and NaN in the first bar; and the number of hits.
    """
    variation = beat_variation(groove)
    beats_per_bar = groove.steps_per_bar // groove.steps_per_beat
    variation[beats_per_bar:] = np.nan_to_num(variation[beats_per_bar:])
    hits = groove.hits.reshape(groove.steps // groove.steps_per_beat, -1).sum(axis=1).astype(np.float64)
    return np.stack([variation, hits], axis=1)


def beat_variation(groove: Groove) -> Floats:
    """Measure the variation of each beat against the same beat of the bar before, as the control `variation` does by bars.

    Returns:
        (beats,) in [0, 1], NaN in the first bar and where both beats are silent.
    """
    return dice_variation(groove, groove.to_hits(), SIXTEENTHS)


def find_repeats(groove: Groove) -> NDArray[np.int64]:
    """Find the beats in which a family of voices repeats one bar before or, failing that, two bars before.

    Returns:
        (beats, families) number of bars back; `NEW_PATTERN` or `BECOMES_SILENT` where a family does not repeat. Families as in
        `voices.FAMILIES`; onsets are compared on sixteenths, and a rest repeats a rest.
    """
    onsets = onsets_on_sixteenths(groove, groove.to_hits())
    count = groove.steps // groove.steps_per_beat
    found = np.full((count, len(FAMILY_INDICES)), NEW_PATTERN)
    for family, voices in enumerate(FAMILY_INDICES.values()):
        beats = onsets[:, voices].reshape(count, -1)
        for bars in (2, 1):  # the nearer is written last and stays
            back = groove.steps_per_bar // groove.steps_per_beat * bars
            found[back:, family][(beats[back:] == beats[:-back]).all(axis=1)] = bars
        found[(found[:, family] == NEW_PATTERN) & ~beats.any(axis=1), family] = BECOMES_SILENT
    return found


def encode_beat_plan(plan: Floats, beats_per_bar: int) -> NDArray[np.float32]:
    """Encode a beat plan, (beats, 2), as the model reads it: (beats, 4), as `encode_controls` does."""
    known = ~np.isnan(plan)
    known[:beats_per_bar, BEAT_PLAN_INDEX["variation"]] = False
    return scale_known(np.clip(plan, _LOWS, _HIGHS), known, _LOWS, _HIGHS)

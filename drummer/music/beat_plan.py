"""The plan of a groove by beats, measured in a reference performance: how much each beat changes, how busy it is, and repeats.

The model follows it beside the controls; musicians do not set it. Beats are those that a drummer counts, see
`Meter.beat_eighths`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from drummer.music.arrays import Floats
from drummer.music.controls import scale_known
from drummer.music.groove import Groove
from drummer.music.meter import Meter
from drummer.music.onsets import beat_sixteenths, dice_variation, onsets_on_sixteenths, sixteenths_per_bar
from drummer.music.voices import FAMILY_INDICES

# Columns of a beat plan with their ranges: variation against the same beat of the bar before, and number of hits.
BEAT_PLAN: Mapping[str, tuple[float, float]] = {"variation": (0.0, 1.0), "hits": (0.0, 12.0)}
BEAT_PLAN_INDEX: Mapping[str, int] = {name: index for index, name in enumerate(BEAT_PLAN)}
_LOWS, _HIGHS = np.array(list(BEAT_PLAN.values())).T

# Entries of `find_repeats` for a family that does not repeat an earlier bar.
NEW_PATTERN, UNCONSTRAINED, BECOMES_SILENT = 0, -1, -2
_MOST_BARS = 2  # before, where a repeat is looked for
_EARLIER = (4, 8, 12, 16, 3, 6, 5, 7)  # bars before, in the order in which a return is looked for: whole phrases first
_KINDS = np.array([1, _MOST_BARS, NEW_PATTERN, BECOMES_SILENT])
REPEAT_FEATURES = len(_KINDS) * len(FAMILY_INDICES)


def measure_beat_plan(groove: Groove) -> Floats:
    """Measure the beat plan of a groove.

    Returns:
        (beats, 2): `beat_variation`, 0 where both beats are silent and NaN in the first bar; and the number of hits.
    """
    variation = beat_variation(groove)
    in_bar = len(groove.meter.beat_eighths)
    variation[in_bar:] = np.nan_to_num(variation[in_bar:])
    steps = beat_steps(groove.meter, groove.bars, groove.steps_per_beat)
    hits = np.add.reduceat(groove.hits.sum(axis=1), np.cumsum(steps) - steps).astype(np.float64)
    return np.stack([variation, hits], axis=1)


def beat_steps(meter: Meter, bars: int, steps_per_beat: int) -> NDArray[np.int64]:
    """List the lengths of the beats of some bars in grid steps: (beats,); `steps_per_beat` are those of a quarter note."""
    return np.tile(np.array(meter.beat_eighths) * steps_per_beat // 2, bars)


def beat_variation(groove: Groove) -> Floats:
    """Measure the variation of each beat against the same beat of the bar before, as the control `variation` does by bars.

    Returns:
        (beats,) in [0, 1], NaN in the first bar and where both beats are silent.
    """
    return dice_variation(groove, groove.to_hits(), beat_sixteenths(groove))


def find_repeats(groove: Groove) -> NDArray[np.int64]:
    """Find the beats in which a family of voices repeats one bar before or, failing that, two bars before.

    Returns:
        (beats, families) number of bars back; `NEW_PATTERN` or `BECOMES_SILENT` where a family does not repeat. Families as in
        `voices.FAMILIES`; onsets are compared on sixteenths, and a rest repeats a rest.
    """
    onsets = onsets_on_sixteenths(groove, groove.to_hits())
    found = np.where(_sounding(groove, onsets), NEW_PATTERN, BECOMES_SILENT)
    for bars in range(_MOST_BARS, 0, -1):  # the nearer is written last and stays
        found[_same_as_before(groove, onsets, bars)] = bars
    return found


def find_returns(groove: Groove, repeats: NDArray[np.int64]) -> NDArray[np.int64]:
    """Find the beats in which a family of voices returns to what it played three or more bars before.

    A bar with exactly the velocities and offsets of an earlier one returns to nothing: no drummer plays one twice, so it is there
    because a reference performance that was too short was repeated.

    Args:
        groove: The groove.
        repeats: (beats, families) as `find_repeats`; a family returns only where it has `NEW_PATTERN`.

    Returns:
        (beats, families) number of bars back, 3-8, 12 or 16; `UNCONSTRAINED` where the pattern is in none of these bars.
    """
    onsets = onsets_on_sixteenths(groove, groove.to_hits())
    found = np.full((len(beat_sixteenths(groove)), len(FAMILY_INDICES)), UNCONSTRAINED)
    for bars in reversed(_EARLIER):  # the preferred one is written last and stays
        found[_same_as_before(groove, onsets, bars)] = bars
    copied = np.repeat(_are_copies(groove), len(groove.meter.beat_eighths))
    found[(repeats != NEW_PATTERN) | copied[:, None]] = UNCONSTRAINED
    return found


def _are_copies(groove: Groove) -> NDArray[np.bool_]:
    """Find the bars with the hits, velocities and offsets of an earlier bar: (bars,) bool."""
    played = np.stack([groove.velocities, groove.offsets], axis=-1).reshape(groove.bars, -1)
    _, firsts, kinds = np.unique(played, axis=0, return_index=True, return_inverse=True)
    return np.asarray(firsts[kinds] < np.arange(groove.bars))


def _sounding(groove: Groove, onsets: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Find the beats in which each family sounds, (beats, families) bool, from onsets or other cells on sixteenths."""
    lengths = beat_sixteenths(groove)
    starts = np.cumsum(lengths) - lengths
    by_family = [np.logical_or.reduceat(onsets[:, voices].any(axis=1), starts) for voices in FAMILY_INDICES.values()]
    return np.stack(by_family, axis=1)


def _same_as_before(groove: Groove, onsets: NDArray[np.bool_], bars: int) -> NDArray[np.bool_]:
    """Find the beats in which each family plays, or rests, as some bars before: (beats, families) bool."""
    back = sixteenths_per_bar(groove) * bars
    changed = onsets.copy()
    changed[back:] ^= onsets[:-back]
    same = ~_sounding(groove, changed)
    same[: bars * len(groove.meter.beat_eighths)] = False
    return same


def encode_beat_plan(plan: Floats, beats_per_bar: int) -> NDArray[np.float32]:
    """Encode a beat plan, (beats, 2), as the model reads it: (beats, 4), as `encode_controls` does."""
    known = ~np.isnan(plan)
    known[:beats_per_bar, BEAT_PLAN_INDEX["variation"]] = False
    return scale_known(np.clip(plan, _LOWS, _HIGHS), known, _LOWS, _HIGHS)


def encode_repeats(repeats: NDArray[np.int64]) -> NDArray[np.float32]:
    """Encode the repeats of `find_repeats`, (beats, families), as the model reads them: (beats, REPEAT_FEATURES).

    A family has a flag for each kind of repeat; all are 0 where it is `UNCONSTRAINED`. A repeat of more than two bars before, as
    in steady grooves, counts as one of two bars before.
    """
    kinds = np.minimum(repeats, _MOST_BARS)
    flags: NDArray[np.float32] = (kinds[..., None] == _KINDS).reshape(len(repeats), -1).astype(np.float32)
    return flags

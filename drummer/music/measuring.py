"""How a drummer touches the kit, bar by bar: the controls of `drummer.music.controls`, measured in a groove.

One function measures both what drummers played, for training, and what the model played, to see whether it heeded its controls.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from drummer.music.controls import CONTROL_INDEX, CONTROLS, FALLS_SILENT, HIGHS, LOWS, SOMETHING_NEW, Floats
from drummer.music.groove import Groove, Hits
from drummer.music.voices import FAMILY_INDICES, VOICE_COUNT, VOICE_INDEX

QUANTILES = 21  # of a genre's bars, from the least to the most: what 0, 0.05, ..., 1 of intensity and complexity mean
_TOMS = [VOICE_INDEX[name] for name in ("tom_low", "tom_mid", "tom_high")]
_SNARES = [VOICE_INDEX[name] for name in ("snare", "rim")]
_KICKS = [VOICE_INDEX["kick"]]
_HIHATS = [VOICE_INDEX[name] for name in ("hihat_closed", "hihat_pedal", "hihat_open")]
_CYMBALS = [VOICE_INDEX[name] for name in ("crash", "ride", "ride_bell")]
_TIMEKEEPERS = [VOICE_INDEX[name] for name in ("hihat_closed", "hihat_open", "ride", "ride_bell")]
_FILL_SCORE = 1.25  # hits a beat; see `fills`
_CELLS = 4  # a beat: sixteenths
_NEAR = 1 / 8  # beats; hits that are nearer to a place on the grid belong to it


def measure(groove: Groove) -> Floats:
    """Measure the controls of each bar, in the order of `CONTROLS`.

    Intensity: mean velocity, in (0, 1]. Complexity: hits a beat, ghost notes included. Fill: 1 in a fill, else 0. Swing: how far
    off-beat eighths and sixteenths are delayed, 0 = straight, 1 = to the triplet. Lateness: mean displacement of the hits around
    the beats, in milliseconds, positive = behind. Variation: 1 less the Dice overlap of the bar's onsets, on sixteenths, with
    those of the bar before. Kick and toms: hits a beat. Cymbals: share of rides and crashes among hi-hats, rides and crashes.
    Dynamics: standard deviation of velocity. Looseness: root mean square distance from the nearest sixteenth, in milliseconds.

    Returns:
        (bars, 11), NaN where a bar has nothing to measure by.
    """
    hits = groove.to_hits()
    bar = np.minimum(np.maximum(hits.beats + _NEAR, 0) // groove.beats_per_bar, groove.bars - 1).astype(np.int64)
    place = hits.beats % 1.0
    around_beat = np.where(place > 0.5, place - 1.0, place)
    on_beat = np.abs(around_beat) < _NEAR
    eighth = (place > 0.5 - _NEAR) & (place < 2 / 3 + _NEAR / 2)
    delays = np.where(eighth, (place - 0.5) * 6.0, (place % 0.5 - 0.25) * 12.0)  # 1 = by a sixth of a beat, by a twelfth
    off_beat = eighth | (np.abs(place % 0.5 - 0.25) < _NEAR)
    milliseconds = 60_000 / groove.bpm

    def average(values: Floats, chosen: slice | NDArray[np.bool_] = slice(None)) -> Floats:
        return means(values[chosen], bar[chosen], groove.bars)

    def hits_a_beat(voices: list[int]) -> Floats:
        return np.bincount(bar[np.isin(hits.voices, voices)], minlength=groove.bars) / groove.beats_per_bar

    velocities = hits.velocities.astype(np.float64)
    measured = {
        "intensity": average(velocities),
        "complexity": hits_a_beat(list(range(VOICE_COUNT))),
        "fill": fills(groove).astype(np.float64),
        "swing": average(delays, off_beat),
        "lateness": average(around_beat * milliseconds, on_beat),
        "variation": _variation(groove, hits, groove.beats_per_bar),
        "kick": hits_a_beat(_KICKS),
        "toms": hits_a_beat(_TOMS),
        "cymbals": average(np.isin(hits.voices, _CYMBALS).astype(np.float64), np.isin(hits.voices, _CYMBALS + _HIHATS)),
        "dynamics": np.sqrt(average((velocities - average(velocities)[bar]) ** 2)),
        "looseness": np.sqrt(average((_from_sixteenth(hits.beats) * milliseconds) ** 2)),
    }
    return np.stack([measured[name] for name in CONTROLS], axis=1)


def _from_sixteenth(beats: Floats) -> Floats:
    return beats - np.round(beats * _CELLS) / _CELLS


def beat_variation(groove: Groove) -> Floats:
    """Measure each beat as `measure` does the bar's variation: against the same beat of the bar before.

    Returns:
        (beats,) in [0, 1], NaN in the first bar and where both beats are silent.
    """
    return _variation(groove, groove.to_hits(), beats=1)


def repeats(groove: Groove) -> NDArray[np.int64]:
    """Find the beats in which a family of voices does just what it did one bar before or, failing that, two bars before.

    Returns:
        (beats, families) how many bars before; `SOMETHING_NEW` or `FALLS_SILENT` where it does not. Families as in
        `voices.FAMILIES`; onsets are compared on sixteenths, and a rest repeats a rest.
    """
    onsets = _onsets(groove, groove.to_hits())
    found = np.full((groove.beats, len(FAMILY_INDICES)), SOMETHING_NEW)
    for family, voices in enumerate(FAMILY_INDICES.values()):
        beats = onsets[:, voices].reshape(groove.beats, -1)
        for bars in (2, 1):  # the nearer is written last and stays
            back = groove.beats_per_bar * bars
            found[back:, family][(beats[back:] == beats[:-back]).all(axis=1)] = bars
        found[(found[:, family] == SOMETHING_NEW) & ~beats.any(axis=1), family] = FALLS_SILENT
    return found


def beat_plan(groove: Groove) -> Floats:
    """Measure of each beat what `controls.BEAT_PLAN` names.

    Returns:
        (beats, 2): `beat_variation`, 0 where both beats are silent and NaN in the first bar; and the number of hits.
    """
    variation = beat_variation(groove)
    variation[groove.beats_per_bar :] = np.nan_to_num(variation[groove.beats_per_bar :])
    hits = groove.hits.reshape(groove.beats, -1).sum(axis=1).astype(np.float64)
    return np.stack([variation, hits], axis=1)


def _variation(groove: Groove, hits: Hits, beats: int) -> Floats:
    """Compare every stretch of so many beats, at most a bar, with the same one a bar before: 1 less the Dice overlap."""
    stretches = _onsets(groove, hits).reshape(groove.beats // beats, -1)
    in_bar = groove.beats_per_bar // beats
    both, sizes = (stretches[in_bar:] & stretches[:-in_bar]).sum(axis=1), stretches.sum(axis=1)
    either = sizes[in_bar:] + sizes[:-in_bar]
    return np.append([np.nan] * in_bar, np.where(either > 0, 1.0 - 2.0 * both / np.maximum(either, 1), np.nan))


def _onsets(groove: Groove, hits: Hits) -> NDArray[np.bool_]:
    """(sixteenths, 13) where hits of the groove are."""
    cells = np.round(hits.beats * _CELLS).astype(np.int64).clip(0, groove.beats * _CELLS - 1)
    onsets = np.zeros((groove.beats * _CELLS, VOICE_COUNT), dtype=bool)
    onsets[cells, hits.voices] = True
    return onsets


def fills(groove: Groove) -> NDArray[np.bool_]:
    """Find the bars that hold a fill: more toms and snare and less time-keeping than the groove's own median bar.

    Score: the surplus of tom hits a beat, half that of snare hits and half the deficit of hats and rides, in the bar or in its
    second half, whichever is higher. GMD labels only whole files as fills; `tests/test_touch.py` measures this rule on them.

    Returns:
        (bars,) bool.
    """
    bars = groove.hits.reshape(groove.bars, -1, groove.hits.shape[1]).astype(np.float64)
    halves = [_fill_score(part, groove) for part in (bars, bars[:, bars.shape[1] // 2 :])]
    return np.asarray(np.maximum(*halves) >= _FILL_SCORE)


def _fill_score(bars: Floats, groove: Groove) -> Floats:
    beats = bars.shape[1] / groove.steps_per_beat
    toms, snares, time = (bars[..., voices].sum(axis=(1, 2)) / beats for voices in (_TOMS, _SNARES, _TIMEKEEPERS))
    surplus = toms - np.median(toms) + 0.5 * (snares - np.median(snares)) + 0.5 * (np.median(time) - time)
    return np.where(toms + snares > 0, surplus, -np.inf)  # a bar of rest is no fill


class Scale:
    """What is little and much in each genre: quantiles of its drummers' bars.

    Attributes:
        quantiles: (genres, 11, QUANTILES) of each control as `measure` gives it, rising.
    """

    def __init__(self, quantiles: Floats) -> None:
        """Take quantiles that `fit` has made."""
        self.quantiles = quantiles

    @classmethod
    def fit(cls, measured: Iterable[tuple[int, Floats]], genres: int) -> Scale:
        """Fit on (genre index, (bars, 11) of `measure`) of training performances; a genre without any gets those of all."""
        takes = list(measured)
        levels = np.linspace(0.0, 1.0, QUANTILES)

        def of(chosen: list[Floats]) -> Floats:
            return np.nan_to_num(np.nanquantile(np.concatenate(chosen), levels, axis=0).T)

        everything = of([values for _, values in takes])
        by_genre = [[values for index, values in takes if index == genre] for genre in range(genres)]
        return cls(np.stack([of(chosen) if chosen else everything for chosen in by_genre]))

    def to_controls(self, measured: Floats, genre: int) -> Floats:
        """Turn measured values, (bars, 11), into what a musician would have asked for; clipped to `RANGES`, NaN stays.

        What is `by_genre` becomes the share of the genre's bars that have less; lateness is against the genre's median.
        """
        levels = np.linspace(0.0, 1.0, QUANTILES)
        controls = measured.copy()
        for column in (CONTROL_INDEX[name] for name, control in CONTROLS.items() if control.by_genre):
            known = ~np.isnan(measured[:, column])
            controls[known, column] = np.interp(measured[known, column], self.quantiles[genre, column], levels)
        lateness = CONTROL_INDEX["lateness"]
        controls[:, lateness] -= self.quantiles[genre, lateness, QUANTILES // 2]
        return np.clip(controls, LOWS, HIGHS)


def means(values: Floats, groups: NDArray[np.int64], count: int) -> Floats:
    """(count,) mean of the values of each group, NaN where there are none."""
    sizes = np.bincount(groups, minlength=count)
    sums = np.bincount(groups, weights=values, minlength=count)
    return np.where(sizes > 0, sums / np.maximum(sizes, 1), np.nan)

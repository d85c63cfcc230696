"""Grooves in 4/4 turned into other meters: training data, and reference performances, for meters that few drummers recorded.

Each beat of the other meter is one beat of the 4/4 groove. A bar of 3/4 is a bar of 4/4 less a beat; in 6/8 a swung beat becomes
a dotted quarter as it is, and a straight one gets its second eighth twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from drummer.music.arrays import Floats
from drummer.music.controls import CONTROL_INDEX, measure_controls
from drummer.music.groove import LEAD_IN_BEATS, Groove, Hits
from drummer.music.meter import Meter

_LEAST_SWING = 0.6  # median of a groove's bars; the triplets of a shuffle are the eighths of 12/8
SWUNG_TEMPO = 1.5  # factor on the tempo of a shuffle that becomes compound: its beats become dotted quarters and last as long
_FOUR = 4  # beats in a bar of 4/4
# For each number of beats in a bar: the beats of some bars of 4/4, counted from 0, that make one bar after the other.
_BARS: Mapping[int, tuple[tuple[int, ...], ...]] = {
    1: ((0,), (1,), (2,), (3,)),
    2: ((0, 1), (2, 3)),
    3: ((0, 1, 2),),
    4: ((0, 1, 2, 3),),
    5: ((0, 1, 2, 2, 3),),
    6: ((0, 1, 2, 4, 5, 6),),
    7: ((0, 1, 2, 3, 4, 5, 6),),
}
_LAST_TWO = (0, 2, 3)  # another bar of three beats: kick, kick, snare where `_BARS` has kick, snare, kick
_EIGHTH = 0.5  # quarter notes


def is_swung(groove: Groove) -> bool:
    """Tell whether a groove is a shuffle or swings: its off-beats lie nearer to the triplet than to the eighth."""
    return are_swung(measure_controls(groove)[:, CONTROL_INDEX["swing"]])


def are_swung(swing: Floats) -> bool:
    """Tell whether bars swing, by their control `swing`: (bars,), NaN = unknown."""
    return bool((~np.isnan(swing)).any() and np.nanmedian(swing) >= _LEAST_SWING)


def adapted_bars(bars: int, meter: Meter) -> int:
    """Count the bars of another meter that `adapt` makes of so many bars of 4/4."""
    pattern = _BARS.get(len(meter.beat_eighths), ())
    return bars // _source_bars(pattern) * len(pattern) if pattern else 0


def source_bars(bars: int, meter: Meter) -> int:
    """Count the bars of 4/4 that `adapt` needs for at least so many bars of another meter."""
    pattern = _BARS[len(meter.beat_eighths)]
    return -(-bars // len(pattern)) * _source_bars(pattern)


def can_adapt(meter: Meter) -> bool:
    """Tell whether `adapt` makes bars of a meter: its beats are quarters, dotted quarters or groups of two and three eighths."""
    return len(meter.beat_eighths) in _BARS and set(meter.beat_eighths) <= {2, 3}


def adapt(groove: Groove, meter: Meter, *, swung: bool, last_two: bool = False) -> Groove:
    """Turn whole bars of 4/4 into another meter.

    Args:
        groove: In 4/4.
        meter: One that `can_adapt`.
        swung: Whether it swings, see `is_swung`; it is stretched in compound meters, so that its triplets become eighths, at a
            tempo that leaves its beats as long as they were.
        last_two: Whether a bar of three beats leaves out the second beat of 4/4 instead of the fourth.

    Returns:
        `adapted_bars(groove.bars, meter)` bars.
    """
    eighths = meter.beat_eighths
    pattern: Sequence[Sequence[int]] = _BARS[len(eighths)]
    if last_two and len(eighths) == len(_LAST_TWO):
        pattern = (_LAST_TWO,)
    stretch = SWUNG_TEMPO if swung and meter.compound else 1.0
    hits = groove.to_hits()
    # Each hit belongs to the eighth that it opens or follows: music begins a little before the beat.
    half = np.floor((hits.beats + LEAD_IN_BEATS) / _EIGHTH).astype(np.int64).clip(0, groove.bars * _FOUR * 2 - 1)
    phase = hits.beats - half * _EIGHTH
    onsets, chosen = [], []
    bars = adapted_bars(groove.bars, meter)
    for bar in range(bars):
        first = bar // len(pattern) * _source_bars(pattern) * _FOUR
        start = bar * meter.quarters
        for length, beat in zip(eighths, pattern[bar % len(pattern)], strict=True):
            source = 2 * (first + beat)
            if stretch > 1.0:
                inside = np.flatnonzero(half // 2 == source // 2)
                onsets.append(start + stretch * (hits.beats[inside] - source * _EIGHTH))
                chosen.append(inside)
            else:
                for eighth in range(length):
                    inside = np.flatnonzero(half == source + min(eighth, 1))
                    onsets.append(start + eighth * _EIGHTH + phase[inside])
                    chosen.append(inside)
            start += length * _EIGHTH
    beats, indices = (np.concatenate([np.zeros(0, dtype=kind), *parts]) for kind, parts in ((float, onsets), (int, chosen)))
    beats = _inside(beats, bars * meter.quarters, groove.steps_per_beat)
    moved = Hits(beats, hits.voices[indices], hits.velocities[indices])
    return Groove.from_hits(moved, groove.bpm * stretch, bars=bars, steps_per_beat=groove.steps_per_beat, meter=meter)


def _source_bars(pattern: Sequence[Sequence[int]]) -> int:
    """Count the bars of 4/4 that a pattern of beats takes."""
    return max(beat for bar in pattern for beat in bar) // _FOUR + 1


def _inside(beats: Floats, end: float, steps_per_beat: int) -> Floats:
    """Move onsets that are nearest to a step outside onto the first or the last step."""
    return np.clip(beats, -0.5 / steps_per_beat, end - 0.51 / steps_per_beat)


def centred(groove: Groove) -> tuple[Groove, int]:
    """Move a groove in time so that the median of its offsets is 0: drummers tap ahead of a click, each by another amount.

    Returns:
        The groove, and the number of hits that fall into the cell of a louder one.
    """
    if groove.hit_count == 0:
        return groove, 0
    middle = float(np.median(groove.offsets[groove.hits])) / groove.steps_per_beat
    hits = groove.to_hits()
    beats = _inside(hits.beats - middle, groove.beats, groove.steps_per_beat)
    moved = Groove.from_hits(
        hits._replace(beats=beats), groove.bpm, bars=groove.bars, steps_per_beat=groove.steps_per_beat, meter=groove.meter
    )
    return replace(moved, details=groove.details), groove.hit_count - moved.hit_count

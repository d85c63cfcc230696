"""Half time and double time: a groove with its beats twice as far apart or twice as near, at the same tempo and length."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from drummer.music.groove import Groove, Hits


class _Placed(NamedTuple):
    """Hits, and the places on the grid that they are meant for.

    Attributes:
        beats: (n,) float64 places in beats from the first bar line.
        hits: The hits, with their onsets.
    """

    beats: NDArray[np.float64]
    hits: Hits


def half_time(groove: Groove) -> Groove:
    """Play the first half of a groove half as fast, in as many bars, at the same tempo.

    Beats are twice as far apart; how early or late a hit is stays the same, in milliseconds.
    """
    placed = _stretch(groove, 2.0)
    chosen = placed.beats < groove.beats
    hits = placed.hits
    return _on_grid(groove, Hits(hits.beats[chosen], hits.voices[chosen], hits.velocities[chosen]))


def double_time(groove: Groove) -> Groove:
    """Play a groove twice as fast, and twice, in as many bars, at the same tempo.

    How early or late a hit is stays the same, in milliseconds. Of two hits of a voice that now share a cell the louder stays.
    """
    hits = _stretch(groove, 0.5).hits
    again = Hits(*(np.concatenate([values, values]) for values in hits))
    again.beats[len(hits.beats) :] += groove.beats / 2
    return _on_grid(groove, again)


def _stretch(groove: Groove, factor: float) -> _Placed:
    """List the hits with their places so many times as far apart and their offsets as they are.

    The place of an early hit is the beat that it is meant for, see `Groove.early_hits`.
    """
    steps, voices = np.nonzero(groove.hits)
    offsets = groove.offsets[steps, voices].astype(np.float64)
    early = groove.early_hits(groove.meter.pulse)[steps, voices]
    pulse = groove.meter.pulse * groove.steps_per_beat
    meant = np.where(early, np.ceil((steps + 1) / pulse) * pulse, steps)
    beats = factor * meant / groove.steps_per_beat
    onsets = beats + (steps - meant + offsets) / groove.steps_per_beat
    return _Placed(beats, Hits(onsets, voices, groove.velocities[steps, voices]))


def _on_grid(groove: Groove, hits: Hits) -> Groove:
    """Put hits on a groove's grid; those that would fall over an end stay just inside."""
    first, last = -0.5 / groove.steps_per_beat, groove.beats - 0.5 / groove.steps_per_beat - 1e-9
    inside = hits._replace(beats=np.clip(hits.beats, first, last))
    return Groove.from_hits(inside, groove.bpm, bars=groove.bars, steps_per_beat=groove.steps_per_beat, meter=groove.meter)

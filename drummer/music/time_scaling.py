"""Half time and double time: a groove with its beats twice as far apart or twice as near, at the same tempo and length."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from drummer.music.details import NO_KEY, ExtraHit, Message
from drummer.music.groove import Groove, Hits


class _Placed(NamedTuple):
    """Hits, and the grid positions that they are meant for.

    Attributes:
        beats: (n,) float64 places in beats from the first bar line.
        hits: The hits, with their onsets.
        keys: (n,) MIDI keys of the hits.
    """

    beats: NDArray[np.float64]
    hits: Hits
    keys: NDArray[np.int16]

    def chosen(self, which: NDArray[np.bool_] | NDArray[np.int64]) -> _Placed:
        """Choose some of the hits."""
        beats, voices, velocities = self.hits
        return _Placed(self.beats[which], Hits(beats[which], voices[which], velocities[which]), self.keys[which])


_Item = TypeVar("_Item", ExtraHit, Message)


def half_time(groove: Groove) -> Groove:
    """Play the first half of a groove half as fast, in as many bars, at the same tempo.

    Beats are twice as far apart; hits stay as many milliseconds early or late as they are.
    """
    placed = _stretch(groove, 2.0)
    return _on_grid(groove, placed.chosen(placed.beats < groove.beats), 2.0)


def double_time(groove: Groove) -> Groove:
    """Play a groove twice as fast, and twice, in as many bars, at the same tempo.

    How early or late a hit is stays the same, in milliseconds. Of two hits of a voice that now share a cell the louder stays.
    """
    placed = _stretch(groove, 0.5)
    count = len(placed.beats)
    twice = placed.chosen(np.tile(np.arange(count), 2))
    twice.hits.beats[count:] += groove.beats / 2
    return _on_grid(groove, twice, 0.5)


def _stretch(groove: Groove, factor: float) -> _Placed:
    """List the hits with their grid positions multiplied by `factor`; their offsets stay.

    The grid position of an early hit is the beat that it is meant for, see `Groove.early_hits`.
    """
    steps, voices = np.nonzero(groove.hits)
    offsets = groove.offsets[steps, voices].astype(np.float64)
    early = groove.early_hits(groove.meter.pulse)[steps, voices]
    pulse = groove.meter.pulse * groove.steps_per_beat
    meant = np.where(early, np.ceil((steps + 1) / pulse) * pulse, steps)
    beats = factor * meant / groove.steps_per_beat
    onsets = beats + (steps - meant + offsets) / groove.steps_per_beat
    keys = np.full(len(steps), NO_KEY, dtype=np.int16) if groove.details is None else groove.details.keys[steps, voices]
    return _Placed(beats, Hits(onsets, voices, groove.velocities[steps, voices]), keys)


def _on_grid(groove: Groove, placed: _Placed, factor: float) -> Groove:
    """Put hits on a groove's grid, and the details of its file with them; those that would fall over an end stay just inside."""
    first, last = -0.5 / groove.steps_per_beat, groove.beats - 0.5 / groove.steps_per_beat - 1e-9
    hits = placed.hits._replace(beats=np.clip(placed.hits.beats, first, last))
    scaled = Groove.from_hits(hits, groove.bpm, bars=groove.bars, steps_per_beat=groove.steps_per_beat, meter=groove.meter)
    if groove.details is None:
        return scaled
    steps = np.floor(hits.beats * groove.steps_per_beat + 0.5).astype(np.int64)
    keys = np.full_like(groove.details.keys, NO_KEY)
    quiet_first = np.argsort(hits.velocities, kind="stable")  # as in `Groove.from_hits`
    keys[steps[quiet_first], hits.voices[quiet_first]] = placed.keys[quiet_first]
    extra_hits = _scale(groove.details.extra_hits, factor, groove.steps)
    messages = _scale(groove.details.messages, factor, groove.steps)
    return replace(scaled, details=replace(groove.details, keys=keys, extra_hits=extra_hits, messages=messages))


def _scale(items: tuple[_Item, ...], factor: float, steps: int) -> tuple[_Item, ...]:
    """Multiply the grid positions of items by `factor`. Half time keeps the first half of them; double time repeats all."""
    starts = (0.0,) if factor > 1 else (0.0, factor * steps)
    scaled = []
    for item in (item._replace(step=0, offset=start + factor * item.step + item.offset) for start in starts for item in items):
        step = max(0, int(np.floor(item.offset + 0.5)))
        if step < steps:
            scaled.append(item._replace(step=step, offset=max(item.offset - step, -0.5)))
    return tuple(scaled)

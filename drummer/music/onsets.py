"""Onsets on sixteenths, for comparisons that leave velocity and microtiming out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drummer.music.groove import Groove, Hits
from drummer.music.voices import VOICE_COUNT

SIXTEENTHS = 4  # in a quarter note


def sixteenths_per_bar(groove: Groove) -> int:
    """Count the sixteenths in a bar, a whole number in every meter."""
    return round(groove.meter.quarters * SIXTEENTHS)


def nearest_sixteenths(groove: Groove, hits: Hits) -> NDArray[np.int64]:
    """Find the sixteenth that each hit of a groove is nearest to: (hits,) numbers of sixteenths."""
    return np.round(hits.beats * SIXTEENTHS).astype(np.int64).clip(0, groove.bars * sixteenths_per_bar(groove) - 1)


def onsets_on_sixteenths(groove: Groove, hits: Hits) -> NDArray[np.bool_]:
    """Mark the hits of a groove, each at its nearest sixteenth: (sixteenths, 13) bool."""
    onsets = np.zeros((groove.bars * sixteenths_per_bar(groove), VOICE_COUNT), dtype=bool)
    onsets[nearest_sixteenths(groove, hits), hits.voices] = True
    return onsets


def beat_sixteenths(groove: Groove) -> NDArray[np.int64]:
    """List the lengths of the beats of a groove in sixteenths: (beats,), see `Meter.beat_eighths`."""
    return np.tile(2 * np.array(groove.meter.beat_eighths), groove.bars)


def dice_variation(groove: Groove, hits: Hits, sixteenths: NDArray[np.int64]) -> NDArray[np.float64]:
    """Compare every stretch of a groove with the same stretch one bar before.

    Args:
        groove: The groove.
        hits: Its hits.
        sixteenths: (stretches,) lengths of the stretches, which fill the groove; each bar has as many.

    Returns:
        (stretches,) 1 less the Dice overlap of the onsets, NaN in the first bar and where both stretches are silent.
    """
    onsets = onsets_on_sixteenths(groove, hits)
    starts, bar = np.cumsum(sixteenths) - sixteenths, sixteenths_per_bar(groove)
    repeated = onsets & np.concatenate([np.zeros_like(onsets[:bar]), onsets[:-bar]])
    both, sizes = (np.add.reduceat(cells.sum(axis=1), starts) for cells in (repeated, onsets))
    in_bar = len(sixteenths) // groove.bars
    either = sizes[in_bar:] + sizes[:-in_bar]
    overlap = 2.0 * both[in_bar:] / np.maximum(either, 1)
    return np.append([np.nan] * in_bar, np.where(either > 0, 1.0 - overlap, np.nan))

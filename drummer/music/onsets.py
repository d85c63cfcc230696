"""Onsets on sixteenths: what is compared where it matters which voices sound when, not how."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drummer.music.groove import Groove, Hits
from drummer.music.voices import VOICE_COUNT

SIXTEENTHS = 4  # in a quarter note


def sixteenths_per_bar(groove: Groove) -> int:
    """Count the sixteenths in a bar, a whole number in every meter."""
    return round(groove.meter.quarters * SIXTEENTHS)


def onsets_on_sixteenths(groove: Groove, hits: Hits) -> NDArray[np.bool_]:
    """(sixteenths, 13) where a groove has hits, each at its nearest sixteenth."""
    count = groove.bars * sixteenths_per_bar(groove)
    cells = np.round(hits.beats * SIXTEENTHS).astype(np.int64).clip(0, count - 1)
    onsets = np.zeros((count, VOICE_COUNT), dtype=bool)
    onsets[cells, hits.voices] = True
    return onsets


def dice_variation(groove: Groove, hits: Hits, sixteenths: int) -> NDArray[np.float64]:
    """Compare every stretch of so many sixteenths, which a bar holds a whole number of, with the same stretch one bar before.

    Returns:
        (stretches,) 1 less the Dice overlap of the onsets, NaN in the first bar and where both stretches are silent.
    """
    stretches = onsets_on_sixteenths(groove, hits).reshape(-1, sixteenths * VOICE_COUNT)
    in_bar = sixteenths_per_bar(groove) // sixteenths
    both, sizes = (stretches[in_bar:] & stretches[:-in_bar]).sum(axis=1), stretches.sum(axis=1)
    either = sizes[in_bar:] + sizes[:-in_bar]
    return np.append([np.nan] * in_bar, np.where(either > 0, 1.0 - 2.0 * both / np.maximum(either, 1), np.nan))

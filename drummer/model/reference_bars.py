"""Kinds of bars in a reference bank: with a backbeat, easy to count, typical of their performance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drummer.model.reference_bank import VELOCITIES, ReferenceBank
from drummer.music.controls import CONTROL_INDEX
from drummer.music.meter import FOUR_FOUR
from drummer.music.onsets import SIXTEENTHS
from drummer.music.voices import FAMILY_INDICES

_TYPICAL = 0.25  # largest distance of a typical bar from the median number of hits, as a share of that


def find_backbeats(bank: ReferenceBank, steps_per_beat: int) -> NDArray[np.bool_]:
    """Find the bars in 4/4 with a snare, rim or clap at the sixteenths of beats 2 and 4: (bars,) bool."""
    bars, snares = bank.bars_of_hits(), np.isin(bank.voices.numpy(), FAMILY_INDICES["snare"])
    common = np.repeat(bank.in_meter(FOUR_FOUR), bank.lengths.numpy())
    for beat in (1, 3):
        near = np.abs(bank.steps.numpy().astype(np.int64) - beat * steps_per_beat) * 2 * SIXTEENTHS < steps_per_beat
        common &= np.bincount(bars[snares & near], minlength=len(bank.plans)) > 0
    return np.asarray(common)


def find_accented_bars(bank: ReferenceBank, steps_per_beat: int) -> NDArray[np.bool_]:
    """Find the bars that are easy to count: (bars,) bool.

    In 4/4 their first beat is louder (sum of velocities) than the mean of the other eighths, and their beats are louder than the
    eighths between them. Bars in other meters all count.
    """
    sixteenths = np.round(bank.steps.numpy() * SIXTEENTHS / steps_per_beat).astype(np.int64)
    chosen = (sixteenths % 2 == 0) & (sixteenths < 4 * SIXTEENTHS)
    eighths = np.zeros((len(bank.plans), 8))
    np.add.at(eighths, (bank.bars_of_hits()[chosen], sixteenths[chosen] // 2), bank.velocities.numpy()[chosen] / VELOCITIES)
    beats, between = eighths[:, ::2].mean(axis=1), eighths[:, 1::2].mean(axis=1)
    accented = (eighths[:, 0] > eighths[:, 1:].mean(axis=1)) & (beats > between)
    return np.asarray(accented | ~np.repeat(bank.in_meter(FOUR_FOUR), bank.lengths.numpy()))


def find_typical_bars(bank: ReferenceBank) -> NDArray[np.bool_]:
    """Find the bars that are no fills and about as busy as the median bar of their performance: (bars,) bool."""
    counts, lengths = bank.counts.numpy(), bank.lengths.numpy()
    medians = [np.median(bars) for bars in np.split(counts, np.cumsum(lengths)[:-1])] if len(lengths) else []
    usual = np.repeat(np.array(medians, dtype=np.float64), lengths)
    fills = bank.plans[:, CONTROL_INDEX["fill"]].numpy() == 1.0
    return np.asarray((np.abs(counts - usual) <= _TYPICAL * usual) & ~fills)

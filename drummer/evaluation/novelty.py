"""Novelty of generated grooves: overlap with the training data, and diversity among themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from drummer.evaluation.descriptors import Window
from drummer.evaluation.windows import WINDOW_BARS, LabelledGroove, Windows
from drummer.music.arrays import Floats
from drummer.music.groove import Groove

_PATTERN_BARS = (1, 2, 4)


def training_overlap(train: Sequence[LabelledGroove], windows: Windows) -> dict[int, float]:
    """Compute the share of onset patterns, in sixteenths, that occur anywhere in the training data: bars → share."""
    shares = {}
    for length in _PATTERN_BARS:
        known = {
            tuple(bars[start : start + length])
            for bars in ([bar.tobytes() for bar in Window.of(one.groove).hits.reshape(one.groove.bars, -1)] for one in train)
            for start in range(len(bars) - length + 1)
        }
        patterns = [tuple(window[start : start + length]) for window in windows.bars for start in range(0, WINDOW_BARS, length)]
        shares[length] = float(np.mean([pattern in known for pattern in patterns]))
    return shares


def diversity(windows: Windows, pairs: int = 2000, seed: int = 0) -> float:
    """Estimate the mean share of sixteenth cells that differ between windows of two groups of one genre."""
    generator = np.random.default_rng(seed)
    patterns = np.stack([np.frombuffer(b"".join(bars), dtype=bool) for bars in windows.bars])
    differences: list[float] = []
    while len(differences) < pairs:
        first, second = generator.integers(0, len(windows), 2)
        if windows.genres[first] == windows.genres[second] and windows.groups[first] != windows.groups[second]:
            differences.append(float((patterns[first] != patterns[second]).mean()))
    return float(np.mean(differences))


class Alike(NamedTuple):
    """How alike the grooves of a set are.

    Attributes:
        grooves: Number of them.
        nearest: Median, over grooves, of the Dice overlap with the other groove that is most alike; 1 = the same onsets.
        highest: The highest of these overlaps.
    """

    grooves: int
    nearest: float
    highest: float


def overlaps(grooves: Sequence[Groove]) -> Floats:
    """Compute the Dice overlap of the onsets, in sixteenths, of grooves of equal length: (n, n), 0 of a groove with itself."""
    patterns = np.stack([Window.of(groove).hits.ravel() for groove in grooves]).astype(np.float64)
    counts = patterns.sum(axis=1)
    shared = 2.0 * patterns @ patterns.T / np.maximum(counts[:, None] + counts, 1.0)
    np.fill_diagonal(shared, 0.0)
    return np.asarray(shared)


def alike(found: Floats, size: int, generator: np.random.Generator, samples: int = 20) -> Alike:
    """Measure how alike grooves are, by their overlaps, in samples of a size: the more there are, the nearer is the nearest.

    Args:
        found: (n, n) as `overlaps`.
        size: Number of grooves in a sample, 2 to n.
        generator: Source of the samples.
        samples: Number of samples, which are averaged; a single one where all grooves are in it.
    """
    count = 1 if size == len(found) else samples
    drawn = [generator.permutation(len(found))[:size] for _ in range(count)]
    nearest = [found[np.ix_(rows, rows)].max(axis=1) for rows in drawn]
    return Alike(size, float(np.mean([np.median(each) for each in nearest])), float(np.mean([each.max() for each in nearest])))

"""Novelty of generated grooves: overlap with the training data, and diversity among themselves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from drummer.evaluation.descriptors import Window
from drummer.evaluation.windows import WINDOW_BARS, LabelledGroove, Windows

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

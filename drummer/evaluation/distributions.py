"""Distances between the distributions of two sets of windows: Wasserstein of descriptors, Jensen-Shannon of hits."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import jensenshannon
from scipy.stats import wasserstein_distance

from drummer.evaluation.discriminator import balanced_sample
from drummer.evaluation.windows import Windows
from drummer.music.arrays import Floats


def descriptor_distance(first: Windows, second: Windows, scale: Windows, repetitions: int = 8, seed: int = 0) -> float:
    """Average the Wasserstein-1 distance over descriptors, in standard deviations of `scale`.

    Descriptors without a value in one of the sets are skipped. Samples are drawn as in `discriminator.cross_validate`.
    """
    spread = np.ma.masked_invalid(scale.features).std(axis=0).filled(0.0)  # 0 where there is no value at all
    totals = []
    for repetition in range(repetitions):
        pair = balanced_sample(first, second, np.random.default_rng([seed, repetition]))
        parts = []
        for column in np.flatnonzero(spread > 0):
            values = [part.features[:, column][~np.isnan(part.features[:, column])] for part in pair]
            if all(len(value) for value in values):
                parts.append(wasserstein_distance(*values) / spread[column])
        totals.append(np.mean(parts))
    return float(np.mean(totals))


def hit_divergences(first: Windows, second: Windows, repetitions: int = 8, seed: int = 0) -> dict[str, float]:
    """Compute the Jensen-Shannon divergence, in bits, of all hits' velocities and of their deviations from the sixteenth.

    Source: Lin (1991). 0 = same distribution, 1 = disjoint. Samples are drawn as in `discriminator.cross_validate`.
    """
    found = []
    for repetition in range(repetitions):
        pair = balanced_sample(first, second, np.random.default_rng([seed, repetition]))
        found.append([_divergence(*(getattr(part, name).sum(axis=0) for part in pair)) for name in ("velocities", "deviations")])
    velocity, timing = np.mean(found, axis=0).tolist()
    return {"velocity": velocity, "timing": timing}


def _divergence(first: Floats, second: Floats) -> float:
    return float(jensenshannon(first, second, base=2) ** 2)  # scipy returns the square root

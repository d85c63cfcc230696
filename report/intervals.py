"""Bootstrap intervals with performances as sampling units."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 400
LEVEL = 0.95

Interval = dict[str, float]


def bootstrap(
    statistics: Callable[[NDArray[np.int64]], dict[str, float]],
    groups: NDArray[np.int64],
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> dict[str, Interval]:
    """Resample performances with replacement and return the 95% percentile interval of each statistic.

    Source: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), the percentile interval.

    Args:
        statistics: Function of item indices, which may repeat.
        groups: (items,) index of each item's performance.
        resamples: Number of bootstrap samples.
        seed: Seed of the resampling.

    Returns:
        For each statistic, its value over all items and the ends of its interval.
    """
    generator = np.random.default_rng(seed)
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    samples: dict[str, list[float]] = {}
    for _ in range(resamples):
        chosen = generator.integers(0, len(members), len(members))
        for name, value in statistics(np.concatenate([members[index] for index in chosen])).items():
            samples.setdefault(name, []).append(value)
    return {name: interval(value, samples[name]) for name, value in statistics(np.arange(len(groups))).items()}


def interval(value: float, samples: Sequence[float]) -> Interval:
    """Return a value with the middle 95% of its bootstrap samples."""
    low, high = np.quantile(samples, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return {"value": float(value), "low": float(low), "high": float(high)}


def over_seeds(values: Sequence[float]) -> Interval:
    """Return the mean of a figure over sampling seeds with its lowest and highest value."""
    return {"value": float(np.mean(values)), "low": float(np.min(values)), "high": float(np.max(values))}

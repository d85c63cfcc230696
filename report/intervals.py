"""Bootstrap intervals over performances: how far a figure would move with other drummers' takes of the same kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

DRAWS = 400
LEVEL = 0.95

Interval = dict[str, float]


def bootstrap(
    statistics: Callable[[NDArray[np.int64]], dict[str, float]],
    groups: NDArray[np.int64],
    draws: int = DRAWS,
    seed: int = 0,
) -> dict[str, Interval]:
    """Draw performances with replacement, again and again, and take the middle 95% of each statistic.

    Source: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), the percentile interval.

    Args:
        statistics: Of the items at some indices, which may repeat.
        groups: (items,) the performance that each item belongs to.
        draws: How often.
        seed: Of the draws.

    Returns:
        For each statistic its value over all items, and the ends of its interval.
    """
    generator = np.random.default_rng(seed)
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    drawn: dict[str, list[float]] = {}
    for _ in range(draws):
        chosen = generator.integers(0, len(members), len(members))
        for name, value in statistics(np.concatenate([members[index] for index in chosen])).items():
            drawn.setdefault(name, []).append(value)
    return {name: interval(value, drawn[name]) for name, value in statistics(np.arange(len(groups))).items()}


def interval(value: float, drawn: Sequence[float]) -> Interval:
    """Write a value beside the middle 95% of what was drawn."""
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return {"value": float(value), "low": float(low), "high": float(high)}


def over_seeds(values: Sequence[float]) -> Interval:
    """Write the mean of a figure over sampling seeds beside its lowest and highest value."""
    return {"value": float(np.mean(values)), "low": float(np.min(values)), "high": float(np.max(values))}

"""The comparison with real drummers as numbers that the page draws."""

from __future__ import annotations

from typing import Any

import numpy as np

from drummer.feel import TRAITS, Feel
from drummer.music.arrays import Floats

MOST_DOTS = 300  # of a family in a panel: more would only cover each other
BIN = 5  # percent


def describe(feel: Feel, genre: str) -> dict[str, Any]:
    """Turn a comparison into numbers for `chart.js`.

    Args:
        feel: The comparison.
        genre: Spelling of the genre, such as `hip-hop`.
    """
    same = feel.meter == feel.drummers_meter
    return {
        "drummers": f"{genre} drummers" if same else f"{genre} drummers in {feel.drummers_meter.signature}",
        "groove": "this groove" if same else f"this groove in {feel.meter.signature}",
        "families": [
            {
                "name": name,
                "timing": _spread(family.milliseconds, family.usual_milliseconds, 1),
                "velocity": _spread(127 * family.velocities, 127 * family.usual_velocities, 0),
            }
            for name, family in feel.families.items()
        ],
        "traits": [
            {"name": name.capitalize(), "low": TRAITS[name][1], "high": TRAITS[name][2], "rank": _number(100 * trait.rank, 1)}
            for name, trait in feel.traits.items()
        ],
        "overlap": _overlap(feel),
    }


def _spread(values: Floats, usual: Floats, digits: int) -> dict[str, Any]:
    """Describe the values of the groove's hits, and the quantiles of drummers, None if they have no hits."""
    shown = values[:: -(-len(values) // MOST_DOTS)] if len(values) else values
    median = _number(float(np.median(values)), digits) if len(values) else None
    drummers = None if np.isnan(usual).any() else [_number(float(each), digits) for each in usual]
    return {"values": [_number(float(each), digits) for each in shown], "median": median, "usual": drummers}


def _overlap(feel: Feel) -> dict[str, Any] | None:
    """Describe the overlap with the nearest training bars, and the histogram of it among drummers."""
    if np.isnan(feel.shared):
        return None
    counts, _ = np.histogram(100 * feel.usual_shared, bins=np.arange(0, 101, BIN))
    return {"shared": _number(100 * feel.shared, 0), "counts": counts.tolist(), "bin": BIN, "bars": feel.bars}


def _number(value: float, digits: int) -> float | None:
    return None if np.isnan(value) else round(float(value), digits)

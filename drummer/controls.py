"""What a musician may ask of a drummer, bar by bar: how hard, how busy, a fill, how much swing, behind the beat or ahead of it.

Each value may be unknown (NaN): then it is left to the drummer. `drummer.touch` measures the same in what was played.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from drummer.errors import SettingError

Floats = NDArray[np.float64]
Wish = float | Sequence[float | None] | None  # for all bars, for each bar, left to the drummer

CONTROLS = ("intensity", "complexity", "fill", "swing", "lateness")
# Intensity and complexity: 0 = the least that the genre's drummers play, 0.5 = their median, 1 = the most. Fill: 1 = a fill.
# Swing: 0 = straight, 1 = triplets. Lateness: milliseconds against the genre's usual, positive = behind the beat.
MEANINGS: Mapping[str, str] = {
    "intensity": "how hard, for the genre",
    "complexity": "how busy, for the genre",
    "fill": "whether a bar is a fill",
    "swing": "0 straight, 1 triplets",
    "lateness": "milliseconds behind the beat against the genre's usual, negative = ahead",
}
RANGES: Mapping[str, tuple[float, float]] = {
    "intensity": (0.0, 1.0),
    "complexity": (0.0, 1.0),
    "fill": (0.0, 1.0),
    "swing": (0.0, 1.0),
    "lateness": (-20.0, 20.0),
}


def to_inputs(controls: Floats) -> NDArray[np.float32]:
    """Turn controls, (bars, 5), into what the model reads: (bars, 10), values in [-1, 1], then 1 where they are known."""
    low, high = np.array(list(RANGES.values())).T
    known = ~np.isnan(controls)
    values = np.where(known, 2.0 * (controls - low) / (high - low) - 1.0, 0.0)
    return np.concatenate([values, known], axis=1).astype(np.float32)


def fill_every(bars: int, period: int) -> list[float]:
    """Wish for a fill in the last of every `period` bars, and in no other."""
    return [float((bar + 1) % period == 0) for bar in range(bars)]


def spread(bars: int, wishes: Mapping[str, Wish]) -> Floats:
    """Spread wishes over bars: a number holds for all of them, a list gives each bar its own, None is left to the drummer.

    Returns:
        (bars, 5), NaN where nothing is asked.

    Raises:
        SettingError: If a value is out of its range, or a list is not as long as the groove.
    """
    controls = np.full((bars, len(CONTROLS)), np.nan)
    for name, wish in wishes.items():
        low, high = RANGES[name]
        values = [wish] * bars if wish is None or isinstance(wish, int | float | str) else list(wish)
        if len(values) != bars:
            raise SettingError(f"{name} must be one number or one for each of the {bars} bars, got {len(values)}")
        for bar, value in enumerate(values):
            if value is None:
                continue
            if not isinstance(value, int | float):
                raise SettingError(f"{name} must be a number, {low:g}-{high:g}, got {value!r}")
            if (isinstance(value, bool) and name != "fill") or not low <= value <= high:
                raise SettingError(f"{name} must be {low:g}-{high:g}, got {value}")
            controls[bar, CONTROLS.index(name)] = float(value)
    return controls

"""What a musician may ask of a drummer, bar by bar: how hard, how busy, a fill, behind the beat or ahead of it, and so on.

Each value may be unknown (NaN): then it is left to the drummer. `drummer.music.measuring` measures the same in what was played.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from drummer.errors import SettingError
from drummer.validation import check_number

Floats = NDArray[np.float64]
Wish = float | Sequence[float | None] | None  # for all bars, for each bar, left to the drummer


class Control(NamedTuple):
    """Something to ask for, by the bar.

    Attributes:
        meaning: What its value says, in a few words.
        low: Its lowest value.
        high: Its highest value.
        by_genre: Whether 0, 0.5 and 1 are the least, the median and the most that the genre's drummers play.
        of_onsets: Whether it follows from which voices sound where, whoever performs them.
    """

    meaning: str
    low: float = 0.0
    high: float = 1.0
    by_genre: bool = False
    of_onsets: bool = False


CONTROLS: Mapping[str, Control] = {
    "intensity": Control("how hard, for the genre", by_genre=True),
    "complexity": Control("how busy, for the genre", by_genre=True, of_onsets=True),
    "fill": Control("whether a bar is a fill", of_onsets=True),
    "swing": Control("0 straight, 1 triplets"),
    "lateness": Control("milliseconds behind the beat against the genre's usual, negative = ahead", -20.0, 20.0),
    "variation": Control("how much a bar differs from the one before, 0 = not at all", of_onsets=True),
    "kick": Control("how busy the kick is, for the genre", by_genre=True, of_onsets=True),
    "toms": Control("tom hits a beat", 0.0, 4.0, of_onsets=True),
    "cymbals": Control("time on hi-hats, 0, or on rides and crashes, 1", of_onsets=True),
    "dynamics": Control("how far loud and soft are apart, for the genre", by_genre=True),
    "looseness": Control("how far hits stray from the grid, for the genre", by_genre=True),
}
CONTROL_INDEX: Mapping[str, int] = {name: index for index, name in enumerate(CONTROLS)}
LOWS, HIGHS = np.array([(control.low, control.high) for control in CONTROLS.values()]).T

# What a drummer who has a performance in mind knows of each beat; no musician asks for it.
BEAT_PLAN: Mapping[str, Control] = {
    "variation": Control("how much a beat differs from the same one of the bar before, 0 = not at all"),
    "hits": Control("how many hits it has", 0.0, 12.0),
}
# What a family of voices does in a beat where it does not repeat what it did some bars before; see `touch.repeats`.
SOMETHING_NEW, LEFT_OPEN, FALLS_SILENT = 0, -1, -2
BEAT_PLAN_INDEX: Mapping[str, int] = {name: index for index, name in enumerate(BEAT_PLAN)}
_BEAT_LOWS, _BEAT_HIGHS = np.array([(control.low, control.high) for control in BEAT_PLAN.values()]).T


def to_inputs(controls: Floats) -> NDArray[np.float32]:
    """Turn controls, (bars, 11), into what the model reads: (bars, 22), values in [-1, 1], then 1 where they are known.

    The variation of the first bar is never known: nothing that the model has heard comes before it.
    """
    known = ~np.isnan(controls)
    known[0, CONTROL_INDEX["variation"]] = False
    return _to_inputs(controls, known, LOWS, HIGHS)


def plan_to_inputs(plan: Floats, beats_per_bar: int) -> NDArray[np.float32]:
    """Turn a plan by beats, (beats, 2), into what the model reads: (beats, 4), as `to_inputs` does."""
    known = ~np.isnan(plan)
    known[:beats_per_bar, BEAT_PLAN_INDEX["variation"]] = False
    return _to_inputs(np.clip(plan, _BEAT_LOWS, _BEAT_HIGHS), known, _BEAT_LOWS, _BEAT_HIGHS)


def _to_inputs(values: Floats, known: NDArray[np.bool_], lows: Floats, highs: Floats) -> NDArray[np.float32]:
    scaled = np.where(known, 2.0 * (values - lows) / (highs - lows) - 1.0, 0.0)
    return np.concatenate([scaled, known], axis=1).astype(np.float32)


def fill_every(bars: int, period: int) -> list[float]:
    """Wish for a fill in the last of every `period` bars, and in no other."""
    return [float((bar + 1) % period == 0) for bar in range(bars)]


def spread(bars: int, wishes: Mapping[str, Wish]) -> Floats:
    """Spread wishes over bars: a number holds for all of them, a list gives each bar its own, None is left to the drummer.

    Returns:
        (bars, 11), NaN where nothing is asked.

    Raises:
        SettingError: If a value is out of its range, or a list is not as long as the groove.
    """
    controls = np.full((bars, len(CONTROLS)), np.nan)
    for name, wish in wishes.items():
        low, high = CONTROLS[name].low, CONTROLS[name].high
        values = list(wish) if isinstance(wish, Iterable) and not isinstance(wish, str | Mapping) else [wish] * bars
        if len(values) != bars:
            raise SettingError(f"{name} must be one number or one for each of the {bars} bars, got {len(values)}")
        for bar, value in enumerate(values):
            if value is None:
                continue
            number = float(value) if name == "fill" and isinstance(value, bool) else value  # a bar is a fill or is none
            controls[bar, CONTROL_INDEX[name]] = float(check_number(name, number, (low, high)))
    return controls

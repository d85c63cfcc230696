"""Steady grooves: a pattern of one or two bars that returns, with living velocity and timing, embellished at phrase ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from drummer.music.arrays import Floats
from drummer.music.beat_plan import BEAT_PLAN, NEW_PATTERN, UNCONSTRAINED
from drummer.music.controls import CONTROL_INDEX, HIGHS, LOWS
from drummer.music.fills import find_fills
from drummer.music.groove import Groove
from drummer.music.meter import PHRASE_BARS
from drummer.music.voices import FAMILIES

_TIMEKEEPERS = np.array([name in ("hihat", "cymbal") for name in FAMILIES])
_EMBELLISHED = 0.5  # probability that the second half of a phrase's last bar is free
_TWO_BARS = 0.5  # probability that the pattern has two bars: the second keeps the timekeepers of the first, not kick and snare
_LONG_BAR = 3  # beats; shorter bars cannot be counted if two make a pattern
_USUAL = 0.2  # share of bars in which drummers' main timekeeper plays as in the bar before, see docs/experiments.md
_FILL, _STEADY, _VARIATION = (CONTROL_INDEX[name] for name in ("fill", "steady", "variation"))
# Controls that describe a pattern. Those of the reference performance do not hold in a bar that repeats it; where a requested one
# differs by more than this share of its range from its value where the pattern began, another pattern begins.
_OF_PATTERN = [CONTROL_INDEX[name] for name in ("complexity", "kick", "toms", "cymbals")]
_OTHER_PATTERN = 0.25
_NO_VARIATION = 0.1  # requested variation up to which all voices repeat; with more, only the timekeepers do


class BarPlans(NamedTuple):
    """The plan of each bar of a groove; all but `given` is changed in place.

    Attributes:
        given: (bars, 12) requested controls, NaN in bars that are heard and where a control is left to the model.
        controls: (bars, 12) those of the reference performance under the requested ones, NaN = open.
        beats: (beats, 2) beat plan, see `music.beat_plan`.
        repeats: (beats, families), see `find_repeats`.
    """

    given: Floats
    controls: Floats
    beats: Floats
    repeats: NDArray[np.int64]

    def leave_open(self, bar: int, beats: slice) -> None:
        """Leave open how busy some beats of a bar are, and how much they and the bar vary, unless that is requested."""
        self.beats[beats] = np.nan
        self.controls[bar, _VARIATION] = self.given[bar, _VARIATION]


def find_pattern(heard: Groove, phrase_bar: int = 0) -> list[int]:
    """List the bars of a groove that a steady groove after it repeats: the last two that are no fills and do not end a phrase.

    Args:
        heard: At least one bar.
        phrase_bar: Which bar of its phrase of four the first bar is, 0-3.

    Returns:
        Indices of one or two bars, in ascending order; the last bar where there are no others.
    """
    ends = (phrase_bar + np.arange(heard.bars)) % PHRASE_BARS == PHRASE_BARS - 1
    pattern: list[int] = np.flatnonzero(~ends & ~find_fills(heard)).tolist()[-2:]
    return pattern or [heard.bars - 1]


def choose_free_bars(
    given: Floats,
    changes: NDArray[np.bool_],
    begins: NDArray[np.bool_],
    generator: np.random.Generator,
    phrase_bar: int = 0,
) -> NDArray[np.bool_]:
    """Choose the bars of a steady groove that do not repeat its pattern: (bars,) bool.

    As many pairs of neighbouring bars are equal as are requested. A free bar differs from the bar before, and so does the bar
    after it, which returns to the pattern. Bars are freed where the reference performance changes as well, those at the end of a
    phrase first.

    Args:
        given: (bars, 12) requested controls; bars whose steadiness is NaN are not steady, those whose fill is 1 are free.
        changes: (bars,) bool, bars in which the main timekeeper of the reference performance does not repeat the bar before.
        begins: (bars,) bool, bars that begin a pattern.
        generator: Source of all randomness.
        phrase_bar: Which bar of its phrase of four the first bar is, 0-3.
    """
    steady = given[:, _STEADY]
    free: NDArray[np.bool_] = (given[:, _FILL] == 1.0) & ~np.isnan(steady)
    bars = np.flatnonzero(~np.isnan(steady) & ~begins)
    differing = int((1.0 - steady[bars]).sum() + generator.random())
    to_phrase_end = -(phrase_bar + bars + 1) % PHRASE_BARS
    order = np.lexsort((generator.random(len(bars)), to_phrase_end, ~changes[bars]))  # by the last key first
    for bar in bars[order].tolist():
        if not free[bar]:
            free[bar] = True
            free[bar] = (free[bars] | free[bars - 1]).sum() <= differing
    return free


def plan_steady_bars(
    plans: BarPlans,
    changes: NDArray[np.bool_],
    generator: np.random.Generator,
    phrase_bar: int = 0,
    heard_pattern: Sequence[int] = (),
) -> NDArray[np.bool_]:
    """Plan which bars repeat the pattern, in place; the others stay as in the reference performance.

    The first bar with a requested steadiness sets the pattern, unless the bars before it have one already. A bar that repeats
    does so as a whole, but for an embellishment at the end of a phrase. Where variation is requested, only the timekeepers
    repeat.

    Args:
        plans: What contradicts the pattern becomes unknown.
        changes: (bars,) bool, see `choose_free_bars`.
        generator: Source of all randomness.
        phrase_bar: Which bar of its phrase of four the first bar is, 0-3.
        heard_pattern: Bars that are heard and have the pattern already, see `find_pattern`.

    Returns:
        (bars,) bool, the bars that repeat the pattern.
    """
    in_bar = len(plans.repeats) // len(plans.given)
    given, repeated = plans.given, np.zeros(len(plans.given), dtype=bool)
    requested = np.flatnonzero(~np.isnan(given[:, _STEADY]))
    if len(requested) == 0:
        return repeated
    begins = _find_beginnings(given, requested, bool(heard_pattern))
    free = choose_free_bars(given, changes, begins, generator, phrase_bar)
    two_bars, embellished = generator.random() < _TWO_BARS * (in_bar >= _LONG_BAR), generator.random(len(given)) < _EMBELLISHED
    too_steady = np.mean(~changes[requested]) > max(given[requested, _STEADY].mean(), _USUAL)
    pattern = list(heard_pattern)
    returns = True  # whether the next bar, where it has the pattern, differs from the bar before
    for bar in requested.tolist():
        beats = slice(bar * in_bar, (bar + 1) * in_bar)
        if begins[bar]:
            pattern, returns = [bar], False
        elif free[bar]:
            returns = True
            if given[bar, _FILL] == 1.0:
                plans.controls[bar, _STEADY] = np.nan
            elif too_steady and not changes[bar]:
                plans.repeats[beats] = np.where(_TIMEKEEPERS, NEW_PATTERN, UNCONSTRAINED)
                plans.leave_open(bar, beats)
        else:
            repeated[bar] = True
            second = two_bars and pattern == [bar - 1]
            _repeat(plans, bar, beats, pattern, keep_others=second)
            if second:
                pattern.append(bar)
            if returns or len(pattern) > 1:
                plans.leave_open(bar, beats)
            returns = False
            if embellished[bar] and (phrase_bar + bar) % PHRASE_BARS == PHRASE_BARS - 1:
                ending = slice(beats.stop - (in_bar + 1) // 2, beats.stop)
                plans.repeats[ending, ~_TIMEKEEPERS] = UNCONSTRAINED
                plans.leave_open(bar, ending)
                returns = True
    return repeated


def _find_beginnings(given: Floats, requested: NDArray[np.int64], heard: bool) -> NDArray[np.bool_]:
    """Find the bars that begin a pattern, (bars,) bool, among those with a requested steadiness.

    They are the first one, unless the pattern was heard before, and those for which other controls are requested.
    """
    begins = np.zeros(len(given), dtype=bool)
    begins[requested[0]] = not heard
    of_pattern = given[:, _OF_PATTERN] / (HIGHS - LOWS)[_OF_PATTERN]
    start = requested[0]
    for bar in requested[1:]:
        if (np.abs(of_pattern[bar] - of_pattern[start]) > _OTHER_PATTERN).any():
            begins[bar], start = True, bar
    return begins


def _repeat(plans: BarPlans, bar: int, beats: slice, pattern: Sequence[int], *, keep_others: bool) -> None:
    """Let a bar repeat a pattern of one or two bars: timekeepers always its first, other voices each bar in its turn.

    They repeat these bars, not the last ones: a hit that is missed once would be missing from then on. `keep_others` leaves the
    other voices as they are in the reference performance.
    """
    given, varied = plans.given[bar], plans.given[bar, _VARIATION] > _NO_VARIATION
    plans.controls[bar, _OF_PATTERN] = given[_OF_PATTERN]
    plans.controls[bar, _FILL] = plans.controls[bar, _VARIATION] = 0.0
    plans.beats[beats] = [0.0 if name == "variation" else np.nan for name in BEAT_PLAN]
    plans.repeats[beats, _TIMEKEEPERS] = bar - pattern[0]
    if varied:
        plans.repeats[beats, ~_TIMEKEEPERS] = UNCONSTRAINED
        plans.leave_open(bar, beats)
    elif not keep_others:
        plans.repeats[beats, ~_TIMEKEEPERS] = bar - pattern[(bar - pattern[0]) % len(pattern)]

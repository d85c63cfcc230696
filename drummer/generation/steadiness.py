"""Steady grooves: a pattern of one or two bars that returns, with living velocity and timing, embellished at phrase ends."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from drummer.music.arrays import Floats
from drummer.music.beat_plan import BEAT_PLAN, NEW_PATTERN, UNCONSTRAINED
from drummer.music.controls import CONTROL_INDEX, CONTROLS, HIGHS, LOWS
from drummer.music.fills import find_fills
from drummer.music.groove import Groove
from drummer.music.meter import PHRASE_BARS
from drummer.music.onsets import onsets_on_sixteenths
from drummer.music.voices import FAMILIES, TIMEKEEPING_FAMILIES

_TIMEKEEPERS = np.isin(list(FAMILIES), TIMEKEEPING_FAMILIES)
_EMBELLISHED = 0.5  # probability that the second half of a phrase's last bar is free
_TWO_BARS = 0.5  # probability that kick, snare and toms of the second bar follow the reference: a pattern may have two bars
_LONG_BAR = 3  # counted beats; shorter bars, as in 2/4, 3/8 and 6/8, cannot be counted if two make a pattern
_SPARSE = 0.5  # share of the median number of onsets below which a bar is a rest
_USUAL = 0.2  # share of bars in which drummers' main timekeeper plays as in the bar before, see docs/experiments.md
_FILL, _STEADY, _VARIATION = (CONTROL_INDEX[name] for name in ("fill", "steady", "variation"))
# Controls that describe a pattern. Those of the reference performance do not hold in a bar that repeats it; where a requested one
# differs by more than this share of its range from its value where the pattern began, another pattern begins.
_OF_PATTERN = [CONTROL_INDEX[name] for name in ("complexity", "kick", "toms", "cymbals")]
_OTHER_PATTERN = 0.25
_NO_VARIATION = 0.1  # requested variation up to which all voices repeat; with more, only the timekeepers do


class SteadyBars(NamedTuple):
    """What the bars of a groove do if it is steady.

    Attributes:
        repeated: (bars,) bool, those that repeat the pattern.
        settled: (bars,) bool, those of them that do not return to it from a bar that differs.
        free: (bars,) bool, those that differ from it; requested fills are not among them.
    """

    repeated: NDArray[np.bool_]
    settled: NDArray[np.bool_]
    free: NDArray[np.bool_]

    @classmethod
    def none(cls, bars: int) -> SteadyBars:
        """Make those of a groove that is not steady."""
        return cls(*np.zeros((3, bars), dtype=bool))


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
    """Find the pattern of a groove that a steady groove after it repeats: its most typical bars.

    A bar is typical if it has many onsets in common with the others. Fills, rests and, in grooves of a phrase and more, the last
    bars of phrases are no part of the pattern; of a long groove the last eight bars count.

    Args:
        heard: At least one bar.
        phrase_bar: Which bar of its phrase of four the first bar is, 0-3.

    Returns:
        Indices of at most two bars, in ascending order: an even and an odd one, so that they can repeat in turn.
    """
    bars = np.arange(heard.bars)
    onsets = onsets_on_sixteenths(heard, heard.to_hits()).reshape(heard.bars, -1).astype(np.float64)
    counts = onsets.sum(axis=1)
    chosen = ~find_fills(heard) & (counts >= _SPARSE * np.median(counts[counts > 0])) if counts.any() else counts > 0
    if heard.bars >= PHRASE_BARS:
        chosen &= (phrase_bar + bars) % PHRASE_BARS != PHRASE_BARS - 1
    chosen &= bars >= heard.bars - 2 * PHRASE_BARS
    common = (onsets @ onsets[chosen].T).sum(axis=1) / np.maximum(counts, 1.0)
    halves = [bars[chosen & (bars % 2 == half)][::-1] for half in (0, 1)]  # of equal ones the last
    return sorted(int(half[common[half].argmax()]) for half in halves if len(half))


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
        changes: (bars,) bool, bars in which the reference performance's main timekeeper does not repeat the bar before.
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
) -> SteadyBars:
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
        Which bars repeat the pattern, and which are free of it.
    """
    given, in_bar = plans.given, len(plans.repeats) // len(plans.given)
    steady = SteadyBars.none(len(given))
    requested = np.flatnonzero(~np.isnan(given[:, _STEADY]))
    if len(requested) == 0:
        return steady
    begins = _find_beginnings(given, bool(heard_pattern))
    free = choose_free_bars(given, changes, begins, generator, phrase_bar)
    two_bars, embellished = generator.random() < _TWO_BARS * (in_bar >= _LONG_BAR), generator.random(len(given)) < _EMBELLISHED
    # Where the reference repeats its timekeeper in more bars than requested, free bars must play something new.
    too_steady = np.mean(~changes[requested]) > max(given[requested, _STEADY].mean(), _USUAL)
    pattern = list(heard_pattern)
    returns = True  # whether the next bar, if it repeats the pattern, differs from the bar before
    for bar in requested.tolist():
        beats = slice(bar * in_bar, (bar + 1) * in_bar)
        returns |= np.isnan(given[bar - 1, _STEADY]) and bar - 1 not in pattern
        if begins[bar]:
            if pattern:
                plans.controls[bar, _STEADY] = np.nan
                plans.leave_open(bar, beats)
            pattern, returns = [bar], False
        elif free[bar]:
            returns = True
            steady.free[bar] = given[bar, _FILL] != 1.0
            if given[bar, _FILL] == 1.0:
                plans.controls[bar, _STEADY] = np.nan
            elif too_steady and not changes[bar]:
                plans.repeats[beats] = np.where(_TIMEKEEPERS, NEW_PATTERN, UNCONSTRAINED)
                plans.leave_open(bar, beats)
        else:
            steady.repeated[bar], steady.settled[bar] = True, not returns
            second = two_bars and pattern == [bar - 1] and bool(begins[bar - 1])
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
    return steady


def is_other_pattern(requested: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Tell whether requested controls, by name, are so far from those requested before that another pattern must begin.

    Names that are no controls of a pattern, and values that are no numbers, count as left to the model.
    """
    rows = [
        np.array([float(each[name]) if isinstance(each.get(name), int | float) else math.nan for name in CONTROLS])
        for each in (requested, before)
    ]
    return _differ(*rows)


def _differ(requested: Floats, before: Floats) -> bool:
    """Tell the same of controls of a bar, (12,), NaN = none."""
    start, now = (each[_OF_PATTERN] / (HIGHS - LOWS)[_OF_PATTERN] for each in (before, requested))
    return bool(((np.abs(now - start) > _OTHER_PATTERN) | (np.isnan(start) & ~np.isnan(now))).any())


def _find_beginnings(given: Floats, heard: bool) -> NDArray[np.bool_]:
    """Find the bars that begin a pattern, (bars,) bool, among those with a requested steadiness that shall be no fills.

    They are the first one, unless the pattern was heard before, and those for which other controls are requested.
    """
    begins = np.zeros(len(given), dtype=bool)
    bars = np.flatnonzero(~np.isnan(given[:, _STEADY]) & (given[:, _FILL] != 1.0)).tolist()
    begins[bars[:1]] = not heard
    start = bars[0] if bars else 0
    for bar in bars[1:]:
        if _differ(given[bar], given[start]):
            begins[bar], start = True, bar
    return begins


def _repeat(plans: BarPlans, bar: int, beats: slice, pattern: Sequence[int], *, keep_others: bool) -> None:
    """Let a bar repeat a pattern of one or two bars: timekeepers always its first, other voices each bar in its turn.

    They repeat these bars, not the last ones: a hit that is missed once would be missing from then on. `keep_others` leaves the
    other voices as they are in the reference performance.
    """
    given, varied = plans.given[bar], plans.given[bar, _VARIATION] > _NO_VARIATION
    plans.controls[bar, _OF_PATTERN] = given[_OF_PATTERN]
    same = [_FILL, _VARIATION]
    plans.controls[bar, same] = np.nan_to_num(given[same], nan=0.0)
    plans.beats[beats] = [0.0 if name == "variation" else np.nan for name in BEAT_PLAN]
    plans.repeats[beats, _TIMEKEEPERS] = bar - pattern[0]
    if varied:
        plans.repeats[beats, ~_TIMEKEEPERS] = UNCONSTRAINED
        plans.leave_open(bar, beats)
    elif not keep_others:
        plans.repeats[beats, ~_TIMEKEEPERS] = bar - pattern[(bar - pattern[0]) % len(pattern)]

"""Controls: properties of a bar that a musician can request, bar by bar.

Each control is one class with its definition, unit, range and measurement. The same measurement gives the training data their
control values and shows whether a generated groove follows its controls. A new control is one class in `CONTROLS` and a training
run.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from drummer.errors import SettingError
from drummer.music.arrays import Floats
from drummer.music.fills import find_fills
from drummer.music.groove import LEAD_IN_BEATS, Groove, Hits
from drummer.music.onsets import SIXTEENTHS, dice_variation, onsets_on_sixteenths, sixteenths_per_bar
from drummer.music.voices import FAMILY_INDICES, VOICE_COUNT, VOICE_INDEX
from drummer.validation import check_number, quote, spell_range

# A number for all bars, or a list with one for each bar; None leaves a bar, or all of them, to the model.
ControlValue = float | Sequence[float | None] | None

_NEAR = 1 / 8  # beats; a hit nearer than this to a place on the grid belongs to that place
_TIMEKEEPERS = [VOICE_INDEX[name] for name in ("hihat_closed", "hihat_pedal", "hihat_open", "ride", "ride_bell")]
_AROUND = 4  # bars on either side


class MeasuredBars:
    """The hits of a groove sorted into bars: the quantities that several controls are measured from, each computed once.

    A hit at most `LEAD_IN_BEATS` ahead of a bar line counts in the bar that begins there.

    Attributes:
        groove: The groove.
        hits: Its hits, as parallel arrays.
        bar: (hits,) int64 bar of each hit.
        milliseconds: Milliseconds in a beat.
    """

    def __init__(self, groove: Groove) -> None:
        """Sort the hits of a groove into its bars."""
        self.groove = groove
        self.hits = groove.to_hits()
        bar = np.maximum(self.hits.beats + LEAD_IN_BEATS, 0) // groove.meter.quarters
        self.bar = np.minimum(bar, groove.bars - 1).astype(np.int64)
        self.milliseconds = 60_000 / groove.bpm

    @cached_property
    def velocities(self) -> Floats:
        """(hits,) velocities."""
        return self.hits.velocities.astype(np.float64)

    @cached_property
    def place(self) -> Floats:
        """(hits,) place in the quarter note counted from the bar line, in [0, 1)."""
        return (self.hits.beats - self.bar * self.groove.meter.quarters) % 1.0

    @cached_property
    def around_beat(self) -> Floats:
        """(hits,) distance from the nearest beat in beats, positive = late."""
        return np.where(self.place > 0.5, self.place - 1.0, self.place)

    def mean(self, values: Floats, chosen: slice | NDArray[np.bool_] = slice(None)) -> Floats:
        """Average a value over the chosen hits of each bar: (bars,), NaN in a bar without any."""
        return group_means(values[chosen], self.bar[chosen], self.groove.bars)

    def hits_per_beat(self, voices: Sequence[int]) -> Floats:
        """Count the hits a beat of some voices: (bars,)."""
        counts = np.bincount(self.bar[np.isin(self.hits.voices, voices)], minlength=self.groove.bars)
        return counts / self.groove.meter.quarters


class Control(ABC):
    """A property of a bar: its definition, unit and range, and how it is measured.

    Attributes:
        name: Name in the API, on the command line and in files.
        meaning: Meaning of its value, in a few words.
        measured: Quantity that `measure` returns, in a few words.
        unit: Unit of its value; for one that is `by_genre` the share of the genre's bars with less.
        label: Name on the page.
        low: Lowest value.
        high: Highest value.
        by_genre: Whether 0, 0.5 and 1 mean the least, the median and the most that the genre's drummers play; see `GenreScale`.
        of_onsets: Whether it depends only on which voices sound where, not on velocity and microtiming.
        display_scale: What the page shows for a value of 1: percent, or the unit itself.
        display_step: Smallest change of the page's slider.
        display_rest: Position of the slider while the control is left to the model; None = in the middle.
        primary: Whether the page shows it at once or among more controls.
    """

    name: ClassVar[str]
    meaning: ClassVar[str]
    measured: ClassVar[str]
    label: ClassVar[str]
    unit: ClassVar[str] = "share"
    low: ClassVar[float] = 0.0
    high: ClassVar[float] = 1.0
    by_genre: ClassVar[bool] = False
    of_onsets: ClassVar[bool] = False
    display_scale: ClassVar[int] = 100
    display_step: ClassVar[float] = 1
    display_rest: ClassVar[float | None] = None
    primary: ClassVar[bool] = False

    @property
    def definition(self) -> dict[str, str | float | bool]:
        """Meaning and range, as the API lists them."""
        return {name: getattr(self, name) for name in ("meaning", "unit", "low", "high", "by_genre", "of_onsets")}

    @abstractmethod
    def measure(self, bars: MeasuredBars) -> Floats:
        """Measure each bar: (bars,), NaN where a bar has nothing to measure by."""


class Intensity(Control):
    """Mean velocity, in (0, 1]."""

    name, label, primary = "intensity", "Intensity", True
    meaning = "how hard, for the genre"
    measured = "mean velocity"
    by_genre = True

    def measure(self, bars: MeasuredBars) -> Floats:
        """Average the velocities of each bar."""
        return bars.mean(bars.velocities)


class Complexity(Control):
    """Hits a beat, ghost notes included."""

    name, label, primary = "complexity", "Complexity", True
    meaning = "how busy, for the genre"
    measured = "hits per beat"
    by_genre = of_onsets = True

    def measure(self, bars: MeasuredBars) -> Floats:
        """Count the hits of each bar."""
        return bars.hits_per_beat(range(VOICE_COUNT))


class Fill(Control):
    """1 in a fill, else 0; see `find_fills`."""

    name, label = "fill", "Fill"
    meaning = "whether a bar is a fill"
    measured = "share of fills"
    of_onsets = True

    def measure(self, bars: MeasuredBars) -> Floats:
        """Find the fills."""
        return find_fills(bars.groove).astype(np.float64)


class Swing(Control):
    """Mean delay of off-beat eighths and sixteenths: 0 = straight, 1 = on the triplet."""

    name, label, primary = "swing", "Swing", True
    meaning = "0 straight, 1 triplets"
    measured = "swing"

    def measure(self, bars: MeasuredBars) -> Floats:
        """Average the delays: an eighth is delayed by up to 1/6 beat, a sixteenth by up to 1/12."""
        place = bars.place
        eighth = (place > 0.5 - _NEAR) & (place < 2 / 3 + _NEAR / 2)
        delays = np.where(eighth, (place - 0.5) * 6.0, (place % 0.5 - 0.25) * 12.0)
        off_beat = eighth | (np.abs(place % 0.5 - 0.25) < _NEAR)
        return bars.mean(delays, off_beat)


class Lateness(Control):
    """Mean displacement of the hits around the beats in milliseconds, positive = behind the beat."""

    name, label, primary = "lateness", "Behind the beat (ms)", True
    meaning = "milliseconds behind the beat against the genre's usual, negative = ahead"
    measured = "ms behind the beat"
    unit = "ms"
    low, high = -20.0, 20.0
    display_scale = 1

    def measure(self, bars: MeasuredBars) -> Floats:
        """Average the displacements."""
        return bars.mean(bars.around_beat * bars.milliseconds, np.abs(bars.around_beat) < _NEAR)


class Variation(Control):
    """1 less the Dice overlap of a bar's onsets, on sixteenths, with those of the bar before."""

    name, label = "variation", "Bar-to-bar variation"
    meaning = "how much a bar differs from the one before, 0 = not at all"
    measured = "share of onsets that differ"
    of_onsets = True

    def measure(self, bars: MeasuredBars) -> Floats:
        """Compare each bar with the one before; the first is NaN."""
        return dice_variation(bars.groove, bars.hits, np.full(bars.groove.bars, sixteenths_per_bar(bars.groove)))


class Kick(Control):
    """Kicks a beat."""

    name, label = "kick", "Kick"
    meaning = "how busy the kick is, for the genre"
    measured = "kicks per beat"
    by_genre = of_onsets = True

    def measure(self, bars: MeasuredBars) -> Floats:
        """Count the kicks of each bar."""
        return bars.hits_per_beat(FAMILY_INDICES["kick"])


class Toms(Control):
    """Tom hits a beat."""

    name, label = "toms", "Toms (hits per beat)"
    meaning = "tom hits per beat"
    measured = "toms per beat"
    unit = "hits per beat"
    high = 4.0
    of_onsets = True
    display_scale, display_step, display_rest = 1, 0.1, 0.5

    def measure(self, bars: MeasuredBars) -> Floats:
        """Count the tom hits of each bar."""
        return bars.hits_per_beat(FAMILY_INDICES["tom"])


class Cymbals(Control):
    """Share of rides and crashes among hi-hats, rides and crashes."""

    name, label = "cymbals", "Hi-hats to cymbals"
    meaning = "time on hi-hats, 0, or on rides and crashes, 1"
    measured = "share on cymbals"
    of_onsets = True

    def measure(self, bars: MeasuredBars) -> Floats:
        """Count rides and crashes among the voices that keep time."""
        voices, cymbals = bars.hits.voices, FAMILY_INDICES["cymbal"]
        timekeepers = np.isin(voices, cymbals + FAMILY_INDICES["hihat"])
        return bars.mean(np.isin(voices, cymbals).astype(np.float64), timekeepers)


class Dynamics(Control):
    """Standard deviation of velocity."""

    name, label = "dynamics", "Dynamics"
    meaning = "how far loud and soft are apart, for the genre"
    measured = "spread of velocity"
    by_genre = True

    def measure(self, bars: MeasuredBars) -> Floats:
        """Take the standard deviation of each bar's velocities."""
        return np.sqrt(bars.mean((bars.velocities - bars.mean(bars.velocities)[bars.bar]) ** 2))


class Looseness(Control):
    """Root mean square distance from the nearest sixteenth, in milliseconds."""

    name, label = "looseness", "Looseness"
    meaning = "how far hits stray from the grid, for the genre"
    measured = "ms from the grid"
    by_genre = True

    def measure(self, bars: MeasuredBars) -> Floats:
        """Take the root mean square distance of each bar's hits."""
        beats = bars.hits.beats
        distance = beats - np.round(beats * SIXTEENTHS) / SIXTEENTHS
        return np.sqrt(bars.mean((distance * bars.milliseconds) ** 2))


class Steady(Control):
    """Share of bars in which the main timekeeper repeats the bar before, among the bars around, up to four on either side."""

    name, label, primary = "steady", "Steady", True
    meaning = "0 as free as drummers jam, 1 a pattern of one or two bars that comes again"
    measured = "share of bars that repeat the timekeeper"
    of_onsets = True

    def measure(self, bars: MeasuredBars) -> Floats:
        """Compare the main timekeeper of each bar with the bar before, and average over nine bars."""
        same = repeated_timekeeping(bars.groove, bars.hits)
        known = ~np.isnan(same)
        kernel = np.ones(2 * _AROUND + 1)
        around = slice(_AROUND, _AROUND + len(same))
        sums, counts = (np.convolve(values, kernel)[around] for values in (np.where(known, same, 0.0), known.astype(np.float64)))
        return np.where(counts > 0, sums / np.maximum(counts, 1.0), np.nan)


# In the order of the last axis of every array of controls; the weights depend on it.
CONTROLS: Mapping[str, Control] = {
    control.name: control
    for control in (
        Intensity(),
        Complexity(),
        Fill(),
        Swing(),
        Lateness(),
        Variation(),
        Kick(),
        Toms(),
        Cymbals(),
        Dynamics(),
        Looseness(),
        Steady(),
    )
}
CONTROL_INDEX: Mapping[str, int] = {name: index for index, name in enumerate(CONTROLS)}
LOWS, HIGHS = np.array([(control.low, control.high) for control in CONTROLS.values()]).T


def measure_controls(groove: Groove) -> Floats:
    """Measure all controls of each bar, in the order of `CONTROLS`: (bars, 12), NaN where a bar has nothing to measure."""
    bars = MeasuredBars(groove)
    return np.stack([control.measure(bars) for control in CONTROLS.values()], axis=1)


def encode_controls(controls: Floats) -> NDArray[np.float32]:
    """Encode controls, (bars, 12), as the model reads them: (bars, 24), values in [-1, 1], then 1 where they are known.

    The variation of the first bar is never known: the model has heard nothing before it.
    """
    known = ~np.isnan(controls)
    known[0, CONTROL_INDEX["variation"]] = False
    return scale_known(controls, known, LOWS, HIGHS)


def scale_known(values: Floats, known: NDArray[np.bool_], lows: Floats, highs: Floats) -> NDArray[np.float32]:
    """Scale values to [-1, 1], 0 where unknown, and append a flag for each: (rows, n) to (rows, 2 * n)."""
    scaled = np.where(known, 2.0 * (values - lows) / (highs - lows) - 1.0, 0.0)
    return np.concatenate([scaled, known], axis=1).astype(np.float32)


def fill_every(bars: int, period: int, first_bar: int = 0) -> list[float]:
    """List the `fill` control of each bar: 1 in the last of every `period` bars, counted from `-first_bar`, else 0."""
    return [float((first_bar + bar + 1) % period == 0) for bar in range(int(bars))]


def controls_by_bar(bars: int, values: Mapping[str, ControlValue]) -> Floats:
    """Spread controls over bars.

    Args:
        bars: Number of bars.
        values: By the names in `CONTROLS`.

    Returns:
        (bars, 12), NaN where a control is left to the model.

    Raises:
        SettingError: If a value is out of its range, or a list is not as long as the groove.
    """
    controls = np.full((bars, len(CONTROLS)), np.nan)
    for name, value in values.items():
        low, high = CONTROLS[name].low, CONTROLS[name].high
        one_each = list(value) if isinstance(value, Iterable) and not isinstance(value, str | Mapping) else [value] * bars
        if len(one_each) != bars:
            raise SettingError(f"{name} must be one number or one for each of the {bars} bars, got {len(one_each)}")
        for bar, each in enumerate(one_each):
            if each is None:
                continue
            number = float(each) if name == "fill" and isinstance(each, bool) else each  # a bar is a fill or is none
            if not isinstance(number, int | float):
                raise SettingError(f"{name} must be a number {spell_range(low, high)}, got {quote(number)}")
            controls[bar, CONTROL_INDEX[name]] = float(check_number(name, number, (low, high)))
    return controls


def repeated_timekeeping(groove: Groove, hits: Hits | None = None) -> Floats:
    """Tell in which bars the main timekeeper plays as in the bar before, on sixteenths.

    The main timekeeper is the hi-hat, ride or ride bell with the most hits; without any, the voice with the most.

    Returns:
        (bars,) 1 where it does, 0 where it does not; NaN in the first bar and where it is silent in both.
    """
    onsets = onsets_on_sixteenths(groove, groove.to_hits() if hits is None else hits)
    counts = onsets.sum(axis=0)
    voices = np.array(_TIMEKEEPERS) if counts[_TIMEKEEPERS].any() else np.arange(VOICE_COUNT)
    main = onsets[:, voices[counts[voices].argmax()]].reshape(groove.bars, -1)
    same = (main[1:] == main[:-1]).all(axis=1).astype(np.float64)
    return np.append(np.nan, np.where(main[1:].any(axis=1) | main[:-1].any(axis=1), same, np.nan))


def group_means(values: Floats, groups: NDArray[np.int64], count: int) -> Floats:
    """Average the values of each group: (count,), NaN where there are none."""
    sizes = np.bincount(groups, minlength=count)
    sums = np.bincount(groups, weights=values, minlength=count)
    return np.where(sizes > 0, sums / np.maximum(sizes, 1), np.nan)

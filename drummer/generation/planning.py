"""Planning: the reference performance of a groove, and the plan of each bar and beat that is measured in it.

A groove does not start from nothing. The model first hears some bars of a training performance of the genre, which are not
returned, and takes over the plan of the bars that follow there: the controls of each bar, how much each beat changes and how busy
it is, where a family of voices repeats or returns to an earlier pattern, and which voices are silent. Every hit is sampled anew.
Without a plan, a model that chooses step after step lets its bars change too evenly.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from drummer.config_sections import SamplingConfig
from drummer.generation.steadiness import BarPlans, SteadyBars, plan_steady_bars
from drummer.generation.unused_voices import find_unused_voices
from drummer.model.checkpoint import TrainedModel
from drummer.model.reference_bank import ReferenceQuery, Stretch, override
from drummer.model.reference_bars import find_backbeats, find_typical_bars
from drummer.music.arrays import Floats
from drummer.music.beat_plan import BEAT_PLAN_INDEX, UNCONSTRAINED, find_repeats, find_returns, measure_beat_plan
from drummer.music.controls import CONTROL_INDEX, CONTROLS, measure_controls, repeated_timekeeping
from drummer.music.groove import Groove
from drummer.music.meter import FOUR_FOUR, Meter
from drummer.music.meter_adaptation import adapt

_STEADY = 0.5  # requested steadiness from which a genre with a backbeat keeps it
# A genre has a backbeat if at least this share of its training bars has one: six genres have .06 to .29, eight .46 and more.
_USUAL_BACKBEAT = 0.4
_USUAL_VARIATION = (0.33, 0.52)  # means of the training drummers' bars: of those that are no fills, and of fills
_NEARLY_EQUAL = 1  # families of voices that change in a single beat of a bar that is nearly equal to the one before
_LEAST_VARIATION = 0.5  # of an interpolation's bars; bars that only repeat the one before never arrive at the other genre
# Where a musician sets one of these controls, the bar has no beat plan: a plan to repeat the bar before would keep it from
# becoming busier.
_AGAINST_BEAT_PLAN = [CONTROL_INDEX[name] for name in ("variation", "complexity", "kick", "toms")]
_AGAINST_REPEATS = [CONTROL_INDEX["cymbals"]]


class Plan(NamedTuple):
    """Everything about a groove that is decided before its first hit is sampled.

    Attributes:
        heard: Bars that the model hears first; None = none.
        controls: (bars, 12) of the bars that are heard and of those to generate, NaN = open.
        style: 0 = any, else as `inputs.style_index`.
        beats: (beats, 2) beat plan, see `music.beat_plan`; None = none.
        reference: Reference performance, as long as both, for the model's farthest memory; None = it hears itself.
        repeats: (beats, families) as `find_repeats`; None = none.
        returns: (beats, families) as `find_returns`, `UNCONSTRAINED` in steady bars and requested fills; None = none.
        unused: (bars, 13) bool, voices that the reference performance leaves out, see `find_unused_voices`, where no control is
            requested; None = none, as in bars that follow another groove.
        equal: (bars,) bool, the bars that shall be equal to the one before, as in the reference; None = none.
        steady: What the bars of a steady groove do; None = it is not steady.
        accents: (beats, 2) nats, bonus on a kick and on a snare at each beat; None = none.
    """

    heard: Groove | None
    controls: Floats
    style: int = 0
    beats: Floats | None = None
    reference: Groove | None = None
    repeats: NDArray[np.int64] | None = None
    returns: NDArray[np.int64] | None = None
    unused: NDArray[np.bool_] | None = None
    equal: NDArray[np.bool_] | None = None
    steady: SteadyBars | None = None
    accents: Floats | None = None


class Reference(NamedTuple):
    """A reference performance: bars in the meter and at the tempo of a groove.

    Attributes:
        groove: The bars.
        controls: (bars, 12) of each.
        style: 0 = none, else as `inputs.style_index`.
    """

    groove: Groove
    controls: Floats
    style: int


def unknown_controls(bars: int) -> Floats:
    """Make controls of which none is known: (bars, 12)."""
    return np.full((bars, len(CONTROLS)), np.nan)


class Planner:
    """Plans grooves after reference performances of one model's bank."""

    def __init__(self, trained: TrainedModel, config: SamplingConfig) -> None:
        """Keep the model whose reference bank is drawn from."""
        self._trained = trained
        self._config = config
        self._steps_per_beat = trained.config.grid.steps_per_beat

    def silence(self, bars: int, bpm: float, meter: Meter) -> Groove:
        """Make a groove without a hit on the model's grid."""
        return Groove.silent(bars, bpm, steps_per_beat=self._steps_per_beat, meter=meter)

    def reference(
        self,
        query: ReferenceQuery,
        bpm: float,
        requested: Floats,
        generator: np.random.Generator,
        *,
        at_quantile: bool,
        phrase_bar: int = 0,
    ) -> Reference | None:
        """Draw a reference performance of as many bars as `requested` has, see `ReferenceBank.draw`; None where there is none."""
        preferred = self._preferred_bars(query, requested[:, CONTROL_INDEX["steady"]])
        stretch = self._trained.reference_bank.draw(query, bpm, requested, generator, at_quantile, preferred, phrase_bar)
        if stretch is None:
            return None
        groove = self._bars_of(stretch, query.meter, len(requested)).with_bpm(bpm)
        bank = self._trained.reference_bank
        if stretch.adapted:
            controls = self._trained.scale.to_controls(measure_controls(groove), query.genre)
        else:
            controls = bank.plans.numpy()[stretch.rows].astype(np.float64)
        return Reference(groove, controls, int(bank.styles[stretch.performance]))

    def _preferred_bars(self, query: ReferenceQuery, steady: Floats) -> NDArray[np.bool_] | None:
        """Find the bars of the bank that a steady groove should prefer: (bars,) bool; None if steadiness is not requested.

        They are typical of their performance. In 4/4 they have a backbeat where the genre has one; in other meters, whose bars a
        listener expects less, they are easy to count.
        """
        if not _is_steady(steady):
            return None
        if query.meter.signature != FOUR_FOUR.signature:
            return self._typical_bars & self._trained.accented_bars
        return self._typical_bars & self._backbeats if self._has_backbeat(query) else self._typical_bars

    def _has_backbeat(self, query: ReferenceQuery) -> bool:
        """Tell whether most bars of a genre and style in 4/4 have a backbeat."""
        bank = self._trained.reference_bank
        if query.meter.signature != FOUR_FOUR.signature:
            return False
        own = (bank.genres.numpy() == query.genre) & ((query.style == 0) | (bank.styles.numpy() == query.style))
        bars = np.repeat(own, bank.lengths.numpy())
        return bool(bars.any() and self._backbeats[bars].mean() >= _USUAL_BACKBEAT)

    def _plan_accents(self, query: ReferenceQuery, given: Floats, first_bar: int) -> Floats:
        """Plan the accents that let a listener count: (beats, 2) nats on a kick and on a snare, 0 in fills that are requested.

        A steady groove in 4/4 has its genre's backbeat. In other meters a kick opens each group of the bar: training holds
        little in them but adapted 4/4.

        Args:
            query: For genre, style and meter.
            given: (bars, 12) requested controls.
            first_bar: First bar that is generated.
        """
        meter, steady, fill = query.meter, *(given[:, CONTROL_INDEX[name]] for name in ("steady", "fill"))
        accents = np.zeros((len(given), len(meter.beat_eighths), 2))
        if meter.signature != FOUR_FOUR.signature:
            starts = np.cumsum(meter.beat_eighths) - meter.beat_eighths
            groups = np.isin(starts, [round(2 * start) for start in meter.group_starts])
            accents[first_bar:, groups, 0] = self._config.accents[0]
        elif _is_steady(steady) and self._has_backbeat(query):
            accents[~np.isnan(steady), 1::2, 1] = self._config.accents[1]
        accents[fill == 1.0] = 0.0
        return accents.reshape(-1, 2)

    @cached_property
    def _backbeats(self) -> NDArray[np.bool_]:
        return find_backbeats(self._trained.reference_bank, self._steps_per_beat)

    @cached_property
    def _typical_bars(self) -> NDArray[np.bool_]:
        return find_typical_bars(self._trained.reference_bank)

    def _bars_of(self, stretch: Stretch, meter: Meter, bars: int) -> Groove:
        """Look up the bars of a stretch, adapted to a meter."""
        groove = self._trained.reference_bank.groove(stretch.rows, stretch.performance, self._steps_per_beat)
        if stretch.adapted:
            return adapt(groove, meter, swung=stretch.swung).cut(0, bars)
        return Groove(groove.hits, groove.velocities, groove.offsets, groove.bpm, groove.steps_per_beat, meter)

    def plan(
        self,
        heard: Groove | None,
        controls: Floats,
        query: ReferenceQuery,
        bpm: float,
        generator: np.random.Generator,
        phrase_bar: int = 0,
        heard_pattern: Sequence[int] = (),
    ) -> Plan:
        """Plan bars that follow those that were heard or, where there are none, those of a reference performance.

        Args:
            heard: Bars that are continued; None = a groove that starts from a reference performance.
            controls: (bars, 12) of the bars to generate, NaN = left to the model.
            query: Genre, style, meter, and which reference performance.
            bpm: Tempo of the groove.
            generator: Source of all randomness.
            phrase_bar: Which bar of its phrase of four the first of `heard` is, 0-3.
            heard_pattern: Bars of `heard` whose pattern a steady groove repeats, see `steadiness.find_pattern`.
        """
        heard_bars = heard.bars if heard else 0
        before = unknown_controls(heard_bars or self._config.warm_up_bars)
        known = self._trained.scale.to_controls(measure_controls(heard), query.genre) if heard else before
        requested = np.concatenate([known, controls])
        wanted = np.concatenate([known, _without_other_fills(controls)])
        found = self.reference(query, bpm, wanted, generator, at_quantile=True, phrase_bar=phrase_bar)
        given = np.concatenate([before, controls])
        if found is None:
            return Plan(heard, given if heard else controls, query.style)
        performance, in_bar = found.groove, len(query.meter.beat_eighths)
        planned = override(found.controls, given if heard is None else requested)
        beats = _plan_beats(performance, given, planned)
        reference = unused = None
        first = len(before) * in_bar  # beat of the first bar to generate
        if heard is not None:
            beats[:first] = measure_beat_plan(heard)
            beats[first - 1] = np.nan  # open: the first new bar may begin early in it
        else:
            heard = performance.cut(0, len(before))
            unused = find_unused_voices(performance) & np.isnan(given).all(axis=1)[:, None]
            reference = performance if np.isnan(np.delete(controls, CONTROL_INDEX["steady"], axis=1)).all() else None
            if np.isnan(beats[first]).all():  # the controls of beat 1 hold for an early hit ahead of it too
                beats[first - 1] = np.nan
        repeats = find_repeats(performance)
        equal = _repeat_nearly_equal_bars(repeats, beats, in_bar)
        overridden = np.repeat(~np.isnan(given[:, _AGAINST_REPEATS]).all(axis=1), in_bar)
        overridden[first - 1] = overridden[first]
        repeats[overridden | np.isnan(beats[:, BEAT_PLAN_INDEX["variation"]])] = UNCONSTRAINED
        equal &= (repeats == 1).reshape(len(equal), -1).all(axis=1)
        changes = repeated_timekeeping(performance) != 1.0
        plans = BarPlans(given, planned, beats, repeats)
        steady = plan_steady_bars(plans, changes, generator, phrase_bar, heard_pattern)
        returns = _plan_returns(performance, repeats, given, heard_bars)
        accents = self._plan_accents(query, given, len(before))
        style = query.style or found.style
        return Plan(heard, planned, style, beats, reference, repeats, returns, unused, equal, steady, accents)

    def plan_expression(self, flat: Groove, controls: Floats, query: ReferenceQuery, generator: np.random.Generator) -> Plan:
        """Plan velocity and microtiming of hits that are there, after a reference performance whose bars are about as busy.

        Args:
            flat: The hits.
            controls: (bars, 12), NaN = left to the model.
            query: Genre, style and meter.
            generator: Source of all randomness.
        """
        measured = self._trained.scale.to_controls(measure_controls(flat), query.genre)
        from_onsets = np.isnan(controls) & [control.of_onsets for control in CONTROLS.values()]
        requested = np.concatenate([unknown_controls(self._config.warm_up_bars), np.where(from_onsets, measured, controls)])
        found = self.reference(query, flat.bpm, requested, generator, at_quantile=False)
        if found is None:
            return Plan(None, controls, query.style)
        heard = found.groove.cut(0, self._config.warm_up_bars)
        beats = measure_beat_plan(heard.then(flat))
        return Plan(heard, override(found.controls, requested), query.style or found.style, beats)

    def plan_interpolation(
        self,
        controls: Floats,
        queries: tuple[ReferenceQuery, ReferenceQuery],
        weights: Floats,
        bpm: float,
        generator: np.random.Generator,
    ) -> Plan:
        """Plan bars from one genre to another: the plans of two reference performances, mixed bar by bar.

        Bars vary more than usual, or the first genre would be repeated to the end.

        Args:
            controls: (bars, 12) of the bars that are heard and of those to generate, NaN = left to the model.
            queries: Of the two genres.
            weights: (bars,) weight of the second genre, 0-1.
            bpm: Tempo.
            generator: Source of all randomness.
        """
        warm_up = self._config.warm_up_bars
        wanted = _without_other_fills(controls)
        found = [self.reference(each, bpm, wanted, generator, at_quantile=False) for each in queries]
        first, last = (controls if each is None else override(each.controls, controls) for each in found)
        mixed = (1 - weights)[:, None] * first + weights[:, None] * last
        fill, variation = CONTROL_INDEX["fill"], CONTROL_INDEX["variation"]
        mixed[:, fill] = np.where(weights < 0.5, first[:, fill], last[:, fill])
        known = ~np.isnan(controls[:, variation])
        mixed[:, variation] = np.where(known, controls[:, variation], np.fmax(mixed[:, variation], _LEAST_VARIATION))
        start = found[0]
        heard = self.silence(warm_up, bpm, queries[0].meter) if start is None else start.groove.cut(0, warm_up)
        return Plan(heard, mixed)


def temperature_scale(controls: Floats, beats: Floats | None, meter: Meter, config: SamplingConfig) -> Floats:
    """Choose the temperature scale of the voices for each beat: (beats,) factors on the temperature.

    A bar or beat that repeats the one before has a low temperature, one that differs a high one: at one temperature for all, bars
    differ less from each other than those of drummers. Drummers seldom spread a change over a whole bar: they keep three beats
    and change the fourth. So the beat plan comes before the control `variation`.

    Args:
        controls: (bars, 12).
        beats: (beats, 2) beat plan, or None.
        meter: The meter.
        config: Tables of the factors by variation.
    """
    usual = np.where(controls[:, CONTROL_INDEX["fill"]] == 1.0, _USUAL_VARIATION[1], _USUAL_VARIATION[0])
    variation = controls[:, CONTROL_INDEX["variation"]]
    by_bar = _interpolate(np.where(np.isnan(variation), usual, variation), config.bar_temperature_scale)
    by_beat = np.repeat(by_bar, len(meter.beat_eighths))
    if beats is None:
        return by_beat
    change = beats[:, BEAT_PLAN_INDEX["variation"]]
    return np.where(np.isnan(change), by_beat, _interpolate(np.nan_to_num(change), config.beat_temperature_scale))


def _is_steady(steady: Floats) -> bool:
    """Tell whether the requested steadiness, (bars,), NaN = none, calls for the genre's backbeat."""
    return bool((~np.isnan(steady)).any() and np.nanmean(steady) >= _STEADY)


def _without_other_fills(controls: Floats) -> Floats:
    """Ask for no fills besides those that are requested, if any are: or a performance that is all fills would match best.

    Args:
        controls: (bars, 12) requested controls, NaN = open.
    """
    fill = CONTROL_INDEX["fill"]
    if not (controls[:, fill] == 1.0).any():
        return controls
    wanted = controls.copy()
    wanted[:, fill] = np.nan_to_num(controls[:, fill], nan=0.0)
    return wanted


def _plan_beats(performance: Groove, given: Floats, planned: Floats) -> Floats:
    """Plan each beat as in a reference performance: (beats, 2), NaN = open where the controls override it."""
    beats = measure_beat_plan(performance)
    overridden = ~np.isnan(given[:, _AGAINST_BEAT_PLAN]).all(axis=1) | np.isnan(planned[:, CONTROL_INDEX["variation"]])
    beats[np.repeat(overridden, len(performance.meter.beat_eighths))] = np.nan
    return beats


def _repeat_nearly_equal_bars(repeats: NDArray[np.int64], beats: Floats, in_bar: int) -> NDArray[np.bool_]:
    """Let bars that are nearly equal to the one before repeat it, in place: sampling adds changes of its own to other bars.

    Args:
        repeats: (beats, families), see `find_repeats`.
        beats: (beats, 2) beat plan.
        in_bar: Beats in a bar.

    Returns:
        (bars,) bool, the bars that repeat.
    """
    by_bar, of_bars = repeats.reshape(-1, in_bar, repeats.shape[1]), beats.reshape(-1, in_bar, beats.shape[1])
    changes: NDArray[np.int64] = (by_bar != 1).sum(axis=(1, 2))
    nearly = (changes <= _NEARLY_EQUAL) & ~np.isnan(of_bars).any(axis=(1, 2))
    by_bar[nearly] = 1
    of_bars[nearly, :, BEAT_PLAN_INDEX["variation"]] = 0.0
    return nearly


def _plan_returns(performance: Groove, repeats: NDArray[np.int64], given: Floats, heard_bars: int) -> NDArray[np.int64]:
    """Plan where families of voices return to an earlier pattern, as in a reference performance: (beats, families).

    No bar returns, and none is returned to, that does not follow the reference: steady bars, whose pattern is their own, and
    requested fills.

    Args:
        performance: The reference performance.
        repeats: (beats, families) those of the plan.
        given: (bars, 12) requested controls.
        heard_bars: Bars of another groove that stand in place of the first ones.
    """
    in_bar = len(repeats) // len(given)
    follows = np.isnan(given[:, CONTROL_INDEX["steady"]]) & (given[:, CONTROL_INDEX["fill"]] != 1.0)
    follows[:heard_bars] = False
    returns = find_returns(performance, repeats)
    bars = np.repeat(np.arange(len(given)), in_bar)[:, None]
    return np.where((returns > 0) & follows[bars] & follows[bars - np.maximum(returns, 0)], returns, UNCONSTRAINED)


def _interpolate(values: Floats, table: Sequence[tuple[float, float]]) -> Floats:
    """Look values up in a table of places and results, on straight lines in between."""
    places, results = np.array(sorted(table)).T
    return np.asarray(np.interp(values, places, results))

"""Planning: the reference performance of a groove, and what it says of each bar and beat.

A groove does not start from nothing. The model first hears some bars of a training performance of the genre, which are not
returned, and takes over the plan of the bars that follow there: the controls of each bar, how much each beat changes and how busy
it is, and where a family of voices repeats. Every hit is sampled anew. A model that only chooses step after step has no plan, and
its bars change too evenly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from drummer.config_sections import SamplingConfig
from drummer.model.checkpoint import TrainedModel
from drummer.music.beat_plan import BEAT_PLAN_INDEX, UNCONSTRAINED, find_repeats, measure_beat_plan
from drummer.music.controls import CONTROL_INDEX, CONTROLS, Floats, measure_controls
from drummer.music.groove import Groove
from drummer.music.meter import Meter

_USUAL_VARIATION = (0.33, 0.52)  # means of the training drummers' bars: of those that are no fills, and of fills
_LEAST_VARIATION = 0.5  # of an interpolation's bars: bars that repeat the one before never arrive at the other genre
# Controls that a bar's beat plan contradicts once they are set: told to repeat the bar before, it would not become busier.
_AGAINST_BEAT_PLAN = [CONTROL_INDEX[name] for name in ("variation", "complexity", "kick", "toms")]
_AGAINST_REPEATS = [CONTROL_INDEX["cymbals"]]


class Plan(NamedTuple):
    """Everything about a groove that is decided before its first hit is sampled.

    Attributes:
        heard: Bars that the model hears first; None = none.
        controls: (bars, 11) of the bars that are heard and of those to generate, NaN = open.
        beats: (beats, 2) beat plan, see `music.beat_plan`; None = none.
        reference: Reference performance, as long as both, for the model's farthest memory; None = it hears itself.
        repeats: (beats, families) as `find_repeats`; None = none.
    """

    heard: Groove | None
    controls: Floats
    beats: Floats | None = None
    reference: Groove | None = None
    repeats: NDArray[np.int64] | None = None


def unknown_controls(bars: int) -> Floats:
    """Make controls of which none is known: (bars, 11)."""
    return np.full((bars, len(CONTROLS)), np.nan)


class Planner:
    """Draws reference performances and turns them into plans."""

    def __init__(self, trained: TrainedModel, config: SamplingConfig) -> None:
        """Take the model whose reference bank is drawn from."""
        self._trained = trained
        self._config = config
        self._grid = trained.config.grid
        self._meter = Meter(self._grid.beats_per_bar, 4)

    def silence(self, bars: int, bpm: float) -> Groove:
        """Make a groove without a hit on the model's grid."""
        return Groove.silent(bars, bpm, steps_per_beat=self._grid.steps_per_beat, meter=self._meter)

    def reference(self, rows: NDArray[np.int64], bpm: float) -> Groove:
        """Look up bars of the reference bank as a groove."""
        steps_per_bar = self._grid.steps_per_beat * self._grid.beats_per_bar
        velocities, offsets = self._trained.reference_bank.bars(rows, steps_per_bar)
        return Groove(velocities > 0, velocities, offsets, bpm, self._grid.steps_per_beat, self._meter)

    def plan(
        self, heard: Groove | None, controls: Floats, genre: int, bpm: float, generator: np.random.Generator, place: float
    ) -> Plan:
        """Plan bars that follow those that were heard or, where there are none, those of a reference performance.

        Args:
            heard: Bars that are continued; None = a groove that starts from a reference performance.
            controls: (bars, 11) of the bars to generate, NaN = left to the model.
            genre: Index of the genre.
            bpm: Tempo of the groove.
            generator: Source of all randomness.
            place: In [0, 1), which reference performance; see `ReferenceBank.draw`.
        """
        before = unknown_controls(heard.bars if heard else self._config.warm_up_bars)
        known = self._trained.scale.to_controls(measure_controls(heard), genre) if heard else before
        stretch = self._trained.reference_bank.draw(genre, bpm, np.concatenate([known, controls]), generator, place)
        given = np.concatenate([before, controls])
        if stretch is None:
            return Plan(heard, given if heard else controls)
        rows, planned = stretch
        performance = self.reference(rows, bpm)
        beats = _plan_beats(performance, given, planned)
        reference = None
        if heard is not None:
            heard_beats = heard.bars * self._grid.beats_per_bar
            beats[:heard_beats] = measure_beat_plan(heard)
            beats[heard_beats - 1] = np.nan  # it may still get an early downbeat of what follows
        else:
            heard = performance.cut(0, len(before))
            heard_beats = heard.bars * self._grid.beats_per_bar
            reference = performance if np.isnan(controls).all() else None
            if np.isnan(beats[heard_beats]).all():  # the controls of beat 1 hold for an early hit ahead of it too
                beats[heard_beats - 1] = np.nan
        repeats = find_repeats(performance)
        overridden = np.repeat(~np.isnan(given[:, _AGAINST_REPEATS]).all(axis=1), self._grid.beats_per_bar)
        overridden[heard_beats - 1] = overridden[heard_beats]
        repeats[overridden | np.isnan(beats[:, BEAT_PLAN_INDEX["variation"]])] = UNCONSTRAINED
        return Plan(heard, planned, beats, reference, repeats)

    def plan_expression(self, flat: Groove, controls: Floats, genre: int, generator: np.random.Generator) -> Plan:
        """Plan velocity and microtiming of hits that are there, after a reference performance whose bars are about as busy.

        Args:
            flat: The hits.
            controls: (bars, 11), NaN = left to the model.
            genre: Index of the genre.
            generator: Source of all randomness.
        """
        measured = self._trained.scale.to_controls(measure_controls(flat), genre)
        from_onsets = np.isnan(controls) & [control.of_onsets for control in CONTROLS.values()]
        alike = np.where(from_onsets, measured, controls)
        before = unknown_controls(self._config.warm_up_bars)
        stretch = self._trained.reference_bank.draw(genre, flat.bpm, np.concatenate([before, alike]), generator)
        if stretch is None:
            return Plan(None, controls)
        rows, planned = stretch
        heard = self.reference(rows, flat.bpm).cut(0, len(before))
        return Plan(heard, planned, measure_beat_plan(heard.then(flat)))

    def plan_interpolation(
        self, controls: Floats, genres: tuple[int, int], weights: Floats, bpm: float, generator: np.random.Generator
    ) -> Plan:
        """Plan bars from one genre to another: the plans of two reference performances, mixed bar by bar.

        Bars vary more than usual, or the first genre would be repeated to the end.

        Args:
            controls: (bars, 11) of the bars that are heard and of those to generate, NaN = left to the model.
            genres: Indices of the two genres.
            weights: (bars,) weight of the second genre, 0-1.
            bpm: Tempo.
            generator: Source of all randomness.
        """
        warm_up = self._config.warm_up_bars
        stretches = [self._trained.reference_bank.draw(genre, bpm, controls, generator) for genre in genres]
        first, last = (controls if stretch is None else stretch[1] for stretch in stretches)
        mixed = (1 - weights)[:, None] * first + weights[:, None] * last
        fill, variation = CONTROL_INDEX["fill"], CONTROL_INDEX["variation"]
        mixed[:, fill] = np.where(weights < 0.5, first[:, fill], last[:, fill])
        known = ~np.isnan(controls[:, variation])
        mixed[:, variation] = np.where(known, controls[:, variation], np.fmax(mixed[:, variation], _LEAST_VARIATION))
        start = stretches[0]
        heard = self.silence(warm_up, bpm) if start is None else self.reference(start[0], bpm).cut(0, warm_up)
        return Plan(heard, mixed)


def temperature_scale(controls: Floats, beats: Floats | None, beats_per_bar: int, config: SamplingConfig) -> Floats:
    """Choose the temperature scale of the voices for each beat: (beats,) factors on the temperature.

    A bar or beat that repeats the one before is sampled safely, one that differs boldly: sampled all alike, they differ less
    from each other than drummers' bars do. Drummers seldom spread a change over a whole bar: they keep three beats and
    change the fourth. So the beat plan comes first.

    Args:
        controls: (bars, 11).
        beats: (beats, 2) beat plan, or None.
        beats_per_bar: Beats in a bar.
        config: Tables of the factors by variation.
    """
    usual = np.where(controls[:, CONTROL_INDEX["fill"]] == 1.0, _USUAL_VARIATION[1], _USUAL_VARIATION[0])
    variation = controls[:, CONTROL_INDEX["variation"]]
    by_bar = _interpolate(np.where(np.isnan(variation), usual, variation), config.bar_temperature_scale)
    by_beat = np.repeat(by_bar, beats_per_bar)
    if beats is None:
        return by_beat
    change = beats[:, BEAT_PLAN_INDEX["variation"]]
    return np.where(np.isnan(change), by_beat, _interpolate(np.nan_to_num(change), config.beat_temperature_scale))


def _plan_beats(performance: Groove, given: Floats, planned: Floats) -> Floats:
    """Plan each beat as in a reference performance: (beats, 2), NaN = open where the controls ask for something else."""
    beats = measure_beat_plan(performance)
    overridden = ~np.isnan(given[:, _AGAINST_BEAT_PLAN]).all(axis=1) | np.isnan(planned[:, CONTROL_INDEX["variation"]])
    beats[np.repeat(overridden, performance.steps_per_bar // performance.steps_per_beat)] = np.nan
    return beats


def _interpolate(values: Floats, table: Sequence[tuple[float, float]]) -> Floats:
    """Look values up in a table of places and results, on straight lines in between."""
    places, results = np.array(sorted(table)).T
    return np.asarray(np.interp(values, places, results))

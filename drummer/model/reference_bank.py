"""`ReferenceBank`: the training performances that grooves are planned from; they travel with the weights.

A groove begins from a few bars of a training performance of its genre, at about its tempo. The model hears them, the user does
not: bars that continue a real drummer keep one feel and one idea, while a first bar sampled from nothing does not. The bank also
holds the controls of each bar, from which `generation.planning` makes the plan of the bars that follow. `python -m
drummer.evaluation` measures how much is copied.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from drummer.music.arrays import Floats
from drummer.music.controls import CONTROL_INDEX, CONTROLS, HIGHS, LOWS
from drummer.music.groove import Groove
from drummer.music.meter import FOUR_FOUR, PHRASE_BARS, Meter
from drummer.music.meter_adaptation import SWUNG_TEMPO, are_swung, can_adapt, source_bars
from drummer.music.voices import VOICE_COUNT, VOICE_INDEX

_TEMPO_OCTAVES = 0.25  # standard deviation of a stretch's tempo from the requested one
# The same outside the genre's usual tempos. The faster drummers play, the fewer and the tighter their hits; bars that are sped up
# keep all their hits. `python -m drummer.evaluation --tempos` measures it, see docs/experiments.md.
_UNUSUAL_TEMPO_OCTAVES = 0.1
_ENOUGH_BARS = 16.0  # so near, weighted by their nearness; with fewer, all grooves would follow one short performance
_CONTROL_DISTANCE = 0.1  # standard deviation of its controls from the requested ones, as a share of each control's range
_CANDIDATES = 256  # stretches that are compared with the requested controls
_PREFERENCE = 20.0  # nats by which a stretch of preferred bars comes before one that has none
_IN_ORDER = 16  # bars that follow each other where their performance has so many in whole phrases; a longer plan may wrap around
_MOST_BARS = 16  # longer performances have no greater weight
_FEWEST_KICKS = 0.25  # a bar; performances with fewer are solos on snare drum or toms (1% of rock's, 4% of jazz's), not grooves
_SOLO_WEIGHT = 1e-6  # of a solo: drawn only where a genre has nothing else
_LEAST_ACCENTED = 0.02  # weight in another meter of a performance without a bar that is easy to count, beside 1.02 where all are
_OWN_METER = 0.5  # share of grooves in another meter whose reference is in that meter, where there is one
VELOCITIES, _OFFSETS = 127, 256  # stored as whole numbers: MIDI velocities, and parts of a step


class ReferenceBank(NamedTuple):
    """The training performances of the kind "beat", bar after bar.

    Attributes:
        genres: (performances,) int64.
        styles: (performances,) int64, 0 = none, else as `inputs.style_index`.
        meters: (performances, 2) int64, numerator and denominator.
        bpm: (performances,) float32.
        lengths: (performances,) int64, in bars.
        plans: (bars, 12) float16, the controls of each bar of all performances.
        counts: (bars,) int16, hits of each bar.
        steps: (hits,) uint8, step in the bar of each hit.
        voices: (hits,) uint8.
        velocities: (hits,) uint8, 1 to 127.
        offsets: (hits,) int8, in 256ths of a step.
    """

    genres: Tensor
    styles: Tensor
    meters: Tensor
    bpm: Tensor
    lengths: Tensor
    plans: Tensor
    counts: Tensor
    steps: Tensor
    voices: Tensor
    velocities: Tensor
    offsets: Tensor

    @classmethod
    def collect(cls, performances: Sequence[tuple[int, int, Groove, Floats]]) -> ReferenceBank:
        """Collect performances; may be none.

        Args:
            performances: Genre, style, music and controls (bars, 12) of each.
        """
        grooves = [groove for _, _, groove, _ in performances]
        plans = np.concatenate([np.zeros((0, len(CONTROLS))), *(controls for *_, controls in performances)])
        cells = [np.nonzero(groove.hits) for groove in grooves]
        counts = [
            np.bincount(steps // groove.steps_per_bar, minlength=groove.bars)
            for groove, (steps, _) in zip(grooves, cells, strict=True)
        ]
        in_bar = [steps % groove.steps_per_bar for groove, (steps, _) in zip(grooves, cells, strict=True)]
        loudness = [groove.velocities[cell] for groove, cell in zip(grooves, cells, strict=True)]
        timing = [groove.offsets[cell] for groove, cell in zip(grooves, cells, strict=True)]

        def joined(parts: Sequence[NDArray[Any]], kind: type) -> Tensor:
            return torch.from_numpy(np.concatenate([np.zeros(0, dtype=kind), *parts]).astype(kind))

        return cls(
            torch.tensor([genre for genre, *_ in performances], dtype=torch.int64),
            torch.tensor([style for _, style, *_ in performances], dtype=torch.int64),
            torch.tensor([(groove.meter.numerator, groove.meter.denominator) for groove in grooves]).reshape(-1, 2).long(),
            torch.tensor([groove.bpm for groove in grooves], dtype=torch.float32),
            torch.tensor([groove.bars for groove in grooves], dtype=torch.int64),
            torch.from_numpy(plans.astype(np.float16)),
            joined(counts, np.int16),
            joined(in_bar, np.uint8),
            joined([voices for _, voices in cells], np.uint8),
            joined([np.round(each * VELOCITIES).clip(1, VELOCITIES) for each in loudness], np.uint8),
            joined([np.round(each * _OFFSETS).clip(-_OFFSETS // 2, _OFFSETS // 2 - 1) for each in timing], np.int8),
        )

    def check(self, genres: int, styles: int, steps_per_beat: int) -> None:
        """Check that the parts, read from a file, fit each other, a number of genres and of styles, and a grid.

        Raises:
            ValueError: If they do not.
        """
        performances, bars, hits = len(self.genres), len(self.plans), len(self.steps)
        sizes = [(each, performances) for each in (self.styles, self.bpm, self.lengths)] + [(self.counts, bars)]
        sizes += [(each, hits) for each in (self.voices, self.velocities, self.offsets)]
        whole = all(each.shape == (size,) for each, size in sizes) and self.plans.shape == (bars, len(CONTROLS))
        if not whole or self.meters.shape != (performances, 2):
            raise ValueError("the parts of its reference bank do not fit each other")
        ends = [(self.genres, genres), (self.styles, styles + 1), (self.voices, VOICE_COUNT)]
        inside = all(bool(((each >= 0) & (each < end)).all()) for each, end in ends)
        played = bool((self.lengths >= 1).all()) and bool((self.counts >= 0).all()) and bool((self.bpm > 0).all())
        metered = bool((self.meters >= 1).all()) and bool((4 * self.meters[:, 0] * steps_per_beat % self.meters[:, 1] == 0).all())
        summed = int(self.lengths.sum()) == bars and int(self.counts.long().sum()) == hits
        if not (inside and played and metered and summed):
            raise ValueError("the parts of its reference bank do not fit each other")
        steps_per_bar = 4 * self.meters[:, 0] * steps_per_beat // self.meters[:, 1]
        if bool((self.steps >= steps_per_bar.repeat_interleave(self.lengths).repeat_interleave(self.counts.long())).any()):
            raise ValueError("a hit of its reference bank lies outside its bar")

    def choose(self, query: ReferenceQuery, *, solos: bool = False) -> Choice | None:
        """List the performances that answer a query, with their weights at any tempo.

        If there are performances in the meter itself, `query.quantile` decides: below 0.5 they are listed, else those in 4/4,
        which are adapted to the meter. If some swing, only these are adapted to a compound meter.

        Args:
            query: Genre, style, meter and quantile.
            solos: Whether performances without a kick are as good as others.

        Returns:
            None where there are none.
        """
        genre, style, meter, quantile, special, _, accented = query
        genres, styles = self.genres.numpy(), self.styles.numpy()
        usual = ~np.isin(styles, special) if style == 0 else styles == style
        fitting = (genres == genre) & usual
        own, common = self.in_meter(meter) & fitting, self.in_meter(FOUR_FOUR) & fitting
        swung = np.zeros(len(genres), dtype=bool)
        adapted = meter.signature != FOUR_FOUR.signature
        if adapted and own.any():
            adapted = quantile >= _OWN_METER and bool(common.any())
            quantile = quantile / _OWN_METER if quantile < _OWN_METER else (quantile - _OWN_METER) / (1 - _OWN_METER)
        if adapted:
            if not (can_adapt(meter) and common.any()):
                return None
            swung[common] = self._swung(np.flatnonzero(common))
            if meter.compound and (common & swung).any():
                common &= swung
            factors = np.where(swung, SWUNG_TEMPO, 1.0) if meter.compound else np.ones(len(genres))
        else:
            common, factors = own, np.ones(len(genres))
        chosen = np.flatnonzero(common)
        if len(chosen) == 0:
            return None
        weights = np.minimum(self.lengths.numpy()[chosen], _MOST_BARS).astype(np.float64)
        if adapted and accented is not None:
            weights *= _LEAST_ACCENTED + self._shares(accented)[chosen]
        if not solos:
            weights *= np.where(self._has_kick()[chosen], 1.0, _SOLO_WEIGHT)
        return Choice(chosen, weights, factors[chosen] * self.bpm.numpy()[chosen], quantile, adapted, swung[chosen])

    def draw(
        self,
        query: ReferenceQuery,
        bpm: float,
        requested: Floats,
        generator: np.random.Generator,
        at_quantile: bool,
        preferred: NDArray[np.bool_] | None = None,
        phrase_bar: int = 0,
    ) -> Stretch | None:
        """Draw a stretch of bars from about a tempo, whose controls are near the requested ones.

        Args:
            query: Genre, style, meter and quantile.
            bpm: Tempo.
            requested: (bars, 12) requested controls, NaN = open.
            generator: Source of all randomness.
            at_quantile: Whether `query.quantile` chooses the performance where no controls are requested. At the tempo of
                `tempo_at` it is that performance; at another tempo it is the one at this quantile of all, weighted by their
                probabilities. False: the performance is drawn.
            preferred: (bars,) bool, bars of the bank that are better than others where controls are requested, above all in the
                first bar with requests. None = all alike.
            phrase_bar: Which bar of its phrase of four the first bar is, 0-3.

        Returns:
            Consecutive bars, the first of them at that place of a phrase, or near it where they are adapted to a meter of short
            bars. A performance that is too short repeats after its last whole phrase. None where there are no performances.
        """
        choice = self.choose(query, solos=not np.isnan(requested[:, CONTROL_INDEX["kick"]]).all())
        if choice is None:
            return None
        count = source_bars(len(requested), query.meter) if choice.adapted else len(requested)
        requested = requested[np.arange(count) * len(requested) // count] if choice.adapted else requested
        lengths = self.lengths.numpy()
        distance = _tempo_distance(choice, bpm, query.tempos)
        probabilities = choice.weights * np.exp(distance.min() - distance)
        probabilities /= probabilities.sum()
        indices = generator.choice(len(choice.performances), _CANDIDATES, p=probabilities)
        if at_quantile and np.isnan(requested).all():
            usual = _index_at(choice.quantile, choice.weights)
            indices[:] = usual if round(float(choice.bpm[usual])) == bpm else _index_at(choice.quantile, probabilities)
        drawn = choice.performances[indices]  # (candidates,)
        into_phrase = source_bars(phrase_bar, query.meter) if choice.adapted and phrase_bar else phrase_bar
        phrases = np.maximum(0, lengths[drawn] - into_phrase - min(count, _IN_ORDER)) // PHRASE_BARS
        starts = into_phrase + PHRASE_BARS * generator.integers(0, phrases + 1)
        in_phrases = np.where(lengths < PHRASE_BARS, lengths, lengths - lengths % PHRASE_BARS)[drawn]
        first = (np.cumsum(lengths) - lengths)[drawn]
        rows = first[:, None] + (starts[:, None] + np.arange(count)) % in_phrases[:, None]  # (candidates, bars)
        distance = _distance(self.plans.numpy()[rows].astype(np.float64), requested) / (2 * _CONTROL_DISTANCE**2)
        if preferred is not None:
            # The bar that sets the pattern counts as much as all together.
            first = int(np.argmin(np.isnan(requested).all(axis=1)))
            distance += _PREFERENCE * (2.0 - preferred[rows].mean(axis=1) - preferred[rows[:, first]])
        probabilities = np.exp(distance.min() - distance)
        index = int(generator.choice(_CANDIDATES, p=probabilities / probabilities.sum()))
        return Stretch(rows[index], int(drawn[index]), choice.adapted, bool(choice.swung[indices[index]]))

    def tempo_at(self, query: ReferenceQuery) -> float | None:
        """Look up the tempo of the performance at the quantile of a query; given that tempo, `draw` chooses this performance.

        Args:
            query: Its quantile is of all performances, weighted by their lengths, up to 16 bars.

        Returns:
            None where there are no performances.
        """
        choice = self.choose(query)
        return None if choice is None else float(choice.bpm[_index_at(choice.quantile, choice.weights)])

    def in_meter(self, meter: Meter) -> NDArray[np.bool_]:
        """Find the performances in a meter, whatever its grouping: (performances,) bool."""
        return np.asarray((self.meters.numpy() == (meter.numerator, meter.denominator)).all(axis=1))

    def bars_of_hits(self) -> NDArray[np.int64]:
        """Find the bar of the bank that each hit is in: (hits,)."""
        return np.repeat(np.arange(len(self.plans)), self.counts.numpy())

    def _has_kick(self) -> NDArray[np.bool_]:
        """Find the performances with kicks: (performances,) bool."""
        kicks = np.flatnonzero(self.voices.numpy() == VOICE_INDEX["kick"])
        hits = np.concatenate([[0], np.cumsum(self.counts.numpy(), dtype=np.int64)])  # before each bar
        bars = np.concatenate([[0], np.cumsum(self.lengths.numpy())])  # before each performance
        counts = np.diff(np.searchsorted(kicks, hits[bars]))
        return np.asarray(counts >= _FEWEST_KICKS * self.lengths.numpy())

    def _shares(self, bars: NDArray[np.bool_]) -> Floats:
        """Compute the share of each performance's bars, (performances,), that are among some bars, (bars,) bool."""
        lengths = self.lengths.numpy()
        return np.asarray(np.add.reduceat(bars.astype(np.float64), np.cumsum(lengths) - lengths) / lengths)

    def _swung(self, performances: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell of each of some performances whether it swings: (performances,) bool."""
        swing = self.plans[:, CONTROL_INDEX["swing"]].numpy().astype(np.float64)
        ends = np.cumsum(self.lengths.numpy())
        bars = zip((ends - self.lengths.numpy())[performances], ends[performances], strict=True)
        return np.array([are_swung(swing[first:end]) for first, end in bars], dtype=bool)

    def groove(self, rows: NDArray[np.int64], performance: int, steps_per_beat: int) -> Groove:
        """Look up some bars of a performance, at its tempo."""
        meter = Meter(*self.meters[performance].tolist())
        velocities = np.zeros((len(rows), meter.steps(steps_per_beat), VOICE_COUNT), dtype=np.float32)
        offsets = np.zeros_like(velocities)
        counts = self.counts.numpy().astype(np.int64)
        ends = np.cumsum(counts)
        for bar, row in enumerate(rows.tolist()):
            hits = slice(int(ends[row] - counts[row]), int(ends[row]))
            cells = bar, self.steps.numpy()[hits], self.voices.numpy()[hits]
            velocities[cells] = self.velocities.numpy()[hits] / np.float32(VELOCITIES)
            offsets[cells] = self.offsets.numpy()[hits] / np.float32(_OFFSETS)
        flat = (-1, VOICE_COUNT)
        bpm = float(self.bpm[performance])
        return Groove(velocities.reshape(flat) > 0, velocities.reshape(flat), offsets.reshape(flat), bpm, steps_per_beat, meter)


class ReferenceQuery(NamedTuple):
    """A query for the reference performance of a groove.

    Attributes:
        genre: Index of the genre.
        style: 0 = any, else as `inputs.style_index`.
        meter: The meter.
        quantile: In [0, 1), which of all performances; see `ReferenceBank.draw`.
        special: Styles that are a reference only where they are requested.
        tempos: Lowest and highest usual tempo of the genre, in quarter notes a minute.
        accented: (bars,) bool, bars of the bank that are easy to count: the more a performance has of them, the more often it is
            adapted to another meter. None = all alike.
    """

    genre: int
    style: int
    meter: Meter
    quantile: float
    special: tuple[int, ...] = ()
    tempos: tuple[float, float] = (0.0, math.inf)
    accented: NDArray[np.bool_] | None = None


class Choice(NamedTuple):
    """Performances to draw from.

    Attributes:
        performances: (n,) int64.
        weights: (n,) at any tempo.
        bpm: (n,) tempos, after the adaptation.
        quantile: In [0, 1), of these.
        adapted: Whether they are in 4/4 and are adapted to the meter.
        swung: (n,) bool, whether they swing, where that matters.
    """

    performances: NDArray[np.int64]
    weights: Floats
    bpm: Floats
    quantile: float
    adapted: bool
    swung: NDArray[np.bool_]


class Stretch(NamedTuple):
    """Bars of a performance.

    Attributes:
        rows: (bars,) rows of the bank.
        performance: Index of the performance.
        adapted: Whether they are in 4/4 and are to be adapted to the meter, see `music.meter_adaptation.adapt`.
        swung: Whether they swing.
    """

    rows: NDArray[np.int64]
    performance: int
    adapted: bool
    swung: bool


def _index_at(quantile: float, weights: Floats) -> int:
    """Find the index at a quantile, in [0, 1), of weighted items."""
    ends = np.cumsum(weights)
    return min(int(np.searchsorted(ends, quantile * ends[-1], side="right")), len(weights) - 1)


def _tempo_distance(choice: Choice, bpm: float, usual: tuple[float, float]) -> Floats:
    """Compute by how many nats each performance is less probable than one at a tempo: (n,), see `_TEMPO_OCTAVES`."""
    octaves = np.log2(np.maximum(choice.bpm, 1.0) / bpm)
    if not usual[0] <= bpm <= usual[1]:
        near: Floats = octaves**2 / (2 * _UNUSUAL_TEMPO_OCTAVES**2)
        if (choice.weights * np.exp(-near)).sum() >= _ENOUGH_BARS:
            return near
    return np.asarray(octaves**2 / (2 * _TEMPO_OCTAVES**2))


def _distance(plans: Floats, requested: Floats) -> Floats:
    """Compute the mean square distance of plans from requested controls: (stretches,).

    The unit is the range of a control; a plan without a value is half a range away.
    """
    known = ~np.isnan(requested)
    if not known.any():
        return np.zeros(len(plans))
    distances = ((plans - requested) / (HIGHS - LOWS))[:, known]
    return np.asarray((np.nan_to_num(distances, nan=0.5) ** 2).mean(axis=1))


def override(plan: Floats, requested: Floats) -> Floats:
    """Put requested controls into a plan; a bar whose fill they change loses the plan's other controls."""
    fill = CONTROL_INDEX["fill"]
    changed = ~np.isnan(requested[:, fill]) & (requested[:, fill] != plan[:, fill])
    kept = np.where(changed[:, None], np.nan, plan)
    return np.where(np.isnan(requested), kept, requested)

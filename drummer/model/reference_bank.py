"""`ReferenceBank`: the training performances that grooves are planned from; they travel with the weights.

A groove begins from a few bars of a training performance of its genre, at about its tempo. The model hears them, the user does
not: bars that continue a real drummer keep one touch and one idea, while a first bar sampled from nothing does not. The bank also
holds the controls of each bar, from which `generation.planning` makes the plan of the bars that follow. `python -m
drummer.evaluation` measures how much is copied.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from drummer.music.controls import CONTROL_INDEX, CONTROLS, HIGHS, LOWS, Floats
from drummer.music.voices import VOICE_COUNT, VOICE_INDEX

Singles = NDArray[np.float32]

_TEMPO_OCTAVES = 0.25  # standard deviation of a stretch's tempo from the requested one
_CONTROL_DISTANCE = 0.1  # standard deviation of its controls from the requested ones, as a share of each control's range
_CANDIDATES = 256  # stretches that are compared with the requested controls
_IN_ORDER = 16  # bars that follow each other in their performance wherever it is that long; a longer plan may wrap around
# Drummers' bars come in fours, counted from the start of a performance: of training's fourth bars 28% are fills, of the others 12
# to 15%. Stretches keep that count.
_PHRASE = 4
_MOST_BARS = 16  # longer performances have no greater weight
_FEWEST_KICKS = 0.25  # a bar: with fewer a performance is a solo on snare drum or toms (1% of rock's, 4% of jazz's), not a groove
_SOLO_WEIGHT = 1e-6  # of a solo: drawn only where a genre has nothing else
_VELOCITIES, _OFFSETS = 127, 256  # stored as whole numbers: MIDI velocities, and parts of a step


class ReferenceBank(NamedTuple):
    """The training performances of the kind "beat", bar after bar.

    Attributes:
        genres: (performances,) int64.
        bpm: (performances,) float32.
        lengths: (performances,) int64, in bars.
        plans: (bars, 11) float16, the controls of each bar of all performances.
        counts: (bars,) int16, hits of each bar.
        steps: (hits,) uint8, step in the bar of each hit.
        voices: (hits,) uint8.
        velocities: (hits,) uint8, 1 to 127.
        offsets: (hits,) int8, in 256ths of a step.
    """

    genres: Tensor
    bpm: Tensor
    lengths: Tensor
    plans: Tensor
    counts: Tensor
    steps: Tensor
    voices: Tensor
    velocities: Tensor
    offsets: Tensor

    @classmethod
    def collect(cls, performances: Sequence[tuple[int, float, Floats, Singles, Singles]]) -> ReferenceBank:
        """Collect performances; may be none.

        Args:
            performances: Genre, tempo, controls (bars, 11), velocities (steps, 13) and offsets (steps, 13) of each.
        """
        no_controls, no_steps = np.zeros((0, len(CONTROLS))), np.zeros((0, VOICE_COUNT), dtype=np.float32)
        velocities = np.concatenate([no_steps, *(each[3] for each in performances)])
        offsets = np.concatenate([no_steps, *(each[4] for each in performances)])
        plans = np.concatenate([no_controls, *(each[2] for each in performances)])
        steps_per_bar = len(velocities) // max(1, len(plans))
        steps, voices = np.nonzero(velocities)
        loudness = np.round(velocities[steps, voices] * _VELOCITIES).clip(1, _VELOCITIES)
        fractions = np.round(offsets[steps, voices] * _OFFSETS).clip(-_OFFSETS // 2, _OFFSETS // 2 - 1)
        return cls(
            torch.tensor([each[0] for each in performances], dtype=torch.int64),
            torch.tensor([each[1] for each in performances], dtype=torch.float32),
            torch.tensor([len(each[2]) for each in performances], dtype=torch.int64),
            torch.from_numpy(plans.astype(np.float16)),
            torch.from_numpy(np.bincount(steps // max(1, steps_per_bar), minlength=len(plans)).astype(np.int16)),
            torch.from_numpy((steps % max(1, steps_per_bar)).astype(np.uint8)),
            torch.from_numpy(voices.astype(np.uint8)),
            torch.from_numpy(loudness.astype(np.uint8)),
            torch.from_numpy(fractions.astype(np.int8)),
        )

    def check(self, genres: int, steps_per_bar: int) -> None:
        """Check that the parts, read from a file, fit each other, a number of genres and the steps of a bar.

        Raises:
            ValueError: If they do not.
        """
        performances, bars, hits = len(self.genres), len(self.plans), len(self.steps)
        sizes = [(self.bpm, performances), (self.lengths, performances), (self.counts, bars)]
        sizes += [(each, hits) for each in (self.voices, self.velocities, self.offsets)]
        whole = all(each.shape == (size,) for each, size in sizes) and self.plans.shape == (bars, len(CONTROLS))
        ends = [(self.genres, genres), (self.voices, VOICE_COUNT), (self.steps, steps_per_bar)]
        inside = all(bool(((each >= 0) & (each < end)).all()) for each, end in ends)
        played = bool((self.lengths >= 1).all()) and bool((self.counts >= 0).all()) and bool((self.bpm > 0).all())
        summed = int(self.lengths.sum()) == bars and int(self.counts.long().sum()) == hits
        if not (whole and inside and played and summed):
            raise ValueError("the parts of its reference bank do not fit each other")

    def draw(
        self, genre: int, bpm: float, asked: Floats, generator: np.random.Generator, place: float | None = None
    ) -> tuple[NDArray[np.int64], Floats] | None:
        """Draw a stretch of bars of a genre, from about a tempo, whose controls are near the requested ones.

        Args:
            genre: Index of the genre.
            bpm: Tempo.
            asked: (bars, 11) requested controls, NaN = open.
            generator: Source of all randomness.
            place: In [0, 1), the performance to take where no controls are requested: at its own tempo the one of `tempo_at`,
                else the one at this place where all of the genre's lie side by side, each as wide as its probability. None =
                drawn too.

        Returns:
            Rows of the bank, (bars,), for `bars`: one after the other from the start of a phrase of four; after the last whole
            phrase of a performance that is too short, again from its start. And the plan, (bars, 11), requested controls
            included. None where the genre has no performances.
        """
        chosen, weights = self._of_genre(genre, solos=not np.isnan(asked[:, CONTROL_INDEX["kick"]]).all())
        if len(chosen) == 0:
            return None
        lengths = self.lengths.numpy()
        octaves = np.log2(np.maximum(self.bpm.numpy()[chosen], 1.0) / bpm)
        distance = octaves**2 / (2 * _TEMPO_OCTAVES**2)
        probabilities = weights * np.exp(distance.min() - distance)
        probabilities /= probabilities.sum()
        drawn = generator.choice(chosen, _CANDIDATES, p=probabilities)  # (candidates,)
        if place is not None and np.isnan(asked).all():
            usual = _index_at(place, weights)
            drawn[:] = chosen[usual if round(float(self.bpm[chosen[usual]])) == bpm else _index_at(place, probabilities)]
        phrases = np.maximum(0, lengths[drawn] - min(len(asked), _IN_ORDER)) // _PHRASE
        starts = _PHRASE * generator.integers(0, phrases + 1)
        in_phrases = np.where(lengths < _PHRASE, lengths, lengths - lengths % _PHRASE)[drawn]
        first = (np.cumsum(lengths) - lengths)[drawn]
        rows = first[:, None] + (starts[:, None] + np.arange(len(asked))) % in_phrases[:, None]  # (candidates, bars)
        plans = self.plans.numpy()[rows].astype(np.float64)
        distance = _distance(plans, asked) / (2 * _CONTROL_DISTANCE**2)
        probabilities = np.exp(distance.min() - distance)
        index = int(generator.choice(_CANDIDATES, p=probabilities / probabilities.sum()))
        return rows[index], _override(plans[index], asked)

    def tempo_at(self, genre: int, place: float) -> float | None:
        """Look up the tempo of the performance at a place, which `draw` takes when it is given that tempo.

        Args:
            genre: Index of the genre.
            place: In [0, 1): all performances of the genre lie side by side, each as wide as its length, up to 16 bars.

        Returns:
            None where the genre has no performances.
        """
        chosen, weights = self._of_genre(genre)
        return float(self.bpm[chosen[_index_at(place, weights)]]) if len(chosen) else None

    def _of_genre(self, genre: int, solos: bool = False) -> tuple[NDArray[np.int64], Floats]:
        """List a genre's performances and their weights at any tempo, with or without solos."""
        chosen = np.flatnonzero(self.genres.numpy() == genre)
        weights = np.minimum(self.lengths.numpy()[chosen], _MOST_BARS).astype(np.float64)
        if not solos:
            weights *= np.where(self._has_kick()[chosen], 1.0, _SOLO_WEIGHT)
        return chosen, weights

    def _has_kick(self) -> NDArray[np.bool_]:
        """(performances,) bool, whether there are kicks."""
        kicks = np.flatnonzero(self.voices.numpy() == VOICE_INDEX["kick"])
        hits = np.concatenate([[0], np.cumsum(self.counts.numpy(), dtype=np.int64)])  # before each bar
        bars = np.concatenate([[0], np.cumsum(self.lengths.numpy())])  # before each performance
        counts = np.diff(np.searchsorted(kicks, hits[bars]))
        return np.asarray(counts >= _FEWEST_KICKS * self.lengths.numpy())

    def bars(self, rows: NDArray[np.int64], steps_per_bar: int) -> tuple[Singles, Singles]:
        """Look up velocities and offsets of some bars, (bars * steps_per_bar, 13) each."""
        velocities = np.zeros((len(rows), steps_per_bar, VOICE_COUNT), dtype=np.float32)
        offsets = np.zeros_like(velocities)
        counts = self.counts.numpy().astype(np.int64)
        ends = np.cumsum(counts)
        for bar, row in enumerate(rows.tolist()):
            hits = slice(int(ends[row] - counts[row]), int(ends[row]))
            place = bar, self.steps.numpy()[hits], self.voices.numpy()[hits]
            velocities[place] = self.velocities.numpy()[hits] / np.float32(_VELOCITIES)
            offsets[place] = self.offsets.numpy()[hits] / np.float32(_OFFSETS)
        return velocities.reshape(-1, VOICE_COUNT), offsets.reshape(-1, VOICE_COUNT)


def _index_at(place: float, weights: Floats) -> int:
    """Find the index at a place, in [0, 1), where items lie side by side, each as wide as its weight."""
    ends = np.cumsum(weights)
    return min(int(np.searchsorted(ends, place * ends[-1], side="right")), len(weights) - 1)


def _distance(plans: Floats, asked: Floats) -> Floats:
    """(stretches,) mean square distance of plans from requested controls, in ranges of the controls; unknown is half a range."""
    known = ~np.isnan(asked)
    if not known.any():
        return np.zeros(len(plans))
    distances = ((plans - asked) / (HIGHS - LOWS))[:, known]
    return np.asarray((np.nan_to_num(distances, nan=0.5) ** 2).mean(axis=1))


def _override(plan: Floats, asked: Floats) -> Floats:
    """Put requested controls into a plan; where a fill is requested or ruled out against it, the bar's others become unknown."""
    fill = CONTROL_INDEX["fill"]
    changed = ~np.isnan(asked[:, fill]) & (asked[:, fill] != plan[:, fill])
    kept = np.where(changed[:, None], np.nan, plan)
    return np.where(np.isnan(asked), kept, asked)

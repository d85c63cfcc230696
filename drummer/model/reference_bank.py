"""What a drummer who starts from nothing has in mind: a groove that is under way, and a plan.

The groove is a few bars of a training performance of the genre, from about the tempo. They are heard by the model, not by the
user: who plays on from a real drummer keeps one touch, one feel and one idea, while a first bar drawn from nothing is nobody's.
The plan says of each bar that follows, in the terms of `drummer.music.controls`, what it shall be like: how loud, how busy, whether it
is a fill, how much it differs from the one before; it is that of the same performance. A model that only chooses one step after
the other has none, and its bars change too evenly. Where kick, snares, hats, toms or cymbals repeat there what they did a bar or
two before, they are likelier to do so here (`touch.repeats`). Every hit of the result is played anew;
`python -m drummer.evaluation` measures what is copied.
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

_TEMPO_OCTAVES = 0.25  # how far from the tempo asked for, as a standard deviation, a stretch is taken
_CLOSENESS = 0.1  # how far from what is asked for, likewise, as a share of each control's range
_CANDIDATES = 256  # stretches that are compared with what is asked for
_IN_ORDER = 16  # bars that follow each other in their performance wherever it is that long; a longer plan may go round
# Drummers' bars come in fours, counted from the start of a performance: of training's fourth bars 28% are fills, of the others 12
# to 15%. What is played keeps that count.
_PHRASE = 4
_MOST_BARS = 16  # longer performances are not taken oftener
_FEWEST_KICKS = 0.25  # a bar: with fewer a performance is a solo on snare drum or toms (1% of rock's, 4% of jazz's), not a groove
_SOLO = 1e-6  # how much rarer solos are in mind: only where a genre has nothing else
_VELOCITIES, _OFFSETS = 127, 256  # kept as whole numbers: MIDI velocities, and parts of a step


class ReferenceBank(NamedTuple):
    """The beats of the training drummers, bar after bar.

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
    def collect(cls, takes: Sequence[tuple[int, float, Floats, Singles, Singles]]) -> ReferenceBank:
        """Collect performances; may be none.

        Args:
            takes: Of each the genre, the tempo, the controls (bars, 11), the velocities (steps, 13) and the offsets (steps, 13).
        """
        no_controls, no_steps = np.zeros((0, len(CONTROLS))), np.zeros((0, VOICE_COUNT), dtype=np.float32)
        velocities = np.concatenate([no_steps, *(take[3] for take in takes)])
        offsets = np.concatenate([no_steps, *(take[4] for take in takes)])
        plans = np.concatenate([no_controls, *(take[2] for take in takes)])
        steps_per_bar = len(velocities) // max(1, len(plans))
        steps, voices = np.nonzero(velocities)
        loudness = np.round(velocities[steps, voices] * _VELOCITIES).clip(1, _VELOCITIES)
        fractions = np.round(offsets[steps, voices] * _OFFSETS).clip(-_OFFSETS // 2, _OFFSETS // 2 - 1)
        return cls(
            torch.tensor([take[0] for take in takes], dtype=torch.int64),
            torch.tensor([take[1] for take in takes], dtype=torch.float32),
            torch.tensor([len(take[2]) for take in takes], dtype=torch.int64),
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
            raise ValueError("the parts of its repertoire do not fit each other")

    def draw(
        self, genre: int, bpm: float, asked: Floats, generator: np.random.Generator, place: float | None = None
    ) -> tuple[NDArray[np.int64], Floats] | None:
        """Draw a stretch of a genre, from about a tempo, that comes near to what is asked for.

        Args:
            genre: Index of the genre.
            bpm: Tempo.
            asked: (bars, 11) controls, NaN = left to the drummer.
            generator: The source of all chance.
            place: In [0, 1), where nothing is asked for: which performance it is. At its own tempo that of `tempo_at`, else all
                of the genre's lie side by side, each as wide as its chance. By default that is drawn too.

        Returns:
            Which bars it is, (bars,), for `bars`: one after the other from the start of a phrase of four on; after the last whole
            phrase of a performance that is too short, again from its start. And the plan, (bars, 11), what is asked for included.
            None where the genre has no performances.
        """
        chosen, shares = self._of_genre(genre, solos=not np.isnan(asked[:, CONTROL_INDEX["kick"]]).all())
        if len(chosen) == 0:
            return None
        lengths = self.lengths.numpy()
        octaves = np.log2(np.maximum(self.bpm.numpy()[chosen], 1.0) / bpm)
        misfit = octaves**2 / (2 * _TEMPO_OCTAVES**2)
        chances = shares * np.exp(misfit.min() - misfit)
        chances /= chances.sum()
        drawn = generator.choice(chosen, _CANDIDATES, p=chances)  # (candidates,)
        if place is not None and np.isnan(asked).all():
            usual = _at(place, shares)
            drawn[:] = chosen[usual if round(float(self.bpm[chosen[usual]])) == bpm else _at(place, chances)]
        phrases = np.maximum(0, lengths[drawn] - min(len(asked), _IN_ORDER)) // _PHRASE
        starts = _PHRASE * generator.integers(0, phrases + 1)
        in_phrases = np.where(lengths < _PHRASE, lengths, lengths - lengths % _PHRASE)[drawn]
        first = (np.cumsum(lengths) - lengths)[drawn]
        rows = first[:, None] + (starts[:, None] + np.arange(len(asked))) % in_phrases[:, None]  # (candidates, bars)
        plans = self.plans.numpy()[rows].astype(np.float64)
        misfit = _misfit(plans, asked) / (2 * _CLOSENESS**2)
        chances = np.exp(misfit.min() - misfit)
        index = int(generator.choice(_CANDIDATES, p=chances / chances.sum()))
        return rows[index], _with_wishes(plans[index], asked)

    def tempo_at(self, genre: int, place: float) -> float | None:
        """Look up the tempo of the performance that a place stands for when `draw` is given just that tempo.

        Args:
            genre: Index of the genre.
            place: In [0, 1): all performances of the genre lie side by side, each as wide as its length, up to 16 bars.

        Returns:
            None where the genre has no performances.
        """
        chosen, shares = self._of_genre(genre)
        return float(self.bpm[chosen[_at(place, shares)]]) if len(chosen) else None

    def _of_genre(self, genre: int, solos: bool = False) -> tuple[NDArray[np.int64], Floats]:
        """Find a genre's performances, and how large a share of it each has whatever the tempo, with or without solos."""
        chosen = np.flatnonzero(self.genres.numpy() == genre)
        shares = np.minimum(self.lengths.numpy()[chosen], _MOST_BARS).astype(np.float64)
        if not solos:
            shares *= np.where(self._has_kick()[chosen], 1.0, _SOLO)
        return chosen, shares

    def _has_kick(self) -> NDArray[np.bool_]:
        """(performances,) whether there is a kick now and then."""
        kicks = np.flatnonzero(self.voices.numpy() == VOICE_INDEX["kick"])
        hits = np.concatenate([[0], np.cumsum(self.counts.numpy(), dtype=np.int64)])  # before each bar
        bars = np.concatenate([[0], np.cumsum(self.lengths.numpy())])  # before each performance
        counts = np.diff(np.searchsorted(kicks, hits[bars]))
        return np.asarray(counts >= _FEWEST_KICKS * self.lengths.numpy())

    def bars(self, rows: NDArray[np.int64], steps_per_bar: int) -> tuple[Singles, Singles]:
        """Look up what was played in some bars: velocities and offsets, (bars * steps_per_bar, 13) each."""
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


def _at(place: float, shares: Floats) -> int:
    """Find what lies at a place, in [0, 1), where shares of the whole lie side by side."""
    ends = np.cumsum(shares)
    return min(int(np.searchsorted(ends, place * ends[-1], side="right")), len(shares) - 1)


def _misfit(plans: Floats, asked: Floats) -> Floats:
    """(stretches,) mean square distance of plans from what is asked for, in ranges of the controls; unknown is half one."""
    told = ~np.isnan(asked)
    if not told.any():
        return np.zeros(len(plans))
    apart = ((plans - asked) / (HIGHS - LOWS))[:, told]
    return np.asarray((np.nan_to_num(apart, nan=0.5) ** 2).mean(axis=1))


def _with_wishes(plan: Floats, asked: Floats) -> Floats:
    """Put what is asked for into a plan; a bar that is to be a fill and was none, or the reverse, forgets what it was like."""
    fill = CONTROL_INDEX["fill"]
    changed = ~np.isnan(asked[:, fill]) & (asked[:, fill] != plan[:, fill])
    kept = np.where(changed[:, None], np.nan, plan)
    return np.where(np.isnan(asked), kept, asked)

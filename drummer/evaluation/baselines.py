"""Baselines: a genre-conditional bigram for likelihood, and a table of human hits for humanizing."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from drummer.data.corpus import Performance
from drummer.data.encoding import EncodedPerformance
from drummer.model.tokenizer import BOS, UNK, Tokenizer
from drummer.music.groove import Groove
from drummer.training.likelihood import NegativeLogLikelihood

_PRIOR = 16.0  # pseudo-counts of the wider context; the best of 0.5, 1, 2, 4, 8, 16 on the validation split

_Key = tuple[str, int, int]


class _Table:
    """Conditional probabilities with back-off from narrow to wide contexts, and from the widest to the uniform distribution.

    Each level is (count + prior * wider) / (total + prior), the posterior mean under a Dirichlet prior.
    """

    def __init__(self, outcomes: int) -> None:
        self._outcomes = outcomes
        self._counts: Counter[Hashable] = Counter()
        self._totals: Counter[Hashable] = Counter()

    def add(self, contexts: Sequence[Hashable], outcome: int) -> None:
        """Count an outcome in each of its contexts, listed from wide to narrow."""
        for context in contexts:
            self._counts[context, outcome] += 1
            self._totals[context] += 1

    def probability(self, contexts: Sequence[Hashable], outcome: int) -> float:
        """Return the probability of an outcome in the narrowest context, the last, smoothed by the wider ones."""
        probability = 1.0 / self._outcomes
        for context in contexts:
            seen, total = self._counts[context, outcome], self._totals[context]
            probability = (seen + _PRIOR * probability) / (total + _PRIOR)
        return probability


class Bigram:
    """Bigram over tokens given the genre, and distributions of velocity and timing given genre and voice."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        """Create tables without counts."""
        self._tokenizer = tokenizer
        self._tokens = _Table(tokenizer.size)
        self._velocity = _Table(tokenizer.binning.velocity_bins)
        self._timing = _Table(tokenizer.binning.timing_bins)

    def fit(self, performances: Iterable[EncodedPerformance]) -> None:
        """Count the tokens and hits of training performances."""
        for performance in performances:
            for contexts, token in _transitions(performance):
                self._tokens.add(contexts, token)
            for contexts, velocity, timing in _hits(performance):
                self._velocity.add(contexts, velocity)
                self._timing.add(contexts, timing)

    def bits_a_beat(self, performances: Sequence[EncodedPerformance]) -> NegativeLogLikelihood:
        """Compute negative log-likelihoods as `training.likelihood.bits_a_beat` does for a model."""
        bits = np.zeros(3)
        for performance in performances:
            for contexts, token in _transitions(performance):
                bits[0] -= math.log2(self._tokens.probability(contexts, token))
                bits[0] += self._tokenizer.unknown_token_bits if token == UNK else 0.0
            for contexts, velocity, timing in _hits(performance):
                bits[1] -= math.log2(self._velocity.probability(contexts, velocity))
                bits[2] -= math.log2(self._timing.probability(contexts, timing))
        return NegativeLogLikelihood(*(bits / sum(performance.source.beats for performance in performances)).tolist())


def _transitions(performance: EncodedPerformance) -> Iterator[tuple[tuple[Hashable, ...], int]]:
    """Yield (contexts from wide to narrow, token) of each step that is scored."""
    last = BOS
    for token in performance.tokens[: performance.counted].tolist():
        yield ((), ("after", last), (performance.genre, last)), token
        last = token


def _hits(performance: EncodedPerformance) -> Iterator[tuple[tuple[Hashable, ...], int, int]]:
    """Yield (contexts from wide to narrow, velocity bin, timing bin) of each hit."""
    rows, voices = np.nonzero(performance.velocities[: performance.counted])
    velocities, timings = performance.velocity_bins[rows, voices], performance.timing_bins[rows, voices]
    for voice, velocity, timing in zip(voices.tolist(), velocities.tolist(), timings.tolist(), strict=True):
        yield ((), ("voice", voice), (performance.genre, voice)), velocity, timing


class HitLookup:
    """Table of human velocities and offsets by genre, voice and step of the bar.

    A hit takes velocity and offset of a random human hit at its place. The marginal distributions and the dependence of timing on
    velocity are therefore human, but hits are independent of each other.
    """

    def __init__(self, performances: Iterable[Performance]) -> None:
        """Collect the hits of training performances, which share one grid."""
        places: defaultdict[_Key, list[NDArray[np.float32]]] = defaultdict(list)
        for performance in performances:
            groove = performance.groove
            for step, voice in np.argwhere(groove.hits).tolist():
                values = np.array([groove.velocities[step, voice], groove.offsets[step, voice]])
                for key in _keys(performance.genre, voice, step % groove.steps_per_bar):
                    places[key].append(values)
        self._places = {key: np.stack(values) for key, values in places.items()}

    def humanize(self, groove: Groove, genre: str, generator: np.random.Generator) -> Groove:
        """Draw velocity and timing for each hit; without human hits at its place, by voice alone; without any, keep the hit."""
        velocities, offsets = groove.velocities.copy(), groove.offsets.copy()
        for step, voice in np.argwhere(groove.hits).tolist():
            keys = _keys(genre, voice, step % groove.steps_per_bar)
            values = next((self._places[key] for key in keys if key in self._places), None)
            if values is not None:
                velocities[step, voice], offsets[step, voice] = values[generator.integers(len(values))]
        return replace(groove, velocities=velocities, offsets=offsets)


def _keys(genre: str, voice: int, step: int) -> tuple[_Key, _Key]:
    """Return the keys of a hit from specific to general."""
    return (genre, voice, step), ("", voice, -1)

"""The baseline that a model must beat: it knows the genre, the last step and nothing else.

A bigram over tokens, and tables of velocity and timing for each voice.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence

import numpy as np

from drummer.data.batches import EncodedPerformance
from drummer.model.tokenizer import BOS, UNK, Tokenizer
from drummer.training.likelihood import NegativeLogLikelihood

_PRIOR = 16.0  # how many observations the wider context counts for; the best of 0.5, 1, 2, 4, 8, 16 on the validation split


class _Table:
    """Smoothed conditional probabilities with ever wider contexts: p(x | narrow), falling back on p(x | wide), on uniform.

    Each level is (count + prior * wider) / (total + prior), the posterior mean under a Dirichlet prior.
    """

    def __init__(self, outcomes: int) -> None:
        self._outcomes = outcomes
        self._counts: Counter[Hashable] = Counter()
        self._totals: Counter[Hashable] = Counter()

    def add(self, contexts: Sequence[Hashable], outcome: int) -> None:
        """Count an outcome in each of its contexts, the widest first."""
        for context in contexts:
            self._counts[context, outcome] += 1
            self._totals[context] += 1

    def probability(self, contexts: Sequence[Hashable], outcome: int) -> float:
        """Look up an outcome in the narrowest context, the last, smoothed by the wider ones."""
        probability = 1.0 / self._outcomes
        for context in contexts:
            seen, total = self._counts[context, outcome], self._totals[context]
            probability = (seen + _PRIOR * probability) / (total + _PRIOR)
        return probability


class Bigram:
    """The baseline; `fit` and `bits_a_beat` see performances as the model does."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        """Make an empty baseline."""
        self._tokenizer = tokenizer
        self._tokens = _Table(tokenizer.size)
        self._velocity = _Table(tokenizer.binning.velocity_bins)
        self._timing = _Table(tokenizer.binning.timing_bins)

    def fit(self, performances: Iterable[EncodedPerformance]) -> None:
        """Count what training performances play."""
        for performance in performances:
            for contexts, token in _transitions(performance):
                self._tokens.add(contexts, token)
            for contexts, velocity, timing in _hits(performance):
                self._velocity.add(contexts, velocity)
                self._timing.add(contexts, timing)

    def bits_a_beat(self, performances: Sequence[EncodedPerformance]) -> NegativeLogLikelihood:
        """Measure the baseline exactly as `likelihood.bits_a_beat` measures the model."""
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
    """List (contexts from wide to narrow, token) of each step that counts."""
    last = BOS
    for token in performance.tokens[: performance.counted].tolist():
        yield ((), ("after", last), (performance.genre, last)), token
        last = token


def _hits(performance: EncodedPerformance) -> Iterator[tuple[tuple[Hashable, ...], int, int]]:
    """List (contexts from wide to narrow, velocity bin, timing bin) of each hit."""
    rows, voices = np.nonzero(performance.velocities[: performance.counted])
    velocities, timings = performance.velocity_bins[rows, voices], performance.timing_bins[rows, voices]
    for voice, velocity, timing in zip(voices.tolist(), velocities.tolist(), timings.tolist(), strict=True):
        yield ((), ("voice", voice), (performance.genre, voice)), velocity, timing

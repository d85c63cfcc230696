"""Numbers about a model, next to what a simple model scores: `python -m drummer.evaluation [--model small] [--split validation]`.

The baseline knows the genre, the last step and nothing else: a bigram over tokens, and tables of velocity and timing for each
voice.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from drummer.config import default_config
from drummer.corpus import SPLITS, Corpus, find_dataset, read_corpus
from drummer.errors import CorpusError, DrummerError
from drummer.likelihood import Surprise, bits_a_beat, escape_bits
from drummer.model import PARTS
from drummer.tokens import BOS, UNK, Tokenizer
from drummer.weights import TrainedModel, load_weights
from drummer.windows import EncodedPerformance, encode_performances

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

    def __init__(self, tokenizer: Tokenizer[Any]) -> None:
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

    def bits_a_beat(self, performances: Sequence[EncodedPerformance]) -> Surprise:
        """Measure the baseline exactly as `likelihood.bits_a_beat` measures the model."""
        bits = np.zeros(3)
        for performance in performances:
            for contexts, token in _transitions(performance):
                bits[0] -= math.log2(self._tokens.probability(contexts, token))
                bits[0] += escape_bits(self._tokenizer) if token == UNK else 0.0
            for contexts, velocity, timing in _hits(performance):
                bits[1] -= math.log2(self._velocity.probability(contexts, velocity))
                bits[2] -= math.log2(self._timing.probability(contexts, timing))
        return Surprise(*(bits / sum(performance.source.beats for performance in performances)).tolist())


def fit_bigram(corpus: Corpus, trained: TrainedModel) -> Bigram:
    """Fit the baseline on what a model was trained on, with its vocabulary."""
    bigram = Bigram(trained.tokenizer)
    bigram.fit(encode_performances(corpus.select("train", trained.genres), trained.tokenizer, trained.genres))
    return bigram


def report(trained: TrainedModel, corpus: Corpus, split: str) -> Iterator[str]:
    """Measure a model and the baseline on the beats and on the fills of a split; yields lines of text."""
    bigram = fit_bigram(corpus, trained)
    for part in PARTS:
        takes = encode_performances(corpus.select(split, trained.genres, part), trained.tokenizer, trained.genres)
        beats = sum(take.source.beats for take in takes)
        yield f"{split} split, {len(takes)} {part} performances in 4/4, {beats} beats long"
        if takes:
            yield f"  {trained.size}: {bits_a_beat(trained.model, trained.tokenizer, takes)}"
            yield f"  bigram: {bigram.bits_a_beat(takes)}"


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


def main() -> int:
    """Print bits a beat of a model and of the baseline."""
    parser = argparse.ArgumentParser(prog="python -m drummer.evaluation", description="Measure a model on held-out drummers.")
    parser.add_argument("--model", default=default_config().defaults.model)
    parser.add_argument("--split", default="validation", choices=SPLITS)
    parser.add_argument("--data", type=Path, help="folder of GMD or E-GMD")
    arguments = parser.parse_args()
    try:
        trained = load_weights(arguments.model)
        folder = find_dataset(arguments.data)
        if folder is None:
            raise CorpusError("no data set found; name its folder with --data")
        for line in report(trained, read_corpus(folder, trained.config), arguments.split):
            print(line)
    except DrummerError as error:
        print(f"evaluation: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Likelihood of held-out performances under a model and under the bigram baseline."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple

from drummer.data.corpus import Corpus
from drummer.data.encoding import encode_performances
from drummer.evaluation.baselines import Bigram
from drummer.model.checkpoint import TrainedModel
from drummer.model.inputs import PARTS
from drummer.music.meter import FOUR_FOUR, METERS, Meter
from drummer.training.likelihood import NegativeLogLikelihood, bits_a_beat


class Likelihood(NamedTuple):
    """Negative log-likelihood of a group of performances.

    Attributes:
        part: `beat` or `fill`.
        genre: Genre of the performances, None = all genres.
        meter: Their time signature.
        performances: Number of performances.
        beats: Total length in beats, that is in quarter notes, whatever the meter.
        hits: Hits per beat: bits per beat differ with them, between genres and meters.
        model: Bits per beat under the model.
        bigram: Bits per beat under the baseline.
    """

    part: str
    genre: str | None
    meter: str
    performances: int
    beats: int
    hits: float
    model: NegativeLogLikelihood
    bigram: NegativeLogLikelihood


def fit_bigram(corpus: Corpus, trained: TrainedModel) -> Bigram:
    """Fit the baseline on the training split with the vocabulary of a model."""
    bigram = Bigram(trained.tokenizer)
    bigram.fit(encode_performances(corpus.select("train", trained.genres), trained.tokenizer, trained.config))
    return bigram


def likelihoods(trained: TrainedModel, corpus: Corpus, split: str) -> Iterator[Likelihood]:
    """Measure a model and the baseline on a split.

    Yields:
        Beats and fills in 4/4, each overall and by genre; then beats in other meters, by genre.
    """
    bigram = fit_bigram(corpus, trained)
    encoded = encode_performances(corpus.select(split, trained.genres, meters=METERS), trained.tokenizer, trained.config)

    def measure(part: str, genre: str | None, meter: Meter) -> Likelihood | None:
        of_meter = (one for one in encoded if one.source.part == part and one.meter.signature == meter.signature)
        chosen = [one for one in of_meter if genre in (None, one.source.genre)]
        if not chosen:
            return None
        beats = sum(one.source.beats for one in chosen)
        hits = sum(one.source.groove.hit_count for one in chosen) / beats
        bits = bits_a_beat(trained.model, trained.tokenizer, chosen)
        return Likelihood(part, genre, meter.signature, len(chosen), beats, hits, bits, bigram.bits_a_beat(chosen))

    groups = [(part, genre, FOUR_FOUR) for part in PARTS for genre in (None, *trained.genres)]
    groups += [("beat", genre, meter) for meter in METERS if meter.signature != FOUR_FOUR.signature for genre in trained.genres]
    yield from filter(None, itertools.starmap(measure, groups))


def likelihood_report(trained: TrainedModel, corpus: Corpus, split: str) -> Iterator[str]:
    """Yield `likelihoods` as lines of text."""
    for found in likelihoods(trained, corpus, split):
        name = f"{split} {found.part}s in {found.meter}" + (f", {found.genre}" if found.genre else "")
        performances = f"{found.performances} performance{'' if found.performances == 1 else 's'}"
        yield f"{name}: {performances}, {found.beats} beats long, {found.hits:.2f} hits per beat"
        yield f"  {trained.size}: {found.model}, {found.model.total / found.hits:.2f} bits a hit"
        yield f"  bigram: {found.bigram}"

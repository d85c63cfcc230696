"""Likelihood of held-out performances under a model and under the bigram baseline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from drummer.data.corpus import Corpus
from drummer.data.encoding import encode_performances
from drummer.evaluation.baselines import Bigram
from drummer.model.checkpoint import TrainedModel
from drummer.model.inputs import PARTS
from drummer.training.likelihood import NegativeLogLikelihood, bits_a_beat


class Likelihood(NamedTuple):
    """Negative log-likelihood of a group of performances.

    Attributes:
        part: `beat` or `fill`.
        genre: Genre of the performances, None = all genres.
        performances: Number of performances.
        beats: Total length in beats.
        model: Bits per beat under the model.
        bigram: Bits per beat under the baseline.
    """

    part: str
    genre: str | None
    performances: int
    beats: int
    model: NegativeLogLikelihood
    bigram: NegativeLogLikelihood


def fit_bigram(corpus: Corpus, trained: TrainedModel) -> Bigram:
    """Fit the baseline on the training split with the vocabulary of a model."""
    bigram = Bigram(trained.tokenizer)
    bigram.fit(encode_performances(corpus.select("train", trained.genres), trained.tokenizer, trained.config))
    return bigram


def likelihoods(trained: TrainedModel, corpus: Corpus, split: str) -> Iterator[Likelihood]:
    """Measure a model and the baseline on a split: beats and fills separately, each overall and by genre."""
    bigram = fit_bigram(corpus, trained)
    for part in PARTS:
        encoded = encode_performances(corpus.select(split, trained.genres, part), trained.tokenizer, trained.config)
        by_genre = [[one for one in encoded if one.genre == genre] for genre in range(len(trained.genres))]
        for genre, chosen in zip((None, *trained.genres), (encoded, *by_genre), strict=True):
            if chosen:
                bits = bits_a_beat(trained.model, trained.tokenizer, chosen)
                beats = sum(one.source.beats for one in chosen)
                yield Likelihood(part, genre, len(chosen), beats, bits, bigram.bits_a_beat(chosen))


def likelihood_report(trained: TrainedModel, corpus: Corpus, split: str) -> Iterator[str]:
    """Yield `likelihoods` as lines of text."""
    for found in likelihoods(trained, corpus, split):
        name = f"{split} {found.part}s in 4/4" if found.genre is None else f"{split} {found.part}s, {found.genre}"
        yield f"{name}: {found.performances} performances, {found.beats} beats long"
        yield f"  {trained.size}: {found.model}"
        yield f"  bigram: {found.bigram}"

"""How surprised a model is by held-out drummers, next to a simple baseline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from drummer.corpus import Corpus
from drummer.evaluation.baselines import Bigram
from drummer.likelihood import Surprise, bits_a_beat
from drummer.model import PARTS
from drummer.weights import TrainedModel
from drummer.windows import encode_performances


class Likelihood(NamedTuple):
    """How surprised a model and the baseline are by some performances.

    Attributes:
        part: `beat` or `fill`.
        genre: None = all genres.
        performances: How many.
        beats: Their length.
        model: Bits a beat.
        bigram: Bits a beat of the baseline.
    """

    part: str
    genre: str | None
    performances: int
    beats: int
    model: Surprise
    bigram: Surprise


def fit_bigram(corpus: Corpus, trained: TrainedModel) -> Bigram:
    """Fit the baseline on what a model was trained on, with its vocabulary."""
    bigram = Bigram(trained.tokenizer)
    bigram.fit(encode_performances(corpus.select("train", trained.genres), trained.tokenizer, trained.genres))
    return bigram


def likelihoods(trained: TrainedModel, corpus: Corpus, split: str) -> Iterator[Likelihood]:
    """Measure a model and the baseline on a split, beats and fills apart, by genre too."""
    bigram = fit_bigram(corpus, trained)
    for part in PARTS:
        takes = encode_performances(corpus.select(split, trained.genres, part), trained.tokenizer, trained.genres)
        of_genres = [[take for take in takes if take.genre == genre] for genre in range(len(trained.genres))]
        for genre, chosen in zip((None, *trained.genres), (takes, *of_genres), strict=True):
            if chosen:
                bits = bits_a_beat(trained.model, trained.tokenizer, chosen)
                beats = sum(take.source.beats for take in chosen)
                yield Likelihood(part, genre, len(chosen), beats, bits, bigram.bits_a_beat(chosen))


def likelihood_report(trained: TrainedModel, corpus: Corpus, split: str) -> Iterator[str]:
    """Write out `likelihoods`; yields lines of text."""
    for found in likelihoods(trained, corpus, split):
        name = f"{split} {found.part}s in 4/4" if found.genre is None else f"{split} {found.part}s, {found.genre}"
        yield f"{name}: {found.performances} performances, {found.beats} beats long"
        yield f"  {trained.size}: {found.model}"
        yield f"  bigram: {found.bigram}"

"""Which token a model thinks most likely at each position, given the true ones before it, and how often that is right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from drummer.data.batches import Batch, EncodedPerformance, group, make_batch, whole
from drummer.model.network import Seq2SeqLSTM
from drummer.model.tokenizer import UNK

_TOKENS_A_BATCH = 60_000
_ROWS_AT_ONCE = 1024  # of logits: a vocabulary of 50,000 beats would not fit into memory otherwise


class Guesses(NamedTuple):
    """What was played and what was guessed, one entry a token.

    Attributes:
        truth: (tokens,) int64.
        guess: (tokens,) int64.
        group: (tokens,) int64, which performance each belongs to.
        beat: (tokens,) int64, which beat each belongs to, counted over all performances.
        bits: (tokens,) float64, -log2 of the probability of the truth; `[UNK]` does not pay for being spelt out here.
    """

    truth: NDArray[np.int64]
    guess: NDArray[np.int64]
    group: NDArray[np.int64]
    beat: NDArray[np.int64]
    bits: NDArray[np.float64]


def guess_tokens(model: Seq2SeqLSTM, performances: Sequence[EncodedPerformance], tokens_per_beat: int) -> Guesses:
    """Guess every token of performances, each read from its start, nothing given, memory of past bars on."""
    groups = group(whole(performances), _TOKENS_A_BATCH)
    batches = ((make_batch(windows, model.shape), len(windows)) for windows in groups)
    return guess_batches(model, (batch for batch, _ in batches), tokens_per_beat)


@torch.inference_mode()
def guess_batches(model: Seq2SeqLSTM, batches: Iterable[Batch], tokens_per_beat: int) -> Guesses:
    """Guess the targets of batches; every sequence of them is a group of its own."""
    found: list[tuple[NDArray[np.int64] | NDArray[np.float64], ...]] = []
    first_group, first_beat = 0, 0
    for batch in batches:
        sequences, length = batch.token_targets.shape
        states = model(batch.conditioning, batch.performance, torch.ones(sequences, dtype=torch.bool))[batch.token_targets]
        truth = batch.performance.tokens[batch.token_targets]
        rows, positions = torch.nonzero(batch.token_targets, as_tuple=True)
        beats_each = -(-length // tokens_per_beat)
        guesses, bits = [], []
        for start in range(0, len(states), _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            scores = torch.log_softmax(model.token_logits(states[part]), dim=-1)
            bits.append(-scores.gather(1, truth[part, None])[:, 0].double() / np.log(2))
            guesses.append(scores.argmax(dim=-1))
        beat = rows * beats_each + positions // tokens_per_beat + first_beat
        found.append(tuple(part.numpy() for part in (truth, torch.cat(guesses), rows + first_group, beat, torch.cat(bits))))
        first_group += sequences
        first_beat += sequences * beats_each
    return Guesses(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def scores(guesses: Guesses, chosen: NDArray[np.int64] | slice = slice(None)) -> dict[str, float]:
    """Score guesses: share that is right, and precision, recall and F1 averaged over the tokens that occur or are guessed.

    `accuracy_known` counts only tokens of the vocabulary, so that saying "unknown" earns nothing; `beats` is the share of whole
    beats of which every token is right and none unknown.
    """
    truth, guess, beat = guesses.truth[chosen], guesses.guess[chosen], guesses.beat[chosen]
    right = truth == guess
    size = int(max(truth.max(), guess.max())) + 1
    hits = np.bincount(truth[right], minlength=size)
    there, said = np.bincount(truth, minlength=size), np.bincount(guess, minlength=size)
    classes = (there > 0) | (said > 0)
    precision = hits[classes] / np.maximum(said[classes], 1)
    recall = hits[classes] / np.maximum(there[classes], 1)
    harmonic = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    known = truth != UNK
    _, places = np.unique(beat, return_inverse=True)
    wrong = np.bincount(places, weights=~(right & known))
    return {
        "accuracy": float(right.mean()),
        "accuracy_known": float((right & known).sum() / max(1, known.sum())),
        "beats": float((wrong == 0).mean()),
        "precision": float(precision.mean()),
        "recall": float(recall.mean()),
        "f1": float(harmonic.mean()),
        "unknown": float((~known).mean()),
        "unknown_guessed": float((guess == UNK).mean()),
    }

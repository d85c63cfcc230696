"""Next-token predictions under teacher forcing, and their accuracy, precision, recall and F1."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from drummer.data.batches import Batch, group, make_batch, whole
from drummer.data.encoding import EncodedPerformance
from drummer.model.network import Seq2SeqLSTM
from drummer.model.tokenizer import UNK

_TOKENS_PER_BATCH = 60_000
_LOGIT_ROWS = 1024  # computed at a time: the logits of a vocabulary of 50,000 beats would not fit into memory otherwise


class Predictions(NamedTuple):
    """Targets and predictions, one entry per token.

    Attributes:
        target: (tokens,) int64.
        predicted: (tokens,) int64, the most probable token.
        group: (tokens,) int64, index of the performance.
        beat: (tokens,) int64, index of the beat, counted over all performances.
        bits: (tokens,) float64, -log2 of the target's probability, without the cost of spelling out an unknown token.
    """

    target: NDArray[np.int64]
    predicted: NDArray[np.int64]
    group: NDArray[np.int64]
    beat: NDArray[np.int64]
    bits: NDArray[np.float64]


def predict_tokens(model: Seq2SeqLSTM, performances: Sequence[EncodedPerformance], tokens_per_beat: int) -> Predictions:
    """Predict every token of performances, each read from its start, with empty encoder input and memory of past bars."""
    batches = (make_batch(windows, model.shape) for windows in group(whole(performances), _TOKENS_PER_BATCH))
    return predict_batches(model, batches, tokens_per_beat)


@torch.inference_mode()
def predict_batches(model: Seq2SeqLSTM, batches: Iterable[Batch], tokens_per_beat: int) -> Predictions:
    """Predict the targets of batches; every sequence is a group of its own."""
    found: list[tuple[NDArray[np.int64] | NDArray[np.float64], ...]] = []
    first_group, first_beat = 0, 0
    for batch in batches:
        sequences, length = batch.token_targets.shape
        with_memory = torch.ones(sequences, dtype=torch.bool)
        states = model(batch.conditioning, batch.performance, with_memory, int(batch.tokens_per_bar))
        states = states[batch.token_targets]  # (targets, state_dim)
        target = batch.performance.tokens[batch.token_targets]  # (targets,)
        rows, positions = torch.nonzero(batch.token_targets, as_tuple=True)
        beats_per_sequence = -(-length // tokens_per_beat)
        predicted, bits = [], []
        for start in range(0, len(states), _LOGIT_ROWS):
            part = slice(start, start + _LOGIT_ROWS)
            log_probabilities = torch.log_softmax(model.token_logits(states[part]), dim=-1)
            bits.append(-log_probabilities.gather(1, target[part, None])[:, 0].double() / np.log(2))
            predicted.append(log_probabilities.argmax(dim=-1))
        beat = rows * beats_per_sequence + positions // tokens_per_beat + first_beat
        parts = (target, torch.cat(predicted), rows + first_group, beat, torch.cat(bits))
        found.append(tuple(part.numpy() for part in parts))
        first_group += sequences
        first_beat += sequences * beats_per_sequence
    return Predictions(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def scores(predictions: Predictions, chosen: NDArray[np.int64] | slice = slice(None)) -> dict[str, float]:
    """Compute accuracy, and precision, recall and F1 averaged over the tokens that occur as target or prediction (macro).

    `accuracy_known` counts only targets in the vocabulary, so that predicting `[UNK]` scores nothing. `beats` is the share of
    whole beats with every token known and correct.

    Args:
        predictions: Targets and predictions.
        chosen: Indices of the tokens to score; all by default.
    """
    target, predicted, beat = predictions.target[chosen], predictions.predicted[chosen], predictions.beat[chosen]
    correct = target == predicted
    size = int(max(target.max(), predicted.max())) + 1
    true_positives = np.bincount(target[correct], minlength=size)
    target_counts, predicted_counts = np.bincount(target, minlength=size), np.bincount(predicted, minlength=size)
    classes = (target_counts > 0) | (predicted_counts > 0)
    precision = true_positives[classes] / np.maximum(predicted_counts[classes], 1)
    recall = true_positives[classes] / np.maximum(target_counts[classes], 1)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    known = target != UNK
    _, places = np.unique(beat, return_inverse=True)
    errors = np.bincount(places, weights=~(correct & known))
    return {
        "accuracy": float(correct.mean()),
        "accuracy_known": float((correct & known).sum() / max(1, known.sum())),
        "beats": float((errors == 0).mean()),
        "precision": float(precision.mean()),
        "recall": float(recall.mean()),
        "f1": float(f1.mean()),
        "unknown": float((~known).mean()),
        "unknown_predicted": float((predicted == UNK).mean()),
    }

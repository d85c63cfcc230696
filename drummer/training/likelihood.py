"""Negative log-likelihood of performances: the loss that training minimizes and the bits a beat that evaluation reports."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from drummer.data.batches import Batch, group, make_batch, whole
from drummer.data.encoding import EncodedPerformance
from drummer.model.inputs import PerformanceTensors
from drummer.model.network import Seq2SeqLSTM
from drummer.model.tokenizer import UNK, Tokenizer

_EVALUATION_BUDGET = 60_000  # tokens a batch


class NegativeLogLikelihood(NamedTuple):
    """Negative log-likelihoods of the three outputs, as tensors in training (summed nats) or numbers in reports (bits a beat).

    Attributes:
        voices: Of the tokens.
        velocity: Of the velocity bins of all hits.
        timing: Of the timing bins of all hits.
    """

    voices: Any
    velocity: Any
    timing: Any

    @property
    def total(self) -> Any:
        """Sum of the three."""
        return self.voices + self.velocity + self.timing

    def __str__(self) -> str:
        """Write out bits a beat, such as `44.0 bits a beat = 12.7 voices + 18.6 velocity + 12.7 timing`."""
        parts = " + ".join(f"{value:.2f} {name}" for name, value in self._asdict().items())
        return f"{self.total:.2f} bits a beat = {parts}"


def negative_log_likelihood(
    model: Seq2SeqLSTM, batch: Batch, states: Tensor, token_weights: Tensor | None = None
) -> NegativeLogLikelihood:
    """Sum the negative log-likelihood of a batch's targets, in nats.

    Args:
        model: The model.
        batch: Inputs and targets.
        states: (batch, length, state_dim), from `Seq2SeqLSTM.forward`.
        token_weights: (vocabulary,) float, weight of each token; None = all 1.
    """
    needed = batch.token_targets | batch.hit_targets.any(dim=-1)  # (batch, length)
    states, is_target = states[needed], batch.token_targets[needed]  # (positions, ...)
    performance = PerformanceTensors(*(tensor[needed] for tensor in batch.performance))
    voices = functional.cross_entropy(
        model.token_logits(states[is_target]), performance.tokens[is_target], weight=token_weights, reduction="sum"
    )
    bins = batch.velocity_bins[needed], batch.timing_bins[needed]
    return NegativeLogLikelihood(voices, *model.hit_losses(states, performance, batch.hit_targets[needed], *bins))


@torch.inference_mode()
def bits_a_beat(model: Seq2SeqLSTM, tokenizer: Tokenizer, performances: Sequence[EncodedPerformance]) -> NegativeLogLikelihood:
    """Measure -log2 of the probability of performances, divided by their length in beats.

    Voices: the tokens; a token outside the vocabulary costs `Tokenizer.unknown_token_bits` more. Velocity: the bin of each hit
    (of 32 by default). Timing: the bin of each hit in its step (96 a beat by default). Each performance is one sequence, from its
    first bar to its last beat with a hit, with nothing fixed and with the memory of past bars. Hits that the grid cannot hold
    (0.9% on 12 steps a beat) are not counted.

    Args:
        model: The model, in evaluation mode.
        tokenizer: Its tokenizer.
        performances: At least one.
    """
    device = next(model.parameters()).device
    nats = torch.zeros(3, dtype=torch.float64)
    unknown = 0
    for windows in group(whole(performances), _EVALUATION_BUDGET):
        batch = make_batch(windows, model.shape).to(device)
        with_memory = torch.ones(len(windows), dtype=torch.bool, device=device)
        states = model(batch.conditioning, batch.performance, with_memory, int(batch.tokens_per_bar))
        parts = negative_log_likelihood(model, batch, states)
        nats += torch.stack([part.double().cpu() for part in parts])
        unknown += int((batch.performance.tokens[batch.token_targets] == UNK).sum())
    beats = sum(performance.source.beats for performance in performances)
    bits = (nats / math.log(2)).tolist()
    bits[0] += unknown * tokenizer.unknown_token_bits
    return NegativeLogLikelihood(*(part / beats for part in bits))

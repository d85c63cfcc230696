"""How surprised the model is: the loss that training lowers and the bits a beat that evaluation reports."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from drummer.data.batches import Batch, EncodedPerformance, group, make_batch, whole
from drummer.model.network import Played, Seq2SeqLSTM, earlier_in_step
from drummer.model.tokenizer import UNK, BeatTokenizer, Tokenizer
from drummer.music.voices import VOICE_COUNT

_EVALUATION_BUDGET = 60_000  # tokens a batch


class Surprise(NamedTuple):
    """Negative log-likelihoods, summed, as tensors in training (nats) or numbers in reports (bits a beat)."""

    voices: Any
    velocity: Any
    timing: Any

    @property
    def total(self) -> Any:
        """All three together."""
        return self.voices + self.velocity + self.timing

    def __str__(self) -> str:
        """Write out bits a beat, such as `44.0 bits a beat = 12.7 voices + 18.6 velocity + 12.7 timing`."""
        parts = " + ".join(f"{value:.2f} {name}" for name, value in self._asdict().items())
        return f"{self.total:.2f} bits a beat = {parts}"


def surprise(
    model: Seq2SeqLSTM,
    batch: Batch,
    with_memory: Tensor,
    own: Tensor | None = None,
    class_weights: Tensor | None = None,
    remembered: Played | None = None,
) -> Surprise:
    """Sum the negative log-likelihood of a batch's targets, in nats.

    Args:
        model: The model.
        batch: What was given and played.
        with_memory: (batch,) bool, see `Seq2SeqLSTM.forward`.
        own: (batch, length) bool, see `Seq2SeqLSTM.forward`.
        class_weights: (vocabulary,) float, weight of each token in the first of the three sums.
        remembered: See `Seq2SeqLSTM.forward`.
    """
    asked = batch.target | batch.performed.any(dim=-1)  # (batch, length)
    states = model(batch.given, batch.played, with_memory, own, remembered)[asked]  # (targets, state_dim)
    tokens, unknown = batch.played.tokens[asked], batch.target[asked]
    voices = functional.cross_entropy(model.token_logits(states[unknown]), tokens[unknown], weight=class_weights, reduction="sum")
    if not model.shape.performance:
        return Surprise(voices, voices.new_zeros(()), voices.new_zeros(()))
    velocities, offsets = batch.played.velocities[asked], batch.played.offsets[asked]  # (targets, 13)
    rows, hit_voices = torch.nonzero(batch.performed[asked], as_tuple=True)  # one entry a hit
    inputs = model.head_inputs(
        states[rows],
        tokens[rows],
        hit_voices,
        earlier_in_step(hit_voices, velocities[rows], offsets[rows]),
    )
    velocity = functional.cross_entropy(
        model.velocity_logits(inputs), batch.velocity_bins[asked][rows, hit_voices], reduction="sum"
    )
    timing = functional.cross_entropy(
        model.timing_logits(inputs, velocities[rows, hit_voices]),
        batch.timing_bins[asked][rows, hit_voices],
        reduction="sum",
    )
    return Surprise(voices, velocity, timing)


def escape_bits(tokenizer: Tokenizer[Any]) -> float:
    """Bits that spell out a token outside the vocabulary, beyond `[UNK]` itself: a fair choice for each of its cells."""
    levels = tokenizer.loudness_levels + 1 if isinstance(tokenizer, BeatTokenizer) else 2
    return tokenizer.token_steps * VOICE_COUNT * math.log2(levels)


@torch.inference_mode()
def bits_a_beat(model: Seq2SeqLSTM, tokenizer: Tokenizer[Any], performances: Sequence[EncodedPerformance]) -> Surprise:
    """Measure -log2 of the probability of what drummers played, divided by the beats they played it on.

    Voices: the tokens, a token outside the vocabulary paying `escape_bits` more. Velocity: its bin of each hit (32 by default).
    Timing: its bin in the step (96 a beat by default). Each performance is one sequence, from its first bar to its last beat with
    a hit, nothing given, memory of past bars on. Hits that the grid lost (0.9% on 12 steps a beat) are not coded.

    Args:
        model: The model, in evaluation mode.
        tokenizer: Its tokenizer.
        performances: What to measure on; not empty.
    """
    device = next(model.parameters()).device
    nats = torch.zeros(3, dtype=torch.float64)
    unknown = 0
    for windows in group(whole(performances), _EVALUATION_BUDGET):
        batch = make_batch(windows, model.shape).to(device)
        parts = surprise(model, batch, torch.ones(len(windows), dtype=torch.bool, device=device))
        nats += torch.stack([part.double().cpu() for part in parts])
        unknown += int((batch.played.tokens[batch.target] == UNK).sum())
    beats = sum(performance.source.beats for performance in performances)
    bits = (nats / math.log(2)).tolist()
    bits[0] += unknown * escape_bits(tokenizer)
    return Surprise(*(part / beats for part in bits))

"""History corruption: perturb the memory features in training so that the model learns to recover from its own mistakes.

In training the memory of past bars holds a drummer's bars; in generation it holds the model's own, mistakes included (exposure
bias; Bengio et al., 2015, "Scheduled Sampling for Sequence Prediction with Recurrent Neural Networks"). A soft hit that the model
leaves out once is missing from its memory and so is left out again: grooves grew thinner and louder by the bar. In the
fine-tuning epochs some sequences therefore get a memory that differs from the performance, while the targets stay as they are: by
cells of other bars, by soft hits that are left out, and by samples of the model itself (two passes, as in Mihaylova
and Martins, 2019, "Scheduled Sampling for Transformers").
"""

from __future__ import annotations

import torch
from torch import Tensor

from drummer.config_sections import FineTuningConfig
from drummer.model.history import earlier_in_step
from drummer.model.inputs import PerformanceTensors
from drummer.model.network import Seq2SeqLSTM
from drummer.model.tokenizer import SPECIALS
from drummer.music.voices import MIN_VELOCITY

FARTHEST = 4  # bars between a cell and the one that replaces it


def corrupt_history(performance: PerformanceTensors, tokens_per_bar: int, settings: FineTuningConfig) -> PerformanceTensors:
    """Corrupt performances for the memory; random numbers come from torch's global generator, as in dropout.

    Args:
        performance: Sequences that start at a bar line.
        tokens_per_bar: Positions in a bar.
        settings: Strength. Each sequence has its own shares, drawn evenly from 0 to the largest.

    Returns:
        The same with some cells replaced by the cells at the same place of a bar up to four before or behind, and with some hits
        left out, soft ones more often. Tokens stay as they are: the memory does not read them.
    """
    size, length, _ = performance.velocities.shape
    device = performance.velocities.device

    def draw_share(largest: float) -> Tensor:
        return torch.rand(size, 1, 1, device=device) * largest * (torch.rand(size, 1, 1, device=device) < settings.share)

    here = torch.arange(length, device=device).expand(size, length)
    bars = torch.randint(1, FARTHEST + 1, (size, length), device=device)
    source = here + bars * tokens_per_bar * (1 - 2 * torch.randint(2, (size, length), device=device))
    source = torch.where((source >= 0) & (source < length), source, here)[..., None].expand_as(performance.velocities)
    displaced = torch.rand_like(performance.velocities) < draw_share(settings.displaced)
    velocities, offsets = (
        torch.where(displaced, values.gather(1, source), values) for values in (performance.velocities, performance.offsets)
    )
    # The probability is the share at a velocity of .3 and 1.6 times the share at .1; at .8 it is nearly 0.
    dropped = torch.rand_like(velocities) < draw_share(settings.dropped) * 2.0 * (1.0 - velocities) ** 2
    return PerformanceTensors(performance.tokens, velocities.masked_fill(dropped, 0.0), offsets.masked_fill(dropped, 0.0))


@torch.no_grad()
def sample_history(
    model: Seq2SeqLSTM, performance: PerformanceTensors, states: Tensor, free: Tensor, settings: FineTuningConfig
) -> PerformanceTensors:
    """Replace some steps of performances by samples of the model, given the true past.

    Args:
        model: The model.
        performance: (batch, length, ...) the true performances.
        states: (batch, length, state_dim) of the model, with the true past.
        free: (batch, length) bool, steps that are not fixed.
        settings: Each sequence has its own share of replaced steps, drawn evenly from 0 to `sampled`.

    Returns:
        The performances with these steps. A voice that sounds in both keeps its true velocity and offset.
    """
    size, length, _ = performance.velocities.shape
    share = torch.rand(size, 1, device=states.device) * settings.sampled
    places = (torch.rand(size, length, device=states.device) < share) & free
    rows, steps = torch.nonzero(places, as_tuple=True)
    if len(rows) == 0:
        return performance
    here = states[rows, steps]
    logits = model.token_logits(here)
    logits[:, :SPECIALS] = -torch.inf
    tokens = _sample_class(logits)
    hits = model.token_voices[tokens]  # (places, 13)
    velocities, offsets = performance.velocities[rows, steps] * hits, performance.offsets[rows, steps] * hits
    new, voices = torch.nonzero(hits & (velocities == 0), as_tuple=True)
    if len(new):
        inputs = model.head_inputs(here[new], tokens[new], voices, earlier_in_step(voices, velocities[new], offsets[new]))
        loudness = _sample_bin(model.velocity_logits(inputs))
        velocities[new, voices] = loudness.clamp(min=MIN_VELOCITY)
        offsets[new, voices] = _sample_bin(model.timing_logits(inputs, loudness)) - 0.5
    sampled = PerformanceTensors(performance.tokens, performance.velocities.clone(), performance.offsets.clone())
    sampled.velocities[rows, steps], sampled.offsets[rows, steps] = velocities, offsets
    return sampled


def _sample_bin(logits: Tensor) -> Tensor:
    """Sample a value in [0, 1) from bins of equal width."""
    bins = _sample_class(logits)
    return (bins + torch.rand_like(logits[..., 0])) / logits.shape[-1]


def _sample_class(logits: Tensor) -> Tensor:
    """Sample a class of each distribution of (..., classes): (...,) int64."""
    probabilities = torch.softmax(logits, dim=-1)
    return torch.multinomial(probabilities.flatten(end_dim=-2), 1).reshape(logits.shape[:-1])

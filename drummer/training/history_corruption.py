"""History corruption: perturb the memory features in training so that the model learns to recover from its own mistakes.

In training the memory of past bars holds a drummer's bars; in generation it holds the model's own, mistakes included (exposure
bias; Bengio et al., 2015, "Scheduled Sampling for Sequence Prediction with Recurrent Neural Networks"). A soft hit that is left
out once is missing from the memory and so is left out again: grooves grew thinner and louder by the bar. In the fine-tuning
epochs some sequences therefore get a memory that differs from the performance, while the targets stay as they are.
"""

from __future__ import annotations

import torch
from torch import Tensor

from drummer.config_sections import FineTuningConfig
from drummer.model.inputs import PerformanceTensors

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
    # At a velocity of .3 with the probability of the share, at .1 with 1.6 times of that, at .8 hardly ever.
    dropped = torch.rand_like(velocities) < draw_share(settings.dropped) * 2.0 * (1.0 - velocities) ** 2
    return PerformanceTensors(performance.tokens, velocities.masked_fill(dropped, 0.0), offsets.masked_fill(dropped, 0.0))

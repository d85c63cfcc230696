"""Slips: what a model that hears itself remembers wrongly, and learns to recover from.

In training the memory of past bars is what a drummer played; when the model plays, it is what the model played, slips included. A
soft hit that is left out once is missing from what is remembered, and so is left out again: grooves grew thinner and louder by
the bar. In the last passes of training some sequences remember what was not played, while what must be played stays as it was.
"""

from __future__ import annotations

import torch
from torch import Tensor

from drummer.config import RecoveryConfig
from drummer.model.network import Played

FARTHEST = 4  # bars between a cell and the one that is remembered in its place


def slip(played: Played, tokens_per_bar: int, settings: RecoveryConfig) -> Played:
    """Put slips into what is remembered; draws from torch's global generator, as dropout does.

    Args:
        played: What was played, sequences that start at a bar line.
        tokens_per_bar: Tokens that a bar takes.
        settings: How many slips. Each sequence has its own shares, drawn evenly from 0 to the largest.

    Returns:
        The same with some cells as they are at the same place of a bar up to four before or behind, and some hits left out, the
        softer the likelier. Tokens stay as they are: memory does not read them.
    """
    size, length, _ = played.velocities.shape
    device = played.velocities.device

    def share(largest: float) -> Tensor:
        return torch.rand(size, 1, 1, device=device) * largest * (torch.rand(size, 1, 1, device=device) < settings.share)

    here = torch.arange(length, device=device).expand(size, length)
    bars = torch.randint(1, FARTHEST + 1, (size, length), device=device)
    elsewhere = here + bars * tokens_per_bar * (1 - 2 * torch.randint(2, (size, length), device=device))
    elsewhere = torch.where((elsewhere >= 0) & (elsewhere < length), elsewhere, here)[..., None].expand_as(played.velocities)
    swapped = torch.rand_like(played.velocities) < share(settings.swapped)
    velocities, offsets = (
        torch.where(swapped, dynamics.gather(1, elsewhere), dynamics) for dynamics in (played.velocities, played.offsets)
    )
    # Of a velocity of .3 as often as the share says, of .1 half again as often, of .8 hardly ever.
    lost = torch.rand_like(velocities) < share(settings.lost) * 2.0 * (1.0 - velocities) ** 2
    return Played(played.tokens, velocities.masked_fill(lost, 0.0), offsets.masked_fill(lost, 0.0))

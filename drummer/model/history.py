"""Features of the music so far: the memory of past bars, and the basis that velocities and offsets are encoded in."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from drummer.model.inputs import BASIS_FUNCTIONS, ModelShape, PerformanceTensors
from drummer.music.voices import VOICE_COUNT

AVERAGE_BARS = 16  # bars that the running average of past bars covers
_NEIGHBOURS = (-1, 0, 1)  # tokens from a place of the memory
EARLIER_FEATURES = VOICE_COUNT * 2 * BASIS_FUNCTIONS  # width of the earlier hits of a step, see `earlier_in_step`


class PastBars:
    """Buffer of the music so far, from which the memory features of any later position are computed.

    Attributes:
        length: Number of positions that have been added.
    """

    def __init__(self, like: Tensor, shape: ModelShape, tokens_per_bar: int) -> None:
        """Allocate a buffer for sequences of the size of `like`, (batch, length, cells)."""
        batch, length, cells = like.shape
        self._tokens_per_bar = tokens_per_bar
        distances, beats = shape.memory(tokens_per_bar), len(shape.memory_beats)
        self._beats, self._bars = distances[:beats], distances[beats:]
        self.length = 0
        # Silence before the first position, so that every place in the past exists.
        self._reach = max((*distances, AVERAGE_BARS * tokens_per_bar)) + 1
        self._features = like.new_zeros(batch, self._reach + length, 3 * cells)  # velocity, offset, 1 = hit

    @torch.no_grad()
    def add(self, velocities: Tensor, offsets: Tensor) -> None:
        """Append positions, (batch, positions, cells) each."""
        start = self._reach + self.length
        self._features[:, start : start + velocities.shape[1]] = torch.cat([velocities, 2.0 * offsets, velocities > 0], dim=-1)
        self.length += velocities.shape[1]

    def look_back(self, first: int, count: int) -> Tensor:
        """Collect the memory of consecutive positions: hits some beats and bars earlier, each with its two neighbours.

        Args:
            first: First position. All positions before it must have been added.
            count: Number of positions.

        Returns:
            (batch, count, memory_features), `beats_ago` and `bars_ago`.
        """
        return torch.cat([self.beats_ago(first, count), self.bars_ago(first, count)], dim=-1)

    @torch.no_grad()
    def beats_ago(self, first: int, count: int) -> Tensor:
        """Collect the hits some beats earlier; see `look_back`.

        Returns:
            (batch, count, beat_features): velocities and offsets at a scale of about one, 0 = no hit, by place and neighbour.
        """
        dynamics = self._features.shape[2] // 3 * 2
        return torch.cat([self._features[:, :count, :0], *self._places(self._beats, first, count, dynamics)], dim=-1)

    def _places(self, distances: Sequence[int], first: int, count: int, width: int) -> list[Tensor]:
        """Cut out the first columns of the features at some distances in tokens, each with its two neighbours."""
        starts = (self._reach + first - distance + neighbour for distance in distances for neighbour in _NEIGHBOURS)
        return [self._features[:, start : start + count, :width] for start in starts]

    @torch.no_grad()
    def bars_ago(self, first: int, count: int) -> Tensor:
        """Collect the hits some bars earlier and their running averages; see `look_back`.

        Single past bars show the pattern that continues, but each repeats the mistakes of the bar before it. The running average
        over the last `AVERAGE_BARS` bars is the pattern that a groove returns to.

        Returns:
            (batch, count, memory_features - beat_features): velocities and offsets at a scale of about one, 0 = no hit, by place
            and neighbour; their running averages over hits, by neighbour; then the share of past bars with a hit, by neighbour.
        """
        features, tokens_per_bar = self._features, self._tokens_per_bar
        batch, _, width = features.shape
        dynamics = width // 3 * 2
        # All averaged bars at once, (batch, bars, count + 2, width): a view that steps by a bar along the second axis.
        start = self._reach + first - AVERAGE_BARS * tokens_per_bar - 1
        size, stride = (batch, AVERAGE_BARS, count + 2, width), (features.stride(0), tokens_per_bar * width, width, 1)
        sums = features.as_strided(size, stride, start * width).sum(dim=1)
        counts = sums[..., dynamics:]
        means = sums[..., :dynamics] / counts.clamp(min=1.0).repeat(1, 1, 2)
        bars_ago = torch.arange(first, first + count, device=features.device) // tokens_per_bar
        bars = bars_ago.clamp(1, AVERAGE_BARS)[:, None]

        def beside(each: Tensor) -> list[Tensor]:
            return [each[:, 1 + neighbour : 1 + neighbour + count] for neighbour in _NEIGHBOURS]

        past = self._places(self._bars, first, count, dynamics)
        return torch.cat([*past, *beside(means), *(total / bars for total in beside(counts))], dim=-1)


def performance_features(performance: PerformanceTensors) -> Tensor:
    """Join velocities and offsets, both at a scale of about one: (batch, length, 2 * cells)."""
    return torch.cat([performance.velocities, 2.0 * performance.offsets], dim=-1)


def hit_indicator(history: Tensor) -> Tensor:
    """Mark the entries of history features that belong to a hit: 1 where a number is not 0, else 0."""
    return (history != 0).to(history.dtype)


def triangular_basis(values: Tensor) -> Tensor:
    """Encode numbers in [0, 1] in a basis of overlapping triangles: (...) to (..., BASIS_FUNCTIONS).

    A layer that reads a velocity as one number blurs it; in this basis it separates neighbouring values (docs/experiments.md).
    """
    centres = torch.arange(BASIS_FUNCTIONS, device=values.device)
    return (1.0 - (values[..., None] * (BASIS_FUNCTIONS - 1) - centres).abs()).clamp(min=0.0)


def encode_triangular(velocities: Tensor, scaled_offsets: Tensor) -> Tensor:
    """Encode hits in the triangular basis; a cell without a hit gives zeros.

    Args:
        velocities: (rows, hits) in [0, 1], 0 = no hit.
        scaled_offsets: (rows, hits) offsets times 2, in [-1, 1).

    Returns:
        (rows, hits * 2 * BASIS_FUNCTIONS).
    """
    present = (velocities > 0)[..., None, None]
    scaled = torch.stack([velocities, 0.5 * (scaled_offsets + 1.0)], dim=-1)
    encoded = triangular_basis(scaled)  # (rows, hits, 2, BASIS_FUNCTIONS)
    return (encoded * present).flatten(1)


def earlier_in_step(voices: Tensor, velocities: Tensor, offsets: Tensor) -> Tensor:
    """Encode, for each hit, the hits of its step that come before it in the order of voices.

    The hands and feet of one drummer are early or late, loud or soft together.

    Args:
        voices: (hits,) voice of each hit.
        velocities: (hits, 13) velocities of all voices at its step, 0 = no hit.
        offsets: (hits, 13) offsets in steps.

    Returns:
        (hits, EARLIER_FEATURES), see `encode_triangular`; 0 for voices of higher index and those that do not sound.
    """
    before = torch.arange(VOICE_COUNT, device=voices.device) < voices[:, None]  # (hits, 13)
    return encode_triangular(velocities * before, 2.0 * offsets)

"""Performances → windows → batches of tensors for the model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from drummer.corpus import Performance
from drummer.model import PARTS, Given, ModelShape, Played, make_given, make_score
from drummer.tokens import BOS, Tokenizer


@dataclass(frozen=True)
class EncodedPerformance:
    """A performance as arrays, one row a token; `cells` = token_steps * 13.

    Attributes:
        source: Where it comes from.
        tokens: (length,) int64.
        velocities: (length, cells) float32.
        offsets: (length, cells) float32.
        velocity_bins: (length, cells) int64.
        timing_bins: (length, cells) int64.
        genre: Index into the genres of the configuration.
        part: Index into `PARTS`.
        counted: Length in tokens up to the end of the last beat with a hit; the rest of the last bar is no target.
    """

    source: Performance
    tokens: NDArray[np.int64]
    velocities: NDArray[np.float32]
    offsets: NDArray[np.float32]
    velocity_bins: NDArray[np.int64]
    timing_bins: NDArray[np.int64]
    genre: int
    part: int
    counted: int


class Window(NamedTuple):
    """A stretch of a performance: `length` tokens from the token `start` on, the first `primer` of which are given."""

    performance: EncodedPerformance
    start: int
    length: int
    primer: int = 0


class Batch(NamedTuple):
    """Windows of about one length, padded to the longest.

    Attributes:
        given: What the model is given.
        played: What was played, primer included.
        velocity_bins: (batch, length, cells) int64.
        timing_bins: (batch, length, cells) int64.
        target: (batch, length) bool, true where the model must play: not in the primer, not in the padding.
    """

    given: Given
    played: Played
    velocity_bins: Tensor
    timing_bins: Tensor
    target: Tensor

    def to(self, device: torch.device) -> Batch:
        """Move all tensors to a device."""
        given = Given(*(tensor.to(device) for tensor in self.given))
        played = Played(*(tensor.to(device) for tensor in self.played))
        return Batch(given, played, *(tensor.to(device) for tensor in self[2:]))


def encode_performances(
    performances: Iterable[Performance], tokenizer: Tokenizer[Any], genres: Sequence[str]
) -> list[EncodedPerformance]:
    """Turn performances into arrays.

    Args:
        performances: What was played, on the tokenizer's grid.
        tokenizer: Makes the tokens.
        genres: The genres of the configuration, in its order.
    """
    return [_encode(performance, tokenizer, genres) for performance in performances]


def draw_windows(
    performances: Iterable[EncodedPerformance],
    window_bars: int,
    tokens_per_bar: int,
    free_share: float,
    generator: np.random.Generator,
) -> list[Window]:
    """Draw one pass over performances: from each as many windows as its length holds, at random bar lines.

    A performance of n bars gives ceil(n / window_bars) windows, so windows overlap and each pass sees other ones. A share of
    `1 - free_share` of the windows gets 1 to window_bars / 2 of its bars as a primer.
    """
    windows = []
    for performance in performances:
        bars = len(performance.tokens) // tokens_per_bar
        length = min(bars, window_bars)
        for _ in range(-(-bars // window_bars)):
            start = int(generator.integers(0, bars - length + 1))
            primer = 0
            if length > 1 and generator.random() >= free_share:
                primer = int(generator.integers(1, length // 2 + 1))
            windows.append(Window(performance, *(bars * tokens_per_bar for bars in (start, length, primer))))
    return windows


def whole(performances: Iterable[EncodedPerformance]) -> list[Window]:
    """Take each performance from its start to its end, with nothing given."""
    return [Window(performance, 0, len(performance.tokens)) for performance in performances]


def group(windows: Sequence[Window], budget: int, generator: np.random.Generator | None = None) -> list[list[Window]]:
    """Group windows of about one length, at most `budget` tokens a group, padding included (a longer window is a group alone).

    Args:
        windows: In any order.
        budget: Tokens.
        generator: Shuffles windows of one length, and the groups; without it the order is by length.
    """
    if generator is not None:
        windows = [windows[index] for index in generator.permutation(len(windows))]
    groups: list[list[Window]] = []
    for window in sorted(windows, key=lambda window: window.length):
        if not groups or (len(groups[-1]) + 1) * window.length > budget:
            groups.append([])
        groups[-1].append(window)
    if generator is not None:
        groups = [groups[index] for index in generator.permutation(len(groups))]
    return groups


def make_batch(windows: Sequence[Window], shape: ModelShape) -> Batch:
    """Cut windows out of their performances and stack them."""
    size, length = len(windows), max(window.length for window in windows)
    tokens = np.full((size, length), BOS)
    velocities = np.zeros((size, length, shape.cells), dtype=np.float32)
    offsets = np.zeros_like(velocities)
    velocity_bins = np.zeros(velocities.shape, dtype=np.int64)
    timing_bins = np.zeros_like(velocity_bins)
    target = np.zeros((size, length), dtype=bool)
    known = np.zeros((size, length), dtype=bool)
    for row, (performance, start, count, primer) in enumerate(windows):
        part = slice(start, start + count)
        tokens[row, :count] = performance.tokens[part]
        velocities[row, :count] = performance.velocities[part]
        offsets[row, :count] = performance.offsets[part]
        velocity_bins[row, :count] = performance.velocity_bins[part]
        timing_bins[row, :count] = performance.timing_bins[part]
        target[row, primer : min(count, performance.counted - start)] = True
        known[row, :primer] = True
    played = Played(torch.from_numpy(tokens), torch.from_numpy(velocities), torch.from_numpy(offsets))
    known_cells = torch.from_numpy(known)[..., None].expand_as(played.velocities)
    given = make_given(
        make_score(known_cells, known_cells, played.velocities, played.offsets),
        genre=torch.tensor([window.performance.genre for window in windows]),
        bpm=torch.tensor([window.performance.source.groove.bpm for window in windows]),
        part=torch.tensor([window.performance.part for window in windows]),
        tokens_per_bar=shape.tokens_per_bar,
    )
    return Batch(given, played, torch.from_numpy(velocity_bins), torch.from_numpy(timing_bins), torch.from_numpy(target))


def _encode(performance: Performance, tokenizer: Tokenizer[Any], genres: Sequence[str]) -> EncodedPerformance:
    groove = performance.groove
    sequence = tokenizer.encode(groove)
    rows = (len(sequence.tokens), -1)
    return EncodedPerformance(
        source=performance,
        tokens=sequence.tokens,
        velocities=groove.velocities.reshape(rows),
        offsets=groove.offsets.reshape(rows),
        velocity_bins=sequence.velocity_bins.reshape(rows),
        timing_bins=sequence.timing_bins.reshape(rows),
        genre=genres.index(performance.genre),
        part=PARTS.index(performance.part),
        counted=performance.beats * groove.steps_per_beat // tokenizer.token_steps,
    )

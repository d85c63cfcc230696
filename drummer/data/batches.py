"""Batches: from performances to windows (stretches of them), and from windows to tensors for the model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from drummer.data.corpus import Performance
from drummer.model.inputs import (
    PARTS,
    Conditioning,
    FixedMask,
    ModelShape,
    PerformanceTensors,
    make_conditioning,
    make_encoder_input,
)
from drummer.model.tokenizer import BOS, Tokenizer
from drummer.music.beat_plan import BEAT_PLAN, encode_beat_plan, measure_beat_plan
from drummer.music.controls import CONTROLS, encode_controls, measure_controls
from drummer.music.genre_scale import GenreScale
from drummer.music.voices import VOICE_COUNT

_BEATS_PER_BAR = 4  # the model is trained on 4/4 alone


@dataclass(frozen=True)
class EncodedPerformance:
    """A performance as arrays, one row a token; `cells` = token_steps * 13.

    Attributes:
        source: The performance.
        tokens: (length,) int64.
        velocities: (length, cells) float32, 0 = no hit.
        offsets: (length, cells) float32 steps, positive = late.
        velocity_bins: (length, cells) int64.
        timing_bins: (length, cells) int64.
        controls: (bars, 11) float64, the values of the controls that the bars were played with; NaN = unknown.
        plan: (beats, 2) float64, see `beat_plan.BEAT_PLAN`; NaN = unknown.
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
    controls: NDArray[np.float64]
    plan: NDArray[np.float64]
    genre: int
    part: int
    counted: int

    @classmethod
    def encode(
        cls, performance: Performance, tokenizer: Tokenizer, genres: Sequence[str], scale: GenreScale | None = None
    ) -> EncodedPerformance:
        """Turn a performance into arrays.

        Args:
            performance: On the tokenizer's grid.
            tokenizer: Makes the tokens.
            genres: The genres of the configuration, in its order.
            scale: Of the controls; None leaves controls and plan unknown.
        """
        groove, genre = performance.groove, genres.index(performance.genre)
        sequence = tokenizer.encode(groove)
        rows = (len(sequence.tokens), -1)
        if scale is None:
            controls, plan = (
                np.full((groove.bars, len(CONTROLS)), np.nan),
                np.full((groove.steps // groove.steps_per_beat, len(BEAT_PLAN)), np.nan),
            )
        else:
            controls, plan = scale.to_controls(measure_controls(groove), genre), measure_beat_plan(groove)
        return cls(
            source=performance,
            tokens=sequence.tokens,
            velocities=groove.velocities.reshape(rows),
            offsets=groove.offsets.reshape(rows),
            velocity_bins=sequence.velocity_bins.reshape(rows),
            timing_bins=sequence.timing_bins.reshape(rows),
            controls=controls,
            plan=plan,
            genre=genre,
            part=PARTS.index(performance.part),
            counted=performance.beats * groove.steps_per_beat // tokenizer.token_steps,
        )


class Window(NamedTuple):
    """A stretch of a performance: `length` tokens from the token `start` on.

    Attributes:
        performance: The whole performance.
        start: First token.
        length: In tokens.
        fixed: The part that the encoder reads; None = nothing.
        known_controls: (bars, 12) bool, which controls are inputs and, in the last column, whether the beat plan is; None = none.
    """

    performance: EncodedPerformance
    start: int
    length: int
    fixed: FixedMask | None = None
    known_controls: NDArray[np.bool_] | None = None


class Batch(NamedTuple):
    """Windows of similar length, padded to the longest.

    Attributes:
        conditioning: Inputs that are known before decoding.
        performance: The true performance, its fixed part included.
        velocity_bins: (batch, length, cells) int64.
        timing_bins: (batch, length, cells) int64.
        token_targets: (batch, length) bool, positions whose token is in the loss: neither padding nor all cells fixed.
        hit_targets: (batch, length, cells) bool, hits whose velocity and timing count in the loss.
    """

    conditioning: Conditioning
    performance: PerformanceTensors
    velocity_bins: Tensor
    timing_bins: Tensor
    token_targets: Tensor
    hit_targets: Tensor

    def to(self, device: torch.device) -> Batch:
        """Move all tensors to a device."""
        conditioning = Conditioning(*(tensor.to(device) for tensor in self.conditioning))
        performance = PerformanceTensors(*(tensor.to(device) for tensor in self.performance))
        return Batch(conditioning, performance, *(tensor.to(device) for tensor in self[2:]))


def encode_performances(
    performances: Iterable[Performance], tokenizer: Tokenizer, genres: Sequence[str], scale: GenreScale | None = None
) -> list[EncodedPerformance]:
    """Turn performances into arrays; see `EncodedPerformance.encode`."""
    return [EncodedPerformance.encode(performance, tokenizer, genres, scale) for performance in performances]


def sample_windows(
    performances: Iterable[EncodedPerformance],
    window_bars: int,
    tokens_per_bar: int,
    unconditioned_share: float,
    controlled_share: float,
    repeats: Sequence[float],
    generator: np.random.Generator,
) -> list[Window]:
    """Sample the windows of one epoch: from each performance as many as its length holds, starting at random bar lines.

    A performance of n bars gives ceil(n / window_bars) windows times the number in `repeats`, (genres,), of its genre, so windows
    overlap and each epoch has different ones. In a share of `1 - unconditioned_share` of the windows a part is fixed, see
    `sample_fixed_mask`. A share of `controlled_share` has known controls: seven in ten of these all of them, the others each in
    one window of two, and then in all bars or in half of them.
    """
    windows = []
    for performance in performances:
        bars = len(performance.tokens) // tokens_per_bar
        length = min(bars, window_bars)
        wanted = -(-bars // window_bars) * repeats[performance.genre]
        for _ in range(int(wanted + generator.random())):  # a fraction is rounded up as often as it says
            start = int(generator.integers(0, bars - length + 1))
            fixed = None
            if length > 1 and generator.random() >= unconditioned_share:
                fixed = sample_fixed_mask(length, tokens_per_bar, performance.velocities.shape[1], generator)
            known = _sample_known_controls(length, generator) if generator.random() < controlled_share else None
            windows.append(Window(performance, start * tokens_per_bar, length * tokens_per_bar, fixed, known))
    return windows


def genre_repeats(performances: Iterable[EncodedPerformance], genres: int, balance: float) -> list[float]:
    """Compute how often an epoch repeats each genre, so that rare ones weigh more: (mean / own length) ** balance, at least 1."""
    lengths = np.zeros(genres)
    for performance in performances:
        lengths[performance.genre] += len(performance.tokens)
    known = lengths > 0
    repeats = np.ones(genres)
    repeats[known] = np.maximum(1.0, (lengths.sum() / known.sum() / lengths[known]) ** balance)
    return list(repeats.tolist())


def whole(performances: Iterable[EncodedPerformance]) -> list[Window]:
    """Make a window of each whole performance, with nothing fixed."""
    return [Window(performance, 0, len(performance.tokens)) for performance in performances]


def group(windows: Sequence[Window], budget: int, generator: np.random.Generator | None = None) -> list[list[Window]]:
    """Group windows of similar length, at most `budget` tokens a group, padding included; a longer window is a group alone.

    Args:
        windows: In any order.
        budget: Tokens.
        generator: Shuffles windows of equal length, and the groups; without it the order is by length.
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
    cells, bars = (size, length, shape.cells), length // shape.tokens_per_bar
    tokens = np.full((size, length), BOS)
    velocities, offsets = np.zeros(cells, dtype=np.float32), np.zeros(cells, dtype=np.float32)
    velocity_bins, timing_bins = np.zeros(cells, dtype=np.int64), np.zeros(cells, dtype=np.int64)
    fixed = FixedMask(np.zeros(cells, dtype=bool), np.zeros(cells, dtype=bool))
    token_targets, hit_targets = np.zeros((size, length), dtype=bool), np.zeros(cells, dtype=bool)
    controls = np.full((size, bars, len(CONTROLS)), np.nan)
    plans = np.full((size, bars * _BEATS_PER_BAR, len(BEAT_PLAN)), np.nan)
    for row, window in enumerate(windows):
        performance, count = window.performance, window.length
        source = slice(window.start, window.start + count)
        tokens[row, :count] = performance.tokens[source]
        velocities[row, :count] = performance.velocities[source]
        offsets[row, :count] = performance.offsets[source]
        velocity_bins[row, :count] = performance.velocity_bins[source]
        timing_bins[row, :count] = performance.timing_bins[source]
        if window.fixed is not None:
            fixed.hits[row, :count], fixed.performance[row, :count] = window.fixed
        counted = slice(0, min(count, performance.counted - window.start))
        token_targets[row, counted] = ~fixed.hits[row, counted].all(axis=-1)
        hit_targets[row, counted] = ~fixed.performance[row, counted] & (velocities[row, counted] > 0)
        _fill_controls(controls[row], plans[row], window, window.start // shape.tokens_per_bar)
    true = PerformanceTensors(*map(torch.from_numpy, (tokens, velocities, offsets)))
    conditioning = make_conditioning(
        make_encoder_input(torch.from_numpy(fixed.hits), torch.from_numpy(fixed.performance), true.velocities, true.offsets),
        genre=torch.tensor([window.performance.genre for window in windows]),
        bpm=torch.tensor([window.performance.source.groove.bpm for window in windows]),
        part=torch.tensor([window.performance.part for window in windows]),
        controls=torch.from_numpy(np.stack([encode_controls(row) for row in controls])),
        shape=shape,
        plan=torch.from_numpy(np.stack([encode_beat_plan(row, _BEATS_PER_BAR) for row in plans])),
    )
    return Batch(conditioning, true, *map(torch.from_numpy, (velocity_bins, timing_bins, token_targets, hit_targets)))


def _fill_controls(controls: NDArray[np.float64], plan: NDArray[np.float64], window: Window, first_bar: int) -> None:
    """Write the known controls and the known beat plan of a window into (bars, 11) and (beats, 2); the rest stays as it is."""
    known = window.known_controls
    if known is None:
        return
    performance, bars = window.performance, len(known)
    by_bar = known[:, : len(CONTROLS)]
    controls[:bars] = np.where(by_bar, performance.controls[first_bar : first_bar + bars], np.nan)
    by_beat = np.repeat(known[:, len(CONTROLS) :], _BEATS_PER_BAR, axis=0)
    beats = slice(first_bar * _BEATS_PER_BAR, first_bar * _BEATS_PER_BAR + len(by_beat))
    plan[: len(by_beat)] = np.where(by_beat, performance.plan[beats], np.nan)


def sample_fixed_mask(bars: int, tokens_per_bar: int, cells: int, generator: np.random.Generator) -> FixedMask:
    """Sample the fixed part of a stretch of at least two bars: one of the tasks that `Drummer` solves.

    A primer of up to half of the bars; some voices, about half of them; everything around a gap of one to four beats or bars; or
    all hits without velocity and timing.
    """
    length = bars * tokens_per_bar
    fixed = FixedMask(np.zeros((length, cells), dtype=bool), np.zeros((length, cells), dtype=bool))
    task = generator.integers(5)
    if task in (0, 4):  # a primer, twice as often as the others: every free groove begins with one
        fixed.hits[: int(generator.integers(1, bars // 2 + 1)) * tokens_per_bar] = True
    elif task == 1:
        voices = generator.random(VOICE_COUNT) < generator.random()
        voices[generator.integers(VOICE_COUNT)] = False  # so that something is left to play
        fixed.hits[:] = np.tile(voices, cells // VOICE_COUNT)
    elif task == 2:
        beats = generator.integers(1, 5) * (1 if generator.random() < 0.5 else _BEATS_PER_BAR)
        gap = min(int(beats) * tokens_per_bar // _BEATS_PER_BAR, length // 2)
        first = int(generator.integers(0, (length - gap) * _BEATS_PER_BAR // tokens_per_bar + 1))
        first = first * tokens_per_bar // _BEATS_PER_BAR
        fixed.hits[:] = True
        fixed.hits[first : first + gap] = False
    else:
        fixed.hits[:] = True
        return fixed
    fixed.performance[:] = fixed.hits
    return fixed


def _sample_known_controls(bars: int, generator: np.random.Generator) -> NDArray[np.bool_]:
    """Sample which controls are known in which bars, most often all of them, and whether the beat plan is: (bars, 12)."""
    count = len(CONTROLS) + 1
    columns = generator.random(count) < 0.5
    everywhere = generator.random(count) < 0.5
    known: NDArray[np.bool_] = columns & (everywhere | (generator.random((bars, count)) < 0.5))
    if generator.random() < 0.7:
        known[:, :-1] = True
        known[:, -1] |= generator.random() < 0.6
    return known

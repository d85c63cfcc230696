"""Batches: from encoded performances to windows (stretches of them), and from windows to tensors for the model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from drummer.config_sections import TrainingConfig
from drummer.data.encoding import EncodedPerformance
from drummer.model.inputs import (
    RHYTHM_CHANNELS,
    Conditioning,
    FixedMask,
    ModelShape,
    PerformanceTensors,
    encode_rhythm,
    find_places,
    make_conditioning,
    make_encoder_input,
    spread_controls,
)
from drummer.model.tokenizer import BOS
from drummer.music.beat_plan import UNCONSTRAINED, beat_steps
from drummer.music.controls import CONTROLS
from drummer.music.meter import Meter
from drummer.music.voices import VOICE_COUNT

_CONTROL_COLUMNS = len(CONTROLS)  # of `Window.known_controls`; then the beat plan and the repeats


class Window(NamedTuple):
    """A stretch of a performance: `length` tokens from the token `start` on.

    Attributes:
        performance: The whole performance.
        start: First token.
        length: In tokens.
        fixed: The part that the encoder reads; None = nothing.
        known_controls: (bars, 14) bool, which controls are inputs and, in the last two columns, whether the beat plan and the
            repeats are; None = none.
        rhythm: (length, 3) float32, see `Conditioning`; None = unknown.
        with_style: Whether the style is an input.
    """

    performance: EncodedPerformance
    start: int
    length: int
    fixed: FixedMask | None = None
    known_controls: NDArray[np.bool_] | None = None
    rhythm: NDArray[np.float32] | None = None
    with_style: bool = False

    @property
    def first_bar(self) -> int:
        """First bar in the performance."""
        return self.start // self.performance.tokens_per_bar

    @property
    def bars(self) -> int:
        """Length in bars."""
        return self.length // self.performance.tokens_per_bar


class Batch(NamedTuple):
    """Windows of similar length whose bars have the same number of positions, padded to the longest.

    Attributes:
        conditioning: Inputs that are known before decoding.
        performance: The true performance, its fixed part included.
        velocity_bins: (batch, length, cells) int64.
        timing_bins: (batch, length, cells) int64.
        token_targets: (batch, length) bool, positions whose token is in the loss: neither padding nor all cells fixed.
        hit_targets: (batch, length, cells) bool, hits whose velocity and timing count in the loss.
        tokens_per_bar: (1,) int64, positions in a bar.
    """

    conditioning: Conditioning
    performance: PerformanceTensors
    velocity_bins: Tensor
    timing_bins: Tensor
    token_targets: Tensor
    hit_targets: Tensor
    tokens_per_bar: Tensor

    def to(self, device: torch.device) -> Batch:
        """Move all tensors to a device."""
        conditioning = Conditioning(*(tensor.to(device) for tensor in self.conditioning))
        performance = PerformanceTensors(*(tensor.to(device) for tensor in self.performance))
        return Batch(conditioning, performance, *(tensor.to(device) for tensor in self[2:]))


def sample_windows(
    performances: Iterable[EncodedPerformance],
    settings: TrainingConfig,
    repeats: Sequence[float],
    generator: np.random.Generator,
) -> list[Window]:
    """Sample the windows of one epoch: from each performance as many as its length holds, starting at random bar lines.

    A performance of n bars gives ceil(n / window_bars) windows times the number in `repeats`, (genres,), of its genre, so windows
    overlap and each epoch has different ones.
    """
    windows = []
    for performance in performances:
        bars = performance.source.groove.bars
        length = min(bars, settings.window_bars)
        wanted = -(-bars // settings.window_bars) * repeats[performance.genre]
        for _ in range(int(wanted + generator.random())):  # the fraction is the probability of one more window
            start = int(generator.integers(0, bars - length + 1))
            windows.append(sample_inputs(performance, start, length, settings, generator))
    return windows


def sample_inputs(
    performance: EncodedPerformance, first_bar: int, bars: int, settings: TrainingConfig, generator: np.random.Generator
) -> Window:
    """Sample which inputs of a stretch of bars are known.

    In a share of `1 - unconditioned_share` of the windows a part is fixed, see `sample_fixed_mask`. A share of `controlled_share`
    has known controls: 70% of these know all controls in all bars; in the others each control is known with a probability of one
    half, and then in all bars or in half of them. A share of `rhythm_share` has a known rhythm, a share of `style_share` a known
    style.
    """
    bar = performance.tokens_per_bar
    window = Window(performance, first_bar * bar, bars * bar)
    if bars > 1 and generator.random() >= settings.unconditioned_share:
        window = window._replace(fixed=sample_fixed_mask(performance, bars, generator))
    if generator.random() < settings.controlled_share:
        window = window._replace(known_controls=_sample_known_controls(bars, generator))
    if generator.random() < settings.rhythm_share:
        source = slice(window.start, window.start + window.length)
        window = window._replace(rhythm=sample_rhythm(performance.velocities[source], performance.offsets[source], generator))
    return window._replace(with_style=bool(generator.random() < settings.style_share))


def sample_rhythm(
    velocities: NDArray[np.float32], offsets: NDArray[np.float32], generator: np.random.Generator
) -> NDArray[np.float32]:
    """Sample the rhythm of a stretch: its onsets and their strengths, without their voices.

    In half of the windows it has the hits of some voices only, as when somebody taps the kick or a bass line follows it. Single
    hits are left out, soft ones more often, and all strengths are scaled: nobody taps as loud as a drum is played.

    Returns:
        (length, 3), see `Conditioning.rhythm`.
    """
    kept = velocities > 0
    if generator.random() < 0.5:
        kept &= np.tile(generator.random(VOICE_COUNT) < generator.uniform(0.2, 1.0), velocities.shape[1] // VOICE_COUNT)
    kept &= generator.random(velocities.shape) >= generator.uniform(0.0, 0.5) * (1.0 - 0.7 * velocities)
    rhythm = encode_rhythm(np.where(kept, velocities, 0.0), offsets)
    rhythm[:, 1] = np.clip(rhythm[:, 1] * generator.uniform(0.7, 1.3), 0.0, 1.0)
    return rhythm


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
    """Group windows of similar length, at most `budget` tokens a group, padding included.

    A longer window forms a group of its own. All windows of a group have bars of the same number of tokens.

    Args:
        windows: In any order.
        budget: Tokens.
        generator: Shuffles windows of equal length, and the groups; without it the order is by length.
    """
    if generator is not None:
        windows = [windows[index] for index in generator.permutation(len(windows))]
    groups: list[list[Window]] = []
    for window in sorted(windows, key=lambda window: (window.performance.tokens_per_bar, window.length)):
        fits = groups and groups[-1][0].performance.tokens_per_bar == window.performance.tokens_per_bar
        if not fits or (len(groups[-1]) + 1) * window.length > budget:
            groups.append([])
        groups[-1].append(window)
    if generator is not None:
        groups = [groups[index] for index in generator.permutation(len(groups))]
    return groups


def make_batch(windows: Sequence[Window], shape: ModelShape) -> Batch:
    """Cut windows out of their performances and stack them."""
    size, length = len(windows), max(window.length for window in windows)
    cells, tokens_per_bar = (size, length, shape.cells), windows[0].performance.tokens_per_bar
    tokens = np.full((size, length), BOS)
    velocities, offsets = np.zeros(cells, dtype=np.float32), np.zeros(cells, dtype=np.float32)
    velocity_bins, timing_bins = np.zeros(cells, dtype=np.int64), np.zeros(cells, dtype=np.int64)
    fixed = FixedMask(np.zeros(cells, dtype=bool), np.zeros(cells, dtype=bool))
    token_targets, hit_targets = np.zeros((size, length), dtype=bool), np.zeros(cells, dtype=bool)
    controls = np.zeros((size, length, shape.control_features), dtype=np.float32)
    rhythm = np.zeros((size, length, RHYTHM_CHANNELS), dtype=np.float32)
    places = np.zeros((size, length, 6), dtype=np.int64)
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
        controls[row, :count] = _known_controls(window, shape)
        places[row, :count] = find_places(performance.meter, window.bars, shape, window.first_bar)
        if window.rhythm is not None:
            rhythm[row, :count] = window.rhythm
    true = PerformanceTensors(*map(torch.from_numpy, (tokens, velocities, offsets)))
    conditioning = make_conditioning(
        make_encoder_input(torch.from_numpy(fixed.hits), torch.from_numpy(fixed.performance), true.velocities, true.offsets),
        genre=torch.tensor([window.performance.genre for window in windows]),
        bpm=torch.tensor([window.performance.source.groove.bpm for window in windows]),
        part=torch.tensor([window.performance.part for window in windows]),
        places=torch.from_numpy(places),
        controls=torch.from_numpy(controls),
        style=torch.tensor([window.performance.style * window.with_style for window in windows]),
        rhythm=torch.from_numpy(rhythm),
    )
    arrays = (velocity_bins, timing_bins, token_targets, hit_targets, np.array([tokens_per_bar]))
    return Batch(conditioning, true, *map(torch.from_numpy, arrays))


def _known_controls(window: Window, shape: ModelShape) -> NDArray[np.float32]:
    """Encode the known controls and plans of a window: (length, control_features)."""
    performance, known = window.performance, window.known_controls
    meter = performance.meter
    if known is None:
        return spread_controls(np.full((window.bars, _CONTROL_COLUMNS), np.nan), meter, shape)
    in_bar = len(meter.beat_eighths)
    bars = slice(window.first_bar, window.first_bar + window.bars)
    beats = slice(bars.start * in_bar, bars.stop * in_bar)
    by_beat = np.repeat(known[:, _CONTROL_COLUMNS:], in_bar, axis=0)
    return spread_controls(
        np.where(known[:, :_CONTROL_COLUMNS], performance.controls[bars], np.nan),
        meter,
        shape,
        np.where(by_beat[:, :1], performance.plan[beats], np.nan),
        np.where(by_beat[:, 1:], performance.repeats[beats], UNCONSTRAINED),
    )


def sample_fixed_mask(performance: EncodedPerformance, bars: int, generator: np.random.Generator) -> FixedMask:
    """Sample the fixed part of a stretch of at least two bars: one of the tasks that `Drummer` solves.

    A primer of up to half of the bars; some voices, about half of them; everything around a gap of one to four beats or bars; or
    all hits without velocity and timing.
    """
    tokens_per_bar, cells = performance.tokens_per_bar, performance.velocities.shape[1]
    length = bars * tokens_per_bar
    fixed = FixedMask(np.zeros((length, cells), dtype=bool), np.zeros((length, cells), dtype=bool))
    task = generator.integers(5)
    if task in (0, 4):  # a primer, twice as often as the others: new grooves and continuations begin with one
        fixed.hits[: int(generator.integers(1, bars // 2 + 1)) * tokens_per_bar] = True
    elif task == 1:
        voices = generator.random(VOICE_COUNT) < generator.random()
        voices[generator.integers(VOICE_COUNT)] = False  # so that at least one voice is generated
        fixed.hits[:] = np.tile(voices, cells // VOICE_COUNT)
    elif task == 2:
        fixed.hits[:] = True
        fixed.hits[_sample_gap(performance.meter, bars, tokens_per_bar, generator)] = False
    else:
        fixed.hits[:] = True
        return fixed
    fixed.performance[:] = fixed.hits
    return fixed


def _sample_gap(meter: Meter, bars: int, tokens_per_bar: int, generator: np.random.Generator) -> slice:
    """Sample a gap of one to four beats or bars, at most half of the stretch, from a beat to a beat."""
    in_bar = len(meter.beat_eighths)
    count = int(generator.integers(1, 5)) * (1 if generator.random() < 0.5 else in_bar)
    beats = min(count, bars * in_bar // 2)
    first = int(generator.integers(0, bars * in_bar - beats + 1))
    starts = np.cumsum([0, *beat_steps(meter, bars, tokens_per_bar * 2 // sum(meter.beat_eighths))])
    return slice(int(starts[first]), int(starts[first + beats]))


def _sample_known_controls(bars: int, generator: np.random.Generator) -> NDArray[np.bool_]:
    """Sample which controls are known in which bars, most often all of them, and whether the plans by beat are: (bars, 14)."""
    count = _CONTROL_COLUMNS + 2
    columns = generator.random(count) < 0.5
    everywhere = generator.random(count) < 0.5
    known: NDArray[np.bool_] = columns & (everywhere | (generator.random((bars, count)) < 0.5))
    if generator.random() < 0.7:
        known[:, :_CONTROL_COLUMNS] = True
        known[:, _CONTROL_COLUMNS:] |= generator.random(2) < 0.6
    return known

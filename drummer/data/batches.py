"""Performances → windows → batches of tensors for the model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from drummer.data.corpus import Performance
from drummer.model.network import PARTS, Given, Known, ModelShape, Played, make_given, make_score
from drummer.model.tokenizer import BOS, Tokenizer
from drummer.music.beat_plan import BEAT_PLAN, encode_beat_plan, measure_beat_plan
from drummer.music.controls import CONTROLS, encode_controls, measure_controls
from drummer.music.genre_scale import GenreScale
from drummer.music.voices import VOICE_COUNT

_BEATS_A_BAR = 4  # all that the model is trained on


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
        controls: (bars, 11) float64, what a musician would have asked for; NaN = unknown.
        plan: (beats, 2) float64, see `controls.BEAT_PLAN`; NaN = unknown.
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


class Window(NamedTuple):
    """A stretch of a performance: `length` tokens from the token `start` on.

    Attributes:
        performance: Where it is cut from.
        start: Its first token.
        length: In tokens.
        known: What of it is given; None = nothing.
        asked: (bars, 12) bool, which of its controls are told and, last, whether the plan by beats is; None = none.
    """

    performance: EncodedPerformance
    start: int
    length: int
    known: Known | None = None
    asked: NDArray[np.bool_] | None = None


class Batch(NamedTuple):
    """Windows of about one length, padded to the longest.

    Attributes:
        given: What the model is given.
        played: What was played, the given part included.
        velocity_bins: (batch, length, cells) int64.
        timing_bins: (batch, length, cells) int64.
        target: (batch, length) bool, where the model must choose a token: not where all cells are given, not in the padding.
        performed: (batch, length, cells) bool, where it must choose velocity and timing of a hit.
    """

    given: Given
    played: Played
    velocity_bins: Tensor
    timing_bins: Tensor
    target: Tensor
    performed: Tensor

    def to(self, device: torch.device) -> Batch:
        """Move all tensors to a device."""
        given = Given(*(tensor.to(device) for tensor in self.given))
        played = Played(*(tensor.to(device) for tensor in self.played))
        return Batch(given, played, *(tensor.to(device) for tensor in self[2:]))


def encode_performances(
    performances: Iterable[Performance], tokenizer: Tokenizer[Any], genres: Sequence[str], scale: GenreScale | None = None
) -> list[EncodedPerformance]:
    """Turn performances into arrays.

    Args:
        performances: What was played, on the tokenizer's grid.
        tokenizer: Makes the tokens.
        genres: The genres of the configuration, in its order.
        scale: Of the controls; without it they stay unknown.
    """
    return [_encode(performance, tokenizer, genres, scale) for performance in performances]


def draw_windows(
    performances: Iterable[EncodedPerformance],
    window_bars: int,
    tokens_per_bar: int,
    free_share: float,
    asked_share: float,
    repeats: Sequence[float],
    generator: np.random.Generator,
) -> list[Window]:
    """Draw one pass over performances: from each as many windows as its length holds, at random bar lines.

    A performance of n bars gives ceil(n / window_bars) windows times what `repeats`, (genres,), says for its genre, so windows
    overlap and each pass sees other ones. A share of `1 - free_share` of the windows is given a part of what is played, see
    `draw_known`. A share of `asked_share` is told its controls: seven in ten of these all of them, the others each in one window
    of two, and then in all bars or in half of them.
    """
    windows = []
    for performance in performances:
        bars = len(performance.tokens) // tokens_per_bar
        length = min(bars, window_bars)
        wanted = -(-bars // window_bars) * repeats[performance.genre]
        for _ in range(int(wanted + generator.random())):  # a broken number is rounded up as often as its fraction says
            start = int(generator.integers(0, bars - length + 1))
            known = None
            if length > 1 and generator.random() >= free_share:
                known = draw_known(length, tokens_per_bar, performance.velocities.shape[1], generator)
            asked = _draw_asked(length, generator) if generator.random() < asked_share else None
            windows.append(Window(performance, start * tokens_per_bar, length * tokens_per_bar, known, asked))
    return windows


def genre_repeats(performances: Iterable[EncodedPerformance], genres: int, balance: float) -> list[float]:
    """Decide how often a pass goes over each genre, for the sake of rare ones: (mean / own length) ** balance, 1 at least."""
    lengths = np.zeros(genres)
    for performance in performances:
        lengths[performance.genre] += len(performance.tokens)
    known = lengths > 0
    repeats = np.ones(genres)
    repeats[known] = np.maximum(1.0, (lengths.sum() / known.sum() / lengths[known]) ** balance)
    return list(repeats.tolist())


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
    performed = np.zeros(velocities.shape, dtype=bool)
    known = Known(np.zeros(velocities.shape, dtype=bool), np.zeros(velocities.shape, dtype=bool))
    bars = length // shape.tokens_per_bar
    controls = np.full((size, bars, len(CONTROLS)), np.nan)
    plans = np.full((size, bars * _BEATS_A_BAR, len(BEAT_PLAN)), np.nan)
    for row, (performance, start, count, given_part, asked) in enumerate(windows):
        part = slice(start, start + count)
        tokens[row, :count] = performance.tokens[part]
        velocities[row, :count] = performance.velocities[part]
        offsets[row, :count] = performance.offsets[part]
        velocity_bins[row, :count] = performance.velocity_bins[part]
        timing_bins[row, :count] = performance.timing_bins[part]
        if given_part is not None:
            known.hits[row, :count], known.performance[row, :count] = given_part
        counted = slice(0, min(count, performance.counted - start))
        target[row, counted] = ~known.hits[row, counted].all(axis=-1)
        performed[row, counted] = ~known.performance[row, counted] & (velocities[row, counted] > 0)
        if asked is not None:
            first = start // shape.tokens_per_bar
            told = asked[:, : len(CONTROLS)]
            controls[row, : len(asked)] = np.where(told, performance.controls[first : first + len(asked)], np.nan)
            told = np.repeat(asked[:, len(CONTROLS) :], _BEATS_A_BAR, axis=0)
            beats = slice(first * _BEATS_A_BAR, first * _BEATS_A_BAR + len(told))
            plans[row, : len(told)] = np.where(told, performance.plan[beats], np.nan)
    played = Played(torch.from_numpy(tokens), torch.from_numpy(velocities), torch.from_numpy(offsets))
    given = make_given(
        make_score(torch.from_numpy(known.hits), torch.from_numpy(known.performance), played.velocities, played.offsets),
        genre=torch.tensor([window.performance.genre for window in windows]),
        bpm=torch.tensor([window.performance.source.groove.bpm for window in windows]),
        part=torch.tensor([window.performance.part for window in windows]),
        controls=torch.from_numpy(np.stack([encode_controls(row) for row in controls])),
        shape=shape,
        plan=torch.from_numpy(np.stack([encode_beat_plan(row, _BEATS_A_BAR) for row in plans])),
    )
    answers = (torch.from_numpy(array) for array in (velocity_bins, timing_bins, target, performed))
    return Batch(given, played, *answers)


def draw_known(bars: int, tokens_per_bar: int, cells: int, generator: np.random.Generator) -> Known:
    """Draw what is given of a stretch of at least two bars: one of the questions that `Drummer` answers.

    A primer of up to half of the bars; some voices, about half of them, that are held; everything around a hole of one to four
    beats or bars; or a flat pattern, all hits without their performance.
    """
    length = bars * tokens_per_bar
    known = Known(np.zeros((length, cells), dtype=bool), np.zeros((length, cells), dtype=bool))
    question = generator.integers(5)
    if question in (0, 4):  # twice as often as the others: that is how every free groove begins
        known.hits[: int(generator.integers(1, bars // 2 + 1)) * tokens_per_bar] = True
    elif question == 1:
        held = generator.random(VOICE_COUNT) < generator.random()
        held[generator.integers(VOICE_COUNT)] = False  # so that something is left to play
        known.hits[:] = np.tile(held, cells // VOICE_COUNT)
    elif question == 2:
        beats = generator.integers(1, 5) * (1 if generator.random() < 0.5 else _BEATS_A_BAR)
        hole = min(int(beats) * tokens_per_bar // _BEATS_A_BAR, length // 2)
        first = int(generator.integers(0, (length - hole) * _BEATS_A_BAR // tokens_per_bar + 1)) * tokens_per_bar // _BEATS_A_BAR
        known.hits[:] = True
        known.hits[first : first + hole] = False
    else:
        known.hits[:] = True
        return known
    known.performance[:] = known.hits
    return known


def _draw_asked(bars: int, generator: np.random.Generator) -> NDArray[np.bool_]:
    """Draw which controls are told in which bars, most often all of them, and whether the plan by beats is: (bars, 12)."""
    count = len(CONTROLS) + 1
    columns = generator.random(count) < 0.5
    everywhere = generator.random(count) < 0.5
    some: NDArray[np.bool_] = columns & (everywhere | (generator.random((bars, count)) < 0.5))
    if generator.random() < 0.7:
        some[:, :-1] = True
        some[:, -1] |= generator.random() < 0.6
    return some


def _encode(
    performance: Performance, tokenizer: Tokenizer[Any], genres: Sequence[str], scale: GenreScale | None
) -> EncodedPerformance:
    groove, genre = performance.groove, genres.index(performance.genre)
    sequence = tokenizer.encode(groove)
    rows = (len(sequence.tokens), -1)
    return EncodedPerformance(
        source=performance,
        tokens=sequence.tokens,
        velocities=groove.velocities.reshape(rows),
        offsets=groove.offsets.reshape(rows),
        velocity_bins=sequence.velocity_bins.reshape(rows),
        timing_bins=sequence.timing_bins.reshape(rows),
        controls=np.full((groove.bars, len(CONTROLS)), np.nan)
        if scale is None
        else scale.to_controls(measure_controls(groove), genre),
        plan=np.full((groove.beats, len(BEAT_PLAN)), np.nan) if scale is None else measure_beat_plan(groove),
        genre=genre,
        part=PARTS.index(performance.part),
        counted=performance.beats * groove.steps_per_beat // tokenizer.token_steps,
    )

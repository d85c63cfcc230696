"""Humanizing: velocity and timing for the notes of held-out performances, by the models and by baselines without a model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import wasserstein_distance

from drummer.data.corpus import Performance
from drummer.evaluation import metrics
from drummer.evaluation.baselines import HitLookup
from drummer.evaluation.windows import LabelledGroove
from drummer.music.arrays import Floats
from drummer.music.controls import group_means
from drummer.music.groove import Groove
from drummer.music.voices import MIN_VELOCITY, VOICE_COUNT
from report import results
from report.intervals import bootstrap
from report.models import HELD_OUT, SIZES, human_grooves, plain

_LATEST = np.nextafter(np.float32(0.5), np.float32(0))


class VoiceStatistics(NamedTuple):
    """Means and standard deviations of each voice's hits in the training split: genre → (13,).

    Attributes:
        velocity: Mean velocity.
        offset: Mean offset in beats, positive = late.
        velocity_spread: Standard deviation of the velocity.
        offset_spread: Standard deviation of the offset, in beats.
    """

    velocity: Mapping[str, Floats]
    offset: Mapping[str, Floats]
    velocity_spread: Mapping[str, Floats]
    offset_spread: Mapping[str, Floats]


def fit_voice_statistics(performances: Iterable[Performance]) -> VoiceStatistics:
    """Compute the statistics of training performances; voices that a genre does not use have those of all genres."""
    training = list(performances)
    overall = _statistics(training)
    found: tuple[dict[str, Floats], ...] = ({}, {}, {}, {})
    for genre in {one.genre for one in training}:
        of_genre = _statistics([one for one in training if one.genre == genre])
        for part, values, general in zip(found, of_genre, overall, strict=True):
            part[genre] = np.nan_to_num(np.where(np.isnan(values), general, values))
    return VoiceStatistics(*found)


def _statistics(performances: list[Performance]) -> tuple[Floats, ...]:
    """Return mean velocity and offset of each voice, then their standard deviations, (13,) each; NaN for unused voices."""
    steps, voices = np.nonzero(np.concatenate([one.groove.hits for one in performances]))
    found = []
    for arrays in (
        [one.groove.velocities for one in performances],
        [one.groove.offsets / one.groove.steps_per_beat for one in performances],
    ):
        values = np.concatenate(arrays)[steps, voices].astype(np.float64)
        average = group_means(values, voices, VOICE_COUNT)
        spread = np.sqrt(group_means((values - average[voices]) ** 2, voices, VOICE_COUNT))
        found.append((average, spread))
    (velocity, velocity_spread), (offset, offset_spread) = found
    return velocity, offset, velocity_spread, offset_spread


def quantized(statistics: VoiceStatistics) -> metrics.Humanizer:
    """Return a baseline: every hit on the grid, at the mean velocity of its voice in the genre."""
    return lambda piece, _: _apply(piece, statistics.velocity[piece.genre], np.zeros(VOICE_COUNT), None)


def constant(statistics: VoiceStatistics) -> metrics.Humanizer:
    """Return a baseline: every hit at the mean offset and mean velocity of its voice in the genre."""
    return lambda piece, _: _apply(piece, statistics.velocity[piece.genre], statistics.offset[piece.genre], None)


def random(statistics: VoiceStatistics) -> metrics.Humanizer:
    """Return a baseline: `constant` with normal noise of the human standard deviations, as the humanize button of a sequencer."""

    def humanizer(piece: LabelledGroove, seed: int) -> Groove:
        generator = np.random.default_rng(seed)
        spreads = statistics.velocity_spread[piece.genre], statistics.offset_spread[piece.genre]
        noise = tuple(generator.normal(size=piece.groove.hits.shape) * spread for spread in spreads)
        return _apply(piece, statistics.velocity[piece.genre], statistics.offset[piece.genre], noise)

    return humanizer


def _apply(piece: LabelledGroove, velocity: Floats, offset: Floats, noise: tuple[Floats, ...] | None) -> Groove:
    groove = piece.groove
    velocity_noise, offset_noise = noise if noise else (0.0, 0.0)
    velocities = np.clip(velocity + velocity_noise, MIN_VELOCITY, 1.0) * groove.hits
    offsets = np.clip((offset + offset_noise) * groove.steps_per_beat, -0.5, _LATEST) * groove.hits
    return replace(groove, velocities=velocities.astype(np.float32), offsets=offsets.astype(np.float32))


def measure(name: str, make: Callable[[], metrics.Humanizer], splits: tuple[str, ...]) -> Callable[[], results.Values]:
    """Return the measurement of one humanizer."""

    def measured() -> results.Values:
        humanizer = make()
        values: results.Values = {"name": name}
        for split in splits:
            pieces = metrics.cut_pieces(human_grooves(split))
            humanized = metrics.humanize_all(pieces, humanizer)
            values[split] = {
                "comparison": plain(metrics.compare_humanized(name, pieces, humanized, results.REPETITIONS)),
                "hits": compare_hits(pieces, humanized),
            }
        return values

    return measured


def compare_hits(pieces: list[LabelledGroove], humanized: list[LabelledGroove]) -> results.Values:
    """Compare humanized with original hits, with intervals over performances.

    `timing_error` is the mean absolute difference in milliseconds, `velocity_error` in MIDI velocity (0 to 127).
    `timing_distance` and `velocity_distance` are the Wasserstein-1 distances of the distributions of all hits, in the same units.
    """
    names = sorted({piece.group for piece in pieces})
    columns: list[list[Floats]] = [[], [], [], []]
    groups = []
    for piece, other in zip(pieces, humanized, strict=True):
        both = piece.groove.hits & other.groove.hits
        milliseconds = 60_000 / piece.groove.bpm / piece.groove.steps_per_beat
        for column, groove in zip((0, 1), (piece.groove, other.groove), strict=True):
            columns[column].append(groove.offsets[both].astype(np.float64) * milliseconds)
            columns[column + 2].append(groove.velocities[both].astype(np.float64) * 127)
        groups.append(np.full(int(both.sum()), names.index(piece.group)))
    true_times, times, true_velocities, velocities = (np.concatenate(column) for column in columns)

    def statistics(chosen: NDArray[np.int64]) -> dict[str, float]:
        return {
            "timing_error": float(np.abs(times - true_times)[chosen].mean()),
            "velocity_error": float(np.abs(velocities - true_velocities)[chosen].mean()),
            "timing_distance": float(wasserstein_distance(times[chosen], true_times[chosen])),
            "velocity_distance": float(wasserstein_distance(velocities[chosen], true_velocities[chosen])),
        }

    return bootstrap(statistics, np.concatenate(groups), resamples=100)


def _statistics_of_training() -> VoiceStatistics:
    return fit_voice_statistics(results.corpus().select("train", results.drummer("medium").genres, "beat"))


def _lookup() -> metrics.Humanizer:
    return metrics.lookup_humanizer(HitLookup(results.corpus().select("train", results.drummer("medium").genres, "beat")))


HUMANIZERS: Mapping[str, tuple[str, Callable[[], metrics.Humanizer]]] = {
    "quantized": ("on the grid, mean velocity of the voice", lambda: quantized(_statistics_of_training())),
    "constant": ("mean offset and mean velocity of the voice", lambda: constant(_statistics_of_training())),
    "random": ("the same with random noise of the human spread", lambda: random(_statistics_of_training())),
    "lookup": ("looked up by genre, voice and step of the bar", _lookup),
}


def _model_humanizer(size: str) -> Callable[[], metrics.Humanizer]:
    return lambda: metrics.model_humanizer(results.drummer(size))


MEASUREMENTS = [
    *(
        results.Measurement(f"humanized_{key}", measure(name, make, HELD_OUT), minutes=2)
        for key, (name, make) in HUMANIZERS.items()
    ),
    *(results.Measurement(f"humanized_{size}", measure(size, _model_humanizer(size), HELD_OUT), minutes=5) for size in SIZES),
]

"""A drummer's pattern performed anew, hit by hit: by the models, and by ways that need none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import wasserstein_distance

from drummer.corpus import Performance
from drummer.evaluation import metrics
from drummer.evaluation.baselines import Lookup
from drummer.evaluation.discriminator import Labelled
from drummer.groove import Groove
from drummer.touch import means
from drummer.voices import VOICE_COUNT
from report import results
from report.intervals import bootstrap
from report.models import HELD_OUT, SIZES, plain, takes_of

_LATEST = np.nextafter(np.float32(0.5), np.float32(0))
Floats = NDArray[np.float64]


class Habits(NamedTuple):
    """What training drummers do with each voice of each genre: (genres, 13) means and standard deviations.

    Attributes:
        velocity: Mean velocity.
        offset: Mean offset in beats.
        velocity_spread: Its standard deviation.
        offset_spread: Likewise.
    """

    velocity: Mapping[str, Floats]
    offset: Mapping[str, Floats]
    velocity_spread: Mapping[str, Floats]
    offset_spread: Mapping[str, Floats]


def fit_habits(performances: Iterable[Performance]) -> Habits:
    """Average over training performances; a voice that a genre does not use is averaged over all genres."""
    takes = list(performances)
    everything = _statistics(takes)
    found: tuple[dict[str, Floats], ...] = ({}, {}, {}, {})
    for genre in {take.genre for take in takes}:
        own = _statistics([take for take in takes if take.genre == genre])
        for part, values, general in zip(found, own, everything, strict=True):
            part[genre] = np.nan_to_num(np.where(np.isnan(values), general, values))
    return Habits(*found)


def _statistics(takes: list[Performance]) -> tuple[Floats, ...]:
    """Mean velocity and offset of each voice, then their standard deviations, (13,) each; NaN where it is never hit."""
    steps, voices = np.nonzero(np.concatenate([take.groove.hits for take in takes]))
    found = []
    for arrays in (
        [take.groove.velocities for take in takes],
        [take.groove.offsets / take.groove.steps_per_beat for take in takes],
    ):
        values = np.concatenate(arrays)[steps, voices].astype(np.float64)
        average = means(values, voices, VOICE_COUNT)
        spread = np.sqrt(means((values - average[voices]) ** 2, voices, VOICE_COUNT))
        found.append((average, spread))
    (velocity, velocity_spread), (offset, offset_spread) = found
    return velocity, offset, velocity_spread, offset_spread


def quantised(habits: Habits) -> metrics.Performer:
    """Put every hit on the grid, at the mean velocity of its voice in the genre."""
    return lambda piece, _: _perform(piece, habits.velocity[piece.genre], np.zeros(VOICE_COUNT), None)


def constant(habits: Habits) -> metrics.Performer:
    """Move every hit by the mean offset of its voice in the genre, at its mean velocity."""
    return lambda piece, _: _perform(piece, habits.velocity[piece.genre], habits.offset[piece.genre], None)


def random(habits: Habits) -> metrics.Performer:
    """Add normal noise to both, as wide as drummers' own: the "humanise" of a sequencer."""

    def perform(piece: Labelled, seed: int) -> Groove:
        generator = np.random.default_rng(seed)
        spreads = habits.velocity_spread[piece.genre], habits.offset_spread[piece.genre]
        noise = tuple(generator.normal(size=piece.groove.hits.shape) * spread for spread in spreads)
        return _perform(piece, habits.velocity[piece.genre], habits.offset[piece.genre], noise)

    return perform


def _perform(piece: Labelled, velocity: Floats, offset: Floats, noise: tuple[Floats, ...] | None) -> Groove:
    groove = piece.groove
    more_velocity, more_offset = noise if noise else (0.0, 0.0)
    velocities = np.clip(velocity + more_velocity, 1 / 127, 1.0) * groove.hits
    offsets = np.clip((offset + more_offset) * groove.steps_per_beat, -0.5, _LATEST) * groove.hits
    return replace(groove, velocities=velocities.astype(np.float32), offsets=offsets.astype(np.float32))


def measure(name: str, make: Callable[[], metrics.Performer], splits: tuple[str, ...]) -> Callable[[], results.Values]:
    """Make the measurement of one way to perform."""

    def measured() -> results.Values:
        perform = make()
        values: results.Values = {"name": name}
        for split in splits:
            pieces = metrics.cut_pieces(takes_of(split))
            performed = metrics.perform_all(pieces, perform)
            values[split] = {
                "compared": plain(metrics.judge_performed(name, pieces, performed, results.DRAWS)),
                "hits": compare_hits(pieces, performed),
            }
        return values

    return measured


def compare_hits(pieces: list[Labelled], performed: list[Labelled]) -> results.Values:
    """Compare hit by hit what was performed with what the drummers did, with intervals over performances.

    `timing_error` is the mean distance in milliseconds of a hit from the drummer's, `velocity_error` that of velocities, 0 to
    127. `timing_distance` and `velocity_distance` are the Wasserstein-1 distances, in the same units, of the distributions of all
    hits.
    """
    names = sorted({piece.group for piece in pieces})
    columns: list[list[Floats]] = [[], [], [], []]
    groups = []
    for piece, other in zip(pieces, performed, strict=True):
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

    return bootstrap(statistics, np.concatenate(groups), draws=100)


def _habits() -> Habits:
    return fit_habits(results.corpus().select("train", results.drummer("medium").genres, "beat"))


def _lookup() -> metrics.Performer:
    return metrics.by_lookup(Lookup(results.corpus().select("train", results.drummer("medium").genres, "beat")))


WAYS: Mapping[str, tuple[str, Callable[[], metrics.Performer]]] = {
    "quantised": ("on the grid, mean velocity of the voice", lambda: quantised(_habits())),
    "constant": ("mean offset and mean velocity of the voice", lambda: constant(_habits())),
    "random": ("the same with random noise, as wide as drummers' own", lambda: random(_habits())),
    "lookup": ("looked up by genre, voice and step of the bar", _lookup),
}


def _model(size: str) -> Callable[[], metrics.Performer]:
    return lambda: metrics.by_model(results.drummer(size))


MEASUREMENTS = [
    *(results.Measurement(f"humanised_{key}", measure(name, make, HELD_OUT), minutes=2) for key, (name, make) in WAYS.items()),
    *(results.Measurement(f"humanised_{size}", measure(size, _model(size), HELD_OUT), minutes=5) for size in SIZES),
]

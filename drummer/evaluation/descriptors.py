"""Descriptors of a few bars in three aspects (notes, velocity, timing), for the comparison of generated and human grooves.

The model never reads them. A cell is a sixteenth; the deviation of a hit is its distance from the nearest cell in milliseconds,
positive = late. A descriptor without hits to compute it from is NaN.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drummer.music.arrays import Floats
from drummer.music.controls import group_means
from drummer.music.groove import Groove
from drummer.music.voices import FAMILIES, FAMILY_INDICES, VOICE_COUNT

CELLS_PER_BEAT = 4
_FLAM_BEATS = 1 / 6  # two hits of a voice that are closer form a flam, drag or roll
_GHOST = 0.3  # velocity below which a snare hit is a ghost note
_FULL = 0.98
_TIGHT_MS = 5.0
# Metrical weights of the sixteenths of a 4/4 bar, after Longuet-Higgins and Lee (1984): 0 on beat 1, one less per level.
_METRE = np.array([0, -4, -3, -4, -2, -4, -3, -4, -1, -4, -3, -4, -2, -4, -3, -4], dtype=np.float64)


@dataclass(frozen=True)
class Window:
    """Hits of a few bars in 4/4 as parallel arrays in order of onset, and as matrices over cells.

    Attributes:
        bars: Number of bars.
        beats: (n,) onsets in beats.
        cells: (n,) nearest sixteenth, 0 to 16 * bars - 1.
        deviations: (n,) milliseconds from the nearest sixteenth.
        voices: (n,) index into `VOICES`.
        velocities: (n,) in (0, 1].
        hits: (cells, 13) bool.
        velocity_at: (cells, 13) velocity of the loudest hit, NaN where there is none.
        deviation_at: (cells, 13) deviation of the loudest hit, NaN where there is none.
    """

    bars: int
    beats: Floats
    cells: NDArray[np.int64]
    deviations: Floats
    voices: NDArray[np.int64]
    velocities: Floats
    hits: NDArray[np.bool_]
    velocity_at: Floats
    deviation_at: Floats

    @classmethod
    def of(cls, groove: Groove) -> Window:
        """Convert a groove in 4/4; a hit nearest to the first sixteenth after the end belongs to the last cell."""
        hits = groove.to_hits()
        count = round(groove.beats * CELLS_PER_BEAT)
        cells = np.clip(np.floor(hits.beats * CELLS_PER_BEAT + 0.5).astype(np.int64), 0, count - 1)
        deviations = (hits.beats - cells / CELLS_PER_BEAT) * 60_000 / groove.bpm
        velocities = hits.velocities.astype(np.float64)
        velocity_at = np.full((count, VOICE_COUNT), np.nan)
        deviation_at = np.full((count, VOICE_COUNT), np.nan)
        order = np.argsort(velocities, kind="stable")  # the loudest is written last and stays
        velocity_at[cells[order], hits.voices[order]] = velocities[order]
        deviation_at[cells[order], hits.voices[order]] = deviations[order]
        return cls(
            groove.bars, hits.beats, cells, deviations, hits.voices, velocities, ~np.isnan(velocity_at), velocity_at, deviation_at
        )

    def of_family(self, family: str) -> NDArray[np.bool_]:
        """Return (n,) mask of the hits of a family of voices."""
        return np.isin(self.voices, FAMILY_INDICES[family])

    def by_bar(self, matrix: NDArray[np.float64] | NDArray[np.bool_]) -> NDArray[np.float64]:
        """Reshape (cells, ...) to (bars, 16, ...)."""
        return matrix.reshape(self.bars, -1, *matrix.shape[1:]).astype(np.float64)


def describe(groove: Groove) -> dict[str, dict[str, float]]:
    """Compute all descriptors of at least two bars in 4/4: aspect → name → value."""
    window = Window.of(groove)
    return {"notes": _notes(window), "velocity": _velocity(window), "timing": _timing(window)}


def _notes(window: Window) -> dict[str, float]:
    """Describe density, metrical position, syncopation, polyphony, repetition over beats and bars, and flams."""
    beats = window.bars * 4
    phase = window.cells % 16
    on_beat, on_eighth = phase % 4 == 0, phase % 4 == 2
    grid = window.by_bar(window.hits)  # (bars, 16, 13)
    change = np.abs(np.diff(grid, axis=0)).mean(axis=(1, 2))
    occupied = window.hits.any(axis=1)
    features = {"density": len(window.beats) / beats}
    features |= {f"density_{family}": float(window.of_family(family).sum()) / beats for family in FAMILIES}
    counts = np.bincount(window.voices, minlength=VOICE_COUNT)
    features |= {
        "voices": float((counts > 0).sum()),
        "largest_voice": _ratio(counts.max(), counts.sum()),
        "on_beats_1_and_3": _mean(phase % 8 == 0),
        "on_beats_2_and_4": _mean(phase % 8 == 4),
        "on_eighths": _mean(on_eighth),
        "on_sixteenths": _mean(~on_beat & ~on_eighth),
        "on_triplets": _mean(_nearer_to_triplets(window.beats)),
        "kick_on_1": float(grid[:, 0, 0].mean()),
        "kick_off_beat": _mean(~on_beat[window.voices == 0]),
        "backbeat": float(grid[:, [4, 12], 1].mean()),
        "syncopation_kick": _mean(_METRE[phase[window.of_family("kick")]]),
        "syncopation_snare": _mean(_METRE[phase[window.of_family("snare")]]),
        "polyphony": _ratio(window.hits.sum(), occupied.sum()),
        "occupied": float(occupied.mean()),
        "bar_change": float(change.mean()),
        "bar_change_spread": float(change.std()),
        "bars_repeated": float((change == 0).mean()),
        "density_spread": float(grid.sum(axis=(1, 2)).std()),
        "flams": _flams(window),
        "interval_entropy": _entropy(np.diff(np.flatnonzero(occupied))),
    }
    lags = {"beat": 4, "half_bar": 8, "bar": 16, "two_bars": 32}
    return features | {f"repeats_after_{name}": _overlap(window.hits, lag) for name, lag in lags.items()}


def _velocity(window: Window) -> dict[str, float]:
    """Describe velocity, overall and by family, ghost notes, accents and the similarity of successive bars."""
    values, phase = window.velocities, window.cells % 16
    features = {"mean": _mean(values), "spread": _std(values)}
    features |= {f"quantile_{percent}": _quantile(values, percent) for percent in (10, 25, 50, 75, 90)}
    for family in FAMILIES:
        features |= {f"mean_{family}": _mean(values[window.of_family(family)])}
    for family in ("kick", "snare", "hihat"):
        features |= {f"spread_{family}": _std(values[window.of_family(family)])}
    snare, hihat = window.of_family("snare"), window.of_family("hihat") | window.of_family("cymbal")
    backbeat = snare & (phase % 8 == 4)
    bars = window.by_bar(window.velocity_at)
    return features | {
        "ghost_notes": _mean(values[snare] < _GHOST),
        "full": _mean(values >= _FULL),
        "accent_backbeat": _mean(values[backbeat]) - _mean(values[snare & ~backbeat]),
        "accent_beat": _mean(values[hihat & (phase % 4 == 0)]) - _mean(values[hihat & (phase % 4 != 0)]),
        "bar_difference": _mean(np.abs(np.diff(bars, axis=0))),
        "bar_correlation": _correlation(bars[:-1], bars[1:]),
        "successive_correlation": _correlation(values[hihat][:-1], values[hihat][1:]),
        "drift": _std(group_means(values, window.cells // 16, window.bars)),
    }


def _timing(window: Window) -> dict[str, float]:
    """Describe timing, overall and by family, swing, drift, simultaneity and the similarity of successive bars."""
    values, phase = window.deviations, window.cells % 16
    features = {"mean": _mean(values), "spread": _std(values)}
    features |= {f"quantile_{percent}": _quantile(values, percent) for percent in (10, 50, 90)}
    for family in ("kick", "snare", "hihat", "cymbal"):
        chosen = values[window.of_family(family)]
        features |= {f"mean_{family}": _mean(chosen), f"spread_{family}": _std(chosen)}
    together = window.hits.sum(axis=1) > 1
    apart = window.deviation_at[together]
    by_cell = group_means(values, window.cells, window.bars * 16)
    by_cell = by_cell[~np.isnan(by_cell)]
    bars = window.by_bar(window.deviation_at)
    straight = _mean(values[phase % 4 == 0])
    return features | {
        "tight": _mean(np.abs(values) < _TIGHT_MS),
        "swing_eighths": _mean(values[phase % 4 == 2]) - straight,
        "swing_sixteenths": _mean(values[phase % 2 == 1]) - straight,
        "hands_apart": _mean(np.nanmax(apart, axis=1) - np.nanmin(apart, axis=1)) if together.any() else np.nan,
        "bar_difference": _mean(np.abs(np.diff(bars, axis=0))),
        "bar_correlation": _correlation(bars[:-1], bars[1:]),
        "successive_correlation": _correlation(by_cell[:-1], by_cell[1:]),
        "drift": _std(group_means(values, window.cells // 16, window.bars)),
        "with_velocity": _correlation(values, window.velocities),
    }


# -- statistics that ignore NaN ------------------------------------------------------------------------------------------


def _mean(values: NDArray[np.float64] | NDArray[np.bool_]) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else np.nan


def _std(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.std()) if known.size > 1 else np.nan


def _quantile(values: Floats, percent: int) -> float:
    return float(np.percentile(values, percent)) if len(values) else np.nan


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else np.nan


def _correlation(one: Floats, other: Floats) -> float:
    """Compute the Pearson correlation of entries known on both sides; NaN with fewer than three or a constant side."""
    known = ~(np.isnan(one) | np.isnan(other))
    if known.sum() < 3 or one[known].std() < 1e-9 or other[known].std() < 1e-9:
        return np.nan
    return float(np.corrcoef(one[known], other[known])[0, 1])


def _overlap(hits: NDArray[np.bool_], lag: int) -> float:
    """Compute the Dice overlap of a pattern with itself `lag` cells later: 1 = exact repetition."""
    one, other = hits[:-lag], hits[lag:]
    return _ratio(2 * (one & other).sum(), one.sum() + other.sum())


def _flams(window: Window) -> float:
    close = 0
    for voice in range(VOICE_COUNT):
        close += int((np.diff(window.beats[window.voices == voice]) < _FLAM_BEATS).sum())
    return _ratio(close, len(window.beats))


def _entropy(values: NDArray[np.int64]) -> float:
    """Compute the entropy, in bits, of a sample of integers."""
    if not len(values):
        return np.nan
    shares = np.unique(values, return_counts=True)[1] / len(values)
    return float(-(shares * np.log2(shares)).sum())


def _nearer_to_triplets(beats: Floats) -> NDArray[np.bool_]:
    """Return a mask of onsets clearly nearer to a triplet than to a sixteenth (never those on the beat, where both coincide)."""

    def distance(parts: int) -> Floats:
        return np.abs(beats * parts - np.round(beats * parts)) / parts

    return distance(3) + 0.01 < distance(4)

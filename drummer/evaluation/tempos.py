"""Tempo: how drummers change their playing with it, and how human grooves sound at other tempos than their reference's.

A classifier that compares a fast groove with drummers of all tempos finds two kinds of differences: those that drummers at that
tempo show too, and those that none shows. So each set of grooves is compared twice: with all held-out drummers, and with drummers
of its genres who play at about its tempos. The changes of drummers themselves are measured as well. Needs scikit-learn
(`requirements-dev.txt`).
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from drummer.data.corpus import Corpus, Performance
from drummer.evaluation import metrics
from drummer.evaluation.discriminator import cross_validate, discriminator_auc
from drummer.evaluation.windows import ASPECTS, LabelledGroove, Windows, cut_windows
from drummer.generation.drummer import Drummer
from drummer.music.arrays import Floats
from drummer.music.groove import LEAD_IN_BEATS, Groove

FACTORS = (1.0, 1.3)  # times the tempo of the reference performance
FIRST_SEEDS = (0, 1000)  # of the sets of grooves
_FEWEST_BEATS, _FEWEST_HITS = 32, 16  # of a performance, and of its hits around the beats; shorter ones say little
_FEWEST_OF_VOICE = 4  # hits around the beats of a voice that has a median
_QUARTILES = 0.7413  # standard deviation of a normal distribution, divided by the distance of its quartiles
_RESAMPLES = 400
_NEAR_OCTAVES = 0.12  # largest distance of tempos that count as the same: 8.7%
_MOST_OF_GROUP = 4  # windows, as in `discriminator.balanced_sample`
_SAMPLES = 4  # of a comparison with a split, as in the report
_REPETITIONS = 6  # samples of drummers at a tempo; each gives one AUC

Areas = dict[str, float]  # discriminator AUC by aspect


class AtTempo(NamedTuple):
    """Comparisons of grooves whose tempo is a factor times their reference's.

    Attributes:
        by_seeds: AUC against all drummers of a split, for each set of seeds.
        at_tempo: AUC against drummers who play at about the grooves' tempos, with all sets of seeds together.
        drummers: AUC of drummers at these tempos against other drummers at the tempos of the references.
        pairs: Mean number of windows of each side in `at_tempo` and in `drummers`.
        law: How the grooves change from those at the references' tempo; None = they are those.
    """

    by_seeds: list[Areas]
    at_tempo: Areas
    drummers: Areas
    pairs: tuple[float, float]
    law: dict[str, Slope] | None


class Slope(NamedTuple):
    """How a quantity changes with tempo: it is proportional to tempo ** value.

    Attributes:
        value: 0 = it stays, -1 = it halves where the tempo doubles.
        low: Lower end of the 95% bootstrap interval over performances.
        high: Its upper end.
        performances: Number of performances.
    """

    value: float
    low: float
    high: float
    performances: int


class Playing(NamedTuple):
    """Measurements of a groove.

    Attributes:
        spread: Spread of the hits around the beats, in milliseconds: half the interquartile range of their distances from the
            median of their voice, scaled to the standard deviation of a normal distribution. Neither swing nor triplets move
            these hits, and outliers such as the grace notes of flams do not count. NaN with fewer than 16.
        density: Hits a beat.
    """

    spread: float
    density: float


def measure_at_tempos(
    drummer: Drummer,
    corpus: Corpus,
    split: str,
    factors: Sequence[float] = FACTORS,
    first_seeds: Sequence[int] = FIRST_SEEDS,
    count: int = metrics.COUNT,
) -> dict[float, AtTempo]:
    """Generate grooves at factors of their references' tempos and compare them with drummers: factor → comparisons.

    Drummers at a tempo are those of training and of the split.
    """
    humans = [metrics.human_beats(corpus, name, drummer.genres) for name in ("train", split)]
    held_out, everyone = cut_windows(humans[1]), cut_windows([*humans[0], *humans[1]])
    takes = {
        factor: [metrics.generate_grooves(drummer, count, first_seed=seed, tempo_factor=factor) for seed in first_seeds]
        for factor in (1.0, *(factor for factor in factors if factor != 1.0))
    }
    every = {factor: [take for one in sets for take in one] for factor, sets in takes.items()}
    windows = {factor: cut_windows(grooves) for factor, grooves in every.items()}
    counts = [Counter(windows[factor].genres[_pairs(windows[factor], everyone)].tolist()) for factor in factors]
    most = reduce(operator.and_, counts)  # the fewest of each genre
    found = {}
    for factor in factors:
        at_tempo, pairs = auc_at_tempo(windows[factor], everyone, most)
        drummers, others = auc_of_drummers(windows[1.0], everyone, factor)
        by_seeds = [discriminator_auc(cut_windows(one), held_out, _SAMPLES) for one in takes[factor]]
        found[factor] = AtTempo(
            [{aspect: area for aspect, (area, _) in areas.items()} for areas in by_seeds],
            at_tempo,
            drummers,
            (pairs, others),
            None if factor == 1.0 else takes_law(every[1.0], every[factor]),
        )
    return found


def _pairs(takes: Windows, drummers: Windows) -> NDArray[np.int64]:
    return at_tempo_of(takes, drummers, np.random.default_rng(0))[0]


def measure_playing(groove: Groove, beats: float | None = None) -> Playing:
    """Measure a groove; `beats` is its length without silence at its end, by default the whole."""
    hits = groove.to_hits()
    distance = (hits.beats - np.round(hits.beats)) * 60_000 / groove.bpm
    near = np.abs(hits.beats - np.round(hits.beats)) < LEAD_IN_BEATS
    voices = hits.voices[near]
    of_voices = [distance[near][voices == voice] for voice in np.unique(voices)]
    deviations = [each - np.median(each) for each in of_voices if len(each) >= _FEWEST_OF_VOICE]
    joined = np.concatenate([np.zeros(0), *deviations])
    low, high = np.percentile(joined, [25, 75]) if len(joined) >= _FEWEST_HITS else (np.nan, np.nan)
    return Playing(_QUARTILES * float(high - low), len(hits.beats) / (groove.beats if beats is None else beats))


def drummers_law(performances: Iterable[Performance], seed: int = 0) -> dict[str, dict[str, Slope]]:
    """Measure how drummers change `Playing` with tempo: quantity → grouping → slope.

    The slope is fitted by least squares to logarithms, for performances of 32 beats and more, after the mean of their group is
    subtracted. A group is a genre, or a genre and a drummer.
    """
    chosen = [each for each in performances if each.beats >= _FEWEST_BEATS]
    tempos = np.log2([each.groove.bpm for each in chosen])
    groups = {
        "genre": [each.genre for each in chosen],
        "genre and drummer": [f"{each.genre} {each.drummer}" for each in chosen],
    }
    played = np.array([measure_playing(each.groove, each.beats) for each in chosen])
    return {
        name: {within: _slope(tempos, values, np.array(names), seed) for within, names in groups.items()}
        for name, values in zip(Playing._fields, played.T, strict=True)
    }


def takes_law(slow: Sequence[LabelledGroove], fast: Sequence[LabelledGroove], seed: int = 0) -> dict[str, Slope]:
    """Measure how takes change `Playing` between two tempos, paired by their names: quantity → slope."""
    pairs = {each.group: each.groove for each in slow}
    takes = [(each.group, groove) for each in fast for groove in (pairs[each.group], each.groove)]
    tempos, names = np.log2([groove.bpm for _, groove in takes]), np.array([name for name, _ in takes])
    played = np.array([measure_playing(groove) for _, groove in takes])
    return {name: _slope(tempos, values, names, seed) for name, values in zip(Playing._fields, played.T, strict=True)}


def _slope(tempos: Floats, values: Floats, groups: NDArray[np.str_], seed: int) -> Slope:
    """Fit the slope of log2 values over log2 tempos within groups, with an interval over groups' members."""
    known = np.isfinite(values) & (values > 0)
    x, y, names = tempos[known], np.log2(values[known]), np.unique(groups[known], return_inverse=True)[1]
    generator = np.random.default_rng(seed)

    def fit(rows: NDArray[np.int64]) -> float:
        own = names[rows]
        counts = np.maximum(np.bincount(own), 1)
        centred = [part[rows] - (np.bincount(own, weights=part[rows]) / counts)[own] for part in (x, y)]
        return float(centred[0] @ centred[1] / max(float(centred[0] @ centred[0]), 1e-12))

    every = np.arange(len(x))
    low, high = np.quantile([fit(generator.integers(0, len(x), len(x))) for _ in range(_RESAMPLES)], [0.025, 0.975])
    return Slope(fit(every), float(low), float(high), len(x))


def at_tempo_of(
    takes: Windows, drummers: Windows, generator: np.random.Generator, factor: float = 1.0
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pair windows with drummers' windows of their genre whose tempo is within 9% of theirs times a factor.

    Returns:
        (pairs,) indices into both, each at most once and at most four of a group; none where no drummer plays at a tempo.
    """
    wanted, given = np.log2(takes.bpm * factor), np.log2(drummers.bpm)
    used: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    free = np.ones(len(drummers), dtype=bool)
    pairs = []
    for index in generator.permutation(len(takes)).tolist():
        if used[0][str(takes.groups[index])] >= _MOST_OF_GROUP:
            continue
        fitting = free & (drummers.genres == takes.genres[index]) & (np.abs(given - wanted[index]) <= _NEAR_OCTAVES)
        left = [each for each in np.flatnonzero(fitting).tolist() if used[1][str(drummers.groups[each])] < _MOST_OF_GROUP]
        if not left:
            continue
        other = int(generator.choice(left))
        free[other] = False
        used[0][str(takes.groups[index])] += 1
        used[1][str(drummers.groups[other])] += 1
        pairs.append((index, other))
    chosen = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return chosen[:, 0], chosen[:, 1]


def auc_at_tempo(takes: Windows, drummers: Windows, most: Counter[str] | None = None) -> tuple[Areas, float]:
    """Compare takes with drummers who play at about their tempo.

    Args:
        takes: Windows of takes.
        drummers: Windows of drummers.
        most: Highest number of pairs of each genre, since a classifier that learns from fewer windows hears less; None = all.

    Returns:
        The AUC by aspect, mean over samples, and the mean number of pairs.
    """
    pairs = []
    for repetition in range(_REPETITIONS):
        ours, theirs = at_tempo_of(takes, drummers, np.random.default_rng([repetition, 0]))
        kept = slice(None) if most is None else _limit(takes.genres[ours], most)
        pairs.append((takes.select(ours[kept]), drummers.select(theirs[kept])))
    return _mean_auc(pairs)


def auc_of_drummers(takes: Windows, drummers: Windows, factor: float) -> tuple[Areas, float]:
    """Compare drummers who play at a factor times the tempos of takes with other drummers who play at these tempos.

    Returns:
        As `auc_at_tempo`: how well a classifier separates by tempo alone.
    """
    pairs = []
    for repetition in range(_REPETITIONS):
        generator = np.random.default_rng([repetition, 1])
        away = drummers.select(at_tempo_of(takes, drummers, generator, factor)[1])
        rest = drummers.select(~np.isin(drummers.groups, away.groups))
        pairs.append((away, rest.select(at_tempo_of(takes, rest, generator)[1])))
    return _mean_auc(pairs)


def _mean_auc(pairs: Sequence[tuple[Windows, Windows]]) -> tuple[Areas, float]:
    """Compute the mean AUC of some pairs of sets, by aspect, and the mean number of windows of a side."""
    scores = [cross_validate(*pair, 1, seed)[0] for seed, pair in enumerate(pairs)]
    areas = {aspect: float(np.mean([one.auc(aspect) for one in scores])) for aspect in ASPECTS}
    return areas, float(np.mean([len(one.labels) / 2 for one in scores]))


def _limit(genres: NDArray[np.str_], most: Counter[str]) -> NDArray[np.bool_]:
    """Choose the first ones of each genre, up to a number: (n,) bool."""
    kept = np.zeros(len(genres), dtype=bool)
    for genre, count in most.items():
        kept[np.flatnonzero(genres == genre)[:count]] = True
    return kept

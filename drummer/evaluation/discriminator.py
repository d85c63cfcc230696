"""Played grooves against human drummers: can they be told apart, does the genre come through, is anything copied?

All of it on windows of four bars, never the first of a groove: people loop the middle, and drummers' own first windows differ
from their later ones. Genres are matched, no performance gives more than four windows, and what depends on the choice is averaged
over several draws. Needs scikit-learn (`requirements-dev.txt`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import jensenshannon
from scipy.stats import wasserstein_distance
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold

from drummer.corpus import Performance
from drummer.evaluation.descriptors import Floats, Window, describe
from drummer.groove import Groove

WINDOW_BARS = 4
ASPECTS = ("all", "notes", "velocity", "timing")
_MOST_WINDOWS = 4  # of one performance
_FOLDS = 5
_PATTERN_BARS = (1, 2, 4)
_BINS, _WIDEST_MS = 32, 80.0


@dataclass(frozen=True)
class Windows:
    """Windows of four bars with their labels.

    Attributes:
        names: Names of the features, `group.feature`.
        features: (windows, features).
        genres: (windows,) text.
        groups: (windows,) text; windows of one group never stand on both sides of a fold.
        bars: (windows, 4) of bytes, the onset pattern of each bar on sixteenths.
        velocities: (windows, 32) hits in each bin of velocity.
        deviations: (windows, 32) hits in each bin of deviation from the nearest sixteenth, -80 to 80 ms.
    """

    names: tuple[str, ...]
    features: Floats
    genres: NDArray[np.str_]
    groups: NDArray[np.str_]
    bars: NDArray[np.object_]
    velocities: Floats
    deviations: Floats

    def __len__(self) -> int:
        """Number of windows."""
        return len(self.genres)

    def take(self, chosen: NDArray[np.int64] | NDArray[np.bool_]) -> Windows:
        """Pick windows by index or mask."""
        return Windows(
            self.names,
            self.features[chosen],
            self.genres[chosen],
            self.groups[chosen],
            self.bars[chosen],
            self.velocities[chosen],
            self.deviations[chosen],
        )

    def of_genres(self, genres: Iterable[str]) -> Windows:
        """Pick the windows of some genres."""
        return self.take(np.isin(self.genres, list(genres)))

    def aspect(self, aspect: str) -> Floats:
        """(windows, ...) the features of one group, or of all."""
        return self.features[:, [aspect in ("all", name.split(".")[0]) for name in self.names]]


class Labelled(NamedTuple):
    """A groove, its genre and the group that it belongs to."""

    groove: Groove
    genre: str
    group: str


class Draw(NamedTuple):
    """Some windows of two sets, and what a classifier that had not seen them thought of each.

    Attributes:
        labels: (windows,) 0 for the one set, 1 for the other.
        groups: (windows,) text.
        guesses: Of each aspect (windows,), the probability that it is of the other set.
    """

    labels: NDArray[np.int64]
    groups: NDArray[np.str_]
    guesses: Mapping[str, Floats]

    def area(self, aspect: str) -> float:
        """Area under the ROC curve: 0.5 = the classifier cannot tell the sets apart, 1 = it always can."""
        return float(roc_auc_score(self.labels, self.guesses[aspect]))


class Giveaway(NamedTuple):
    """A feature, the area under the ROC curve that it reaches alone, and its medians on both sides."""

    name: str
    area: float
    some: float
    others: float


def human(performances: Iterable[Performance]) -> list[Labelled]:
    """Label performances. The takes of one `eval_session` groove, by four drummers, are one group."""
    labelled = []
    for performance in performances:
        _, _, groove = performance.id.partition("/eval_session/")
        group = f"eval_session/{groove}" if groove else performance.id
        labelled.append(Labelled(performance.groove, performance.genre, group))
    return labelled


def cut_windows(takes: Iterable[Labelled]) -> Windows:
    """Cut grooves in 4/4 into windows of four bars, without the first and without silent ones."""
    rows, genres, groups, bars, velocities, deviations = [], [], [], [], [], []
    names: tuple[str, ...] = ()
    for take in takes:
        for start in range(WINDOW_BARS, take.groove.bars - WINDOW_BARS + 1, WINDOW_BARS):
            window = take.groove.cut(start, start + WINDOW_BARS)
            if window.hit_count == 0:
                continue
            described = {f"{group}.{name}": value for group, values in describe(window).items() for name, value in values.items()}
            names = tuple(described)
            rows.append(list(described.values()))
            genres.append(take.genre)
            groups.append(take.group)
            hits = Window.of(window)
            bars.append([bar.tobytes() for bar in hits.hits.reshape(WINDOW_BARS, -1)])
            velocities.append(np.histogram(hits.velocities, _BINS, (0.0, 1.0))[0])
            deviations.append(np.histogram(hits.deviations.clip(-_WIDEST_MS, _WIDEST_MS), _BINS, (-_WIDEST_MS, _WIDEST_MS))[0])
    return Windows(
        names,
        np.array(rows),
        np.array(genres),
        np.array(groups),
        np.array(bars, dtype=object),
        np.array(velocities, dtype=np.float64),
        np.array(deviations, dtype=np.float64),
    )


def told_apart(
    some: Windows, others: Windows, draws: int = 8, seed: int = 0, progress: Callable[[], object] = lambda: None
) -> dict[str, tuple[float, float]]:
    """Train a classifier to tell two sets of windows apart: aspect → (area under the ROC curve, its spread over the draws).

    0.5 = it cannot, 1 = always. See `classify`, whose arguments it takes.
    """
    drawn = classify(some, others, draws, seed, progress)
    areas = {aspect: [draw.area(aspect) for draw in drawn] for aspect in ASPECTS}
    return {aspect: (float(np.mean(values)), float(np.std(values))) for aspect, values in areas.items()}


def classify(
    some: Windows, others: Windows, draws: int = 8, seed: int = 0, progress: Callable[[], object] = lambda: None
) -> list[Draw]:
    """Train classifiers to tell two sets of windows apart, and let each judge windows that it has not seen.

    Gradient boosting, stratified folds by group, guesses of held-out folds pooled. Each draw takes other windows of the genres
    that both sets have.

    Args:
        some: One set.
        others: The other; no group in both.
        draws: How often to choose windows anew.
        seed: Of all choices.
        progress: Called after each draw.
    """
    found = []
    for draw in range(draws):
        pair = _matched(some, others, np.random.default_rng([seed, draw]))
        labels = np.repeat([0, 1], [len(part) for part in pair])
        groups = np.concatenate([part.groups for part in pair])
        folds = StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=draw)
        guesses = {aspect: np.zeros(len(labels)) for aspect in ASPECTS}
        for aspect in ASPECTS:
            features = _known_columns(np.concatenate([part.aspect(aspect) for part in pair]))
            for train, test in folds.split(features, labels, groups):
                classifier = _classifier(draw).fit(features[train], labels[train])
                guesses[aspect][test] = classifier.predict_proba(features[test])[:, 1]
        found.append(Draw(labels, groups, guesses))
        progress()
    return found


def area_intervals(drawn: Sequence[Draw], resamples: int = 200, seed: int = 0) -> dict[str, tuple[float, float]]:
    """Find between what bounds the mean area of some draws would lie with other grooves and drummers' takes of the same kind.

    Middle 95% of a bootstrap over groups, on both sides, of what the classifiers guessed; they are not trained anew.
    """
    generator = np.random.default_rng(seed)
    sides = [np.unique(np.concatenate([draw.groups[draw.labels == side] for draw in drawn])) for side in (0, 1)]
    areas: dict[str, list[float]] = {aspect: [] for aspect in ASPECTS}
    for _ in range(resamples):
        picked = np.concatenate([generator.choice(groups, len(groups)) for groups in sides])
        names, counts = np.unique(picked, return_counts=True)
        times = dict(zip(names.tolist(), counts.tolist(), strict=True))
        weights = [np.array([times.get(group, 0) for group in draw.groups.tolist()]) for draw in drawn]
        for aspect, values in areas.items():
            of_draws = [
                roc_auc_score(draw.labels, draw.guesses[aspect], sample_weight=weight)
                for draw, weight in zip(drawn, weights, strict=True)
            ]
            values.append(float(np.mean(of_draws)))
    bounds = {aspect: np.quantile(values, [0.025, 0.975]).tolist() for aspect, values in areas.items()}
    return {aspect: (low, high) for aspect, (low, high) in bounds.items()}


def distance(some: Windows, others: Windows, scale: Windows, draws: int = 8, seed: int = 0) -> float:
    """Average over features the Wasserstein-1 distance of their distributions, in standard deviations of `scale`.

    Features that one side has no value of are passed over.
    """
    spread = np.ma.masked_invalid(scale.features).std(axis=0).filled(0.0)  # 0 where there is no value at all
    totals = []
    for draw in range(draws):
        one, other = _matched(some, others, np.random.default_rng([seed, draw]))
        parts = []
        for column in np.flatnonzero(spread > 0):
            values = [part.features[:, column][~np.isnan(part.features[:, column])] for part in (one, other)]
            if all(len(value) for value in values):
                parts.append(wasserstein_distance(*values) / spread[column])
        totals.append(np.mean(parts))
    return float(np.mean(totals))


def divergences(some: Windows, others: Windows, draws: int = 8, seed: int = 0) -> dict[str, float]:
    """Jensen-Shannon divergence, in bits, of the velocities of all hits and of their deviations from the nearest sixteenth.

    Source: Lin (1991). 0 = one distribution, 1 = nothing in common. Windows are chosen as in `told_apart`.
    """
    found = []
    for draw in range(draws):
        pair = _matched(some, others, np.random.default_rng([seed, draw]))
        found.append([_divergence(*(getattr(part, what).sum(axis=0) for part in pair)) for what in ("velocities", "deviations")])
    velocity, timing = np.mean(found, axis=0).tolist()
    return {"velocity": velocity, "timing": timing}


def _divergence(some: Floats, others: Floats) -> float:
    return float(jensenshannon(some, others, base=2) ** 2)  # scipy gives its square root


def giveaways(some: Windows, others: Windows, count: int = 6, draws: int = 8, seed: int = 0) -> list[Giveaway]:
    """Find the features that alone tell two sets of windows apart best; windows are chosen as in `told_apart`."""
    pairs = [_matched(some, others, np.random.default_rng([seed, draw])) for draw in range(draws)]
    found = []
    for column, name in enumerate(some.names):
        drawn = []
        for pair in pairs:
            values = [part.features[:, column][~np.isnan(part.features[:, column])] for part in pair]
            if all(len(value) for value in values):
                area = roc_auc_score(np.repeat([0, 1], [len(value) for value in values]), np.concatenate(values))
                drawn.append((area, np.median(values[0]), np.median(values[1])))
        if drawn:
            area, middle, other_middle = np.mean(drawn, axis=0).tolist()
            found.append(Giveaway(name, max(area, 1 - area), middle, other_middle))
    return sorted(found, key=lambda giveaway: -giveaway.area)[:count]


def genre_recognised(train: Windows, judged: Windows) -> tuple[float, dict[str, float]]:
    """Guess the genre of windows by a classifier fitted on drummers.

    Returns:
        The share of right guesses with every genre weighing the same, and the share of each genre.
    """
    features = _known_columns(np.concatenate([train.features, judged.features]))
    guesses = _classifier(0, balanced=True).fit(features[: len(train)], train.genres).predict(features[len(train) :])
    by_genre = {genre: float((guesses[judged.genres == genre] == genre).mean()) for genre in np.unique(judged.genres).tolist()}
    return float(np.mean(list(by_genre.values()))), by_genre


def found_in(train: Sequence[Labelled], judged: Windows) -> dict[int, float]:
    """Share of onset patterns, on sixteenths, that training drummers have played anywhere: length in bars → share."""
    shares = {}
    for length in _PATTERN_BARS:
        known = {
            tuple(bars[start : start + length])
            for bars in ([bar.tobytes() for bar in Window.of(take.groove).hits.reshape(take.groove.bars, -1)] for take in train)
            for start in range(len(bars) - length + 1)
        }
        patterns = [tuple(window[start : start + length]) for window in judged.bars for start in range(0, WINDOW_BARS, length)]
        shares[length] = float(np.mean([pattern in known for pattern in patterns]))
    return shares


def diversity(judged: Windows, pairs: int = 2000, seed: int = 0) -> float:
    """Mean share of sixteenth cells in which bars of two groups of one genre differ."""
    generator = np.random.default_rng(seed)
    patterns = np.stack([np.frombuffer(b"".join(bars), dtype=bool) for bars in judged.bars])
    differences: list[float] = []
    while len(differences) < pairs:
        one, other = generator.integers(0, len(judged), 2)
        if judged.genres[one] == judged.genres[other] and judged.groups[one] != judged.groups[other]:
            differences.append(float((patterns[one] != patterns[other]).mean()))
    return float(np.mean(differences))


def _known_columns(features: Floats) -> Floats:
    """Leave out the features that no window has a value of; the classifier takes single NaN, but no column of them."""
    return features[:, ~np.isnan(features).all(axis=0)]


def _classifier(seed: int, *, balanced: bool = False) -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        max_iter=100,
        max_leaf_nodes=15,
        min_samples_leaf=10,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=seed,
        class_weight="balanced" if balanced else None,
    )


def _matched(some: Windows, others: Windows, generator: np.random.Generator) -> tuple[Windows, Windows]:
    """Choose at most four windows of each group, and as many of each genre on both sides."""
    chosen: tuple[list[int], list[int]] = ([], [])
    for genre in sorted(set(some.genres) & set(others.genres)):
        sides = [_few_of_each_group(part, genre, generator) for part in (some, others)]
        count = min(len(side) for side in sides)
        for picked, side in zip(chosen, sides, strict=True):
            picked.extend(generator.permutation(side)[:count].tolist())
    return some.take(np.array(chosen[0])), others.take(np.array(chosen[1]))


def _few_of_each_group(windows: Windows, genre: str, generator: np.random.Generator) -> list[int]:
    taken: dict[str, int] = {}
    few = []
    for index in generator.permutation(np.flatnonzero(windows.genres == genre)).tolist():
        group = str(windows.groups[index])
        taken[group] = taken.get(group, 0) + 1
        if taken[group] <= _MOST_WINDOWS:
            few.append(index)
    return few

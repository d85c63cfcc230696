"""Discriminator AUC: a classifier learns to separate two sets of windows and is scored on windows held out from its training.

Both sets hold the same number of windows of each genre and at most four of a performance. As the score depends on which windows
are drawn, the measurement is repeated and averaged. Needs scikit-learn (`requirements-dev.txt`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold

from drummer.evaluation.windows import ASPECTS, Windows
from drummer.music.arrays import Floats

_MAX_WINDOWS_PER_GROUP = 4
_FOLDS = 5


class HeldOutScores(NamedTuple):
    """Scores of cross-validated classifiers for one balanced sample of two sets of windows.

    Attributes:
        labels: (windows,) 0 for the first set, 1 for the second.
        groups: (windows,) text.
        probabilities: For each aspect (windows,), the predicted probability of the second set.
    """

    labels: NDArray[np.int64]
    groups: NDArray[np.str_]
    probabilities: Mapping[str, Floats]

    def auc(self, aspect: str) -> float:
        """Compute the area under the ROC curve: 0.5 = chance, 1 = perfect separation."""
        return float(roc_auc_score(self.labels, self.probabilities[aspect]))


class FeatureImportance(NamedTuple):
    """Separation by a single descriptor.

    Attributes:
        name: `aspect.descriptor`.
        auc: Area under the ROC curve of the descriptor's value alone, 0.5 to 1.
        median: Median in the first set.
        reference_median: Median in the second set.
    """

    name: str
    auc: float
    median: float
    reference_median: float


def discriminator_auc(
    first: Windows, second: Windows, repetitions: int = 8, seed: int = 0, progress: Callable[[], object] = lambda: None
) -> dict[str, tuple[float, float]]:
    """Measure how well a classifier separates two sets: aspect → (mean AUC, standard deviation over the repetitions).

    See `cross_validate` for the arguments.
    """
    scores = cross_validate(first, second, repetitions, seed, progress)
    areas = {aspect: [one.auc(aspect) for one in scores] for aspect in ASPECTS}
    return {aspect: (float(np.mean(values)), float(np.std(values))) for aspect, values in areas.items()}


def cross_validate(
    first: Windows, second: Windows, repetitions: int = 8, seed: int = 0, progress: Callable[[], object] = lambda: None
) -> list[HeldOutScores]:
    """Train gradient boosting classifiers to separate two sets of windows and pool their scores of held-out folds.

    Folds are stratified and keep groups together. Each repetition draws a new balanced sample of both sets.

    Args:
        first: One set.
        second: The other set; no group may be in both.
        repetitions: Number of balanced samples.
        seed: Seed of all sampling.
        progress: Called after each repetition.
    """
    found = []
    for repetition in range(repetitions):
        pair = balanced_sample(first, second, np.random.default_rng([seed, repetition]))
        labels = np.repeat([0, 1], [len(part) for part in pair])
        groups = np.concatenate([part.groups for part in pair])
        folds = StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=repetition)
        probabilities = {aspect: np.zeros(len(labels)) for aspect in ASPECTS}
        for aspect in ASPECTS:
            features = _without_empty_columns(np.concatenate([part.aspect(aspect) for part in pair]))
            for train, test in folds.split(features, labels, groups):
                classifier = _classifier(repetition).fit(features[train], labels[train])
                probabilities[aspect][test] = classifier.predict_proba(features[test])[:, 1]
        found.append(HeldOutScores(labels, groups, probabilities))
        progress()
    return found


def auc_intervals(scores: Sequence[HeldOutScores], resamples: int = 200, seed: int = 0) -> dict[str, tuple[float, float]]:
    """Compute the 95% bootstrap interval of the mean AUC of each aspect, with groups of both sets as sampling units.

    The held-out scores are resampled; classifiers are not trained again.
    """
    generator = np.random.default_rng(seed)
    sides = [np.unique(np.concatenate([one.groups[one.labels == side] for one in scores])) for side in (0, 1)]
    areas: dict[str, list[float]] = {aspect: [] for aspect in ASPECTS}
    for _ in range(resamples):
        picked = np.concatenate([generator.choice(groups, len(groups)) for groups in sides])
        names, counts = np.unique(picked, return_counts=True)
        times = dict(zip(names.tolist(), counts.tolist(), strict=True))
        weights = [np.array([times.get(group, 0) for group in one.groups.tolist()]) for one in scores]
        for aspect, values in areas.items():
            of_samples = [
                roc_auc_score(one.labels, one.probabilities[aspect], sample_weight=weight)
                for one, weight in zip(scores, weights, strict=True)
            ]
            values.append(float(np.mean(of_samples)))
    bounds = {aspect: np.quantile(values, [0.025, 0.975]).tolist() for aspect, values in areas.items()}
    return {aspect: (low, high) for aspect, (low, high) in bounds.items()}


def feature_importance(
    first: Windows, second: Windows, count: int = 6, repetitions: int = 8, seed: int = 0
) -> list[FeatureImportance]:
    """Rank descriptors by the AUC that each reaches alone, best first; samples are drawn as in `cross_validate`."""
    pairs = [balanced_sample(first, second, np.random.default_rng([seed, repetition])) for repetition in range(repetitions)]
    found = []
    for column, name in enumerate(first.names):
        samples = []
        for pair in pairs:
            values = [part.features[:, column][~np.isnan(part.features[:, column])] for part in pair]
            if all(len(value) for value in values):
                area = roc_auc_score(np.repeat([0, 1], [len(value) for value in values]), np.concatenate(values))
                samples.append((area, np.median(values[0]), np.median(values[1])))
        if samples:
            area, median, reference_median = np.mean(samples, axis=0).tolist()
            found.append(FeatureImportance(name, max(area, 1 - area), median, reference_median))
    return sorted(found, key=lambda importance: -importance.auc)[:count]


def genre_accuracy(train: Windows, classified: Windows) -> tuple[float, dict[str, float]]:
    """Classify the genre of windows with a classifier fitted on human performances.

    Returns:
        The balanced accuracy (mean over genres), and the accuracy for each genre.
    """
    features = _without_empty_columns(np.concatenate([train.features, classified.features]))
    predicted = _classifier(0, balanced=True).fit(features[: len(train)], train.genres).predict(features[len(train) :])
    genres = np.unique(classified.genres).tolist()
    by_genre = {genre: float((predicted[classified.genres == genre] == genre).mean()) for genre in genres}
    return float(np.mean(list(by_genre.values()))), by_genre


def balanced_sample(first: Windows, second: Windows, generator: np.random.Generator) -> tuple[Windows, Windows]:
    """Sample at most four windows of each group, and equally many of each genre from both sets."""
    chosen: tuple[list[int], list[int]] = ([], [])
    for genre in sorted(set(first.genres) & set(second.genres)):
        sides = [_sample_groups(part, genre, generator) for part in (first, second)]
        count = min(len(side) for side in sides)
        for picked, side in zip(chosen, sides, strict=True):
            picked.extend(generator.permutation(side)[:count].tolist())
    return first.select(np.array(chosen[0])), second.select(np.array(chosen[1]))


def _sample_groups(windows: Windows, genre: str, generator: np.random.Generator) -> list[int]:
    """Sample indices of at most `_MAX_WINDOWS_PER_GROUP` windows of each group of a genre."""
    counts: dict[str, int] = {}
    sampled = []
    for index in generator.permutation(np.flatnonzero(windows.genres == genre)).tolist():
        group = str(windows.groups[index])
        counts[group] = counts.get(group, 0) + 1
        if counts[group] <= _MAX_WINDOWS_PER_GROUP:
            sampled.append(index)
    return sampled


def _without_empty_columns(features: Floats) -> Floats:
    """Drop descriptors that are NaN in every window: the classifier accepts missing values, but no empty column."""
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

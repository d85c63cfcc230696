"""Discriminator: it finds a difference in the aspect that has one, and none between equal sets."""

import numpy as np
import pytest

from drummer.evaluation.discriminator import (
    HeldOutScores,
    auc_intervals,
    cross_validate,
    discriminator_auc,
    feature_importance,
    genre_accuracy,
)
from drummer.evaluation.windows import ASPECTS, LabelledGroove, Windows, cut_windows
from drummer.music.groove import Groove
from tests.datasets import labelled_grooves


@pytest.fixture(scope="module")
def drummers() -> Windows:
    return cut_windows(labelled_grooves(0))


@pytest.fixture(scope="module")
def same(drummers: Windows) -> list[HeldOutScores]:
    """Scores of two equal sets."""
    return cross_validate(drummers, cut_windows(labelled_grooves(100)), repetitions=2)


@pytest.fixture(scope="module")
def quantized(drummers: Windows) -> list[HeldOutScores]:
    """Scores of drummers and of grooves that are exactly on the grid."""
    return cross_validate(drummers, cut_windows(labelled_grooves(100, quantized=True)), repetitions=1)


def mean_auc(scores: list[HeldOutScores], aspect: str) -> float:
    return float(np.mean([one.auc(aspect) for one in scores]))


def test_equal_sets_are_not_separated(same: list[HeldOutScores]) -> None:
    assert all(0.3 < mean_auc(same, aspect) < 0.7 for aspect in ASPECTS)


def test_quantized_grooves_are_separated_by_timing_alone(quantized: list[HeldOutScores]) -> None:
    assert mean_auc(quantized, "timing") > 0.98
    assert mean_auc(quantized, "all") > 0.98
    assert mean_auc(quantized, "velocity") < 0.7


def test_the_auc_is_the_mean_over_repetitions_and_comes_with_their_spread() -> None:
    some, others = (cut_windows(labelled_grooves(seed, 6)) for seed in (0, 100))
    areas = discriminator_auc(some, others, repetitions=2)
    scores = cross_validate(some, others, repetitions=2)
    for aspect, (area, spread) in areas.items():
        assert area == mean_auc(scores, aspect)
        assert spread == np.std([one.auc(aspect) for one in scores])


def test_the_interval_contains_the_auc_and_is_narrow_for_a_clear_separation(
    same: list[HeldOutScores], quantized: list[HeldOutScores]
) -> None:
    bounds, clear = auc_intervals(same, resamples=50), auc_intervals(quantized, resamples=50)
    for aspect, (low, high) in bounds.items():
        assert low < mean_auc(same, aspect) < high
    assert clear["timing"][0] > 0.95
    assert clear["timing"][1] - clear["timing"][0] < bounds["timing"][1] - bounds["timing"][0]


def test_the_most_important_descriptors_of_quantized_grooves_are_of_timing(drummers: Windows) -> None:
    found = feature_importance(cut_windows(labelled_grooves(100, quantized=True)), drummers, count=3, repetitions=2)
    assert {importance.name.split(".")[0] for importance in found} == {"timing"}
    assert found[0].auc == 1.0
    assert (found[0].median == 0.0) != (found[0].reference_median == 0.0) or found[0].name == "timing.tight"


def test_distinct_genres_are_classified_correctly() -> None:
    def with_ride(labelled: LabelledGroove) -> LabelledGroove:
        hits = labelled.groove.hits.copy()
        hits[:, 11] |= hits[:, 4]
        velocities = np.where(hits, np.maximum(labelled.groove.velocities, 0.5), 0)
        return LabelledGroove(Groove(hits, velocities, np.zeros_like(velocities), 100), "jazz", labelled.group + "j")

    train = cut_windows([*labelled_grooves(0), *map(with_ride, labelled_grooves(50))])
    classified = cut_windows([*labelled_grooves(100, 6), *map(with_ride, labelled_grooves(150, 6))])
    overall, by_genre = genre_accuracy(train, classified)
    assert overall == 1.0
    assert by_genre == {"jazz": 1.0, "rock": 1.0}

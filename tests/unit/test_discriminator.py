"""Discriminator: it finds a difference in the aspect that has one, and none between equal sets."""

from dataclasses import replace

import numpy as np
import pytest

from drummer.corpus import Performance
from drummer.evaluation.baselines import HitLookup
from drummer.evaluation.discriminator import (
    auc_intervals,
    cross_validate,
    discriminator_auc,
    feature_importance,
    genre_accuracy,
)
from drummer.evaluation.distributions import descriptor_distance, hit_divergences
from drummer.evaluation.novelty import diversity, training_overlap
from drummer.evaluation.windows import LabelledGroove, Windows, cut_windows, label_performances
from drummer.groove import Groove
from tests.datasets import simple_groove


def grooves_of(first_seed: int, count: int = 24, genre: str = "rock", stiff: bool = False) -> list[LabelledGroove]:
    grooves = [simple_groove(12, seed=seed) for seed in range(first_seed, first_seed + count)]
    if stiff:
        grooves = [replace(groove, offsets=np.zeros_like(groove.offsets)) for groove in grooves]
    return [LabelledGroove(groove, genre, f"{genre} {first_seed + index} {stiff}") for index, groove in enumerate(grooves)]


def performance(name: str, groove: Groove) -> Performance:
    return Performance(name, name.split("/")[0], "funk", "beat", "test", "4-4", groove, 0, 0)


@pytest.fixture(scope="module")
def drummers() -> Windows:
    return cut_windows(grooves_of(0))


def test_the_first_window_and_silence_are_left_out() -> None:
    silent = LabelledGroove(Groove.silent(12, 100), "rock", "silent")
    windows = cut_windows([*grooves_of(0, 2), silent, LabelledGroove(simple_groove(7), "rock", "short")])
    assert len(windows) == 4
    assert windows.features.shape == (4, len(windows.names))
    assert windows.aspect("notes").shape[1] + windows.aspect("velocity").shape[1] + windows.aspect("timing").shape[1] == len(
        windows.names
    )


def test_equal_sets_are_not_separated(drummers: Windows) -> None:
    areas = discriminator_auc(drummers, cut_windows(grooves_of(100)), repetitions=4)
    assert all(0.3 < area < 0.7 for area, _ in areas.values())


def test_quantized_grooves_are_separated_by_timing_alone(drummers: Windows) -> None:
    areas = discriminator_auc(drummers, cut_windows(grooves_of(100, stiff=True)), repetitions=2)
    assert areas["timing"][0] > 0.98
    assert areas["all"][0] > 0.98
    assert areas["velocity"][0] < 0.7


def test_the_interval_contains_the_auc_and_is_narrow_for_a_clear_separation(drummers: Windows) -> None:
    same = cross_validate(drummers, cut_windows(grooves_of(100)), repetitions=2)
    stiff = cross_validate(drummers, cut_windows(grooves_of(100, stiff=True)), repetitions=2)
    bounds, clear = auc_intervals(same, resamples=50), auc_intervals(stiff, resamples=50)
    for aspect, (low, high) in bounds.items():
        assert low < np.mean([one.auc(aspect) for one in same]) < high
    assert clear["timing"][0] > 0.95
    assert clear["timing"][1] - clear["timing"][0] < bounds["timing"][1] - bounds["timing"][0]


def test_divergence_is_small_between_equal_sets_and_large_for_quantized_timing(drummers: Windows) -> None:
    same = hit_divergences(drummers, cut_windows(grooves_of(100)), repetitions=2)
    stiff = hit_divergences(drummers, cut_windows(grooves_of(100, stiff=True)), repetitions=2)
    assert max(same.values()) < 0.02
    assert stiff["timing"] > 0.3
    assert stiff["velocity"] < 0.02


def test_the_most_important_descriptors_of_quantized_grooves_are_of_timing(drummers: Windows) -> None:
    found = feature_importance(cut_windows(grooves_of(100, stiff=True)), drummers, count=3)
    assert {importance.name.split(".")[0] for importance in found} == {"timing"}
    assert found[0].auc == 1.0
    assert (found[0].median == 0.0) != (found[0].reference_median == 0.0) or found[0].name == "timing.tight"


def test_distance_grows_with_the_difference(drummers: Windows) -> None:
    near = descriptor_distance(cut_windows(grooves_of(100)), drummers, drummers, repetitions=2)
    far = descriptor_distance(cut_windows(grooves_of(100, stiff=True)), drummers, drummers, repetitions=2)
    assert near < 0.4 < far


def test_distinct_genres_are_classified_correctly() -> None:
    def busy(labelled: LabelledGroove) -> LabelledGroove:
        hits = labelled.groove.hits.copy()
        hits[:, 11] |= hits[:, 4]
        velocities = np.where(hits, np.maximum(labelled.groove.velocities, 0.5), 0)
        return LabelledGroove(Groove(hits, velocities, np.zeros_like(velocities), 100), "jazz", labelled.group + "j")

    train = cut_windows([*grooves_of(0), *map(busy, grooves_of(50))])
    judged = cut_windows([*grooves_of(100, 6), *map(busy, grooves_of(150, 6))])
    overall, by_genre = genre_accuracy(train, judged)
    assert overall == 1.0
    assert by_genre == {"jazz": 1.0, "rock": 1.0}


def test_training_overlap_is_full_for_training_grooves_and_zero_for_others() -> None:
    train = grooves_of(0, 4)
    assert training_overlap(train, cut_windows(train)) == {1: 1.0, 2: 1.0, 4: 1.0}
    other = [LabelledGroove(replace(take.groove, hits=take.groove.hits[:, ::-1], velocities=take.groove.velocities[:, ::-1],
                              offsets=take.groove.offsets[:, ::-1]), "rock", take.group) for take in train]  # fmt: skip
    assert training_overlap(train, cut_windows(other)) == {1: 0.0, 2: 0.0, 4: 0.0}


def test_diversity_is_zero_for_equal_patterns(drummers: Windows) -> None:
    assert diversity(drummers, pairs=50) == 0.0


def test_performances_of_one_eval_session_groove_are_one_group() -> None:
    names = ("drummer1/eval_session/3", "drummer5/eval_session/3", "drummer1/session1/3")
    labelled = label_performances(performance(name, simple_groove(1)) for name in names)
    assert [one.group for one in labelled] == ["eval_session/3", "eval_session/3", "drummer1/session1/3"]


def test_the_lookup_keeps_the_hits_and_takes_velocities_of_human_hits() -> None:
    grooves = [simple_groove(4, seed=seed) for seed in range(5)]
    lookup = HitLookup(performance(f"drummer1/session1/{index}", groove) for index, groove in enumerate(grooves))
    flat = replace(grooves[0], velocities=grooves[0].hits * np.float32(0.5), offsets=np.zeros_like(grooves[0].offsets))
    performed = lookup.humanize(flat, "funk", np.random.default_rng(0))
    assert np.array_equal(performed.hits, flat.hits)
    assert np.isin(performed.velocities, np.stack([groove.velocities for groove in grooves])).all()
    assert performed.velocities[performed.hits].std() > 0.1

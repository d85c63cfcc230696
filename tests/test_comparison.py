"""Comparison: it finds a difference that is there, in the right aspect, and none where there is none."""

from dataclasses import replace

import numpy as np
import pytest

from drummer.corpus import Performance
from drummer.evaluation.baselines import Lookup
from drummer.evaluation.discriminator import (
    Labelled,
    Windows,
    area_intervals,
    classify,
    cut_windows,
    distance,
    divergences,
    diversity,
    found_in,
    genre_recognised,
    giveaways,
    human,
    told_apart,
)
from drummer.groove import Groove
from tests.datasets import simple_groove


def takes(first_seed: int, count: int = 24, genre: str = "rock", stiff: bool = False) -> list[Labelled]:
    grooves = [simple_groove(12, seed=seed) for seed in range(first_seed, first_seed + count)]
    if stiff:
        grooves = [replace(groove, offsets=np.zeros_like(groove.offsets)) for groove in grooves]
    return [Labelled(groove, genre, f"{genre} {first_seed + index} {stiff}") for index, groove in enumerate(grooves)]


def performance(name: str, groove: Groove) -> Performance:
    return Performance(name, name.split("/")[0], "funk", "beat", "test", "4-4", groove, 0, 0)


@pytest.fixture(scope="module")
def drummers() -> Windows:
    return cut_windows(takes(0))


def test_the_first_window_and_silence_are_left_out() -> None:
    silent = Labelled(Groove.silent(12, 100), "rock", "silent")
    windows = cut_windows([*takes(0, 2), silent, Labelled(simple_groove(7), "rock", "short")])
    assert len(windows) == 4
    assert windows.features.shape == (4, len(windows.names))
    assert windows.aspect("notes").shape[1] + windows.aspect("velocity").shape[1] + windows.aspect("timing").shape[1] == len(
        windows.names
    )


def test_the_same_kind_of_drummer_is_not_told_apart(drummers: Windows) -> None:
    areas = told_apart(drummers, cut_windows(takes(100)), draws=4)
    assert all(0.3 < area < 0.7 for area, _ in areas.values())


def test_a_machine_is_told_by_its_timing_alone(drummers: Windows) -> None:
    areas = told_apart(drummers, cut_windows(takes(100, stiff=True)), draws=2)
    assert areas["timing"][0] > 0.98
    assert areas["all"][0] > 0.98
    assert areas["velocity"][0] < 0.7


def test_the_interval_of_an_area_holds_it_and_is_narrow_where_all_is_clear(drummers: Windows) -> None:
    same = classify(drummers, cut_windows(takes(100)), draws=2)
    stiff = classify(drummers, cut_windows(takes(100, stiff=True)), draws=2)
    bounds, clear = area_intervals(same, resamples=50), area_intervals(stiff, resamples=50)
    for aspect, (low, high) in bounds.items():
        assert low < np.mean([draw.area(aspect) for draw in same]) < high
    assert clear["timing"][0] > 0.95
    assert clear["timing"][1] - clear["timing"][0] < bounds["timing"][1] - bounds["timing"][0]


def test_distributions_of_one_drummer_agree_and_a_machines_timing_does_not(drummers: Windows) -> None:
    same = divergences(drummers, cut_windows(takes(100)), draws=2)
    stiff = divergences(drummers, cut_windows(takes(100, stiff=True)), draws=2)
    assert max(same.values()) < 0.02
    assert stiff["timing"] > 0.3
    assert stiff["velocity"] < 0.02


def test_what_gives_a_machine_away_is_named(drummers: Windows) -> None:
    found = giveaways(cut_windows(takes(100, stiff=True)), drummers, count=3)
    assert {giveaway.name.split(".")[0] for giveaway in found} == {"timing"}
    assert found[0].area == 1.0
    assert (found[0].some == 0.0) != (found[0].others == 0.0) or found[0].name == "timing.tight"


def test_distance_grows_with_the_difference(drummers: Windows) -> None:
    near = distance(cut_windows(takes(100)), drummers, drummers, draws=2)
    far = distance(cut_windows(takes(100, stiff=True)), drummers, drummers, draws=2)
    assert near < 0.4 < far


def test_genres_are_recognised_by_what_sets_them_apart() -> None:
    def busy(labelled: Labelled) -> Labelled:
        hits = labelled.groove.hits.copy()
        hits[:, 11] |= hits[:, 4]
        velocities = np.where(hits, np.maximum(labelled.groove.velocities, 0.5), 0)
        return Labelled(Groove(hits, velocities, np.zeros_like(velocities), 100), "jazz", labelled.group + "j")

    train = cut_windows([*takes(0), *map(busy, takes(50))])
    judged = cut_windows([*takes(100, 6), *map(busy, takes(150, 6))])
    overall, by_genre = genre_recognised(train, judged)
    assert overall == 1.0
    assert by_genre == {"jazz": 1.0, "rock": 1.0}


def test_what_was_played_in_training_is_found() -> None:
    train = takes(0, 4)
    assert found_in(train, cut_windows(train)) == {1: 1.0, 2: 1.0, 4: 1.0}
    other = [Labelled(replace(take.groove, hits=take.groove.hits[:, ::-1], velocities=take.groove.velocities[:, ::-1],
                              offsets=take.groove.offsets[:, ::-1]), "rock", take.group) for take in train]  # fmt: skip
    assert found_in(train, cut_windows(other)) == {1: 0.0, 2: 0.0, 4: 0.0}


def test_diversity_is_zero_where_all_play_the_same(drummers: Windows) -> None:
    assert diversity(drummers, pairs=50) == 0.0


def test_takes_of_one_eval_session_groove_are_one_group() -> None:
    names = ("drummer1/eval_session/3", "drummer5/eval_session/3", "drummer1/session1/3")
    labelled = human(performance(name, simple_groove(1)) for name in names)
    assert [take.group for take in labelled] == ["eval_session/3", "eval_session/3", "drummer1/session1/3"]


def test_the_lookup_keeps_the_hits_and_takes_its_dynamics_from_the_drummers() -> None:
    grooves = [simple_groove(4, seed=seed) for seed in range(5)]
    lookup = Lookup(performance(f"drummer1/session1/{index}", groove) for index, groove in enumerate(grooves))
    flat = replace(grooves[0], velocities=grooves[0].hits * np.float32(0.5), offsets=np.zeros_like(grooves[0].offsets))
    performed = lookup.humanise(flat, "funk", np.random.default_rng(0))
    assert np.array_equal(performed.hits, flat.hits)
    assert np.isin(performed.velocities, np.stack([groove.velocities for groove in grooves])).all()
    assert performed.velocities[performed.hits].std() > 0.1

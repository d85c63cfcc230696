"""Novelty: overlap with the training data, and diversity."""

from dataclasses import replace

import numpy as np
import pytest

from drummer.evaluation.novelty import alike, diversity, overlaps, training_overlap
from drummer.evaluation.windows import LabelledGroove, Windows, cut_windows
from tests.datasets import labelled_grooves


@pytest.fixture(scope="module")
def drummers() -> Windows:
    return cut_windows(labelled_grooves(0))


def test_training_overlap_is_full_for_training_grooves_and_zero_for_others() -> None:
    train = labelled_grooves(0, 4)
    assert training_overlap(train, cut_windows(train)) == {1: 1.0, 2: 1.0, 4: 1.0}
    other = [LabelledGroove(replace(one.groove, hits=one.groove.hits[:, ::-1], velocities=one.groove.velocities[:, ::-1],
                              offsets=one.groove.offsets[:, ::-1]), "rock", one.group) for one in train]  # fmt: skip
    assert training_overlap(train, cut_windows(other)) == {1: 0.0, 2: 0.0, 4: 0.0}


def test_diversity_is_zero_for_equal_patterns(drummers: Windows) -> None:
    assert diversity(drummers, pairs=50) == 0.0


def test_diversity_is_the_share_of_cells_that_differ() -> None:
    first = labelled_grooves(0, 1)[0]
    without_hats = first.groove.hits.copy()
    without_hats[:, 4] = False
    kept = {name: getattr(first.groove, name) * without_hats for name in ("velocities", "offsets")}
    second = LabelledGroove(replace(first.groove, hits=without_hats, **kept), "rock", "without hats")
    # Eight of the 16 * 13 cells of a bar are hi-hat hits.
    assert diversity(cut_windows([first, second]), pairs=5) == pytest.approx(8 / (16 * 13))


def test_grooves_are_as_alike_as_their_nearest_other() -> None:
    whole = labelled_grooves(0, 1)[0].groove
    hats = whole.without(np.arange(13) != 4)
    found = overlaps([whole, whole, hats])
    assert found == pytest.approx(
        np.array([[0, 1, 0.8], [1, 0, 0.8], [0.8, 0.8, 0]])
    )  # of twelve hits of a bar eight are hi-hats
    everyone = alike(found, 3, np.random.default_rng(0))
    assert everyone == (3, 1.0, 1.0)
    pairs = alike(found, 2, np.random.default_rng(0), samples=200)
    assert 0.8 < pairs.nearest < 0.93 and pairs.grooves == 2

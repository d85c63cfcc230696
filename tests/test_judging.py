"""Judging: numbers about what is played and performed, the same for the evaluation's lines and for the report."""

from dataclasses import replace

import numpy as np
import pytest

from drummer.evaluation import metrics
from drummer.evaluation.discriminator import ASPECTS, Labelled, cut_windows
from drummer.groove import Groove
from tests.datasets import simple_groove


def takes(first_seed: int, genre: str = "rock", bars: int = 12, count: int = 24) -> list[Labelled]:
    seeds = range(first_seed, first_seed + count)
    return [Labelled(simple_groove(bars, seed=seed), genre, f"{genre} {seed}") for seed in seeds]


def flat(piece: Labelled, _: int) -> Groove:
    return replace(piece.groove, offsets=np.zeros_like(piece.groove.offsets))


def test_a_comparison_holds_all_that_is_asked_of_two_sets() -> None:
    some, others = cut_windows(takes(0)), cut_windows(takes(100))
    found = metrics.compare("x", some, others, others, draws=2)
    assert tuple(found.apart) == ASPECTS
    assert all(area.low <= area.value <= area.high for area in found.apart.values())
    assert found.distance < 0.3 and max(found.divergences.values()) < 0.05


def test_genres_that_a_split_lacks_are_compared_with_training_drummers() -> None:
    train = cut_windows([*takes(0), *takes(100, "jazz")])
    played = cut_windows([*takes(200), *takes(300, "jazz")])
    free, unheard = metrics.against_split(played, train, cut_windows(takes(400)), "test", draws=1)
    assert free.name == "played against test drummers"
    assert unheard.name == "played jazz against training drummers"


def test_long_beats_are_cut_into_pieces_that_can_be_performed() -> None:
    pieces = metrics.cut_pieces(takes(0, bars=70, count=1))
    assert [piece.groove.bars for piece in pieces] == [32, 32]
    assert {piece.group for piece in pieces} == {"rock 0"}
    assert [piece.groove.bars for piece in metrics.cut_pieces(takes(0, bars=5, count=1))] == [5]


def test_who_performs_without_timing_is_told_by_it() -> None:
    pieces = takes(0)
    performed = metrics.perform_all(pieces, flat)
    assert all(np.array_equal(one.groove.hits, other.groove.hits) for one, other in zip(pieces, performed, strict=True))
    found = metrics.judge_performed("flat", pieces, performed, draws=1)
    assert found.apart["timing"].value > 0.98
    assert found.apart["velocity"].value == pytest.approx(0.5, abs=0.3)

"""Metrics: comparisons of generated and humanized grooves with human ones."""

from dataclasses import replace

import numpy as np
import pytest

from drummer.evaluation import metrics
from drummer.evaluation.windows import ASPECTS, LabelledGroove, cut_windows
from drummer.music.groove import Groove
from tests.datasets import labelled_grooves, simple_groove


def flat(piece: LabelledGroove, _: int) -> Groove:
    return replace(piece.groove, offsets=np.zeros_like(piece.groove.offsets))


def test_equal_sets_have_small_distances_and_intervals_around_their_auc() -> None:
    some, others = cut_windows(labelled_grooves(0)), cut_windows(labelled_grooves(100))
    found = metrics.compare("x", some, others, others, repetitions=1)
    assert tuple(found.auc) == ASPECTS
    assert all(auc.low <= auc.value <= auc.high for auc in found.auc.values())
    assert found.distance < 0.3 and max(found.divergences.values()) < 0.05


def test_genres_absent_from_a_split_are_compared_with_training_drummers() -> None:
    train = cut_windows([*labelled_grooves(0, 6), *labelled_grooves(100, 6, genre="jazz")])
    played = cut_windows([*labelled_grooves(200, 6), *labelled_grooves(300, 6, genre="jazz")])
    against_split, absent_genres = metrics.compare_with_split(
        played, train, cut_windows(labelled_grooves(400, 6)), "test", repetitions=1
    )
    assert against_split.name == "generated against test drummers"
    assert absent_genres.name == "generated jazz against training drummers"


def test_long_beats_are_cut_into_pieces_of_at_most_32_bars() -> None:
    pieces = metrics.cut_pieces(labelled_grooves(0, bars=70, count=1))
    assert [piece.groove.bars for piece in pieces] == [32, 32]
    assert {piece.group for piece in pieces} == {"rock 0 False"}
    assert [piece.groove.bars for piece in metrics.cut_pieces(labelled_grooves(0, bars=5, count=1))] == [5]


def test_humanizing_without_timing_is_separated_by_timing() -> None:
    pieces = labelled_grooves(0, 12)
    humanized = metrics.humanize_all(pieces, flat)
    assert all(np.array_equal(one.groove.hits, other.groove.hits) for one, other in zip(pieces, humanized, strict=True))
    found = metrics.compare_humanized("flat", pieces, humanized, repetitions=1)
    assert found.auc["timing"].value > 0.98
    assert found.auc["velocity"].value == pytest.approx(0.5, abs=0.3)


def test_the_fastest_share_of_each_genre_is_split_off() -> None:
    def played(genre: str, *tempos: int) -> list[LabelledGroove]:
        return [LabelledGroove(simple_groove(1, bpm=bpm), genre, f"{genre} {bpm}") for bpm in tempos]

    grooves = [*played("rock", 90, 180, 100, 110, 120, 130, 140, 170), *played("jazz", 80, 60)]
    fast, slower = metrics.split_by_tempo(grooves, 0.25)
    assert [one.group for one in fast] == ["rock 180", "rock 170", "jazz 80"]
    assert [one for one in grooves if one not in fast] == slower

"""Tempo: how playing goes with it, and pairs of windows at the same tempo."""

from dataclasses import replace

import numpy as np
import pytest

from drummer import Drummer
from drummer.evaluation import tempos
from drummer.evaluation.tempos import at_tempo_of, auc_at_tempo, auc_of_drummers, drummers_law, measure_playing, takes_law
from drummer.evaluation.windows import ASPECTS, LabelledGroove, Windows, cut_windows
from drummer.generation.params import GenerationParams
from drummer.generation.streaming import reference_query
from drummer.model.reference_bank import ReferenceQuery
from drummer.music.controls import CONTROLS
from drummer.music.groove import Groove, Hits
from tests.datasets import performance, simple_groove


def played_at(bpm: float, spread: float, every: int, seed: int, bars: int = 16) -> Groove:
    """Hi-hats on every beat, straying by a standard deviation in milliseconds, and so many hits between two beats."""
    generator = np.random.default_rng(seed)
    beats = np.arange(4 * bars * (every + 1)) / (every + 1)
    on_beat = np.isclose(beats % 1, 0)
    beats[on_beat] += np.clip(generator.normal(0.0, spread * bpm / 60_000, on_beat.sum()), -0.04, 0.12)
    return Groove.from_hits(Hits(beats, np.full(len(beats), 4), np.full(len(beats), 0.5, dtype=np.float32)), bpm, bars=bars)


def windows_at(*tempos: float, genre: str = "rock", first_seed: int = 0) -> Windows:
    grooves = [simple_groove(12, bpm, seed=first_seed + number) for number, bpm in enumerate(tempos)]
    return cut_windows(LabelledGroove(groove, genre, f"{genre} {first_seed + n}") for n, groove in enumerate(grooves))


def test_the_spread_is_in_milliseconds_whatever_the_tempo() -> None:
    slow, fast = (measure_playing(played_at(bpm, 12.0, 1, 0, bars=64)) for bpm in (60, 120))
    assert slow.spread == pytest.approx(12.0, abs=1.5) and fast.spread == pytest.approx(12.0, abs=1.5)
    assert slow.density == fast.density == 2.0
    assert np.isnan(measure_playing(Groove.silent(4, 100)).spread)


def test_the_laws_are_the_exponents_of_tempo() -> None:
    tempos = [60.0, 80.0, 100.0, 120.0, 140.0, 160.0]
    takes = [performance(f"drummer1/a/{n}", played_at(bpm, 15.0 * (100 / bpm) ** 0.5, 1, n)) for n, bpm in enumerate(tempos * 4)]
    law = drummers_law(takes)
    for within in ("genre", "genre and drummer"):
        spread = law["spread"][within]
        assert spread.low < -0.5 < spread.high and spread.value == pytest.approx(-0.5, abs=0.2) and spread.performances == 24
        assert law["density"][within].value == pytest.approx(0.0, abs=0.01)
    slow = [LabelledGroove(played_at(80, 12.0, 3, seed), "rock", str(seed)) for seed in range(6)]
    fast = [LabelledGroove(played_at(160, 12.0, 1, seed), "rock", str(seed)) for seed in range(6)]
    found = takes_law(slow, fast)
    assert found["density"].value == pytest.approx(-1.0, abs=0.02)
    assert found["spread"].value == pytest.approx(0.0, abs=0.3)


def test_pairs_are_of_one_genre_and_tempo_and_no_window_is_in_two() -> None:
    takes, drummers = windows_at(*[100.0] * 8, *[130.0] * 8), windows_at(*[103.0] * 6, *[160.0] * 6, first_seed=50)
    ours, theirs = at_tempo_of(takes, drummers, np.random.default_rng(0))
    assert len(ours) == 12 and len(set(ours.tolist())) == len(set(theirs.tolist())) == 12  # two windows of each groove
    assert set(takes.bpm[ours]) == {100.0} and set(drummers.bpm[theirs]) == {103.0}
    ours, theirs = at_tempo_of(takes, drummers, np.random.default_rng(0), factor=1.6)
    assert set(takes.bpm[ours]) == {100.0} and set(drummers.bpm[theirs]) == {160.0}
    assert len(at_tempo_of(takes, windows_at(100.0, genre="jazz"), np.random.default_rng(0))[0]) == 0


def test_equal_playing_is_not_told_apart_at_its_tempo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempos, "_REPETITIONS", 2)  # of sampling, which only make the mean more exact
    played = [100.0] * 12 + [130.0] * 12
    takes, drummers = windows_at(*played), windows_at(*played, first_seed=100)
    areas, pairs = auc_at_tempo(takes, drummers)
    assert tuple(areas) == ASPECTS and pairs == 48 and abs(areas["all"] - 0.5) < 0.25
    others, _ = auc_of_drummers(takes.select(takes.bpm == 100.0), drummers, 1.3)
    assert others["notes"] < 0.8 < others["timing"], "the spread of these grooves goes with their beat"


def test_a_tempo_outside_the_genre_has_a_reference_from_nearer_it_and_usual_tempos_stay(drummer: Drummer) -> None:
    bank = drummer.trained.reference_bank
    query = reference_query(GenerationParams(genre="rock"), drummer.trained, drummer.config)
    assert query.tempos == (drummer.config.genres["rock"].slow_bpm, drummer.config.genres["rock"].fast_bpm)
    anywhere = query._replace(tempos=(0.0, 1e3))
    nothing = np.full((8, len(CONTROLS)), np.nan)

    def distance(bpm: float, of: ReferenceQuery) -> float:
        stretches = [bank.draw(of, bpm, nothing, np.random.default_rng(seed), at_quantile=False) for seed in range(40)]
        return float(np.mean([abs(np.log2(float(bank.bpm[each.performance]) / bpm)) for each in stretches if each]))

    assert distance(110, query) == distance(110, anywhere)
    assert distance(145, query) < 0.75 * distance(145, anywhere)
    assert distance(230, query) == distance(230, anywhere), "where hardly anyone plays, references are as various as elsewhere"


def test_a_groove_at_the_tempo_of_its_reference_is_the_same_wherever_that_lies(drummer: Drummer) -> None:
    jazz = drummer.config.genres["jazz"]
    everywhere = replace(drummer.config, genres={**drummer.config.genres, "jazz": replace(jazz, slow_bpm=30, fast_bpm=300)})
    wide = Drummer(drummer.trained, everywhere)
    seeds = [seed for seed in range(60) if not jazz.slow_bpm <= drummer.reference_bpm("jazz", seed) <= jazz.fast_bpm][:2]
    assert len(seeds) == 2
    for seed in seeds:
        asked = {"genre": "jazz", "seed": seed, "bpm": drummer.reference_bpm("jazz", seed), "bars": 1}
        assert wide.generate(**asked) == drummer.generate(**asked)

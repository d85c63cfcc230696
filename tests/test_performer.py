"""Drummer: settings in, grooves out, with the shipped weights."""

import doctest

import numpy as np
import pytest

import drummer.performer
from drummer import Drummer, file_stem, model_names, typical_bpm, usual_bpm
from drummer.config import default_config
from drummer.errors import SettingError
from drummer.groove import Groove
from tests.datasets import GENRES, simple_groove

pytestmark = pytest.mark.skipif(not model_names(), reason="weights/ holds no trained model: run make train")


@pytest.fixture(scope="module")
def player() -> Drummer:
    return Drummer.load()


def bar_patterns(groove: Groove) -> list[bytes]:
    return [groove.cut(bar, bar + 1).hits.tobytes() for bar in range(groove.bars)]


@pytest.mark.parametrize("genre", GENRES)
def test_every_genre_plays_with_a_drummers_dynamics(player: Drummer, genre: str) -> None:
    groove = player.play(genre=genre, bars=8, seed=1)
    assert (groove.bars, groove.bpm) == (8, usual_bpm(genre))
    assert 1 < groove.hit_count / groove.beats < 14
    assert all(groove.cut(bar, bar + 1).hit_count for bar in range(8))
    velocities, offsets = groove.velocities[groove.hits], groove.offsets[groove.hits]
    softer = velocities[velocities < 1.0]  # full velocity alone is played more than once
    assert len(np.unique(softer)) > 0.95 * len(softer)  # no comb of bin centres
    assert len(np.unique(offsets)) > 0.95 * len(offsets)
    assert velocities.std() > 0.1


def test_hits_gather_around_the_beats(player: Drummer) -> None:
    beats = np.concatenate([player.play(genre=genre, bars=8, seed=1).to_hits().beats for genre in GENRES])
    near = np.abs((beats + 0.5) % 1.0 - 0.5) < 0.05
    assert near.mean() > 0.2  # a tenth would be, if hits were spread evenly; drummers have .28


def test_the_same_settings_and_seed_give_the_same_groove(player: Drummer) -> None:
    settings = {"genre": "jazz", "bpm": 160, "bars": 3, "temperature": 0.9}
    assert player.play(**settings, seed=5) == Drummer.load().play(**settings, seed=5)
    assert player.play(**settings, seed=5) != player.play(**settings, seed=6)


def test_genres_are_played_differently(player: Drummer) -> None:
    def ride_share(genre: str) -> float:
        grooves = [player.play(genre=genre, bpm=120, seed=seed) for seed in range(3)]
        return sum(groove.hits[:, 11:].sum() for groove in grooves) / sum(groove.hit_count for groove in grooves)

    assert ride_share("jazz") > ride_share("hiphop") + 0.1


@pytest.mark.parametrize("temperature", [0.1, 0.3, 2.0])
def test_extreme_temperatures_neither_fall_silent_nor_stick(player: Drummer, temperature: float) -> None:
    for genre in ("rock", "jazz", "reggae"):
        groove = player.play(genre=genre, bars=8, temperature=temperature, seed=2)
        assert all(groove.cut(bar, bar + 1).hit_count >= 2 for bar in range(8))
        assert groove.hits.any(axis=0).sum() >= 2
        assert groove.hit_count / groove.beats < 20


def test_temperature_makes_bars_differ_more(player: Drummer) -> None:
    def hits_a_beat(temperature: float) -> float:
        return float(np.mean([player.play(genre="rock", temperature=temperature, seed=seed).hit_count / 32 for seed in range(4)]))

    assert hits_a_beat(0.3) < hits_a_beat(2.0)


def test_bars_from_one_to_thirty_two(player: Drummer) -> None:
    assert player.play(bars=1, seed=0).bars == 1
    groove = player.play(bars=32, seed=0)
    assert groove.bars == 32
    assert len(set(bar_patterns(groove))) > 4
    early, late = groove.cut(4, 12).hit_count, groove.cut(24, 32).hit_count
    assert 0.5 < late / early < 2.0


def test_a_primer_is_gone_on_from(player: Drummer) -> None:
    primer = player.play(genre="rock", bpm=93, bars=4, seed=11)
    going_on = player.play(genre="rock", bars=4, seed=3, primer=primer)
    assert (going_on.bars, going_on.bpm) == (4, 93.0)
    assert primer.then(going_on).bars == 8
    assert going_on == player.play(genre="rock", bars=4, seed=3, primer=primer)
    assert going_on != player.play(genre="rock", bpm=93, bars=4, seed=3)


def test_what_goes_on_from_a_primer_sounds_like_it(player: Drummer) -> None:
    def voices(groove: Groove) -> np.ndarray:
        return groove.hits.sum(axis=0) / groove.bars

    distances = []
    for seed in range(4):
        first, other = (player.play(genre="rock", bpm=100, bars=4, seed=10 * seed + part) for part in (1, 2))
        going_on = player.play(genre="rock", bars=4, seed=seed, primer=first)
        distances.append([np.abs(voices(going_on) - voices(first)).sum(), np.abs(voices(other) - voices(first)).sum()])
    near, far = np.mean(distances, axis=0)
    assert near < far


def test_a_primer_may_have_another_grid_and_any_length(player: Drummer) -> None:
    primer = simple_groove(2).regrid(16)
    assert player.play(genre="funk", bars=1, primer=primer).steps_per_beat == player.trained.config.grid.steps_per_beat
    long = simple_groove(40)
    last = long.cut(24, 40)
    assert player.play(genre="funk", bars=1, primer=long) == player.play(genre="funk", bars=1, primer=last)


def test_a_primer_in_another_metre_is_refused(player: Drummer) -> None:
    with pytest.raises(SettingError, match="the primer must be in 4/4, got one of 5 beats a bar"):
        player.play(primer=Groove.silent(1, 100, beats_per_bar=5))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"genre": "polka"}, "unknown genre 'polka', it must be one of afrocuban, blues"),
        ({"bpm": 0}, "tempo must be 30-300 BPM, got 0"),
        ({"bpm": 10_000}, "tempo must be 30-300 BPM, got 10000"),
        ({"bpm": float("nan")}, "tempo must be 30-300 BPM, got nan"),
        ({"bpm": 10**400}, "tempo must be 30-300 BPM, got 1000"),
        ({"bars": 10**400}, "the number of bars must be a whole number, 1-32, got 1000"),
        ({"bars": float("nan")}, "the number of bars must be a whole number, 1-32, got nan"),
        ({"bpm": "fast"}, "tempo must be 30-300 BPM, got 'fast'"),
        ({"bars": 0}, "the number of bars must be a whole number, 1-32, got 0"),
        ({"bars": 1000}, "the number of bars must be a whole number, 1-32, got 1000"),
        ({"bars": 2.5}, "the number of bars must be a whole number, 1-32, got 2.5"),
        ({"temperature": 0}, "temperature must be 0.1-2, got 0"),
        ({"temperature": -1.0}, "temperature must be 0.1-2, got -1"),
        ({"temperature": float("inf")}, "temperature must be 0.1-2, got inf"),
        ({"seed": -1}, "seed must be a whole number, 0-4294967295, got -1"),
        ({"seed": None}, "seed must be a whole number"),
        ({"top_p": 0.0}, "top_p must be above 0 and at most 1, got 0"),
    ],
)
def test_a_setting_out_of_range_is_one_sentence(player: Drummer, settings: dict, sentence: str) -> None:
    with pytest.raises(SettingError) as caught:
        player.play(**settings)
    assert str(caught.value).startswith(sentence)


def test_whole_floats_will_do_where_a_whole_number_is_asked_for(player: Drummer) -> None:
    assert player.play(bars=2.0, bpm=100.0, seed=3.0) == player.play(bars=2, bpm=100, seed=3)


def test_a_low_top_p_narrows_what_is_played(player: Drummer) -> None:
    def patterns(top_p: float) -> int:
        return len({pattern for seed in range(3) for pattern in bar_patterns(player.play(genre="funk", seed=seed, top_p=top_p))})

    assert patterns(0.5) < patterns(1.0)


def test_typical_tempos_come_from_the_seed_and_lie_in_the_genres_range() -> None:
    for genre, tempos in default_config().genres.items():
        drawn = [typical_bpm(genre, seed) for seed in range(50)]
        assert drawn == [typical_bpm(genre, seed) for seed in range(50)]
        assert tempos.slow_bpm <= min(drawn) and max(drawn) <= tempos.fast_bpm
        assert len(set(drawn)) > 5 or tempos.slow_bpm == tempos.fast_bpm


def test_file_names_are_ones_that_a_musician_keeps() -> None:
    assert file_stem("funk", Groove.silent(8, 96), 123) == "funk_96bpm_8bars_seed123"
    assert file_stem("funk", Groove.silent(8, 96.5), 123) == "funk_96.5bpm_8bars_seed123"


def test_the_documented_example_runs() -> None:
    assert doctest.testmod(drummer.performer).failed == 0

"""Drummer: settings in, grooves out, with the shipped weights."""

import doctest
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

import drummer.generation.drummer
from drummer import Drummer, model_names, usual_bpm
from drummer.config import default_config, load_config
from drummer.errors import SettingError
from drummer.generation.masks import fix_voices, free_beats
from drummer.model.reference_bank import ReferenceBank
from drummer.music.beat_plan import find_repeats
from drummer.music.controls import CONTROL_INDEX, measure_controls
from drummer.music.fills import find_fills
from drummer.music.groove import Groove
from drummer.music.voices import VOICE_INDEX
from tests.datasets import GENRES, simple_groove

pytestmark = pytest.mark.skipif(not model_names(), reason="weights/ holds no trained model: run make train")


@pytest.fixture(scope="module")
def player() -> Drummer:
    return Drummer.load()


def bar_patterns(groove: Groove) -> list[bytes]:
    return [groove.cut(bar, bar + 1).hits.tobytes() for bar in range(groove.bars)]


@pytest.mark.parametrize("genre", GENRES)
def test_every_genre_plays_with_a_drummers_dynamics(player: Drummer, genre: str) -> None:
    groove = player.generate(genre=genre, bars=8, seed=1)
    assert (groove.bars, groove.bpm) == (8, usual_bpm(genre))
    assert 1 < groove.hit_count / groove.beats < 14
    assert all(groove.cut(bar, bar + 1).hit_count for bar in range(8))
    velocities, offsets = groove.velocities[groove.hits], groove.offsets[groove.hits]
    softer = velocities[velocities < 1.0]  # full velocity alone is played more than once
    assert len(np.unique(softer)) > 0.95 * len(softer)  # no comb of bin centres
    assert len(np.unique(offsets)) > 0.95 * len(offsets)
    assert velocities.std() > 0.05


def test_hits_gather_around_the_beats(player: Drummer) -> None:
    beats = np.concatenate([player.generate(genre=genre, bars=8, seed=1).to_hits().beats for genre in GENRES])
    near = np.abs((beats + 0.5) % 1.0 - 0.5) < 0.05
    assert near.mean() > 0.2  # a tenth would be, if hits were spread evenly; drummers have .28


def test_the_same_settings_and_seed_give_the_same_groove(player: Drummer) -> None:
    settings = {"genre": "jazz", "bpm": 160, "bars": 3, "temperature": 0.9}
    assert player.generate(**settings, seed=5) == Drummer.load().generate(**settings, seed=5)
    assert player.generate(**settings, seed=5) != player.generate(**settings, seed=6)


def test_genres_are_played_differently(player: Drummer) -> None:
    def ride_share(genre: str) -> float:
        grooves = [player.generate(genre=genre, bpm=120, seed=seed) for seed in range(3)]
        return sum(groove.hits[:, 11:].sum() for groove in grooves) / sum(groove.hit_count for groove in grooves)

    assert ride_share("jazz") > ride_share("hiphop") + 0.1


@pytest.mark.parametrize("temperature", [0.1, 0.3, 2.0])
def test_extreme_temperatures_neither_fall_silent_nor_stick(player: Drummer, temperature: float) -> None:
    for genre in ("rock", "jazz", "reggae"):
        groove = player.generate(genre=genre, bars=8, temperature=temperature, seed=3)
        assert all(groove.cut(bar, bar + 1).hit_count >= 2 for bar in range(8))
        assert groove.hits.any(axis=0).sum() >= 2
        assert groove.hit_count / groove.beats < 20


def test_temperature_makes_bars_differ_more(player: Drummer) -> None:
    def hits_a_beat(temperature: float) -> float:
        return float(
            np.mean([player.generate(genre="rock", temperature=temperature, seed=seed).hit_count / 32 for seed in range(4)])
        )

    assert hits_a_beat(0.3) < hits_a_beat(2.0)


def test_bars_from_one_to_thirty_two(player: Drummer) -> None:
    assert player.generate(bars=1, seed=0).bars == 1
    groove = player.generate(bars=32, seed=0)
    assert groove.bars == 32
    assert len(set(bar_patterns(groove))) > 4
    early, late = groove.cut(4, 12).hit_count, groove.cut(24, 32).hit_count
    assert 0.5 < late / early < 2.0


def test_a_primer_is_gone_on_from(player: Drummer) -> None:
    primer = player.generate(genre="rock", bpm=93, bars=4, seed=11)
    going_on = player.continue_groove(primer, genre="rock", bars=4, seed=3)
    assert (going_on.bars, going_on.bpm) == (4, 93.0)
    assert primer.then(going_on).bars == 8
    assert going_on == player.continue_groove(primer, genre="rock", bars=4, seed=3)
    assert going_on != player.generate(genre="rock", bpm=93, bars=4, seed=3)


def test_what_goes_on_from_a_primer_sounds_like_it(player: Drummer) -> None:
    def voices(groove: Groove) -> np.ndarray:
        return groove.hits.sum(axis=0) / groove.bars

    distances = []
    for seed in range(4):
        first, other = (player.generate(genre="rock", bpm=100, bars=4, seed=10 * seed + part) for part in (1, 2))
        going_on = player.continue_groove(first, genre="rock", bars=4, seed=seed)
        distances.append([np.abs(voices(going_on) - voices(first)).sum(), np.abs(voices(other) - voices(first)).sum()])
    near, far = np.mean(distances, axis=0)
    assert near < far


def test_a_primer_may_have_another_grid_and_any_length(player: Drummer) -> None:
    primer = simple_groove(2).regrid(16)
    assert player.continue_groove(primer, genre="funk", bars=1).steps_per_beat == player.trained.config.grid.steps_per_beat
    long = simple_groove(40)
    last = long.cut(24, 40)
    assert player.continue_groove(long, genre="funk", bars=1) == player.continue_groove(last, genre="funk", bars=1)


def same_cells(one: Groove, other: Groove, where: np.ndarray) -> bool:
    return all(
        np.array_equal(getattr(one, name)[where], getattr(other, name)[where]) for name in ("hits", "velocities", "offsets")
    )


def test_held_voices_stay_bit_for_bit_and_the_others_are_played(player: Drummer) -> None:
    groove = player.generate(genre="funk", bars=4, seed=1)
    held = np.zeros(groove.hits.shape, dtype=bool)
    held[:, [0, 4]] = True
    other = player.infill(groove, fix_voices(groove, ["kick", "hihat_closed"]), genre="funk", seed=9)
    assert same_cells(groove, other, held)
    assert other.hits[~held].any()
    assert not same_cells(groove, other, ~held)


def test_a_rare_set_of_held_voices_comes_back_too(player: Drummer) -> None:
    everything = Groove.silent(1, 100)
    hits = everything.hits.copy()
    hits[::7] = True  # all 13 voices at once: no drummer has ever played that
    groove = Groove(hits, hits * np.float32(0.5), hits * np.float32(0.1), 100)
    names = list(VOICE_INDEX)[:12]
    assert same_cells(groove, player.infill(groove, fix_voices(groove, names), genre="rock"), np.s_[:, :12])


def test_only_the_beats_asked_for_are_played_anew(player: Drummer) -> None:
    groove = player.generate(genre="latin", bars=4, seed=2)
    hole = np.zeros(groove.hits.shape, dtype=bool)
    hole[5 * 12 : 8 * 12] = True
    other = player.infill(groove, free_beats(groove, 5, 8), genre="latin", seed=7)
    assert same_cells(groove, other, ~hole)
    assert not same_cells(groove, other, hole)


def test_a_flat_pattern_is_performed_hit_by_hit(player: Drummer) -> None:
    groove = player.generate(genre="rock", bars=4, seed=3)
    flat = Groove(groove.hits, groove.hits * np.float32(0.8), groove.hits * np.float32(0.0), groove.bpm)
    performed = player.humanize(flat, genre="rock", seed=1)
    assert np.array_equal(performed.hits, flat.hits)
    assert performed.velocities[performed.hits].std() > 0.1
    assert performed.offsets[performed.hits].std() > 0.05
    assert performed == player.humanize(groove, genre="rock", seed=1), "its velocities and offsets must not matter"


@pytest.mark.parametrize(
    "ask",
    [
        lambda player, groove: player.continue_groove(groove),
        lambda player, groove: player.infill(groove, fix_voices(groove, ["kick"])),
        lambda player, groove: player.infill(groove, free_beats(groove, 0, 1)),
        lambda player, groove: player.humanize(groove),
    ],
)
def test_a_groove_in_another_metre_is_refused(player: Drummer, ask: Callable[[Drummer, Groove], Groove]) -> None:
    with pytest.raises(SettingError, match="the groove must be in 4/4, got one of 5 beats a bar"):
        ask(player, Groove.silent(1, 100, beats_per_bar=5))


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (
            lambda player, groove: player.infill(groove, fix_voices(groove, ["cowbell"])),
            "unknown voice 'cowbell', it must be one of kick, snare",
        ),
        (
            lambda player, groove: player.infill(groove, free_beats(groove, 8, 9)),
            "the first beat must be a whole number, 0-7, got 8",
        ),
        (
            lambda player, groove: player.infill(groove, free_beats(groove, 3, 3)),
            "the last beat must be a whole number, 4-8, got 3",
        ),
        (lambda player, groove: player.humanize(groove, funkiness=1), "unknown setting 'funkiness', it must be one of intensity"),
        (lambda player, _: player.generate(intensity=1.5), "intensity must be 0-1, got 1.5"),
        (
            lambda player, _: player.generate(bars=2, fill=[0, 1, 0]),
            "fill must be one number or one for each of the 2 bars, got 3",
        ),
        (lambda player, _: player.generate(swing="much"), "swing must be a number, 0-1, got 'much'"),
        (lambda player, _: player.humanize(simple_groove(33)), "the number of bars must be a whole number, 1-32, got 33"),
    ],
)
def test_a_wrong_control_is_one_sentence(player: Drummer, ask: Callable[[Drummer, Groove], Groove], sentence: str) -> None:
    with pytest.raises(SettingError) as caught:
        ask(player, simple_groove(2))
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize(
    ("control", "low", "high"), [("intensity", 0.1, 0.9), ("complexity", 0.1, 0.9), ("swing", 0.0, 1.0), ("lateness", -15, 15)]
)
def test_controls_are_heeded(player: Drummer, control: str, low: float, high: float) -> None:
    def effect(value: float) -> float:
        grooves = [player.generate(genre="rock", bpm=110, bars=4, seed=seed, **{control: value}) for seed in range(6)]
        return float(np.nanmean([measure_controls(groove)[:, CONTROL_INDEX[control]] for groove in grooves]))

    assert effect(high) > effect(low)


@pytest.mark.parametrize("genre", ["funk", "jazz", "pop", "rock", "soul"])
def test_a_fill_comes_where_it_is_asked_for(player: Drummer, genre: str) -> None:
    fills = [0, 0, 0, 1] * 2
    filled = np.mean([find_fills(player.generate(genre=genre, bars=8, seed=seed, fill=fills)) for seed in range(8)], axis=0)
    assert filled[[3, 7]].mean() > filled[[0, 1, 2, 4, 5, 6]].mean() + 0.4


def test_a_bar_that_shall_repeat_is_drawn_as_freely_as_the_configuration_says(player: Drummer) -> None:
    def played_variation(factor: float) -> float:
        config = load_config(overrides=[f"sampling.bar_temperature_scale=[[0.0, {factor}], [0.6, 1.0]]"])
        drummer = Drummer(player.trained, config)
        grooves = (drummer.generate(genre="funk", bars=4, seed=seed, variation=0) for seed in range(6))
        return float(np.nanmean([measure_controls(groove)[:, CONTROL_INDEX["variation"]] for groove in grooves]))

    assert played_variation(0.5) + 0.1 < played_variation(1.5)


def test_a_beat_that_repeats_in_the_performance_in_mind_is_drawn_as_freely_as_the_configuration_says(player: Drummer) -> None:
    def played_variation(factor: float, **controls: float) -> float:
        config = load_config(overrides=[f"sampling.beat_temperature_scale=[[0.0, {factor}], [1.0, {factor}]]"])
        drummer = Drummer(player.trained, config)
        grooves = (drummer.generate(genre="funk", bars=4, seed=seed, **controls) for seed in range(6))
        return float(np.nanmean([measure_controls(groove)[:, CONTROL_INDEX["variation"]] for groove in grooves]))

    assert played_variation(0.5) + 0.1 < played_variation(1.5)
    assert played_variation(0.5, variation=0.4) == played_variation(1.5, variation=0.4)  # what is asked for goes first


@pytest.mark.parametrize(
    ("controls", "free"), [({}, False), ({"intensity": 0.9}, False), ({"variation": 0.4}, True), ({"cymbals": 1}, True)]
)
def test_families_repeat_as_in_the_performance_in_mind_unless_something_else_is_asked_for(
    player: Drummer, controls: dict[str, float], free: bool
) -> None:
    forgetful = Drummer(player.trained, load_config(overrides=["sampling.repetition=[0.0, 0.0]"]))
    one, other = (drummer.generate(genre="funk", bars=4, seed=3, **controls) for drummer in (player, forgetful))
    assert (one == other) == free


def test_a_groove_repeats_more_of_its_kick_exactly_than_by_chance(player: Drummer) -> None:
    def repeated(repetition: str) -> float:
        drummer = Drummer(player.trained, load_config(overrides=[f"sampling.repetition={repetition}"]))
        grooves = [drummer.generate(genre=genre, bars=4, seed=seed) for genre in ("funk", "rock", "soul") for seed in range(3)]
        return float(np.mean([find_repeats(groove)[4:, 0] > 0 for groove in grooves]))

    assert repeated("[5.0, 0.0]") > repeated("[0.0, 0.0]") + 0.05


def test_controls_that_are_left_to_the_drummer_change_nothing(player: Drummer) -> None:
    assert player.generate(bars=2, seed=4, intensity=None, fill=[None, None]) == player.generate(bars=2, seed=4)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"genre": "polka"}, "unknown genre 'polka', it must be one of afrocuban, blues"),
        ({"bpm": 0}, "tempo must be 30-300 BPM, got 0"),
        ({"bpm": 10_000}, "tempo must be 30-300 BPM, got 10000"),
        ({"bpm": float("nan")}, "tempo must be 30-300 BPM, got nan"),
        ({"bpm": 10**400}, "tempo must be 30-300 BPM, got a number of more than 20 digits"),
        ({"bars": 10**400}, "the number of bars must be a whole number, 1-32, got a number of more than 20 digits"),
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
        player.generate(**settings)
    assert str(caught.value).startswith(sentence)


def test_whole_floats_will_do_where_a_whole_number_is_asked_for(player: Drummer) -> None:
    assert player.generate(bars=2.0, bpm=100.0, seed=3.0) == player.generate(bars=2, bpm=100, seed=3)


def test_a_low_top_p_narrows_what_is_played(player: Drummer) -> None:
    def chords(top_p: float) -> int:
        """How many different sets of voices sound together."""
        grooves = [player.generate(genre="funk", seed=seed, top_p=top_p) for seed in range(3)]
        return len({step.tobytes() for groove in grooves for step in groove.hits})

    assert chords(0.5) < chords(1.0)


def test_a_typical_tempo_is_one_that_a_training_drummer_played_and_comes_from_the_seed(player: Drummer) -> None:
    bank = player.trained.reference_bank
    for index, genre in enumerate(player.genres):
        drawn = [player.reference_bpm(genre, seed) for seed in range(200)]
        assert drawn == [player.reference_bpm(genre, seed) for seed in range(200)]
        played = {round(bpm) for bpm in bank.bpm[bank.genres == index].tolist()}
        assert set(drawn) <= played
        assert len(set(drawn)) > len(played) / 2
    with pytest.raises(SettingError, match="unknown genre 'polka'"):
        player.reference_bpm("polka", 1)
    with pytest.raises(SettingError, match="seed must be"):
        player.reference_bpm("funk", -1)


def test_a_drummer_without_performances_takes_a_tempo_of_the_genres_range(player: Drummer) -> None:
    without = Drummer(replace(player.trained, reference_bank=ReferenceBank.collect([])))
    for genre, tempos in default_config().genres.items():
        drawn = {without.reference_bpm(genre, seed) for seed in range(50)}
        assert tempos.slow_bpm <= min(drawn) and max(drawn) <= tempos.fast_bpm
        assert len(drawn) > 5 or tempos.slow_bpm == tempos.fast_bpm


def test_the_documented_example_runs() -> None:
    assert doctest.testmod(drummer.generation.drummer).failed == 0

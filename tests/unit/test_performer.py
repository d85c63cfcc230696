"""Drummer: settings in, grooves out, with the shipped weights."""

import doctest
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

import drummer.generation.drummer
from drummer import Drummer, model_names
from drummer.config import default_config, load_config
from drummer.errors import SettingError
from drummer.generation.masks import fix_music_of, fix_voices, free_beats
from drummer.model.reference_bank import ReferenceBank
from drummer.music.controls import repeated_timekeeping
from drummer.music.groove import Groove
from drummer.music.meter import Meter
from drummer.music.voices import VOICE_INDEX
from tests.datasets import simple_groove

pytestmark = pytest.mark.skipif(not model_names(), reason="weights/ holds no trained model: run make train")


@pytest.fixture(scope="module")
def player() -> Drummer:
    return Drummer.load()


def bar_patterns(groove: Groove) -> list[bytes]:
    return [groove.cut(bar, bar + 1).hits.tobytes() for bar in range(groove.bars)]


def test_the_same_settings_and_seed_give_the_same_groove(player: Drummer) -> None:
    settings = {"genre": "jazz", "bpm": 160, "bars": 3, "temperature": 0.9}
    assert player.generate(**settings, seed=5) == Drummer.load().generate(**settings, seed=5)
    assert player.generate(**settings, seed=5) != player.generate(**settings, seed=6)


def test_bars_from_one_to_thirty_two(player: Drummer) -> None:
    assert player.generate(bars=1, seed=0).bars == 1
    groove = player.generate(bars=32, seed=0)
    assert groove.bars == 32
    assert len(set(bar_patterns(groove))) > 1


def test_a_primer_is_gone_on_from(player: Drummer) -> None:
    primer = player.generate(genre="rock", bpm=93, bars=4, seed=11)
    going_on = player.continue_groove(primer, genre="rock", bars=4, seed=3)
    assert (going_on.bars, going_on.bpm) == (4, 93.0)
    assert primer.then(going_on).bars == 8
    assert going_on == player.continue_groove(primer, genre="rock", bars=4, seed=3)
    assert going_on != player.generate(genre="rock", bpm=93, bars=4, seed=3)


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
    fixed = free_beats(groove, 5, 8)
    other = player.infill(groove, fixed, genre="latin", seed=7)
    assert same_cells(groove, other, fixed)
    assert not same_cells(groove, other, ~fixed)


def test_the_first_bar_of_a_loop_is_heard_after_its_last_ones(player: Drummer) -> None:
    groove = player.generate(genre="funk", bars=8, seed=4)
    for bar, differs in ((0, True), (1, True), (6, False)):
        fixed = ~fix_music_of(groove, [bar])
        looped, alone = (player.infill(groove, fixed, genre="funk", seed=5, is_loop=is_loop) for is_loop in (True, False))
        assert (looped != alone) == differs
        for other in (looped, alone):
            assert same_cells(groove, other, fixed & ~(other.hits & ~groove.hits))


def test_infilling_a_bar_leaves_the_hits_of_the_others_and_adds_none_but_its_early_downbeat(player: Drummer) -> None:
    for seed in range(8):
        groove = player.generate(genre="jazz", bars=4, seed=seed)
        fixed = free_beats(groove, 4, 8)
        other = player.infill(groove, fixed, genre="jazz", seed=seed)
        assert same_cells(groove, other, fixed)
        added = other.hits & ~groove.hits
        assert other.early_hits()[47][added[47]].all()


def test_a_flat_pattern_is_performed_hit_by_hit(player: Drummer) -> None:
    groove = player.generate(genre="rock", bars=4, seed=3)
    flat = Groove(groove.hits, groove.hits * np.float32(0.8), groove.hits * np.float32(0.0), groove.bpm)
    performed = player.humanize(flat, genre="rock", seed=1)
    assert np.array_equal(performed.hits, flat.hits)
    assert len(np.unique(performed.velocities[performed.hits])) > 2
    assert len(np.unique(performed.offsets[performed.hits])) > 2
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
def test_a_groove_in_a_meter_that_the_model_does_not_play_is_refused(
    player: Drummer, ask: Callable[[Drummer, Groove], Groove]
) -> None:
    with pytest.raises(SettingError, match="12/8, not in 13/8"):
        ask(player, Groove.silent(1, 100, meter=Meter(13, 8)))


@pytest.mark.parametrize("meter", [Meter.parse(text) for text in ("3/4", "6/8", "5/4", "7/8 (3+2+2)", "12/8")], ids=str)
def test_everything_works_in_other_meters(player: Drummer, meter: Meter) -> None:
    settings = {"genre": "rock", "seed": 1}
    groove = player.generate(**settings, meter=meter, bars=4, bpm=player.reference_bpm("rock", 1, meter=meter))
    assert (groove.meter, groove.bars) == (meter, 4) and groove.hit_count
    assert player.continue_groove(groove, **settings, bars=2).meter == meter
    fixed = fix_voices(groove, ["kick"])
    assert same_cells(groove, player.infill(groove, fixed, **settings), fixed)
    assert np.array_equal(player.humanize(groove, **settings).hits, groove.hits)
    assert player.interpolate("jazz", **settings, meter=meter, bars=2).meter == meter
    assert [each.meter for each in player.variations(groove, 1, **settings)] == [meter]
    assert player.generate(**settings, meter=meter, bars=2, fill_every=2, intensity=0.9).meter == meter


def test_a_style_is_one_of_its_genre(player: Drummer) -> None:
    samba = player.generate(genre="latin", style="samba", bars=2, seed=1)
    assert samba == player.generate(genre="latin", style="samba", bars=2, seed=1)
    assert samba != player.generate(genre="latin", style="bossa", bars=2, seed=1)
    with pytest.raises(SettingError, match="unknown style of latin 'swing', it must be one of baiao, bossa"):
        player.generate(genre="latin", style="swing")
    with pytest.raises(SettingError, match="pop has no styles to choose from"):
        player.generate(genre="pop", style="samba")


def test_a_rhythm_is_followed(player: Drummer) -> None:
    tapped = simple_groove(2, seed=3)
    groove = player.generate(genre="funk", bars=4, seed=2, rhythm=tapped)
    onsets = np.tile(tapped.hits.any(axis=1), 2)
    assert groove.hits.any(axis=1)[onsets].mean() > 0.95  # an early downbeat of the first bar may be cut off
    with pytest.raises(SettingError, match="the rhythm must be in 3/4, as the groove is, got 4/4"):
        player.generate(genre="funk", meter="3/4", rhythm=tapped)
    with pytest.raises(SettingError, match="at least one onset"):
        player.generate(genre="funk", rhythm=Groove.silent(1, 100))


def test_a_steady_groove_repeats_its_timekeeper_and_lives(player: Drummer) -> None:
    """The bonus on repeats is so large that this does not depend on the dice: 8 pairs of bars of 8 grooves."""
    steady = [player.generate(genre="rock", bars=9, seed=seed, steady=1.0) for seed in range(4)]
    assert np.mean([np.nanmean(repeated_timekeeping(groove)) for groove in steady]) > 0.6
    velocities = steady[0].velocities.reshape(9, -1)
    assert not (velocities[3] == velocities[2]).all()


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (
            lambda player, groove: player.infill(groove, fix_voices(groove, ["cowbell"])),
            "unknown voice 'cowbell', it must be one of kick, snare",
        ),
        (
            lambda player, groove: player.infill(groove, free_beats(groove, 8, 9)),
            "the first beat must be a whole number from 0 to 7, got 8",
        ),
        (
            lambda player, groove: player.infill(groove, free_beats(groove, 3, 3)),
            "the last beat must be a whole number from 4 to 8, got 3",
        ),
        (lambda player, groove: player.humanize(groove, funkiness=1), "unknown setting 'funkiness', it must be one of intensity"),
        (lambda player, _: player.generate(intensity=1.5), "intensity must be from 0 to 1, got 1.5"),
        (
            lambda player, _: player.generate(bars=2, fill=[0, 1, 0]),
            "fill must be one number or one for each of the 2 bars, got 3",
        ),
        (lambda player, _: player.generate(swing="much"), "swing must be a number from 0 to 1, got 'much'"),
        (lambda player, _: player.humanize(simple_groove(33)), "the number of bars must be a whole number from 1 to 32, got 33"),
    ],
)
def test_a_wrong_control_is_one_sentence(player: Drummer, ask: Callable[[Drummer, Groove], Groove], sentence: str) -> None:
    with pytest.raises(SettingError) as caught:
        ask(player, simple_groove(2))
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize(
    ("controls", "free"), [({}, False), ({"intensity": 0.9}, False), ({"variation": 0.4}, True), ({"cymbals": 1}, True)]
)
def test_families_repeat_as_in_the_reference_performance_unless_something_else_is_asked_for(
    player: Drummer, controls: dict[str, float], free: bool
) -> None:
    forgetful = Drummer(player.trained, load_config(overrides=["sampling.repetition=[0.0, 0.0]"]))
    one, other = (drummer.generate(genre="funk", bars=4, seed=3, **controls) for drummer in (player, forgetful))
    assert (one == other) == free


def test_controls_that_are_left_to_the_drummer_change_nothing(player: Drummer) -> None:
    assert player.generate(bars=2, seed=4, intensity=None, fill=[None, None]) == player.generate(bars=2, seed=4)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"genre": "polka"}, "unknown genre 'polka', it must be one of afrobeat, afrocuban"),
        ({"bpm": 0}, "tempo must be from 30 to 300 BPM, got 0"),
        ({"bpm": 10_000}, "tempo must be from 30 to 300 BPM, got 10000"),
        ({"bpm": float("nan")}, "tempo must be from 30 to 300 BPM, got nan"),
        ({"bpm": 10**400}, "tempo must be from 30 to 300 BPM, got a number of more than 20 digits"),
        ({"bars": 10**400}, "the number of bars must be a whole number from 1 to 32, got a number of more than 20 digits"),
        ({"bars": float("nan")}, "the number of bars must be a whole number from 1 to 32, got nan"),
        ({"bpm": "fast"}, "tempo must be from 30 to 300 BPM, got 'fast'"),
        ({"bars": 0}, "the number of bars must be a whole number from 1 to 32, got 0"),
        ({"bars": 1000}, "the number of bars must be a whole number from 1 to 32, got 1000"),
        ({"bars": 2.5}, "the number of bars must be a whole number from 1 to 32, got 2.5"),
        ({"temperature": 0}, "temperature must be from 0.1 to 2, got 0"),
        ({"temperature": -1.0}, "temperature must be from 0.1 to 2, got -1"),
        ({"temperature": float("inf")}, "temperature must be from 0.1 to 2, got inf"),
        ({"seed": -1}, "seed must be a whole number from 0 to 4294967295, got -1"),
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

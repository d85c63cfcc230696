"""Statistics of grooves that the shipped weights generate: dynamics, genres, temperature, controls, fills and repetition."""

import numpy as np
import pytest

from drummer import Drummer, model_names, usual_bpm
from drummer.config import load_config
from drummer.evaluation.adherence import backbeat_share, timekeeper_share
from drummer.evaluation.novelty import overlaps
from drummer.generation.song import Block, generate_song
from drummer.music.controls import CONTROL_INDEX, measure_controls
from drummer.music.fills import find_fills
from drummer.music.groove import Groove
from drummer.music.meter import Meter
from drummer.music.onsets import onsets_on_sixteenths
from drummer.music.voices import VOICE_INDEX
from tests.datasets import GENRES

pytestmark = pytest.mark.skipif(not model_names(), reason="weights/ holds no trained model: run make train")


@pytest.fixture(scope="module")
def player() -> Drummer:
    return Drummer.load()


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


def with_sampling(player: Drummer, override: str) -> Drummer:
    return Drummer(player.trained, load_config(overrides=[f"sampling.{override}"]))


def test_a_groove_returns_to_its_patterns_where_it_is_neither_steady_nor_a_requested_fill(player: Drummer) -> None:
    def play(drummer: Drummer, seed: int = 1, bars: int = 4, **controls: float) -> Groove:
        return drummer.generate(genre="rock", bars=bars, seed=seed, **controls)

    def share_in_common(drummer: Drummer) -> float:
        """Measure the Dice overlap of onsets with those of four bars before, in eight grooves of twelve bars."""
        same = both = 0
        for seed in range(8):
            groove = play(drummer, seed, 12)
            onsets = onsets_on_sixteenths(groove, groove.to_hits())
            same += 2 * int((onsets[64:] & onsets[:-64]).sum())
            both += int(onsets[64:].sum() + onsets[:-64].sum())
        return same / both

    without = with_sampling(player, "returns=[0.0, 0.0]")
    assert share_in_common(with_sampling(player, "returns=[8.0, 0.3]")) > share_in_common(without) + 0.02
    for controls in ({"steady": 0.5}, {"fill": 1.0}):
        assert play(player, **controls) == play(without, **controls)


def test_a_groove_sounds_fewer_voices_where_its_reference_leaves_them_out_and_no_control_is_requested(player: Drummer) -> None:
    without, strict = (with_sampling(player, f"unused_voices={nats}") for nats in (0.0, 6.0))

    def play(drummer: Drummer, **settings: float) -> Groove:
        return drummer.generate(genre="pop", bars=4, **settings)

    def voices(drummer: Drummer) -> float:
        return float(np.mean([play(drummer, seed=seed).hits.any(axis=0).sum() for seed in range(8)]))

    assert voices(strict) < voices(without)
    assert play(strict, seed=1, intensity=0.6) == play(without, seed=1, intensity=0.6)
    heard = play(player, seed=1)
    following = [each.continue_groove(heard, genre="pop", bars=2, seed=2) for each in (strict, without)]
    assert following[0] == following[1]


def test_the_kick_runs_more_seldom_than_without_the_penalty(player: Drummer) -> None:
    def runs(drummer: Drummer) -> int:
        """Count the sixteenths with the third kick in a row, in grooves of some genres."""
        total = 0
        for genre in ("funk", "latin", "rock", "soul"):
            for seed in range(6):
                groove = drummer.generate(genre=genre, bars=8, seed=seed)
                kicks = onsets_on_sixteenths(groove, groove.to_hits())[:, VOICE_INDEX["kick"]]
                total += int((kicks[2:] & kicks[1:-1] & kicks[:-2]).sum())
        return total

    assert runs(player) < runs(with_sampling(player, "kick_runs=[0.0, 0.0]"))


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


def test_a_beat_that_repeats_in_the_reference_performance_is_drawn_as_freely_as_the_configuration_says(player: Drummer) -> None:
    def played_variation(factor: float, **controls: float) -> float:
        config = load_config(overrides=[f"sampling.beat_temperature_scale=[[0.0, {factor}], [1.0, {factor}]]"])
        drummer = Drummer(player.trained, config)
        grooves = (drummer.generate(genre="funk", bars=4, seed=seed, **controls) for seed in range(6))
        return float(np.nanmean([measure_controls(groove)[:, CONTROL_INDEX["variation"]] for groove in grooves]))

    assert played_variation(0.5) + 0.1 < played_variation(1.5)
    assert played_variation(0.5, variation=0.4) == played_variation(1.5, variation=0.4)  # what is asked for goes first


def test_a_low_top_p_narrows_what_is_played(player: Drummer) -> None:
    def chords(top_p: float) -> int:
        """How many different sets of voices sound together."""
        grooves = [player.generate(genre="funk", seed=seed, top_p=top_p) for seed in range(3)]
        return len({step.tobytes() for groove in grooves for step in groove.hits})

    assert chords(0.5) < chords(1.0)


@pytest.mark.parametrize("genre", ["pop", "rock"])
@pytest.mark.parametrize("steady", [0.6, 1.0])
def test_a_steady_groove_keeps_its_genres_backbeat_and_its_timekeeper(player: Drummer, genre: str, steady: float) -> None:
    settings = [{"genre": genre, "seed": seed, "bpm": player.reference_bpm(genre, seed)} for seed in range(12)]
    grooves = [player.generate(bars=12, steady=steady, **each) for each in settings]
    assert np.nanmean([backbeat_share(groove) for groove in grooves]) >= 0.8
    assert np.mean([timekeeper_share(groove) for groove in grooves]) > 0.4


@pytest.mark.parametrize("steady", [None, 0.6, 1.0])
def test_fills_come_where_they_are_requested_however_steady_the_groove_is(player: Drummer, steady: float | None) -> None:
    found = []
    for seed, genre in enumerate(player.genres):
        settings = {} if steady is None else {"steady": steady}
        bpm = player.reference_bpm(genre, seed)
        found.append(find_fills(player.generate(genre=genre, bpm=bpm, bars=8, seed=seed, fill_every=4, **settings)))
    requested = np.arange(8) % 4 == 3
    assert np.mean(found, axis=0)[requested].mean() >= 0.7
    assert np.mean(found, axis=0)[~requested].mean() <= 0.1


@pytest.mark.parametrize("meter", ["2/4", "3/8", "6/8"])
def test_fills_come_where_they_are_requested_in_short_bars(player: Drummer, meter: str) -> None:
    grooves = [
        player.generate(genre=genre, bpm=player.reference_bpm(genre, seed, meter=Meter.parse(meter)), seed=seed, **settings)
        for seed, genre in enumerate(player.genres)
        for settings in [{"bars": 8, "fill_every": 4, "steady": 0.6, "meter": meter}]
    ]
    found = np.mean([find_fills(groove) for groove in grooves], axis=0)
    assert found[[3, 7]].mean() >= 0.6
    assert np.delete(found, [3, 7]).mean() <= 0.1


def test_a_fill_that_is_requested_is_not_one_of_many(player: Drummer) -> None:
    """Its reference performance is one whose other bars are no fills, though these are left to the model."""
    fill = [None, None, None, 1.0] * 2
    settings = [{"genre": "punk", "seed": seed, "bpm": player.reference_bpm("punk", seed)} for seed in range(8)]
    assert np.mean([find_fills(player.generate(bars=8, fill=fill, **each))[[3, 7]] for each in settings]) > 0.4


@pytest.mark.parametrize("settings", [{"steady": 1.0}, {"steady": 0.6, "fill_every": 4}])
def test_a_crash_does_not_open_every_bar_of_a_steady_groove(player: Drummer, settings: dict) -> None:
    often = []
    for genre in ("funk", "punk", "soul"):
        for seed in range(8):
            groove = player.generate(genre=genre, bpm=player.reference_bpm(genre, seed), bars=8, seed=seed, **settings)
            crashes = groove.hits[:, VOICE_INDEX["crash"]].reshape(groove.bars, -1).any(axis=1)
            often.append(crashes.sum() >= groove.bars / 2)
    assert np.mean(often) < 0.1


def test_a_verse_that_returns_has_its_pattern_again(player: Drummer) -> None:
    """The first bar of the second verse has the onsets of the first or second bar of the first verse, a chorus has others."""
    blocks = [Block("verse", 4), Block("chorus", 4), Block("verse", 4)]
    again, other = [], []
    for seed, genre in enumerate(player.genres[:8]):
        song = generate_song(player, blocks, genre=genre, bpm=110, seed=seed, steady=1.0)
        alike = overlaps([song.cut(bar, bar + 1) for bar in range(song.bars)])
        again.append(alike[8, :2].max())
        other.append(alike[4, :2].max())
    assert np.mean(again) > 0.95 > np.mean(other)


def test_a_verse_that_returns_busier_has_another_pattern(player: Drummer) -> None:
    blocks = [Block("verse", 4, complexity=0.1), Block("chorus", 4), Block("verse", 4, complexity=0.95)]
    songs = [generate_song(player, blocks, genre="rock", bpm=110, seed=seed, steady=1.0) for seed in range(6)]
    first, last = (sum(song.cut(bar, bar + 4).hit_count for song in songs) for bar in (0, 8))
    assert last > 1.05 * first


def test_a_groove_is_continued_with_its_pattern(player: Drummer) -> None:
    kept, new = [], []
    for seed, genre in enumerate(player.genres[:8]):
        settings = {"genre": genre, "bpm": player.reference_bpm(genre, seed), "steady": 1.0}
        groove = player.generate(bars=4, seed=seed, **settings)
        typical = groove.cut(0, 1)
        for keep_pattern, found in ((True, kept), (False, new)):
            after = player.continue_groove(groove, bars=2, seed=seed + 50, genre=genre, steady=1.0, keep_pattern=keep_pattern)
            found.append(overlaps([typical, after.cut(0, 1), after.cut(1, 2)])[0, 1:].max())
    assert np.mean(kept) > 0.95 > np.mean(new)


def test_a_long_groove_stays_as_busy_as_it_was(player: Drummer) -> None:
    groove = player.generate(bars=32, seed=0)
    early, late = groove.cut(4, 12).hit_count, groove.cut(24, 32).hit_count
    assert 0.5 < late / early < 2.0


def test_a_flat_pattern_gets_dynamics_and_timing(player: Drummer) -> None:
    performed = player.humanize(player.generate(genre="rock", bars=4, seed=3), genre="rock", seed=1)
    assert performed.velocities[performed.hits].std() > 0.1
    assert performed.offsets[performed.hits].std() > 0.05

"""Statistics of variations, interpolations and songs that the shipped small model generates."""

import numpy as np
import pytest

from drummer import model_names
from drummer.generation.song import generate_song
from drummer.music.controls import CONTROL_INDEX, measure_controls
from tests.unit.test_directing import SONG

pytestmark = pytest.mark.skipif(not model_names(), reason="weights/ holds no trained model: run make train")


def apart(one, other):
    """1 less the Dice overlap of onsets on sixteenths."""
    cells = [groove.hits.reshape(-1, groove.steps_per_beat // 4, 13).any(axis=1) for groove in (one, other)]
    return 1 - 2 * (cells[0] & cells[1]).sum() / (cells[0].sum() + cells[1].sum())


def test_variations_are_nearer_than_other_grooves_and_none_is_the_groove_itself(drummer, funk):
    played = drummer.variations(funk, 6, genre="funk", seed=1)
    others = [drummer.generate(genre="funk", bars=4, bpm=funk.bpm, seed=seed) for seed in range(20, 26)]
    assert all(apart(funk, variation) > 0 for variation in played)
    assert np.mean([apart(funk, variation) for variation in played]) < 0.6 * np.mean([apart(funk, other) for other in others])
    assert all((groove.bars, groove.bpm) == (4, funk.bpm) for groove in played)
    assert len({groove.velocities.tobytes() for groove in played}) == 6


def test_a_morph_goes_from_one_genre_to_the_other(drummer):
    """Funk is played on hi-hats, jazz on the ride."""
    morphs = [measure_controls(drummer.interpolate("jazz", genre="funk", bpm=120, bars=12, seed=seed)) for seed in range(48)]
    cymbals = np.nanmean(np.array(morphs)[:, :, CONTROL_INDEX["cymbals"]], axis=0)  # (bars,); a bar may have no timekeeper
    assert cymbals[:4].mean() < 0.25 < cymbals[8:].mean()


def test_a_song_rises_to_its_choruses_and_has_fills_at_the_joints(drummer):
    songs = [generate_song(drummer, SONG, genre="rock", bpm=110, seed=seed) for seed in range(4)]
    assert all((song.bars, song.bpm) == (20, 110.0) for song in songs)
    bars = np.array([measure_controls(song)[:, :3] for song in songs]).mean(axis=0)
    intensity, complexity, fill = bars.T
    verses, choruses = [2, 3, 4, 10, 11, 12], [6, 7, 8, 14, 15, 16]
    assert intensity[choruses].mean() > intensity[verses].mean() + 0.05
    assert complexity[choruses].mean() > complexity[verses].mean()
    joints = [1, 5, 9, 13, 17]
    assert fill[joints].mean() > fill[[bar for bar in range(19) if bar not in joints]].mean() + 0.2


def test_a_morph_is_as_hard_as_it_is_asked_to_be(drummer):
    morphs = [
        [drummer.interpolate("rock", genre="pop", bars=4, seed=seed, intensity=value) for value in (0.05, 0.95)]
        for seed in range(6)
    ]
    soft, hard = np.mean([[groove.velocities[groove.hits].mean() for groove in pair] for pair in morphs], axis=0)
    assert hard > soft + 0.1

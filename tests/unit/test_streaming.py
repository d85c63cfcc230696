"""Streaming: bars are handed out while the rest is sampled, final and without a loss or a double hit where they meet."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from drummer import Drummer, Groove
from drummer.errors import SettingError
from drummer.generation.masks import cut_generated, fix_heard
from drummer.generation.song import Block, generate_song, stream_song
from drummer.generation.streaming import join_parts
from drummer.music.meter import Meter

BLOCKS = [Block("verse", 2), Block("chorus", 1), Block("verse", 2)]


def random_groove(seed: int, bars: int, density: float = 0.5) -> Groove:
    """A groove whose cells sound at random, so that early downbeats, grace notes and both at once are frequent."""
    generator = np.random.default_rng(seed)
    hits = generator.random((bars * 48, 13)) < density
    velocities = np.where(hits, generator.uniform(0.1, 1.0, hits.shape), 0.0).astype(np.float32)
    offsets = np.where(hits, generator.uniform(-0.5, 0.499, hits.shape), 0.0).astype(np.float32)
    return Groove(hits, velocities, offsets, 100)


@pytest.mark.parametrize("genre", ["funk", "jazz", "blues", "latin"])
def test_the_parts_of_a_stream_joined_are_the_groove(drummer: Drummer, genre: str) -> None:
    for seed in (1, 2):
        settings = {"genre": genre, "bars": 3, "seed": seed, "intensity": [None, 0.9, 0.2]}
        groove = drummer.generate(**settings)
        parts = list(drummer.stream(**settings))
        assert [part.bars for part in parts] == [1, 1, 1]
        assert join_parts(parts) == groove
        after = drummer.continue_groove(groove, genre=genre, bars=2, seed=seed)
        assert join_parts(drummer.stream(after=groove, genre=genre, bars=2, seed=seed)) == after
        journey = drummer.interpolate("rock", genre=genre, bars=2, seed=seed)
        assert join_parts(drummer.stream(to_genre="rock", genre=genre, bars=2, seed=seed)) == journey


def test_a_bar_that_was_handed_out_is_what_the_whole_groove_has_there() -> None:
    """Each bar is cut out of what is sampled by then; the whole one is cut out at the end, with all that it knows."""
    for seed in range(12):
        whole = random_groove(seed, 6)
        fixed = fix_heard(whole, 2)
        finished = cut_generated(whole, 2, fixed)
        for bars in range(1, 4):  # new bars that are sampled, with one step of the next one
            known = (2 + bars) * 48 + 1
            so_far = whole.without(np.arange(whole.steps)[:, None] >= known)
            assert cut_generated(so_far, 2, fixed).slice_bars(0, bars) == finished.slice_bars(0, bars)


def test_every_part_is_sampled_when_it_is_requested_and_none_after_the_reader_has_gone(
    drummer: Drummer, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = []
    make = np.random.default_rng

    def remember(seed: int) -> np.random.Generator:
        sources.append(make(seed))
        return sources[-1]

    monkeypatch.setattr(np.random, "default_rng", remember)
    stream = drummer.stream(genre="rock", bars=8, seed=4)
    states = []
    for _ in range(3):
        next(stream)
        states.append([str(source.bit_generator.state) for source in sources])
    assert all(before != after for before, after in pairwise(states))
    stream.close()
    assert next(stream, None) is None
    assert [str(source.bit_generator.state) for source in sources] == states[-1]


def test_torch_has_the_readers_threads_between_two_bars(drummer: Drummer) -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        seen = [torch.get_num_threads() for _ in drummer.stream(genre="soul", bars=2, seed=5)]
        assert seen == [3, 3]
    finally:
        torch.set_num_threads(before)


def test_two_streams_side_by_side_do_not_disturb_each_other(drummer: Drummer) -> None:
    settings = [{"genre": "funk", "bars": 2, "seed": 6}, {"genre": "reggae", "bars": 2, "seed": 7}]
    pairs = zip(*(drummer.stream(**each) for each in settings), strict=True)
    for each, parts in zip(settings, zip(*pairs, strict=True), strict=True):
        assert join_parts(parts) == drummer.generate(**each)


def test_a_song_is_handed_out_bar_by_bar_too(drummer: Drummer) -> None:
    for seed in (1, 2):
        parts = list(stream_song(drummer, BLOCKS, genre="soul", seed=seed))
        assert [part.bars for part in parts] == [1] * 5
        assert join_parts(parts) == generate_song(drummer, BLOCKS, genre="soul", seed=seed)


def test_a_stream_that_cannot_begin_says_so_at_once(drummer: Drummer) -> None:
    with pytest.raises(SettingError, match="genre"):
        drummer.stream(genre="polka")
    groove = Groove.silent(1, 100)
    with pytest.raises(SettingError, match="leave out after or to_genre"):
        drummer.stream(after=groove, to_genre="jazz", genre="funk")
    with pytest.raises(SettingError, match="genre"):
        drummer.stream(to_genre="polka", genre="funk")
    with pytest.raises(SettingError, match="11/8"):
        drummer.stream(after=Groove.silent(1, 100, meter=Meter(11, 8)), genre="funk")

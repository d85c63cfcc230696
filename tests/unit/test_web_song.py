"""Songs on the page: what is read of them, how they are played, and how they outlast what is done to them."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from drummer import GenerationParams, model_names
from drummer.errors import DrummerError, SettingError
from drummer.files.document import Take, from_code, from_json, to_code, to_json
from drummer.generation.song import Block, half_time
from drummer.music.groove import Groove
from drummer.web import actions
from drummer.web.long_takes import blocks_of, by_stretches
from drummer.web.requests import GrooveRequest
from drummer.web.song import read_blocks

PARAMS = GenerationParams(genre="rock", bpm=105, bars=8, seed=7, controls={"intensity": 0.1, "swing": 0.3}, fill_every=2)
REQUEST = GrooveRequest(PARAMS, "small", "black_pearl", to_genre="jazz")
LEFT_TO_BLOCKS = REQUEST.with_params(controls={"swing": 0.3}, seed=3)
BLOCKS = [Block("intro", 2), Block("verse", 16), Block("chorus", 24, intensity=0.9), Block("ending", 2)]

needs_model = pytest.mark.skipif("small" not in model_names(), reason="weights/ holds no small model: run make train")


@pytest.fixture(scope="module")
def song():
    return actions.join_takes(actions.stream(REQUEST, BLOCKS))


def test_blocks_come_from_the_browser_as_they_are():
    blocks = [{"part": "verse", "bars": 8, "intensity": 0.2, "complexity": 1}, {"part": "chorus", "bars": 4}]
    assert read_blocks(json.loads(json.dumps({"blocks": blocks}))) == [Block("verse", 8, 0.2, 1), Block("chorus", 4)]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "needs at least one block"),
        ({"blocks": []}, "needs at least one block"),
        ({"blocks": ["verse"]}, "part, bars, intensity and complexity"),
        ({"blocks": [{"part": "verse"}]}, "part, bars, intensity and complexity"),
        ({"blocks": [{"part": "verse", "bars": 4, "swing": 1}]}, "part, bars, intensity and complexity"),
        ({"blocks": [{"part": "solo", "bars": 4}]}, "unknown part of a song 'solo'"),
        ({"blocks": [{"part": "verse", "bars": 33}]}, "the bars of the verse must be a whole number from 1 to 32"),
        ({"blocks": [{"part": "verse", "bars": 4, "intensity": 2}]}, "the intensity of the verse must be from 0 to 1"),
        ({"blocks": [{"part": "verse", "bars": 32}] * 17}, "a song may have at most 512 bars, got 544"),
        ({"blocks": [{"part": "verse", "bars": 1}] * 33}, "the number of blocks must be a whole number from 1 to 32"),
    ],
)
def test_what_is_no_song_gets_a_sentence(value, words):
    with pytest.raises(SettingError) as caught:
        read_blocks(value)
    assert words in str(caught.value)


@needs_model
def test_a_song_comes_bar_by_bar_and_follows_its_blocks(song):
    assert [take.groove.bars for take in actions.stream(REQUEST, BLOCKS[:2])] == [1] * 18
    verse, chorus = song.groove.cut(2, 18), song.groove.cut(18, 42)
    assert chorus.velocities[chorus.hits].mean() > verse.velocities[verse.hits].mean() + 0.1
    assert song.settings["swing"] == 0.3  # directions that are no block's business hold for all of it
    assert not {"intensity", "complexity", "fill_every", "to_genre"} & song.settings.keys()
    assert blocks_of(song) == BLOCKS


@needs_model
def test_a_song_outlasts_file_and_link(song):
    assert from_json(to_json(song)) == song
    opened = from_code(to_code(song))
    assert blocks_of(opened) == BLOCKS
    assert (opened.groove.hits == song.groove.hits).all()


@needs_model
def test_new_directions_play_the_song_anew(song):
    again = actions.join_takes(actions.regenerate(song, REQUEST.with_params(seed=8)))
    assert blocks_of(again) == BLOCKS
    assert (again.groove.bars, again.seed) == (44, 8)
    assert again.groove != song.groove
    parts = list(actions.regenerate(Take(song.groove, {"genre": "rock"}), REQUEST.with_params(bars=2)))
    assert [part.groove.bars for part in parts] == [1, 1]


@needs_model
def test_a_song_is_rerolled_to_its_end_and_keeps_its_shape(song):
    held = replace(song, settings={**song.settings, "locked": ["kick"]})
    again = actions.reroll(held, LEFT_TO_BLOCKS)
    assert (again.groove.velocities[:, 0] == song.groove.velocities[:, 0]).all()
    assert blocks_of(again) == BLOCKS
    verse, chorus = again.groove.cut(2, 18), again.groove.cut(18, 42)
    assert chorus.velocities[chorus.hits].mean() > verse.velocities[verse.hits].mean() + 0.05
    assert actions.reroll(held, LEFT_TO_BLOCKS).groove == again.groove


@needs_model
@pytest.mark.parametrize("bar", [0, 20, 43])
def test_any_bar_of_a_song_is_played_anew_and_all_others_stay(song, bar):
    again = actions.reroll_bar(song, REQUEST.with_params(seed=3), bar)
    same = [again.groove.cut(each, each + 1) == song.groove.cut(each, each + 1) for each in range(44)]
    assert np.flatnonzero(~np.array(same)).tolist() == [bar]


@needs_model
def test_a_bar_is_rerolled_at_its_place_in_the_phrases_of_its_block(song):
    groove, request = song.groove.slice_bars(0, 6), LEFT_TO_BLOCKS.with_params(bars=6)

    def reroll_last(*bars):
        take = Take(groove, {"song": [{"part": "verse", "bars": count} for count in bars]}, 7)
        return actions.reroll_bar(take, request, 5).groove

    assert reroll_last(2, 4) == reroll_last(1, 1, 4)  # the end of a phrase
    assert reroll_last(2, 4) != reroll_last(6)


@needs_model
def test_what_goes_on_is_one_more_block(song):
    longer = actions.continue_take(song, REQUEST.with_params(seed=3, bars=4))
    assert longer.groove.bars == 48
    assert blocks_of(longer) == [*BLOCKS, Block("ending", 4, intensity=0.1)]  # as it was requested


@needs_model
def test_what_goes_on_is_like_the_last_block_whatever_came_before(song):
    strong = {"part": "verse", "bars": 2, "intensity": 0.95, "complexity": 0.6}
    blocks = [{"part": "intro", "bars": 2}, strong]
    groove = song.groove.slice_bars(0, 4)
    other = song.groove.slice_bars(20, 22).then(groove.slice_bars(2, 4))
    continued_by = LEFT_TO_BLOCKS.with_params(seed=3, bars=2)
    longer, same = (actions.continue_take(Take(each, {"song": blocks}, 7), continued_by) for each in (groove, other))
    assert longer.settings["song"] == [*blocks, strong]
    assert longer.groove.slice_bars(4, 6) == same.groove.slice_bars(4, 6)
    asked = actions.continue_take(Take(groove, {"song": blocks}, 7), continued_by.with_params(controls={"intensity": 0.2}))
    assert asked.settings["song"] == [*blocks, strong | {"intensity": 0.2}]  # as it was played
    softer = actions.continue_take(Take(groove, {"song": [blocks[0], strong | {"intensity": 0.1}]}, 7), continued_by)
    assert softer.groove.velocities[-96:].sum() < longer.groove.velocities[-96:].sum()


@needs_model
def test_fills_of_what_goes_on_are_counted_from_its_own_first_bar(song):
    take = Take(song.groove.slice_bars(0, 5), {"song": [{"part": "intro", "bars": 2}, {"part": "verse", "bars": 3}]}, 7)
    filled = actions.continue_take(take, LEFT_TO_BLOCKS.with_params(seed=3, bars=4, fill_every=4)).groove
    by_bar = {**LEFT_TO_BLOCKS.params.controls, "fill": [0.0, 0.0, 0.0, 1.0]}
    request = LEFT_TO_BLOCKS.with_params(seed=3, bars=4, fill_every=None, controls=by_bar)
    assert filled == actions.continue_take(take, request).groove


@needs_model
def test_at_another_pace_it_keeps_its_blocks(song):
    slow, fast = actions.half_time(song), actions.double_time(song)
    assert [(block.part, block.bars) for block in blocks_of(slow)] == [("intro", 4), ("verse", 32), ("chorus", 8)]
    once = [("intro", 1), ("verse", 8), ("chorus", 12), ("ending", 1)]
    assert [(block.part, block.bars) for block in blocks_of(fast)] == 2 * once
    assert {block.intensity for block in blocks_of(fast) if block.part == "chorus"} == {0.9}
    assert fast.markers[4] == (22, "Intro")
    assert blocks_of(actions.half_time(fast)) == BLOCKS


def test_half_time_splits_a_block_that_becomes_too_long():
    blocks = half_time([Block("verse", 20), Block("ending", 20)], 40)
    assert [(block.part, block.bars) for block in blocks] == [("verse", 32), ("verse", 8)]


@pytest.mark.parametrize("blocks", [[Block("verse", 3), Block("chorus", 3)], [Block("verse", 2)] * 17, [Block("verse", 4)]])
def test_double_time_has_no_blocks_that_a_song_cannot_have(blocks):
    bars = max(6, sum(block.bars for block in blocks))
    take = Take(Groove.silent(bars, 100), {"song": [asdict(block) for block in blocks]})
    assert "song" not in actions.double_time(take).settings


@needs_model
def test_variations_of_a_long_groove_get_a_sentence(song):
    with pytest.raises(DrummerError, match="up to 32 bars, and this one has 44"):
        actions.variations(song, REQUEST)


@pytest.mark.parametrize(
    ("bars", "lengths", "firsts"),
    [
        (32, (), [0]),
        (64, (), [0, 32]),
        (70, (), [0, 32, 64]),
        (40, (4, 30, 6), [0, 4, 34]),
        (50, (4, 30), [0, 4, 34]),
        (40, (4,), [0, 4, 36]),
    ],
)
def test_a_long_groove_is_played_anew_in_stretches_that_cover_it(bars, lengths, firsts):
    seen = []

    def note(stretch, first, seed):
        seen.append((first, stretch.bars, seed))
        return stretch

    groove = Groove.silent(bars, 100)
    assert by_stretches(groove, note, 5, lengths) == groove
    assert [first for first, *_ in seen] == firsts
    assert sum(length for _, length, _ in seen) == bars
    assert len({seed for *_, seed in seen}) == len(seen)

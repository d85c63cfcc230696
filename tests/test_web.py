"""What the page's buttons do, and what it believes of a browser."""

import json
from dataclasses import replace

import numpy as np
import pytest

from drummer import Drummer, Groove, model_names
from drummer.errors import DocumentError, DrummerError, SettingError
from drummer.files.document import Take, from_code, from_json, to_code, to_json
from drummer.music.groove import Hits
from drummer.music.voices import VOICE_INDEX
from drummer.web import actions
from drummer.web.actions import Order
from drummer.web.grid import asked, from_value, to_value

KICK, SNARE, HIHAT = (VOICE_INDEX[name] for name in ("kick", "snare", "hihat_closed"))
ORDER = Order("funk", 96, 2, 1.0, 7, "black_pearl", "small")

needs_model = pytest.mark.skipif("small" not in model_names(), reason="weights/ holds no small model: run make train")


@pytest.fixture
def take() -> Take:
    hits = Hits(np.array([0, 1.02, 1.5]), np.array([KICK, SNARE, HIHAT]), np.array([0.9, 0.7, 0.3], dtype=np.float32))
    return Take(Groove.from_hits(hits, 96, bars=2), {"genre": "funk", "kit": "black_pearl"}, 7)


def test_a_take_comes_back_from_the_browser_as_it_went(take):
    value = json.loads(json.dumps(to_value(take)))
    assert from_value({**value, "ask": {"seed": 3}}) == take
    assert to_value(take)["made"] != value["made"]


@pytest.mark.parametrize("value", [None, "", 3, [], {}, {"made": "x"}, {"format": "drummer groove", "hits": 5}])
def test_what_is_no_groove_gets_a_sentence(value):
    with pytest.raises(DocumentError) as caught:
        from_value(value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "hit", [[0, "kick", 2, 0], [0, "cowbell", 1, 0], [96 * 2, "kick", 1, 0], [0, "kick", 1, 0.7], [0, "kick"]]
)
def test_a_hit_that_cannot_be_gets_a_sentence(take, hit):
    with pytest.raises(DrummerError):
        from_value({**to_value(take), "hits": [hit]})


@pytest.mark.parametrize("fills", ["inf", "nan", float("inf"), float("nan"), 10**400, "9" * 400, "", None, [4], {}, "1.5", -4, 0])
def test_fills_that_cannot_be_get_a_sentence(fills):
    with pytest.raises(SettingError, match="fills must be auto, none or a number of bars, got "):
        actions.play(replace(ORDER, fills=fills))


@needs_model
def test_a_whole_float_of_bars_can_have_fills():
    assert actions.play(replace(ORDER, bars=2.0, fills="2")) == actions.play(replace(ORDER, fills="2"))


def test_a_song_of_as_many_blocks_as_may_be_is_refused_before_anything_is_played(take, monkeypatch):
    blocks = [{"part": "verse", "bars": 1}] * 32
    whole = Take(Groove.silent(32, 96), {**take.settings, "song": blocks}, 7)
    monkeypatch.setattr(Drummer, "go_on", lambda *_, **__: pytest.fail("it was played first"))
    with pytest.raises(SettingError, match="it has 32 blocks, and a song may have 32"):
        actions.go_on(whole, ORDER, 1, 1)


@needs_model
def test_a_song_goes_on_by_a_whole_float_of_bars(take):
    song = Take(Groove.silent(2, 96), {**take.settings, "song": [{"part": "verse", "bars": 2}]}, 7)
    assert actions.go_on(song, ORDER, 1, 1.0).settings["song"][-1] == {"part": "verse", "bars": 1}


@pytest.mark.parametrize("name", ["gone.mid", "gone.json"])
def test_a_file_that_was_swept_gets_a_sentence_without_its_path(tmp_path, name):
    with pytest.raises(DrummerError) as caught:
        actions.open_file(tmp_path / name)
    assert str(caught.value) == "the file is no longer there: choose it again"


def test_what_is_asked_is_read_from_anything():
    assert asked({"ask": {"seed": 5}}) == {"seed": 5}
    assert asked(None) == asked({"ask": 3}) == {}


def test_what_is_heard_leaves_out_the_muted_or_all_but_the_soloed(take):
    def voices(**settings):
        heard = actions.heard(replace(take, settings={**take.settings, **settings}))
        return set(np.nonzero(heard.groove.hits.any(axis=0))[0].tolist())

    assert voices() == {KICK, SNARE, HIHAT}
    assert voices(muted=["kick"]) == {SNARE, HIHAT}
    assert voices(muted=["snare"], soloed=["snare"]) == {SNARE}  # as in the browser, solo wins
    assert voices(soloed=["crash"]) == set()


def test_what_is_heard_is_as_human_as_it_is_set_to_be(take):
    robot = actions.heard(replace(take, settings={**take.settings, "human": 0}))
    assert not robot.groove.offsets.any()
    assert actions.heard(take).groove == take.groove


@needs_model
def test_directions_are_kept_with_the_take_and_followed():
    loud, soft = (actions.play(replace(ORDER, intensity=share)) for share in (1.0, 0.0))
    assert loud.settings["intensity"] == 1.0
    assert loud.groove.velocities[loud.groove.hits].mean() > soft.groove.velocities[soft.groove.hits].mean() + 0.1
    assert actions.play(replace(ORDER, fills="2")).settings["fill_every"] == 2
    assert actions.play(replace(ORDER, fills=actions.NO_FILLS)).settings["fill"] == 0


@needs_model
def test_an_order_gives_what_the_drummer_plays_from_that_seed():
    take = actions.play(ORDER)
    assert take.groove == actions.load("small").generate(genre="funk", bpm=96, bars=2, temperature=1.0, seed=7)
    assert (take.seed, take.edited) == (7, False)


@needs_model
def test_fills_go_on_counting_where_the_groove_goes_on():
    take = actions.play(replace(ORDER, bars=3))
    assert replace(ORDER, fills="4").asked(take.groove.bars, 2)["fill"] == [1.0, 0.0]
    longer = actions.go_on(take, replace(ORDER, fills="4"), 1, 2)
    assert longer.groove.cut(0, 3) == take.groove
    assert longer.edited


@needs_model
def test_locked_voices_stay_when_a_bar_is_played_anew():
    take = actions.play(ORDER)
    take = replace(take, settings={**take.settings, "locked": ["kick"]})
    again = actions.reroll_bar(take, ORDER, 3, 1)
    assert again.groove.cut(0, 1) == take.groove.cut(0, 1)
    assert (again.groove.velocities[:, KICK] == take.groove.velocities[:, KICK]).all()
    assert again.groove != take.groove


@needs_model
@pytest.mark.parametrize("bar", [-1, 2, None, "1", 0.5])
def test_a_bar_that_is_not_there_gets_a_sentence(bar):
    with pytest.raises(SettingError, match="there is no bar"):
        actions.reroll_bar(actions.play(ORDER), ORDER, 3, bar)


@needs_model
@pytest.mark.parametrize("bars", [0, 33, None, "2"])
def test_too_many_bars_to_go_on_for_get_a_sentence(bars):
    with pytest.raises(SettingError, match="a drummer goes on for 1-32 bars, and a groove may have 512: this one has 2"):
        actions.go_on(actions.play(ORDER), ORDER, 3, bars)


@needs_model
@pytest.mark.parametrize(
    "wrong", [{"fills": "often"}, {"intensity": 2.0}, {"bpm": "fast"}, {"genre": "polka"}, {"to_genre": "polka"}]
)
def test_a_wrong_direction_gets_a_sentence(wrong):
    with pytest.raises(DrummerError) as caught:
        actions.play(replace(ORDER, **wrong))
    assert "\n" not in str(caught.value)


@needs_model
def test_directions_are_followed_at_the_tempo_that_a_groove_was_generated_for():
    first = actions.play(ORDER)
    faster = actions.at_tempo(first, 120)
    assert (faster.edited, faster.seed, faster.groove.bpm) == (False, 7, 120)
    (again,) = actions.direct(faster, replace(ORDER, bpm=120))
    assert (again.groove, again.settings["generated_bpm"]) == (faster.groove, 96)  # asked for the same, the same comes
    (directed,) = actions.direct(faster, replace(ORDER, bpm=120, intensity=0.9))
    assert directed.groove == replace(actions.play(replace(ORDER, intensity=0.9)).groove, bpm=120)
    for other in ({"seed": 8}, {"bpm": 100}):  # another groove is asked for: it is generated at the tempo that is shown
        (new,) = actions.direct(faster, replace(ORDER, **{"bpm": 120, **other}))
        assert new == actions.play(replace(ORDER, **{"bpm": 120, **other}))


def test_the_tempo_that_a_groove_was_generated_for_outlasts_files_and_links(take):
    retimed = actions.at_tempo(take, 131.5)
    assert actions.at_tempo(retimed, 60).settings["generated_bpm"] == 96
    for opened in (from_json(to_json(retimed)), from_code(to_code(retimed))):
        assert (opened.groove.bpm, opened.settings["generated_bpm"], opened.edited) == (131.5, 96, False)
    with pytest.raises(DocumentError, match="generated_bpm"):
        Take(take.groove, {"generated_bpm": 0})

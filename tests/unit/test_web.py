"""Actions of the page, its requests, and values that come from a browser."""

import json
from dataclasses import replace

import gradio as gr
import numpy as np
import pytest

from drummer import Drummer, GenerationParams, Groove, model_names
from drummer.errors import DocumentError, DrummerError, SettingError
from drummer.files.document import Take, from_code, from_document, from_json, to_code, to_document, to_json
from drummer.music.groove import Hits
from drummer.music.meter import Meter
from drummer.music.voices import VOICE_INDEX
from drummer.validation import begin_sentence
from drummer.web import actions
from drummer.web.api.files import open_file
from drummer.web.first_take import FirstTake
from drummer.web.grid import from_value, read_ask, to_value
from drummer.web.models import load
from drummer.web.panels.export import save
from drummer.web.panels.song import generate_song
from drummer.web.requests import CONTROL_NAMES, GrooveRequest, make_request, read_request, read_request_for
from tests.midi_events import file_bytes, note, rock, track_name
from tests.same_music import check_same_music

KICK, SNARE, HIHAT = (VOICE_INDEX[name] for name in ("kick", "snare", "hihat_closed"))
REQUEST = GrooveRequest(GenerationParams(genre="funk", bpm=96, bars=2, seed=7), "small", "black_pearl")
WIDGETS = {
    **{"genre": "funk", "tempo": 96, "bars": 2, "temperature": 1.0, "seed": 7, "kit": "black_pearl", "model": "small"},
    **dict.fromkeys(CONTROL_NAMES, 0),
    **{f"{name}-auto": True for name in CONTROL_NAMES},
    **{"fills": "auto", "human": 100, "morph": "none"},
}  # as the page sends them

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
        read_request({**WIDGETS, "fills": fills})


def test_widgets_become_one_checked_request():
    assert read_request(WIDGETS) == REQUEST
    moved = {"swing": 40, "swing-auto": False, "lateness": -5, "lateness-auto": False, "toms": 1.5, "toms-auto": False}
    request = read_request({**WIDGETS, **moved, "fills": "4", "human": 50, "morph": "jazz"})
    assert request.params.controls == {"swing": 0.4, "lateness": -5.0, "toms": 1.5}
    assert (request.params.fill_every, request.expression, request.to_genre) == (4, 0.5, "jazz")
    assert read_request({**WIDGETS, "fills": "none"}).params.fill_every == 0
    assert read_request({**WIDGETS, "bars": 2.0, "fills": "2"}) == read_request({**WIDGETS, "fills": "2"})


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"swing": 101, "swing-auto": False}, "swing must be from 0 to 100, got 101"),
        ({"toms": "x", "toms-auto": False}, "toms must be from 0 to 4, got 'x'"),
        ({"human": 151}, "human must be from 0 to 150%, got 151"),
        ({"bars": 44}, "the number of bars must be a whole number from 1 to 32, got 44"),
        ({"tempo": 5}, "tempo must be from 30 to 300 BPM, got 5"),
        ({"genre": "polka"}, "unknown genre 'polka'"),
    ],
)
def test_a_wrong_widget_gets_a_sentence(wrong, words):
    with pytest.raises(DrummerError, match=words):
        read_request({**WIDGETS, **wrong})


def test_a_long_song_on_the_page_does_not_keep_its_bars_from_being_played_anew():
    assert read_request({**WIDGETS, "bars": 44}, ignored=("bars",)).params.genre == "funk"


def test_the_first_take_of_most_visitors_outlives_one_with_other_settings(take, monkeypatch):
    made = []
    monkeypatch.setattr(actions, "generate", lambda request: made.append(request) or take)
    first_take = FirstTake()
    others = [REQUEST.with_params(seed=seed) for seed in range(8, 28)]
    for other in others:
        for request in (REQUEST, other):
            assert first_take.generate(request) is take
    assert made == [REQUEST, *others]  # each once
    first_take.generate(others[0])
    assert made[-1] == others[0]  # not all are kept


@pytest.mark.parametrize("peak", ["loud", None, 1, ""])
def test_a_peak_level_that_cannot_be_gets_a_sentence(take, peak):
    values = {"roll": to_value(take), "map": "general_midi", "tracks": False, "loop": True, "peak": peak}
    with pytest.raises(SettingError, match=r"unknown peak level .* it must be one of as heard, normalized"):
        save("wav", {**values, "sample-rate": 44100, "bit-depth": 16, "audio-format": "flac"})


@needs_model
def test_a_tempo_left_to_the_drummer_is_that_of_its_reference():
    request = read_request({**WIDGETS, "tempo": 5, "tempo-auto": True})
    assert request.params.bpm == load("small").reference_bpm("funk", 7)
    with pytest.raises(SettingError, match="not in 11/8: 'New empty groove' gives you bars of 11/8"):
        read_request({**WIDGETS, "tempo-auto": True, "meter": "11/8"})


@needs_model
def test_a_song_has_the_tempo_that_is_left_to_the_drummer():
    blocks = {"blocks": [{"part": "verse", "bars": 1}]}
    value, _ = next(generate_song({**WIDGETS, "tempo": 5, "tempo-auto": True, "song-blocks": blocks}))
    assert value["bpm"] == load("small").reference_bpm("funk", 7)


def test_a_request_about_a_take_keeps_its_top_p(take):
    kept = replace(take, settings={**take.settings, "top_p": 0.9})
    assert [read_request_for(each, WIDGETS).params.top_p for each in (take, kept)] == [1.0, 0.9]


@needs_model
def test_a_groove_that_follows_a_rhythm_counts_as_edited(take):
    request = make_request(genre="funk", model="small", bars=1, rhythm=to_document(take))
    assert actions.generate(request).edited and next(actions.stream(request)).edited
    assert not actions.generate(REQUEST).edited


def test_a_song_of_as_many_blocks_as_may_be_is_refused_before_anything_is_played(take, monkeypatch):
    blocks = [{"part": "verse", "bars": 1}] * 32
    whole = Take(Groove.silent(32, 96), {**take.settings, "song": blocks}, 7)
    monkeypatch.setattr(Drummer, "stream", lambda *_, **__: pytest.fail("it was played first"))
    with pytest.raises(SettingError, match="it has 32 blocks, and a song can have 32"):
        actions.continue_take(whole, REQUEST.with_params(bars=1))


@needs_model
def test_a_song_goes_on_by_a_whole_float_of_bars(take):
    song = Take(Groove.silent(2, 96), {**take.settings, "song": [{"part": "verse", "bars": 2}]}, 7)
    assert actions.continue_take(song, REQUEST.with_params(seed=1, bars=1.0)).settings["song"][-1] == {"part": "verse", "bars": 1}


@pytest.mark.parametrize("name", ["gone.mid", "gone.json"])
def test_a_file_that_was_swept_gets_a_sentence_without_its_path(tmp_path, name):
    with pytest.raises(DrummerError) as caught:
        actions.open_file(tmp_path / name)
    assert str(caught.value) == "the file is no longer there: choose it again"


def test_the_api_reads_the_rhythm_of_a_part(tmp_path):
    bass = [(tick, note(30, channel=1)) for tick in (0, 360, 1200)]
    path = tmp_path / "song.mid"
    path.write_bytes(file_bytes([(0, note(60, channel=0)), (480, note(62, channel=0))], [(0, track_name("Bass")), *bass], rock()))

    def steps(rhythm_of):
        document, _ = open_file({"path": str(path)}, "general_midi", rhythm_of)
        groove = from_document(document).groove
        return np.flatnonzero(groove.hits[:, SNARE]).tolist()

    assert steps("snare") == steps("snare:2") == [0, 9, 30]
    assert steps("snare:1") == [0, 12]
    for wrong, words in (("snare:7", "has no part 7"), ("snare:x", "whole number"), (":1", "Unknown voice"), ("horn:1", "voice")):
        with pytest.raises(gr.Error, match=words):
            steps(wrong)


def test_a_sentence_begins_with_a_capital_letter_unless_with_a_name_or_a_quotation():
    assert begin_sentence("seed must be a whole number") == "Seed must be a whole number"
    for kept in ("groove.json is damaged", "'kit' is no name", "MIDI files hold notes", "4 bars are too few", ""):
        assert begin_sentence(kept) == kept


def test_what_is_asked_is_read_from_anything():
    assert read_ask({"ask": {"seed": 5}}) == {"seed": 5}
    assert read_ask(None) == read_ask({"ask": 3}) == {}


def test_what_is_heard_leaves_out_the_muted_or_all_but_the_soloed(take):
    def voices(**settings):
        heard = actions.as_heard(replace(take, settings={**take.settings, **settings}))
        return set(np.nonzero(heard.groove.hits.any(axis=0))[0].tolist())

    assert voices() == {KICK, SNARE, HIHAT}
    assert voices(muted=["kick"]) == {SNARE, HIHAT}
    assert voices(muted=["snare"], soloed=["snare"]) == {SNARE}  # as in the browser, solo wins
    assert voices(soloed=["crash"]) == set()


def test_what_is_heard_is_as_human_as_it_is_set_to_be(take):
    robot = actions.as_heard(replace(take, settings={**take.settings, "human": 0}))
    assert not robot.groove.offsets.any()
    assert actions.as_heard(take).groove == take.groove


@needs_model
def test_directions_are_kept_with_the_take_and_followed():
    loud, soft = (actions.generate(REQUEST.with_params(controls={"intensity": share})) for share in (1.0, 0.0))
    assert loud.settings["intensity"] == 1.0
    assert loud.groove.velocities[loud.groove.hits].mean() > soft.groove.velocities[soft.groove.hits].mean() + 0.1
    assert actions.generate(REQUEST.with_params(fill_every=2)).settings["fill_every"] == 2
    assert actions.generate(REQUEST.with_params(fill_every=0)).settings["fill"] == 0


@needs_model
def test_a_request_gives_the_drummers_groove_of_that_seed():
    take = actions.generate(REQUEST)
    assert take.groove == load("small").generate(genre="funk", bpm=96, bars=2, temperature=1.0, seed=7)
    assert (take.seed, take.edited) == (7, False)


@needs_model
def test_fills_keep_counting_where_the_groove_is_continued():
    take = actions.generate(REQUEST.with_params(bars=3))
    request = REQUEST.with_params(fill_every=4, seed=1, bars=2)
    longer = actions.continue_take(take, request)
    assert longer.groove.cut(0, 3) == take.groove
    assert longer.edited
    filled = REQUEST.with_params(controls={"fill": [1.0, 0.0]}, seed=1, bars=2)
    assert actions.continue_take(take, filled).groove == longer.groove


@needs_model
def test_locked_voices_stay_when_a_bar_is_played_anew():
    take = actions.generate(REQUEST)
    take = replace(take, settings={**take.settings, "locked": ["kick"]})
    again = actions.reroll_bar(take, REQUEST.with_params(seed=3), 1)
    check_same_music(again.groove, take.groove, 0, 1)
    assert (again.groove.velocities[:, KICK] == take.groove.velocities[:, KICK]).all()
    assert again.groove != take.groove


@needs_model
def test_a_bar_is_rerolled_to_its_locked_voices():
    played = actions.generate(REQUEST).groove
    velocities = played.velocities.copy()
    velocities[48:96, KICK] = 0.0
    velocities[48:96:3, KICK] = 0.9
    busy = replace(played, hits=velocities > 0, velocities=velocities, offsets=np.where(velocities > 0, played.offsets, 0.0))
    takes = [Take(groove, {"locked": ["kick"]}, 7) for groove in (played, busy)]
    one, other = (actions.reroll_bar(each, REQUEST.with_params(seed=3), 1).groove.velocities for each in takes)
    assert (other[48:96, KICK] == busy.velocities[48:96, KICK]).all()
    assert not np.array_equal(np.delete(one[48:96], KICK, axis=1), np.delete(other[48:96], KICK, axis=1))


@needs_model
def test_a_bar_that_lasts_no_whole_beats_is_played_anew_whole():
    request = REQUEST.with_params(meter=Meter(7, 8), bars=3)
    take = actions.generate(request)
    again = actions.reroll_bar(take, request.with_params(seed=3), 1).groove
    check_same_music(again, take.groove, 0, 1)
    check_same_music(again, take.groove, 2, 3)
    assert again.slice_bars(1, 2) != take.groove.slice_bars(1, 2)


@needs_model
def test_a_fill_is_asked_for_in_one_bar_whatever_the_menu_of_fills_says():
    take = actions.generate(REQUEST)
    asked = REQUEST.with_params(seed=3, fill_every=1)
    filled = actions.reroll_bar(take, asked, 1, fill=True)
    by_bar = REQUEST.with_params(seed=3, controls={**REQUEST.params.controls, "fill": [None, 1.0]})
    assert filled.groove == actions.reroll_bar(take, by_bar, 1).groove
    check_same_music(filled.groove, take.groove, 0, 1)
    assert filled.groove != actions.reroll_bar(take, REQUEST.with_params(seed=3, fill_every=0), 1).groove


@needs_model
def test_locked_bars_stay_with_their_early_downbeats():
    played = actions.generate(REQUEST.with_params(bars=4))
    velocities, offsets = played.groove.velocities.copy(), played.groove.offsets.copy()
    velocities[48, KICK] = offsets[48, KICK] = 0
    velocities[47, KICK], offsets[47, KICK] = 0.8, 0.2  # the downbeat of the second bar, early
    groove = replace(played.groove, hits=velocities > 0, velocities=velocities, offsets=offsets)
    take = replace(played, groove=groove, settings={**played.settings, "locked_bars": [1, 2]})
    again = actions.reroll(take, REQUEST.with_params(seed=3)).groove
    check_same_music(again, groove, 1, 3)
    assert again.velocities[47, KICK] == groove.velocities[47, KICK]
    assert again.cut(0, 1) != groove.cut(0, 1) and again.cut(3, 4) != groove.cut(3, 4)
    with pytest.raises(SettingError, match="bar 2 is locked"):
        actions.reroll_bar(take, REQUEST, 1)
    with pytest.raises(SettingError, match="all bars are locked"):
        actions.reroll(replace(take, settings={**take.settings, "locked_bars": [0, 1, 2, 3]}), REQUEST)
    locked = replace(take, settings={**take.settings, "locked": list(VOICE_INDEX), "locked_bars": []})
    for reroll in (lambda: actions.reroll(locked, REQUEST), lambda: actions.reroll_bar(locked, REQUEST, 0)):
        with pytest.raises(SettingError, match="all voices are locked: unlock those you want to re-roll"):
            reroll()
    assert "locked_bars" not in actions.half_time(take).settings


@needs_model
@pytest.mark.parametrize("bar", [-1, 2, None, "1", 0.5])
def test_a_bar_that_is_not_there_gets_a_sentence(bar):
    with pytest.raises(SettingError, match="there is no bar"):
        actions.reroll_bar(actions.generate(REQUEST), REQUEST, bar)


@pytest.mark.parametrize("bars", [0, 33, None, "2"])
def test_a_number_of_bars_to_add_that_cannot_be_gets_a_sentence(bars):
    with pytest.raises(SettingError, match="the number of bars must be a whole number from 1 to 32, got "):
        REQUEST.with_params(bars=bars)


def test_more_bars_than_a_groove_may_have_get_a_sentence():
    whole = Take(Groove.silent(510, 96))
    with pytest.raises(SettingError, match="can have 512: this one has 510, so 2 more fit"):
        actions.continue_take(whole, REQUEST.with_params(bars=8))


@needs_model
def test_variations_and_humanize_follow_controls_and_top_p():
    take = actions.generate(REQUEST)
    for action in (actions.humanize, lambda *asked: actions.variations(*asked, 1)[0]):
        soft, hard = (action(take, REQUEST.with_params(controls={"intensity": value})).groove for value in (0.0, 1.0))
        assert hard.velocities[hard.hits].mean() > soft.velocities[soft.hits].mean()
    narrow = actions.generate(REQUEST.with_params(top_p=0.3))
    assert narrow.settings["top_p"] == 0.3
    assert narrow.groove == load("small").generate(REQUEST.params, top_p=0.3)


@needs_model
def test_controls_are_followed_at_the_tempo_that_a_groove_was_generated_for():
    first = actions.generate(REQUEST)
    faster = actions.at_tempo(first, 120)
    assert (faster.edited, faster.seed, faster.groove.bpm) == (False, 7, 120)
    again = actions.join_takes(actions.regenerate(faster, REQUEST.with_params(bpm=120)))
    assert (again.groove, again.settings["generated_bpm"]) == (faster.groove, 96)  # the same request, the same groove
    loud = {"intensity": 0.9}
    directed = actions.join_takes(actions.regenerate(faster, REQUEST.with_params(bpm=120, controls=loud)))
    assert directed.groove == replace(actions.generate(REQUEST.with_params(controls=loud)).groove, bpm=120)
    for other in ({"seed": 8}, {"bpm": 100}):  # another groove is requested: it is generated at the tempo that is shown
        request = REQUEST.with_params(**{"bpm": 120, **other})
        new = actions.join_takes(actions.regenerate(faster, request))
        assert new == actions.generate(request)


def test_the_tempo_that_a_groove_was_generated_for_outlasts_files_and_links(take):
    retimed = actions.at_tempo(take, 131.5)
    assert actions.at_tempo(retimed, 60).settings["generated_bpm"] == 96
    for opened in (from_json(to_json(retimed)), from_code(to_code(retimed))):
        assert (opened.groove.bpm, opened.settings["generated_bpm"], opened.edited) == (131.5, 96, False)
    with pytest.raises(DocumentError, match="generated_bpm"):
        Take(take.groove, {"generated_bpm": 0})

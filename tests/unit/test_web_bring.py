"""What can be done with a musician's own MIDI file."""

import base64
import io
import re
from dataclasses import replace

import mido
import numpy as np
import pytest

from drummer import GenerationParams, model_names
from drummer.errors import DrummerError, SettingError
from drummer.files import midi
from drummer.files.drum_maps import find_drum_map
from drummer.files.import_midi import import_midi
from drummer.music.groove import Groove, Hits
from drummer.music.meter import Meter
from drummer.music.voices import VOICE_INDEX
from drummer.web.bring import apply, inspect
from drummer.web.bring.taps import read_taps
from drummer.web.grid import from_value
from drummer.web.requests import GrooveRequest
from tests.midi_events import random_groove

KICK, SNARE, HIHAT = (VOICE_INDEX[name] for name in ("kick", "snare", "hihat_closed"))
REQUEST = GrooveRequest(GenerationParams(genre="funk", bpm=120, bars=8, seed=7), "small", "black_pearl")
CHOSEN = {"bars": 4, "family": "kick", "rhythm": "kick", "drum_map": "general_midi"}

needs_model = pytest.mark.skipif("small" not in model_names(), reason="weights/ holds no small model: run make train")


def flat(bars=2, bpm=96.0):
    """A pattern of eighths that nobody has played: every hit on the grid and equally hard."""
    beats = np.arange(0, 4 * bars, 0.5)
    voices = np.where(beats % 2 == 0, KICK, np.where(beats % 2 == 1, SNARE, HIHAT))
    return Groove.from_hits(Hits(beats, voices, np.full(len(beats), 0.6, dtype=np.float32)), bpm, bars=bars)


def value_of(data, **chosen):
    return {**CHOSEN, "content": base64.b64encode(data).decode(), **chosen}


def bass_line(beats=(0, 0.75, 2.5, 3.0)):
    """A file with notes of a bass, on channel 1, and no drums."""
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(96))])
    now = 0
    for beat in beats:
        track.append(mido.Message("note_on", channel=0, note=28, velocity=90, time=round(480 * beat) - now))
        track.append(mido.Message("note_off", channel=0, note=28, time=60))
        now = round(480 * beat) + 60
    track.append(mido.MetaMessage("end_of_track", time=4 * 480 - now))
    file = mido.MidiFile(type=0, ticks_per_beat=480, tracks=[track])
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def test_what_a_file_holds_is_said_and_there_to_be_seen():
    found = inspect({**value_of(midi.to_bytes(flat())), "reading": 3})
    assert (found["understood"], found["reading"]) == ("2 bars, 4/4, 96 BPM", 3)
    assert (from_value(found["drums"]).groove.hits == flat().hits).all()
    rhythm = from_value(found["rhythm"]).groove
    assert rhythm.hits[:, KICK].sum() == rhythm.hit_count == flat().hits.any(axis=1).sum()


def test_a_file_for_another_kit_is_read_by_its_map():
    data = midi.to_bytes(flat(), drum_map=find_drum_map("addictive_drums_2"))  # a closed hi-hat is 49 there
    found = from_value(inspect(value_of(data, drum_map="addictive_drums_2"))["drums"]).groove
    assert (found.hits == flat().hits).all()
    mistaken = from_value(inspect(value_of(data))["drums"]).groove
    assert not mistaken.hits[:, HIHAT].any()


def test_of_a_bass_line_only_the_rhythm_can_be_used():
    found = inspect(value_of(bass_line()))
    assert found["drums"] is None
    assert "only its rhythm can be used" in found["understood"]
    assert from_value(found["rhythm"]).groove.hit_count == 4


def song():
    """A bass of 4 notes on channel 2, chords of 3 on channel 1, and drums."""
    names = ("Chords", "Bass", "Drums")
    tracks = [mido.MidiTrack([mido.MetaMessage("track_name", name=name)]) for name in names]
    for track, channel, key, count in zip(tracks, (0, 1, 9), (72, 28, 36), (3, 4, 8), strict=True):
        for index in range(count):
            track.append(mido.Message("note_on", channel=channel, note=key, velocity=90, time=240 * bool(index)))
    buffer = io.BytesIO()
    mido.MidiFile(type=1, ticks_per_beat=480, tracks=tracks).save(file=buffer)
    return buffer.getvalue()


def test_the_parts_of_a_file_are_listed_and_one_is_chosen():
    found = inspect(value_of(song()))
    labels = ["Bass, channel 2, 4 notes", "Chords, channel 1, 3 notes", "Drums, channel 10, 8 notes"]
    assert found["parts"] == [[label, number] for label, number in zip(labels, (2, 1, 3), strict=True)]
    assert from_value(found["rhythm"]).groove.hit_count == 4
    assert from_value(inspect(value_of(song(), part=1))["rhythm"]).groove.hit_count == 3
    assert inspect(value_of(song(), part=9))["rhythm"] is None


@needs_model
def test_the_rhythm_of_the_chosen_part_is_accompanied():
    take = apply(value_of(song(), do="infill", part=1), REQUEST)
    assert np.flatnonzero(take.groove.hits[:, KICK]).tolist() == [0, 6, 12]
    for part in (9, "2", 1.5, 0):
        with pytest.raises(DrummerError, match="part"):
            apply(value_of(song(), do="infill", part=part), REQUEST)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "there is no file yet"),
        ({**CHOSEN, "content": 5}, "there is no file yet"),
        ({**CHOSEN, "content": "?"}, "did not arrive complete"),
        (value_of(b"RIFF, not MIDI"), "is not a MIDI file"),
        (value_of(midi.to_bytes(flat())[:40]), "is incomplete"),
        (value_of(bytes(1_100_000)), "too large"),
        ({**CHOSEN, "content": "A" * 3_000_000}, "too large"),
        (value_of(midi.to_bytes(flat(bpm=20))), "the file's tempo must be from 30 to 300 BPM"),
        (value_of(midi.to_bytes(flat()), drum_map="<b>"), "<b>"),
    ],
)
def test_what_cannot_be_read_gets_a_sentence(value, words):
    with pytest.raises(DrummerError) as caught:
        inspect(value)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@needs_model
def test_a_meter_that_is_not_played_opens_and_only_generating_with_it_is_refused():
    played = Groove.from_hits(flat().to_hits(), 96, bars=2, meter=Meter(11, 8))
    value = value_of(midi.to_bytes(played))
    assert inspect(value)["understood"] == "2 bars, 11/8, 96 BPM"
    opened = apply({**value, "do": "open"}, REQUEST).groove
    assert (opened.meter, opened.bars) == (Meter(11, 8), 2)
    assert (opened.hits == played.hits).all()
    for action in ("continue", "humanize", "replace", "infill"):
        with pytest.raises(SettingError, match="12/8, not in 11/8: grooves in other meters can be edited"):
            apply({**value, "do": action}, REQUEST)


@needs_model
def test_it_is_gone_on_from():
    take = apply(value_of(midi.to_bytes(flat()), do="continue"), REQUEST)
    assert take.groove.bars == 2 + 4
    assert (take.groove.cut(0, 2).hits == flat().hits).all()
    assert take.groove.cut(2, 6).hit_count > 0
    assert (take.seed, take.edited, take.groove.bpm) == (7, True, 96)


@needs_model
def test_it_is_humanized_by_the_seed():
    value = value_of(midi.to_bytes(flat()), do="humanize")
    take = apply(value, REQUEST)
    assert (take.groove.hits == flat().hits).all()
    assert len(np.unique(take.groove.velocities[take.groove.hits])) > 10
    assert np.abs(take.groove.offsets).max() > 0
    assert apply(value, REQUEST).groove == take.groove
    assert apply(value, REQUEST.with_params(seed=8)).groove != take.groove


@needs_model
@pytest.mark.parametrize(("family", "voices"), [("kick", [KICK]), ("hi-hats", [4, 5, 6])])
def test_a_family_is_replaced_and_all_else_stays(family, voices):
    take = apply(value_of(midi.to_bytes(flat(4)), do="replace", family=family), REQUEST)
    others = [voice for voice in range(13) if voice not in voices]
    assert (take.groove.hits[:, others] == flat(4).hits[:, others]).all()
    assert (take.groove.hits[:, voices] != flat(4).hits[:, voices]).any()


@needs_model
def test_a_rhythm_becomes_a_kick_with_a_kit_around_it():
    take = apply(value_of(bass_line(), do="infill"), REQUEST)
    assert np.flatnonzero(take.groove.hits[:, KICK]).tolist() == [0, 9, 30, 36]
    assert np.delete(take.groove.hits, KICK, axis=1).any()


@needs_model
def test_drums_follow_the_rhythm_of_a_part():
    samba = REQUEST.with_params(genre="latin", style="samba")
    take = apply(value_of(bass_line(), do="follow"), samba)
    assert (take.groove.bars, take.groove.bpm, take.seed, take.edited) == (4, 96, 7, True)
    assert take.settings["style"] == "samba"
    rhythm = import_midi(bass_line(), rhythm_of="kick").groove
    params = GenerationParams(genre="latin", style="samba", bars=4, bpm=96, seed=7, rhythm=rhythm)
    assert take.groove == samba.drummer.generate(params)
    assert apply(value_of(bass_line(), do="follow", bars=None), samba).groove.bars == rhythm.bars
    waltz = midi.to_bytes(random_groove(bars=2, density=0.1, meter=Meter(3, 4)))
    assert apply(value_of(waltz, do="follow", bars=3), samba).groove.meter == Meter(3, 4)
    long = apply(value_of(midi.to_bytes(flat(40)), do="follow", bars=None), samba)
    assert long.groove.bars == 32  # the most that is generated at once


@needs_model
@pytest.mark.parametrize("wrong", [{"bars": 0}, {"bars": 33}, {"bars": "4"}, {"part": 9}, {"content": ""}])
def test_a_rhythm_that_cannot_be_followed_gets_a_sentence(wrong):
    with pytest.raises(DrummerError) as caught:
        apply(value_of(bass_line(), do="follow") | wrong, REQUEST)
    assert "\n" not in str(caught.value)
    with pytest.raises(SettingError, match="12/8, not in 11/8"):
        apply(value_of(midi.to_bytes(random_groove(bars=1, meter=Meter(11, 8))), do="follow"), REQUEST)


@needs_model
def test_a_file_is_opened_as_it_is_with_the_pages_settings():
    take = apply(value_of(midi.to_bytes(flat()), do="open"), replace(REQUEST, to_genre="jazz"))
    assert take.groove == midi.as_written(flat())
    assert (take.seed, take.settings["genre"], "to_genre" in take.settings) == (None, "funk", False)


@needs_model
def test_a_long_file_is_performed_to_its_end():
    long = flat(70)
    take = apply(value_of(midi.to_bytes(long), do="humanize"), REQUEST)
    assert (take.groove.hits == long.hits).all()
    first, second = take.groove.cut(0, 32), take.groove.cut(32, 64)
    assert first.velocities.tolist() != second.velocities.tolist()


WRONG = [{"do": "burn"}, {"do": None}, {"family": "cow"}, {"rhythm": "bell"}, {"bars": 0}, {"bars": "4"}]


@needs_model
@pytest.mark.parametrize("wrong", WRONG)
def test_what_cannot_be_done_gets_a_sentence(wrong):
    with pytest.raises(DrummerError) as caught:
        apply(value_of(midi.to_bytes(flat()), **({"do": "continue"} | wrong)), REQUEST)
    assert "\n" not in str(caught.value)


def tapped(**changes):
    """A rhythm of two bars, as the page sends it; its second bar is silent."""
    taps = {"bars": 2, "bpm": 101.5, "meter": "7/8 (3+2+2)", "taps": [[0, 0.7], [1.52, 1], [2.5, 0.35]]}
    return {"content": None, "family": "kick", "rhythm": "kick", "do": "follow", "taps": {**taps, **changes}}


def test_taps_keep_tempo_grouping_and_silent_bars():
    rhythm = read_taps(tapped()["taps"], "kick")
    assert (rhythm.bars, rhythm.bpm, str(rhythm.meter)) == (2, 101.5, "7/8 (3+2+2)")
    hits = rhythm.to_hits()
    assert hits.beats.tolist() == pytest.approx([0, 1.52, 2.5])
    assert hits.velocities.tolist() == pytest.approx([0.7, 1, 0.35])
    assert set(hits.voices.tolist()) == {KICK}


@needs_model
def test_drums_follow_taps_and_kicks_are_made_of_them():
    after = apply({**tapped(), "bars": 4}, REQUEST).groove
    assert (after.bars, after.bpm, str(after.meter)) == (4, 101.5, "7/8 (3+2+2)")
    assert after.hits[[18, 30, 84 + 18, 84 + 30]].any(axis=1).mean() >= 0.75
    made = apply({**tapped(), "do": "infill"}, REQUEST).groove
    assert np.flatnonzero(made.hits[:, KICK]).tolist() == [0, 18, 30]


def test_a_tap_nearest_to_the_last_bar_line_is_a_downbeat():
    rhythm = read_taps(tapped(bars=1, meter="4/4", taps=[[1, 0.5], [3.99, 0]])["taps"], "kick")
    assert np.flatnonzero(rhythm.hits[:, KICK]).tolist() == [0, 12]
    assert rhythm.velocities[0, KICK] > 0  # a tap without strength still sounds


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"taps": []}, "a tapped rhythm must have 1 to 512 taps"),
        ({"taps": [[0, 1]] * 513}, "a tapped rhythm must have 1 to 512 taps"),
        ({"taps": "0 1"}, "a tapped rhythm must have 1 to 512 taps"),
        ({"taps": [[0]]}, "each tap must be its beat and its strength"),
        ({"taps": [[7.01, 1]]}, "the beat of a tap must be from 0 to 7, got 7.01"),
        ({"taps": [[float("nan"), 1]]}, "the beat of a tap must be from 0 to 7, got nan"),
        ({"taps": [[0, 1.5]]}, "the strength of a tap must be from 0 to 1, got 1.5"),
        ({"bars": 0}, "the number of bars must be a whole number from 1 to 32, got 0"),
        ({"bpm": "fast"}, "the tempo of the taps must be from 30 to 300 BPM, got 'fast'"),
        ({"meter": "4/5"}, "4/5"),
    ],
)
def test_taps_that_make_no_sense_get_a_sentence(changes, sentence):
    with pytest.raises(DrummerError, match=re.escape(sentence)):
        apply(tapped(**changes), REQUEST)


def test_actions_that_need_drums_need_a_file():
    for action in ("continue", "humanize", "replace", "open"):
        with pytest.raises(DrummerError, match="there is no file yet"):
            apply({**tapped(), "do": action, "drum_map": "general_midi"}, REQUEST)
